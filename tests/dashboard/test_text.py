"""Words in both languages; numbers, days and ages as people write them."""

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from dashboard import text
from dashboard.text import (
    TextError,
    age,
    between,
    both,
    change,
    day,
    days,
    figure,
    listed,
    moment,
    percent,
    say,
    span,
    updated,
)
from layers.decisions._proposal import Words

NOW = datetime(2020, 2, 12, 18, 0)


def test_a_missing_text_is_an_error():
    with pytest.raises(TextError, match=r"nothing\.here"):
        say("nothing.here", "zh")


def test_a_missing_value_is_an_error():
    with pytest.raises(TextError, match="age"):
        say("updated", "en")


def test_a_language_nobody_speaks_is_an_error():
    with pytest.raises(TextError, match="fr"):
        say("drill", "fr")


def test_a_number_chooses_the_form_of_its_noun():
    said = [say("wall.feeds_late", "en", n=n) for n in (1, "1", 0, 2, "1,001")]
    assert said == [f"{n} feed{s} overdue" for n, s in ((1, ""), (1, ""), (0, "s"), (2, "s"), ("1,001", "s"))]
    assert say("wall.feeds_late", "zh", n=1) == "1 个数据源超期"


def test_a_value_that_is_said_in_two_languages_follows_the_sentence():
    words = Words("重症", "Severe")
    assert both("plan.not_placed", words=words) == ("重症未收治", "Not placed: Severe")
    assert say("plan.not_placed", "en", words=("监护", "ICU")) == "Not placed: ICU"


def test_things_one_after_another():
    assert (listed(["a", "b"], "zh"), listed(["a", "b"], "en"), listed([], "en")) == ("a、b", "a, b", "")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1234567, "1,234,567"),
        (0, "0"),
        (-0.2, "0"),
        (-5, "−5"),
        (None, "–"),
        (np.nan, "–"),
        (pd.NA, "–"),
        (np.inf, "∞"),
    ],
)
def test_a_figure(value, written):
    assert figure(value) == written


def test_digits_are_kept_when_asked_for():
    assert (figure(4.25, 1), percent(0.953), percent(None)) == ("4.2", "95%", "–")


@pytest.mark.parametrize(
    ("value", "written"), [(1104, "+1,104"), (-327, "−327"), (0, "±0"), (0.2, "±0"), (np.nan, "–")]
)
def test_a_change_has_a_sign(value, written):
    assert change(value) == written


def test_days_and_moments():
    assert (day(NOW, "zh"), day(NOW, "en"), day(pd.NaT, "en")) == ("2月12日", "12 Feb", text.UNKNOWN)
    assert (moment(NOW, "zh"), moment(NOW, "en")) == ("2月12日 18:00", "12 Feb 18:00")


@pytest.mark.parametrize(
    ("passed", "zh", "en"),
    [
        (timedelta(seconds=20), "刚刚", "just now"),
        (timedelta(minutes=-5), "刚刚", "just now"),
        (timedelta(minutes=59), "59分钟前", "59 min ago"),
        (timedelta(hours=3, minutes=50), "3小时前", "3 h ago"),
        (timedelta(hours=36), "36小时前", "36 h ago"),
        (timedelta(days=2), "2天前", "2 d ago"),
    ],
)
def test_an_age(passed, zh, en):
    assert (age(NOW - passed, NOW, "zh"), age(NOW - passed, NOW, "en")) == (zh, en)


def test_what_never_came_is_not_called_updated():
    then = NOW - timedelta(hours=3)
    assert (updated(then, NOW, "zh"), updated(None, NOW, "zh")) == ("更新于 3小时前", "从未报送")
    assert (updated(then, NOW, "en"), updated(None, NOW, "en")) == ("updated 3 h ago", "never delivered")


@pytest.mark.parametrize(
    ("passed", "zh", "en"),
    [
        (timedelta(seconds=20), "不足1分钟", "<1 min"),
        (timedelta(minutes=59), "59分钟", "59 min"),
        (timedelta(hours=47), "47小时", "47 h"),
        (timedelta(days=2), "2天", "2 d"),
        (None, "–", "–"),
    ],
)
def test_how_long(passed, zh, en):
    assert (span(passed, "zh"), span(passed, "en")) == (zh, en)


@pytest.mark.parametrize(
    ("first", "last", "zh", "en"),
    [
        (date(2020, 2, 12), date(2020, 2, 14), "2月12–14日", "12–14 Feb"),
        (date(2020, 1, 30), date(2020, 2, 2), "1月30日–2月2日", "30 Jan – 2 Feb"),
        (date(2020, 2, 12), date(2020, 2, 12), "2月12日", "12 Feb"),
        (None, date(2020, 2, 2), "–", "–"),
    ],
)
def test_a_stretch_of_days(first, last, zh, en):
    assert (days(first, last, "zh"), days(first, last, "en")) == (zh, en)


def test_a_range_of_figures():
    said = [between(*ends) for ends in ((1200, 3400), (3.2, 3.4), (None, 3))]
    assert said == ["1,200–3,400", "3", "–"]


def test_what_never_came_has_no_age():
    assert (age(None, NOW, "zh"), age(pd.NaT, NOW, "en")) == ("从未", "never")
