"""Engines: how a database is opened, how its transactions begin, and how rows reach it in bulk.

Two are known: SQLite, in one file, and PostgreSQL, on a server. What only one of them does stands here and nowhere else.
"""

import os
import sqlite3
import time
import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Integer, Table, TypeDecorator, create_engine, event, insert, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.types import TypeEngine

from layers._errors import StoreError
from layers.store import discretion
from layers.store.row_security import CITY, SETTING

WRITES = "fangyi_write"  # execution option of the one engine that may write
SCOPE = "fangyi_scope"  # execution option: the area of whose persons a transaction reads; without it none
READ, WRITE = {"isolation_level": "REPEATABLE READ"}, {"isolation_level": "READ COMMITTED"}
CITY_ROLE = "fangyi_city_role"  # in the notes of a connection: the role that reads and writes for the whole city
STAGED = "staged"  # temporary table that rows pass through
PATIENCE_S = 30  # how long a writer waits for the one before it
ONE_WRITER = zlib.crc32(b"fangyi writer")  # the lock that writers of a PostgreSQL database queue for
KNOWN = ("sqlite", "postgresql")
EXAMPLE = "postgresql+psycopg://USER@HOST/DATABASE"
OF_EXTENSIONS = {"spatial_ref_sys"}  # tables that PostGIS brings along


def shown(url: str | URL) -> str:
    """Return a URL as it may be said: without its password."""
    return make_url(url).render_as_string(hide_password=True)


def engine_of(url: str, must_exist: bool, durable: bool) -> Engine:
    """Return the engine of a store; whoever asked for one that exists is told where there is no file.

    durable  False: commits do not wait for the disk
    """
    parsed = make_url(url)
    if parsed.get_backend_name() not in KNOWN:
        raise StoreError(f"{shown(url)}: a store lives in SQLite or PostgreSQL; wanted sqlite:///FILE or {EXAMPLE}")
    return _sqlite(parsed, must_exist, durable) if parsed.get_backend_name() == "sqlite" else _postgres(parsed, durable)


def file_of(engine: Engine) -> Path | None:
    """Return the file that a store lies in; None for one in memory or on a server."""
    database = engine.url.database
    is_file = engine.dialect.name == "sqlite" and database not in (None, "", ":memory:")
    return Path(str(database)) if is_file else None


def writer(engine: Engine) -> Engine:
    """Return the same engine for transactions that write: one at a time, the others wait for `PATIENCE_S`. They count for the whole city."""
    own = WRITE if engine.dialect.name == "postgresql" else {}
    return engine.execution_options(**own, **{WRITES: True, SCOPE: CITY})


def reader(engine: Engine, scope: str) -> Engine:
    """Return the same engine for transactions of several reads that belong together: all see one state, and persons of the scope."""
    return scoped(engine.execution_options(**READ) if engine.dialect.name == "postgresql" else engine, scope)


def scoped(engine: Engine, scope: str) -> Engine:
    """Return the same engine for transactions that read rows about persons of a scope (`row_security`); "" of nobody."""
    return engine.execution_options(**{SCOPE: scope})


def tables_of(connection: Connection) -> set[str]:
    """Return the names of the tables in a database where those of a store go, without those of its extensions, which may lie in schemas of their own."""
    found = inspect(connection)
    own = found.default_schema_name if connection.dialect.name == "postgresql" else None
    return set(found.get_table_names(own)) - OF_EXTENSIONS


def owns(connection: Connection) -> bool:
    """Return whether who is connected may change the tables of the store, not only their rows."""
    if connection.dialect.name != "postgresql":
        return True
    asked = "SELECT bool_and(pg_has_role(relowner, 'USAGE')) FROM pg_class WHERE relname = 'meta' AND pg_table_is_visible(oid)"
    return bool(connection.exec_driver_sql(asked).scalar())


def write_rows(
    connection: Connection, table: Table, columns: Sequence[str], records: Iterable[tuple[Any, ...]]
) -> None:
    """Insert plain tuples, in the order of `columns`, by the fastest way of the database.

    SQLite: the dialect's own statement, three times as fast as dicts through Core. PostgreSQL: COPY, which is ten times as
    fast as inserting row by row.
    """
    if connection.dialect.name == "postgresql":
        _copy(connection, table, columns, records)
        return
    statement = insert(table).values(dict.fromkeys(columns)).compile(dialect=connection.dialect)
    order = statement.positiontup or list(columns)
    at = [list(columns).index(name) for name in order]
    connection.exec_driver_sql(str(statement), [tuple(record[i] for i in at) for record in records])


