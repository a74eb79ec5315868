"""Clusters by Kulldorff's scan: the circle (or circle and days) whose cases are least like chance, and how rare that is.

Kulldorff 1997 (Poisson, Bernoulli), Kulldorff et al. 2005 (space-time permutation). The p-value of a cluster is adjusted for all
circles looked at, because every replicate keeps its own largest ratio: no further correction for many tests is due.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from geo.errors import GeoError
from geo.scan_days import Cylinders
from geo.scan_zones import ROUNDING, Floats, Ints, Zones, circles

COLUMNS = ["members", "observed", "expected", "llr", "p"]
Told = Callable[[int, int], None]


def scan(
    xy: ArrayLike,
    cases: ArrayLike,
    population: ArrayLike | None = None,
    controls: ArrayLike | None = None,
    times: Any = None,
    max_share: float = 0.5,
    replicates: int = 999,
    seed: int = 0,
    *,
    max_days: int | None = None,
    alive: bool = False,
    progress: Told | None = None,
) -> pd.DataFrame:
    """Return clusters, most likely first, none overlapping another: members, observed, expected, llr, p.

    xy          (n, 2) metres; rows at the same point are in or out together
    cases       whole numbers, 0 or more
    population  persons or expected cases a row: the Poisson model
    controls    persons a row who are no cases: the Bernoulli model
    times       day of the cases of each row (dates, times or whole numbers): space-time permutation, which needs no
                denominator; a place with cases on several days has several rows
    max_share   a circle holds at most so much of the population (of cases and controls; of cases)
    max_days, alive  runs of at most so many days (default: half of those there are); only runs that reach the last day
    progress    told (done, all) after each replicate; what it raises ends the work, which is how it is cancelled
    members     positions of the rows inside, ascending;  expected  cases under chance;  llr  log likelihood ratio
    p           (rank + 1) / (replicates + 1), rank: replicates whose largest llr is at least this one
    Exactly one of population, controls and times is wanted, every number known; otherwise GeoError. No case: no rows.
    """
    points = _points(xy)
    counts = _whole(cases, "cases", len(points))
    given = [
        name for name, v in (("population", population), ("controls", controls), ("times", times)) if v is not None
    ]
    if len(given) != 1:
        raise GeoError(f"given {given or 'no denominator'}; wanted exactly one of population, controls and times")
    if not 0 < max_share <= 1:
        raise GeoError(f"max_share is {max_share}; wanted more than 0, at most 1")
    if counts.sum() == 0:
        return pd.DataFrame(columns=COLUMNS)
    places, where = np.unique(points, axis=0, return_inverse=True)
    setting = (places, where.ravel(), counts, max_share, replicates, np.random.default_rng(seed), progress)
    if times is not None:
        return _in_time(*setting, _days(times, len(counts)), max_days, alive)
    if population is not None:
        return _poisson(*setting, _people(population, counts))
    return _bernoulli(*setting, _whole(controls, "controls", len(counts)))


def llr_poisson(observed: ArrayLike, expected: ArrayLike, total: ArrayLike) -> Any:
    """Return the log likelihood ratio of a circle with more cases than expected, 0 where it has not more.

    c log(c/e) + (C - c) log((C - c) / (C - e)); total C: cases in all. Kulldorff 1997, eq. for the Poisson model. Cases where
    none is expected give infinity.
    """
    c, e, all_ = (np.asarray(v, dtype=float) for v in (observed, expected, total))
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = np.where(c > 0, c * np.log(c / e), 0.0)
        outside = np.where(all_ > c, (all_ - c) * np.log((all_ - c) / (all_ - e)), 0.0)
    found = np.where(c > e, inside + outside, 0.0)
    return float(found) if found.ndim == 0 else found


def llr_bernoulli(observed: ArrayLike, persons: ArrayLike, total: float, everybody: float) -> Floats:
    """Return the log likelihood ratio of `observed` cases among the persons of a circle; 0 where the share is not higher."""
    c, n = np.asarray(observed, dtype=float), np.asarray(persons, dtype=float)

    def part(cases: Any, of: Any) -> Floats:
        return np.asarray(np.where(cases > 0, cases * np.log(np.where(cases > 0, cases, 1.0) / of), 0.0))

    with np.errstate(divide="ignore", invalid="ignore"):
        apart = part(c, n) + part(n - c, n) + part(total - c, everybody - n)
        apart = apart + part((everybody - n) - (total - c), everybody - n)
        higher = c * (everybody - n) > (total - c) * n
    whole = part(np.array(total), np.array(everybody)) + part(np.array(everybody - total), np.array(everybody))
    return np.where(higher & np.isfinite(n), apart - whole, 0.0)


def _poisson(
    places: Floats, where: Ints, counts: Ints, share: float, n: int, random: Any, told: Told | None, people: Floats
) -> pd.DataFrame:
    at = np.bincount(where, people, len(places)).astype(float)
    observed = np.bincount(where, counts, len(places)).astype(np.int64)
    total = int(counts.sum())
    zones = circles(places, at, share)
    unit = total / zones.total

    def ratio(c: Ints, measure: Floats) -> Floats:
        return np.asarray(llr_poisson(c, measure * unit, total))

    draw = at / zones.total
    return _found(zones, where, observed, ratio, unit, n, lambda: random.multinomial(total, draw), told)


def _bernoulli(
    places: Floats, where: Ints, counts: Ints, share: float, n: int, random: Any, told: Told | None, controls: Ints
) -> pd.DataFrame:
    at = np.bincount(where, counts + controls, len(places)).astype(np.int64)
    observed = np.bincount(where, counts, len(places)).astype(np.int64)
    total = int(counts.sum())
    zones = circles(places, at.astype(float), share)

    def ratio(c: Ints, measure: Floats) -> Floats:
        return llr_bernoulli(c, measure, total, zones.total)

    def draw() -> Ints:
        return np.asarray(random.multivariate_hypergeometric(at, total, method="marginals"), dtype=np.int64)

    return _found(zones, where, observed, ratio, total / zones.total, n, draw, told)


def _found(
    zones: Zones, where: Ints, observed: Ints, ratio: Any, unit: float, n: int, draw: Any, told: Told | None
) -> pd.DataFrame:
    """The best circle of each centre, the best centres that do not overlap, and their ranks among the replicates."""
    total = int(observed.sum())
    best, last = np.zeros(len(zones.order)), np.zeros(len(zones.order), dtype=np.int64)
    for block in zones.blocks() if zones.order.shape[1] else ():
        values = ratio(np.cumsum(observed[zones.order[block]], axis=1), zones.measure[block])
        last[block] = values.argmax(axis=1)
        best[block] = values.max(axis=1)
    numbers = np.arange(total + 1)

    def largest() -> float:
        return float(ratio(numbers, zones.least(draw(), total)).max(initial=0.0))

    rarity = _replicates(largest, n, told)
    chosen = []
    for centre, inside in _apart(zones, best, last):
        e = float(zones.measure[centre, last[centre]]) * unit
        rows = tuple(np.flatnonzero(np.isin(where, inside)).tolist())
        chosen.append((rows, int(observed[inside].sum()), e, float(best[centre])))
    return _frame(chosen, rarity, n)


def _in_time(
    places: Floats,
    where: Ints,
    counts: Ints,
    share: float,
    n: int,
    random: Any,
    told: Told | None,
    days: Ints,
    max_days: int | None,
    alive: bool,
) -> pd.DataFrame:
    total, span = int(counts.sum()), int(days.max()) + 1
    table = np.zeros((len(places), span), dtype=np.int64)
    np.add.at(table, (where, days), counts)
    zones = circles(places, table.sum(axis=1).astype(float), share)
    longest = max(1, span // 2) if max_days is None else max(1, min(max_days, span))
    drums = Cylinders.of(zones, table.sum(axis=0), longest, alive)
    unit = drums.in_run / total
    home, when = np.repeat(where, counts), np.repeat(days, counts)

    def largest() -> float:
        shuffled = np.bincount(home * span + random.permutation(when), minlength=table.size).reshape(table.shape)
        least = drums.least(shuffled)
        return float(np.max(llr_poisson(np.arange(least.shape[1]), least * unit[:, None], total), initial=0.0))

    best, last, run = _best_drums(drums, table, unit, total)
    rarity = _replicates(largest, n, told)
    chosen = []
    for centre, inside in _apart(zones, best, last):
        begin, end = int(drums.begin[run[centre]]), int(drums.end[run[centre]])
        rows = tuple(np.flatnonzero(np.isin(where, inside) & (days >= begin) & (days < end)).tolist())
        e = float(zones.measure[centre, last[centre]] * unit[run[centre]])
        chosen.append((rows, int(table[inside, begin:end].sum()), e, float(best[centre])))
    return _frame(chosen, rarity, n)


def _best_drums(drums: Cylinders, table: Ints, unit: Floats, total: int) -> tuple[Floats, Ints, Ints]:
    zones = drums.zones
    best = np.zeros(len(zones.order))
    last, run = np.zeros(len(best), dtype=np.int64), np.zeros(len(best), dtype=np.int64)
    for centre in range(len(best) if zones.order.shape[1] else 0):
        measure = zones.measure[centre][:, None] * unit
        values = np.asarray(llr_poisson(drums.cases(table, centre), measure, total))
        flat = int(values.argmax())
        last[centre], run[centre] = divmod(flat, values.shape[1])
        best[centre] = values.ravel()[flat]
    return best, last, run


def _apart(zones: Zones, best: Floats, last: Ints) -> list[tuple[int, Ints]]:
    """Centres by falling ratio, those left out whose circle shares a place with one before."""
    taken = np.zeros(len(best), dtype=bool)
    found = []
    for centre in np.argsort(-best, kind="stable"):
        if not best[centre] > 0:
            break
        inside = zones.members(int(centre), int(last[centre]))
        if not taken[inside].any():
            taken[inside] = True
            found.append((int(centre), inside))
    return found


def _replicates(largest: Callable[[], float], n: int, told: Told | None) -> Floats:
    found = np.zeros(n)
    for at in range(n):
        found[at] = largest()
        if told:
            told(at + 1, n)
    return np.sort(found)


def _frame(chosen: list[tuple[tuple[int, ...], int, float, float]], rarity: Floats, n: int) -> pd.DataFrame:
    rows = []
    for members, observed, expected, llr in chosen:
        rank = n - int(np.searchsorted(rarity, llr * (1 - ROUNDING), side="left"))
        rows.append((members, observed, expected, llr, (rank + 1) / (n + 1)))
    return pd.DataFrame(rows, columns=COLUMNS)


def _points(xy: ArrayLike) -> Floats:
    found = np.asarray(xy, dtype=float)
    if found.ndim != 2 or found.shape[1] != 2 or not np.isfinite(found).all():
        raise GeoError(
            f"xy has the shape {found.shape}; wanted (n, 2) metres, every one known: leave out what has no place"
        )
    return found


def _whole(values: ArrayLike | None, name: str, n: int) -> Ints:
    found = np.asarray(values, dtype=float)
    bad = ~np.isfinite(found) | (found < 0) | (found != np.round(found))
    if found.shape != (n,) or bad.any():
        said = f"{found.ravel()[bad.ravel()][0]}" if bad.any() else f"the shape {found.shape}"
        raise GeoError(f"{name} has {said}; wanted {n} whole numbers, 0 or more, every one known")
    return found.astype(np.int64)


def _people(population: ArrayLike, counts: Ints) -> Floats:
    found = np.asarray(population, dtype=float)
    if found.shape != counts.shape or not np.isfinite(found).all() or (found < 0).any():
        raise GeoError("population must be one number a row, 0 or more, every one known: leave out rows that have none")
    odd = np.flatnonzero((found == 0) & (counts > 0))
    if len(odd):
        raise GeoError(f"row {odd[0]} has {counts[odd[0]]} cases and a population of 0")
    return found


def _days(times: Any, n: int) -> Ints:
    values = pd.Series(times).reset_index(drop=True)
    if len(values) != n or values.isna().any():
        raise GeoError(
            f"times has {len(values)} rows, {int(values.isna().sum())} unknown; wanted {n} days, every one known"
        )
    if not pd.api.types.is_numeric_dtype(values):
        values = pd.to_datetime(values).dt.floor("D")
        return np.asarray((values - values.min()) // pd.Timedelta(days=1), dtype=np.int64)
    number = np.floor(values.to_numpy(float))
    return np.asarray(number - number.min(), dtype=np.int64)
