"""What is made public of a day is held against all that was made public before, and written down before it goes out."""

import numpy as np
import pytest

from layers._errors import StoreError, ViewError
from layers._times import day_number, parse_time
from layers.decisions.bulletin import bulletin
from layers.store import journal, open_store, releases
from tests import city

DAY = day_number(parse_time("2020-02-03T12:00"))
WEST, EAST = "420102", "420103"


def delivered(tmp_path, west, east, nowhere=0):
    """New cases of 3 February in two districts, and of some persons whose address leads nowhere."""
    store = city.found(open_store(f"sqlite:///{tmp_path / 's.db'}", "drill"), tmp_path)
    where = ["江岸区春风里"] * west + ["江汉区长江花园一期"] * east + ["地址不详"] * nowhere
    city.cases(store, tmp_path, "2020-02-04T08:00", *({"case_id": str(n), "address": a} for n, a in enumerate(where)))
    return store


def shown(found, measure="cases"):
    table = found.tables[measure]
    return dict(zip(table["area"], table["count"].replace(np.nan, None), strict=True))


@pytest.mark.parametrize(
    ("west", "east", "nowhere", "expected"),
    [
        (8, 2, 0, {WEST: None, EAST: None, "": 10}),  # 10 - 8 would tell 2; of 10 in two districts it is one of 1..9
        (8, 0, 0, {WEST: 8, EAST: 0, "": 8}),
        (8, 2, 9, {WEST: 8, EAST: None, "": 19}),  # those placed nowhere are in the total, and hide the two
    ],
)
def test_a_count_of_few_and_what_tells_it_are_not_shown(tmp_path, west, east, nowhere, expected):
    store = delivered(tmp_path, west, east, nowhere)
    found = bulletin(store, store.view(as_of=parse_time("2020-02-03T23:59:59.999")))
    assert (found.day, shown(found)) == (DAY, expected)
    assert shown(found, "dead") == {WEST: 0, EAST: 0, "": 0}
    assert found.hidden == sum(value is None for value in expected.values())


def test_what_was_made_public_is_kept_with_a_line_in_the_journal_and_met_by_the_next(tmp_path):
    store = delivered(tmp_path, 8, 2, 9)
    view = store.view(as_of=parse_time("2020-02-03T23:59:59.999"))
    found = bulletin(store, view)
    assert releases.keep(store, found.tables, "press", view.known_at, after=found.after) == 1
    (before,) = releases.earlier(store, "cases")
    assert dict(zip(before["area"], before["count"].replace(np.nan, None), strict=True)) == shown(found)
    entry = journal.entries(store).iloc[0]
    assert (entry["actor"], entry["action"], entry["subject"]) == ("press", "publish", "1")
    assert entry["detail"] == {"counts": 9, "hidden": 1}
    assert shown(bulletin(store, view)) == shown(found)  # the same again tells nothing new


def test_what_was_not_held_against_the_newest_release_is_not_kept(tmp_path):
    store = delivered(tmp_path, 8, 2, 9)
    view = store.view(as_of=parse_time("2020-02-03T23:59:59.999"))
    found, other = bulletin(store, view), bulletin(store, view)
    releases.keep(store, other.tables, "press", view.known_at, after=other.after)
    with pytest.raises(StoreError, match="release 1 went out meanwhile"):
        releases.keep(store, found.tables, "press", view.known_at, after=found.after)
    assert len(releases.earlier(store, "cases")) == 1


@pytest.mark.parametrize("day", ["2020-02-04", "2020-02-05"])
def test_a_day_that_nobody_told_of_to_its_end_is_no_day_without_a_case(tmp_path, day):
    store = delivered(tmp_path, 8, 2)
    with pytest.raises(ViewError, match="covers the day to its end .they reach to 2020-02-03") as refused:
        bulletin(store, store.view(as_of=parse_time(f"{day}T23:59:59.999"), known_at=parse_time(f"{day}T23:59:59.999")))
    assert "不能公布" in refused.value.zh


def test_a_store_without_a_delivery_of_cases_makes_nothing_public(tmp_path):
    store = city.found(open_store(f"sqlite:///{tmp_path / 's.db'}", "drill"), tmp_path)
    with pytest.raises(ViewError, match="none came"):
        bulletin(store, store.view())


def test_a_bulletin_is_of_the_whole_city(tmp_path):
    store = delivered(tmp_path, 1, 1)
    with pytest.raises(ViewError, match="whole city"):
        bulletin(store, store.view(area=WEST))
