"""Staff beyond teams: heads and posts, lending by flow, rest and leaving, the community, assumptions, orders that are followed."""

from dataclasses import replace

import pandas as pd
import pytest

from layers._times import day_number, parse_time
from layers._view import View
from layers.decisions._community import work
from layers.decisions._staff_need import duty_share, heads, posts
from layers.decisions.rules import in_force
from layers.decisions.staff import StaffFacts, propose

DAY = parse_time("2020-02-20")
VIEW = View(as_of=DAY, known_at=DAY)
TODAY = day_number(DAY)


def facts(beds=(), teams=(), **more):
    """beds: (hospital, kind, open, used, lon); teams: (team, skill, people, hospital)."""
    rows = [(h, h, "designated", "A", None, lon, 30.6, kind, n, used, None, None) for h, kind, n, used, lon in beds]
    people = [(team, team, "江苏", skill, n, where) for team, skill, n, where in teams]
    frames = {
        "hospitals": pd.DataFrame(rows, columns=StaffFacts().hospitals.columns),
        "teams": pd.DataFrame(people, columns=StaffFacts().teams.columns),
    }
    return StaffFacts(
        **frames, **{name: pd.DataFrame(r, columns=getattr(StaffFacts(), name).columns) for name, r in more.items()}
    )


def asked(plan, action):
    return {p.subject: p for p in plan.proposals if p.action == action}


# ---- heads and posts


def test_posts_and_heads_are_kept_apart_and_undo_each_other():
    # DOMAIN 1.8: 138 nurses for 36 beds, shifts of four hours, six on and one off: 19.7 at work at a time, 0.55 a bed
    rest = in_force("staff-rest", DAY)
    duty = duty_share(rest)
    assert duty == pytest.approx(6 / 7)
    at_work = posts(138, 4, duty)
    assert at_work / 36 == pytest.approx(0.548, abs=1e-3)
    assert heads(at_work, 4, duty) == pytest.approx(138)


def test_a_shift_has_fewer_at_work_than_are_employed():
    beds = propose(facts([("H", "icu", 100, 0, None)]), VIEW).tables["beds"].set_index("skill")
    assert beds.loc["icu_nurse", "people"] == 188
    assert beds.loc["icu_nurse", "on_duty"] == pytest.approx(188 * 5 / 24 * 6 / 7, abs=0.05)


# ---- lending


def test_people_to_spare_go_to_the_nearest_that_lacks_them_and_the_giver_keeps_its_need():
    plan = propose(
        facts(
            [("G", "ordinary", 100, 0, 114.30), ("N", "ordinary", 40, 0, 114.31), ("F", "ordinary", 400, 0, 114.60)],
            [("T", "nurse", 100, "G")],
        ),
        VIEW,
    )
    lending = plan.tables["lending"].set_index("taker")
    # G needs 45 and keeps 5 % more: 100 - 45 - 2.25 = 52 can go; N lacks 18, F the rest
    assert lending.loc["N", "people"] == 18
    assert lending.loc["F", "people"] == 34
    assert lending.loc["N", "km"] < 2 < lending.loc["F", "km"]
    assert lending.loc["N", "hours"] == pytest.approx(18 * 6 * 6 / 7)
    assert "18" in asked(plan, "lend")["G|nurse"].reasons[1].en


def test_a_hospital_without_a_known_need_lends_nobody():
    plan = propose(facts([("N", "ordinary", 40, 0, 114.3)], [("T", "nurse", 100, "UNKNOWN")]), VIEW)
    assert plan.tables["lending"].empty


# ---- rest


def test_the_team_that_worked_longest_rests_first_and_few_at_once():
    teams = [(f"T{n:02}", "nurse", 10, "H") for n in range(20)]
    terms = [(f"T{n:02}", TODAY - 40 + n, float("nan")) for n in range(20)]
    plan = propose(facts([("H", "ordinary", 10, 0, None)], teams, terms=terms), VIEW)
    # 28 days of work are the limit: T00 to T12 (41 to 29 days) are due, a tenth of twenty teams at once
    assert plan.summary["teams_due"] == 13
    assert list(asked(plan, "rotate")) == ["T00", "T01"]
    assert "41 days" in asked(plan, "rotate")["T00"].reasons[0].en


