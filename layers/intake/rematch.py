"""Match everybody again after the gazetteer changed, and show what would move before anything does."""

from collections import Counter
from collections.abc import Callable
from threading import Event

import pandas as pd
from sqlalchemy import Connection, select

from layers._errors import Cancelled
from layers._times import to_ms
from layers.intake.feeds import all_feeds
from layers.intake.matching import gazetteer
from layers.intake.persons import AUTO, Register, recount
from layers.intake.places import DistrictBook, believed
from layers.intake.receipt import Receipt
from layers.store import Store, journal
from layers.store.schema import FOREVER, person, placement
from layers.store.writing import Batch, close_batch, open_batch

SHOWN = ("status", "compound", "method", "probability")
PERSONS_AT_ONCE = 10_000


class _Rehearsal(Exception):
    """Rolls back what was only to be shown."""


def rematch(
    store: Store,
    *,
    apply: bool = False,
    actor: str = "rematch",
    progress: Callable[[int, int], None] | None = None,
    cancel: Event | None = None,
) -> pd.DataFrame:
    """Match all persons against the gazetteer as believed now; return one row for each whose compound or status differs.

    Columns: key, kind, subject, address, and status, compound, method, probability before (`was_*`) and after.
    What a reviewer decided is left alone. Without `apply` nothing is written. With it, matches and totals change in one
    batch; what was known before stays what it was. Raises Cancelled when `cancel` is set: nothing is written then either.
    """
    now = store.now()
    try:
        with store.writing() as connection:
            values = {"kind": "rematch", "feed": "placement", "source": actor, "settings": ""}
            opened = open_batch(connection, None, now, values)
            moved = _moved(store, opened, progress, cancel)
            if not apply or moved.empty:
                raise _Rehearsal
            counts = dict(Counter(f"{a} -> {b}" for a, b in zip(moved["was_status"], moved["status"], strict=True)))
            close_batch(opened, {"actor": actor, "moved": len(moved), "status": counts})
            journal.write(connection, actor, "rematch", "placement", {"batch": opened.id, "moved": len(moved)})
    except _Rehearsal:
        pass
    return moved


def _moved(
    store: Store, opened: Batch, progress: Callable[[int, int], None] | None, cancel: Event | None
) -> pd.DataFrame:
    book = DistrictBook.load(opened.connection, store.identity)
    places = gazetteer(opened.connection, store.identity, store.cache)
    before = _automatic(opened.connection)
    found, done = [], 0
    for kind in sorted({feed.placed for feed in all_feeds().values()} - {""}):
        register = Register(kind, book, places, Receipt("placement", opened.source, "", ""), None)
        persons = before[before["kind"] == kind]
        for at in range(0, len(persons), PERSONS_AT_ONCE):
            if cancel is not None and cancel.is_set():
                raise Cancelled("matching again was stopped; nothing was written")
            some = persons.iloc[at : at + PERSONS_AT_ONCE]
            register.place(opened, some)
            found.append(_changed(opened, some))
            recount(opened, kind, found[-1]["subject"].tolist())
            done += len(some)
            if progress:
                progress(done, len(before))
    columns = ["key", "kind", "subject", "address", *(f"was_{c}" for c in SHOWN), *SHOWN]
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)


def _automatic(connection: Connection) -> pd.DataFrame:
    """Believed persons whose match no reviewer decided, with that match as was_*."""
    people = believed(
        connection, person, "key", "kind", "subject", "address", "district_stated", "lon", "lat", "row", "reported_at"
    )
    people["reported_at"] = people["reported_at"].map(to_ms)
    placed = believed(connection, placement, "key", "decided_by", *SHOWN).rename(columns={c: f"was_{c}" for c in SHOWN})
    rows = people.merge(placed, on="key", how="left")
    return rows[rows["decided_by"].isna() | (rows["decided_by"] == AUTO)].reset_index(drop=True)


def _changed(opened: Batch, persons: pd.DataFrame) -> pd.DataFrame:
    query = select(placement.c.key, *(placement.c[c] for c in SHOWN)).where(
        placement.c.known_from == opened.known_from,
        placement.c.known_until == FOREVER,
        placement.c.kind == persons["kind"].iloc[0],
    )
    rows = persons.merge(Store.frame(opened.connection, query), on="key")
    return rows[(rows["was_status"] != rows["status"]) | (rows["was_compound"] != rows["compound"])]
