"""The page of changes: sums that hold for each person's area, ends of moves that are theirs alone, and a receipt behind each row."""

import json
import math
import re
from dataclasses import replace

import pandas as pd
import pytest

from dashboard import changes as told
from dashboard.pages import Asked, _since
from dashboard.pages._since import views
from dashboard.pages.changes import PER_BATCH
from layers.store.changes import PLACE, Changes
from tests import city
from tests.office import CITY, COMMUNITY, DISTRICT, OTHER, STREET, Office, found, said

SEARCH = "?as_of=2020-02-12&known_at=2020-02-13&since=2020-02-11"


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    folder = tmp_path_factory.mktemp("changes")
    store = found(folder)
    rows = [
        {
            "case_id": "5",
            "address": "江岸区春风里3栋2单元301",
            "reported_at": "2020-02-12",
        },  # over the border of a district
        {"case_id": "6", "status_at": "2020-02-04"},
        {"case_id": "7", "status_at": "2020-02-12"},
    ]
    city.cases(store, folder, "2020-02-12T18:00", *rows)
    store.close()
    return Office(f"sqlite:///{folder / 'store.db'}")


def asked(office, person, search=SEARCH):
    return Asked.at(office.app.server.extensions["desk"], person, "/changes", search)


def seen(office, person):
    one = asked(office, person)
    before, after = views(one)
    return one, told.seen(one.desk, person, before, after), before, after


def test_a_move_over_a_border_shows_each_side_its_own_end(office):
    moves = {}
    for person in (CITY, DISTRICT, OTHER, STREET, COMMUNITY):
        rows = seen(office, person)[1].rows.query("change == 'moved'")
        moves[person.name] = rows[["was_compound", "compound", "was_district", "district"]].values.tolist()
    assert moves[CITY.name] == [["C4", "C1", "420103", "420102"]]
    assert moves[DISTRICT.name] == moves[STREET.name] == moves[COMMUNITY.name] == [["", "C1", "", "420102"]]
    assert moves[OTHER.name] == [["C4", "", "420103", ""]]


@pytest.mark.parametrize("person", [CITY, DISTRICT, OTHER, STREET, COMMUNITY], ids=lambda one: one.name)
def test_before_and_changes_are_after_in_every_area(office, person):
    one, changes, before, after = seen(office, person)
    lines = told.sums(one.desk, changes, before, after)
    assert [line.before + sum(line.by_kind.values()) for line in lines] == [line.after for line in lines]
    assert [line.code for line in lines] == (["", "420102", "420103"] if person == CITY else [""])
    assert sum(lines[0].by_kind.values()) == {CITY: 2, DISTRICT: 3, OTHER: -1, STREET: 3, COMMUNITY: 3}[person]


def test_no_row_names_a_person_or_a_place_of_somebody_else(office):
    page = office.page(OTHER, "/changes", SEARCH)
    assert page.status_code == 200
    rows = seen(office, OTHER)[1].rows
    assert not {"subject", "person", "address"} & set(rows.columns)
    for end in ("was_", ""):
        assert set(rows[f"{end}district"]) <= {"420103", ""}
    assert "春风里" not in said(page)
    assert office.page(OTHER, "/changes", SEARCH + "&area=420102").status_code == 403
    assert all(name in rows for name in PLACE)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_names_kinds_causes_and_the_way_to_the_receipt(office, lang):
    text = said(office.page(CITY, "/changes", f"{SEARCH}&lang={lang}"))
    for words in {
        "zh": ("补报", "改址", "之前＋变化＝之后"),
        "en": ("Back-dated", "Moved", "Before + changes = after"),
    }[lang]:
        assert words in text
    batch = int(seen(office, CITY)[1].rows["batch"].iloc[0])
    values = {"changes-rows.selectedRows": [{"id": str(batch * PER_BATCH)}], "url.search": f"?lang={lang}"}
    answer = office.call(office.browser(CITY), "changes-receipt.children", values)
    assert f" {batch} · cases_2020-02-12T1800.csv" in said(answer)


def test_without_a_time_in_the_address_it_is_since_the_bulletin_before(office):
    before, after = views(asked(office, CITY, "?known_at=2020-02-13"))
    assert before.known_at.isoformat() == "2020-02-12T18:00:00+08:00"  # yesterday's
    assert before.as_of == after.as_of
    late = views(asked(office, CITY, "?known_at=2020-02-13&since=2020-03-01"))
    assert late[0].known_at == late[1].known_at  # a time that comes after is no time before


def test_the_clock_and_the_foot_of_a_map_say_what_the_last_bulletin_added_and_lead_there(office):
    """What the chip says is what the page of changes adds up, for each reader's own area."""
    here = "?as_of=2020-02-12&known_at=2020-02-12"
    for person, n in ((CITY, "+2"), (OTHER, "−1")):
        page = json.dumps(office.page(person, "/", here).get_json())
        leading = re.findall(r'"href": "/changes\?as_of=2020-02-12[^"]*", "title"', page)
        assert len(leading) == 2  # the clock, and the chip; those of the navigation have no title
        one = asked(office, person, here)
        assert _since.link(replace(one, here=one.here.at(path="/"))).children[1].children == n
    assert _since.link(asked(office, CITY, here)) is None  # the page itself


def test_a_bed_count_that_is_not_known_any_more_is_not_taken_for_none():
    rows = [(50.0, 60.0, 30.0, 45.0), (80.0, None, 70.0, None), (None, 20.0, None, 5.0)]
    beds = pd.DataFrame(rows, columns=["was_open", "open", "was_used", "used"])
    found = Changes(*(pd.DataFrame(),) * 3, beds, pd.DataFrame())
    assert told.beds_moved(found, "open") == (10, 2)
    assert told.beds_moved(found, "used") == (15, 2)
    gone = replace(found, beds=beds.iloc[1:])
    assert math.isnan(told.beds_moved(gone, "open")[0])
    assert told.beds_moved(replace(found, beds=beds.iloc[:0]), "used") == (0, 0)
