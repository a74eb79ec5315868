"""Rows of a partition of cases, cleaned as every file of cases is, and what was dropped on the way."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from geo import datum
from geo.city_kept import SHIFTED
from geo.frames import LAT, LON, require_lonlat
from geo.geocode_model import rounding_m
from geo.match import FINE_M, SHARED_BY

LONGEST = 4_000  # characters of one text; longer ones are a broken file, not an address
Floats = NDArray[np.float64]


@dataclass
class Seen:
    """What a partition held."""

    rows: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)  # values that cannot be true, by reason
    strangers: Counter[str] = field(default_factory=Counter)  # rows of cities without compounds


@dataclass(frozen=True)
class Cases:
    """Rows of one batch, cleaned: blank text is "", a position that cannot be true is NaN."""

    ids: pa.Array
    address: NDArray[np.object_]
    district: NDArray[np.object_]
    city: NDArray[np.object_]
    lon: Floats
    lat: Floats
    precision_m: Floats  # by the source's own word, NaN where it says nothing

    @classmethod
    def of(cls, table: pa.Table, frame: str, seen: Seen) -> "Cases":
        """Return the rows of a table with our column names, and count in `seen` what was dropped."""
        lon, lat = _positions(table, frame, seen)
        ids = pc.fill_null(_flat(table["case_id"]).cast(pa.string()), "")
        address, district, city = (_texts(table, name, seen) for name in ("address", "district", "city"))
        return cls(ids, address, district, city, lon, lat, _numbers(table, "precision_m"))

    def by_city(self, city: str | None) -> Iterator[tuple[str, NDArray[np.int64]]]:
        """Yield the rows of each city."""
        if city is not None:
            yield city, np.arange(len(self.ids))
            return
        for name in dict.fromkeys(self.city.tolist()):
            yield name, np.flatnonzero(self.city == name)

    def rows(self, at: NDArray[np.int64]) -> "Cases":
        """Some of them."""
        if len(at) == len(self.ids):
            return self
        return Cases(
            self.ids.take(pa.array(at)),
            self.address[at],
            self.district[at],
            self.city[at],
            self.lon[at],
            self.lat[at],
            self.precision_m[at],
        )

    def worded(self) -> NDArray[np.bool_]:
        """Rows with an address, and those on a coordinate that so many of them share that it may be filled in."""
        asked: NDArray[np.bool_] = self.address != ""
        placed = asked & np.isfinite(self.lon)
        if asked.all() or placed.sum() < SHARED_BY:
            return asked
        place = np.round(self.lon, 6) + 1j * np.round(self.lat, 6)
        shared, count = np.unique(place[placed], return_counts=True)
        return asked | np.isin(place, shared[count >= SHARED_BY])

    def coarse(self, frame: str) -> NDArray[np.bool_]:
        """Rows whose point may lie far off, by the source's word or by its rounding; as they came, where they still are."""
        if frame in SHIFTED:
            rounded = np.all([np.abs(v - np.round(v, 3)) < 1e-9 for v in (self.lon, self.lat)], axis=0)
        else:
            rounded = rounding_m(self.lon, self.lat) > FINE_M
        return np.asarray(rounded | (self.precision_m > FINE_M))


def _flat(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _texts(table: pa.Table, name: str, seen: Seen) -> NDArray[np.object_]:
    if name not in table.column_names:
        return np.full(len(table), "", dtype=object)
    column = pc.fill_null(_flat(table[name]).cast(pa.string()), "")
    shorn = pc.replace_substring_regex(column, "[\u200b\u200c\u200d\ufeff\u2060]", "")
    texts = np.asarray(pc.utf8_trim_whitespace(shorn).to_numpy(zero_copy_only=False), dtype=object)
    endless = pc.greater(pc.utf8_length(shorn), LONGEST).to_numpy(zero_copy_only=False)
    if endless.any():
        texts[endless] = ""
        seen.dropped[f"{name} longer than {LONGEST} characters"] += int(endless.sum())
    return texts


def _numbers(table: pa.Table, name: str) -> Floats:
    if name not in table.column_names:
        return np.full(len(table), np.nan)
    return np.array(_flat(table[name]).cast(pa.float64()).to_numpy(zero_copy_only=False))


def _positions(table: pa.Table, frame: str, seen: Seen) -> tuple[Floats, Floats]:
    """Positions as they came; only those in metres are brought to degrees, because shapes cannot be looked up otherwise."""
    x, y = _numbers(table, "lon"), _numbers(table, "lat")
    inside = (x >= LON[0]) & (x <= LON[1]) & (y > LAT[0]) & (y <= LAT[1])
    doubtful = np.flatnonzero(~inside & ~(np.isnan(x) & np.isnan(y)))
    if len(doubtful):
        reason = require_lonlat(x[doubtful], y[doubtful])
        reason[np.isnan(x[doubtful]) | np.isnan(y[doubtful])] = "half"
        if frame.startswith(("cgcs2000", "epsg")):
            reason[reason == "metres"] = ""
        bad = reason != ""
        seen.dropped.update(reason[bad].tolist())
        x[doubtful[bad]] = y[doubtful[bad]] = np.nan
    return (x, y) if frame in ("wgs84", *SHIFTED) else datum.to_wgs84(x, y, frame)
