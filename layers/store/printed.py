"""The table of prints: which briefing left the house when, by whom, of which state, with which signature."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from sqlalchemy import Select, insert, select

from layers._errors import StoreError
from layers.store import journal
from layers.store.database import Store
from layers.store.schema import printed

NAMES = ("code", "at", "actor", "format", "sha256", "state", "key_id", "signature")


def keep(store: Store, row: Mapping[str, Any]) -> dict[str, Any]:
    """Keep a print, given by NAMES, with a line in the journal; return the row that stands.

    The same code names the same bytes: printed again, the first row stands and the journal tells of both. Other bytes under a
    code that is kept raise StoreError.
    """
    with store.writing() as connection:
        found = store.frame(connection, _asked().where(printed.c.code == row["code"]))
        told = {"code": row["code"], "format": row["format"], "sha256": row["sha256"], "again": len(found) > 0}
        if len(found) and found["sha256"][0] != row["sha256"]:
            raise StoreError(
                f"print {row['code']} is kept with the digest {found['sha256'][0][:12]}; found {row['sha256'][:12]}: "
                "the same state gave other bytes, which must not happen"
            )
        journal.write(connection, row["actor"], "print", row["code"], told)
        if len(found):
            return _first(found)
        connection.execute(insert(printed), [dict(row)])
        return _first(store.frame(connection, _asked().where(printed.c.code == row["code"])))


def by_code(store: Store, code: str) -> dict[str, Any] | None:
    """Return the print of a code, None where there is none."""
    return _one(store, _asked().where(printed.c.code == code))


def by_digest(store: Store, sha256: str) -> dict[str, Any] | None:
    """Return the print whose file has this digest, None where there is none."""
    return _one(store, _asked().where(printed.c.sha256 == sha256))


def newest(store: Store, limit: int = 50) -> list[dict[str, Any]]:
    """Return the newest prints first, by NAMES."""
    rows = store.read(_asked().order_by(printed.c.id.desc()).limit(limit))
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def _asked() -> Select[Any]:
    return select(*(printed.c[name] for name in NAMES))


def _one(store: Store, query: Select[Any]) -> dict[str, Any] | None:
    rows = store.read(query.limit(1))
    return _first(rows) if len(rows) else None


def _first(rows: pd.DataFrame) -> dict[str, Any]:
    return {str(name): value for name, value in rows.iloc[0].to_dict().items()}
