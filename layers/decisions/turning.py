"""Three turning points that are not one: the peak of new cases, R below 1, and the peak of patients in hospital."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from layers.decisions.reproduction import refuse_gaps

KINDS = ("peak_onset", "r_below_1", "peak_hospital")
STATES = ("confirmed", "candidate", "withheld", "unknown")
DRAWS = 1000


@dataclass(frozen=True)
class TurningPoint:
    """One of KINDS, as it can be judged on the last day looked at.

    day          most likely day, None where there is none
    first, last  between which it lies with 90 % (of R: the days of the run that makes it)
    probability  that the point has been passed (of R: the least P(R < 1) of the run, else today's); NaN where it cannot be told
    state        confirmed; candidate: probable enough, but fewer than `confirm_days` ago; withheld: not probable enough, so that
                 nothing may be claimed; unknown: too few days
    seen         the last day that was looked at
    """

    kind: str
    day: int | None
    first: int | None
    last: int | None
    probability: float
    state: str
    seen: int | None


def peak(
    kind: str,
    values: pd.Series,
    noise: pd.Series,
    params: Mapping[str, Any],
    *,
    smooth: int,
    seed: int = 0,
) -> TurningPoint:
    """Return whether a series has passed its peak, and when.

    values  consecutive day numbers; NaN where a day is not known, which ends a window
    noise   standard deviation of each value, as an observation of what went on (`counting_noise`)
    smooth  days of the centred mean whose highest day is the peak: a single day is no peak (heaping, weekends)

    The probability is the share of 1,000 noisy copies whose smoothed maximum lies before their last `beyond_days` days and above
    what came after. `probable` and `confirm_days` as in the rule "turning-point".
    """
    refuse_gaps(values)
    runs = _smoothed(values, noise, smooth, seed)
    days = values.index.to_numpy()[smooth // 2 : len(values) - (smooth - 1) // 2]
    known = ~np.isnan(runs).any(axis=0)
    runs, days = runs[:, known], days[known]
    if len(days) <= params["beyond_days"] + 1:
        return TurningPoint(kind, None, None, None, float("nan"), STATES[3], None)
    highest, seen = runs.argmax(axis=1), int(days[-1])
    probability = float((highest < len(days) - params["beyond_days"]).mean())
    first, middle, last = (int(days[round(at)]) for at in np.quantile(highest, [0.05, 0.5, 0.95], method="nearest"))
    return TurningPoint(kind, middle, first, last, probability, _state(probability, middle, seen, params), seen)


def r_below_one(r: pd.DataFrame, params: Mapping[str, Any]) -> TurningPoint:
    """Return when R came to lie below 1 for good: the first day of the run, up to the last one looked at, with P(R < 1) above
    `probable`, where that run is at least `run_days` long.

    r  day, below (P(R < 1)); NaN where R cannot be told. Such a day neither makes nor breaks a run, but a run of nothing else
    ends it: R that is not known today was not seen to stay below 1.
    """
    known = r.dropna(subset=["below"]).sort_values("day")
    if len(known) < params["run_days"]:
        return TurningPoint(KINDS[1], None, None, None, float("nan"), STATES[3], None)
    days, below = known["day"].to_numpy(), known["below"].to_numpy()
    failing = np.flatnonzero(~(below > params["probable"]))
    start = int(failing[-1]) + 1 if len(failing) else 0
    seen = int(days[-1])
    if len(days) - start < params["run_days"]:
        return TurningPoint(KINDS[1], None, None, None, float(below[-1]), STATES[2], seen)
    first, reached = int(days[start]), int(days[start + params["run_days"] - 1])
    probability = float(below[start : start + params["run_days"]].min())
    return TurningPoint(KINDS[1], first, first, reached, probability, _state(probability, reached, seen, params), seen)


def below_one(mean: np.ndarray, std: np.ndarray) -> np.ndarray:
    """Return P(R < 1) of gamma distributions with these means and deviations; NaN where they are."""
    shape, scale = (mean / std) ** 2, std**2 / mean
    return np.asarray(stats.gamma.cdf(1.0, shape, scale=scale))


def counting_noise(values: pd.Series, smooth: int) -> pd.Series:
    """Return the deviation of daily counts about what went on: Poisson, widened by what they scatter about their centred mean.

    The factor is the mean of (n - mean)^2 / mean over all days, at least 1; one case is the least mean, so that 0 is not certain.
    """
    level = values.rolling(smooth, center=True, min_periods=smooth).mean()
    scatter = ((values - level) ** 2 / level.clip(lower=1.0)).mean() * smooth / (smooth - 1)
    factor = max(float(scatter), 1.0) if scatter == scatter else 1.0
    return np.sqrt(values.clip(lower=1.0) * factor)


def census_noise(values: pd.Series) -> pd.Series:
    """Return the deviation of a daily census: how far each day lies from the line between its neighbours, as a median, for all.

    1.4826 x the median makes a deviation of it, sqrt(1.5) takes out the neighbours' own error.
    """
    bend = (values - (values.shift(1) + values.shift(-1)) / 2).abs().median()
    level = 1.4826 * float(bend) / np.sqrt(1.5) if bend == bend else 0.0
    return pd.Series(max(level, 1.0), index=values.index)


def _state(probability: float, day: int, seen: int, params: Mapping[str, Any]) -> str:
    if not probability > params["probable"]:
        return STATES[2]
    return STATES[0] if seen - day >= params["confirm_days"] else STATES[1]


def _smoothed(values: pd.Series, noise: pd.Series, smooth: int, seed: int) -> np.ndarray:
    """Noisy copies, each as a centred mean of `smooth` days; a window with an unknown day is NaN."""
    if len(values) < smooth:
        return np.full((DRAWS, 0), np.nan)
    draws = np.random.default_rng(seed).standard_normal((DRAWS, len(values)))
    noisy = values.to_numpy(dtype=float) + draws * noise.to_numpy(dtype=float)
    return np.lib.stride_tricks.sliding_window_view(noisy, smooth, axis=1).mean(axis=2)
