"""The series of the epidemic state: by onset, completed for late reports; by report, its definition step marked; and R of both."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from layers._times import day_number
from layers.decisions import _series as series
from layers.decisions._silence import Silence
from layers.decisions._situation_facts import FEEDS, REACH, SituationFacts
from layers.decisions.nowcast import STATES, nowcast, past_errors
from layers.decisions.reproduction import discretised, estimate_r
from layers.decisions.rules import RuleSet
from layers.decisions.turning import below_one

TOLD = (STATES[0], STATES[1])  # days whose number can be told
ENDS = ("estimate", "low", "high")
R_COLUMNS = ["day", "first", "mean", "q025", "median", "q975", "below", "cases", "why"]


@dataclass(frozen=True)
class Clock:
    """The days that a view reaches: the first looked at, the last one covered, the newest day of reports, their first day."""

    first: int
    last: int
    now: int
    began: int | None
    step: tuple[int, ...]

    @classmethod
    def of(cls, facts: SituationFacts, silence: Silence, step: RuleSet | None) -> "Clock":
        """Return the days of a view; the days of the definition step are those of its rule."""
        last = silence.last_day("cases")
        newest = facts.feeds.loc[facts.feeds["feed"] == FEEDS[0], "last"].max()
        now = day_number(newest) if newest == newest else last
        told = pd.concat([facts.increments["event_day"], facts.onsets["event_day"]]).dropna()
        first = max(int(told.min()), last - REACH) if len(told) else last
        began = facts.began["known_day"].dropna()
        days = tuple(sorted(day_number_of(day) for day in step.params["days"])) if step else ()
        return cls(min(first, last), last, max(now, last), int(began.iloc[0]) if len(began) else None, days)


def day_number_of(day: Any) -> int:
    """Return the number of a calendar day."""
    return (pd.Timestamp(day) - pd.Timestamp(0)).days


def by_onset(facts: SituationFacts, clock: Clock, rule: RuleSet) -> pd.DataFrame:
    """Return the nowcast by day of onset; persons whose onset nobody told are in no day."""
    rows = facts.onsets.dropna(subset=["event_day"])
    return _completed(rows[rows["event_day"] <= clock.last], clock, rule)


def by_report(facts: SituationFacts, clock: Clock, rule: RuleSet) -> pd.DataFrame:
    """Return the nowcast by the day a case was first counted, with confirmed, clinical and step (a day of a new definition)."""
    rows = facts.increments[facts.increments["event_day"] <= clock.last]
    found = _completed(rows, clock, rule)
    for status in ("confirmed", "clinical"):
        of = rows[rows["status"] == status]
        found[status] = series.calendar(of, clock.first, clock.last, day="event_day").to_numpy()
    return found.assign(step=found["day"].isin(clock.step))


def _completed(rows: pd.DataFrame, clock: Clock, rule: RuleSet) -> pd.DataFrame:
    reports = rows[["event_day", "known_day", "n"]].groupby(["event_day", "known_day"]).sum().reset_index()
    past = past_errors(reports, clock.now, rule.params, began=clock.began, left_out=clock.step)
    return nowcast(
        reports,
        clock.now,
        rule.params,
        first=clock.first,
        last=clock.last,
        began=clock.began,
        left_out=clock.step,
        past=past,
    )


def told(table: pd.DataFrame, column: str = "estimate") -> pd.Series:
    """Return a column by day, NaN where the day's number cannot be told yet."""
    return table[column].where(table["state"].isin(TOLD)).set_axis(pd.Index(table["day"], name="day"))


def r_of_onset(onset: pd.DataFrame, rules: Mapping[str, RuleSet]) -> pd.DataFrame:
    """Return R by onset, a row a window: R_COLUMNS; its interval spans those of the nowcast's lower and upper ends.

    why  "" where it may be shown, else undefined, few, wide
    """
    params = rules["reproduction"].params
    ends = [_r(told(onset, column), rules, params["window_days"]) for column in ENDS]
    return _spanned(ends, told(onset), params, params["window_days"])


def r_of_report(report: pd.DataFrame, rules: Mapping[str, RuleSet], step: tuple[int, ...]) -> pd.DataFrame:
    """Return R by report, a row a window: R_COLUMNS; windows that touch a day of the definition step are left out (why: step).

    It rests on cases that a laboratory confirmed first: the one definition that stood before, during and after the weeks in
    which clinical diagnoses counted (DOMAIN 4: "model lab-only"), so that no step is in R nor in the infectivity behind it.
    """
    window = rules["reproduction"].params["report_window_days"]
    share = (report["clinical"] / report["observed"].where(report["observed"] > 0)).fillna(0).to_numpy()
    ends = [told(report, column) for column in ENDS]
    values = [series.without(end, end * share, end.index) for end in ends]
    found = _spanned([_r(value, rules, window) for value in values], values[0], rules["reproduction"].params, window)
    touched = [
        any(first <= day <= last for day in step) for first, last in zip(found["first"], found["day"], strict=True)
    ]
    numbers = [name for name in R_COLUMNS if name not in ("day", "first", "why")]
    found.loc[touched, numbers] = np.nan
    found.loc[touched, "why"] = "step"
    return found


