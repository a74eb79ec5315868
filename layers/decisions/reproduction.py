"""How many people each case infects, day by day: the instantaneous reproduction number of Cori and others (2013)."""

import numpy as np
import pandas as pd
from scipy import stats

COLUMNS = ["t_start", "t_end", "mean", "std", "q025", "median", "q975"]
QUANTILES = (0.025, 0.5, 0.975)
MOST_LACKING, MOST_BEYOND = 0.05, 0.01  # a serial interval cut off in its tail may lack; beyond 1 is only rounding


def estimate_r(
    incidence: pd.Series,
    serial_interval: np.ndarray,
    window: int = 7,
    mean_prior: float = 5,
    std_prior: float = 5,
    *,
    imported: pd.Series | None = None,
) -> pd.DataFrame:
    """Return R of every sliding window: t_start, t_end (days counted from 1), mean, std, q025, median, q975.

    incidence        new cases of consecutive days, indexed by dates or whole numbers; NaN where a day is not known
    serial_interval  share of infections by days since the infector's onset; the first entry is lag 0 and is 0
    window           days together, on which R is taken to be constant; the first window ends with day `window` + 1
    imported         how many of `incidence` were infected elsewhere, same index: they infect, but nobody here infected them

    R of a window is Gamma(a + cases, 1 / (1/b + infectivity)), infectivity of a day being the sum over s of w[s] x cases s days
    before, and the prior Gamma(a, b) having the given mean and standard deviation (Cori et al., Am J Epidemiol 2013;
    DOMAIN 2; EpiEstim's tables of DOMAIN V1-V3). NaN where it is undefined: the window ends no later than a mean serial
    interval after the start (EpiEstim's rule), nobody in the window could have been infected, so that the prior would speak
    alone, a day it rests on is not known, or write-offs leave a negative sum. Nothing is dropped: there is a row for every
    window, none at all where the days are fewer than `window` + 1. Raises ValueError for days that do not follow one another
    and for what is no serial interval.
    """
    w = _interval(serial_interval)
    if window < 1 or mean_prior <= 0 or std_prior <= 0:
        raise ValueError(
            f"window {window}, prior {mean_prior} ({std_prior}); wanted at least 1 day and a prior above 0"
        )
    refuse_gaps(incidence)
    total = incidence.to_numpy(dtype=float, na_value=np.nan)
    local = total - _aligned(imported, incidence)
    start = np.arange(1, max(len(total) - window + 1, 1))
    end = start + window - 1
    cases, pressure = _sums(local, window), _sums(infectivity(total, w), window)
    shape = (mean_prior / std_prior) ** 2 + cases
    rate = mean_prior / std_prior**2 + pressure
    # After EpiEstim: before a mean serial interval has passed, most infectors lie outside what was counted.
    defined = (end + 1 > np.arange(len(w)) @ w) & (pressure > 0) & (shape > 0) & (rate > 0)
    shape, scale = np.where(defined, shape, np.nan), 1 / np.where(defined, rate, np.nan)
    quantiles = stats.gamma.ppf(np.array(QUANTILES)[:, None], shape, scale=scale)
    found = (start + 1, end + 1, shape * scale, np.sqrt(shape) * scale, *quantiles)
    return pd.DataFrame(dict(zip(COLUMNS, found, strict=True)))


def shrunk(cases: pd.Series, pressure: pd.Series, uncertain: float = 0.0) -> pd.DataFrame:
    """Return R of small areas, drawn towards the R of all of them together: mean, std, q025, q975, towards (the common R), weight.

    cases      of the window, an area a row
    pressure   infectivity in the window, same index; an area without any gets NaN
    uncertain  relative deviation of `cases` themselves, where they are estimates of what is still being reported
    Empirical Bayes: cases ~ Poisson(R x pressure), R ~ gamma with the common mean and the variance between areas that is left
    after the Poisson one (Marshall 1991, moments); the common R's own variance is added. `weight` is the share of an area's own
    figure: 0 where areas differ no more than by chance. One area alone keeps its own R.
    """
    known = (pressure > 0) & cases.notna()
    n, lam = cases[known].to_numpy(dtype=float), pressure[known].to_numpy(dtype=float)
    if len(n) == 0 or n.sum() <= 0:
        return pd.DataFrame(np.nan, index=cases.index, columns=["mean", "std", "q025", "q975", "towards", "weight"])
    common = n.sum() / lam.sum()
    between = max(float((lam * (n / lam - common) ** 2).sum() / lam.sum() - common / lam.mean()), 1e-9 * common**2)
    weight = between / (between + common / lam) if len(n) > 1 else np.ones(1)
    mean = common + weight * (n / lam - common)
    variance = weight * mean / lam + (1 - weight) ** 2 * common / lam.sum() + (uncertain * mean) ** 2
    shape, scale = mean**2 / variance, variance / mean
    low, high = stats.gamma.ppf(np.array([[0.025], [0.975]]), shape, scale=scale)
    table = {"mean": mean, "std": np.sqrt(variance), "q025": low, "q975": high, "towards": common, "weight": weight}
    return pd.DataFrame(table, index=cases.index[known]).reindex(cases.index)


