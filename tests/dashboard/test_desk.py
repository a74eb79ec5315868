"""What the desk reads for a page agrees with what the totals count."""

import pytest

from dashboard.access import Gate
from dashboard.desk import Desk
from dashboard.settings import Settings
from dashboard.tables import TableStore
from layers._times import parse_time
from layers.store import open_store
from tests import city


@pytest.fixture
def desk(tmp_path):
    store = city.found(open_store(f"sqlite:///{tmp_path / 'store.db'}", "drill"), tmp_path)
    city.cases(
        store,
        tmp_path,
        "2020-02-18T20:00",
        {"case_id": "1", "status": "疑似", "status_at": "2020-02-17"},
        {"case_id": "1", "status": "确诊", "status_at": "2020-02-18T18:00"},
    )
    settings = Settings(store="")
    return Desk(settings, store, Gate(settings), TableStore())


@pytest.mark.parametrize(
    ("as_of", "status"),
    [
        ("2020-02-17T10:00", "suspected"),
        ("2020-02-17", "suspected"),
        ("2020-02-18T00:00", "confirmed"),  # persons are dated by the day: the day has begun
        ("2020-02-18T10:00", "confirmed"),
        ("2020-02-18", "confirmed"),
    ],
)
def test_the_panel_of_a_compound_and_its_counts_agree_within_a_day(desk, as_of, status):
    who, view = desk.gate.visitor, desk.store.view(as_of=parse_time(as_of))
    counts = desk.counts(who, view.narrowed("compound:C1"))
    assert {name: n for name, n in counts.items() if name.startswith("now_") and n > 0} == {f"now_{status}": 1}
    assert desk.persons(who, view, "C1")["status"].tolist() == [status]


def test_before_its_first_day_a_person_is_neither_counted_nor_listed(desk):
    who, view = desk.gate.visitor, desk.store.view(as_of=parse_time("2020-02-16"))
    assert desk.counts(who, view.narrowed("compound:C1")).sum() == 0
    assert desk.persons(who, view, "C1").empty
