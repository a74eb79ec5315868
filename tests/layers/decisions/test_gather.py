"""Plans read from a real store: facts come in by the same door as everything else."""

import json

import pytest
from sqlalchemy import insert, select

from layers._times import parse_time, to_ms
from layers.decisions._catalog import PLANS, plan_of
from layers.intake.feeds import feed_named
from layers.intake.run import run
from layers.store import open_store
from layers.store.schema import FOREVER, orders, placement
from layers.store.writing import open_batch

SQUARE = [[114.2, 30.5], [114.4, 30.5], [114.4, 30.7], [114.2, 30.7], [114.2, 30.5]]
DISTRICT = {"type": "Feature", "properties": {"code": "420102", "name": "江岸区"},
            "geometry": {"type": "Polygon", "coordinates": [SQUARE]}}  # fmt: skip
FILES = {
    "compounds": "compound_id,name,district,street,households,buildings,lon,lat,addresses\n"
    "C1,花园小区,420102,大智街道,500,10,114.30,30.60,中山大道1号\nC2,湖滨苑,420102,大智街道,300,5,114.35,30.65,解放大道2号\n",
    "cases": "case_id,status,status_at,severity,district,lon,lat,address\n"
    "1,疑似,2020-02-17,,420102,114.30,30.60,江岸区中山大道1号花园小区3栋\n1,确诊,2020-02-18,重型,420102,114.30,30.60,江岸区中山大道1号花园小区3栋\n"
    "2,临床诊断,2020-02-13,,420102,,,江岸区不详\n",
    "controls": "zone_id,name,compound,district,state,since\nC1,花园小区,C1,420102,封闭管理,2020-02-11\nC2,湖滨苑,C2,420102,开放,2020-02-11\n",
    "assessments": "compound,assessed_at,publicity,closure,screening,disinfection,supply,organisation\nC2,2020-02-19,是,是,是,否,是,是\n",
    "hospitals": "hospital_id,name,kind,district,capacity,lon,lat\nH1,一院,定点,420102,,114.31,30.61\nS1,会展中心,备选,420102,800,114.32,30.62\n",
    "beds": "hospital,kind,reported_for,open,used,free\nH1,ICU,2020-02-19,10,12,0\n",
    "staff": "team_id,team,skill,people,arrived_at,hospital,leaves_at\nT1,江苏队,重症护士,15,2020-02-18,,\nT2,浙江队,护士,15,2020-02-18,,2020-02-19\n",
    "supplies": "kind,day,site,item,unit,quantity,daily_use\n库存,2020-02-19,H1,防护服,套,100,200\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("deliveries")


def deliver(store, folder, feed, text, known_at):
    path = folder / f"{feed}-{known_at[:10]}.{'geojson' if feed == 'districts' else 'csv'}"
    path.write_text(text, encoding="utf-8")
    datum = "wgs84" if feed_named(feed).has_position else None
    return run(store, feed_named(feed), path, datum=datum, known_at=parse_time(known_at))


@pytest.fixture(scope="module")
def city(folder):
    store = open_store("sqlite://", "drill")
    districts = json.dumps({"type": "FeatureCollection", "features": [DISTRICT]}, ensure_ascii=False)
    for minute, (feed, text) in enumerate({"districts": districts, **FILES}.items()):
        deliver(store, folder, feed, text, f"2020-02-19T23:{minute:02}")
    return store


def view(store, area=""):
    return store.view(area, as_of=parse_time("2020-02-19"), known_at=parse_time("2020-02-19"))


def test_the_case_seals_its_compound_and_the_open_one_is_to_be_closed(city):
    plan = plan_of("lockdown", city, view(city))
    found = {p.subject: p for p in plan.proposals}
    assert found["C1"].action in ("seal", "seal_building")  # by what the matcher read as the building
    assert "确诊1例（2月18日）" in found["C1"].reasons[0].zh
    assert found["C2"].action == "seal"
    assert "closed" in found["C2"].reasons[1].en
    risk = plan.tables["risk"]
    assert risk[["district", "new_14d", "cumulative", "level"]].iloc[0].tolist() == ["420102", 2, 2, "medium"]


def test_the_building_that_the_matcher_found_decides_the_scope(city):
    rows = city.read(select(placement.c.compound, placement.c.building).where(placement.c.compound == "C1"))
    known = rows["building"].notna().all() and (rows["building"] != "").all()
    action = {p.subject: p.action for p in plan_of("lockdown", city, view(city)).proposals}["C1"]
    assert action == ("seal_building" if known else "seal")


def test_beds_staff_and_supplies_are_read_for_the_day(city):
    beds, staff, supplies = (plan_of(kind, city, view(city)) for kind in ("beds", "staff", "supplies"))
    assert beds.summary["open_icu"] == 10
    assert beds.tables["warnings"]["extra"].tolist() == [2]
    assert beds.summary["demand_severe"] + beds.summary["demand_light"] + beds.summary["demand_critical"] == 2
    assert staff.tables["teams"]["team"].tolist() == ["T1"]  # T2 had left by the end of the day
    assert staff.tables["teams"]["hospital"].tolist() == ["H1"]
    assert supplies.tables["sites"]["days_of_cover"].tolist() == [0.5]


@pytest.mark.parametrize("area", ["420102", "420102/大智街道", "compound:C1", "420103"])
@pytest.mark.parametrize("kind", sorted(PLANS))
def test_every_plan_can_be_narrowed(city, kind, area):
    plan = plan_of(kind, city, view(city, area))
    assert plan.area == area
    json.loads(plan.to_json())
    if kind == "lockdown":
        expected = {"420103": [], "compound:C1": ["C1"]}.get(area, ["C1", "C2"])
        assert sorted(p.subject for p in plan.proposals) == expected


def test_later_data_do_not_change_a_plan_of_the_past(city, folder):  # keep after the tests that read the city
    before = {kind: plan_of(kind, city, view(city)).to_json() for kind in PLANS}
    late = FILES["cases"] + "3,确诊,2020-02-18,危重型,420102,114.30,30.60,江岸区中山大道1号花园小区5栋\n"
    deliver(city, folder, "cases", late, "2020-02-21")
    deliver(city, folder, "beds", FILES["beds"].replace(",10,12,0", ",50,12,38"), "2020-02-22")
    assert {kind: plan_of(kind, city, view(city)).to_json() for kind in PLANS} == before
    now = plan_of("lockdown", city, city.view(as_of=parse_time("2020-02-19"))).proposals[0]
    assert (now.subject, "确诊2例" in now.reasons[0].zh) == ("C1", True)  # and the present does learn of it


def ordered(store, number, subject, proposed, action, state, day):
    """Write one order as a fact, by hand."""
    at = to_ms(parse_time(day))
    values = {"source": "HQ", "content": number, "happened_at": at, "reported_at": at, "heard_at": at}
    with store.writing() as connection:
        opened = open_batch(connection, None, parse_time(day), dict.fromkeys(("file", "sha256")) | {
            "kind": "order", "feed": "orders", "source": "HQ", "settings": ""})  # fmt: skip
        connection.execute(insert(orders).values(
            key=number, batch=opened.id, known_from=opened.known_from, known_until=FOREVER, number=number, decision="lockdown", subject=subject,
            proposed=proposed, action=action, state=state, owner="大智街道", reason="居民已转移", deadline_at=at, remark="情况有变", inputs_hash="-", frozen={}, **values))  # fmt: skip


def test_a_standing_order_that_differs_from_the_proposal_is_read_and_others_are_not(city):
    before = plan_of("lockdown", city, view(city)).summary["overridden"]
    rows = [("L-1", "C1", "seal", "keep", "given"), ("L-2", "C2", "seal", "seal", "given"), ("L-3", "C2", "seal", "keep", "withdrawn")]  # fmt: skip
    for number, subject, proposed, action, state in rows:
        ordered(city, number, subject, proposed, action, state, "2020-02-23")
    plan = plan_of("lockdown", city, city.view(as_of=parse_time("2020-02-23")))
    assert (before, plan.summary["overridden"]) == (0, 1)
    assert plan.tables["overrides"][["compound", "number", "ordered"]].values.tolist() == [["C1", "L-1", "keep"]]
    assert (
        "大智街道下令维持现状，理由：居民已转移" in next(p for p in plan.proposals if p.subject == "C1").reasons[-1].zh
    )
    assert plan_of("lockdown", city, view(city)).summary["overridden"] == 0  # nobody had ordered it then


@pytest.mark.parametrize("kind", sorted(PLANS))
def test_an_empty_store_gives_an_empty_plan(kind):
    store = open_store("sqlite://", "drill")
    plan = plan_of(kind, store, view(store))
    assert plan.proposals == ()
    assert plan.to_frame().empty
