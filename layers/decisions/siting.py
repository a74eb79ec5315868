"""Where to open sites: p-median, capacitated facility location, maximal covering, p-center; exact, with a proof or a gap.

`cost[i, j]` is per unit from demand point i (n rows) to site j (m columns); an infinite cost forbids the pair. As many as
possible are served first, and only then is cost counted: nobody stays without a place because the place is dear. A row goes
to the first of equally near sites. Formulations: Daskin, Network and Discrete Location (2nd ed. 2013), chapters 4 to 7;
measured in DOMAIN 0.5 and 2. All raise SitingError (a ValueError) where the problem makes no sense.
"""

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike
from scipy.optimize import Bounds, LinearConstraint, milp

from layers.decisions._siting_model import (
    NEARLY,
    PROVEN,
    TIME_LIMIT_S,
    Floats,
    Ints,
    Model,
    SitingError,
    split,
)
from layers.decisions._solution import Solution

__all__ = ["SitingError", "capacitated_facility", "interchange", "max_cover", "p_center", "p_median"]


def p_median(
    cost: ArrayLike, weights: ArrayLike, p: int, *, time_limit_s: float = TIME_LIMIT_S, gap: float = NEARLY
) -> Solution:
    """Open exactly p sites so that sum(weights[i] * cost[i, its site]) is smallest (Hakimi 1964).

    assignment  weights[i] at the nearest open site; a row without weight goes nowhere
    Rows that no choice of p sites reaches count as unserved, not as cost. Where time runs out before a first answer, the
    interchange heuristic gives one ("feasible", gap NaN).
    """
    cost, weights = _costs(cost), _amounts("weights", weights)
    _require(cost, p, weights=weights)
    m = cost.shape[1]
    model = Model(cost, weights, np.full(m, np.inf), np.zeros(m), p, exactly=True)
    served = model.served_at_most(time_limit_s)
    sites, left = model.solve(served, time_limit_s, gap)
    if sites is None:
        sites = interchange(cost, weights, p).open
    return _nearest(cost, weights, sites, "feasible" if np.isnan(left) or left > 0 else "optimal", left)


def capacitated_facility(
    cost: ArrayLike,
    demand: ArrayLike,
    capacity: ArrayLike,
    fixed: ArrayLike,
    *,
    p: int | None = None,
    time_limit_s: float = TIME_LIMIT_S,
    gap: float = NEARLY,
) -> Solution:
    """Open sites, and split the demand over them, so that transport plus the fixed cost of open sites is smallest.

    capacity  units per site, infinite: takes everybody;  fixed  cost of opening a site, in the unit of cost times amount
    p         at most so many sites; None: as many as it takes
    unserved  what capacity or forbidden pairs leave over, the least possible; it costs nothing in the objective
    """
    cost, demand = _costs(cost), _amounts("demand", demand)
    capacity, fixed = _amounts("capacity", capacity, infinite=True), _amounts("fixed", fixed)
    _require(cost, cost.shape[1] if p is None else p, demand=demand)
    for name, values in (("capacity", capacity), ("fixed", fixed)):
        if len(values) != cost.shape[1]:
            raise SitingError(f"{name} has {len(values)} values for {cost.shape[1]} sites")
    model = Model(cost, demand, capacity, fixed, p)
    served = model.served_at_most(time_limit_s)
    sites, left = model.solve(served, time_limit_s, gap)
    if sites is None:
        sites, served = _roomiest(model)
    amounts = split(cost, demand, capacity, sites, served)
    used = sites[amounts[:, sites].sum(axis=0) > 0]
    total = float((amounts * np.where(amounts > 0, cost, 0.0)).sum() + fixed[used].sum())
    return Solution(total, used, amounts, _said(left), left, _rest(demand, amounts))


def max_cover(
    cost: ArrayLike,
    weights: ArrayLike,
    p: int,
    radius: float,
    *,
    time_limit_s: float = TIME_LIMIT_S,
    gap: float = NEARLY,
) -> Solution:
    """Open exactly p sites so that the most weight lies within `radius` (inclusive) of one (Church & ReVelle 1974).

    objective   the COVERED WEIGHT, which is maximised; unserved: the weight that is not covered
    assignment  weights[i] at the nearest open site within the radius, nothing for rows that are not covered
    """
    cost, weights = _costs(cost), _amounts("weights", weights)
    _require(cost, p, weights=weights)
    if np.isnan(radius):
        raise SitingError("radius is not a number; wanted a distance in the unit of cost")
    within = np.where(cost <= radius, cost, np.inf)
    sites, left = _cover(np.isfinite(within), weights, p, time_limit_s, gap)
    near = _nearest(within, weights, _filled(within, weights, sites, p), _said(left), left)
    return Solution(
        float(near.assignment.sum()), near.open, near.assignment, near.status, near.gap, _rest(weights, near.assignment)
    )


