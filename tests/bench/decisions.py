"""Solvers of the decisions at real size, as ratios: a figure of a loaded machine still says which way is faster."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

Say = Callable[..., None]


def measure(say: Say, small: bool = False) -> None:
    """Say every ratio; `small` leaves out what takes minutes."""
    siting(say)
    scanning(say, small)
    flowing(say, small)
    staffing(say)


def siting(say: Say) -> None:
    """Sixteen of sixty sites: exact on 200 communities against the interchange heuristic, and covering 7,148 compounds."""
    from layers.decisions.siting import capacitated_facility, interchange, max_cover, p_median

    random = np.random.default_rng(3)
    sites, homes = random.normal(0, 11, (60, 2)), random.normal(0, 12, (7148, 2))
    every = np.hypot(*(homes[:, None] - sites).transpose(2, 0, 1))
    few, weight = every[:200], random.gamma(0.6, 105, 200)
    beds = random.integers(300, 2000, 60).astype(float)
    beds *= weight.sum() * 1.15 / np.sort(beds)[-16:].sum()
    exact, took = _timed(lambda: p_median(few, weight, 16))
    rough, quick = _timed(lambda: interchange(few, weight, 16))
    say(
        "siting.p_median",
        took,
        "s",
        status=exact.status,
        gap=exact.gap,
        heuristic_above=rough.objective / exact.objective - 1,
    )
    say("siting.p_median_to_heuristic", took / quick, "times the time")
    split, took = _timed(lambda: capacitated_facility(few, weight, beds, np.zeros(60), p=16))
    say("siting.capacitated", took, "s", status=split.status, gap=split.gap, unserved=split.unserved)
    cover, quick = _timed(lambda: max_cover(every, np.ones(7148), 16, 3.5))
    say("siting.max_cover", quick, "s", status=cover.status, rows=7148)
    say("siting.capacitated_to_max_cover", took / quick, "times the time")


def scanning(say: Say, small: bool) -> None:
    """One replicate of the scan against computing every circle's ratio, the same largest one."""
    from geo.scan import llr_poisson
    from geo.scan_zones import circles

    n = 1000 if small else 7148
    random = np.random.default_rng(0)
    xy, people = random.normal(0, 12_000, (n, 2)), random.gamma(2, 600, n).round() + 1
    zones, build = _timed(lambda: circles(xy, people, 0.1))
    total = 800
    counts = random.multinomial(total, people / people.sum())
    unit = total / people.sum()

    def every() -> float:
        ratio = llr_poisson(np.cumsum(counts[zones.order], axis=1), zones.measure * unit, total)
        return float(ratio.max())

    best, took = _timed(
        lambda: float(llr_poisson(np.arange(total + 1), zones.least(counts, total) * unit, total).max())
    )
    same, naive = _timed(every)
    if abs(best - same) > 1e-9 * best:
        raise RuntimeError(f"the scan found {best}, every circle one by one {same}")
    say("scan.circles", build, "s", places=n, circles=int(np.isfinite(zones.measure).sum()))
    say("scan.replicate", took, "s")
    say("scan.every_ratio_to_replicate", naive / took, "times the time")


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    found = work()
    return found, time.perf_counter() - started


def flowing(say: Say, small: bool) -> None:
    """Patients of compounds to sixty hospitals: min-cost flow against HiGHS on the same linear program, with the same optimum."""
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    from layers.decisions.flow import transport

    random = np.random.default_rng(0)
    n, m = (600 if small else 6373), 60
    cost = np.hypot(*(random.normal(0, 12, (n, 1, 2)) - random.normal(0, 9, (1, m, 2))).transpose(2, 0, 1))
    persons = random.integers(1, 12, n).astype(float)
    beds = random.multinomial(int(persons.sum() * 0.95), np.full(m, 1 / m)).astype(float)
    found, quick = _timed(lambda: transport(cost, persons, beds))
    arc, row, column = np.arange(n * m), np.repeat(np.arange(n), m), np.tile(np.arange(m), n)
    rows = coo_array((np.ones(n * m), (row, arc)), shape=(n, n * m)).tocsr()
    columns = coo_array((np.ones(n * m), (column, arc)), shape=(m, n * m)).tocsr()
    given = {"A_ub": rows, "b_ub": persons, "A_eq": columns, "b_eq": beds, "method": "highs"}
    program, slow = _timed(lambda: linprog(cost.ravel(), **given))
    say("flow.transport", quick, "s", rows=n, columns=m, unserved=found.unserved)
    say("flow.highs_to_flow", slow / quick, "times the time", objectives=abs(found.objective / program.fun - 1))


def staffing(say: Say) -> None:
    """346 whole teams to 76 sites by five skills: time, gap to its own bound and to the linear program that may split teams."""
    from scipy.optimize import linprog
    from scipy.sparse import block_array, coo_array, eye_array, kron

    from layers.decisions._teams import place

    random = np.random.default_rng(5)
    teams, sites, weight = 346, 76, np.array([5, 5, 3, 2, 1.0])
    size = np.maximum(20, random.lognormal(np.log(115), 0.45, teams))
    people = np.round((size / size.sum() * 42_600)[:, None] * random.dirichlet([2, 6, 25, 59, 8], teams))
    beds = np.r_[random.integers(150, 1500, 60), random.integers(300, 2000, 16)][:, None]
    need = beds * np.r_[[[0.03, 0.09, 0.27, 0.65, 0.08]] * 60, [[0, 0, 0.10, 0.28, 0.06]] * 16]
    need = np.ceil(need * people.sum(0) * 1.08 / need.sum(0))
    none = np.zeros_like(need)
    found, took = _timed(lambda: place(need, none, people, weight, fair_share=0.01, critical=2.0))
    # Unknowns: share of each team at each site, people missing, specialists of a site at general work.
    brought = -kron(coo_array(people.T), eye_array(sites))
    swap = coo_array(([1, 1, -1, -1], ([0, 1, 2, 3], [0, 1, 0, 1])), shape=(5, 2))
    lent = kron(swap, eye_array(sites))
    whole = kron(eye_array(teams), np.ones((1, sites)))
    limits = block_array([[brought, -eye_array(5 * sites), lent], [whole, None, None]]).tocsr()
    cost = np.r_[np.zeros(teams * sites), np.repeat(weight, sites), np.zeros(2 * sites)]
    bounds = np.r_[-need.T.ravel(), np.ones(teams)]
    program, slow = _timed(lambda: linprog(cost, A_ub=limits, b_ub=bounds, method="highs"))
    say("staff.teams", took, "s", teams=teams, sites=sites, gap_to_own_bound=found.gap, worst_share=found.worst)
    say(
        "staff.above_linear_program",
        (found.unmet - program.fun) / program.fun,
        "share",
        greedy=found.greedy / program.fun - 1,
    )
    say("staff.linear_program_to_plan", slow / took, "times the time")
