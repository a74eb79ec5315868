"""Every word the screens share, in both languages, and numbers, days and ages as each language writes them."""

import math
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

LANGS = ("zh", "en")
UNKNOWN = "–"
MINUS = "−"  # U+2212, as wide as a plus


class TextError(LookupError):
    """A text is asked for that nobody wrote, or without the values it needs."""


T: Mapping[str, tuple[str, str]] = {
    # the house
    "app.name": ("防疫指挥图", "Fangyi"),
    "app.wall_title": ("{city}疫情防控指挥大屏", "{city} epidemic command"),
    "drill": ("演练数据", "DRILL"),
    "drill.ribbon": ("演练数据 · 人员与小区均为虚构", "DRILL · people and compounds are invented"),
    "language.other": ("English", "中文"),
    "map.label": ("地图：方向键移动，加减键缩放", "Map: arrow keys pan, plus and minus zoom"),
    "map.plain": ("本机不支持 WebGL，已改用平面地图", "This computer has no WebGL; the plain map is shown"),
    "nav.skip": ("跳到主要内容", "Skip to content"),
    "column.left": ("数据与图表", "Figures and charts"),
    "column.right": ("处置与依据", "What to decide, and why"),
    "nav.pages": ("页面", "Pages"),
    # pages
    "page.overview": ("总览", "Overview"),
    "page.lockdown": ("封控管理", "Lockdown"),
    "page.beds": ("床位扩充", "Beds"),
    "page.staff": ("人员调配", "Staff"),
    "page.supplies": ("防疫物资", "Supplies"),
    "page.quality": ("数据质量", "Data quality"),
    "page.wall": ("大屏", "Wall"),
    # clocks
    "clock.now": ("现在", "Now"),
    "clock.as_of": ("截至", "As of"),
    "clock.known_at": ("知悉截至", "As known at"),
    "clock.past": ("正在查看过去", "Looking at the past"),
    "clock.back": ("回到现在", "Back to now"),
    "clock.as_of.long": ("发生时间：此刻之前发生的", "Event time: what had happened by then"),
    "clock.known_at.long": ("知悉时间：此刻之前已知的", "Knowledge time: what was known by then"),
    # states of a panel
    "state.empty": ("没有数据", "Nothing to show"),
    "state.no_data": (
        "还没有任何数据。第一批数据导入后，本页会自动显示。",
        "There are no data yet. This page fills by itself once the first file is imported.",
    ),
    "state.refused": ("这个页面无法显示", "This page cannot be shown"),
    "state.home": ("回到总览", "To the overview"),
    "state.loading": ("正在读取…", "Loading…"),
    "state.denied": ("无权查看", "You may not see this"),
    "state.stale": ("数据超期", "Overdue"),
    "feeds.fresh": ("{n} 个数据源按时", "{n} feeds on time"),
    "theme.switch": ("浅色与深色", "Light or dark"),
    "state.fresh": ("数据正常", "Up to date"),
    "state.unknown": ("未知", "Unknown"),
    "state.not_placed": ("另有 {n} 人未落点", "{n} more not placed"),
    "state.first": ("前 {n} 项 · 共 {total} 项", "{n} of {total}"),
    "state.sample": ("此处显示前 {n} 项，共 {total} 项", "First {n} of {total} shown"),
    "source": ("来源", "Source"),
    "updated": ("更新于 {age}", "updated {age}"),
    "rule": ("规则", "Rule"),
    "reasons": ("理由", "Reasons"),
    "flips_if": ("反转条件", "Would change if"),
    "legend": ("图例", "Legend"),
    "layers": ("图层", "Layers"),
    "filters": ("筛选", "Filters"),
    "details": ("详情", "Details"),
    "close": ("关闭", "Close"),
    "export": ("导出", "Export"),
    "print": ("打印简报", "Print briefing"),
    "take": ("打印与导出", "Print, export"),
    # counts
    "count.confirmed": ("确诊", "Confirmed"),
    "count.confirmed_ever": ("累计确诊", "Confirmed, total"),
    "count.confirmed_now": ("现有确诊", "Confirmed, now"),
    "count.clinical": ("临床诊断", "Clinically diagnosed"),
    "count.suspected": ("疑似", "Suspected"),
    "count.suspected_now": ("现有疑似", "Suspected, now"),
    "count.asymptomatic": ("无症状感染者", "Asymptomatic"),
    "count.contact": ("密切接触者", "Close contacts"),
    "count.fever": ("发热患者", "Fever patients"),
    "count.cured": ("治愈", "Cured"),
    "count.dead": ("死亡", "Dead"),
    "count.excluded": ("排除", "Excluded"),
    "count.sealed": ("封控小区", "Sealed compounds"),
    "count.beds_open": ("开放床位", "Beds open"),
    "count.beds_free": ("空余床位", "Beds free"),
    "count.beds_short": ("床位缺口", "Bed shortage"),
    "count.occupancy": ("床位使用率", "Occupancy"),
    "count.staff_gap": ("医护缺口", "Staff gap"),
    "count.cover": ("最短可用天数", "Shortest cover"),
    "change.day": ("较前一日 {change}", "{change} in a day"),
    "change.new": ("当日新增 {n}", "{n} new that day"),
    # units
    "unit.persons": ("人", "persons"),
    "unit.beds": ("张", "beds"),
    "unit.compounds": ("个", "compounds"),
    "unit.days": ("天", "days"),
    "unit.percent": ("%", "%"),
    # charts
    "chart.curve": ("每日新增", "New cases a day"),
    "chart.curve_step": ("2月12–13日：定义改变，不可连比", "12–13 Feb: definition changed, not comparable"),
    "chart.step_short": ("定义改变", "definition changed"),
    "chart.mean": ("7日均值", "7-day mean"),
    "chart.confirmed": ("确诊", "Confirmed"),
    "chart.clinical": ("临床诊断", "Clinical"),
    "chart.suspected": ("疑似", "Suspected"),
    "chart.beds": ("各类床位", "Beds by kind"),
    "chart.districts": ("各区", "By district"),
    "chart.cover": ("可用天数", "Days of cover"),
    "chart.staff": ("医护缺口", "Staff gap"),
    "chart.needed": ("需要", "Needed"),
    "chart.present": ("在岗", "Present"),
    "chart.used": ("占用", "In use"),
    "chart.free": ("空余", "Free"),
    "chart.over": ("超出开放", "Beyond open"),
    "chart.planned": ("计划", "Planned"),
    "chart.probability": ("判定的把握", "Probability told"),
    "chart.right": ("实际正确", "Share right"),
    "chart.threshold": ("自动匹配从此起", "accepted from here"),
    "chart.beyond": ("数值超出坐标：{n}", "beyond the axis: {n}"),
    # beds, skills
    "bed.ordinary": ("普通", "Ordinary"),
    "bed.severe": ("重症", "Severe"),
    "bed.icu": ("监护", "ICU"),
    "bed.fangcang": ("方舱", "Fangcang"),
    "bed.isolation": ("隔离", "Isolation"),
    "bed.unsplit": ("未分类", "Not split"),
    "bed.all": ("合计", "All"),
    # the wall
    "wall.priority": ("优先清单", "Priority list"),
    "wall.orders": ("执行中的指令", "Orders in progress"),
    "wall.feeds": ("数据源", "Feeds"),
    "wall.feeds_ok": ("{n} 个数据源正常", "{n} feeds up to date"),
    "wall.feeds_late": ("{n} 个数据源超期", "{n} feeds overdue"),
    # tables
    "grid.noRowsToShow": ("没有数据", "Nothing to show"),
    "grid.filterOoo": ("筛选…", "Filter…"),
    "grid.contains": ("包含", "Contains"),
    "grid.equals": ("等于", "Equals"),
    "grid.page": ("第", "Page"),
    "grid.of": ("共", "of"),
    "grid.to": ("至", "to"),
    "grid.nextPage": ("下一页", "Next page"),
    "grid.previousPage": ("上一页", "Previous page"),
    # hours and minutes
    "age.now": ("刚刚", "just now"),
    "age.minutes": ("{n}分钟前", "{n} min ago"),
    "age.hours": ("{n}小时前", "{n} h ago"),
    "age.days": ("{n}天前", "{n} d ago"),
    "age.none": ("从未", "never"),
}


