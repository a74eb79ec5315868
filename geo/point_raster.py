"""Polygons drawn into the cells of a grid: which cells their walls touch, which they fill, and the edges that decide."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.point_edges import Floats, Ints, Longs
from geo.point_runs import offsets, slices, spread, starts

# Bits below the number of edges: the count is odd from the start, the ray goes left, fills the cell, only GEOS knows.
START, LEFT, FILLS, ASK, EDGES_FROM = 1, 2, 4, 8, 4
STEPS_AT_ONCE = 100_000  # edges times rows: the arrays of a step stay in the cache
PAIRS_AT_ONCE = 200_000
LEVEL = 1e-3  # an edge that rises by less of a row: where it meets the row is not to be computed

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Frame:
    """Where a grid lies, and how far rounding may move things in it."""

    west: float
    south: float
    side: float  # of a cell
    shift: int  # a block has 2^shift cells a side
    across: int  # blocks
    up: int
    slack: float  # cells are thought larger by this
    ulp: float  # spacing of floats at the largest coordinate

    def cell(self, column: Longs, row: Longs) -> Longs:
        """Return the number of a cell: those of a block follow each other."""
        inner = (1 << self.shift) - 1
        block = (row >> self.shift) * self.across + (column >> self.shift)
        return (block << 2 * self.shift) + ((row & inner) << self.shift) + (column & inner)

    def column(self, x: Floats) -> Longs:
        """Return the column of each x, not rounded towards zero but down."""
        return np.floor((x - self.west) * (1.0 / self.side)).astype(np.int64)

    def row(self, y: Floats) -> Longs:
        """Return the row of each y."""
        return np.floor((y - self.south) * (1.0 / self.side)).astype(np.int64)


@dataclass(frozen=True)
class Walls:
    """Cells that a polygon's edges touch: one line a cell and polygon."""

    cell: Longs
    owner: Ints
    bits: Ints  # number of edges above EDGES_FROM bits: where the count starts, the ray's direction, or ASK
    first: Longs  # of `edges`
    edges: Ints

    @classmethod
    def joined(cls, parts: "list[Walls]") -> "Walls":
        """Return all walls as one."""
        shifts = offsets(np.array([len(part.edges) for part in parts]))
        first = np.concatenate([part.first + shift for part, shift in zip(parts, shifts, strict=True)])
        whole = {n: np.concatenate([getattr(part, n) for part in parts]) for n in ("cell", "owner", "bits", "edges")}
        return cls(first=first, **whole)


@dataclass(frozen=True)
class Fills:
    """Cells that a polygon fills: one line a run of neighbours in a row."""

    row: Ints
    column: Ints
    count: Ints
    owner: Ints

    @classmethod
    def joined(cls, parts: "list[Fills]") -> "Fills":
        """Return all runs as one."""
        return cls(**{n: np.concatenate([getattr(part, n) for part in parts]) for n in cls.__annotations__})


@dataclass(frozen=True)
class _Steps:
    """Edges by the rows they pass through: one line an edge and row, ordered by polygon and row."""

    edge: Longs
    line: Longs  # polygon and row as one number
    row: Longs
    low: Floats  # reach in x inside the row
    high: Floats
    passes: Flags  # from one side of the row to the other


@dataclass(frozen=True)
class _Lines:
    """What the numbers of lines mean, and keys, which are line * width + column."""

    owners: Ints
    base: int  # first row
    height: int
    width: int

    def place(self, key: Longs) -> tuple[Ints, Longs, Longs]:
        """Return owner, row and column of keys."""
        line, column = np.divmod(key, self.width)
        number, row = np.divmod(line, self.height)
        return self.owners[number], row + self.base, column


def rasterise(ends: Floats, owner: Ints, frame: Frame, unruly: Ints) -> Iterator[Walls | Fills]:
    """Yield the cells of rings, which are given edge by edge and ordered by owner; unruly polygons take their whole box."""
    first = starts(owner)
    rows = frame.row(np.maximum(ends[:, 1], ends[:, 3])) - frame.row(np.minimum(ends[:, 1], ends[:, 3])) + 3
    last = np.r_[first[1:], len(ends)]
    odd = np.isin(owner[first], unruly)
    for part in slices(np.where(odd, 0, np.add.reduceat(rows, first)), STEPS_AT_ONCE):
        chosen = np.flatnonzero(~odd[part]) + part.start
        edge = spread(first[chosen], last[chosen] - first[chosen])
        if len(edge):
            yield from _draw(ends, owner, edge, frame)
    for at in np.flatnonzero(odd):
        yield _box(ends[first[at] : last[at]], int(owner[first[at]]), frame)


def _draw(ends: Floats, owner: Ints, edge: Longs, frame: Frame) -> Iterator[Walls | Fills]:
    steps, lines = _steps(ends, owner, edge, frame)
    begin, end = frame.column(steps.low), frame.column(steps.high)
    touched = spread(steps.line * lines.width + begin, end - begin + 1)
    walls = np.unique(touched)
    yield _fills(ends, steps, walls, begin, end, lines, frame)
    yield from _walls(steps, walls, lines, frame)


