"""The epidemic state of each district: its own counts, completed by the city's delays, and an R drawn towards the city's."""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from layers.decisions import _series as series
from layers.decisions._situation_facts import SituationFacts
from layers.decisions._situation_series import Clock, last_told, told, why_hidden
from layers.decisions.nowcast import thinned
from layers.decisions.reproduction import discretised, infectivity, shrunk
from layers.decisions.rules import RuleSet
from layers.decisions.turning import below_one

WEEK = 7
NO_OWN = 1e-6  # share of its own figure below which a district's R is the city's
COLUMNS = [
    *("district", "name", "name_en", "ever", "onset_week", "report_week", "per_100k"),
    *("cases", "r", "q025", "q975", "below", "own_share", "own_r", "why"),
]


def district_table(
    facts: SituationFacts,
    onset: pd.DataFrame,
    report: pd.DataFrame,
    clock: Clock,
    rules: Mapping[str, RuleSet],
    quiet: Collection[str] = (),
) -> pd.DataFrame:
    """Return one row a district, in order of code; persons without one stand last under "".

    ever         counted cases
    onset_week   with onset in the seven days that end with the last one that can be told, completed for late reports
    report_week  first counted in the seven days up to the last one covered
    per_100k     report_week by population; NaN where the register has none
    cases, r, q025, q975, below, own_share  cases in R's window, and R by empirical Bayes; NaN with `why` where too few
    own_r        R of the district's own cases alone (cases / infectivity), nothing drawn anywhere; NaN where `why` says so
    A district of which no source ever named a person is NaN throughout: not told is not 0. One whose cases were told mainly by
    a source that fell silent (`quiet`) keeps what it counted, and its newest weeks, rates and R are NaN: silence adds no zeros.
    """
    params = rules["reproduction"].params
    last = last_told(onset)
    codes = [*facts.districts["code"], *sorted(set(facts.increments["area"]) - set(facts.districts["code"]))]
    rows = [_counts(facts, onset, str(code), clock, rules, last) for code in codes]
    if not rows:
        return pd.DataFrame(columns=COLUMNS)
    found = pd.DataFrame(rows)
    silent = found["district"].isin(told_by(facts.tellers, quiet)).to_numpy()
    found.loc[silent, ["onset_week", "report_week", "cases", "pressure"]] = np.nan
    placed = found["district"] != ""
    r = shrunk(
        found["cases"].where(placed), found["pressure"].where(placed), _uncertain(onset, last, params["window_days"])
    )
    own = shrunk(
        found["cases"].where(placed), found["pressure"].where(placed)
    )  # whether there are enough cases, as in the city
    untold = found["ever"].isna()
    why = why_hidden(own["mean"].to_numpy(), own["std"].to_numpy(), found["cases"].to_numpy(dtype=float), params)
    found["why"] = np.select([~placed, untold, silent], ["unplaced", "untold", "silent"], why)
    hidden = found["why"] != ""
    below = below_one(r["mean"].to_numpy(), r["std"].to_numpy())
    shown = {"r": r["mean"], "q025": r["q025"], "q975": r["q975"], "below": below, "own_share": r["weight"]}
    shown["own_r"] = found["cases"] / found["pressure"]
    found = found.assign(**{name: pd.Series(values, index=found.index).mask(hidden) for name, values in shown.items()})
    people = facts.districts.drop_duplicates("code").set_index("code")
    found["population"] = pd.to_numeric(found["district"].map(people["population"]))
    found["per_100k"] = 1e5 * found["report_week"] / found["population"]
    names = {name: found["district"].map(people[name]).fillna(found["district"]) for name in ("name", "name_en")}
    return found.assign(**names)[COLUMNS]


def told_by(tellers: pd.DataFrame, sources: Collection[str]) -> set[str]:
    """Return the districts most of whose cases were told by one of these sources; "" is no district."""
    rows = tellers[tellers["area"] != ""].sort_values(["area", "n", "source"], ascending=[True, False, True])
    first = rows.drop_duplicates("area")
    return set(first.loc[first["source"].isin(list(sources)), "area"])


def alike(table: pd.DataFrame) -> bool:
    """Return whether every district that shows an R shows the city's: they differ no more than by chance."""
    shown = table.loc[table["why"] == "", "own_share"]
    return len(shown) > 0 and bool((shown < NO_OWN).all())


def _uncertain(onset: pd.DataFrame, last: int | None, window: int) -> float:
    """Relative deviation of the window's cases: late reports are late in all districts alike, so it is not averaged out."""
    if last is None:
        return 0.0
    rows = onset[(onset["day"] > last - window) & (onset["day"] <= last)]
    total = float(rows["estimate"].sum())
    return float((rows["high"] - rows["low"]).sum()) / (2 * 1.96) / total if total > 0 else 0.0


def _counts(
    facts: SituationFacts, onset: pd.DataFrame, code: str, clock: Clock, rules: Mapping[str, RuleSet], last: int | None
) -> dict[str, object]:
    window = rules["reproduction"].params["window_days"]
    counted = facts.increments[(facts.increments["area"] == code) & (facts.increments["event_day"] <= clock.last)]
    rows = facts.onsets[facts.onsets["area"] == code].dropna(subset=["event_day"])
    observed = series.calendar(rows, clock.first, clock.last, day="event_day")
    own = told(thinned(onset, observed.to_numpy(), rules["nowcast"].params))
    pressure = pd.Series(infectivity(own.to_numpy(), _weights(rules)), index=own.index)
    recent = slice(None, None) if last is None else slice(last - window + 1, last)
    week = slice(None, None) if last is None else slice(last - WEEK + 1, last)
    by_report = series.calendar(counted, clock.last - WEEK + 1, clock.last, day="event_day")
    if code and counted.empty and facts.onsets[facts.onsets["area"] == code].empty:
        return {"district": code, **dict.fromkeys(("ever", "onset_week", "report_week", "cases", "pressure"), np.nan)}
    return {
        "district": code,
        "ever": float(pd.to_numeric(counted["n"]).sum()),
        "onset_week": own.loc[week].sum(min_count=WEEK) if last is not None else np.nan,
        "report_week": float(by_report.sum()),
        "cases": own.loc[recent].sum(min_count=window) if last is not None else np.nan,
        "pressure": pressure.loc[recent].sum(min_count=window) if last is not None else np.nan,
    }


def _weights(rules: Mapping[str, RuleSet]) -> np.ndarray:
    serial = rules["serial-interval"].params
    return discretised(serial["mean"], serial["std"], serial["days"])
