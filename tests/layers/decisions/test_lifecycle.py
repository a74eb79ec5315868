"""The life of a no-epidemic compound: every transition and day count of DOMAIN 1.2, and the whole against a slow reference."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.decisions import lifecycle
from layers.decisions._life_terms import NEVER, STATES
from layers.decisions.rules import all_rules
from tests.layers.decisions.life import (
    CODE,
    FIRST,
    LAST,
    ROUNDS,
    clock,
    events,
    frame,
    live,
    moves,
    number,
    slowly,
    state,
)

XINHUA = "Xinhua 2020-03-07 (DOMAIN 1.2)"
XINHUA_19 = "Xinhua 2020-03-19 (DOMAIN 1.2)"
CHANGJIANG = "Changjiang Daily 2020-04-05 (DOMAIN 1.2)"
CASE = [("02-20", "02-20")]  # fourteen clean days: 21 February to 5 March, covered on the evening of the 6th


@pytest.mark.parametrize(
    ("found", "day", "wanted", "source"),
    [
        # certify iff fourteen days without a case, nobody unreleased, six items
        (events(), "03-01", "candidate", "Xinhua 2020-03-07: creation began on 1 March; the rounds are three days apart"),
        (events(), "03-02", "certified", XINHUA),
        (events(CASE), "03-05", "closed", "thirteen covered days are not fourteen"),
        (events(CASE), "03-06", "candidate", "fourteen: 21 February to 5 March"),
        (events(CASE), "03-07", "candidate", "between two rounds"),
        (events(CASE), "03-08", "certified", "the round of 8 March"),
        (events(opened=[("contact", "02-25", None)]), "03-05", "closed", XINHUA),
        (events(opened=[("fever", "02-25", None)]), "03-05", "closed", XINHUA),
        (events(opened=[("suspected", "02-25", None)]), "03-05", "closed", XINHUA),
        (events(opened=[("contact", "02-25", "03-04")]), "03-05", "certified", "released the day before"),
        (events(assessed=()), "03-05", "closed", "six items: not assessed is not in place"),
        (events(assessed=[("02-20", False)]), "03-05", "closed", XINHUA),
        (events(assessed=[("02-20", False), ("03-03", True)]), "03-05", "certified", "ticked since"),
        (events(assessed=[("02-20", True), ("03-03", False)]), "03-05", "certified", "certified on the 2nd: an item lost takes no title"),
        # one confirmed cancels, and the clock starts again
        (events([("03-10", "03-10")]), "03-10", "cancelled", XINHUA),
        (events([("03-10", "03-10")]), "03-24", "cancelled", "fourteen clean days end on the 24th, covered on the 25th"),
        (events([("03-10", "03-10")]), "03-25", "candidate", XINHUA),
        (events([("03-10", "03-10")]), "03-26", "certified", "the round of 26 March"),
        # one suspected, feverish or contact suspends; excluded restores; converted cancels
        (events(opened=[("suspected", "03-10", None)]), "03-10", "suspended", XINHUA),
        (events(opened=[("fever", "03-10", None)]), "03-10", "suspended", XINHUA),
        (events(opened=[("contact", "03-10", None)]), "03-10", "suspended", XINHUA),
        (events(opened=[("suspected", "03-10", "03-12")]), "03-12", "certified", "excluded: restored"),
        (events([("03-12", "03-12")], [("suspected", "03-10", "03-12")]), "03-12", "cancelled", "converted to confirmed"),
        # seven days in a row, from 18 March on
        (events(), "03-17", "certified", "the relaxations began on 18 March"),
        (events(), "03-18", "settled", XINHUA_19),
        (events([("03-01", "03-01")]), "03-20", "certified", "certified on 17 March, three days"),
        (events([("03-01", "03-01")]), "03-23", "certified", "six days"),
        (events([("03-01", "03-01")]), "03-24", "settled", "seven days: 18 to 24 March"),
        (events([("03-01", "03-01")], [("fever", "03-19", "03-22")]), "03-24", "settled", "suspended days count toward the run"),
        (events([("03-01", "03-01")], [("fever", "03-19", "03-25")]), "03-25", "settled", "restored with the run it had"),
        (events(orders=[("03-19", "guarded")]), "03-18", "settled", "no laxer order yet"),
        (events(orders=[("03-19", "guarded")]), "03-19", "relaxed", XINHUA_19),
        (events(orders=[("03-19", "guarded"), ("03-22", "controlled")]), "03-22", "settled", "closed again by its street"),
        (events(opened=[("fever", "03-21", None)], orders=[("03-19", "open")]), "03-21", "suspended", "relaxations stop at once"),
        (events([("03-21", "03-21")], orders=[("03-19", "open")]), "03-21", "cancelled", "relaxations stop at once"),
        # asymptomatic from 4 April
        (events([("04-02", "04-02", "asymptomatic", 1)]), "04-03", "settled", "before 4 April it counts for nothing"),
        (events([("04-02", "04-02", "asymptomatic", 1)]), "04-05", "settled", "the rule does not look back at standing titles"),
        (events([("04-04", "04-04", "asymptomatic", 1)]), "04-04", "cancelled", CHANGJIANG),
        (events(opened=[("asymptomatic", "04-02", None)]), "04-03", "settled", "not yet"),
        (events(opened=[("asymptomatic", "04-02", None)]), "04-04", "suspended", CHANGJIANG),
        (events([("03-28", "03-28", "asymptomatic", 1)], assessed=[("04-03", True)]), "04-04", "closed", "seven days before"),
        (events([("03-18", "03-18", "asymptomatic", 1)], assessed=[("04-03", True)]), "04-04", "certified", "sixteen days before"),
    ],
)  # fmt: skip
def test_a_compound_is_in_the_state_that_its_days_give_it(found, day, wanted, source):
    assert state(found, day) == wanted, source


def test_pitfall_14_day_clocks_the_last_case_lies_on_d_and_filing_is_possible_at_24_00_of_d_plus_14():
    found = events(CASE)  # 20 February; where a day is covered as it ends, filing is possible on 5 March, a round
    assert [state(found, day, lag=0) for day in ("03-04", "03-05")] == ["closed", "certified"]
    assert [state(found, day) for day in ("03-05", "03-06")] == [
        "closed",
        "candidate",
    ]  # evening deliveries: a day later


def test_before_the_notice_nothing_is_closed_and_before_march_nobody_is_certified():
    assert state(events(), "02-29") == "closed"
    found = live(events(), clock("02-09"))
    assert found.states.loc[CODE, "state"] == "before"
    assert lifecycle.began() == number("03-01")


def test_the_rounds_are_the_published_days_and_those_between():
    published = ["2020-03-05", "2020-03-08", "2020-03-17", "2020-03-20", "2020-04-04"]  # V19
    assert all(lifecycle.scheduled(number(day)) for day in published)
    days = [number(day) for day in ROUNDS]
    assert [day for day in range(number(FIRST), number(LAST) + 1) if lifecycle.scheduled(day)] == days
    assert live(events(), clock()).held == tuple(days)
    assert lifecycle.next_round(number("03-06")) == number("03-08")


def test_pitfall_a_back_dated_case_cancels_a_certificate_as_soon_as_it_is_known():
    late = events([("02-25", "03-12")])  # of 25 February, told on 12 March; certified on the 2nd as nobody knew of it
    assert moves(late, "03-12") == [("03-01", "candidate"), ("03-02", "certified"), ("03-12", "cancelled")]
    row = live(late, clock("03-12")).states.loc[CODE]
    assert (row["state"], row["cause"], row["cause_day"]) == ("cancelled", "case", number("02-25"))
    assert row["error_from"] == number("03-02")  # it should never have been certified


def test_pitfall_seen_from_later_the_certificate_was_wrong_from_the_day_of_the_case():
    late = events([("03-05", "03-12")])
    seen_then = live(late, clock("03-08")).states.loc[CODE, "state"]
    hindsight = live(late, clock("03-08", covered_now="03-08"))
    without_knowing = live(events(), clock("03-08")).states.loc[CODE, "state"]
    assert seen_then == "cancelled"  # all rows given are known at the view: what is known later counts at once
    row = hindsight.states.loc[CODE]
    assert (row["then"], row["state"], row["error_from"]) == ("certified", "cancelled", number("03-05"))
    assert hindsight.transitions["known_later"].tolist() == [False, False, True]
    assert without_knowing == "certified"


def test_a_case_older_than_the_fourteen_days_of_the_certificate_takes_nothing():
    assert state(events([("02-10", "03-12")]), "03-12") == "certified"


def test_a_case_that_is_withdrawn_gives_the_clock_back():
    found = events([("03-06", "03-06"), ("03-06", "03-09", "counted", -1)])
    assert moves(found, "03-11") == [
        ("03-01", "candidate"), ("03-02", "certified"), ("03-06", "cancelled"), ("03-09", "candidate"), ("03-11", "certified"),
    ]  # fmt: skip


def test_a_case_known_fifteen_days_late_is_a_day_of_cancelling_before_anything_else():
    found = events([("02-24", "03-14")])  # a round falls on 14 March, and 24 February + 14 days have passed
    assert moves(found, "03-17")[1:] == [
        ("03-02", "certified"), ("03-14", "cancelled"), ("03-15", "candidate"), ("03-17", "certified"),
    ]  # fmt: skip


def test_silence_certifies_and_restores_nobody_and_a_round_that_fell_into_it_is_not_held():
    assert state(events(), "03-03", silent=["03-02", "03-03"]) == "closed"
    assert state(events(), "03-04", silent=["03-02", "03-03"]) == "candidate"
    assert state(events(), "03-05", silent=["03-02", "03-03"]) == "certified"
    assert [state(events(), day, silent=["03-18"]) for day in ("03-18", "03-19")] == ["certified", "settled"]
    found = events(opened=[("fever", "03-10", "03-12")])
    assert state(found, "03-13", silent=["03-12", "03-13"]) == "suspended"
    assert state(found, "03-14", silent=["03-12", "03-13"]) == "certified"


def test_a_candidate_falls_silent_with_its_feed_and_says_so():
    rows = live(events(), clock("03-04", silent=["03-01", "03-02", "03-03"])).transitions
    assert rows["state"].tolist() == ["candidate"]  # of the 4th: nobody heard of the days before
    late = live(events(assessed=(("03-03", True),)), clock("03-05", silent=["03-04"])).transitions
    assert late[["state", "cause"]].values.tolist() == [
        ["candidate", "conditions"],
        ["closed", "silent"],
        ["certified", "round"],
    ]


def test_the_cause_of_a_cancelled_title_is_the_case_that_cancelled_it():
    # without symptoms on 16 March, which cancels nothing before 4 April; confirmed on the 14th, told on the 17th
    found = events([("03-16", "03-16", "asymptomatic", 1), ("03-14", "03-17")])
    rows = live(found, clock("03-18")).transitions
    cancelled = rows[rows["state"] == "cancelled"]
    assert cancelled["cause_day"].tolist() == [number("03-14")]


def test_days_that_no_delivery_covers_are_not_clean_days():
    # nobody told of 3 to 9 March; the fourteen days after 20 February end on the 5th, covered on the 10th at last
    quiet = [f"03-{day:02}" for day in range(4, 10)]
    assert [state(events(CASE), day, silent=quiet) for day in ("03-09", "03-10", "03-11")] == [
        "closed",
        "candidate",
        "certified",
    ]


def test_where_cases_were_never_delivered_nobody_is_certified():
    at = clock("03-20")
    at = replace(
        at,
        covered=np.full(len(at.covered), NEVER),
        silent=np.ones(len(at.silent), bool),
        covered_now=NEVER,
        silent_now=True,
    )
    assert live(events(), at).states.loc[CODE, "state"] == "closed"


def test_suspended_days_could_also_not_count_where_a_rule_says_so():
    rules = tuple(
        replace(rule, params={**rule.params, "suspended_days_count": False}) if rule.topic == "no-epidemic" else rule
        for rule in all_rules()
    )
    found = events([("03-01", "03-01")], [("fever", "03-19", "03-22")])  # certified on the 17th, suspended 19 to 21
    states = {day: live(found, clock(day), rules).states.loc[CODE, "state"] for day in ("03-24", "03-26", "03-27")}
    assert states == {"03-24": "certified", "03-26": "certified", "03-27": "settled"}


def test_pitfall_privacy_no_table_holds_persons():
    found = live(events(CASE, [("fever", "03-19", "03-22")]), clock())
    assert {*found.states, *found.transitions} <= {
        *("state", "since", "certified_on", "run_days", "last_case", "cause", "cause_day", "error_from", "then"),
        *("compound", "day", "was", "known_later"),
    }


DAYS = st.integers(number("02-10"), number("04-08"))
KINDS = st.sampled_from(["counted", "counted", "counted", "asymptomatic"])
CASES = st.lists(st.tuples(DAYS, st.sampled_from([0, 0, 1, 3, 10, 20]), KINDS), max_size=3)
OPENED = st.lists(
    st.tuples(st.sampled_from(["suspected", "fever", "contact", "asymptomatic"]), DAYS, st.integers(1, 15)), max_size=3
)
ASSESSED = st.lists(st.tuples(DAYS, st.sampled_from([True, True, False])), min_size=1, max_size=3)
ORDERS = st.lists(st.tuples(DAYS, st.sampled_from(["guarded", "controlled"])), max_size=2, unique_by=lambda one: one[0])
SILENT = st.sets(st.integers(number("03-01"), number("04-08")), max_size=6)


LIVES = st.lists(st.tuples(CASES, OPENED, ASSESSED, ORDERS), min_size=12, max_size=12)  # one call for many compounds


@settings(max_examples=10, deadline=None)
@given(LIVES, SILENT, st.integers(0, 2))
def test_the_machine_agrees_with_the_slow_reference_on_every_day(lives, silent, lag):
    each = [lived(f"L{n}", *life) for n, life in enumerate(lives)]
    both = lifecycle.Events(
        **{name: pd.concat([getattr(one, name) for one in each]) for name in ("cases", "open", "assessed", "orders")}
    )
    at = clock(lag=lag)
    at = replace(at, silent=np.isin(np.arange(at.first, at.last + 1), list(silent)))
    daily = live(both, at, codes=tuple(f"L{n}" for n in range(len(each)))).daily
    for n, found in enumerate(each):
        assert [STATES[one] for one in daily[:, n]] == slowly(found, at)


def lived(code, cases, opened, assessed, orders):
    """Events of one compound from what was drawn for it."""
    moves = [(code, s, day, 1) for s, day, _ in opened] + [(code, s, day + n, -1) for s, day, n in opened]
    return lifecycle.Events(
        cases=frame([(code, kind, day, day + late, 1) for day, late, kind in cases], "compound kind day known n"),
        open=frame(moves, "compound status known n"),
        assessed=frame([(code, day, day, ok) for day, ok in assessed], "compound day known in_place"),
        orders=frame([(code, day, day, what) for day, what in orders], "compound day known state"),
    )


def test_compounds_do_not_touch_each_other_and_the_order_of_rows_does_not_count():
    one, other = events(CASE), events([("03-10", "03-10")], [("fever", "03-20", "03-22")])
    both = lifecycle.Events(
        **{
            name: pd.concat([getattr(other, name).assign(compound="B"), getattr(one, name)]).iloc[::-1]
            for name in ("cases", "open", "assessed", "orders")
        }
    )
    found = live(both, clock(), codes=("A", "B")).daily
    assert (found[:, 0] == live(one, clock()).daily[:, 0]).all()
    assert (found[:, 1] == live(other, clock()).daily[:, 0]).all()
