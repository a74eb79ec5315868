"""The whole bed plan: usable beds, sites by day, what-ifs, and the pitfalls of DOMAIN 4 that concern beds."""

from dataclasses import replace
from math import isnan, nan

import numpy as np
import pandas as pd
import pytest

from layers._times import day_number, parse_time
from layers._view import View
from layers.decisions._bed_ahead import case_series
from layers.decisions._bed_places import access
from layers.decisions._bed_usable import by_kind, usable
from layers.decisions.beds import BedFacts, propose
from layers.decisions.rules import in_force
from tests.layers.decisions.test_beds import VIEW, hospitals, site, states

DAY = day_number(VIEW.as_of)
RULES = {topic: in_force(topic, VIEW.as_of) for topic in ("staff-ratio", "staff-ratio-derived", "oxygen", "travel")}
NO_OXYGEN = pd.DataFrame(columns=["site", "item", "quantity"])


def teams(*rows):
    return pd.DataFrame(rows, columns=["hospital", "skill", "people"])


def use(sites, people=(), oxygen=NO_OXYGEN):
    return usable(hospitals(*sites), teams(*people), oxygen, RULES).set_index("kind")


def facts(sites, ill=100, new=20, **more):
    """A city of one district with the same number of new cases on each of thirty days, all of them mild."""
    days = pd.DataFrame({"day": np.arange(DAY - 29, DAY + 1), "n": float(new)})
    people = pd.DataFrame({"compound": "C1", "district": "A", "status": "confirmed", "severity": "mild", "age": 40.0,
                           "since": np.full(ill, DAY - 5)})  # fmt: skip
    homes = pd.DataFrame([("C1", "家", "A", "街", "社区", 900, 114.3, 30.6)],
                         columns=["code", "name", "district", "street", "community", "population", "lon", "lat"])  # fmt: skip
    return BedFacts(
        hospitals(*sites), states(("A", "confirmed", "mild", ill)),
        districts=pd.DataFrame([("A", "江岸区", "Jiang'an", 114.3, 30.6)], columns=["code", "name", "name_en", "lon", "lat"]),
        new=days, patients=people, compounds=homes, **more,
    )  # fmt: skip


def test_the_least_of_beds_and_staff_is_usable_and_the_binding_one_is_named():
    # 1.88 nurses and 1 doctor per ICU bed (BMC Nursing 2021; bogumy 2013): 10 nurses run 5 beds.
    found = use([site("H", bed_kind="icu", open=10, used=4)], [("H", "icu_nurse", 10), ("H", "icu_doctor", 99)])
    assert found.loc["icu", ["open", "staffed", "usable", "binding", "free"]].tolist() == [10, 5, 5, "staffed", 1]


def test_a_term_that_nobody_reported_limits_nothing_and_stays_unknown():
    found = use([site("H", bed_kind="icu", open=10, used=4)]).loc["icu"]
    assert isnan(found["staffed"])
    assert isnan(found["oxygen"])
    assert (found["usable"], found["binding"]) == (10, "open")


def test_a_skill_that_no_report_names_limits_nothing_and_is_named():
    """200 nurses at 100 severe beds and not a word of doctors: that is not a ward without doctors."""
    nurses = [("H", "nurse", 200), ("H", "icu_nurse", 200)]
    sites = [site("H", bed_kind="severe", open=100)]
    found, told = use(sites, nurses).loc["severe"], use(sites, [*nurses, ("H", "doctor", 0)]).loc["severe"]
    assert found["staffed"] == found["usable"] == 100
    assert "doctor" in found["untold"].split()
    assert (told["staffed"], told["usable"]) == (0, 0)  # nobody, as reported
    assert "doctor" not in told["untold"].split()
    kinds = by_kind(use(sites, nurses).reset_index())
    assert kinds["untold"].tolist() == [found["untold"]]


def test_staff_of_other_skills_only_leaves_the_figure_unknown():
    found = use([site("H", bed_kind="icu", open=10)], [("H", "support", 30)]).loc["icu"]
    assert isnan(found["staffed"])
    assert found["usable"] == 10
    assert {"icu_doctor", "icu_nurse"} <= set(found["untold"].split())


def test_intensive_care_counted_for_severe_cases_is_told_apart():
    sites = [site("H", bed_kind="severe", open=60), site("H", bed_kind="icu", open=10)]
    found = propose(facts(sites), VIEW).summary
    assert (found["beds_severe"], found["beds_first_severe"], found["beds_first_critical"]) == (70, 10, 0)


def test_oxygen_limits_where_it_is_known():
    oxygen = pd.DataFrame([("H", "氧气", 35)], columns=NO_OXYGEN.columns)  # 10 an ICU bed and day
    found = use([site("H", bed_kind="icu", open=10)], oxygen=oxygen).loc["icu"]
    assert (found["oxygen"], found["usable"], found["binding"]) == (3, 3, "oxygen")


