"""Data quality: how fresh each feed is, what every delivery did, and the matches that wait for a person."""

from typing import Any

import numpy as np
import pandas as pd
from dash import Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component
from flask import request
from sqlalchemy import select

from dashboard import charts, parts
from dashboard.access import CITY, DISTRICT, SHARED
from dashboard.desk import Desk
from dashboard.pages import Asked, Page, _gazetteer, _review, _reviewing
from dashboard.pages._frame import sheet
from dashboard.text import age, figure, moment, percent, pick, say
from layers.intake import health, receipt
from layers.intake.feeds import all_feeds
from layers.store.schema import batch

NOTES_SHOWN = 30


def layout(asked: Asked) -> Component:
    """The review desk first, because people work there; then feeds, matching and receipts."""
    return sheet(
        asked,
        [
            html.Div(_review.panel(asked, asked.review), id="quality-review", className="stack"),
            html.Div([reliability(asked), matching_panel(asked)], className="row"),
            _gazetteer.panel(asked),
            feeds_panel(asked),
            parts.panel(
                asked.words("回执", "Receipts"),
                receipts(asked),
                note=asked.words("点击一行查看被拒的行", "choose a row to see what was refused"),
                name="tall",
            ),
            html.Div(id="quality-receipt"),
        ],
    )


def feeds_panel(asked: Asked) -> Component:
    """Return the table of feeds with age and promise."""
    feeds, now = asked.desk.feeds(asked.who, asked.here), asked.desk.now(asked.here)
    head = [
        asked.words(*w)
        for w in (
            ("数据源", "Feed"),
            ("责任单位", "Steward"),
            ("最近一次", "Last"),
            ("承诺", "Promise"),
            ("批次", "Deliveries"),
        )
    ]
    rows = []
    for row in feeds.to_dict("records"):
        last = None if pd.isna(row["last"]) else row["last"]
        late = row["state"] != "fresh"
        cells = [
            row["zh"] if asked.lang == "zh" else row["en"],
            row["steward_zh"] if asked.lang == "zh" else row["steward_en"],
            html.Span(
                [html.Span("▲ " if late else "● ", className="age-symbol"), age(last, now, asked.lang)],
                title=moment(last, asked.lang),
            ),
            _hours(asked, row["promise"]),
            figure(row["deliveries"]),
        ]
        rows.append(html.Tr([html.Td(cell) for cell in cells], className="late" if late else "fresh"))
    table = html.Table([html.Thead(html.Tr([html.Th(h) for h in head])), html.Tbody(rows)], className="plain-table")
    return parts.panel(asked.words("数据源时效", "Freshness of the feeds"), table)


def _hours(asked: Asked, promise: Any) -> str:
    hours = promise.total_seconds() / 3600
    return (
        asked.words(f"{hours:g} 小时", f"{hours:g} h")
        if hours < 72
        else asked.words(f"{hours / 24:g} 天", f"{hours / 24:g} d")
    )


def matching_panel(asked: Asked) -> Component:
    """Return how persons were matched to compounds; what is not placed is counted."""
    found = asked.desk.gate.read(asked.desk.store, asked.who, health.matching, asked.here.view, DISTRICT)
    kinds = {"case": ("病例", "Cases"), "contact": ("密接", "Contacts"), "fever": ("发热", "Fever")}
    states = {"accepted": ("已匹配", "Accepted"), "review": ("待核定", "Review"), "unmatched": ("未匹配", "Unmatched")}
    wide = (
        found.pivot_table(index="kind", columns="status", values="n", aggfunc="sum")
        .reindex(columns=list(states))
        .fillna(0)
        if len(found)
        else pd.DataFrame()
    )
    head = ["", *(asked.words(*w) for w in states.values()), asked.words("匹配率", "Share placed")]
    rows = []
    for kind, row in wide.iterrows():
        share = percent(row["accepted"] / row.sum(), 1)
        rows.append(
            html.Tr([html.Th(asked.words(*kinds[kind])), *(html.Td(figure(row[s])) for s in states), html.Td(share)])
        )
    methods = found[found["status"] == "accepted"].groupby("method")["n"].sum()
    names = {
        "inside": ("点落入小区", "point inside"),
        "nearest": ("最近小区", "nearest"),
        "address": ("地址", "address"),
        "both": ("点与地址一致", "point and address"),
    }
    how = [(asked.words(*names[m]), figure(n)) for m, n in methods.items() if m in names]
    body = (
        [
            html.Table([html.Thead(html.Tr([html.Th(h) for h in head])), html.Tbody(rows)], className="plain-table"),
            parts.facts(how),
        ]
        if rows
        else parts.empty(say("state.empty", asked.lang))
    )
    return parts.panel(asked.words("空间匹配", "Matching to compounds"), body)


