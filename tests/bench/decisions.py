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
