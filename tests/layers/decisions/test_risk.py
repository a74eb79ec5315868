"""County risk level against the published criteria and counts."""

from pathlib import Path

import pandas as pd
import pytest

from layers._errors import RuleError
from layers.decisions.risk import highest, risk_level, risk_table, runs
from layers.decisions.rules import in_force


@pytest.mark.parametrize(
    ("new_14d", "cumulative", "cluster", "level", "why"),
    [  # State Council guidance of 2020-02-17, as published by Hubei CDC (DOMAIN 1.1)
        (0, 0, False, "low", "no confirmed case ever"),
        (0, 12, True, "low", "14 days without a new one"),
        (0, 50_003, True, "low", "low is asked first, whatever the cumulative count"),
        (1, 1, False, "medium", "a new one, 50 or fewer ever"),
        (1, 50, True, "medium", "50 is still not above 50"),
        (1, 51, True, "high", "51 with a cluster"),
        (1, 51, False, "medium", "51 without a cluster"),
        (-3, 2_900, True, "low", "negative daily values are official (Huanggang, 2020-02-17)"),
    ],
)
def test_the_level_follows_the_published_criteria(new_14d, cumulative, cluster, level, why):
    assert risk_level(new_14d, cumulative, cluster) == level, why


def table(rows, clusters=None):
    frame = pd.DataFrame(rows, columns=["district", "name", "new_14d", "cumulative", "indicative_cluster"])
    return risk_table(frame, clusters, in_force("risk-level", pd.Timestamp("2020-03-21").date()))


def test_on_21_march_75_units_are_low_and_the_city_is_high():
    # Xinhua 2020-03-22: 75 low, 0 medium, 1 high of 76; the one is Wuhan. Many of the 75 had more than 50 cases ever.
    found = table([(f"u{i:02d}", "", 0, 20 + 10 * i, False) for i in range(75)] + [("w", "Wuhan", 1, 50_005, True)])
    assert found[found["district"] != ""]["level"].value_counts().to_dict() == {"low": 75, "high": 1}
    assert found["level"].iloc[-1] == "high"  # a city takes the highest of its districts


def test_a_named_cluster_wins_over_the_indicative_flag():
    found = table([("a", "A", 3, 60, True), ("b", "B", 3, 60, False)], frozenset({"b"}))
    assert found["level"].tolist() == ["medium", "high", "high"]
    assert set(found["cluster_source"]) == {"cdc"}
    assert found["level_otherwise"].tolist()[:2] == ["high", "medium"]


def test_an_indicative_flag_is_called_so():
    assert set(table([("a", "A", 3, 60, True)])["cluster_source"]) == {"indicative"}


def test_no_districts_no_levels():
    assert table([]).empty


def official(real_data: Path) -> pd.DataFrame:
    """Hubei's published counts (Xinhua, 29 February to 22 March 2020)."""
    rows = pd.read_csv(real_data / "validation/official/hubei_risk_counts.csv")
    return rows.rename(columns={"as_of_2400": "day", "total": "units"})[["day", "units", "low", "medium", "high"]]


def test_hubei_published_the_counts_of_v20(real_data: Path):
    found = official(real_data).set_index("day")[["low", "medium", "high", "units"]]
    assert found.to_numpy().tolist() == [
        [11, 34, 58, 103],
        [22, 17, 37, 76],
        [37, 20, 19, 76],
        [45, 19, 12, 76],
        [75, 0, 1, 76],
    ]


def test_unit_change_from_103_to_76_units_is_a_break_and_no_trend(real_data: Path):
    """DOMAIN 4, MAUP and unit change: 58 high-risk counties and then 37 units is not 21 fewer."""
    found = runs(official(real_data))
    assert found["run"].tolist() == [1, 2, 2, 2, 2]
    assert found.loc[:1, ["change_low", "change_medium", "change_high"]].isna().all(axis=None)
    assert found.loc[2:, "change_high"].tolist() == [-18, -7, -11]


def test_levels_that_do_not_add_up_to_the_units_are_refused(real_data: Path):
    with pytest.raises(RuleError, match="2020-03-03: the levels add up to 77; wanted 76"):
        runs(official(real_data).assign(low=[11, 23, 37, 45, 75]))
    assert runs(official(real_data).iloc[:0]).empty


def test_name_lists_of_3_march_have_the_counts_and_every_unit_once(real_data: Path):
    lists = pd.read_csv(real_data / "validation/official/hubei_risk_lists_2020-03-03.csv")
    names = {level: names.split() for level, names in zip(lists["level"], lists["names"], strict=True)}
    assert {level: len(found) for level, found in names.items()} == {"low": 22, "medium": 17, "high": 37}
    every = [name for found in names.values() for name in found]
    assert len(every) == len(set(every)) == 76
    assert "武汉市城区" in names["high"]


def test_city_area_takes_the_highest_of_its_urban_districts():
    # Xinhua 2020-03-07; the sentence is cut at "the highest", so the meaning is inferred (DOMAIN 1.1).
    assert highest(pd.Series(["low", "low", "medium"])) == "medium"
    assert highest(pd.Series(["low", "high", "medium"])) == "high"
    assert highest(pd.Series(["low", "low"])) == "low"
    assert highest(pd.Series(["low", "unknown"])) == "unknown"  # nobody knows that it is low
    assert highest(pd.Series(["unknown", "high"])) == "high"
    assert highest(pd.Series([], dtype=object)) == ""


def test_order_of_asking_is_low_then_high_then_medium():
    """Both the low clause and the second medium clause fit 14 quiet days after more than 50 cases: low is asked first."""
    assert [risk_level(0, 51, cluster) for cluster in (False, True)] == ["low", "low"]
    assert [risk_level(1, 51, cluster) for cluster in (False, True)] == ["medium", "high"]
