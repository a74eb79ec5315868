"""A grid over polygons in two levels: a cell names the polygon that fills it, or the few edges that decide inside it.

A point's cell gives one of three answers: nothing, one polygon that fills the cell, or a record for every polygon that
may hold points of the cell, in the order in which polygons win. A record lists the only edges that a level ray from a point
of the cell can cross on its shorter way out; edges that every such ray crosses are counted once, as the record's start.
That is the crossing count over the whole polygon, so nothing is approximate.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from geo.point_edges import Edges, Floats, Ints, Longs
from geo.point_raster import EDGES_FROM, FILLS, Fills, Frame, Walls, rasterise
from geo.point_runs import offsets, slices, spread, starts

NOTHING = -1
CELLS_ACROSS = 20  # a compound of the middle size; measured: a finer grid costs memory and gains little
CELLS_AT_MOST, CELLS_A_SHAPE = 4_000_000, 600  # a giant beside small shapes makes cells larger, not the index
BLOCKS_AT_MOST = 8_000_000
CELLS_AT_ONCE = 500_000  # while building
FEW_ULPS = 16
LEAST_DEG = 1e-9  # a tenth of a millimetre


@dataclass(frozen=True)
class Grid:
    """The tables of the grid; positions are those of the shapes' list."""

    frame: Frame
    blocks: Ints  # a block: position that fills it, NOTHING, or -2 - its number among the mixed blocks
    cells: Ints  # a cell of a mixed block: position, NOTHING, or -2 - its first record
    records: Ints  # position, first of `edges`, number of edges and bits, 1 for the last of the cell
    edges: Ints  # numbers of edges

    @property
    def nbytes(self) -> int:
        """Bytes of the tables."""
        return sum(table.nbytes for table in (self.blocks, self.cells, self.records, self.edges))


def build(edges: Edges, cell: float | None = None, shift: int = 3) -> Grid:
    """Return the grid over the rings of `edges`. `cell` is the side in the units of the edges, chosen when None.

    A block has 2^shift cells a side.
    """
    ends, owner = edges.ends[: edges.rings], edges.owner[: edges.rings]
    frame = frame_for(ends, owner, cell, shift)
    tables = _Tables(frame, edges.rank)
    if len(ends):
        drawn = list(rasterise(ends, owner, frame, edges.unruly))
        walls = Walls.joined([part for part in drawn if isinstance(part, Walls)])
        fills = Fills.joined([part for part in drawn if isinstance(part, Fills)] or [_no_fills()])
        del drawn
        for some_walls, some_fills in _bands(frame, walls, fills):
            tables.add(walls, some_walls, fills, some_fills)
    return tables.grid()


def frame_for(ends: Floats, owner: Ints, cell: float | None = None, shift: int = 3) -> Frame:
    """Return where the grid lies: two cells of margin all round, so that cell (0, 0) is empty and stands for outside."""
    if not len(ends):
        return Frame(0.0, 0.0, 1.0, shift, 1, 1, 0.0, 0.0)
    low, high = np.minimum(ends[:, :2], ends[:, 2:]), np.maximum(ends[:, :2], ends[:, 2:])
    ulp = float(np.spacing(max(np.abs(low).max(), np.abs(high).max())))
    west, south = low.min(axis=0)
    wide, tall = high.max(axis=0) - (west, south)
    first = starts(owner)
    sides = np.maximum.reduceat(high, first) - np.minimum.reduceat(low, first)
    side = cell or _side(sides, float(wide), float(tall), shift)
    side = max(side, 1e6 * ulp, LEAST_DEG)
    block = side * 2**shift
    across, up = (int(np.ceil((length + 3 * side) / block)) + 1 for length in (wide, tall))
    return Frame(
        float(west) - 2 * side,
        float(south) - 2 * side,
        side,
        shift,
        across,
        up,
        max(FEW_ULPS * ulp, 1e-7 * side),
        ulp,
    )


def _side(sides: Floats, wide: float, tall: float, shift: int) -> float:
    """A part of the middle shape, but never so little that the tables outgrow what the number of shapes warrants."""
    longest = sides.max(axis=1)
    middle = float(np.median(longest[longest > 0])) if (longest > 0).any() else 0.0
    allowed = CELLS_AT_MOST + CELLS_A_SHAPE * len(sides)
    bounds = (
        middle / CELLS_ACROSS,
        float(np.sqrt((sides[:, 0] * sides[:, 1]).sum() / allowed)),
        float(longest.sum() / allowed),
        float(np.sqrt(wide * tall / BLOCKS_AT_MOST)) / 2**shift,
        max(wide, tall) / BLOCKS_AT_MOST,
    )
    return max(bounds)


def _no_fills() -> Fills:
    return Fills(*(np.empty(0, dtype=np.int32) for _ in range(4)))