def p_center(cost: ArrayLike, p: int, *, time_limit_s: float = TIME_LIMIT_S) -> Solution:
    """Open exactly p sites so that the LARGEST DISTANCE of a row to its nearest site, the objective, is smallest.

    Found by halving the ordered distances and asking a covering problem for each (Minieka 1970). Every row counts one.
    Rows that cannot all be reached with p sites are left unserved, the fewest possible, and have no distance.
    """
    cost = _costs(cost)
    ones = np.ones(len(cost))
    _require(cost, p, weights=ones)
    steps = np.unique(cost[np.isfinite(cost)])
    if not len(steps):
        return _nearest(cost, ones, np.arange(p), "optimal", 0.0, largest=True)
    wanted = len(cost) - max_cover(cost, ones, p, float(steps[-1]), time_limit_s=time_limit_s).unserved
    low, high, doubt = 0, len(steps) - 1, False
    best = _cover(np.isfinite(cost), ones, p, time_limit_s, NEARLY)[0]
    while low < high:
        middle = (low + high) // 2
        sites, left = _cover(cost <= steps[middle], ones, p, time_limit_s, NEARLY)
        reached = int((cost[:, sites] <= steps[middle]).any(axis=1).sum()) if len(sites) else 0
        doubt |= reached < wanted and left != 0.0
        low, high, best = (low, middle, sites) if reached >= wanted else (middle + 1, high, best)
    limited = np.where(cost <= steps[high], cost, np.inf)
    sites = _filled(limited, ones, best, p)
    return _nearest(limited, ones, sites, *(("feasible", np.nan) if doubt else ("optimal", 0.0)), largest=True)


def interchange(cost: ArrayLike, weights: ArrayLike, p: int, *, starts: int = 3, seed: int = 0) -> Solution:
    """The p-median by exchanging one site at a time (Teitz & Bart 1968): fast on unaggregated demand, without a proof.

    status "heuristic", gap NaN. The same seed gives the same answer.
    """
    cost, weights = _costs(cost), _amounts("weights", weights)
    _require(cost, p, weights=weights)
    rows = weights > 0
    dear = np.nanmax(np.where(np.isfinite(cost), cost, 0.0), initial=0.0) * 1e6 + 1e6  # serve first, then count cost
    pay = weights[rows, None] * np.minimum(cost[rows], dear)
    random = np.random.default_rng(seed)
    tries = [_exchanged(pay, np.sort(random.choice(cost.shape[1], p, replace=False))) for _ in range(max(1, starts))]  # nosec B311 # starts of a search
    return _nearest(cost, weights, min(tries, key=lambda one: one[0])[1], "heuristic", np.nan)


def _exchanged(pay: Floats, sites: Ints) -> tuple[float, Ints]:
    best, better = float(pay[:, sites].min(axis=1).sum()), True
    while better:
        better = False
        for leaving in sites.copy():
            others = sites[sites != leaving]
            base = pay[:, others].min(axis=1) if len(others) else np.full(len(pay), np.inf)
            found = np.minimum(base[:, None], pay).sum(axis=0)
            found[others] = np.inf
            entering = int(found.argmin())
            if found[entering] < best * (1 - NEARLY):
                best, sites, better = float(found[entering]), np.sort(np.r_[others, entering]), True
    return best, sites


def _cover(reach: Any, weights: Floats, p: int, limit_s: float, gap: float) -> tuple[Ints, float]:
    """Sites (at most p) that cover the most weight, and the relative gap; rows with the same sites count as one."""
    some = reach.any(axis=1) & (weights > 0)
    if not some.any():
        return np.zeros(0, dtype=np.int64), 0.0
    packed, which = np.unique(np.packbits(reach[some], axis=1), axis=0, return_inverse=True)
    weight = np.bincount(which.ravel(), weights[some])
    kinds = np.unpackbits(packed, axis=1, count=reach.shape[1])
    n, m = kinds.shape
    covered = sp.hstack([-sp.csr_matrix(kinds.astype(float)), sp.identity(n)]).tocsr()
    number = np.r_[np.ones(m), np.zeros(n)][None]
    answer = milp(
        np.r_[np.zeros(m), -weight / weight.sum()],
        constraints=[LinearConstraint(covered, -np.inf, 0), LinearConstraint(number, 0, p)],
        integrality=np.r_[np.ones(m), np.zeros(n)],
        bounds=Bounds(0, 1),
        options={"time_limit": limit_s, "mip_rel_gap": gap},
    )
    if answer.x is None:
        return np.zeros(0, dtype=np.int64), np.nan
    left = float(answer.mip_gap or 0.0)
    return np.flatnonzero(np.round(answer.x[:m]) > 0).astype(np.int64), left if left > PROVEN else 0.0


