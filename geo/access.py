"""How well places reach what serves them: two-step floating catchments, and the longest ways.

Luo & Wang 2003 (2SFCA), Luo & Qi 2009 (E2SFCA, weights by distance). DOMAIN 2: A_i = sum of R_j over the supplies within reach,
R_j = S_j / sum of P over the demand within reach of it, so that sum(A_i * P_i) is what is supplied within anybody's reach.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from geo.errors import GeoError

Floats = NDArray[np.float64]


def two_step(
    distance: ArrayLike,
    population: ArrayLike,
    supply: ArrayLike,
    reach: float,
    *,
    bands: Sequence[tuple[float, float]] = (),
) -> Floats:
    """Return supply per head within reach of each row; multiply by 1,000 for beds per thousand.

    distance    (n, m) from demand row to supply column, any unit; infinite or NaN: no way
    population  (n,), NaN: unknown. An unknown row loads nobody's catchment (so its neighbours look better served than they
                may be; `unknown_within` counts them) and its own answer is NaN, not 0
    supply      (m,), NaN: unknown; it counts as none, because beds nobody vouches for treat nobody
    reach       the farthest that counts, inclusive
    bands       (up to, weight), nearest first: E2SFCA; () weighs everything within reach the same
    Rows that reach nothing have 0; a supply within reach of nobody is nobody's.
    """
    weight, people, beds = (
        _weights(distance, reach, bands),
        _column(population, "population"),
        _column(supply, "supply"),
    )
    if weight.shape != (len(people), len(beds)):
        raise GeoError(f"distance is {weight.shape}; wanted {len(people)} rows of population and {len(beds)} of supply")
    load = weight.T @ np.nan_to_num(people)
    per_head = np.divide(np.nan_to_num(beds), load, out=np.zeros(len(beds)), where=load > 0)
    found = weight @ per_head
    return np.where(np.isnan(people), np.nan, found)


def unknown_within(distance: ArrayLike, population: ArrayLike, reach: float) -> NDArray[np.int64]:
    """Return per supply how many rows of unknown population lie within its reach: what `two_step` could not count."""
    near = _weights(distance, reach, ()) > 0
    return np.asarray(near.T @ np.isnan(_column(population, "population")).astype(np.int64), dtype=np.int64)


def longest_ways(distance: ArrayLike, population: ArrayLike) -> pd.Series:
    """Return nearest supply per head of the population: mean, median, p90 and max, and `cut_off`, persons without a way.

    Rows of unknown population take no part, but for `max`: the longest way is anybody's. NaN where there is nobody.
    """
    ways, people = np.asarray(distance, dtype=float), _column(population, "population")
    usable = np.where(np.isnan(ways), np.inf, ways)
    nearest = usable.min(axis=1) if usable.shape[1] else np.full(len(usable), np.inf)
    reached, known = np.isfinite(nearest), np.nan_to_num(people)
    order = np.argsort(nearest, kind="stable")
    order = order[reached[order] & (known[order] > 0)]
    share = np.cumsum(known[order])
    total = float(share[-1]) if len(share) else 0.0

    def at(part: float) -> float:
        return float(nearest[order[np.searchsorted(share, part * total * (1 - 1e-12))]]) if total else np.nan

    return pd.Series(
        {
            "mean": float(nearest[order] @ known[order] / total) if total else np.nan,
            "median": at(0.5),
            "p90": at(0.9),
            "max": float(nearest[reached].max()) if reached.any() else np.nan,
            "cut_off": float(known[~reached].sum()),
        }
    )


def _weights(distance: ArrayLike, reach: float, bands: Sequence[tuple[float, float]]) -> Floats:
    ways = np.asarray(distance, dtype=float)
    if ways.ndim != 2 or not reach >= 0 or (ways < 0).any():
        raise GeoError(f"distance {ways.shape} and reach {reach}: wanted a table of 0 or more and a reach of 0 or more")
    found = np.zeros(ways.shape)
    for limit, weight in sorted(bands or [(reach, 1.0)], reverse=True):
        if not weight >= 0:
            raise GeoError(f"the band up to {limit} weighs {weight}; wanted 0 or more")
        found = np.where(ways <= min(limit, reach), weight, found)
    return found


def _column(values: ArrayLike, name: str) -> Floats:
    found = np.asarray(values, dtype=float)
    if found.ndim != 1 or (found < 0).any() or np.isinf(found).any():
        raise GeoError(f"{name} must be one number a row, 0 or more, NaN where unknown")
    return found
