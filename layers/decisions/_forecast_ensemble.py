"""The models joined: weights from what each scored so far, widths from past errors, at every day of a series as known by then."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from layers.decisions._forecast_models import centres
from layers.decisions._scores import LEVELS, covered, weighted_interval_score

UNKNOWN_SPREAD = 0.5  # of log(1 + cases) from day to day, where fewer than three steps are known; about a factor of 1.6
SPREAD_DAYS = 14


@dataclass(frozen=True)
class Ensemble:
    """Forecasts from every day of a series: (origin, day ahead) arrays, on the scale of log(1 + cases).

    centre  what the models expect together; spread: standard deviation of past errors; floor: least mean, in cases
    """

    cases: np.ndarray
    naive: np.ndarray
    naive_spread: np.ndarray
    weight: np.ndarray
    centre: np.ndarray
    spread: np.ndarray
    floor: np.ndarray

    @classmethod
    def of(cls, cases: np.ndarray, serial_interval: np.ndarray, horizon: int, params: Mapping[str, Any]) -> "Ensemble":
        expected = centres(cases, serial_interval, horizon, params)
        ahead, step = np.arange(1.0, horizon + 1), _daily_spread(cases)
        naive_spread = step[:, None] * np.sqrt(ahead)
        weight = _weights(expected, cases, params)
        centre = np.where(np.isnan(expected).all(axis=0), np.nan, (weight * np.nan_to_num(expected)).sum(axis=0))
        error = _shifted(np.log1p(cases), horizon) - centre
        prior = (
            params["prior_days"] * np.where(np.isnan(naive_spread), UNKNOWN_SPREAD * np.sqrt(ahead), naive_spread) ** 2
        )
        total, count = _faded(error[None] ** 2, params["half_life_days"])
        spread = np.sqrt((total[0] + prior) / (count[0] + params["prior_days"]))
        return cls(cases, expected[0], naive_spread, weight, centre, spread, _floor(cases))

    @property
    def last(self) -> slice:
        """The newest origin."""
        return slice(len(self.cases) - 1, len(self.cases))

    def negative_binomial(self, origins: slice) -> tuple[np.ndarray, np.ndarray]:
        """Return size and success probability: the mean is the centre, the variance of the log that of past errors."""
        mean = np.maximum(np.expm1(self.centre[origins]), self.floor[origins, None])
        excess = np.maximum(np.expm1(np.minimum(self.spread[origins] ** 2, np.log1p(20.0))), 1e-3)
        return 1 / excess, 1 / (1 + mean * excess)

    def quantiles(self, origins: slice) -> np.ndarray:
        """Return the predictive quantiles at LEVELS, (origin, day ahead, level); of one origin without the first axis."""
        size, chance = self.negative_binomial(origins)
        found = np.asarray(stats.nbinom.ppf(LEVELS, size[..., None], chance[..., None]))
        return found[0] if len(found) == 1 else found

    def naive_quantiles(self) -> np.ndarray:
        """Return the same of the naive forecast: the last value, log-normal with the spread of the last 14 daily steps (V23)."""
        spread = self.naive_spread[..., None] * stats.norm.ppf(LEVELS)
        return np.maximum(np.expm1(self.naive[..., None] + spread), 0.0)

    def paths(self, draws: int, seed: int) -> np.ndarray:
        """Return whole cases, (draw, day ahead): errors of one draw wander like a random walk, so its days hang together."""
        horizon = self.centre.shape[1]
        half = np.random.default_rng(seed).standard_normal(((draws + 1) // 2, horizon))
        steps = np.concatenate([half, -half])[
            :draws
        ]  # mirrored, so that few draws already lie evenly around the median
        walk = np.cumsum(steps, axis=1) / np.sqrt(np.arange(1.0, horizon + 1))
        size, chance = self.negative_binomial(self.last)
        return np.asarray(stats.nbinom.ppf(stats.norm.cdf(walk), size, chance)).astype(np.int64)

    def past(self, index: pd.Index) -> pd.DataFrame:
        """Return how every forecast of the past met what came, a row an origin and horizon, origins first to last."""
        n, horizon = self.centre.shape
        observed = _shifted(self.cases, horizon)
        ours, naive = self.quantiles(slice(0, n)).reshape(n, horizon, -1), self.naive_quantiles()
        table = {
            "origin": np.repeat(np.asarray(index[:n]), horizon),
            "horizon": np.tile(np.arange(1, horizon + 1), n),
            "observed": observed.ravel(),
            "wis": weighted_interval_score(observed, ours).ravel(),
            "wis_naive": weighted_interval_score(observed, naive).ravel(),
            "in50": covered(observed, ours, 0.5).ravel(),
            "in90": covered(observed, ours, 0.9).ravel(),
        }
        return pd.DataFrame(table)


def _weights(expected: np.ndarray, cases: np.ndarray, params: Mapping[str, Any]) -> np.ndarray:
    """Weights of the models, (model, origin, day ahead): inverse square of their faded mean error, the naive one favoured.

    A model that says nothing has no weight. Until errors are known all models count as if they had erred like the naive one, for `prior_days` days.
    """
    error = np.abs(_shifted(cases, expected.shape[2]) - np.expm1(expected))
    total, count = _faded(error, params["half_life_days"])
    usual = np.where(count[0] > 0, total[0] / np.where(count[0] > 0, count[0], 1.0), 1.0)
    prior = params["prior_days"]
    mean = np.maximum((total + prior * usual) / (count + prior), 1e-9)
    weight = np.array([params["naive_weight"], 1.0, 1.0])[:, None, None] / mean**2
    weight = np.where(np.isnan(expected), 0.0, weight)
    return np.asarray(weight / np.maximum(weight.sum(axis=0), 1e-300))


def _faded(error: np.ndarray, half_life: float) -> tuple[np.ndarray, np.ndarray]:
    """Sum and count of (model, origin, day ahead) errors that are known at each origin, older ones fading by half-life."""
    keep, (models, n, horizon) = 0.5 ** (1 / half_life), error.shape
    total, count = np.zeros_like(error), np.zeros_like(error)
    running, seen = np.zeros((models, horizon)), np.zeros((models, horizon))
    for origin in range(n):
        known = ~np.isnan(error[:, origin])
        running = running * keep + np.where(known, error[:, origin], 0.0)
        seen = seen * keep + known
        for ahead in range(1, min(horizon, n - 1 - origin) + 1):  # an error h days ahead is known h days later
            total[:, origin + ahead, ahead - 1] = running[:, ahead - 1]
            count[:, origin + ahead, ahead - 1] = seen[:, ahead - 1]
    return total, count


def _shifted(values: np.ndarray, horizon: int) -> np.ndarray:
    """What came h days after each origin, (origin, day ahead); NaN where it has not come or is left out."""
    padded = np.concatenate([values, np.full(horizon, np.nan)])
    return np.lib.stride_tricks.sliding_window_view(padded[1:], horizon)[: len(values)]


def _daily_spread(cases: np.ndarray) -> np.ndarray:
    """Standard deviation of the last 14 daily steps of log(1 + cases), at each origin; NaN where fewer than three are known."""
    steps = np.concatenate([np.full(SPREAD_DAYS, np.nan), np.diff(np.log1p(cases))])
    windows = np.lib.stride_tricks.sliding_window_view(steps, SPREAD_DAYS)
    known = ~np.isnan(windows)
    count = np.maximum(known.sum(axis=1), 1)
    mean = np.where(known, windows, 0.0).sum(axis=1) / count
    square = np.where(known, (windows - mean[:, None]) ** 2, 0.0).sum(axis=1) / count
    return np.where(known.sum(axis=1) >= 3, np.sqrt(square), np.nan)


def _floor(cases: np.ndarray) -> np.ndarray:
    """Half a case in the days looked back on: none seen in two weeks is no proof that none will come."""
    known = np.concatenate([np.zeros(SPREAD_DAYS - 1), ~np.isnan(cases)])
    return 0.5 / np.maximum(np.lib.stride_tricks.sliding_window_view(known, SPREAD_DAYS).sum(axis=1), 1)
