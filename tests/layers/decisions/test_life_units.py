"""What the life of compounds adds up to: published counts of V19, the curve, communities and streets as n of N."""

import pandas as pd
import pytest

from layers.decisions import _life_units
from layers.decisions._life_terms import HOLDING, STATES
from tests.layers.decisions.life import CODE, clock, events, live, number


def test_v19_the_published_counts_balance_with_82_compounds_6_communities_and_10_villages_removed(real_data):
    rows = pd.read_csv(real_data / "validation" / "official" / "wuhan_no_epidemic_units.csv")
    first, second = rows.iloc[0], rows.iloc[1]
    units = ("compounds", "communities", "villages")
    lost = {unit: _life_units.removed(first[unit], second[f"new_{unit}"], second[unit]) for unit in units}
    assert lost == {"compounds": 82, "communities": 6, "villages": 10}


def test_v19_by_hand_2076_and_1027_are_3103_of_which_82_are_gone():
    assert 2_076 + 1_027 == 3_103
    assert _life_units.removed(2_076, 1_027, 3_021) == 82  # Changjiang Daily 2020-03-09


@pytest.mark.parametrize(
    ("unit", "low", "high"), [("compounds", 7_101, 7_109), ("communities", 1_406, 1_408), ("villages", 1_942, 1_944)]
)
def test_pitfall_denominators_the_published_shares_imply_fewer_than_the_7148_closed_compounds(
    real_data, unit, low, high
):
    rows = pd.read_csv(real_data / "validation" / "official" / "wuhan_no_epidemic_units.csv")
    rows = rows[rows[f"{unit}_pct"].notna()]
    wholes = [_life_units.implied(n, pct) for n, pct in zip(rows[unit], rows[f"{unit}_pct"], strict=True)]
    assert low <= min(wholes)
    assert max(wholes) <= high
    assert max(wholes) < 7_148


def state(*rows):
    return pd.DataFrame(rows, columns=["street", "community", "life"]).assign(district="420102")


def test_a_community_is_free_when_all_its_compounds_are_and_a_street_when_all_its_communities_are():
    rows = state(("甲", "一", "certified"), ("甲", "一", "relaxed"), ("甲", "二", "settled"), ("甲", "二", "suspended"),
                 ("乙", "三", "cancelled"), ("乙", "三", "certified"), ("丙", "四", "certified"))  # fmt: skip
    below = _life_units.roll_up(rows, "communities").set_index("community")
    assert below["life"].to_dict() == {"一": "certified", "二": "suspended", "三": "cancelled", "四": "certified"}
    assert below.loc["二", ["no_epidemic", "compounds"]].tolist() == [1, 2]  # n of N
    above = _life_units.roll_up(rows, "streets").set_index("street")
    assert above["life"].to_dict() == {"甲": "suspended", "乙": "cancelled", "丙": "certified"}
    assert above.loc["甲", ["communities_free", "communities"]].tolist() == [1, 2]


def test_pitfall_denominators_a_compound_without_a_known_community_counts_in_none_and_is_told():
    rows = state(("甲", "一", "certified"), ("甲", None, "closed"))
    assert _life_units.roll_up(rows, "communities")["compounds"].tolist() == [1]
    assert _life_units.unknown_unit(rows, "communities") == 1
    assert _life_units.unknown_unit(rows, "streets") == 0


def test_an_asymptomatic_infection_takes_the_title_of_its_community_and_street_from_4_april():
    found = live(events([("04-04", "04-04", "asymptomatic", 1)]), clock("04-04")).states.loc[CODE, "state"]
    rows = state(("甲", "一", found), ("甲", "一", "settled"))  # Changjiang Daily 2020-04-05
    assert [_life_units.roll_up(rows, unit)["life"].tolist() for unit in _life_units.UNITS] == [
        ["cancelled"],
        ["cancelled"],
    ]


def test_the_curve_counts_every_compound_on_every_day_and_names_its_rounds():
    found = live(events([("03-06", "03-06")]), clock("03-11"))
    curve = _life_units.curve(found, number("03-01"), ["420102"])
    assert (curve[list(STATES)].sum(axis=1) == curve["compounds"]).all()
    assert (curve[list(HOLDING)].sum(axis=1) == curve["no_epidemic"]).all()
    city = curve[curve["district"] == ""].set_index("day")["no_epidemic"]
    assert [int(city[day]) for day in ("2020-03-01", "2020-03-02", "2020-03-05", "2020-03-06")] == [0, 1, 1, 0]
    assert curve.loc[curve["round"], "day"].unique().tolist() == [
        "2020-03-02",
        "2020-03-05",
        "2020-03-08",
        "2020-03-11",
    ]


def test_the_rounds_tell_what_was_added_and_what_was_removed():
    found = live(events([("03-06", "03-06")]), clock("03-11"))
    rounds = _life_units.rounds(found, number("03-01"))
    assert rounds[["no_epidemic", "added", "removed"]].values.tolist() == [[1, 1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 0]]
    assert rounds["share_pct"].tolist() == [100.0, 100.0, 0.0, 0.0]
