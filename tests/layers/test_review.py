"""The review queue: who waits, one decision for identical addresses, undoing, lessons, and pace."""

import pandas as pd
import pytest
from sqlalchemy import select

from geo.address_model import Lesson
from layers._times import parse_time
from layers.intake.gazetteer_changes import CareError, Change, make
from layers.intake.lessons import latest, learned_at, lessons
from layers.intake.pace import pace
from layers.intake.rematch import rematch
from layers.intake.review import (
    ClosedError,
    ElsewhereError,
    ReviewError,
    correct,
    decide,
    history,
    same_address,
    undo,
    waiting,
)
from layers.store import totals
from layers.store.schema import FOREVER, batch, care, placement
from tests import city
from tests.beginnings import begun

SAME = "江汉区长江花园{}栋2单元{}室"


def five_cases(store, folder):
    rows = [
        {"case_id": "1", "address": SAME.format(5, 301), "district": "江汉区"},
        {"case_id": "2", "address": SAME.format(5, 401), "district": "江汉区"},
        {"case_id": "3", "address": SAME.format(7, 101), "district": "江汉区"},
        {"case_id": "4", "address": "江岸区丹水池小区1栋", "district": "江岸区"},
        {"case_id": "5", "address": "江汉区新里程长江花园9栋", "district": "江汉区"},
    ]
    city.cases(store, folder, "2020-02-10T18:00", *rows)


@pytest.fixture
def store(tmp_path):
    return begun(f"sqlite:///{tmp_path / 'store.db'}", tmp_path, five_cases)


def view(store, area="", known_at=None):
    return store.view(area, parse_time("2020-02-20"), parse_time(known_at) if known_at else None)


def queue(store, area=""):
    return store.read(waiting(view(store, area)))


def counts(store):
    rows = store.read(totals.state(view(store), "compound"))
    return dict(zip(rows["area"], rows["n"], strict=True))


def state(store):
    rows = store.read(select(placement).where(placement.c.known_until == FOREVER)).sort_values("subject")
    return [f"{s} {c} {d}" for s, c, d in zip(rows["status"], rows["compound"], rows["decided_by"], strict=True)]


def test_addresses_are_the_same_up_to_building_and_unit(store):
    rows = queue(store)
    group = same_address(rows)
    assert rows["subject"].tolist() == ["1", "2", "3", "5"]
    assert group[0] == group[1] == group[2] != group[3]


def test_somebody_without_an_address_is_alone():
    rows = pd.DataFrame({"key": ["a", "b"], "address": ["", None], "district": ["", ""], "alternatives": [None, None]})
    assert same_address(rows).tolist() == ["a", "b"]


def test_one_decision_places_all_who_wait_with_the_same_address_in_one_batch(store):
    before = state(store)
    found = decide(store, "case:2", "C4", "duty", alike=True)
    assert sorted(found.keys) == ["case:1", "case:2", "case:3"]
    assert counts(store) == {"C2": 1, "C4": 3, "": 1}
    assert set(store.read(select(placement.c.batch).where(placement.c.decided_by == "duty"))["batch"]) == {found.batch}
    undone = undo(store, found.batch, "duty")
    assert sorted(undone.keys) == ["case:1", "case:2", "case:3"]
    assert state(store) == before
    assert counts(store) == {"C2": 1, "": 4}


def test_undoing_is_a_new_decision_and_the_past_keeps_the_old_one(store):
    first = decide(store, "case:1", "C4", "duty")
    between = store.latest()
    undo(store, first.batch, "chief")
    then = store.read(totals.state(view(store, known_at=between.isoformat()), "compound"))
    assert then.set_index("area")["n"].to_dict() == {"C2": 1, "C4": 1, "": 3}
    rows = store.read(history(view(store)))
    assert rows[["action", "actor", "subject", "compound", "stands"]].values.tolist() == [
        ["undo", "chief", "1", "", True],
        ["review", "duty", "1", "C4", False],
    ]


