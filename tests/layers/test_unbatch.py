"""A delivery is taken back: what it brought goes, what it replaced is believed again, what was known before stays as it was."""

import random
from threading import Event

import pytest
from sqlalchemy import select

from layers._errors import Cancelled
from layers._times import parse_time
from layers.intake import unbatch, unbatch_places
from layers.intake.rematch import rematch
from layers.intake.review import decide
from layers.intake.unbatch import UndoError, undo
from layers.store import open_store, totals
from layers.store.deliveries import heard
from layers.store.schema import FACTS, batch, journal, metadata, total
from tests import city
from tests.beginnings import begun

PERSONAL = ("person", "person_status", "withdrawal", "placement")
LATER = (
    "id",
    "batch",
    "known_from",
    "known_until",
    "source",
    "row",
)  # what a version says about itself, not about the world


@pytest.fixture
def store(tmp_path, target):
    store = begun(target, tmp_path)
    yield store
    store.close()


def newest(store):
    return store.revision(store.latest())


def facts(store, tables=PERSONAL):
    """What is believed now, without when and by which batch that came about."""
    out = {}
    for name in tables:
        rows = city.believed(store, name).drop(columns=list(LATER)).sort_values("key")
        out[name] = rows.map(repr).to_dict("records")
    return out


def counts(store, **clocks):
    """Level, area, measure, status, severity, day -> persons; zeros left out."""
    rows = store.read(select(total))
    rows = rows.groupby(["level", "area", "measure", "status", "severity", "event_day"])["n"].sum()
    return rows[rows != 0].to_dict()


