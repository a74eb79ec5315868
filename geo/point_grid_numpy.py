"""Points looked up in the grid with numpy: which polygon holds each, which other one, and which points GEOS must settle."""

import numpy as np
from numpy.typing import NDArray

from geo.point_edges import Floats, Ints
from geo.point_grid import NOTHING, Grid
from geo.point_raster import ASK, EDGES_FROM, FILLS, LEFT, START
from geo.point_runs import spread

UNSURE = -3
# Shewchuk's bound on the rounding error of an orientation, (3 + 16 e) e with e = 2^-53; and room for what underflows.
BOUND, TINY = 3.3306690738754716e-16, 1e-290

Flags = NDArray[np.bool_]


def hold(grid: Grid, ends: Floats, x: Floats, y: Floats, first: Ints, second: Ints) -> int:
    """Write the winning shape that holds each point to `first`, the next to `second`; -1 for none.

    Where float64 cannot tell, `first` is UNSURE. Returns the number of such points.
    """
    value = _value(grid, x, y)
    first[:], second[:] = value, NOTHING
    at = np.flatnonzero(value < NOTHING)
    record = -2 - value[at].astype(np.int64)
    first[at] = NOTHING
    unsure = 0
    while len(at):
        owner, begin, bits, last = grid.records[record].T
        holds, doubtful = _holds(grid.edges, ends, begin, bits, x[at], y[at])
        won = holds & (first[at] == NOTHING)
        second[at[holds & ~won]] = owner[holds & ~won]
        done = (last == 1) | (holds & ~won) | doubtful
        first[at[won]] = owner[won]
        first[at[doubtful]], second[at[doubtful]] = UNSURE, NOTHING
        unsure += int(doubtful.sum())
        at, record = at[~done], record[~done] + 1
    return unsure


def _value(grid: Grid, x: Floats, y: Floats) -> Ints:
    """What the two tables say of each point; cell (0, 0) stands for outside and for what is no number."""
    frame = grid.frame
    with np.errstate(over="ignore"):
        right, up = (x - frame.west) * (1.0 / frame.side), (y - frame.south) * (1.0 / frame.side)
    known = (right >= 0) & (right < frame.across << frame.shift) & (up >= 0) & (up < frame.up << frame.shift)
    column, row = (np.where(known, v, 0.0).astype(np.int32) for v in (right, up))
    value = grid.blocks[(row >> frame.shift) * frame.across + (column >> frame.shift)]
    mixed = np.flatnonzero(value < NOTHING)
    inner = np.int32((1 << frame.shift) - 1)
    cell = ((row[mixed] & inner) << frame.shift) + (column[mixed] & inner)
    value[mixed] = grid.cells[((-2 - value[mixed].astype(np.int64)) << 2 * frame.shift) + cell]
    return value


def _holds(edges: Ints, ends: Floats, begin: Ints, bits: Ints, x: Floats, y: Floats) -> tuple[Flags, Flags]:
    """Whether each record's polygon holds its point, by the parity of crossings, and whether that cannot be told."""
    count = bits >> EDGES_FROM
    of = np.repeat(np.arange(len(bits), dtype=np.int32), count)
    x0, y0, x1, y1 = ends[edges[spread(begin, count)]].T
    px, py = x[of], y[of]
    crosses = (y0 > py) != (y1 > py)
    one, other = (x1 - x0) * (py - y0), (px - x0) * (y1 - y0)
    turn = one - other
    close = np.abs(turn) <= BOUND * (np.abs(one) + np.abs(other)) + TINY
    close &= crosses | (py == y0) | (py == y1)
    crosses &= ((turn > 0) == (y1 > y0)) != ((bits & LEFT) != 0)[of]
    odd = np.bincount(of[crosses], minlength=len(bits)) & 1
    doubtful = (bits & ASK) != 0
    doubtful[of[close]] = True
    return (((odd ^ bits) & START) != 0) | ((bits & FILLS) != 0), doubtful