def _steps(ends: Floats, owner: Ints, edge: Longs, frame: Frame) -> tuple[_Steps, _Lines]:
    low, high = np.minimum(ends[edge, 1], ends[edge, 3]), np.maximum(ends[edge, 1], ends[edge, 3])
    bottom, top = frame.row(low - frame.slack), frame.row(high + frame.slack)
    base, height = int(bottom.min()), int(top.max() - bottom.min()) + 1
    owners = owner[edge]
    number = np.cumsum(np.r_[False, owners[1:] != owners[:-1]])
    many = top - bottom + 1
    row = spread(bottom, many)
    of = np.repeat(np.arange(len(edge)), many)
    line = number[of] * height + (row - base)
    order = np.argsort(line, kind="stable")
    of, row, line = of[order], row[order], line[order]
    floor, ceiling = _row_span(frame, row)
    west, east = reach_in_row(ends[edge[of]], floor, ceiling, frame.slack, frame.ulp)
    passes = (low[of] <= floor) & (high[of] >= ceiling)
    lines = _Lines(owners[starts(owners)], base, height, frame.across << frame.shift)
    return _Steps(edge[of], line, row, west, east, passes), lines


def reach_in_row(ends: Floats, floor: Floats, ceiling: Floats, slack: float, ulp: float) -> tuple[Floats, Floats]:
    """Return how far west and east each edge comes inside its row, never too little."""
    x0, y0, x1, y1 = ends.T
    west: Floats = np.minimum(x0, x1) - slack
    east: Floats = np.maximum(x0, x1) + slack
    rise = y1 - y0
    steep = np.abs(rise) > LEVEL * (ceiling - floor)
    slope = np.divide(x1 - x0, rise, out=np.zeros_like(rise), where=steep)
    margin = slack + 8 * ulp * np.abs(slope)
    one = x0 + (np.maximum(floor, np.minimum(y0, y1)) - y0) * slope
    other = x0 + (np.minimum(ceiling, np.maximum(y0, y1)) - y0) * slope
    np.maximum(west, np.minimum(one, other) - margin, out=west, where=steep)
    np.minimum(east, np.maximum(one, other) + margin, out=east, where=steep)
    return west, east


def _row_span(frame: Frame, row: Longs) -> tuple[Floats, Floats]:
    floor = frame.south + row.astype(np.float64) * frame.side
    return floor - frame.slack, floor + (frame.side + frame.slack)


def _fills(ends: Floats, steps: _Steps, walls: Longs, begin: Longs, end: Longs, lines: _Lines, frame: Frame) -> Fills:
    """The cells between walls in which the middle of the row lies inside: after an odd number of crossings."""
    x0, y0, x1, y1 = ends[steps.edge].T
    middle = frame.south + (steps.row + 0.5) * frame.side
    crosses = (y0 > middle) != (y1 > middle)
    x = x0[crosses] + (middle - y0)[crosses] * (x1 - x0)[crosses] / (y1 - y0)[crosses]
    column = np.clip(frame.column(x), begin[crosses], end[crosses])
    at = np.searchsorted(walls, steps.line[crosses] * lines.width + column)
    inside = np.cumsum(np.bincount(at, minlength=len(walls)))[:-1] & 1
    gap = walls[1:] - walls[:-1] - 1
    open_ = np.flatnonzero((inside == 1) & (gap > 0))
    owner, row, column = lines.place(walls[open_] + 1)
    return Fills(row.astype(np.int32), column.astype(np.int32), gap[open_].astype(np.int32), owner)


def _walls(steps: _Steps, walls: Longs, lines: _Lines, frame: Frame) -> Iterator[Walls]:
    """Yield the cells that walls touch, with the edges that decide there."""
    line = walls // lines.width
    begin = np.searchsorted(steps.line, line)
    many = np.searchsorted(steps.line, line, side="right") - begin
    for part in slices(many, PAIRS_AT_ONCE):
        owner, row, column = lines.place(walls[part])
        start, count, edges = _deciding(steps, column, begin[part], many[part], frame)
        bits = ((count << EDGES_FROM) | start).astype(np.int32)
        yield Walls(frame.cell(column, row), owner, bits, offsets(count), edges)


def _deciding(steps: _Steps, column: Longs, begin: Longs, many: Longs, frame: Frame) -> tuple[Longs, Longs, Ints]:
    """For each cell: bits to start from, number of edges, and the edges, of the side on which fewer must be looked at."""
    step = spread(begin, many)
    of = np.repeat(np.arange(len(column)), many)
    west = frame.west + column * frame.side
    left = steps.high[step] < (west - frame.slack)[of]
    right = steps.low[step] > (west + (frame.side + frame.slack))[of]
    passes = steps.passes[step]
    tally = lambda flags: np.bincount(of[flags], minlength=len(column))  # noqa: E731
    go_left = tally(left & ~passes) < tally(right & ~passes)
    start = np.where(go_left, LEFT | (tally(left & passes) & START), tally(right & passes) & START)
    sideways = np.where(go_left[of], left, right) & ~passes
    kept = sideways | ~(left | right)
    return start, tally(kept), steps.edge[step[kept]].astype(np.int32)


def _box(ends: Floats, owner: int, frame: Frame) -> Walls:
    """The cells of a polygon that only GEOS can answer for: all of its box."""
    columns = frame.column(np.array([ends[:, [0, 2]].min() - frame.slack, ends[:, [0, 2]].max() + frame.slack]))
    rows = frame.row(np.array([ends[:, [1, 3]].min() - frame.slack, ends[:, [1, 3]].max() + frame.slack]))
    column, row = np.meshgrid(np.arange(columns[0], columns[1] + 1), np.arange(rows[0], rows[1] + 1))
    cell = frame.cell(column.ravel(), row.ravel())
    whose, ask = (np.full(len(cell), value, dtype=np.int32) for value in (owner, ASK))
    return Walls(cell, whose, ask, np.zeros(len(cell), dtype=np.int64), np.empty(0, dtype=np.int32))
