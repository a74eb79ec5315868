"""Saved views: kept per person, renamed, taken away and put back; the columns and the first view of a page."""

from itertools import count

import pytest

from layers.store import open_store, saved
from layers.store.beat import beat
from layers.store.saved import SavedError

ANNA, BAO = "city  Anna", "city  Bao"


@pytest.fixture
def store():
    return open_store("sqlite://")


def names(store, who):
    return [row["name"] for row in saved.views(store, who)]


def test_a_view_belongs_to_its_person(store):
    saved.keep(store, ANNA, "  夜班   重点 ", "/lockdown", "?area=420102#compounds.now_cases=ge~3")
    assert names(store, ANNA) == ["夜班 重点"]
    assert names(store, BAO) == []


def test_keeping_a_name_again_replaces_what_it_leads_to(store):
    first = saved.keep(store, ANNA, "重点", "/beds", "?area=420102")
    assert saved.keep(store, ANNA, "重点", "/staff", "?area=420103") == first
    assert [(row["page"], row["search"]) for row in saved.views(store, ANNA)] == [("/staff", "?area=420103")]


def test_a_deleted_view_comes_back_as_it_was(store):
    id = saved.keep(store, ANNA, "重点", "/beds", "?area=420102")
    was = saved.remove(store, ANNA, id)
    assert names(store, ANNA) == []
    saved.restore(store, ANNA, was)
    assert [(row["name"], row["page"], row["search"]) for row in saved.views(store, ANNA)] == [
        ("重点", "/beds", "?area=420102")
    ]


def test_nobody_renames_or_deletes_somebody_elses_view(store):
    id = saved.keep(store, ANNA, "重点", "/beds", "")
    with pytest.raises(SavedError, match="gone"):
        saved.rename(store, BAO, id, "我的")
    with pytest.raises(SavedError, match="gone"):
        saved.remove(store, BAO, id)
    assert names(store, ANNA) == ["重点"]


def test_a_name_that_is_taken_is_refused(store):
    saved.keep(store, ANNA, "早班", "/beds", "")
    id = saved.keep(store, ANNA, "夜班", "/beds", "")
    with pytest.raises(SavedError, match="already"):
        saved.rename(store, ANNA, id, "早班")
    saved.rename(store, ANNA, id, "晚班")
    assert names(store, ANNA) == sorted(["早班", "晚班"])


@pytest.mark.parametrize(
    ("name", "why"),
    [("", "needs a name"), ("  ", "needs a name"), ("=/beds", "may not begin"), ("x" * 61, "61 characters")],
)
def test_a_name_that_is_none_is_refused(store, name, why):
    with pytest.raises(SavedError, match=why):
        saved.keep(store, ANNA, name, "/beds", "")


def test_a_page_opens_with_the_persons_view_and_columns_do_not_touch_it(store):
    assert saved.default(store, ANNA, "/beds") == ""
    assert saved.set_default(store, ANNA, "/beds", "?area=420102") == ""
    saved.set_columns(store, ANNA, "/beds", "sites", [{"colId": "name", "width": 200}])
    assert saved.defaults(store, ANNA) == {"/beds": "?area=420102"}
    assert saved.set_default(store, ANNA, "/beds", "") == "?area=420102"
    assert saved.columns(store, ANNA, "/beds") == {"sites": [{"colId": "name", "width": 200}]}
    assert names(store, ANNA) == []


def test_columns_are_forgotten_table_by_table(store):
    for table in ("a", "b"):
        saved.set_columns(store, ANNA, "/beds", table, [{"colId": "x"}])
    saved.set_columns(store, ANNA, "/beds", "a", None)
    assert list(saved.columns(store, ANNA, "/beds")) == ["b"]


def test_columns_beyond_all_measure_are_refused(store):
    with pytest.raises(SavedError, match="20000 characters"):
        saved.set_columns(store, ANNA, "/beds", "a", [{"colId": "x" * 21_000}])


def test_a_person_keeps_a_hundred_views_and_no_more(store):
    for number in range(saved.MOST):
        saved.keep(store, ANNA, f"v{number}", "/beds", "")
    with pytest.raises(SavedError, match="100 views"):
        saved.keep(store, ANNA, "one more", "/beds", "")


def test_every_change_of_a_view_is_news(store, monkeypatch):
    """Other screens of the person ask for the beat alone."""
    clock = count(1_000)
    monkeypatch.setattr(saved, "_now", lambda: next(clock))
    told = [beat(store).saved]

    def changed():
        told.append(beat(store).saved)
        return told[-1] != told[-2]

    first = saved.keep(store, "me", "a", "/beds", "")
    assert changed()
    saved.rename(store, "me", first, "b")
    assert changed()
    saved.keep(store, "me", "b", "/beds", "area=420102")
    assert changed()
    saved.set_default(store, "me", "/beds", "area=420102")
    assert changed()
    saved.remove(store, "me", first)
    assert changed()
    assert not changed()
