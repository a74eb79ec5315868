"""The wall: nobody at the keyboard, readable at six metres, turning from one decision to the next."""

from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard import charts, parts, shell
from dashboard.goods import in_words
from dashboard.pages import Asked, Page, Scene, _order_wall, _tiles, all_pages
from dashboard.pages import beds as beds_page
from dashboard.pages import lockdown as lockdown_page
from dashboard.pages._frame import LAND, NAMES, legend, proposal_rows, silence, window_title
from dashboard.pages._order import signed
from dashboard.text import both, figure, listed, moment, pick, say
from layers._palette import ACTION, COVER
from layers._palette import UNKNOWN as GREY
from layers.decisions._proposal import Plan

TURNS = ("lockdown", "beds", "staff", "supplies")
FEW = 4  # a list no longer than this leaves half of its column empty
SHOWN = 9  # proposals that can be read from six metres; the wall leaves out those that do not fit whole


def turn_of(asked: Asked) -> str:
    """Return the decision shown now."""
    first = ((asked.here.options or {}).get("pages") or ",".join(TURNS)).split(",")[0]
    turn = asked.turn or first
    return turn if turn in TURNS else TURNS[0]


def scene(asked: Asked) -> Scene:
    """The map of the decision shown now, tilted."""
    turn = turn_of(asked)
    if turn == "lockdown":
        plan = asked.desk.plan(asked.who, "lockdown", asked.here.view)
        return Scene(
            (*LAND, "compounds", *NAMES),
            key="wall-lockdown",
            paint={"compounds": lockdown_page.paint(plan)},
            marks={action: mark for action, mark in ACTION.items() if plan.summary.get(action)},
            pitch=42,
            bearing=-12,
        )
    above = {"beds": ("hospitals",), "staff": ("hospitals", "staff"), "supplies": ("supplies",)}[turn]
    return Scene(
        (*LAND, "compounds", *above, *NAMES),
        key=f"wall-{turn}",
        paint={"compounds": beds_page.quiet(asked)},
        pitch=50,
        bearing=10,
    )


def layout(asked: Asked) -> Component:
    """Six figures, the curve and beds at the left, the priority list and supplies at the right."""
    turn, lang = turn_of(asked), asked.lang
    desk, view = asked.desk, asked.here.view
    plan = desk.plan(asked.who, turn, view)
    urgent = worth_a_wall(plan)
    left = [
        parts.panel(
            say("chart.curve", lang),
            parts.graph(charts.epidemic_curve(desk.daily(asked.who, view), lang, asked.scale), name="curve"),
            grow=True,
        ),
        parts.panel(
            say("chart.beds", lang),
            parts.graph(charts.beds_by_kind(beds_page.by_kind(asked), lang, asked.scale), name="beds"),
        ),
        parts.panel(say("wall.feeds", lang), feeds(asked)),
    ]
    right = [
        parts.panel(
            f"{pick(all_pages()[f'/{turn}'].title, lang)} · {say('wall.priority', lang)}",
            [
                silence(asked, plan),
                parts.reason_list(signed(asked, plan, proposal_rows(asked, plan, urgent[:SHOWN], most=1)), lang),
            ],
            note=asked.say("wall.in_all_inputs", n=figure(len(urgent)), inputs_hash=plan.inputs_hash[:8]),
            grow=len(urgent) > FEW,
        ),
        *([] if len(urgent) > FEW else [fullest(asked)]),
        _order_wall.panel(asked),
        parts.panel(asked.say("wall.days_cover_city"), cover(asked)),
    ]
    return shell.wall(
        head(asked, turn), figures(asked), left, right, legend(asked, scene(asked)), lang, window_title(asked)
    )


def head(asked: Asked, turn: str) -> Component:
    """Return title, what is shown now, and three clocks: the room's, the event clock and the knowledge clock."""
    lang, view = asked.lang, asked.here.view
    tabs = [
        html.Span(pick(all_pages()[f"/{name}"].title, lang), className="turn here" if name == turn else "turn")
        for name in TURNS
    ]
    clocks = [
        shell.clock(say("clock.as_of", lang), moment(view.as_of, lang)),
        shell.clock(say("clock.known_at", lang), moment(view.known_at, lang)),
        shell.clock(say("clock.now", lang), shell.LIVE),
    ]
    city = pick(asked.desk.settings.city, lang)
    return shell.header(
        say("app.wall_title", lang, city=city), middle=tabs, right=clocks, drill=asked.desk.settings.is_drill, lang=lang
    )


def figures(asked: Asked) -> list[Component]:
    """Return the six figures."""
    return list(_tiles.case_tiles(asked).children)


def worth_a_wall(plan: Plan) -> list[Any]:
    """Return proposals that ask for something; those that keep things as they are do not belong on a wall."""
    return [p for p in plan.proposals if p.action not in ("keep", "stand_by", "reserve")]


def fullest(asked: Asked) -> Component:
    """Return the fullest hospitals, for the room that a short list leaves."""
    hospitals = asked.desk.frames(asked.who, asked.here.view, ["hospitals"], asked.lang)["hospitals"]
    return parts.panel(
        asked.say("wall.fullest_hospitals"),
        parts.graph(charts.occupancy_bars(hospitals, asked.lang, asked.scale, 8), name="fullest"),
        grow=True,
    )


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
    for row in items.sort_values("days_of_cover").head(5).to_dict("records"):
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


PAGE = Page("/wall", order=90, group="report", title=both("page.wall"), layout=layout, scene=scene)
