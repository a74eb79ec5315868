"""The steps of the life cycle as proposals: certify, suspend, cancel, restore, relax, each with reason, flip and rule."""

from datetime import timedelta

import pandas as pd
import pytest

from layers._times import SHANGHAI, parse_time
from layers._view import View
from layers.decisions._lockdown_facts import FEEDS, LockdownFacts
from layers.decisions._lockdown_words import allowed
from layers.decisions._words import ITEMS
from layers.decisions.lockdown import propose
from layers.decisions.rules import find
from tests.layers.decisions.life import CODE, events, number

LASTS = "code name district street community households population buildings"


def facts(found, day, *, opened=(), last=None, control="controlled", items=(), overrides=()):
    """One compound on a day with evening deliveries since 1 February; `opened` persons now in a status, `last` case day."""
    evenings = [
        parse_time("2020-02-01T18:00") + timedelta(days=one)
        for one in range((parse_time(f"2020-{day}") - parse_time("2020-02-01")).days + 1)
    ]
    counts = {f"now_{status}": n for status, n in dict(opened).items()}
    counts |= {"ever_counted": int(last is not None), "last_counted": None if last is None else number(last)}
    recent = [] if last is None else [(CODE, "confirmed", number(last), 1)]
    return LockdownFacts(
        compounds=pd.DataFrame([(CODE, "花园小区", "420102", "大智街道", "一社区", 500, 1500, 10)], columns=LASTS.split()),
        totals=pd.DataFrame([{"area": CODE, **counts}]),
        recent=pd.DataFrame(recent, columns=["area", "status", "day", "n"]),
        controls=pd.DataFrame([(CODE, control, number("02-11"))], columns=["compound", "state", "since_day"]),
        assessments=pd.DataFrame([{"compound": CODE, **{name: name not in items for name in ITEMS}}]),
        feeds=pd.DataFrame([(feed, "CDC", evenings[-1]) for feed in FEEDS], columns=["feed", "source", "last"]),
        day_cases=found.cases, day_open=found.open, day_assessed=found.assessed, day_orders=found.orders,
        arrivals=pd.DataFrame([(feed, at) for feed in ("cases", "contacts", "fever") for at in evenings], columns=["feed", "at"]),
        overrides=pd.DataFrame(list(overrides), columns=["compound", "number", "proposed", "ordered", "owner", "why", "state", "given_at"]),
    )  # fmt: skip


def plan(found, day, **more):
    moment = parse_time(f"2020-{day}").astimezone(SHANGHAI)
    return propose(facts(found, day, **more), View(as_of=moment, known_at=moment))


def only(found, day, **more):
    return plan(found, day, **more).proposals[0]


FEVER = events(opened=[("fever", "03-10", None)])
BACK = events(opened=[("fever", "03-10", "03-12")])
OLD_CASE = events([("02-25", "03-12")])  # fifteen days old when it was told: no case of the last fourteen days


@pytest.mark.parametrize(
    ("found", "day", "more", "action", "why"),
    [
        (events(), "03-01", {}, "candidate", "meets the rule; the first round is tomorrow"),
        (events(), "03-02", {}, "certify", "certified in the round of the day"),
        (events(), "03-04", {}, "certify", "told until the next round"),
        (events(), "03-05", {}, "keep", "certified a round ago"),
        (FEVER, "03-10", {"opened": {"fever": 1}}, "suspend", "one fever patient suspends"),
        (FEVER, "03-20", {"opened": {"fever": 1}}, "suspend", "as long as it lasts"),
        (BACK, "03-12", {}, "restore", "excluded: restored"),
        (BACK, "03-16", {}, "keep", "published in the round of the 14th"),
        (events(), "03-18", {}, "relax", "seven days in a row, and the relaxations have begun"),
        (events(orders=[("03-19", "guarded")]), "03-19", {"control": "guarded"}, "keep", "relaxed already"),
        (OLD_CASE, "03-12", {"last": "02-25"}, "cancel", "a back-dated case cancels as soon as it is known"),
        (events([("03-10", "03-10")]), "03-10", {"last": "03-10"}, "seal", "the case itself comes first: seal"),
        (events([("03-10", "03-10")]), "03-10", {"last": "03-10", "control": "sealed"}, "cancel", "sealed already: what is left is the title"),
        (FEVER, "03-19", {"opened": {"fever": 1}, "control": "guarded"}, "seal", "relaxed and suspended: relaxations stop at once"),
    ],
)  # fmt: skip
def test_a_step_of_the_life_cycle_is_proposed(found, day, more, action, why):
    assert only(found, day, **more).action == action, why


