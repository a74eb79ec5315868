"""The drill city: published figures on the day they were known, invented people that cannot be real, files with known faults."""

import hashlib
import re
from datetime import time

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select

from layers.intake.feeds import all_feeds
from layers.scenario import mistakes, people
from layers.scenario.build import LAST, SMALL_COMPOUNDS, START, build, deliver
from layers.scenario.city import make_city
from layers.scenario.curve import day_of
from layers.scenario.deliveries_beds import beds
from layers.scenario.deliveries_staff import LOCAL, SKILLS, aid_totals, roster
from layers.scenario.deliveries_supplies import supplies
from layers.scenario.epidemic import make_epidemic
from layers.scenario.registers import moment, registers
from layers.store import open_store, totals
from layers.store.schema import person

SEED = 20200211
END = day_of("2020-02-25")
# Hubei health commission bulletins of 12 and 13 February; the other days: the city series of canghailan (MIT), a day earlier than its rows.
PUBLISHED = [
    ("2020-01-23", 495, 0, 31, 23),
    ("2020-02-06", 11_618, 0, 498, 478),
    ("2020-02-11", 19_558, 0, 1_377, 820),
    ("2020-02-12", 32_994, 12_364, 1_922, 1_036),
    ("2020-02-13", 35_991, 14_031, 2_016, 1_016),
    ("2020-02-17", 42_752, None, 4_253, 1_381),
    ("2020-02-25", 47_441, None, 11_816, 2_085),
]


@pytest.fixture(scope="module")
def city():
    return make_city(SEED, SMALL_COMPOUNDS)


@pytest.fixture(scope="module")
def epidemic(city):
    """All of Wuhan's cases, living in a small city: the counts do not depend on how many compounds there are."""
    return make_epidemic(city, SEED, START, END)


@pytest.fixture(scope="module")
def books(city, epidemic):
    return registers(city, epidemic)


@pytest.fixture(scope="module")
def case_rows(city, epidemic, books):
    return mistakes.make(city, epidemic, books["case"])


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return deliver(tmp_path_factory.mktemp("small"), small=True)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    store = open_store("sqlite://", "drill")
    return store, build(store, tmp_path_factory.mktemp("built"), small=True)


@pytest.mark.parametrize(("day", "total", "clinical", "cured", "dead"), PUBLISHED)
def test_what_is_known_on_the_evening_of_a_bulletin_is_what_it_said(epidemic, day, total, clinical, cured, dead):
    known = epidemic.known(day_of(day))
    assert (known["total"], known["cured"], known["dead"]) == (total, cured, dead)
    if clinical is not None:
        assert (known.get("clinical", 0), known["confirmed"]) == (clinical, total - clinical)


def test_the_913_cases_written_off_on_13_february_were_clinical_ones_of_the_day_before(epidemic):
    off = epidemic.persons[epidemic.persons["withdrawn_day"] == day_of("2020-02-13")]
    steps = epidemic.transitions[epidemic.transitions["person"].isin(off.index)]
    assert len(off) == 913
    assert (steps.loc[steps["status"] == "clinical", "report_day"] == day_of("2020-02-12")).all()
    assert set(steps["status"]) <= {"suspected", "clinical", "dead"}


def test_no_report_comes_before_its_event_and_nobody_ends_before_falling_ill_or_twice(epidemic):
    steps = epidemic.transitions
    assert (steps["report_day"] >= steps["day"]).all()
    ended = steps[steps["status"].isin(["cured", "dead"])]
    assert ended["person"].is_unique
    first = steps.groupby("person")["day"].min()
    assert (ended["day"].to_numpy() >= first[ended["person"]].to_numpy()).all()


def test_severity_at_the_diagnosis_has_the_shares_of_the_first_44_thousand_cases(epidemic):
    diagnosed = epidemic.transitions[epidemic.transitions["status"].isin(["confirmed", "clinical"])]
    share = diagnosed.drop_duplicates("person").query("severity != ''")["severity"].value_counts(normalize=True)
    assert share["mild"] + share["ordinary"] == pytest.approx(0.81, abs=0.01)
    assert (share["severe"], share["critical"]) == pytest.approx((0.14, 0.05), abs=0.01)


