"""Lockdown proposals: each action, what flips it, and the days on which the rules changed."""

import pandas as pd
import pytest

from layers._times import day_number, parse_time
from layers._view import View
from layers.decisions._words import ITEMS
from layers.decisions.lockdown import LockdownFacts, propose

CODE = "A"


def view(day="2020-03-05"):
    return View(as_of=parse_time(day), known_at=parse_time(day))


def number(day):
    return day_number(parse_time(day))


def facts(
    cases=(),
    buildings=(),
    now=(),
    control="controlled",
    since="2020-02-11",
    items=None,
    houses=10,
    placements=(),
    clusters=None,
):
    """One compound. cases: (status, day, n) ever; buildings: (name, status, day, n); now: status -> persons in it."""
    counts = {f"now_{status}": n for status, n in dict(now).items()}
    for status in ("confirmed", "clinical", "suspected", "asymptomatic"):
        found = [(number(day), n) for s, day, n in cases if s == status]
        counts[f"ever_{status}"] = sum(n for _, n in found)
        counts[f"last_{status}"] = max((day for day, _ in found), default=None)
    both = [(number(day), n) for s, day, n in cases if s in ("confirmed", "clinical")]
    counts |= {"ever_counted": sum(n for _, n in both), "last_counted": max((day for day, _ in both), default=None)}
    recent = pd.DataFrame([(CODE, s, number(day), n) for s, day, n in cases], columns=["area", "status", "day", "n"])
    houses_hit = [(f"{CODE}|{b}", s, number(day), n) for b, s, day, n in buildings]
    columns = ["code", "name", "district", "street", "community", "households", "population", "buildings"]
    return LockdownFacts(
        compounds=pd.DataFrame([(CODE, "花园小区", "420102", "大智街道", "", 500, 1500, houses)], columns=columns),
        totals=pd.DataFrame([{"area": CODE, **counts}]),
        recent=recent,
        buildings=pd.DataFrame(houses_hit, columns=["area", "status", "day", "n"]),
        controls=pd.DataFrame([(CODE, control, number(since))] if control else [], columns=["compound", "state", "since_day"]),
        assessments=pd.DataFrame([{"compound": CODE, **dict.fromkeys(ITEMS, True), **items}] if items is not None else [],
                                 columns=["compound", *ITEMS]),
        placements=pd.DataFrame(placements, columns=["district", "status", "n"]),
        districts=pd.DataFrame([("420102", "江岸区", "Jiang'an")], columns=["code", "name", "name_en"]),
        district_totals=pd.DataFrame([{"area": "420102", "ever_confirmed": 60, "ever_counted": 60}]),
        district_recent=recent.assign(area="420102"),
        clusters=clusters,
    )  # fmt: skip


def only(found, day="2020-03-05"):
    (proposal,) = propose(found, view(day)).proposals
    return proposal


ONE = [("confirmed", "2020-03-01", 1)]
IN_3 = [("3栋", "confirmed", "2020-03-01", 1)]


@pytest.mark.parametrize(
    ("found", "day", "action", "why"),
    [
        (facts(ONE, IN_3), "2020-03-05", "seal_building", "Notice 12: the building with a case is strictly sealed"),
        (facts(ONE), "2020-03-05", "seal", "its building is unknown"),
        (facts([("clinical", "2020-03-01", 1)]), "2020-03-05", "seal", "clinically diagnosed counts too"),
        (facts(now={"suspected": 1}), "2020-03-05", "seal", "suspected is enough"),
        (facts([("asymptomatic", "2020-04-01", 1)]), "2020-04-03", "keep", "asymptomatic counts from 4 April"),
        (facts([("asymptomatic", "2020-04-01", 1)]), "2020-04-04", "seal", "asymptomatic counts from 4 April"),
        (facts(ONE, IN_3, houses=1), "2020-03-05", "seal", "a compound of one building"),
        (facts(ONE, control="sealed"), "2020-03-05", "keep", "sealed already"),
        (facts(ONE, IN_3, control="building_sealed", since="2020-03-02"), "2020-03-05", "keep", "the order is newer than the case"),
        (facts(ONE, IN_3, control="building_sealed", since="2020-02-20"), "2020-03-05", "seal_building", "the case is newer"),
        (facts(control="open"), "2020-02-09", "keep", "no city-wide rule before Notice 12"),
        (facts(control="open"), "2020-02-10", "seal", "Notice 12 closes every compound"),
        (facts(control="open", items={}), "2020-03-17", "seal", "still closed on 17 March"),
        (facts(control="open", items={}), "2020-03-18", "keep", "a no-epidemic compound may be open from 18 March"),
        (facts(control="open"), "2020-03-18", "seal", "open without an assessment is not allowed"),
        (facts(control=""), "2020-03-05", "keep", "unknown control, no case: nothing is presumed"),
        (facts(items={}), "2020-02-29", "keep", "the release rule began on 1 March"),
        (facts(items={}), "2020-03-01", "candidate", "never a case, six items in place"),
        (facts(items={"disinfection": False}), "2020-03-05", "keep", "one item missing"),
        (facts(), "2020-03-05", "keep", "not assessed"),
        (facts(now={"contact": 1}, items={}), "2020-03-05", "keep", "a contact not released"),
        (facts(now={"fever": 1}, items={}), "2020-03-05", "keep", "a fever patient not excluded"),
        (facts([("confirmed", "2020-02-15", 1)], items={}), "2020-02-28", "seal", "thirteen days are not fourteen"),
        (facts([("confirmed", "2020-02-17", 1)], items={}), "2020-03-02", "candidate", "fourteen full days, 18 February to 2 March"),
        (facts([("confirmed", "2020-02-17", 1)], items={}), "2020-03-02T12:00", "seal", "the fourteenth day has not ended"),
        (facts([("suspected", "2020-03-01", 1)], items={}), "2020-03-05", "candidate", "suspected and excluded since"),
    ],
)  # fmt: skip
def test_a_compound_gets_the_action_its_rule_asks_for(found, day, action, why):
    assert only(found, day).action == action, why


