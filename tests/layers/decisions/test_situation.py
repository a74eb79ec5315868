"""The epidemic state as a whole: what is shown, what is left out and why, in both languages."""

import json

import numpy as np
import pandas as pd
import pytest

from layers._times import parse_time
from layers._view import View
from layers.decisions._situation_districts import alike
from layers.decisions._situation_facts import SituationFacts
from layers.decisions._situation_series import in_hospital, reporting
from layers.decisions.situation import propose

LAST = 18316  # 2020-02-24
STEP = (18304, 18305)  # 12 and 13 February
BIG, SMALL = "420102", "420103"
FEEDS = pd.DataFrame(
    {"feed": ["cases", "beds"], "source": ["cdc", "beds"], "last": [parse_time("2020-02-25T08:00")] * 2}
)
VIEW = View(as_of=parse_time("2020-02-24"), known_at=parse_time("2020-02-25T09:00"))
DAYS = np.arange(LAST - 49, LAST + 1)
WAVE = np.round(600 * np.exp(-(((DAYS - (LAST - 25)) / 9.0) ** 2)) + 2)  # a wave that peaked on 30 January


def spread(numbers, days=DAYS, share=(0.5, 0.3, 0.2)):
    """Cases of each day, of which half become known at once and the rest within two days, as far as known by 25 February."""
    rows = [
        (day, day + late, round(n * part))
        for day, n in zip(days, numbers, strict=True)
        for late, part in enumerate(share)
    ]
    found = pd.DataFrame(rows, columns=["event_day", "known_day", "n"])
    return found[(found["known_day"] <= LAST + 1) & (found["n"] > 0)]


def facts(numbers=WAVE, small=(), **more):
    known = [spread(numbers).assign(area=BIG)]
    if len(small):
        known.append(spread(small).assign(area=SMALL))
    onsets = pd.concat(known, ignore_index=True)
    names = {
        "code": [BIG, SMALL],
        "name": ["江岸区", "江汉区"],
        "name_en": ["Jiang'an", "Jianghan"],
        "population": [1e6, None],
    }
    given = {
        "increments": onsets.assign(status="confirmed"),
        "onsets": onsets,
        "districts": pd.DataFrame(names),
        "began": pd.DataFrame({"known_day": [DAYS[0] - 1]}),
        "feeds": FEEDS,
    }
    return SituationFacts(**(given | more))


@pytest.fixture(scope="module")
def plan():
    return propose(facts(small=np.full(50, 2)), VIEW)


def said(plan, subject):
    return {p.subject: p for p in plan.proposals}[subject]


def test_every_day_of_the_calendar_stands_once(plan):
    for name in ("onset", "report"):
        assert plan.tables[name]["day"].tolist() == list(range(DAYS[0], LAST + 1))


def test_the_newest_day_is_completed_for_late_reports(plan):
    last = plan.tables["onset"].iloc[-1]
    assert (last["state"], last["reported"]) == ("estimated", pytest.approx(0.8, abs=0.05))
    assert last["observed"] == last["low"] < last["estimate"] < last["high"]


def test_r_is_stated_with_its_interval_rule_and_rows(plan):
    found = said(plan, "r")
    assert (found.action, found.rule_id) == ("state", "reproduction/cori@2019-12-01")
    assert found.figures["q025"] < found.figures["r"] < found.figures["q975"] < 1
    assert found.reasons[0].evidence[0].startswith("2020-02-20/2020-02-24: ")


def test_the_three_turning_points_are_kept_apart(plan):
    table = plan.tables["turning"].set_index("kind")
    assert table.index.tolist() == ["peak_onset", "r_below_1", "peak_hospital"]
    assert abs(table.loc["peak_onset", "day"] - (LAST - 25)) <= 1
    assert table.loc["r_below_1", "day"] > table.loc["peak_onset", "day"]
    assert table["state"].tolist() == ["confirmed", "confirmed", "unknown"]
    assert said(plan, "peak_hospital").action == "withhold"  # nobody counted beds


