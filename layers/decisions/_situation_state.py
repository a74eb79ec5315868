"""The epidemic state of a view in numbers: every series, R, turning point, forecast and district, before it is put into words."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from layers.decisions import _series as series
from layers.decisions._situation_districts import district_table
from layers.decisions._situation_facts import SituationFacts
from layers.decisions._situation_series import (
    ENDS,
    Clock,
    by_onset,
    by_report,
    in_hospital,
    r_of_onset,
    r_of_report,
    reporting,
    told,
)
from layers.decisions.forecast import Forecast, forecast
from layers.decisions.reproduction import discretised
from layers.decisions.rules import RuleSet
from layers.decisions.turning import KINDS, TurningPoint, census_noise, counting_noise, peak, r_below_one

TURNING = ["kind", "day", "first", "last", "probability", "state", "seen"]


@dataclass(frozen=True)
class State:
    """Everything computed for one view, before it is put into words.

    onset, report      as `by_onset` and `by_report` return them
    r_onset, r_report  as `r_of_onset` and `r_of_report`
    hospital           beds in use by day;  sites: hospitals whose count is current, and all that ever gave one
    ahead              the forecast by day of report, None where nobody was counted
    heaped             day, n, n_levelled, r, r_levelled: what a heap of onsets changes
    """

    clock: Clock
    onset: pd.DataFrame
    report: pd.DataFrame
    r_onset: pd.DataFrame
    r_report: pd.DataFrame
    hospital: pd.Series
    sites: tuple[int, int]
    points: tuple[TurningPoint, ...]
    ahead: Forecast | None
    heaped: pd.DataFrame
    districts: pd.DataFrame
    ledger: pd.DataFrame


def state_of(facts: SituationFacts, clock: Clock, rules: Mapping[str, RuleSet], quiet: Collection[str] = ()) -> State:
    """Return everything that is computed, from facts and the days that they reach; `quiet`: sources of cases that fell silent."""
    onset, report = by_onset(facts, clock, rules["nowcast"]), by_report(facts, clock, rules["nowcast"])
    r_onset = r_of_onset(onset, rules)
    hospital = in_hospital(facts.census, clock.first, clock.last)
    heaped = _heaping(onset, rules)
    return State(
        clock=clock,
        onset=onset,
        report=report,
        r_onset=r_onset,
        r_report=r_of_report(report, rules, clock.step),
        hospital=hospital,
        sites=reporting(facts.census, clock.last),
        points=_turning(onset, r_onset, hospital, rules["turning-point"]),
        ahead=_ahead(report, clock, rules),
        heaped=heaped,
        districts=district_table(facts, onset, report, clock, rules, quiet),
        ledger=series.ledger(facts.increments, facts.withdrawn),
    )


def _turning(
    onset: pd.DataFrame, r_onset: pd.DataFrame, hospital: pd.Series, rule: RuleSet
) -> tuple[TurningPoint, ...]:
    params, values = rule.params, told(onset)
    smooth, census = params["smooth_days"], hospital.loc[hospital.first_valid_index() :]
    late = (told(onset, "high") - told(onset, "low")) / (2 * 1.96)
    noise = (counting_noise(values, smooth) ** 2 + late**2) ** 0.5
    return (
        peak(KINDS[0], values, noise, params, smooth=smooth),
        r_below_one(r_onset.assign(below=r_onset["below"].where(r_onset["why"] == "")), params),
        peak(KINDS[2], census, census_noise(census), params, smooth=params["census_days"]),
    )


def _ahead(report: pd.DataFrame, clock: Clock, rules: Mapping[str, RuleSet]) -> Forecast | None:
    values = series.usable(told(report), clock.step)
    begun = values.index[values > 0]
    if len(begun) == 0:
        return None
    serial = rules["serial-interval"].params
    weights = discretised(serial["mean"], serial["std"], serial["days"])
    return forecast(values.loc[begun[0] :], serial_interval=weights, rule=rules["forecast"])


def _heaping(onset: pd.DataFrame, rules: Mapping[str, RuleSet]) -> pd.DataFrame:
    """What each heap of onsets changes: its day's count and R, as reported and spread evenly."""
    values, params = told(onset), rules["onset-heaping"].params
    rows = []
    for day in series.heaps(values, params):
        flat = onset.assign(**{name: series.levelled(told(onset, name), day, params).to_numpy() for name in ENDS})
        both = [_r_on(r_of_onset(table, rules), day) for table in (onset, flat)]
        rows.append((day, float(values.loc[day]), float(told(flat).loc[day]), *both))
    return pd.DataFrame(rows, columns=["day", "n", "n_levelled", "r", "r_levelled"])


def _r_on(r: pd.DataFrame, day: int) -> float:
    found = r.loc[r["day"] == day, "mean"]
    return float(found.iloc[0]) if len(found) else float("nan")


def summary(state: State, oldest: int) -> dict[str, float]:
    """Return the figures of tiles: the newest R that may be shown, not older than `oldest` days, and the week's new cases."""
    latest = latest_r(state.r_onset, state.clock.last - oldest)
    week = told(state.onset).dropna().tail(7)
    found = {
        "r": latest.get("mean", np.nan),
        "r_low": latest.get("q025", np.nan),
        "r_high": latest.get("q975", np.nan),
        "r_day": latest.get("day", np.nan),
        "r_below_1": latest.get("below", np.nan),
        "onset_week": float(week.sum()) if len(week) == 7 else np.nan,
        "report_week": float(state.report["observed"].tail(7).sum()) if len(state.report) else np.nan,
        "in_hospital": float(state.hospital.dropna().iloc[-1]) if state.hospital.notna().any() else np.nan,
        "in_hospital_day": _newest(state.hospital),
        "sites_current": float(state.sites[0]),
        "sites_reporting": float(state.sites[1]),
        "onset_not_told": float(state.onset["state"].isin(("thin", "insufficient")).sum()),
        "ever": float(state.ledger["closing"].iloc[-1]) if len(state.ledger) else 0.0,
    }
    return found


def _newest(values: pd.Series) -> float:
    """The last day that is known, NaN where none is."""
    known = values.dropna().index.to_numpy(dtype=float)
    return float(known[-1]) if len(known) else float("nan")


def latest_r(r: pd.DataFrame, since: int) -> dict[str, float]:
    """Return the newest row of R that may be shown, {} where none of `since` or later may: an old R is not the R of now."""
    shown = r[(r["why"] == "") & (r["day"] >= since)]
    return {} if shown.empty else {name: float(shown.iloc[-1][name]) for name in shown.columns if name != "why"}


def tables(state: State) -> dict[str, pd.DataFrame]:
    """Return the frames by name; `scores` and `forecast` are empty where nothing could be forecast."""
    ahead = state.ahead
    points = [(p.kind, p.day, p.first, p.last, p.probability, p.state, p.seen) for p in state.points]
    return {
        "onset": state.onset.drop(columns="error"),
        "report": state.report.drop(columns="error"),
        "r_onset": state.r_onset,
        "r_report": state.r_report,
        "hospital": state.hospital.rename("used").reset_index(),
        "turning": pd.DataFrame(points, columns=TURNING),
        "forecast": ahead.quantiles if ahead else pd.DataFrame(),
        "weights": ahead.weights if ahead else pd.DataFrame(),
        "scores": ahead.scores if ahead else pd.DataFrame(),
        "districts": state.districts,
        "ledger": state.ledger,
        "heaping": state.heaped,
    }
