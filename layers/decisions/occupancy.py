"""How full beds will be: paths of persons by need over the coming days, from coming cases and lengths of stay.

Occupancy is what came in and has not left (DOMAIN 2: occupancy_t = sum of admissions_{t-s} S(s), by severity), anchored to
the persons counted today: day 0 is the census itself. Every path is one possible future in whole persons, so medians, bands
and chances are read off the same paths. A person who moves to another ward leaves one bed and takes one: counted once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isnan, nan

import numpy as np
import pandas as pd

from layers.decisions._bed_balance import HOSPITAL_NEEDS, KINDS
from layers.decisions._bed_demand import NEEDS
from layers.decisions._bed_stay import Stay, leaving, residual
from layers.decisions.rules import RuleSet

CASE_NEEDS = NEEDS[:3]
BAND = {"q05": 0.05, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95}  # 90 % and 50 % bands around the median
COLUMNS = ["of", "name", "day", *BAND, "beds", "p_short"]
RUN_OUT = ["kind", "beds", "now", "day", "p_day", "p_within", "peak", "peak_day"]


@dataclass(frozen=True)
class Ahead:
    """Possible futures.

    persons  need -> persons, (draws, horizon + 1), column 0 today's census
    still    need -> share of today's persons who are still there, of the same shape
    """

    persons: Mapping[str, np.ndarray] = field(repr=False)
    first_day: int
    still: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False)

    @property
    def days(self) -> np.ndarray:
        """Day numbers, today's first."""
        width = next(iter(self.persons.values())).shape[1] if self.persons else 0
        return self.first_day + np.arange(width)


def ahead(
    census: Mapping[str, float],
    cases: np.ndarray,
    share: Mapping[str, float],
    stays: Mapping[str, Stay],
    moves: Mapping[str, float],
    *,
    first_day: int,
    elapsed: Mapping[str, np.ndarray] | None = None,
    seed: int = 0,
) -> Ahead:
    """Return the futures of the three needs of cases.

    census   need -> persons on the evening of `first_day`
    cases    (draws, horizon) new cases of the days after it
    share    need -> share of new cases (the prior for cases, not that for inpatients)
    stays    need -> length of stay;  elapsed: need -> days that each present person has stayed so far
    moves    light_to_severe, critical_to_severe: share of those who leave that goes on to a severe bed
    """
    draws, horizon = cases.shape
    rng = np.random.default_rng(seed)
    parts = rng.multinomial(np.asarray(cases, dtype=np.int64), [share[need] for need in CASE_NEEDS])
    new = {need: parts[:, :, at] for at, need in enumerate(CASE_NEEDS)}
    found, still = {}, {}
    for need in ("light", "critical", "severe"):  # those who move on come before those who take them
        first = _left(census[need], (elapsed or {}).get(need), stays[need], draws, horizon, rng)
        still[need] = 1 - np.column_stack([np.zeros(draws), first.cumsum(axis=1)]) / max(round(census[need]), 1)
        gone = first + _left_again(new[need], stays[need], rng)
        change = (new[need] - gone).cumsum(axis=1)
        found[need] = np.column_stack([np.zeros(draws), change]).astype(np.int64) + round(census[need])
        if need != "severe":
            new["severe"] = new["severe"] + rng.binomial(gone, moves[f"{need}_to_severe"])
    return Ahead({need: found[need] for need in CASE_NEEDS}, first_day, still)


def _left(
    census: float, elapsed: np.ndarray | None, stay: Stay, draws: int, horizon: int, rng: np.random.Generator
) -> np.ndarray:
    """How many of those present leave on each coming day, (draws, horizon)."""
    return rng.multinomial(round(census), residual(stay, elapsed, horizon), size=draws)[:, :horizon]


def _left_again(new: np.ndarray, stay: Stay, rng: np.random.Generator) -> np.ndarray:
    """How many of the newly admitted leave again on each coming day, (draws, horizon)."""
    draws, horizon = new.shape
    by_lag = rng.multinomial(new, leaving(stay, horizon - 1))[:, :, :horizon]
    gone = np.zeros((draws, horizon), dtype=np.int64)
    for lag in range(horizon):
        gone[:, lag:] += by_lag[:, : horizon - lag, lag]
    return gone


def drifting(census: float, changes: np.ndarray, draws: int, horizon: int, seed: int) -> np.ndarray:
    """Return futures of persons without a known length of stay: today's census and daily net changes drawn from the last days.

    changes  net change of each usable day; without any the future is not known and the result is empty
    """
    if not len(changes):
        return np.empty((0, horizon + 1))
    steps = np.random.default_rng(seed).choice(np.asarray(changes, dtype=float), size=(draws, horizon))
    path = round(census) + np.column_stack([np.zeros(draws), steps.cumsum(axis=1)])
    return path.clip(min=0).round().astype(np.int64)


