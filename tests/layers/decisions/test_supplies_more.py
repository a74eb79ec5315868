"""Use, reorder points, redistribution and the age of shortages; nothing unknown becomes a number on the way."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from layers._times import day_number, parse_time
from layers._view import View
from layers.decisions._supply_cover import with_age, with_burn, with_reorder
from layers.decisions._supply_moves import highest_cover, redistribute
from layers.decisions.rules import in_force
from layers.decisions.supplies import SupplyFacts, propose

DAY = parse_time("2020-02-15")
TODAY = day_number(DAY)
VIEW = View(as_of=DAY, known_at=DAY)
TOPICS = ("supply-cover", "supply-reorder", "supply-ratio", "staff-rest")
RULES = {topic: in_force(topic, DAY) for topic in TOPICS}


def stock(*rows):
    columns = list(SupplyFacts().stock.columns)
    return pd.DataFrame([(s, s, "420102", item, "", q, use, TODAY) for s, item, q, use in rows], columns=columns)


def history(*rows):
    """(site, item, days ago, quantity, use)."""
    seen = [(s, item, "", TODAY - ago, q, use) for s, item, ago, q, use in rows]
    return pd.DataFrame(seen, columns=SupplyFacts().history.columns)


def burned(rows, seen=None, staff=()):
    none = SupplyFacts()
    people = pd.DataFrame(list(staff), columns=none.staff.columns)
    return with_burn(rows, none.history if seen is None else seen, people, RULES).set_index("site")


def test_the_use_is_smoothed_and_the_newest_counts_most():
    # Half-life of three days: weights 1, 0.5, 0.25 for today, three and six days ago
    seen = history(("a", "x", 0, 9, 100), ("a", "x", 3, 9, 50), ("a", "x", 6, 9, 20))
    found = burned(stock(("a", "x", 9, 100)), seen).loc["a"]
    assert found["use_smoothed"] == pytest.approx((100 + 25 + 5) / 1.75)
    assert found["burn_source"] == "use"


def test_staff_at_work_set_the_least_that_is_used():
    # 70 people, six days of seven at work: 60 a day, one suit each, more than the 40 reported
    found = burned(stock(("a", "医用防护服", 90, 40)), staff=[("a", 70)]).loc["a"]
    assert (found["burn"], found["burn_source"]) == (pytest.approx(60), "staff")
    reported = burned(stock(("a", "医用防护服", 90, 80)), staff=[("a", 70)]).loc["a"]
    assert (reported["burn"], reported["burn_source"]) == (80, "use")


def test_division_by_zero_and_unknown_stay_what_they_are_everywhere():
    plan = propose(SupplyFacts(stock(("none", "x", 5, 0), ("silent", "x", 5, None), ("lost", "x", None, 5))), VIEW)
    sites = plan.tables["sites"].set_index("site")
    assert sites["reading"].to_dict() == {"none": "unused", "silent": "unknown", "lost": "unknown"}
    assert np.isinf(sites.loc["none", "days_of_cover"])
    assert sites.loc[["silent", "lost"], ["days_of_cover", "cover_after"]].isna().all(axis=None)
    assert np.isnan(sites.loc["silent", "reorder_point"])
    assert plan.tables["moves"].empty  # who does not know its use neither gives nor takes


def test_the_reorder_point_is_lead_and_review_and_a_margin_for_what_varies():
    seen = history(*[("a", "x", ago, 9, use) for ago, use in enumerate((100, 120, 80, 100))])
    found = with_reorder(burned(stock(("a", "x", 9, 100)), seen).reset_index(), RULES["supply-reorder"]).iloc[0]
    sigma = np.std([100, 120, 80, 100], ddof=1)
    assert found["sigma"] == pytest.approx(sigma)
    assert found["reorder_point"] == pytest.approx(3 * found["burn"] + 1.645 * sigma * 2**0.5)


def test_too_few_reports_give_no_margin_and_say_so():
    plan = propose(SupplyFacts(stock(("a", "x", 9, 100))), VIEW)
    assert plan.tables["sites"]["safety"].isna().all()
    assert plan.tables["sites"]["reorder_point"].tolist() == [300]
    assert any("too few reports" in words.en for words in plan.caveats)


# ---- redistribution


def moved(*rows, places=()):
    sites = stock(*rows).assign(burn=lambda s: s["daily_use"].astype(float))
    where = pd.DataFrame(list(places), columns=SupplyFacts().places.columns)
    return redistribute(sites, where, RULES).set_index(["giver", "taker"])["amount"].to_dict()


def test_the_shortest_cover_is_lifted_first_and_the_giver_keeps_its_floor():
    # The floor is four days: 1000 - 400 = 600 to give. a has 0 days, b 2: at 3 days both would take 300 + 100
    assert moved(("depot", "x", 1000, 100), ("a", "x", 0, 100), ("b", "x", 200, 100)) == {
        ("depot", "a"): 300,
        ("depot", "b"): 100,
    }
    # Only 100 to give: a rises from 0 to 1 day, b keeps its 2
    assert moved(("depot", "x", 500, 100), ("a", "x", 0, 100), ("b", "x", 200, 100)) == {("depot", "a"): 100}


def test_all_that_are_short_reach_the_same_cover():
    quantity, burn = np.array([0.0, 100.0, 500.0]), np.array([100.0, 100.0, 100.0])
    assert highest_cover(quantity, burn, 300, 3.0) == pytest.approx(2.0)  # 200 + 100
    assert highest_cover(quantity, burn, 0, 3.0) == pytest.approx(0.0, abs=1e-9)
    assert highest_cover(quantity, burn, 1e9, 3.0) == 3.0


def test_of_equal_givers_the_near_one_gives():
    places = [("far", 114.9, 30.6), ("near", 114.31, 30.6), ("a", 114.3, 30.6)]
    found = moved(("far", "x", 700, 100), ("near", "x", 700, 100), ("a", "x", 0, 100), places=places)
    assert found == {("near", "a"): 300}


def test_a_move_never_makes_the_giver_short():
    plan = propose(SupplyFacts(stock(("g", "x", 900, 100), ("a", "x", 0, 1000), ("b", "x", 10, 500))), VIEW)
    sites = plan.tables["sites"].set_index("site")
    assert sites.loc["g", "cover_after"] >= 4
    assert sites.loc["a", "cover_after"] > 0
    assert "can be moved here first" in plan.proposals[0].reasons[2].en


# ---- how long already


def test_missing_dates_the_age_of_a_shortage_counts_from_the_first_count_below_the_target():
    seen = history(
        ("a", "x", 6, 100, 50),  # short, then enough again: that shortage was another one
        ("a", "x", 5, 900, 50),
        ("a", "x", 3, 100, 50),
        ("a", "x", 0, 50, 50),  # two days without a count between; the run goes on
    )
    plan = propose(SupplyFacts(stock(("a", "x", 50, 50)), history=seen), VIEW)
    row = plan.tables["sites"].iloc[0]
    assert (row["short_since"], row["short_days"]) == (TODAY - 3, 4)
    assert any("4 days" in reason.en for reason in plan.proposals[0].reasons)


def test_assumed_patients_use_more_and_the_plan_says_so():
    some = SupplyFacts(stock(("a", "x", 390, 100)))
    plan = propose(some, replace(VIEW, filters={"if_cases": "100"}))
    assert plan.tables["sites"]["days_of_cover"].tolist() == [1.95]
    assert plan.caveats[0].en == "What if, not what is: new cases +100 %."
    assert propose(some, VIEW).tables["sites"]["days_of_cover"].tolist() == [3.9]


def test_a_shortage_is_as_old_by_the_burn_that_it_is_measured_by():
    # 100 a day reported, 200 used by the staff at work: 500 have lasted two and a half days since the first count
    key = {"site": "H", "item": "N95", "unit": ""}
    history = pd.DataFrame([{**key, "day": day, "quantity": 500.0, "daily_use": 100.0} for day in (1, 2, 3)])
    sites = pd.DataFrame([{**key, "day": 3, "quantity": 500.0, "burn": 200.0, "days_of_cover": 2.5}])
    found = with_age(sites, history, 3.0, 3)
    assert found[["short_since", "short_days"]].values.tolist() == [[1.0, 3.0]]
