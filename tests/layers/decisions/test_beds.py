"""Bed demand, balance, projection and sites against hand-worked and published numbers."""

from math import isnan, nan

import numpy as np
import pandas as pd
import pytest

from layers._times import day_number, parse_time
from layers._view import View
from layers.decisions._bed_balance import allocate, capacity, warnings
from layers.decisions._bed_demand import demand, largest_remainder, shares
from layers.decisions._bed_travel import great_circle_km
from layers.decisions.beds import BedFacts, propose
from layers.decisions.rules import in_force

COLUMNS = ["id", "name", "kind", "district", "capacity", "lon", "lat", "bed_kind", "open", "used", "free", "planned"]
DAY = parse_time("2020-02-20")
VIEW = View(as_of=DAY, known_at=DAY)
PLACEMENT = in_force("placement", DAY)
NONE = dict.fromkeys(("icu", "severe", "ordinary", "fangcang", "isolation", "unsplit"), nan)


def site(
    code,
    kind="designated",
    bed_kind=None,
    open=None,
    used=None,
    free=None,
    planned=None,
    capacity=None,
    at=(114.3, 30.6),
):
    return dict(zip(COLUMNS, (code, code, kind, "A", capacity, *at, bed_kind, open, used, free, planned), strict=True))


def hospitals(*sites):
    return pd.DataFrame(list(sites), columns=COLUMNS)


def states(*rows):
    return pd.DataFrame(rows, columns=["area", "status", "severity", "n"])


def facts(beds=(), people=(), daily=()):
    days = [(measure, "A", status, day_number(parse_time(day)), n) for measure, status, day, n in daily]
    return BedFacts(
        hospitals(*beds),
        states(*people),
        pd.DataFrame(days, columns=["measure", "area", "status", "day", "n"]),
        pd.DataFrame([("A", "江岸区", "Jiang'an", 114.3, 30.6)], columns=["code", "name", "name_en", "lon", "lat"]),
    )


def shortage(plan, need):
    return plan.summary[f"shortage_{need}"]


def test_unknown_severity_is_split_by_the_published_inpatient_shares():
    # Hubei 2020-02-17: 41,957 in hospital, 9,117 severe (21.7 %), 1,853 critical (4.4 %) (DOMAIN 1.4)
    share = shares(in_force("severity-share", DAY))
    assert (round(share["severe"], 3), round(share["critical"], 3)) == (0.217, 0.044)
    row = demand(states(("A", "confirmed", "", 1000), ("A", "clinical", "severe", 10)), share).loc["A"]
    assert row[["critical", "severe", "light", "unknown"]].tolist() == [44, 227, 739, 1000]


def test_no_person_is_lost_or_invented_by_a_split():
    for n in range(50):
        assert sum(largest_remainder(n, {"a": 0.739, "b": 0.217, "c": 0.044}).values()) == n


@pytest.mark.parametrize(
    ("need", "beds", "short", "why"),
    [
        ({"severe": 10}, {"fangcang": 100}, 10, "fangcang beds never take severe cases (DOMAIN 4, bed class)"),
        ({"critical": 10}, {"severe": 100}, 10, "severe beds never take critical cases"),
        ({"severe": 10}, {"icu": 100}, 0, "a better bed may"),
        ({"light": 10}, {"fangcang": 4, "ordinary": 5}, 1, "light cases go to fangcang, then to ordinary beds"),
        ({"light": 10}, {"isolation": 100}, 10, "an isolation room is no hospital bed"),
        ({"suspected": 10}, {"fangcang": 100, "isolation": 7}, 3, "suspected need single rooms"),
        ({"light": 10}, {"unsplit": 10}, 0, "beds that were not split may serve"),
    ],
)
def test_no_bed_takes_a_need_above_its_kind(need, beds, short, why):
    all_needs = {name: float(need.get(name, 0)) for name in ("critical", "severe", "light", "suspected", "observed")}
    rows = allocate(all_needs, dict.fromkeys(NONE, 0.0) | beds, PLACEMENT)
    assert {r["need"]: r["shortage"] for r in rows if r["shortage"]} == (
        {} if not short else {next(iter(need)): short}
    ), why


def test_the_worst_cases_get_unsplit_beds_first():
    need = {"critical": 3.0, "severe": 4.0, "light": 5.0, "suspected": 0.0, "observed": 0.0}
    rows = allocate(need, dict.fromkeys(NONE, 0.0) | {"unsplit": 6.0}, PLACEMENT)
    assert [row["placed"] for row in rows[:3]] == [3, 3, 0]


def test_unknown_beds_make_an_unknown_shortage_not_a_full_one():
    need = dict.fromkeys(("critical", "severe", "light", "suspected", "observed"), 5.0)
    assert all(isnan(row["shortage"]) for row in allocate(need, NONE, PLACEMENT))


def test_a_kind_nobody_reported_is_unknown_and_a_silent_site_is_counted():
    found = capacity(hospitals(site("H", bed_kind="icu", open=10), site("I", kind="isolation")), ["A"])
    assert found.loc["*", ["icu", "silent_sites"]].tolist() == [10, 1]
    assert isnan(found.loc["*", "isolation"])


def test_a_total_beside_its_parts_is_not_counted_twice():
    rows = hospitals(site("H", bed_kind="icu", open=10), site("H", bed_kind="all", open=100))
    assert capacity(rows, []).loc["*", ["icu", "unsplit"]].tolist() == [10, 90]


