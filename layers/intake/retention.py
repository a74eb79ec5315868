"""How long data about persons is kept: who is due, and the destruction of it with a certificate."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

from sqlalchemy import Connection, select

from layers._errors import Cancelled, StoreError
from layers._times import to_ms
from layers.intake.feeds import all_feeds
from layers.intake.forgetting import forget
from layers.store import Store, destruction, journal
from layers.store.destruction import Step, destroy, destroy_keys, due, fold
from layers.store.engine import owns
from layers.store.resealing import renew, used
from layers.store.schema import batch as batch_
from layers.store.seals import Sealer
from layers.store.writing import close_batch, open_batch

KIND = "retention"  # of a batch
OF = "of"  # in its receipt: batch -> how many of those destroyed it had brought something about


@dataclass(frozen=True)
class Due:
    """The persons of one feed whose time is over.

    kind      case | contact | fever       feed  its name       kept  for how long
    before    nothing was heard of them since then
    number    of them
    subjects  the numbers of their records; () where only their number was asked for
    """

    kind: str
    feed: str
    kept: timedelta
    before: datetime
    number: int
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Certificate:
    """What was destroyed, when, by whom and under which rule; it names nobody.

    rules    feed -> days that it is kept and the moment before which nothing had been heard
    persons  kind -> how many
    rows     table -> how many versions, all of them; of `rejection` and `batch` the notes and receipts that named one of them
    keys     names of the keys that were destroyed
    seal     HMAC of the journal's key over all the rest
    """

    store: str
    batch: int
    at: str
    by: str
    rules: dict[str, dict[str, Any]]
    persons: dict[str, int]
    rows: dict[str, int]
    keys: list[str]
    seal: str = ""

    def sealed(self, sealer: Sealer) -> "Certificate":
        """Return the same with its seal."""
        return replace(self, seal=sealer.seal("destruction", asdict(replace(self, seal=""))))


def all_due(store: Store, now: datetime) -> list[Due]:
    """Return who is due in each feed of persons: nothing happened to them, and nothing new was told, for as long as the feed may be kept.

    The time runs from whichever is later, what happened last (`happened_at`) or what became known last (`known_from`): a file of
    old cases that comes today is kept its time from today. A file that repeats what is known prolongs nothing.
    """
    with store.snapshot() as connection:
        return _due(connection, now)


def number_due(store: Store, now: datetime) -> list[Due]:
    """Return how many are due in each feed of persons, without reading who."""
    with store.snapshot() as connection:
        return [
            Due(kind, name, kept, before, destruction.number_due(connection, kind, to_ms(before)))
            for kind, name, kept, before in _limits(now)
        ]


def _due(connection: Connection, now: datetime) -> list[Due]:
    found = []
    for kind, name, kept, before in _limits(now):
        subjects = tuple(due(connection, kind, to_ms(before)))
        found.append(Due(kind, name, kept, before, len(subjects), subjects))
    return found


def _limits(now: datetime) -> Iterator[tuple[str, str, timedelta, datetime]]:
    """Kind, feed, how long it is kept and since when somebody must have been heard of."""
    for feed in all_feeds().values():
        if feed.placed and feed.retention:
            yield feed.placed, feed.name, feed.retention, now - feed.retention


def carry_out(
    store: Store,
    now: datetime,
    by: str,
    progress: Step | None = None,
    cancel: Event | None = None,
    *,
    alone: bool = False,
) -> Certificate:
    """Destroy everything about the persons who are due, then the keys that sealed it, and return the certificate.

    Rows go in one transaction, or none does. Keys go after it; a run that was stopped in between leaves them to the next one, which
    is why this may be called when nobody is due. Raises Cancelled before anything is written.

    alone  somebody says that no other store lives on this folder of keys, although a backup was put back with it
    """
    _require_alone(store, alone)

    def step(done: int, total: int) -> None:
        if cancel is not None and cancel.is_set():
            raise Cancelled("the destruction was stopped; nothing was destroyed", "已停止；未销毁任何内容")
        if progress:
            progress(done, total)

    batch, gone = None, None
    with store.writing() as connection:
        _require_owner(connection)
        rules = _due(connection, now)  # not before: somebody may have heard of a person meanwhile
        subjects = {one.kind: list(one.subjects) for one in rules if one.subjects}
        if subjects:
            told = {"kind": KIND, "feed": "", "source": by, "settings": ""}
            batch = open_batch(connection, None, store.now(), told)
            noted = [forget(connection, one.kind, one.feed, one.subjects) for one in rules if one.subjects]
            gone = destroy(connection, batch.id, subjects, step)
            told_of = {"rejection": sum(one.notes for one in noted), "batch": sum(one.receipts for one in noted)}
            gone = replace(gone, rows=gone.rows | told_of)
            of = sum((Counter(one.of) for one in noted), Counter())
            close_batch(batch, {"persons": gone.persons, "rows": gone.rows, "keys": list(gone.keys), OF: of})
            detail = {"batch": batch.id, "persons": gone.persons, "rows": gone.rows}
            journal.write(connection, by, "destroy", KIND, detail)
    with store.writing() as connection:
        why = {"at": now.isoformat(timespec="seconds"), "by": by, "batch": batch.id if batch else None}
        keys = destroy_keys(connection, why, _retired(connection))
        if keys:
            journal.write(connection, by, "destroy-keys", KIND, {"keys": keys})
    fold(store)
    told_rules = {
        one.feed: {"days": one.kept.days, "before": one.before.isoformat(timespec="seconds")} for one in rules
    }
    certificate = Certificate(
        store.identity,
        batch.id if batch else 0,
        now.isoformat(timespec="seconds"),
        by,
        told_rules,
        gone.persons if gone else {},
        gone.rows if gone else {},
        keys,
    )
    return certificate.sealed(store.sealer)


def rotate(
    store: Store, by: str, progress: Step | None = None, *, destroy_old: bool = False, alone: bool = False
) -> list[str]:
    """Seal everything about persons under new keys; return the names of the keys that served until now.

    destroy_old  the old keys are destroyed: no backup that was made before tells what they sealed. Else they stay for those.
    alone        as in `carry_out`
    """
    if destroy_old:
        _require_alone(store, alone)
    with store.writing() as connection:
        _require_owner(connection)
        old = sorted(used(connection))
        renew(connection, old, progress)
        journal.write(connection, by, "rotate-keys", "personal", {"keys": old, "destroyed": destroy_old})
    if destroy_old:
        with store.writing() as connection:
            why = {"at": store.now().isoformat(timespec="seconds"), "by": by, "why": "rotated"}
            keys = destroy_keys(connection, why, old)
            journal.write(connection, by, "destroy-keys", KIND, {"keys": keys})
    fold(store)
    return old


def destroyed_of(connection: Connection, number: int) -> int:
    """Return of how many persons who were destroyed a batch had brought something: what they counted stays in the totals."""
    receipts = connection.execute(select(batch_.c.receipt).where(batch_.c.kind == KIND)).scalars()
    return sum(one.get(OF, {}).get(str(number), 0) for one in receipts)


def _retired(connection: Connection) -> set[str]:
    """The keys that sealed any of those who were destroyed here, by this run or by one that was stopped before its end."""
    receipts = connection.execute(select(batch_.c.receipt).where(batch_.c.kind == KIND)).scalars()
    return {name for one in receipts for name in one.get("keys", ())}


def _require_alone(store: Store, alone: bool) -> None:
    """Raise StoreError where another store may need the keys that would be destroyed."""
    if alone:
        store.ring.take_back()
    lent = store.ring.lent()
    if lent:
        raise StoreError(
            f"a backup was put back with these keys at {lent['at']}, into {lent['to']}: if another store lives on them, it would lose what "
            "they sealed. Give that one a copy of the folder, or say --alone when this is the only one left",
            f"{lent['at']} 曾用这些密钥恢复备份到 {lent['to']}：若另有数据库仍在用，销毁会使其无法读取。请给它一份密钥副本；若只剩本库，请加 --alone",
        )


def _require_owner(connection: Connection) -> None:
    if not owns(connection):
        raise StoreError(
            "the servers' role may not take out what was confirmed or refused; connect as the owner of the tables",
            "服务器所用角色无权删除；请用数据表所有者连接",
        )


def checked(store: Store, path: Path) -> Certificate:
    """Return the certificate that a file holds; StoreError where this store did not seal it as it stands."""
    if not path.is_file():
        raise StoreError(f"{path}: there is no such file; wanted a certificate", f"{path}：没有此文件；应为销毁证明")
    try:
        found = Certificate(**json.loads(path.read_text("utf-8")))
    except (OSError, TypeError, ValueError) as error:
        raise StoreError(f"{path}: is no certificate of destruction ({error})", f"{path}：不是销毁证明") from error
    if found.store != store.identity or found.sealed(store.sealer).seal != found.seal:
        raise StoreError(
            f"{path}: was not sealed by this store, or was changed since", f"{path}：不是由本数据库出具，或已被改动"
        )
    return found
