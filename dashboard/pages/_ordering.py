"""What the buttons of the order dialog do: open it, give one order or several, take a step, and say what came of it."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from dash import ALL, Dash, Input, Output, State, ctx, no_update
from dash.development.base_component import Component
from flask import request

from dashboard.calls import CallError
from dashboard.desk import Desk
from dashboard.orders import action_words
from dashboard.pages import Asked, _order, _selection
from dashboard.pages._frame import titled
from dashboard.presses import press, pressed
from dashboard.roles import AccessError
from dashboard.text import both
from layers._times import from_ms
from layers._view import View
from layers.decisions import orders
from layers.decisions._proposal import Plan, Proposal
from layers.intake import ordering
from layers.intake.ordering import Draft
from layers.store.order_states import GIVE, ORDERABLE, STEPS, OrderError

LEAVES = ("close", "withdraw")  # steps that take an order out of the list of open ones

Answer = tuple[Component | None, dict[str, Any] | None]


class StaleError(OrderError):
    """The page showed a proposal that the plan does not make any more."""


def opened(asked: Asked, button: Mapping[str, str], selected: tuple[str, ...] = ()) -> Answer:
    """Return the dialog of a proposal, or of several, at the clocks that its page showed.

    selected   compounds of the map's selection, for the subject "*@"; the plan of this person's own area says which are theirs
    """
    asked.desk.gate.orderer(asked.who)
    _check_present(asked)
    kind, subject = button["kind"], unquote(button["index"])
    if kind not in ORDERABLE:
        raise CallError(f"nothing of a plan {kind[:20]!r} is ordered; wanted one of {tuple(ORDERABLE)}")
    state = {"do": GIVE, "kind": kind, "subject": subject, "at": button["at"], "token": secrets.token_urlsafe(12)}
    view = seen_view(asked, state)
    plan = asked.desk.plan(asked.who, kind, view)
    if subject.startswith("*"):
        found = free(asked, plan, subject, selected)
        state["seen"] = {p.subject: orders.fingerprint(p) for p in found}
        return _order.give_many(asked, plan, found, {"many": len(found)} if selected else {}), state
    proposal = proposal_of(plan, subject)
    state["seen"] = {subject: orders.fingerprint(proposal)}
    return _order.give_one(asked, plan, proposal, {}, view), state


def stepped(asked: Asked, button: Mapping[str, str]) -> Answer:
    """Return the dialog of one step of an order."""
    step, number = button["do"], unquote(button["index"])
    asked.desk.gate.orderer(asked.who, step)
    order = order_of(asked, number)
    state = {"do": step, "number": number, "batch": int(order["batch"])}
    return _order.take_step(asked, order, step, {}), state


def confirmed(asked: Asked, state: dict[str, Any], entered: dict[str, Any]) -> Answer:
    """Do what the open dialog says; what is wrong with it is said in it, and nothing that was typed is lost."""
    if state["do"] in STEPS:
        return taken(asked, state, entered)
    who = asked.desk.gate.orderer(asked.who)
    _check_present(asked)
    plan = asked.desk.plan_since(who, state["kind"], seen_view(asked, state), asked.here.view)
    many = state["subject"].startswith("*")
    try:
        drafts = (several if many else single)(asked, plan, state, entered)
        least = orders.rule(asked.desk.store.now()).params["least"]
        done = ordering.give(
            asked.desk.store,
            drafts,
            who.name,
            least,
            area=who.area,
            token=" ".join((who.role, who.area, who.name, state["token"])),
        )
    except OrderError as error:
        return again(asked, plan, state, entered, error)
    return _order.told(asked, done.numbers, [asked.words(zh, en) for zh, en in done.taken]), None


def again(asked: Asked, plan: Plan, state: dict[str, Any], entered: dict[str, Any], error: OrderError) -> Answer:
    """Return the dialog as it was filled in, with what is wrong; after a change of the plan it shows what that says now."""
    subject = state["subject"]
    if subject.startswith("*"):
        found = free(asked, plan, subject, state["seen"])
        state = state | {"seen": {p.subject: orders.fingerprint(p) for p in found}}
        return _order.give_many(asked, plan, found, entered, error.said(asked.lang)), state
    proposal = next((p for p in plan.proposals if p.subject == subject), None)
    if proposal is None:
        return _order.told(asked, (), (error.said(asked.lang),)), None
    if isinstance(error, StaleError):
        entered = {name: text for name, text in entered.items() if name not in ("action", "reason")}
    state = state | {"seen": {subject: orders.fingerprint(proposal)}}
    return _order.give_one(asked, plan, proposal, entered, asked.here.view, error.said(asked.lang)), state


def taken(asked: Asked, state: Mapping[str, Any], entered: Mapping[str, Any]) -> Answer:
    """Take a step of an order; when somebody was faster, the page behind shows the state that it has now."""
    step, number = state["do"], state["number"]
    who = asked.desk.gate.orderer(asked.who, step)
    order, store = order_of(asked, number), asked.desk.store
    least = orders.rule(store.now()).params["least"]
    text = str(entered.get("text") or "")
    try:
        ordering.take(store, number, step, who.name, least, text=text, area=who.area, seen=state["batch"])
    except OrderError as error:
        return _order.take_step(asked, order, step, entered, error.said(asked.lang)), dict(state)
    return None, {"left": number} if step in LEAVES else None  # the list behind it keeps showing what was just put away


# ---- drafts


def single(asked: Asked, plan: Plan, state: Mapping[str, Any], entered: Mapping[str, Any]) -> list[Draft]:
    """Return the draft of one proposal, once it is the one that was seen."""
    proposal = proposal_of(plan, state["subject"])
    check_seen(asked, proposal, state["seen"])
    action = str(entered.get("action") or proposal.action)
    if action not in orders.alternatives(plan, proposal.action):
        raise CallError(f"action {action[:40]!r} is none of this plan's")
    begun = _order.sentence(asked, plan, proposal)
    if action != proposal.action and str(entered.get("reason") or "").strip() == begun:
        raise OrderError(
            *both("ordering.override_needs_reason")[::-1],
        )
    return [draft(asked, plan, proposal, entered, action, str(entered.get("owner") or ""))]


def several(asked: Asked, plan: Plan, state: Mapping[str, Any], entered: Mapping[str, Any]) -> list[Draft]:
    """Return the drafts of the first proposals of a list: each as proposed, each with an owner of its own or the same one."""
    found, wanted = free(asked, plan, state["subject"], state["seen"]), _order.number_of(entered.get("many"))
    if not wanted or wanted > min(len(found), ordering.AT_ONCE):
        written, most = entered.get("many"), min(len(found), ordering.AT_ONCE)
        raise OrderError(*both("ordering.proposals_wanted_number", written=written, most=most)[::-1])
    for proposal in found[:wanted]:
        check_seen(asked, proposal, state["seen"])
    return [draft(asked, plan, p, entered, p.action, owner_of(asked, plan, p, entered)) for p in found[:wanted]]


def owner_of(asked: Asked, plan: Plan, proposal: Proposal, entered: Mapping[str, Any]) -> str:
    """Return who answers for one of several: its street, its district, or the unit that was written."""
    place = _order.subject_of(asked, plan, proposal)
    each, known = entered.get("each"), _order.units(asked, place)
    if each not in _order.EACH:
        raise CallError(f"owner {str(each)[:20]!r}; wanted one of {_order.EACH}")
    if each == "one":
        return str(entered.get("owner") or "")
    street, district = f"{place.place.district}/{place.place.street}", place.place.district
    wanted = street if each == "street" else district
    return next((unit for unit, area in known.items() if wanted and area == wanted), "")


def draft(asked: Asked, plan: Plan, proposal: Proposal, entered: Mapping[str, Any], action: str, owner: str) -> Draft:
    """Return the order that a person wants to give of a proposal."""
    subject, now = _order.subject_of(asked, plan, proposal), asked.desk.store.now()
    hours, level = orders.rule(now).params["hours"], str(entered.get("level") or "")
    known, place = _order.units(asked, subject), subject.place
    return Draft(
        decision=plan.kind,
        subject=proposal.subject,
        name=titled(proposal, "zh"),
        **place._asdict(),
        proposed=proposal.action,
        action=action,
        level=level,
        owner=owner.strip(),
        owner_area=known.get(owner.strip(), place.district),
        deadline=orders.deadline(str(entered.get("deadline") or ""), level, now, hours),
        reason=str(entered.get("reason") or ""),
        inputs_hash=proposal.inputs_hash,
        frozen=orders.freeze(plan, proposal, asked.here.view),
    )


def check_seen(asked: Asked, proposal: Proposal, seen: Mapping[str, str]) -> None:
    """Raise StaleError unless the plan says about a subject what the page showed."""
    if seen.get(proposal.subject) != orders.fingerprint(proposal):
        now = action_words(proposal.action, asked.lang)
        raise StaleError(
            *both("ordering.new_data_came", inputs_hash=proposal.inputs_hash[:12], now=now)[::-1],
        )


def free(asked: Asked, plan: Plan, subject: str, chosen: Iterable[str] = ()) -> list[Proposal]:
    """Return the proposals with the actions of a list ("*seal,seal_building") that have no open order, in order.

    Of "*@", the selection on the map, those about the compounds of `chosen`.
    """
    if subject == "*" + _selection.CHOSEN:
        return _selection.ready(asked, plan, tuple(chosen))[: ordering.AT_ONCE]
    actions = subject.removeprefix("*").split(",")
    mine = [p for p in plan.proposals if p.action in actions]
    standing = asked.desk.orders(asked.who, asked.here.view)
    return orders.ready(mine, orders.open_by_subject(standing, plan.kind), ordering.AT_ONCE)


def proposal_of(plan: Plan, subject: str) -> Proposal:
    """Return what the plan proposes about a subject; raises StaleError where it proposes nothing any more."""
    found = next((p for p in plan.proposals if p.subject == subject), None)
    if found is None:
        raise StaleError(
            *both("ordering.plan_proposes_nothing", subject=subject)[::-1],
        )
    return found


def order_of(asked: Asked, number: str) -> dict[str, Any]:
    """Return an order as it stands now; raises AccessError where this person has none of that number."""
    order, _ = asked.desk.order(asked.who, asked.desk.store.view(area=asked.here.view.area), number)
    if not order:
        raise AccessError(*both("order.none_for_you", number=repr(number[:40]))[::-1])
    return order


def seen_view(asked: Asked, state: Mapping[str, Any]) -> View:
    """Return the view that the page showed; raises CallError for clocks that are none."""
    found = [int(text) for text in str(state["at"]).split("-") if text.isdecimal() and len(text) < 15]
    if len(found) != 2 or from_ms(found[1]) > asked.desk.store.latest():
        raise CallError(f"clocks {str(state['at'])[:40]!r}; wanted two moments that this store has seen")
    return replace(asked.here.view, as_of=from_ms(found[0]), known_at=from_ms(found[1]))


def _check_present(asked: Asked) -> None:
    if {"as_of", "known_at"} & asked.here.fixed:
        why = asked.say("ordering.past_go_back")
        raise CallError(why)


# ---- callbacks


def connect(app: Dash, desk: Desk) -> None:
    """Let a person open the dialog, confirm it, or drop it."""

    @app.callback(
        Output("order-dialog", "children"),
        Output("order-state", "data"),
        press("order"),
        Input("url", "pathname"),
        State({"type": "order-field", "index": ALL}, "value"),
        State("url", "search"),
        State("order-state", "data"),
        State("selection", "data"),
        prevent_initial_call=True,
    )
    def does(button: Any, path: str, values: Sequence[Any], search: str, state: Any, many: Any) -> Any:
        if ctx.triggered_id != "press-order":
            # Another page, with buttons of its own: what was open belongs to the one before.
            return None, None if state else no_update
        if not button:
            return no_update, no_update
        asked = Asked.at(desk, desk.gate.who(request), path, search)
        fields = [one["id"]["index"] for one in ctx.states_list[0]]
        chosen = _selection.ids_of(many)
        return acted(asked, pressed(button), dict(zip(fields, values, strict=True)), state, chosen)


def acted(
    asked: Asked, button: Mapping[str, str], entered: dict[str, Any], state: Any, chosen: tuple[str, ...] = ()
) -> Answer:
    """Do what a button says."""
    if button["type"] == "order-do":
        if button["do"] == "drop" or not state or "left" in state:
            return None, None
        return confirmed(asked, state, entered)
    try:
        return opened(asked, button, chosen) if button["type"] == "order-open" else stepped(asked, button)
    except StaleError as error:
        return _order.told(asked, (), (error.said(asked.lang),)), None
