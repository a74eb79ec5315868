"""Alerts: what a person wants to be told of, checked when it is written and judged whenever the store has grown. Pure.

A rule watches one of three things, and is true of subjects:

- `count`: persons of a status, now or new in a day or in 14 days, at least n in the area itself, or in any district, street or
  compound of it. Subject: the code of the area.
- `age`: a feed whose last delivery is older than h hours. Subject: the feed. One that never delivered is older than anything.
- `shortage`: goods whose stock lasts less than d days, or a kind of beds that runs out within d days. Subject: the item or kind.

A reading that is unknown raises nothing and clears nothing: silence is no good news.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from layers._promises import PROMISES
from layers._view import level_of
from layers.store.alerts import AlertError, Raised, Rule, Turn
from layers.store.order_states import PERSONAL
from layers.store.totals import STATUSES

KINDS = ("count", "age", "shortage")
MEASURES = ("new1", "now", "new14")
EACH = ("", "district", "street", "compound")  # "" the area itself
EACH_ZH = {"district": "区", "street": "街道", "compound": "小区"}
CASES = "counted"  # a status of `totals.wide`: confirmed or clinical, each person once
WHATS = ("item", "beds")
BED_KINDS = ("icu", "severe", "ordinary", "fangcang", "isolation")
ALL = "*"
LIMITS = {
    "count": (1, 1_000_000),
    "age": (1, 24 * 60),
    "shortage": (0, 60),
}  # least and most of a bound; shortage above 0
BOUND_NAMES = {  # as the form calls them
    "count": ("number of persons", "人数"),
    "age": ("number of hours", "小时数"),
    "shortage": ("number of days", "天数"),
}
LEVELS = ("city", "district", "street", "compound")
LONGEST_NAME, LONGEST_POST, MOST_POSTS = 40, 20, 6
LEAST_NOTE, LONGEST_NOTE = 2, 200


@dataclass(frozen=True)
class Readings:
    """What rules are judged by, all of one moment.

    counts   (area, each) -> `totals.wide` rows of those areas
    ages     feed -> hours since its last delivery, infinity for one that never came
    cover    area -> item, days_of_cover (NaN unknown)
    run_out  area -> kind, day (day number, NaN: not within the forecast)
    today    day number of the moment
    """

    counts: Mapping[tuple[str, str], pd.DataFrame] = field(default_factory=dict)
    ages: Mapping[str, float] = field(default_factory=dict)
    cover: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    run_out: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    today: int = 0


# ---- writing a rule


def checked(rule: Rule) -> Rule:
    """Return the rule with its texts stripped; raises AlertError in plain words for one that makes no sense."""
    name = _text("name", "名称", rule.name, 2, LONGEST_NAME)
    told = tuple(_text("post", "告知岗位", one, 2, LONGEST_POST) for one in rule.told if one.strip())
    if not 1 <= len(told) <= MOST_POSTS:
        raise AlertError(
            f"{len(told)} posts are told; wanted 1 to {MOST_POSTS}",
            f"告知 {len(told)} 个岗位；应为 1 至 {MOST_POSTS} 个",
        )
    if rule.kind not in KINDS:
        raise AlertError(
            f"kind is {rule.kind!r}; wanted one of {KINDS}", f"类型为“{rule.kind}”；应为 {'、'.join(KINDS)}"
        )
    _check_bound(rule)
    {"count": _check_count, "age": _check_age, "shortage": _check_shortage}[rule.kind](rule)
    return replace(rule, name=name, told=told, bound=float(rule.bound))


def _text(what: str, zh: str, text: str, least: int, most: int) -> str:
    words = text.strip()
    if not least <= len(words) <= most:
        raise AlertError(
            f"{what} {words[:60]!r} has {len(words)} characters; wanted {least} to {most}",
            f"{zh}“{words[:60]}”有 {len(words)} 字；应为 {least} 至 {most} 字",
        )
    if PERSONAL.search(words):
        raise AlertError(
            f"{what} holds an identity or telephone number; alerts name posts and places, never persons",
            f"{zh}中有证件号或电话；警报只写岗位和地点，不写个人",
        )
    return words


def _check_bound(rule: Rule) -> None:
    least, most = LIMITS[rule.kind]
    name, name_zh = BOUND_NAMES[rule.kind]
    bound = rule.bound
    too_small = bound <= least if rule.kind == "shortage" else bound < least
    if not math.isfinite(bound) or too_small or bound > most:
        above = "more than " if rule.kind == "shortage" else ""
        raise AlertError(
            f"{name} is {bound:g}; wanted {above}{least:,} to {most:,}",
            f"{name_zh}为 {bound:g}；应{'大于' if above else '不小于'} {least:,} 且不大于 {most:,}",
        )
    if rule.kind == "count" and bound != int(bound):
        raise AlertError(f"{name} is {bound:g}; wanted a whole number", f"{name_zh}为 {bound:g}；应为整数")


def _check_count(rule: Rule) -> None:
    status = _one_of("status", "状态", rule.subject.get("status"), (*STATUSES, CASES))
    measure = _one_of("measure", "口径", rule.subject.get("measure"), MEASURES)
    if status == CASES and measure == "now":
        raise AlertError(
            "cases, each counted once, are counted by when they were found; wanted new that day, or new in 14 days",
            "病例（确诊与临床诊断只计一次）按发现时间计；口径应为当日新增或14天新增",
        )
    each = _one_of("each", "统计单元", rule.subject.get("each", ""), EACH)
    if each and LEVELS.index(each) <= LEVELS.index(level_of(rule.area)):
        raise AlertError(
            f"any {each} cannot be counted inside {rule.area or 'the city'}; wanted a smaller unit",
            f"{rule.area or '全市'}之内不能按{EACH_ZH[each]}计数；请选更小的统计单元",
        )


def _check_age(rule: Rule) -> None:
    _one_of("feed", "数据源", rule.subject.get("feed"), tuple(PROMISES))
    if rule.area:
        raise AlertError(
            f"a feed is of the whole city; found area {rule.area!r}", f"数据源属于全市；不能限于 {rule.area}"
        )


def _check_shortage(rule: Rule) -> None:
    what = _one_of("what", "种类", rule.subject.get("what"), WHATS)
    name = str(rule.subject.get("name") or "").strip()
    if what == "beds":
        _one_of("kind of beds", "床位种类", name, (*BED_KINDS, ALL))
    elif not name:
        raise AlertError("which goods are watched is missing; * means any", "没有写明物资；* 表示任何一种")
    if level_of(rule.area) not in ("city", "district"):
        raise AlertError(
            f"beds and stock are planned by city or district; found area {rule.area!r}",
            f"床位和物资按市或区计划；不能限于 {rule.area}",
        )


def _one_of(what: str, zh: str, found: Any, wanted: tuple[str, ...]) -> str:
    if found not in wanted:
        raise AlertError(f"{what} is {found!r}; wanted one of {wanted}", f"{zh}为“{found}”；应为 {'、'.join(wanted)}")
    return str(found)


def signature(name: str, note: str) -> tuple[str, str]:
    """Return who acknowledges an alert and what is being done, stripped; raises AlertError in plain words for what is none."""
    return _text("name", "确认人", name, LEAST_NOTE, LONGEST_NAME), _text(
        "note", "处置", note, LEAST_NOTE, LONGEST_NOTE
    )


# ---- judging


def values(rule: Rule, readings: Readings) -> dict[str, float]:
    """Return subject -> value of everything that a rule watches; NaN where it is not known. A subject left out has nothing to tell."""
    if rule.kind == "count":
        return _counts(rule, readings)
    if rule.kind == "age":
        feed = rule.subject["feed"]
        return {feed: readings.ages.get(feed, math.nan)}
    if rule.subject["what"] == "item":
        table = readings.cover.get(rule.area)
        return {} if table is None else _named(rule, dict(zip(table["item"], table["days_of_cover"], strict=True)))
    table = readings.run_out.get(rule.area)
    if table is None:
        return {}
    left = (table["day"] - readings.today).clip(lower=0).fillna(math.inf)
    return _named(rule, dict(zip(table["kind"], left.where(table["beds"].notna()), strict=True)))


def _counts(rule: Rule, readings: Readings) -> dict[str, float]:
    each = rule.subject.get("each", "")
    rows = readings.counts.get((rule.area, each))
    if rows is None:
        return {}
    column = f"{rule.subject['measure']}_{rule.subject['status']}"
    if not each:
        return {rule.area: float(rows[column].sum()) if column in rows else 0.0}
    placed = rows[rows["area"] != ""]
    return dict(zip(placed["area"], placed[column].astype(float), strict=True))


def _named(rule: Rule, found: Mapping[str, float]) -> dict[str, float]:
    wanted = rule.subject["name"]
    return {str(name): float(value) for name, value in found.items() if wanted in (ALL, name)}


def is_true(rule: Rule, value: float) -> bool | None:
    """Return whether a value makes a rule true; None where it is not known."""
    if math.isnan(value):
        return None
    if rule.kind == "count":
        return value >= rule.bound
    if rule.kind == "age":
        return value > rule.bound
    return value < rule.bound if rule.subject["what"] == "item" else value <= rule.bound


def turn(rules: Iterable[Rule], readings: Readings, standing: pd.DataFrame) -> Turn:
    """Return what changes: each true subject is raised once, and cleared when it is known to be true no longer.

    standing  alerts that are still true or wait: id, rule, subject, cleared_at
    An alert that was cleared and still waits is true again instead of raised twice; one that was acknowledged and is still true
    stays silent. Where the readings say nothing of a rule, nothing of it changes.
    """
    raised: list[Raised] = []
    cleared: list[int] = []
    again: list[int] = []
    rows = standing.to_dict("records")
    for rule in rules:
        mine = {str(row["subject"]): row for row in rows if row["rule"] == rule.id}
        found = values(rule, readings)
        if not found and not _answers(rule, readings):
            continue
        for subject in sorted(name for name, value in found.items() if is_true(rule, value)):
            row = mine.get(subject)
            if row is None:
                value = found[subject]
                raised.append(Raised(rule.id, subject, value if math.isfinite(value) else None))
            elif not pd.isna(row["cleared_at"]):
                again.append(int(row["id"]))
        cleared += [
            int(row["id"]) for row in mine.values() if pd.isna(row["cleared_at"]) and _is_over(rule, row, found)
        ]
    return Turn(tuple(raised), tuple(cleared), tuple(again))


def _is_over(rule: Rule, row: Mapping[Any, Any], found: Mapping[str, float]) -> bool:
    """Say whether an alert is known to be true no longer: an area without a row has nobody, goods without one are not known."""
    value = found.get(str(row["subject"]), 0.0 if rule.kind == "count" else math.nan)
    return is_true(rule, value) is False


def _answers(rule: Rule, readings: Readings) -> bool:
    """Say whether the readings have anything to say of a rule."""
    return rule.kind == "count" and (rule.area, rule.subject.get("each", "")) in readings.counts
