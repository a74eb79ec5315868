"""The store keeps every version of every fact on two clocks, and its past never changes."""

import sqlite3
from datetime import timedelta

import pandas as pd
import pytest
from sqlalchemy import select

from layers._errors import KnowledgeError, StoreError
from layers._times import day_start, from_ms, parse_time, to_ms
from layers.store import journal, open_store
from layers.store.asof import as_known, newest
from layers.store.schema import FACTS, FOREVER, batch
from layers.store.writing import open_batch
from tests import databases

BATCH = {"kind": "import", "feed": "beds", "source": "test", "settings": ""}
BED = FACTS["bed"]


def write(store, known_at, rows, table=BED):
    now = parse_time("2020-03-01")
    with store.writing() as connection:
        return open_batch(connection, parse_time(known_at), now, BATCH).put(table, pd.DataFrame(rows))


def bed(key="h|all|1", opened=10, happened="2020-02-01", reported=None, **more):
    return {
        "key": key,
        "row": 2,
        "happened_at": to_ms(parse_time(happened)),
        "reported_at": to_ms(parse_time(reported or happened)),
        "hospital": "h",
        "kind": "all",
        "open": opened,
        **more,
    }


def opened(store, known_at, as_of="2020-03-01"):
    view = store.view(as_of=parse_time(as_of), known_at=parse_time(known_at))
    return store.read(as_known(select(BED), BED, view))["open"].tolist()


@pytest.fixture
def store(tmp_path, empty):
    store = databases.opened(empty, tmp_path)
    yield store
    store.close()


def test_a_new_version_closes_the_old_one_and_both_stay_readable(store):
    write(store, "2020-02-01T18:00", [bed(opened=10)])
    write(store, "2020-02-02T18:00", [bed(opened=12, reported="2020-02-02")])
    assert opened(store, "2020-02-01T18:00") == [10]
    assert opened(store, "2020-02-02T18:00") == [12]
    assert opened(store, "2020-01-31") == []


def test_the_same_content_is_unchanged_and_writes_nothing(store):
    write(store, "2020-02-01T18:00", [bed()])
    assert write(store, "2020-02-02T18:00", [bed()]).outcome.tolist() == ["unchanged"]
    assert len(store.read(select(BED.c.id))) == 1


def test_the_later_report_stands_whatever_the_order_of_arrival(store):
    write(store, "2020-02-01T18:00", [bed(opened=12, reported="2020-02-02")])
    assert write(store, "2020-02-02T18:00", [bed(opened=10, reported="2020-02-01")]).outcome.tolist() == ["older"]
    assert opened(store, "2020-02-03") == [12]


def test_what_happens_after_as_of_is_not_seen(store):
    write(
        store, "2020-02-05T18:00", [bed(key="a", happened="2020-02-01"), bed(key="b", opened=99, happened="2020-02-04")]
    )
    assert opened(store, "2020-02-06", as_of="2020-02-03") == [10]


def test_newest_takes_the_last_event_of_each_group(store):
    write(
        store, "2020-02-05T18:00", [bed(key="a", happened="2020-02-01"), bed(key="b", opened=99, happened="2020-02-04")]
    )
    view = store.view(as_of=parse_time("2020-02-06"))
    assert store.read(newest(BED, view, by=("hospital", "kind")))["open"].tolist() == [99]


def test_knowledge_only_grows(store):
    write(store, "2020-02-02T18:00", [bed()])
    with pytest.raises(KnowledgeError, match="2020-02-02T18:00"):
        write(store, "2020-02-01T18:00", [bed(key="late")])
    assert len(store.read(select(batch.c.id))) == 1


def test_two_deliveries_known_at_one_moment_follow_each_other_by_a_millisecond(store):
    write(store, "2020-02-02T18:00", [bed(key="a")])
    write(store, "2020-02-02T18:00", [bed(key="b")])
    assert store.latest() - parse_time("2020-02-02T18:00") == timedelta(milliseconds=1)
    assert opened(store, "2020-02-02T18:00") == [10]  # the first alone, also after the second has come


