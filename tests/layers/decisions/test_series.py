"""Daily series: calendar, definition step, heaps, books (DOMAIN V21, V22, 4)."""

import numpy as np
import pandas as pd
import pytest

from layers.decisions import _series as series

HEAPING = {"factor": 1.5, "least": 20, "spread_days": 4}


def test_pitfall_missing_dates_become_days_of_the_calendar():
    found = series.calendar(pd.DataFrame({"day": [3, 5, 5], "n": [2, 1, 4]}), 2, 6)
    assert found.to_dict() == {2: 0, 3: 2, 4: 0, 5: 5, 6: 0}


def test_a_series_with_a_gap_is_refused():
    with pytest.raises(ValueError, match="after 1 comes 3"):
        series.usable(pd.Series([1.0, 2.0, 3.0], index=[0, 1, 3]), [])


def test_pitfall_negative_days_are_shown_and_neither_clipped_nor_used():
    """V21: Huanggang -3 and Jingmen -15 on 17 February are official."""
    daily = pd.Series([4.0, -3.0, -15.0, 2.0])
    assert daily.sum() == -12
    assert series.usable(daily, [3]).tolist() == pytest.approx([4, np.nan, np.nan, np.nan], nan_ok=True)


@pytest.mark.parametrize(
    ("before", "new", "after", "gone"),
    [(48_206, 4_823, 51_986, 1_043), (32_994, 3_910, 35_991, 913)],  # Hubei and Wuhan, 13 February 2020
)
def test_write_offs_of_the_bulletins(before, new, after, gone):
    assert series.written_off(before, new, after) == gone


def test_the_revision_of_17_april_is_a_change_of_the_books():
    """V21: 50,008 + 325 = 50,333 cases, 2,579 + 1,290 = 3,869 deaths, 47,300 - 965 = 46,335 recovered: nothing is written off."""
    books = [(50_008, 325, 50_333), (2_579, 1_290, 3_869), (47_300, -965, 46_335)]
    assert [series.written_off(*book) for book in books] == [0, 0, 0]


def test_the_books_balance_day_by_day():
    """Day 1: five; day 2: three more, and one moves to another day; day 3: four come and two are taken back; day 4: one is undone."""
    rows = [(1, 5), (2, 3), (2, -1), (2, 1), (3, 4), (3, -2), (4, -1)]
    increments = pd.DataFrame(rows, columns=["known_day", "n"])
    found = series.ledger(increments, pd.DataFrame({"known_day": [3], "n": [2]}))
    assert found.to_numpy().tolist() == [[1, 0, 5, 0, 5], [2, 5, 3, 0, 8], [3, 8, 4, 2, 10], [4, 10, 0, 1, 9]]


def test_the_published_bulletins_balance(real_data):
    rows = pd.read_csv(
        real_data / "validation" / "official" / "hubei_bulletins_0212_0217.csv", index_col=["day", "area"]
    )
    found = {}
    for area in ("Hubei", "Wuhan"):
        before, day = rows.loc[("2020-02-12", area)], rows.loc[("2020-02-13", area)]
        found[area] = series.written_off(float(before["cumulative"]), float(day["new"]), float(day["cumulative"]))
    assert found == {"Hubei": 1_043, "Wuhan": 913}


def test_pitfall_heaping_is_found_and_spread_over_the_days_before():
    """DOMAIN 4, re-typed: onsets of 29 January to 2 February 2020; the average of the first four is the sensitivity."""
    onsets = pd.Series([1167.0, 1251.0, 1148.0, 2125.0, 1221.0])
    assert series.heaps(onsets, HEAPING) == [3]
    flat = series.levelled(onsets, 3, HEAPING)
    assert flat.tolist() == [1422.75] * 4 + [1221]
    assert series.heaps(flat, HEAPING) == []


def test_heaps_of_a_few_people_are_not_called_heaps():
    assert series.heaps(pd.Series([1.0, 9.0, 1.0]), HEAPING) == []


def test_pitfall_as_of_mixing_a_province_a_day_ahead_of_its_cities():
    province = pd.Series([10.0, 20.0, 45.0, 50.0, 52.0], index=pd.RangeIndex(5))
    cities = pd.DataFrame({"a": [np.nan, 6.0, 12.0, 30.0, 31.0], "b": [np.nan, 4.0, 8.0, 15.0, 19.0]})
    found = series.reconciled(province, cities)
    assert found["difference"].tolist() == pytest.approx([np.nan, 10, 25, 5, 2], nan_ok=True)
    assert series.phase(province, cities) == 1
    assert series.phase(cities.sum(axis=1, min_count=2), cities) == 0


def test_the_published_province_and_its_cities_do_not_add_up(real_data):
    """DOMAIN 4: 13,797 apart on "12 February", and not equal on 44 of 180 dates; both are shown as they are."""
    rows = pd.read_csv(real_data / "wuhan2020" / "hubei_city_daily.csv", parse_dates=["date"])
    rows = rows[rows["provinceCode"] == 420000]
    cities = rows[rows["city"].notna()].pivot_table(index="date", columns="city", values="confirmed", aggfunc="last")
    province = rows[rows["city"].isna()].set_index("date")["confirmed"].astype(float)
    found = series.reconciled(province, cities.fillna(0)).set_index("day")["difference"].loc[:"2020-07-01"]
    assert found[pd.Timestamp("2020-02-12")] == 13_797
    assert (found.dropna() != 0).sum() == 44
