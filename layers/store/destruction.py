"""Destroy what is known of persons: their rows, and the keys that sealed them, so that older backups do not tell it either.

Counts stay (`total`): they name nobody. What stays of a person is the blind index of the record's number, so that a later delivery
does not bring the same record back and count it twice.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, String, and_, delete, exists, func, insert, or_, select, type_coerce, union

from layers.store.database import Store
from layers.store.resealing import COLUMNS, renew, used
from layers.store.schema import confirmation, course, destroyed, person, person_status, placement, withdrawal
from layers.store.sealing import ring_of
from layers.store.writing import KEYS_A_QUERY, chunks

ABOUT_PERSONS = (person, person_status, placement, withdrawal)
Step = Callable[[int, int], None]  # persons done, persons in all


@dataclass(frozen=True)
class Gone:
    """What was destroyed: persons by kind, rows by table, and the keys that sealed any of it."""

    persons: dict[str, int]
    rows: dict[str, int]
    keys: tuple[str, ...]


def due(connection: Connection, kind: str, before: int) -> list[str]:
    """Return the subjects of a kind of whom nothing new became known, and nothing happened, since `before` (ms)."""
    return sorted(connection.execute(_due(kind, before)).scalars())


def number_due(connection: Connection, kind: str, before: int) -> int:
    """Return how many subjects are `due`, counted where they lie."""
    return int(connection.execute(select(func.count()).select_from(_due(kind, before).subquery())).scalar_one())


def _due(kind: str, before: int) -> Select[Any]:
    """Of those who were known before, whoever nothing is known of since: only they are looked at one by one, not everybody."""
    p, s = person.c, person_status.c
    known = union(
        select(p.subject).where(p.kind == kind, p.known_from < before),
        select(s.subject).where(s.kind == kind, s.known_from < before),
    ).subquery()
    told = exists().where(p.kind == kind, p.subject == known.c.subject, p.known_from >= before)
    news = exists().where(s.kind == kind, s.subject == known.c.subject)
    return select(known.c.subject).where(~told, ~news.where(or_(s.known_from >= before, s.happened_at >= before)))


def destroy(connection: Connection, batch: int, subjects: dict[str, list[str]], step: Step) -> Gone:
    """Take out every version of everything about persons, in an open batch; who shared a key with them is sealed anew.

    subjects  kind -> subjects
    The keys themselves are destroyed by `destroy_keys`, when this is committed: until then nothing is lost that could come back.
    """
    ring, total, done = ring_of(connection), sum(map(len, subjects.values())), 0
    rows = {table.name: 0 for table in (*ABOUT_PERSONS, confirmation)}
    keys: set[str] = set()
    for kind, all_of_kind in subjects.items():
        for some in chunks(all_of_kind, KEYS_A_QUERY):
            keys |= _keys_of(connection, kind, some)
            for name, number in _taken_out(connection, kind, some).items():
                rows[name] += number
            marks = [{"kind": kind, "mark": ring.blind(f"{kind}:{one}"), "batch": batch} for one in some]
            connection.execute(insert(destroyed), marks)
            done += len(some)
            step(done, total)
    renew(connection, keys & used(connection))
    return Gone({kind: len(some) for kind, some in subjects.items() if some}, rows, tuple(sorted(keys)))


def destroy_keys(connection: Connection, why: dict[str, Any], names: Collection[str]) -> list[str]:
    """Destroy keys that this store has retired, inside a transaction that writes: nobody else is in the middle of using one.

    names  keys that sealed somebody who was destroyed, or that were rotated away for good; every key of the same kind and month
           goes with them, for an older backup may tell of the same persons by it
    A key that merely seals nothing here stays: a store that was put back from a backup shares the folder with the one that it is
    of, and holds nothing of the months since. What seals something stays as well.
    """
    ring, needed = ring_of(connection), used(connection)
    periods = {one.rpartition("-")[0] for one in names}
    of_them = [name for name in ring.names() if name.rpartition("-")[0] in periods]
    found = [name for name in of_them if name not in needed and not ring.is_wiped(name)]
    for name in found:
        ring.destroy(name, why)
    return found


def fold(store: Store) -> bool:
    """Let SQLite's log, which holds pages as they were, be folded into the file and emptied; False while somebody reads them. A server vacuums by itself."""
    if store.engine.dialect.name == "sqlite":
        with store.engine.connect() as connection:
            connection.rollback()
            driver: Any = connection.connection.driver_connection
            busy = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            return not busy
    return True


def is_destroyed(connection: Connection, kind: str, subjects: Collection[str]) -> set[str]:
    """Return those of the subjects that were destroyed: what comes of them again is not taken in."""
    if not subjects or connection.execute(select(destroyed.c.id).limit(1)).first() is None:
        return set()
    ring = ring_of(connection)
    marks = {ring.blind(f"{kind}:{one}"): one for one in subjects}
    found: set[str] = set()
    for some in chunks(list(marks), KEYS_A_QUERY):
        query = select(destroyed.c.mark).where(destroyed.c.kind == kind, destroyed.c.mark.in_(some))
        found |= {marks[mark] for mark in connection.execute(query).scalars()}
    return found


def _taken_out(connection: Connection, kind: str, subjects: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for table in ABOUT_PERSONS:
        mine = and_(table.c.kind == kind, table.c.subject.in_(subjects))
        keys = select(table.c.key).where(mine)
        heard = delete(confirmation).where(confirmation.c.fact == table.name, confirmation.c.key.in_(keys))
        found[confirmation.name] = found.get(confirmation.name, 0) + connection.execute(heard).rowcount
        found[table.name] = connection.execute(delete(table).where(mine)).rowcount
    connection.execute(delete(course).where(course.c.kind == kind, course.c.subject.in_(subjects)))
    return found


def _keys_of(connection: Connection, kind: str, subjects: list[str]) -> set[str]:
    kept = [type_coerce(person.c[name], String) for name in COLUMNS]
    query = select(*kept).where(person.c.kind == kind, person.c.subject.in_(subjects))
    query = query.where(or_(*(column.is_not(None) for column in kept)))
    return {value.partition(":")[0] for row in connection.execute(query) for value in row if value}
