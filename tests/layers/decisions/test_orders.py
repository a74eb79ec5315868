"""Orders: each step and what it needs, what is kept of a proposal, and how it stands since."""

import json
from datetime import timedelta

import pandas as pd
import pytest

from layers._times import parse_time, to_ms
from layers._view import View
from layers.decisions import orders
from layers.decisions._proposal import Plan, Proposal, Reason, Words
from layers.store.order_states import STATES, STEPS, OrderError, OrderMovedError, advance, answers_for, check_new
from tests.orders import LEAST

NOW = parse_time("2020-02-25T20:10")
VIEW = View(NOW, NOW)


def proposal(action="seal", evidence=("confirmed 2020-02-24: 1",), **figures):
    why = Reason("closure/one-gate@2020-02-14", "14天内新增确诊1例。", "1 new confirmed case in 14 days.", evidence)
    flips = Words("14天无新增", "14 days without a new case")
    return Proposal("C1", action, (why,), why.rule, NOW, NOW, "ab" * 32, flips, "春风里", "420102", figures=figures)


def plan(*proposals):
    return Plan("lockdown", Words("封控", "Lockdown"), proposals, {}, {}, ("r@1",), NOW, NOW, "", "ab" * 32)


def new(**changes):
    frozen = orders.freeze(plan(), proposal(), VIEW)
    row = {"owner": "一元街道办事处", "proposed": "seal", "action": "seal", "reason": "新增病例", "frozen": frozen}
    row |= {"happened_at": to_ms(NOW), "deadline_at": to_ms(NOW) + 1, "inputs_hash": "ab" * 32}
    return row | changes


# ---- steps


ALLOWED = {
    ("given", "acknowledge"): "acknowledged",
    ("given", "withdraw"): "withdrawn",
    ("acknowledged", "report"): "done",
    ("acknowledged", "withdraw"): "withdrawn",
    ("done", "close"): "closed",
    ("done", "reopen"): "reopened",
    ("closed", "reopen"): "reopened",
    ("reopened", "acknowledge"): "acknowledged",
    ("reopened", "withdraw"): "withdrawn",
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("step", STEPS)
def test_an_order_goes_from_state_to_state_by_the_listed_steps_alone(state, step):
    row = {"number": "L-1", "state": state, "feedback": "已封闭三处出入口"}
    if (state, step) in ALLOWED:
        assert advance(row, step, "情况说明文字", LEAST)["state"] == ALLOWED[state, step]
    else:
        with pytest.raises(OrderMovedError, match=f"L-1 is {state}"):
            advance(row, step, "情况说明文字", LEAST)


def test_every_state_but_the_two_last_ones_has_a_way_on():
    assert {state for state, _ in ALLOWED} == set(STATES) - {"withdrawn"}


@pytest.mark.parametrize("feedback", [None, float("nan"), "", "  ", "\u3000\n"])
def test_an_order_is_never_closed_without_feedback(feedback):
    with pytest.raises(OrderError, match="no feedback"):
        advance({"number": "L-1", "state": "done", "feedback": feedback}, "close", "很好很好", LEAST)


@pytest.mark.parametrize("text", ["", "   ", "\u3000\u3000\u3000\u3000", "已封"])
@pytest.mark.parametrize(("state", "step"), [("acknowledged", "report"), ("done", "reopen"), ("given", "withdraw")])
def test_a_step_that_needs_words_is_not_taken_without(state, step, text):
    with pytest.raises(OrderError, match="wanted at least 4 characters"):
        advance({"number": "L-1", "state": state, "feedback": "x"}, step, text, LEAST)


def test_what_was_reported_before_a_reopening_does_not_close_the_order():
    row = {"number": "L-1", "state": "closed", "feedback": "已封闭三处出入口"}
    for step, text in (("reopen", "西门仍然开着"), ("acknowledge", ""), ("report", "西门已经封闭"), ("close", "")):
        row |= advance(row, step, text, LEAST)
        if step == "acknowledge":
            assert row["feedback"] is None
    assert (row["state"], row["feedback"]) == ("closed", "西门已经封闭")


@pytest.mark.parametrize("text", ["请联系13812345678处理", "身份证42010219800101123X已核"])
def test_privacy_rights_texts_that_name_a_person_by_number_are_refused(text):
    with pytest.raises(OrderError, match="never persons"):
        advance({"number": "L-1", "state": "acknowledged"}, "report", text, LEAST)
    with pytest.raises(OrderError, match="never persons"):
        check_new(new(reason=text), LEAST)


# ---- giving


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"owner": ""}, "owner is ''"),
        ({"owner": None}, "owner is ''"),
        ({"owner": " \u3000"}, "owner is ''"),
        ({"reason": "因"}, "reason is '因'; wanted at least 4"),
        ({"deadline_at": to_ms(NOW)}, "the deadline is over already"),
        ({"action": "keep"}, "wanted at least 8 characters"),
        ({"action": "keep", "reason": "14天内新增确诊1例。"}, "repeats the plan's own"),
        ({"action": "keep", "reason": "1 new confirmed case in 14 days."}, "repeats the plan's own"),
        ({"frozen": {}}, "its proposal is missing"),
        ({"inputs_hash": ""}, "its proposal is missing"),
        ({"owner": "x" * 501}, "wanted at most 500"),
    ],
)
def test_nothing_is_ordered_without_an_owner_a_reason_a_future_deadline_and_its_proposal(changes, why):
    with pytest.raises(OrderError, match=why):
        check_new(new(**changes), LEAST)


