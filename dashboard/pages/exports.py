"""Exports that need a second person: what waits for one's release, and what became of what one asked for."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from dash import ALL, Dash, Output, State, ctx, html, no_update
from dash import dcc as dcc
from dash.development.base_component import Component
from flask import request

from dashboard import parts, second
from dashboard.access import district_titles
from dashboard.calls import CallError
from dashboard.desk import Desk
from dashboard.pages import Asked, Page, _live
from dashboard.pages._frame import record
from dashboard.presses import press, pressed
from dashboard.roles import AccessError
from dashboard.text import both, figure, moment
from layers._times import SHANGHAI
from layers.store.takings import LONGEST, TakingError

DOES = {"release": True, "refuse": False}
TONES = {"waiting": ("amber", "▲"), "released": ("teal", "✓"), "refused": ("red", "✕"), "taken": ("blue", "●"), "over": ("", "○")}  # fmt: skip


def layout(asked: Asked) -> Component:
    """What waits for the reader at the left, what they asked for and decided at the right."""
    left = [html.Div(id="taking-said"), _live.part("alerts", "takings", waiting(asked), "stack")]
    right = [_live.part("alerts", "own", own(asked)), _live.part("alerts", "decided", decided(asked))]
    return record(asked, [html.Div([html.Div(left, className="stack"), html.Div(right, className="stack")], className="exports-columns")])  # fmt: skip


def waiting(asked: Asked) -> Component:
    """Return the requests that the reader may decide, the oldest first, each with who, what, why and how much."""
    w, rows = asked.say, second.waiting(asked.desk, asked.who)
    note = w("exports.note", n=figure(asked.desk.settings.second_rows))
    if asked.desk.settings.is_drill:
        body: Any = parts.empty(w("exports.drill"), w("exports.drill_more", n=figure(asked.desk.settings.second_rows)))
    elif rows.empty:
        body = parts.empty(w("exports.none"), w("exports.none_more"))
    else:
        body = html.Ul([_asks(asked, row) for row in rows.to_dict("records")], className="taking-list")
    return parts.panel(w("exports.to_decide"), body, note=note, name="exports waits" if len(rows) else "exports")


def _asks(asked: Asked, row: Mapping[Any, Any]) -> Component:
    w, code = asked.say, row["code"]
    role = " ".join((w(f"access.role_{row['role']}"), row["area"])).strip()
    pairs = [
        (w("exports.what"), what(asked, row)),
        (w("exports.rows"), html.B(figure(row["rows"]))),
        (w("exports.reason"), row["reason"]),
        (w("exports.asked_at"), moment(row["asked_at"], asked.lang)),
        (w("exports.until"), f"{moment(row['until'], asked.lang)} · {w('exports.left', n=_hours(row['until']))}"),
        (w("exports.code"), code),
    ]
    remark = dcc.Input(id={"type": "taking-remark", "index": code}, type="text", value="", maxLength=LONGEST, placeholder=w("exports.remark"), autoComplete="off")  # fmt: skip
    buttons = [
        html.Button(w(f"exports.do_{do}"), id={"type": "taking-do", "do": do, "index": code}, n_clicks=0, className=f"button {tone}", **{"aria-label": f"{w('exports.do_' + do)}: {row['who']} {code}"})
        for do, tone in (("refuse", ""), ("release", "primary"))
    ]  # fmt: skip
    who = html.H3([row["who"], html.Small(f" {role}")])
    label = html.Label([html.Span(w("exports.remark"), className="unseen"), remark])
    return html.Li([who, parts.facts(pairs), html.Div([label, *buttons], className="taking-decide")])


def _hours(until: datetime) -> str:
    return figure(max((until - datetime.now(UTC)).total_seconds() / 3600, 0), 1)


def what(asked: Asked, row: Mapping[Any, Any]) -> str:
    """Return what a request is of: table, form, area and the moment that it shows."""
    told, w = row["asked"], asked.say
    area = district_titles(asked.desk.store, asked.lang).get(told["area"], told["area"]) or w("rows.whole_city")
    at = datetime.fromtimestamp(told["as_of"] / 1000, SHANGHAI)
    table = told["table"]
    return f"{w(f'exports.table_{table}')} · {told['form'].upper()} · {area} · {moment(at, asked.lang)}"


def own(asked: Asked) -> Component:
    """Return what the reader asked for, with its state; what was released is taken here."""
    rows = second.own(asked.desk, asked.who)
    w = asked.say
    body = html.Ul([_own(asked, row) for row in rows.to_dict("records")], className="taking-list") if len(rows) else parts.empty(w("exports.none_asked"))  # fmt: skip
    return parts.panel(w("exports.own"), body, note=w("exports.month") if len(rows) else "", name="exports-own")


def _own(asked: Asked, row: Mapping[Any, Any]) -> Component:
    w = asked.say
    tool = html.Button(w("exports.take"), className="button primary", **{"data-released": row["code"]}) if row["state"] == "released" else None  # fmt: skip
    return html.Li([_state(asked, row), html.B(what(asked, row)), html.Small(f"{figure(row['rows'])} {w('exports.unit')} · {row['code']} · {moment(row['asked_at'], asked.lang)}"), _decision(asked, row), tool])  # fmt: skip


def decided(asked: Asked) -> Component | None:
    """Return what the reader released or refused."""
    rows = second.decided(asked.desk, asked.who)
    if rows.empty:
        return None
    lines = [html.Li([_state(asked, row), html.B(f"{row['who']} · {what(asked, row)}"), html.Small(f"{figure(row['rows'])} {asked.say('exports.unit')} · {row['code']}"), _decision(asked, row)]) for row in rows.to_dict("records")]  # fmt: skip
    return parts.panel(asked.say("exports.decided"), html.Ul(lines, className="taking-list"), name="exports-decided")


def _state(asked: Asked, row: Mapping[Any, Any]) -> Component:
    tone, symbol = TONES[row["state"]]
    return parts.badge(asked.say(f"exports.state_{row['state']}"), tone, symbol)


def _decision(asked: Asked, row: Mapping[Any, Any]) -> Component | None:
    if pd.isna(row["decided_at"]):
        return None
    at = moment(row["decided_at"], asked.lang)
    return html.Span(asked.say("exports.decision", by=row["decided_by"], at=at, remark=row["remark"]), className="taking-said")  # fmt: skip


def connect(app: Dash, desk: Desk) -> None:
    """Let a second person release or refuse."""

    @app.callback(
        Output("taking-said", "children"),
        Output({"type": "live", "index": "alerts:takings"}, "children"),
        press("taking"),
        State({"type": "taking-remark", "index": ALL}, "value"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def does(button: Any, remarks: Sequence[Any], search: str) -> Any:
        if not button:
            return no_update, no_update
        asked, id = Asked.at(desk, desk.gate.who(request), PAGE.path, search), pressed(button)
        given = {one["id"]["index"]: str(text or "") for one, text in zip(ctx.states_list[0], remarks, strict=True)}
        if id["do"] not in DOES:
            raise CallError(f"taking {id['do'][:20]!r}; wanted one of {tuple(DOES)}")
        try:
            second.decide(desk, asked.who, id["index"], DOES[id["do"]], given.get(id["index"], ""))
        except (TakingError, AccessError) as error:
            return html.P(error.said(asked.lang), className="order-problem", role="alert"), no_update
        done = html.P(asked.say(f"exports.done_{id['do']}", code=id["index"]), className="account-done", role="status")
        return done, waiting(asked)


PAGE: Any = Page(
    "/exports", order=61, group="data", title=both("page.exports"), layout=layout, connect=connect, bare=True,
    live=frozenset({"alerts", "saved", "facts", "orders"}),
)  # fmt: skip
