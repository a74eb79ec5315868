"""Orders in words: states, steps and decisions in both languages, how long something takes, and the list that is exported."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pandas as pd

from dashboard.text import UNKNOWN, is_unknown, pick
from layers.decisions._proposal import ACTIONS
from layers.decisions.orders import LEVELS

STATE: Mapping[str, tuple[str, str, str, str]] = {  # words, tone, symbol: told apart without colour
    "given": ("已下达", "Given", "amber", "○"),
    "acknowledged": ("已签收", "Acknowledged", "blue", "◐"),
    "done": ("已反馈", "Reported done", "teal", "●"),
    "closed": ("已办结", "Closed", "", "✓"),
    "reopened": ("已退回", "Reopened", "amber", "↺"),
    "withdrawn": ("已撤回", "Withdrawn", "", "✕"),
}
LATE = ("逾期", "Overdue")
STEP: Mapping[str, tuple[str, str]] = {
    "acknowledge": ("签收", "Acknowledge"),
    "report": ("反馈完成", "Report done"),
    "close": ("办结", "Close"),
    "reopen": ("退回重办", "Reopen"),
    "withdraw": ("撤回", "Withdraw"),
}
SAYS: Mapping[str, tuple[str, str]] = {  # what a step asks for
    "acknowledge": ("备注（可不填）", "Remark (may stay empty)"),
    "report": ("反馈：做了什么，结果如何", "Feedback: what was done, with what result"),
    "close": ("备注（可不填）", "Remark (may stay empty)"),
    "reopen": ("为何退回", "Why it is reopened"),
    "withdraw": ("为何撤回", "Why it is withdrawn"),
}
DECISION: Mapping[str, tuple[str, str]] = {
    "lockdown": ("封控管理", "Lockdown"),
    "beds": ("床位扩充", "Beds"),
    "staff": ("人员调配", "Staff"),
    "supplies": ("防疫物资", "Supplies"),
    "joint": ("联合方案", "Joint plan"),
}
EXPORTED: Mapping[str, tuple[str, str]] = {
    "number": ("指令号", "number"),
    "decision": ("决策", "decision"),
    "name": ("对象", "name"),
    "subject": ("对象编码", "subject"),
    "district": ("区编码", "district"),
    "street": ("街道", "street"),
    "proposed": ("方案建议", "proposed"),
    "action": ("指令内容", "ordered"),
    "is_override": ("改动方案", "override"),
    "level": ("级别", "level"),
    "owner": ("责任单位", "owner"),
    "state": ("状态", "state"),
    "happened_at": ("下达时间", "given_at"),
    "known_from": ("本状态自", "in_state_since"),
    "deadline_at": ("时限", "deadline"),
    "is_late": ("是否逾期", "overdue"),
    "reason": ("理由", "reason"),
    "feedback": ("反馈", "feedback"),
    "remark": ("备注", "remark"),
    "given_by": ("下达人", "given_by"),
    "acted_by": ("经办人", "last_acted_by"),
    "inputs_hash": ("依据", "inputs_hash"),
}


WHICH: Mapping[str, tuple[str, str]] = {  # what a list may be narrowed to, besides a single state
    "open": ("未办结", "In progress"),
    "late": LATE,
    "all": ("全部", "All"),
    "override": ("改动方案的", "Overrides"),
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
    if is_unknown(passed):
        return UNKNOWN
    passed = max(pd.Timedelta(passed), pd.Timedelta(0)).to_pytimedelta()
    if passed < timedelta(minutes=1):
        return "不足1分钟" if lang == "zh" else "<1 min"
    for unit, zh, en, least in (
        (timedelta(days=1), "天", "d", 2),
        (timedelta(hours=1), "小时", "h", 1),
        (timedelta(minutes=1), "分钟", "min", 0),
    ):
        if passed >= unit * least:
            return f"{passed // unit}{zh}" if lang == "zh" else f"{passed // unit} {en}"
    return UNKNOWN


def action_words(action: str, lang: str) -> str:
    """Return an action as a person reads it; one that no plan knows any more stays as it was written."""
    return ACTIONS[action].said(lang) if action in ACTIONS else action


def listing(found: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return `timed` orders as a table for people: one row each, in their order, columns and codes in the language.

    Nothing in it is about a person who is ill; frozen records stay behind.
    """
    yes, no = ("是", "否") if lang == "zh" else ("yes", "no")
    told = found.assign(
        state=[pick(STATE[one][:2], lang) for one in found["state"]],
        decision=[pick(DECISION[one], lang) for one in found["decision"]],
        level=[LEVELS[one].said(lang) for one in found["level"]],
        **{name: [action_words(one, lang) for one in found[name]] for name in ("proposed", "action")},
        **{name: [yes if one else no for one in found[name]] for name in ("is_override", "is_late")},
    )
    return told[list(EXPORTED)].rename(columns={name: pick(words, lang) for name, words in EXPORTED.items()})
