"""Every door of the application: it is listed with the roles that it opens for, opens for them, and for nobody else."""

import re

import pytest
from sqlalchemy import select

from dashboard import doors
from dashboard.app import create_app
from dashboard.pages import all_pages
from dashboard.roles import AccessError
from layers._errors import StoreError
from layers.store import open_store
from layers.store.schema import compound, hospital, person
from tests import city
from tests.office import ADMIN, AUDITOR, CITY, COMMUNITY, DISTRICT, OTHER, PUBLIC, STREET, Office, said

PERSONS = (CITY, DISTRICT, OTHER, STREET, COMMUNITY, PUBLIC, AUDITOR, ADMIN)
OUTSIDERS = (PUBLIC, AUDITOR, ADMIN)
# What stands in the places of an address that are left open, by address: such as there really is in the offices' city.
FILLED = {
    "/plan/<kind>.<form>": ("/plan/lockdown.csv", "/plan/beds.json"),
    "/orders.<form>": ("/orders.csv",),
    "/brief/<kind>.<form>": ("/brief/lockdown.pdf",),
    "/rows/<table>.<form>": ("/rows/cases.csv", "/rows/compounds.csv"),
    "/search/places": ("/search/places?q=长江", "/search/places?q=春风"),
    "/imports/batch/<int>.csv": tuple(f"/imports/batch/{n}.csv" for n in range(1, 9)),
    "/words/glossary/<lang>.json": ("/words/glossary/zh.json",),
    "/<path:path>": tuple(path for path in all_pages() if path != "/"),
}
FOREIGN = ("长江花园",)  # what is known of 420103 alone
REMARK = "邻居"  # about a person there: no door shows it, whoever asks
THEN = "known_at=2020-02-10T20:00"  # when the files of the offices' city had just come
CLOSED = "may not open this"
PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def place(built):
    return Office(f"sqlite:///{built}")


def rules(place):
    """Every rule of the app with what can be asked of it: (name in the list, address, method)."""
    for rule in place.app.server.url_map.iter_rules():
        name = doors.named(rule.rule)
        if name in doors.API:  # tests/dashboard/test_api_doors.py
            continue
        if name == "/sign-out":  # after which a browser is nobody's
            continue
        for path in FILLED.get(name, (re.sub(r"<[^>]*>", "1", rule.rule),)):
            for method in sorted(rule.methods - {"OPTIONS", "HEAD"}):
                yield name, path, method


def sent(client, path, method, **more):
    """The answer; one that has begun is read to its end."""
    return client.open(path, method=method, buffered=True, **more)


def text_of(answer):
    """What can be read in an answer, also where JSON wrote Chinese as numbers."""
    return re.sub(
        r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), answer.get_data().decode("utf-8", "replace")
    )


# ---- every door is listed


def test_every_address_is_listed_and_no_other(place):
    found = {doors.named(rule.rule) for rule in place.app.server.url_map.iter_rules()}
    listed = {*doors.ROUTES, *doors.API}
    assert (found - listed, listed - found) == (set(), set()), "dashboard/doors.py: ROUTES, API"
    assert not set(doors.ROUTES) & set(doors.API)
    assert [name for name, roles in doors.ROUTES.items() if not roles or roles - doors.ANYBODY] == []


def test_every_page_is_listed_and_no_other():
    assert (set(all_pages()) - set(doors.PAGES), set(doors.PAGES) - set(all_pages())) == (set(), set()), "doors.PAGES"


def test_every_door_is_somebodys_own_or_everybodys_and_leads_to_a_page():
    roles = {*doors.PAGES.values(), *doors.CALLS.values(), *doors.ASKED_BY.values()}
    assert all(some and some <= doors.SIGNED_IN for some in roles)
    assert all(role in doors.of_page(path) for role, path in doors.HOME.items())