def say(key: str, lang: str, **values: Any) -> str:
    """Return the text in "zh" or "en" with its values put in; raises TextError for a key or value that is missing."""
    if key not in T:
        raise TextError(f"no text has the key {key!r}; write it in dashboard/text.py in both languages")
    words = pick(T[key], lang)
    try:
        return words.format(**values)
    except KeyError as missing:
        raise TextError(f"text {key!r} needs the value {missing}; given were {sorted(values)}") from None


def pick(pair: tuple[str, str], lang: str) -> str:
    """Return the half of a (zh, en) pair that the language wants."""
    if lang not in LANGS:
        raise TextError(f"language {lang!r} is not spoken here; wanted one of {LANGS}")
    return pair[LANGS.index(lang)]


def is_unknown(value: Any) -> bool:
    """Say whether a figure is missing (None, NaN, NaT, NA); infinity is known."""
    if value is None:
        return True
    try:
        return bool(value != value)
    except TypeError:  # pandas.NA has no truth
        return True


def figure(value: Any, digits: int = 0) -> str:
    """Return a number with thousands separated, "–" when unknown, "∞" when endless; both languages write it alike."""
    if is_unknown(value):
        return UNKNOWN
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    return f"{round(value, digits) + 0:,.{digits}f}".replace("-", MINUS)


