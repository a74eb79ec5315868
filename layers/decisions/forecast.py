"""The next two weeks of new cases: three models joined by what they scored so far, with intervals as wide as past errors.

The naive forecast (tomorrow as today) is one of the three and the judge of all: where the ensemble was not better than it,
the forecast has no skill and says so (DOMAIN 0.8, V23).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from layers.decisions._forecast_ensemble import Ensemble
from layers.decisions._forecast_models import MODELS
from layers.decisions._scores import NAMES
from layers.decisions.reproduction import discretised, refuse_gaps
from layers.decisions.rules import RuleSet, in_force

FIRST_DAY = date(2020, 1, 1)
SCORES = ["horizon", "origins", "wis", "wis_naive", "cover50", "cover90", "verdict"]
VERDICTS = ("skill", "no skill", "too few")


@dataclass(frozen=True)
class Forecast:
    """Daily new cases of the coming days.

    days       the days forecast, in the numbers or dates of the series
    paths      whole cases, (draw, day ahead): days that belong together, to be carried on into beds and staff
    quantiles  a row a day: day, q025, q05, q25, median, q75, q95, q975
    weights    a row a day: day, naive, trend, renewal: what each model counts
    scores     a row a horizon, as `judge` returns it
    past       a row for every origin and horizon of the past: origin, horizon, observed, wis, wis_naive, in50, in90
    """

    days: np.ndarray
    paths: np.ndarray = field(repr=False)
    quantiles: pd.DataFrame = field(repr=False)
    weights: pd.DataFrame = field(repr=False)
    scores: pd.DataFrame = field(repr=False)
    past: pd.DataFrame = field(repr=False)

    @property
    def horizon(self) -> int:
        """How many days ahead."""
        return len(self.days)

    def verdict(self, horizon: int) -> str:
        """Return "skill", "no skill" or "too few" (past forecasts to judge by) for so many days ahead."""
        rows = self.scores[self.scores["horizon"] == horizon]
        return str(rows["verdict"].iloc[0]) if len(rows) else VERDICTS[2]


def forecast(
    series: pd.Series,
    horizon: int = 14,
    *,
    draws: int = 400,
    seed: int = 0,
    serial_interval: np.ndarray | None = None,
    rule: RuleSet | None = None,
) -> Forecast:
    """Return the forecast after the last day of `series`, its intervals, and how such forecasts did in the past.

    series   new cases of consecutive days (dates or whole numbers); NaN for days left out, such as a definition step. Days
             below zero (write-offs) are no observation of the epidemic and are left out too
    horizon  days ahead, counted from the last day of the series, also where that day itself is not known
    rule     edition of the rule "forecast"; None: the one in force

    Weights and widths at each day rest only on errors known by then, so the back-test is one that could have been made. Raises
    ValueError where no day is known at all, and for days that do not follow one another.
    """
    refuse_gaps(series)
    cases = series.to_numpy(dtype=float, na_value=np.nan)
    cases = np.where(cases < 0, np.nan, cases)
    if np.isnan(cases).all():
        raise ValueError(f"none of {len(cases)} days has a known number of cases; a forecast needs at least one")
    params = (rule or in_force("forecast", FIRST_DAY)).params
    if serial_interval is None:
        serial = in_force("serial-interval", FIRST_DAY).params
        serial_interval = discretised(serial["mean"], serial["std"], serial["days"])
    trailing = len(cases) - 1 - int(np.flatnonzero(~np.isnan(cases))[-1])
    made = Ensemble.of(cases[: len(cases) - trailing], serial_interval, horizon + trailing, params)
    days = _after(series.index, horizon)
    past = made.past(series.index)
    quantiles = pd.DataFrame(made.quantiles(made.last)[trailing:], columns=list(NAMES))
    weights = pd.DataFrame(made.weight[:, -1, trailing:].T, columns=list(MODELS))
    return Forecast(
        days=days,
        paths=made.paths(draws, seed)[:, trailing:],
        quantiles=quantiles.assign(day=days)[["day", *NAMES]],
        weights=weights.assign(day=days)[["day", *MODELS]],
        scores=judge(past[past["horizon"] <= horizon], params, series.index[-1]),
        past=past,
    )


def judge(past: pd.DataFrame, params: Mapping[str, Any], last: Any) -> pd.DataFrame:
    """Return a row a horizon: origins judged, mean WIS of ensemble and naive, shares covered, verdict.

    past    origin, horizon, observed, wis, wis_naive, in50, in90
    params  of the rule "forecast": the newest `score_origins` count, at least `least_origins` of them
    Skill means: mean WIS no worse than the naive one's, and 90 % intervals that held between `cover_least` and `cover_most`.
    """
    rows = []
    for horizon, known in past.dropna(subset=["wis", "wis_naive"]).groupby("horizon", sort=True):
        known = known.tail(params["score_origins"])
        means = known[["wis", "wis_naive", "in50", "in90"]].mean()
        good = means["wis"] <= means["wis_naive"] and params["cover_least"] <= means["in90"] <= params["cover_most"]
        verdict = VERDICTS[2] if len(known) < params["least_origins"] else VERDICTS[0 if good else 1]
        rows.append((horizon, len(known), *means, verdict))
    return pd.DataFrame(rows, columns=SCORES)


def _after(index: pd.Index, horizon: int) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(index):
        return np.arange(int(index[-1]) + 1, int(index[-1]) + 1 + horizon)
    return np.asarray(pd.DatetimeIndex(index)[-1] + pd.to_timedelta(np.arange(1, horizon + 1), unit="D"))
