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
from dashboard.pages._grid import grid
from dashboard.text import age, both, figure, moment, percent, pick, say
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
                asked.say("quality.receipts"),
                receipts(asked),
                note=asked.say("quality.choose_row_see"),
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
            both("quality.feed"),
            both("quality.steward"),
            both("quality.last"),
            both("quality.promise"),
            both("quality.deliveries"),
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
    return parts.panel(asked.say("quality.freshness_feeds"), table)


def _hours(asked: Asked, promise: Any) -> str:
    hours = promise.total_seconds() / 3600
    return asked.say("quality.h", hours=hours) if hours < 72 else asked.say("quality.d", hours=hours / 24)


def matching_panel(asked: Asked) -> Component:
    """Return how persons were matched to compounds; what is not placed is counted."""
    found = asked.desk.gate.read(asked.desk.store, asked.who, health.matching, asked.here.view, DISTRICT)
    kinds = {
        "case": both("quality.kinds_case"),
        "contact": both("quality.kinds_contact"),
        "fever": both("quality.kinds_fever"),
    }
    states = {
        "accepted": both("quality.states_accepted"),
        "review": both("quality.states_review"),
        "unmatched": both("quality.states_unmatched"),
    }
    wide = (
        found.pivot_table(index="kind", columns="status", values="n", aggfunc="sum")
        .reindex(columns=list(states))
        .fillna(0)
        if len(found)
        else pd.DataFrame()
    )
    head = ["", *(asked.words(*w) for w in states.values()), asked.say("quality.share_placed")]
    rows = []
    for kind, row in wide.iterrows():
        share = percent(row["accepted"] / row.sum(), 1)
        rows.append(
            html.Tr([html.Th(asked.words(*kinds[kind])), *(html.Td(figure(row[s])) for s in states), html.Td(share)])
        )
    methods = found[found["status"] == "accepted"].groupby("method")["n"].sum()
    names = {
        "inside": both("quality.names_inside"),
        "nearest": both("quality.names_nearest"),
        "address": both("quality.names_address"),
        "both": both("quality.names_both"),
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
    return parts.panel(asked.say("quality.matching_compounds"), body)


def reliability(asked: Asked) -> Component:
    """Return how sure "accepted" is: the curve of the judge that told the newest matches apart, in words, chart and table."""
    w = asked.say
    found = asked.desk.gate.read(asked.desk.store, asked.who, health.judged, asked.here.view, SHARED)
    title = w("quality.how_sure_accepted")
    if found.empty:
        why = w("quality.no_match_has")
        return parts.panel(title, parts.empty(why))
    judge = found["judge"][0]
    if "curve" not in judge:
        told = w(
            "quality.gazetteer_has_compounds",
            compounds=figure(judge["compounds"]),
            threshold=percent(judge["threshold"], 1),
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
        note=w("quality.judge", version=judge["version"]),
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
    return asked.say(
        "quality.match_accepted_from",
        threshold=percent(judge["threshold"], 2),
        n=figure(n),
        wrong=wrong,
        lessons=figure(lessons),
    )


def bands(asked: Asked, curve: pd.DataFrame, threshold: float) -> Component:
    """Return the curve as a table: band of probability, addresses, share right; bands that are accepted are marked."""
    head = html.Thead(
        html.Tr(
            [
                html.Th(asked.words(*w))
                for w in (both("quality.probability"), both("quality.addresses"), both("quality.right"))
            ]
        )
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
    w = asked.say
    columns = {
        "batch": w("quality.batch"),
        "known_at": {"headerName": w("quality.known"), "minWidth": 150},
        "feed": w("quality.feed"),
        "source": w("quality.source"),
        "file": {"headerName": w("quality.file"), "minWidth": 220},
        "read": w("quality.read"),
        "new": w("quality.new"),
        "changed": w("quality.changed"),
        "unchanged": w("quality.unchanged"),
        "rejected": w("quality.rejected"),
        "warned": w("quality.warned"),
        "notices": w("quality.notices"),
    }
    return grid(asked, frame, columns, "quality-receipts")


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
    return parts.panel(f"{asked.say('quality.batch')} {number} · {rows['file'][0] or ''}", body)


def refused(asked: Asked, number: int) -> list[Component | None]:
    """Return the rows of a delivery that were refused or warned about, as the city sees them."""
    if asked.who is None or not asked.who.sees_all:
        return [html.P(asked.say("quality.rows_themselves_shown"), className="more")]
    everywhere = asked.here.view.narrowed("")
    notes = asked.desk.gate.read(asked.desk.store, asked.who, lambda _: receipt.notes_of(number), everywhere, CITY)
    head = [
        asked.words(*w)
        for w in (
            both("quality.row"),
            both("quality.column"),
            both("quality.found"),
            both("quality.wanted"),
            both("quality.reason"),
            both("quality.outcome"),
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


OUTCOMES = {"rejected": both("quality.outcomes_rejected"), "warned": both("quality.outcomes_warned")}


def evidence(asked: Asked, stated: str | None, found: dict[str, Any]) -> Component | None:
    """Return what the delivery's own rows say about its datum."""
    if not stated:
        return None
    how = both("quality.datum_found_out") if found.get("decided") else both("quality.datum_stated")
    said = [f"{asked.words(*how)} {stated}"]
    if found.get("anchors", {}).get("median_m"):
        said.append(asked.say("quality.median_metres_compounds") + " " + _each(found["anchors"]["median_m"]))
    if "districts" in found:
        said.append(asked.say("quality.share_inside_district") + " " + _each(found["districts"]["share_inside"]))
    return html.P(asked.say("manner.semicolon").join(said), className="evidence")


def _each(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def connect(app: Dash, desk: Desk) -> None:
    """Let a person review, change the gazetteer, and open a receipt."""
    _reviewing.connect(app, desk)
    _gazetteer.connect(app, desk)

    @app.callback(
        Output("quality-receipt", "children"),
        Input({"type": "grid", "index": "quality-receipts"}, "selectedRows"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def opened(chosen: Any, search: str) -> Any:
        if not chosen:
            return no_update
        who = desk.gate.who(request)
        return receipt_panel(Asked.at(desk, who, "/quality", search), int(chosen[0]["id"]))


PAGE = Page("/quality", order=60, group="data", title=both("page.quality"), layout=layout, connect=connect)