def counted(number: int, noun: str) -> str:
    """Return an English count with its noun: 1 person, 2 persons."""
    return f"{figure(number)} {noun}{'' if number == 1 else 's'}"


def percent(value: Any, digits: int = 0) -> str:
    """Return a share as a percentage: 0.953 -> "95%"."""
    return UNKNOWN if is_unknown(value) else f"{figure(value * 100, digits)}%"


def change(value: Any, digits: int = 0) -> str:
    """Return a change with its sign: "+1,104", "−327", "±0", "–" when unknown."""
    if is_unknown(value):
        return UNKNOWN
    written = figure(abs(value), digits)
    return f"±{written}" if not written.strip("0.,") else ("+" if value > 0 else MINUS) + written


def named(frame: Any, lang: str) -> Any:
    """Return the frame with English names in `name` where it has them and the page is English."""
    if lang != "en" or "name_en" not in frame:
        return frame
    english = frame["name_en"]
    return frame.assign(name=english.where(english.notna() & (english != ""), frame["name"]))


def day(moment: date | datetime | None, lang: str) -> str:
    """Return "2月12日" or "12 Feb"."""
    if is_unknown(moment):
        return UNKNOWN
    return f"{moment.month}月{moment.day}日" if lang == "zh" else f"{moment.day} {_MONTHS[moment.month - 1]}"


def moment(at: datetime | None, lang: str) -> str:
    """Return "2月12日 18:00" or "12 Feb 18:00" in the time zone that `at` carries."""
    return UNKNOWN if is_unknown(at) else f"{day(at, lang)} {at:%H:%M}"


def age(then: datetime | None, now: datetime, lang: str) -> str:
    """Return how long ago: "3小时前" or "3 h ago"; a time still to come counts as just now."""
    if is_unknown(then):
        return say("age.none", lang)
    passed = max(now - then, timedelta(0))
    for key, unit in (
        ("age.days", timedelta(days=1)),
        ("age.hours", timedelta(hours=1)),
        ("age.minutes", timedelta(minutes=1)),
    ):
        if passed >= unit * (2 if key == "age.days" else 1):  # "36 h ago" says more than "1 d ago"
            return say(key, lang, n=passed // unit)
    return say("age.now", lang)


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