def _bands(frame: Frame, walls: Walls, fills: Fills) -> Iterator[tuple[Longs, Longs]]:
    """Yield which walls and which fills lie in each band of whole rows of blocks, from south to north."""
    of_wall, of_fill = (walls.cell >> 2 * frame.shift) // frame.across, fills.row >> frame.shift
    weight = np.bincount(of_wall, minlength=frame.up) + np.bincount(of_fill, fills.count, minlength=frame.up)
    by_wall, by_fill = np.argsort(of_wall, kind="stable"), np.argsort(of_fill, kind="stable")
    of_wall, of_fill = of_wall[by_wall], of_fill[by_fill]
    for band in slices(weight.astype(np.int64), CELLS_AT_ONCE):
        one, other = (np.searchsorted(of, [band.start, band.stop]) for of in (of_wall, of_fill))
        yield by_wall[one[0] : one[1]], by_fill[other[0] : other[1]]


class _Tables:
    """The tables while they are made, band by band."""

    def __init__(self, frame: Frame, rank: Ints) -> None:
        self._frame, self._rank = frame, rank
        self._blocks = np.full(frame.across * frame.up, NOTHING, dtype=np.int32)
        self._cells: list[Ints] = []
        self._records: list[Ints] = []
        self._edges: list[Ints] = []
        self._count = np.zeros(3, dtype=np.int64)  # mixed blocks, records, edges

    def add(self, walls: Walls, some: Longs, fills: Fills, runs: Longs) -> None:
        """Fold in the cells of a band of whole blocks."""
        count = fills.count[runs]
        filled = self._frame.cell(
            spread(fills.column[runs].astype(np.int64), count), np.repeat(fills.row[runs].astype(np.int64), count)
        )
        none = np.zeros(len(filled), dtype=np.int64)
        cell = np.concatenate([walls.cell[some], filled])
        owner = np.concatenate([walls.owner[some], np.repeat(fills.owner[runs], count)])
        bits = np.concatenate([walls.bits[some], np.full(len(filled), FILLS, dtype=np.int32)])
        first = np.concatenate([walls.first[some], none])
        order = _by_rank(cell, bits, self._rank[owner], int(len(self._rank)).bit_length())
        self._fold(cell[order], owner[order], bits[order], first[order], walls.edges)

    def _fold(self, cell: Longs, owner: Ints, bits: Ints, first_edge: Longs, edges: Ints) -> None:
        first = starts(cell)
        many = np.diff(np.r_[first, len(cell)])
        plain = (many == 1) & (bits[first] == FILLS)
        kept = np.repeat(~plain, many)
        last = np.r_[cell[1:] != cell[:-1], np.ones(min(len(cell), 1), dtype=bool)]
        count = bits[kept] >> EDGES_FROM
        record_of = self._count[1] + np.cumsum(kept) - kept
        begin = self._count[2] + offsets(count)
        self._records.append(np.column_stack([owner[kept], begin, bits[kept], last[kept]]).astype(np.int32))
        self._edges.append(edges[spread(first_edge[kept], count)])
        self._two_levels(cell[first], np.where(plain, owner[first], -2 - record_of[first]).astype(np.int32))
        self._count += (0, int(kept.sum()), int(count.sum()))

    def _two_levels(self, cell: Longs, value: Ints) -> None:
        """Note the blocks, and the cells of those blocks that are not one value throughout."""
        size = 1 << 2 * self._frame.shift
        block = cell >> (2 * self._frame.shift)
        first = starts(block)
        if not len(first):
            return
        many = np.diff(np.r_[first, len(block)])
        low, high = np.minimum.reduceat(value, first), np.maximum.reduceat(value, first)
        whole = (many == size) & (low == high) & (low >= 0)
        mixed = np.cumsum(~whole) - 1
        self._blocks[block[first]] = np.where(whole, low, -2 - self._count[0] - mixed)
        cells = np.full(int((~whole).sum()) * size, NOTHING, dtype=np.int32)
        inside = np.repeat(~whole, many)
        cells[np.repeat(mixed * size, many)[inside] + (cell[inside] & (size - 1))] = value[inside]
        self._cells.append(cells)
        self._count[0] += int((~whole).sum())

    def grid(self) -> Grid:
        """Return what was made. One cell block and one edge more than needed: what the compiled look-up reads in vain."""
        spare = np.full(1 << 2 * self._frame.shift, NOTHING, dtype=np.int32)
        records = np.concatenate([*self._records, np.array([[NOTHING, 0, FILLS, 1]], dtype=np.int32)])
        edges = np.concatenate([*self._edges, np.zeros(1, dtype=np.int32)])
        return Grid(self._frame, self._blocks, np.concatenate([*self._cells, spare]), records, edges)


def _by_rank(cell: Longs, bits: Ints, rank: Ints, width: int) -> Longs:
    """Order by cell, then rank. Two that fill a cell answer for it: whoever comes behind them wins nothing, and goes."""
    order = np.argsort((cell << width) | rank, kind="stable")
    cell, filled = cell[order], bits[order] == FILLS
    first = starts(cell)
    before = np.cumsum(filled) - filled
    before -= np.repeat(before[first], np.diff(np.r_[first, len(cell)]))
    return order[before < 2]