def reliability(asked: Asked) -> Component:
    """Return how sure "accepted" is: the curve of the judge that told the newest matches apart, in words, chart and table."""
    w = asked.words
    found = asked.desk.gate.read(asked.desk.store, asked.who, health.judged, asked.here.view, SHARED)
    title = w("“已匹配”有多可靠", "How sure accepted is")
    if found.empty:
        why = w("还没有一次匹配留下判定器的记录", "no match has left a record of its judge yet")
        return parts.panel(title, parts.empty(why))
    judge = found["judge"][0]
    if "curve" not in judge:
        told = w(
            f"名录只有 {figure(judge['compounds'])} 个小区，不足以校准；按公开的规则表判定，把握在 {percent(judge['threshold'], 1)} 以上才自动匹配，没有实测曲线。",
            f"The gazetteer has {figure(judge['compounds'])} compounds, too few to calibrate on: a table of rules judges, and accepts "
            f"from {percent(judge['threshold'], 1)} on. There is no measured curve.",
        )
        return parts.panel(title, html.P(told, className="judged"))
    curve = pd.DataFrame(judge["curve"], columns=["low", "high", "count", "right"])
    return parts.panel(
        title,
        [
            html.P(judged(asked, judge, curve), className="judged"),
            html.Div(
                [
                    parts.graph(
                        charts.reliability(curve, judge["threshold"], asked.lang, asked.scale), name="reliability"
                    ),
                    bands(asked, curve, judge["threshold"]),
                ],
                className="reliability-row",
            ),
        ],
        note=w(f"判定器 {judge['version']}", f"judge {judge['version']}"),
    )


def judged(asked: Asked, judge: dict[str, Any], curve: pd.DataFrame) -> str:
    """Return the curve as a sentence for an official."""
    top = curve[
        curve["high"] > judge["threshold"]
    ]  # with all of the band in which the threshold lies: never too bright
    top = top if len(top) else curve.tail(1)
    right = float(np.average(top["right"], weights=top["count"]))
    wrong, n = round(1000 * (1 - right), 1), int(top["count"].sum())
    lessons = judge.get("lessons", 0)
    return asked.words(
        f"把握达到 {percent(judge['threshold'], 2)} 才自动匹配。用本市名录造出的 {figure(n)} 条已知答案的地址检验，这一档每千条最多约错 {wrong:g} 条；"
        f"其余都留给人工。判定器学习了 {figure(lessons)} 条人工核定。",
        f"A match is accepted from {percent(judge['threshold'], 2)} on. On {figure(n)} addresses with known answers, made from this city's "
        f"gazetteer and held out, at most about {wrong:g} in a thousand of these were wrong; everything else is left to a person. The judge "
        f"has learned from {figure(lessons)} decisions of reviewers.",
    )


def bands(asked: Asked, curve: pd.DataFrame, threshold: float) -> Component:
    """Return the curve as a table: band of probability, addresses, share right; bands that are accepted are marked."""
    head = html.Thead(
        html.Tr([html.Th(asked.words(*w)) for w in (("把握", "Probability"), ("条数", "Addresses"), ("正确", "Right"))])
    )
    rows = [
        html.Tr(
            [
                html.Td(f"{percent(row.low, 1)}–{percent(row.high, 1)}"),
                html.Td(figure(row.count_)),
                html.Td(percent(row.right, 2)),
            ],
            className="sum" if row.low >= threshold else "",
        )
        for row in curve.rename(columns={"count": "count_"}).itertuples()
    ]
    return html.Table([head, html.Tbody(rows)], className="plain-table compact")


def receipts(asked: Asked) -> Component:
    """Return the table of deliveries."""
    rows = asked.desk.gate.read(asked.desk.store, asked.who, health.receipts, asked.here.view, SHARED)
    titles = {key: pick(feed.title, asked.lang) for key, feed in all_feeds().items()}
    frame = pd.DataFrame([_receipt_row(row, titles) for row in rows.to_dict("records")])
    if frame.empty:
        return parts.empty(say("state.empty", asked.lang))
    w = asked.words
    columns = {
        "batch": w("批次", "Batch"),
        "known_at": {"headerName": w("知悉时间", "Known at"), "minWidth": 150},
        "feed": w("数据源", "Feed"),
        "source": w("来源", "Source"),
        "file": {"headerName": w("文件", "File"), "minWidth": 220},
        "read": w("读入", "Read"),
        "new": w("新增", "New"),
        "changed": w("变更", "Changed"),
        "unchanged": w("未变", "Unchanged"),
        "rejected": w("拒收", "Rejected"),
        "warned": w("警告", "Warned"),
        "notices": w("提示", "Notices"),
    }
    return html.Div(parts.table(frame, columns, "quality-receipts", lang=asked.lang), className="grid-box")