def test_a_team_that_leaves_soon_is_named_before_it_is_gone():
    plan = propose(
        facts([("H", "icu", 1, 0, None)], [("T", "icu_nurse", 30, "H")], terms=[("T", TODAY - 3, TODAY + 5.0)]), VIEW
    )
    assert plan.tables["terms"]["due"].tolist() == ["leaves"]
    assert "2020-02-25" in asked(plan, "rotate")["T"].reasons[0].en


# ---- the community


def closed(*rows):
    return pd.DataFrame([(c, c, "A", "街", "", h, s) for c, h, s in rows], columns=StaffFacts().compounds.columns)


def test_community_workers_follow_from_gates_checks_and_deliveries():
    rule = in_force("community-work", DAY)
    # Hand-worked: 600 sealed households x 2 checks x 2 min = 40 h, x 0.5 deliveries x 6 min = 30 h, a gate 24 h: 94 h a day
    # at 8 h and six days of seven (6.857 h): 13.7, so 14 people
    row = work(closed(("C1", 600.0, "sealed")), rule).iloc[0]
    assert row["workers"] == 14
    assert [row["gate_workers"], row["check_workers"], row["delivery_workers"]] == [3.5, 5.8, 4.4]


def test_denominators_unknown_households_are_counted_never_taken_for_none():
    row = work(closed(("C1", None, "sealed"), ("C2", None, "controlled")), in_force("community-work", DAY)).iloc[0]
    assert row["households_unknown"] == 2
    assert pd.isna(row["households"])
    assert row["workers"] == 7  # two gates
    plan = propose(replace(facts([("H", "icu", 1, 0, None)]), compounds=closed(("C1", None, "sealed"))), VIEW)
    proposal = asked(plan, "post_workers")["A/街"]
    assert "it takes more" in proposal.reasons[1].en
    assert any("only the need is known" in words.en for words in plan.caveats)


# ---- assumptions


def assuming(**filters):
    return replace(VIEW, filters={f"if_{name}": value for name, value in filters.items()})


def test_the_empty_assumption_changes_nothing_but_the_view():
    some = facts([("H", "icu", 100, 80, None)], [("T", "icu_nurse", 30, "")])
    assert propose(some, VIEW).to_json() == propose(some, replace(VIEW, filters={})).to_json()


def test_assumed_arrivals_come_in_whole_teams_of_todays_mix_and_are_told_apart():
    some = facts([("H", "icu", 100, 80, None)], [("T", "icu_nurse", 30, "H"), ("U", "nurse", 10, "H")])
    plan = propose(some, assuming(arrivals="200"))
    teams = plan.tables["teams"]
    assert teams["people"].sum() == 200
    assert teams["icu_nurse"].sum() == 150  # three quarters of those present
    assert teams["team"].str.startswith("if-").all()
    assert any("What if" in words.en for words in plan.caveats)
    assert plan.inputs_hash != propose(some, VIEW).inputs_hash


def test_more_cases_ask_for_more_staff_where_beds_fill_beyond_those_open():
    some = facts([("H", "icu", 100, 100, None)])
    need = [propose(some, v).summary["need_icu_nurse"] for v in (VIEW, assuming(cases="30"), assuming(stay="7"))]
    assert need == [188, 245, 282]  # Little: x 1.3, and x 21/14


def test_a_refused_site_needs_nobody_and_frees_its_team():
    some = facts([("H", "icu", 50, 50, None), ("G", "icu", 50, 50, None)], [("T", "icu_nurse", 60, "H")])
    plan = propose(some, assuming(refused="H"))
    assert set(plan.tables["gap"]["hospital"]) == {"G"}
    assert asked(plan, "assign")["T"].figures["hospital"] == "G"


def test_frozen_plan_an_ordered_team_stays_where_the_order_sent_it():
    beds = [("A", "ordinary", 200, 0, None), ("B", "ordinary", 190, 0, None)]
    free = [("T", "nurse", 60, "")]
    assert asked(propose(facts(beds, free), VIEW), "assign")["T"].figures["hospital"] == "A"
    plan = propose(facts(beds, free, ordered=[("T", "B")]), VIEW)
    assert asked(plan, "assign")["T"].figures["hospital"] == "B"
    assert plan.summary["kept_share"] == 1.0
    assert "As in the plan before." in [r.en for r in asked(plan, "assign")["T"].reasons]
