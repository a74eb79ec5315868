"""What becomes of each record when a batch is taken back: believed again as before, no longer believed, or left as it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Select, Table, and_, func, or_, select

from layers.store.schema import FACTS, FOREVER, care, compound, person_status
from layers.store.writing import KEYS_A_QUERY, Batch, chunks

TOUCHED = "touched"  # a later batch changed it
CONFIRMED = "confirmed"  # a later delivery says the same
RESTS = "rests"  # other records rest on it
WHY = {
    TOUCHED: ("之后又有改动", "changed since"),
    CONFIRMED: ("之后的报送也这样说", "a later delivery says the same"),
    RESTS: ("另有记录以此为据", "other records rest on it"),
}
# Records that others name by their code: table -> (table that names it, the column in which it does).
NAMED_BY: Mapping[str, tuple[tuple[str, str], ...]] = {
    "district": (("compound", "district"), ("hospital", "district"), ("placement", "district")),
    "hospital": (("bed", "hospital"), ("team", "hospital"), ("stock", "site")),
    "compound": (("control", "compound"), ("assessment", "compound")),
}
KEPT = ("table", "key", "row", "why", "by")


@dataclass(frozen=True)
class Turn:
    """What becomes of the records of one table.

    back    versions that are believed again, as the database holds them; `fresh` of them had been closed without a successor
    gone    keys that are no longer believed
    kept    KEPT: records that stay as they are, and the batch that changed them since (missing where none did)
    """

    table: Table
    back: pd.DataFrame
    gone: tuple[str, ...]
    kept: pd.DataFrame
    fresh: int = 0

    @property
    def keys(self) -> set[str]:
        """The records that change."""
        return {*self.back["key"], *self.gone}

    def without(self, keys: set[str], why: str = "") -> "Turn":
        """Return the turn with some records left as they are; without a `why` they are not named: others told it already."""
        mine = sorted(self.keys & keys)
        left = pd.DataFrame({"table": self.table.name, "key": mine, "row": None, "why": why, "by": None})
        back = self.back[~self.back["key"].isin(mine)]
        kept = pd.concat([self.kept, left]) if mine and why else self.kept
        return replace(self, back=back, gone=tuple(k for k in self.gone if k not in keys), kept=kept)


@dataclass(frozen=True)
class Past:
    """The batch that is taken back, and the undos that wrote again what others had written.

    undos  batch -> knowledge time
    """

    number: int
    at: int
    undos: Mapping[int, int] = field(default_factory=dict)


def raw(connection: Connection, query: Select[Any]) -> pd.DataFrame:
    """Return rows as the database holds them: times stay milliseconds, so that they are written again unchanged."""
    result = connection.execute(query)
    names, rows = list(result.keys()), [tuple(row) for row in result]
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return pd.DataFrame({n: pd.Series(list(v), dtype=object) for n, v in zip(names, columns, strict=True)})


def plan(connection: Connection, table: Table, past: Past) -> Turn:
    """Return what becomes of the records of a table.

    What the batch wrote and what is still believed gives way to what it replaced, or is no longer believed. A record that was
    changed since stays, and so does one that a later delivery reported again in the same words.
    """
    wrote = raw(connection, select(table).where(table.c.batch == past.number))
    closed = raw(connection, select(table).where(table.c.known_until == past.at))
    rows = _sides(connection, table, past, wrote, closed)
    if rows.empty:
        return Turn(table, closed.iloc[:0], (), pd.DataFrame(columns=list(KEPT)))
    believed = rows["now"].notna()
    stands = rows["said"].notna() & (rows["now"] == rows["said"])
    stands &= (rows["by"] == past.number) | rows["by"].isin(list(past.undos))
    newest = pd.concat([rows["reported_at"], rows["was_heard"]], axis=1).astype(float).max(axis=1)
    confirmed = stands & (rows["heard_at"].astype(float) > newest)
    reopened = rows["said"].isna() & ~believed & ~rows["later"]
    turns = (stands & ~confirmed) | reopened
    back = set(rows.loc[turns & rows["had"], "key"])
    why = pd.Series(TOUCHED, index=rows.index, dtype=object).mask(confirmed, CONFIRMED)
    kept = rows.assign(table=table.name, why=why)[~turns]
    gone = tuple(rows.loc[turns & ~rows["had"], "key"])
    again = closed[closed["key"].isin(back)].reset_index(drop=True)
    return Turn(table, again, gone, kept[list(KEPT)], int((turns & reopened).sum()))


def _sides(connection: Connection, table: Table, past: Past, wrote: pd.DataFrame, closed: pd.DataFrame) -> pd.DataFrame:
    """One row a record: what the batch said (`said`, `reported_at`, `row`), whether it had been believed otherwise before
    (`had`, `was_heard`), what is believed now (`now`, `by`, `heard_at`), and whether it was changed since (`later`)."""
    mine = wrote.rename(columns={"content": "said"})[["key", "said", "reported_at", "row"]]
    before = closed.rename(columns={"heard_at": "was_heard"})[["key", "was_heard"]].assign(had=True)
    keys = select(table.c.key).where(or_(table.c.batch == past.number, table.c.known_until == past.at))
    columns = (table.c.key, table.c.content.label("now"), table.c.batch.label("by"), table.c.heard_at)
    now = raw(connection, select(*columns).where(table.c.known_until == FOREVER, table.c.key.in_(keys)))
    rows = mine.merge(before, on="key", how="outer").merge(now, on="key", how="left")
    since = _changed_since(connection, table, past, keys)
    rows["later"] = rows["key"].isin(set(since))
    rows["by"] = rows["by"].where(rows["by"].notna(), rows["key"].map(since))
    return rows.assign(had=rows["had"].eq(True))


def _changed_since(connection: Connection, table: Table, past: Past, keys: Select[Any]) -> dict[str, int]:
    """Key -> newest batch that wrote or closed a version after this one; what undos did does not count."""
    by_other = table.c.batch.not_in(list(past.undos))
    ended = and_(table.c.known_until != FOREVER, table.c.known_until.not_in([*past.undos.values(), past.at]))
    later = select(table.c.key, func.max(table.c.batch)).where(table.c.known_from > past.at, or_(by_other, ended))
    return dict(map(tuple, connection.execute(later.where(table.c.key.in_(keys)).group_by(table.c.key))))


def guarded(connection: Connection, turn: Turn) -> Turn:
    """Return the turn without those records that are to go and that others name: a bed count keeps its hospital."""
    named, code = NAMED_BY.get(turn.table.name, ()), turn.table.c.get("code")
    if not turn.gone or code is None:
        return turn
    used: set[str] = set()
    for some in chunks(list(turn.gone), KEYS_A_QUERY):
        for name, column in named:
            other = FACTS[name]
            query = select(other.c[column]).where(other.c.known_until == FOREVER, other.c[column].in_(some))
            used |= set(connection.execute(query.distinct()).scalars())
    if turn.table is compound:
        used |= _cared_for(connection)
    return turn.without(used & set(turn.gone), RESTS)


def _cared_for(connection: Connection) -> set[str]:
    """Compounds that a change of the gazetteer which stands is about."""
    query = select(care.c.compound, care.c.others).where(care.c.known_until == FOREVER, care.c.stands)
    return {code for own, others in connection.execute(query) for code in (own, *(others or []))}


def with_statuses(connection: Connection, people: Turn, statuses: Turn) -> Turn:
    """Return the turn of persons without those who are to go while a status of theirs is still believed."""
    going = [key.split(":", 1) for key in people.gone]
    if not going:
        return people
    ending = set(statuses.gone)
    staying = {
        f"{kind}:{subject}" for kind, subject in zip(statuses.back["kind"], statuses.back["subject"], strict=True)
    }
    for some in chunks([subject for _, subject in going], KEYS_A_QUERY):
        query = select(person_status.c.key, person_status.c.kind, person_status.c.subject)
        query = query.where(person_status.c.known_until == FOREVER, person_status.c.subject.in_(some))
        found = connection.execute(query)
        staying |= {f"{kind}:{subject}" for key, kind, subject in found if key not in ending}
    return people.without(staying & set(people.gone), RESTS)


def write(opened: Batch, turn: Turn) -> None:
    """Write a turn into the batch that takes another back."""
    opened.withdraw(turn.table, "key", turn.gone)
    if len(turn.back):
        opened.restore(turn.table, turn.back)
