"""Orders on the pages: the way back from the wall's figure, who sees and does what, stale pages, and that nothing of a person leaves."""

import csv
import io
import json
import re
import sqlite3
from dataclasses import replace
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy import select

from dashboard import access
from dashboard.__main__ import main
from dashboard.access import Gate
from dashboard.orders import DECISION, EXPORTED, span
from dashboard.roles import AccessError, Person
from layers import hospitals
from layers._times import SHANGHAI, parse_time, to_ms
from layers.decisions import staff
from layers.decisions._catalog import PLANS, plan_of
from layers.decisions.rules import all_rules
from layers.intake.ordering import give, take
from layers.store import journal
from layers.store.order_states import ORDERABLE, STEPS, OrderError
from layers.store.orders import SOURCES
from layers.store.schema import FOREVER, batch, orders, person, person_status
from tests import city, office
from tests.beginnings import copied
from tests.office import CITY, COMMUNITY, DISTRICT, OTHER, STREET, Office, press_of, said
from tests.orders import LEAST, draft, drafted, given, walked

FEEDBACK = "已封闭，两个出入口值守"


@pytest.fixture
def own(built, tmp_path):
    return Office.copy(tmp_path, built)


@pytest.fixture
def drill(built, tmp_path):
    """The same office in a drill, whose clock stands at the last delivery: everybody is its visitor."""
    path = copied(built, tmp_path / "drill.db")
    with sqlite3.connect(path) as raw:
        raw.execute("update meta set value = '\"drill\"' where name = 'kind'")
    return Office(f"sqlite:///{path}", "drill")


def desk_of(place):
    return place.app.server.extensions["desk"]


def clocks(place, kind="lockdown", person=CITY):
    plan = desk_of(place).plan(person, kind, place.store.view(area=person.area))
    return f"{to_ms(plan.as_of)}-{to_ms(plan.known_at)}"


def press(place, who, button, values=None, state=None, search=""):
    """Press a button of the dialog; return the answer."""
    client = place.browser(who)
    client.get("/healthz")
    fields = [
        {"id": {"type": "order-field", "index": name}, "property": "value", "value": text}
        for name, text in (values or {}).items()
    ]
    told = {"url.pathname": "/lockdown", "url.search": search, "order-state.data": state, "order-field.value": fields}
    return place.call(
        client, "..order-dialog.children...order-state.data..", told | press_of("order", button), "press-order.data"
    )


def opened(place, who=CITY, subject="C1", **more):
    button = {"type": "order-open", "kind": "lockdown", "index": subject, "at": clocks(place, person=who)}
    return press(place, who, button, **more)


def state_of(answer):
    return answer.get_json()["response"]["order-state"]["data"]


ENTERED = {
    "action": "seal_building",
    "owner": "一元街道办事处",
    "level": "urgent",
    "deadline": "",
    "reason": "新增病例，先行封控",
}
CONFIRM = {"type": "order-do", "do": "confirm"}


def confirmed(place, who=CITY, state=None, **changes):
    state = state or state_of(opened(place, who))
    return press(place, who, CONFIRM, ENTERED | changes, state)


def believed(place):
    return place.store.read(select(orders).where(orders.c.known_until == FOREVER))


# ---- the table


def table_of(place, who, search=""):
    """The rows of the table of orders by number, as a browser gets them."""
    page = place.page(who, "/orders", f"table=orders&{search}").get_json()["response"]["page"]["children"]
    found = []

    def walk(one):
        if isinstance(one, list):
            [walk(part) for part in one]
        elif isinstance(one, dict):
            found.extend(one["props"]["rowData"] if one.get("type") == "AgGrid" else [])
            walk(one.get("props", {}).get("children"))

    walk(page)
    return {row["id"]: row for row in found}


