"""The turns of the wall: for each, what the map shows and what stands at the right above orders and stock."""

from collections.abc import Callable
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard import chart_situation, parts
from dashboard.pages import Asked, Scene, _clusters, _order_wall, all_pages
from dashboard.pages import beds as beds_page
from dashboard.pages import clusters as clusters_page
from dashboard.pages import lockdown as lockdown_page
from dashboard.pages import situation as situation_page
from dashboard.pages import staff as staff_page
from dashboard.pages import supplies as supplies_page
from dashboard.pages._frame import LAND, NAMES, mark_of, proposal_rows, silence
from dashboard.pages._live import part
from dashboard.pages._order import signed
from dashboard.pages._wall_figures import panel
from dashboard.text import figure, pick, say
from layers._palette import ACTION
from layers.decisions import orders
from layers.decisions._proposal import Plan
from layers.decisions._situation_words import NAMES as POINTS

ALL = ("situation", "lockdown", "beds", "staff", "supplies", "clusters", "orders")
FEEDS = {
    "lockdown": ("cases", "contacts"),
    "beds": ("beds", "cases"),
    "staff": ("staff", "beds"),
    "supplies": ("supplies",),
}
SHOWN = 9  # proposals that can be read from six metres; the wall leaves out those that do not fit whole
STILL = ("keep", "stand_by", "reserve")  # what keeps things as they are does not belong on a wall


def turns(asked: Asked) -> list[str]:
    """Return the turns of this wall in their order: those that the URL names, else all that have something to show.

    Clusters want a search; orders that nobody gave take no turn unless the URL names them.
    """
    stated = (asked.here.options or {}).get("pages")
    known = [name for name in dict.fromkeys((stated or ",".join(ALL)).split(",")) if name in ALL]
    empty = {"clusters": not _searched(asked), "orders": not stated and not _ordered(asked)}
    return [name for name in known if not empty.get(name)] or ["lockdown"]


def _ordered(asked: Asked) -> bool:
    """Whether an order is in progress."""
    found = orders.timed(asked.desk.orders(asked.who, asked.here.view), asked.desk.now(asked.here))
    return bool(orders.figures(found)["open"])


def _searched(asked: Asked) -> bool:
    """Whether there are clusters to show; in one compound nobody looks for any."""
    view = asked.here.view
    return view.level != "compound" and asked.desk.clusters(asked.who, view) is not None


def turn_of(asked: Asked) -> str:
    """Return the turn shown now."""
    mine = turns(asked)
    return asked.turn if asked.turn in mine else mine[0]


# ---- the map


def scene_of(asked: Asked, turn: str) -> Scene:
    """Return the tilted map of a turn."""
    if turn == "clusters":
        plain = clusters_page.scene(asked)
        return Scene(plain.layers, "wall-clusters", plain.paint, 42, -12)
    if turn == "situation":
        return Scene((*LAND, "compounds", *NAMES), key="wall-situation", pitch=42, bearing=-12)
    if turn in ("lockdown", "orders"):
        plan = asked.desk.plan(asked.who, "lockdown", asked.here.view)
        marks = {action: mark for action, mark in ACTION.items() if plan.summary.get(action, 0) > 0}
        paint = {"compounds": lockdown_page.paint(plan)}
        return Scene((*LAND, "compounds", *NAMES), "wall-lockdown", paint, 42, -12, marks)
    above = {"beds": ("hospitals",), "staff": ("hospitals", "staff"), "supplies": ("supplies",)}[turn]
    quiet = {"compounds": beds_page.quiet(asked)}
    moved = {"staff": staff_page.lending, "supplies": supplies_page.moving}.get(turn)
    arcs = moved(asked) if moved else ()
    return Scene((*LAND, "compounds", *above, *NAMES), f"wall-{turn}", quiet, 50, 10, arcs=arcs)


# ---- the right column


def panels(asked: Asked, turn: str) -> list[Component]:
    """Return what a turn shows at the right."""
    return SHOWS.get(turn, proposals)(asked, turn)


