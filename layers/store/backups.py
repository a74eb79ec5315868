"""Backups: a store copied while others write, whole in one file that is a store itself, and put back into either database.

The copy is read in one transaction and checked against it row by row before anybody is told that it exists. Beside it stands
its receipt: what it holds, in which state, sealed by the key of the journal. The keys are never in a backup.
"""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from layers._errors import StoreError
from layers._scratch import scratch
from layers.store import journal, migrations
from layers.store.database import Store
from layers.store.digests import Digest, Progress, Sum, digests, pages, rows_in_all, whole
from layers.store.engine import engine_of, shown, write_rows, writer
from layers.store.personal_keys import KeyRing, has_ring
from layers.store.places import COMPANIONS, place
from layers.store.schema import metadata
from layers.store.seals import Head, Sealer, has_key

RINGED = 13  # the step since which personal data is sealed by keys of its own
SIDECAR = ".json"
Step = Callable[[str, str, int, int], None]  # what is done in Chinese and English, rows done, rows in all
COPIED, CHECKED = ("复制", "copying"), ("核对", "checking")
CHUNK = 1 << 20


@dataclass(frozen=True)
class Receipt:
    """What a backup holds.

    store   identity of the store        kind    drill or production       at      when it was made, ISO 8601
    schema  step of its schema           sha256  of the file               digest  of all rows but the journal's
    tables  rows a table                 seq, last  number and seal of the last entry of the journal
    seal    HMAC over all the rest
    """

    store: str
    kind: str
    at: str
    schema: str
    sha256: str
    digest: str
    tables: dict[str, int]
    seq: int
    last: str
    seal: str = ""

    def sealed(self, sealer: Sealer) -> "Receipt":
        """Return the same with its seal."""
        return replace(self, seal=sealer.seal("backup", asdict(replace(self, seal=""))))


def backup(store: Store, out: Path, step: Step) -> Receipt:
    """Write a store into the file `out` and return its receipt; writers go on meanwhile and are not in it.

    A copy that does not hold row by row what was read raises StoreError. Nobody but the caller names files: he puts `out`
    and the receipt (`write_receipt`) in place when this returns.
    """
    target = engine_of(f"sqlite:///{out}", False, True)
    try:
        with store.snapshot() as source:
            head = journal.head_of(source)
            with writer(target).begin() as connection:
                migrations.make(connection)
                read = _copy(source, connection, step)
        with target.connect() as connection:
            _require_equal(read, digests(connection, _named(CHECKED, step)))
    finally:
        target.dispose()
    _one_file(out)
    receipt = Receipt(
        store.identity, store.kind, datetime.now(UTC).isoformat(timespec="seconds"), migrations.HEAD, file_digest(out),
        whole(read), {name: one.rows for name, one in read.items()}, head.seq, head.seal,
    )  # fmt: skip
    return receipt.sealed(store.sealer)


def write_receipt(receipt: Receipt, path: Path) -> None:
    """Write a receipt as JSON."""
    path.write_text(json.dumps(asdict(receipt), ensure_ascii=False, indent=1), "utf-8")


def checked(path: Path, keys: Path, kind: str) -> tuple[Receipt, Sealer]:
    """Return the receipt of a backup and the sealer of its store.

    A file that is not as it was written, a receipt that this key did not seal, a key that is not there and a backup of the
    other kind raise StoreError.
    """
    receipt = _receipt(path)
    if not (has_key(keys, receipt.store) and (has_ring(keys, receipt.store) or int(receipt.schema) < RINGED)):
        raise StoreError(
            f"{path}: the key of its store is not in {keys}; wanted journal-{receipt.store}.key and all of "
            f"personal-{receipt.store}-*, which are kept apart from backups"
        )
    sealer = Sealer(keys, receipt.store)
    if receipt.sealed(sealer).seal != receipt.seal:
        raise StoreError(f"{path.name}{SIDECAR}: was not sealed by the key in {keys}, or was changed since")
    if file_digest(path) != receipt.sha256:
        raise StoreError(f"{path}: is not the file that was written; its receipt states another SHA-256")
    if receipt.kind != kind:
        raise StoreError(f"{path} is a backup of a {receipt.kind} store; wanted {kind}")
    return receipt, sealer


