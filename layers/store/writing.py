"""Write versions of facts: new, changed, unchanged or older, in one batch with one knowledge time."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select, update

from layers._errors import KnowledgeError
from layers._times import from_ms, to_ms
from layers.store.engine import write_rows
from layers.store.heard import confirmations
from layers.store.schema import FACTS, FOREVER, batch, confirmation
from layers.store.sealing import Sealed, ring_of, seal, sealed_columns

KEYS_A_QUERY = 5_000  # SQLite takes 32,766 variables in one statement
VERSION = ("key", "id", "content", "reported_at", "heard_at", "happened_at", "source", "known_from")
COMMON = (
    "key",
    "batch",
    "row",
    "source",
    "content",
    "happened_at",
    "reported_at",
    "heard_at",
    "known_from",
    "known_until",
)


@dataclass(frozen=True)
class Written:
    """What became of the rows given to `put`: one of new, changed, unchanged, older per row, in their order.

    rows    the rows as they are believed now, gaps filled; they keep the index of those given
    foreign for each row, the source whose version this one replaces, "" where that is the batch's own or there was none
    """

    outcome: pd.Series
    rows: pd.DataFrame
    foreign: pd.Series

    @property
    def touched(self) -> pd.DataFrame:
        """The rows that are new or changed."""
        return self.rows[self.outcome.isin(["new", "changed"])]

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

    def put(
        self,
        table: Table,
        rows: pd.DataFrame,
        *,
        says: Collection[str] = (),
        together: Sequence[str] = (),
        derive: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
    ) -> Written:
        """Write one version per row; `rows` has key, row, happened_at, reported_at (ms) and the table's own columns.

        A row whose content is already believed is unchanged. Of two reports the later stands, whatever the order of
        arrival. An own column that a row leaves empty keeps what is believed (`says` names columns in which emptiness is
        itself a statement); so an older report may still fill what the later left open. Keys must be unique within `rows`.

        together  columns of one statement, what it is about first: another address does not keep the old one's point
        derive    computes columns from the filled rows, such as the district of a position
        """
        own = own_columns(table)
        rows = rows.assign(**{name: None for name in own if name not in rows})
        before = rows[["key"]].merge(self._open(table, rows["key"], own), on="key", how="left").set_index(rows.index)
        older = rows["reported_at"] < before["heard_at"]
        secret = self._secret(table)
        rows = _with_contents(rows, own, secret)
        differs = before["id"].notna() & (rows["content"] != before["content"])  # most repeated rows repeat everything
        rows = _merged(rows, before, differs, own, older, says, together)
        if derive:
            rows = derive(rows).drop(columns="content", errors="ignore")
        rows = _with_contents(rows, own, secret)
        rows["heard_at"] = rows["reported_at"].mask(older, before["heard_at"])
        return self._written(table, rows, own, before, older)

    def replace(self, table: Table, rows: pd.DataFrame) -> Written:
        """Write rows that were computed here: they stand whole, whatever was believed and whenever that was reported."""
        own = own_columns(table)
        before = rows[["key"]].merge(self._open(table, rows["key"], []), on="key", how="left").set_index(rows.index)
        rows = _with_contents(rows.assign(heard_at=rows["reported_at"]), own, self._secret(table))
        return self._written(table, rows, own, before, pd.Series(False, index=rows.index))

    def restore(self, table: Table, rows: pd.DataFrame) -> None:
        """Write versions again that were believed before, just as they were: whose they are, and when they were reported.

        rows  columns of the table as the database holds them (times in ms); any open versions of their keys are closed
        """
        self._close(table, self._open(table, rows["key"], []))
        common = {"batch": self.id, "known_from": self.known_from, "known_until": FOREVER}
        bulk(self.connection, table, rows.drop(columns="id").assign(**constants(rows, common)))

    def _secret(self, table: Table) -> bytes:
        """The key of the digests of a table's rows, b"" where nothing in it is sealed: a plain digest of an address lets addresses be tried out."""
        return ring_of(self.connection).contents if sealed_columns(table) else b""

    def _written(
        self, table: Table, rows: pd.DataFrame, own: list[str], before: pd.DataFrame, older: pd.Series
    ) -> Written:
        content = rows["content"]
        outcome = pd.Series("changed", index=rows.index, dtype=object)
        same = content == before["content"]
        outcome[same] = "unchanged"
        outcome[same & older] = "older"
        outcome[before["id"].isna()] = "new"
        self._heard(table, rows, before, same)
        replaced = before[outcome == "changed"]
        self._close(table, replaced)
        self._insert(table, rows[outcome.isin(["new", "changed"])], own)
        foreign = before["source"].where(before["source"] != self.source).fillna("")
        return Written(outcome, rows, foreign)

    def _heard(self, table: Table, rows: pd.DataFrame, before: pd.DataFrame, same: pd.Series) -> None:
        """A later report that says the same confirms the version: what is older than it comes too late.

        One that is older than another confirmation is kept as well: that other one may be taken back.
        """
        told = rows[same & (rows["reported_at"] > before["reported_at"])]
        bulk(self.connection, confirmation, confirmations(table.name, self.id, self.known_from, told))
        later = same & (rows["heard_at"] > before["heard_at"])
        ids, moments = before.loc[later, "id"].tolist(), rows.loc[later, "heard_at"].tolist()
        if ids:
            change = update(table).where(table.c.id == bindparam("version")).values(heard_at=bindparam("heard"))
            confirmed = [{"version": int(i), "heard": int(moment)} for i, moment in zip(ids, moments, strict=True)]
            self.connection.execute(change, confirmed)

    def withdraw(self, table: Table, column: str, values: Sequence[str]) -> int:
        """Stop believing every open version whose `column` is one of `values`; return how many there were."""
        closed = 0
        for some in chunks(list(values), KEYS_A_QUERY):
            chosen = (table.c[column].in_(some), table.c.known_until == FOREVER)
            own = delete(table).where(*chosen, table.c.known_from == self.known_from)
            closed += self.connection.execute(own).rowcount
            others = update(table).where(*chosen).values(known_until=self.known_from)
            closed += self.connection.execute(others).rowcount
        return closed

    def _open(self, table: Table, keys: pd.Series, kept: Sequence[str]) -> pd.DataFrame:
        """Open versions by key: the columns of VERSION, and those of `kept` as was_*."""
        own = [table.c[name].label(f"was_{name}") for name in kept]
        columns = (*(table.c[name] for name in VERSION), *own)
        found: list[Any] = []
        for some in chunks(keys.tolist(), KEYS_A_QUERY):
            query = select(*columns).where(table.c.key.in_(some), table.c.known_until == FOREVER)
            found += self.connection.execute(query).fetchall()
        names = [*VERSION, *(f"was_{name}" for name in kept)]
        columns_of = zip(*found, strict=True) if found else ([] for _ in names)
        frame = pd.DataFrame(
            {name: pd.Series(list(v), dtype=object) for name, v in zip(names, columns_of, strict=True)}
        )
        return frame.astype({"id": "Int64", "reported_at": "float64", "heard_at": "float64"})

    def _close(self, table: Table, versions: pd.DataFrame) -> None:
        """Close versions; one that this very batch wrote was never seen by anybody, and is taken out instead."""
        own = versions["known_from"] == self.known_from
        for some in chunks(versions.loc[own, "id"].tolist(), KEYS_A_QUERY):
            self.connection.execute(delete(table).where(table.c.id.in_(some)))
        for some in chunks(versions.loc[~own, "id"].tolist(), KEYS_A_QUERY):
            self.connection.execute(update(table).where(table.c.id.in_(some)).values(known_until=self.known_from))

    def _insert(self, table: Table, rows: pd.DataFrame, own: list[str]) -> None:
        common: dict[str, Any] = {
            "batch": self.id,
            "source": self.source,
            "known_from": self.known_from,
            "known_until": FOREVER,
        }
        bulk(self.connection, table, rows.assign(**constants(rows, common))[[*COMMON, *own]])


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
    """Insert a frame, its values as the database takes them."""
    if rows.empty:
        return
    columns = [_kept(rows, table, name, connection) for name in rows.columns]
    write_rows(connection, table, list(rows.columns), zip(*columns, strict=True))


