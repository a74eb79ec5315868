"""Points asked one shape at a time: by GEOS where float64 cannot tell, edge by edge where no lists were made."""

from collections.abc import Callable
from threading import Lock

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.point_edges import Edges, Floats, Ints, Longs, areas_of
from geo.point_near import NOTHING
from geo.point_near_numpy import EDGES_AT_ONCE, Answer, fill
from geo.point_runs import offsets, slices, spread, starts

POINTS_AT_ONCE = 4096
ROUNDING = 1 + 1e-9


class Settler:
    """Trees over shapes, made when the first point asks."""

    def __init__(self, shapes: Callable[[], NDArray[np.object_]], edges: Edges) -> None:
        self._shapes, self._edges = shapes, edges
        self._holding: tuple[shapely.STRtree, Longs] | None = None
        self._around: tuple[shapely.STRtree, Longs, Longs, Longs] | None = None
        self._lock = Lock()

    def hold(self, x: Floats, y: Floats, first: Ints, second: Ints) -> None:
        """Write the two winning shapes that hold each point, as GEOS sees it, -1 for none."""
        with self._lock:
            if self._holding is None:
                areal = areas_of(self._shapes())
                at = np.flatnonzero(~shapely.is_missing(areal))
                self._holding = shapely.STRtree(areal[at]), at
        tree, at = self._holding
        point, shape = tree.query(shapely.points(x, y), predicate="intersects")
        order = np.lexsort((self._edges.rank[at[shape]], point))
        point, shape = point[order], at[shape[order]]
        best = starts(point)
        then = best[np.diff(np.r_[best, len(point)]) > 1] + 1
        first[:], second[:] = NOTHING, NOTHING
        first[point[best]], second[point[then]] = shape[best], shape[then]

    def reach(self, x: Floats, y: Floats, east: Floats, north: Floats, reach_m: float, answer: Answer) -> None:
        """Do as geo.point_near_numpy.reach does, without lists: for far reaches, and for few points."""
        with self._lock:
            if self._around is None:
                self._around = self._tree()
        tree, at, begin, by_owner = self._around
        many = np.diff(begin)
        for low in range(0, len(x), POINTS_AT_ONCE):
            part = slice(low, low + POINTS_AT_ONCE)
            dx, dy = (reach_m * ROUNDING / scale[part] for scale in (east, north))
            point, shape = tree.query(shapely.box(x[part] - dx, y[part] - dy, x[part] + dx, y[part] + dy))
            shape = at[shape]
            order = np.lexsort((shape, point))
            point, shape = point[order] + low, shape[order]
            whole = starts(point)
            edges_of_point = np.add.reduceat(many[shape], whole) if len(whole) else whole
            for some in slices(edges_of_point, EDGES_AT_ONCE):
                pairs = slice(whole[some.start], whole[some.stop] if some.stop < len(whole) else len(point))
                of = np.repeat(point[pairs], many[shape[pairs]])
                edge = by_owner[spread(begin[shape[pairs]], many[shape[pairs]])].astype(np.int32)
                fill(self._edges, of, edge, x, y, east, north, reach_m, answer)

    def _tree(self) -> tuple[shapely.STRtree, Longs, Longs, Longs]:
        """Boxes of all shapes with their positions, and edges by owner, with where each owner's begin."""
        shapes = self._shapes()
        at = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
        count = np.bincount(self._edges.owner, minlength=len(shapes))
        begin = np.r_[offsets(count), len(self._edges.owner)]
        return shapely.STRtree(shapes[at]), at, begin, np.argsort(self._edges.owner, kind="stable")
