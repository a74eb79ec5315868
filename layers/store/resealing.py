"""Seal the personal data that a store holds anew: under other keys, or for the first time."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import pandas as pd
from sqlalchemy import Connection, String, bindparam, false, func, or_, select, type_coerce, update

from layers._errors import StoreError
from layers.store.database import Store
from layers.store.schema import person
from layers.store.sealing import as_kept, opened, ring_of, seal, sealed_columns
from layers.store.writing import contents, own_columns

PAGE = 5_000  # versions at a time
COLUMNS = sealed_columns(person)
Values = Mapping[str, pd.Series]  # column -> values
Step = Callable[[int], None]


def seal_all(connection: Connection) -> None:
    """Seal what lies open in a store of schema 12: rows with plain values become sealed, and their digests keyed."""
    _each(
        connection, lambda rows: {**_sealed(connection, rows, rows), "content": _contents(connection, rows)}, plain=True
    )


def open_all(connection: Connection) -> None:
    """Lay open what is sealed, for a store that goes back to schema 12."""

    def plain(rows: pd.DataFrame) -> Values:
        found = _opened(connection, rows)
        return {**found, "content": contents(rows.assign(**found), own_columns(person))}

    _each(connection, plain)


def reseal(connection: Connection, names: Collection[str], step: Step | None = None) -> int:
    """Seal what some keys sealed under the keys of today; return how many versions there were."""
    return _each(connection, lambda rows: _sealed(connection, rows, _opened(connection, rows)), names, step)


def renew(connection: Connection, names: Collection[str], done: Callable[[int, int], None] | None = None) -> None:
    """Seal what some keys sealed under new ones, one for each kind and month; `done` is told how many of these, of how many."""
    ring, periods = ring_of(connection), sorted({name.rpartition("-")[0] for name in names})
    for number, period in enumerate(periods, 1):
        old = sorted(name for name in names if name.rpartition("-")[0] == period)
        ring.renewed(old[-1])
        reseal(connection, old)
        if done:
            done(number, len(periods))


def used(connection: Connection) -> set[str]:
    """Return the names of the keys that seal anything in the store."""
    is_sqlite, found = connection.dialect.name == "sqlite", set[str]()
    for name in COLUMNS:
        kept = type_coerce(person.c[name], String)
        key = func.substr(kept, 1, func.instr(kept, ":") - 1) if is_sqlite else func.split_part(kept, ":", 1)
        found |= set(connection.execute(select(key).distinct().where(kept.is_not(None))).scalars())
    return found


def sealed_by(names: Collection[str]) -> Any:
    """Return the test that a version of a person bears something that one of some keys sealed."""
    kept = [type_coerce(person.c[name], String) for name in COLUMNS]
    return or_(*(column.startswith(f"{name}:", autoescape=True) for column in kept for name in names))


def unread(connection: Connection, most: int) -> list[str]:
    """Return why some personal data cannot be opened, at most so many; what was destroyed on purpose is not among them."""
    ring, found, after = ring_of(connection), [], 0
    columns = [person.c.id, person.c.key, *(as_kept(person, name) for name in COLUMNS)]
    labels = {name: person.c[name].type.label for name in COLUMNS}  # type: ignore[attr-defined]
    while rows := connection.execute(
        select(*columns).where(person.c.id > after).order_by(person.c.id).limit(PAGE)
    ).all():
        for row in rows:
            for name, value in zip(COLUMNS, row[2:], strict=True):
                try:
                    _ = value is None or opened(ring, labels[name], row.key, value)
                except StoreError as error:
                    found.append(str(error))
                    if len(found) == most:
                        return found
        after = rows[-1].id
    return found


def _each(
    connection: Connection,
    make: Callable[[pd.DataFrame], Mapping[str, Any]],
    names: Collection[str] | None = None,
    step: Step | None = None,
    plain: bool = False,
) -> int:
    after, done = 0, 0
    columns = [as_kept(person, column.name) for column in person.columns]
    while True:
        query = select(*columns).where(person.c.id > after).order_by(person.c.id).limit(PAGE)
        found = connection.execute(query if names is None else query.where(sealed_by(names)))
        rows = pd.DataFrame([tuple(row) for row in found], columns=[c.name for c in person.columns], dtype=object)
        if rows.empty:
            return done
        if plain:
            rows[["lon", "lat"]] = rows[["lon", "lat"]].map(lambda v: None if v is None else float(v))
        _write(connection, rows, make(rows))
        after, done = int(rows["id"].iloc[-1]), done + len(rows)
        if step:
            step(done)


def _write(connection: Connection, rows: pd.DataFrame, values: Mapping[str, Any]) -> None:
    new = {name: bindparam(f"new_{name}", type_=String) for name in values}
    change = update(person).where(person.c.id == bindparam("version")).values(**new)
    columns = {f"new_{name}": list(of) for name, of in values.items()}
    records = zip(rows["id"], *columns.values(), strict=True)
    connection.execute(change, [dict(zip(("version", *columns), map(_none, one), strict=True)) for one in records])


def _sealed(connection: Connection, rows: pd.DataFrame, plain: Any) -> dict[str, pd.Series]:
    ring, found = ring_of(connection), {name: pd.Series(None, index=rows.index, dtype=object) for name in COLUMNS}
    for (sort, moment), some in rows.groupby([rows["key"].str.partition(":")[0], "known_from"]):
        name = ring.current(str(sort), int(str(moment)))
        for column in COLUMNS:
            values = [_none(v) for v in plain[column][some.index]]
            kind: Any = person.c[column].type
            found[column][some.index] = seal(ring, kind, some["key"].tolist(), values, name)
    return found


def _opened(connection: Connection, rows: pd.DataFrame) -> dict[str, pd.Series]:
    ring = ring_of(connection)
    found = {}
    for name in COLUMNS:
        kind: Any = person.c[name].type
        pairs = zip(rows["key"], rows[name], strict=True)
        values = [None if v is None else opened(ring, kind.label, key, v) for key, v in pairs]
        as_number = [float(v) if kind.number and v is not None else v for v in values]
        found[name] = pd.Series(as_number, index=rows.index, dtype=object)
    return found


def _contents(connection: Connection, rows: pd.DataFrame) -> pd.Series:
    return contents(rows, own_columns(person), ring_of(connection).contents)


def _none(value: Any) -> Any:
    return None if isinstance(value, float) and value != value else value


def lying(store: Store) -> tuple[int, int]:
    """Return how many values of sealed columns there are, and how many of them lie open: not sealed by a key of the store."""
    whole = bare = 0
    with store.snapshot() as connection:
        for name in COLUMNS:
            kept = type_coerce(person.c[name], String)
            ours = or_(false(), *(kept.startswith(f"{one}:", autoescape=True) for one in store.ring.names()))
            counts = select(func.count(kept), func.count(kept).filter(~ours))
            some, open_ = connection.execute(counts).one()
            whole, bare = whole + int(some), bare + int(open_)
    return whole, bare
