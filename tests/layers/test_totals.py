"""Totals on two clocks: any state is a sum of increments."""

import pandas as pd
import pytest

from layers._times import day_number, parse_time, to_ms
from layers.store import people, totals
from layers.store.paged import paged
from tests import city
from tests.beginnings import begun


@pytest.fixture
def store(tmp_path, target):
    store = begun(target, tmp_path)
    yield store
    store.close()


def state(store, as_of, known_at, level="city", measure="now", area=""):
    view = store.view(area=area, as_of=parse_time(as_of), known_at=parse_time(known_at))
    rows = store.read(totals.state(view, level, measure))
    return {(row.area, row.status): row.n for row in rows.itertuples()}


def test_a_person_is_in_one_status_at_a_time(store, tmp_path):
    city.cases(
        store,
        tmp_path,
        "2020-02-10T18:00",
        {"status": "疑似", "status_at": "2020-02-01"},
        {"status": "确诊", "status_at": "2020-02-03"},
    )
    assert state(store, "2020-02-02", "2020-02-11") == {("", "suspected"): 1}
    assert state(store, "2020-02-04", "2020-02-11") == {("", "confirmed"): 1}
    assert state(store, "2020-02-04", "2020-02-11", measure="ever") == {("", "suspected"): 1, ("", "confirmed"): 1}


def test_a_late_report_changes_the_day_it_belongs_to_and_only_from_when_it_was_known(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-10T18:00", {"case_id": "1"})
    city.cases(store, tmp_path, "2020-02-20T18:00", {"case_id": "2", "status_at": "2020-02-03"})
    assert state(store, "2020-02-03", "2020-02-15") == {("", "confirmed"): 1}
    assert state(store, "2020-02-03", "2020-02-21") == {("", "confirmed"): 2}


def test_a_correction_of_a_date_moves_the_count_and_the_past_stays_as_it_was_known(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-10T18:00", {"status_at": "2020-02-03", "reported_at": "2020-02-10"})
    city.cases(store, tmp_path, "2020-02-12T18:00", {"status_at": "2020-02-06", "reported_at": "2020-02-12"})
    assert state(store, "2020-02-04", "2020-02-11") == {("", "confirmed"): 1}
    assert state(store, "2020-02-04", "2020-02-13") == {}
    assert state(store, "2020-02-06", "2020-02-13") == {("", "confirmed"): 1}


def test_a_withdrawn_case_leaves_every_count_from_then_on(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-10T18:00", {})
    city.cases(store, tmp_path, "2020-02-12T18:00", {"withdrawn": "是"})
    assert state(store, "2020-02-20", "2020-02-11") == {("", "confirmed"): 1}
    assert state(store, "2020-02-20", "2020-02-13") == {}


def test_levels_agree_and_what_is_not_placed_is_counted(store, tmp_path):
    city.cases(
        store,
        tmp_path,
        "2020-02-10T18:00",
        {"case_id": "1"},
        {"case_id": "2", "address": "不存在的地方99号", "district": "江汉区"},
    )
    assert state(store, "2020-02-20", "2020-02-11", "compound") == {("C1", "confirmed"): 1, ("", "confirmed"): 1}
    assert state(store, "2020-02-20", "2020-02-11", "district") == {
        ("420102", "confirmed"): 1,
        ("420103", "confirmed"): 1,
    }
    assert state(store, "2020-02-20", "2020-02-11", "building") == {("C1|3栋", "confirmed"): 1}
    assert state(store, "2020-02-20", "2020-02-11", "district", area="420103") == {("420103", "confirmed"): 1}


def test_severity_is_a_dimension_of_its_own(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-10T18:00", {"severity": "轻型"})
    city.cases(
        store,
        tmp_path,
        "2020-02-12T18:00",
        {"severity": "重型", "severity_at": "2020-02-11", "reported_at": "2020-02-12"},
    )
    view = store.view(as_of=parse_time("2020-02-12"))
    rows = store.read(totals.state(view, "city"))
    assert rows[["status", "severity", "n"]].values.tolist() == [["confirmed", "severe", 1]]


def test_wide_counts_the_fourteen_days_that_end_with_the_day_of_as_of(store, tmp_path):
    rows = [{"case_id": day, "status_at": f"2020-02-{day}"} for day in ("05", "06", "19")]
    city.cases(store, tmp_path, "2020-02-19T18:00", *rows)
    wide = store.read(totals.wide(store.view(as_of=parse_time("2020-02-19")), "compound")).iloc[0]
    assert (wide["now_confirmed"], wide["new14_confirmed"], wide["new1_confirmed"]) == (
        3,
        2,
        1,
    )  # 6..19 Feb are 14 days
    assert wide["last_confirmed"] == day_number(parse_time("2020-02-19"))


def test_a_clinical_diagnosis_that_is_confirmed_later_is_one_case(store, tmp_path):
    rows = [{"status": "临床诊断", "status_at": "2020-02-12"}, {"status": "确诊", "status_at": "2020-02-18"}]
    city.cases(store, tmp_path, "2020-02-18T18:00", *rows)
    assert state(store, "2020-02-18", "2020-02-19", measure="ever") == {("", "clinical"): 1, ("", "confirmed"): 1}
    assert state(store, "2020-02-18", "2020-02-19", measure="first") == {("", "clinical"): 1}
    wide = store.read(totals.wide(store.view(as_of=parse_time("2020-02-18")), "compound")).iloc[0]
    assert (wide["ever_counted"], wide["new1_counted"], wide["new14_counted"]) == (1, 0, 1)
    assert wide["last_counted"] == day_number(parse_time("2020-02-12"))  # the confirmation is no new case
    assert wide["last_confirmed"] == day_number(parse_time("2020-02-18"))


def test_an_unknown_level_is_refused(store):
    with pytest.raises(ValueError, match="'block'"):
        totals.state(store.view(), "block")
    with pytest.raises(ValueError, match="'newly'"):
        totals.state(store.view(), "city", "newly")


def test_increments_of_any_history_sum_to_the_state_told_directly():
    day = to_ms(parse_time("2020-02-01T00:00"))
    steps = pd.DataFrame(
        [
            ("1", "status", "suspected", day),
            ("1", "status", "confirmed", day),
            ("1", "status", "cured", day + 5 * 86_400_000),
        ],
        columns=["subject", "dimension", "value", "happened_at"],
    )
    places = pd.DataFrame(
        [("1", "C1", "420102", "一元街道", "")], columns=["subject", "compound", "district", "street", "building"]
    )
    found = totals.increments(steps, places)
    first = found[
        (found["level"] == "compound") & (found["measure"] == "now") & (found["event_day"] == found["event_day"].min())
    ]
    assert first.set_index("status")["n"].to_dict() == {"confirmed": 1}  # suspected and confirmed on one day: confirmed
    assert "building" not in set(found["level"])


def test_lists_and_panels_tell_the_status_that_is_counted_also_of_two_of_one_day(store, tmp_path):
    """A source that tells of the suspicion after the confirmation, both of one day, suspects nobody anew."""
    city.cases(store, tmp_path, "2020-02-03T18:00", {"status": "确诊"})
    city.cases(store, tmp_path, "2020-02-04T18:00", {"status": "疑似"})
    view = store.view()
    assert state(store, "2020-02-04", "2020-02-05") == {("", "confirmed"): 1}
    told = [store.read(people.listed(view, "case", 5)), *paged(store, view, "case")]
    assert [rows["status"].tolist() for rows in told] == [["confirmed"]] * 2
    assert store.read(people.steps("case", "1")(view))["value"].tolist() == ["suspected", "confirmed"]
