"""A city's compounds kept in a folder: written once, then opened by every process that matches cases of that city."""

import hashlib
import json
import shutil
import tempfile
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from geo import datum
from geo.address_match import AddressMatcher
from geo.address_model import VERSION, judge_for
from geo.gazetteer import Gazetteer
from geo.match import CompoundMatcher, geometries_of
from geo.match_points import Labels
from geo.point_engine import is_compiler_installed
from geo.point_index import PointIndex

LISTS = ("aliases", "addresses", "areas")
TEXTS = ("compound_id", "name", "district", "street", "community")
SHIFTED = ("gcj02", "bd09")  # frames in degrees that are not WGS-84: shapes are brought there, points stay as they came
OPEN_AT_ONCE = 3  # cities a process keeps: partitions come city by city, and each takes some 100 MB
COMPOUNDS, WHOLE, JUDGED = "compounds.parquet", "whole.json", "judged"


@dataclass(frozen=True)
class City:
    """Where a city's compounds are kept. A task carries this, never the compounds themselves.

    version  of what was kept and of what judges addresses: another one means other answers
    cache    folder of fitted judges
    """

    name: str
    version: str
    folder: Path
    cache: Path
    compounds: int


def keep(name: str, compounds: pd.DataFrame, folder: Path) -> City:
    """Write a city's compounds (the gazetteer's columns, `lon`, `lat`, `geometry` in WGS-84) below `folder`, unless there."""
    table = _table(compounds)
    version = _version(table)
    place = folder / f"city-{version}"
    if not (place / WHOLE).is_file():
        folder.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".city-", dir=folder))
        try:
            pq.write_table(table, made / COMPOUNDS, compression="zstd")
            (made / WHOLE).write_text(json.dumps({"compounds": len(table)}), "utf-8")
            shutil.rmtree(place, ignore_errors=True)
            made.rename(place)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return City(name, version, place, folder, len(table))


def prepare(city: City, frame: str, within_m: float, addresses: bool) -> City:
    """Make what opening the city needs and what takes long: the index in that frame and, for addresses, the judge."""
    opened = OpenCity(city, frame, within_m)
    opened.index  # noqa: B018 (made and kept when asked for)
    judged = city.folder / JUDGED
    if addresses and not judged.is_file():
        judge_for(Gazetteer.from_frame(opened.compounds), city.cache)
        judged.touch()
    return city


class OpenCity:
    """A city in one process: its index is mapped, so that processes share it; its matcher is built when an address asks."""

    def __init__(self, city: City, frame: str, within_m: float) -> None:
        self._city, self._frame, self._within_m = city, frame, within_m
        self._lock = Lock()

    @cached_property
    def compounds(self) -> pd.DataFrame:
        """The compounds, their positions in the frame of the points."""
        table = pq.read_table(self._city.folder / COMPOUNDS)
        frame = table.to_pandas()
        shapes = np.asarray(shapely.from_wkb(frame["geometry"].to_numpy(object)), dtype=object)
        lon, lat = frame["lon"].to_numpy(float), frame["lat"].to_numpy(float)
        if self._frame in SHIFTED:
            there = lambda xy: np.column_stack(datum.from_wgs84(xy[:, 0], xy[:, 1], self._frame))  # noqa: E731
            shapes = shapely.transform(shapes, there)
            lon, lat = datum.from_wgs84(lon, lat, self._frame)
        return frame.assign(lon=lon, lat=lat, geometry=pd.Series(shapes, index=frame.index, dtype=object))

    @cached_property
    def labels(self) -> Labels:
        """Ids and names."""
        ids, names = (pa.array(self.compounds[c].tolist(), pa.string()) for c in ("compound_id", "name"))
        return Labels(ids, names)

    @property
    def index(self) -> PointIndex | None:
        """The index over outlines, or points where there is no outline; None where no compound has a position."""
        with self._lock:
            return self._index

    @cached_property
    def _index(self) -> PointIndex | None:
        shapes = geometries_of(self.compounds)
        if shapes is None:
            return None
        kept = self._city.folder / f"index-{self._frame}-{self._within_m:g}m"
        if not kept.is_dir():
            PointIndex(shapes, within_m=self._within_m).save(kept)
        return PointIndex.load(kept, engine="numba" if is_compiler_installed() else "numpy")

    @property
    def matcher(self) -> CompoundMatcher:
        """The matcher for rows with addresses."""
        index = self.index
        with self._lock:
            if self._matcher is None:
                self._matcher = CompoundMatcher.build(self.compounds, cache=self._city.cache, index=index)
            return self._matcher

    @property
    def point_matcher(self) -> CompoundMatcher:
        """A matcher for rows without addresses, for which no judge need be fitted."""
        index = self.index
        with self._lock:
            if self._point_matcher is None:
                addresses = AddressMatcher(Gazetteer.from_frame(self.compounds))
                self._point_matcher = CompoundMatcher(addresses, geometries_of(self.compounds), index=index)
            return self._point_matcher

    _matcher: CompoundMatcher | None = None
    _point_matcher: CompoundMatcher | None = None


_opened: OrderedDict[tuple[str, str, float], OpenCity] = OrderedDict()
_opening = Lock()


def opened(city: City, frame: str, within_m: float) -> OpenCity:
    """Return the city as this process has it open; those not asked for lately are closed."""
    key = (city.version, frame, within_m)
    with _opening:
        if key not in _opened:
            _opened[key] = OpenCity(city, frame, within_m)
        _opened.move_to_end(key)
        while len(_opened) > OPEN_AT_ONCE:
            _opened.popitem(last=False)
        return _opened[key]


def _table(compounds: pd.DataFrame) -> pa.Table:
    count = len(compounds)
    columns = {name: pa.array(_cells(compounds, name, count), pa.string()) for name in TEXTS}
    columns |= {name: pa.array(_cells(compounds, name, count), pa.list_(pa.string())) for name in LISTS}
    for name in ("lon", "lat"):
        columns[name] = pa.array(
            pd.to_numeric(pd.Series(_cells(compounds, name, count)), errors="coerce"), pa.float64()
        )
    shapes = [s if isinstance(s, shapely.Geometry) else None for s in _cells(compounds, "geometry", count)]
    columns["geometry"] = pa.array(shapely.to_wkb(np.array(shapes, dtype=object)).tolist(), pa.binary())
    return pa.table(columns)


def _cells(compounds: pd.DataFrame, name: str, count: int) -> list[object]:
    if name not in compounds:
        return [None] * count
    return [v if isinstance(v, list) or v == v else None for v in compounds[name]]


def _version(table: pa.Table) -> str:
    digest = hashlib.sha256(f"{VERSION}".encode())
    for name in table.column_names:
        digest.update(f"{name}:{table[name].to_pylist()!r}".encode())
    return digest.hexdigest()[:16]
