"""Open the store, read frames from it, and hold the one writer at a time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import CompoundSelect, Connection, Engine, Select, func, select
from sqlalchemy.exc import OperationalError

from layers._errors import StoreError
from layers._times import SHANGHAI, from_ms, to_ms
from layers._view import View
from layers.store.care import survivor
from layers.store.engine import file_of, reader, scoped, writer
from layers.store.row_security import CITY
from layers.store.schema import ORDER_KINDS, UNREAD, Instant, batch, meta
from layers.store.sealing import ring_for
from layers.store.seals import HEAD, SEALER, Sealer

# A view of now moves by this step: a plan of a city takes seconds, and every open screen is to share it.
STEP_MS = 10 * 60_000
MOMENTS = 512  # knowledge times of which a store remembers how it stood


class Store:
    """One database of facts. Safe to share between threads; reads never wait for the writer (WAL)."""

    def __init__(self, engine: Engine, keys: Path | None) -> None:
        self.engine = engine
        stored = self._meta()
        self.sealer = Sealer(keys, stored["identity"])
        self.ring = ring_for(engine, keys, stored)
        self._writer = writer(engine).execution_options(**{SEALER: self.sealer})
        self._reads, self._reader = scoped(engine, CITY), reader(engine, CITY)
        self.kind: str = stored["kind"]
        self.identity: str = stored["identity"]
        self._past = 0  # the newest knowledge time seen: what was known by then can never change, so it is read once
        self._stood: dict[Any, Any] = {}

    def read(self, query: Select[Any] | CompoundSelect[Any]) -> pd.DataFrame:
        """Return the rows of `query`; times come back aware in Asia/Shanghai, JSON as lists, NULL as None or NaN.

        It reads for the whole city, as plans and counts do; who reads for somebody asks `within`.
        """
        with self._reads.connect() as connection:
            return self.frame(connection, query)

    def within(self, scope: str) -> "Store":
        """Return the same store as it is read for a scope (`row_security.path`): a server gives it no row about other persons.

        In SQLite it is the same store: there, who may see what is decided before.
        """
        narrowed = copy(self)
        narrowed._reads, narrowed._reader = scoped(self.engine, scope), reader(self.engine, scope)
        return narrowed

    @staticmethod
    def frame(connection: Connection, query: Select[Any] | CompoundSelect[Any]) -> pd.DataFrame:
        """Return the rows of `query` seen by an open connection, so that a writer can read its own work."""
        result = connection.execute(query)
        rows = pd.DataFrame.from_records(
            [tuple(row) for row in result.all()], columns=list(result.keys())
        )  # plain tuples: half the time of rows; all at once: one call of the driver instead of one a row
        for column in query.selected_columns:
            if isinstance(column.type, Instant) and column.name in rows:
                rows[column.name] = as_times(rows[column.name])
        return rows

    @property
    def is_file(self) -> bool:
        """True for a store in a file or in memory, False for one on a server."""
        return self.engine.dialect.name == "sqlite"

    def let_go(self) -> None:
        """Give back the memory in which the database keeps pages of its file, for whoever reads much and once."""
        if self.engine.dialect.name == "sqlite":
            with self.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA shrink_memory")

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """One read transaction: several reads that belong together see the same state."""
        with self._reader.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One write transaction, begun at once so that two writers queue instead of failing half-way."""
        try:
            with self._writer.begin() as connection:
                connection.info.pop(HEAD, None)
                yield connection
                head = connection.info.pop(HEAD, None)
        except OperationalError as error:
            raise StoreError(
                f"the store cannot be written: {error.orig}; check the disk's free space and whether another import runs",
                "数据库暂时无法写入：请检查磁盘空间，或等另一个导入结束后再试",
            ) from error
        if head:
            self.sealer.remember(head)

    @property
    def cache(self) -> Path | None:
        """Folder for what can be computed again, beside the store's file; None for a store that is no file."""
        path = file_of(self.engine)
        return path.parent / "cache" if path else None

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it."""
        self.engine.dispose()

    def latest(self) -> datetime:
        """Return the knowledge time of the newest batch; 1970 when nothing was ever imported."""
        with self.engine.connect() as connection:
            found = connection.execute(select(func.max(batch.c.known_at))).scalar() or 0
        self._past = max(self._past, found)
        return from_ms(found)

    def revision(self, known_at: datetime) -> int:
        """Return the number of the last batch known at `known_at`, 0 for none: the same number means the same facts."""
        moment = to_ms(known_at)
        last = select(func.max(batch.c.id)).where(batch.c.known_at <= moment)
        return self._of_the_past(moment, "revision", lambda connection: connection.execute(last).scalar() or 0)

    def _of_the_past(self, moment: int, what: Any, read: Callable[[Connection], Any]) -> Any:
        """Return what was read about a knowledge time, kept where every later batch comes after it."""
        key = (moment, what)
        if key in self._stood:
            return self._stood[key]
        past = self._past
        with self.engine.connect() as connection:
            found = read(connection)
        if moment <= past:
            if len(self._stood) >= MOMENTS:
                self._stood.clear()
            self._stood[key] = found
        return found

    def now(self) -> datetime:
        """Return the time it is for this store: the clock on the wall to the millisecond, or in a drill the drill's own."""
        return self.latest() if self.kind == "drill" else from_ms(to_ms(datetime.now(UTC)))

    def settled(self, view: View, unread: Sequence[str] = (*UNREAD, *ORDER_KINDS)) -> View:
        """Return the view as it was before the newest batches of kinds that its answer does not rest on: the same facts.

        Whatever rests on facts alone is then made once, however many orders are given since. `as_of` moves only where it
        stood at such a batch: in a drill to the last batch of facts, else back to the full ten minutes.
        """
        read, passed = self._of_the_past(to_ms(view.known_at), tuple(unread), partial(_last_read, view, unread))
        if not passed or not read:
            return view
        as_of = self._rest(view.as_of, from_ms(read)) if to_ms(view.as_of) in passed else view.as_of
        return replace(view, as_of=as_of, known_at=from_ms(read))

    def rest(self, last: datetime) -> datetime:
        """Return where the event clock of a view of now stands whose last batch is of `last`: there, or at the last full ten minutes after it."""
        return last if self.kind == "drill" else self._rest(datetime.now(UTC), last)

    def _rest(self, now: datetime, last: datetime) -> datetime:
        if self.kind == "drill":
            return last
        return max(from_ms(to_ms(now) // STEP_MS * STEP_MS), last)

    def view(
        self,
        area: str = "",
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        filters: Mapping[str, str] | None = None,
    ) -> View:
        """Return a view; times left out mean: everything known, up to now, which moves by ten minutes and with each batch.

        With `known_at` alone `as_of` is the same moment, but not later than now: of what came after it nothing was known.
        A compound that was merged by then is seen as its survivor.
        """
        known = known_at or self.latest()
        until = min(self.now(), known) if known_at else self._rest(self.now(), known)
        view = View(as_of=as_of or until, known_at=known, area=area, filters=dict(filters or {}))
        if view.level != "compound":
            return view
        ends = self.read(survivor(view))["code"]
        return view.narrowed(f"compound:{ends[0]}") if len(ends) else view

    def _meta(self) -> dict[str, Any]:
        with self.engine.connect() as connection:
            return {row.name: row.value for row in connection.execute(select(meta.c.name, meta.c.value))}


def _last_read(view: View, unread: Sequence[str], connection: Connection) -> tuple[int, set[int]]:
    """Return when the last batch became known whose kind is read, and when those after it did."""
    moment = batch.c.known_at <= to_ms(view.known_at)
    last = select(func.max(batch.c.known_at)).where(moment, batch.c.kind.not_in(unread))
    read = int(connection.execute(last).scalar() or 0)
    return read, set(connection.execute(select(batch.c.known_at).where(moment, batch.c.known_at > read)).scalars())


def as_times(values: pd.Series) -> pd.Series:
    """Return milliseconds since 1970 UTC as aware Asia/Shanghai times; missing stays missing."""
    return pd.to_datetime(pd.to_numeric(values), unit="ms", utc=True).dt.tz_convert(SHANGHAI)
