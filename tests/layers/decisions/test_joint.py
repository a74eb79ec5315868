"""The joint plan: what binds, what more of it buys, a plain plan beside it, and the graver need first."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import OptimizeResult

from layers._times import parse_time
from layers._view import View
from layers.decisions import _joint_model, joint
from layers.decisions._joint_model import Problem, by_need, gains, greedy, solve
from layers.decisions.beds import BedFacts
from layers.decisions.joint import JointFacts, propose
from layers.decisions.staff import StaffFacts
from layers.decisions.supplies import SupplyFacts

DAY = parse_time("2020-02-20")
VIEW = View(as_of=DAY, known_at=DAY)
WORTH = {"critical": 10_000.0, "severe": 1_000.0, "light": 100.0}


def problem(beds, staff, critical=(10, 10), severe=(0, 0), **more):
    """ICU beds take critical and severe; one nurse a bed."""
    return Problem(
        needs={"critical": np.array(critical, float), "severe": np.array(severe, float)},
        worth=WORTH,
        kinds={"critical": ("icu",), "severe": ("severe", "icu")},
        beds=beds,
        ratios={("icu", "icu_nurse"): 2.0, ("severe", "nurse"): 1.0},
        staff=staff,
        **more,
    )


def test_binding_constraint_nurses_not_beds():
    # Twelve beds for ten patients, but nurses for six: two a bed
    p = problem({"icu": 12}, {"icu_nurse": 12, "nurse": 50})
    best = solve(p)
    assert by_need(p, best)["critical"] == pytest.approx(12)  # six on each of two days
    assert best.price["staff:icu_nurse"] == pytest.approx(10_000)  # half a patient a day, two days
    assert best.price["beds:icu"] == pytest.approx(0)


def test_what_ten_more_would_buy_is_solved_again_and_exact():
    p = problem({"icu": 12}, {"icu_nurse": 12, "nurse": 0})
    bought = gains(p, solve(p), {"staff:icu_nurse": 10.0, "beds:icu": 10.0})
    # Ten nurses place five, of whom only four wait: by price alone it would be five
    assert bought["staff:icu_nurse"][1]["critical"] == pytest.approx(8)
    assert bought["beds:icu"][0] == pytest.approx(0)


def test_the_graver_need_comes_first_though_it_takes_more():
    p = problem({"icu": 10, "severe": 10}, {"icu_nurse": 10, "nurse": 0}, critical=(5, 5), severe=(20, 20))
    assert by_need(p, solve(p)) == {"critical": pytest.approx(10), "severe": pytest.approx(0)}


def test_specialists_do_general_work_and_never_the_reverse():
    p = problem({"icu": 0, "severe": 10}, {"icu_nurse": 6, "nurse": 1}, critical=(0, 0), severe=(10, 10))
    assert by_need(p, solve(p))["severe"] == pytest.approx(14)
    q = problem({"icu": 10}, {"icu_nurse": 0, "nurse": 99})
    assert by_need(q, solve(q))["critical"] == 0


def test_stock_is_spent_over_the_days_and_what_arrives_counts_when_it_is_there():
    p = problem(
        {"icu": 10}, {"icu_nurse": 99, "nurse": 0}, use={"suit": 1.0}, stock={"suit": 20.0}, arriving={"suit": 10.0}
    )
    # Two suits a bed and day: 20 today and 10 tomorrow place 10 and 5
    assert by_need(p, solve(p))["critical"] == pytest.approx(15)


def test_a_site_can_be_used_only_once_it_is_ready():
    p = problem({"icu": 0}, {"icu_nurse": 99, "nurse": 0}, sites=(("S", "icu", 8.0, 1),))
    best = solve(p)
    assert best.opened == ("S",)
    assert best.placed.sum(axis=0).tolist() == pytest.approx([0, 8])
    assert 0 <= best.gap < 1e-6
    closed = replace(p, needs={"critical": np.zeros(2), "severe": np.zeros(2)})
    assert solve(closed).opened == ()  # nothing is opened for nobody


@pytest.mark.parametrize("seed", range(12))
def test_optimiser_honesty_the_plain_plan_is_feasible_and_never_better(seed):
    rng = np.random.default_rng(seed)
    p = problem(
        {"icu": rng.integers(0, 30), "severe": rng.integers(0, 60)},
        {"icu_nurse": float(rng.integers(0, 60)), "nurse": float(rng.integers(0, 60))},
        critical=rng.integers(0, 30, 4),
        severe=rng.integers(0, 60, 4),
        use={"suit": 1.0},
        stock={"suit": float(rng.integers(0, 200))},
        arriving={"suit": float(rng.integers(0, 40))},
        sites=(("S", "severe", 20.0, 1),),
    )
    best, plain = solve(p), greedy(p)
    for plan in (best, plain):
        for name, used in plan.used.items():
            assert (used <= plan.limit[name] + 1e-6 * (1 + abs(plan.limit[name]))).all(), name
    assert plain.worth <= best.bound + 1e-6
    assert best.worth <= best.bound + 1e-6
    assert (solve(p).placed == best.placed).all()


# ---- the plan


def facts(teams=(), stock=()):
    sites = [
        ("H", "一院", "designated", "420102", None, 114.3, 30.6, "icu", 50, 50, 0, None),
        ("H", "一院", "designated", "420102", None, 114.3, 30.6, "severe", 100, 100, 0, None),
    ]
    states = [("420102", "confirmed", severity, n) for severity, n in (("critical", 80), ("severe", 60), ("mild", 10))]
    beds = BedFacts(
        hospitals=pd.DataFrame(sites, columns=BedFacts().hospitals.columns),
        states=pd.DataFrame(states, columns=["area", "status", "severity", "n"]),
        feeds=pd.DataFrame(
            [(feed, "源", VIEW.as_of) for feed in ("cases", "contacts", "fever", "beds")],
            columns=["feed", "source", "last"],
        ),
    )
    people = [(t, t, "江苏", skill, n, "H") for t, skill, n in teams]
    rows = [("H", "一院", "420102", item, "", q, use, 18_312) for item, q, use in stock]
    return JointFacts(
        beds,
        StaffFacts(hospitals=beds.hospitals, teams=pd.DataFrame(people, columns=StaffFacts().teams.columns)),
        SupplyFacts(pd.DataFrame(rows, columns=SupplyFacts().stock.columns)),
    )


ENOUGH = [("T", skill, 900) for skill in ("icu_nurse", "icu_doctor", "nurse", "doctor")]


def test_the_plan_names_the_bed_or_the_nurse_that_binds():
    plenty = propose(facts(ENOUGH), VIEW).tables["binding"].set_index("need")
    assert plenty.loc["critical", "binds"] == "beds:icu"
    assert plenty.loc["critical", "free"].startswith("staff:")
    few = [("T", "icu_nurse", 40), *ENOUGH[1:]]
    short = propose(facts(few), VIEW)
    assert short.tables["binding"].set_index("need").loc["critical", "binds"] == "staff:icu_nurse"
    (first, *_) = short.proposals
    assert (first.subject, first.action) == ("staff:icu_nurse", "relieve")
    assert first.reasons[-1].en.startswith("What limits the critical is ICU nurses, not ")


def test_supplies_bind_when_they_run_out_within_the_days():
    plan = propose(facts(ENOUGH, [("suit", 300, 300)]), VIEW)
    assert plan.tables["resources"].set_index("resource").loc["items:suit", "worth"] > 0
    assert plan.summary["unmet_critical"] > propose(facts(ENOUGH), VIEW).summary["unmet_critical"]


def test_what_nobody_reported_limits_nothing_and_is_named():
    plan = propose(facts(), VIEW)
    assert not plan.tables["resources"]["resource"].str.startswith("staff").any()
    assert any(words.en.startswith("Not reported, and so limiting nothing: ICU doctors") for words in plan.caveats)


def test_a_refused_site_and_arrivals_change_the_plan_and_its_hash():
    base = propose(facts(ENOUGH), VIEW)
    refused = propose(facts(ENOUGH), replace(VIEW, filters={"if_refused": "H"}))
    assert refused.summary["unmet_critical"] > base.summary["unmet_critical"]
    assert refused.inputs_hash != base.inputs_hash
    assert refused.caveats[0].en == "What if, not what is: 1 site refused."


def test_no_facts_no_proposals():
    plan = propose(JointFacts(BedFacts(), StaffFacts(), SupplyFacts()), VIEW)
    assert plan.proposals == ()
    assert plan.to_json() == propose(JointFacts(BedFacts(), StaffFacts(), SupplyFacts()), VIEW).to_json()


def test_a_skill_that_no_team_was_reported_of_limits_nothing_and_is_named():
    plan = propose(facts([one for one in ENOUGH if one[1] != "icu_doctor"]), VIEW)
    assert "staff:icu_doctor" not in plan.tables["resources"]["resource"].tolist()
    assert plan.summary["placed_critical"] == propose(facts(ENOUGH), VIEW).summary["placed_critical"] > 0
    assert "Not reported, and so limiting nothing: ICU doctors." in [words.en for words in plan.caveats]


def test_a_need_that_is_not_known_is_no_zero_and_is_named(monkeypatch):
    parts = joint._parts(facts(ENOUGH), VIEW, None)
    tables = dict(parts["beds"].tables)
    of = tables["balance"]["need"] == "critical"
    tables["balance"] = tables["balance"].assign(demand=tables["balance"]["demand"].astype(float).mask(of))
    tables["occupancy"] = tables["occupancy"].iloc[:0]
    parts["beds"] = replace(parts["beds"], tables=tables)
    monkeypatch.setattr(joint, "_parts", lambda *_: parts)
    plan = propose(facts(ENOUGH), VIEW)
    needs = plan.tables["needs"].set_index("need")
    assert needs.loc["critical", ["wanted", "placed", "unmet"]].isna().all()
    assert needs.loc["severe", "wanted"] > 0
    assert "Need not known, and so left out (which is not none): critical." in [words.en for words in plan.caveats]


def test_without_an_answer_in_time_the_plain_plan_stands_and_its_gap_is_told(monkeypatch):
    p = problem({"icu": 12}, {"icu_nurse": 12, "nurse": 50})
    best, plain = solve(p), greedy(p)
    late = OptimizeResult(status=1, x=None, message="time limit reached")
    monkeypatch.setattr(_joint_model, "linprog", lambda *_, **__: late)
    found = solve(p)
    assert (found.status, found.worth) == ("heuristic", plain.worth)
    assert found.gap == pytest.approx((200_000 - plain.worth) / 200_000)  # twenty person-days at 10,000
    assert best.worth <= found.bound
