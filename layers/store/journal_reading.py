"""What a reader of the journal asks for: entries of a kind, of somebody, of some days. That it is whole is for `journal.verify` to say."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Select, String, cast, func, select

from layers._times import from_ms
from layers.store.database import Store
from layers.store.schema import batch, journal, printed, released, taking


@dataclass(frozen=True)
class Wanted:
    """Which entries: of one action, by one actor, from `first` on and before `until`, numbered below `before`; "", None and 0 stand for all."""

    action: str = ""
    actor: str = ""
    first: datetime | None = None
    until: datetime | None = None
    before: int = 0

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what an entry has to fulfil."""
        j = journal.c
        given = (
            (self.action, lambda: j.action == self.action),
            (self.actor, lambda: j.actor == self.actor),
            (self.first, lambda: j.at >= self.first),
            (self.until, lambda: j.at < self.until),
            (self.before, lambda: j.seq < self.before),
        )
        return [ask() for value, ask in given if value]


def matching(store: Store, wanted: Wanted, limit: int) -> pd.DataFrame:
    """Return the newest entries first: seq (NaN before the chain), at, actor, action, subject, detail."""
    j = journal.c
    columns = (j.seq, j.at, j.actor, j.action, j.subject, j.detail)
    return store.read(select(*columns).where(*wanted.conditions()).order_by(j.id.desc()).limit(limit))


def number(store: Store, wanted: Wanted) -> int:
    """Return how many entries there are."""
    rows = store.read(select(func.count().label("n")).select_from(journal).where(*wanted.conditions()))
    return int(rows["n"].iloc[0])


def values(store: Store, name: str) -> dict[str, int]:
    """Return how many entries each "action" or "actor" of the journal has, in order."""
    column = journal.c[name]
    rows = store.read(select(column.label("value"), func.count().label("n")).group_by(column).order_by(column))
    return {str(value): int(n) for value, n in zip(rows["value"], rows["n"], strict=True)}


def selected(actions: Collection[str], after: int = 0) -> Select[Any]:
    """Entries of some actions behind a number, in their order: seq, at, actor, action, subject, detail."""
    j = journal.c
    columns = (j.seq, j.at, j.actor, j.action, j.subject, j.detail)
    return select(*columns).where(j.action.in_(tuple(actions)), j.seq > after).order_by(j.seq)


def last(store: Store) -> int:
    """Return the number of the newest entry, 0 before the first."""
    return int(store.read(select(func.coalesce(func.max(journal.c.seq), 0).label("n")))["n"].iloc[0])


def oldest(store: Store) -> datetime | None:
    """Return when the first entry was written, None where there is none."""
    return _end(store, func.min(journal.c.at))


def newest(store: Store, action: str) -> datetime | None:
    """Return when an action was last taken, None for never."""
    return _end(store, func.max(journal.c.at), journal.c.action == action)


def activity(store: Store, since: datetime) -> tuple[int, int, int]:
    """Return how many entries there are since a moment, of how many actors and kinds."""
    j = journal.c
    counts = (func.count(), func.count(j.actor.distinct()), func.count(j.action.distinct()))
    with store.snapshot() as connection:
        row = connection.execute(select(*counts).where(j.at >= since)).one()
    return int(row[0]), int(row[1]), int(row[2])


def stated(store: Store, action: str, what: str, since: datetime, about: str = "") -> tuple[int, int]:
    """Return how many entries of an action there are since a moment, and how many of them lack a detail.

    about  how the subject of the entries begins
    """
    mine = (journal.c.action == action, journal.c.at >= since, journal.c.subject.startswith(about, autoescape=True))
    query = select(journal.c.detail).where(*mine)
    with store.snapshot() as connection:
        found = [bool(detail.get(what)) for detail in connection.execute(query).scalars()]
    return len(found), found.count(False)


def unrecorded(store: Store) -> dict[str, int]:
    """Return kind of processing -> how much of it left a trace in the store and has no entry: batches by their kind, prints, releases, requests for rows."""
    j = journal.c
    entered = select(j.detail["batch"].as_integer()).where(j.detail["batch"].as_integer().is_not(None))
    with store.snapshot() as connection:
        bare = select(batch.c.kind, func.count()).where(batch.c.id.not_in(entered)).group_by(batch.c.kind)
        found = {str(kind): int(n) for kind, n in connection.execute(bare)}
        for action, name in (
            ("print", printed.c.code),
            ("publish", cast(released.c.number, String)),
            ("export-asked", taking.c.code),
        ):
            named = select(j.subject).where(j.action == action)
            query = select(func.count(name.distinct())).where(name.not_in(named))
            found[action] = int(connection.execute(query).scalar_one())
    return {kind: n for kind, n in found.items() if n}


def _end(store: Store, column: ColumnElement[Any], *conditions: ColumnElement[bool]) -> datetime | None:
    with store.snapshot() as connection:
        found = connection.execute(select(column).where(*conditions)).scalar()
    return found if found is None or isinstance(found, datetime) else from_ms(int(found))
