"""Is a database sound: every row can be read and what is sealed opened, every reference leads somewhere, sums hold what they close, and its tables are those of this version?"""

from dataclasses import dataclass

from sqlalchemy import Connection, Table, func, select

from layers.store import closing, factors, geometry, migrations, resealing, roles
from layers.store.backups import CHECKED, Step
from layers.store.database import Store
from layers.store.digests import Digest, digests, whole
from layers.store.schema import metadata

SHOWN = 20  # faults that a database is asked to name


@dataclass(frozen=True)
class Found:
    """What a look at every row found: the digest of each table, and what is wrong, in words of the database or in English.

    notes  what this database does without, though nothing is wrong
    """

    tables: dict[str, Digest]
    wrong: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """True when nothing is wrong."""
        return not self.wrong

    @property
    def digest(self) -> str:
        """The digest of all tables but the journal."""
        return whole(self.tables)


def examine(store: Store, step: Step) -> Found:
    """Read every row of a store in one transaction.

    SQLite checks its pages and indexes itself. PostgreSQL has no such question for a user who is no superuser: there a page
    that cannot be read shows when its rows are.
    """
    with store.snapshot() as connection:
        tables = digests(connection, lambda done, total: step(*CHECKED, done, total))
        wrong = [
            *_pages(connection),
            *_references(connection),
            *_schema(connection),
            *resealing.unread(connection, SHOWN),
            *factors.unread(connection, SHOWN),
            *closing.untrue(connection),
        ]
        notes = _notes(connection)
    return Found(tables, tuple(wrong), tuple(notes))


def _pages(connection: Connection) -> list[str]:
    if connection.dialect.name != "sqlite":
        return []
    said = connection.exec_driver_sql(f"PRAGMA integrity_check({SHOWN})").scalars().all()
    return [str(one) for one in said if one != "ok"]


def _references(connection: Connection) -> list[str]:
    """Rows that name a row which is not there, counted by table."""
    counted = [(table, _orphans(connection, table)) for table in metadata.sorted_tables if table.foreign_keys]
    return [f"{table.name}: {n} rows refer to nothing" for table, n in counted if n]


def _orphans(connection: Connection, table: Table) -> int:
    total = 0
    for key in table.foreign_keys:
        there = select(key.column).where(key.column == key.parent).exists()
        lost = select(func.count()).select_from(table).where(key.parent.is_not(None), ~there)
        total += int(connection.execute(lost).scalar() or 0)
    return total


def _notes(connection: Connection) -> list[str]:
    if connection.dialect.name != "postgresql":
        return []
    unbound, lacking = roles.unbound(connection), geometry.missing(connection)
    notes = [unbound] if unbound else []
    if not geometry.installed(connection):
        notes.append("PostGIS is not in this database: no geometry columns, and no answer needs them")
    elif lacking:
        notes.append(f"PostGIS came later: the owner opens the store once to fill {', '.join(lacking)}")
    return notes


def _schema(connection: Connection) -> list[str]:
    return [f"schema: {one}" for one in migrations.differences(connection)]