def test_the_same_person_under_two_numbers_is_found_by_the_identity_number_alone(epidemic, books):
    again = epidemic.persons[epidemic.persons["same_as"] >= 0]
    told = books["case"].drop_duplicates("person").set_index("person")
    both = [(at, first) for at, first in again["same_as"].items() if at in told.index and first in told.index]
    assert len(both) > 100
    assert all(
        told["id_number"][a] == told["id_number"][b] and told["case_id"][a] != told["case_id"][b] for a, b in both
    )


def test_contacts_are_released_fourteen_days_after_the_last_exposure(epidemic):
    steps = epidemic.transitions[epidemic.transitions["status"] == "contact_released"]
    exposed = epidemic.persons["exposed_day"].to_numpy()[steps["person"]]
    assert ((steps["day"] - exposed) >= 14).all()


def test_nobody_can_be_telephoned_or_identified(books):
    everybody = pd.concat(books.values())
    assert everybody["phone"].str.fullmatch(r"100\d{8}").all()  # no mobile number begins with 100
    assert everybody["id_number"].str.fullmatch(r"990000(19|20)\d{9}[\dX]").all()  # no region has the code 990000
    numbers = [n for a in everybody["address"] for n in re.findall(r"(?<!\d)\d{11}(?!\d)|\d{17}[\dX]", a)]
    assert numbers
    assert all(n.startswith((people.PHONE, people.REGION)) for n in numbers)


def test_the_check_digit_is_that_of_the_standards_own_example():
    assert people.check_digit("11010519491231002") == "X"  # GB 11643-1999, 110105 19491231 002 X


@pytest.mark.parametrize(
    ("dirt", "least"),
    [
        ("repeated", 1_000),
        ("withdrawn", 913),
        ("corrected address", 100),
        ("corrected date", 30),
        *((kind, 30) for kind in mistakes.BROKEN),
        ("age 230", 8),
    ],
)
def test_each_mistake_of_a_register_is_made(case_rows, dirt, least):
    assert (case_rows["dirt"] == dirt).sum() >= least


def test_each_fault_of_an_address_and_of_a_point_occurs_at_its_rate(city, epidemic):
    told = people.write(np.random.default_rng(1), city, epidemic.persons)
    share = told["fault"].value_counts(normalize=True)
    assert share["unknown"] == pytest.approx(0.04, abs=0.003)
    assert {"street", "typo", "homophone", "short", "phone", "id"} <= set(share.index)
    located = told[(told["lon"] != "") & (epidemic.persons["kind"] == "case")]
    assert len(located) / (epidemic.persons["kind"] == "case").sum() == pytest.approx(0.45, abs=0.01)
    assert {"far", "swapped", "zero", "outside"} <= set(located["spoiled"])


def test_beds_of_named_days_are_the_published_ones(city):
    # Wuhan Health Commission tables of 15, 23 and 24 February; on the last, used and free exceed open by 54, as printed.
    for day, published in (("2020-02-15", (17_262, 17_082, 678)), ("2020-02-23", (23_435, 19_335, 4_100)), ("2020-02-24", (23_532, 19_275, 4_311))):  # fmt: skip
        rows = beds(city, day_of(day), 1.0, spoiled=False)
        designated = rows[rows["kind"].isin(["普通床位", "重症", "ICU"])]
        assert tuple(designated[["open", "used", "free"]].sum()) == published
    fangcang = beds(city, day_of("2020-02-16"), 1.0, spoiled=False).query("kind == '方舱'")
    assert tuple(fangcang[["open", "used", "free"]].sum()) == (7_566, 6_971, 595)  # CCTV 2020-02-16


def test_some_hospitals_use_more_beds_than_they_have_and_one_row_is_negative(city):
    rows = beds(city, day_of("2020-02-15"), 1.0)
    assert (rows["used"] > rows["open"]).sum() == 15 + (rows["open"] < 0).sum()  # 15 of 42 in the published table
    assert any((beds(city, day_of("2020-02-10") + n, 1.0)["open"] < 0).any() for n in range(5))


