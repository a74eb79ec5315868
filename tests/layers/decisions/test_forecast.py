"""The forecast against the naive one on published series, and what it says where it is no better (DOMAIN V23, 0.8)."""

import numpy as np
import pandas as pd
import pytest

from layers.decisions._forecast_models import MODELS, centres
from layers.decisions._scores import covered, weighted_interval_score
from layers.decisions.forecast import forecast, judge
from layers.decisions.reproduction import discretised
from layers.decisions.rules import in_force
from layers.scenario import published

NAIVE_V23 = {1: 71, 3: 101, 7: 179}  # DOMAIN V23, as measured there


@pytest.fixture(scope="module")
def by_onset(real_data):
    rows = pd.read_csv(real_data / "validation" / "rt" / "wuhan_onset.csv", parse_dates=["OnsetDate"])
    return forecast(pd.Series(rows["CaseNum"].to_numpy(), index=pd.DatetimeIndex(rows["OnsetDate"])))


@pytest.fixture(scope="module")
def report_series():
    """Wuhan's bulletins; the days of the definition step are left out."""
    daily = published.daily()["confirmed"].diff().iloc[1:]
    daily.index = pd.DatetimeIndex(daily.index)
    return daily.mask(daily.index.isin(pd.to_datetime(["2020-02-12", "2020-02-13"])))


def means(found, first, last):
    past = found.past.dropna(subset=["wis", "wis_naive"])
    past = past[(past["origin"] >= pd.Timestamp(first)) & (past["origin"] <= pd.Timestamp(last))]
    return past.groupby("horizon")[["wis", "wis_naive", "in50", "in90"]].mean()


def test_by_onset_the_ensemble_is_no_worse_than_naive_and_its_intervals_hold(by_onset):
    found = means(by_onset, "2020-01-12", "2020-03-01")
    for horizon, naive in NAIVE_V23.items():
        row = found.loc[horizon]
        assert row["wis_naive"] == pytest.approx(naive, rel=0.01)  # our naive forecast is the one measured there
        assert row["wis"] <= min(row["wis_naive"], naive)
        assert 0.80 <= row["in90"] <= 0.97


def test_by_report_the_ensemble_is_no_worse_than_naive_and_its_intervals_hold(report_series):
    found = means(forecast(report_series), "2020-01-24", "2020-03-15")
    for horizon in (1, 3, 7):
        row = found.loc[horizon]
        assert row["wis"] <= row["wis_naive"]
        assert 0.80 <= row["in90"] <= 0.97


def test_skill_is_stated_where_it_was_shown(by_onset):
    assert [by_onset.verdict(horizon) for horizon in (1, 3, 7)] == ["skill"] * 3


def test_pitfall_forecast_no_skill_is_said_where_the_naive_one_was_better(report_series):
    """On 5 February 2020 all that was known was growth that had just begun to slow: the ensemble had been beaten by then."""
    found = forecast(report_series.loc[:"2020-02-05"])
    scores = found.scores.set_index("horizon")
    for horizon in (3, 7):
        assert scores.loc[horizon, "wis"] > scores.loc[horizon, "wis_naive"]
        assert found.verdict(horizon) == "no skill"


def test_other_cities_of_hubei_that_chose_no_setting(real_data):
    """Held out: 1 and 3 days ahead, mean over cities of the ratio to naive, and coverage."""
    rows = pd.read_csv(real_data / "wuhan2020" / "hubei_city_daily.csv", parse_dates=["date"])
    rows = rows[(rows["provinceCode"] == 420000) & rows["city"].notna() & (rows["city"] != "武汉市")]
    days, ratios, held = pd.date_range("2020-01-20", "2020-03-20"), [], []
    for _, city in rows.groupby("city"):
        daily = city.set_index("date")["confirmed"].astype(float).reindex(days).diff()
        if daily.sum() < 300:
            continue
        found = means(forecast(daily.loc[daily.first_valid_index() :]), "2020-01-28", "2020-03-10")
        ratios.append((found["wis"] / found["wis_naive"])[[1, 3, 7]])
        held.append(found["in90"][[1, 3, 7]])
    assert len(ratios) >= 10
    assert (np.exp(np.log(ratios).mean(axis=0)) <= 1).all()
    assert ((np.mean(held, axis=0) >= 0.8) & (np.mean(held, axis=0) <= 0.98)).all()


def test_nothing_of_the_past_changes_when_a_day_is_added(report_series):
    """No peeking: what was forecast on a day is the same whatever came later."""
    short, long = forecast(report_series.iloc[:40]).past, forecast(report_series.iloc[:55]).past
    both = short.merge(long, on=["origin", "horizon"]).dropna()
    assert len(both) > 200
    np.testing.assert_allclose(both["wis_x"], both["wis_y"])


def test_the_same_series_gives_the_same_paths():
    series = pd.Series([3, 5, 8, 13, 20, 28, 35, 33])
    assert (forecast(series).paths == forecast(series).paths).all()
    assert (forecast(series).paths != forecast(series, seed=1).paths).any()


