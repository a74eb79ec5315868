"""Several compounds selected on the map: what stands once in every browser, and the button that orders them together.

The selection lives in the browser. It is sent when somebody acts on it, and every compound in it goes through the gate again.
"""

from collections.abc import Mapping
from typing import Any

from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from flask import request

from dashboard.desk import Desk
from dashboard.pages import Asked, _order
from dashboard.text import figure
from layers.decisions import orders
from layers.decisions._proposal import Plan, Proposal
from layers.intake.ordering import AT_ONCE

CHOSEN = "@"  # subject of an order dialog: the compounds of the selection
MOST = 2000  # compounds that a selection may hold: more are an area, and are chosen as one
IDLE = "keep"


def holder() -> Component:
    """Return the selection's store and its panel; assets/map_select.js fills the panel, the server only `selection-act`."""
    return html.Section(
        [
            dcc.Store(id="selection"),
            html.Div(id="selection-told"),
            html.Div(id="selection-act", className="selection-act"),
        ],
        id="selection-panel",
        className="selection-panel panel",
        hidden=True,
    )


def ids_of(selection: Any) -> tuple[str, ...]:
    """Return the compounds of what the browser sent, each once, in its order."""
    ids = (selection or {}).get("ids") or ()
    return tuple(dict.fromkeys(str(one) for one in ids))[:MOST]


def ready(asked: Asked, plan: Plan, ids: tuple[str, ...]) -> list[Proposal]:
    """Return what the plan proposes to change about these compounds and nobody has ordered yet; others are not theirs to see."""
    wanted = set(ids)
    mine = [p for p in plan.proposals if p.subject in wanted and p.action != IDLE]
    taken = orders.open_by_subject(asked.desk.orders(asked.who, asked.here.view), plan.kind)
    return orders.ready(mine, taken, len(mine))


def act(asked: Asked, ids: tuple[str, ...]) -> Component | None:
    """Return the button that orders the selection, or why there is none; None for an empty selection."""
    if not ids:
        return None
    if not _order.may_give(asked):
        why = asked.say("selection.no_orders_can")
        return html.P(why, className="selection-why")
    plan = asked.desk.plan(asked.who, "lockdown", asked.here.view)
    found = ready(asked, plan, ids)
    known = {p.subject for p in plan.proposals}
    told = asked.say(
        "selection.have_proposal_order", n=figure(len(found)), n2=figure(len(set(ids) & known) - len(found))
    )
    if not found:
        return html.P(told, className="selection-why")
    button = html.Button(
        asked.say(
            "selection.order_first" if len(found) > AT_ONCE else "selection.order_compounds",
            n=figure(min(len(found), AT_ONCE)),
        ),
        className="button primary order-open",
        **_order.opens(plan, "*" + CHOSEN),
    )
    return html.Div([html.P(told, className="selection-why"), button])


def connect(app: Dash, desk: Desk) -> None:
    """Tell, whenever the selection or what is known changes, what can be ordered of it."""

    @app.callback(
        Output("selection-act", "children"),
        Input("selection", "data"),
        Input("drawn", "data"),
        State("url", "pathname"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def offered(selection: Mapping[str, Any] | None, _drawn: Any, path: str, search: str) -> Component | None:
        ids = ids_of(selection)
        return act(Asked.at(desk, desk.gate.who(request), path, search), ids) if ids else None
