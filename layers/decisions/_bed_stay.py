"""How long patients stay: curves fitted to published quartiles, and who of those present still lies there in some days."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import exp, log
from typing import Any

import numpy as np
from scipy import optimize, stats

from layers._errors import RuleError

QUARTILE = float(stats.norm.ppf(0.75))
LONGEST = 90  # days looked back for patients of unknown admission; hardly anybody stays longer


@dataclass(frozen=True)
class Stay:
    """A length of stay in days: a gamma (shape, scale) or lognormal (sigma, median) curve, moved by `shift` days.

    shift  every stay becomes so many days longer (shorter when negative), as a what-if asks; nobody stays less than nothing
    pace   how fast patients leave against the curve: their chance to leave on a day, times this (proportional hazards)
    """

    family: str
    shape: float
    scale: float
    shift: float = 0.0
    pace: float = 1.0

    def lasts(self, days: Any) -> np.ndarray:
        """Return the share of patients still there `days` after their admission; all of them on the day itself."""
        at = np.asarray(days, dtype=float)
        found = self._curve.sf(np.maximum(at - self.shift, 0), self.shape, scale=self.scale) ** self.pace
        return np.where(at <= 0, 1.0, found)

    def quantile(self, share: float) -> float:
        """Return the days within which that share of patients has left."""
        days = float(self._curve.isf((1 - share) ** (1 / self.pace), self.shape, scale=self.scale))
        return max(days + self.shift, 0.0)

    @property
    def mean(self) -> float:
        """Mean stay in days, of a patient who may leave at any hour."""
        return float(np.trapezoid(self.lasts(np.arange(0, 400, 0.25)), dx=0.25))

    @property
    def _curve(self) -> Any:
        return stats.gamma if self.family == "gamma" else stats.lognorm

    def longer(self, days: float) -> "Stay":
        """Return the same curve with every stay `days` longer."""
        return replace(self, shift=self.shift + days)

    def paced(self, pace: float) -> "Stay":
        """Return the same curve for patients who leave `pace` times as fast."""
        return replace(self, pace=pace)


def fitted(quartiles: Mapping[str, Any]) -> Stay:
    """Return the curve of quartiles `q25`, `q50`, `q75` (days) of a `family`: gamma or lognormal.

    The median is met exactly; spread is chosen so that q75 / q25 is met, which two parameters allow. RuleError where the
    quartiles do not rise or the family is another.
    """
    q25, q50, q75 = (float(quartiles[name]) for name in ("q25", "q50", "q75"))
    if not 0 < q25 < q50 < q75:
        raise RuleError(
            f"quartiles of a stay are {q25:g}, {q50:g}, {q75:g}; wanted three rising numbers of days above 0"
        )
    family, spread = quartiles["family"], q75 / q25
    if family == "lognormal":
        return Stay(family, log(spread) / (2 * QUARTILE), q50)
    if family != "gamma":
        raise RuleError(f"family of a stay is {family!r}; wanted gamma or lognormal")
    # Whatever the scale, the ratio of the quartiles falls with the shape: one root.
    shape = exp(optimize.brentq(lambda x: _spread(exp(x)) - spread, log(0.2), log(400.0)))
    return Stay(family, shape, q50 / float(stats.gamma.median(shape)))


def _spread(shape: float) -> float:
    low, high = stats.gamma.ppf([0.25, 0.75], shape)
    return float(high / low)


def leaving(stay: Stay, horizon: int) -> np.ndarray:
    """Return the chance to leave 0, 1 ... `horizon` days after admission, and to stay longer: it adds up to one."""
    lasts = stay.lasts(np.arange(horizon + 1))
    return np.append(-np.diff(np.append(1.0, lasts)), lasts[-1])


def residual(stay: Stay, elapsed: np.ndarray | None, horizon: int) -> np.ndarray:
    """Return the chance that a present patient leaves in 1 ... `horizon` days, and that it takes longer: it adds up to one.

    elapsed  days that each of them has been there; None or empty: not known, so a ward in balance is assumed, where every
             day as many come as leave and long stays are met more often
    """
    if elapsed is None or not len(elapsed):
        since = np.arange(LONGEST)
        weight = stay.lasts(since)
    else:
        since, counts = np.unique(np.asarray(elapsed, dtype=float).clip(min=0), return_counts=True)
        weight = counts.astype(float)
    now = stay.lasts(since)
    later = stay.lasts(since[:, None] + np.arange(1, horizon + 1))
    lasting = np.divide(later, now[:, None], out=np.zeros_like(later), where=now[:, None] > 1e-12)
    lasts = (lasting * weight[:, None]).sum(axis=0) / weight.sum()
    return np.append(-np.diff(np.append(1.0, lasts)), lasts[-1])


def pace_seen(
    stays: Mapping[str, Stay],
    census: Mapping[str, float],
    elapsed: Mapping[str, np.ndarray],
    rate: float,
    least: float,
    most: float,
) -> float:
    """Return how much faster patients leave than their curves say: 1 as published, within `least` and `most`.

    rate  share of all who were there that left on a day, as counted lately; NaN: not known, so 1
    Published stays are those of patients who had left when the studies closed, and so are short; who really leaves also hangs
    on two negative tests. Without this a ward would be forecast to empty faster than any ward did.
    """
    persons = sum(census[need] for need in stays)
    if not rate >= 0 or persons <= 0:
        return 1.0

    def surplus(pace: float) -> float:
        gone = (census[n] * residual(stay.paced(pace), elapsed.get(n), 1)[0] for n, stay in stays.items())
        return sum(gone) / persons - rate

    if surplus(least) >= 0:
        return least
    return most if surplus(most) <= 0 else float(optimize.brentq(surplus, least, most))
