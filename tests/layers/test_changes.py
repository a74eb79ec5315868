"""What changed between two knowledge times: each kind by hand, and sums that hold for any history."""

from collections import Counter

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from layers._times import day_start, parse_time, to_ms
from layers.store import changes, open_store, totals
from layers.store.asof import newest
from layers.store.schema import FOREVER, control
from tests import city

DAY = "2020-02-12"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """One evening's cases, and a second evening that changes each of them in another way."""
    folder = tmp_path_factory.mktemp("changes")
    store = city.found(open_store(f"sqlite:///{folder / 'store.db'}", "drill"), folder)
    first = [{"case_id": str(n), "status_at": "2020-02-03", "reported_at": "2020-02-09"} for n in range(1, 7)]
    first[1] |= {"status": "临床诊断"}
    first[5] |= {"status_at": "2020-02-08"}
    city.cases(store, folder, "2020-02-10T18:00", *first)
    second = [
        {"case_id": "2", "status": "确诊", "status_at": "2020-02-08"},
        {"case_id": "3", "address": "江汉区长江花园一期2栋1单元301"},
        {"case_id": "4", "withdrawn": "是"},
        {"case_id": "5", "status_at": "2020-02-09"},
        {"case_id": "6", "status_at": "2020-02-04"},
        {"case_id": "7", "status_at": "2020-02-05"},
        {"case_id": "8", "status_at": "2020-02-12"},
    ]
    city.cases(
        store,
        folder,
        "2020-02-12T18:00",
        *({"reported_at": "2020-02-12", "status_at": "2020-02-03"} | row for row in second),
    )
    return store


def views(store, before="2020-02-11", after="2020-02-13", as_of=DAY):
    return [store.view(as_of=parse_time(as_of), known_at=parse_time(known)) for known in (before, after)]


def test_each_kind_of_change_is_told_with_its_delivery(store):
    found = changes.between(store, *views(store))
    told = {(r.change, r.was_status, r.status, r.was_compound, r.compound): r.n for r in found.rows.itertuples()}
    assert told == {
        ("added", "", "confirmed", "", "C1"): 1,  # the 12th: after the first knowledge time
        ("backdated", "", "confirmed", "", "C1"): 1,  # the 5th: it had happened and was not known
        ("reclassified", "clinical", "confirmed", "C1", "C1"): 1,
        ("moved", "confirmed", "confirmed", "C1", "C4"): 1,
        ("withdrawn", "confirmed", "", "C1", ""): 1,
        ("redated", "confirmed", "confirmed", "C1", "C1"): 2,  # of no weight: both days lie before as_of
    }
    batches = found.batches.set_index("batch")
    assert set(found.rows["batch"]) == {batches.index[-1]}
    assert batches.iloc[-1][["kind", "feed"]].tolist() == ["import", "cases"]


def test_a_date_that_moves_over_as_of_takes_a_person_in_or_out(store):
    rows = changes.between(store, *views(store, as_of="2020-02-06")).rows.query("change == 'redated'")
    told = {(r.was_status, r.status, r.was_compound, r.compound): r.n for r in rows.itertuples()}
    assert told == {("confirmed", "", "C1", ""): 1, ("", "confirmed", "", "C1"): 1}


