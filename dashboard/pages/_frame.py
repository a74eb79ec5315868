"""What every desk page has around it: header, navigation, area and clocks, legend, the panel of what is selected."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import map as deck
from dashboard import parts, shell
from dashboard.pages import Asked, Scene, all_pages
from dashboard.text import UNKNOWN, moment, pick, say
from layers._palette import ACTION, Mark
from layers._times import day_number, day_start, from_ms, to_ms
from layers.decisions._proposal import ACTIONS, Plan, Proposal

LAND = ("districts", "water", "roads")
NAMES = ("labels",)
BLUE: tuple[int, int, int, int] = (108, 182, 240, 230)


def desk_page(asked: Asked, left: Any, right: Any, scene: Scene) -> Component:
    """Return a page around the map."""
    foot = [timeline(asked), legend(asked, scene)]
    detail = html.Div(id="detail", className="detail", **{"aria-live": "polite"})
    return shell.desk(head(asked), left, [detail, *right], foot, asked.lang)


def legend(asked: Asked, scene: Scene) -> Component:
    """Return what the colours on the map mean; those that the page paints replace the layer's own."""
    keys = [key for key in scene.layers if key not in (*LAND, *NAMES)]
    marks = dict.fromkeys(scene.paint, scene.marks) if scene.marks else None
    return parts.legend(deck.legend_rows(keys, asked.lang, marks), asked.lang)


def sheet(asked: Asked, children: Any) -> Component:
    """Return a page without a map."""
    return shell.plain_page(
        head(asked), [*children, html.Div(timeline(asked), hidden=True), html.Div(id="detail", hidden=True)], asked.lang
    )


def head(asked: Asked) -> Component:
    """Return the header of a desk page."""
    here, lang = asked.here, asked.lang
    search = here.at(pick=None).search
    links = [(page.path, pick(page.title, lang)) for page in all_pages().values() if page.listed]
    other = here.at(lang="en" if lang == "zh" else "zh", pick=None)
    clocks = [
        shell.clock(say("clock.as_of", lang), moment(here.view.as_of, lang), hint=say("clock.as_of.long", lang)),
        shell.clock(
            say("clock.known_at", lang), moment(here.view.known_at, lang), hint=say("clock.known_at.long", lang)
        ),
        dcc.Link(
            say("language.other", lang),
            href=here.path + other.search or here.path,
            className="language",
            title=say("language.other", lang),
        ),
    ]
    return shell.header(
        say("app.name", lang),
        subtitle=pick(asked.desk.settings.city, lang),
        middle=shell.nav(links, here.path, search),
        right=[area_choice(asked), *clocks],
        drill=asked.desk.settings.is_drill,
        lang=lang,
    )


def area_choice(asked: Asked) -> Component:
    """Return the choice of district."""
    districts = asked.desk.frames(asked.who, asked.here.view.narrowed(""), ["districts"], asked.lang)["districts"]
    if asked.who is not None and asked.who.sees_all:
        options = [{"value": "", "label": asked.words("全市", "Whole city")}]
        options += [
            {"value": code, "label": name} for code, name in zip(districts["id"], districts["name"], strict=True)
        ]
    else:  # one area is theirs, and there is nothing to choose
        view, names = asked.here.view, dict(zip(districts["id"], districts["name"], strict=True))
        street = view.area.partition("/")[2]
        label = " · ".join(filter(None, [names.get(view.district, view.district or view.code), street]))
        options = [{"value": view.district, "label": label}]
    return dcc.Dropdown(
        options, asked.here.view.district, id="area", clearable=False, searchable=True, className="area"
    )


def timeline(asked: Asked) -> Component:
    """Return the two sliders: event time above, knowledge time below, over the days that the store has."""
    view, store = asked.here.view, asked.desk.store
    last = max(day_number(store.latest()), day_number(view.as_of))
    days = asked.desk.daily(asked.who, view.narrowed(""))["day"]
    first = max(int(days.min()), last - 120) if len(days) else last - 30
    first = min(first, last - 1)
    rows = []
    for name, value in (("as-of", view.as_of), ("known-at", view.known_at)):
        at = min(max(day_number(value), first), last)
        slider = dcc.Slider(
            first,
            last,
            1,
            value=at,
            id=f"{name}-day",
            marks=_marks(first, last, asked.lang),
            updatemode="mouseup",
            included=True,
        )
        rows.append(
            html.Div(
                [
                    html.Span(say(f"clock.{name.replace('-', '_')}", asked.lang), className="slider-label"),
                    html.Div(slider, className="slider"),
                ],
                className="slider-row",
            )
        )
    back = html.Button(
        asked.words("回到现在", "Back to now"),
        id="back-to-now",
        className="quiet",
        n_clicks=0,
        disabled=not ({"as_of", "known_at"} & asked.here.fixed),
    )
    return html.Div([html.Div(rows, className="sliders"), back], className="timeline")


def _marks(first: int, last: int, lang: str) -> dict[int, str]:
    step = max(7, (last - first) // 42 * 7)
    return {day: f"{day_start(day):%m-%d}" for day in range(last, first - 1, -step)}


def end_of_day(number: int) -> datetime:
    """Return the last millisecond of a day: the 24:00 bulletin."""
    return from_ms(to_ms(day_start(number + 1)) - 1)


def proposal_rows(asked: Asked, plan: Plan, proposals: Sequence[Proposal], *, most: int = 2) -> list[dict[str, Any]]:
    """Return proposals as `parts.reason_list` wants them; at most `most` sentences each, the rest is in the panel."""
    names = district_names(asked)
    return [
        {
            "id": p.subject,
            "name": p.name or p.subject,
            "where": names.get(p.district, p.district or ""),
            "mark": mark_of(p.action),
            "reasons": [r.said(asked.lang).rstrip("。.") for r in p.reasons[:most]],
            "rule": p.rule_id,
        }
        for p in proposals
    ]


def mark_of(action: str) -> Mark:
    """Return how an action looks; actions without a colour of their own are blue."""
    words = ACTIONS[action]
    return ACTION.get(action) or Mark(BLUE, "▸", words.zh, words.en)


def district_names(asked: Asked) -> dict[str, str]:
    """Return district code -> name in the page's language."""
    districts = asked.desk.frames(asked.who, asked.here.view.narrowed(""), ["districts"], asked.lang)["districts"]
    return dict(zip(districts["id"], districts["name"], strict=True))


def caveats(asked: Asked, plan: Plan) -> Component | None:
    """Return what a reader must know before signing."""
    if not plan.caveats:
        return None
    return parts.panel(
        asked.words("须知", "Before you sign"),
        html.Ul([html.Li(words.said(asked.lang)) for words in plan.caveats], className="caveats"),
    )


def print_links(asked: Asked, kind: str) -> Component:
    """Return the links that print the page's briefing and export its plan."""
    search = asked.here.at(pick=None).search
    links = [
        (f"/brief/{kind}.pdf", "PDF"),
        (f"/brief/{kind}.png", "PNG"),
        (f"/plan/{kind}.xlsx", "XLSX"),
        (f"/plan/{kind}.csv", "CSV"),
        (f"/plan/{kind}.json", "JSON"),
    ]
    return html.Span(
        [html.A(name, href=path + search, className="print", download=True) for path, name in links], className="prints"
    )


def unknown_if_empty(value: Any) -> str:
    """Return the text, or the mark of what is not known."""
    return str(value) if value not in (None, "") and value == value else UNKNOWN
