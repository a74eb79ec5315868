"""Who delivered when: the newest delivery of each source, as known at a moment."""

import pytest

from layers._promises import PROMISES
from layers._times import ended_day, parse_time
from layers.decisions._catalog import plan_of
from layers.decisions._words import ITEMS, iso
from layers.intake import health
from layers.store import deliveries, open_store
from tests import city

YES = {"assessed_at": "2020-02-18", **dict.fromkeys(ITEMS, "是")}


@pytest.fixture
def store(tmp_path):
    return city.found(open_store(f"sqlite:///{tmp_path / 'store.db'}", "drill"), tmp_path)


def heard(store, known_at):
    rows = store.read(deliveries.heard(store.view(known_at=parse_time(known_at))))
    rows = rows[rows["feed"] == "cases"]
    return {source: f"{last:%m-%d %H:%M}" for source, last in zip(rows["source"], rows["last"], strict=True)}


def test_each_source_has_its_newest_delivery_as_known(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-10T18:00", {}, source="CDC")
    city.cases(store, tmp_path, "2020-02-10T18:10", {"case_id": "2"}, source="hospitals")
    city.cases(store, tmp_path, "2020-02-12T18:00", {"case_id": "3"}, source="CDC")
    assert heard(store, "2020-02-11") == {"CDC": "02-10 18:00", "hospitals": "02-10 18:10"}
    assert heard(store, "2020-02-13") == {"CDC": "02-12 18:00", "hospitals": "02-10 18:10"}
    assert heard(store, "2020-02-09") == {}


def test_a_delivery_of_which_every_row_was_refused_told_nothing(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-10T18:00", {})
    assert city.cases(store, tmp_path, "2020-02-12T18:00", {"case_id": "2", "status": "好转"}).rows_rejected == 1
    assert list(heard(store, "2020-02-13").values()) == ["02-10 18:00"]
    rows = health.freshness(store, store.view(), parse_time("2020-02-12T19:00")).set_index("feed")
    assert (rows["state"]["cases"], rows["deliveries"]["cases"]) == ("late", 1)


def test_yesterdays_content_under_todays_name_is_a_delivery_and_the_same_file_again_is_none(store, tmp_path):
    for day in ("2020-02-10", "2020-02-11"):
        path = city.table(tmp_path / f"cases_{day}.csv", [city.CASE])
        city.deliver(store, "cases", path, f"{day}T18:00")
    assert list(heard(store, "2020-02-13").values()) == ["02-11 18:00"]
    assert city.deliver(store, "cases", path, "2020-02-12T18:00").repeated
    assert list(heard(store, "2020-02-13").values()) == ["02-11 18:00"]


@pytest.mark.parametrize(
    ("moment", "day"),
    [("2020-02-18T23:59:59", "2020-02-17"), ("2020-02-18", "2020-02-18"), ("2020-02-19T00:00", "2020-02-18")],
)
def test_a_day_has_ended_at_24_hours(moment, day):
    assert iso(ended_day(parse_time(moment))) == day


def test_promises_are_written_in_hours_up_to_two_days():
    written = {name: PROMISES[name].written for name in ("cases", "staff", "controls")}
    assert written == {"cases": ("24小时", "24 h"), "staff": ("48小时", "48 h"), "controls": ("3天", "3 days")}


@pytest.fixture
def quiet(store, tmp_path):
    """One case on 25 January, then files without news until 18 February; compound C2 is assessed."""
    city.no_news(store, tmp_path, "2020-02-17")
    city.no_news(store, tmp_path, "2020-02-18")
    city.deliver(store, "assessments", city.table(tmp_path / "a.csv", [{"compound": "C2", **YES}]))
    return store


def action(store, code, **clocks):
    plan = plan_of("lockdown", store, store.view(**{name: parse_time(text) for name, text in clocks.items()}))
    return next(p.action for p in plan.proposals if p.subject == code), plan


def test_a_store_that_hears_nothing_releases_nobody(quiet):
    assert action(quiet, "C2", as_of="2020-03-01", known_at="2020-02-18")[0] == "keep"
    found, plan = action(quiet, "C2", as_of="2020-03-25")
    assert found == "keep"
    assert set(plan.tables["risk"]["level"]) == {"unknown"}
    assert plan.caveats[0].en.startswith("Cases overdue: last delivery 2020-02-18 18:00 (promised every 24 h)")


def test_and_does_again_when_the_feeds_are_back(quiet, tmp_path):
    city.no_news(quiet, tmp_path, "2020-03-25")
    found, plan = action(quiet, "C2", as_of="2020-03-25")
    assert found == "candidate"
    assert set(plan.tables["risk"]["level"]) == {"low"}


@pytest.mark.parametrize("kind", ["beds", "staff", "supplies"])
def test_the_other_plans_say_it_of_their_own_feeds(quiet, tmp_path, kind):
    rows = {
        "beds": {"hospital": "H1", "kind": "all", "reported_for": "2020-02-18", "open": 10, "used": 5, "free": 5},
        "staff": {"team_id": "T", "team": "T", "skill": "护士", "people": 5, "arrived_at": "2020-02-18"},
        "supplies": {"kind": "库存", "day": "2020-02-18", "site": "H1", "item": "口罩", "unit": "只", "quantity": 9},
    }
    hospital = {"hospital_id": "H1", "name": "一院", "kind": "定点", "lon": 114.22, "lat": 30.51}
    city.deliver(quiet, "hospitals", city.table(tmp_path / "h.csv", [hospital]), datum="wgs84")
    city.deliver(quiet, kind, city.table(tmp_path / f"{kind}.csv", [rows[kind]]), "2020-02-18T20:00")
    on_time = plan_of(kind, quiet, quiet.view(as_of=parse_time("2020-02-18")))
    assert not [words for words in on_time.silence if PROMISES[kind].en in words.en]
    late = plan_of(kind, quiet, quiet.view(as_of=parse_time("2020-02-28")))
    promise = PROMISES[kind]
    assert late.caveats[0].zh.startswith(f"“{promise.zh}”超期：末次报送2020-02-18 20:00（承诺{promise.written[0]}）。")
    assert late.caveats[0].en.startswith(f"{promise.en} overdue: last delivery 2020-02-18 20:00")