def _copy(connection: Connection, table: Table, columns: Sequence[str], records: Iterable[tuple[Any, ...]]) -> None:
    """COPY into the table; where row security binds, which COPY refuses, through a temporary one."""
    quote = connection.dialect.identifier_preparer.quote
    name, names = quote(table.name), ", ".join(quote(one) for one in columns)
    whole = [_is_whole(table.c[one].type) for one in columns]
    driver: Any = connection.connection.driver_connection
    with discretion.cleaned(connection, f"COPY {name}"), driver.cursor() as cursor:
        bound = cursor.execute("SELECT row_security_active(%s::regclass)", (name,)).fetchone()[0]
        if bound:
            cursor.execute(f"CREATE TEMP TABLE {STAGED} AS SELECT {names} FROM {name} WITH NO DATA")  # nosec B608 # names of our schema
        with cursor.copy(f"COPY {STAGED if bound else name} ({names}) FROM STDIN") as copy:
            for record in records:
                copy.write_row(_whole(record, whole))
        if bound:
            cursor.execute(f"INSERT INTO {name} ({names}) SELECT {names} FROM {STAGED}")  # nosec B608 # the same
            cursor.execute(f"DROP TABLE {STAGED}")


def _is_whole(kind: TypeEngine[Any]) -> bool:
    return isinstance(kind.impl_instance if isinstance(kind, TypeDecorator) else kind, Integer)


def _whole(record: tuple[Any, ...], whole: Sequence[bool]) -> list[Any]:
    """COPY casts nothing: a whole number that a frame holds as 3.0 must be said as 3."""
    return [int(v) if is_whole and v is not None else v for v, is_whole in zip(record, whole, strict=True)]


def _sqlite(url: URL, must_exist: bool, durable: bool) -> Engine:
    if url.database not in (None, "", ":memory:"):
        path = Path(str(url.database))
        if must_exist and not path.exists():
            raise StoreError(
                f"there is no store at {path}; import a file first (for a drill: python -m dashboard drill)"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
    connect = {"timeout": PATIENCE_S, "check_same_thread": False}
    engine = create_engine(url, connect_args=connect, hide_parameters=True)  # they name persons
    event.listen(engine, "do_connect", _sqlite_private)
    event.listen(engine, "connect", partial(_sqlite_connect, "FULL" if durable else "OFF"))
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def _sqlite_private(_dialect: Any, _record: Any, arguments: Sequence[Any], _named: Any) -> None:
    """Make a new file for this user alone, before SQLite makes it for all; its companions take its mode after it."""
    if not arguments[0].startswith((":memory:", "file:")):
        with suppress(OSError):  # what is wrong with the place is for SQLite to say
            os.close(os.open(arguments[0], os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _sqlite_connect(synchronous: str, connection: Any, _record: Any) -> None:
    connection.isolation_level = (
        None  # SQLAlchemy begins transactions itself, below: the driver's own rules break savepoints
    )
    wait = f"synchronous={synchronous}"
    gone = "secure_delete=ON"  # what is deleted or sealed is overwritten, not only let go; not every build does so by itself
    _log_ahead(connection)
    for pragma in (wait, "foreign_keys=ON", "cache_size=-65536", "temp_store=MEMORY", gone):
        connection.execute(f"PRAGMA {pragma}")


def _log_ahead(connection: Any) -> None:
    """Let SQLite write ahead in a log. Where two open a new file at once it refuses one of them, and does not wait by itself."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(0.02)


def _sqlite_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgres(url: URL, durable: bool) -> Engine:
    """An engine whose writers queue at the door: what they read there, such as the newest batch, no other changes meanwhile."""
    # To compile a query that has a column for every status takes longer than to answer it; and where a row here and there is taken
    # to cost four times one in a line, as on disks that turn, the few who are ill are looked for among all who ever were.
    plans = "-c jit=off -c random_page_cost=1.1"
    options = f"-c lock_timeout={PATIENCE_S}s -c synchronous_commit={'on' if durable else 'off'} {plans}"
    connect = {"options": options, "connect_timeout": PATIENCE_S}
    engine = create_engine(url, pool_pre_ping=True, connect_args=connect, hide_parameters=True)  # they name persons
    event.listen(engine, "handle_error", discretion.clean)
    event.listen(engine, "connect", _postgres_connect)
    event.listen(engine, "begin", _postgres_begin)
    return engine


def _postgres_connect(connection: Any, record: Any) -> None:
    """Note which role of those that `roles.grant` let in may be taken for the city; the owner and a superuser need none."""
    with connection.cursor() as cursor:
        found = cursor.execute(
            "SELECT r.rolname FROM pg_class c CROSS JOIN aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee "
            "WHERE c.relname = 'journal' AND pg_table_is_visible(c.oid) AND a.privilege_type = 'INSERT' AND NOT r.rolcanlogin "
            "AND pg_has_role(r.oid, 'MEMBER') AND NOT pg_has_role(c.relowner, 'USAGE')"
        ).fetchone()
    connection.rollback()
    record.info[CITY_ROLE] = found[0] if found else None


def _postgres_begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    scope, whole = options.get(SCOPE), connection.info.get(CITY_ROLE)
    if scope == CITY and whole:
        connection.exec_driver_sql(f"SET LOCAL ROLE {connection.dialect.identifier_preparer.quote(whole)}")
    elif scope:
        connection.exec_driver_sql("SELECT set_config(%s, %s, true)", (SETTING, scope))
    if options.get(WRITES):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ONE_WRITER})")
