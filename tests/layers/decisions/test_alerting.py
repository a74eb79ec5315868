"""Alerts: what a rule may say, when it is true, and that a subject is told once until it is known to be over."""

import math
from dataclasses import replace

import pandas as pd
import pytest

from layers.decisions.alerting import Readings, checked, turn, values
from layers.store.alerts import AlertError, Rule

COUNT = Rule("新增偏多", "count", {"status": "confirmed", "measure": "new1", "each": ""}, 10, ("总值班",), id=1)
EACH = replace(COUNT, subject={"status": "confirmed", "measure": "new1", "each": "district"}, id=2)
AGE = Rule("病例迟报", "age", {"feed": "cases"}, 24, ("信息组",), id=3)
ITEM = Rule("口罩不足", "shortage", {"what": "item", "name": "N95口罩"}, 3, ("物资组",), id=4)
BEDS = Rule("床位将满", "shortage", {"what": "beds", "name": "*"}, 2, ("救治组",), id=5)
NONE = pd.DataFrame({"id": [], "rule": [], "subject": [], "cleared_at": []})


def counted(each="", **by_area):
    rows = pd.DataFrame({"area": list(by_area), "new1_confirmed": list(by_area.values())})
    return Readings(counts={("", each): rows})


def stock(**days):
    return Readings(cover={"": pd.DataFrame({"item": list(days), "days_of_cover": list(days.values())})})


def beds(**days):
    table = pd.DataFrame({"kind": list(days), "day": list(days.values()), "beds": [100.0] * len(days)})
    return Readings(run_out={"": table}, today=100)


def standing(rule, subject, cleared=None):
    return pd.DataFrame([{"id": 7, "rule": rule.id, "subject": subject, "cleared_at": cleared}])


def raised(rule, readings, before=NONE):
    return {one.subject: one.value for one in turn([rule], readings, before).raised}


# ---- when a rule is true


@pytest.mark.parametrize(
    ("rule", "readings", "told"),
    [
        (COUNT, counted(**{"": 10}), {"": 10}),
        (COUNT, counted(**{"": 9}), {}),
        (COUNT, counted(), {}),  # nobody was ever counted: that is known to be none
        (EACH, counted("district", A=10, B=9, **{"": 99}), {"A": 10}),  # who has no district is in none
        (AGE, Readings(ages={"cases": 24.5}), {"cases": 24.5}),
        (AGE, Readings(ages={"cases": 24.0}), {}),
        (AGE, Readings(ages={"cases": math.inf}), {"cases": None}),
        (ITEM, stock(N95口罩=2.9, 护目镜=0.1), {"N95口罩": 2.9}),
        (ITEM, stock(N95口罩=3.0), {}),
        (ITEM, stock(N95口罩=math.nan), {}),
        (BEDS, beds(icu=100.0, severe=102.0, ordinary=103.0, fangcang=math.nan), {"icu": 0, "severe": 2}),
        (BEDS, beds(icu=90.0), {"icu": 0}),  # ran out days ago
    ],
)
def test_a_rule_is_true_of_these_subjects(rule, readings, told):
    assert raised(rule, readings) == told


def test_what_the_readings_do_not_hold_is_left_alone():
    assert not turn([COUNT, AGE, ITEM, BEDS], Readings(), standing(ITEM, "N95口罩"))


def test_beds_of_an_unknown_number_are_unknown():
    table = pd.DataFrame({"kind": ["icu"], "day": [math.nan], "beds": [math.nan]})
    found = values(BEDS, Readings(run_out={"": table}))
    assert math.isnan(found["icu"])


# ---- once, until it is over


def test_a_subject_that_is_told_already_is_not_told_again():
    assert not turn([COUNT], counted(**{"": 50}), standing(COUNT, ""))


@pytest.mark.parametrize(
    ("rule", "readings", "subject"), [(COUNT, counted(**{"": 9}), ""), (EACH, counted("district", B=20), "A")]
)
def test_what_is_true_no_longer_is_cleared(rule, readings, subject):
    assert turn([rule], readings, standing(rule, subject)).cleared == (7,)


def test_silence_clears_nothing():
    assert not turn([ITEM], stock(N95口罩=math.nan, 护目镜=9.0), standing(ITEM, "N95口罩"))
    assert not turn([ITEM], stock(护目镜=9.0), standing(ITEM, "N95口罩"))


def test_an_alert_that_waits_is_true_again_instead_of_told_twice():
    change = turn([COUNT], counted(**{"": 12}), standing(COUNT, "", pd.Timestamp("2020-02-11", tz="Asia/Shanghai")))
    assert (change.again, change.raised) == ((7,), ())


def test_another_rule_of_the_same_subject_is_its_own():
    assert raised(COUNT, counted(**{"": 12}), standing(EACH, "")) == {"": 12}


# ---- what a rule may say


def test_a_rule_is_kept_as_it_was_written_without_blanks():
    found = checked(replace(COUNT, name="  新增偏多 ", told=("总值班 ", " ")))
    assert (found.name, found.told, found.bound) == ("新增偏多", ("总值班",), 10.0)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (replace(COUNT, name=" "), "name '' has 0 characters; wanted 2 to 40"),
        (replace(COUNT, name="告知13912345678"), "telephone number"),
        (replace(COUNT, told=()), "0 posts are told; wanted 1 to 6"),
        (replace(COUNT, kind="mood"), "kind is 'mood'; wanted one of"),
        (replace(COUNT, bound=0), "number of persons is 0; wanted 1 to 1,000,000"),
        (replace(COUNT, bound=2.5), "wanted a whole number"),
        (replace(COUNT, bound=math.nan), "number of persons is nan"),
        (replace(ITEM, bound=0), "number of days is 0; wanted more than 0 to 60"),
        (replace(COUNT, subject={"status": "tired", "measure": "new1"}), "status is 'tired'"),
        (replace(COUNT, subject={"status": "counted", "measure": "now"}), "wanted new that day, or new in 14 days"),
        (replace(EACH, area="420102/一元街道"), "wanted a smaller unit"),
        (replace(AGE, subject={"feed": "rumours"}), "feed is 'rumours'"),
        (replace(AGE, area="420102"), "a feed is of the whole city"),
        (replace(ITEM, subject={"what": "item", "name": " "}), "which goods are watched is missing"),
        (replace(BEDS, subject={"what": "beds", "name": "sofa"}), "kind of beds is 'sofa'"),
        (replace(BEDS, area="compound:C1"), "planned by city or district"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_in_plain_words(rule, says):
    with pytest.raises(AlertError, match=r".") as error:
        checked(rule)
    assert says in str(error.value)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in error.value.said("zh"))
