"""Persons of a delivery: drop what must not be kept, place them in compounds, and keep the totals true."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Table, select

from layers.intake import datum_evidence
from layers.intake.matching import Gazetteer
from layers.intake.places import DistrictBook
from layers.intake.receipt import Receipt
from layers.store import totals
from layers.store.schema import FOREVER, person_status, placement
from layers.store.writing import KEYS_A_QUERY, Batch, chunks

ANCHORS = (
    400  # rows whose address alone is matched, to test the datum: enough by MATCHING 4, and a fraction of a second
)
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

    def increments(self, connection: Connection, subjects: list[str]) -> pd.DataFrame:
        """Return what these persons add to the totals as believed now."""
        return increments_of(connection, self.kind, subjects)

    def place(self, opened: Batch, persons: pd.DataFrame, progress: Callable[[int, int], None] | None = None) -> None:
        """Match persons (store columns of `person`) and write where each belongs."""
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
        placed = self.gazetteer.place(asked, progress)
        self._evidence(asked, lon, lat, code)
        self.receipt.matched.update(f"{s}/{m}" for s, m in zip(placed["status"], placed["method"], strict=True))
        rows = placed.assign(
            key=self.kind + ":" + placed["subject"],
            kind=self.kind,
            decided_by="auto",
            row=persons["row"].to_numpy(),
            happened_at=0,
            reported_at=persons["reported_at"].to_numpy(),
        )
        opened.put(placement, rows)

    def _evidence(self, asked: pd.DataFrame, lon: np.ndarray, lat: np.ndarray, code: np.ndarray) -> None:
        if not self.stated or not np.isfinite(lon).any():
            return
        datum_evidence.by_districts(self.receipt, self.stated, lon, lat, code, self.book)
        rows = asked[np.isfinite(lon) & asked["address"].notna().to_numpy()].head(ANCHORS)
        if len(rows):
            anchor_lon, anchor_lat = self.gazetteer.anchors(rows)
            datum_evidence.by_anchors(
                self.receipt, self.stated, rows["lon"].to_numpy(), rows["lat"].to_numpy(), anchor_lon, anchor_lat
            )


def increments_of(connection: Connection, kind: str, subjects: list[str]) -> pd.DataFrame:
    """Return what persons of a kind add to the totals, as the running transaction sees them."""
    steps = _believed(connection, person_status, STEPS, kind, subjects)
    return totals.increments(steps, _believed(connection, placement, PLACES, kind, subjects))


def digest(numbers: pd.Series, salt: str) -> pd.Series:
    """Return salted digests of identity numbers: the same person is found again, the number is not kept."""
    return numbers.map(
        lambda n: (
            hashlib.blake2b(str(n).upper().encode(), key=salt.encode(), digest_size=12).hexdigest()
            if isinstance(n, str)
            else None
        )
    )


def _believed(connection: Connection, table: Table, columns: list[str], kind: str, subjects: list[str]) -> pd.DataFrame:
    found: list[Any] = []
    for some in chunks(subjects, KEYS_A_QUERY):
        query = select(*(table.c[name] for name in columns)).where(
            table.c.subject.in_(some), table.c.kind == kind, table.c.known_until == FOREVER
        )
        found += connection.execute(query).fetchall()
    return pd.DataFrame.from_records(found, columns=columns)