def test_an_override_with_a_reason_of_its_own_is_an_order():
    check_new(new(), LEAST)
    check_new(new(action="keep", reason="该楼栋上午已经单独封控"), LEAST)


def test_a_level_allows_so_many_hours_and_a_written_time_holds_instead():
    params = orders.rule(NOW).params
    assert params["least"] == LEAST
    hours = params["hours"]
    for level, wanted in {"urgent": 4, "today": 24, "routine": 72}.items():
        assert orders.deadline("", level, NOW, hours) - NOW == timedelta(hours=wanted)
    assert orders.deadline("2020-02-26 08:00", "urgent", NOW, hours) == parse_time("2020-02-26T08:00")
    with pytest.raises(OrderError, match="over already: now is 2020-02-25 20:10"):
        orders.deadline("2020-02-25 20:10", "urgent", NOW, hours)
    with pytest.raises(OrderError, match="not ISO 8601"):
        orders.deadline("tomorrow", "urgent", NOW, hours)
    with pytest.raises(OrderError, match="level is 'soon'"):
        orders.deadline("", "soon", NOW, hours)


@pytest.mark.parametrize(
    ("area", "side", "may"),
    [
        ("", "giver", True),
        ("420102", "giver", True),
        ("420103", "giver", False),
        ("420102/一元街道", "giver", False),
        ("", "owner", True),
        ("420102", "owner", True),
        ("420102/一元街道", "owner", True),
        ("420102/二七街道", "owner", False),
        ("420103", "owner", False),
        ("compound:C1", "owner", False),
    ],
)
def test_the_owners_area_answers_and_the_givers_area_closes(area, side, may):
    row = {"given_area": "420102", "owner_area": "420102/一元街道", "district": "420102", "street": "一元街道"}
    assert answers_for(area, row, side) is may


@pytest.mark.parametrize("area", ["compound:C1", "420102/一元街道", "420102", ""])
def test_those_around_a_compound_may_answer_for_its_committee(area):
    row = {"given_area": "", "owner_area": "compound:C1", "district": "420102", "street": "一元街道"}
    assert answers_for(area, row, "owner")
    assert answers_for(area, row, "giver") is (area == "")  # what the city gave, the city closes


# ---- what is kept, and what is known since


