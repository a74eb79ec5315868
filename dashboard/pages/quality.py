"""Data quality: how fresh each feed is, what every delivery did, and the matches that wait for a person."""

from typing import Any

import pandas as pd
from dash import ALL, Dash, Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component
from flask import request
from sqlalchemy import select

from dashboard import parts
from dashboard.access import CITY, DISTRICT, REVIEWERS, SHARED
from dashboard.desk import Desk
from dashboard.pages import Asked, Page
from dashboard.pages._frame import district_names, sheet
from dashboard.text import age, figure, moment, percent, pick, say
from layers.intake import health, receipt, review
from layers.intake.feeds import all_feeds
from layers.store.schema import FOREVER, batch, compound

WAITING_SHOWN = 12
NOTES_SHOWN = 30


def layout(asked: Asked) -> Component:
    """Feeds and matching above, the review queue and the receipts below."""
    return sheet(
        asked,
        [
            html.Div([feeds_panel(asked), matching_panel(asked)], className="row"),
            html.Div(id="quality-said", className="said", role="status"),
            parts.panel(
                asked.words("待人工核定的匹配", "Matches that wait for a person"),
                html.Div(queue(asked), id="quality-queue"),
            ),
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


def queue(asked: Asked) -> Component:
    """Return the waiting matches, each with the candidates a person may pick, or refuse all."""
    if asked.who is None or asked.who.role not in REVIEWERS:
        return parts.empty(asked.words("由市、区两级核定", "the city and the districts decide"))
    rows = asked.desk.gate.read(asked.desk.store, asked.who, review.queue, asked.here.view)
    if rows.empty:
        return parts.empty(asked.words("没有待核定的匹配", "nothing is waiting"))
    names, shown = district_names(asked), rows.head(WAITING_SHOWN)
    mine = theirs(asked, shown)
    shown = [waiting(asked, row, names, mine) for row in shown.to_dict("records")]
    more = html.P(
        say("state.sample", asked.lang, n=len(shown), total=figure(len(rows)) + ("+" if len(rows) >= 200 else "")),
        className="more",
    )
    return html.Div([html.Ul(shown, className="waiting"), more])


def theirs(asked: Asked, rows: pd.DataFrame) -> set[str]:
    """Return the codes of those candidates of the rows that lie in the reviewer's area: only they may be picked."""
    codes = {choice["compound_id"] for choices in rows["alternatives"] for choice in choices or []}
    columns = (compound.c.code, compound.c.district, compound.c.street)
    query = select(*columns).where(compound.c.known_until == FOREVER, compound.c.code.in_(codes))
    return set(asked.desk.gate.read(asked.desk.store, asked.who, lambda _: query, asked.here.view)["code"])


def choices(asked: Asked, row: dict[str, Any], mine: set[str], kind: str) -> Component:
    """Return the buttons that pick one of the candidates, or none of them; `kind` is review or correct."""
    buttons = [
        html.Button(
            [f"{number}. {choice['name']} ", html.Small(f"{percent(choice['score'])} · {choice['compound_id']}")],
            id={"type": kind, "key": row["key"], "compound": choice["compound_id"]},
            className="choice",
            n_clicks=0,
        )
        for number, choice in enumerate(row["alternatives"] or [], start=1)
        if choice["compound_id"] in mine
    ]
    none = html.Button(
        asked.words("0. 都不是", "0. none of these"),
        id={"type": kind, "key": row["key"], "compound": ""},
        className="choice none",
        n_clicks=0,
    )
    return html.Div([*buttons, none], className="choices")


def waiting(asked: Asked, row: dict[str, Any], names: dict[str, str], mine: set[str]) -> Component:
    """Return one waiting match."""
    reason = row["reason_zh"] if asked.lang == "zh" else row["reason_en"]
    head = html.Div(
        [
            html.B(row["address"] or asked.words("（无地址）", "(no address)")),
            html.Span(
                f"{row['subject']} · {names.get(row['district'], row['district'] or '–')}", className="panel-note"
            ),
        ]
    )
    return html.Li([head, html.P(reason, className="reason-why"), choices(asked, row, mine, "review")])


def correction(asked: Asked, key: str) -> Component:
    """Return what lets a reviewer change the decision just taken."""
    now = asked.desk.store.view(area=asked.here.view.area)
    rows = asked.desk.gate.read(asked.desk.store, asked.who, lambda view: review.match_of(view, key), now)
    if rows.empty:  # it was placed in another area, whose reviewers correct it
        return html.Div()
    change = html.Summary(asked.words("改正", "correct it"))
    return html.Details(
        [change, *(choices(asked, row, theirs(asked, rows), "correct") for row in rows.to_dict("records"))]
    )


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


def decide(desk: Desk, button: Any, search: str) -> tuple[Any, Any]:
    """Take the decision of a button and return the queue after it, and what to say about it."""
    who, key, code = desk.gate.reviewer(desk.gate.who(request)), button["key"], button["compound"] or None
    desk.here(who, "/quality", search)
    try:
        number = review.decide(desk.store, key, code, who.name, area=who.area, correcting=button["type"] == "correct")
    except review.ClosedError as error:  # somebody was faster: the list as it is now says the rest
        return queue(Asked(desk.here(who, "/quality", search), who, desk)), str(error)
    fresh = Asked(desk.here(who, "/quality", search), who, desk)
    subject, what = key.partition(":")[2], code or fresh.words("都不是", "none of them")
    said = fresh.words(
        f"已核定 {subject}：{what}（批次 {number}），统计已同步更新",
        f"{subject}: {what}, decided in batch {number}; the totals follow",
    )
    return queue(fresh), [said, correction(fresh, key)]


def connect(app: Dash, desk: Desk) -> None:
    """Let a person pick or refuse a compound, and open a receipt."""

    def pressed(_clicks: Any, search: str) -> Any:
        return decide(desk, ctx.triggered_id, search) if ctx.triggered[0]["value"] else (no_update, no_update)

    for kind in ("review", "correct"):
        shared = kind == "correct"
        app.callback(
            Output("quality-queue", "children", allow_duplicate=shared),
            Output("quality-said", "children", allow_duplicate=shared),
            Input({"type": kind, "key": ALL, "compound": ALL}, "n_clicks"),
            State("url", "search"),
            prevent_initial_call=True,
        )(pressed)

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
        return receipt_panel(Asked(desk.here(who, "/quality", search), who, desk), int(chosen[0]["id"]))


PAGE = Page("/quality", order=60, title=("数据质量", "Data quality"), layout=layout, connect=connect)
