"""From what the store knows to the beds of the coming days: case forecast, severity, stays, and what a what-if changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import nan

import numpy as np
import pandas as pd

from layers._times import day_number
from layers._view import View
from layers.decisions import occupancy
from layers.decisions._bed_demand import CASES, GROUPS, LEFT, NEED_OF, NEEDS, Window, shares
from layers.decisions._bed_facts import BedFacts
from layers.decisions._bed_stay import Stay, fitted, pace_seen
from layers.decisions._inputs import as_date, complete_day
from layers.decisions._silence import Silence
from layers.decisions.forecast import Forecast, forecast
from layers.decisions.rules import RuleSet
from layers.decisions.whatif import WhatIf

AHEAD_TOPICS = ("severity-of-cases", "length-of-stay", "length-of-stay-light", "ward-moves", "occupancy")
JUDGED = (1, 3, 7, 14)  # days ahead of which a reader is told whether the forecast of cases has skill


@dataclass(frozen=True)
class Outlook:
    """The coming days; without rows where too few days of cases are known.

    table     of, name, day, q05, q25, median, q75, q95, beds, p_short (`occupancy.table`)
    run_out   kind, beds, now, day, p_day, p_within, peak, peak_day (`occupancy.run_out`)
    short     need -> persons without a bed on each coming day, for which is planned (a quantile of the futures)
    likely    need -> median persons in need, and median persons without a bed, on each coming day
    pace      how fast patients leave against the published stays, as counted in the window; 1 as published
    stays     need -> length of stay used
    skill     days ahead -> verdict of the case forecast
    """

    table: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=occupancy.COLUMNS))
    run_out: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=occupancy.RUN_OUT))
    short: Mapping[str, np.ndarray] = field(default_factory=dict)
    likely: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    pace: float = 1.0
    stays: Mapping[str, Stay] = field(default_factory=dict)
    skill: Mapping[int, str] = field(default_factory=dict)

    @property
    def known(self) -> bool:
        """Whether anything can be said."""
        return bool(len(self.table))


def outlook(
    facts: BedFacts,
    census: Mapping[str, float],
    beds: Mapping[str, float],
    lying: Mapping[tuple[str, str], float],
    window: Window,
    view: View,
    rules: Mapping[str, RuleSet],
    what_if: WhatIf,
) -> Outlook:
    """Return the coming days of one view.

    census  need -> persons now;  beds: kind -> usable beds;  lying: (need, kind) -> persons who lie there now;  window: days whose changes carry on where no stay is known
    rules   AHEAD_TOPICS, placement, and "definition-step" where there is one
    """
    params, today = rules["occupancy"].params, day_number(view.as_of)
    covered = Silence(facts.feeds, view, ("cases",)).last_day("cases")
    series = case_series(facts.new, complete_day(view), rules.get("definition-step"), covered)
    if int(series.notna().sum()) < params["least_days"]:
        return Outlook()
    begun = today - complete_day(view)
    coming = _once(facts, series, params, begun)
    cases = np.rint(coming.paths[:, begun:] * (1 + what_if.cases_pct / 100)).astype(np.int64)
    since, published = elapsed(facts.patients, today), stays_of(rules)
    rate = leaving_rate(facts.daily, sum(census[need] for need in published), window)
    pace = pace_seen(published, census, since, rate, params["pace_least"], params["pace_most"])
    stays = {need: stay.paced(pace).longer(what_if.stay_days) for need, stay in published.items()}
    future = occupancy.ahead(
        census,
        cases,
        shares(rules["severity-of-cases"]),
        stays,
        rules["ward-moves"].params,
        first_day=today,
        elapsed=since,
    )
    others = {need: _drift(facts.daily, need, census[need], window, cases.shape) for need in NEEDS[3:]}
    future = replace(future, persons={**future.persons, **{n: p for n, p in others.items() if p.size}})
    found = occupancy.reach(future, beds, rules["placement"], lying)
    return Outlook(
        table=occupancy.table(future, found, beds),
        run_out=occupancy.run_out(future, found, beds, params["likely"]),
        short={need: np.quantile(paths[:, 1:], params["plan_for"], axis=0) for need, paths in found.short.items()},
        likely={
            need: (np.median(paths[:, 1:], axis=0), np.median(found.short[need][:, 1:], axis=0))
            for need, paths in future.persons.items()
        },
        pace=pace,
        stays=stays,
        skill={days: coming.verdict(days + begun) for days in JUDGED},
    )


def case_series(new: pd.DataFrame, last: int, step: RuleSet | None, covered: int | None = None) -> pd.Series:
    """Return new cases by day number to `last`, every day; 0 where none was counted.

    NaN on days of the definition change, and after `covered`, the last day that a delivery of cases covers.
    """
    known = pd.Series(pd.to_numeric(new["n"]).to_numpy(float), index=pd.to_numeric(new["day"]).astype(int))
    known = known[known.index <= last]
    if known.empty:
        return pd.Series(dtype=float)
    found = known.reindex(range(int(known.index.min()), last + 1)).fillna(0.0)
    steps = set(step.params["days"]) if step else set()
    found[[day for day in found.index if as_date(day) in steps]] = nan
    if covered is not None:
        found[found.index > covered] = nan
    return found


def stays_of(rules: Mapping[str, RuleSet]) -> dict[str, Stay]:
    """Return need -> length of stay as published."""
    quartiles = {**rules["length-of-stay"].params, **rules["length-of-stay-light"].params}
    return {need: fitted(values) for need, values in quartiles.items()}


def leaving_rate(daily: pd.DataFrame, census: float, window: Window) -> float:
    """Return the share of cases in care that was cured or died on a day, over the days of the window; NaN without any day.

    daily  measure (now | ever), area, status, day, n;  census: cases in care now
    """
    if not window.used:
        return nan
    rows = daily.assign(n=pd.to_numeric(daily["n"]), day=pd.to_numeric(daily["day"]))
    days = range(min(window.used), int(max(rows["day"].max(), max(window.used))) + 1)
    gone = (
        rows[(rows["measure"] == "ever") & rows["status"].isin(LEFT)]
        .groupby("day")["n"]
        .sum()
        .reindex(days, fill_value=0)
    )
    net = (
        rows[(rows["measure"] == "now") & rows["status"].isin(CASES)]
        .groupby("day")["n"]
        .sum()
        .reindex(days, fill_value=0)
    )
    before = census - net[::-1].cumsum()[::-1]  # cases in care on the evening before each day
    used = list(window.used)
    return float(gone[used].sum() / before[used].sum()) if before[used].sum() > 0 else nan


def elapsed(patients: pd.DataFrame, today: int) -> dict[str, np.ndarray]:
    """Return need -> days since each person was first reported ill; those of unknown severity stand with every need.

    The admission of a person is not reported; the first report is at most a few days older.
    """
    ill = patients[patients["status"] != "suspected"]
    need, days = ill["severity"].map(NEED_OF), today - pd.to_numeric(ill["since"]).to_numpy(float)
    unknown = days[need.isna().to_numpy()]
    return {name: np.concatenate([days[(need == name).to_numpy()], unknown]) for name in occupancy.CASE_NEEDS}


def _once(facts: BedFacts, series: pd.Series, params: Mapping[str, int], begun: int) -> Forecast:
    """The case forecast; a what-if changes nothing about it, so the same facts ask once."""
    horizon = params["horizon_days"] + begun
    key = ("forecast", tuple(series.index), tuple(series.fillna(-1)), horizon, params["draws"])
    return facts.once(key, lambda: forecast(series, horizon, draws=params["draws"]))


def _drift(daily: pd.DataFrame, need: str, census: float, window: Window, shape: tuple[int, int]) -> np.ndarray:
    rows = daily[(daily["measure"] == "now") & daily["status"].isin(GROUPS[need])]
    by_day = rows.assign(n=pd.to_numeric(rows["n"])).groupby("day")["n"].sum()
    return occupancy.drifting(census, by_day.reindex(window.used).fillna(0.0).to_numpy(float), *shape, seed=1)
