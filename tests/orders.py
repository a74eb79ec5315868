"""Orders for tests: drafts out of the real plan of a small city, and the words that every step accepts."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from layers.decisions import orders
from layers.decisions._catalog import plan_of
from layers.intake.ordering import Draft, give, take
from layers.store import Store
from layers.store.schema import compound

LEAST = {"owner": 2, "reason": 4, "override": 8, "feedback": 4, "remark": 4}
WAY = (("acknowledge", ""), ("report", "已封闭，两个出入口值守"), ("close", ""))


def draft(store: Store, subject: str = "C1", **changes: Any) -> Draft:
    """Return a draft of what the lockdown plan proposes for a compound."""
    view = store.view()
    plan = plan_of("lockdown", store, view)
    found = next(p for p in plan.proposals if p.subject == subject)
    street = store.read(select(compound.c.street).where(compound.c.code == subject))["street"][0]
    fields: dict[str, Any] = {
        "decision": "lockdown",
        "subject": subject,
        "name": found.name,
        "district": found.district,
        "street": street,
        "compound": subject,
        "proposed": found.action,
        "action": found.action,
        "level": "urgent",
        "owner": f"{street}办事处",
        "owner_area": f"{found.district}/{street}",
        "deadline": store.now() + timedelta(hours=4),
        "reason": "新增病例，先行封控",
        "inputs_hash": found.inputs_hash,
        "frozen": orders.freeze(plan, found, view),
    }
    return Draft(**{**fields, **changes})


def drafted(store: Store, kind: str, subject: str, **changes: Any) -> Draft:
    """Return a draft of what a plan of another kind proposes about a subject that is no compound."""
    view = store.view()
    plan = plan_of(kind, store, view)
    found = next(p for p in plan.proposals if p.subject == subject)
    seen = {"inputs_hash": found.inputs_hash, "frozen": orders.freeze(plan, found, view), "owner": "市医护调配组"}
    place = {"district": found.district, "street": "", "compound": "", "owner_area": "", "name": found.name}
    what = {"decision": kind, "subject": subject, "proposed": found.action, "action": found.action}
    fields = {**seen, **place, **what, "level": "today", "deadline": store.now() + timedelta(hours=4)}
    return Draft(**{**fields, "reason": "按方案执行，先行派驻", **changes})


def given(store: Store, subject: str = "C1", actor: str = "总值班", **changes: Any) -> str:
    """Give one order and return its number."""
    return give(store, [draft(store, subject, **changes)], actor, LEAST).numbers[0]


def walked(store: Store, number: str, to: str, actor: str = "街道值班") -> None:
    """Take an order that was just given to a state on the straight way: acknowledged, done or closed."""
    for step, text in WAY[: ("acknowledged", "done", "closed").index(to) + 1]:
        take(store, number, step, actor, LEAST, text=text)
