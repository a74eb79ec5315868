"""Every kind of plan by name, for pages, commands and briefings."""

import sys
from collections.abc import Callable, Mapping
from typing import Any

from layers._errors import RuleError
from layers._view import View
from layers.decisions import beds, joint, lockdown, situation, staff, supplies
from layers.decisions._proposal import Plan
from layers.store import Store

PLANS: Mapping[str, Callable[[Store, View], Plan]] = {
    "lockdown": lockdown.plan,
    "situation": situation.plan,
    "beds": beds.plan,
    "staff": staff.plan,
    "supplies": supplies.plan,
    "joint": joint.plan,
}


def halves(kind: str) -> tuple[Callable[[Store, View], Any], Callable[[Any, View], Plan]]:
    """Return the two halves of a kind of plan: `gather`, which reads the facts of a view, and `propose`, a pure function of them.

    Facts rest on no assumption (`whatif.plain`), so that many what-ifs are answered from one reading.
    """
    module = sys.modules[_known(kind).__module__]
    return module.gather, module.propose


def parts_of(kind: str) -> tuple[str, ...]:
    """Return the kinds whose facts together are the facts of this one (`join` makes them), () when it gathers its own."""
    return getattr(sys.modules[_known(kind).__module__], "PLANS_JOINED", ())


def join(kind: str, facts: Mapping[str, Any]) -> Any:
    """Return the facts of a kind that has parts, from theirs."""
    return sys.modules[_known(kind).__module__].join(facts)


def plan_of(kind: str, store: Store, view: View) -> Plan:
    """Return the plan of a kind; an unknown kind is refused with the list of kinds."""
    return _known(kind)(store, view)


def _known(kind: str) -> Callable[[Store, View], Plan]:
    if kind not in PLANS:
        raise RuleError(f"there is no plan {kind!r}; wanted one of: {', '.join(PLANS)}")
    return PLANS[kind]
