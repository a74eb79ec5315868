"""What an index of points answers, and what it says about itself."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from geo.point_edges import Floats, Ints
from geo.point_grid import NOTHING

# The second nearest must be this much farther before the nearest is sure: geocodes scatter by tens of metres.
CLEARLY = 1.5
CLEARLY_M = 5.0


@dataclass(frozen=True)
class Located:
    """Where points lie: arrays with one value a point. Another shape means another position in the array given."""

    position: Ints  # of the shape, -1 for none
    runner_up: Ints  # another shape that holds the point, else the second nearest within reach, -1 for none
    measured: tuple[NDArray[np.bool_], Floats, Floats] | None = None  # None where nearness was not asked for

    @cached_property
    def inside(self) -> NDArray[np.bool_]:
        """Inside it or on its boundary."""
        return self.measured[0] if self.measured else self.position != NOTHING

    @cached_property
    def distance_m(self) -> Floats:
        """0 inside, NaN where there is none."""
        return self.measured[1] if self.measured else _zero_where(self.position != NOTHING)

    @cached_property
    def runner_up_m(self) -> Floats:
        """0 where both hold the point, NaN where there is none."""
        return self.measured[2] if self.measured else _zero_where(self.runner_up != NOTHING)

    @cached_property
    def ambiguous(self) -> NDArray[np.bool_]:
        """Two shapes hold the point, or the second is hardly farther than the first."""
        return np.asarray(self.runner_up_m < CLEARLY * self.distance_m + CLEARLY_M)


def _zero_where(known: NDArray[np.bool_]) -> Floats:
    return np.where(known, 0.0, np.nan)


@dataclass(frozen=True)
class Report:
    """What an index is made of, and what it cost."""

    shapes: int  # that are neither missing nor empty
    edges: int
    cell_deg: float  # side of a cell
    records: int  # of a polygon in a cell that it does not simply fill
    edge_bytes: int
    grid_bytes: int
    near_m: float  # reach of the lists of near edges, 0 where none were made
    near_bytes: int
    build_s: float  # 0 where it was loaded
    near_build_s: float
