"""The journal: an append-only record of imports, reviews, plans and exports."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, insert, select

from layers.store.database import Store
from layers.store.schema import journal


def add(store: Store, actor: str, action: str, subject: str, detail: dict[str, Any] | None = None) -> None:
    """Record that `actor` did `action` to `subject`. Personal data does not belong in `detail`."""
    with store.writing() as connection:
        write(connection, actor, action, subject, detail)


def write(connection: Connection, actor: str, action: str, subject: str, detail: dict[str, Any] | None = None) -> None:
    """Record inside a transaction, so that a change and its record stand or fall together."""
    entry = {"at": datetime.now(UTC), "actor": actor, "action": action, "subject": subject, "detail": detail or {}}
    connection.execute(insert(journal), [entry])


def entries(store: Store, limit: int = 200) -> pd.DataFrame:
    """Return the newest entries first: at, actor, action, subject, detail."""
    columns = (journal.c.at, journal.c.actor, journal.c.action, journal.c.subject, journal.c.detail)
    return store.read(select(*columns).order_by(journal.c.id.desc()).limit(limit))
