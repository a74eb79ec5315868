"""The way down from the city to a case: each level adds up to the one above it, and shows who is in none of its parts."""

import numpy as np
import pytest

from dashboard import drill
from dashboard.pages import Asked, _drill
from tests import city, office
from tests.office import CITY, COMMUNITY, DISTRICT, STREET, Office, said


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drill")
    office.found(folder).close()
    return Office.copy(folder, folder / "store.db")


def asked(place, person, search=""):
    return Asked.at(place.app.server.extensions["desk"], person, "/lockdown", search)


def level(place, id, person=CITY):
    return _drill.children(asked(place, person), id)


def person_panel(place, client, id):
    values = {"pick.data": {"layer": "person", "id": id}, "scale.data": 1}
    return place.call(client, "detail.children", values | {"url.pathname": "/lockdown", "url.search": ""})


def test_the_parts_of_the_city_add_up_to_it_with_those_in_no_district(place):
    rows = level(place, drill.CITY)
    by_id = rows.set_index("id")
    # five persons: one confirmed in each district, one suspected in each, and a confirmed one of whom no district is known
    assert by_id["now_cases"].to_dict() == {"420102": 1, "420103": 1, drill.REST: 1}
    assert rows["now_suspected"].sum() == 2
    assert by_id.loc["420102", "compounds"] == 5


def test_every_level_adds_up_to_the_one_above(place):
    for up in (drill.CITY, "420102", "420103", "420102/一元街道"):
        whole = level(place, up)
        for row in whole[whole["id"] != drill.REST].to_dict("records"):
            if row["layer"] == "compounds":
                continue
            parts = level(place, row["id"])
            told = [name for name in drill.COUNTED if name != "now_contact"]
            assert {name: parts[name].sum() for name in told} == {name: row[name] for name in told}, row["id"]
            assert parts["now_contact"].isna().all()  # nobody told of contacts
            assert np.isnan(row["now_contact"])


def test_who_is_placed_in_no_street_stands_in_a_line_of_its_own(place):
    rows = level(place, "420102").set_index("id")
    assert rows.loc["420102/一元街道", "now_cases"] == 1
    assert rows.loc[drill.REST, "now_suspected"] == 1  # 百步亭, which phase nobody knows


@pytest.mark.parametrize(
    ("person", "id", "may"),
    [
        (CITY, "*", True),
        (DISTRICT, "*", False),
        (DISTRICT, "420102", True),
        (DISTRICT, "420103", False),
        (STREET, "420102", False),
        (STREET, "420102/一元街道", True),
        (COMMUNITY, "420102/一元街道", False),
    ],
)
def test_nobody_is_shown_the_level_above_their_own(place, person, id, may):
    assert _drill.may_see(asked(place, person), id) is may
    shown = str(_drill.panel(asked(place, person), id).to_plotly_json())
    assert ("drill-table" in shown) is may


def test_a_compounds_panel_leads_to_its_people_and_units_and_a_case_to_its_course(place):
    client = place.browser(STREET)
    panel = place.call(
        client,
        "detail.children",
        {
            "pick.data": {"layer": "compounds", "id": "C1"},
            "url.pathname": "/lockdown",
            "url.search": "",
            "scale.data": 1,
        },
    )
    text = said(panel)
    for part in (
        "compound-case",
        "compound-contact",
        "compound-orders",
        "compound-stock",
        "compound-unit",
        "一元街道办事处",
        "person:case/1",
    ):
        assert part in text
    case = person_panel(place, client, "case/1")
    assert "春风里" in said(case)
    assert "501" not in said(case)
    assert "与同事聚餐" not in said(case)  # a remark is shown for a purpose alone


def test_a_case_of_another_area_is_not_there(place):
    answer = person_panel(place, place.browser(STREET), "case/5")
    assert "不在本辖区" in said(answer)
    assert "长江花园" not in said(answer)


@pytest.mark.parametrize(("person", "most"), [(CITY, 5), (DISTRICT, 2), (STREET, 1), (COMMUNITY, 1)])
def test_the_table_of_cases_has_those_of_the_area_and_counts_them(place, person, most):
    rows, total = place.app.server.extensions["desk"].people(person, asked(place, person).here.view, "case", 3)
    assert total == most
    assert len(rows) == min(most, 3)
    assert "person" not in rows


@pytest.mark.parametrize("table", ["compounds", "cases"])
def test_the_drawer_is_opened_by_the_address_for_every_role(place, table):
    for person in (CITY, DISTRICT, STREET, COMMUNITY):
        answer = place.page(person, "/lockdown", f"?table={table}")
        assert answer.status_code == 200
        assert '"data-grid": "' + table in said(answer)


def test_a_compounds_people_bear_the_status_that_is_counted(place, tmp_path):
    """Of two statuses of one day the one that an illness reaches last, whichever was told last."""
    city.cases(place.store, tmp_path, "2020-02-11T18:00", {"status": "疑似"})
    desk = place.app.server.extensions["desk"]
    people = desk.persons(CITY, place.store.view(), "C1").set_index("subject")
    assert people.loc["1", "status"] == "confirmed"
