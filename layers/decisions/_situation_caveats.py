"""What a reader must know before using the epidemic state: the definition step, unknown onsets, heaps, write-offs."""

import pandas as pd

from layers.decisions._proposal import Words
from layers.decisions._situation_facts import LATE, REACH, SituationFacts
from layers.decisions._situation_state import State
from layers.decisions._words import count, day, days, listed
from layers.decisions.rules import RuleSet

BEGUN = Words(
    "截至时间所在的一天尚未结束，各序列到前一天为止。",
    "The day of the view has not ended; all series end with the day before.",
)


def of_state(state: State, facts: SituationFacts, step: RuleSet | None) -> list[Words]:
    """Return what a reader must know before using the figures: the definition step, unknown onsets, heaps, write-offs, beds."""
    found = []
    inside = [each for each in state.clock.step if state.clock.first <= each <= state.clock.last]
    if step and inside:
        found.append(
            Words(
                f"{days(inside).zh}为诊断标准变化日：在图中标出，不计入Rt和预测，不跨越它做平滑（{step.id}）。",
                f"{days(inside).en}: the case definition changed; marked in the charts, left out of R and forecast, never smoothed across ({step.id}).",
            )
        )
    unknown = pd.to_numeric(facts.onsets.loc[facts.onsets["event_day"].isna(), "n"]).sum()
    if unknown:
        found.append(_without_onset(unknown, state, facts))
    unplaced = state.districts.loc[state.districts["district"] == "", "ever"].sum()
    if unplaced:
        found.append(
            Words(
                f"{unplaced:,.0f}例未落实到区，只计入全市。",
                f"{count(unplaced, 'case')} without a known district: counted in the city only.",
            )
        )
    return [*found, *_untold(state), *_silenced(state), *_silent_sites(state), *_books(state), *_heaps(state)]


def _without_onset(unknown: float, state: State, facts: SituationFacts) -> Words:
    """Older cases are not read: where there are any, the number says of which days it is."""
    days_read = REACH + LATE
    older = facts.increments["event_day"].min() < state.clock.last - days_read
    return Words(
        f"{f'近{days_read}天的病例中，' if older else ''}另有{unknown:,.0f}例没有发病日期，不在按发病日的序列中。",
        f"{count(unknown, 'case')}{f' of the last {days_read} days' if older else ''} without a day of onset: not in the series by onset.",
    )


def _untold(state: State) -> list[Words]:
    rows = state.districts[state.districts["why"] == "untold"]
    found = []
    if len(rows):
        zh, en = "、".join(rows["name"]), ", ".join(rows["name_en"])
        found.append(
            Words(
                f"{zh}从无病例报送：无法区分“没有病例”与“没有报送”，不作0处理。",
                f"{en}: no case was ever reported; nobody ill and nobody reporting look the same, so it is not taken as 0.",
            )
        )
    return found


def _silenced(state: State) -> list[Words]:
    rows = state.districts[state.districts["why"] == "silent"]
    if rows.empty:
        return []
    zh, en = "、".join(rows["name"]), ", ".join(rows["name_en"])
    return [
        Words(
            f"{zh}的病例主要由已停报的来源报送：近期新增不明，不作0处理；全市合计因此可能偏低。",
            f"{en}: most cases were told by a source that fell silent; its newest days are not known and not taken as 0, so the city's "
            "sum may be too low.",
        )
    ]


def _silent_sites(state: State) -> list[Words]:
    current, every = state.sites
    if current == every:
        return []
    return [
        Words(
            f"在院人数：{every}家医院中只有{current}家按时报告，缺报之日合计不明，不作下降解读。",
            f"In hospital: only {current} of {count(every, 'hospital')} reported in time; without the others the total is not known, "
            "and nothing may be read as a fall.",
        )
    ]


def _books(state: State) -> list[Words]:
    removed = state.ledger[state.ledger["removed"] > 0]
    negative = state.report.loc[state.report["observed"] < 0, "day"]
    found = []
    if len(removed):
        largest = removed.sort_values(["removed", "day"]).iloc[-1]
        at = day(int(largest["day"]))
        found.append(
            Words(
                f"核销{removed['removed'].sum():,.0f}例（最多{at.zh}，{largest['removed']:,.0f}例），逐日列在“账目”中，收支相符。",
                f"{count(removed['removed'].sum(), 'case')} written off (most on {at.en}: {largest['removed']:,.0f}); the ledger lists "
                "every day and adds up.",
            )
        )
    if len(negative):
        at = listed([day(int(each)) for each in negative])
        found.append(
            Words(
                f"{at.zh}净增为负，照实显示，不计入Rt和预测。",
                f"{at.en}: net counts below zero, shown as they are, left out of R and forecast.",
            )
        )
    return found


def _heaps(state: State) -> list[Words]:
    if state.heaped.empty:
        return []
    at = days([int(each) for each in state.heaped["day"]])
    return [
        Words(
            f"{at.zh}发病数异常集中，可能是日期填报不准；敏感性分析见理由。",
            f"{at.en}: onsets pile up, perhaps approximate dates; the reasons say what that changes.",
        )
    ]
