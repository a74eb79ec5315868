"""The journal: whole, old enough, looked at."""

import time
from datetime import UTC, datetime, timedelta

from dashboard.audit import BY_ITSELF, KEPT_S
from dashboard.compliance.found import Found, unknown, when
from dashboard.desk import Desk
from layers.store import journal, journal_reading
from layers.store.journal_reading import Wanted

KEPT = timedelta(days=183)  # six months (TRUST 1: from memory)
PATIENCE = timedelta(days=7)  # within which a finding is answered: our own


def chain(desk: Desk) -> Found:
    """Whether every entry is as it was sealed and none is missing."""
    n = journal_reading.number(desk.store, Wanted())
    if n > BY_ITSELF:
        return unknown("saw_long_chain", n=f"{n:,}", command="verify-journal")
    key = ("compliance", "chain", int(time.monotonic() // KEPT_S))
    verdict = desk.memory.get(key, lambda: journal.verify(desk.store))
    return when(verdict.whole, "saw_chain" if verdict.whole else "saw_broken", n=f"{verdict.entries:,}", at=verdict.broken)  # fmt: skip


def everybody(desk: Desk) -> Found:
    """Whether what people do is written down: who did how much within a month."""
    since = datetime.now(UTC) - timedelta(days=30)
    n, actors, kinds = journal_reading.activity(desk.store, since)
    return when(n > 0, "saw_everybody", n=f"{n:,}", actors=actors, kinds=kinds)


def kept(desk: Desk) -> Found:
    """Whether entries are kept for half a year: a younger store cannot show it."""
    first = journal_reading.oldest(desk.store)
    if first is None:
        return unknown("saw_no_entry")
    age = datetime.now(UTC) - first
    values = {"days": age.days, "first": f"{first:%Y-%m-%d}", "wanted": KEPT.days}
    return when(True, "saw_kept", **values) if age >= KEPT else unknown("saw_young", **values)


def answered(desk: Desk) -> Found:
    """Whether somebody answers what calls for a question."""
    found = desk.judge.of(desk.store)
    old = [one for one in found if not one.is_answered and one.ended_at < datetime.now(UTC) - PATIENCE]
    waits = sum(not one.is_answered for one in found)
    return when(not old, "saw_answered", n=len(found), waits=waits, old=len(old), days=PATIENCE.days)
