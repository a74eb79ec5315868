"""R against EpiEstim's tables, Pan's statements, and the pitfalls that make it wrong (DOMAIN V1-V5, V22)."""

import numpy as np
import pandas as pd
import pytest

from layers.decisions import _series as series
from layers.decisions.reproduction import COLUMNS, discretised, estimate_r, infectivity, shrunk

ONE_DAY = np.array([0.0, 1.0])


@pytest.fixture(scope="module")
def rt(real_data):
    return real_data / "validation" / "rt"


@pytest.fixture(scope="module")
def onset(rt):
    rows = pd.read_csv(rt / "wuhan_onset.csv", parse_dates=["OnsetDate"])
    return pd.Series(rows["CaseNum"].to_numpy(), index=pd.DatetimeIndex(rows["OnsetDate"]))


@pytest.mark.parametrize(("name", "unknown"), [("Flu1918", 0), ("Measles1861", 7), ("Flu2009", 0)])
def test_r_equals_the_tables_of_epiestim(rt, name, unknown):
    incidence = pd.read_csv(rt / f"{name}_incidence.csv")["I"]
    wanted = pd.read_csv(rt / f"{name}_R7_expected.csv", skipinitialspace=True)
    found = estimate_r(incidence, pd.read_csv(rt / f"{name}_si.csv")["w"].to_numpy())
    assert list(found.columns) == COLUMNS
    assert found["mean"].isna().sum() == unknown  # windows that end before a mean serial interval has passed
    np.testing.assert_allclose(found.to_numpy(), wanted.to_numpy(), rtol=1e-9)


def test_the_first_and_last_published_window_of_flu_2009(rt):
    """V1: EpiEstim's own snapshot says 1.7356089 [1.0286, 2.6245] and, in the last of 25 windows, 1.0040161."""
    incidence = pd.read_csv(rt / "Flu2009_incidence.csv")["I"]
    found = estimate_r(incidence, pd.read_csv(rt / "Flu2009_si.csv")["w"].to_numpy())
    assert (len(found), found["t_start"].iloc[0], found["t_end"].iloc[0], found["t_end"].iloc[-1]) == (25, 2, 8, 32)
    assert found["mean"].iloc[0] == pytest.approx(1.7356089, abs=1e-6)
    assert found[["q025", "q975"]].iloc[0].tolist() == pytest.approx([1.0286, 2.6245], abs=1e-4)
    assert found["mean"].iloc[-1] == pytest.approx(1.0040161, abs=1e-6)


def test_pans_three_statements_come_out_with_windows_of_five_days(rt, onset):
    """Pan et al., JAMA 2020: above 3.0 before 26 January, below 1.0 after 6 February, below 0.3 after 1 March."""
    found = estimate_r(onset, discretised(7.5, 3.4, len(onset)), 5)
    found.index = onset.index[found["t_end"] - 1]
    on = found["mean"][pd.to_datetime(["2020-01-26", "2020-02-06", "2020-03-01"])].tolist()
    assert on == pytest.approx([3.13, 0.78, 0.28], abs=0.05)
    assert found.index[(found["mean"] < 1) & (found.index > "2020-01-01")][0] == pd.Timestamp("2020-02-06")
    wanted = pd.read_csv(rt / "wuhan_onset_R5_expected.csv", index_col="date", parse_dates=True)
    np.testing.assert_allclose(found[["mean", "q025", "q975"]], wanted.reindex(found.index), rtol=1e-9)


def test_pans_five_periods_hold_the_published_numbers(onset):
    """DOMAIN V5: 550, 5,091, 13,880, 9,972 and 3,090 make 32,583."""
    starts = pd.to_datetime(["2019-12-08", "2020-01-10", "2020-01-23", "2020-02-02", "2020-02-17", "2020-03-09"])
    sums = [int(onset[(onset.index >= a) & (onset.index < b)].sum()) for a, b in zip(starts, starts[1:], strict=False)]
    assert (sums, sum(sums)) == ([550, 5091, 13880, 9972, 3090], 32583)


def test_pitfall_definition_change_makes_r_jump_and_then_lie_low(real_data):
    """V22: 2.84 instead of 1.20 on the bulletin of 13 February, then 0.69 for 1.15 (20th) and 0.18 for 0.29 (26th)."""
    rows = pd.read_csv(real_data / "wuhan2020" / "hubei_city_daily.csv", parse_dates=["date"])
    rows = rows[(rows["city"] == "武汉市") & (rows["provinceCode"] == 420000)].set_index("date")["confirmed"]
    days = pd.date_range(rows.index[0], "2020-03-01")
    daily = rows.reindex(days).ffill().diff().fillna(0)  # 20-22 January are missing
    step = pd.Timestamp("2020-02-13")
    clean = series.without(daily, pd.Series({step: 12_364}), [step])
    both = [estimate_r(values, discretised(7.5, 3.4, 60)) for values in (daily, clean)]
    at = pd.to_datetime(["2020-02-13", "2020-02-20", "2020-02-26"])
    naive, without = (r["mean"].set_axis(days[r["t_end"] - 1])[at].tolist() for r in both)
    assert naive == pytest.approx([2.84, 0.69, 0.18], abs=0.02)
    assert without == pytest.approx([1.20, 1.15, 0.29], abs=0.02)


