"""What screens ask by themselves: the pulse, the self-check, alerts on the page, and that one plan serves every open screen."""

import json
import re
import time
from datetime import UTC, datetime
from threading import Event, Thread
from types import SimpleNamespace

import pytest

from dashboard import access, scrub, serving
from dashboard.app import PROGRAM
from dashboard.live import code_of
from dashboard.pages import Asked, _live
from dashboard.pages import _wall_figures as wall
from dashboard.pages import alerts as page_of_alerts
from dashboard.roles import Person
from dashboard.watch import Watch
from layers._times import parse_time
from layers.store import alerts, database, open_store
from layers.store.alerts import Rule
from tests import city
from tests.office import CITY, COMMUNITY, DISTRICT, OTHER, STREET, Office, press_of, said
from tests.orders import given

TOTAL = Rule("新增偏多", "count", {"status": "counted", "measure": "new14", "each": ""}, 2, ("总值班",), sound=True)
HOME = Rule("小区有病例", "count", {"status": "confirmed", "measure": "now", "each": "compound"}, 1, ("社区组",))
LATE = Rule("床位迟报", "age", {"feed": "beds"}, 24, ("信息组",))
SHORT = Rule("物资不足", "shortage", {"what": "item", "name": "*"}, 5, ("物资组",))


@pytest.fixture
def own(tmp_path, built):
    return Office.copy(tmp_path, built)


def watch_of(own):
    return own.app.server.extensions["watch"]


def looked(own, *rules):
    """Alerts that a watch raises under these rules: name -> subject and value."""
    for rule in rules:
        alerts.make(own.store, rule, "总值班")
    watch_of(own).look()
    rows = own.store.read(alerts.standing())
    return {(row.name, row.subject): row.value for row in rows.itertuples()}


# ---- alerts


def test_a_watch_judges_counts_ages_and_shortages(own, monkeypatch):
    production_at(own, monkeypatch, "2020-02-10T20:00")
    found = looked(own, TOTAL, HOME, LATE, SHORT)
    assert found["新增偏多", ""] == 3  # confirmed on the 3rd
    assert found["小区有病例", "C1"] == 1
    assert found["床位迟报", "beds"] == 33  # delivered on the 9th at 11
    assert [name for name, _ in found].count("物资不足") == 1


def test_a_watch_that_looks_again_changes_nothing_and_reads_no_counts(own, monkeypatch):
    before = looked(own, HOME, LATE)
    monkeypatch.setattr("dashboard.watch.totals.wide", None)  # would fail if it were asked
    assert watch_of(own).look() == []
    assert looked(own) == before


def test_everybody_is_told_of_late_feeds_and_of_their_own_area_alone(own):
    looked(own, HOME, LATE)
    shown = {who.role + who.area: said(own.page(who, "/alerts")) for who in (CITY, DISTRICT, OTHER, STREET, COMMUNITY)}
    assert all("床位 已" in text for text in shown.values())
    homes = {
        who: [name for name in ("春风里", "长江花园一期") if f"{name} 现有确诊" in text] for who, text in shown.items()
    }
    assert homes == {
        "city": ["春风里", "长江花园一期"],
        "district420102": ["春风里"],
        "district420103": ["长江花园一期"],
        "street420102/一元街道": ["春风里"],
        "communitycompound:C1": ["春风里"],
    }


def press(own, who, do, index="0", words=(), fields=()):
    def given_(kind, pairs):
        return [
            {"id": {"index": name, "type": kind}, "property": "value", "value": text}
            for name, text in dict(pairs).items()
        ]

    id = {"do": do, "index": index, "type": "alert-do"}
    values = {
        **press_of("alert", id),
        "alert-word.value": given_("alert-word", words),
        "alert-field.value": given_("alert-field", fields),
        "url.pathname": "/alerts",
        "url.search": "",
    }
    return own.call(own.browser(who), "..alert-ack.children...alert-said.children..", values, "press-alert.data")