def test_nobody_is_counted_for_two_wards():
    sites = [site("H", bed_kind="icu", open=10), site("H", bed_kind="severe", open=10)]
    found = use(sites, [("H", "icu_nurse", 19), ("H", "icu_doctor", 10), ("H", "doctor", 99), ("H", "nurse", 0)])
    # 18.8 of 19 ICU nurses run the ICU; the 0.2 left are not enough for a severe bed (1.19)
    assert found["staffed"].to_dict() == {"icu": 10, "severe": 0}


def test_occupancy_is_not_capacity_planned_beds_are_no_beds():
    """DOMAIN 4, occupancy vs capacity: on 16 February 20,461 were planned in fangcang and 7,566 open, 6,971 of them in use."""
    found = use([site("F", kind="fangcang", bed_kind="all", open=7566, used=6971, planned=20_461)]).loc["fangcang"]
    assert (found["usable"], found["free"]) == (7566, 595)


def test_occupancy_above_capacity_is_kept_and_nothing_is_free():
    """DOMAIN 4, occupancy vs capacity: added beds, 133 used of 122 open (Wuhan Pulmonary Hospital, 15 February)."""
    found = use([site("H", bed_kind="ordinary", open=122, used=133)]).loc["ordinary"]
    assert (found["used"], found["usable"], found["free"]) == (133, 122, 0)
    kinds = by_kind(use([site("H", bed_kind="ordinary", open=122, used=133)]).reset_index())
    assert kinds[["used", "usable"]].iloc[0].tolist() == [133, 122]


@pytest.mark.parametrize(
    ("as_of", "kind", "open_", "used", "free"),
    [  # DOMAIN V18
        ("2020-02-16", "fangcang", 7_566, 6_971, 595),
        ("2020-02-23", "designated", 23_435, 19_335, 4_100),
        ("2020-02-24", "designated", 23_532, 19_275, 4_311),
        ("2020-02-29", "hospitals", 26_911, None, 6_704),
        ("2020-02-29", "fangcang", 13_467, None, 7_255),
        ("2020-02-29", "isolation", 11_172, None, 7_482),
    ],
)
def test_published_bed_counts_pass_through_the_plan_unchanged(as_of, kind, open_, used, free):
    """V18: the 54 too many of 24 February are warned about; nothing crashes and nothing is clipped."""
    site_kind = {"hospitals": "designated"}.get(kind, kind)
    plan = propose(facts([site("X", kind=site_kind, bed_kind="all", open=open_, used=used, free=free)]), VIEW)
    row = plan.tables["usable"].iloc[0]
    assert row["open"] == row["usable"] == open_
    odd = plan.tables["warnings"]["mismatch"].tolist()
    assert odd == ([54] if as_of == "2020-02-24" else [])
    assert any("figures that do not add up" in words.en for words in plan.caveats) == bool(odd)


def test_the_forecast_starts_from_the_persons_counted_now():
    plan = propose(facts([site("F", kind="fangcang", bed_kind="all", open=500, used=100)]), VIEW)
    first = plan.tables["occupancy"].query("of == 'need' and name == 'light'").iloc[0]
    assert first[["day", "q05", "median", "q95"]].tolist() == [DAY, 100, 100, 100]


def test_sites_open_on_days_that_their_work_and_the_crews_allow():
    sites = [site("F", kind="fangcang", bed_kind="all", open=10, used=10)]
    sites += [site(f"C{n}", kind="candidate", capacity=100) for n in range(5)]
    plan = propose(facts(sites, ill=400), VIEW)
    opening = in_force("opening", VIEW.as_of).params
    days = [p.figures["opens_in_days"] for p in plan.proposals if p.action == "open"]
    assert len(days) > opening["at_once"]
    assert sorted(days)[: opening["at_once"]] == [opening["days"]["candidate"]] * opening["at_once"]
    assert sorted(days)[opening["at_once"]] == 2 * opening["days"]["candidate"]
    assert "takes patients in 3 days" in plan.proposals[0].reasons[1].en


def assume(plan_facts, **filters):
    return propose(plan_facts, replace(VIEW, filters={f"if_{name}": value for name, value in filters.items()}))


def median(plan):
    return plan.tables["occupancy"].query("of == 'need' and name == 'light'")["median"].iloc[-1]


def test_more_cases_and_longer_stays_need_more_beds_and_say_so():
    known = facts([site("F", kind="fangcang", bed_kind="all", open=500, used=100)])
    plain, more, longer = assume(known), assume(known, cases="50"), assume(known, stay="5")
    assert median(plain) < median(more)
    assert median(plain) < median(longer)
    assert not any("What if" in words.en for words in plain.caveats)
    assert all(any("What if" in words.en for words in plan.caveats) for plan in (more, longer))
    assert len({plan.inputs_hash for plan in (plain, more, longer)}) == 3


def test_a_what_if_after_another_is_the_same_as_alone():
    sites = [site("F", kind="fangcang", bed_kind="all", open=50, used=50), site("C", kind="candidate", capacity=100)]
    warm = facts(sites)
    assume(warm, cases="200")
    assert assume(warm, stay="3").to_json() == assume(facts(sites), stay="3").to_json()


