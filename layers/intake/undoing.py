"""Take back what one batch of a person's decisions wrote: the state before it is believed again, as a new version."""

from collections import defaultdict

import pandas as pd
from sqlalchemy import Table, or_, select

from layers._times import to_ms
from layers.store import Store
from layers.store.schema import FOREVER, assessment, batch, care, control, placement
from layers.store.writing import KEYS_A_QUERY, Batch, chunks, own_columns

MOVED: tuple[Table, ...] = (placement, control, assessment)  # what a decision or a merge moves between compounds
KEPT = ("key", "row", "happened_at", "reported_at")


def written_by(opened: Batch, table: Table, number: int) -> pd.DataFrame:
    """Return the versions of `table` that batch `number` wrote and that are still believed, or believed again.

    Undoing a later batch writes again what this one had written: the same content of the same key.
    """
    mine = table.alias()
    again = (
        select(mine.c.id)
        .join(batch, batch.c.id == table.c.batch)
        .where(mine.c.batch == number, mine.c.key == table.c.key, mine.c.content == table.c.content)
        .where(batch.c.receipt["undoes"].as_integer().is_not(None))
        .correlate(table)
    )
    query = select(table).where(table.c.known_until == FOREVER, table.c.batch >= number)
    return Store.frame(opened.connection, query.where(or_(table.c.batch == number, again.exists())))


def lying_in(opened: Batch, table: Table, code: str) -> pd.DataFrame:
    """Return the versions of `table` that are believed of a compound."""
    return Store.frame(opened.connection, select(table).where(table.c.compound == code, table.c.known_until == FOREVER))


def rewrite(opened: Batch, table: Table, rows: pd.DataFrame) -> None:
    """Write rows that were read from `table` and then changed, as new versions of their keys."""
    if len(rows):
        opened.replace(table, versions(rows)[[*KEPT, *own_columns(table)]])


def revert(opened: Batch, number: int, actor: str, why: str = "", *, moved: bool = True) -> dict[str, int]:
    """Write again what was believed before batch `number`, wherever what it wrote still stands; return rows by table.

    What it added is no longer believed; with `moved` False only its changes of the gazetteer are taken back. What was changed since stays as it is. The totals of the persons are the caller's to recount: `persons_of` before this.
    """
    done = {}
    for table in MOVED if moved else ():
        mine = written_by(opened, table, number)
        if len(mine):
            before = _before(opened, table, mine, number)
            opened.replace(table, before[[*KEPT, *own_columns(table)]])
            opened.withdraw(table, "key", sorted(set(mine["key"]) - set(before["key"])))  # what it added
            done[table.name] = len(before)
    changes = written_by(opened, care, number)
    changes = changes[changes["stands"].astype(bool)]
    if len(changes):
        undone = versions(changes).assign(stands=False, decided_by=actor, why=why)
        opened.replace(care, undone[[*KEPT, *own_columns(care)]])
        done["care"] = len(changes)
    return done


def persons_of(rows: pd.DataFrame) -> dict[str, list[str]]:
    """Return kind -> subjects of rows of `placement`, as `persons.recount` wants them."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for kind, subject in zip(rows["kind"], rows["subject"], strict=True):
        found[kind].append(subject)
    return found


def versions(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows read from a fact table as `Batch.replace` takes them: times in milliseconds again, without their content."""
    times = {name: rows[name].map(to_ms).astype("int64") for name in ("happened_at", "reported_at")}
    return rows.assign(**times).drop(columns=["id", "content"])


def _before(opened: Batch, table: Table, mine: pd.DataFrame, number: int) -> pd.DataFrame:
    """The versions that those of batch `number` replaced."""
    began = opened.connection.execute(select(batch.c.known_at).where(batch.c.id == number)).scalar_one()
    found = [
        Store.frame(opened.connection, select(table).where(table.c.known_until == began, table.c.key.in_(some)))
        for some in chunks(mine["key"].tolist(), KEYS_A_QUERY)
    ]
    return versions(pd.concat(found, ignore_index=True))