def _filled(cost: Floats, weights: Floats, sites: Ints, p: int) -> Ints:
    """Sites until there are p: each time the one that brings most, first of coverage, then of nearness."""
    dear = np.nanmax(np.where(np.isfinite(cost), cost, 0.0), initial=0.0) * 1e6 + 1e6
    pay = weights[:, None] * np.minimum(cost, dear)
    sites = np.sort(sites)
    while len(sites) < p:
        base = pay[:, sites].min(axis=1) if len(sites) else np.full(len(pay), np.inf)
        found = np.minimum(base[:, None], pay).sum(axis=0)
        found[sites] = np.inf
        sites = np.sort(np.r_[sites, int(found.argmin())]).astype(np.int64)
    return sites


def _nearest(cost: Floats, weights: Floats, sites: Ints, status: str, gap: float, *, largest: bool = False) -> Solution:
    """Everybody to the first of the nearest open sites."""
    amounts = np.zeros(cost.shape)
    sites = np.sort(np.asarray(sites, dtype=np.int64))
    at = sites[cost[:, sites].argmin(axis=1)] if len(sites) else np.zeros(len(cost), dtype=np.int64)
    paid = cost[np.arange(len(cost)), at]
    served = np.isfinite(paid) & bool(len(sites))
    amounts[np.flatnonzero(served), at[served]] = weights[served]
    paid = paid[served]
    total = (paid.max() if len(paid) else np.nan) if largest else (weights[served] * paid).sum()
    return Solution(float(total), sites, amounts, status, gap, float(weights[~served].sum()))


def _roomiest(model: Model) -> tuple[Ints, float]:
    """Where time ran out before any answer: the largest sites, and how many they can serve."""
    sites = np.sort(np.argsort(-model.capacity, kind="stable")[: model.sites]).astype(np.int64)
    closed = np.full_like(model.cost, np.inf)
    closed[:, sites] = model.cost[:, sites]
    return sites, Model(closed, model.demand, model.capacity, model.fixed).served_at_most(TIME_LIMIT_S)


def _said(gap: float) -> str:
    return "optimal" if gap == 0.0 else "feasible"


def _rest(wanted: Floats, amounts: Floats) -> float:
    left = float(wanted.sum() - amounts.sum())
    return left if left > NEARLY * max(1.0, float(wanted.sum())) * 10 else 0.0


def _costs(cost: ArrayLike) -> Floats:
    found = np.asarray(cost, dtype=float)
    if found.ndim != 2 or 0 in found.shape:
        raise SitingError(f"cost has the shape {found.shape}; wanted (demand points, sites), at least one of each")
    if np.isnan(found).any() or (found < 0).any():
        row, column = (int(at[0]) for at in np.nonzero(np.isnan(found) | (found < 0)))
        raise SitingError(f"cost[{row}, {column}] is {found[row, column]}; wanted 0 or more, infinite where forbidden")
    return found


def _amounts(name: str, values: ArrayLike, *, infinite: bool = False) -> Floats:
    found = np.asarray(values, dtype=float)
    if found.ndim != 1:
        raise SitingError(f"{name} has the shape {found.shape}; wanted one number a row")
    bad = np.isnan(found) | (found < 0) | (np.isinf(found) & (not infinite))
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        raise SitingError(f"{name}[{at}] is {found[at]}; wanted 0 or more")
    return found


def _require(cost: Floats, p: int, **rows: Floats) -> None:
    for name, values in rows.items():
        if len(values) != len(cost):
            raise SitingError(f"{name} has {len(values)} values for {len(cost)} demand points")
    if p != int(p) or not 1 <= p <= cost.shape[1]:
        raise SitingError(f"p is {p}; wanted a whole number from 1 to the {cost.shape[1]} sites there are")
