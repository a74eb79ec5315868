"""The wall: nobody at the keyboard, readable at six metres, turning from one decision to the next, and honest about its age."""

from dataclasses import replace

from dash import html
from dash.development.base_component import Component

from dashboard import charts, parts, shell
from dashboard.goods import in_words
from dashboard.pages import Asked, Page, Scene, _alerts, _live, _order_wall, _wall_figures, _wall_turns, all_pages
from dashboard.pages import beds as beds_page
from dashboard.pages._frame import legend, window_title
from dashboard.pages._timeline import timeline
from dashboard.pages._wall_figures import panel
from dashboard.pages._wall_turns import turn_of
from dashboard.text import both, figure, listed, moment, pick, say
from layers._palette import COVER
from layers._palette import UNKNOWN as GREY

TURNS = _wall_turns.ALL
ITEMS = 5  # goods whose cover is written out


def scene(asked: Asked) -> Scene:
    """The map of the decision shown now, tilted."""
    return _wall_turns.scene_of(asked, turn_of(asked))


def layout(asked: Asked) -> Component:
    """Six figures above, the curve and beds at the left, what the turn is about, orders and stock at the right, alerts over the map."""
    turn = turn_of(asked)
    page = shell.wall(
        head(asked, turn),
        _wall_figures.tiles(asked),
        left(asked),
        [*_wall_turns.panels(asked, turn), *below(asked, turn)],
        legend(asked, told(scene(asked))),
        asked.lang,
        window_title(asked),
    )
    over = html.Div(_live.part("alerts", "strip", _alerts.strip(asked)), className="wall-alerts")
    page["main"].children += [over, timeline(asked, scene(asked))]
    return page


def told(drawn: Scene) -> Scene:
    """Return the map without the compounds where they are only the dimmed ground of something else: nobody at a wall asks what they mean."""
    quiet = "compounds" in drawn.paint and not drawn.marks and "clusters" not in drawn.layers
    return replace(drawn, layers=tuple(key for key in drawn.layers if key != "compounds")) if quiet else drawn


def head(asked: Asked, turn: str) -> Component:
    """Return title, what is shown now, and the clocks: event, knowledge, up to when all is covered, and the room's."""
    lang, view, w = asked.lang, asked.here.view, asked.say
    mine = _wall_turns.turns(asked)
    tabs = [
        html.Span(pick(all_pages()[f"/{name}"].title, lang), className="turn here" if name == turn else "turn")
        for name in mine
    ]
    covered = w("wall.moment_up_which")
    clocks = [
        shell.clock(say("clock.as_of", lang), moment(view.as_of, lang)),
        shell.clock(say("clock.known_at", lang), moment(view.known_at, lang)),
        shell.clock(w("wall.complete"), _wall_figures.honest_text(asked, turn), hint=covered, name="honest"),
        shell.clock(say("clock.now", lang), shell.LIVE),
    ]
    city = pick(asked.desk.settings.city, lang)
    found = shell.header(
        say("app.wall_title", lang, city=city),
        subtitle=" ",  # here the browser writes what its self-check found (assets/selfcheck.js)
        middle=html.Div(tabs, className="turns", **{"data-turns": ",".join(mine), "data-turn": turn}),
        right=clocks,
        drill=asked.desk.settings.is_drill,
        lang=lang,
    )
    return found


def left(asked: Asked) -> list[Component]:
    """Return the curve, beds by kind and the health of the feeds."""
    lang, daily = asked.lang, asked.desk.daily(asked.who, asked.here.view)
    curve = parts.graph(charts.epidemic_curve(daily, lang, asked.scale), name="curve")
    beds = parts.graph(charts.beds_by_kind(beds_page.by_kind(asked), lang, asked.scale), name="beds")
    return [
        panel(asked, say("chart.curve", lang), curve, ("cases",), grow=True),
        panel(asked, say("chart.beds", lang), beds, ("beds",)),
        parts.panel(say("wall.feeds", lang), feeds(asked)),
    ]


def below(asked: Asked, turn: str) -> list[Component]:
    """Return what stands under every turn: orders in progress, unless they are the turn, and days of cover."""
    stock = panel(asked, asked.say("wall.days_cover_city"), cover(asked), ("supplies",))
    return [stock] if turn == "orders" else [_live.part("orders", "short", _order_wall.panel(asked)), stock]


def feeds(asked: Asked) -> Component:
    """Return how many feeds are late, and which."""
    rows = asked.desk.feeds(asked.who, asked.here)
    rows = rows[rows["promise"] < rows["promise"].max()]  # boundaries promise a year: they say nothing about today
    late = rows[rows["state"] != "fresh"]
    names = (late["zh"] if asked.lang == "zh" else late["en"]).tolist()
    fresh = parts.badge(say("wall.feeds_ok", asked.lang, n=len(rows) - len(late)), "teal", "●")
    overdue = parts.badge(say("wall.feeds_late", asked.lang, n=len(late)), "red", "▲") if names else None
    return html.Div(
        [
            fresh,
            overdue,
            html.Span(listed(names, asked.lang), className="late-names"),
        ],
        className="feeds-line",
    )


def cover(asked: Asked) -> Component:
    """Return the city's stock in days, scarcest first."""
    items = asked.desk.plan(asked.who, "supplies", asked.here.view).tables["city"]
    rows = []
    for row in items.sort_values("days_of_cover").head(ITEMS).to_dict("records"):
        days = row["days_of_cover"]
        known = days == days
        colour = COVER.colours[int(COVER.classes([days])[0])] if known else GREY
        text = f"{figure(days, 1)} {say('unit.days', asked.lang)}" if known else say("state.unknown", asked.lang)
        rows.append(
            {
                "title": in_words(row["item"], asked.lang),
                "share": min(days / 7, 1) if known else None,
                "text": text,
                "colour": colour,
            }
        )
    return parts.bars(rows) if rows else parts.empty(say("state.empty", asked.lang))


PAGE = Page(
    "/wall",
    order=90,
    title=both("page.wall"),
    layout=layout,
    scene=scene,
    group="report",
    live=frozenset({"alerts", "orders", "saved"}),
    shared=True,
)
