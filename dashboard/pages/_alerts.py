"""Alerts in words: the sentence of one, the strip on the wall that stays until somebody has acknowledged, the lines on a desk."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from dashboard.goods import in_words
from dashboard.pages import Asked
from dashboard.pages._frame import district_names
from dashboard.text import age, figure, is_unknown, moment, pick, say
from layers._promises import PROMISES
from layers._view import level_of
from layers.store import alerts

FEW = 3  # alerts written out on a wall; the rest is counted
STATUS = {
    "counted": ("病例", "cases"),
    "confirmed": ("确诊", "confirmed"),
    "clinical": ("临床诊断", "clinically diagnosed"),
    "suspected": ("疑似", "suspected"),
    "asymptomatic": ("无症状感染者", "asymptomatic"),
    "excluded": ("排除", "excluded"),
    "cured": ("治愈", "cured"),
    "dead": ("死亡", "dead"),
    "contact": ("密切接触者", "close contacts"),
    "contact_released": ("解除观察者", "released contacts"),
    "fever": ("发热患者", "fever patients"),
    "fever_excluded": ("排除的发热患者", "excluded fever patients"),
}
MEASURE = {
    "new1": ("当日新增", "new that day"),
    "now": ("现有", "at present"),
    "new14": ("14天新增", "new in 14 days"),
}
EACH = {
    "": ("整个区域", "the area as a whole"),
    "district": ("任一区", "any district"),
    "street": ("任一街道", "any street"),
    "compound": ("任一小区", "any compound"),
}
KIND = {
    "count": ("人数达到", "A count reaches"),
    "age": ("数据迟报", "A feed is old"),
    "shortage": ("将要短缺", "A shortage comes"),
}


def places(asked: Asked, rows: pd.DataFrame) -> dict[str, str]:
    """Return area -> name of what the alerts are about, in the page's language."""
    areas = {alerts.area_of(row) for row in rows.to_dict("records")}
    names = {"": asked.words("全市", "Whole city")} | district_names(asked)
    names |= {area: area.partition("/")[2] for area in areas if level_of(area) == "street"}
    homes = {area.removeprefix("compound:") for area in areas if level_of(area) == "compound"}
    if homes:
        frame = asked.desk.frames(asked.who, asked.here.view, ["compounds"], asked.lang)["compounds"]
        found = frame[frame["id"].isin(homes)]
        names |= {f"compound:{code}": name for code, name in zip(found["id"], found["name"], strict=True)}
    return names


def sentence(asked: Asked, row: Mapping[Any, Any], names: Mapping[str, str]) -> str:
    """Return what is true, with the value that made it true and the bound of its rule."""
    return {"count": _count, "age": _age, "shortage": _shortage}[row["kind"]](asked, row, names)


def _count(asked: Asked, row: Mapping[Any, Any], names: Mapping[str, str]) -> str:
    area, about = alerts.area_of(row), row["watched"]
    status, measure = pick(STATUS[about["status"]], asked.lang), pick(MEASURE[about["measure"]], asked.lang)
    place, n, bound = names.get(area, area), figure(row["value"]), figure(row["bound"])
    return asked.words(
        f"{place} {measure}{status} {n} 人，达到 {bound} 人", f"{place}: {n} {status} {measure}, bound {bound}"
    )


def _age(asked: Asked, row: Mapping[Any, Any], _names: Mapping[str, str]) -> str:
    promise = PROMISES[row["watched"]["feed"]]
    feed, bound = pick((promise.zh, promise.en), asked.lang), span(asked, row["bound"])
    if is_unknown(row["value"]):
        return asked.words(f"{feed} 从未收到，界限 {bound}", f"{feed}: never delivered, bound {bound}")
    passed = span(asked, row["value"])
    return asked.words(f"{feed} 已 {passed} 未更新，超过 {bound}", f"{feed}: no delivery for {passed}, bound {bound}")


def span(asked: Asked, hours: float) -> str:
    """Return hours as people say them: days from two days on."""
    if hours < 48:
        return asked.words(f"{figure(hours)} 小时", f"{figure(hours)} h")
    return asked.words(f"{figure(hours // 24)} 天", f"{figure(hours // 24)} days")


def _shortage(asked: Asked, row: Mapping[Any, Any], names: Mapping[str, str]) -> str:
    about, w = row["watched"], asked.words
    place = names.get(row["area"], row["area"]) + " " if row["area"] else ""
    if about["what"] == "item":
        item, days, bound = in_words(row["subject"], asked.lang), figure(row["value"], 1), figure(row["bound"], 1)
        return w(
            f"{place}{item} 可用 {days} 天，少于 {bound} 天", f"{place}{item}: {days} days of cover, below {bound}"
        )
    kind, days = say(f"bed.{row['subject']}", asked.lang), figure(row["value"])
    if row["value"] < 1:
        return w(f"{place}{kind}床位 已不够用", f"{place}{kind} beds: not enough already")
    return w(f"{place}{kind}床位 {days} 天后用尽", f"{place}{kind} beds: run out in {days} days")


# ---- the wall


def strip(asked: Asked) -> Component | None:
    """Return the alerts that nobody has acknowledged, the loudest and newest first; None where there are none.

    `assets/alerts.js` lets a new one call once. Sentences name places and goods, never a person.
    """
    rows = asked.desk.alerts(asked.who, asked.here.view)
    waiting = rows[rows["acknowledged_at"].isna()].sort_values(["sound", "raised_at"], ascending=False, kind="stable")
    if waiting.empty:
        return None
    names, w, left = places(asked, waiting), asked.words, len(waiting) - FEW
    lines = [_line(asked, row, names) for row in waiting.head(FEW).to_dict("records")]
    more = (
        html.P(w(f"另有 {left} 条待确认", f"{left} more to acknowledge"), className="alert-more") if left > 0 else None
    )
    head = html.P(
        [html.B(figure(len(waiting))), w(" 条警报待值班确认", " alerts to acknowledge at a desk")],
        className="alert-head",
    )
    return html.Div([head, html.Ul(lines), more], className="alert-strip", role="alert")


def _line(asked: Asked, row: Mapping[Any, Any], names: Mapping[str, str]) -> Component:
    over = not is_unknown(row["cleared_at"])
    since = asked.words(f"{moment(row['raised_at'], 'zh')} 起", f"since {moment(row['raised_at'], 'en')}")
    gone = html.Span(asked.words("已解除，待确认", "over, to acknowledge"), className="alert-gone") if over else None
    return html.Li(
        [
            html.Span("○" if over else "▲", className="alert-mark", **{"aria-hidden": "true"}),
            html.B(sentence(asked, row, names)),
            html.Span(since, className="alert-since"),
            gone,
        ],
        className="alert-line over" if over else "alert-line",
        **{"data-alert": str(row["id"]), "data-sound": "1" if row["sound"] else "0"},
    )


# ---- the desk


def ago(asked: Asked, at: datetime) -> str:
    """Return how long ago something was, by the clock of the page."""
    return age(at, asked.desk.now(asked.here), asked.lang)
