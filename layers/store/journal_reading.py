"""What a reader of the journal asks for: entries of a kind, of somebody, of some days. That it is whole is for `journal.verify` to say."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Select, func, select

from layers.store.database import Store
from layers.store.schema import journal


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


def selected(actions: Collection[str]) -> Select[Any]:
    """Entries of some actions in their order: seq, at, actor, action, subject, detail."""
    j = journal.c
    columns = (j.seq, j.at, j.actor, j.action, j.subject, j.detail)
    return select(*columns).where(j.action.in_(tuple(actions)), j.seq.is_not(None)).order_by(j.seq)


def of_actions(store: Store, actions: Collection[str]) -> pd.DataFrame:
    """Return the entries of some actions, the oldest first: `selected`."""
    return store.read(selected(actions))


def last(store: Store) -> int:
    """Return the number of the newest entry, 0 before the first."""
    return int(store.read(select(func.coalesce(func.max(journal.c.seq), 0).label("n")))["n"].iloc[0])
