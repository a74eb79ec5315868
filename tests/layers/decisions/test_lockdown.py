"""Lockdown proposals: each action, what flips it, and the days on which the rules changed."""

from dataclasses import replace

import pandas as pd
import pytest

from layers._times import day_number, parse_time
from layers._view import View
from layers.decisions._lockdown_facts import FEEDS
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
    heard="2020-12-31",
):
    """One compound. cases: (status, day, n) ever; buildings: (name, status, day, n); now: status -> persons in it.

    heard: when every feed last delivered; None: never
    """
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
        feeds=pd.DataFrame([(feed, "CDC", parse_time(heard)) for feed in FEEDS if heard], columns=["feed", "source", "last"]),
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
    assert "10% of the cases of Jiang'an are in no compound yet" in said(10)[0]


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


QUIET_SINCE = [("confirmed", "2020-02-17", 1)]  # fourteen full days without a case: 18 February to 2 March


@pytest.mark.parametrize(
    ("heard", "day", "action", "why"),
    [
        ("2020-03-03T08:00", "2020-03-03T09:00", "candidate", "a delivery after the fourteenth day covers it"),
        ("2020-03-02T18:00", "2020-03-02", "seal", "nobody told of the evening of the fourteenth day"),
        ("2020-03-02T18:00", "2020-03-03T09:00", "seal", "nor has anybody since"),
        ("2020-02-27T18:00", "2020-03-25", "seal", "nine days were covered, however many have passed"),
        ("2020-03-06T18:00", "2020-03-07T17:00", "candidate", "within the promise of a day"),
        ("2020-03-06T18:00", "2020-03-07T19:00", "keep", "later than the promise: silence releases nobody"),
        ("2020-03-06T18:00", "2020-06-30", "keep", "nor does long silence"),
    ],
)
def test_days_that_no_delivery_of_cases_covers_are_not_days_without_a_case(heard, day, action, why):
    assert only(facts(QUIET_SINCE, items={}, heard=heard), day).action == action, why


def test_an_open_compound_that_met_the_rule_is_not_closed_because_a_feed_fell_silent():
    found = facts(QUIET_SINCE, items={}, control="open", heard="2020-03-19T18:00")
    assert only(found, "2020-03-19").action == "keep"  # open without a case is allowed from 18 March
    assert only(found, "2020-03-25").action == "keep"


@pytest.mark.parametrize("feed", ["cases", "contacts", "fever"])
def test_a_release_waits_for_every_feed_it_rests_on(feed):
    found = facts(QUIET_SINCE, items={}, heard="2020-03-06T18:00")
    assert only(found, "2020-03-06").action == "candidate"
    found.feeds.loc[found.feeds["feed"] == feed, "last"] = parse_time("2020-03-03T18:00")
    proposal = only(found, "2020-03-06")
    assert proposal.action == "keep"
    assert "末次报送2020-03-03 18:00（承诺24小时）" in proposal.reasons[1].zh
    assert "last delivery 2020-03-03 18:00 (promised every 24 h)" in proposal.flips_if.en


def test_silence_of_assessments_and_controls_is_told_and_decides_nothing():
    found = facts(items={}, heard="2020-03-06T18:00")
    rests = found.feeds["feed"].isin(["assessments", "controls"])
    found.feeds.loc[rests, "last"] = parse_time("2020-03-01T18:00")
    plan = propose(found, view("2020-03-06"))
    assert plan.proposals[0].action == "candidate"
    assert [words.en.split(" overdue")[0] for words in plan.caveats[:2]] == [
        "Controls in force",
        "Compound assessments",
    ]


def test_the_words_name_the_day_that_the_clocks_end_with():
    first = only(facts(ONE, heard="2020-03-04T18:00")).reasons[0]  # seen from the end of the 5th
    assert (first.zh, first.en) == (
        "截至3月3日的14天新增确诊1例（3月1日）。",
        "New in the 14 days to 3 Mar: 1 confirmed (1 Mar).",
    )
    quiet = only(facts(QUIET_SINCE, heard="2020-03-06T18:00"), "2020-03-20").reasons[0]
    assert quiet.zh == "截至3月5日已连续17天无新增（末例2月17日），现无疑似。"
    assert quiet.en == "17 days without a new case by 5 Mar (last: 17 Feb); nobody is suspected."


def test_a_dead_case_feed_is_told_first_and_calls_no_district_low():
    old = facts([("confirmed", "2020-01-25", 60)], items={}, heard="2020-02-18T18:15")
    assert propose(old, view("2020-02-18")).tables["risk"]["level"].tolist() == ["low", "low"]
    plan = propose(old, view("2020-03-25"))
    assert plan.tables["risk"]["level"].tolist() == ["unknown", "unknown"]
    assert plan.tables["risk"]["until"].tolist() == ["2020-02-17", "2020-02-17"]
    assert (
        plan.tables["risk"]["reason_en"].iloc[0]
        == "Cases overdue: last delivery 2020-02-18 18:15 (promised every 24 h)"
    )
    assert (plan.summary["risk_low"], plan.summary["risk_unknown"], plan.summary["candidate"]) == (0, 1, 0)
    assert plan.caveats[0].zh.startswith(
        "“病例”超期：末次报送2020-02-18 18:15（承诺24小时）。无报送不等于无病例：14天计至2020-02-17；"
    )
    assert plan.caveats[0].en.startswith(
        "Cases overdue: last delivery 2020-02-18 18:15 (promised every 24 h). No report is not no case"
    )
    assert plan.silence[0].zh == "“病例”超期：末次报送2020-02-18 18:15（承诺24小时）"


def test_a_known_level_above_low_stays_when_the_feed_falls_silent():
    found = facts([("confirmed", "2020-02-17", 60)], clusters=frozenset({"420102"}), heard="2020-02-18T18:15")
    risk = propose(found, view("2020-03-25")).tables["risk"]
    assert risk[["new_14d", "level", "level_otherwise", "reason_zh"]].iloc[0].tolist() == [60, "high", "medium", ""]


def test_where_cases_were_never_delivered_nothing_is_known():
    plan = propose(facts(items={}, heard=None), view())
    assert plan.proposals[0].action == "keep"
    assert plan.proposals[0].reasons[0].en == "Cases were never delivered: whether there are any is not known."
    assert plan.tables["risk"]["level"].tolist() == ["unknown", "unknown"]
    assert plan.caveats[0].zh.startswith("“病例”从未报送（承诺24小时）。没有病例数据，风险等级未定")


def test_a_silent_source_of_a_feed_that_others_still_fill_is_named():
    found = facts(items={}, heard="2020-03-04T18:05")
    more = pd.DataFrame([("cases", "定点医院直报", parse_time("2020-02-25T18:10"))], columns=["feed", "source", "last"])
    plan = propose(replace(found, feeds=pd.concat([found.feeds, more])), view("2020-03-04"))
    assert plan.proposals[0].action == "candidate"
    assert plan.caveats[0].zh.startswith("“病例”有来源超期，承诺24小时：定点医院直报（末次2020-02-25 18:10）。")
    assert "a source is overdue, promised every 24 h: 定点医院直报 (last 2020-02-25 18:10)" in plan.caveats[0].en


def test_events_of_the_day_that_has_begun_count_and_its_hours_do_not():
    found = facts([("confirmed", "2020-03-05", 1)])
    assert only(found, "2020-03-05T10:00").figures["new_confirmed"] == 1
    words = propose(found, view("2020-03-05T10:00")).caveats[-1]
    assert words.zh == "截至时间当日尚未结束：人数含当日已报的，天数只计已满的日历日。"
