"""The states of an order and the steps between them: what each step needs, and who takes it. Pure, so that schema and writer share it.

given -> acknowledged -> done (with feedback) -> closed; done or closed -> reopened -> acknowledged ...; withdrawn before it is done.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from layers._errors import LayerError

STATES = ("given", "acknowledged", "done", "closed", "reopened", "withdrawn")
OPEN = ("given", "acknowledged", "done", "reopened")  # somebody still has to do something
RUNNING = ("given", "acknowledged", "reopened")  # the owner's turn: only these can be late
ANSWERED = ("done", "closed")  # cannot be without feedback
EXPLAINED = ("reopened", "withdrawn")  # cannot be without a word why
ZH = dict(zip(STATES, ("已下达", "已签收", "已反馈", "已办结", "已退回", "已撤回"), strict=True))
# Plans whose proposals can be ordered, each with the letter of its numbers; dialog, writer and `orders.SOURCES` share it.
ORDERABLE = {"lockdown": "L", "beds": "B", "staff": "T", "supplies": "S", "joint": "J"}
FIELD_ZH = {"owner": "责任单位", "reason": "理由", "feedback": "反馈", "remark": "说明"}
LONGEST = 500  # characters of a text
# An identity number or a mobile telephone: orders are shown on walls and exported, persons are not.
PERSONAL = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|1[3-9]\d{9})(?!\d)")


class OrderError(LayerError):
    """An order, or a step of one, lacks what it needs; nothing was written. Said in both languages, because a dialog shows it."""


class OrderMovedError(OrderError):
    """Somebody else was there first: the order is ordered already, or stands elsewhere than the page showed."""


@dataclass(frozen=True)
class Step:
    """A step that a person takes.

    by     whose turn it is: "giver" or "owner"
    after  states from which it may be taken
    to     the state that it leads to
    says   the column that its words go to; "" when none are needed
    """

    by: str
    after: tuple[str, ...]
    to: str
    says: str = ""


STEPS: Mapping[str, Step] = {
    "acknowledge": Step("owner", ("given", "reopened"), "acknowledged"),
    "report": Step("owner", ("acknowledged",), "done", "feedback"),
    "close": Step("giver", ("done",), "closed"),
    "reopen": Step("giver", ("done", "closed"), "reopened", "remark"),
    "withdraw": Step("giver", RUNNING, "withdrawn", "remark"),
}
GIVE = "give"


def advance(row: Mapping[str, Any], step: str, text: str, least: Mapping[str, int]) -> dict[str, Any]:
    """Return the columns that a step changes: state, feedback, remark.

    row    the order as it is believed: number, state, feedback
    least  characters wanted by column, as the rule "orders" says; a text is never blank, whatever it says
    Raises OrderMovedError where the order's state does not allow the step, OrderError where words are missing.
    """
    if step not in STEPS:
        raise OrderError(f"step {step!r}; wanted one of {tuple(STEPS)}")
    rule, state = STEPS[step], row["state"]
    if state not in rule.after:
        wanted = " or ".join(rule.after)
        raise OrderMovedError(
            f"{row['number']} is {state}; {step} is possible when it is {wanted}",
            f"{row['number']} 现为“{ZH[state]}”，不能做这一步；须先“{'”或“'.join(ZH[one] for one in rule.after)}”",
        )
    words = checked(rule.says, text, least.get(rule.says, 1)) if rule.says else text.strip()
    changes: dict[str, Any] = {"state": rule.to, "feedback": row.get("feedback"), "remark": words or None}
    if rule.says == "feedback":
        changes |= {"feedback": words, "remark": None}
    if rule.to == "reopened":
        changes["feedback"] = None  # what was reported did not settle it: closing takes a new report
    if rule.to in ANSWERED and not _said(changes["feedback"]):
        raise OrderError(
            f"{row['number']} has no feedback; an order is not {rule.to} without", f"{row['number']} 没有反馈，不能办结"
        )
    return changes


def check_new(row: Mapping[str, Any], least: Mapping[str, int]) -> None:
    """Raise OrderError unless a new order has all it needs.

    row    owner, level, proposed, action, reason, happened_at and deadline_at (ms), frozen, inputs_hash
    least  characters of a reason, and of the reason of an override, by name: reason, override
    """
    checked("owner", row.get("owner"), least.get("owner", 1))
    override = row["action"] != row["proposed"]
    checked("reason", row.get("reason"), least.get("override" if override else "reason", 1))
    if row["deadline_at"] <= row["happened_at"]:
        raise OrderError("the deadline is over already; wanted a time after now", "时限已过；应晚于现在")
    if override and _told(row["reason"], row["frozen"]):
        raise OrderError(
            "the reason repeats the plan's own; say why something else is ordered than it proposes",
            "理由与方案的理由相同；请写明为何不按建议下令",
        )
    if not row.get("inputs_hash") or not row.get("frozen"):
        raise OrderError("an order keeps what was known when it was given; its proposal is missing")


def checked(what: str, text: Any, least: int) -> str:
    """Return a text stripped; raises OrderError where it is shorter than `least`, longer than LONGEST, or names a person."""
    words, name = str(text or "").strip(), FIELD_ZH.get(what, what)
    if len(words) < max(least, 1):
        raise OrderError(
            f"{what} is {words!r}; wanted at least {max(least, 1)} characters",
            f"{name}为“{words}”；至少 {max(least, 1)} 字",
        )
    if len(words) > LONGEST:
        raise OrderError(
            f"{what} has {len(words)} characters; wanted at most {LONGEST}",
            f"{name}有 {len(words)} 字；至多 {LONGEST} 字",
        )
    if PERSONAL.search(words):
        raise OrderError(
            f"{what} holds an identity or telephone number; orders name places and units, never persons",
            f"{name}中有证件号或电话；指令只写地点和单位，不写个人",
        )
    return words


def answers_for(area: str, row: Mapping[str, Any], side: str) -> bool:
    """Return whether who answers for `area` takes the steps of a side ("giver" or "owner") of an order.

    The area of that side itself, or one that it lies in; "" is the city. row: given_area, owner_area, district, street.
    """
    if not area:
        return True
    mine = str(row["given_area" if side == "giver" else "owner_area"] or "")
    if not mine:
        return False
    around = {mine, mine.split("/")[0]}
    if mine.startswith("compound:"):
        around |= {str(row["district"] or "-"), f"{row['district']}/{row['street']}"}
    return area in around


def _told(reason: str, frozen: Mapping[str, Any]) -> bool:
    said = [text for one in frozen["proposal"]["reasons"] for text in (one["zh"], one["en"])]
    return reason.strip() in (*said, "".join(said[::2]), " ".join(said[1::2]))


def _said(text: Any) -> bool:
    return isinstance(text, str) and bool(text.strip())
