"""Points to the polygons that hold them, exactly; and to the nearest one within some metres, saying when two are as near."""

import time
from dataclasses import fields, replace
from pathlib import Path
from threading import Lock
from typing import Any, Self

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo import point_grid, point_near, point_store
from geo.crs import metres_a_degree
from geo.errors import GeoError
from geo.point_edges import Floats, Ints, edges_of, require_degrees
from geo.point_engine import Engine, in_parts, kernel, require_engine
from geo.point_grid import NOTHING
from geo.point_grid_numpy import UNSURE
from geo.point_located import Located, Report
from geo.point_near import NORTHMOST, Near
from geo.point_near_numpy import Answer
from geo.point_settle import Settler
from geo.point_store import Stored, fixed, shapes_of

AT_ONCE = 65_536  # points; what a query needs besides its answer stays below some 100 MB
# Lists of near edges are made for reaches up to this, once as many points were asked for as make up for the work.
LISTED_M = 3_000.0
EDGES_A_POINT = 20


class PointIndex:
    """An index over shapes in WGS-84 degrees.

    A point on a boundary counts as inside. Where shapes overlap or share a wall the smallest holds the point, and of equal
    ones the first; the same order settles equal distances (to a micrometre). Shapes may be None; points and lines among
    them hold nothing and can only be near; a collection holds what its polygons hold.
    Walls are straight in degrees. Distances are measured on a plane laid at the point, with the metres that a degree has at
    its latitude: 0.1 % up to 10 km. Raises GeoError where shapes are not in degrees.

    engine      "numpy", or "numba", which is compiled and an optional dependency; "auto" compiles for large batches where
                that is installed. The answers are the same.
    within_m    makes the lists for nearest shapes at once, for distances up to this; else they are made when they pay.
    """

    def __init__(self, geometries: NDArray[np.object_], *, engine: Engine = "auto", within_m: float = 0.0) -> None:
        started = time.perf_counter()
        shapes = np.asarray(geometries, dtype=object)
        if shapes.ndim != 1:
            raise GeoError(f"shapes have {shapes.ndim} dimensions; wanted one")
        require_degrees(shapes)
        edges = edges_of(shapes)
        count = int((~(shapely.is_missing(shapes) | shapely.is_empty(shapes))).sum())
        self._adopt(Stored(count, edges, point_grid.build(edges), None, shapes), engine)
        self._build_s = time.perf_counter() - started
        if 0 < within_m <= LISTED_M and self._listable:
            self._make_lists(within_m)

    @classmethod
    def load(cls, folder: Path | str, *, engine: Engine = "auto") -> Self:
        """Return an index that was saved, mapped into memory: processes that load it share one copy."""
        index = cls.__new__(cls)
        index._adopt(point_store.load(Path(folder)), engine)
        return index

    def save(self, folder: Path | str) -> None:
        """Write the index to a folder, with the lists of near edges if they were made."""
        point_store.save(Path(folder), self._stored)

    def _adopt(self, stored: Stored, engine: Engine) -> None:
        require_engine(engine)
        near = _fixed(stored.near) if stored.near else None
        self._stored = replace(stored, edges=_fixed(stored.edges), grid=_fixed(stored.grid), near=near)
        self._engine = engine
        self._settler = Settler(lambda: shapes_of(stored.shapes), self._stored.edges)
        self._build_s = self._near_build_s = 0.0
        self._asked = 0
        self._lock = Lock()
        self._listable = bool((np.abs(self._stored.edges.ends[:, [1, 3]]) < NORTHMOST).all())

    def __len__(self) -> int:
        return self._stored.count

    def report(self) -> Report:
        """Return sizes and the seconds that building took."""
        edges, grid, near = self._stored.edges, self._stored.grid, self._stored.near
        return Report(
            shapes=len(self),
            edges=len(edges.ends),
            cell_deg=grid.frame.side,
            records=len(grid.records),
            edge_bytes=edges.ends.nbytes + edges.owner.nbytes + edges.rank.nbytes,
            grid_bytes=grid.nbytes,
            near_m=near.reach_m if near else 0.0,
            near_bytes=near.nbytes if near else 0,
            build_s=self._build_s,
            near_build_s=self._near_build_s,
        )

    def locate(self, lon: ArrayLike, lat: ArrayLike, within_m: float = 0.0) -> Located:
        """Return the shape that holds each point, else the nearest within `within_m`; points that are not finite have none.

        With `within_m` a point inside one shape also learns which other is near: closer than 5 m makes it ambiguous.
        """
        x, y = _numbers(lon), _numbers(lat)
        if x.shape != y.shape or x.ndim != 1:
            raise GeoError(f"points: {x.shape} longitudes and {y.shape} latitudes; wanted two lists of one length")
        if not 0 <= within_m < np.inf:
            raise GeoError(f"within_m is {within_m}; wanted metres, 0 or more")
        first, second = np.empty(len(x), dtype=np.int32), np.empty(len(x), dtype=np.int32)
        holder = kernel("grid", self._engine, len(x))
        if within_m == 0:
            in_parts(len(x), AT_ONCE, lambda part: self._hold(holder, x[part], y[part], first[part], second[part]))
            return Located(first, second)
        lists = self._lists(within_m, len(x))
        reacher = kernel("near", self._engine, len(x)) if lists else None
        inside, first_m, second_m = np.empty(len(x), dtype=bool), np.empty(len(x)), np.empty(len(x))

        def work(part: slice) -> None:
            answer = Answer(first[part], second[part], first_m[part], second_m[part])
            self._hold(holder, x[part], y[part], answer.first, answer.second)
            inside[part] = answer.first != NOTHING
            self._reach(reacher, lists, x[part], y[part], within_m, answer)

        in_parts(len(x), AT_ONCE, work)
        return Located(first, second, (inside, first_m, second_m))

    def _hold(self, holder: Any, x: Floats, y: Floats, first: Ints, second: Ints) -> None:
        """Write the two winning shapes that hold the points; GEOS settles what rounding leaves open."""
        if holder.hold(self._stored.grid, self._stored.edges.ends, x, y, first, second):
            unsure = np.flatnonzero(first == UNSURE)
            one, other = np.empty((2, len(unsure)), dtype=np.int32)
            self._settler.hold(x[unsure], y[unsure], one, other)
            first[unsure], second[unsure] = one, other

    def _reach(self, reacher: Any, lists: Near | None, x: Floats, y: Floats, within_m: float, answer: Answer) -> None:
        """Fill in distances, and the nearest shapes of the points that no two shapes hold."""
        answer.first_m[:] = np.where(answer.first != NOTHING, 0.0, np.nan)
        answer.second_m[:] = np.where(answer.second != NOTHING, 0.0, np.nan)
        open_ = np.flatnonzero((answer.second == NOTHING) & (np.abs(x) <= 180) & (np.abs(y) < 90))
        if not len(open_):
            return
        some = answer
        if len(open_) < len(x):
            some = Answer(*(getattr(answer, field.name)[open_] for field in fields(answer)))
            x, y = fixed(x[open_]), fixed(y[open_])
        place = (x, y, *metres_a_degree(y), within_m, some)
        if lists is not None:
            reacher.reach(lists, self._stored.edges, *place)
        else:
            self._settler.reach(*place)
        if some is not answer:
            for field in fields(answer):
                getattr(answer, field.name)[open_] = getattr(some, field.name)

    def _lists(self, within_m: float, points: int) -> Near | None:
        """Return lists that are good for the reach; None where they were not made and do not pay yet."""
        with self._lock:
            near = self._stored.near
            if near is not None and near.reach_m >= within_m:
                return near
            self._asked += points
            worthwhile = self._asked * EDGES_A_POINT >= len(self._stored.edges.ends)
            return self._make_lists(within_m) if within_m <= LISTED_M and self._listable and worthwhile else None

    def _make_lists(self, within_m: float) -> Near:
        started = time.perf_counter()
        near: Near = _fixed(point_near.build(self._stored.edges, within_m))
        self._stored = replace(self._stored, near=near)
        self._near_build_s = time.perf_counter() - started
        return near


def _numbers(values: ArrayLike) -> Floats:
    return fixed(np.ascontiguousarray(np.atleast_1d(np.asarray(values, dtype=float))))


def _fixed(part: Any) -> Any:
    """The same dataclass with arrays that nobody writes to."""
    arrays = {field.name: getattr(part, field.name) for field in fields(part)}
    return replace(part, **{name: fixed(value) for name, value in arrays.items() if isinstance(value, np.ndarray)})