def test_the_table_holds_the_orders_of_its_filters_in_words_and_hours(own):
    due = own.store.now() + timedelta(hours=4)
    late, done = given(own.store, "C1", deadline=due), given(own.store, "C4")
    walked(own.store, done, "closed")
    soon = f"as_of={due + timedelta(hours=3):%Y-%m-%dT%H:%M}"
    assert list(table_of(own, CITY, soon)) == [late]  # closed ones leave as they leave the list
    rows = table_of(own, CITY, f"{soon}&state=all")
    assert set(rows) == {late, done}
    assert rows[late]["overdue"] == pytest.approx(3, abs=0.1)
    assert rows[done]["overdue"] is None  # not late is not 0 hours late
    assert [rows[late][name] for name in ("state", "district", "owner")] == ["已下达", "江岸区", "一元街道办事处"]
    assert rows[late]["deadline"] == due.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    assert table_of(own, CITY, "state=all&lang=en")[done]["state"] == "Closed"
    assert [set(table_of(own, who, "state=all")) for who in (DISTRICT, OTHER)] == [{late}, {done}]  # each its own


# ---- the way back


def test_an_order_is_traced_from_the_walls_figure_to_rows_rule_person_and_feedback(own):
    assert "L-" in said(confirmed(own))
    number = believed(own)["number"][0]
    for step, text in (("acknowledge", ""), ("report", FEEDBACK)):
        take(own.store, number, step, "一元街值班", LEAST, text=text, area=STREET.area)
    wall = said(own.page(CITY, "/wall"))  # the figure, its source, and the address that leads on
    assert number in wall
    source = re.search(r"指令簿 1 项 · 批次 (\d+)", wall)
    assert source
    assert int(source[1]) == believed(own)["batch"][0]
    link = re.search(r"/orders\?state=open", wall)[0]
    listed = said(own.page(CITY, *link.split("?")))  # the desk lists it
    there = re.search(rf"/orders\?[^\"]*order={number}", listed)
    assert there
    shown = said(own.page(CITY, "/orders", f"order={number}"))
    order, steps = desk_of(own).order(CITY, own.store.view(), number)
    kept = order["frozen"]
    for reason in kept["proposal"]["reasons"]:  # evidence and rule
        assert reason["zh"] in shown
        assert reason["rule"] in shown
        assert reason["rule"] in {rule.id for rule in all_rules()}
    assert kept["proposal"]["reasons"][0]["evidence"] == ["confirmed 2020-02-03: 1"]
    rows = desk_of(own).rows_of(CITY, order, own.store.view())  # rows: batch, file, lines
    file = rows[rows["feed"] == "cases"].iloc[0]
    assert f'"{file["file"]}"' in shown
    lines = own.store.read(select(person_status.c.row).where(person_status.c.batch == int(file["batch"])))["row"]
    assert {file["first"], file["last"]} <= set(lines)
    assert own.store.read(select(batch.c.file).where(batch.c.id == int(file["batch"])))["file"][0] == file["file"]
    assert [steps["acted_by"][0], steps["acted_by"][2]] == ["总值班", "一元街值班"]  # persons
    assert "总值班" in shown
    assert FEEDBACK in shown  # feedback
    then = {name: parse_time(kept["plan"][name]) for name in ("as_of", "known_at")}
    assert plan_of("lockdown", own.store, own.store.view(**then)).inputs_hash == order["inputs_hash"]
    lines = journal.entries(own.store)
    assert set(lines[lines["subject"] == number]["action"]) == {"order"}


def test_the_page_as_it_was_shows_the_frozen_proposal_again(own):
    confirmed(own)
    order, _ = desk_of(own).order(CITY, own.store.view(), believed(own)["number"][0])
    shown = said(own.page(CITY, "/orders", f"order={order['number']}"))
    link = re.search(r"/lockdown\?[^\"]*as_of=[^\"]*", shown)[0]
    here = desk_of(own).here(CITY, *link.split("?"))
    plan = desk_of(own).plan(CITY, "lockdown", here.view)
    assert plan.inputs_hash == order["inputs_hash"]


def test_what_came_in_since_is_told_beside_what_was_known(drill, tmp_path):
    confirmed(drill)
    number = believed(drill)["number"][0]
    assert "没有变化" in said(drill.page(CITY, "/orders", f"order={number}"))
    new = {"case_id": "77", "address": "江岸区春风里4栋1单元101", "status_at": "2020-02-10"}
    city.cases(drill.store, tmp_path, "2020-02-11T18:00", new)
    shown = said(drill.page(CITY, "/orders", f"order={number}"))
    assert "新增确诊1人（02-10）" in shown
    assert "confirmed 2020-02-03: 1" not in shown  # counts are told in the language of the page
    assert "确诊 2020-02-03：1人" in shown