def test_versions_of_persons_are_read_once_for_both_times(store):
    asked = []

    def note(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        changes.between(store, *views(store))
    finally:
        event.remove(store.engine, "before_cursor_execute", note)
    for table in ("person_status", "placement", "withdrawal"):
        assert len([one for one in asked if f"FROM {table}" in one]) == 1


def test_an_order_of_a_zone_that_found_no_compound_is_told_as_well(tmp_path):
    store = city.found(open_store(f"sqlite:///{tmp_path / 'store.db'}", "drill"), tmp_path)
    zone = {"zone_id": "Z9", "name": "无此小区", "state": "封控", "since": "2020-02-11"}
    city.deliver(store, "controls", city.table(tmp_path / "z.csv", [zone]), "2020-02-11T08:00")
    found = changes.between(store, *views(store, "2020-02-10", "2020-02-12"))
    assert found.controls["state"].tolist() == ["sealed"]
    assert found.controls["compound"].isna().all()
    assert store.read(newest(control, views(store)[1], ("compound",))).shape[0] == 1


def test_nothing_changes_between_a_moment_and_itself(store):
    found = changes.between(store, *views(store, after="2020-02-11"))
    assert found.rows.empty
    assert found.entries.empty
    with pytest.raises(ValueError, match="in order"):
        changes.between(store, *reversed(views(store)))


@pytest.mark.parametrize("level", ["compound", "district"])
@pytest.mark.parametrize("as_of", ["2020-02-03", "2020-02-05", DAY, "2020-02-25"])
def test_counts_before_and_changes_are_counts_after(store, level, as_of):
    for known in (("2020-02-09", "2020-02-11"), ("2020-02-11", "2020-02-13"), ("2020-02-09", "2020-02-25")):
        before, after = views(store, *known, as_of)
        assert counted(store, before, level) + entered(changes.between(store, before, after), level) == counted(
            store, after, level
        )


class Sum(Counter):
    """Counts that may be negative, equal where they differ in zeros alone."""

    def __add__(self, other):
        return Sum({key: self[key] + other[key] for key in self.keys() | other.keys()})

    def __eq__(self, other):
        return {k: n for k, n in self.items() if n} == {k: n for k, n in other.items() if n}


def counted(store, view, level):
    rows = store.read(totals.state(view, level)).groupby(["area", "status"])["n"].sum()
    return Sum({key: int(n) for key, n in rows.items()})


def entered(found, level):
    rows = found.entries.groupby([level, "status"])["n"].sum()
    return Sum({key: int(n) for key, n in rows.items()})


def test_orders_in_force_and_beds_that_differ_are_told(store, tmp_path):
    zone = {"zone_id": "C2", "name": "丹水池小区", "state": "封控", "since": "2020-02-11"}
    city.deliver(store, "controls", city.table(tmp_path / "z.csv", [zone]), "2020-02-26T08:00")
    city.deliver(store, "hospitals", city.table(tmp_path / "h.csv", city.SITES), "2020-02-26T09:00", datum="wgs84")
    for hour, used in ((10, 30), (20, 45)):
        row = {"hospital": "H1", "kind": "all", "reported_for": "2020-02-12", "open": 50, "used": used}
        city.deliver(store, "beds", city.table(tmp_path / f"b{used}.csv", [row]), f"2020-02-26T{hour}:00")
    found = changes.between(store, *views(store, "2020-02-26T12:00", "2020-02-27"))
    assert found.beds[["hospital", "was_used", "used", "district"]].values.tolist() == [["H1", 30, 45, "420102"]]
    assert found.controls.empty
    found = changes.between(store, *views(store, "2020-02-25", "2020-02-26T12:00"))
    assert found.controls[["compound", "state"]].values.tolist() == [["C2", "sealed"]]
    assert found.beds[["used"]].values.tolist() == [[30]]


# ---- any history

DAYS = [to_ms(day_start(number)) for number in range(18_290, 18_296)]
STATE = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["", "suspected", "clinical", "confirmed"]),
        "compound": st.sampled_from(["", "C1", "C2"]),
        "district": st.sampled_from(["420102", "420103"]),
        "since": st.integers(18_290, 18_296),
        "placed": st.booleans(),
        "withdrawn": st.booleans(),
    }
)


def frame(states, begun):
    rows = [
        {
            "kind": "case",
            "subject": str(number),
            "street": "",
            **{name: state[name] for name in ("status", "compound", "district", "placed")},
            "since": state["since"] if state["status"] else None,
            "first": state["since"] if state["status"] else None,
            "begun": begun,
            "ended": FOREVER,
            "place_begun": begun,
            "place_ended": FOREVER,
            "withdrawn_begun": begun if state["withdrawn"] else None,
        }
        for number, state in enumerate(states)
    ]
    numbers = ["since", "first", "begun", "ended", "place_begun", "place_ended", "withdrawn_begun"]
    return pd.DataFrame(rows).astype(dict.fromkeys(numbers, float))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(STATE, STATE), min_size=1, max_size=12))
def test_entries_of_any_history_sum_to_the_difference(pairs):
    before, after = frame([one for one, _ in pairs], DAYS[0]), frame([two for _, two in pairs], DAYS[3])
    told = changes.compare(before, after, DAYS[1]).assign(batch=1)
    rows = told.groupby(changes.ROW, as_index=False, dropna=False).size().rename(columns={"size": "n"})
    entered = changes.entries(rows).groupby(["compound", "district", "status"])["n"].sum()
    assert brute(before) + Sum({key: int(n) for key, n in entered.items()}) == brute(after)
    assert set(rows["change"]) <= set(changes.KINDS)


def brute(persons):
    seen = persons[persons["placed"] & (persons["status"] != "")]
    return Sum(Counter(zip(seen["compound"], seen["district"], seen["status"], strict=True)))
