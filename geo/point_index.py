"""Points to the polygons that hold them, exactly; and to the nearest one within some metres, saying when two are as near."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.crs import conformal, ground
from geo.errors import GeoError

# The second nearest must be this much farther before the nearest is sure: geocodes scatter by tens of metres.
CLEARLY = 1.5
CLEARLY_M = 5.0
AT_ONCE = 100_000  # points; what a query needs besides its answer stays below some 100 MB

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Located:
    """Where points lie: arrays with one value a point. Another shape means another position in the array given."""

    position: Places  # of the shape, -1 for none
    inside: NDArray[np.bool_]  # inside it or on its boundary
    distance_m: Floats  # 0 inside, NaN where there is none
    runner_up: Places  # another shape that holds the point, else the second nearest within reach, -1 for none
    runner_up_m: Floats  # 0 where both hold the point, NaN where there is none
    ambiguous: NDArray[np.bool_]  # two shapes hold the point, or the second is hardly farther than the first


class PointIndex:
    """An index over shapes in WGS-84 degrees.

    A point on a boundary counts as inside. Where shapes overlap or share a wall the smallest holds the point, and of equal
    ones the first; the same order settles equal distances (to a micrometre). Shapes may be None; points and lines among
    them hold nothing and can only be near.
    Distances are measured on a conformal plane and scaled at the point: 0.1 % up to 10 km. Walls are straight on that plane,
    which moves the middle of one that is 1 km long by some 2 cm. Raises GeoError where shapes are not in degrees.
    """

    def __init__(self, geometries: NDArray[np.object_]) -> None:
        shapes = np.asarray(geometries, dtype=object)
        if shapes.ndim != 1:
            raise GeoError(f"shapes have {shapes.ndim} dimensions; wanted one")
        self._at = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
        self._shapes = shapes[self._at]
        _require_degrees(self._shapes)
        self._rank = np.empty(len(self._at), dtype=np.int64)
        self._rank[np.lexsort((self._at, shapely.area(self._shapes)))] = np.arange(len(self._at))
        self._areal = np.flatnonzero(np.isin(shapely.get_type_id(self._shapes), (3, 6)))
        self._tree = shapely.STRtree(self._shapes[self._areal])
        self._plane: tuple[shapely.STRtree, NDArray[np.object_]] | None = None

    def __len__(self) -> int:
        return len(self._shapes)

    def locate(self, lon: ArrayLike, lat: ArrayLike, within_m: float = 0.0) -> Located:
        """Return the shape that holds each point, else the nearest within `within_m`; points that are not finite have none.

        With `within_m` a point inside one shape also learns which other is near: closer than 5 m makes it ambiguous.
        """
        x, y = np.atleast_1d(np.asarray(lon, dtype=float)), np.atleast_1d(np.asarray(lat, dtype=float))
        if x.shape != y.shape or x.ndim != 1:
            raise GeoError(f"points: {x.shape} longitudes and {y.shape} latitudes; wanted two lists of one length")
        if not 0 <= within_m < np.inf:
            raise GeoError(f"within_m is {within_m}; wanted metres, 0 or more")
        found = _nothing(len(x))
        usable = np.flatnonzero((np.abs(x) <= 180) & (np.abs(y) < 90)) if len(self) else np.empty(0, dtype=np.int64)
        for start in range(0, len(usable), AT_ONCE):
            some = usable[start : start + AT_ONCE]
            self._hold(found, some, x[some], y[some])
            if within_m > 0:
                open_ = found.runner_up[some] < 0
                self._reach(found, some[open_], x[some[open_]], y[some[open_]], within_m)
        return found

    def _hold(self, found: Located, some: Places, x: Floats, y: Floats) -> None:
        """Fill in the shapes that hold the points `some`."""
        point, shape = self._tree.query(shapely.points(x, y), predicate="intersects")
        shape = self._areal[shape]
        order = np.lexsort((self._rank[shape], point))
        point, shape = some[point[order]], self._at[shape[order]]
        first, second = _first_two(point)
        found.position[point[first]] = shape[first]
        found.inside[point[first]] = True
        found.distance_m[point[first]] = 0.0
        found.runner_up[point[second]] = shape[second]
        found.runner_up_m[point[second]] = 0.0
        found.ambiguous[point[second]] = True

    def _reach(self, found: Located, some: Places, x: Floats, y: Floats, within_m: float) -> None:
        """Fill in the nearest shapes of the points `some`, which no two shapes hold."""
        tree, shapes = self._on_plane()
        points, scale = shapely.points(*conformal(x, y)), ground(y)
        point, shape = tree.query(points, predicate="dwithin", distance=within_m / scale)
        metres = shapely.distance(points[point], shapes[shape]) * scale[point]
        point, position = some[point], self._at[shape]
        metres[position == found.position[point]] = -1.0  # the shape that holds the point comes first
        order = np.lexsort((self._rank[shape], np.round(metres, 6), point))
        point, position, metres = point[order], position[order], np.clip(metres[order], 0.0, within_m)
        first, second = _first_two(point)
        found.position[point[first]] = position[first]
        found.distance_m[point[first]] = metres[first]
        second_of = point[second]
        found.runner_up[second_of] = position[second]
        found.runner_up_m[second_of] = metres[second]
        found.ambiguous[second_of] = metres[second] < CLEARLY * found.distance_m[second_of] + CLEARLY_M

    def _on_plane(self) -> tuple[shapely.STRtree, NDArray[np.object_]]:
        """The shapes on the conformal plane, made when distances are first asked for."""
        if self._plane is None:
            moved = shapely.transform(self._shapes, lambda xy: np.column_stack(conformal(xy[:, 0], xy[:, 1])))
            shapes = np.asarray(moved, dtype=object)
            self._plane = (shapely.STRtree(shapes), shapes)
        return self._plane


def _require_degrees(shapes: NDArray[np.object_]) -> None:
    xy = shapely.get_coordinates(shapes)
    wrong = ~((np.abs(xy[:, 0]) <= 180) & (np.abs(xy[:, 1]) < 90))
    if wrong.any():
        x, y = xy[np.flatnonzero(wrong)[0]]
        raise GeoError(
            f"shapes reach ({x:g}, {y:g}); wanted WGS-84 degrees. geo.datum.geometries_to_wgs84 brings them there"
        )


def _nothing(count: int) -> Located:
    return Located(
        position=np.full(count, -1, dtype=np.int64),
        inside=np.zeros(count, dtype=bool),
        distance_m=np.full(count, np.nan),
        runner_up=np.full(count, -1, dtype=np.int64),
        runner_up_m=np.full(count, np.nan),
        ambiguous=np.zeros(count, dtype=bool),
    )


def _first_two(groups: Places) -> tuple[Places, Places]:
    """Return where each run of equal values begins, and the places right behind those that still belong to the run."""
    if not len(groups):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    first = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    second = first + 1
    second = second[second < len(groups)]
    return first, second[groups[second] == groups[second - 1]]
