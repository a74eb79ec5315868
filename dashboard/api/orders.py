"""Orders of a token's area: read them, acknowledge them, report that they are done, as their owner does on the page of orders."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from flask import Blueprint, Response, g, request

from dashboard.access import OWN
from dashboard.api import bodies
from dashboard.api.guard import reader
from dashboard.api.problems import Problem, only_parameters
from dashboard.api.reads import asked, told
from dashboard.desk import Desk
from dashboard.downloads import as_json
from dashboard.orders import STATE, WHICH, chosen
from layers.decisions import orders
from layers.intake import ordering
from layers.store.order_states import STEPS, OrderMovedError, answers_for

TOLD = {  # column of an order -> what programs call it
    **{name: name for name in ("number", "decision", "subject", "name", "district", "street", "compound", "proposed")},
    **{name: name for name in ("action", "level", "owner", "owner_area", "state", "reason", "feedback", "remark")},
    "happened_at": "given_at",
    "deadline_at": "deadline_at",
    "known_from": "since",
    "given_by": "given_by",
    "acted_by": "acted_by",
    "batch": "version",
}
SMALL = 20_000  # bytes of a step


def routes(desk: Desk) -> Blueprint:
    """Return the routes `/api/v1/orders` and those of the two steps that an owner takes."""
    made = Blueprint("api_orders", __name__)

    @made.get("/api/v1/orders", provide_automatic_options=False)
    def listed() -> Response:
        view, who = asked(desk, OWN, "state"), reader()
        state = request.args.get("state", "open")
        if state not in (*WHICH, *STATE):
            raise Problem(400, "parameter", name="state", found=state[:60], wanted=", ".join((*WHICH, *STATE)))
        found = orders.timed(desk.orders(who, view), desk.store.now())
        owned = [answers_for(who.area, row, "owner") for row in found.to_dict("records")]
        rows = chosen(found[np.array(owned, dtype=bool)], {"state": state})
        return told(desk, view, {"rows": [_one(row) for row in rows.to_dict("records")]})

    for step in ("acknowledge", "report"):
        made.add_url_rule(
            f"/api/v1/orders/<number>/{step}",
            step,
            lambda number, step=step: _stepped(desk, number, step),
            methods=["POST"],
            provide_automatic_options=False,
        )
    return made


def _stepped(desk: Desk, number: str, step: str) -> Response:
    """Take a step, or find that this token has taken it already: whoever did not hear the answer asks again."""
    only_parameters()
    said = bodies.read(bodies.content(SMALL))
    bodies.only(said, text=bodies.is_text, seen=_is_number)
    who, seen = desk.gate.orderer(reader(), step), said.get("seen")
    text = str(said.get("text") or "")
    before = _believed(desk, number)
    least = orders.rule(desk.store.now()).params["least"]
    try:
        ordering.take(
            desk.store,
            number,
            step,
            g.token.actor,
            least,
            text=text,
            area=who.area,
            seen=None if seen is None else int(seen),
        )
    except OrderMovedError:
        if not _taken(before, step, text, g.token.actor):
            raise
    return as_json(_one(_believed(desk, number)))


def _believed(desk: Desk, number: str) -> dict[str, Any]:
    """The order as it stands; one that is not there, and one that is somebody else's, are not found alike."""
    row = desk.order(reader(), desk.store.view(), number)[0] if "\0" not in number else None  # no database takes it
    if not row or not answers_for(reader().area, row, "owner"):
        raise Problem(404, "no_order")
    return row


def _taken(row: Mapping[str, Any], step: str, text: str, actor: str) -> bool:
    """Whether a step is the last one that was taken of an order, by this actor and in these words."""
    said = STEPS[step].says
    words = row.get(said or "remark") or ""
    return row["state"] == STEPS[step].to and row["acted_by"] == actor and words == text.strip()


def _one(row: Mapping[Any, Any]) -> dict[str, Any]:
    plain = {theirs: row.get(ours) for ours, theirs in TOLD.items()}
    return {name: _value(value) for name, value in plain.items()}


def _value(value: Any) -> Any:
    if value is None or value != value:
        return None
    return value.isoformat() if hasattr(value, "isoformat") else int(value) if isinstance(value, float) else value


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, bodies.Literal) and value.isdigit() and len(value) <= 15)
