"""Orders in words: states, steps and decisions in both languages, how long something takes, and the list that is exported."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dashboard import text
from dashboard.text import UNKNOWN, both, is_unknown, pick, say
from layers.decisions._proposal import ACTIONS
from layers.decisions.orders import LEVELS

STATE: Mapping[str, tuple[str, str, str, str]] = {  # words, tone, symbol: told apart without colour
    "given": (*both("orders.state_given"), "amber", "○"),
    "acknowledged": (*both("orders.state_acknowledged"), "blue", "◐"),
    "done": (*both("orders.state_done"), "teal", "●"),
    "closed": (*both("orders.state_closed"), "", "✓"),
    "reopened": (*both("orders.state_reopened"), "amber", "↺"),
    "withdrawn": (*both("orders.state_withdrawn"), "", "✕"),
}
LATE = both("orders.late")
STEP: Mapping[str, tuple[str, str]] = {
    "acknowledge": both("orders.step_acknowledge"),
    "report": both("orders.step_report"),
    "close": both("orders.step_close"),
    "reopen": both("orders.step_reopen"),
    "withdraw": both("orders.step_withdraw"),
}
SAYS: Mapping[str, tuple[str, str]] = {  # what a step asks for
    "acknowledge": both("orders.says_acknowledge"),
    "report": both("orders.says_report"),
    "close": both("orders.says_close"),
    "reopen": both("orders.says_reopen"),
    "withdraw": both("orders.says_withdraw"),
}
DECISION: Mapping[str, tuple[str, str]] = {
    "lockdown": both("orders.decision_lockdown"),
    "beds": both("orders.decision_beds"),
    "staff": both("orders.decision_staff"),
    "supplies": both("orders.decision_supplies"),
    "joint": both("orders.decision_joint"),
}
EXPORTED: Mapping[str, tuple[str, str]] = {
    "number": both("orders.exported_number"),
    "decision": both("orders.exported_decision"),
    "name": both("orders.exported_name"),
    "subject": both("orders.exported_subject"),
    "district": both("orders.exported_district"),
    "street": both("orders.exported_street"),
    "proposed": both("orders.exported_proposed"),
    "action": both("orders.exported_action"),
    "is_override": both("orders.exported_is_override"),
    "level": both("orders.exported_level"),
    "owner": both("orders.exported_owner"),
    "state": both("orders.exported_state"),
    "happened_at": both("orders.exported_happened_at"),
    "known_from": both("orders.exported_known_from"),
    "deadline_at": both("orders.exported_deadline_at"),
    "is_late": both("orders.exported_is_late"),
    "reason": both("orders.exported_reason"),
    "feedback": both("orders.exported_feedback"),
    "remark": both("orders.exported_remark"),
    "given_by": both("orders.exported_given_by"),
    "acted_by": both("orders.exported_acted_by"),
    "inputs_hash": both("orders.exported_inputs_hash"),
}


WHICH: Mapping[str, tuple[str, str]] = {  # what a list may be narrowed to, besides a single state
    "open": both("orders.which_open"),
    "late": LATE,
    "all": both("orders.which_all"),
    "override": both("orders.which_override"),
}


def chosen(found: pd.DataFrame, options: Mapping[str, str] | None) -> pd.DataFrame:
    """Return those of `timed` orders that the address asks for: decision, owner, state (a state, or a key of WHICH; open ones)."""
    given = options or {}
    for name in ("decision", "owner"):
        if given.get(name):
            found = found[found[name] == given[name]]
    which = given.get("state", "open")
    tests = {"open": "is_open", "late": "is_late", "override": "is_override"}
    if which != "all":
        found = found[found[tests[which]]] if which in tests else found[found["state"] == which]
    return found.reset_index(drop=True)


def span(passed: Any, lang: str) -> str:
    """Return how long: "3小时" or "3 h"; minutes below one hour, days from two on; "–" when not known."""
    return UNKNOWN if is_unknown(passed) else text.span(pd.Timedelta(passed).to_pytimedelta(), lang)


def action_words(action: str, lang: str) -> str:
    """Return an action as a person reads it; one that no plan knows any more stays as it was written."""
    return ACTIONS[action].said(lang) if action in ACTIONS else action


def listing(found: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return `timed` orders as a table for people: one row each, in their order, columns and codes in the language.

    Nothing in it is about a person who is ill; frozen records stay behind.
    """
    yes, no = say("orders.yes", lang), say("orders.no", lang)
    told = found.assign(
        state=[pick(STATE[one][:2], lang) for one in found["state"]],
        decision=[pick(DECISION[one], lang) for one in found["decision"]],
        level=[LEVELS[one].said(lang) for one in found["level"]],
        **{name: [action_words(one, lang) for one in found[name]] for name in ("proposed", "action")},
        **{name: [yes if one else no for one in found[name]] for name in ("is_override", "is_late")},
    )
    return told[list(EXPORTED)].rename(columns={name: pick(words, lang) for name, words in EXPORTED.items()})