def test_pitfall_forecast_no_turning_point_is_claimed_while_cases_rise():
    found = propose(facts(np.round(10 * np.exp(0.1 * np.arange(50)))), VIEW)
    for subject in ("peak_onset", "r_below_1"):
        assert said(found, subject).action == "withhold"
        assert "day" not in said(found, subject).figures


def test_pitfall_definition_change_days_are_marked_and_in_neither_r_nor_forecast():
    step = spread([12_364.0], days=[STEP[0]], share=(1.0,)).assign(area=BIG, status="clinical")
    plain = facts()
    more = pd.concat([plain.increments, step], ignore_index=True)
    found, without = propose(facts(increments=more), VIEW), propose(plain, VIEW)
    report = found.tables["report"].set_index("day")
    assert report.index[report["step"]].tolist() == list(STEP)
    assert report.loc[STEP[0], "clinical"] == 12_364
    r = found.tables["r_report"]
    touched = (r["first"] <= STEP[1]) & (r["day"] >= STEP[0])
    assert set(r.loc[touched, "why"]) == {"step"}
    assert r.loc[touched, "mean"].isna().all()
    rest = ["mean", "q025", "q975"]
    np.testing.assert_allclose(r.loc[~touched, rest], without.tables["r_report"].loc[~touched, rest])
    pd.testing.assert_frame_equal(found.tables["forecast"], without.tables["forecast"])
    assert any("2月12日、13日为诊断标准变化日" in words.zh for words in found.caveats)


def test_numbers_too_small_are_not_shown_and_say_why_in_both_languages(plan):
    table = plan.tables["districts"].set_index("district")
    assert table.loc[BIG, "why"] == ""
    assert table.loc[SMALL, "why"] == "few"
    assert np.isnan(table.loc[SMALL, "r"])
    few = propose(facts(np.full(50, 2)), VIEW)
    found = said(few, "r")
    assert found.action == "withhold"
    assert ("病例太少" in found.reasons[0].zh, "too few cases" in found.reasons[0].en) == (True, True)
    assert np.isnan(few.summary["r"])


def test_a_rate_needs_a_population(plan):
    table = plan.tables["districts"].set_index("district")
    assert table.loc[BIG, "per_100k"] == pytest.approx(table.loc[BIG, "report_week"] / 10)
    assert np.isnan(table.loc[SMALL, "per_100k"])


def test_who_has_no_district_or_no_onset_is_counted_apart():
    plain = facts()
    lost = pd.DataFrame(
        {"area": [""], "status": ["confirmed"], "event_day": [LAST - 3], "known_day": [LAST - 3], "n": [7]}
    )
    untold = pd.DataFrame({"area": [BIG], "event_day": [np.nan], "known_day": [LAST - 3], "n": [7]})
    found = propose(
        facts(increments=pd.concat([plain.increments, lost]), onsets=pd.concat([plain.onsets, untold])), VIEW
    )
    table = found.tables["districts"].set_index("district")
    assert (table.loc["", "ever"], table.loc["", "why"]) == (7, "unplaced")
    assert table["ever"].sum() == found.summary["ever"] == found.tables["ledger"]["closing"].iloc[-1]
    zh = " ".join(words.zh for words in found.caveats)
    assert "另有7例没有发病日期" in zh
    assert "7例未落实到区" in zh


def test_of_whom_no_onset_was_told_the_days_are_named_where_older_cases_are_not_read():
    plain = facts()
    old = {"area": [BIG], "status": ["confirmed"], "event_day": [LAST - 181], "known_day": [LAST - 181], "n": [1]}
    untold = pd.DataFrame({"area": [BIG], "event_day": [np.nan], "known_day": [LAST - 3], "n": [7]})
    more = pd.concat([plain.increments, pd.DataFrame(old)])
    found = propose(facts(increments=more, onsets=pd.concat([plain.onsets, untold])), VIEW).caveats
    assert any(words.zh.startswith("近180天的病例中，另有7例没有发病日期") for words in found)
    assert any(words.en.startswith("7 cases of the last 180 days without a day of onset") for words in found)


