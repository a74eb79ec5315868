"""Transport by min-cost flow: the LP's optimum (HiGHS), balanced or not, with forbidden arcs, fractions and awkward costs."""

import numpy as np
import pytest
from scipy.optimize import linprog

from layers.decisions.flow import transport


def by_lp(cost, supply, demand):
    """Return (largest total, least cost of it) by two linear programs."""
    n, m = cost.shape
    use = np.isfinite(cost).ravel()
    limits = np.vstack([np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))])
    bounds = [(0, None if may else 0) for may in use]
    given = {"A_ub": limits, "b_ub": np.r_[supply, demand], "bounds": bounds}
    most = -linprog(-np.ones(n * m), **given).fun
    paid = linprog(np.where(use, cost.ravel(), 0), A_eq=np.ones((1, n * m)), b_eq=[most], **given).fun
    return most, paid


@pytest.mark.parametrize("seed", range(40))
def test_transport_finds_what_the_linear_program_finds(seed):
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 8, 2)
    cost = rng.normal(size=(n, m)) * 10.0 ** rng.uniform(-4, 6)  # negative ones too
    cost[rng.random((n, m)) < 0.2] = (np.nan, np.inf, -np.inf)[seed % 3]
    supply, demand = rng.integers(0, 40, n).astype(float), rng.integers(0, 40, m).astype(float)
    if seed % 2:
        supply, demand = supply * rng.random(n), demand * rng.random(m)
    found = transport(cost, supply, demand)
    most, paid = by_lp(cost, supply, demand)
    assert demand.sum() - found.unserved == pytest.approx(most, rel=1e-7, abs=1e-7)
    assert found.objective == pytest.approx(
        paid, rel=1e-6, abs=1e-9 * np.nanmax(np.abs(np.where(np.isfinite(cost), cost, 0)))
    )
    assert (found.assignment.sum(axis=1) <= supply + 1e-9).all()
    assert (found.assignment.sum(axis=0) <= demand + 1e-9).all()
    assert not found.assignment[~np.isfinite(cost)].any()
    assert found.open.tolist() == np.flatnonzero(found.assignment.sum(axis=0)).tolist()


def test_a_textbook_problem_by_hand():
    # Hand-worked: 1 takes the cheap 2 (cost 1) up to its demand of 3, the rest by supply 0; 0-0 5x2, 0-1 1x4, 1-1 2x1
    found = transport(np.array([[2, 4], [5, 1]]), np.array([6, 2]), np.array([5, 3]))
    assert found.objective == 16
    assert found.assignment.tolist() == [[5, 1], [0, 2]]
    assert (found.status, found.gap, found.unserved) == ("optimal", 0.0, 0.0)


def test_serves_as_much_as_possible_before_it_saves_cost():
    # Serving both needs the dear arc: 0 -> 1 (100) and 1 -> 0 (1), although 0 -> 0 costs nothing
    found = transport(np.array([[0, 100], [1, np.inf]]), np.array([1, 1]), np.array([1, 1]))
    assert found.objective == 101
    assert found.unserved == 0


def test_whole_inputs_give_whole_amounts():
    rng = np.random.default_rng(7)
    found = transport(rng.random((30, 9)), rng.integers(0, 9, 30), rng.integers(0, 30, 9))
    assert (found.assignment == np.rint(found.assignment)).all()


def test_amounts_with_decimals_are_exact():
    found = transport(np.array([[1.0, 2.0]]), np.array([0.35]), np.array([0.1, 0.2]))
    assert found.assignment.tolist() == [[0.1, 0.2]]
    assert found.objective == pytest.approx(0.5, rel=1e-12)


def test_costs_of_very_different_size_keep_the_small_ones_apart():
    # A thousand demands; the arc of 1e15 cannot be in an optimum, and rounding to its size would blur 1.0 and 1.5
    cost = np.tile([1.5, 1.0, 1e15], (1000, 1))
    found = transport(cost, np.ones(1000), np.array([600, 500, 0.0]))
    assert found.objective == 500 * 1.0 + 500 * 1.5
    one_forced = transport(cost, np.ones(1000), np.array([400, 500, 100]))
    assert one_forced.objective == pytest.approx(100 * 1e15, rel=1e-9)


@pytest.mark.parametrize(
    ("cost", "supply", "demand", "objective", "unserved"),
    [
        (np.zeros((0, 3)), [], [1, 2, 3], 0, 6),
        (np.zeros((2, 0)), [1, 2], [], 0, 0),
        ([], [], [], 0, 0),
        ([[1, 2]], [3], [1, 1], 3, 0),
        ([[1], [2]], [1, 1], [2], 3, 0),
        ([[1], [2]], [0, 0], [0], 0, 0),
        ([[5.0]], [np.inf], [4], 20, 0),
        ([[np.nan, np.inf]], [3], [1, 1], 0, 2),
        ([[-3.0]], [2], [5], -6, 3),
        ([[0.0, 0.0]], [3], [2, 2], 0, 1),
    ],
)
def test_odd_inputs_are_answered(cost, supply, demand, objective, unserved):
    found = transport(np.asarray(cost), np.asarray(supply), np.asarray(demand))
    assert (found.objective, found.unserved, found.status) == (objective, unserved, "optimal")
    assert found.assignment.shape == (len(supply), len(demand))


@pytest.mark.parametrize(
    ("cost", "supply", "demand", "says"),
    [
        ([[1, 2]], [1, 2], [1, 2], "wanted \\(supplies, demands\\) = \\(2, 2\\)"),
        ([[1]], [-1], [1], "supply holds -1"),
        ([[1]], [np.nan], [1], "supply holds nan"),
        ([[1]], [1], [np.inf], "demand holds inf"),
    ],
)
def test_wrong_inputs_are_named(cost, supply, demand, says):
    with pytest.raises(ValueError, match=says):
        transport(np.asarray(cost), np.asarray(supply), np.asarray(demand))


def test_the_same_problem_has_the_same_answer_where_many_are_as_good():
    cost, ones = np.ones((20, 20)), np.ones(20)
    first = transport(cost, ones, ones)
    assert all((transport(cost, ones, ones).assignment == first.assignment).all() for _ in range(3))
