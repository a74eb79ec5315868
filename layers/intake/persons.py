"""Persons of a delivery: drop what must not be kept, place them in compounds, and keep the totals true."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy import Table, and_, select

from geo.address_match import AddressAnswer
from layers.intake import datum_evidence
from layers.intake.matching import Gazetteer
from layers.intake.places import DistrictBook
from layers.intake.receipt import Receipt
from layers.store import Store, totals
from layers.store.schema import FOREVER, person, person_status, placement
from layers.store.writing import KEYS_A_QUERY, Batch, chunks

AUTO = "auto"  # who decided, where no person did
GROUNDS = ("address", "lon", "lat", "district_stated")  # what a placement rests on
PERSONS_A_COUNT = KEYS_A_QUERY
PLACES = ["subject", "compound", "district", "street", "building"]
STEPS = ["subject", "dimension", "value", "happened_at"]


@dataclass(frozen=True)
class Register:
    """Places the persons of one kind within an open batch."""

    kind: str  # case | contact | fever
    book: DistrictBook
    gazetteer: Gazetteer
    receipt: Receipt
    stated: str | None

    def place(self, opened: Batch, persons: pd.DataFrame, progress: Callable[[int, int], None] | None = None) -> None:
        """Match persons (store columns of `person`) and write where each belongs.

        What a reviewer decided stands as long as address, point and district of the person are what they were.
        """
        persons = persons[~persons["key"].isin(_decided_and_same(opened, persons)).to_numpy()]
        if persons.empty:
            return
        stated = persons["district_stated"].fillna("").to_numpy(object)
        code = np.array([self.book.code(s) or "" for s in stated], dtype=object)
        lon, lat = persons["lon"].to_numpy(float), persons["lat"].to_numpy(float)
        by_point = self.book.at(lon, lat)
        asked = pd.DataFrame(
            {
                "subject": persons["subject"].to_numpy(object),
                "address": persons["address"].to_numpy(object),
                "lon": lon,
                "lat": lat,
                "district_name": [self.book.titles.get(c, s) for c, s in zip(code, stated, strict=True)],
                "district_code": np.where(code != "", code, by_point),
            }
        )
        read = self.gazetteer.read(asked, progress)
        self._evidence(read, lon, lat, code)
        placed = self.gazetteer.place(asked, read)
        self.receipt.matched.update(f"{s}/{m}" for s, m in zip(placed["status"], placed["method"], strict=True))
        rows = placed.assign(
            key=self.kind + ":" + placed["subject"],
            kind=self.kind,
            decided_by=AUTO,
            row=persons["row"].to_numpy(),
            happened_at=0,
            reported_at=persons["reported_at"].to_numpy(),
        )
        opened.put(placement, rows)

    def _evidence(self, read: list[AddressAnswer], lon: np.ndarray, lat: np.ndarray, code: np.ndarray) -> None:
        if not self.stated or not np.isfinite(lon).any():
            return
        datum_evidence.by_districts(self.receipt, self.stated, lon, lat, code, self.book)
        datum_evidence.by_anchors(self.receipt, self.stated, lon, lat, *self.gazetteer.anchors(read))


def recount(opened: Batch, kind: str, subjects: list[str]) -> None:
    """Write into the totals what an open batch changed for these persons: what they gave before it, and what they give now."""
    for some in chunks(sorted(set(subjects)), PERSONS_A_COUNT):
        before, after = (
            totals.increments(
                _versions(opened, person_status, STEPS, kind, some, before=past),
                _versions(opened, placement, PLACES, kind, some, before=past),
            )
            for past in (True, False)
        )
        totals.write(opened, before, after)


def _decided_and_same(opened: Batch, persons: pd.DataFrame) -> set[str]:
    """Keys of persons whom a reviewer placed and whose grounds are those of the version that this batch has closed."""
    found: set[str] = set()
    for some in chunks(persons["key"].tolist(), KEYS_A_QUERY):
        decided = select(placement.c.key).where(
            placement.c.key.in_(some), placement.c.known_until == FOREVER, placement.c.decided_by != AUTO
        )
        keys = [key for (key,) in opened.connection.execute(decided)]
        old = select(person.c.key, *(person.c[name] for name in GROUNDS))
        old = old.where(person.c.key.in_(keys), person.c.known_until == opened.known_from)
        rows = Store.frame(opened.connection, old).set_index("key")
        new = persons.set_index("key")[list(GROUNDS)].reindex(rows.index)
        same = ((rows == new) | (rows.isna() & new.isna())).all(axis=1)
        found |= set(rows.index[same])
    return found


def digest(numbers: pd.Series, salt: str) -> pd.Series:
    """Return salted digests of identity numbers: the same person is found again, the number is not kept."""
    return numbers.map(
        lambda n: (
            hashlib.blake2b(str(n).upper().encode(), key=salt.encode(), digest_size=12).hexdigest()
            if isinstance(n, str)
            else None
        )
    )


def _versions(
    opened: Batch, table: Table, columns: list[str], kind: str, subjects: list[str], *, before: bool
) -> pd.DataFrame:
    """Versions believed when the batch was opened, or those believed now."""
    past = and_(table.c.known_from < opened.known_from, table.c.known_until >= opened.known_from)
    query = select(*(table.c[name] for name in columns)).where(
        table.c.subject.in_(subjects), table.c.kind == kind, past if before else table.c.known_until == FOREVER
    )
    return pd.DataFrame.from_records(opened.connection.execute(query).fetchall(), columns=columns)
