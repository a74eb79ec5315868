"""Transport: amounts from supplies to demands at least cost, by min-cost flow (DOMAIN 0.3: the LP's optimum, over a hundred times faster)."""

from bisect import bisect_left

import numpy as np
from ortools.graph.python import min_cost_flow

from layers.decisions._solution import Solution

STEPS = 2.0**40  # fractional amounts are counted in this many steps of their total: a precision of 1e-12 of it
SHARE = 1e-8  # how far whole-number costs may move the optimum, as a share of what is paid
DECIMALS = 6  # amounts with no more decimals than this are counted exactly
FINENESS = (2.0**34, 2.0**50)  # what the largest cost becomes as a whole number; both are exact as floats


def transport(cost: np.ndarray, supply: np.ndarray, demand: np.ndarray) -> Solution:
    """Return how much goes from each supply (row) to each demand (column): as much as possible, then at least total cost.

    cost     per unit, (n, m), any unit, may be negative; NaN or infinite: the arc is forbidden
    supply   what each row has, (n,), at least 0; infinite: as much as anybody wants
    demand   what each column wants, (m,), at least 0 and finite
    Returns  assignment (n, m), `open` the columns that receive anything, `unserved` the demand left, status "optimal", gap 0

    Supplies and demands need not balance. Whole amounts give whole amounts; amounts of up to 6 decimals are exact, others are
    counted to 1e-12 of their total. The flow works on costs as whole numbers, as finely as 64 bits allow, and the objective is
    computed from the costs given; where costs differ so much in size that rounding could move the optimum by 1e-8 of what is
    paid, arcs too dear for any optimum are left out first. Equal inputs give the equal answer. Raises ValueError for shapes and amounts that are wrong.
    """
    cost, supply, demand = _checked(cost, supply, demand)
    steps = _steps(supply, demand)
    have, want = np.rint(supply * steps).astype(np.int64), np.rint(demand * steps).astype(np.int64)
    row, column = np.nonzero(np.isfinite(cost) & (have > 0)[:, None] & (want > 0))
    price = cost[row, column]
    moved = _flow(row, column, price, have, want) if len(row) else np.zeros(0, np.int64)
    amounts = moved / steps
    assignment = np.zeros(cost.shape)
    assignment[row, column] = amounts
    total, left = float(demand.sum()), float(demand.sum() - amounts.sum())
    return Solution(
        objective=float(price @ amounts) if len(row) else 0.0,
        open=np.flatnonzero(assignment.sum(axis=0) > 0),
        assignment=assignment,
        unserved=left if left > 1e-9 * total else 0.0,
    )


def _checked(cost: np.ndarray, supply: np.ndarray, demand: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    supply, demand = (np.atleast_1d(np.asarray(values, dtype=float)) for values in (supply, demand))
    cost = np.asarray(cost, dtype=float)
    if cost.size == 0 and 0 in (supply.size, demand.size):
        cost = cost.reshape(supply.size, demand.size)
    if supply.ndim != 1 or demand.ndim != 1 or cost.shape != (len(supply), len(demand)):
        raise ValueError(f"cost has shape {cost.shape}; wanted (supplies, demands) = {supply.shape + demand.shape}")
    if np.isnan(supply).any() or (supply < 0).any():
        raise ValueError(f"supply holds {supply[~(supply >= 0)][0]}; wanted amounts of at least 0")
    if not np.isfinite(demand).all() or (demand < 0).any():
        wrong = demand[~(np.isfinite(demand) & (demand >= 0))][0]
        raise ValueError(f"demand holds {wrong}; wanted finite amounts of at least 0")
    return cost, np.minimum(supply, demand.sum()), demand


def _steps(supply: np.ndarray, demand: np.ndarray) -> float:
    """Return how many whole steps a unit is counted in: as few decimals as the amounts have, else a fine binary grid."""
    amounts = np.concatenate([supply, demand])
    total = max(float(supply.sum()), float(demand.sum()), 1e-300)
    for decimals in range(DECIMALS + 1):
        scaled = amounts * 10.0**decimals
        if total * 10.0**decimals < STEPS and (np.abs(scaled - np.rint(scaled)) < 1e-9 * np.maximum(scaled, 1)).all():
            return 10.0**decimals
    return float(2.0 ** np.floor(np.log2(STEPS / total)))


def _flow(row: np.ndarray, column: np.ndarray, price: np.ndarray, have: np.ndarray, want: np.ndarray) -> np.ndarray:
    """Return the amount on each arc, in whole steps: the coarsest costs that are fine enough, for fine ones take longer."""
    price = price - price.min()  # the largest total is fixed, so this moves every answer by the same
    for finest in FINENESS:
        moved, doubt = _rounded(row, column, price, have, want, finest)
        if doubt <= SHARE * (price @ moved):
            return moved
    use = price <= _dearest_needed(row, column, price, have, want) * max(
        int(moved.sum()), 1
    )  # dearer: one step costs more than all
    moved[use], moved[~use] = _rounded(row[use], column[use], price[use], have, want, FINENESS[-1])[0], 0
    return moved


def _rounded(
    row: np.ndarray, column: np.ndarray, price: np.ndarray, have: np.ndarray, want: np.ndarray, finest: float
) -> tuple[np.ndarray, float]:
    """Return the amounts with costs as whole numbers up to `finest`, and the most that this rounding can cost."""
    largest = float(price.max())
    scale = min(finest, 2.0**58 / (len(have) + len(want) + 2)) / largest if largest > 0 else 1.0
    moved = _solve(row, column, np.rint(price * scale).astype(np.int64), have, want)
    return moved, float(moved.sum() / scale) if largest > 0 else 0.0


def _dearest_needed(
    row: np.ndarray, column: np.ndarray, price: np.ndarray, have: np.ndarray, want: np.ndarray
) -> float:
    """Return the smallest limit on the cost of an arc under which as much can still be served (bisection over the costs)."""
    limits, free = np.unique(price), np.zeros(len(price), dtype=np.int64)
    most = _solve(row, column, free, have, want).sum()

    def enough(at: int) -> bool:
        use = price <= limits[at]
        return bool(_solve(row[use], column[use], free[use], have, want).sum() == most)

    return float(limits[bisect_left(range(len(limits)), True, key=enough)])


def _solve(row: np.ndarray, column: np.ndarray, price: np.ndarray, have: np.ndarray, want: np.ndarray) -> np.ndarray:
    """Return the amounts of the cheapest largest flow."""
    flow = min_cost_flow.SimpleMinCostFlow()
    head = (column + len(have)).astype(np.int32)
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        row.astype(np.int32), head, np.minimum(have[row], want[column]), price
    )
    flow.set_nodes_supplies(np.arange(len(have) + len(want), dtype=np.int32), np.concatenate([have, -want]))
    status = flow.solve_max_flow_with_min_cost()
    if status != flow.OPTIMAL:
        raise RuntimeError(f"min-cost flow ended with {status.name} on {len(row):,} arcs; wanted OPTIMAL")
    found: np.ndarray = flow.flows(arcs)
    return found
