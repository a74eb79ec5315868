"""The page of the public: what was made public, as it went out, and nothing else."""

import pytest

from dashboard.access import Gate
from dashboard.desk import Desk
from dashboard.pages import Asked, all_pages
from dashboard.roles import AccessError
from dashboard.tables import TableStore
from layers._times import parse_time
from layers.decisions.bulletin import bulletin
from layers.store import releases
from tests import city
from tests.office import AUDITOR, CITY, PUBLIC, Office, said


@pytest.fixture(scope="module")
def place(built, tmp_path_factory):
    """An office of which two days were made public: eight cases in one district, of which the first two are too few to show."""
    folder = tmp_path_factory.mktemp("bulletins")
    office = Office.copy(folder, built)
    rows = [{"case_id": f"p{n}", "address": f"江岸区春风里{n}栋", "status_at": "2020-02-06"} for n in range(8)]
    rows += [{"case_id": f"q{n}", "address": "江汉区长江花园一期2栋", "status_at": "2020-02-06"} for n in range(2)]
    rows += [{"case_id": f"r{n}", "address": "不知道", "status_at": "2020-02-06"} for n in range(9)]
    city.cases(office.store, folder, "2020-02-11T08:00", *rows)
    for as_of in ("2020-02-06", "2020-02-07"):
        view = office.store.view(as_of=parse_time(as_of))
        found = bulletin(office.store, view)
        releases.keep(office.store, found.tables, "总值班", view.known_at, after=found.after)
    yield office
    office.store.close()


def test_the_public_sees_what_went_out_and_no_small_count(place):
    newest, first = said(place.page(PUBLIC, "/bulletins")), said(place.page(PUBLIC, "/bulletins", "?release=1"))
    assert "2月7日" in newest
    assert "历次公报" in newest
    for word in ("江岸区", "江汉区", "新增病例", '"children": "8"', '"children": "19"', '"children": "*"', "2月6日"):
        assert word in first, word
    assert '"children": "2"' not in first
    assert "总值班" not in first + newest  # who made it public is the journal's
    english = said(place.page(PUBLIC, "/bulletins", "?release=1&lang=en"))
    assert "made public" in english
    assert "Jiang'an" in english


@pytest.mark.parametrize("number", ["99", "x", "-1", "9" * 30])
def test_a_release_that_there_is_not_leads_to_the_newest(place, number):
    assert said(place.page(PUBLIC, "/bulletins", f"?release={number}")).count("2月7日") == said(
        place.page(PUBLIC, "/bulletins")
    ).count("2月7日")


def test_nothing_of_the_map_is_there_for_the_public(place):
    client = place.browser(PUBLIC)
    assert client.get("/").headers["Location"] == "/bulletins"
    text = said(place.page(client, "/bulletins"))
    assert not any(word in text for word in ("春风里", "长江花园", "第一医院", "case:", '"/lockdown"', '"/journal"'))
    assert client.get("/plan/lockdown.csv").status_code == 403


def test_before_the_first_release_it_says_so(built):
    office = Office(f"sqlite:///{built}")
    assert "还没有公布过数字" in said(office.page(PUBLIC, "/bulletins"))
    office.store.close()


@pytest.mark.parametrize("who", [AUDITOR, CITY], ids=lambda one: one.role)
def test_others_have_their_own_pages(place, who):
    assert place.browser(who).get("/bulletins").status_code == 403
    desk = Desk(place.settings, place.store, Gate(place.settings), TableStore())
    with pytest.raises(AccessError):
        all_pages()["/bulletins"].layout(Asked(Asked.at(desk, PUBLIC, "/bulletins", "").here, who, desk))