def test_every_listed_callback_is_one(place):
    place.anybody().get("/healthz")  # Dash learns its callbacks at the first request
    assert set(doors.CALLS) <= set(place.app.callback_map)
    begun = {one["inputs"][0]["id"] for one in place.app.callback_map.values()}
    assert [name for name in doors.ASKED_BY if not any(id.startswith(name) for id in begun)] == []


@pytest.mark.parametrize("who", OUTSIDERS, ids=lambda one: one.role)
@pytest.mark.parametrize("path", ["/", "/journal", "/accounts"])
def test_who_has_no_map_gives_no_order_through_the_dialog_that_every_browser_has(place, who, path):
    for id in ({"type": "order-open", "kind": "lockdown", "index": "C1", "at": ""}, {"type": "order-step", "do": "close", "index": "L-1"}):  # fmt: skip
        values = {"press-order.data": {"id": id, "n": 1}, "url.pathname": path, "url.search": ""}
        output = "..order-dialog.children...order-state.data.."
        assert place.call(place.browser(who), output, values, "press-order.data").status_code == 403


def test_every_listed_callback_of_a_page_is_closed_to_others(place):
    client = place.browser(CITY)
    client.get("/healthz")
    theirs = [
        (output, entry["inputs"])
        for output, entry in place.app.callback_map.items()
        if "callback" in entry
        and doors.of_call({"output": output, "inputs": entry["inputs"]}) - doors.OFFICE
        and output not in doors.CALLS
    ]
    assert len(theirs) == 4  # three of the journal, one of accounts
    bodies = [{"output": output, "inputs": inputs} for output, inputs in theirs]
    assert {client.post("/_dash-update-component", json=body).status_code for body in bodies} == {403}


def test_what_nobody_listed_opens_for_nobody(place, tmp_path):
    app = create_app(place.settings, place.store)
    app.server.add_url_rule("/new/<name>", "new", lambda name: f"rows of {name}")
    place_of_its_own = Office.__new__(Office)
    place_of_its_own.app, place_of_its_own.settings = app, place.settings
    codes = {one.role: place_of_its_own.browser(one).get("/new/x").status_code for one in PERSONS}
    assert codes == dict.fromkeys((one.role for one in PERSONS), 404)
    assert app.server.test_client().get("/new/x").status_code == 401


def test_a_page_that_nobody_listed_opens_for_nobody(place, monkeypatch):
    monkeypatch.setattr(doors, "PAGES", {path: roles for path, roles in doors.PAGES.items() if path != "/beds"})
    assert place.browser(CITY).get("/beds").status_code == 404
    assert "shell desk" not in said(place.page(CITY, "/beds"))


# ---- role by route