# ---- stale pages, two at once


def test_a_page_whose_proposal_has_changed_is_told_and_orders_nothing(own, tmp_path):
    state = state_of(opened(own))
    new = {"case_id": "77", "address": "江岸区春风里4栋1单元101", "status_at": "2020-02-10"}
    city.cases(own.store, tmp_path, "2020-02-11T18:00", new)
    answer = confirmed(own, state=state)
    assert "方案已变" in said(answer)
    assert believed(own).empty
    assert "L-" in said(confirmed(own, state=state_of(answer)))  # now it was seen
    assert believed(own)["frozen"][0]["proposal"]["reasons"][0]["evidence"][-1] == "confirmed 2020-02-10: 1"


def test_data_that_change_nothing_about_a_subject_do_not_stop_its_order(own, tmp_path):
    state = state_of(opened(own))
    city.cases(own.store, tmp_path, "2020-02-10T18:05", {"case_id": "5", "address": "江汉区长江花园一期2栋1单元301"})
    assert "指令已下达" in said(confirmed(own, state=state))
    assert len(believed(own)) == 1


def test_a_second_click_gives_the_same_answer_and_a_second_person_is_told_whose_it_is(own):
    state, others = state_of(opened(own)), state_of(opened(own, DISTRICT))
    first = said(confirmed(own, state=state))
    assert said(confirmed(own, state=state)) == first
    answer = said(confirmed(own, DISTRICT, others))
    assert "C1 已有指令 L-" in answer
    assert "由 总值班 下达" in answer
    assert len(believed(own)) == 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"owner": ""}, "责任单位为“”；至少 2 字"),
        ({"deadline": "2020-02-01"}, "已过"),
        ({"deadline": "明天"}, "不是时间"),
        ({"action": "keep", "reason": "不封"}, "至少 8 字"),
    ],
)
def test_what_is_missing_is_said_in_the_dialog_and_what_was_typed_stays(own, changes, why):
    answer = said(confirmed(own, **changes))
    assert why in answer
    assert (ENTERED | changes)["reason"] in answer
    assert believed(own).empty


@pytest.mark.parametrize("search", ["?known_at=2020-02-05", "?as_of=2020-02-05"])
def test_nobody_orders_in_the_past(own, search):
    assert "order-open" not in said(own.page(CITY, "/lockdown", search[1:]))
    assert opened(own, search=search).status_code == 400


@pytest.mark.parametrize("at", ["", "1", "1-2-3", "a-b", "1-99999999999999"])
def test_forged_clocks_are_refused(own, at):
    button = {"type": "order-open", "kind": "lockdown", "index": "C1", "at": at}
    assert press(own, CITY, button).status_code == 400


# ---- who


def test_every_step_is_listed_by_role_and_what_is_not_listed_is_closed():
    assert {role: set(steps) for role, steps in access.ORDERERS.items()} == {
        "city": {"give", *STEPS},
        "district": {"give", *STEPS},
        "street": {"acknowledge", "report"},
        "community": {"acknowledge", "report"},
    }
    for step in ("give", *STEPS, "anything"):
        with pytest.raises(AccessError, match="nobody may not"):
            Gate(None).orderer(None, step)
        with pytest.raises(AccessError, match=step):
            Gate(None).orderer(Person("x", "mayor"), step)


@pytest.mark.parametrize(("who", "may"), [(CITY, True), (DISTRICT, True), (STREET, False), (COMMUNITY, False)])
def test_city_and_district_give_orders_and_the_others_have_no_button(own, who, may):
    assert ("order-open" in said(own.page(who, "/lockdown"))) is may
    assert opened(own, who).status_code == (200 if may else 403)
    assert believed(own).empty


def test_a_district_cannot_order_another_districts_compound(own):
    state = state_of(opened(own, CITY, "C4"))
    answer = press(own, DISTRICT, CONFIRM, ENTERED, state)
    assert "不再就此提出建议" in said(answer)  # its plan has no such compound
    assert believed(own).empty