def constants(rows: pd.DataFrame, values: Mapping[str, Any]) -> dict[str, pd.Series]:
    """Return columns of one value each, texts as plain objects: rows on their way to the store gain nothing from Arrow."""
    kinds = {name: object if isinstance(value, str) else None for name, value in values.items()}
    return {name: pd.Series(value, index=rows.index, dtype=kinds[name]) for name, value in values.items()}


def own_columns(table: Table) -> list[str]:
    """Return the columns of a fact table that say what is believed, without those that say since when and by whom."""
    return [c.name for c in table.columns if c.name not in (*COMMON, "id")]


def contents(rows: pd.DataFrame, own: Sequence[str], secret: bytes = b"") -> pd.Series:
    """Return a digest per row over happened_at and the table's own columns: equal digests, equal facts.

    secret  its key where the columns are about persons
    """
    columns = [rows[name] if name in rows else pd.Series(None, index=rows.index) for name in ("happened_at", *own)]
    texts = (repr(tuple(_canonical(v) for v in record)) for record in zip(*columns, strict=True))
    return pd.Series(
        [hashlib.blake2b(t.encode(), key=secret, digest_size=16).hexdigest() for t in texts],
        index=rows.index,
        dtype=object,
    )


def _merged(
    rows: pd.DataFrame,
    before: pd.DataFrame,
    known: pd.Series,
    own: Sequence[str],
    older: pd.Series,
    says: Collection[str],
    together: Sequence[str],
) -> pd.DataFrame:
    """The `known` rows with gaps filled from what was believed; of older reports only what fills a gap of that version."""
    if not known.any():
        return rows
    mine, was, late = rows[known].copy(), before[known], older[known]
    other = _states_another(mine, was, together)
    for name in own:
        new, old = mine[name].astype(object), was[f"was_{name}"]
        apart = other if name in together[1:] else pd.Series(False, index=mine.index)
        if name in says:
            mine[name] = new.mask(late, old)
        else:
            filled = new.where(_said(new) | apart, old)
            mine[name] = filled.mask(late & (_said(old) | apart), old)
    for name in ("reported_at", "happened_at"):
        mine[name] = mine[name].mask(late, was[name]).astype("int64")
    if "content" in mine:
        mine["content"] = None
    columns = {name: mine[name].reindex(rows.index).where(known, rows[name].astype(object)) for name in mine}
    return pd.DataFrame(columns)


