"""Bulk viewing and taking out: stretches of the journal that call for a question, and who answered it.

What is found is a function of the journal and of dated bounds (oversight.toml) alone, and an answer is an entry of the journal
itself. So nobody can take a finding away without breaking the chain, and the same journal gives the same findings anywhere.
A finding begins with the entry that made it true and grows while it stays true; what comes after an answer is judged anew.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import Any

import pandas as pd
from sqlalchemy import Select

from layers._errors import LayerError
from layers.decisions.rules import RuleSet, in_force, load
from layers.store import Store, journal, journal_reading

FILE = Path(__file__).with_name("oversight.toml")
SPANS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
ANSWER = "oversight"  # the action of an answer; its subject is the finding
COMPLETES = ("code", "recovery")  # by what a sign-in came that began as a half
SHORTEST, LONGEST = 4, 500  # characters of a remark


class OversightError(LayerError):
    """A finding cannot be answered as asked; said in both languages, because a page shows it."""


@dataclass(frozen=True)
class Finding:
    """One account that did much of one thing.

    id        topic and number of the entry that made it true: "rows-1234"
    who       the account; of locks the account that was tried, else the network address; of halves the account whose password was right
    first     number of the first entry that counts, `last` of the newest
    begun_at, ended_at   when those were written
    value     the most that came together within an hour or a day (`span`), against `bound`
    by, at, remark       who answered it, when and what; "" and None while nobody did
    """

    id: str
    topic: str
    who: str
    span: str
    value: int
    bound: int
    rule: RuleSet
    first: int
    last: int
    begun_at: datetime
    ended_at: datetime
    by: str = ""
    at: datetime | None = None
    remark: str = ""

    @property
    def is_answered(self) -> bool:
        """True when somebody else looked at it and said what it was."""
        return bool(self.by)


Seen = tuple[datetime, int, int]  # moment, number and amount of an entry


@dataclass
class _Window:
    """The entries of the last hour or day, and how much they come to."""

    span: timedelta
    seen: deque[Seen] = field(default_factory=deque)
    sum: int = 0

    def add(self, one: Seen) -> None:
        one = (*one[:2], max(one[2], -self.sum))  # what takes back finds at most what there is
        self.seen.append(one)
        self.sum += one[2]
        while self.seen[0][0] <= one[0] - self.span:
            self.sum -= self.seen.popleft()[2]


@dataclass
class _Run:
    """What one account did of one thing lately, and the finding that it is in."""

    windows: dict[str, _Window] = field(default_factory=lambda: {name: _Window(span) for name, span in SPANS.items()})
    finding: str = ""


def _rows(entry: Mapping[str, Any]) -> int:
    return int(entry["detail"].get("rows") or 0)


def _persons(entry: Mapping[str, Any]) -> int:
    return int(entry["detail"].get("persons") or 0)


def _one(_entry: Mapping[str, Any]) -> int:
    return 1


def _completed(entry: Mapping[str, Any]) -> int:
    """A sign-in that a second factor completed takes back the half before it."""
    return -1 if entry["detail"].get("by") in COMPLETES else 0


def _actor(entry: Mapping[str, Any]) -> str:
    return str(entry["actor"])


def _tried(entry: Mapping[str, Any]) -> str:
    """The account at whose door somebody was wrong; of a name that nobody has the network address."""
    return str(entry["detail"].get("address", "") if entry["subject"] == "unknown" else entry["subject"])


# action of the journal -> topic, how much an entry counts, whose it is
COUNTED: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], int], Callable[[Mapping[str, Any]], str]]] = {
    "export": ("exports", _one, _actor),
    "exported": ("rows", _rows, _actor),
    "open-person": ("persons", _persons, _actor),
    "reveal": ("reveals", _one, _actor),
    "sign-in-locked": ("locks", _one, _tried),
    "sign-in-half": ("halves", _one, _tried),
    "sign-in": ("halves", _completed, _actor),
}
TOPICS = tuple(dict.fromkeys(topic for topic, *_ in COUNTED.values()))


@cache
def bounds() -> tuple[RuleSet, ...]:
    """Return every rule of oversight.toml, read once."""
    return load(FILE)


@dataclass
class Judge:
    """The findings of one journal, which only grows: whoever asks again has the entries judged that came since."""

    rules: Sequence[RuleSet] | None = None
    last: int = 0
    found: dict[str, Finding] = field(default_factory=dict)
    runs: dict[tuple[str, str], _Run] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def findings(self, read: Callable[[Select[Any]], pd.DataFrame]) -> tuple[Finding, ...]:
        """Return what a journal gives cause to ask about, answered or not, the newest first; `read` runs a query on it."""
        with self.lock:
            self.add(read(journal_reading.selected((*COUNTED, ANSWER), self.last)).to_dict("records"))
            return self.told()

    def of(self, store: Store) -> tuple[Finding, ...]:
        """Return what the journal of a store gives cause to ask about; what came since the last time is judged now."""
        return self.findings(store.read)

    def add(self, entries: Iterable[Mapping[Any, Any]]) -> None:
        """Judge entries in their order: seq, at, actor, action, subject, detail."""
        for entry in entries:
            self.last = int(entry["seq"])
            if entry["action"] == ANSWER:
                _answer(self.found, self.runs, entry)
                continue
            topic, amount, who = COUNTED[entry["action"]]
            if not amount(entry):
                continue
            run = self.runs.setdefault((topic, who(entry)), _Run())
            rule = in_force(topic, entry["at"], bounds() if self.rules is None else self.rules)
            _count(self.found, run, who(entry), rule, (entry["at"], self.last, amount(entry)))

    def told(self) -> tuple[Finding, ...]:
        """Return the findings so far, the newest first."""
        return tuple(sorted(self.found.values(), key=lambda one: one.last, reverse=True))


def findings(store: Store) -> tuple[Finding, ...]:
    """Return the findings of the whole journal of a store, read once."""
    return Judge().findings(store.read)


def judged(entries: Iterable[Mapping[Any, Any]], rules: Sequence[RuleSet] | None = None) -> tuple[Finding, ...]:
    """Return the findings of entries in their order."""
    judge = Judge(rules)
    judge.add(entries)
    return judge.told()


def answer(store: Store, by: str, id: str, remark: str, judge: Judge | None = None) -> None:
    """Write into the journal what a finding was; whoever it is about cannot. A `judge` that knows the journal need not read it again.

    Raises OversightError for one that there is not, that is answered, that is one's own, and for a remark that says nothing.
    """
    said = " ".join(remark.split())
    if not SHORTEST <= len(said) <= LONGEST:
        raise OversightError(
            f"the remark has {len(said)} characters; wanted {SHORTEST} to {LONGEST}",
            f"说明有{len(said)}个字；须为{SHORTEST}至{LONGEST}字",
        )
    with store.writing() as connection:
        known = (judge or Judge()).findings(partial(store.frame, connection))
        found = next((one for one in known if one.id == id), None)
        if found is None:
            raise OversightError(f"there is no finding {id[:40]!r}", f"没有提示“{id[:40]}”")
        if found.is_answered:
            raise OversightError(f"{id} was answered by {found.by}", f"{id}已由“{found.by}”核实")
        if found.who == by:
            raise OversightError(f"{id} is about {by}: somebody else answers it", f"{id}涉及“{by}”本人，须由他人核实")
        detail = {"topic": found.topic, "account": found.who, "value": found.value, "remark": said}
        journal.write(connection, by, ANSWER, id, detail)


def _count(found: dict[str, Finding], run: _Run, who: str, rule: RuleSet, seen: Seen) -> None:
    """Let one entry count: a finding begins, grows, or is over."""
    at, seq, _ = seen
    for window in run.windows.values():
        window.add(seen)
    span = next((name for name, one in run.windows.items() if one.sum >= rule.params[name]), "")
    if not span:
        run.finding = ""
        return
    if run.finding:
        one = found[run.finding]
        value = max(one.value, run.windows[one.span].sum)
        found[one.id] = replace(one, last=seq, ended_at=at, value=value)
        return
    begun_at, first, _ = run.windows[span].seen[0]
    run.finding = f"{rule.topic}-{seq}"
    value, bound = run.windows[span].sum, int(rule.params[span])
    found[run.finding] = Finding(run.finding, rule.topic, who, span, value, bound, rule, first, seq, begun_at, at)


def _answer(found: dict[str, Finding], runs: dict[tuple[str, str], _Run], entry: Mapping[Any, Any]) -> None:
    one = found.get(str(entry["subject"]))
    if one is None or one.is_answered:
        return
    remark = str(entry["detail"].get("remark", ""))
    found[one.id] = replace(one, by=str(entry["actor"]), at=entry["at"], remark=remark)
    runs[one.topic, one.who] = _Run()  # what comes now is judged anew