@dataclass(frozen=True)
class Reach:
    """What futures ask of the beds: persons who come to each kind (draws, days), and persons short by need."""

    asked: Mapping[str, np.ndarray] = field(repr=False)
    short: Mapping[str, np.ndarray] = field(repr=False)


def reach(
    future: Ahead, beds: Mapping[str, float], rule: RuleSet, lying: Mapping[tuple[str, str], float] | None = None
) -> Reach:
    """Return who asks for which kind of bed: who lies in one stays there; the others, worst first, ask for what the rule lets them use.

    beds   kind -> usable beds, NaN unknown (takes nobody)
    lying  (need, kind) -> persons who lie there today; they leave as their need's persons of today do
    asked  those who lie there, those whom a kind takes, and those whom it turns away because it is full
    """
    shape = next(iter(future.persons.values())).shape
    here = {
        (need, kind): n * future.still.get(need, np.ones(shape))
        for (need, kind), n in (lying or {}).items()
        if need in future.persons and not isnan(beds[kind])
    }
    left = {kind: np.full(shape, 0.0 if isnan(n) else float(n)) for kind, n in beds.items()}
    for need, kind in sorted(
        here, key=lambda key: NEEDS.index(key[0])
    ):  # beyond the usable beds the lighter need has none
        here[need, kind] = np.minimum(here[need, kind], left[kind])
        left[kind] = left[kind] - here[need, kind]
    asked = {kind: sum((n for (_, k), n in here.items() if k == kind), start=np.zeros(shape)) for kind in beds}
    short = {}
    for need in (need for need in NEEDS if need in future.persons):
        kinds = (*rule.params[need], *(["unsplit"] if need in HOSPITAL_NEEDS else []))
        waiting = future.persons[need] - sum((n for (one, _), n in here.items() if one == need), start=np.zeros(shape))
        waiting = waiting.clip(min=0)
        for kind in (kind for kind in kinds if not isnan(beds[kind])):
            asked[kind] = asked[kind] + waiting
            taken = np.minimum(left[kind], waiting)
            left[kind], waiting = left[kind] - taken, waiting - taken
        short[need] = np.full(shape, nan) if all(isnan(beds[kind]) for kind in kinds) else waiting
    return Reach(asked, short)


def table(future: Ahead, found: Reach, beds: Mapping[str, float]) -> pd.DataFrame:
    """Return one row per need or kind and day: `of` (need | kind), name, day, q05, q25, median, q75, q95, beds, p_short.

    Of a need: persons, and the chance that one of them finds no bed; of a kind: who asks for it, and the chance that it is
    full. Kinds without known beds are left out; NaN where nothing can be said.
    """
    rows = [_rows("need", need, future.days, paths, nan, found.short[need]) for need, paths in future.persons.items()]
    rows += [
        _rows("kind", kind, future.days, paths, beds[kind], paths - beds[kind])
        for kind, paths in found.asked.items()
        if not isnan(beds[kind]) and paths.size and paths.any()
    ]
    return pd.concat(rows, ignore_index=True)[COLUMNS] if rows else pd.DataFrame(columns=COLUMNS)


def _rows(of: str, name: str, days: np.ndarray, paths: np.ndarray, beds: float, short: np.ndarray) -> pd.DataFrame:
    known = bool(paths.size)
    bands = np.quantile(paths, list(BAND.values()), axis=0) if known else np.full((len(BAND), len(days)), nan)
    chance = np.where(np.isnan(short).all(axis=0), nan, (short > 0).mean(axis=0)) if known else nan
    return pd.DataFrame(
        {"of": of, "name": name, "day": days, **dict(zip(BAND, bands, strict=True)), "beds": beds, "p_short": chance}
    )


def run_out(future: Ahead, found: Reach, beds: Mapping[str, float], likely: float) -> pd.DataFrame:
    """Return one row per kind that anybody asks for: beds, now, day, p_day, p_within, peak, peak_day.

    day       the first day by which the kind has been full with a chance of `likely` or more; NaN: not within the horizon
    p_day     the chance that it has been full by that day;  p_within: by the end of the horizon
    peak      largest median of those who ask, and its day
    """
    rows = []
    for kind in KINDS:
        paths = found.asked.get(kind)
        if paths is None or isnan(beds[kind]) or not paths.size or not paths.any():
            continue
        by_day = np.maximum.accumulate(paths > beds[kind], axis=1).mean(axis=0)
        at = int(np.argmax(by_day >= likely))
        runs_out = bool(by_day[at] >= likely)
        median = np.median(paths, axis=0)
        top = int(median.argmax())
        rows.append(
            {
                "kind": kind,
                "beds": beds[kind],
                "now": float(paths[0, 0]),
                "day": float(future.days[at]) if runs_out else nan,
                "p_day": float(by_day[at]) if runs_out else nan,
                "p_within": float(by_day[-1]),
                "peak": float(median[top]),
                "peak_day": float(future.days[top]),
            }
        )
    return pd.DataFrame(rows, columns=RUN_OUT)
