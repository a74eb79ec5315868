"""How good past forecasts were: the weighted interval score and the coverage of intervals."""

import numpy as np

LEVELS = np.array([0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975])
NAMES = ("q025", "q05", "q25", "median", "q75", "q95", "q975")
INTERVALS = {0.5: (2, 4), 0.9: (1, 5), 0.95: (0, 6)}  # share an interval should cover -> its ends among LEVELS
MEDIAN = 3


def weighted_interval_score(observed: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Return the score of each forecast, in the unit of what is forecast; smaller is better, 0 is a certain hit.

    observed   any shape, NaN where nothing was observed: its score is NaN
    quantiles  the same shape and one axis more, values at LEVELS

    WIS = (|y - median| / 2 + sum over the 50, 90 and 95 % intervals of alpha/2 x (width + 2/alpha x what y lies outside))
    / (3 + 1/2): Bracher et al., PLoS Comput Biol 2021. By hand: median 10, all intervals 8 to 12, y = 13 gives
    (1.5 + 0.25 x 4 + 1 + 0.05 x 4 + 1 + 0.025 x 4 + 1) / 3.5.
    """
    found = np.abs(observed - quantiles[..., MEDIAN]) / 2
    for share, (low, high) in INTERVALS.items():
        alpha = 1 - share
        below, above = quantiles[..., low], quantiles[..., high]
        outside = np.maximum(below - observed, 0) + np.maximum(observed - above, 0)
        found = found + alpha / 2 * (above - below) + outside
    return found / (len(INTERVALS) + 0.5)


def covered(observed: np.ndarray, quantiles: np.ndarray, share: float) -> np.ndarray:
    """Return 1 where the interval of `share` (0.5, 0.9 or 0.95) holds what was observed, 0 where not, NaN where unknown."""
    low, high = INTERVALS[share]
    inside = (quantiles[..., low] <= observed) & (observed <= quantiles[..., high])
    known = ~np.isnan(observed) & ~np.isnan(quantiles[..., MEDIAN])
    return np.where(known, inside.astype(float), np.nan)