@pytest.mark.parametrize(
    ("who", "steps"),
    [(CITY, {"acknowledge", "withdraw"}), (DISTRICT, {"acknowledge"}), (STREET, {"acknowledge"}), (COMMUNITY, set())],
)
def test_the_owners_area_acknowledges_and_the_givers_withdraws(own, who, steps):
    number = given(own.store)
    shown = said(own.page(who, "/orders", f"order={number}"))
    assert number in shown
    assert {one for one in STEPS if f'"do": "{one}"' in shown} == steps
    for step in STEPS:
        answer = press(own, who, {"type": "order-step", "do": step, "index": number})
        assert answer.status_code == (200 if step in access.ORDERERS[who.role] else 403)


def test_an_order_is_seen_where_its_subject_lies_and_where_its_owner_belongs(own):
    mine = given(own.store)
    theirs = given(own.store, "C4", owner="江岸区防控指挥部", owner_area="420102")
    seen = {
        who.name: set(desk_of(own).orders(who, own.store.view())["number"])
        for who in (CITY, DISTRICT, OTHER, STREET, COMMUNITY)
    }
    assert seen == {
        CITY.name: {mine, theirs},
        DISTRICT.name: {mine, theirs},
        OTHER.name: {theirs},
        STREET.name: {mine},
        COMMUNITY.name: {mine},
    }
    assert "没有可查看的指令" in said(own.page(OTHER, "/orders", f"order={mine}"))


def test_somebody_elses_order_cannot_be_stepped(own):
    number = given(own.store)
    assert press(own, OTHER, {"type": "order-step", "do": "acknowledge", "index": number}).status_code == 403
    state = {"do": "acknowledge", "number": number, "batch": int(believed(own)["batch"][0])}
    assert press(own, OTHER, CONFIRM, {"text": ""}, state).status_code == 403
    assert believed(own)["state"].tolist() == ["given"]


# ---- nothing of a person


def test_privacy_rights_no_field_of_a_person_is_frozen_exported_or_on_the_wall(own):
    number = given(own.store, reason="新增病例，先行封控")
    walked(own.store, number, "done")
    kept = json.dumps(believed(own)["frozen"][0], ensure_ascii=False)
    files = [own.browser(CITY).get(f"/orders.{form}?state=all").get_data() for form in ("csv", "xlsx")]
    book = openpyxl.load_workbook(io.BytesIO(files[1]), read_only=True)
    cells = [
        str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None
    ]
    wall, page = said(own.page(CITY, "/wall")), said(own.page(CITY, "/orders", f"order={number}"))
    persons = own.store.read(select(person.c.subject, person.c.address, person.c.note, person.c.person))
    secret = {
        text
        for name in ("address", "note", "person")
        for text in persons[name]
        if isinstance(text, str) and len(text) > 2
    }
    assert len(secret) >= 5
    for told in (kept, files[0].decode("utf-8-sig"), "\n".join(cells), wall, page):
        assert number in told or told is kept
        assert [text for text in secret if text in told] == []
        assert "2单元" not in told  # a unit, a room
        assert not re.search(r"(?<![0-9A-Za-z.:])501(?![0-9A-Za-z])", told)  # a room, not part of a digest or a time
    assert FEEDBACK not in wall  # what people wrote is for the desk
    names = {"address", "age", "sex", "note", "person", "subject_id", "case_id", "phone", "lon", "lat"}
    assert names & set(re.findall(r'"(\w+)":', kept)) == set()


def test_the_export_is_the_list_on_screen_in_both_languages_and_journalled(own):
    given(own.store)
    walked(own.store, given(own.store, "C2"), "closed")
    for search, n, lang in (("", 1, "zh"), ("?state=all&lang=en", 2, "en"), ("?state=closed&lang=en", 1, "en")):
        answer = own.browser(CITY).get(f"/orders.csv{search}")
        rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
        assert len(rows) == n
        assert list(rows[0]) == [words[lang == "en"] for words in EXPORTED.values()]
    assert own.browser(CITY).get("/orders.json").status_code == 404
    assert own.browser(STREET).get("/orders.csv?area=420103").status_code == 403
    lines = journal.entries(own.store)
    assert (lines["action"] == "export").sum() == 3


