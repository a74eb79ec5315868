"""Circles around every place, smallest first, and what the largest likelihood ratio over all of them needs.

Within one circle the ratio grows with its cases and falls with its measure (expected cases or persons). So for each number of
cases only the circle of the least measure counts: a pass over the zones needs no logarithm, and one table of that length does.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.errors import GeoError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

AT_ONCE = 1 << 18  # zones of a block stay in the cache
ZONES_AT_MOST = 60_000_000  # 16 bytes each
ROUNDING = 1e-12  # relative: measures are sums of many numbers


@dataclass(frozen=True)
class Zones:
    """Circles around n places.

    order    (n, K) places by distance from each centre, the centre first
    measure  (n, K) sum of the measure in the circle up to there; of equally far places all or none lie inside, so each of
             them stands for the circle with all; infinite where the circle holds more than the share allowed
    total    sum of the measure over all places
    """

    order: Ints
    measure: Floats
    total: float

    def blocks(self) -> Iterator[slice]:
        """Yield slices of centres, each small enough to stay in the cache."""
        step = max(1, AT_ONCE // max(1, self.order.shape[1]))
        for low in range(0, len(self.order), step):
            yield slice(low, min(low + step, len(self.order)))

    def least(self, counts: Ints, total: int) -> Floats:
        """Return for 0..total cases the least measure of a circle that holds exactly so many; infinite where none does."""
        found = np.full(total + 1, np.inf)
        small = counts.astype(np.int32)
        for block in self.blocks():
            inside = small.take(self.order[block], mode="clip")
            new = np.flatnonzero(inside != 0)  # a place without cases only makes the circle larger
            cases = np.cumsum(inside, axis=1, dtype=np.int32).ravel()[new]
            np.minimum.at(found, cases.astype(np.int64), self.measure[block].ravel()[new])
        return found

    def members(self, centre: int, last: int) -> Ints:
        """Return the places in the circle of a centre that ends with its `last`-th neighbour, and those as far as it."""
        row = self.measure[centre]
        end = int(np.flatnonzero(row == row[last])[-1])
        return np.sort(self.order[centre, : end + 1]).astype(np.int64)


def circles(xy: Floats, measure: Floats, max_share: float) -> Zones:
    """Return the circles around each place that hold at most `max_share` of the measure. Places are distinct points."""
    n, total = len(xy), float(measure.sum())
    limit = max_share * total * (1 + ROUNDING)
    rows = []
    kept = 0
    step = max(1, AT_ONCE // max(1, n))
    for low in range(0, n, step):
        found = _around(xy, measure, np.arange(low, min(low + step, n)), limit)
        kept += found[0].size
        if kept > ZONES_AT_MOST:
            raise GeoError(
                f"{n:,} places and a share of {max_share:g} make more than {ZONES_AT_MOST:,} circles; lower it"
            )
        rows.append(found)
    width = max((order.shape[1] for order, _ in rows), default=0)
    order = np.concatenate([_wide(order, width, 0) for order, _ in rows]) if rows else np.zeros((0, 0))
    sums = np.concatenate([_wide(sums, width, np.inf) for _, sums in rows]) if rows else np.zeros((0, 0))
    return Zones(order.astype(np.int64), sums, total)


def _around(xy: Floats, measure: Floats, centres: Ints, limit: float) -> tuple[Ints, Floats]:
    far = np.hypot(xy[centres, None, 0] - xy[None, :, 0], xy[centres, None, 1] - xy[None, :, 1])
    far[np.arange(len(centres)), centres] = -1.0
    order = np.argsort(far, axis=1)
    sums = np.cumsum(measure[order], axis=1)
    ordered = np.take_along_axis(far, order, axis=1)
    last = np.c_[ordered[:, 1:] != ordered[:, :-1], np.ones(len(centres), dtype=bool)]
    end = np.where(last, np.arange(len(xy))[None], len(xy))
    end = np.minimum.accumulate(end[:, ::-1], axis=1)[:, ::-1]
    sums = np.take_along_axis(sums, end, axis=1)
    allowed = sums <= limit
    width = int(allowed.sum(axis=1).max(initial=0))
    return order[:, :width], np.where(allowed, sums, np.inf)[:, :width]


def _wide(table: NDArray[np.generic], width: int, fill: float) -> NDArray[np.generic]:
    return np.pad(table, ((0, 0), (0, width - table.shape[1])), constant_values=fill)
