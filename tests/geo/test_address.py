"""Reading addresses: one spelling, and the parts."""

import csv
from pathlib import Path

import pytest

from geo.address import Door, building_of, doors_of, normalise, parse, strip_unit
from geo.address_sound import sound_of
from geo.address_spelling import spell

CASES = Path(__file__).parents[1] / "cases"


def rows(name: str) -> list[dict[str, str]]:
    with (CASES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", rows("address_spelling.csv"), ids=lambda row: row["why"])
def test_every_way_of_writing_has_one_spelling(row):
    assert normalise(row["written"]) == row["normalised"]


@pytest.mark.parametrize("row", rows("address_spelling.csv"), ids=lambda row: row["why"])
def test_a_normalised_text_stays_as_it_is(row):
    assert normalise(row["normalised"]) == row["normalised"]


@pytest.mark.parametrize("row", rows("address_buildings.csv"), ids=lambda row: row["why"])
def test_the_building_is_told_from_the_compound(row):
    assert (building_of(row["written"]) or "") == row["building"]
    assert strip_unit(row["written"]) == row["without_unit"]


def test_private_numbers_leave_no_digit_behind():
    assert not any(c.isdigit() for c in normalise("张先生 13912345678 000000199001011234 汉口"))


def test_an_address_falls_into_its_parts():
    parts = parse("湖北省武汉市洪山区卓刀泉街道珞瑜路95号融科花园三期12栋802")
    assert (parts.province, parts.city, parts.district, parts.street) == ("湖北", "武汉", "洪山区", "卓刀泉街道")
    assert parts.doors == (Door("珞瑜路", "95", lane=False),)
    assert (parts.name, parts.phase, parts.tail) == ("融科花园", "3期", "12栋802")


def test_a_compound_that_ends_in_xiaoqu_is_no_district():
    assert parse("武汉市石码小区").name == "石码小区"


def test_a_lane_and_a_house_of_one_number_are_two_doors():
    assert doors_of("徐汇区宛平南路485弄")[0] != doors_of("徐汇区宛平南路485号")[0]


def test_a_lane_inside_a_lane_is_another_door():
    assert doors_of("北翟路2000弄70支弄")[0] != doors_of("北翟路2000弄")[0]


def test_a_distance_is_no_door():
    assert doors_of("园林路300米")[0] == ()


def test_two_roads_that_cross_are_both_named():
    assert doors_of("建设大道与香港路交汇处")[1] == ("建设大道", "香港路")


def test_separators_are_remembered_where_they_stood():
    assert spell("马芳芳 武汉市").breaks == {3}


def test_sounds_that_dialects_merge_are_one():
    assert sound_of("南湖") == sound_of("兰湖")
    assert sound_of("城") == sound_of("陈")
    assert sound_of("江岸") != sound_of("江汉")
