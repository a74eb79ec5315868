"""Find out the frame of a file that is to be imported, from places that the store knows already."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection

from geo import boundaries, datum, frames
from geo.datum_detect import FRAMES, Finding, detect, detect_in_areas
from layers.intake import readers
from layers.intake._feed import Feed, Part
from layers.intake.datum_parts import Decision, decide, source_column, sources_of
from layers.intake.datum_picture import offsets
from layers.intake.matching import Gazetteer
from layers.intake.places import DistrictBook, HospitalBook, believed
from layers.intake.profile import Profile, Renamer
from layers.store.writing import fact

SAMPLE = 3_000  # rows read for each source, spread evenly over the file; some 0.5 s of reading addresses
OPTION = f"--datum {'|'.join(datum.DATUMS)}"


class Finder:
    """Finds the frame of files of one feed.

    book, gazetteer  the districts and compounds that are believed; the gazetteer is asked for only where it is needed
    """

    def __init__(
        self, connection: Connection, feed: Feed, book: DistrictBook, gazetteer: Callable[[], Gazetteer]
    ) -> None:
        self._connection, self._feed, self._book, self._gazetteer = connection, feed, book, gazetteer
        self.offsets: dict[str, list[list[int]]] = {}  # of the file judged last
        self._part = next((part for part in feed.parts if part.labelled or "lon" in part.columns), None)

    def find(self, path: Path, profile: Profile) -> Decision | None:
        """Return the frame of the file, or of each of its sources; None where it holds no position. FeedError: not to be told.

        A place is known by its address (persons), by its key (what the store holds already), or by its name (compounds,
        hospitals, zones); where that names too few, the districts that the rows state decide, if they can.
        """
        rows, column = self._positions(path, profile)
        if rows.empty:
            return None
        place_lon, place_lat = self._places(rows)
        rows = rows.assign(place_lon=place_lon, place_lat=place_lat)
        self.offsets = offsets(*(rows[name] for name in ("lon", "lat", "place_lon", "place_lat")))
        return decide(rows, column, self._judge, path.name, OPTION)

    def _positions(self, path: Path, profile: Profile) -> tuple[pd.DataFrame, str | None]:
        """Rows with a position: the feed's columns, `lon` and `lat` as numbers as given, `source`; and the column of sources."""
        rename = Renamer(self._feed, profile, path.name)
        found: list[pd.DataFrame] = []
        column: str | None = None
        for chunk in readers.read(path, sheet=profile.options.get("sheet")):
            if chunk.rows.empty:
                continue
            column = source_column(chunk.rows.columns, profile, path.name)
            ours = rename(chunk.rows).assign(source=sources_of(chunk.rows, column))
            shaped = ours["geometry"].notna() if "geometry" in ours else pd.Series(False, index=ours.index)
            numbered = ours["lon"].notna() & ours["lat"].notna() if "lon" in ours else shaped
            found.append(ours[shaped | numbered])
        if not found:
            return pd.DataFrame(), column
        rows = _spread(pd.concat(found, ignore_index=True))
        lon, lat = _numbers(rows)
        good = np.isin(frames.require_lonlat(lon, lat).astype(str), ("", "metres"))
        return rows.assign(lon=lon, lat=lat)[good].reset_index(drop=True), column

    def _places(self, rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Where each row's place lies, as far as it is known without its position."""
        if self._feed.placed:
            return self._named(rows, rows["address"])
        lon, lat = self._known(rows, self._part) if self._part else (np.full(len(rows), np.nan),) * 2
        if self._feed.name == "compounds" or any(column.refers == "compound" for column in self._feed.columns):
            other_lon, other_lat = self._named(rows, rows["name"])
        elif self._feed.name == "hospitals":
            other_lon, other_lat = self._hospitals(rows)
        else:
            return lon, lat
        return np.where(np.isfinite(lon), lon, other_lon), np.where(np.isfinite(lat), lat, other_lat)

    def _named(self, rows: pd.DataFrame, texts: pd.Series) -> tuple[np.ndarray, np.ndarray]:
        """The compounds that the texts name for certain."""
        places = self._gazetteer()
        if not places.size:
            return (np.full(len(rows), np.nan),) * 2
        names = [self._book.titles.get(self._book.code(v) or "", v or "") for v in rows["district"]]
        asked = pd.DataFrame({"subject": "", "address": texts.to_numpy(object), "district_name": names})
        return places.anchors(places.read(asked))

    def _known(self, rows: pd.DataFrame, part: Part) -> tuple[np.ndarray, np.ndarray]:
        """The places that the store holds under the rows' own keys."""
        keys = [part.prefix + "|".join(map(str, key)) for key in zip(*(rows[name] for name in part.key), strict=True)]
        held = believed(self._connection, fact(part.table), "key", "lon", "lat").drop_duplicates("key").set_index("key")
        at = held.reindex(keys)
        return at["lon"].to_numpy(float), at["lat"].to_numpy(float)

    def _hospitals(self, rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        book = HospitalBook.load(self._connection)
        held = believed(self._connection, fact("hospital"), "code", "lon", "lat").set_index("code")
        at = held.reindex([book.code(name) for name in rows["name"]])
        return at["lon"].to_numpy(float), at["lat"].to_numpy(float)

    def _judge(self, rows: pd.DataFrame) -> Finding:
        """The frame by anchors; by districts where there are too few to say anything."""
        found = detect(*(rows[name] for name in ("lon", "lat", "place_lon", "place_lat")))
        if found.why not in ("few", "weak") or "district" not in rows:
            return found
        codes = np.array([self._book.code(value) or "" for value in rows["district"]], dtype=object)
        lon, lat = rows["lon"].to_numpy(float), rows["lat"].to_numpy(float)
        stated = (codes != "") & (np.abs(lon) <= 180)
        if not stated.any():
            return found
        read = {frame: datum.to_wgs84(lon[stated], lat[stated], frame) for frame in FRAMES}
        by_area = detect_in_areas({frame: self._book.at(*at) == codes[stated] for frame, at in read.items()})
        return by_area if by_area.frame else found


def _spread(rows: pd.DataFrame) -> pd.DataFrame:
    """At most SAMPLE rows of each source, from the whole file: it may change its frame half-way."""
    texts = [name for name in ("source", "address", "name", "district") if name in rows]
    distinct = rows.drop_duplicates([*texts, *(["lon", "lat"] if "lon" in rows else [])])
    order = distinct.groupby("source").cumcount()
    size = distinct.groupby("source")["source"].transform("size")
    step = np.maximum(1, -(-size // SAMPLE))
    return distinct[order % step == 0].reset_index(drop=True)


def _numbers(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude as given; of a shape those of a point inside it."""
    nothing = pd.Series(np.nan, index=rows.index)
    lon, lat = (
        pd.to_numeric(rows[name], errors="coerce").to_numpy(float) if name in rows else nothing.to_numpy()
        for name in ("lon", "lat")
    )
    if "geometry" not in rows:
        return lon, lat
    shapes = np.array([g if isinstance(g, shapely.Geometry) else None for g in rows["geometry"]], dtype=object)
    inner_lon, inner_lat = boundaries.label_points(shapes)
    return np.where(np.isfinite(inner_lon), inner_lon, lon), np.where(np.isfinite(inner_lat), inner_lat, lat)