def _r(values: pd.Series, rules: Mapping[str, RuleSet], window: int) -> pd.DataFrame:
    params, serial = rules["reproduction"].params, rules["serial-interval"].params
    weights = discretised(serial["mean"], serial["std"], serial["days"])
    return estimate_r(values, weights, window, params["mean_prior"], params["std_prior"])


def _spanned(ends: list[pd.DataFrame], values: pd.Series, params: Mapping[str, Any], window: int) -> pd.DataFrame:
    middle = ends[0]
    if middle.empty:
        return pd.DataFrame(columns=R_COLUMNS)
    start = int(values.index[0])
    below = np.min([below_one(end["mean"].to_numpy(), end["std"].to_numpy()) for end in ends], axis=0)
    cases = values.rolling(window).sum().iloc[window:].to_numpy()
    table = {
        "day": start + middle["t_end"] - 1,
        "first": start + middle["t_start"] - 1,
        "mean": middle["mean"],
        "q025": np.min([end["q025"] for end in ends], axis=0),
        "median": middle["median"],
        "q975": np.max([end["q975"] for end in ends], axis=0),
        "below": below,
        "cases": cases,
        "why": why_hidden(middle["mean"].to_numpy(), middle["std"].to_numpy(), cases, params),
    }
    return pd.DataFrame(table)[R_COLUMNS]


def why_hidden(mean: np.ndarray, std: np.ndarray, cases: np.ndarray, params: Mapping[str, Any]) -> np.ndarray:
    """Return "" where R may be shown; undefined; few: cases in the window below `least_cases`; wide: variation above the limit."""
    undefined = np.isnan(mean) | np.isnan(cases)
    few = cases < params["least_cases"]
    wide = std / np.where(undefined, np.nan, mean) > params["most_variation"]
    return np.select([undefined, few, wide], ["undefined", "few", "wide"], "").astype(object)


def last_told(table: pd.DataFrame) -> int | None:
    """Return the newest day whose number can be told, None where there is none."""
    days = table.loc[table["state"].isin(TOLD), "day"]
    return int(days.max()) if len(days) else None


def in_hospital(census: pd.DataFrame, first: int, last: int, carried: int = 3) -> pd.Series:
    """Return beds in use by day over all hospitals; NaN on days on which one of them is not current, or nobody reported.

    census  hospital, kind, day, used, in order of time
    A count stands for `carried` days. Every series that was ever reported by then must be current: a hospital that stops
    reporting has not sent its patients home, so a sum without it is no fall. One that reported 0 last has none to lose and
    stays 0. Where a hospital gives its total ("all"), its kinds are parts of it and are not added.
    """
    days = pd.RangeIndex(first, max(last, first - 1) + 1, name="day")
    wide = _everyday(census, first, last)
    if wide.empty:
        return pd.Series(np.nan, index=days)
    filled, missing = _current(wide, carried)
    found = filled.sum(axis=1).where(wide.notna().any(axis=1) & ~missing.any(axis=1))
    return found.reindex(days)


def reporting(census: pd.DataFrame, last: int, carried: int = 3) -> tuple[int, int]:
    """Return how many hospitals are current on the last day of which one reported, and how many ever were, as `in_hospital` sees it."""
    wide = _everyday(census, last, last)
    if wide.empty:
        return 0, 0
    newest = wide.index[wide.notna().any(axis=1)][-1]
    missing = _current(wide, carried)[1].loc[newest]
    every, silent = (
        set(wide.columns.get_level_values("hospital")),
        set(missing[missing].index.get_level_values("hospital")),
    )
    return len(every - silent), len(every)


def _everyday(census: pd.DataFrame, first: int, last: int) -> pd.DataFrame:
    """Beds in use as reported, a row a day up to `last`, a column a hospital and kind; parts of a total are left away."""
    rows = census[census["day"] <= last].dropna(subset=["used"])
    rows = rows.drop_duplicates(["hospital", "kind", "day"], keep="last")
    whole = rows.loc[rows["kind"] == "all", "hospital"]
    rows = rows[(rows["kind"] == "all") | ~rows["hospital"].isin(whole)]
    if rows.empty:
        return pd.DataFrame()
    wide = rows.assign(used=pd.to_numeric(rows["used"])).pivot(index="day", columns=["hospital", "kind"], values="used")
    return wide.reindex(range(min(int(wide.index.min()), first), last + 1))


def _current(wide: pd.DataFrame, carried: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The counts that stand on each day, and which series had been reported by then and does not stand any more."""
    last = wide.ffill()
    filled = wide.ffill(limit=carried).where(last != 0, 0.0).where(last.notna())
    return filled, filled.isna() & last.notna()
