"""The journal: an append-only record of imports, reviews, plans, orders and exports, and a chain that shows whether it still is.

Every entry is sealed over the entry before it (`seals.py`). An entry that was changed, taken out or put in breaks the chain at
its number; an end that was cut off is missing from what the place of the keys remembers. Both are told by `verify`.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Select, bindparam, func, insert, select, update

from layers._times import to_ms
from layers.store.database import Store
from layers.store.schema import journal
from layers.store.seals import HEAD, SEALER, Head, Sealer

NONE = Head(0, "")  # before the first entry
PAGE = 5_000  # entries read at a time
BEFORE_ALL = -(1 << 63)  # no number is smaller: an entry that was put in before the first one is read as well
SEALED = ("seq", "at", "actor", "action", "subject", "detail")


@dataclass(frozen=True)
class Verdict:
    """Whether a journal is whole.

    entries  how many there are
    broken   number of the first entry that does not fit, None when all do
    why      what is wrong with it, in Chinese and English; ("", "") when nothing is
    """

    entries: int
    broken: int | None = None
    why: tuple[str, str] = ("", "")

    @property
    def whole(self) -> bool:
        """True when every entry is as it was written and none is missing."""
        return self.broken is None


def add(store: Store, actor: str, action: str, subject: str, detail: dict[str, Any] | None = None) -> None:
    """Record that `actor` did `action` to `subject`. Personal data does not belong in `detail`."""
    with store.writing() as connection:
        write(connection, actor, action, subject, detail)


def write(connection: Connection, actor: str, action: str, subject: str, detail: dict[str, Any] | None = None) -> None:
    """Record inside a transaction of `Store.writing`, so that a change and its record stand or fall together."""
    sealer: Sealer = connection.get_execution_options()[SEALER]
    before = head_of(connection)
    said = json.loads(json.dumps(detail or {}))  # as it will be read again
    entry = {"at": to_ms(datetime.now(UTC)), "actor": actor, "action": action, "subject": subject, "detail": said}
    row = {"seq": before.seq + 1, **entry}
    head = Head(before.seq + 1, sealer.seal(before.seal, row))
    connection.execute(insert(journal), [{**row, "sealed_by": sealer.id, "seal": head.seal}])
    connection.info[HEAD] = head


def entries(store: Store, limit: int = 200) -> pd.DataFrame:
    """Return the newest entries first: at, actor, action, subject, detail."""
    columns = (journal.c.at, journal.c.actor, journal.c.action, journal.c.subject, journal.c.detail)
    return store.read(select(*columns).order_by(journal.c.id.desc()).limit(limit))


def seal_older(store: Store) -> int:
    """Seal the entries of a store from before the chain, in their order; return how many.

    Once and never again: a store that remembers a head, or holds one sealed entry, takes in no entry without a seal.
    """
    if store.sealer.head() is not None:
        return 0
    with store.writing() as connection:
        if connection.execute(_last()).first():
            return 0
        head, sealed = NONE, []
        for row in connection.execute(select(journal).order_by(journal.c.id)).all():
            entry = {"seq": head.seq + 1, **{name: getattr(row, name) for name in SEALED[1:]}}
            head = Head(head.seq + 1, store.sealer.seal(head.seal, entry))
            sealed.append({"number": row.id, "n": head.seq, "key": store.sealer.id, "sealed": head.seal})
        if sealed:
            change = update(journal).where(journal.c.id == bindparam("number"))
            values: dict[str, Any] = {"seq": bindparam("n"), "sealed_by": bindparam("key"), "seal": bindparam("sealed")}
            connection.execute(change.values(values), sealed)
            connection.info[HEAD] = head
        return len(sealed)


def verify(store: Store, progress: Callable[[int], None] | None = None) -> Verdict:
    """Read the whole journal and say whether every entry is as it was written, and none is missing.

    progress  told after each page how many entries were read
    """
    remembered = store.sealer.head()  # first: what is written meanwhile can only come after it
    with store.snapshot() as connection:
        return verify_chain(connection, store.sealer, remembered, progress)


def verify_chain(
    connection: Connection, sealer: Sealer, remembered: Head | None, progress: Callable[[int], None] | None = None
) -> Verdict:
    """Say the same of the journal that an open connection reads, against the head that somebody remembers."""
    count = int(connection.execute(select(func.count()).select_from(journal)).scalar() or 0)
    loose = connection.execute(select(func.min(journal.c.id)).where(journal.c.seq.is_(None))).scalar()
    before = NONE
    for row in _in_order(connection):
        wrong = _wrong(sealer, before, row, remembered)
        if wrong:
            return Verdict(count, before.seq + 1, wrong)
        before = Head(int(row.seq), str(row.seal))
        if progress and before.seq % PAGE == 0:
            progress(before.seq)
    if loose is not None:
        return Verdict(count, before.seq + 1, _said("UNSEALED", number=loose))
    if remembered is None and count:
        return Verdict(count, before.seq + 1, _said("FORGOTTEN"))
    if remembered and remembered.seq > before.seq:
        return Verdict(count, before.seq + 1, _said("CUT", last=remembered.seq))
    return Verdict(count)


def head_of(connection: Connection) -> Head:
    """Return the last sealed entry that a connection reads; number 0 before the first."""
    last = connection.execute(_last()).first()
    return Head(int(last.seq), str(last.seal)) if last else NONE


def _wrong(sealer: Sealer, before: Head, row: Any, remembered: Head | None) -> tuple[str, str] | None:
    """What is wrong with an entry that follows `before`, None when nothing is."""
    if row.seq <= before.seq:
        return _said("EXTRA", number=row.seq)
    if row.seq != before.seq + 1:
        return _said("MISSING", number=before.seq + 1, next=row.seq)
    if row.sealed_by != sealer.id:
        return _said("KEY", key=row.sealed_by, own=sealer.id)
    entry = {name: getattr(row, name) for name in SEALED}
    if sealer.seal(before.seal, entry) != row.seal:
        return _said("CHANGED", number=row.seq)
    if remembered and remembered.seq == row.seq and remembered.seal != row.seal:
        return _said("REWRITTEN", number=row.seq)
    return None


def _in_order(connection: Connection) -> Iterator[Any]:
    """The sealed entries by number, a page at a time."""
    after = BEFORE_ALL
    while page := connection.execute(
        select(journal).where(journal.c.seq > after).order_by(journal.c.seq).limit(PAGE)
    ).all():
        yield from page
        after = page[-1].seq


def _last() -> Select[Any]:
    sealed = select(journal.c.seq, journal.c.seal).where(journal.c.seq.is_not(None))
    return sealed.order_by(journal.c.seq.desc()).limit(1)


WRONG = {
    "MISSING": ("第{number}条缺失，其后是第{next}条", "entry {number} is missing; {next} follows"),
    "EXTRA": ("第{number}条为插入，编号从1开始", "entry {number} was put in: numbers begin at 1"),
    "FORGOTTEN": (
        "密钥文件夹不记得写到哪一条，末尾是否被截断无从判断",
        "the folder of the keys remembers no last entry, so nobody can say whether the end was cut",
    ),
    "KEY": ("由另一密钥{key}封存；本处密钥为{own}", "sealed by another key, {key}; the key of this place is {own}"),
    "CHANGED": ("第{number}条与封存时不符", "entry {number} is not what was sealed"),
    "REWRITTEN": ("第{number}条之前整体被重写", "everything up to entry {number} was written anew"),
    "UNSEALED": ("有一条未封存（编号{number}）", "an entry bears no seal (id {number})"),
    "CUT": ("末尾缺失：本处记得写到第{last}条", "the end is missing: this place remembers entry {last}"),
}


def _said(what: str, **values: Any) -> tuple[str, str]:
    zh, en = WRONG[what]
    return zh.format(**values), en.format(**values)