def unpacked(path: Path, receipt: Receipt, keys: Path, folder: Path, step: Step) -> tuple[Path, dict[str, Digest]]:
    """Copy a backup into a folder, bring it with the keys of another up to the schema of today, and check its rows and its journal.

    Return the copy, which may be opened and changed, and the digests of its tables.
    """
    copy = folder / "backup.db"
    shutil.copyfile(path, copy)
    engine = engine_of(f"sqlite:///{copy}", True, False)
    try:
        with writer(engine).begin() as connection:
            migrations.bring_up(connection, keys)
            found = digests(connection, _named(CHECKED, step))
            verdict = journal.verify_chain(
                connection, Sealer(keys, receipt.store), Head(receipt.seq, receipt.last) if receipt.seq else None
            )
    finally:
        engine.dispose()
    if receipt.schema == migrations.HEAD and whole(found) != receipt.digest:
        raise StoreError(f"{path}: holds other rows than its receipt states; wanted digest {receipt.digest}")
    if not verdict.whole:
        raise StoreError(f"{path}: its journal is broken at entry {verdict.broken}: {verdict.why[1]}", verdict.why[0])
    return copy, found


def restore(
    path: Path, url: str, keys: Path, kind: str, step: Step, *, may_replace: bool = False
) -> tuple[Receipt, int]:
    """Put a backup in the place of the store at `url`, in either database.

    may_replace  False: a place that holds anything is refused
    All checks come first; what is there is replaced in one step, or not at all. Return the receipt, and how many entries of the
    journal came after the backup and are lost, as far as the folder of the keys remembers.
    """
    receipt, sealer = checked(path, keys, kind)
    with scratch() as folder:
        copy, held = unpacked(path, receipt, keys, folder, step)
        source = engine_of(f"sqlite:///{copy}", True, False)
        try:
            with source.connect() as connection:
                _put(connection, url, held, step, may_replace)
        finally:
            source.dispose()
    if has_ring(keys, receipt.store):
        KeyRing(keys, receipt.store).lend(datetime.now(UTC).isoformat(timespec="seconds"), shown(url))
    remembered = sealer.head()
    sealer.reset(Head(receipt.seq, receipt.last))
    return receipt, max(remembered.seq - receipt.seq, 0) if remembered else 0


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    said = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            said.update(piece)
    return said.hexdigest()


def _put(source: Connection, url: str, held: dict[str, Digest], step: Step, may_replace: bool) -> None:
    with place(url, may_replace) as connection:
        migrations.make(connection)
        _copy(source, connection, step)
        _require_equal(held, digests(connection, _named(CHECKED, step)))
        _count_on(connection)


def _copy(source: Connection, target: Connection, step: Step) -> dict[str, Digest]:
    """Copy every table, those first that others refer to, and return the digests of what was read."""
    total, done, read = rows_in_all(source), 0, {}
    for table in metadata.sorted_tables:
        added, names = Sum(), [column.name for column in table.columns]
        with pages(source, table) as found:
            for page in found:
                write_rows(target, table, names, page)
                added.take(page)
                done += len(page)
                step(*COPIED, done, total)
        read[table.name] = added.digest()
    return read


def _count_on(connection: Connection) -> None:
    """PostgreSQL numbers rows by a counter of its own: it goes on after the rows that were put in with their numbers."""
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        if "id" in table.c:
            last = select(func.max(table.c.id)).scalar_subquery()
            name = func.pg_get_serial_sequence(table.name, "id")
            connection.execute(select(func.setval(name, func.coalesce(last, 1), last.is_not(None))))


def _require_equal(wanted: dict[str, Digest], found: dict[str, Digest]) -> None:
    wrong = [f"{name} ({found[name].rows} of {one.rows} rows)" for name, one in wanted.items() if found[name] != one]
    if wrong:
        raise StoreError(f"the copy does not hold what was read: {', '.join(wrong)}; nothing was put in place")


def _receipt(path: Path) -> Receipt:
    beside = path.with_name(path.name + SIDECAR)
    if not path.is_file() or not beside.is_file():
        missing = beside if path.is_file() else path
        raise StoreError(f"{missing}: there is no such file; wanted a backup with its receipt ({SIDECAR}) beside it")
    try:
        return Receipt(**json.loads(beside.read_text("utf-8")))
    except (ValueError, TypeError) as error:
        raise StoreError(f"{beside}: is no receipt of a backup ({error})") from error


def _one_file(path: Path) -> None:
    """Fold everything into the file itself: no companion has to travel with it."""
    engine = engine_of(f"sqlite:///{path}", True, True)
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        connection.rollback()
        driver.execute("PRAGMA journal_mode=DELETE")
    engine.dispose()


def remove_companions(path: Path) -> None:
    """Remove what a copy that was stopped left beside its file."""
    for end in COMPANIONS:
        path.with_name(path.name + end).unlink(missing_ok=True)


def _named(said: tuple[str, str], step: Step) -> Progress:
    return lambda done, total: step(*said, done, total)