def test_paths_lie_as_the_quantiles_say():
    found = forecast(pd.Series([30, 35, 33, 40, 41, 38, 36, 39, 42, 40] * 3), draws=2000)
    assert found.paths.shape == (2000, 14)
    inside = (found.paths >= found.quantiles["q05"].to_numpy()) & (found.paths <= found.quantiles["q95"].to_numpy())
    assert (np.abs(inside.mean(axis=0) - 0.9) < 0.04).all()
    next_to_each_other = np.corrcoef(found.paths[:, 12], found.paths[:, 13])[0, 1]
    assert next_to_each_other > 0.8  # days of one path belong together


def test_days_left_out_at_the_end_are_bridged():
    found = forecast(pd.Series([9.0, 9, 9, 9, 9, 9, np.nan, np.nan], index=range(100, 108)), horizon=3)
    assert found.days.tolist() == [108, 109, 110]
    assert found.paths.shape == (400, 3)
    assert found.quantiles["day"].tolist() == [108, 109, 110]


def test_no_level_is_carried_across_a_definition_step():
    """900 a day, a step, 100 a day: the day after is forecast near 100, as the naive one does."""
    found = forecast(pd.Series([*[900.0] * 20, np.nan, *[100.0] * 5]))
    assert 80 < found.quantiles["median"].iloc[0] < 120


def test_nobody_for_two_weeks_is_no_certainty():
    found = forecast(pd.Series([0.0] * 30), draws=4000)
    assert 0 < found.paths.mean() < 0.2


def test_negative_days_are_no_observation():
    plain = forecast(pd.Series([5.0, 6, 7, np.nan, 6, 7, 8]))
    assert (forecast(pd.Series([5.0, 6, 7, -40, 6, 7, 8])).paths == plain.paths).all()


def test_a_series_of_which_nothing_is_known_is_refused():
    with pytest.raises(ValueError, match="none of 3 days"):
        forecast(pd.Series([np.nan] * 3))


def test_too_few_past_forecasts_are_not_judged():
    found = forecast(pd.Series([3.0, 4, 5, 6, 5, 4]))
    assert found.verdict(1) == "too few"
    assert found.verdict(14) == "too few"


def test_the_verdict_needs_both_score_and_coverage():
    params = in_force("forecast", pd.Timestamp("2020-02-01").date()).params
    past = pd.DataFrame({"origin": range(20), "horizon": 1, "observed": 1.0, "in50": 1.0})
    best = judge(past.assign(wis=1.0, wis_naive=2.0, in90=[0.0, *[1.0] * 19]), params, 20)
    too_wide = judge(past.assign(wis=1.0, wis_naive=2.0, in90=1.0), params, 20)
    too_narrow = judge(past.assign(wis=1.0, wis_naive=2.0, in90=[1.0, 0.0] * 10), params, 20)
    beaten = judge(past.assign(wis=2.0, wis_naive=1.0, in90=[0.0, *[1.0] * 19]), params, 20)
    assert [t["verdict"].iloc[0] for t in (best, too_wide, too_narrow, beaten)] == ["skill", *["no skill"] * 3]


def test_weights_are_shares():
    found = forecast(pd.Series([3, 5, 8, 13, 20, 28, 35, 33])).weights
    assert found[list(MODELS)].sum(axis=1).tolist() == pytest.approx([1] * 14)


def test_no_model_smooths_across_a_definition_step():
    """100 a day, two days left out, 300 a day from day 32 on: every model that speaks says about 300, 1 to 14 days ahead."""
    serial = in_force("serial-interval", pd.Timestamp("2020-02-01").date()).params
    weights = discretised(serial["mean"], serial["std"], serial["days"])
    cases = np.array([100.0] * 30 + [np.nan] * 2 + [300.0] * 30)
    params = in_force("forecast", pd.Timestamp("2020-02-01").date()).params
    found = dict(zip(MODELS, np.expm1(centres(cases, weights, 14, params)), strict=True))
    for name in ("naive", "trend"):
        np.testing.assert_allclose(found[name][32:], 300, rtol=0.02)
    quiet = 32 + int(np.arange(len(weights)) @ weights)  # a mean serial interval
    assert np.isnan(found["renewal"][30:quiet]).all()
    np.testing.assert_allclose(found["renewal"][quiet:], 300, rtol=0.04)
    assert np.abs(forecast(pd.Series(cases)).quantiles["median"] - 300).max() < 12
    early = forecast(pd.Series(cases[:35])).quantiles["median"]  # below the mean, because intervals are wide by then
    assert np.abs(early - 300).max() < 30


def test_a_model_that_says_nothing_has_no_weight():
    found = forecast(pd.Series([*[900.0] * 20, np.nan, *[100.0] * 5])).weights
    assert (found["renewal"] == 0).all()
    assert (found["naive"] + found["trend"]).tolist() == pytest.approx([1] * 14)


def test_the_score_by_hand():
    """Median 10, all intervals 8 to 12, 13 came: (1.5 + (0.25 + 0.05 + 0.025) x 4 + 3 x 1) / 3.5."""
    quantiles = np.array([8, 8, 8, 10, 12, 12, 12.0])
    assert float(weighted_interval_score(np.array(13.0), quantiles)) == pytest.approx(5.8 / 3.5)
    assert float(weighted_interval_score(np.array(10.0), np.full(7, 10.0))) == 0
    assert float(covered(np.array(12.0), quantiles, 0.9)) == 1
    assert np.isnan(covered(np.array(np.nan), quantiles, 0.9))
