"""What a store holds, said in one number a table: the same in SQLite and in PostgreSQL, in whatever order rows come back."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, Connection, String, Table, cast, func, select

from layers.store.schema import journal, metadata
from layers.store.sealing import as_kept

PAGE = 5_000  # rows read at a time
MODULUS = 1 << 256
Progress = Callable[[int, int], None]  # rows done, rows in all


@dataclass(frozen=True)
class Digest:
    """What one table holds: its rows counted, and the sum of their SHA-256 in hexadecimal."""

    rows: int
    sum: str


class Sum:
    """The digest of a table while its rows pass."""

    def __init__(self) -> None:
        self._rows, self._sum = 0, 0

    def take(self, page: list[tuple[Any, ...]]) -> None:
        """Add rows, in whatever order."""
        self._sum = (self._sum + sum(map(_number, page))) % MODULUS
        self._rows += len(page)

    def digest(self) -> Digest:
        """Return what passed so far."""
        return Digest(self._rows, f"{self._sum:064x}")


def digests(connection: Connection, progress: Progress | None = None) -> dict[str, Digest]:
    """Return the digest of every table by name, read inside the transaction of `connection`.

    Each row is hashed by itself and the hashes are added up, so no sorting of any database matters. It tells damage and
    loss; whether somebody wrote other rows on purpose is for the journal and the seal of a backup to say.
    """
    total, done, found = rows_in_all(connection), 0, {}
    for table in metadata.sorted_tables:
        added = Sum()
        with pages(connection, table) as rows:
            for page in rows:
                added.take(page)
                done += len(page)
                if progress:
                    progress(done, total)
        found[table.name] = added.digest()
    return found


def whole(found: dict[str, Digest]) -> str:
    """Return one digest over all tables but the journal, which grows by every backup and proves itself by its chain."""
    said = [f"{name} {one.rows} {one.sum}" for name, one in sorted(found.items()) if name != journal.name]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def rows_in_all(connection: Connection) -> int:
    """Return how many rows all tables hold together."""
    return sum(_count(connection, table) for table in metadata.sorted_tables)


@contextmanager
def pages(connection: Connection, table: Table) -> Iterator[Iterator[list[tuple[Any, ...]]]]:
    """Give the rows of a table as plain tuples, a page at a time, without holding the table in memory; JSON as it is written, what is sealed sealed."""
    columns = [cast(one, String) if isinstance(one.type, JSON) else as_kept(table, one.name) for one in table.columns]
    with connection.execute(select(*columns), execution_options={"stream_results": True, "yield_per": PAGE}) as result:
        yield ([tuple(row) for row in page] for page in result.partitions())


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar() or 0)


def _number(row: tuple[Any, ...]) -> int:
    said = json.dumps([_plain(value) for value in row], ensure_ascii=False, separators=(",", ":"))
    return int.from_bytes(hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest(), "big")


def _plain(value: Any) -> Any:
    """A value as JSON can say it; the two databases differ in how they keep -0.0 and in the type that holds bytes."""
    if isinstance(value, bytes | bytearray | memoryview):
        return {"bytes": bytes(value).hex()}
    return value + 0.0 if isinstance(value, float) else value
