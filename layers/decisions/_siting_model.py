"""The one mixed-integer model behind the siting of places: who goes where, which sites are open, who stays unserved."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from layers._errors import LayerError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEARLY = 1e-9  # relative: what counts as nobody left over
PROVEN = 1e-6  # a relative gap below this is rounding
TIME_LIMIT_S = 60.0
ROUNDS = 20  # of tightening; what is left after them the search settles


class SitingError(LayerError, ValueError):
    """A siting problem cannot be stated: a table of costs, weights or a number of sites that makes no sense."""


@dataclass(frozen=True)
class Model:
    """Minimise cost times amount plus the fixed cost of open sites; exact, by HiGHS (scipy.optimize.milp).

    cost      (n, m), infinite where a pair is forbidden
    demand    (n,), not negative; rows without demand take no part
    capacity  (m,), infinite where a site takes everybody
    fixed     (m,)
    sites     how many may be open, None: any number
    exactly   that number is open, not at most
    """

    cost: Floats
    demand: Floats
    capacity: Floats
    fixed: Floats
    sites: int | None = None
    exactly: bool = False
    rows: Ints = field(init=False, repr=False)  # of each arc, counted among those with demand
    columns: Ints = field(init=False, repr=False)
    active: Ints = field(init=False, repr=False)

    def __post_init__(self) -> None:
        active = np.flatnonzero(self.demand > 0)
        wanted = np.isfinite(self.cost[active])
        if self.exactly and self.sites and not np.isfinite(self.capacity).any():
            # Of any m - p + 1 sites one is open, so nobody goes farther than to the (m - p + 1)-th nearest.
            order = np.argsort(self.cost[active], axis=1, kind="stable")[:, : self.cost.shape[1] - self.sites + 1]
            near = np.zeros_like(wanted)
            np.put_along_axis(near, order, True, axis=1)
            wanted &= near
        rows, columns = np.nonzero(wanted)
        for name, value in (("active", active), ("rows", rows), ("columns", columns)):
            object.__setattr__(self, name, value.astype(np.int64))

    def served_at_most(self, limit_s: float) -> float:
        """Return how much of the demand can find a place at all, whatever it costs."""
        if np.isfinite(self.cost[self.active]).all():
            room = np.sort(np.minimum(self.capacity, self.demand.sum()))[::-1]
            return float(min(self.demand.sum(), room[: self.sites].sum()))
        found = self._solve(-self._amount(), np.zeros(self.cost.shape[1]), None, limit_s, NEARLY)
        return 0.0 if found.x is None else float(min(self.demand.sum(), self._amount() @ found.x[: len(self.rows)]))

    def solve(self, served: float, limit_s: float, gap: float) -> tuple[Ints | None, float]:
        """Return the open sites that serve `served` persons most cheaply, and the relative gap; None: nothing was found."""
        found = self._solve(self.cost[self.active[self.rows], self.columns], self.fixed, served, limit_s, gap)
        if found.x is None:
            return None, np.nan
        sites = np.round(found.x[len(self.rows) : len(self.rows) + self.cost.shape[1]])
        left = float(found.mip_gap) if found.mip_gap is not None else 0.0
        return np.flatnonzero(sites > 0).astype(np.int64), left if left > PROVEN else 0.0

    def _amount(self) -> Floats:
        return self.demand[self.active[self.rows]]

    def _solve(self, unit: Floats, fixed: Floats, served: float | None, limit_s: float, gap: float) -> Any:
        """Variables: share of a row's demand on each arc, sites, share of each row that stays unserved."""
        arcs, m, n = len(self.rows), self.cost.shape[1], len(self.active)
        objective = np.r_[unit if served is None else unit * self._amount(), fixed, np.zeros(n)]
        objective /= max(float(np.abs(objective).max(initial=0.0)), 1e-300)
        limits = self._constraints(served)
        return milp(
            objective,
            integrality=np.r_[np.zeros(arcs), np.ones(m), np.zeros(n)],
            bounds=Bounds(0, 1),
            constraints=[*limits, *self._tightened(objective, limits)],
            options={"time_limit": limit_s, "mip_rel_gap": gap},
        )

    def _constraints(self, served: float | None) -> list[LinearConstraint]:
        arcs, m, n = len(self.rows), self.cost.shape[1], len(self.active)
        at, sites, rest = np.arange(arcs), arcs + np.arange(m), arcs + m + np.arange(n)
        everybody = self._matrix(np.ones(arcs + n), np.r_[self.rows, np.arange(n)], np.r_[at, rest], n)
        room = np.minimum(self.capacity, self.demand.sum())
        unit = max(float(room.max()), 1e-300)
        values, row = np.r_[self._amount(), -room] / unit, np.r_[self.columns, np.arange(m)]
        fits = self._matrix(values, row, np.r_[at, sites], m)
        found = [LinearConstraint(everybody, 1, 1), LinearConstraint(fits, -np.inf, 0)]
        if self.sites is not None:
            counted = self._matrix(np.ones(m), np.zeros(m, dtype=np.int64), sites, 1)
            found.append(LinearConstraint(counted, self.sites if self.exactly else 0, self.sites))
        if served is not None and n:
            total = self.demand.sum()
            share = self._matrix(self.demand[self.active] / total, np.zeros(n, dtype=np.int64), rest, 1)
            found.append(LinearConstraint(share, 0, max(0.0, 1 - served / total) + NEARLY))
        return found

    def _tightened(self, objective: Floats, limits: list[LinearConstraint]) -> list[LinearConstraint]:
        """Return "nobody goes to a closed site", arc by arc, for the arcs where the relaxed problem breaks it.

        The room of the sites says it already in sum; said for each arc it bounds far better, but 12,000 such rows make every
        step of the search slow (200 x 60 with capacities: 20 s with all of them).
        """
        arcs = len(self.rows)
        most = np.minimum(1.0, np.minimum(self.capacity, self.demand.sum())[self.columns] / self._amount())
        kept = np.zeros(arcs, dtype=bool)
        found: list[LinearConstraint] = []
        for _ in range(ROUNDS):
            relaxed = milp(objective, bounds=Bounds(0, 1), constraints=[*limits, *found])
            if relaxed.x is None:
                break
            broken = relaxed.x[:arcs] > most * relaxed.x[arcs + self.columns] + 1e-6
            if not broken.any():
                break
            kept |= broken
            at = np.flatnonzero(kept)
            values = np.r_[np.ones(len(at)), -most[at]]
            row = np.r_[np.arange(len(at)), np.arange(len(at))]
            found = [
                LinearConstraint(self._matrix(values, row, np.r_[at, arcs + self.columns[at]], len(at)), -np.inf, 0)
            ]
        return found

    def _matrix(self, values: Floats, row: Ints, column: Ints, height: int) -> Any:
        width = len(self.rows) + self.cost.shape[1] + len(self.active)
        return sp.csr_matrix((values, (row, column)), (height, width))