def test_more_than_three_buildings_or_a_third_of_them_is_the_whole_compound():
    def action(hit, houses):
        cases = [("confirmed", "2020-03-01", hit)]
        return only(facts(cases, [(f"{n}栋", "confirmed", "2020-03-01", 1) for n in range(hit)], houses=houses)).action

    assert [action(3, 10), action(4, 100), action(3, 8), action(1, 2)] == [
        "seal_building",
        "seal",
        "seal",
        "seal_building",
    ]


def test_the_reason_names_counts_and_days_in_both_languages():
    found = facts([("confirmed", "2020-02-28", 2), ("confirmed", "2020-03-01", 1)], now={"suspected": 1})
    first = only(found).reasons[0]
    assert first.zh == "近14天新增确诊3例（2月28日、3月1日）；现有疑似1例。"
    assert first.en == "New in 14 days: 3 confirmed (28 Feb, 1 Mar); 1 now suspected."
    assert first.evidence == ("confirmed 2020-02-28: 2", "confirmed 2020-03-01: 1", "suspected now: 1")


@pytest.mark.parametrize(
    ("found", "flip"),
    [
        (facts(ONE, IN_3), "Cases in 3 more buildings, or 1 new case whose building is unknown"),
        (facts(ONE), "once the building of 1 is known"),
        (facts(ONE, control="sealed"), "10 more days without a case (until 24:00 on 2020-03-15)"),
        (facts(items={}), "1 new confirmed cancels it"),
        (facts(items={"disinfection": False}), "assessment item disinfection missing"),
        (facts(now={"contact": 2}, items={}), "2 close contacts not released"),
        (facts(control="open"), "once the community confirms that it is closed"),
    ],
)
def test_the_proposal_says_what_would_flip_it(found, flip):
    assert flip in only(found).flips_if.en


def test_a_flip_is_true_the_named_building_turns_seal_into_seal_building():
    assert only(facts(ONE)).action == "seal"
    assert only(facts(ONE, IN_3)).action == "seal_building"


def test_a_flip_is_true_the_named_day_ends_the_seal():
    sealed = facts(ONE, control="sealed")
    assert "1 more day without a case (until 24:00 on 2020-03-15)" in only(sealed, "2020-03-14").flips_if.en
    assert "candidate once" in only(sealed, "2020-03-15").flips_if.en


def test_a_share_of_unplaced_cases_is_a_caveat_from_five_per_cent_on():
    def said(review):
        return [
            c.en
            for c in only(
                facts(placements=[("420102", "accepted", 100 - review), ("420102", "review", review)])
            ).caveats
        ]

    assert said(4) == []
    assert "10% of the cases of 江岸区 are in no compound yet" in said(10)[0]


def test_the_score_is_the_sum_of_its_shown_parts():
    figures = only(facts(ONE, control="open", now={"suspected": 1, "contact": 2})).figures
    # 3 x 1 confirmed + 2 x 1 suspected + 0.5 x 2 contacts + 5 x (1 - 4/14) recency + 1 x 2/500 x 1000 density + 4 not closed
    assert figures["score"] == pytest.approx(3 + 2 + 1 + 5 * 10 / 14 + 4 + 4, abs=0.01)
    assert figures["score"] == pytest.approx(sum(v for k, v in figures.items() if k.startswith("part_")), abs=0.01)


def test_clinical_counts_for_the_risk_level_only_from_12_february():
    found = facts([("clinical", "2020-02-10", 5)], clusters=frozenset({"420102"}))
    found.district_totals["ever_counted"] = 65
    assert propose(found, view("2020-02-16")).tables["risk"].empty  # the rule began on the 17th
    risk = propose(found, view("2020-02-18")).tables["risk"]
    assert risk[["new_14d", "cumulative", "level"]].iloc[0].tolist() == [5, 65, "high"]


def test_no_compounds_no_proposals():
    plan = propose(LockdownFacts(), view())
    assert (plan.proposals, plan.caveats, plan.summary["compounds"]) == ((), (), 0)


def test_the_same_state_gives_the_same_plan_and_another_gives_another_hash():
    one, same = propose(facts(ONE, IN_3), view()), propose(facts(ONE, IN_3), view())
    assert one.to_json() == same.to_json()
    assert one.inputs_hash != propose(facts(ONE), view()).inputs_hash
    assert one.inputs_hash != propose(facts(ONE, IN_3), view("2020-03-06")).inputs_hash


def test_the_order_in_which_rows_arrive_does_not_count():
    cases = [("confirmed", "2020-03-01", 1), ("clinical", "2020-03-02", 2)]
    assert propose(facts(cases), view()).to_json() == propose(facts(cases[::-1]), view()).to_json()
