"""The life of one compound as a line of dated states: why each began, what is allowed now, what comes next and when."""

from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from dashboard import parts
from dashboard.pages import Asked
from dashboard.text import day
from layers._palette import LIFE
from layers.decisions._proposal import Plan, Words

MOST = 12  # states shown; earlier ones are counted
CAUSE = {  # why a state began
    "rule": Words("按当日规则", "by the rules of the day"),
    "conditions": Words("符合申报条件", "meets the conditions"),
    "lapsed": Words("不再符合申报条件", "meets them no longer"),
    "silent": Words("数据源未更新，暂不认定", "a feed is silent"),
    "round": Words("本轮评定", "round of assessment"),
    "run": Words("连续天数已满", "its days in a row are full"),
    "order": Words("管控调整", "order changed"),
    "case": Words("新增病例", "a case"),
    "suspected": Words("新增疑似", "a suspected person"),
    "fever": Words("新增发热患者", "a fever patient"),
    "contact": Words("新增密接", "a close contact"),
    "asymptomatic": Words("新增无症状感染者", "an asymptomatic person"),
    "released": Words("排除或解除后恢复", "restored once released"),
}
NEXT = {  # state -> what may come next, where only time or a round is wanted
    "closed": Words("最早可评定的一轮（其余条件具备时）", "earliest round, all else in place"),
    "candidate": Words("下一轮评定", "next round of assessment"),
    "cancelled": Words("最早可重新评定的一轮", "earliest round for a new title"),
    "certified": Words("连续天数满", "its days in a row are full"),
}


def lifeline(asked: Asked, plan: Plan, code: str) -> Component | None:
    """Return the timeline of a compound, None where the plan does not know it or no life-cycle rule has begun."""
    compounds = plan.tables["compounds"]
    found = compounds[compounds["code"] == code]
    if found.empty or not any(rule.startswith("no-epidemic/") for rule in plan.rules):
        return None
    row, moves = found.iloc[0], plan.tables["transitions"]
    mine = moves[moves["compound"] == code]
    items = [_past(asked, one, last=number == len(mine)) for number, one in enumerate(mine.to_dict("records"), 1)]
    if not items:
        items = [_item(asked, row["life"], row["life_since"], CAUSE["rule"].said(asked.lang), "now")]
    earlier = len(items) - MOST
    more = html.P(asked.words(f"更早 {earlier} 次变化未列", f"{earlier} earlier ones not shown"), className="more")
    return html.Section(
        [
            html.Div(
                [html.H3(asked.words("无疫情小区进程", "Life as a no-epidemic compound")), parts.mark_badge(LIFE[row["life"]], asked.lang)],
                className="section-head",
            ),
            more if earlier > 0 else None,
            html.Ol([*items[-MOST:], _ahead(asked, row)], className="lifeline"),
            _allowed(asked, plan, row),
        ],
        className="section",
    )  # fmt: skip


def _past(asked: Asked, one: dict[str, Any], *, last: bool) -> Component:
    cause = CAUSE[one["cause"]].said(asked.lang)
    if one["cause_day"]:
        when = day(pd.Timestamp(one["cause_day"]), asked.lang)
        cause += asked.words(f"（{when}）", f" of {when}")
    if one["known_later"]:
        cause += asked.words("，其后得知", ", learned later")
    return _item(asked, one["state"], one["day"], cause, "now" if last else "")


def _item(asked: Asked, life: str, since: str, cause: str, name: str) -> Component:
    when = day(pd.Timestamp(since), asked.lang) if since else asked.words("一直", "always")
    return html.Li(
        [html.Time(when, dateTime=since or None), parts.mark_badge(LIFE[life], asked.lang), html.Span(cause, className="cause")],
        className=name,
    )  # fmt: skip


def _ahead(asked: Asked, row: pd.Series) -> Component | None:
    """The next state and its earliest day; of a suspended compound nobody knows the day."""
    if row["life"] == "suspended":
        text = asked.words(
            "全部排除或解除后恢复；转确诊即取消", "restored once all are released; cancelled by a confirmed one"
        )
        return html.Li([html.Time("–"), html.Span(text, className="cause")], className="ahead")
    if row["life"] == "settled":
        text = asked.words("申请、核查、批准后放宽", "relaxed once applied for, checked and approved")
        return html.Li([html.Time("–"), html.Span(text, className="cause")], className="ahead")
    if not row["earliest"]:
        return None
    when = day(pd.Timestamp(row["earliest"]), asked.lang)
    return html.Li(
        [html.Time(when), html.Span(NEXT[row["life"]].said(asked.lang), className="cause")], className="ahead"
    )


def _allowed(asked: Asked, plan: Plan, row: pd.Series) -> Component | None:
    """What people may do there now, under the relaxation rule in force."""
    grades = plan.tables["grades"]
    rows = grades[
        (grades["state"] == row["life"]) & grades["community_free"].isin([bool(row["community_free"]), False])
    ]
    if rows.empty:
        return None
    words = rows.iloc[-1]["allowed_zh" if asked.lang == "zh" else "allowed_en"]
    return html.P([html.B(asked.words("允许：", "Allowed: ")), words], className="allowed")
