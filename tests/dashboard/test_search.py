"""A place is found by what people type: its name, its pinyin, its initials; and only by those who may see it."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from dashboard.search import KINDS, find, fit, spellings, warm
from dashboard.search import index as index_for
from tests import office
from tests.office import CITY, COMMUNITY, DISTRICT, OTHER, STREET, Office


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("office")
    office.found(folder).close()
    return Office(f"sqlite:///{folder / 'store.db'}")


@pytest.fixture(scope="module")
def everything(place):
    desk = place.app.server.extensions["desk"]
    return index_for(desk, CITY, desk.store.view(), "zh")


def names(found):
    return [one.name for one in found]


@pytest.mark.parametrize(
    ("name", "whole", "initials"),
    [
        ("春风里", "chunfengli", "cfl"),
        ("长江花园2期", "changjianghuayuan2qi", "cjhy2q"),
        ("硚口区", "qiaokouqu", "qkq"),
        ("重阳小区", "chongyangxiaoqu", "cyxq"),  # of two readings, the one of the word
        ("A栋", "adong", "ad"),
    ],
)
def test_a_name_is_spelt_as_it_is_said(name, whole, initials):
    spelt, first = spellings(name)
    assert spelt[0] == whole
    assert first[0] == initials


def test_another_reading_of_a_character_is_found_as_well():
    assert "zjhy" in spellings("长江花园")[1]


def test_the_usual_reading_comes_before_another_one(everything):
    one = everything[0]
    spelt = [replace(one, name=name, id=name, keys=(name,), spelt=spellings(name)[0], initials=spellings(name)[1]) for name in ("嘉港苑", "景荷苑")]  # fmt: skip
    assert names(find(spelt, "jhy")) == ["景荷苑", "嘉港苑"]


@pytest.mark.parametrize("typed", ["丹水池", "dsc", "DSC", "danshuichi", "d s c", "水池"])
def test_a_compound_is_found_by_name_initials_pinyin_and_a_part(everything, typed):
    assert names(find(everything, typed))[0] == "丹水池小区"


def test_streets_and_districts_come_before_compounds_of_equal_fit(everything):
    found = find(everything, "j")
    order = [(fit(one, "j"), KINDS.index(one.kind)) for one in found]
    assert order == sorted(order)
    assert found[0].kind == "district"


def test_a_street_covers_its_compounds(everything):
    (street, *_) = [one for one in find(everything, "yyjd") if one.kind == "street"]
    boxes = [one.box for one in everything if one.kind == "compound" and one.id in ("C1", "C2", "C3")]
    assert street.box[0] <= min(box[0] for box in boxes)
    assert street.box[2] >= max(box[2] for box in boxes)


def test_nothing_is_found_for_nothing_and_never_more_than_asked_for(everything):
    assert find(everything, "  ") == []
    assert find(everything, "xxqqzz") == []
    assert len(find(everything, "c", most=2)) == 2


def asked(place, who, typed, **more):
    answer = place.browser(who).get("/search/places", query_string={"q": typed, **more})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return json.loads(answer.get_data(as_text=True))["places"]


def test_everybody_finds_what_lies_in_their_area_and_nothing_else(place):
    assert [one["id"] for one in asked(place, CITY, "cfl")] == ["C1"]
    assert [one["id"] for one in asked(place, DISTRICT, "cfl")] == ["C1"]
    assert asked(place, OTHER, "cfl") == []
    for who in (CITY, DISTRICT, STREET, COMMUNITY, OTHER):
        seen = {one["id"] for text in "abcdefghijklmnopqrstuvwxyz" for one in asked(place, who, text) if one["kind"] == "compound"}  # fmt: skip
        desk = place.app.server.extensions["desk"]
        assert seen == set(desk.frames(who, desk.store.view(), ["compounds"])["compounds"]["id"])


def test_nobody_finds_anything_without_a_pass(place):
    assert place.anybody().get("/search/places?q=c").status_code == 401


def test_what_makes_no_sense_is_refused_and_long_texts_are_cut(place):
    browser = place.browser(CITY)
    assert browser.get("/search/places?q=c&as_of=tomorrow").status_code == 400
    assert asked(place, CITY, "c" * 5000) == []
    assert asked(place, CITY, "<b>") == []
    assert asked(place, CITY, "") == []
    assert browser.get("/search/places").status_code == 200


def test_names_are_spelt_once_however_often_the_city_moves(place):
    """The index is made anew for each state of the store; spelling the names is nearly all of its cost."""
    desk = place.app.server.extensions["desk"]
    warm(desk)
    before = spellings.cache_info().misses
    view = desk.store.view(as_of=desk.store.latest() - timedelta(days=1))
    assert names(find(index_for(desk, CITY, view, "zh"), "dsc")) == names(
        find(index_for(desk, CITY, desk.store.view(), "zh"), "dsc")
    )
    assert spellings.cache_info().misses == before
