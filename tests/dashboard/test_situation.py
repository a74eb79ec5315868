"""The situation page: charts that leave gaps where nothing may be drawn, skill and no skill, both languages."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dashboard import chart_situation as charts
from dashboard.pages import Asked
from dashboard.pages import situation as page
from dashboard.view import Here
from layers.decisions.situation import propose
from layers.store import open_store
from tests import city
from tests.layers.decisions.test_situation import STEP, VIEW, facts
from tests.office import CITY, DISTRICT, Office, said


@pytest.fixture(scope="module")
def plan():
    return propose(facts(), VIEW)


@pytest.fixture
def place(tmp_path):
    url = f"sqlite:///{tmp_path / 'store.db'}"
    store = city.found(open_store(url, "production"), tmp_path)
    rows = [{"case_id": str(n), "status_at": f"2020-02-{1 + n // 3:02}"} for n in range(27)]
    city.cases(store, tmp_path, "2020-02-10T18:00", *rows)
    return Office(url)


def asked(lang):
    """A page's request as far as tables and cards need one."""
    return Asked(Here("/situation", VIEW, lang), CITY, desk=None)


def text_of(component):
    return str(component.to_plotly_json())


@pytest.mark.parametrize("who", [CITY, DISTRICT])
def test_the_page_comes_in_both_languages_for_city_and_district(place, who):
    zh, en = said(place.page(who, "/situation")), said(place.page(who, "/situation", "?lang=en"))
    for words in ("三个拐点，不可混为一谈", "预测评分（滚动回测）", "可以说什么，为什么", "账目", "病例太少"):
        assert words in zh
    for words in (
        "Three turning points, not one",
        "Score of the forecast",
        "What may be said, and why",
        "too few cases",
    ):
        assert words in en


def test_skill_and_no_skill_are_written_beside_the_scores(plan):
    table = pd.DataFrame(
        {
            "horizon": [1, 3, 7],
            "origins": 50,
            "wis": [67.8, 96.9, 190.0],
            "wis_naive": [70.4, 101.1, 178.9],
            "cover50": 0.5,
            "cover90": 0.9,
            "verdict": ["skill", "too few", "no skill"],
        }
    )
    shown = replace(plan, tables={**plan.tables, "scores": table})
    zh, en = (text_of(page.scores(asked(lang), shown)) for lang in ("zh", "en"))
    for words in ("有预测能力", "历史不足，能力未知", "无预测能力", "67.8", "178.9"):
        assert words in zh
    for words in ("'skill'", "too few to judge", "no skill"):
        assert words in en


def test_a_turning_point_that_may_not_be_claimed_has_no_day():
    rising = propose(facts(np.round(10 * np.exp(0.1 * np.arange(50)))), VIEW)
    found = {p.subject: p for p in rising.proposals}
    card = text_of(page.card(asked("zh"), rising, found["peak_onset"]))
    assert "不作判断" in card
    assert "'–'" in card


def test_every_statement_shows_its_rule_and_what_would_change_it(plan):
    for proposal in plan.proposals:
        shown = text_of(page.reasons(asked("zh"), proposal))
        assert proposal.rule_id in shown
        assert proposal.flips_if.zh in shown


def test_no_line_of_r_runs_across_the_step(plan):
    drawn = charts.reproduction(plan.tables["r_onset"], plan.tables["r_report"], STEP)
    report = next(trace for trace in drawn.data if trace.name and "报告日" in trace.name)
    at = pd.Series(report.y, index=pd.DatetimeIndex(report.x))
    assert at["2020-02-12":"2020-02-19"].isna().all()
    assert report.connectgaps is False
    bands = [shape for shape in drawn.layout.shapes if shape.type == "rect"]
    assert pd.Timestamp(bands[0].x0) == pd.Timestamp("2020-02-11T12:00")
    assert pd.Timestamp(bands[0].x1) == pd.Timestamp("2020-02-13T12:00")


def test_the_interval_of_r_is_not_drawn_across_a_gap():
    days = np.arange(18300, 18310)
    r = pd.DataFrame({"day": days, "mean": 1.0, "q025": 0.8, "q975": 1.2, "why": [*[""] * 4, "few", "few", *[""] * 4]})
    ribbons = [trace for trace in charts.reproduction(r, r, []).data if trace.fill == "tonexty"]
    assert [len(trace.x) for trace in ribbons] == [4, 4]


def test_days_that_cannot_be_told_lie_in_grey_and_add_nothing(plan):
    onset = plan.tables["onset"].copy()
    onset.loc[onset.index[-2:], ["estimate", "low", "high"]] = np.nan
    onset.loc[onset.index[-2:], "state"] = "insufficient"
    drawn = charts.by_onset(onset, "en")
    assert drawn.layout.annotations[0].text.strip() == "insufficient"
    completed = next(trace for trace in drawn.data if trace.name == "still to be reported")
    assert np.isnan(completed.y[-2:]).all()


def test_days_ahead_without_skill_are_grey_and_say_so(plan):
    skill = [True] * 3 + [False] * 11
    drawn = charts.fan(plan.tables["report"], plan.tables["forecast"], skill, "zh")
    band = next(trace for trace in drawn.data if trace.name == "90%区间")
    assert list(band.marker.color) == [charts.BAND90] * 3 + [charts.NO_SKILL] * 11
    inner = next(trace for trace in drawn.data if trace.name == "50%区间")
    assert list(inner.marker.color) == [charts.BAND50] * 3 + [charts.NO_SKILL50] * 11  # told apart in the legend too
    assert "无预测能力" in [note.text for note in drawn.layout.annotations]
    all_good = charts.fan(plan.tables["report"], plan.tables["forecast"], [True] * 14, "zh")
    assert "无预测能力" not in [note.text for note in all_good.layout.annotations]


def test_an_unknown_probability_is_a_dash_and_none_is_certain():
    assert [page.written(value) for value in (float("nan"), 1.0, 0.0, 0.9512)] == ["–", ">99.9%", "<0.1%", "95.1%"]


def test_a_view_of_the_past_has_the_state_of_then(place):
    then = said(place.page(CITY, "/situation", "?as_of=2020-02-05&known_at=2020-02-09"))
    assert "暂无内容" in then  # the first delivery came on the 10th


def test_a_claim_of_an_unverified_rule_says_so_and_a_failing_score_names_its_criterion(plan):
    r = {p.subject: p for p in plan.proposals}["r"]
    assert "规则未核实" in text_of(page.unverified(asked("zh"), plan, r))
    assert page.unverified(asked("zh"), replace(plan, caveats=()), r) is None
    assert page.unverified(asked("zh"), plan, replace(r, action="withhold")) is None
    row = {"verdict": "no skill", "wis": 2.0, "wis_naive": 1.0}
    assert "WIS" in page.failing(asked("zh"), row)
    assert "覆盖" in page.failing(asked("zh"), row | {"wis": 0.5})
    assert page.failing(asked("zh"), row | {"verdict": "skill"}) == ""