def test_optimiser_honesty_an_order_freezes_the_proposal_its_rule_and_the_hash_of_its_inputs():
    kept = orders.freeze(plan(proposal()), proposal(), View(NOW, NOW, filters={"if_cases": "20"}))
    assert json.loads(json.dumps(kept)) == kept
    assert kept["proposal"]["inputs_hash"] == kept["plan"]["inputs_hash"] == "ab" * 32
    assert kept["proposal"]["reasons"][0]["evidence"] == ["confirmed 2020-02-24: 1"]
    assert kept["proposal"]["rule_id"] == "closure/one-gate@2020-02-14"
    assert (kept["plan"]["as_of"], kept["plan"]["known_at"]) == (NOW.isoformat(), NOW.isoformat())
    assert kept["assumed"] == {"if_cases": "20"}
    assert orders.assumption_words(kept["assumed"]) == Words("新增病例+20%", "new cases +20%")
    assert orders.assumed(VIEW) == {}


def test_two_plans_that_say_the_same_have_one_fingerprint_whatever_their_clocks():
    later = parse_time("2020-02-26T08:00")
    same = Proposal(**{**_fields(proposal()), "as_of": later, "known_at": later, "inputs_hash": "cd" * 32})
    assert orders.fingerprint(same) == orders.fingerprint(proposal())
    assert orders.fingerprint(proposal("keep")) != orders.fingerprint(proposal())
    assert orders.fingerprint(proposal(evidence=("confirmed 2020-02-24: 2",))) != orders.fingerprint(proposal())


def test_what_came_since_is_told_in_persons_figures_and_the_new_proposal():
    then = proposal(evidence=("confirmed 2020-02-11: 1", "confirmed 2020-02-24: 1"), clean_days=1.0, open_fever=2)
    evidence = ("confirmed 2020-02-24: 2", "confirmed 2020-02-25: 1")  # the 11th has left the window
    now = proposal("seal_building", evidence, clean_days=0.0, open_fever=2)
    found = orders.since(orders.freeze(plan(), then, VIEW), now)
    assert [words.zh for words in found] == [
        "新增确诊2人（02-24、02-25）",
        "连续无新增天数1→0",
        "方案现在建议：楼栋封控",
    ]
    assert [words.en for words in found] == [
        "2 new cases (confirmed, 02-24, 02-25)",
        "days without a new case 1 → 0",
        "the plan now proposes: Seal the building",
    ]


def test_nothing_is_told_where_nothing_came_and_a_vanished_proposal_is_told():
    kept = orders.freeze(plan(), proposal(), VIEW)
    assert orders.since(kept, proposal()) == ()
    assert orders.since(kept, None)[0].en == "the plan proposes nothing here any more"
    other = Proposal(**{**_fields(proposal()), "flips_if": Words("别的", "else")})
    assert orders.since(kept, other)[0].en == "its reasons changed, the proposal did not"


def test_the_late_come_first_and_only_the_owners_turn_can_be_late():
    at = pd.to_datetime(["2020-02-20", "2020-02-21", "2020-02-22", "2020-02-28"]).tz_localize("Asia/Shanghai")
    rows = pd.DataFrame(
        {
            "number": list("abcd"),
            "state": ["done", "closed", "acknowledged", "given"],
            "proposed": ["seal"] * 4,
            "action": ["seal", "keep", "seal", "seal"],
            "deadline_at": at,
            "known_from": pd.Timestamp("2020-02-24T20:10", tz="Asia/Shanghai"),
        }
    )
    found = orders.timed(rows, NOW)
    assert found["number"].tolist() == ["c", "a", "d", "b"]
    assert found["is_late"].tolist() == [True, False, False, False]
    assert found["late_by"][0] == pd.Timedelta(days=3, hours=20, minutes=10)
    assert found["in_state"].tolist() == [pd.Timedelta(days=1)] * 4
    told = orders.figures(found)
    assert {k: told[k] for k in ("open", "running", "late", "done", "closed", "overrides")} == {
        **{"open": 3, "running": 2, "late": 1, "done": 1, "closed": 1, "overrides": 1}
    }


def _fields(one):
    return {name: getattr(one, name) for name in Proposal.__dataclass_fields__}
