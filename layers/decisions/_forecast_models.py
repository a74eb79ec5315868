"""What three simple models of daily cases expect, from every day of a series on: the last value, a damped trend, a renewal.

All work with log(1 + cases). No model sees a day after its origin, and no level is carried across a day that is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from layers.decisions.reproduction import infectivity

MODELS = ("naive", "trend", "renewal")
LOOK_BACK = 21  # days of which a trend takes notice; its weights have faded by then
FEWEST = 4  # known days before a model other than the last value says anything


def centres(cases: np.ndarray, serial_interval: np.ndarray, horizon: int, params: Mapping[str, Any]) -> np.ndarray:
    """Return log(1 + cases) as each of MODELS expects it, (model, origin, day ahead); NaN before the first known day, and of
    the renewal where it says nothing.

    cases   daily new cases, NaN for days left out
    params  of the rule "forecast"
    """
    n = len(cases)
    logs = np.log1p(np.maximum(cases, 0))
    segments = np.cumsum(np.isnan(cases))
    runs = _segments(cases, serial_interval)
    found = np.full((len(MODELS), n, horizon), np.nan)
    known = np.flatnonzero(~np.isnan(cases))
    for origin in range(n):
        seen = known[known <= origin]
        if len(seen) == 0:
            continue
        found[:, origin] = logs[seen[-1]]
        if len(seen) >= FEWEST:
            found[1, origin] = _trend(logs, segments, seen, origin, horizon, params)
            found[2, origin] = _renewal(cases, runs.get(origin), serial_interval, origin, horizon, params)
    return found


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


@dataclass(frozen=True)
class _Segment:
    """Days that follow one another without one left out: infectors of other segments were counted otherwise, or not at all.

    start     its first day
    pressure  infectivity of each day from it on, by its own cases. Where earlier segments lie before it, the share of
              infectors that fell ill in them is taken to be as many as their successors here (the serial interval is cut
              off at the start and scaled up again), so that no level of theirs is carried over
    """

    start: int
    later: bool
    pressure: np.ndarray

    @classmethod
    def of(cls, cases: np.ndarray, serial_interval: np.ndarray, start: int, later: bool) -> "_Segment":
        pressure = infectivity(cases, serial_interval)
        if later:
            share = np.cumsum(np.pad(serial_interval, (0, max(len(cases) - len(serial_interval), 0))))[: len(cases)]
            pressure = pressure / np.where(share > 0, share, np.nan)
        return cls(start, later, pressure)


def _segments(cases: np.ndarray, serial_interval: np.ndarray) -> dict[int, _Segment]:
    """Known day -> the segment it belongs to."""
    known = np.flatnonzero(~np.isnan(cases))
    found: dict[int, _Segment] = {}
    for days in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1):
        of = _Segment.of(cases[days], serial_interval, int(days[0]), later=days[0] != known[0])
        found |= dict.fromkeys(days.tolist(), of)
    return found


def _renewal(
    cases: np.ndarray,
    segment: _Segment | None,
    serial_interval: np.ndarray,
    origin: int,
    horizon: int,
    params: Mapping[str, Any],
) -> np.ndarray:
    """Cases that those before them infect; log R fades by `r_damping` a day, because growth is answered by measures.

    NaN, so that the other models speak alone, where the origin is left out, and after a day left out until a mean serial
    interval has passed: most of those who infect were counted before it (as EpiEstim does at the start of a series).
    """
    lags = len(serial_interval) - 1
    if segment is None:
        return np.full(horizon, np.nan)
    own = cases[segment.start : origin + 1]
    if segment.later and len(own) <= np.arange(lags + 1) @ serial_interval:
        return np.full(horizon, np.nan)
    recent = slice(max(1, len(own) - params["r_window_days"]), len(own))
    infecting = np.nan_to_num(segment.pressure[recent]).sum()
    log_r = np.log((1 + own[recent].sum()) / (1 / 5 + infecting))  # Cori's mean, prior 5 (5)
    path = np.concatenate([np.zeros(lags), own, np.zeros(horizon)])
    share = np.cumsum(serial_interval)
    for ahead in range(1, horizon + 1):
        at = lags + len(own) - 1 + ahead
        seen = share[min(len(own) - 1 + ahead, lags)] if segment.later else 1.0
        path[at] = np.exp(log_r * params["r_damping"] ** ahead) * (path[at - lags : at] @ serial_interval[:0:-1]) / seen
    return np.asarray(np.log1p(path[lags + len(own) :]))
