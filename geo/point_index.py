"""Points to the polygons that hold them, exactly; and to the nearest one within some metres, saying when two are as near."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.crs import metres_a_degree
from geo.errors import GeoError

# The second nearest must be this much farther before the nearest is sure: geocodes scatter by tens of metres.
CLEARLY = 1.5
CLEARLY_M = 5.0


@dataclass(frozen=True)
class Located:
    """Where points lie: arrays with one value a point."""

    position: NDArray[np.int64]  # of the shape, -1 for none
    inside: NDArray[np.bool_]  # inside it or on its boundary
    distance_m: NDArray[np.float64]  # 0 inside, NaN where there is none
    runner_up: NDArray[
        np.int64
    ]  # another shape that holds the point, else the second nearest within reach, -1 for none
    runner_up_m: NDArray[np.float64]
    ambiguous: NDArray[np.bool_]  # several shapes hold the point, or the second nearest is hardly farther


class PointIndex:
    """An index over shapes in WGS-84 degrees.

    A point on a boundary counts as inside. Where shapes overlap or share a wall the smallest holds the point, and of equal
    ones the first. Shapes may be None; points and lines among them hold nothing and can only be near.
    Distances are measured on a plane that touches the ellipsoid at the middle latitude of the shapes: 0.1 % over a city.
    """

    def __init__(self, geometries: NDArray[np.object_]) -> None:
        shapes = np.asarray(geometries, dtype=object)
        if shapes.ndim != 1:
            raise GeoError(f"shapes have {shapes.ndim} dimensions; wanted one")
        usable = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
        self._at = np.flatnonzero(usable)
        self._shapes = shapes[usable]
        areal = np.isin(shapely.get_type_id(self._shapes), (3, 6))
        self._areal_at = self._at[areal]
        self._tree = shapely.STRtree(self._shapes[areal])
        rank = np.lexsort((self._areal_at, shapely.area(self._shapes[areal])))
        self._rank = np.empty(len(rank), dtype=np.int64)
        self._rank[rank] = np.arange(len(rank))
        bounds = shapely.total_bounds(self._shapes) if len(self._shapes) else np.zeros(4)
        east, north = metres_a_degree((bounds[1] + bounds[3]) / 2)
        self._scale = np.array([float(east), float(north)])
        self._metric: tuple[shapely.STRtree, NDArray[np.object_]] | None = None

    def __len__(self) -> int:
        return len(self._shapes)

    def locate(self, lon: ArrayLike, lat: ArrayLike, within_m: float = 0.0) -> Located:
        """Return the shape that holds each point, else the nearest within `within_m`; points that are not finite have none."""
        x, y = np.atleast_1d(np.asarray(lon, dtype=float)), np.atleast_1d(np.asarray(lat, dtype=float))
        count = len(x)
        found = Located(
            position=np.full(count, -1, dtype=np.int64),
            inside=np.zeros(count, dtype=bool),
            distance_m=np.full(count, np.nan),
            runner_up=np.full(count, -1, dtype=np.int64),
            runner_up_m=np.full(count, np.nan),
            ambiguous=np.zeros(count, dtype=bool),
        )
        finite = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        if len(self._shapes) and len(finite):
            self._contain(found, finite, x, y)
            if within_m > 0:
                self._reach(found, finite[found.position[finite] < 0], x, y, within_m)
        return found

    def _contain(self, found: Located, some: NDArray[np.int64], x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
        point, shape = self._tree.query(shapely.points(x[some], y[some]), predicate="intersects")
        order = np.lexsort((self._rank[shape], point))
        point, shape = some[point[order]], self._areal_at[shape[order]]
        first, second = _first_two(point)
        found.position[point[first]] = shape[first]
        found.inside[point[first]] = True
        found.distance_m[point[first]] = 0.0
        found.runner_up[point[second]] = shape[second]
        found.runner_up_m[point[second]] = 0.0
        found.ambiguous[point[second]] = True

    def _reach(
        self, found: Located, some: NDArray[np.int64], x: NDArray[np.float64], y: NDArray[np.float64], within_m: float
    ) -> None:
        if not len(some):
            return
        tree, shapes = self._in_metres()
        points = shapely.points(x[some] * self._scale[0], y[some] * self._scale[1])
        point, shape = tree.query(points, predicate="dwithin", distance=within_m)
        distance = shapely.distance(points[point], shapes[shape])
        order = np.lexsort((self._at[shape], distance, point))
        point, shape, distance = some[point[order]], self._at[shape[order]], distance[order]
        first, second = _first_two(point)
        found.position[point[first]] = shape[first]
        found.distance_m[point[first]] = distance[first]
        found.runner_up[point[second]] = shape[second]
        found.runner_up_m[point[second]] = distance[second]
        both = point[second]
        found.ambiguous[both] = found.runner_up_m[both] < CLEARLY * found.distance_m[both] + CLEARLY_M

    def _in_metres(self) -> tuple[shapely.STRtree, NDArray[np.object_]]:
        """The shapes on the plane, made when distances are first asked for."""
        if self._metric is None:
            shapes = np.asarray(shapely.transform(self._shapes, lambda xy: xy * self._scale), dtype=object)
            self._metric = (shapely.STRtree(shapes), shapes)
        return self._metric


def _first_two(groups: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where each run of equal values begins, and the places right behind those that still belong to the run."""
    if not len(groups):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    first = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    second = first + 1
    second = second[second < len(groups)]
    return first, second[groups[second] == groups[second - 1]]
