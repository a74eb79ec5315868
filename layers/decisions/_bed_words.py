"""What needs, kinds of bed and limits are called, and how unknown figures are said."""

from math import isnan

from layers.decisions._proposal import Words
from layers.decisions._words import day

NEED_WORDS = {
    "critical": Words("危重型", "critical"),
    "severe": Words("重型", "severe"),
    "light": Words("轻型和普通型", "mild and ordinary"),
    "suspected": Words("疑似（单间）", "suspected (single room)"),
    "observed": Words("密接、发热及无症状", "contacts, feverish and asymptomatic"),
}
KIND_WORDS = {
    "icu": Words("ICU", "ICU"),
    "severe": Words("重症", "severe"),
    "ordinary": Words("普通", "ordinary"),
    "fangcang": Words("方舱", "fangcang"),
    "isolation": Words("隔离", "isolation"),
    "unsplit": Words("未分类", "unsplit"),
}
SHORT_WORDS = {  # where a column is narrow
    "critical": Words("危重型", "Critical"),
    "severe": Words("重型", "Severe"),
    "light": Words("轻症", "Mild"),
    "suspected": Words("疑似", "Suspected"),
    "observed": Words("密接等", "Contacts"),
}
LIMIT_WORDS = {
    "open": Words("床位", "beds"),
    "staffed": Words("医护人员", "staff"),
    "oxygen": Words("供氧", "oxygen"),
}
WHY_WORDS = {
    "full": Words("床位已满", "full"),
    "unknown": Words("空床数未报", "free beds not reported"),
    "none": Words("无此类床位", "no such bed"),
}
METHOD_WORDS = {
    "soonest": Words("最快补足（本方案）", "soonest (this plan)"),
    "capacitated": Words("按容量就近", "nearest within capacity"),
    "p-median": Words("总路程最短", "shortest ways in all (p-median)"),
    "cover": Words("覆盖人数最多", "most people within reach"),
    "p-center": Words("最远者最近", "shortest longest way (p-center)"),
}


def figure(value: float) -> Words:
    """Return a whole number, or that it is not known."""
    return Words("不明", "unknown") if isnan(value) else Words(f"{value:,.0f}", f"{value:,.0f}")


def runs_out(row: dict[str, float], horizon: int, today: int) -> Words:
    """Return when a kind of bed runs out, with its chance; `row` of `occupancy.run_out`."""
    within = f"{row['p_within']:.0%}"
    if isnan(row["day"]):
        return Words(f"{horizon}天内不会用完（概率{within}）", f"not within {horizon} days (risk {within})")
    if int(row["day"]) <= today:
        return Words("今天已不够", "not enough today")
    when, chance = day(int(row["day"])), f"{row['p_day']:.0%}"
    return Words(f"{when.zh}用完（概率{chance}）", f"runs out on {when.en} (risk {chance})")
