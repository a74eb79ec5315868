"""Charts: the change of definition is never smoothed over, a peak is cut with its value, unknown is not zero."""

import numpy as np
import pandas as pd
import pytest

from dashboard import charts

FIRST = 18293  # 1 February 2020


def daily(confirmed, clinical=None) -> pd.DataFrame:
    rows = [("confirmed", FIRST + i, n) for i, n in enumerate(confirmed)]
    rows += [("clinical", FIRST + i, n) for i, n in enumerate(clinical or [])]
    return pd.DataFrame(rows, columns=["status", "day", "n"])


def traces(found) -> dict:
    return {trace.name: trace for trace in found.data}


def test_the_mean_stops_at_the_change_and_starts_a_full_window_after_it():
    values = pd.Series(10.0, index=pd.date_range("2020-02-01", "2020-02-24"))
    values["2020-02-12"] = 14_840
    known = charts.honest_mean(values).dropna()
    assert known.index.min() == pd.Timestamp("2020-02-07")
    assert not known["2020-02-12":"2020-02-19"].size
    assert known.index.max() == pd.Timestamp("2020-02-24")
    assert (known == 10).all()


def test_confirmed_and_clinical_are_drawn_apart():
    found = traces(charts.epidemic_curve(daily([5, 6, 7], [1, 0, 2]), "en"))
    assert list(found["Confirmed"].y) == [5, 6, 7]
    assert list(found["Clinical"].y) == [1, 0, 2]
    assert found["Clinical"].marker.pattern.shape == "/"


def test_the_change_is_marked_when_it_is_in_the_picture():
    marked = charts.epidemic_curve(daily([10] * 20), "zh")
    before = charts.epidemic_curve(daily([10] * 5), "zh")
    assert "诊断标准变化" in marked.layout.annotations[0].text
    assert not before.layout.annotations


def test_a_peak_that_would_flatten_the_rest_is_cut_and_written():
    found = charts.epidemic_curve(daily([100] * 11 + [14_840] + [100] * 8), "en")
    assert found.layout.yaxis.range[1] == pytest.approx(130)
    assert any("14,840" in note.text for note in found.layout.annotations)


def test_a_day_without_rows_is_a_day_without_cases():
    rows = daily([4, 5, 6]).drop(index=1)
    assert list(traces(charts.epidemic_curve(rows, "en"))["Confirmed"].y) == [4, 0, 6]


def test_no_rows_make_an_empty_chart():
    assert len(charts.epidemic_curve(daily([]), "en").data[0].x) == 0


def test_unknown_use_of_beds_is_not_zero_use():
    beds = pd.DataFrame({"kind": ["icu"], "open": [10.0], "used": [np.nan]})
    found = charts.beds_by_kind(beds, "en")
    assert np.isnan(traces(found)["In use"].x[0])
    assert "– / 10 · –" in found.layout.annotations[0].text


def test_beds_beyond_those_open_are_their_own_bar():
    beds = pd.DataFrame({"kind": ["severe"], "open": [3_200.0], "used": [3_320.0]})
    found = traces(charts.beds_by_kind(beds, "en"))
    assert (found["In use"].x[0], found["Free"].x[0], found["Beyond open"].x[0]) == (3_200, 0, 120)


def test_fewest_days_come_first_and_unknown_last():
    cover = pd.DataFrame({"name": ["a", "b", "c", "d"], "days": [np.nan, 9.0, 0.5, np.inf]})
    bar = charts.days_of_cover(cover, "en").data[0]
    assert list(bar.y) == ["c", "b", "d", "a"]
    assert list(bar.text) == ["0.5 days", "9.0 days", "∞ days", "–"]
    assert bar.x[-1] == 0


def test_the_fullest_hospital_comes_first():
    rows = pd.DataFrame({"name": ["a", "b"], "beds_used": [5.0, 12.0], "beds_open": [10.0, 10.0]})
    assert list(charts.occupancy_bars(rows).data[0].text) == ["120%", "50%"]


def test_the_largest_gap_comes_first_and_a_surplus_has_a_plus():
    rows = pd.DataFrame({"name": ["a", "b"], "needed": [10, 50], "present": [12, 20]})
    found = charts.staff_gap(rows, "en").data[0]
    assert list(zip(found.y, found.text, strict=True)) == [("b", "−30"), ("a", "+2")]


def test_english_districts_have_english_names():
    rows = pd.DataFrame({"name": ["江汉区"], "name_en": ["Jianghan"], "n": [3]})
    assert charts.by_district(rows, "n", "en").data[0].y[0] == "Jianghan"


def test_scale_doubles_letters():
    small, large = charts.figure_of(1), charts.figure_of(2)
    assert large.layout.font.size == 2 * small.layout.font.size