def test_write_offs_are_in_the_books_and_in_the_caveats():
    plain = facts()
    gone = {"area": [BIG], "status": ["confirmed"], "event_day": [STEP[0]], "known_day": [STEP[1]], "n": [-13]}
    more = pd.concat([plain.increments, pd.DataFrame(gone)])
    found = propose(facts(increments=more, withdrawn=pd.DataFrame({"known_day": [STEP[1]], "n": [13]})), VIEW)
    books = found.tables["ledger"].set_index("day")
    assert books.loc[STEP[1], "removed"] == 13
    assert (books["opening"] + books["added"] - books["removed"] == books["closing"]).all()
    assert any("13 cases written off" in words.en for words in found.caveats)


def test_a_day_below_zero_is_shown_as_it_is():
    plain = facts()
    gone = pd.DataFrame(
        {"area": [BIG], "status": ["confirmed"], "event_day": [LAST - 4], "known_day": [LAST], "n": [-60]}
    )
    found = propose(facts(increments=pd.concat([plain.increments, gone])), VIEW)
    assert found.tables["report"].set_index("day").loc[LAST - 4, "observed"] < 0
    assert any("净增为负" in words.zh for words in found.caveats)


def test_silence_ends_the_series_and_stands_first():
    late = FEEDS.assign(last=parse_time("2020-02-20T08:00"))
    found = propose(facts(feeds=late), VIEW)
    assert found.tables["onset"]["day"].iloc[-1] == LAST - 5  # 19 February is the last day that a delivery covers
    assert found.silence
    assert "超期" in found.caveats[0].zh


def test_pitfall_heaping_is_named_with_what_it_changes():
    heaped = WAVE.copy()
    heaped[26] *= 2
    found = propose(facts(heaped), VIEW)
    row = found.tables["heaping"].iloc[0]
    assert (row["day"], len(found.tables["heaping"])) == (DAYS[26], 1)
    assert row["r"] > row["r_levelled"]
    assert any("堆积" in reason.zh for reason in said(found, "peak_onset").reasons)


def test_pitfall_right_truncation_days_that_cannot_be_told_are_blank():
    """Reports come after two days at the earliest: of yesterday nothing is known, which is not nobody."""
    late = spread(WAVE, share=(0, 0, 0.5, 0.5)).assign(area=BIG)
    found = propose(facts(onsets=late), VIEW)
    last = found.tables["onset"].iloc[-1]
    assert (last["observed"], last["state"]) == (0, "insufficient")
    assert np.isnan(last["estimate"])
    assert np.isnan(found.tables["r_onset"]["mean"].iloc[-1])
    assert "不是0" in said(found, "nowcast").reasons[0].zh


def test_an_old_r_is_not_the_r_of_now():
    """The first reports came today: how late they are cannot be known, and an R of a month ago must not stand as today's."""
    found = propose(facts(began=pd.DataFrame({"known_day": [LAST + 1]})), VIEW)
    assert said(found, "r").action == "withhold"
    assert np.isnan(found.summary["r"])
    assert "不是0" in said(found, "nowcast").reasons[0].zh


def test_the_same_state_gives_the_same_text_and_another_one_another_hash(plan):
    again = propose(facts(small=np.full(50, 2)), VIEW)
    assert again.to_json() == plan.to_json()
    assert propose(facts(small=np.full(50, 4)), VIEW).inputs_hash != plan.inputs_hash
    assert json.loads(plan.to_json())["tables"]["scores"]


def test_both_languages_say_all(plan):
    for proposal in plan.proposals:
        for reason in proposal.reasons:
            assert reason.zh
            assert reason.en.isascii()
    assert {p.action for p in plan.proposals} <= {"state", "watch", "withhold"}


def census(*rows):
    return pd.DataFrame(rows, columns=["hospital", "kind", "day", "used"])


def test_beds_in_use_are_carried_for_three_days_and_then_not_known():
    """A reported last on day 1: from day 5 on the sum of both is not known, also where B reports again."""
    rows = census(
        ("A", "icu", 1, 5), ("B", "all", 1, 20), ("B", "all", 2, 22), ("B", "all", 4, 25), ("B", "all", 6, 30)
    )
    assert in_hospital(rows, 1, 7).tolist() == pytest.approx([25, 27, np.nan, 30, np.nan, np.nan, np.nan], nan_ok=True)
    assert (reporting(rows, 7), reporting(rows, 4)) == ((1, 2), (2, 2))


