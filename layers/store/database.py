"""Open the store, read frames from it, and hold the one writer at a time."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import (
    CompoundSelect,
    Connection,
    Engine,
    Select,
    Table,
    create_engine,
    event,
    func,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, OperationalError

from layers._errors import StoreError
from layers._times import SHANGHAI, from_ms, to_ms
from layers._view import View
from layers.store.care import survivor
from layers.store.heard import of_older
from layers.store.schema import (
    DESK,
    EDITIONS,
    ORDER_KINDS,
    UNREAD,
    Instant,
    batch,
    care,
    confirmation,
    meta,
    metadata,
    orders,
    total,
    whatif,
)

SCHEMA_VERSION = 7
# What the next schema has more, or orders in another way; a store of that version is brought up when it is opened.
ADDED: dict[int, tuple[Table, ...]] = {2: (care,), 3: (orders, whatif), 4: DESK, 5: EDITIONS, 6: (confirmation,)}
REORDERED: dict[int, tuple[Table, ...]] = {2: (total,)}
FILLED: dict[int, Callable[[Connection], None]] = {6: of_older}  # ... and what is put into it
KINDS = ("drill", "production")
# A view of now moves by this step: a plan of a city takes seconds, and every open screen is to share it.
STEP_MS = 10 * 60_000
MOMENTS = 512  # knowledge times of which a store remembers how it stood


class Store:
    """One database of facts. Safe to share between threads; reads never wait for the writer (WAL)."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = engine.execution_options(fangyi_write=True)
        stored = self._meta()
        self.kind: str = stored["kind"]
        self.salt: str = stored["salt"]
        self.identity: str = stored["identity"]
        self._past = 0  # the newest knowledge time seen: what was known by then can never change, so it is read once
        self._stood: dict[Any, Any] = {}

    def read(self, query: Select[Any] | CompoundSelect[Any]) -> pd.DataFrame:
        """Return the rows of `query`; times come back aware in Asia/Shanghai, JSON as lists, NULL as None or NaN."""
        with self.engine.connect() as connection:
            return self.frame(connection, query)

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

    def let_go(self) -> None:
        """Give back the memory in which the database keeps pages of its file, for whoever reads much and once."""
        if self.engine.dialect.name == "sqlite":
            with self.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA shrink_memory")

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """One read transaction: several reads that belong together see the same state."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One write transaction, begun at once so that two writers queue instead of failing half-way."""
        try:
            with self._writer.begin() as connection:
                yield connection
        except OperationalError as error:
            raise StoreError(
                f"the store cannot be written: {error.orig}; check the disk's free space and whether another import runs",
                "数据库暂时无法写入：请检查磁盘空间，或等另一个导入结束后再试",
            ) from error

    @property
    def cache(self) -> Path | None:
        """Folder for what can be computed again, beside the store's file; None for a store that is no file."""
        database = self.engine.url.database
        is_file = self.engine.dialect.name == "sqlite" and database not in (None, "", ":memory:")
        return Path(str(database)).parent / "cache" if is_file else None

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


def open_store(
    url: str = "sqlite://", kind: str | None = None, *, must_exist: bool = False, durable: bool = True
) -> Store:
    """Open the store at `url`, creating it on first use.

    kind     "drill" or "production" for a new store (default production); for one that exists it must be the same
    durable  False: commits do not wait for the disk; for a store that is built whole, and thrown away when that fails
    A store of schema 2 to 6 gets the tables that were added since, in one step that changes no fact. A damaged file, a wrong
    kind, or a schema that cannot be brought up raise StoreError; nothing is repaired silently.
    """
    engine = _engine(url, must_exist, durable)
    try:
        with engine.execution_options(fangyi_write=True).begin() as connection:
            _prepare(connection, kind)
    except DatabaseError as error:
        raise StoreError(
            f"{url}: not a usable store ({error.orig}); restore it from a backup or name another file"
        ) from error
    store = Store(engine)
    if kind and store.kind != kind:
        raise StoreError(f"{url} is a {store.kind} store; wanted {kind}. Drill data and real data never share a store")
    return store


def _engine(url: str, must_exist: bool, durable: bool) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True)
    in_memory = parsed.database in (None, "", ":memory:")
    if not in_memory:
        path = Path(str(parsed.database))
        if must_exist and not path.exists():
            raise StoreError(
                f"there is no store at {path}; build one with `python -m dashboard drill` or import a file first"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, connect_args={"timeout": 30, "check_same_thread": False})
    event.listen(engine, "connect", partial(_sqlite_connect, "FULL" if durable else "OFF"))
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def _sqlite_connect(synchronous: str, connection: Any, _record: Any) -> None:
    connection.isolation_level = (
        None  # SQLAlchemy begins transactions itself, below: the driver's own rules break savepoints
    )
    wait = f"synchronous={synchronous}"
    for pragma in ("journal_mode=WAL", wait, "foreign_keys=ON", "cache_size=-65536", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("fangyi_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare(connection: Connection, kind: str | None) -> None:
    if kind not in (None, *KINDS):
        raise StoreError(f"kind {kind!r}; wanted one of {KINDS}")
    tables = inspect(connection).get_table_names()
    if tables and "meta" not in tables:
        raise StoreError(f"the database holds other tables ({', '.join(tables[:3])}) and is no store; name a new one")
    if not tables:
        metadata.create_all(connection)
        first = {
            "kind": kind or "production",
            "schema": SCHEMA_VERSION,
            "salt": secrets.token_hex(16),
            "identity": secrets.token_hex(8),
        }
        connection.execute(insert(meta), [{"name": name, "value": value} for name, value in first.items()])
        return
    found = connection.execute(select(meta.c.value).where(meta.c.name == "schema")).scalar()
    _bring_up(connection, found)
    if connection.dialect.name == "sqlite":
        verdict = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if verdict != "ok":
            raise StoreError(f"the store is damaged: {verdict}; restore it from a backup")


def _bring_up(connection: Connection, found: Any) -> None:
    """Add the tables that a store of an older schema lacks and order its indexes as they are now; its facts stay as they are."""
    if found == SCHEMA_VERSION:
        return
    steps = range(found, SCHEMA_VERSION) if isinstance(found, int) else ()
    if not steps or not set(steps) <= ADDED.keys():
        older = isinstance(found, int) and found < SCHEMA_VERSION
        way = "import its files into a new store" if older else "open it with the version that wrote it, or a later one"
        raise StoreError(f"the store has schema {found}; this version reads {min(ADDED)} to {SCHEMA_VERSION}: {way}")
    for version in steps:
        for table in ADDED[version]:
            table.create(connection)
        for index in (index for table in REORDERED.get(version, ()) for index in table.indexes):
            index.drop(connection, checkfirst=True)
            index.create(connection)
        if version in FILLED:
            FILLED[version](connection)
    connection.execute(update(meta).where(meta.c.name == "schema").values(value=SCHEMA_VERSION))
