"""Turning points: three of them, each with its probability, and no claim before its time (DOMAIN 2, 4)."""

import numpy as np
import pandas as pd
import pytest

from layers.decisions.reproduction import discretised, estimate_r
from layers.decisions.turning import below_one, census_noise, counting_noise, peak, r_below_one

PARAMS = {"probable": 0.95, "run_days": 3, "confirm_days": 7, "beyond_days": 3}
RISE, FALL = np.linspace(100, 400, 20), np.linspace(390, 100, 20)


def day_of(text):
    return (pd.Timestamp(text) - pd.Timestamp(0)).days


def peaked(values):
    values = pd.Series(values)
    return peak("peak_onset", values, counting_noise(values, 7), PARAMS, smooth=7)


def chances(*below):
    return pd.DataFrame({"day": range(10, 10 + len(below)), "below": below})


def test_a_rise_has_no_peak():
    found = peaked(RISE)
    assert (found.state, found.probability < 0.05) == ("withheld", True)


def test_a_peak_is_a_candidate_and_is_confirmed_after_seven_days():
    early, late = peaked([*RISE, *FALL[:9]]), peaked([*RISE, *FALL])
    assert (early.state, late.state) == ("candidate", "confirmed")
    assert late.first <= late.day <= late.last
    assert abs(late.day - 19) <= 2
    assert late.probability > 0.99


def test_pitfall_forecast_a_plateau_is_no_turning_point():
    found = peaked([*RISE, *[400] * 12])
    assert found.probability <= 0.95
    assert found.state == "withheld"


def test_too_few_days_say_nothing():
    found = peaked([1.0, 2.0, 3.0])
    assert (found.state, found.day) == ("unknown", None)


def test_unknown_days_end_what_is_looked_at():
    found = peaked([*RISE, *FALL[:12], np.nan, np.nan])
    assert found.seen == 28  # the middle of the last full week


def test_r_must_lie_below_one_for_three_days():
    assert r_below_one(chances(0.1, 0.96, 0.97), PARAMS).state == "withheld"
    found = r_below_one(chances(0.1, 0.96, 0.97, 0.99), PARAMS)
    assert (found.day, found.last, found.state, found.probability) == (11, 13, "candidate", 0.96)


def test_a_day_at_the_limit_is_not_above_it():
    assert r_below_one(chances(0.99, 0.95, 0.99, 0.99), PARAMS).state == "withheld"


def test_r_that_rises_again_takes_the_claim_back():
    found = r_below_one(chances(*[0.99] * 12, 0.4), PARAMS)
    assert (found.state, found.probability) == ("withheld", 0.4)


def test_r_below_one_is_confirmed_seven_days_after_the_third():
    assert r_below_one(chances(0.1, *[0.99] * 9), PARAMS).state == "candidate"
    assert r_below_one(chances(0.1, *[0.99] * 10), PARAMS).state == "confirmed"


def test_the_chance_of_r_below_one_is_that_of_its_gamma():
    """Mean 1, deviation 1 is exponential: 1 - 1/e."""
    assert below_one(np.array([1.0]), np.array([1.0])).tolist() == pytest.approx([1 - np.exp(-1)])


def test_a_census_that_only_grows_has_no_peak_and_one_that_fell_for_ten_days_has():
    grown, fallen = pd.Series(np.arange(100.0, 140)), pd.Series([*np.arange(100.0, 140), *np.arange(139.0, 119, -2)])
    states = [peak("peak_hospital", each, census_noise(each), PARAMS, smooth=3).state for each in (grown, fallen)]
    assert states == ["withheld", "confirmed"]


def test_wuhan_turned_by_onset_in_the_last_week_of_january_and_r_on_6_february(real_data):
    """Pan et al. 2020: R below 1 after 6 February. The peak of onsets is that of 7-day means; the heap of 1 February is none."""
    rows = pd.read_csv(real_data / "validation" / "rt" / "wuhan_onset.csv", parse_dates=["OnsetDate"])
    values = pd.Series(rows["CaseNum"].to_numpy(dtype=float), index=(rows["OnsetDate"] - pd.Timestamp(0)).dt.days)
    r = estimate_r(values, discretised(7.5, 3.4, 40), 5)
    r = r.assign(day=values.index[0] + r["t_end"] - 1, below=below_one(r["mean"].to_numpy(), r["std"].to_numpy()))
    before, after = day_of("2020-02-03"), day_of("2020-02-15")
    early, late = values.loc[:before], values.loc[:after]
    assert peak("peak_onset", early, counting_noise(early, 7), PARAMS, smooth=7).state == "withheld"
    found = peak("peak_onset", late, counting_noise(late, 7), PARAMS, smooth=7)
    assert (found.state, found.first >= day_of("2020-01-24"), found.last <= day_of("2020-01-31")) == (
        "confirmed",
        True,
        True,
    )
    crossed = r_below_one(r[r["day"] <= after], PARAMS)
    assert (crossed.day, crossed.state) == (day_of("2020-02-06"), "confirmed")
