"""The gazetteer: what it learns from rows of compounds."""

import numpy as np
import pandas as pd
import pytest

from geo.address import Door
from geo.errors import GeoError
from geo.gazetteer import Form, Gazetteer, family_of, list_of


def build(*rows: dict) -> Gazetteer:
    return Gazetteer.from_frame(pd.DataFrame([{"compound_id": str(i), **row} for i, row in enumerate(rows)]))


def test_a_name_is_known_in_full_and_without_its_general_ending():
    gazetteer = build({"name": "丹水池小区"})
    assert gazetteer.forms["丹水池小区"] == ((0, Form.NAME),)
    assert gazetteer.forms["丹水池"] == ((0, Form.CORE),)


def test_a_bracket_that_holds_a_phase_leaves_only_the_family():
    gazetteer = build({"name": "东湖城(二期)"})
    assert gazetteer.forms["东湖城2期"] == ((0, Form.NAME),)
    assert gazetteer.forms["东湖城"] == ((0, Form.FAMILY),)


def test_a_bracket_that_holds_a_place_leaves_an_alias():
    assert build({"name": "工行宿舍(香港路)"}).forms["工行宿舍"] == ((0, Form.ALIAS),)


@pytest.mark.parametrize(
    ("name", "family"), [("金色港湾5期", "金色港湾"), ("复地悦城东区", "复地悦城"), ("常青花园", "常青花园")]
)
def test_a_family_is_the_name_without_phase_or_block(name, family):
    assert family_of(name) == family


def test_lists_come_as_lists_or_joined_strings():
    assert list_of("a;b；c") == list_of(["a", "b", "c"]) == list_of(np.array(["a", "b", "c"])) == ("a", "b", "c")
    assert list_of(None) == list_of(float("nan")) == list_of("暂无资料") == ()


def test_a_road_behind_unknown_words_is_recognised_when_others_name_it():
    gazetteer = build(
        {"name": "甲苑", "addresses": "常青路1号"},
        {"name": "乙苑", "addresses": "常青路3号"},
        {"name": "丙苑", "addresses": "贺家墩常青路267号"},
    )
    assert Door("常青路", "267", lane=False) in gazetteer.compounds[2].doors


def test_one_name_far_apart_is_two_places_and_close_together_may_be_one():
    gazetteer = build(
        {"name": "怡园公寓", "district": "江岸区", "lon": 114.30, "lat": 30.60},
        {"name": "怡园公寓", "district": "江岸区", "lon": 114.31, "lat": 30.60},
        {"name": "怡园公寓", "district": "洪山区", "lon": 114.45, "lat": 30.50},
    )
    assert gazetteer.may_be_one_place(0, 1)
    assert not gazetteer.may_be_one_place(0, 2)


def test_a_missing_name_column_is_named():
    with pytest.raises(GeoError, match="'name' is missing"):
        Gazetteer.from_frame(pd.DataFrame({"compound_id": ["1"]}))


def test_a_repeated_id_is_named():
    with pytest.raises(GeoError, match="'7' appears more than once"):
        Gazetteer.from_frame(pd.DataFrame({"compound_id": ["7", "7"], "name": ["甲苑", "乙苑"]}))


def test_a_gazetteer_without_rows_is_allowed():
    assert len(Gazetteer.from_frame(pd.DataFrame({"compound_id": [], "name": []}))) == 0
