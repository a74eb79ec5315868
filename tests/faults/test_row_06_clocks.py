"""Row 6, clocks that go wrong: what lies more than ten minutes ahead, or at the zero of a clock, is refused by its row; both times are kept."""

import time
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import select

from layers._errors import KnowledgeError
from layers._times import parse_time, to_ms
from layers.intake._feed import Column
from layers.intake.parsing import parse
from layers.store import open_store
from layers.store.schema import FOREVER, batch, person
from tests import city
from tests.beginnings import begun

KNOWN = "2020-02-10T18:00"
WRITTEN = [  # what a source wrote as the time of a status, and when that was in Shanghai; None: its row is refused
    ("2020-02-10 18:09", "2020-02-10T18:09"),  # a clock may go some minutes ahead
    ("2020-02-10 18:11", None),
    ("2031-01-01", None),
    ("2020-02-10T10:05Z", "2020-02-10T18:05"),
    ("2020-02-10T10:15Z", None),  # the same instant as 18:15 here
    ("2020-02-10T19:05+09:00", "2020-02-10T18:05"),
    ("2020-02-10T12:00:30-0600", None),
    ("2020-02-09 24:00", "2020-02-10T00:00"),
    ("2020-02-09", "2020-02-09T00:00"),
    ("1970-01-01", None),
    ("1970/1/1", None),
    ("1900-01-01", None),
    ("1899-12-30", None),
    ("0001-01-01", None),
    ("9999-12-31", None),
    ("2020-02-30", None),
    ("2020-02-10 25:00", None),
    ("1581307200", None),
    ("2019-03-10 02:30", "2019-03-10T02:30"),  # no such time in New York
]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clocks")
    return begun(f"sqlite:///{folder / 'store.db'}", folder)


@pytest.fixture(params=["Asia/Shanghai", "America/New_York"])
def zone(request, monkeypatch):
    """A machine whose own clock stands in some zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(("written", "meant"), WRITTEN, ids=[written for written, _ in WRITTEN])
def test_a_time_is_taken_in_shanghai_or_its_row_is_refused(store, tmp_path, zone, written, meant):
    receipt = city.cases(store, tmp_path, KNOWN, {"case_id": "x", "status_at": written}, {"case_id": "y"}, dry_run=True)
    assert (receipt.rows_read, receipt.rows_rejected) == (2, meant is None)
    if meant is None:
        assert [(note.row, note.column) for note in receipt.rejected] == [(2, "status_at")]
    else:
        column = Column("t", "时", "time", "a time", "时间")
        values, bad = parse(pd.Series([written]), column)
        assert (values[0], bad[0]) == (to_ms(parse_time(meant)), False)


@pytest.mark.parametrize("column", ["onset_at", "reported_at"])
def test_another_time_in_the_future_costs_its_row_too(store, tmp_path, column):
    receipt = city.cases(store, tmp_path, KNOWN, {column: "2020-02-10 18:11"}, {"case_id": "2", column: "2020-02-10 18:09"}, dry_run=True)  # fmt: skip
    assert [(note.row, note.column) for note in receipt.rejected] == [(2, column)]


def test_when_it_was_and_when_it_was_known_are_both_kept(tmp_path):
    store = begun(f"sqlite:///{tmp_path / 'store.db'}", tmp_path)
    city.cases(store, tmp_path, KNOWN, {"status_at": "2020-02-10 18:09", "reported_at": "2020-02-10 17:00"})
    status = city.believed(store, "person_status").iloc[0]
    assert status["happened_at"] == parse_time("2020-02-10T18:09")
    assert status["reported_at"] == parse_time("2020-02-10T17:00")
    assert status["known_from"] == parse_time(KNOWN)
    store.close()


def test_a_delivery_is_known_at_most_ten_minutes_ahead_of_the_clock(store, tmp_path):
    for minutes, refused in ((9, False), (11, True)):
        at = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat(timespec="seconds")
        if refused:
            with pytest.raises(KnowledgeError, match="future"):
                city.cases(store, tmp_path, at, {}, dry_run=True)
        else:
            assert city.cases(store, tmp_path, at, {}, dry_run=True).rows_rejected == 0


def test_a_clock_that_was_put_back_loses_nothing_and_changes_no_past(tmp_path):
    """The machine's clock went nine minutes ahead, and was put right: what comes now is known after what came before."""
    store = city.found(open_store(f"sqlite:///{tmp_path / 'store.db'}", "production"), tmp_path)
    ahead = (datetime.now(UTC) + timedelta(minutes=9)).isoformat(timespec="milliseconds")
    city.cases(store, tmp_path, ahead, {"case_id": "1"})
    path = city.table(tmp_path / "right.csv", [city.CASE | {"case_id": "2"}])
    city.deliver(store, "cases", path)
    known = store.read(select(batch.c.known_at).order_by(batch.c.id))["known_at"]
    assert known.is_monotonic_increasing
    assert known.is_unique
    assert known.iloc[-1] - parse_time(ahead) == timedelta(milliseconds=1)
    then = store.read(select(person.c.subject).where(person.c.known_from <= to_ms(parse_time(ahead))))
    assert then["subject"].tolist() == ["1"]
    assert (city.believed(store, "person")["known_until"].map(lambda at: to_ms(at.to_pydatetime())) == FOREVER).all()
    store.close()
