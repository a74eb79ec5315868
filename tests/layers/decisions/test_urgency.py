"""Which waiting match comes first, worked out by hand; the rules are those of 2020-03-05."""

import pandas as pd

from layers._times import day_number, parse_time
from layers.decisions.urgency import urgency

LAST = day_number(parse_time("2020-03-05T12:00"))


def state(code, action="keep", signal=0, scope="", hit=0):
    return {"code": code, "action": action, "signal": signal, "scope": scope, "hit_buildings": hit}


COMPOUNDS = pd.DataFrame(
    [
        state("quiet"),
        state("free", action="candidate"),
        state("full", action="seal", signal=40, scope="compound", hit=9),
        state("near", action="seal_building", signal=3, scope="building", hit=3),
        state("far", action="seal_building", signal=2, scope="building", hit=2),
    ]
)


def wait(key, *choices, group=None, telling=True):
    options = [{"compound_id": code, "name": code, "score": score} for code, score in choices]
    return {
        "key": key,
        "group": group or key,
        "alternatives": options,
        "since": parse_time("2020-03-05T18:00"),
        "telling": telling,
    }


def step(key, value, day):
    return {"key": key, "value": value, "happened_at": parse_time(f"{day}T12:00")}


def order(waiting, steps):
    return urgency(pd.DataFrame(waiting), pd.DataFrame(steps), COMPOUNDS, LAST)


def test_what_would_change_a_status_comes_first():
    """A case of today: 10 points for its age. 0.5 x 100, 0.5 x 80, 0.5 x 50, 0.5 x 10, 0.5 x 10, and a case of January 0.5 x 2."""
    waiting = [wait(code, (code, 0.5)) for code in ("far", "full", "near", "quiet", "free")]
    waiting.append(wait("old", ("free", 0.5)))
    days = {"old": "2020-01-20"}
    found = order(waiting, [step(w["key"], "confirmed", days.get(w["key"], "2020-03-05")) for w in waiting])
    assert found["key"].tolist() == ["free", "quiet", "near", "far", "full", "old"]
    assert found["score"].tolist() == [60.0, 50.0, 35.0, 15.0, 15.0, 1.0]


def test_probabilities_weigh_and_every_candidate_counts():
    """0.6 x 80 + 0.3 x 10 + 10 = 61; 0.1 x 80 + 0.9 x 10 + 10 = 27."""
    waiting = [wait("a", ("full", 0.9), ("quiet", 0.1)), wait("b", ("quiet", 0.6), ("full", 0.3))]
    found = order(waiting, [step("a", "confirmed", "2020-03-05"), step("b", "confirmed", "2020-03-05")])
    assert dict(zip(found["key"], found["score"], strict=True)) == {"b": 61.0, "a": 27.0}
    assert found["why"][0][0].zh == "若属quiet：该小区14天内无病例，将由维持转为封控"


def test_one_decision_for_many_counts_more_and_stands_once():
    """Three with one address: 0.5 x 10 + 2 x 2 + 10 = 19, above one alone with 15; its newest case stands for all."""
    waiting = [wait("one", ("full", 0.5)), *(wait(k, ("full", 0.5), group="g") for k in "xyz")]
    days = {"x": "2020-03-01", "y": "2020-03-05", "z": "2020-01-20", "one": "2020-03-05"}
    found = order(waiting, [step(key, "confirmed", day) for key, day in days.items()])
    assert found[["key", "persons", "score"]].values.tolist() == [["y", 3, 19.0], ["one", 1, 15.0]]
    assert found["keys"][0] == ("y", "x", "z")
    assert "3人" in found["why"][0][-1].zh
    assert "3 persons" in found["why"][0][-1].en


def test_newer_cases_come_first_and_leave_after_the_window():
    """Half of the window of 14 days: 5 points instead of 10; a case 14 days old gives no signal."""
    waiting = [wait(str(n), ("quiet", 0.5)) for n in (0, 7, 14)]
    days = ["2020-03-05", "2020-02-27", "2020-02-20"]
    found = order(waiting, [step(w["key"], "confirmed", day) for w, day in zip(waiting, days, strict=True)])
    assert found["score"].tolist() == [50.0, 45.0, 1.0]


def test_a_clinical_case_that_is_confirmed_later_dates_from_the_first_day():
    found = order(
        [wait("a", ("quiet", 0.5))], [step("a", "clinical", "2020-02-15"), step("a", "confirmed", "2020-03-05")]
    )
    assert found["score"].tolist() == [1.0]


def test_suspects_call_for_closing_and_contacts_only_stand_against_release():
    """Now suspected since January: 0.5 x 80 + 0; a contact of today at a candidate: 0.5 x 100 + 10, elsewhere 0.5 x 5 + 10."""
    waiting = [wait("s", ("quiet", 0.5)), wait("c", ("free", 0.5)), wait("d", ("quiet", 0.5))]
    steps = [
        step("s", "suspected", "2020-01-20"),
        step("c", "contact", "2020-03-05"),
        step("d", "contact", "2020-03-05"),
    ]
    assert order(waiting, steps)[["key", "score"]].values.tolist() == [["c", 60.0], ["s", 40.0], ["d", 12.5]]


def test_an_address_without_a_compound_changes_little_however_likely_it_looks():
    """A tenth of 0.8 x 80 = 6.4 and 10 for today, below 0.2 x 80 + 10 = 26."""
    waiting = [wait("street", ("quiet", 0.8), telling=False), wait("named", ("quiet", 0.2))]
    found = order(waiting, [step("street", "confirmed", "2020-03-05"), step("named", "confirmed", "2020-03-05")])
    assert found[["key", "score"]].values.tolist() == [["named", 26.0], ["street", 16.4]]
    assert found["why"][1][0].en == "the address names a street or less"


def test_nobody_waits():
    empty = urgency(
        pd.DataFrame(columns=["key", "group", "alternatives", "since", "telling"]),
        pd.DataFrame(columns=["key", "value", "happened_at"]),
        COMPOUNDS,
        LAST,
    )
    assert empty.empty
