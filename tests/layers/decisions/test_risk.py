"""County risk level against the published criteria and counts."""

import pandas as pd
import pytest

from layers.decisions.risk import risk_level, risk_table
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