def test_what_a_delivery_brought_goes_and_what_it_replaced_is_back(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-10T18:00", {"case_id": "1", "age": "50"})
    before = facts(store), counts(store)
    moved = {"case_id": "1", "address": "江汉区长江花园一期2栋", "status": "治愈", "status_at": "2020-02-11"}
    city.cases(store, tmp_path, "2020-02-11T18:00", moved, {"case_id": "2"})
    number = newest(store)
    assert counts(store) != before[1]
    done = undo(store, number, "王主任", apply=True, why="发错文件")
    assert (facts(store), counts(store)) == before
    assert done.tables["person"] == {"back": 1, "gone": 1, "reopened": 0, "kept": 0}
    assert done.counts == {"cured": -1}  # one confirmed stays confirmed, the other is gone: 0 in all
    last = store.read(select(batch).order_by(batch.c.id.desc()).limit(1)).iloc[0]
    assert (last["kind"], last["receipt"]["undoes"], last["receipt"]["actor"]) == ("undo", number, "王主任")
    assert store.read(select(journal.c.action).order_by(journal.c.id.desc()).limit(1))["action"][0] == "undo"


def test_a_rehearsal_says_the_same_and_writes_nothing(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-10T18:00", {})
    before = {t.name: store.read(select(t)).map(repr).to_dict("records") for t in metadata.sorted_tables}
    said = undo(store, newest(store), "x")
    after = {t.name: store.read(select(t)).map(repr).to_dict("records") for t in metadata.sorted_tables}
    assert (said.batch, said.counts, after == before) == (None, {"confirmed": -1}, True)


def test_what_was_known_before_the_undo_stays_as_it_was(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-10T18:00", {})
    city.cases(store, tmp_path, "2020-02-11T18:00", {"case_id": "2"})
    past = store.view(known_at=store.latest())
    told = [store.read(totals.state(past, level)).to_dict() for level in ("city", "compound")]
    undo(store, newest(store), "x", apply=True)
    assert [store.read(totals.state(past, level)).to_dict() for level in ("city", "compound")] == told
    assert store.read(totals.state(store.view(), "city"))["n"].tolist() == [1]


def test_what_was_changed_since_stays_and_is_named(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-10T18:00", {"case_id": "1"}, {"case_id": "2"})
    number = newest(store)
    city.cases(store, tmp_path, "2020-02-11T18:00", {"case_id": "1", "status": "治愈", "status_at": "2020-02-11"})
    done = undo(store, number, "x", apply=True)
    kept = done.kept[done.kept["table"] == "person"].set_index("key")
    assert city.believed(store, "person")["subject"].tolist() == ["1"]  # the later file reported the person again
    assert kept.loc["case:1", "why"] == unbatch.unbatch_rows.CONFIRMED
    assert city.believed(store, "person_status")["value"].tolist() == [
        "cured"
    ]  # confirmed was said by the first file alone
    assert store.read(totals.state(store.view(), "city"))[["status", "n"]].values.tolist() == [["cured", 1]]


def test_a_person_stays_while_a_status_of_a_later_delivery_is_believed(store, tmp_path):
    row = {"case_id": "1", "reported_at": "2020-02-10 10:00"}  # the same time of report confirms nothing
    city.cases(store, tmp_path, "2020-02-10T18:00", row)
    number = newest(store)
    city.cases(store, tmp_path, "2020-02-11T18:00", row | {"status": "疑似", "status_at": "2020-02-01"})
    done = undo(store, number, "x", apply=True)
    assert done.kept["why"].tolist() == [unbatch.unbatch_rows.RESTS]
    assert len(city.believed(store, "person")) == len(city.believed(store, "placement")) == 1
    assert store.read(totals.state(store.view(), "city"))[["status", "n"]].values.tolist() == [["suspected", 1]]


def test_a_withdrawal_is_taken_back(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-10T18:00", {"case_id": "1"}, {"case_id": "2"})
    before = facts(store), counts(store)
    city.cases(store, tmp_path, "2020-02-11T18:00", {"case_id": "2", "withdrawn": "是"})
    done = undo(store, newest(store), "x", apply=True)
    assert (facts(store), counts(store)) == before
    assert done.tables["person"]["reopened"] == 1


def test_an_undo_is_undone_and_that_again(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-10T18:00", {})
    without = facts(store), counts(store)
    city.cases(
        store, tmp_path, "2020-02-11T18:00", {"age": "40"}, {"case_id": "2"}, {"case_id": "1", "withdrawn": "是"}
    )
    brought, with_it = newest(store), (facts(store), counts(store))
    for wanted in (without, with_it, without, with_it):
        undo(store, newest(store), "x", apply=True)
        assert (facts(store), counts(store)) == wanted
    undo(store, brought, "x", apply=True)  # it stands again, so it can be taken back by its own number too
    assert (facts(store), counts(store)) == without


@pytest.mark.parametrize("kind", ["undone", "undo of an undone", "none", "review"])
def test_a_batch_that_cannot_be_taken_back_is_refused(store, tmp_path, kind):
    city.cases(store, tmp_path, "2020-02-10T18:00", {"address": "江汉区长江花园5栋", "district": "江汉区"})
    number = newest(store)
    if kind == "review":
        decide(store, "case:1", "C4", "李四")
        number = newest(store)
    elif kind != "none":
        undo(store, number, "x", apply=True)
    if kind == "undo of an undone":
        number = newest(store)
        undo(store, number, "x", apply=True)
    number, before = 999 if kind == "none" else number, newest(store)
    with pytest.raises(UndoError, match=str(number)) as refused:
        undo(store, number, "x", apply=True)
    assert refused.value.said("zh") != refused.value.said("en")
    assert newest(store) == before


def test_a_file_that_was_taken_back_can_be_handed_in_again(store, tmp_path):
    first = city.cases(store, tmp_path, "2020-02-10T18:00", {})
    undo(store, first.batch, "x", apply=True)
    path = next(tmp_path.glob("cases_*.csv"))
    assert city.deliver(store, "cases", path, "2020-02-12").count("new") == 2
    assert city.deliver(store, "cases", path, "2020-02-13").repeated


def test_a_feed_is_as_silent_as_before_the_delivery(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-10T18:00", {})
    city.cases(store, tmp_path, "2020-02-11T18:00", {"case_id": "2"})

    def last(known_at=None):
        rows = store.read(heard(store.view(known_at=known_at)))
        return rows.set_index("feed").loc["cases", "last"].strftime("%d")

    undo(store, newest(store), "x", apply=True)
    assert (last(), last(parse_time("2020-02-11T18:00"))) == ("10", "11")
    undo(store, newest(store), "x", apply=True)
    assert last() == "11"


def test_cancelling_leaves_nothing_behind(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-10T18:00", {})
    number, stop, steps = newest(store), Event(), []

    def told(done, of, zh, en):
        steps.append(en)
        if en == "adjusting the totals":
            stop.set()

    with pytest.raises(Cancelled, match="nothing was written"):
        undo(store, number, "x", apply=True, progress=told, cancel=stop)
    assert newest(store) == number
    assert "comparing records" in steps


# ---- where people belong


def test_a_placement_made_since_is_made_again_where_the_address_goes_back(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-10T18:00", {})
    city.cases(store, tmp_path, "2020-02-11T18:00", {"address": "江汉区长江花园5栋", "district": "江汉区"})
    number = newest(store)
    decide(store, "case:1", "C4", "李四")
    done = undo(store, number, "x", apply=True)
    assert city.believed(store, "placement")[["compound", "decided_by"]].values.tolist() == [["C1", "auto"]]
    assert (done.decisions, sum(done.matched.values())) == (1, 1)
    assert store.read(totals.state(store.view(), "compound"))["area"].tolist() == ["C1"]


def test_a_decision_stands_where_the_address_does_not_change(store, tmp_path):
    address = {"address": "江汉区长江花园5栋", "district": "江汉区"}
    city.cases(store, tmp_path, "2020-02-10T18:00", address)
    city.cases(store, tmp_path, "2020-02-11T18:00", address | {"age": "70"})
    number = newest(store)
    decide(store, "case:1", "C4", "李四")
    done = undo(store, number, "x", apply=True)
    assert city.believed(store, "placement")[["compound", "decided_by"]].values.tolist() == [["C4", "李四"]]
    assert done.decisions == 0


def test_compounds_that_go_let_go_of_their_people(store, tmp_path):
    more = [({"compound_id": "C8", "name": "惠民苑", "district": "江岸区", "street": "一元街道"}, city.square(1, 2))]
    city.deliver(store, "compounds", city.geojson(tmp_path / "more.geojson", more), "2020-02-01", datum="wgs84")
    number = newest(store)
    city.cases(store, tmp_path, "2020-02-10T18:00", {"address": "江岸区惠民苑2栋"}, {"case_id": "2"})
    assert city.believed(store, "placement").set_index("subject")["compound"].to_dict() == {"1": "C8", "2": "C1"}
    said = undo(store, number, "x")
    assert "C8" in set(city.believed(store, "compound")["code"])
    city.cases(store, tmp_path, "2020-02-11T18:00", {"case_id": "3", "address": "江岸区惠民苑2栋"})
    assert city.believed(store, "placement").set_index("subject")["compound"]["3"] == "C8"  # no rehearsal is believed
    undo(store, number, "x", apply=True)
    assert city.believed(store, "placement").set_index("subject")["compound"].to_dict() == {"1": "", "2": "C1", "3": ""}
    assert said.tables["compound"]["gone"] == 1
    assert rematch(store).empty


def test_decisions_fall_with_however_many_compounds(store, tmp_path, monkeypatch):
    monkeypatch.setattr(unbatch_places, "KEYS_A_QUERY", 1)
    more = [
        ({"compound_id": f"K{n}", "name": f"惠民苑{n}区", "district": "江岸区"}, city.square(n, 2)) for n in range(8)
    ]
    city.cases(
        store,
        tmp_path,
        "2020-02-03T18:00",
        *({"case_id": str(n), "address": "江汉区长江花园5栋", "district": "江汉区"} for n in range(8)),
    )
    city.deliver(store, "compounds", city.geojson(tmp_path / "more.geojson", more), "2020-02-04", datum="wgs84")
    number = newest(store)
    for n in range(8):
        decide(store, f"case:{n}", f"K{n}", "李四")
    assert undo(store, number, "x", apply=True).decisions == 8
    assert set(city.believed(store, "placement")["status"]) == {"review"}


def test_a_hospital_that_beds_name_stays(store, tmp_path):
    city.deliver(store, "hospitals", city.table(tmp_path / "h.csv", city.SITES), "2020-02-01", datum="wgs84")
    number = newest(store)
    bed = {"hospital": "H1", "kind": "all", "reported_for": "2020-02-02", "open": 10}
    city.deliver(store, "beds", city.table(tmp_path / "b.csv", [bed]), "2020-02-03")
    done = undo(store, number, "x", apply=True)
    assert city.believed(store, "hospital")["code"].tolist() == ["H1"]
    assert done.kept[["key", "why"]].values.tolist() == [["H1", unbatch.unbatch_rows.RESTS]]


# ---- for every delivery


def _deliveries(store, folder, seed, leave_out=None):
    """Three random files of cases; the third tells of nobody whom the second told of."""
    told = random.Random(seed)
    ids = [str(n) for n in range(1, 13)]
    second = told.sample(ids, 6)
    numbers = {}
    for at, some in enumerate((told.sample(ids, 8), second, [i for i in ids if i not in second][:4]), start=1):
        rows = []
        for one in some:
            home = told.choice(
                ["江岸区春风里3栋", "江岸区丹水池小区1栋", "江汉区长江花园一期2栋", "江汉区长江花园5栋", "不知道"]
            )
            state = told.choice(["疑似", "确诊", "治愈", "死亡"])
            row = {"case_id": one, "address": home, "status": state, "status_at": f"2020-02-0{told.randint(1, 8)}"}
            row |= {"severity": told.choice(["", "轻型", "重型"]), "withdrawn": "是" if told.random() < 0.15 else ""}
            rows.append(row | {"age": str(told.randint(1, 90))})
        if at != leave_out:
            numbers[at] = city.cases(store, folder, f"2020-02-1{at}T18:00", *rows).batch
    return numbers


@pytest.mark.parametrize("seed", range(6))
def test_totals_are_those_of_a_store_that_never_had_the_delivery(tmp_path, seed):
    stores = []
    for name, leave_out in (("with", None), ("without", 2)):
        folder = tmp_path / name
        folder.mkdir()
        store = city.found(open_store(f"sqlite:///{folder / 'store.db'}", "drill"), folder)
        stores.append((store, _deliveries(store, folder, seed, leave_out)))
    (mine, numbers), (never, _) = stores
    undo(mine, numbers[2], "x", apply=True)
    assert counts(mine) == counts(never)
    own = ("reported_at", "heard_at", "content")  # the last is a digest under the key of each store
    without_times = [
        {t: [{k: v for k, v in r.items() if k not in own} for r in rows] for t, rows in facts(s).items()}
        for s in (mine, never)
    ]
    assert without_times[0] == without_times[1]


def test_every_table_that_a_delivery_writes_to_is_known():
    assert unbatch.kinds() == {*unbatch.TABLES, *unbatch.OF_PERSONS, "placement"}
    assert unbatch.kinds() <= set(FACTS)
