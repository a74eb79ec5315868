"""Where persons belong after a batch was taken back: as before it, or matched again where that can no longer be had."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd
from sqlalchemy import select

from layers.intake import unbatch_rows
from layers.intake.matching import Gazetteer
from layers.intake.persons import GROUNDS, Register
from layers.intake.places import DistrictBook
from layers.intake.receipt import Receipt
from layers.intake.unbatch_rows import Past, Turn, raw
from layers.store.schema import AUTO, FOREVER, person, placement
from layers.store.writing import KEYS_A_QUERY, Batch, chunks

PERSONS_AT_ONCE = 2_000


@dataclass(frozen=True)
class Again:
    """Persons who are matched again: by key, and how many decisions of reviewers fall with what they were about."""

    keys: tuple[str, ...]
    decisions: int = 0


def turn_of(opened: Batch, past: Past, people: Turn) -> Turn:
    """Return what becomes of the placements: each follows its person, who goes back, goes, or stays."""
    turn = unbatch_rows.plan(opened.connection, placement, past)
    turn = turn.without(set(people.kept["key"]) - people.keys)
    lost = _believed(opened, list(people.gone))
    back = turn.back[~turn.back["key"].isin(people.gone)]
    return replace(turn, back=back, gone=tuple(sorted({*turn.gone, *lost["key"]})))


def again(opened: Batch, past: Past, people: Turn, places: Turn, compounds: Turn, districts: Turn) -> Again:
    """Return who must be matched again, once the records of the gazetteer are as before.

    Persons whose address or point goes back while somebody placed them since; and where compounds or districts go back, those
    whom nobody but a machine placed since then, and those placed in a compound that is no longer believed.
    """
    moved = _believed(opened, sorted(_moved(opened, past, people) - places.keys))
    found = [moved]
    if compounds.keys or districts.keys:
        query = select(placement.c.key, placement.c.decided_by).where(placement.c.known_until == FOREVER)
        since = (placement.c.known_from >= past.at, placement.c.decided_by == AUTO)
        found.append(raw(opened.connection, query.where(*since)))
        for some in chunks(list(compounds.gone), KEYS_A_QUERY):
            found.append(raw(opened.connection, query.where(placement.c.compound.in_(some))))
    rows = pd.concat(found).drop_duplicates("key")
    rows = rows[~rows["key"].isin({*people.gone, *places.keys})]
    return Again(tuple(sorted(rows["key"])), int((rows["decided_by"] != AUTO).sum()))


def match(
    opened: Batch,
    keys: tuple[str, ...],
    book: DistrictBook,
    gazetteer: Callable[[], Gazetteer],
    step: Callable[[int, int], None],
) -> Receipt:
    """Match persons by key again, and write where they belong now; return a receipt that counts them by outcome."""
    receipt = Receipt("placement", "", "", "")
    columns = [person.c[name] for name in ("key", "kind", "subject", "row", "reported_at", *GROUNDS)]
    done = 0
    for some in chunks(list(keys), PERSONS_AT_ONCE):
        query = select(*columns).where(person.c.known_until == FOREVER, person.c.key.in_(some))
        for kind, rows in raw(opened.connection, query).groupby("kind"):
            rows = rows.reset_index(drop=True).astype({"reported_at": "int64"})
            register = Register(str(kind), book, gazetteer(), receipt, None)
            opened.replace(placement, register.placed(rows))
        done += len(some)
        step(done, len(keys))
    return receipt


def _moved(opened: Batch, past: Past, people: Turn) -> set[str]:
    """Keys of persons who go back to another address, point or district than the one that they have now."""
    found: set[str] = set()
    for some in chunks(people.back["key"].tolist(), KEYS_A_QUERY):
        query = select(person.c.key, *(person.c[name] for name in GROUNDS))
        now = raw(opened.connection, query.where(person.c.batch == past.number, person.c.key.in_(some)))
        now = now.drop_duplicates("key", keep="last").set_index("key")
        old = people.back.set_index("key")[list(GROUNDS)].reindex(now.index)
        same = ((now == old) | (now.isna() & old.isna())).all(axis=1)
        found |= set(now.index[~same])
    return found


def _believed(opened: Batch, keys: list[str]) -> pd.DataFrame:
    found = [pd.DataFrame(columns=["key", "decided_by"])]
    for some in chunks(keys, KEYS_A_QUERY):
        query = select(placement.c.key, placement.c.decided_by)
        found.append(raw(opened.connection, query.where(placement.c.known_until == FOREVER, placement.c.key.in_(some))))
    return pd.concat(found, ignore_index=True)
