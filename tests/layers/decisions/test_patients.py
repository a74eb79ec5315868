"""Patients to beds: the admission rules of DOMAIN 1.7, transfers counted once, fairness, and honesty about the solver."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from layers.decisions import patients
from layers.decisions.rules import in_force

DAY = date(2020, 2, 20)
PLACEMENT, GATE, TRAVEL = (in_force(topic, DAY) for topic in ("placement", "fangcang-gate", "travel"))
HERE, NEAR, FAR = (114.30, 30.60), (114.31, 30.60), (114.60, 30.60)


def classes(*rows):
    frame = pd.DataFrame(rows, columns=["status", "severity", "age", "self_care"])
    return patients.classify(frame, GATE).tolist()


def person(name, of_class, at=HERE, district="A", since=0, bed="", compound="C1"):
    return dict(zip(patients.WAIT, (name, of_class, compound, district, *at, since, bed), strict=True))


def bed(hospital, kind, free, at=NEAR):
    return {"hospital": hospital, "kind": kind, "lon": at[0], "lat": at[1], "free": free}


def place(people, beds):
    columns = ["hospital", "kind", "lon", "lat", "free"]
    return patients.place(
        pd.DataFrame(people, columns=patients.WAIT), pd.DataFrame(beds, columns=columns), PLACEMENT, TRAVEL
    )


def went(found):
    return found.flows[["class", "hospital", "kind", "n"]].to_numpy().tolist()


@pytest.mark.parametrize(
    ("row", "expected", "why"),
    [
        (("confirmed", "mild", 40, None), "fangcang", "the plain case"),
        (("clinical", "ordinary", 18, None), "fangcang", "counted as confirmed; 18 is in"),
        (("confirmed", "mild", 65, None), "fangcang", "65 is in"),
        (("confirmed", "mild", 66, None), "designated", "66 is out"),
        (("confirmed", "mild", 17, None), "designated", "children are out"),
        (("confirmed", "mild", 82, None), "designated", "the 82-year-old refused by the fangcang (DOMAIN 1.7)"),
        (("confirmed", "mild", 40, False), "designated", "cannot look after himself"),
        (("confirmed", "mild", np.nan, None), "unassessed", "age unknown is no pass"),
        (("confirmed", "", 40, None), "unassessed", "severity unknown is no pass"),
        (("confirmed", "severe", 40, None), "severe", "severity comes before age"),
        (("clinical", "critical", np.nan, None), "critical", "and before an unknown age"),
        (("suspected", "mild", 40, None), "suspected", "not proven: a single room, never among confirmed cases"),
    ],
)
def test_admission_rules(row, expected, why):
    assert classes(row) == [expected], why


def test_before_the_first_fangcang_everybody_is_designated():
    frame = pd.DataFrame({"status": ["confirmed"], "severity": ["mild"], "age": [40.0]})
    assert patients.classify(frame, None).tolist() == ["designated"]


def test_the_mild_patient_of_82_gets_a_hospital_bed_and_never_no_placement():
    found = place([person("old", "designated")], [bed("F", "fangcang", 900), bed("H", "ordinary", 1, FAR)])
    assert went(found) == [["designated", "H", "ordinary", 1]]
    assert patients.CLASSES["designated"].en == "mild, designated (age/self-care)"


def test_without_a_hospital_bed_he_is_counted_as_waiting_for_one_and_the_reason_is_said():
    found = place([person("old", "designated")], [bed("F", "fangcang", 900), bed("H", "ordinary", 0)])
    (row,) = found.unserved.to_dict("records")
    assert (row["class"], row["n"], row["why"], row["kinds"]) == ("designated", 1, "full", "ordinary+unsplit")


@pytest.mark.parametrize(("free", "why"), [([bed("H", "icu", np.nan)], "unknown"), ([bed("F", "fangcang", 9)], "none")])
def test_unknown_beds_are_no_full_beds(free, why):
    assert place([person("p", "critical")], free).unserved["why"].tolist() == [why]


def test_bed_class_no_severe_case_goes_to_a_fangcang():
    """DOMAIN 4, bed class: no substitution downward."""
    found = place([person("s", "severe"), person("c", "critical")], [bed("F", "fangcang", 900), bed("H", "severe", 5)])
    assert went(found) == [["severe", "H", "severe", 1]]
    assert found.unserved["class"].tolist() == ["critical"]


def test_the_critical_choose_first():
    found = place([person("s", "severe"), person("c", "critical")], [bed("H", "icu", 1)])
    assert went(found) == [["critical", "H", "icu", 1]]


def test_severe_cases_leave_intensive_care_free_while_they_can():
    found = place([person("s", "severe")], [bed("near", "icu", 1, HERE), bed("far", "severe", 1, FAR)])
    assert went(found) == [["severe", "far", "severe", 1]]


def test_double_counting_a_transfer_is_two_admissions_and_one_person():
    """DOMAIN 4, double counting."""
    people = [
        person("worse", "severe", bed="fangcang"),
        person("new", "fangcang"),
        person("well", "fangcang", bed="fangcang"),
    ]
    found = place(people, [bed("H", "severe", 5), bed("F", "fangcang", 5)])
    assert found.flows["transfers"].sum() == 1
    wanted = {"persons": 3, "in_bed": 2, "waiting": 2, "placed": 2, "transfers": 1, "admissions": 4, "unserved": 0}
    assert found.ledger == wanted


def test_double_counting_a_person_on_two_lists_gets_one_bed():
    """DOMAIN 4, double counting: the hospital's list and the community's."""
    found = place([person("p", "fangcang"), person("p", "fangcang")], [bed("F", "fangcang", 5)])
    assert (found.ledger["persons"], found.flows["n"].sum()) == (1, 1)


def test_published_ledger_of_wuchang_fangcang():
    # 1,124 admitted = 833 discharged + 291 transferred (chinacourt 2020-03-12; DOMAIN V18): 1,415 admissions, 1,124 persons
    people = [person(f"t{n}", "severe", bed="fangcang") for n in range(291)]
    found = place(people, [bed("H", "severe", 291)])
    assert found.ledger["persons"] + 833 == 1124
    assert found.ledger["admissions"] - found.ledger["persons"] == found.ledger["transfers"] == 291


def test_published_census_of_all_fangcang_on_12_february():
    # 4,313 admitted, 36 discharged, 305 transferred, 3,972 there at 07:00 (Xinhua, CCTV; DOMAIN V18)
    people = [person(f"s{n}", "fangcang", bed="fangcang") for n in range(4313 - 36 - 305)]
    people += [person(f"t{n}", "severe", bed="fangcang") for n in range(305)]
    ledger = place(people, [bed("H", "severe", 400)]).ledger
    assert ledger["in_bed"] - ledger["transfers"] == 3972
    assert ledger["persons"] + 36 == 4313


def test_fairness_scarce_beds_are_split_between_districts_before_ways_are_short():
    """DOMAIN 4, fairness: the far district is not starved though every bed is nearer to the other."""
    people = [person(f"a{n}", "fangcang", HERE, "A", n) for n in range(30)]
    people += [person(f"b{n}", "fangcang", FAR, "B", n, compound="C2") for n in range(10)]
    found = place(people, [bed("F", "fangcang", 20, HERE)])
    assert found.flows.groupby("district")["n"].sum().to_dict() == {"A": 15, "B": 5}
    assert found.unserved.set_index("district")["n"].to_dict() == {"A": 15, "B": 5}


def test_those_who_wait_longest_come_first():
    frame = pd.DataFrame([person(name, "fangcang", since=since) for name, since in (("new", 9), ("old", 1))])
    assert patients.served(frame, 1).tolist() == [False, True]


def test_optimiser_honesty_status_gap_and_the_plain_rule_stand_beside_the_optimum():
    """DOMAIN 4, optimiser honesty."""
    # One bed at a, one at b. C1 lies at a and C2 beside it, b far behind: the plain rule gives a to whoever asks first.
    people = [
        person("p1", "fangcang", (114.310, 30.60), compound="C1"),
        person("p2", "fangcang", (114.305, 30.60), compound="C2"),
    ]
    beds = [bed("a", "fangcang", 1, (114.306, 30.60)), bed("b", "fangcang", 1, (114.330, 30.60))]
    row = place(people, beds).solved.iloc[0]
    assert (row["part"], row["status"], row["gap"], row["unserved"]) == ("fangcang", "optimal", 0, 0)
    assert row["objective"] < row["greedy"]


def test_a_person_without_a_known_place_is_sent_and_not_lost():
    found = place([person("p", "fangcang", (np.nan, np.nan), compound="")], [bed("F", "fangcang", 1)])
    assert found.ledger["placed"] == 1


def test_used_beds_hold_those_ill_for_longest_and_spare_ones_the_worst_who_wait():
    people = pd.DataFrame(
        [person("c1", "critical", since=1), person("c2", "critical", since=2), person("s", "severe", since=3)]
    )
    assert patients.lying(people, {"icu": 1, "severe": 2}, PLACEMENT).tolist() == ["icu", "severe", "severe"]


def test_every_person_is_somewhere_in_the_ledger():
    rng = np.random.default_rng(0)
    people = [
        person(
            str(n),
            name,
            (114 + rng.random(), 30 + rng.random()),
            str(rng.integers(4)),
            int(rng.integers(20)),
            compound=f"C{n % 50}",
        )
        for n, name in enumerate(rng.choice(list(patients.CLASSES), 400))
    ]
    beds = [
        bed(f"H{n}", kind, int(rng.integers(30)))
        for n, kind in enumerate(["icu", "severe", "ordinary", "fangcang", "isolation"] * 2)
    ]
    found = place(people, beds)
    assert found.ledger["placed"] + found.ledger["unserved"] == 400
    assert found.flows["n"].sum() + found.unserved["n"].sum() == 400
    taken = found.flows.groupby(["hospital", "kind"])["n"].sum()
    free = pd.DataFrame(beds).set_index(["hospital", "kind"])["free"]
    assert (taken <= free.reindex(taken.index)).all()