def test_a_refused_site_is_left_out():
    known = facts([site("C1", kind="candidate", capacity=100), site("C2", kind="candidate", capacity=100)])
    assert {p.subject for p in assume(known).proposals} >= {"C1", "C2"}
    assert "C1" not in {p.subject for p in assume(known, refused="C1").proposals}


@pytest.mark.parametrize(("area", "said"), [("", False), ("420102", True), ("420102/一元街道", True)])
def test_a_district_alone_says_that_its_patients_may_lie_elsewhere(area, said):
    plan = propose(facts([site("F", kind="fangcang", bed_kind="all", open=50)]), VIEW.narrowed(area))
    assert any("One district alone" in words.en for words in plan.caveats) == said


def test_too_few_days_of_cases_make_no_forecast_and_it_is_said():
    known = facts([site("F", kind="fangcang", bed_kind="all", open=50)])
    plan = propose(replace(known, new=known.new.tail(5)), VIEW)
    assert plan.tables["occupancy"].empty
    assert any("no forecast of occupancy" in words.en for words in plan.caveats)


def test_optimiser_honesty_every_solver_states_status_gap_and_the_plain_rule():
    """DOMAIN 4, optimiser honesty."""
    sites = [site("F", kind="fangcang", bed_kind="all", open=60, used=10)]
    sites += [site(f"C{n}", kind="candidate", capacity=80, at=(114.3 + n / 50, 30.6)) for n in range(4)]
    plan = propose(facts(sites, ill=300), VIEW)
    solved = plan.tables["solved"].set_index("part")
    assert {"open:light", "fangcang"} <= set(solved.index)
    assert (solved["objective"] <= solved["greedy"] + 1e-9).all()
    assert set(solved["status"]) <= {"optimal", "feasible"}
    assert solved.loc["fangcang", "unserved"] == plan.tables["ledger"]["unserved"].iloc[0] > 0
    assert plan.tables["siting"]["method"].tolist() == ["soonest", "capacitated", "p-median", "cover", "p-center"]
    assert plan.tables["siting"]["gap"].notna().all()


def test_fairness_the_worst_district_is_told_beside_the_mean():
    """DOMAIN 4, fairness: longest and p90 ways, and who finds no bed, by district."""
    plan = propose(facts([site("F", kind="fangcang", bed_kind="all", open=40, used=10)]), VIEW)
    travel = plan.tables["travel"].set_index("area")
    assert {"mean_min", "p90_min", "max_min", "unserved"} <= set(travel.columns)
    assert travel.loc["A", "unserved"] == travel.loc["*", "unserved"] == 100 - 10 - 30
    assert {"p90_min", "max_min", "cut_off"} <= set(plan.tables["access"].columns)


def test_access_hands_out_every_bed_once():
    """V16: the sum of beds per head over residents is the beds within anybody's reach."""
    homes = pd.DataFrame(
        [(f"C{n}", "家", "AB"[n % 2], "街", "社区", 100.0 + n, 114.2 + n / 100, 30.6) for n in range(20)],
        columns=["code", "name", "district", "street", "community", "population", "lon", "lat"],
    )
    sites = hospitals(
        site("near", bed_kind="ordinary", open=70, at=(114.25, 30.6)), site("other", bed_kind="severe", open=30, at=(114.35, 30.6)),
        site("beyond", bed_kind="ordinary", open=999, at=(116.9, 30.6)), site("I", kind="isolation", bed_kind="all", open=500),
    )  # fmt: skip
    found = access(
        BedFacts(sites, compounds=homes), usable(sites, teams(), NO_OXYGEN, RULES), RULES["travel"]
    ).compounds
    assert (found["beds_per_1000"] * found["population"]).sum() / 1000 == pytest.approx(100, rel=1e-9)


def test_access_of_a_compound_of_unknown_population_is_unknown_and_not_nothing():
    known = facts([site("H", bed_kind="ordinary", open=10)])
    homes = pd.concat([known.compounds, known.compounds.assign(code="C2", population=nan)])
    plan = propose(replace(known, compounds=homes), VIEW)
    share = plan.tables["reach"].set_index("id")["beds_per_1000"]
    assert share["C1"] == pytest.approx(10 / 900 * 1000)
    assert isnan(share["C2"])


def test_a_view_within_a_day_leaves_out_what_has_not_ended():
    morning = View(as_of=parse_time("2020-02-20T10:00"), known_at=parse_time("2020-02-20T10:00"))
    plan = propose(facts([site("F", kind="fangcang", bed_kind="all", open=500, used=100)]), morning)
    days = plan.tables["occupancy"].query("of == 'need' and name == 'light'")["day"]
    assert (days.min(), len(days)) == (DAY, 15)


def test_days_that_no_delivery_covers_are_unknown_and_not_without_cases():
    new = pd.DataFrame({"day": [DAY - 6, DAY - 4], "n": [5.0, 7.0]})
    found = case_series(new, DAY, None, DAY - 3)
    assert found.tolist() == pytest.approx([5, 0, 7, 0, nan, nan, nan], nan_ok=True)