def test_what_was_decided_again_since_is_not_undone(store):
    first = decide(store, "case:1", "C4", "duty", alike=True)
    decide(store, "case:2", "C5", "chief", correcting=True)
    assert sorted(undo(store, first.batch, "duty").keys) == ["case:1", "case:3"]
    assert [line.split()[:2] for line in state(store) if "chief" in line] == [["accepted", "C5"]]
    with pytest.raises(ClosedError, match="nothing of decision"):
        undo(store, first.batch, "duty")


def test_a_decision_that_a_merge_moved_can_be_corrected_for_all_its_persons(store):
    first = decide(store, "case:1", "C4", "duty", alike=True)
    decide(store, "case:2", "C5", "chief", correcting=True)
    for code in ("C4", "C5"):
        make(store, Change("merge", code, ("C2",)), "city", apply=True)
    told = store.read(history(view(store)))
    assert told[told["number"] == first.batch][["key", "still"]].fillna("-").values.tolist() == [
        ["case:1", "C2"],
        ["case:2", "-"],
        ["case:3", "C2"],
    ]
    with pytest.raises(ElsewhereError):
        correct(store, first.batch, None, "江汉值班", area="420103")
    again = correct(store, first.batch, "C3", "chief")
    assert again.keys == ("case:1", "case:3")
    assert counts(store) == {"C2": 2, "C3": 2, "": 1}
    for number in (first.batch, 1, 99):
        with pytest.raises(ClosedError, match="can be corrected"):
            correct(store, number, None, "chief")
    correct(store, again.batch, None, "chief")
    assert counts(store) == {"C2": 2, "": 3}


def test_older_decisions_are_told_from_a_batch_on(store):
    first, second = decide(store, "case:1", "C4", "duty"), decide(store, "case:2", "C4", "duty")
    assert store.read(history(view(store), before=second.batch))["number"].tolist() == [first.batch]


def test_only_decisions_are_undone_and_only_in_ones_own_area(store):
    found = decide(store, "case:1", "C4", "duty")
    with pytest.raises(ElsewhereError):
        undo(store, found.batch, "江岸值班", area="420102")
    undone = undo(store, found.batch, "duty", area="420103")
    for number in (1, 99, undone.batch):
        with pytest.raises(ReviewError, match="no decision about a match"):
            undo(store, number, "duty")


def test_the_history_of_a_district_is_its_own(store):
    decide(store, "case:1", "C4", "duty")
    assert len(store.read(history(view(store, "420103")))) == 1
    assert store.read(history(view(store, "420102"))).empty


def test_a_picked_name_is_learned_matches_later_addresses_and_is_forgotten_with_the_decision(store, tmp_path):
    found = decide(store, "case:5", "C4", "duty", learn="新里程长江花园")
    city.cases(store, tmp_path, "2020-02-11T18:00", {"case_id": "6", "address": "江汉区新里程长江花园1栋"})
    assert state(store)[5] == "accepted C4 auto"
    undo(store, found.batch, "duty")
    assert store.read(select(care.c.stands, care.c.decided_by)).values.tolist() == [[True, "duty"], [False, "duty"]]
    city.cases(store, tmp_path, "2020-02-12T18:00", {"case_id": "7", "address": "江汉区新里程长江花园2栋"})
    assert state(store)[6].startswith("review")


def test_a_decision_keeps_the_building_that_the_address_names(store):
    decide(store, "case:1", "C4", "duty", alike=True)
    decide(store, "case:5", None, "duty")
    query = select(placement.c.subject, placement.c.building).where(placement.c.known_until == FOREVER)
    rows = store.read(query.where(placement.c.decided_by == "duty").order_by(placement.c.subject))
    assert rows.values.tolist() == [["1", "5栋"], ["2", "5栋"], ["3", "7栋"], ["5", ""]]
    totalled = store.read(totals.state(view(store), "building"))
    counted = dict(zip(totalled["area"], totalled["n"], strict=True))
    assert counted == {"C2|1栋": 1, "C4|5栋": 2, "C4|7栋": 1}


