"""Match everybody again after the gazetteer changed, and show what would move before anything does."""

from collections import Counter
from collections.abc import Callable
from threading import Event
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from layers._errors import Cancelled, StoreError
from layers._times import to_ms
from layers.intake.feeds import all_feeds
from layers.intake.matching import Gazetteer, gazetteer
from layers.intake.persons import Register, recount
from layers.intake.places import DistrictBook, believed
from layers.intake.receipt import Receipt
from layers.store import Store, journal
from layers.store.schema import AUTO, person, placement
from layers.store.writing import close_batch, open_batch, own_columns

PLACED = ("status", "compound", "district", "street", "building")  # what moves a person
SHOWN = (*PLACED, "method", "probability")
COLUMNS = ("key", "kind", "subject", "address", *(f"was_{name}" for name in SHOWN), *SHOWN)
PERSONS_AT_ONCE = 10_000


def rematch(
    store: Store,
    *,
    apply: bool = False,
    actor: str = "rematch",
    progress: Callable[[int, int], None] | None = None,
    cancel: Event | None = None,
) -> pd.DataFrame:
    """Match all persons against the gazetteer as believed now; return one row for each who is placed elsewhere than before.

    Columns: key, kind, subject, address; status, compound, district, street, building, method, probability before (`was_*`)
    and after. What a reviewer decided is left alone, and the judge of addresses learns from it. Without `apply` nothing is written; with it, these persons and their
    totals change in one batch, and what was known before stays what it was. Matching reads a snapshot, so that others may
    write meanwhile; when they did, StoreError asks to begin again. Raises Cancelled when `cancel` is set.
    """
    with store.snapshot() as connection:
        revision = store.revision(store.latest())
        places = gazetteer(connection, store.identity, store.cache, learn=True)
        found = _placements(store, connection, places, progress, cancel)
    moved = found[_differs(found)].reset_index(drop=True)
    if apply:
        _write(store, moved, revision, actor, places.reliability())
    return moved[list(COLUMNS)]


def _write(store: Store, moved: pd.DataFrame, revision: int, actor: str, judge: dict[str, Any]) -> None:
    now = store.now()
    with store.writing() as connection:
        if store.revision(store.latest()) != revision:
            raise StoreError("the store changed while it was matched again; nothing was written: run rematch again")
        opened = open_batch(
            connection, None, now, {"kind": "rematch", "feed": "placement", "source": actor, "settings": ""}
        )
        for kind, rows in moved.groupby("kind"):
            opened.replace(placement, rows[["key", "row", "happened_at", "reported_at", *own_columns(placement)]])
            recount(opened, str(kind), rows["subject"].tolist())
        counts = dict(Counter(f"{a} -> {b}" for a, b in zip(moved["was_status"], moved["status"], strict=True)))
        close_batch(opened, {"actor": actor, "moved": len(moved), "status": counts, "judge": judge})
        journal.write(connection, actor, "rematch", "placement", {"batch": opened.id, "moved": len(moved)})


def _placements(
    store: Store,
    connection: Connection,
    places: Gazetteer,
    progress: Callable[[int, int], None] | None,
    cancel: Event | None,
) -> pd.DataFrame:
    """Everybody whom no reviewer placed, with the placement before (`was_*`) and the one of today's gazetteer."""
    book = DistrictBook.load(connection, store.identity)
    before = _automatic(connection)
    found, done = [], 0
    for kind in sorted({feed.placed for feed in all_feeds().values()} - {""}):
        register = Register(kind, book, places, Receipt("placement", "", "", ""), None)
        persons = before[before["kind"] == kind]
        for at in range(0, len(persons), PERSONS_AT_ONCE):
            if cancel is not None and cancel.is_set():
                raise Cancelled("matching again was stopped; nothing was written")
            some = persons.iloc[at : at + PERSONS_AT_ONCE].reset_index(drop=True)
            was = some[["address", *(f"was_{name}" for name in SHOWN)]]
            found.append(pd.concat([register.placed(some).reset_index(drop=True), was], axis=1))
            done += len(some)
            if progress:
                progress(done, len(before))
    empty = pd.DataFrame(columns=[*COLUMNS, "row", "happened_at", "reported_at"])
    return pd.concat(found, ignore_index=True) if found else empty


def _automatic(connection: Connection) -> pd.DataFrame:
    """Believed persons whose match no reviewer decided, with that match as was_*."""
    people = believed(
        connection, person, "key", "kind", "subject", "address", "district_stated", "lon", "lat", "row", "reported_at"
    )
    people["reported_at"] = people["reported_at"].map(to_ms)
    placed = believed(connection, placement, "key", "decided_by", *SHOWN).rename(columns={c: f"was_{c}" for c in SHOWN})
    rows = people.merge(placed, on="key", how="left")
    return rows[rows["decided_by"].isna() | (rows["decided_by"] == AUTO)].reset_index(drop=True)


def _differs(rows: pd.DataFrame) -> pd.Series:
    pairs = [rows[f"was_{name}"].fillna("") != rows[name].fillna("") for name in PLACED]
    return pd.concat(pairs, axis=1).any(axis=1) if len(rows) else pd.Series(False, index=rows.index, dtype=bool)
