"""What the auditor reads: entries of the journal without anybody in them, and whether it is whole. The gate is asked each time."""

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from dashboard import doors
from dashboard.desk import Desk
from dashboard.roles import Person
from layers.decisions import oversight
from layers.decisions.oversight import Finding
from layers.store import journal, journal_reading
from layers.store.journal import Verdict
from layers.store.journal_reading import Wanted

MOST = 500  # entries of one page of the list
BY_ITSELF = 200_000  # entries that are verified unasked: some two seconds
KEPT_S = 60  # so long a verdict is shown again; the button asks anew
PERSON = re.compile(
    r"(?<![A-Za-z])(case|contact|fever):[^\s,;，；。、）]+"
)  # the key of somebody's record, inside a text
KEY = re.compile(
    r"\A(case|contact|fever):.+", re.DOTALL
)  # where a key stands and nothing else: a number may hold spaces
DOOR = ("sign-in-refused", "sign-in-locked")


@dataclass(frozen=True)
class Checked:
    """A verdict about the chain and when it was reached; None while nobody asked."""

    verdict: Verdict | None
    at: datetime | None = None


def entries(desk: Desk, who: Person | None, wanted: Wanted) -> tuple[pd.DataFrame, int]:
    """Return the newest `MOST` entries that are wanted, without keys of persons, and how many there are in all."""
    _auditor(desk, who)
    rows = journal_reading.matching(desk.store, wanted, MOST)
    return masked(rows), journal_reading.number(desk.store, wanted)


def number(desk: Desk, who: Person | None, wanted: Wanted) -> int:
    """Return how many entries are wanted."""
    _auditor(desk, who)
    return journal_reading.number(desk.store, wanted)


def values(desk: Desk, who: Person | None, name: str) -> dict[str, int]:
    """Return how many entries each "action" or "actor" has."""
    _auditor(desk, who)
    return journal_reading.values(desk.store, name)


def chain(desk: Desk, who: Person | None, *, now: bool = False) -> Checked:
    """Return whether the journal is whole: verified at once where `now` says so, else as it was found within a minute."""
    _auditor(desk, who)
    if not now and journal_reading.number(desk.store, Wanted()) > BY_ITSELF:
        return Checked(None)
    if now:
        return _checked(desk)
    key = ("journal", "chain", int(time.monotonic() // KEPT_S))
    found: Checked = desk.memory.get(key, lambda: _checked(desk))
    return found


def findings(desk: Desk, who: Person | None) -> tuple[Finding, ...]:
    """Return what the journal gives cause to ask about, the newest first; what came since is judged now."""
    _auditor(desk, who)
    return desk.judge.of(desk.store)


def answer(desk: Desk, who: Person | None, id: str, remark: str) -> None:
    """Answer a finding; raises OversightError for one's own and for what cannot be answered."""
    _auditor(desk, who)
    assert who is not None
    oversight.answer(desk.store, who.name, id, remark, desk.judge)


def masked(rows: pd.DataFrame) -> pd.DataFrame:
    """Return entries without the keys of persons' records: what was done is the auditor's, about whom is not."""
    return rows.assign(
        subject=[_unnamed(_of_nobody(text)) for text in rows["subject"]],
        detail=[_unnamed(one) for one in rows["detail"]],
    )


def _unnamed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _unnamed(_of_nobody(one) if name == "key" else one) for name, one in value.items()}
    if isinstance(value, list):
        return [_unnamed(one) for one in value]
    return PERSON.sub(r"\1:…", value) if isinstance(value, str) else value


def _of_nobody(key: Any) -> Any:
    return KEY.sub(r"\1:…", key) if isinstance(key, str) else key


def _checked(desk: Desk) -> Checked:
    return Checked(journal.verify(desk.store), datetime.now(UTC))


def _auditor(desk: Desk, who: Person | None) -> None:
    desk.gate.check_door(who, doors.of_page("/journal"))
