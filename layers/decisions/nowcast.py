"""How many there will have been: the newest days completed for reports that are still under way (right truncation)."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

COLUMNS = ["day", "observed", "reported", "estimate", "low", "high", "state"]
STATES = ("complete", "estimated", "thin", "insufficient")


def nowcast(
    reports: pd.DataFrame,
    now: int,
    params: Mapping[str, Any],
    *,
    first: int | None = None,
    last: int | None = None,
    began: int | None = None,
    left_out: Collection[int] = (),
    past: np.ndarray | None = None,
) -> pd.DataFrame:
    """Return a row a day: day, observed, reported (share known by now), estimate, low, high (95 %), state, error (relative variance).

    reports  event_day, known_day, n: how many of a day (of onset, say) became known on which day; day numbers
    now      the newest day on which reports came in
    params   of the rule "nowcast": max_delay_days, window_days, least_reported, least_reports, uncertain_delays
    first, last  days of the table; None: from the first event to `now`
    began    day on which reports began to come in: what came on it had happened by then, but when it would have come is not
             known. None: all delays are true
    left_out  days that say nothing of usual delays, such as those of a new case definition: neither what was reported on
             them nor what happened on them teaches any

    past     as `past_errors` returns it: how wrong earlier nowcasts turned out, which widens the interval. None: not asked

    Method: the share reported within x days is the product over d > x of 1 - g(d), g(d) being the share of those known within
    d days that became known after exactly d (reverse-time hazard: Lawless, Can J Stat 1994; DOMAIN V7). The interval is
    normal, of a binomial number yet to come and, with `uncertain_delays`, of the shares' own error.

    state  complete: older than the longest delay counted; estimated; thin: less than `least_reported` is known by now, so pages
           leave it blank; insufficient: so little is known by now and nothing is reported, or delays are not known: the truth
           may be anything, so estimate, low and high are NaN, never 0 (V7's last two days)
    """
    rows = reports.astype({"event_day": int, "known_day": int, "n": float})
    rows = rows[rows["known_day"] <= now]
    days = np.arange(_first(rows, now) if first is None else first, (now if last is None else last) + 1)
    observed = rows.groupby("event_day")["n"].sum().reindex(days, fill_value=0.0).to_numpy()
    share, error = reported_within(rows, now, params, began, left_out)
    error = error if params["uncertain_delays"] else np.zeros(len(share))
    if past is not None:
        error = error + np.where(share < 1, past, 0.0)
    age = np.clip(now - days, 0, len(share) - 1)
    return _completed(days, observed, share[age], error[age], params)


def reported_within(
    reports: pd.DataFrame,
    now: int,
    params: Mapping[str, Any],
    began: int | None = None,
    left_out: Collection[int] = (),
) -> tuple[np.ndarray, np.ndarray]:
    """Return the share reported within 0, 1, ..., max_delay_days days, and the relative variance of each share.

    NaN where too few reports tell of a delay; the last entry is 1 by definition of the longest delay.
    """
    longest = int(params["max_delay_days"])
    since = now - int(params["window_days"]) if began is None else max(began, now - int(params["window_days"]))
    # A correction takes somebody away and is nobody's delay.
    reports = reports[(reports["n"] > 0) & ~reports["event_day"].isin(list(left_out))]
    delay = (reports["known_day"] - reports["event_day"]).to_numpy()
    day, n = reports["event_day"].to_numpy(), reports["n"].to_numpy()
    right = (delay >= 0) & (delay <= longest)
    delay, day, n = delay[right], day[right], n[right]
    exactly, within = np.zeros(longest + 1), np.zeros(longest + 1)
    for d in range(longest + 1):
        # Days of which the d-th day after was one on which reports came as usual: that is all a hazard needs to be right.
        window = (day + d <= now) & (day + d > since) & ~np.isin(day + d, list(left_out))
        exactly[d] = n[window & (delay == d)].sum()
        within[d] = n[window & (delay <= d)].sum()
    hazard = np.divide(exactly, within, out=np.full(longest + 1, np.nan), where=within >= params["least_reports"])
    later = np.clip(1 - hazard[::-1][:-1], 1e-9, None)
    share = np.concatenate([[1.0], np.cumprod(later)])[::-1]
    each = hazard[::-1][:-1] / (within[::-1][:-1] * later)
    return share, np.concatenate([[0.0], np.cumsum(each)])[::-1]


def past_errors(
    reports: pd.DataFrame,
    now: int,
    params: Mapping[str, Any],
    *,
    began: int | None = None,
    left_out: Collection[int] = (),
) -> np.ndarray:
    """Return the relative variance that earlier nowcasts turned out to have, by age of the day in days; 0 where none can be told.

    Nowcasts of the last `check_days` days are made again with what was known then, and measured by what is known now, on days of
    which at least `settled` is reported by now. Delays that grow shorter or longer break the method's assumption, and show here
    (DOMAIN 4, right truncation: rules must not rest on raw counts, nor on an interval that did not hold).
    """
    longest = int(params["max_delay_days"])
    first = now - longest - int(params["check_days"])
    today = nowcast(reports, now, params, first=first, began=began, left_out=left_out).set_index("day")
    truth = today["estimate"].where(today["reported"] >= params["settled"])
    square, count = np.zeros(longest + 1), np.zeros(longest + 1)
    for then in range(now - int(params["check_days"]), now):
        if began is not None and then <= began:
            continue
        made = nowcast(reports, then, params, first=then - longest, began=began, left_out=left_out)
        wrong = np.log(
            made["estimate"].clip(lower=0.5).to_numpy() / truth.reindex(made["day"]).clip(lower=0.5).to_numpy()
        )
        wrong = np.where(made["state"] == STATES[1], wrong, np.nan)[::-1]  # by age: the newest day first
        square += np.where(np.isnan(wrong), 0.0, wrong**2)
        count += ~np.isnan(wrong)
    mean = np.divide(square, count, out=np.full(longest + 1, np.nan), where=count > 0)
    known = np.flatnonzero(~np.isnan(mean))
    if len(known) == 0:
        return np.zeros(longest + 1)
    spread = np.interp(np.arange(longest + 1), known, mean[known])
    spread[longest] = 0.0
    return spread


def thinned(table: pd.DataFrame, observed: np.ndarray, params: Mapping[str, Any]) -> pd.DataFrame:
    """Return the same table for a part (a district): its own counts, completed by the delays of the whole."""
    share = table["reported"].to_numpy()
    return _completed(table["day"].to_numpy(), observed, share, table["error"].to_numpy(), params)


def _completed(
    days: np.ndarray, observed: np.ndarray, share: np.ndarray, error: np.ndarray, params: Mapping[str, Any]
) -> pd.DataFrame:
    silent = np.isnan(share) | ((observed <= 0) & (share < params["least_reported"]))
    known = np.where(silent, np.nan, share)
    estimate = observed / known
    variance = np.maximum(observed, 0) * (1 - known) / known**2 + estimate**2 * error
    half = stats.norm.ppf(0.975) * np.sqrt(variance)
    # Of n persons none is reported yet with a chance of (1 - share)^n: as many may be missing as leave it 5 %.
    unseen = np.where((observed <= 0) & (known < 1), np.log(0.05) / np.log(1 - np.minimum(known, 1 - 1e-9)), 0.0)
    state = np.select(
        [silent, share >= 1, share < params["least_reported"]], [STATES[3], STATES[0], STATES[2]], STATES[1]
    )
    low = np.maximum(estimate - half, np.minimum(observed, estimate))  # what is reported has happened
    half = np.where(silent, np.nan, np.maximum(half, unseen))
    table = (days, observed, share, estimate, low, estimate + half, state)
    return pd.DataFrame(dict(zip(COLUMNS, table, strict=True))).assign(error=error)


def _first(rows: pd.DataFrame, now: int) -> int:
    return int(rows["event_day"].min()) if len(rows) else now
