"""The gate: who is let in, what each role sees, and that nothing is read or written around it."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from sqlalchemy import select

from dashboard import access
from dashboard.__main__ import main
from dashboard.access import Gate, place_of
from dashboard.desk import Desk
from dashboard.roles import AccessError, Person
from dashboard.settings import Settings, SettingsError
from dashboard.tables import TableStore
from layers.store import open_store
from layers.store.schema import FOREVER, batch, care, placement
from tests import city, databases, office
from tests.beginnings import copied
from tests.office import CITY, COMMUNITY, DISTRICT, OTHER, STREET, Office, said

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("/", "/situation", "/lockdown", "/beds", "/staff", "/supplies", "/quality", "/wall")
OPEN = {("GET", one): 200 for one in ("/healthz", "/readyz", "/sign-in", "/api/v1/openapi.json")}  # no row is in them
OPEN |= {("POST", "/sign-in"): 400}  # a form that nobody was shown
OPEN |= {("GET", one): 404 for one in ("/sign-in/oidc", "/sign-in/oidc/back")}  # no provider is named
PERSONS = "kind subject age sex address note building"


@pytest.fixture(scope="module")
def place(built):
    return Office(f"sqlite:///{built}")


@pytest.fixture
def own(built, tmp_path):
    """An office that may be written to."""
    return Office.copy(tmp_path, built)


@pytest.fixture(scope="module")
def desk(place):
    return Desk(place.settings, place.store, Gate(place.settings), TableStore())


def lines(answer):
    return list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))


def match(place, key):
    rows = place.store.read(select(placement).where(placement.c.key == key, placement.c.known_until == FOREVER))
    return rows[["status", "compound", "decided_by"]].iloc[0].tolist()


# ---- who is let in


def test_production_does_not_start_without_a_long_secret():
    with pytest.raises(SettingsError, match="31 characters"):
        Settings(store="", mode="production", secret="x" * 31)


def test_anonymous_gets_401_on_every_route_but_the_pulse_of_the_process(place):
    client, refused = place.anybody(), {}
    for rule in place.app.server.url_map.iter_rules():
        path = re.sub(r"<[^>]*>", "x", str(rule))
        for method in rule.methods - {"OPTIONS", "HEAD"}:
            refused[method, path] = client.open(path, method=method, buffered=True).status_code
    assert {route: code for route, code in refused.items() if code != 401} == OPEN
    assert client.get("/healthzfoo").status_code == client.get("/enterfoo").status_code == 401


def test_a_pass_opens_the_door_and_a_forged_one_does_not(place):
    good, client = Gate(place.settings).issue_pass(CITY), place.anybody()
    assert client.get("/enter", query_string={"pass": good[:-2] + "xx"}).status_code == 401
    assert client.get("/").status_code == 401
    other = Gate(Settings(store="", mode="production", secret="another secret of as many characters")).issue_pass(CITY)
    assert client.get("/enter", query_string={"pass": other}).status_code == 401
    answer = client.get("/enter", query_string={"pass": good})
    assert (answer.status_code, client.get("/").status_code) == (302, 200)
    (kept,) = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith(f"{access.COOKIE}={good[:9]}")]
    assert "HttpOnly" in kept


def test_a_pass_ends_with_the_shift(place, monkeypatch):
    from itsdangerous import timed

    gate = Gate(place.settings)
    text, now = gate.issue_pass(CITY), timed.time.time()
    monkeypatch.setattr(timed.time, "time", lambda: now + access.A_SHIFT_S - 60)
    assert gate.read_pass(text) == CITY
    monkeypatch.setattr(timed.time, "time", lambda: now + access.A_SHIFT_S + 60)
    assert gate.read_pass(text) is None


@pytest.mark.parametrize(
    ("role", "area"),
    [
        ("district", ""),  # would be the whole city
        ("street", "420102/"),  # would be the whole district
        ("street", "420102"),
        ("district", "420102/一元街道"),
        ("city", "420102"),
        ("community", "compound:"),
        ("mayor", ""),
    ],
)
def test_a_role_gets_no_pass_for_an_area_that_is_not_of_its_kind(place, role, area):
    with pytest.raises(AccessError, match=role):
        Gate(place.settings).issue_pass(Person("x", role, area))
    signed = Gate(place.settings)._signer().dumps(["x", role, area])
    assert Gate(place.settings).read_pass(signed) is None


# ---- what each role sees


@pytest.mark.parametrize("person", [CITY, DISTRICT, OTHER, STREET, COMMUNITY], ids=lambda one: one.area or "city")
@pytest.mark.parametrize("path", PAGES)
def test_every_role_can_use_every_page(place, person, path):
    client = place.browser(person)
    assert client.get(path).status_code == 200
    answer = place.page(client, path)
    assert answer.status_code == 200, said(answer)
    assert "shell" in said(answer)
    assert "notice-page" not in said(answer), said(answer)


@pytest.mark.parametrize("turn", ["lockdown", "beds", "staff", "supplies"])
def test_the_wall_of_a_street_turns_through_every_decision(place, turn):
    answer = place.page(STREET, "/wall", turn=turn)
    assert answer.status_code == 200
    assert "notice-page" not in said(answer), said(answer)


def test_a_view_without_an_area_is_the_persons_own(place, desk):
    plans = {person.area: lines(place.browser(person).get("/plan/lockdown.csv")) for person in (CITY, DISTRICT, STREET)}
    codes = {area: {row["subject"] for row in rows} for area, rows in plans.items()}
    assert codes[""] >= {"C1", "C2", "C3", "C4", "C5", "C6", "C7"}
    assert codes["420102"] == {"C1", "C2", "C3", "C6", "C7"}
    assert codes["420102/一元街道"] == {"C1", "C2", "C3"}
    assert desk.here(STREET, "/", "").view.area == "420102/一元街道"
    assert desk.here(STREET, "/", "").search == ""  # the address stays as it was


@pytest.mark.parametrize("path", ["/plan/lockdown.csv", "/plan/beds.csv", "/brief/lockdown.pdf", "/lockdown"])
@pytest.mark.parametrize("area", ["420103", "420103/一元街道", "compound:C4", "compound:C9", "compound:nobody", "zzz"])
def test_another_area_is_refused(place, path, area):
    assert place.browser(DISTRICT).get(path, query_string={"area": area}).status_code == 403
    assert place.browser(DISTRICT).post("/brief/lockdown.pdf", query_string={"area": area}).status_code == 403


@pytest.mark.parametrize("area", ["420102", "420102/二七街道", "compound:C6"])
def test_a_street_sees_neither_its_district_nor_the_street_beside_it(place, area):
    assert place.browser(STREET).get("/plan/lockdown.csv", query_string={"area": area}).status_code == 403
    assert place.page(STREET, "/", f"?area={area}").status_code == 403


@pytest.mark.parametrize("area", ["zzz", "420199", "420102/无此街道", "420102/", "compound:", "compound:nobody"])
def test_an_area_that_nobody_delivered_is_said_in_one_line(place, area):
    assert f"没有区域'{area}'" in said(place.page(CITY, "/lockdown", f"?area={area}"))
    assert f"there is no area '{area}'" in said(place.page(CITY, "/lockdown", f"?lang=en&area={area}"))
    for path in ("/plan/lockdown.csv", "/plan/beds.json"):
        answer = place.browser(CITY).get(path, query_string={"area": area})
        assert answer.status_code == 400
        assert f"there is no area '{area}'" in answer.get_json()["error"]


def test_plans_made_by_district_stay_in_the_district_of_a_compound(place):
    client = place.browser(CITY)
    for area in ("compound:C1", "420102/一元街道"):
        plan = client.get("/plan/beds.json", query_string={"area": area}).get_json()
        assert plan["area"] == "420102"
        assert {row["id"] for row in plan["tables"]["hospitals"]} == {"H1"}
    rows = lines(client.get("/plan/beds.csv", query_string={"area": "compound:C4"}))
    assert {row["district"] for row in rows} <= {"420103", ""}
    answer = client.get("/plan/beds.csv", query_string={"area": "compound:C9"})
    assert (answer.status_code, "in no district" in answer.get_json()["error"]) == (400, True)


@pytest.mark.parametrize("key", ["hospitals", "staff", "supplies"])
@pytest.mark.parametrize("person", [DISTRICT, STREET, COMMUNITY], ids=lambda one: one.role)
def test_beds_teams_and_stock_reach_the_district_around_and_no_further(desk, key, person):
    view = desk.store.view()
    assert set(desk.frames(CITY, view, [key])[key]["id"].str[-2:]) == {"H1", "H2", "H9"}
    assert set(desk.frames(person, view, [key])[key]["id"].str[-2:]) == {"H1"}


def test_compounds_reach_the_own_area_alone_and_districts_everybody(desk):
    view = desk.store.view()
    seen = {
        person.role: set(desk.frames(person, view, ["compounds"])["compounds"]["id"])
        for person in (CITY, DISTRICT, STREET, COMMUNITY)
    }
    assert seen == {
        "city": {f"C{n}" for n in (1, 2, 3, 4, 5, 6, 7, 9)},
        "district": {"C1", "C2", "C3", "C6", "C7"},
        "street": {"C1", "C2", "C3"},
        "community": {"C1"},
    }
    assert set(desk.frames(COMMUNITY, view, ["districts"])["districts"]["id"]) == {"420102", "420103"}


def test_counts_and_curve_are_those_of_the_own_area(desk):
    view = desk.store.view()
    people = (CITY, DISTRICT, OTHER, STREET, COMMUNITY)
    # Confirmed: 1 in C1, 5 in C4, 4 nowhere. The city counts all three, a district what lies in it.
    assert [int(desk.counts(one, view)["now_confirmed"]) for one in people] == [3, 1, 1, 1, 1]
    assert [int(desk.daily(one, view)["n"].sum()) for one in people] == [5, 2, 2, 1, 1]
    assert desk.unplaced(CITY, view) == 3
    assert desk.unplaced(DISTRICT, view) is None


def test_rows_are_filtered_even_when_the_query_forgets_to(desk):
    view = desk.store.view()
    columns = (placement.c.subject, placement.c.district, placement.c.street)
    everything = lambda _view: select(*columns).where(placement.c.known_until == FOREVER)  # noqa: E731
    read = lambda person: set(desk.gate.read(desk.store, person, everything, view)["subject"])  # noqa: E731
    assert read(CITY) == {"1", "2", "3", "4", "5"}
    assert read(DISTRICT) == {"1", "2"}  # 4 lies in no district
    assert read(STREET) == {"1"}


def test_what_is_kept_for_one_person_is_not_given_to_another(place):
    desk = Desk(place.settings, place.store, Gate(place.settings), TableStore())
    view = desk.store.view()
    assert len(desk.plan(CITY, "lockdown", view).proposals) > len(desk.plan(DISTRICT, "lockdown", view).proposals)
    with pytest.raises(AccessError):
        desk.plan(OTHER, "lockdown", view.narrowed("420102"))
    with pytest.raises(AccessError, match="sign in"):
        desk.plan(None, "lockdown", view)


# ---- the panel of a compound


@pytest.mark.parametrize("person", [CITY, DISTRICT, STREET, COMMUNITY], ids=lambda one: one.role)
def test_the_panel_of_an_own_compound_shows_its_people_without_their_doors(place, person):
    answer = place.panel(person, "C1")
    text = said(answer)
    assert (answer.status_code, "春风里" in text, "person-id" in text) == (200, True, True)
    assert not re.search(r"(?<![0-9A-Za-z.:])501(?![0-9A-Za-z])", text)  # the room in the address of case 1
    assert "2单元" not in text


@pytest.mark.parametrize("search", ["", "?area=420102", "?area=compound:C1"])
def test_the_panel_of_another_areas_compound_is_empty(place, search):
    answer = place.panel(DISTRICT, "C4", search)
    assert answer.status_code == 200
    assert "长江花园" not in said(answer)
    assert "person-id" not in said(answer)


def test_fields_of_persons_are_masked_for_every_role(desk):
    view = desk.store.view()
    rows = {one.role: desk.persons(one, view, "C1").iloc[0] for one in (CITY, DISTRICT, STREET, COMMUNITY)}
    assert not any("note" in row for row in rows.values())
    assert {row["address"] for row in rows.values()} == {"江岸区春风里"}
    assert not any("person" in row for row in rows.values())
    for person in (OTHER, Person("x", "street", "420102/二七街道"), Person("x", "community", "compound:C2")):
        with pytest.raises(AccessError):
            desk.persons(person, view, "C1")
        with pytest.raises(AccessError):
            desk.controls(person, view, "C1")


# ---- the quality page


def test_only_the_city_sees_the_rows_that_were_refused(own, tmp_path):
    receipt = city.cases(own.store, tmp_path, "2020-02-11T18:00", {"case_id": "7", "status": "好转"})
    values = {'{"index":"quality-receipts","type":"grid"}.selectedRows': [{"id": str(receipt.batch)}]}
    told = {
        person.role: said(own.call(own.browser(person), "quality-receipt.children", values))
        for person in (CITY, DISTRICT, STREET)
    }
    assert {role: "好转" in text for role, text in told.items()} == {"city": True, "district": False, "street": False}


def test_the_queue_holds_what_waits_in_the_own_area(place):
    told = {one.role + one.area: said(place.page(one, "/quality")) for one in (CITY, DISTRICT, OTHER, STREET)}
    waits = {who: {key for key in ("case:2", "case:3") if f'"index": "{key}"' in text} for who, text in told.items()}
    assert waits == {
        "city": {"case:2", "case:3"},
        "district420102": {"case:2"},
        "district420103": {"case:3"},
        "street420102/一元街道": set(),
    }


# ---- decisions


@pytest.mark.parametrize(
    ("person", "key", "code", "status"),
    [
        (OTHER, "case:2", "C6", 403),  # the person lies in another district
        (DISTRICT, "case:2", "C4", 403),  # the compound does
        (DISTRICT, "case:4", "C6", 403),  # nobody knows where the person lies
        (STREET, "case:2", "C1", 403),  # streets do not decide
        (COMMUNITY, "case:2", "C1", 403),
        (CITY, "case:2", "nobody", 400),
        (CITY, "case:99", "C1", 400),
    ],
)
@pytest.mark.parametrize("stated", [True, False])
def test_a_refused_decision_writes_nothing(own, person, key, code, status, stated):
    before = own.store.read(select(placement)).to_dict("records"), len(own.store.read(select(batch.c.id)))
    search = f"?area={person.area}" if stated else ""
    assert own.decide(person, key, code, search).status_code == status
    assert (own.store.read(select(placement)).to_dict("records"), len(own.store.read(select(batch.c.id)))) == before


def test_a_district_decides_its_own_matches_and_signs_them(own):
    assert own.decide(DISTRICT, "case:2", "C6").status_code == 200
    assert match(own, "case:2") == ["accepted", "C6", "江岸值班"]
    assert own.decide(OTHER, "case:3", "").status_code == 200
    assert match(own, "case:3") == ["unmatched", "", "江汉值班"]


def test_what_the_machine_was_sure_of_is_not_decided(own):
    answer = own.decide(CITY, "case:1", "C2")
    assert "只有待核的匹配由人判定" in said(answer)
    assert match(own, "case:1") == ["accepted", "C1", "auto"]


def test_a_decision_is_changed_only_on_purpose(own):
    own.decide(DISTRICT, "case:2", "C6")
    again = own.decide(DISTRICT, "case:2", "C7")
    assert "已由江岸值班判定" in said(again)
    assert match(own, "case:2") == ["accepted", "C6", "江岸值班"]
    number = own.store.revision(own.store.latest())
    assert own.undo(OTHER, number).status_code == 403  # another district's
    assert own.undo(CITY, number).status_code == 200
    assert match(own, "case:2") == ["review", "", "auto"]
    assert own.decide(CITY, "case:2", "C7").status_code == 200
    assert match(own, "case:2") == ["accepted", "C7", "总值班"]


# ---- the gazetteer


MERGE = {"kind": "merge", "code": "C7", "others": ["C6"], "name": "", "why": ""}
ALIAS = {"kind": "alias", "code": "C7", "others": [], "name": "幸福人家", "why": ""}


def changed(place):
    return place.store.read(select(care.c.kind, care.c.compound, care.c.stands, care.c.decided_by)).values.tolist()


def test_the_city_changes_the_gazetteer_and_signs_it(own):
    assert "将移动 0 人" in said(own.care(CITY, "merge", "C7>C6"))
    assert changed(own) == []
    assert own.care(CITY, "apply", "now", MERGE).status_code == 200
    assert changed(own) == [["merge", "C7", True, "总值班"]]


@pytest.mark.parametrize("person", [DISTRICT, STREET, COMMUNITY], ids=lambda one: one.role)
def test_nobody_else_merges_compounds(own, person):
    assert own.care(person, "merge", "C7>C6").status_code == 403
    assert own.care(person, "apply", "now", MERGE).status_code == 403
    assert changed(own) == []


def test_a_district_teaches_aliases_of_its_own_compounds_and_undoes_no_more(own):
    assert "不在420103" in said(own.care(OTHER, "apply", "now", ALIAS))
    assert own.care(STREET, "apply", "now", ALIAS).status_code == 403
    own.care(DISTRICT, "apply", "now", ALIAS)
    own.care(CITY, "apply", "now", MERGE)
    assert changed(own) == [["alias", "C7", True, "江岸值班"], ["merge", "C7", True, "总值班"]]
    merged = own.store.revision(own.store.latest())
    assert "您只能撤销alias" in said(own.care(DISTRICT, "apply", "now", {"batch": merged}))
    own.care(DISTRICT, "apply", "now", {"batch": merged - 1})
    assert changed(own)[-1] == ["alias", "C7", False, "江岸值班"]


@pytest.mark.parametrize("person", [STREET, COMMUNITY], ids=lambda one: one.role)
def test_who_may_change_nothing_may_not_even_rehearse_an_undoing(own, person):
    own.care(CITY, "apply", "now", MERGE)
    number = own.store.revision(own.store.latest())
    assert own.care(person, "undo", str(number)).status_code == 403
    assert own.care(person, "apply", "now", {"batch": number}).status_code == 403
    assert own.store.revision(own.store.latest()) == number


@pytest.mark.parametrize(
    ("do", "index", "pending"),
    [
        ("undo", "abc", None),
        ("undo", "-1", None),
        ("undo", "²", None),
        ("undo", "9" * 30, None),
        ("frob", "C7>C6", None),
        ("merge", "C7", None),
        ("apply", "now", {"batch": 1.5}),
        ("apply", "now", {"batch": True}),
        ("apply", "now", {"batch": 0}),
        ("apply", "now", {"batch": 10**20}),
    ],
)
def test_a_malformed_button_of_the_care_is_refused(own, do, index, pending):
    assert own.care(CITY, do, index, pending).status_code == 400


def test_a_batch_may_have_any_number(own):
    assert "不是有效的小区库修改" in said(own.care(CITY, "apply", "now", {"batch": 123_456}))


def test_the_rehearsal_of_a_merge_shows_the_orders_that_move(own, tmp_path):
    zone = {"zone_id": "Z7", "name": "百步亭二期", "compound": "C7", "state": "封控", "since": "2020-02-09"}
    city.deliver(own.store, "controls", city.table(tmp_path / "z.csv", [zone]), "2020-02-11T18:00")
    assert "C7 → C6：封控；之后以“封控”为准" in said(own.care(CITY, "merge", "C7>C6"))


def test_a_reviewer_decides_for_one_address_and_teaches_its_name(own, tmp_path):
    rows = [{"case_id": n, "address": f"江岸区新百步亭{n}栋", "district": "江岸区"} for n in ("8", "9")]
    city.cases(own.store, tmp_path, "2020-02-11T18:00", *rows)
    assert own.decide(DISTRICT, "case:8", "C6", same=["on"], learn=["解放大道"]).status_code == 400
    assert own.decide(DISTRICT, "case:8", "C6", same=["on"], learn=["新百步亭"]).status_code == 200
    assert match(own, "case:9") == ["accepted", "C6", "江岸值班"]
    assert changed(own) == [["alias", "C6", True, "江岸值班"]]


def test_the_care_of_the_gazetteer_is_shown_to_those_who_may_change_it(place):
    shown = {
        one.role: '"id": "care-try"' in said(place.page(one, "/quality")) for one in (CITY, DISTRICT, STREET, COMMUNITY)
    }
    assert shown == {"city": True, "district": True, "street": False, "community": False}


# ---- nothing goes around it


def test_only_the_gate_reads_rows_in_the_dashboard():
    around = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "dashboard").rglob("*.py")
        if re.search(r"(?<!layers\.)\bstore\.(?:read|frame|snapshot|engine)\b", path.read_text("utf-8"))
    ]
    assert around == ["dashboard/access.py"]


def test_every_layer_is_closed_unless_it_is_named_here():
    from layers._catalog import all_layers

    open_to_all = {key for key, reach in access.LAYERS.items() if reach == access.SHARED}
    assert open_to_all == {"borders", "districts", "labels", "roads", "water"}
    assert set(access.LAYERS) <= set(all_layers())


def test_a_drill_lets_everybody_in_and_still_asks_the_gate(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'drill.db'}", "drill")
    city.found(store, tmp_path)
    drill = Office(f"sqlite:///{tmp_path / 'drill.db'}", "drill")
    assert drill.page(drill.anybody(), "/").status_code == 200
    assert drill.anybody().get("/plan/beds.csv?area=zzz").status_code == 400


def test_a_plan_from_the_command_line_asks_the_gate_too(built, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("FANGYI_MODE", "production")
    monkeypatch.setenv("FANGYI_SECRET", office.SECRET)
    store, out = ["--store", f"sqlite:///{copied(built, tmp_path / 'own.db')}"], str(tmp_path / "plan.json")
    assert main(["plan", "beds", "--area", "zzz", "--out", out, *store]) == 2
    assert capsys.readouterr().err.startswith("error: area 'zzz' is not known")
    assert main(["plan", "beds", "--area", "compound:C1", "--out", out, *store]) == 0
    assert json.loads((tmp_path / "plan.json").read_text("utf-8"))["area"] == "420102"


@pytest.mark.parametrize("area", ["420102/\0", "420102/\ud800", "compound:\0", "\ud800"])
def test_an_area_that_no_database_can_be_asked_for_is_none(empty, tmp_path, area):
    store = databases.opened(empty, tmp_path, "production")
    assert place_of(store, area) is None
    store.close()
