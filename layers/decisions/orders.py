"""Orders: what a proposal becomes when a person orders it, what is kept of it, and how it stands since. Pure: no store, no clock."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from layers._errors import ViewError
from layers._times import parse_time
from layers._view import View
from layers.decisions._proposal import ACTIONS, Plan, Proposal, Words, plain, plain_proposal
from layers.decisions._words import PERSON, STATUS, count
from layers.decisions.rules import RuleSet, in_force
from layers.decisions.whatif import PREFIX, WhatIf
from layers.store.order_states import OPEN, RUNNING, OrderError

TOPIC = "orders"
LEVELS: Mapping[str, Words] = {
    "urgent": Words("紧急", "Urgent"),
    "today": Words("当日", "Today"),
    "routine": Words("常规", "Routine"),
}
COUNTED = re.compile(
    r"^(?P<status>\w+) (?P<day>\d{4}-\d\d-\d\d): (?P<n>\d+)$"
)  # evidence: persons of a status on a day
CASES = ("confirmed", "clinical", "asymptomatic")


def rule(now: datetime) -> RuleSet:
    """Return the rule on orders that is in force."""
    return in_force(TOPIC, now)


def deadline(text: str, level: str, now: datetime, hours: Mapping[str, float]) -> datetime:
    """Return until when: the time that is written, else as many hours from `now` as the level allows. Raises OrderError."""
    if level not in hours:
        raise OrderError(f"level is {level!r}; wanted one of {tuple(hours)}", "请选一个级别")
    if not text.strip():
        return now + timedelta(hours=hours[level])
    try:
        found = parse_time(text.strip())
    except ViewError as error:
        raise OrderError(f"deadline: {error}", f"时限“{text.strip()}”不是时间；例如 {now:%Y-%m-%d} 22:00") from error
    if found <= now:
        raise OrderError(
            f"deadline {text.strip()} is over already: now is {now:%Y-%m-%d %H:%M}; wanted a time after it",
            f"时限 {text.strip()} 已过：现在是 {now:%Y-%m-%d %H:%M}",
        )
    return found


def alternatives(plan: Plan, proposed: str) -> tuple[str, ...]:
    """Return what may be ordered instead: the proposed action first, then the others that this plan knows."""
    others = sorted({p.action for p in plan.proposals} - {proposed}, key=list(ACTIONS).index)
    return (proposed, *others)


def fingerprint(proposal: Proposal) -> str:
    """Return a digest of what a reader saw: action, reasons with their counts and rules, figures, flip; neither clock nor hash.

    Two plans that say the same about a subject have the same one, whatever else came in between them.
    """
    told = plain_proposal(proposal)
    seen = {key: told[key] for key in ("subject", "action", "reasons", "figures", "flips_if", "rule_id")}
    text = json.dumps(seen, sort_keys=True, ensure_ascii=False, default=plain)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def freeze(plan: Plan, proposal: Proposal, view: View) -> dict[str, Any]:
    """Return what an order keeps: the proposal whole, the plan that it stood in, and what was assumed. Plain JSON.

    Nothing of it is about one person: counts by day, places, rules.
    """
    about = {name: getattr(plan, name) for name in ("kind", "area", "inputs_hash", "rules", "as_of", "known_at")}
    said = [{"zh": w.zh, "en": w.en} for w in plan.caveats]
    kept = {
        "proposal": plain_proposal(proposal),
        "plan": about | {"caveats": said},
        "assumed": assumed(view),
        "fingerprint": fingerprint(proposal),
    }
    return dict(json.loads(json.dumps(kept, ensure_ascii=False, allow_nan=False, default=plain)))


def assumed(view: View) -> dict[str, str]:
    """Return the assumptions that a view was asked under, as its filters name them; empty when it assumes nothing."""
    return WhatIf.of(view).filters() if WhatIf.of(view).assumes else {}


def assumption_words(filters: Mapping[str, str]) -> Words:
    """Return the assumptions in a sentence, "" for none."""
    if not filters:
        return Words("", "")
    names = {
        "cases": Words("新增病例{}%", "new cases {}%"),
        "stay": Words("住院时间{}天", "stays {} days"),
        "arrivals": Words("另到医护{}人", "{} more staff arrive"),
        "refused": Words("不可启用：{}", "not to be opened: {}"),
    }
    found = [(names[key.removeprefix(PREFIX)], _signed(key, text)) for key, text in sorted(filters.items())]
    zh, en = ([getattr(words, lang).format(text) for words, text in found] for lang in ("zh", "en"))
    return Words("；".join(zh), "; ".join(en))


def _signed(key: str, text: str) -> str:
    return f"+{text}" if key in (PREFIX + "cases", PREFIX + "stay") and not text.startswith("-") else text


# ---- how it stands since


def since(frozen: Mapping[str, Any], now: Proposal | None) -> tuple[Words, ...]:
    """Return what is known since an order was given: new cases, other counts, another proposal; empty when nothing changed.

    now  what the plan says about the subject at the clocks of the reader; None: nothing any more
    """
    if now is None:
        return (Words("方案不再就此提出建议", "the plan proposes nothing here any more"),)
    then = frozen["proposal"]
    if fingerprint(now) == frozen["fingerprint"]:
        return ()
    found = [*_more_persons(then, now), *_other_figures(then["figures"], now.figures)]
    if now.action != then["action"]:
        words = ACTIONS[now.action]
        found.append(Words(f"方案现在建议：{words.zh}", f"the plan now proposes: {words.en}"))
    return tuple(found) or (Words("理由有变，建议未变", "its reasons changed, the proposal did not"),)


def _more_persons(then: Mapping[str, Any], now: Proposal) -> list[Words]:
    """New persons by status: what the evidence counts now and did not then; days that left the window are no change."""
    before = _counted(text for one in then["reasons"] for text in one["evidence"])
    after = _counted(text for one in now.reasons for text in one.evidence)
    first = min((day for _, day in after), default="")
    found = []
    for status in dict.fromkeys(status for status, _ in sorted([*before, *after])):
        more = {day: after[status, day] - before[status, day] for s, day in [*before, *after] if s == status}
        more = {day: n for day, n in more.items() if n > 0 or (n < 0 and day >= first)}
        if n := sum(more.values()):
            days = "、".join(sorted(day[5:] for day in more))
            found.append(_persons(status, n, days))
    return found


def _counted(evidence: Any) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for text in evidence:
        if match := COUNTED.match(text):
            found[match["status"], match["day"]] = int(match["n"])
    return found


def _persons(status: str, n: int, days: str) -> Words:
    names = STATUS | PERSON
    words = names.get(status, Words(status, status))
    more_zh, more_en = ("新增", "new") if n > 0 else ("减少", "fewer")
    noun = f"{count(abs(n), f'{more_en} case')} ({words.en}" if status in CASES else f"{abs(n)} {more_en} ({words.en}"
    return Words(f"{more_zh}{words.zh}{abs(n)}人（{days}）", f"{noun}, {days.replace('、', ', ')})")


def _other_figures(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Words]:
    """Figures that a reader of the plan knows by name, where they changed."""
    found = []
    for key, words in FIGURES.items():
        old, new = plain(then.get(key)), plain(now.get(key))
        if key in then and key in now and old != new:
            zh, en = f"{words.zh}{_short(old)}→{_short(new)}", f"{words.en} {_short(old)} → {_short(new)}"
            found.append(Words(zh, en))
    return found


FIGURES: Mapping[str, Words] = {
    "clean_days": Words("连续无新增天数", "days without a new case"),
    "open_suspected": Words("在册疑似", "open suspected"),
    "open_fever": Words("在册发热", "open fever patients"),
    "open_contact": Words("观察中密接", "contacts observed"),
    "beds": Words("床位", "beds"),
    "covered": Words("可补缺口", "shortage covered"),
    "people": Words("人数", "people"),
    "hospital": Words("派往", "sent to"),
    "days_of_cover": Words("可用天数", "days of cover"),
    "quantity": Words("库存", "stock"),
    "daily_use": Words("日消耗", "daily use"),
    "wanted": Words("需补充", "wanted"),
}


def _short(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:,.1f}".removesuffix(".0") if isinstance(value, int | float) else str(value)


# ---- what a list shows


def timed(rows: pd.DataFrame, now: datetime) -> pd.DataFrame:
    """Return orders with is_open, is_late, is_override, in_state (how long in its state), late_by (NaT unless late); latest first.

    rows  one an order: number, state, proposed, action, deadline_at, known_from, happened_at
    now   the clock of the reader; an order is late while its owner still owes something after the deadline
    """
    at = pd.Timestamp(now)
    running, open_ = rows["state"].isin(RUNNING), rows["state"].isin(OPEN)
    late = running & (rows["deadline_at"] < at)
    passed, over = at - rows["known_from"], at - rows["deadline_at"]
    found = rows.assign(
        is_open=open_,
        is_late=late,
        is_override=rows["proposed"] != rows["action"],
        in_state=passed.where(passed > pd.Timedelta(0), pd.Timedelta(0)),
        late_by=over.where(late),
    )
    order = found.sort_values(["is_late", "is_open", "deadline_at", "number"], ascending=[False, False, True, True])
    return order.reset_index(drop=True)


def figures(found: pd.DataFrame) -> dict[str, float]:
    """Return counts of `timed` rows: open, late, running, done (waits to be closed), closed, withdrawn, overrides, orders."""
    states = found["state"]
    return {
        "orders": len(found),
        "open": int(found["is_open"].sum()),
        "running": int(states.isin(RUNNING).sum()),
        "late": int(found["is_late"].sum()),
        "overrides": int(found["is_override"].sum()),
        **{state: int((states == state).sum()) for state in ("done", "closed", "withdrawn")},
    }


def open_by_subject(rows: pd.DataFrame, decision: str) -> dict[str, dict[str, Any]]:
    """Return subject -> the open order on it, for the rows of a plan."""
    mine = rows[(rows["decision"] == decision) & rows["state"].isin(OPEN)]
    return {str(row["subject"]): {str(k): v for k, v in row.items()} for row in mine.to_dict("records")}


def ready(proposals: Sequence[Proposal], taken: Mapping[str, Any], most: int) -> list[Proposal]:
    """Return the first proposals without an open order, at most `most`: what is ordered together."""
    return [p for p in proposals if p.subject not in taken][:most]