def test_an_orders_text_that_looks_like_a_formula_is_made_safe(own):
    given(own.store, reason="=HYPERLINK(1)+cmd")
    assert "'=HYPERLINK" in own.browser(CITY).get("/orders.csv").get_data().decode("utf-8-sig")


# ---- what is kept, what is late, the terminal


def test_no_plan_is_computed_again_for_an_order_and_an_override_asks_the_lockdown_plan_alone(own):
    desk, at = desk_of(own), parse_time("2020-02-11")  # the clock on the wall makes every view another one
    before = {kind: desk.plan(CITY, kind, own.store.view(as_of=at)) for kind in ("lockdown", "beds")}
    given(own.store)
    assert {kind: desk.plan(CITY, kind, own.store.view(as_of=at)) is plan for kind, plan in before.items()} == {
        "lockdown": True,
        "beds": True,
    }
    given(own.store, "C2", action="keep", proposed="seal", reason="该楼栋上午已经单独封控")
    again = {kind: desk.plan(CITY, kind, own.store.view(as_of=at)) is plan for kind, plan in before.items()}
    assert again == {"lockdown": False, "beds": True}


@pytest.fixture
def free_team(own, tmp_path):
    """A team that waits for a hospital, as the plan of the whole city sends it."""
    row = {"team_id": "T7", "team": "援汉七队", "skill": "nurse", "people": 20, "arrived_at": "2020-02-10"}
    city.deliver(own.store, "staff", city.table(tmp_path / "free.csv", [row]), "2020-02-11T08:00")
    return own


def test_an_order_to_staff_is_in_the_staff_and_joint_plans_at_once_and_in_no_other(free_team):
    own, at = free_team, free_team.store.now() + timedelta(days=1)  # one moment, after the order, for every view
    desk = desk_of(own)
    kinds = ("lockdown", "beds", "staff", "supplies", "joint")
    before = {kind: desk.plan(CITY, kind, own.store.view(as_of=at)) for kind in kinds}
    number = give(own.store, [drafted(own.store, "staff", "T7")], "总值班", LEAST).numbers[0]
    view = own.store.view(as_of=at)
    again = {kind: desk.plan(CITY, kind, view) for kind in kinds}
    assert {kind: again[kind] is plan for kind, plan in before.items()} == {
        **dict.fromkeys(("lockdown", "beds", "supplies"), True),
        **dict.fromkeys(("staff", "joint"), False),
    }
    assert desk._facts(CITY, "staff", view).ordered.values.tolist() == [["T7", before_hospital(before["staff"])]]
    for kind in ("staff", "joint"):
        alone = plan_of(kind, own.store, view)
        assert again[kind].inputs_hash == alone.inputs_hash != before[kind].inputs_hash
        assert again[kind].to_frame().equals(alone.to_frame())
    take(own.store, number, "withdraw", "总值班", LEAST, text="另有安排，先不派")
    assert desk._facts(CITY, "staff", own.store.view(as_of=at)).ordered.empty


def before_hospital(plan):
    return next(p for p in plan.proposals if p.subject == "T7").figures["hospital"]


def test_an_order_of_another_districts_team_is_not_in_a_districts_facts(free_team):
    store = free_team.store
    asked = drafted(store, "staff", "T7")
    give(store, [replace(asked, subject=team) for team in ("T7", "TH1", "TH2")], "总值班", LEAST)
    sites = store.read(hospitals.query(store.view()))[["id", "district"]].drop_duplicates()
    theirs = {district: f"T{code}" for code, district in sites.values.tolist() if code != "H9"}
    assert len(theirs) == 2
    for district, mine in theirs.items():
        found = staff.gather(store, store.view(area=district)).ordered["team"].tolist()
        assert sorted(found) == ["T7", mine]  # the reserve is everybody's


def test_whatever_can_be_ordered_has_a_number_a_name_and_a_source():
    assert set(ORDERABLE) == set(SOURCES) == set(DECISION) <= set(PLANS)
    assert len(set(ORDERABLE.values())) == len(ORDERABLE)