def test_an_alert_is_acknowledged_with_a_note_by_the_name_on_the_pass(own):
    looked(own, HOME)
    number = int(own.store.read(alerts.standing())["id"].max())
    assert "确认警报" in said(press(own, CITY, "ack", str(number)))
    assert "处置“”有 0 字" in said(press(own, CITY, "sign", str(number), {"name": "别人", "note": ""}))
    assert press(own, CITY, "sign", str(number), {"name": "别人", "note": "已派人核实"}).status_code == 200
    row = own.store.read(alerts.standing()).set_index("id").loc[number]
    assert (row["acknowledged_by"], row["note"]) == (CITY.name, "已派人核实")


def test_a_rule_that_came_true_of_thousands_writes_out_a_few_hundred(own, monkeypatch):
    rule = alerts.make(own.store, HOME, "总值班")
    raised = tuple(alerts.Raised(rule, f"X{n}", 1.0) for n in range(page_of_alerts.MOST + 7))
    alerts.turn(own.store, alerts.Turn(raised), own.store.latest())
    monkeypatch.setattr(access, "place_of", None)  # whose each one is asks nobody who sees all
    shown = page_of_alerts.layout(Asked.at(own.app.server.extensions["desk"], CITY, "/alerts", ""))
    assert sum(isinstance(id, dict) and id.get("do") == "ack" for id in ids_of(shown)) == page_of_alerts.MOST


def ids_of(layout):
    return [getattr(one, "id", None) for one in layout._traverse()]


@pytest.mark.parametrize(
    "row", [{"page": "javascript:alert(1)"}, {"page": "//elsewhere"}, {"page": "/beds", "search": "/x"}]
)
def test_what_a_browser_takes_back_leads_to_a_page_of_the_house(own, row):
    """Kept views are links: in a drill everybody shares them."""
    told = {"what": "view", "row": {"name": "n", "search": "", "columns": {}} | row}
    values = {"undo.data": told, "url.pathname": "/", "url.search": ""}
    assert own.call(own.browser(CITY), "..views-body.children...toast.data..", values, "undo.data").status_code == 400


@pytest.mark.parametrize(("who", "do"), [(STREET, "ack"), (COMMUNITY, "make"), (STREET, "end")])
def test_streets_and_communities_neither_acknowledge_nor_write_rules(own, who, do):
    looked(own, HOME)
    assert press(own, who, do, "1").status_code == 403


FIELDS = {"kind": "count", "area": "420102", "each": "", "status": "confirmed", "measure": "now", "bound": "3", "name": "确诊偏多", "told": "区值班，信息组", "sound": "yes"}  # fmt: skip


def test_a_rule_is_written_and_ended_on_the_page(own):
    assert "已生效" in said(press(own, DISTRICT, "make", fields=FIELDS))
    (rule,) = alerts.rules(own.store)
    assert (rule.area, rule.bound, rule.told, rule.sound, rule.made_by) == (
        "420102",
        3,
        ("区值班", "信息组"),
        True,
        DISTRICT.name,
    )
    assert "没有由您管理的规则" in said(press(own, OTHER, "end", str(rule.id)))
    assert "已停用" in said(press(own, DISTRICT, "end", str(rule.id)))
    assert alerts.rules(own.store) == []


def test_without_a_rule_no_alert_does_not_mean_that_all_is_well(own):
    assert "没有警报不等于平安无事" in said(own.page(CITY, "/alerts"))
    looked(own, HOME)
    assert "没有警报不等于平安无事" not in said(own.page(CITY, "/alerts"))


def test_a_rule_that_makes_no_sense_says_why_and_one_of_another_area_is_refused(own):
    assert "人数为“viele”；应为数字" in said(press(own, DISTRICT, "make", fields=FIELDS | {"bound": "viele"}))
    assert press(own, DISTRICT, "make", fields=FIELDS | {"area": "420103"}).status_code == 403
    assert press(own, DISTRICT, "make", fields=FIELDS | {"area": ""}).status_code == 403
    assert press(own, CITY, "frob", "1").status_code == 400
    assert alerts.rules(own.store) == []


