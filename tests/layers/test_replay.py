"""Counts of any moment from memory: they are the database's own, also after the store has grown, and cost no growing for the past."""

import numpy as np
import pytest

from layers._times import parse_time
from layers.store import open_store, totals
from layers.store.replay import Replay
from tests import city

WANTED = tuple(f"{m}_{s}" for m in ("now", "ever", "new1", "new14") for s in ("confirmed", "clinical", "suspected"))
WANTED += ("ever_counted", "new1_counted", "new14_counted")
ROWS = {  # by the evening on which they were told: a late one, a correction, a withdrawal, one without a compound
    "2020-02-10": [
        {"case_id": "1", "status": "疑似", "status_at": "2020-02-03"},
        {"case_id": "2", "status": "临床诊断", "status_at": "2020-02-09"},
        {"case_id": "3", "address": "不存在的地方9号", "district": "江汉区"},
    ],
    "2020-02-14": [
        {"case_id": "1", "status": "确诊", "status_at": "2020-02-05"},
        {"case_id": "2", "status": "确诊", "status_at": "2020-02-13"},
        {"case_id": "4", "address": "江汉区长江花园一期2栋", "status_at": "2020-01-30"},
    ],
    "2020-02-18": [
        {"case_id": "2", "withdrawn": "是"},
        {"case_id": "4", "address": "江汉区长江花园二期2栋", "status_at": "2020-01-31"},
    ],
}
DAYS = ("2020-01-30", "2020-02-03", "2020-02-12", "2020-02-13", "2020-02-20")


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder = tmp_path_factory.mktemp("replay")
    store = city.found(open_store(f"sqlite:///{folder / 'store.db'}", "drill"), folder)
    replay = Replay(store)
    for day, rows in ROWS.items():
        city.cases(store, folder, f"{day}T18:00", *rows)
        replay.counts(store.view(), "compound", WANTED)  # asked between deliveries: it has to grow
    return store, replay


def views(store, area=""):
    return [
        store.view(area, parse_time(as_of), parse_time(known)) for as_of in DAYS for known in (*ROWS, "2020-02-09")
    ][::2]


@pytest.mark.parametrize("level", totals.LEVELS)
def test_counts_at_every_pair_of_clocks_are_those_of_the_database(told, level):
    store, replay = told
    for view in views(store):
        wide = store.read(totals.wide(view, level)).set_index("area")
        found = replay.counts(view, level, WANTED)
        for name in WANTED:
            expected = wide[name].reindex(replay.areas(level)).fillna(0).to_numpy(int)
            assert found[name].tolist() == expected.tolist(), (name, view)


def test_a_replay_that_grew_equals_one_that_read_everything_at_once(told):
    store, replay = told
    fresh = Replay(store)
    for view in views(store)[:6]:
        grown, whole = (one.counts(view, "compound", ("now_confirmed",))["now_confirmed"] for one in (replay, fresh))
        assert _named(replay, grown) == _named(fresh, whole)
    assert set(fresh.areas("compound")) == set(replay.areas("compound")) >= {"C1", "C4", "C5", ""}


def _named(replay, counts):
    return {code: n for code, n in zip(replay.areas("compound"), counts.tolist(), strict=True) if n}


def test_one_area_alone_and_its_days(told):
    store, replay = told
    view = store.view(as_of=parse_time("2020-02-20"))
    assert replay.counts(view, "district", ("now_confirmed",), of="420103")["now_confirmed"].tolist() == [2]
    assert replay.counts(view, "district", ("now_confirmed",), of="nowhere")["now_confirmed"].tolist() == [0]
    days, counts = replay.daily(view, "city", "")
    rows = store.read(totals.daily(view, "city", "first")).query("status == 'confirmed'")
    expected = dict(zip(rows["day"], rows["n"], strict=True))
    assert {int(d): int(n) for d, n in zip(days, counts["confirmed"], strict=True) if n} == expected
    assert len(expected) == 3


def test_a_past_moment_asks_the_database_nothing(told, monkeypatch):
    store, replay = told
    view = store.view(as_of=parse_time("2020-02-12"), known_at=parse_time("2020-02-14"))
    before = replay.counts(view, "compound", ("now_confirmed",))["now_confirmed"]
    monkeypatch.setattr(replay, "store", None)
    assert (replay.counts(view, "compound", ("now_confirmed",))["now_confirmed"] == before).all()


def test_beds_are_the_newest_counts_known_then(told, tmp_path):
    store, replay = told
    city.deliver(store, "hospitals", city.table(tmp_path / "h.csv", city.SITES), "2020-02-21T08:00", datum="wgs84")
    for hour, used in (("10:00", 30), ("20:00", 45)):
        row = {"hospital": "H1", "kind": "all", "reported_for": "2020-02-21", "open": 50, "used": used}
        city.deliver(store, "beds", city.table(tmp_path / f"b{used}.csv", [row]), f"2020-02-21T{hour}")
    for known, expected in (("2020-02-21T09:00", np.nan), ("2020-02-21T12:00", 30), ("2020-02-21T21:00", 45)):
        view = store.view(as_of=parse_time("2020-02-22"), known_at=parse_time(known))
        hospitals, _, used = replay.beds(view)
        at = hospitals.index("H1")
        assert used[at] == pytest.approx(expected, nan_ok=True)
        assert np.isnan(replay.beds(view, "420103")[2]).all()


def test_an_unknown_level_is_refused(told):
    store, replay = told
    with pytest.raises(ValueError, match="'block'"):
        replay.counts(store.view(), "block", ("now_confirmed",))