def test_the_reason_of_each_step_names_its_day_and_rule_in_both_languages():
    last = only(FEVER, "03-10", opened={"fever": 1}).reasons[-1]
    assert last.zh == "3月10日新增发热患者未排除，无疫情小区暂停，放宽措施立即停止。"
    assert last.en == "Suspended on 10 Mar: a fever patient not yet excluded; relaxations stop at once."
    assert last.rule == "no-epidemic/first@2020-03-01"
    settled = only(events(), "03-18").reasons[-1]
    assert settled.zh.startswith("3月2日一轮评定为无疫情小区，至今连续16天。可：")
    assert settled.rule == "relaxation/inside@2020-03-18"


def test_pitfall_a_title_that_was_wrong_is_said_to_have_been_wrong_and_from_when():
    first = only(OLD_CASE, "03-12", last="02-25").reasons[0]
    assert first.en.startswith(
        "Cancelled on 12 Mar for a case of 25 Feb; the clock starts again; reported late, so the title was wrong from 2 Mar"
    )
    table = plan(OLD_CASE, "03-12", last="02-25").tables["compounds"].iloc[0]
    assert table[["life", "error_from", "cause_day"]].tolist() == ["cancelled", "2020-03-02", "2020-02-25"]


def test_the_earliest_day_of_the_next_state_is_told_and_is_true():
    waiting = events([("03-10", "03-10")])
    found = plan(waiting, "03-20", last="03-10").tables["compounds"].iloc[0]
    assert (found["life"], found["earliest"]) == ("cancelled", "2020-03-26")  # 24 March is covered on the 25th
    assert plan(waiting, "03-26", last="03-10").tables["compounds"]["life"].tolist() == ["certified"]
    assert plan(waiting, "03-25", last="03-10").tables["compounds"]["life"].tolist() == ["candidate"]
    run = plan(events([("03-01", "03-01")]), "03-18", last="03-01").tables["compounds"].iloc[0]
    assert (run["life"], run["certified_on"], run["earliest"]) == ("certified", "2020-03-17", "2020-03-24")


def test_the_smallest_change_that_flips_a_title_is_one_person():
    assert (
        "1 new confirmed cancels it; 1 new suspected, feverish person or contact suspends it"
        in only(events(), "03-05").flips_if.en
    )
    assert only(FEVER, "03-10", opened={"fever": 1}).flips_if.zh.startswith(
        "全部排除或解除即恢复（暂停天数计入）；转为确诊即取消"
    )


def test_an_item_that_is_lost_takes_no_title_and_is_a_caveat():
    found = events(assessed=[("02-20", True), ("03-03", False)])
    proposal = only(found, "03-05", items=("disinfection",))
    assert "消杀未到位：称号未因此取消" in proposal.caveats[0].zh


def test_an_order_that_differs_from_the_proposal_is_told_with_its_unit_and_reason_and_counted():
    given = [(CODE, "L-1", "certify", "keep", "大智街道", "外来人员未清零", "given", parse_time("2020-03-03"))]
    found = plan(events(), "03-03", overrides=given)
    assert found.summary["overridden"] == 1
    assert (
        found.proposals[0].action == "certify"
    )  # the proposal stays what the rule gives; the person's word stands beside it
    assert (
        found.proposals[0].reasons[-1].zh
        == "人工改定：原建议评定为无疫情小区，大智街道下令维持现状，理由：外来人员未清零。"
    )
    assert found.tables["overrides"]["ordered"].tolist() == ["keep"]


@pytest.mark.parametrize(
    ("life", "day", "community", "wanted"),
    [
        ("certified", "2020-03-17", True, ("inside",)),
        ("certified", "2020-03-18", True, ("inside", "turns")),
        ("settled", "2020-03-18", True, ("inside", "turns", "free", "shops")),
        ("certified", "2020-03-19", True, ("inside", "turns", "shopping")),
        ("certified", "2020-03-19", False, ("inside", "turns")),
        ("settled", "2020-03-19", True, ("inside", "turns", "free", "shops", "shopping")),
        ("suspended", "2020-03-19", True, ("inside", "stop")),
        ("cancelled", "2020-03-19", True, ("inside", "stop")),
        ("closed", "2020-04-08", False, ("inside",)),
    ],
)
def test_release_grades_by_state_and_day(life, day, community, wanted):
    """Xinhua 2020-03-19; People's Daily 2020-04-10 (DOMAIN 1.2)."""
    rule = find("relaxation", parse_time(day).date())
    assert allowed(life, rule, community_free=community) == wanted


def test_pitfall_privacy_no_table_of_the_plan_has_a_column_about_persons():
    names = {column for table in plan(FEVER, "03-10", opened={"fever": 1}).tables.values() for column in table}
    assert not names & {
        "subject",
        "person",
        "age",
        "sex",
        "address",
        "building",
        "room",
        "phone",
        "id_number",
        "given_by",
        "acted_by",
    }
