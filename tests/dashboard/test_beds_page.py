"""The bed page: fans with their run-out day, tables that agree with the plan, and reasons behind every line."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from plotly.utils import PlotlyJSONEncoder

from dashboard import chart_beds
from dashboard.access import Gate
from dashboard.desk import Desk
from dashboard.pages import Asked, all_pages
from dashboard.pages._bed_tables import balance, table
from dashboard.pages._compound import other
from dashboard.settings import Settings
from dashboard.tables import TableStore
from dashboard.view import Here
from layers._times import parse_time
from layers.decisions._bed_balance import KINDS
from layers.decisions._bed_words import runs_out
from layers.store import open_store
from tests import city

AT = "2020-02-12"
BEDS = [
    {"hospital": "H1", "kind": kind, "reported_for": AT, "open": 2, "used": used, "free": 2 - used}
    for kind, used in (("普通", 2), ("ICU", 1))
]


@pytest.fixture
def desk(tmp_path):
    store = city.found(open_store("sqlite://", "drill"), tmp_path)
    city.deliver(store, "hospitals", city.table(tmp_path / "h.csv", city.SITES), f"{AT}T08:00", datum="wgs84")
    city.deliver(store, "beds", city.table(tmp_path / "b.csv", BEDS), f"{AT}T08:30")
    days = pd.date_range("2020-01-20", periods=24).strftime("%Y-%m-%d")
    cases = [{"case_id": str(n), "status_at": days[n % 24], "severity": "轻型", "age": 30 + n} for n in range(40)]
    city.cases(store, tmp_path, f"{AT}T18:00", *cases)
    settings = Settings(store="")
    return Desk(settings, store, Gate(settings), TableStore())


def asked(desk, lang="zh"):
    view = desk.store.view(as_of=parse_time(AT), known_at=parse_time(AT))
    return Asked(Here("/beds", view, lang, fixed=frozenset({"as_of", "known_at"})), desk.gate.visitor, desk)


def written(component):
    return json.dumps(component, cls=PlotlyJSONEncoder, ensure_ascii=False)


def fan(beds=100.0, median=(90, 110)):
    days = pd.DataFrame(
        {"of": "kind", "name": "icu", "day": np.arange(18_300, 18_300 + len(median)), "median": median, "beds": beds}
    )
    return days.assign(
        q05=days["median"] - 9, q25=days["median"] - 3, q75=days["median"] + 3, q95=days["median"] + 900, p_short=0.5
    )


def test_a_fan_shows_bands_median_and_beds_and_an_extreme_future_does_not_flatten_it():
    found = chart_beds.occupancy(fan(), {"icu": ("监护", True)})
    lines = [trace for trace in found.data if trace.mode == "lines"]
    assert [list(trace.y) for trace in lines[-2:]] == [[100, 100], [90, 110]]
    assert found.layout.yaxis.range[1] < 200
    assert "50%" in lines[-1].text[0]


@pytest.mark.parametrize(
    ("day", "p_day", "p_within", "said"),
    [
        (18_305.0, 0.6, 0.9, "2月13日用完（概率60%）"),
        (18_300.0, 1.0, 1.0, "今天已不够"),
        (np.nan, np.nan, 0.04, "14天内不会用完（概率4%）"),
    ],
)
def test_the_run_out_day_is_said_with_its_chance(day, p_day, p_within, said):
    assert runs_out({"day": day, "p_day": p_day, "p_within": p_within}, 14, 18_300).zh == said


def test_tables_say_what_the_plan_says(desk):
    page = written(all_pages()["/beds"].layout(asked(desk)))
    plan = desk.plan(desk.gate.visitor, "beds", asked(desk).here.view)
    ledger = plan.tables["ledger"].iloc[0]
    assert f"{ledger['persons']} 人：在床 {ledger['in_bed']}，待收治 {ledger['waiting']}" in page
    assert ledger["persons"] == 40
    assert "会展中心" in page
    assert "用完" in page or "今天已不够" in page


def test_english_pages_speak_english(desk):
    page = written(all_pages()["/beds"].layout(asked(desk, "en")))
    for words in ("Who goes where", "Usable beds", "Siting", "Beds over the next 14 days"):
        assert words in page
    assert "待收治" not in page


def test_every_proposal_leads_to_all_its_reasons_with_their_rules(desk):
    here = asked(desk)
    for proposal in desk.plan(desk.gate.visitor, "beds", here.here.view).proposals:
        panel = written(other(here, "hospitals", proposal.subject))
        assert all(reason.zh in panel and reason.rule in panel for reason in proposal.reasons), proposal.subject


def test_a_table_marks_its_sum_and_nothing_else():
    lines = table(["区", "n"], [("A", ["1"]), ("合计", ["1"])], sums=True).children[1].children
    assert [line.className for line in lines] == ["", "sum"]


def test_districts_alone_and_the_city_as_one_are_two_rows(desk):
    """Each district short of 10 while the other has 10 free: 10 short apart, none as one."""
    rows = [(area, "light", 20.0, 0.0, short, short) for area, short in (("420102", 10.0), ("420103", 0.0), ("*", 0.0))]
    columns = ["area", "need", "demand", "unsplit", "shortage", "shortage_7d"]
    here = asked(desk)
    plan = replace(
        here.desk.plan(here.who, "beds", here.here.view), tables={"balance": pd.DataFrame(rows, columns=columns)}
    )
    said = json.dumps(balance(here, plan), cls=PlotlyJSONEncoder, ensure_ascii=False)
    apart, one = said.index("各区之和"), said.index("全市统筹")
    assert apart < one
    assert '"10"' in said[apart:one]
    assert '"10"' not in said[one:]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_bed_has_a_name_in_both_languages(kind):
    names = [chart_beds.kind_title(kind, lang) for lang in ("zh", "en")]
    assert all(names)
    assert names[1].isascii()
