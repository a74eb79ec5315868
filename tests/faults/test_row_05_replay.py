"""Row 5, deliveries twice, out of order and again: whatever way the same reports come in, one state is believed and counted."""

import random
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from layers.store.schema import total
from tests import city
from tests.beginnings import begun

NUMBERS = count()
STATUSES = ("疑似", "临床诊断", "确诊", "治愈")


def report(case, minute, status, day, age, home):
    """One line of a file: what a source wrote in a minute of a day about a person.

    Each status has two days of its own: another status between two dates of one makes a second episode of it, and then it
    matters whether it was known (docs/FAULTS.md).
    """
    return {
        "case_id": str(case),
        "address": f"江岸区{('春风里', '丹水池小区')[home]}{age % 9 + 1}栋",
        "status": status,
        "status_at": f"2020-02-{2 * STATUSES.index(status) + day:02}",
        "age": str(age),
        "reported_at": f"2020-02-09T{minute // 60:02}:{minute % 60:02}",
    }


REPORTS = st.lists(
    st.builds(
        report,
        st.integers(1, 3),
        st.integers(0, 1439),
        st.sampled_from(STATUSES),
        st.integers(1, 2),
        st.integers(1, 90),
        st.integers(0, 1),
    ),
    min_size=3,
    max_size=8,
    unique_by=lambda row: row["reported_at"],  # of two reports of one moment the first stands, by rule
)


def believed(store):
    """What is believed of every person and of every dated status, and what is counted from it."""
    persons = city.believed(store, "person")[["subject", "age", "address"]]
    statuses = city.believed(store, "person_status")[["subject", "value", "happened_at"]]
    placed = city.believed(store, "placement")[["subject", "compound"]]
    counted = store.read(
        select(
            total.c.level,
            total.c.area,
            total.c.measure,
            total.c.status,
            total.c.event_day,
            func.sum(total.c.n).label("n"),
        )
        .group_by(total.c.level, total.c.area, total.c.measure, total.c.status, total.c.event_day)
        .having(func.sum(total.c.n) != 0)
    )
    return [sorted(map(str, frame.to_numpy().tolist())) for frame in (persons, statuses, placed, counted)]


def taken(store, folder, files):
    """Deliver files one after the other, each under a name of its own: the same content again is another delivery."""
    for rows in files:
        path = city.table(folder / f"{next(NUMBERS)}.csv", rows)
        city.deliver(store, "cases", path)
    return believed(store)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("replay")


def fresh(folder):
    own = folder / str(next(NUMBERS))
    own.mkdir()
    return begun(f"sqlite:///{own / 'store.db'}", own, late)


def late(store, folder):
    """The clock of a drill stands at its newest delivery: on the tenth of February, after all reports."""
    city.cases(store, folder, "2020-02-10T18:00", {"case_id": "first"})


@given(st.data())
@settings(max_examples=10, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
def test_whatever_the_order_and_however_often_one_state_is_believed(folder, data):
    rows = data.draw(REPORTS)
    size = data.draw(st.integers(1, 3))
    files = [rows[at : at + size] for at in range(0, len(rows), size)]
    again = data.draw(st.lists(st.sampled_from(files), max_size=3))
    shuffled = data.draw(st.permutations(files + again))
    assert taken(fresh(folder), folder, shuffled) == taken(fresh(folder), folder, files)


def test_on_a_server_too(target, tmp_path):
    chance = random.Random(5)
    rows = [report(1 + n % 3, 90 * n, STATUSES[n % 4], 1 + n % 2, 20 + n, n % 2) for n in range(9)]
    files = [rows[at : at + 2] for at in range(0, len(rows), 2)]
    store = begun(target, tmp_path, late)
    shuffled = chance.sample(files + files, 2 * len(files))
    assert taken(store, tmp_path, shuffled) == taken(fresh(tmp_path), tmp_path, files)
    before = believed(store)
    assert taken(store, tmp_path, files) == before
    store.close()