def proposals(asked: Asked, turn: str) -> list[Component]:
    """Return the priority list of a plan with its reasons."""
    plan = asked.desk.plan(asked.who, turn, asked.here.view)
    urgent = worth_a_wall(plan)
    title = f"{pick(all_pages()[f'/{turn}'].title, asked.lang)} · {say('wall.priority', asked.lang)}"
    note = asked.say("wall_turns.in_all", n=figure(len(urgent)))
    rows = signed(asked, plan, proposal_rows(asked, plan, urgent[:SHOWN], most=1))
    body = [silence(asked, plan), parts.reason_list(rows, asked.lang)]
    return [part("orders", "priority", panel(asked, title, body, FEEDS[turn], note=note, grow=True))]


def worth_a_wall(plan: Plan) -> list[Any]:
    """Return proposals that ask for something."""
    return [p for p in plan.proposals if p.action not in STILL]


def situation(asked: Asked, _turn: str) -> list[Component]:
    """Return how the epidemic runs: R with its interval, and the three turning points."""
    plan, w = asked.desk.plan(asked.who, "situation", asked.here.view), asked.say
    title = w("wall_turns.reproduction_number")
    if plan.tables["report"]["observed"].sum() == 0:
        return [
            panel(
                asked, title, [silence(asked, plan), parts.empty(say("state.empty", asked.lang))], ("cases",), grow=True
            )
        ]
    report = chart_situation.weeks(plan.tables["report"])
    step = report.loc[report["step"], "day"].tolist()
    r = plan.tables["r_onset"], plan.tables["r_report"]
    known = plan.summary["r"] == plan.summary["r"]
    graph = parts.graph(chart_situation.reproduction(*r, step, asked.lang, asked.scale), name="situation")
    return [
        panel(
            asked,
            title,
            [silence(asked, plan), reading(asked, plan) if known else None, graph],
            ("cases",),
            grow=True,
            name="reproduction",
        ),
        panel(
            asked, w("wall_turns.three_turning_points"), parts.reason_list(points(asked, plan), asked.lang), ("cases",)
        ),
    ]


def reading(asked: Asked, plan: Plan) -> Component:
    """Return R of now, large, with its interval."""
    low, high = (figure(plan.summary[end], 2) for end in ("r_low", "r_high"))
    return html.P(
        [html.B(figure(plan.summary["r"], 2)), html.Span(asked.say("wall_turns.r_interval", low=low, high=high))],
        className="wall-reading",
    )


def points(asked: Asked, plan: Plan) -> list[dict[str, Any]]:
    """Return the turning points as rows of a list: what, when, how sure."""
    found = {p.subject: p for p in plan.proposals}
    rows = [found[kind] for kind in situation_page.POINTS if kind in found]
    return [
        {
            "id": p.subject,
            "name": POINTS[p.subject].said(asked.lang),
            "where": f"{situation_page.when(asked, p)} · P {situation_page.written(p.figures.get('probability', float('nan')))}",
            "mark": mark_of(p.action),
            "reasons": [],
            "figure": "",
        }
        for p in rows
    ]


def clusters(asked: Asked, _turn: str) -> list[Component]:
    """Return the clusters of the newest search, most likely first."""
    found = asked.desk.clusters(asked.who, asked.here.view)
    if found is None:
        return []
    title = asked.say("wall_turns.clusters_cases")
    return [
        panel(
            asked,
            title,
            _clusters.rows_of(asked, found, SHOWN),
            ("cases",),
            note=_clusters.how(asked, found),
            grow=True,
        )
    ]


def ordered(asked: Asked, _turn: str) -> list[Component]:
    """Return the open orders, late ones first."""
    return [part("orders", "listed", _order_wall.whole(asked, SHOWN))]


SHOWS: dict[str, Callable[[Asked, str], list[Component]]] = {
    "situation": situation,
    "clusters": clusters,
    "orders": ordered,
}
