"""What the gate allows is what a database server gives: a query that forgets whose rows it may show still shows no others."""

from functools import partial

import psycopg
import pytest
from sqlalchemy import select

from dashboard.__main__ import REFUSED, main
from dashboard.access import CITY, DISTRICT, SHARED, Gate, scope_of
from dashboard.roles import Person
from dashboard.settings import Settings
from layers.store import journal, people
from layers.store.paged import number, paged
from layers.store.schema import person
from tests import databases
from tests.served import made

MAYOR = Person("m", "city")
WEST, EAST = Person("w", "district", "420102"), Person("e", "district", "420103")
STREET, HOUSE = Person("s", "street", "420102/一元街道"), Person("h", "community", "compound:C1")
NEXT_DOOR = Person("n", "community", "compound:C2")
HAS = {MAYOR: "12349", WEST: "1234", EAST: "9", STREET: "1234", HOUSE: "1234", NEXT_DOOR: ""}
GATE = Gate(Settings(store="", mode="drill"))


@pytest.fixture(scope="module")
def town(postgres, tmp_path_factory):
    return made(postgres, tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def served(town):
    store = databases.opened(town.served, town.folder, "drill")
    yield store
    store.close()


@pytest.fixture(scope="module")
def owned(town):
    store = databases.opened(town.owned, town.folder, "drill")
    yield store
    store.close()


def test_a_query_that_forgets_the_area_is_given_no_other_persons(served):
    forgets = lambda _view: select(person.c.key)  # noqa: E731
    for who in HAS:
        found = GATE.read(served, who, forgets, served.view())
        assert sorted(found["key"]) == [f"case:{one}" for one in HAS[who]], who
    pages = lambda theirs, _view: paged(theirs, served.view(), "case")  # noqa: E731
    assert sum(len(page) for page in GATE.stream(served, EAST, pages, served.view())) == 1


@pytest.mark.parametrize("who", HAS, ids=lambda who: who.role + who.area[-3:])
def test_the_role_of_servers_answers_as_the_owner_does(served, owned, who):
    view = served.view()
    for query in (
        partial(people.listed, kind="case", limit=100),
        partial(number, kind="case"),
        people.one("case", "9"),
        people.steps("case", "1"),
    ):
        mine = GATE.read(served, who, query, view)
        assert mine.to_dict("list") == GATE.read(owned, who, query, view).to_dict("list")
    pages = [list(GATE.stream(one, who, _pages, view)) for one in (served, owned)]
    assert [page.to_dict("list") for page in pages[0]] == [page.to_dict("list") for page in pages[1]]


def _pages(theirs, view):
    return paged(theirs, view, "case")


def test_a_scope_is_the_whole_city_for_the_city_alone(served):
    assert {scope_of(served, MAYOR, reach) for reach in (DISTRICT, SHARED, CITY)} == {"/"}
    assert scope_of(served, STREET) == scope_of(served, STREET, SHARED) == "/420102/一元街道/"
    assert scope_of(served, STREET, DISTRICT) == "/420102/"
    assert scope_of(served, HOUSE) == "/420102/一元街道/C1/"
    assert scope_of(served, Person("x", "community", "compound:none")) == "///none/"
    assert scope_of(served, Person("x", "district", "")) == ""  # no area of its kind: nobody


def test_grant_role_is_said_once_by_the_owner(town, owned, capsys, monkeypatch):
    monkeypatch.setenv("FANGYI_KEYS", str(town.folder / "keys"))
    monkeypatch.delenv("FANGYI_MODE", raising=False)
    with psycopg.connect(town.owned.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {town.role}, {town.whole}")
    said = ["grant-role", town.role, "--city", town.whole, "--by", "keeper", "--store"]
    assert main([*said, town.owned]) == 0
    assert town.role in capsys.readouterr().out
    assert main([*said, town.served]) == REFUSED
    assert "only the owner" in capsys.readouterr().err
    last = journal.entries(owned, 1).iloc[0]
    assert (last["actor"], last["action"], last["subject"], last["detail"]) == (
        "keeper",
        "grant",
        town.role,
        {"city": town.whole},
    )
    again = databases.opened(town.served, town.folder, "drill")
    assert len(again.read(select(person.c.key))) == 5
    again.close()