def test_teams_in_wuhan_on_14_february_add_up_to_181_and_20_374_people(city):
    teams = roster(city, 1.0, SEED, END).teams
    here = teams[(teams["origin"] != LOCAL) & (teams["day"] <= day_of("2020-02-14"))]
    assert (len(here), here[list(SKILLS)].to_numpy().sum()) == aid_totals(day_of("2020-02-14")) == (181, 20_374)
    newest = roster(city, 1.0, SEED, END).rows(END - 1, END)
    assert (newest["hospital"] == "").any()


def test_the_citys_stock_and_need_of_15_february_are_the_published_ones(city):
    rows = supplies(city, day_of("2020-02-15"), 1.0, SEED).query("kind == '库存'")
    stock = rows.groupby("item")["quantity"].sum()
    need = pd.to_numeric(rows["daily_use"], errors="coerce").groupby(rows["item"]).sum()
    # The Paper / CCTV 2020-02-16 and 17
    assert (stock["医用防护服"], need["医用防护服"]) == (72_219, 77_680)
    assert (stock["N95口罩"], need["N95口罩"]) == (136_455, 125_246)
    assert (stock["医用口罩"], need["医用口罩"]) == (562_700, 272_628)
    assert (stock["防护面屏"], need["防护面屏"]) == (16_758, 15_536)
    assert (rows["daily_use"] == "").any()
    assert (pd.to_numeric(rows["daily_use"], errors="coerce") == 0).any()


def test_a_small_drill_delivers_every_feed_in_the_order_of_knowledge(small):
    assert {delivery.feed for delivery in small} == set(all_feeds())
    known = [delivery.known_at for delivery in small]
    assert all(a < b for a, b in zip(known, known[1:], strict=False))
    assert known[0] == moment(START, time(8, 0))
    assert all(delivery.path.name.startswith("drill_") for delivery in small)


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(small, tmp_path):
    assert hashes(small) == hashes(deliver(tmp_path / "again", small=True))
    assert hashes(small) != hashes(deliver(tmp_path / "other", small=True, days=3, seed=1))


def test_a_small_build_takes_every_file_and_refuses_only_what_was_meant_to_be_refused(built, small):
    _, report = built
    assert report.deliveries == len(small)
    refused = {feed for feed, counts in report.by_feed.items() if counts["rejected"]}
    assert refused == {"cases", "beds", "supplies"}
    assert report.counts["withdrawn"] == 31  # 913 written off x 1,500 cases / 44,412 published by 18 February


def test_the_store_knew_each_evening_what_the_epidemic_says(built):
    store, _ = built
    city = make_city(SEED, SMALL_COMPOUNDS)
    end = day_of("2020-02-18")
    frame = make_epidemic(city, SEED, START, end, 1500)
    for day in ("2020-02-12", "2020-02-15", "2020-02-18"):
        evening = moment(day_of(day), time(23, 59))
        rows = store.read(totals.state(store.view(as_of=evening, known_at=evening), "city", "ever"))
        counted = rows.groupby("status")["n"].sum()
        expected = frame.known(day_of(day))
        expected.pop("total")
        assert {name: int(n) for name, n in counted.items() if n} == expected


def test_no_name_or_telephone_reaches_the_store(built):
    store, _ = built
    kept = store.read(select(person))
    assert not {"name", "phone", "id_number"} & set(kept.columns)
    assert not kept["person"].dropna().str.contains(people.REGION).any()


def test_the_drill_refuses_a_production_store_and_more_days_than_are_published(tmp_path):
    with pytest.raises(Exception, match="store of kind drill"):
        build(open_store("sqlite://", "production"), tmp_path)
    with pytest.raises(Exception, match=f"1 to {LAST - START + 1}"):
        deliver(tmp_path, small=True, days=200)


def hashes(deliveries):
    """Digest of each file by name."""
    return {d.path.name: hashlib.sha256(d.path.read_bytes()).hexdigest() for d in deliveries}