def _receipt_row(row: dict[str, Any], titles: dict[str, str]) -> dict[str, Any]:
    found = row["receipt"] or {}
    counts = found.get("rows", {})
    return {
        "id": str(row["id"]),
        "batch": row["id"],
        "known_at": f"{row['known_at']:%Y-%m-%d %H:%M}",
        "feed": titles.get(row["feed"], row["feed"]),
        "source": row["source"],
        "file": row["file"] or "",
        "read": found.get("rows_read", 0),
        "new": counts.get("new", 0),
        "changed": counts.get("changed", 0),
        "unchanged": counts.get("unchanged", 0),
        "rejected": found.get("rows_rejected", 0),
        "warned": sum(found.get("warned_by_reason", {}).values()),
        "notices": len(found.get("notices", [])),
    }


def receipt_panel(asked: Asked, number: int) -> Component:
    """Return one receipt: notices, datum evidence, reasons, and the rows with value found and value wanted."""
    query = select(batch.c.id, batch.c.feed, batch.c.file, batch.c.receipt).where(batch.c.id == number)
    rows = asked.desk.gate.read(asked.desk.store, asked.who, lambda _: query, asked.here.view, SHARED)
    if rows.empty:
        return parts.empty(say("state.empty", asked.lang))
    found = rows["receipt"][0] or {}
    body = [
        *(html.P(notice[asked.lang], className="caveat") for notice in found.get("notices", [])),
        evidence(asked, found.get("datum"), found.get("datum_evidence") or {}),
        *refused(asked, number),
    ]
    return parts.panel(f"{asked.words('批次', 'Batch')} {number} · {rows['file'][0] or ''}", body)


def refused(asked: Asked, number: int) -> list[Component | None]:
    """Return the rows of a delivery that were refused or warned about, as the city sees them."""
    if asked.who is None or not asked.who.sees_all:
        return [
            html.P(asked.words("被拒的行只供市级查看", "the rows themselves are shown to the city"), className="more")
        ]
    everywhere = asked.here.view.narrowed("")
    notes = asked.desk.gate.read(asked.desk.store, asked.who, lambda _: receipt.notes_of(number), everywhere, CITY)
    head = [
        asked.words(*w)
        for w in (
            ("行", "Row"),
            ("列", "Column"),
            ("发现的值", "Found"),
            ("要求", "Wanted"),
            ("原因", "Reason"),
            ("处理", "Outcome"),
        )
    ]
    lines = [
        html.Tr(
            [
                html.Td(v)
                for v in (
                    n["row"],
                    n["column"],
                    n["found"],
                    n["wanted"],
                    n["zh"] if asked.lang == "zh" else n["en"],
                    asked.words(*OUTCOMES[n["kind"]]),
                )
            ]
        )
        for n in notes.head(NOTES_SHOWN).to_dict("records")
    ]
    return [
        html.Table([html.Thead(html.Tr([html.Th(h) for h in head])), html.Tbody(lines)], className="plain-table")
        if lines
        else None,
        html.P(say("state.sample", asked.lang, n=len(lines), total=figure(len(notes))), className="more"),
    ]


OUTCOMES = {"rejected": ("拒收", "rejected"), "warned": ("收下并提示", "kept with a warning")}


def evidence(asked: Asked, stated: str | None, found: dict[str, Any]) -> Component | None:
    """Return what the delivery's own rows say about its datum."""
    if not stated:
        return None
    how = ("判定坐标系", "datum found out") if found.get("decided") else ("声明坐标系", "datum stated")
    said = [f"{asked.words(*how)} {stated}"]
    if found.get("anchors", {}).get("median_m"):
        said.append(
            asked.words("与地址所指小区的中位距离（米）", "median metres to the compounds their addresses name")
            + " "
            + _each(found["anchors"]["median_m"])
        )
    if "districts" in found:
        said.append(
            asked.words("落在所填区内的比例", "share inside the district they state")
            + " "
            + _each(found["districts"]["share_inside"])
        )
    return html.P("；".join(said) if asked.lang == "zh" else "; ".join(said), className="evidence")


def _each(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def connect(app: Dash, desk: Desk) -> None:
    """Let a person review, change the gazetteer, and open a receipt."""
    _reviewing.connect(app, desk)
    _gazetteer.connect(app, desk)

    @app.callback(
        Output("quality-receipt", "children"),
        Input("quality-receipts", "selectedRows"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def opened(chosen: Any, search: str) -> Any:
        if not chosen:
            return no_update
        who = desk.gate.who(request)
        return receipt_panel(Asked.at(desk, who, "/quality", search), int(chosen[0]["id"]))


PAGE = Page("/quality", order=60, group="data", title=("数据质量", "Data quality"), layout=layout, connect=connect)
