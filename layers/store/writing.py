"""Write versions of facts: new, changed, unchanged or older, in one batch with one knowledge time."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Table, func, insert, select, update

from layers._errors import KnowledgeError
from layers._times import from_ms, to_ms
from layers.store.schema import FACTS, FOREVER, batch

KEYS_A_QUERY = 5_000  # SQLite takes 32,766 variables in one statement
COMMON = ("key", "batch", "row", "source", "content", "happened_at", "reported_at", "known_from", "known_until")


@dataclass(frozen=True)
class Written:
    """What became of the rows given to `put`: one of new, changed, unchanged, older per row, in their order."""

    outcome: pd.Series

    def count(self, outcome: str) -> int:
        """Return how many rows had this outcome."""
        return int((self.outcome == outcome).sum())


@dataclass(frozen=True)
class Batch:
    """An open batch: the number and knowledge time that every version written in this transaction carries."""

    connection: Connection
    id: int
    known_from: int
    source: str

    def put(self, table: Table, rows: pd.DataFrame) -> Written:
        """Write one version per row; `rows` has key, row, happened_at, reported_at (ms) and the table's own columns.

        A row whose content is already believed is unchanged. One reported before the believed version is older: the later
        report stands, whatever the order of arrival. Keys must be unique within `rows`.
        """
        own = own_columns(table)
        rows = rows.assign(**{name: None for name in own if name not in rows})
        content = rows["content"] if "content" in rows else contents(rows, own)
        open_rows = self._open(table, rows["key"])
        before = rows[["key"]].merge(open_rows, on="key", how="left").set_index(rows.index)
        outcome = pd.Series("changed", index=rows.index)
        outcome[before["id"].isna()] = "new"
        outcome[rows["reported_at"] < before["reported_at"]] = "older"
        outcome[content == before["content"]] = "unchanged"
        self._close(table, before.loc[outcome == "changed", "id"])
        self._insert(table, rows.assign(content=content)[outcome.isin(["new", "changed"])], own)
        return Written(outcome)

    def withdraw(self, table: Table, column: str, values: Sequence[str]) -> int:
        """Stop believing every open version whose `column` is one of `values`; return how many there were."""
        closed = 0
        for some in chunks(list(values), KEYS_A_QUERY):
            what = update(table).where(table.c[column].in_(some), table.c.known_until == FOREVER)
            closed += self.connection.execute(what.values(known_until=self.known_from)).rowcount
        return closed

    def _open(self, table: Table, keys: pd.Series) -> pd.DataFrame:
        columns = (table.c.key, table.c.id, table.c.content, table.c.reported_at)
        found: list[Any] = []
        for some in chunks(keys.tolist(), KEYS_A_QUERY):
            query = select(*columns).where(table.c.key.in_(some), table.c.known_until == FOREVER)
            found += self.connection.execute(query).fetchall()
        frame = pd.DataFrame.from_records(found, columns=["key", "id", "content", "reported_at"])
        return frame.astype({"key": object, "id": "Int64", "content": object, "reported_at": "float64"})

    def _close(self, table: Table, ids: pd.Series) -> None:
        for some in chunks(ids.tolist(), KEYS_A_QUERY):
            self.connection.execute(update(table).where(table.c.id.in_(some)).values(known_until=self.known_from))

    def _insert(self, table: Table, rows: pd.DataFrame, own: list[str]) -> None:
        common: dict[str, Any] = {
            "batch": self.id,
            "source": self.source,
            "known_from": self.known_from,
            "known_until": FOREVER,
        }
        bulk(self.connection, table, rows.assign(**common)[[*COMMON, *own]])


def open_batch(connection: Connection, known_at: datetime | None, now: datetime, values: Mapping[str, Any]) -> Batch:
    """Begin a batch. Knowledge only grows: a time before the newest batch is refused, the same time is moved on by 1 ms.

    known_at  when the delivery was known; None: `now`, or just after the newest batch if that is later
    values    kind, feed, source, file, sha256, settings
    """
    newest = connection.execute(select(func.max(batch.c.known_at))).scalar() or 0
    wanted = to_ms(known_at or now)
    if known_at and wanted < newest:
        raise KnowledgeError(
            f"--known-at {known_at.isoformat()} lies before {from_ms(newest).isoformat()}, the newest thing this store knows; "
            "what was known then can no longer change. Leave the time out, or import into a new store in the order of knowledge"
        )
    moment = max(wanted, newest + 1)
    row = {**values, "known_at": moment, "receipt": {}}
    number = connection.execute(insert(batch).returning(batch.c.id), row).scalar_one()
    return Batch(connection, number, moment, str(values["source"]))


def close_batch(opened: Batch, receipt: Mapping[str, Any]) -> None:
    """File the receipt with the batch."""
    opened.connection.execute(update(batch).where(batch.c.id == opened.id).values(receipt=dict(receipt)))


def bulk(connection: Connection, table: Table, rows: pd.DataFrame) -> None:
    """Insert a frame as tuples: three times as fast as dicts through Core, and still the dialect's own statement."""
    if rows.empty:
        return
    statement = insert(table).values(dict.fromkeys(rows.columns)).compile(dialect=connection.dialect)
    order = statement.positiontup or list(rows.columns)
    columns = [_plain(rows[name], table, name, connection) for name in order]
    records: Iterable[Any] = zip(*columns, strict=True)
    if not statement.positional:
        records = (dict(zip(order, record, strict=True)) for record in records)
    connection.exec_driver_sql(str(statement), list(records))


def own_columns(table: Table) -> list[str]:
    """Return the columns of a fact table that say what is believed, without those that say since when and by whom."""
    return [c.name for c in table.columns if c.name not in (*COMMON, "id")]


def contents(rows: pd.DataFrame, own: Sequence[str]) -> pd.Series:
    """Return a digest per row over happened_at and the table's own columns: equal digests, equal facts."""
    columns = [rows[name] if name in rows else pd.Series(None, index=rows.index) for name in ("happened_at", *own)]
    texts = (repr(tuple(_canonical(v) for v in record)) for record in zip(*columns, strict=True))
    return pd.Series(
        [hashlib.blake2b(t.encode(), digest_size=16).hexdigest() for t in texts], index=rows.index, dtype=object
    )


def chunks(values: list[Any], size: int) -> Iterable[list[Any]]:
    """Yield `values` in pieces of at most `size`."""
    return (values[at : at + size] for at in range(0, len(values), size))


def fact(name: str) -> Table:
    """Return the fact table called `name`."""
    return FACTS[name]


def _plain(values: pd.Series, table: Table, name: str, connection: Connection) -> list[Any]:
    bind = table.c[name].type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    plain = [_none(v) for v in values.tolist()]
    return [bind(v) for v in plain] if bind else plain


def _none(value: Any) -> Any:
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    return value


def _canonical(value: Any) -> Any:
    value = _none(value)
    if isinstance(value, bool):
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value
