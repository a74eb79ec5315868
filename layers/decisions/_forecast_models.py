"""What three simple models of daily cases expect, from every day of a series on: the last value, a damped trend, a renewal.

All work with log(1 + cases). No model sees a day after its origin, and no level is carried across a day that is left out.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from layers.decisions.reproduction import infectivity

MODELS = ("naive", "trend", "renewal")
LOOK_BACK = 21  # days of which a trend takes notice; its weights have faded by then
FEWEST = 4  # known days before a model other than the last value says anything


def centres(cases: np.ndarray, serial_interval: np.ndarray, horizon: int, params: Mapping[str, Any]) -> np.ndarray:
    """Return log(1 + cases) as each of MODELS expects it, (model, origin, day ahead); NaN before the first known day.

    cases   daily new cases, NaN for days left out
    params  of the rule "forecast"
    """
    n = len(cases)
    logs, filled = np.log1p(np.maximum(cases, 0)), fill(cases)
    segments = np.cumsum(np.isnan(cases))
    pressure = infectivity(filled, serial_interval)
    found = np.full((len(MODELS), n, horizon), np.nan)
    known = np.flatnonzero(~np.isnan(cases))
    for origin in range(n):
        seen = known[known <= origin]
        if len(seen) == 0:
            continue
        found[:, origin] = logs[seen[-1]]
        if len(seen) >= FEWEST:
            found[1, origin] = _trend(logs, segments, seen, origin, horizon, params)
            found[2, origin] = _renewal(filled, pressure, serial_interval, origin, horizon, params)
    return found


def fill(cases: np.ndarray) -> np.ndarray:
    """Return the series with days left out on the line between their neighbours (on the log scale), 0 before the first.

    Only for what infects: those who fell ill on such a day infect others, so a renewal needs some number of them. After the
    last known day its value stands.
    """
    known = np.flatnonzero(~np.isnan(cases))
    if len(known) == 0:
        return np.zeros(len(cases))
    logs = np.interp(np.arange(len(cases)), known, np.log1p(np.maximum(cases[known], 0)), left=0.0)
    return np.where(np.isnan(cases), np.expm1(logs), np.maximum(np.nan_to_num(cases), 0))


def _trend(
    logs: np.ndarray, segments: np.ndarray, seen: np.ndarray, origin: int, horizon: int, params: Mapping[str, Any]
) -> np.ndarray:
    """Level of the last days since a day was left out, and a common slope that fades with each day ahead."""
    days = seen[seen > origin - LOOK_BACK]
    if len(days) == 0:
        return np.full(horizon, logs[seen[-1]])
    slope = _slope(days, logs[days], segments[days], 0.5 ** ((origin - days) / params["half_life_days"]), params)
    last = days[segments[days] == segments[days[-1]]]
    weight = 0.5 ** (origin - last).astype(float)
    level = weight @ (logs[last] + slope * (origin - last)) / weight.sum()
    return np.asarray(level + slope * np.cumsum(params["trend_damping"] ** np.arange(1.0, horizon + 1)))


def _slope(
    days: np.ndarray, logs: np.ndarray, segments: np.ndarray, weight: np.ndarray, params: Mapping[str, Any]
) -> float:
    """Weighted slope with a level of its own for each segment, shrunk towards none."""
    across, along = 0.0, float(params["slope_shrinkage"])
    for segment in np.unique(segments):
        of = segments == segment
        w, day, value = weight[of], days[of].astype(float), logs[of]
        day, value = day - w @ day / w.sum(), value - w @ value / w.sum()
        across += float((w * day) @ value)
        along += float((w * day) @ day)
    return across / along


def _renewal(
    filled: np.ndarray,
    pressure: np.ndarray,
    serial_interval: np.ndarray,
    origin: int,
    horizon: int,
    params: Mapping[str, Any],
) -> np.ndarray:
    """Cases that those before them infect; log R fades by `r_damping` a day, because growth is answered by measures."""
    recent = slice(max(1, origin - params["r_window_days"] + 1), origin + 1)
    log_r = np.log((1 + filled[recent].sum()) / (1 / 5 + pressure[recent].sum()))  # Cori's mean, prior 5 (5)
    lags = len(serial_interval) - 1
    path = np.concatenate([np.zeros(lags), filled[: origin + 1], np.zeros(horizon)])
    backwards = serial_interval[:0:-1]
    for ahead in range(1, horizon + 1):
        at = lags + origin + ahead
        path[at] = np.exp(log_r * params["r_damping"] ** ahead) * (path[at - lags : at] @ backwards)
    return np.asarray(np.log1p(path[lags + origin + 1 :]))
