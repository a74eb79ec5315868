"""Daily series that mean what they say: every day of the calendar once, days of a new definition marked, books balanced."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from layers.decisions.reproduction import refuse_gaps


def calendar(counts: pd.DataFrame, first: int, last: int, *, day: str = "day", n: str = "n") -> pd.Series:
    """Return counts on every day number from `first` to `last`, 0 where no row tells of one; several rows of a day add up.

    counts  day, n; days outside are left away. Aligning by position instead of date once hid the whole definition step
    (DOMAIN 4, missing dates), so everything below works on such a calendar and refuses anything else.
    """
    days = pd.RangeIndex(first, max(last, first - 1) + 1, name="day")
    if counts.empty:
        return pd.Series(0.0, index=days)
    found = pd.to_numeric(counts[n]).groupby(counts[day].astype(int)).sum()
    return found.reindex(days, fill_value=0).astype(float)


def usable(series: pd.Series, left_out: Collection[int]) -> pd.Series:
    """Return the series with NaN on days that say nothing of the epidemic: those left out, and sums below zero.

    A bulletin may count back (Huanggang -3 and Jingmen -15 on 17 February 2020, DOMAIN V21). It is shown as it is, and is no
    observation of new cases: neither 0 nor its amount without the sign.
    """
    refuse_gaps(series)
    return series.where(~series.index.isin(list(left_out)) & ~(series < 0))


def without(series: pd.Series, extra: pd.Series, days: Collection[int]) -> pd.Series:
    """Return the series less `extra` on `days`: what the old definition would have counted on the days of a new one (V22)."""
    refuse_gaps(series)
    taken = extra.reindex(series.index, fill_value=0).where(series.index.isin(list(days)), 0)
    return series - taken


def heaps(series: pd.Series, params: Mapping[str, Any]) -> list[int]:
    """Return days on which onsets pile up: more than `factor` times both neighbours and at least `least` persons.

    1 February 2020 has 2,125 onsets between 1,148 and 1,221: patients of field hospitals gave approximate dates (DOMAIN 4).
    """
    refuse_gaps(series)
    values = series.to_numpy(dtype=float)
    beside = np.fmax(values[:-2], values[2:]) if len(values) > 2 else np.zeros(0)
    heaped = (values[1:-1] > params["factor"] * beside) & (values[1:-1] >= params["least"])
    return [int(day) for day in series.index[1:-1][heaped]]


def levelled(series: pd.Series, day: int, params: Mapping[str, Any]) -> pd.Series:
    """Return the series with a heap spread evenly over itself and the days before it, `spread_days` in all; the sum stays."""
    refuse_gaps(series)
    over = range(max(day - params["spread_days"] + 1, int(series.index[0])), day + 1)
    found = series.copy()
    found.loc[list(over)] = found.loc[list(over)].mean()
    return found


def written_off(before: float, new: float, after: float) -> float:
    """Return how many records left the books: 48,206 + 4,823 - 51,986 = 1,043 (Hubei, 13 February 2020, DOMAIN V21)."""
    return before + new - after


def ledger(increments: pd.DataFrame, withdrawn: pd.DataFrame) -> pd.DataFrame:
    """Return a row a day on which anything became known: day, opening, added, removed, closing; opening + added - removed = closing.

    increments  known_day, n: what each day added to or took from the count, as the store wrote it; nothing is clipped
    withdrawn   known_day, n: records that their source took back on that day (核销)
    Corrections that move somebody to another day add and remove one and cancel; what a day took away on the whole beyond its
    withdrawals counts as removed too.
    """
    net = pd.to_numeric(increments["n"]).groupby(increments["known_day"].astype(int)).sum()
    gone = pd.to_numeric(withdrawn["n"]).groupby(withdrawn["known_day"].astype(int)).sum()
    days = net.index.union(gone.index)
    net, gone = net.reindex(days, fill_value=0), gone.reindex(days, fill_value=0)
    removed = np.maximum(gone, -net)
    closing = net.cumsum()
    table = {"opening": closing - net, "added": net + removed, "removed": removed, "closing": closing}
    return pd.DataFrame(table).rename_axis("day").reset_index()


def reconciled(whole: pd.Series, parts: pd.DataFrame) -> pd.DataFrame:
    """Return a row a day of either: day, whole, parts (their sum), difference; NaN where one side has no row of that day.

    whole  cumulative counts of a province by day
    parts  the same of its cities, a column each
    A province may be a day ahead of its cities, and its rows may lack days: what does not add up is shown, not mended
    (DOMAIN 4, as-of mixing: 13,797 on 12 February 2020).
    """
    days = whole.index.union(parts.index)
    sums = parts.sum(axis=1, min_count=parts.shape[1]).reindex(days)
    table = pd.DataFrame({"whole": whole.reindex(days), "parts": sums}).assign(
        difference=lambda t: t["whole"] - t["parts"]
    )
    return table.rename_axis("day").reset_index()


def phase(whole: pd.Series, parts: pd.DataFrame, most: int = 2) -> int:
    """Return by how many days the parts lag behind the whole: the shift, up to `most`, that leaves the least difference.

    Both are cumulative on consecutive days; of equally good shifts the smallest counts. 0: in phase.
    """
    refuse_gaps(whole)
    sums = parts.sum(axis=1, min_count=parts.shape[1]).reindex(whole.index)
    left = {shift: float((whole - sums.shift(-shift)).abs().mean()) for shift in range(-most, most + 1)}
    return min(left, key=lambda shift: (left[shift], abs(shift)))
