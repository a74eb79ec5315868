"""For every cell of a grid the few edges among which the two nearest shapes of any point in it are found.

Metres are those of a plane laid at the point: degrees times the metres a degree has at its latitude (0.1 % up to 10 km).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from geo.crs import metres_a_degree
from geo.point_edges import Edges, Floats, Ints, Longs
from geo.point_raster import reach_in_row
from geo.point_runs import slices, spread, starts, starts_of_pairs

NOTHING = -1
CELL_M = 50.0
BLOCKS_AT_MOST, SHIFT, LARGEST_SHIFT = 4_000_000, 3, 6
BAND_AT_ONCE, COLUMNS_A_ROW = 1_000_000, 5  # pairs before any is left out; columns of blocks that an edge counts in
PAIRS_AT_ONCE = 100_000  # the arrays of a step stay in the cache
# Between the middle and the rim of a cell a degree changes its metres by less than this, up to 80 degrees of latitude.
SLACK, SLACK_M = 1.005, 1e-3
NORTHMOST = 80.0
LEAST_NORTH_M, MOST_NORTH_M = 110_574.0, 111_694.0  # a degree of latitude, at the equator and at the pole


@dataclass(frozen=True)
class Near:
    """Lists of edges by cell, good for distances up to `reach_m`."""

    reach_m: float
    west: float
    south: float
    wide: float  # degrees a cell
    tall: float
    shift: int  # a block has 2^shift cells a side
    across: int  # blocks
    up: int
    blocks: Ints  # a block's number among those that have lists, or NOTHING
    begin: Longs  # a cell's first of `runs`, for the cells of those blocks; and the end of the last
    runs: Ints  # owner, and first of `edges`: its edges that count in the cell; and the end of the last
    edges: Ints  # numbers of edges

    @property
    def nbytes(self) -> int:
        """Bytes of the tables."""
        return self.blocks.nbytes + self.begin.nbytes + self.runs.nbytes + self.edges.nbytes

    def runs_of(self, x: Floats, y: Floats) -> tuple[Longs, Longs]:
        """Return where the runs of each point begin and how many they are; what is far away or no number has none."""
        right, above = (x - self.west) / self.wide, (y - self.south) / self.tall
        known = (right >= 0) & (right < self.across << self.shift) & (above >= 0) & (above < self.up << self.shift)
        column, row = (np.where(known, v, 0.0).astype(np.int64) for v in (right, above))
        block = self.blocks[(row >> self.shift) * self.across + (column >> self.shift)].astype(np.int64)
        known &= block != NOTHING
        inner = (1 << self.shift) - 1
        cell = np.where(known, (block << 2 * self.shift) + ((row & inner) << self.shift) + (column & inner), 0)
        return self.begin[cell], np.where(known, self.begin[cell + 1] - self.begin[cell], 0)


def build(edges: Edges, reach_m: float, cell_m: float = CELL_M) -> Near:
    """Return the lists for distances up to `reach_m`. No shape may lie beyond 80 degrees north or south."""
    plan = _Plan(edges, reach_m, cell_m)
    blocks = np.full(plan.across * plan.up, NOTHING, dtype=np.int32)
    counts, runs, kept, number, total = [np.zeros(1, dtype=np.int64)], [], [], 0, 0
    for block, cell, edge in plan.blocks():
        blocks[block] = np.arange(number, number + len(block))
        number += len(block)
        owner = edges.owner[edge]
        first = starts_of_pairs(cell, owner)
        counts.append(np.bincount(cell[first], minlength=len(block) << 2 * plan.shift))
        runs.append(np.column_stack([owner[first], first + total]).astype(np.int32))
        kept.append(edge.astype(np.int32))
        total += len(edge)
    runs.append(np.array([[NOTHING, total]], dtype=np.int32))
    begin = np.r_[np.cumsum(np.concatenate(counts)), total if not number else []].astype(np.int64)
    place = (plan.west, plan.south, plan.wide, plan.tall, plan.shift, plan.across, plan.up)
    spare = np.zeros(1, dtype=np.int32)
    return Near(float(reach_m), *place, blocks, begin, np.concatenate(runs), np.concatenate([*kept, spare]))


class _Plan:
    """Blocks are cut in four again and again, and at each cut lose the edges that no point in them can need."""

    def __init__(self, edges: Edges, reach_m: float, cell_m: float) -> None:
        self._edges, self._reach = edges, reach_m
        corners = edges.ends.reshape(-1, 2) if len(edges.ends) else np.zeros((1, 2))
        low, high = corners.min(axis=0), corners.max(axis=0)
        east, north = metres_a_degree((low[1] + high[1]) / 2)
        self._least_east = float(metres_a_degree(min(max(abs(low[1]), abs(high[1])) + 0.1, 89.0))[0])
        self.wide, self.tall = cell_m / float(east), cell_m / float(north)
        margin = np.array([reach_m / self._least_east + 2 * self.wide, 1.01 * reach_m / float(north) + 2 * self.tall])
        self.west, self.south = (float(v) for v in low - margin)
        length = high - low + 2 * margin
        blocks = float(np.prod(length / (self.wide, self.tall))) / BLOCKS_AT_MOST
        self.shift = next((shift for shift in range(SHIFT, LARGEST_SHIFT) if blocks <= 1 << 2 * shift), LARGEST_SHIFT)
        grow = max(1.0, blocks / (1 << 2 * LARGEST_SHIFT)) ** 0.5
        self.wide, self.tall = self.wide * grow, self.tall * grow
        self.across, self.up = (int(v) + 1 for v in length / (self.wide, self.tall) / (1 << self.shift))

    def blocks(self) -> Iterator[tuple[Longs, Longs, Longs]]:
        """Yield numbers of blocks, in their order, and pairs of one of their cells, counted through, and an edge."""
        low, high = self._rows()
        weight = np.bincount(low, minlength=self.up) - np.bincount(high + 1, minlength=self.up + 1)[:-1]
        for band in slices(np.cumsum(weight) * COLUMNS_A_ROW, BAND_AT_ONCE):
            block, edge = self._spread(band, low, high)
            order = np.argsort(block * len(self._edges.rank) + self._edges.owner[edge], kind="stable")
            block, edge = block[order], edge[order]
            first = starts(block)
            many = np.diff(np.r_[first, len(block)])
            for part in slices(many, PAIRS_AT_ONCE):
                of = np.repeat(np.arange(part.stop - part.start), many[part])
                some = edge[first[part.start] : first[part.start] + len(of)]
                yield self._cut(block[first[part]], of, some)

    def _rows(self) -> tuple[Longs, Longs]:
        """The first and the last row of blocks that each edge may matter to."""
        y = (self._edges.ends[:, [1, 3]] - self.south) / (self.tall * (1 << self.shift))
        low = np.floor(y.min(axis=1) - self._far[1]).clip(0, self.up - 1)
        high = np.floor(y.max(axis=1) + self._far[1]).clip(0, self.up - 1)
        return low.astype(np.int64), high.astype(np.int64)

    def _spread(self, band: slice, low: Longs, high: Longs) -> tuple[Longs, Longs]:
        """Pairs of a block in a band of rows and an edge that may come within reach of a point in it, and some more."""
        here = np.flatnonzero((low < band.stop) & (high >= band.start))
        low, high = low[here].clip(band.start), high[here].clip(None, band.stop - 1)
        edge, row = np.repeat(here, high - low + 1), spread(low, high - low + 1)
        far_x, far_y = self._far
        scale = np.array([self.wide, self.tall] * 2) * (1 << self.shift)
        ends = (self._edges.ends[edge] - [self.west, self.south] * 2) / scale
        floor = row.astype(np.float64) - far_y
        west, east = reach_in_row(ends, floor, floor + (1 + 2 * far_y), 1e-3, 1e-9)
        begin = np.floor(west - far_x).clip(0, self.across - 1).astype(np.int64)
        many = np.floor(east + far_x).clip(0, self.across - 1).astype(np.int64) - begin + 1
        return spread(row * self.across + begin, many), np.repeat(edge, many)

    @cached_property
    def _far(self) -> tuple[float, float]:
        """In blocks, how far an edge may lie from a block and yet count there: reach and diagonal, generously."""
        wide, tall = self.wide * (1 << self.shift), self.tall * (1 << self.shift)
        far = 1.02 * (self._reach + np.hypot(wide * metres_a_degree(0.0)[0], tall * MOST_NORTH_M))
        return float(far / (wide * self._least_east)), float(far / (tall * LEAST_NORTH_M))

    def _cut(self, block: Longs, of: Longs, edge: Longs) -> tuple[Longs, Longs, Longs]:
        row, column = np.divmod(block, self.across)
        of, edge = self._needed(column, row, of, edge, 1 << self.shift)
        alive = np.unique(of)
        block, cells = block[alive], 1 << 2 * self.shift
        column, row, of = column[alive], row[alive], np.searchsorted(alive, of)
        for level in range(self.shift - 1, -1, -1):
            column, row = (np.add.outer(2 * v, d).ravel() for v, d in ((column, [0, 1, 0, 1]), (row, [0, 0, 1, 1])))
            of, edge = np.add.outer(4 * of, np.arange(4)).T.ravel(), np.tile(edge, 4)
            order = np.argsort(of, kind="stable")
            of, edge = self._needed(column, row, of[order], edge[order], 1 << level)
        place = _morton_to_rows(self.shift)
        cell = (of & -cells) + place[of & (cells - 1)]
        order = np.argsort(cell, kind="stable")
        return block, cell[order], edge[order]

    def _needed(self, column: Longs, row: Longs, of: Longs, edge: Longs, size: int) -> tuple[Longs, Longs]:
        """Leave out the edges that cannot be the nearest of one of the two nearest shapes of any point in their cell.

        Pairs come and go ordered by cell and owner.
        """
        wide, tall = self.wide * size, self.tall * size
        x = np.asarray(self.west + (column + 0.5) * wide, dtype=float)
        y = np.asarray(self.south + (row + 0.5) * tall, dtype=float)
        east, north = metres_a_degree(y)
        half = SLACK * np.hypot(wide * east, tall * north) / 2
        far = np.sqrt(squared_metres(self._edges.ends[edge], x[of], y[of], east[of], north[of]))
        owner = self._edges.owner[edge]
        first = starts_of_pairs(of, owner)
        nearest = np.minimum.reduceat(far, first) if len(first) else far
        cell = of[first]
        limit = np.minimum(self._reach, _second(cell, nearest, len(column)) + half) * SLACK + SLACK_M
        own = np.where(
            nearest - half[cell] <= limit[cell], np.minimum(limit[cell], (nearest + half[cell]) * SLACK), -1e9
        )
        kept = far - half[of] <= np.repeat(own + SLACK_M, np.diff(np.r_[first, len(of)]))
        return of[kept], edge[kept]


def _second(cell: Longs, metres: Floats, cells: int) -> Floats:
    """The second smallest of each cell's distances, infinite where there is none."""
    order = np.lexsort((metres, cell))
    second = np.full(cells, np.inf)
    behind = np.flatnonzero(cell[order][1:] == cell[order][:-1]) + 1
    behind = behind[np.r_[True, cell[order][behind[1:]] != cell[order][behind[:-1]]][: len(behind)]]
    second[cell[order][behind]] = metres[order][behind]
    return second


def _morton_to_rows(shift: int) -> Longs:
    """Where the cells of a block that was cut in four `shift` times lie when they are counted row by row."""
    number = np.arange(1 << 2 * shift)
    column = sum(((number >> (2 * bit)) & 1) << bit for bit in range(shift))
    row = sum(((number >> (2 * bit + 1)) & 1) << bit for bit in range(shift))
    return np.asarray((row << shift) + column, dtype=np.int64)


def squared_metres(ends: Floats, x: Floats, y: Floats, east: Floats, north: Floats) -> Floats:
    """Return the squared distance from each point to its edge, with the metres a degree has at the point."""
    x0, y0, x1, y1 = ends.T
    ax, ay, bx, by = (x0 - x) * east, (y0 - y) * north, (x1 - x) * east, (y1 - y) * north
    dx, dy = bx - ax, by - ay
    length2 = dx * dx + dy * dy
    along = -(ax * dx + ay * dy)
    aside = ax * dy - ay * dx
    between = (along > 0) & (along < length2)
    beside = np.divide(aside * aside, length2, out=np.zeros_like(aside), where=between)
    at_end: NDArray[np.float64] = np.where(along > 0, bx * bx + by * by, ax * ax + ay * ay)
    return np.where(between, beside, at_end)
