"""Whole tables of a page: opened by the address, rows apart from the page where there are many, nothing lost on the way."""

import json

import pandas as pd
import pytest

from dashboard.pages import Asked, _bed_lists, _grid, _lists, _staff_lists
from tests.office import CITY, DISTRICT, Office, said

PAGES = {"/lockdown": _lists.TABLES, "/beds": _bed_lists.TABLES, "/staff": _staff_lists.TABLES}


@pytest.fixture(scope="module")
def place(built, tmp_path_factory):
    return Office.copy(tmp_path_factory.mktemp("wide"), built)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("path", "name"), [(path, name) for path, tables in PAGES.items() for name in tables])
def test_every_table_opens_by_its_address_with_a_tab_for_each(place, path, name, lang):
    shown = said(place.page(CITY, path, f"?table={name}&lang={lang}"))
    asked = Asked.at(place.app.server.extensions["desk"], CITY, path, f"?lang={lang}")
    assert "drawer" in shown
    assert all(asked.say(title) in shown for title, _ in PAGES[path].values())


def test_a_table_of_another_page_opens_nothing(place):
    assert "drawer-tabs" not in said(place.page(CITY, "/beds", "?table=cases"))


def test_a_district_sees_its_own_sites(place):
    rows = json.dumps(place.page(DISTRICT, "/beds", "?table=sites").get_json(), ensure_ascii=False)
    assert "第一医院" in rows
    assert "郊外医院" not in rows


def test_many_rows_come_apart_from_the_page_and_are_the_same(place, monkeypatch):
    monkeypatch.setattr(_grid, "FEW", 2)
    asked = Asked.at(place.app.server.extensions["desk"], CITY, "/lockdown", "")
    frame = pd.DataFrame({"id": ["a", "b", "c"], "n": [1.5, None, float("inf")], "name": ["春", None, "夏"]})
    made = _grid.grid(asked, frame, {"name": "name", "n": "n"}, "test")
    grid = made.children[1].children
    assert not hasattr(grid, "rowData")
    answer = place.browser(CITY).get(getattr(made, "data-apart"))
    assert json.loads(answer.data) == {"name": ["春", None, "夏"], "n": [1.5, None, "∞"], "id": ["a", "b", "c"]}
    assert place.anybody().get(getattr(made, "data-apart")).status_code == 401
