"""Open a store: made on first use, brought up where it is older, refused where it is damaged or of another kind."""

import secrets
import shutil
from pathlib import Path

from sqlalchemy import Connection, Engine, insert
from sqlalchemy.exc import DatabaseError

from layers._errors import StoreError
from layers.store import journal, migrations
from layers.store.database import Store
from layers.store.engine import engine_of, file_of, shown, tables_of, writer
from layers.store.schema import meta
from layers.store.sealing import RING, ring_for

KINDS = ("drill", "production")
NOT_LET_IN = "42501"  # insufficient_privilege of PostgreSQL
ROOM = 1 << 18  # bytes of a disk without which SQLite does not even open a file


def open_store(
    url: str = "sqlite://",
    kind: str | None = None,
    *,
    must_exist: bool = False,
    durable: bool = True,
    keys: Path | None = None,
) -> Store:
    """Open the store at `url`, creating it on first use.

    kind     "drill" or "production" for a new store (default production); for one that exists it must be the same
    keys     folder of the keys; None: `keys` beside the file, or in memory for a store in memory; a server's must be named
    durable  False: commits do not wait for the disk; for a store that is built whole, and thrown away when that fails
    An older store takes the steps that it lacks (`migrations`); no fact changes. A damaged file, a wrong
    kind, or a schema that cannot be brought up raise StoreError; nothing is repaired silently.
    """
    engine = engine_of(url, must_exist, durable)
    try:
        return _opened(engine, kind, must_exist, keys)
    except DatabaseError as error:
        engine.dispose()
        raise _unusable(engine, error) from error
    except BaseException:
        engine.dispose()
        raise


def _opened(engine: Engine, kind: str | None, must_exist: bool, keys: Path | None) -> Store:
    with writer(engine).begin() as connection:
        _prepare(connection, kind, must_exist, keys := keys or _keys(engine))
    store = Store(engine, keys)
    if kind and store.kind != kind:
        raise StoreError(
            f"{shown(engine.url)} is a {store.kind} store; wanted {kind}. Drill data and real data never share a store"
        )
    journal.seal_older(store)
    return store


def _unusable(engine: Engine, error: DatabaseError) -> StoreError:
    """What is told of a store that cannot be opened, with the step that helps: a full disk calls for no backup."""
    path, name = file_of(engine), shown(engine.url)
    if path is None and getattr(error.orig, "sqlstate", "") == NOT_LET_IN:
        return StoreError(
            f"{name}: this role may not use the store ({error.orig}); its owner lets it in with `python -m dashboard grant-role`",
            f"{name}：该账号无权使用数据库（{error.orig}）；请由表的所有者运行 `grant-role`",
        )
    if path is None:
        return StoreError(
            f"{name}: not a usable store ({error.orig}); does the server run, and may this role sign in?",
            f"{name}：无法打开数据库（{error.orig}）；请检查数据库服务是否运行、账号能否登录",
        )
    if shutil.disk_usage(path.parent).free < ROOM:
        return StoreError(
            f"{name}: the disk is full ({error.orig}); make room and try again, the store is as it was",
            f"{name}：磁盘已满（{error.orig}）；请腾出空间后再试，数据库未受影响",
        )
    return StoreError(
        f"{name}: not a usable store ({error.orig}); restore it from a backup or name another file",
        f"{name}：不是可用的数据库（{error.orig}）；请从备份恢复，或另选文件",
    )


def _keys(engine: Engine) -> Path | None:
    """The folder of keys beside the file of a store; None for one in memory. On a server somebody has to name one."""
    path = file_of(engine)
    if path is None and engine.dialect.name != "sqlite":
        raise StoreError(
            "a store on a server keeps its keys apart from it, and none is named; wanted a folder in FANGYI_KEYS",
            "数据库在服务器上时密钥须另存：请用 FANGYI_KEYS 指定密钥文件夹",
        )
    return path.parent / "keys" if path else None


def _prepare(connection: Connection, kind: str | None, must_exist: bool, keys: Path | None) -> None:
    if kind not in (None, *KINDS):
        raise StoreError(f"kind {kind!r}; wanted one of {KINDS}")
    tables = tables_of(connection)
    if tables and "meta" not in tables:
        raise StoreError(
            f"the database holds other tables ({', '.join(sorted(tables)[:3])}) and is no store; name a new one"
        )
    if not tables:
        if must_exist and (file_of(connection.engine) or connection.dialect.name != "sqlite"):
            raise StoreError(
                f"{shown(connection.engine.url)}: the database holds no store yet; import a file first, or name another",
                f"{shown(connection.engine.url)}：其中还没有数据；请先导入文件，或另选数据库",
            )
        migrations.make(connection)
        first = {"kind": kind or "production", "identity": secrets.token_hex(8)}
        first[RING] = ring_for(connection.engine, keys, first).fingerprint
        connection.execute(insert(meta), [{"name": name, "value": value} for name, value in first.items()])
        return
    migrations.bring_up(connection, keys)
    if connection.dialect.name == "sqlite":
        verdict = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if verdict != "ok":
            raise StoreError(f"the store is damaged: {verdict}; restore it from a backup")
