"""The two nearest shapes of each point, out of edges that are listed for it."""

from dataclasses import dataclass

import numpy as np

from geo.point_edges import Edges, Floats, Ints, Longs
from geo.point_near import NOTHING, Near, squared_metres
from geo.point_runs import slices, spread, starts, starts_of_pairs

EDGES_AT_ONCE = 50_000  # the arrays of a step stay in the cache
SAME_M = 1e-6  # distances that agree to a micrometre are equal, and the order of shapes decides


@dataclass(frozen=True)
class Answer:
    """Arrays to be filled in, one value a point: shapes by position, -1 for none, and metres."""

    first: Ints
    second: Ints
    first_m: Floats
    second_m: Floats


def reach(
    near: Near, edges: Edges, x: Floats, y: Floats, east: Floats, north: Floats, reach_m: float, answer: Answer
) -> None:
    """Fill in the nearest shapes within `reach_m` of points that at most one shape holds, which then is their first."""
    begin, many = near.runs_of(x, y)
    run, of = spread(begin, many), np.repeat(np.arange(len(x)), many)
    other = near.runs[run, 0] != answer.first[of]
    run, of = run[other], of[other]
    begin = near.runs[run, 1].astype(np.int64)
    many = near.runs[run + 1, 1] - begin
    point = starts(of)
    for part in slices(np.add.reduceat(many, point) if len(point) else many, EDGES_AT_ONCE):
        runs = slice(point[part.start], point[part.stop] if part.stop < len(point) else len(of))
        edge = near.edges[spread(begin[runs], many[runs])]
        fill(edges, np.repeat(of[runs], many[runs]), edge, x, y, east, north, reach_m, answer)


def fill(
    edges: Edges,
    of: Longs,
    edge: Ints,
    x: Floats,
    y: Floats,
    east: Floats,
    north: Floats,
    reach_m: float,
    answer: Answer,
) -> None:
    """Fill in the points `of`, of which each is named once for every edge in question: by point, then owner."""
    owner = edges.owner[edge]
    run = starts_of_pairs(of, owner)
    if not len(run):
        return
    squared = squared_metres(edges.ends[edge], x[of], y[of], east[of], north[of])
    metres = np.sqrt(np.minimum.reduceat(squared, run))
    point, owner = of[run], owner[run]
    kept = (metres <= reach_m) & (owner != answer.first[point])
    point, owner, metres = point[kept], owner[kept], metres[kept]
    order = np.lexsort((edges.rank[owner], np.rint(metres / SAME_M), point))
    point, owner, metres = point[order], owner[order], metres[order]
    best = starts(point)
    then = best[np.diff(np.r_[best, len(point)]) > 1] + 1
    held = answer.first[point[best]] != NOTHING
    _write(answer.second, answer.second_m, best[held], point, owner, metres)
    _write(answer.first, answer.first_m, best[~held], point, owner, metres)
    _write(answer.second, answer.second_m, then[answer.second[point[then]] == NOTHING], point, owner, metres)


def _write(shape: Ints, far: Floats, at: Longs, point: Longs, owner: Ints, metres: Floats) -> None:
    shape[point[at]] = owner[at]
    far[point[at]] = metres[at]