def infectivity(cases: np.ndarray, serial_interval: np.ndarray) -> np.ndarray:
    """Return for each day the sum over s >= 1 of w[s] x the cases s days before; 0 on the first, NaN where one is not known."""
    if len(cases) == 0:
        return np.zeros(0)
    found = np.convolve(np.nan_to_num(cases), serial_interval)[: len(cases)]
    touched = np.convolve(np.isnan(cases).astype(float), (serial_interval > 0).astype(float))[: len(cases)]
    return np.where(touched > 0, np.nan, found)


def discretised(mean: float, std: float, days: int) -> np.ndarray:
    """Return the serial interval w[0], ..., w[days - 1] of a gamma distribution shifted by one day, with this mean and deviation.

    Cori et al. 2013, web appendix 11; w[0] is 0. Raises ValueError for a mean of one day or less: nobody is infected earlier.
    """
    if mean <= 1 or std <= 0 or days < 2:
        raise ValueError(f"serial interval {mean} ({std}) over {days} days; wanted a mean above 1, a deviation above 0")
    shape, scale = ((mean - 1) / std) ** 2, std**2 / (mean - 1)
    k = np.arange(days, dtype=float)

    def cdf(x: np.ndarray, extra: int = 0) -> np.ndarray:
        return np.asarray(stats.gamma.cdf(x, shape + extra, scale=scale))

    first = k * cdf(k) + (k - 2) * cdf(k - 2) - 2 * (k - 1) * cdf(k - 1)
    second = shape * scale * (2 * cdf(k - 1, 1) - cdf(k - 2, 1) - cdf(k, 1))
    return np.maximum(first + second, 0.0)


def refuse_gaps(series: pd.Series) -> None:
    """Raise ValueError unless the index counts consecutive days upwards, as dates or whole numbers (DOMAIN 4, missing dates)."""
    index = series.index
    whole = pd.api.types.is_float_dtype(index) and bool((index.to_numpy() % 1 == 0).all())
    if pd.api.types.is_integer_dtype(index) or whole:
        steps = np.diff(index.to_numpy())
    else:  # dates of any kind; a day is a day, whatever its zone
        days = pd.DatetimeIndex(index.to_timestamp() if isinstance(index, pd.PeriodIndex) else index).tz_localize(None)
        steps = np.diff(days.to_numpy()) / np.timedelta64(1, "D")
    wrong = np.flatnonzero(steps != 1)
    if len(wrong):
        at = int(wrong[0])
        raise ValueError(
            f"after {index[at]} comes {index[at + 1]}; wanted every day once, in order: reindex to a calendar"
        )


def _interval(serial_interval: np.ndarray) -> np.ndarray:
    w = np.asarray(serial_interval, dtype=float)
    if w.ndim != 1 or len(w) < 2 or w[0] != 0:
        raise ValueError(f"serial interval begins with {w.ravel()[:1]}; wanted lag 0 with 0, then lag 1 and more")
    if not (w >= 0).all() or not -MOST_LACKING <= w.sum() - 1 <= MOST_BEYOND:
        raise ValueError(f"serial interval sums to {w.sum():.4g}, least {w.min():.4g}; wanted shares that sum to 1")
    return w


def _aligned(imported: pd.Series | None, incidence: pd.Series) -> np.ndarray:
    if imported is None:
        return np.zeros(len(incidence))
    if not imported.index.equals(incidence.index):
        raise ValueError("imported cases stand on other days than the incidence; wanted the same index")
    return imported.to_numpy(dtype=float, na_value=np.nan)


def _sums(values: np.ndarray, window: int) -> np.ndarray:
    """Sum of each window that begins on the second day or later; exact for counts, NaN where the window holds one."""
    if len(values) < window + 1:
        return np.zeros(0)
    return np.lib.stride_tricks.sliding_window_view(values[1:], window).sum(axis=1)
