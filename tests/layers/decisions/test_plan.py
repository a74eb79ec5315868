"""What every plan can do: become a table in two languages, and JSON that never changes by itself."""

import json
from math import inf, nan

import pandas as pd

from layers._times import day_number, parse_time
from layers.decisions._proposal import ACTIONS, Plan, Proposal, Reason, Words
from layers.decisions._words import days

DAY = parse_time("2020-02-12")


def plan(figures):
    reason = Reason("r@2020-01-01", "理由。", "Why.", ("n: 1",))
    proposal = Proposal(
        "A", "seal", (reason,), "r@2020-01-01", DAY, DAY, "h", Words("若", "if"), "花园", "420102", figures
    )
    table = pd.DataFrame({"x": [1.0, nan], "day": [pd.Timestamp(DAY), pd.NaT]})
    return Plan(
        "lockdown", Words("标题", "Title"), (proposal,), {"n": nan}, {"t": table}, ("r@2020-01-01",), DAY, DAY, "", "h"
    )


def test_json_has_no_nan_and_sorted_keys():
    text = plan({"b": nan, "a": inf}).to_json()
    found = json.loads(text, parse_constant=lambda name: pytest_fail(name))
    assert found["proposals"][0]["figures"] == {"a": "inf", "b": None}
    assert found["summary"] == {"n": None}
    assert found["tables"]["t"] == [{"x": 1.0, "day": "2020-02-12T23:59:59.999000+08:00"}, {"x": None, "day": None}]
    assert text == json.dumps(found, sort_keys=True, ensure_ascii=False)


def pytest_fail(name):
    raise AssertionError(f"{name} is not JSON")


def test_a_table_speaks_the_language_asked_for():
    zh, en = plan({"score": 2.5}).to_frame("zh").iloc[0], plan({"score": 2.5}).to_frame("en").iloc[0]
    assert (zh["action_text"], zh["reasons"], zh["flips_if"]) == ("封控小区", "理由。", "若")
    assert (en["action_text"], en["reasons"], en["score"]) == ("Seal the compound", "Why.", 2.5)


def test_every_action_has_words_in_both_languages():
    assert all(words.zh and words.en for words in ACTIONS.values())


def test_days_say_each_month_once():
    numbers = [day_number(parse_time(day)) for day in ("2020-03-01", "2020-02-28", "2020-02-29", "2020-02-28")]
    assert (days(numbers).zh, days(numbers).en) == ("2月28日、29日、3月1日", "28, 29 Feb, 1 Mar")
