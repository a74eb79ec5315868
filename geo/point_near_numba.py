"""The two nearest shapes of each point, compiled with numba; needs the optional dependencies (`make scale`).

The arithmetic is that of geo.point_near_numpy, step by step, so that both round alike and give the same answers.
"""

import numba
import numpy as np

from geo.point_edges import Edges, Floats
from geo.point_near import NOTHING, Near
from geo.point_near_numpy import SAME_M, Answer

AT_ONCE = 512  # points a stage
Unsigned = np.uint64
OUTSIDE = Unsigned(2**63)


def reach(
    near: Near, edges: Edges, x: Floats, y: Floats, east: Floats, north: Floats, reach_m: float, answer: Answer
) -> None:
    """Do as geo.point_near_numpy.reach does, to the same answers."""
    place = (near.west, near.south, near.wide, near.tall, near.shift, near.across, near.up)
    found = (answer.first, answer.second, answer.first_m, answer.second_m)
    tables = (near.blocks, near.begin, near.runs, near.edges, edges.ends, edges.rank)
    _reach(x, y, east, north, float(reach_m), *place, *tables, *found)


@numba.njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _squared(x0, y0, x1, y1, x, y, east, north):  # type: ignore[no-untyped-def]
    ax, ay, bx, by = (x0 - x) * east, (y0 - y) * north, (x1 - x) * east, (y1 - y) * north
    dx, dy = bx - ax, by - ay
    length2 = dx * dx + dy * dy
    along = -(ax * dx + ay * dy)
    aside = ax * dy - ay * dx
    beside = aside * aside / length2  # no number for an edge without length, and then not taken
    at_end = bx * bx + by * by if along > 0 else ax * ax + ay * ay
    return beside if (along > 0) & (along < length2) else at_end


@numba.njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _two(x, y, east, north, reach_m, begin, end, runs, listed, ends, rank, held):  # type: ignore[no-untyped-def]
    """The two nearest shapes but `held`, and their metres; equal to a micrometre, the lower rank comes first."""
    one, other = np.int32(NOTHING), np.int32(NOTHING)
    one_m, other_m = np.nan, np.nan
    one_key, other_key = np.inf, np.inf
    for run in range(begin, end):
        shape = runs[run, 0]
        if shape == held:
            continue
        best = np.inf
        for at in range(Unsigned(runs[run, 1]), Unsigned(runs[run + Unsigned(1), 1])):
            e = Unsigned(listed[at])
            best = min(best, _squared(ends[e, 0], ends[e, 1], ends[e, 2], ends[e, 3], x, y, east, north))
        metres = np.sqrt(best)
        if metres > reach_m:
            continue
        key = np.rint(metres / SAME_M)
        if key < one_key or (key == one_key and rank[shape] < rank[one]):
            other, other_m, other_key = one, one_m, one_key
            one, one_m, one_key = shape, metres, key
        elif key < other_key or (key == other_key and rank[shape] < rank[other]):
            other, other_m, other_key = shape, metres, key
    return one, one_m, other, other_m


@numba.njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _runs(x, y, west, south, wide, tall, shift, across, up, blocks, begin, start, end):  # type: ignore[no-untyped-def]
    """The runs of each point's cell, from `start` to before `end`."""
    mask = np.uint64((1 << shift) - 1)
    by, columns = Unsigned(shift), Unsigned(across)
    for k in range(Unsigned(len(x))):
        right, above = (x[k] - west) / wide, (y[k] - south) / tall
        known = (right >= 0) & (right < across << shift) & (above >= 0) & (above < up << shift)
        column = Unsigned(np.int64(right if known else 0.0))
        row = Unsigned(np.int64(above if known else 0.0))
        start[k] = (row >> by) * columns + (column >> by) if known else Unsigned(0)
        end[k] = (((row & mask) << by) | (column & mask)) if known else OUTSIDE
    for k in range(Unsigned(len(x))):
        block = blocks[start[k]]
        if block == NOTHING or end[k] == OUTSIDE:
            start[k] = end[k] = Unsigned(0)
        else:
            cell = (Unsigned(block) << Unsigned(2 * shift)) | end[k]
            start[k], end[k] = Unsigned(begin[cell]), Unsigned(begin[cell + Unsigned(1)])


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _reach(x, y, east, north, reach_m, west, south, wide, tall, shift, across, up, blocks, begin, runs, listed, ends, rank, first, second, first_m, second_m):  # type: ignore[no-untyped-def] # fmt: skip
    start, end = np.empty(AT_ONCE, np.uint64), np.empty(AT_ONCE, np.uint64)
    fetched = 0.0
    for low in range(0, len(x), AT_ONCE):
        high = min(low + AT_ONCE, len(x))
        _runs(x[low:high], y[low:high], west, south, wide, tall, shift, across, up, blocks, begin, start, end)
        for k in range(Unsigned(high - low)):  # as in geo.point_grid_numba: all wait for memory together
            fetched += listed[Unsigned(runs[start[k], 1])]
        for k in range(Unsigned(high - low)):
            fetched += ends[Unsigned(listed[Unsigned(runs[start[k], 1])]), 0]
        for k in range(low, high):
            t = k - low
            if start[t] == end[t]:
                continue
            held = first[k]
            one, one_m, other, other_m = _two(
                x[k], y[k], east[k], north[k], reach_m, start[t], end[t], runs, listed, ends, rank, held
            )
            if held != NOTHING:
                second[k], second_m[k] = one, one_m
            else:
                first[k], first_m[k], second[k], second_m[k] = one, one_m, other, other_m
    return fetched