def test_an_alert_stands_on_the_wall_until_it_is_acknowledged(own):
    assert "alert-strip" not in said(own.page(CITY, "/wall"))
    looked(own, HOME)
    wall = said(own.page(CITY, "/wall"))
    assert "alert-strip" in wall
    assert "春风里 现有确诊 1 人，达到 1 人" in wall
    for number in own.store.read(alerts.standing())["id"]:
        alerts.acknowledge(own.store, int(number), "李值班", "在办")
    assert "alert-strip" not in said(own.page(CITY, "/wall"))


# ---- the pulse


def test_a_screen_knows_another_program_by_its_code(tmp_path, own):
    first, script = code_of(tmp_path), tmp_path / "a.js"
    script.write_text("1")
    second = code_of(tmp_path)
    script.write_text("2")
    assert len({first, second, code_of(tmp_path)}) == 3
    assert own.browser(CITY).get("/pulse").get_json()["code"] == code_of(*PROGRAM)


def test_a_pulse_without_news_is_an_empty_answer(own):
    client = own.browser(CITY)
    first = client.get("/pulse")
    again = client.get("/pulse", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    given(own.store)
    watch_of(own).known = None  # a beat is shared for a quarter of a second
    news = client.get("/pulse", headers={"If-None-Match": first.headers["ETag"]})
    assert news.status_code == 200
    changed = {key for key, value in news.get_json().items() if first.get_json()[key] != value}
    assert changed == {"revision", "orders", "known_at", "as_of"}  # a view of now begins where an order was given


def test_nobody_without_a_pass_hears_the_pulse(own):
    assert own.anybody().get("/pulse").status_code == 401
    assert own.anybody().get("/selfcheck").status_code == 401


@pytest.mark.parametrize(
    ("pulse", "path", "parts"),
    [
        ({"changed": ["orders"]}, "/wall", True),
        ({"changed": ["alerts"]}, "/lockdown", True),
        ({"changed": ["facts", "orders"]}, "/wall", False),
        ({"changed": ["facts"]}, "/alerts", True),
        ({"changed": ["orders"]}, "/orders", False),
        ({}, "/wall", False),  # it does not say what: everything
        (None, "/wall", False),
    ],
)
def test_parts_of_a_page_follow_what_concerns_them_alone(pulse, path, parts):
    assert _live.only_parts(pulse, path) is parts


def test_an_order_sends_only_the_parts_of_the_wall_that_show_orders(own):
    number = given(own.store)
    indices = ["orders:priority", "orders:short", "alerts:strip"]
    outputs = [
        [{"id": {"index": i, "type": "live"}, "property": "children"} for i in indices],
        {"id": "live-at", "property": "data"},
    ]
    client = own.browser(CITY)
    client.get("/healthz")  # Dash learns its callbacks at the first request
    entry_name = next(name for name in own.app.callback_map if "live-at.data" in name)
    entry = own.app.callback_map[entry_name]
    values = {"pulse.data": {"changed": ["orders"], "t": 5}, "url.pathname": "/wall", "url.search": "", "scale.data": 1, "wall-page.data": "lockdown"}  # fmt: skip
    body = {
        "output": entry_name,
        "outputs": outputs,
        "inputs": [one | {"value": values.get(f"{one['id']}.{one['property']}")} for one in entry["inputs"]],
        "state": [one | {"value": values.get(f"{one['id']}.{one['property']}")} for one in entry["state"]],
        "changedPropIds": ["pulse.data"],
    }
    answer = client.post("/_dash-update-component", json=body)
    found = answer.get_json()["response"]
    assert {json.loads(key)["index"] for key in found if key.startswith("{")} == {"orders:priority", "orders:short"}
    assert number in said(answer)


# ---- the self-check


def test_the_self_check_counts_in_the_store_what_the_wall_shows(own):
    given(own.store)
    wall = own.page(CITY, "/wall", turn="lockdown").get_json()
    shown = {}

    def walk(node):
        if isinstance(node, dict):
            props = node.get("props", {})
            if "data-figure" in props:
                shown[props["data-figure"]] = props["children"]
            for one in node.values():
                walk(one)
        elif isinstance(node, list):
            for one in node:
                walk(one)

    walk(wall)
    told = own.browser(CITY).get("/selfcheck").get_json()
    assert len(shown) >= 6
    assert {name: told["figures"].get(name, text) for name, text in shown.items()} == shown
    assert len(told["figures"].keys() & shown.keys()) == len(told["figures"])
    assert told["figures"]["occupancy"] == "90.0"
    assert abs(told["now"] - datetime.now(UTC).timestamp() * 1000) < 60_000


def test_what_no_feed_ever_told_is_unknown_on_tiles_in_frames_and_for_the_self_check(tmp_path):
    """A city of which no case was ever delivered is not a city without cases."""
    url = f"sqlite:///{tmp_path / 'new.db'}"
    city.found(open_store(url, "production"), tmp_path).close()
    new = Office(url)
    desk, told = new.app.server.extensions["desk"], ("cases", "clinical", "suspected", "contacts", "sealed")
    asked = Asked.at(desk, CITY, "/wall", "")
    assert {wall.written(numbers(asked))[name] for name in told for numbers in (wall.numbers, wall.again)} == {"–"}
    for path in ("/wall", "/", "/situation"):
        assert '"tile-value"' in (shown := said(new.page(CITY, path)))
        assert not re.search(r'"0", "className": "tile-value"|"children": "0", "className": "tile-value"', shown)
    view = asked.here.view
    head, _ = scrub.frame_of(desk, CITY, view, scrub.order_of(desk, CITY, view))
    assert set(head["figures"].values()) == {None}


def test_a_count_in_memory_that_differs_from_the_store_is_a_fault(own):
    watch = watch_of(own)
    watch.check()
    assert watch.told()["faults"] == []
    kept = watch.desk.memory.kept
    for key in kept:
        if key[0] == "counts":
            kept[key] = kept[key].assign(ever_confirmed=99)
    watch.check()
    assert watch.told()["faults"] == [["内存中的计数与数据库不一致", "counts in memory differ from the store"]]
    assert own.browser(CITY).get("/selfcheck").get_json()["server"]["faults"]


def test_a_watch_that_fails_says_so_and_goes_on(own, monkeypatch):
    watch = watch_of(own)
    monkeypatch.setattr(Watch, "look", lambda self: 1 / 0)
    watch._try("alerts", ("警报规则", "rules of alert"), watch.look)
    assert watch.told()["faults"] == [["警报规则失败：ZeroDivisionError", "rules of alert failed: ZeroDivisionError"]]
    watch._try("alerts", ("警报规则", "rules of alert"), lambda: None)
    assert watch.told()["faults"] == []


# ---- one plan for every screen


def production_at(own, monkeypatch, text):
    """Let the clock on the wall stand at a moment."""
    at = parse_time(text)
    monkeypatch.setattr(database, "datetime", SimpleNamespace(now=lambda zone: at.astimezone(zone)))
    return own.store


def test_a_view_of_now_moves_by_ten_minutes_and_with_each_batch(own, monkeypatch):
    store = production_at(own, monkeypatch, "2020-02-11T09:07:31.123")
    assert store.view().as_of == parse_time("2020-02-11T09:00")
    assert store.now() == parse_time("2020-02-11T09:07:31.123")  # orders and batches keep the exact time
    production_at(own, monkeypatch, "2020-02-11T09:11")
    assert store.view().as_of == parse_time("2020-02-11T09:10")
    production_at(own, monkeypatch, "2020-02-10T18:03")
    assert store.view().as_of == store.latest() == parse_time("2020-02-10T18:00")
    assert store.view(as_of=parse_time("2020-02-11T09:07:31")).as_of == parse_time("2020-02-11T09:07:31")


def test_screens_that_look_within_ten_minutes_share_one_plan_and_an_order_changes_none(own, monkeypatch):
    desk = own.app.server.extensions["desk"]
    store = production_at(own, monkeypatch, "2020-02-11T09:01")
    first = desk.plan(CITY, "beds", store.view())
    production_at(own, monkeypatch, "2020-02-11T09:05:10.250")
    given(own.store)
    assert store.view().as_of == parse_time("2020-02-11T09:05:10.250")  # where the order stands
    assert desk.plan(CITY, "beds", store.view()) is first
    production_at(own, monkeypatch, "2020-02-11T09:12")
    assert desk.plan(CITY, "beds", store.view()) is not first


def test_a_drill_stands_still_between_its_batches(tmp_path):
    store = city.found(open_store(f"sqlite:///{tmp_path / 'store.db'}", "drill"), tmp_path)
    city.cases(store, tmp_path, "2020-02-10T18:03:07", {})
    assert store.view().as_of == parse_time("2020-02-10T18:03:07")
    assert store.view().as_of == store.latest()


def test_what_is_under_way_is_told_and_what_failed_is_not(own):
    memory = own.app.server.extensions["desk"].memory
    seen = []
    memory.get(("plan", "beds"), lambda: seen.append(memory.working()))
    assert (seen, memory.working()) == ([["beds"]], [])
    with pytest.raises(ZeroDivisionError):
        memory.get(("plan", "staff"), lambda: 1 / 0)
    assert memory.working() == []


def test_walls_that_show_the_same_page_lay_it_out_once_and_an_order_anew(own, monkeypatch):
    production_at(own, monkeypatch, "2020-02-11T09:01")
    monkeypatch.setattr(_live, "time", SimpleNamespace(time=lambda: 0.0))
    made = []
    tiles = wall.tiles
    monkeypatch.setattr(wall, "tiles", lambda asked: made.append(asked.who.name) or tiles(asked))
    first, second = Person("甲", "city"), Person("乙", "city")
    assert said(own.page(first, "/wall")) == said(own.page(second, "/wall"))
    assert made == ["甲"]
    assert own.page(DISTRICT, "/wall").status_code == 200  # what another may see is another page
    number = given(own.store)
    assert number in said(own.page(second, "/wall"))
    assert made == ["甲", DISTRICT.name, "乙"]


def test_what_was_known_by_a_moment_is_read_once_and_what_may_still_come_each_time(own, tmp_path):
    store, past = own.store, parse_time("2020-02-05")
    assert store.latest() > past
    seen = store.revision(past)
    future = parse_time("2020-03-01")
    before = store.revision(future)
    city.cases(store, tmp_path, "2020-02-12T18:00", {"case_id": "77"})
    assert store.revision(past) == seen
    assert store.revision(future) == before + 1


def test_a_server_whose_plans_cannot_be_made_ahead_is_watched_all_the_same(own, monkeypatch):
    desk, watch, stop = own.app.server.extensions["desk"], watch_of(own), Event()
    monkeypatch.setattr(type(desk), "warm", lambda _: 1 / 0)
    thread = Thread(target=serving.begin, args=(desk, watch, stop), daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while watch.checked_at is None and time.monotonic() < deadline:
        time.sleep(0.05)
    stop.set()
    thread.join(60)
    assert watch.checked_at is not None


def test_a_watch_that_never_checked_tells_since_when(own):
    watch = watch_of(own)
    assert watch.told()["checked_at"] == watch.begun_at.isoformat()


def test_a_failure_that_lasts_is_logged_once_a_minute_and_told_all_the_time(own, monkeypatch, caplog):
    watch = watch_of(own)
    monkeypatch.setattr(watch, "beat", lambda: 1 / 0)
    for _ in range(5):
        watch._fact()
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert len(watch.told()["faults"]) == 1