@pytest.mark.parametrize("who", PERSONS, ids=lambda one: one.role + one.area[:6])
def test_a_door_opens_for_its_roles_alone(place, who):
    client, wrong = place.browser(who), []
    for name, path, method in rules(place):
        if path == "/" and who.role in doors.HOME:  # which leads on
            continue
        if name in ("/enter", "/_dash-update-component"):  # a pass of its own; each call has a door, below
            continue
        open_ = who.role in (doors.of_page(path) if name in ("/", "/<path:path>") else doors.of_rule(name))
        answer = sent(client, path, method)
        closed = answer.status_code == 403 and CLOSED in text_of(answer)  # not what is behind it that refuses
        if closed is open_ or answer.status_code == 401:
            wrong.append((path, method, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("who", OUTSIDERS, ids=lambda one: one.role)
def test_who_has_no_map_calls_nothing_that_shows_rows(place, who):
    client = place.browser(who)
    client.get("/healthz")
    codes = {
        output: client.post("/_dash-update-component", json={"output": output}).status_code
        for output in place.app.callback_map
        if who.role not in doors.of_call({"output": output})
    }
    assert len(codes) > 20
    assert set(codes.values()) == {403}
    for path in doors.PAGES:
        assert (place.page(client, path).status_code == 403) is (who.role not in doors.of_page(path)), path


@pytest.mark.parametrize("who", OUTSIDERS, ids=lambda one: one.role)
@pytest.mark.parametrize("reach", ["own", "district", "shared", "city"])
def test_who_has_no_map_is_given_no_row_by_the_gate(place, who, reach):
    gate, view = place.app.server.extensions["desk"].gate, place.store.view()
    for ask in (
        lambda: gate.read(place.store, who, lambda _view: select(person.c.key), view, reach),
        lambda: gate.read(place.store, who, lambda _view: select(compound.c.code), view.narrowed("420102"), reach),
        lambda: gate.alerts(place.store, who, select(person.c.key)),
        lambda: gate.stream(place.store, who, lambda *_: iter(()), view, reach),
    ):
        with pytest.raises(AccessError, match="sees nothing of persons"):
            ask()


# ---- area by route


def shown(place, client, words, area=""):
    """Which words every door shows that a browser can try, asked for an area, as a program, as a person and with a body."""
    query, seen = f"area={area}&{THEN}" if area else THEN, []
    for _, path, method in rules(place):
        asked = f"{path}{'&' if '?' in path else '?'}{query}"
        for more in (
            {},
            {"headers": PAGE},
            {"data": {"reason": "a check of doors"}},
            {"json": {"search": f"?{query}"}},
        ):
            text = text_of(sent(client, asked, method, **more))
            seen += [(path, method, word) for word in words if word in text]
    for path in all_pages():
        text = text_of(place.page(client, path, f"?{query}"))
        seen += [(path, "page", word) for word in words if word in text]
    return seen


@pytest.mark.parametrize("who", [DISTRICT, STREET, COMMUNITY], ids=lambda one: one.role)
@pytest.mark.parametrize("area", ["", "420103", "compound:C4"])
def test_no_door_shows_what_lies_in_another_area(place, who, area):
    assert shown(place, place.browser(who), FOREIGN, area) == []


def test_the_same_doors_show_it_to_the_city(place):
    found = shown(place, place.browser(CITY), (*FOREIGN, REMARK))
    assert {word for *_, word in found} == set(FOREIGN)
    assert {"/", "/lockdown", "/plan/lockdown.csv", "/rows/cases.csv"} <= {path for path, *_ in found}


# ---- nobody signed in


def test_who_did_not_sign_in_sees_no_row_anywhere(place):
    words = secrets(place.store)
    assert {"春风里", "第一医院", "与同事聚餐", "case:5", "江汉区长江花园一期2栋1单元301"} <= words
    assert shown(place, place.anybody(), words) == []


def test_who_did_not_sign_in_calls_nothing(place):
    client = place.anybody()
    client.get("/healthz")
    codes = {client.post("/_dash-update-component", json={"output": one}).status_code for one in place.app.callback_map}
    assert codes == {401}


def secrets(store):
    """What in a store is somebody's or some place's: names, addresses, notes, keys of persons."""
    columns = (compound.c.name, hospital.c.name, person.c.address, person.c.note, person.c.key)
    found = {text for column in columns for text in store.read(select(column)).iloc[:, 0] if isinstance(text, str)}
    return {text for text in found if len(text) > 2} - {"不知道"}


# ---- a drill


def test_a_drill_shows_every_page_to_everybody_and_says_what_it_is(tmp_path):
    url = f"sqlite:///{tmp_path / 'drill.db'}"
    city.found(open_store(url, "drill"), tmp_path).close()
    drill = Office(url, "drill")
    client = drill.anybody()
    for path in all_pages():
        assert client.get(path).status_code == 200, path
        assert "演练" in said(drill.page(client, path)), path
    drill.store.close()


def test_neither_mode_opens_a_store_of_the_other(built, tmp_path):
    with pytest.raises(StoreError, match="is a production store; wanted drill"):
        Office(f"sqlite:///{built}", "drill")
    open_store(f"sqlite:///{tmp_path / 'drill.db'}", "drill").close()
    with pytest.raises(StoreError, match="is a drill store; wanted production"):
        Office(f"sqlite:///{tmp_path / 'drill.db'}", "production")
