"""What may be said about the epidemic, in both languages: each statement with its reasons, its rule and what would change it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from layers.decisions._proposal import Reason, Words
from layers.decisions._situation_state import State, latest_r
from layers.decisions._words import count, day, days, iso
from layers.decisions.rules import RuleSet
from layers.decisions.turning import TurningPoint

SHOWN_HORIZONS = (1, 3, 7, 14)
POINT = {
    "peak_onset": Words("新发病例高峰（按发病日）", "Peak of new cases (by onset)"),
    "r_below_1": Words("再生数Rt降到1以下", "R below 1"),
    "peak_hospital": Words("在院人数高峰", "Peak of patients in hospital"),
}
NAMES = {
    **POINT,
    "r": Words("再生数Rt", "Reproduction number"),
    "nowcast": Words("近日发病数（迟报补估）", "Newest onsets (nowcast)"),
    "forecast": Words("短期预测", "Short forecast"),
}
VERDICT = {
    "skill": Words("有预测能力", "skill"),
    "no skill": Words("无预测能力", "no skill"),
    "too few": Words("历史不足，能力未知", "too few to judge"),
}
WHY = {
    "": Words("", ""),
    "undefined": Words("尚无法计算", "cannot be told yet"),
    "few": Words("病例太少", "too few cases"),
    "wide": Words("不确定性过大", "too uncertain"),
    "step": Words("窗口含诊断标准变化日", "the window touches the definition step"),
    "untold": Words("从无报送，不是0", "never reported, which is not 0"),
    "silent": Words("主要来源已停报，不是0", "its main source fell silent, which is not 0"),
    "unplaced": Words("未落实到区", "district not known"),
}


@dataclass(frozen=True)
class Statement:
    """One thing that may be said, or may not: what it is about, whether it may, why, and what would change that."""

    subject: str
    action: str
    reasons: tuple[Reason, ...]
    flips_if: Words
    figures: Mapping[str, float | str] = field(default_factory=dict)

    @property
    def name(self) -> Words:
        """What it is about, in words."""
        return NAMES[self.subject]


def statements(state: State, rules: Mapping[str, RuleSet]) -> list[Statement]:
    """Return the statements in the order in which people ask: R, the three turning points, the newest days, the forecast."""
    points = [_point(state, point, rules) for point in state.points]
    return [_r(state, rules), *points, _nowcast(state, rules), _forecast(state, rules)]


def _r(state: State, rules: Mapping[str, RuleSet]) -> Statement:
    rule, latest = rules["reproduction"], _latest(state, state.r_onset, rules)
    least = rule.params["least_cases"]
    flips = Words(
        f"窗口内病例少于{least}例，或变异系数超过{rule.params['most_variation']}时，不再给出Rt。",
        f"With fewer than {least} cases in the window, or a variation above {rule.params['most_variation']}, R is not given.",
    )
    if not latest:
        newest = WHY[str(state.r_onset["why"].iloc[-1])] if len(state.r_onset) else WHY["undefined"]
        reason = Reason(rule.id, f"Rt不予显示：{newest.zh}。", f"R is not shown: {newest.en}.")
        return Statement("r", "withhold", (reason,), flips)
    at, window = day(int(latest["day"])), rule.params["window_days"]
    low, mean, high = latest["q025"], latest["mean"], latest["q975"]
    reason = Reason(
        rule.id,
        f"截至{at.zh}的{window}天内，按发病日，Rt为{mean:.2f}（95%区间{low:.2f}–{high:.2f}），小于1的概率{sure(latest['below'])}。",
        f"By onset, over {window} days up to {at.en}, R is {mean:.2f} (95 % interval {low:.2f} to {high:.2f}), below 1 with a chance of {sure(latest['below'])}.",
        (f"{iso(int(latest['first']))}/{iso(int(latest['day']))}: {latest['cases']:,.0f}",),
    )
    serial = rules["serial-interval"]
    mean_si, std_si = serial.params["mean"], serial.params["std"]
    method = Reason(
        serial.id,
        f"代间隔{mean_si}天（标准差{std_si}天）；近日发病数经迟报补估，区间包含补估的上下限。",
        f"Serial interval {mean_si} ({std_si}) days; the newest onsets are completed for late reports, and the interval spans both ends.",
    )
    figures: dict[str, float | str] = {
        "r": mean,
        "q025": low,
        "q975": high,
        "below_1": latest["below"],
        "day": iso(int(latest["day"])),
    }
    return Statement("r", "state", (reason, method, *_by_report(state, rules)), flips, figures)


def _latest(state: State, r: pd.DataFrame, rules: Mapping[str, RuleSet]) -> dict[str, float]:
    return latest_r(r, state.clock.last - rules["reproduction"].params["max_age_days"])


def _by_report(state: State, rules: Mapping[str, RuleSet]) -> list[Reason]:
    rule, latest = rules["reproduction"], _latest(state, state.r_report, rules)
    if not latest:
        why = WHY[str(state.r_report["why"].iloc[-1])] if len(state.r_report) else WHY["undefined"]
        return [Reason(rule.id, f"按报告日的Rt不予显示：{why.zh}。", f"R by report is not shown: {why.en}.")]
    at = day(int(latest["day"]))
    low, high = f"{latest['q025']:.2f}", f"{latest['q975']:.2f}"
    return [
        Reason(
            rule.id,
            f"按报告日（只计实验室确诊），截至{at.zh}为{latest['mean']:.2f}（{low}–{high}），仅供对照：报告日受检测能力影响。",
            f"By report (laboratory confirmed only), up to {at.en}: {latest['mean']:.2f} ({low} to {high}), for comparison: reports follow the "
            "capacity to test.",
        )
    ]


def _point(state: State, point: TurningPoint, rules: Mapping[str, RuleSet]) -> Statement:
    rule = rules["turning-point"]
    action = {"confirmed": "state", "candidate": "watch"}.get(point.state, "withhold")
    figures: dict[str, float | str] = {"probability": point.probability, "state": point.state}
    if point.day is not None and point.state in ("confirmed", "candidate"):
        figures["day"] = iso(point.day)
    return Statement(
        point.kind, action, (_why_point(point, rule), *_limits(state, point, rule)), _flips(point, rule), figures
    )


def _why_point(point: TurningPoint, rule: RuleSet) -> Reason:
    name, probable = POINT[point.kind], rule.params["probable"]
    if point.state == "unknown" or point.seen is None:
        return Reason(rule.id, f"{name.zh}：可用的天数不足，无法判断。", f"{name.en}: too few days that can be told.")
    seen = day(point.seen)
    evidence = (f"{iso(point.seen)}: P = {point.probability:.3f}",)
    if point.state == "withheld":
        return Reason(
            rule.id,
            f"截至{seen.zh}，概率{sure(point.probability)}，未超过{probable:.0%}，不作“拐点”判断。",
            f"Up to {seen.en} the probability is {sure(point.probability)}, not above {probable:.0%}: no turning point is claimed.",
            evidence,
        )
    at, first, last = (day(each or 0) for each in (point.day, point.first, point.last))
    run = rule.params["run_days"]
    if point.kind == "r_below_1":
        return Reason(
            rule.id,
            f"自{at.zh}起Rt低于1，到{last.zh}已连续{run}天概率超过{probable:.0%}（最低{sure(point.probability)}）。",
            f"R lies below 1 from {at.en}; by {last.en} its probability had been above {probable:.0%} for {run} days (least {sure(point.probability)}).",
            evidence,
        )
    return Reason(
        rule.id,
        f"高峰在{at.zh}（90%区间{first.zh}至{last.zh}），已过高峰的概率{sure(point.probability)}。",
        f"The peak lies on {at.en} (90 % interval {first.en} to {last.en}); it has passed with a chance of {sure(point.probability)}.",
        evidence,
    )


def _limits(state: State, point: TurningPoint, rule: RuleSet) -> list[Reason]:
    if point.kind == "peak_hospital":
        return [
            Reason(
                rule.id,
                "在院人数受开放床位限制：床位不足时，高峰可能只是床位用满。",
                "Patients in hospital are bounded by open beds: where beds are short, a peak may only mean that they are full.",
            )
        ]
    if point.kind == "peak_onset" and len(state.heaped):
        return [heaping(state.heaped, rule)]
    return []


def sure(probability: float) -> str:
    """Return a probability as it is written: certainty is never claimed."""
    if probability > 0.999:
        return ">99.9%"
    return "<0.1%" if probability < 0.001 else f"{probability:.1%}"


def heaping(heaped: pd.DataFrame, rule: RuleSet) -> Reason:
    """Return what a heap of onsets changes, of the largest one."""
    row = heaped.sort_values("n").iloc[-1]
    at = day(int(row["day"]))
    return Reason(
        rule.id,
        f"{at.zh}发病数堆积（{row['n']:,.0f}例，均摊后{row['n_levelled']:,.0f}例）：当日Rt由{row['r']:.2f}变为{row['r_levelled']:.2f}；高峰按7天均值计算。",
        f"Onsets pile up on {at.en} ({row['n']:,.0f}; spread evenly {row['n_levelled']:,.0f}): R of that day {row['r']:.2f} becomes "
        f"{row['r_levelled']:.2f}; the peak rests on 7-day means.",
        tuple(f"{iso(int(each))}: {n:,.0f}" for each, n in zip(heaped["day"], heaped["n"], strict=True)),
    )


def _flips(point: TurningPoint, rule: RuleSet) -> Words:
    probable, confirm = rule.params["probable"], rule.params["confirm_days"]
    if point.state == "confirmed":
        return Words(
            f"概率降到{probable:.0%}或以下时撤回。",
            f"It is taken back when its probability is no longer above {probable:.0%}.",
        )
    if point.state == "candidate" and point.last is not None and point.day is not None:
        reached = point.last if point.kind == "r_below_1" else point.day
        until = day(reached + confirm)
        return Words(
            f"数据到{until.zh}仍成立，即可认定。",
            f"It may be stated once the data up to {until.en} still say so.",
        )
    return Words(
        f"概率超过{probable:.0%}后列为候选。", f"It becomes a candidate with a probability above {probable:.0%}."
    )


def _nowcast(state: State, rules: Mapping[str, RuleSet]) -> Statement:
    rule, table = rules["nowcast"], state.onset
    least = rule.params["least_reported"]
    untold = table[table["state"].isin(("thin", "insufficient"))]
    unknown = [int(each) for each in untold.loc[untold["reported"].isna(), "day"]]
    blank = [int(each) for each in untold.loc[untold["reported"].notna(), "day"]]
    flips = Words(f"当日已报告比例达到{least:.0%}后给出。", f"A day is given once {least:.0%} of it is reported.")
    estimated = table[table["state"] == "estimated"]
    reasons = []
    if unknown:
        first = day(unknown[0])
        reasons.append(
            Reason(
                rule.id,
                f"{first.zh}以来的{len(unknown)}天：报送时间还短，迟报多久尚不清楚，资料不足，不给出数字（不是0）。",
                f"{count(len(unknown), 'day')} since {first.en}: reports have come in for too short a time to know how late they are; "
                "insufficient, no number is given (it is not 0).",
                tuple(_observed(table, each) for each in unknown[-7:]),
            )
        )
    if blank:
        tail = Words(f"{len(blank)}天", count(len(blank), "day")) if len(blank) > 7 else days(blank)
        reasons.append(
            Reason(
                rule.id,
                f"{tail.zh}已报告不足{least:.0%}，资料不足，不给出数字（不是0）。",
                f"{tail.en}: less than {least:.0%} is reported, insufficient; no number is given (it is not 0).",
                tuple(_observed(table, each) for each in blank[-7:]),
            )
        )
    if len(estimated):
        last = estimated.iloc[-1]
        at = day(int(last["day"]))
        reasons.append(
            Reason(
                rule.id,
                f"{at.zh}已报{last['observed']:,.0f}例，约为全部的{last['reported']:.0%}；补估{last['estimate']:,.0f}例（95%区间{last['low']:,.0f}–{last['high']:,.0f}）。",
                f"{at.en}: {last['observed']:,.0f} reported, about {last['reported']:.0%} of all; completed {last['estimate']:,.0f} "
                f"(95 % interval {last['low']:,.0f} to {last['high']:,.0f}).",
                tuple(_observed(table, int(each)) for each in estimated["day"].tail(7)),
            )
        )
    if not reasons:
        reasons.append(Reason(rule.id, "没有需要补估的日子。", "No day needs completing."))
    return Statement("nowcast", "state" if len(estimated) or untold.empty else "withhold", tuple(reasons), flips)


def _observed(table: pd.DataFrame, number: int) -> str:
    row = table[table["day"] == number].iloc[0]
    share = "–" if row["reported"] != row["reported"] else f"{row['reported']:.0%}"
    return f"{iso(number)}: {row['observed']:,.0f} ({share})"


def _forecast(state: State, rules: Mapping[str, RuleSet]) -> Statement:
    rule = rules["forecast"]
    low, high = rule.params["cover_least"], rule.params["cover_most"]
    flips = Words(
        f"回测平均WIS不高于“明天同今天”，且90%区间覆盖率在{low:.0%}–{high:.0%}之间，才称有预测能力。",
        f'Skill means a mean WIS no worse than "tomorrow as today", and 90 % intervals that held between {low:.0%} and {high:.0%}.',
    )
    if state.ahead is None or state.ahead.scores.empty:
        reason = Reason(rule.id, "没有可供预测的病例序列。", "There is no series of cases to forecast.")
        return Statement("forecast", "withhold", (reason,), flips)
    scores = state.ahead.scores.set_index("horizon")
    reasons = tuple(_horizon(scores.loc[[h]].iloc[0], h, rule) for h in SHOWN_HORIZONS if h in scores.index)
    has_skill = (scores["verdict"] == "skill").any()
    figures: dict[str, float | str] = {
        f"verdict_{h}": str(scores.loc[h, "verdict"]) for h in SHOWN_HORIZONS if h in scores.index
    }
    return Statement("forecast", "state" if has_skill else "withhold", reasons, flips, figures)


def _horizon(score: pd.Series, horizon: int, rule: RuleSet) -> Reason:
    verdict = VERDICT[str(score["verdict"])]
    wis, naive = f"{score['wis']:,.1f}", f"{score['wis_naive']:,.1f}"
    return Reason(
        rule.id,
        f"提前{horizon}天：{verdict.zh}。WIS {wis}，“明天同今天”{naive}；50%/90%区间覆盖{score['cover50']:.0%}/{score['cover90']:.0%}（{score['origins']:.0f}次回测）。",
        f"{horizon} d ahead: {verdict.en}. WIS {wis} against {naive} of the naive forecast; 50/90 % intervals held "
        f"{score['cover50']:.0%}/{score['cover90']:.0%} ({score['origins']:.0f} past forecasts).",
    )