@pytest.mark.parametrize("since", ["corrected", "moved"])
def test_a_taught_name_is_forgotten_also_when_nobody_is_left_whom_the_decision_places(store, tmp_path, since):
    found = decide(store, "case:5", "C4", "duty", learn="新里程长江花园")
    if since == "corrected":
        decide(store, "case:5", "C5", "chief", correcting=True)
    else:
        city.cases(store, tmp_path, "2020-02-11T18:00", {"case_id": "5", "address": "江岸区丹水池小区2栋"})
    before = state(store)
    with pytest.raises(ElsewhereError):
        undo(store, found.batch, "江岸值班", area="420102")
    undone = undo(store, found.batch, "chief", area="420103")
    assert (undone.keys, undone.learned, state(store)) == ((), "新里程长江花园", before)
    city.cases(store, tmp_path, "2020-02-12T18:00", {"case_id": "7", "address": "江汉区新里程长江花园2栋"})
    assert state(store)[5].startswith("review")
    with pytest.raises(ClosedError, match="nothing of decision"):
        undo(store, found.batch, "chief")


@pytest.mark.parametrize("name", ["解放大道", "新里程", "长江花园"])
def test_only_the_name_that_the_address_writes_is_learned(store, name):
    before = state(store)
    with pytest.raises(ReviewError, match="not the name that this address writes"):
        decide(store, "case:5", "C4", "duty", learn=name)
    assert state(store) == before
    assert store.read(select(care.c.id)).empty


def test_a_name_that_cannot_be_learned_leaves_the_decision_untaken(store):
    before = state(store), len(store.read(select(batch.c.id)))
    with pytest.raises(CareError, match="C4, C5"):
        decide(store, "case:1", "C2", "duty", learn="长江花园")
    assert (state(store), len(store.read(select(batch.c.id)))) == before


def test_decisions_are_lessons_until_they_are_undone(store):
    picked = decide(store, "case:1", "C4", "duty", alike=True)
    decide(store, "case:5", None, "duty")
    with store.snapshot() as connection:
        assert lessons(connection, latest(connection)) == [
            Lesson("江汉区长江花园", "江汉区", "C4"),  # one decision about three persons of one address is one lesson
            Lesson("江汉区新里程长江花园", "江汉区", None),
        ]
    undo(store, picked.batch, "duty")
    with store.snapshot() as connection:
        assert [lesson.compound_id for lesson in lessons(connection, latest(connection))] == [None]


def test_the_judge_learns_when_everybody_is_rematched_and_not_at_each_decision(store):
    decide(store, "case:5", None, "duty")
    with store.snapshot() as connection:
        assert lessons(connection, learned_at(connection)) == []
    rematch(store, apply=True)
    decide(store, "case:1", "C4", "duty")
    with store.snapshot() as connection:
        assert [one.compound_id for one in lessons(connection, learned_at(connection))] == [None]


def test_pace_by_hand():
    """09:00:00, :10, :40 by A, then 40 minutes of other work, 09:40:40; B once, yesterday. Gaps of A: 10, 30 s."""
    at = [
        "2020-02-10T09:00:00",
        "2020-02-10T09:00:10",
        "2020-02-10T09:00:40",
        "2020-02-10T09:40:40",
        "2020-02-09T12:00",
    ]
    rows = pd.DataFrame(
        {
            "number": [1, 2, 3, 4, 0],
            "at": [parse_time(t) for t in at],
            "actor": ["A", "A", "A", "A", "B"],
            "action": ["review", "review", "undo", "review", "review"],
            "key": ["a", "b", "a", "a", "z"],  # a is decided, undone and decided again
        }
    )
    second = rows[rows["number"] == 2].assign(key="c")  # two persons in one decision
    rows = pd.concat([rows, second], ignore_index=True)
    found = pace(rows, parse_time("2020-02-10T09:45"))
    assert (found.today, found.last_hour, found.persons_today) == (3, 3, 3)
    assert found.median_s == 20.0
    assert found.by == (("A", 3),)
    assert pace(rows, parse_time("2020-02-10T10:00:30")).last_hour == 1  # the one of 09:40:40
    assert pace(rows.iloc[:0], parse_time("2020-02-10T09:45")).median_s is None
