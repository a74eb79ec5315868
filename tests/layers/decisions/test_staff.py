"""Staff needs by published ratios, gaps, and whole teams."""

import numpy as np
import pandas as pd
import pytest

from layers._times import parse_time
from layers._view import View
from layers.decisions._staff_need import SKILLS, assign, uncovered
from layers.decisions.staff import StaffFacts, propose

DAY = parse_time("2020-02-20")
VIEW = View(as_of=DAY, known_at=DAY)


def facts(beds=(), teams=()):
    """beds: (hospital, kind, open, used); teams: (team, skill, people, hospital)."""
    rows = [(h, h, "designated", "A", None, None, None, kind, n, used, None, None) for h, kind, n, used in beds]
    people = [(team, team, "江苏", skill, n, where) for team, skill, n, where in teams]
    return StaffFacts(
        pd.DataFrame(rows, columns=StaffFacts().hospitals.columns),
        pd.DataFrame(people, columns=StaffFacts().teams.columns),
    )


def gap(plan):
    return {(row.hospital, row.skill): (row.need, row.gap, row.after) for row in plan.tables["gap"].itertuples()}


@pytest.mark.parametrize(
    ("kind", "beds", "need"),
    [
        ("icu", 100, {"icu_nurse": 188, "icu_doctor": 100}),  # BMC Nursing 2021: 1 to 1.88; bogumy 2013: a doctor a bed
        (
            "ordinary",
            100,
            {"nurse": 45, "doctor": 18},
        ),  # BMC Nursing 2021: 1 to 0.45; doctors derived from the aid's mix
        ("isolation", 100, {"nurse": 56, "doctor": 22}),  # BMC Nursing 2021: 1 to 0.56
        ("fangcang", 50, {"doctor": 4, "nurse": 12}),  # China Daily 2020-02-06: 4 doctors and 12 nurses per 50 beds
    ],
)
def test_the_need_follows_the_published_ratios(kind, beds, need):
    plan = propose(facts([("H", kind, beds, beds)]), VIEW)
    assert {skill: n for (_, skill), (n, _, _) in gap(plan).items()} == need


def test_patients_in_added_beds_need_care_too():
    assert gap(propose(facts([("H", "icu", 50, 100)]), VIEW))["H", "icu_nurse"][0] == 188


def test_nobody_is_needed_where_no_beds_were_reported():
    assert propose(facts([("H", None, None, None)]), VIEW).tables["gap"].empty


def test_spare_specialists_do_general_work_and_never_the_reverse():
    need = np.array([[0, 10, 0, 10, 0], [0, 10, 0, 10, 0]])
    have = np.array([[0, 25, 0, 0, 0], [0, 0, 0, 25, 0]])
    assert uncovered(need, have).tolist() == [[0, -5, 0, 0, 0], [0, 10, 0, -15, 0]]


def test_teams_go_whole_to_the_largest_weighted_gap_largest_team_first():
    need = np.array([[0, 0, 0, 100, 0], [0, 60, 0, 0, 0]])  # 100 nurses at weight 2; 60 icu nurses at weight 5
    teams = np.array([[0, 0, 0, 30, 0], [0, 40, 0, 0, 0], [0, 0, 0, 0, 9]])
    weight = np.array([5, 5, 3, 2, 1])
    assert assign(need, np.zeros_like(need), teams, weight) == [0, 1, -1]  # support staff is needed nowhere: stands by


def test_a_team_already_placed_is_not_sent_again():
    plan = propose(facts([("H", "icu", 10, 0)], [("T", "icu_nurse", 30, "H")]), VIEW)
    assert not [p for p in plan.proposals if p.action == "assign"]
    assert gap(plan)["H", "icu_nurse"] == (19, -11, -11)


def test_the_plan_says_who_goes_where_who_is_missing_and_who_has_staff_to_lend():
    plan = propose(
        facts(
            [("H", "icu", 100, 0), ("F", "fangcang", 50, 0)], [("T1", "icu_nurse", 88, ""), ("T2", "nurse", 30, "F")]
        ),
        VIEW,
    )
    found = {(p.action, p.subject): p for p in plan.proposals}
    assert found["assign", "T1"].figures["hospital"] == "H"
    assert found["assign", "T1"].reasons[1].en == "H gains most: it lacks 188 ICU nurses, and 100 ICU nurses after."
    assert found["recruit", "icu_nurse"].figures["people"] == 100
    assert found["lend", "F|nurse"].figures["people"] == 18  # 30 present, 12 needed
    assert ("recruit", "nurse") not in found


def test_a_skill_that_is_plenty_here_and_short_there_stays_short():
    plan = propose(facts([("H", "ordinary", 100, 0), ("F", "fangcang", 50, 0)], [("T", "nurse", 99, "F")]), VIEW)
    assert plan.summary["short_nurse"] == 45  # the 87 to spare at F do not work at H


def test_how_many_support_staff_are_needed_is_not_known_because_no_ratio_says_so():
    plan = propose(facts([("H", "ordinary", 100, 0)], [("T", "support", 30, "H"), ("U", "nurse", 45, "H")]), VIEW)
    assert np.isnan([plan.summary[f"{name}_support"] for name in ("need", "short", "short_after")]).all()
    assert (plan.summary["have_support"], plan.summary["short_nurse"]) == (30, 0)


def test_no_facts_no_proposals():
    plan = propose(StaffFacts(), VIEW)
    assert (plan.proposals, plan.caveats) == ((), ())


def test_the_order_of_rows_does_not_count():
    teams = [(f"T{n}", skill, n + 5, "") for n in range(6) for skill in SKILLS]
    beds = [("H", "icu", 30, 0), ("F", "fangcang", 500, 0)]
    assert propose(facts(beds, teams), VIEW).to_json() == propose(facts(beds[::-1], teams[::-1]), VIEW).to_json()
