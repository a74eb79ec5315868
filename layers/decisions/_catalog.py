"""Every kind of plan by name, for pages, commands and briefings."""

from collections.abc import Callable, Mapping

from layers._errors import RuleError
from layers._view import View
from layers.decisions import beds, lockdown, situation, staff, supplies
from layers.decisions._proposal import Plan
from layers.store import Store

PLANS: Mapping[str, Callable[[Store, View], Plan]] = {
    "lockdown": lockdown.plan,
    "situation": situation.plan,
    "beds": beds.plan,
    "staff": staff.plan,
    "supplies": supplies.plan,
}


def plan_of(kind: str, store: Store, view: View) -> Plan:
    """Return the plan of a kind; an unknown kind is refused with the list of kinds."""
    if kind not in PLANS:
        raise RuleError(f"there is no plan {kind!r}; wanted one of: {', '.join(PLANS)}")
    return PLANS[kind](store, view)
