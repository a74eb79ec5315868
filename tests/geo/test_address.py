"""Reading addresses: one spelling, and the parts."""

import csv
import re
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


@pytest.mark.parametrize("row", rows("address_masked.csv"), ids=lambda row: row["why"])
def test_what_is_shown_of_an_address_holds_no_unit_and_no_room(row):
    assert strip_unit(row["written"]) == row["shown"]


SIMPLE, FORMAL, WIDE = "零一二三四五六七八九", "零壹贰叁肆伍陆柒捌玖", "０１２３４５６７８９"


def spelled(number: int, digits: str) -> str:
    """A number read out digit by digit."""
    return "".join(digits[int(one)] for one in str(number))


@st.composite
def homes(draw):
    """An address composed of a place and a door, in one way of writing or another, and the place as it should be shown."""
    place, shown = draw(st.sampled_from([("春风里", "春风里"), ("江岸区丹水池小区", "江岸区丹水池小区"), ("珞瑜路95号融科花园", "珞瑜路95号融科花园"), ("二七小区", "二七小区"), ("长江花园一期", "长江花园1期")]))  # fmt: skip
    write = draw(st.sampled_from([str, *(partial(spelled, digits=d) for d in (SIMPLE, SIMPLE.replace("零", "〇"), FORMAL, WIDE))]))  # fmt: skip
    building, unit, floor, room = draw(st.integers(1, 60)), draw(st.integers(1, 9)), draw(st.integers(1, 32)), draw(st.integers(1, 9))  # fmt: skip
    door = floor * 100 + room
    say = draw(st.sampled_from(["栋", "幢", "号楼", "座", "号"]))
    chinese = [f"{write(building)}{say}", f"{write(unit)}单元", draw(st.sampled_from([f"{write(door)}室", f"{write(door)}房", f"{write(floor)}楼", f"{write(door)}"]))]  # fmt: skip
    english = [f"{draw(st.sampled_from(['Building', 'Bldg.', 'Block', 'Tower']))} {building}", f"Unit {unit}", f"{draw(st.sampled_from(['Room', 'Rm', 'Flat', 'Apt.', 'No.', '#']))} {door}"]  # fmt: skip
    hyphens = ["-".join(write(n) for n in (building, unit, door))]
    parts = draw(st.sampled_from([chinese, english, hyphens]))
    parts = draw(st.permutations(parts))[: draw(st.integers(1, 3))]
    gap = draw(st.sampled_from(["", " ", "，", ", "]))
    where = draw(st.integers(0, len(parts)))
    return gap.join([*parts[:where], place, *parts[where:]]), shown


@settings(max_examples=1_500, deadline=None)
@given(homes())
def test_no_composition_of_building_unit_and_room_shows_either(home):
    """The place stays whole or not at all; of 一栋二七小区 nobody knows whether 二七 is a room."""
    written, shown = home
    left = strip_unit(written)
    assert left in (shown, "", shown.removeprefix("二七")), written
    assert strip_unit(left) == left


@settings(max_examples=3_000, deadline=None)
@given(st.text("春风里江岸区路街号栋单元室楼层房户-0189零〇一五九十百伍甲ABRoom unt#, ，", max_size=24))
def test_whatever_is_written_no_number_stays_that_is_no_door_of_a_road_no_lane_and_no_phase(text):
    left = strip_unit(text)
    assert not re.search(r"[0-9A-Z甲十百零〇一五九]+(?:栋|单元|室|层|房|户|楼)|[0-9]{6}", left), left
    assert not re.search(r"[0-9]+(?![0-9]|号|-|[期区村里院街小社巷支路道大队组地环国省弄附])", left), left
    assert strip_unit(left) == left


def test_of_a_text_that_is_no_address_nothing_is_shown():
    assert strip_unit("春风里3栋" * 80) == ""


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