@pytest.mark.parametrize(
    ("open_", "used", "free", "extra", "mismatch"),
    [  # Wuhan Health Commission (DOMAIN V18): 23 February adds up, 24 February does not, by 54 added beds; 16 February fangcang
        (23_435, 19_335, 4_100, None, None),
        (23_532, 19_275, 4_311, 0, 54),
        (7_566, 6_971, 595, None, None),
        (122, 133, 0, 11, 11),  # Wuhan Pulmonary Hospital, 15 February: more used than open
    ],
)
def test_reports_that_do_not_add_up_are_warned_about_and_kept(open_, used, free, extra, mismatch):
    rows = hospitals(site("H", bed_kind="all", open=open_, used=used, free=free))
    found = warnings(rows)
    assert found[["extra", "mismatch"]].to_numpy().tolist() == ([] if mismatch is None else [[extra, mismatch]])
    assert capacity(rows, []).loc["*", "unsplit"] == open_


def test_of_the_published_timeline_only_24_february_does_not_add_up(real_data):
    rows = pd.read_csv(real_data / "validation" / "official" / "wuhan_beds_timeline.csv")
    rows = rows[rows["kind"].isin(["designated", "fangcang"]) & (rows["empty"] > 0)]
    numbers = zip(rows["as_of"], rows["open_beds"], rows["used"], rows["empty"], strict=True)
    found = warnings(hospitals(*(site(day, bed_kind="all", open=o, used=u, free=e) for day, o, u, e in numbers)))
    assert found[["id", "mismatch"]].to_numpy().tolist() == [["2020-02-24", 54]]


def test_the_projection_leaves_out_the_definition_step_and_shows_its_arithmetic():
    steady = [("now", "confirmed", f"2020-02-{d:02}", 10) for d in range(8, 15)] + [
        ("ever", "cured", f"2020-02-{d:02}", 4) for d in range(8, 15)
    ]
    step = [("now", "clinical", "2020-02-12", 12_364)]  # Wuhan, bulletin of 12 February
    day = parse_time("2020-02-14")
    plan = propose(
        facts(people=[("A", "confirmed", "severe", 100)], daily=steady + step), View(as_of=day, known_at=day)
    )
    row = plan.tables["projection"].query("area == '*' and group == 'cases'").iloc[0]
    # net 10 a day, 4 of them replaced: 14 new, 4 left; 100 + 7 x (14 - 4) = 170; with the step it would be 12,000 more
    assert row[["now", "new_a_day", "left_a_day", "then"]].tolist() == [100, 14, 4, 170]
    assert row["formula_en"] == "In 7 days 170 = 100 now + 7 x (14.0 new a day - 4.0 discharged or dead a day)."
    assert any("12, 13 Feb left out: the case definition changed" in c.en for c in plan.caveats)


def test_too_few_days_make_no_projection():
    plan = propose(facts(people=[("A", "confirmed", "mild", 9)], daily=[("now", "confirmed", "2020-02-20", 9)]), VIEW)
    assert isnan(plan.summary["demand_7d_light"])


def test_a_conversion_from_clinical_to_confirmed_is_no_new_patient():
    daily = [("now", "clinical", f"2020-02-{d:02}", -5) for d in range(14, 21)]
    daily += [("now", "confirmed", f"2020-02-{d:02}", 5) for d in range(14, 21)]
    plan = propose(facts(people=[("A", "confirmed", "mild", 50)], daily=daily), VIEW)
    assert plan.summary["demand_7d_light"] == 50


def test_the_site_that_covers_most_opens_first_then_the_nearest():
    plan = propose(
        facts(
            [
                site("H", bed_kind="fangcang", kind="fangcang", open=10),
                site("far", kind="candidate", capacity=100, at=(114.9, 30.6)),
                site("near", kind="candidate", capacity=100, at=(114.31, 30.6)),
                site("big", kind="candidate", capacity=500, at=(114.9, 30.6)),
                site("spare", kind="candidate", capacity=90),
                site("unknown", kind="candidate"),
            ],
            [("A", "confirmed", "mild", 700)],
        ),
        VIEW,
    )
    assert [(p.subject, p.action, p.figures["covered"]) for p in plan.proposals] == [
        ("big", "open", 500),
        ("near", "open", 100),
        ("spare", "open", 90),  # 10 + 500 + 100 leave 90: the near small site covers as much as the far big one
        ("far", "reserve", 0),
        ("unknown", "survey", 0),
    ]


def test_a_shortage_no_site_can_cover_is_said():
    plan = propose(facts([site("H", bed_kind="icu", open=2)], [("A", "confirmed", "critical", 5)]), VIEW)
    (proposal,) = plan.proposals
    assert (proposal.subject, proposal.action, proposal.figures["beds"]) == ("critical", "add_beds", 3)


def test_the_great_circle_is_a_degree_of_the_meridian():
    assert great_circle_km(114, 30, np.array([114.0]), np.array([31.0]))[0] == pytest.approx(111.195, abs=1e-3)


def test_no_facts_no_proposals():
    plan = propose(BedFacts(), VIEW)
    assert (plan.proposals, plan.caveats) == ((), ())


def test_the_same_state_gives_the_same_plan():
    def text():
        return propose(facts([site("H", bed_kind="icu", open=2)], [("A", "confirmed", "", 5)]), VIEW).to_json()

    assert text() == text()


def test_a_site_is_not_called_unneeded_where_the_shortage_is_unknown():
    (proposal,) = propose(
        facts([site("S", kind="candidate", capacity=100)], [("A", "confirmed", "mild", 9)]), VIEW
    ).proposals
    assert proposal.action == "reserve"
    assert "the shortage is unknown" in proposal.reasons[-1].en
