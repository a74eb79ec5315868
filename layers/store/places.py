"""The place that a restored store takes: a file that is put there whole, or a database filled in one transaction."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from layers._errors import StoreError
from layers.store import roles
from layers.store.engine import engine_of, file_of, shown, tables_of, writer
from layers.store.migrations import TABLE
from layers.store.schema import metadata

COMPANIONS = ("-wal", "-shm")
REPLACE = "say --replace to put the backup in its place"


@contextmanager
def place(url: str, may_replace: bool) -> Iterator[Connection]:
    """Yield a connection to an empty database; what is written there takes the place of what `url` names when all went well."""
    engine = engine_of(url, False, True)
    final = file_of(engine)
    try:
        with _within(engine, may_replace) if final is None else _beside(final, may_replace) as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def _within(engine: Engine, may_replace: bool) -> Iterator[Connection]:
    with writer(engine).begin() as connection:
        served = roles.served(connection)
        _emptied(connection, shown(engine.url), may_replace)
        yield connection
        roles.grant_again(connection, served)


def _emptied(connection: Connection, url: str, may_replace: bool) -> None:
    """Take the tables of the store out of a database, in the transaction that puts the new ones in."""
    tables = tables_of(connection)
    if not tables:
        return
    if not tables <= {*metadata.tables, TABLE} or "meta" not in tables:
        raise StoreError(f"{url}: holds tables that are no store's; name an empty database")
    if not may_replace:
        raise StoreError(f"{url}: holds a store; {REPLACE}")
    _let_go(connection)
    metadata.drop_all(connection)
    connection.execute(text(f"DROP TABLE IF EXISTS {TABLE}"))


def _let_go(connection: Connection) -> None:
    """Take out the policies of a server, which hold on to tables; a store of an older step has none."""
    if connection.dialect.name != "postgresql":
        return
    for table, policy in connection.execute(
        text("SELECT tablename, policyname FROM pg_policies WHERE schemaname = current_schema()")
    ):
        connection.exec_driver_sql(f"DROP POLICY {policy} ON {table}")


@contextmanager
def _beside(final: Path, may_replace: bool) -> Iterator[Connection]:
    if final.exists() and not may_replace:
        raise StoreError(f"{final}: is there already; {REPLACE}")
    _require_idle(final)
    fresh = final.with_name(final.name + ".restored")
    _remove(fresh)
    engine = engine_of(f"sqlite:///{fresh}", False, True)
    try:
        with writer(engine).begin() as connection:
            yield connection
        engine.dispose()
        _require_idle(final)
        for end in COMPANIONS:  # of the old file: read with the new one they would be taken for its own
            final.with_name(final.name + end).unlink(missing_ok=True)
        fresh.replace(final)
    finally:
        engine.dispose()
        _remove(fresh)


def _require_idle(path: Path) -> None:
    """Raise StoreError while another process holds the store open: it would go on writing into a file without a name."""
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path, timeout=0.5)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")  # granted only to whoever is alone
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise StoreError(
                f"{path}: another process has this store open; stop the server and imports first"
            ) from error
    except sqlite3.DatabaseError:
        return  # damaged: which is why it is replaced


def _remove(path: Path) -> None:
    for end in ("", *COMPANIONS):
        path.with_name(path.name + end).unlink(missing_ok=True)
