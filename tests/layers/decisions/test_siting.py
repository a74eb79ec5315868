"""Where to open sites: published optima, all choices tried by hand, and problems that make no sense."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse.csgraph import shortest_path

from layers._errors import LayerError
from layers.decisions.siting import SitingError, capacitated_facility, interchange, max_cover, p_center, p_median

FAR = np.inf
LINE = np.abs(np.subtract.outer([0.0, 1, 2, 10, 11], [0.0, 1, 10, 11]))  # five homes and four sites along a road


def pmed1(real_data: Path) -> tuple[np.ndarray, int]:
    """OR-Library pmed1 (Beasley 1985): an edge that is given twice has its last length."""
    first, *edges = [
        [int(word) for word in line.split()]
        for line in (real_data / "validation/location/pmed1.txt").read_text().splitlines()
        if line.strip()
    ]
    length = np.zeros((first[0], first[0]))
    for a, b, metres in edges:
        length[a - 1, b - 1] = length[b - 1, a - 1] = metres
    return shortest_path(length), first[2]


def test_p_median_of_pmed1_is_the_published_optimum(real_data: Path) -> None:
    cost, p = pmed1(real_data)
    found = p_median(cost, np.ones(len(cost)), p)
    assert (found.objective, found.status, found.gap, len(found.open)) == (5819, "optimal", 0, 5)  # V14


def test_p_center_of_pmed1_is_the_published_optimum(real_data: Path) -> None:
    cost, p = pmed1(real_data)
    assert (
        p_center(cost, p).objective == 127
    )  # Daskin's published radius for pmed1; Elloumi, Labbe & Pochet 2004, table 1


def test_p_median_puts_everybody_at_the_nearest_open_site() -> None:
    found = p_median(LINE, [1, 1, 1, 2, 1], 2)
    assert found.objective == 1 + 0 + 1 + 0 + 1
    assert found.open.tolist() == [1, 2]
    assert found.assignment[:, [1, 2]].tolist() == [[1, 0], [1, 0], [1, 0], [0, 2], [0, 1]]
    assert found.unserved == 0


def test_max_cover_counts_the_weight_within_the_radius() -> None:
    found = max_cover(LINE, [5, 1, 1, 2, 2], 1, 1.0)
    assert (found.objective, found.open.tolist(), found.unserved) == (7, [1], 4)
    assert found.assignment.sum() == 7


def test_p_center_makes_the_longest_way_shortest() -> None:
    found = p_center(LINE, 2)
    assert found.objective == 1
    assert len(found.open) == 2


def test_capacity_splits_a_demand_point() -> None:
    found = capacitated_facility([[1.0, 3.0]], [10], [6, 6], [0, 0])
    assert found.assignment.tolist() == [[6, 4]]
    assert found.objective == 6 * 1 + 4 * 3


def test_a_dear_site_stays_shut_while_a_far_one_suffices() -> None:
    found = capacitated_facility([[1.0, 3.0]], [10], [20, 20], [25, 0])
    assert (found.open.tolist(), found.objective) == ([1], 30)
    assert capacitated_facility([[1.0, 3.0]], [10], [20, 20], [15, 0]).open.tolist() == [0]


def test_short_capacity_leaves_people_unserved_and_says_how_many() -> None:
    found = capacitated_facility([[1.0, 2.0], [4.0, 1.0]], [10, 10], [5, 8], [100, 100])
    assert (found.unserved, found.objective) == (7, 5 * 1 + 8 * 1 + 200)
    assert found.assignment.sum() == 13


def test_at_most_p_sites_with_capacity_serve_as_many_as_they_can() -> None:
    found = capacitated_facility([[1.0, 2.0], [4.0, 1.0]], [10, 10], [5, 8], [0, 0], p=1)
    assert (found.open.tolist(), found.unserved) == ([1], 12)


def test_a_forbidden_pair_is_never_used_and_who_nobody_reaches_is_counted() -> None:
    cost = [[FAR, 5.0], [1.0, FAR], [FAR, FAR]]
    found = p_median(cost, [1, 2, 4], 2)
    assert (found.objective, found.unserved, found.assignment[2].sum()) == (7, 4, 0)
    one = p_median(cost, [1, 2, 4], 1)
    assert (one.open.tolist(), one.unserved) == ([0], 5)  # more are served first, and only then is the way counted
    assert capacitated_facility(cost, [1, 2, 4], [9, 9], [0, 0]).unserved == 4


@pytest.mark.parametrize("seed", range(24))
def test_exact_solvers_agree_with_trying_everything(seed: int) -> None:
    random = np.random.default_rng(seed)
    n, m = random.integers(1, 7), random.integers(1, 6)
    p = int(random.integers(1, m + 1))
    cost, weight = random.integers(0, 9, (n, m)).astype(float), random.integers(0, 4, n).astype(float)
    if seed % 2:
        cost[random.random((n, m)) < 0.25] = FAR
    medians, centers, covers = [], [], []
    for sites in combinations(range(m), p):
        near = cost[:, sites].min(axis=1)
        lost = np.isinf(near)
        medians.append((weight[lost].sum(), (weight * np.where(lost, 0, near)).sum()))
        centers.append((lost.sum(), max(near[~lost], default=-1.0)))
        covers.append(weight[near <= 3].sum())
    median, center = p_median(cost, weight, p), p_center(cost, p)
    assert (median.unserved, median.objective) == pytest.approx(min(medians))
    assert (center.unserved, np.nan_to_num(center.objective, nan=-1.0)) == pytest.approx(min(centers))
    assert max_cover(cost, weight, p, 3).objective == pytest.approx(max(covers))
    assert len(median.open) == len(center.open) == p


@pytest.mark.parametrize("seed", range(12))
def test_capacitated_agrees_with_trying_everything(seed: int) -> None:
    random = np.random.default_rng(seed)
    n, m = random.integers(1, 6), random.integers(1, 5)
    cost, demand = random.integers(0, 9, (n, m)).astype(float), random.integers(0, 5, n).astype(float)
    capacity, fixed = random.integers(0, 6, m).astype(float), random.integers(0, 6, m).astype(float)
    best = min(_cheapest(cost, demand, capacity, fixed, s) for k in range(m + 1) for s in combinations(range(m), k))
    found = capacitated_facility(cost, demand, capacity, fixed)
    assert (found.unserved, found.objective) == pytest.approx(best, abs=1e-6)
    assert (found.assignment.sum(axis=0) <= capacity + 1e-9).all()


def _cheapest(cost: np.ndarray, demand: np.ndarray, capacity: np.ndarray, fixed: np.ndarray, sites: tuple[int, ...]):  # type: ignore[no-untyped-def]
    """Return (unserved, cost) with exactly these sites open."""
    if not sites:
        return demand.sum(), 0.0
    pairs = [(i, j) for i in range(len(cost)) for j in sites]
    row = [[pair[0] == i for pair in pairs] for i in range(len(cost))]
    limits = np.array([*row, *([pair[1] == j for pair in pairs] for j in sites)], dtype=float)
    room = np.r_[demand, capacity[list(sites)]]
    most = -linprog(-np.ones(len(pairs)), A_ub=limits, b_ub=room).fun
    unit = [cost[pair] for pair in pairs]
    least = linprog(unit, A_ub=limits, b_ub=room, A_eq=np.ones((1, len(pairs))), b_eq=[most])
    return round(demand.sum() - most, 6), least.fun + fixed[list(sites)].sum()


def town(seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """200 communities and 60 candidate sites, as in DOMAIN 0.5."""
    random = np.random.default_rng(seed)
    homes, sites = random.normal(0, 12, (200, 2)), random.normal(0, 11, (60, 2))
    return np.hypot(*(homes[:, None] - sites).transpose(2, 0, 1)), random.gamma(0.6, 105, 200)


def test_sixteen_of_sixty_sites_are_proven() -> None:
    cost, weight = town()
    found = p_median(cost, weight, 16)
    assert (found.status, found.gap, len(found.open)) == ("optimal", 0, 16)
    rough = interchange(cost, weight, 16)
    assert rough.status == "heuristic"
    assert np.isnan(rough.gap)
    assert found.objective <= rough.objective <= found.objective * 1.02


def test_every_compound_can_be_covered_with_a_proof() -> None:
    random = np.random.default_rng(1)
    homes, sites = random.normal(0, 12, (7148, 2)), random.normal(0, 11, (60, 2))
    cost = np.hypot(*(homes[:, None] - sites).transpose(2, 0, 1))
    found = max_cover(cost, np.ones(7148), 16, 3.5)
    assert (found.status, found.objective + found.unserved) == ("optimal", 7148)


def test_equal_sites_are_broken_the_same_way_every_time() -> None:
    cost = np.ones((6, 5))
    for solve in (
        lambda: p_median(cost, np.ones(6), 2),
        lambda: p_center(cost, 2),
        lambda: interchange(cost, np.ones(6), 2),
    ):
        first, second = solve(), solve()
        assert first.open.tolist() == second.open.tolist()
        assert (first.assignment == second.assignment).all()
        assert first.assignment[:, first.open[0]].sum() == 6  # the first of equally near sites


def test_nobody_to_serve_opens_what_was_asked_and_costs_nothing() -> None:
    assert p_median([[1.0, 2.0]], [0], 1).objective == 0
    found = capacitated_facility([[1.0, 2.0]], [0], [5, 5], [1, 1])
    assert (found.objective, found.open.tolist(), found.unserved) == (0, [], 0)
    assert max_cover([[1.0, 2.0]], [0], 1, 5).objective == 0


def test_time_that_runs_out_still_gives_a_plan_and_never_calls_it_proven() -> None:
    cost, weight = town()
    found = capacitated_facility(cost, weight, np.full(60, weight.sum() / 14), np.zeros(60), p=16, time_limit_s=0.01)
    assert found.status == "feasible"
    assert found.unserved == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: p_median([[1.0, np.nan]], [1], 1), r"cost\[0, 1\] is nan"),
        (lambda: p_median([[1.0, -2.0]], [1], 1), r"cost\[0, 1\] is -2"),
        (lambda: p_median([[1.0, 2.0]], [1], 3), "p is 3; wanted a whole number from 1 to the 2 sites"),
        (lambda: p_median([[1.0, 2.0]], [1], 0), "p is 0"),
        (lambda: p_center([[1.0, 2.0]], -1), "p is -1"),
        (lambda: p_median([[1.0, 2.0]], [1, 2], 1), "weights has 2 values for 1 demand points"),
        (lambda: p_median([[1.0, 2.0]], [np.nan], 1), r"weights\[0\] is nan"),
        (lambda: p_median([1.0, 2.0], [1, 2], 1), "shape"),
        (lambda: p_center(np.zeros((0, 3)), 1), "at least one of each"),
        (lambda: capacitated_facility([[1.0, 2.0]], [1], [3], [0, 0]), "capacity has 1 values for 2 sites"),
        (lambda: capacitated_facility([[1.0, 2.0]], [1], [3, np.nan], [0, 0]), r"capacity\[1\] is nan"),
        (lambda: max_cover([[1.0, 2.0]], [1], 1, np.nan), "radius"),
    ],
)
def test_a_problem_that_makes_no_sense_is_refused_by_name(call, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(SitingError, match=said) as caught:
        call()
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, LayerError)