def test_a_total_is_not_added_to_its_parts_and_a_closed_site_stays_empty():
    rows = census(("A", "all", 1, 20), ("A", "icu", 1, 5), ("C", "fangcang", 1, 0), ("A", "all", 9, 18))
    assert in_hospital(rows, 1, 9).dropna().to_dict() == {1: 20, 9: 18}


def test_a_hospital_that_stops_reporting_makes_no_peak():
    """Both only ever grow; B, with 5,000 patients, falls silent eleven days before the end."""
    rising = [("A", "all", day, 1_000 + 50 * n) for n, day in enumerate(DAYS)]
    lapsing = [("B", "all", day, 5_000 + 50 * n) for n, day in enumerate(DAYS) if day <= LAST - 11]
    beds = census(*rising, *lapsing).assign(district=BIG)
    found = propose(facts(census=beds), VIEW)
    point = found.tables["turning"].set_index("kind").loc["peak_hospital"]
    assert point["state"] in ("withheld", "unknown")
    assert said(found, "peak_hospital").action == "withhold"
    assert any("2家医院中只有1家" in words.zh for words in found.caveats)
    assert found.summary["in_hospital_day"] == LAST - 8
    assert found.tables["hospital"]["used"].diff().min() > 0


def test_districts_that_do_not_differ_say_so_and_show_their_own_r():
    found = propose(facts(small=np.round(WAVE * 1.1)), VIEW).tables["districts"].set_index("district")
    assert alike(found)
    assert found["r"].nunique() == 1 or np.ptp(found["r"]) < 1e-4
    assert found["own_r"].notna().all()
    apart = np.round(600 * np.exp(-(((DAYS - LAST) / 12.0) ** 2)) + 2)  # still growing
    other = propose(facts(small=apart), VIEW).tables["districts"].set_index("district")
    assert not alike(other)
    assert other.loc[SMALL, "own_r"] > 1 > other.loc[BIG, "own_r"]
    assert other.loc[BIG, "own_r"] <= other.loc[BIG, "r"] < other.loc[SMALL, "r"] <= other.loc[SMALL, "own_r"]


def test_a_district_that_nobody_ever_reported_is_not_at_nought():
    found = propose(facts(), VIEW)
    row = found.tables["districts"].set_index("district").loc[SMALL]
    assert row[["ever", "onset_week", "report_week", "r", "own_r"]].isna().all()
    assert row["why"] == "untold"
    assert any("江汉区从无病例报送" in words.zh for words in found.caveats)


def test_a_source_that_falls_silent_among_others_adds_no_noughts_to_its_district():
    late = VIEW.as_of - pd.Timedelta(days=9)
    feeds = pd.DataFrame({"feed": "cases", "source": ["east", "west"], "last": [late, VIEW.as_of]})
    tellers = pd.DataFrame({"area": [BIG, BIG, SMALL], "source": ["east", "west", "west"], "n": [90, 10, 5]})
    found = propose(facts(feeds=feeds, tellers=tellers), VIEW)
    row = found.tables["districts"].set_index("district").loc[BIG]
    assert row["ever"] > 0
    assert row[["onset_week", "report_week", "per_100k", "r", "own_r"]].isna().all()
    assert row["why"] == "silent"
    assert any("主要由已停报的来源报送" in words.zh for words in found.caveats)


def test_a_source_that_tells_the_lesser_part_of_a_district_may_fall_silent_without_that():
    late = VIEW.as_of - pd.Timedelta(days=9)
    feeds = pd.DataFrame({"feed": "cases", "source": ["east", "west"], "last": [late, VIEW.as_of]})
    tellers = pd.DataFrame({"area": [BIG, BIG], "source": ["east", "west"], "n": [10, 90]})
    row = propose(facts(feeds=feeds, tellers=tellers), VIEW).tables["districts"].set_index("district").loc[BIG]
    assert row["report_week"] > 0