def _states_another(mine: pd.DataFrame, was: pd.DataFrame, together: Sequence[str]) -> pd.Series:
    """True where a row states, and the believed version has, the first of `together`, and they differ."""
    if not together:
        return pd.Series(False, index=mine.index)
    new, old = mine[together[0]].astype(object), was[f"was_{together[0]}"]
    return _said(new) & _said(old) & (new != old)


def _with_contents(rows: pd.DataFrame, own: Sequence[str], secret: bytes) -> pd.DataFrame:
    """The rows with their digests, those that are there already kept."""
    if "content" not in rows:
        return rows.assign(content=contents(rows, own, secret))
    missing = rows["content"].isna()
    return (
        rows.assign(content=rows["content"].mask(missing, contents(rows[missing], own, secret)))
        if missing.any()
        else rows
    )


def _said(values: pd.Series) -> pd.Series:
    """True where a value says something: neither missing nor an empty list."""
    return pd.Series([_none(v) not in (None, []) for v in values], index=values.index, dtype=bool)


def chunks(values: list[Any], size: int) -> Iterable[list[Any]]:
    """Yield `values` in pieces of at most `size`."""
    return (values[at : at + size] for at in range(0, len(values), size))


def fact(name: str) -> Table:
    """Return the fact table called `name`."""
    return FACTS[name]


def _kept(rows: pd.DataFrame, table: Table, name: str, connection: Connection) -> list[Any]:
    """The values of a column as the database keeps them."""
    kind = table.c[name].type
    if not isinstance(kind, Sealed):
        return _plain(rows[name], table, name, connection)
    ring, kept = ring_of(connection), pd.Series(None, index=range(len(rows)), dtype=object)
    whose = rows[["key", "known_from", name]].reset_index(drop=True).astype({"known_from": "int64"})
    for (sort, moment), some in whose.groupby([whose["key"].str.partition(":")[0], "known_from"]):
        values = [_none(value) for value in some[name].tolist()]
        kept[some.index] = seal(ring, kind, some["key"].tolist(), values, ring.current(str(sort), int(str(moment))))
    return [_none(value) for value in kept.tolist()]


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