def fail_half_way(store):
    with store.writing() as connection:
        open_batch(connection, None, parse_time("2020-02-01"), BATCH).put(BED, pd.DataFrame([bed()]))
        raise RuntimeError("on purpose")


def test_a_failed_write_leaves_nothing(store):
    with pytest.raises(RuntimeError, match="on purpose"):
        fail_half_way(store)
    assert store.read(select(BED.c.id)).empty
    assert store.read(select(batch.c.id)).empty


def test_open_versions_end_in_the_far_future_and_times_come_back_in_shanghai(store):
    write(store, "2020-02-01T18:00", [bed()])
    row = store.read(select(BED)).iloc[0]
    assert str(row["happened_at"].tzinfo) == "Asia/Shanghai"
    assert to_ms(row["known_until"].to_pydatetime()) == FOREVER


def test_a_drill_store_does_not_open_as_production(tmp_path):
    open_store(f"sqlite:///{tmp_path / 'd.db'}", "drill")
    with pytest.raises(StoreError, match="drill store"):
        open_store(f"sqlite:///{tmp_path / 'd.db'}", "production")


def test_a_missing_store_is_named(tmp_path):
    with pytest.raises(StoreError, match="there is no store at"):
        open_store(f"sqlite:///{tmp_path / 'none.db'}", must_exist=True)


def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "broken.db"
    path.write_bytes(b"this is not a database at all" * 100)
    with pytest.raises(StoreError, match="not a usable store"):
        open_store(f"sqlite:///{path}")


def test_write_ahead_log_and_foreign_keys_are_on_in_a_file(tmp_path):
    store = databases.opened(f"sqlite:///{tmp_path / 'store.db'}", tmp_path)
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    assert sqlite3.connect(tmp_path / "store.db").execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_the_journal_keeps_what_was_done_newest_first(store):
    journal.add(store, "a", "plan", "lockdown", {"n": 1})
    journal.add(store, "b", "export", "beds.pdf")
    assert journal.entries(store)["action"].tolist() == ["export", "plan"]


def test_a_bare_date_is_the_end_of_its_day():
    assert parse_time("2020-02-12") == day_start(18305) - timedelta(
        milliseconds=1
    )  # 2020-02-13 is day 18,305 since 1970
    assert parse_time("2020-02-12T10:00Z").hour == 18
    assert from_ms(to_ms(parse_time("2020-02-12T18:00"))) == parse_time("2020-02-12T18:00")


@pytest.mark.parametrize(
    ("clocks", "as_of", "known_at"),
    [
        ({}, "2020-02-20T18:00", "2020-02-20T18:00"),  # a drill's now is its newest delivery
        ({"known_at": "2020-02-12T18:00"}, "2020-02-12T18:00", "2020-02-12T18:00"),
        ({"known_at": "2020-02-25"}, "2020-02-20T18:00", "2020-02-25"),
        ({"as_of": "2020-02-25"}, "2020-02-25", "2020-02-20T18:00"),
        ({"as_of": "2020-02-25", "known_at": "2020-02-12"}, "2020-02-25", "2020-02-12"),
    ],
)
def test_a_time_left_out_is_now_and_never_later_than_what_was_known(tmp_path, clocks, as_of, known_at):
    store = open_store(f"sqlite:///{tmp_path / 'drill.db'}", "drill")
    write(store, "2020-02-20T18:00", [bed()])
    view = store.view(**{name: parse_time(text) for name, text in clocks.items()})
    assert (view.as_of, view.known_at) == (parse_time(as_of), parse_time(known_at))


def test_a_database_of_another_program_is_left_alone(tmp_path):
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE song (title TEXT)")
    with pytest.raises(StoreError, match="holds other tables"):
        open_store(f"sqlite:///{tmp_path / 'other.db'}", "drill")
    with sqlite3.connect(tmp_path / "other.db") as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("song",)]
