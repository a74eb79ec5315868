"""Words in both languages; numbers, days and ages as people write them."""

from datetime import datetime, timedelta
from string import Formatter

import numpy as np
import pandas as pd
import pytest

from dashboard import text
from dashboard.text import T, TextError, age, change, day, figure, moment, percent, say

NOW = datetime(2020, 2, 12, 18, 0)


@pytest.mark.parametrize("key", T)
def test_both_languages_say_it_with_the_same_values(key):
    zh, en = T[key]
    names = [{name for _, name, _, _ in Formatter().parse(words) if name} for words in (zh, en)]
    assert zh.strip()
    assert en.strip()
    assert names[0] == names[1]


def test_a_missing_text_is_an_error():
    with pytest.raises(TextError, match=r"nothing\.here"):
        say("nothing.here", "zh")


def test_a_missing_value_is_an_error():
    with pytest.raises(TextError, match="age"):
        say("updated", "en")


def test_a_language_nobody_speaks_is_an_error():
    with pytest.raises(TextError, match="fr"):
        say("drill", "fr")


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


def test_what_never_came_has_no_age():
    assert (age(None, NOW, "zh"), age(pd.NaT, NOW, "en")) == ("从未", "never")
