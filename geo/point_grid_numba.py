"""The same look-up compiled with numba, for large batches; needs the optional dependencies (`make scale`).

Each stage is a short loop of independent reads over some hundred points, so that waits for memory overlap. Indices are
unsigned: numba wraps negative ones around, which costs a selection each time.
"""

import numba
import numpy as np

from geo.point_edges import Floats, Ints
from geo.point_grid import NOTHING, Grid
from geo.point_grid_numpy import BOUND, TINY, UNSURE
from geo.point_raster import ASK, EDGES_FROM, FILLS, LEFT

AT_ONCE = 512  # points a stage; their cells stay in the nearest cache
Unsigned = np.uint64


def hold(grid: Grid, ends: Floats, x: Floats, y: Floats, first: Ints, second: Ints) -> int:
    """Do as geo.point_grid_numpy.hold does, to the same answers."""
    frame = grid.frame
    place = (frame.west, frame.south, 1.0 / frame.side, frame.shift, frame.across, frame.up)
    return int(_hold(x, y, *place, grid.blocks, grid.cells, grid.records, grid.edges, ends, first, second))


@numba.njit(cache=True, nogil=True, inline="always")
def _cells(x, y, west, south, inverse, shift, across, up, block, inner):  # type: ignore[no-untyped-def]
    """The block of each point and its cell in there; block 0 and cell 0, which are empty, for points outside."""
    mask = np.uint32((1 << shift) - 1)
    by, wide = np.uint32(shift), np.uint32(across)
    for k in range(np.uint32(len(x))):
        right, above = (x[k] - west) * inverse, (y[k] - south) * inverse
        known = (right >= 0) & (right < across << shift) & (above >= 0) & (above < up << shift)
        column = np.uint32(np.int32(right if known else 0.0))
        row = np.uint32(np.int32(above if known else 0.0))
        block[k] = (row >> by) * wide + (column >> by)
        inner[k] = ((row & mask) << by) | (column & mask)


@numba.njit(cache=True, nogil=True, inline="always")
def _values(count, shift, blocks, cells, block, inner, value):  # type: ignore[no-untyped-def]
    """What the two tables say of each point."""
    by = Unsigned(2 * shift)
    for k in range(count):
        value[k] = blocks[block[k]]
    for k in range(count):
        found = value[k]
        number = Unsigned(np.int64(-2) - np.int64(found)) if found < NOTHING else Unsigned(0)
        cell = cells[(number << by) | Unsigned(inner[k])]
        value[k] = cell if found < NOTHING else found


@numba.njit(cache=True, nogil=True, inline="always")
def _decide(px, py, record, records, edges, ends):  # type: ignore[no-untyped-def]
    """Walk a cell's records: the first two shapes that hold the point, or UNSURE."""
    winner, runner_up = np.int32(NOTHING), np.int32(NOTHING)
    while True:
        owner, bits = records[record, 0], records[record, 2]
        begin = Unsigned(records[record, 1])
        odd = bits
        unsure = (bits & ASK) != 0
        leftwards = (bits & LEFT) != 0
        for k in range(begin, begin + Unsigned(bits >> EDGES_FROM)):
            e = Unsigned(edges[k])
            x0, y0, x1, y1 = ends[e, 0], ends[e, 1], ends[e, 2], ends[e, 3]
            crosses = (y0 > py) != (y1 > py)
            one, other = (x1 - x0) * (py - y0), (px - x0) * (y1 - y0)
            turn = one - other
            close = abs(turn) <= BOUND * (abs(one) + abs(other)) + TINY
            odd += crosses & (((turn > 0) == (y1 > y0)) != leftwards)
            unsure |= close & (crosses | (py == y0) | (py == y1))
        if unsure:
            return np.int32(UNSURE), np.int32(NOTHING)
        if (bits & FILLS) != 0 or (odd & 1) != 0:
            if winner != NOTHING:
                return winner, owner
            winner = owner
        if records[record, 3]:
            return winner, runner_up
        record += Unsigned(1)


@numba.njit(cache=True, nogil=True)
def _hold(x, y, west, south, inverse, shift, across, up, blocks, cells, records, edges, ends, first, second):  # type: ignore[no-untyped-def]
    block, inner = np.empty(AT_ONCE, np.uint32), np.empty(AT_ONCE, np.uint32)
    value, open_ = np.empty(AT_ONCE, np.int32), np.empty(AT_ONCE, np.uint32)
    unsure, fetched = 0, 0
    for begin in range(0, len(x), AT_ONCE):
        end = min(begin + AT_ONCE, len(x))
        px, py, won, next_ = x[begin:end], y[begin:end], first[begin:end], second[begin:end]
        count = np.uint32(end - begin)
        _cells(px, py, west, south, inverse, shift, across, up, block, inner)
        _values(count, shift, blocks, cells, block, inner, value)
        many = np.uint32(0)
        for k in range(count):
            won[k], next_[k] = value[k], NOTHING
            open_[many] = k
            many += np.uint32(value[k] < NOTHING)
        for t in range(many):  # touches the edges of all, so that they are on their way when the next loop wants them
            record = Unsigned(np.int64(-2) - np.int64(value[open_[t]]))
            fetched += edges[Unsigned(records[record, 1])]
        for t in range(many):
            k = open_[t]
            record = Unsigned(np.int64(-2) - np.int64(value[k]))
            won[k], next_[k] = _decide(px[k], py[k], record, records, edges, ends)
            unsure += won[k] == UNSURE
    return unsure if fetched >= 0 else -1