def split(cost: Floats, demand: Floats, capacity: Floats, sites: Ints, served: float) -> Floats:
    """Return the cheapest amounts (n, m) from all rows to open sites with these capacities that serve `served` persons."""
    n, m = cost.shape
    found = np.zeros((n, m))
    few = np.zeros(m, dtype=bool)
    few[sites] = True
    row, column = np.nonzero(np.isfinite(cost) & few & (demand > 0)[:, None])
    if not len(row) or served <= 0:
        return found
    unit = float(demand.sum())
    room = np.minimum(capacity, unit)
    at = np.arange(len(row))
    limits = [
        LinearConstraint(sp.csr_matrix((np.ones(len(row)), (row, at)), (n, len(row))), -np.inf, demand / unit),
        LinearConstraint(sp.csr_matrix((np.ones(len(row)), (column, at)), (m, len(row))), -np.inf, room / unit),
        LinearConstraint(np.ones((1, len(row))), max(0.0, served / unit - NEARLY), np.inf),
    ]
    answer = milp(cost[row, column], constraints=limits, bounds=Bounds(0, np.inf))
    if answer.x is None:
        raise SitingError(f"the open sites cannot serve the {served:g} they were chosen for: {answer.message}")
    amounts = answer.x * unit
    whole = np.round(amounts)
    found[row, column] = np.where(np.abs(amounts - whole) <= NEARLY * max(unit, 1.0) * 10, whole, amounts)
    return found