def test_r_by_hand():
    """Two days 2 and 4, each infected by the day before: R = (1 + 4 + 8) / (1/5 + 2 + 4) in the window of days 2 and 3."""
    found = estimate_r(pd.Series([2, 4, 8]), ONE_DAY, window=2)
    assert found["mean"].tolist() == pytest.approx([13 / 6.2])
    assert found["std"].tolist() == pytest.approx([np.sqrt(13) / 6.2])


def test_cases_infected_elsewhere_infect_but_were_infected_by_nobody_here():
    found = estimate_r(pd.Series([2, 4, 8]), ONE_DAY, window=2, imported=pd.Series([0, 1, 5]))
    assert found["mean"].tolist() == pytest.approx([(1 + 3 + 3) / (0.2 + 2 + 4)])


def test_the_prior_alone_is_no_estimate():
    assert estimate_r(pd.Series([0] * 12), ONE_DAY)["mean"].isna().all()


def test_an_unknown_day_is_not_a_day_without_cases():
    found = estimate_r(pd.Series([4, 4, 4, np.nan, 4, 4, 4, 4]), ONE_DAY, window=2)
    assert found["mean"].notna().tolist() == [True, False, False, False, True, True]


def test_write_offs_are_counted_with_their_sign():
    assert estimate_r(pd.Series([10, 12, -3]), ONE_DAY, window=2)["mean"].tolist() == pytest.approx([10 / 22.2])
    assert estimate_r(pd.Series([10, 2, -30]), ONE_DAY, window=2)["mean"].isna().all()


@pytest.mark.parametrize("days", [0, 1, 7])
def test_too_few_days_give_a_table_without_rows(days):
    found = estimate_r(pd.Series([3.0] * days), ONE_DAY)
    assert (len(found), list(found.columns)) == (0, COLUMNS)


@pytest.mark.parametrize("index", [[0, 1, 3], pd.to_datetime(["2020-01-01", "2020-01-02", "2020-01-04"]), [2, 1, 0]])
def test_pitfall_missing_dates_are_refused(index):
    with pytest.raises(ValueError, match="wanted every day once, in order"):
        estimate_r(pd.Series([1, 2, 3], index=index), ONE_DAY)


@pytest.mark.parametrize("interval", [[0.5, 0.5], [0, 2.0], [0, 1.2, -0.2], [0]])
def test_what_is_no_serial_interval_is_refused(interval):
    with pytest.raises(ValueError, match="serial interval"):
        estimate_r(pd.Series([1, 2, 3]), np.array(interval))


def test_the_discretised_interval_keeps_its_mean_and_begins_with_nothing():
    """Cori 2013, appendix 11; the interval of influenza there, 2.6 (1.5) days, is published as 0.233, 0.359, 0.198, ..."""
    w = discretised(2.6, 1.5, 60)
    assert (w[0], w.sum()) == (0, pytest.approx(1))
    assert w @ np.arange(60) == pytest.approx(2.6, abs=1e-6)
    assert w[1:4].tolist() == pytest.approx([0.233, 0.359, 0.198], abs=5e-4)


def test_infectivity_is_the_weighted_past():
    assert infectivity(np.array([1.0, 2.0, 4.0]), np.array([0, 0.5, 0.5])).tolist() == [0, 0.5, 1.5]


def test_small_areas_are_drawn_towards_the_whole():
    found = shrunk(pd.Series({"a": 400.0, "b": 50.0, "c": 3.0}), pd.Series({"a": 200.0, "b": 50.0, "c": 1.0}))
    assert found["towards"].unique() == pytest.approx([453 / 251])
    own = {"a": 2.0, "b": 1.0, "c": 3.0}
    for area, mean in found["mean"].items():  # between its own figure and the common one
        low, high = sorted((own[area], 453 / 251))
        assert low < mean < high
    assert found["weight"].sort_values().index.tolist() == ["c", "b", "a"]  # the smallest counts least for itself


def test_areas_that_differ_by_chance_only_get_the_common_r_with_its_own_error():
    found = shrunk(pd.Series([100.0, 100.0]), pd.Series([100.0, 100.0]))
    assert found["mean"].tolist() == pytest.approx([1, 1])
    assert found["std"].tolist() == pytest.approx([np.sqrt(1 / 200)] * 2, rel=1e-3)


def test_whole_numbers_written_as_floats_are_days_and_others_are_not():
    cases, weights = np.arange(1.0, 21.0), np.array([0, 0.5, 0.3, 0.2])
    plain = estimate_r(pd.Series(cases), weights)
    pd.testing.assert_frame_equal(estimate_r(pd.Series(cases, index=np.arange(100.0, 120.0)), weights), plain)
    with pytest.raises(ValueError, match="after 100.0 comes 102.0"):
        estimate_r(pd.Series([1.0, 2.0], index=[100.0, 102.0]), weights)


def test_a_serial_interval_may_lack_its_tail_but_not_sum_to_more_than_one():
    cases = pd.Series(np.arange(1.0, 21.0))
    assert len(estimate_r(cases, np.array([0, 0.5, 0.455]))) == 13
    for wrong in ([0, 0.5, 0.44], [0, 0.5, 0.52]):
        with pytest.raises(ValueError, match="sum to 1"):
            estimate_r(cases, np.array(wrong))