def test_a_plan_of_which_nothing_is_ordered_is_refused(own):
    with pytest.raises(OrderError, match="nothing of the plan 'situation' is ordered"):
        given(own.store, decision="situation")


@pytest.mark.parametrize("subject", ["beds:icu", "staff:nurse", "items:N95|只"])
def test_an_order_of_the_joint_plan_leads_to_the_counts_behind_it(own, subject):
    asked = replace(
        draft(own.store), decision="joint", subject=subject, name=subject, district="", street="", compound=""
    )
    (number,) = give(own.store, [replace(asked, owner="市物资组", owner_area="")], "总值班", LEAST).numbers
    assert number.startswith("J-")
    desk, view = desk_of(own), own.store.view()
    order, _ = desk.order(CITY, view, number)
    assert desk.rows_of(CITY, order, view)["feed"].tolist() == [
        {"b": "beds", "s": "staff", "i": "supplies"}[subject[0]]
    ]
    assert number in said(own.page(CITY, "/orders", f"?order={number}"))


def test_who_only_owns_an_order_sees_no_deliveries_about_a_subject_elsewhere(own):
    number = given(own.store, "C4", owner="一元街办事处", owner_area="420102/一元街道")
    desk, view = desk_of(own), own.store.view()
    order, _ = desk.order(STREET, view, number)
    assert order["subject"] == "C4"  # the order itself is theirs
    with pytest.raises(AccessError, match="may not see what is known of"):
        desk.rows_of(STREET, order, view)
    shown = said(own.page(STREET, "/orders", f"?order={number}"))
    assert "对象不在本辖区，不列报送" in shown
    assert "cases_" not in shown
    assert len(desk.rows_of(OTHER, order, view))


def test_an_overdue_order_says_by_how_much_on_page_and_wall(own):
    number = given(own.store, deadline=own.store.now() + timedelta(hours=4))
    late = "as_of=" + (own.store.now() + timedelta(hours=7)).strftime("%Y-%m-%dT%H:%M")
    for path in ("/orders", "/wall"):
        shown = said(own.page(CITY, path, late))
        assert number in shown
        assert re.search(r"逾期 [23]小时", shown)
    assert "无逾期" in said(own.page(CITY, "/orders"))


def test_a_span_is_written_in_minutes_hours_and_days():
    told = [
        (timedelta(seconds=20), "<1 min"),
        (timedelta(minutes=59), "59 min"),
        (timedelta(hours=47), "47 h"),
        (timedelta(hours=49), "2 d"),
    ]
    assert [span(passed, "en") for passed, _ in told] == [words for _, words in told]
    assert (span(None, "en"), span(timedelta(hours=3), "zh"), span(-timedelta(hours=3), "zh")) == (
        "–",
        "3小时",
        "不足1分钟",
    )


def test_the_terminal_lists_shows_and_takes_steps(own, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("FANGYI_MODE", "production")
    monkeypatch.setenv("FANGYI_SECRET", office.SECRET)
    number, store = given(own.store), ["--store", own.settings.store]
    assert main(["orders", "list", *store]) == 0
    assert number in capsys.readouterr().out
    assert main(["orders", "close", number, "--by", "值班", *store]) == 2
    assert capsys.readouterr().err == f"error: {number} is given; close is possible when it is done\n"
    for step, text in (("acknowledge", ""), ("report", FEEDBACK), ("close", "")):
        assert main(["orders", step, number, "--by", "值班", "--text", text, *store]) == 0
    assert f"{number}: closed" in capsys.readouterr().out
    assert main(["orders", "show", number, "--lang", "en", *store]) == 0
    told = capsys.readouterr().out
    assert FEEDBACK in told
    assert "because [closure/" in told
    assert re.search(r"from batch \d+ cases cases_2020-02-10T1800.csv: \d+ rows", told)
    assert main(["orders", "export", "--state", "all", "--out", str(tmp_path / "o.xlsx"), *store]) == 0
    assert openpyxl.load_workbook(tmp_path / "o.xlsx").sheetnames == ["about", "list"]
