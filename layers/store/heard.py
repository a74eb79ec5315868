"""Which deliveries said again what was believed already, so that one that is taken back takes exactly its own word with it.

`heard_at` of a version is the newest report that said it: of its own time of report, and of the confirmations of deliveries
that stand. No view reads either; they decide which of two reports comes too late (`writing.Batch.put`).
"""

import pandas as pd
from sqlalchemy import Connection, Table, case, func, insert, literal, null, or_, select, update

from layers.store.schema import FACTS, batch, confirmation
from layers.store.undone import taken_back


def settle(connection: Connection, delivery: int) -> None:
    """Bring `heard_at` of all that a delivery confirmed in line with the deliveries that stand now, itself or not."""
    mine = confirmation.c.batch == delivery
    for name in connection.execute(select(confirmation.c.fact).where(mine).distinct()).scalars().all():
        _settle(connection, FACTS[name], select(confirmation.c.key).where(mine, confirmation.c.fact == name))


def _settle(connection: Connection, table: Table, keys: object) -> None:
    """A closed version had heard what was said before it was closed: undoing what closed it, it is believed again as it was."""
    c = confirmation.c
    gone = select(batch.c.id).where(taken_back())
    told = select(func.max(c.heard_at)).where(
        c.fact == table.name,
        c.key == table.c.key,
        c.known_from < table.c.known_until,
        or_(c.batch.is_(None), c.batch.not_in(gone)),
    )
    newest = told.correlate(table).scalar_subquery()
    heard = case((newest > table.c.reported_at, newest), else_=table.c.reported_at)
    connection.execute(update(table).where(table.c.key.in_(keys)).values(heard_at=heard))  # type: ignore[arg-type]


def of_older(connection: Connection) -> None:
    """Take over what a store of an older schema had heard: it did not say from whom, so no delivery takes it back."""
    names = ("fact", "key", "batch", "known_from", "heard_at")
    for name, table in FACTS.items():
        c = table.c
        rows = select(literal(name), c.key, null(), c.known_from, c.heard_at).where(c.heard_at > c.reported_at)
        connection.execute(insert(confirmation).from_select(names, rows))


def confirmations(name: str, number: int, known_from: int, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of a delivery (key, reported_at in ms) as those of `confirmation` that say which record they confirmed."""
    told = rows[["key"]].assign(heard_at=rows["reported_at"].astype("int64"))
    return told.assign(fact=name, batch=number, known_from=known_from)
