"""Alerts: what calls for attention, who has taken note of it, and the rules that a person writes for it."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from dash import ALL, Dash, Output, State, ctx, html, no_update
from dash.development.base_component import Component
from flask import request

from dashboard import parts
from dashboard.access import WARNERS
from dashboard.calls import CallError
from dashboard.desk import Desk
from dashboard.pages import Asked, Page, _alert_rules, _live
from dashboard.pages._alerts import ago, places, sentence
from dashboard.pages._field import field
from dashboard.pages._frame import sheet
from dashboard.presses import press, pressed
from dashboard.text import UNKNOWN, both, figure, moment
from layers._errors import ViewError
from layers.decisions import alerting
from layers.store import alerts
from layers.store.alerts import AlertError

MOST = 200  # alerts of a group that are written out: a rule for each compound may come true of thousands


def layout(asked: Asked) -> Component:
    """What waits and what is true at the left, the rules and the way to write one at the right."""
    w = asked.say
    left = [
        _live.part("alerts", "waiting", waiting(asked)),
        html.Div(id="alert-ack"),
        _live.part("alerts", "history", history(asked)),
    ]
    right = [
        _live.part("alerts", "rules", _alert_rules.listing(asked, may_write(asked))),
        parts.panel(w("alerts.write_rule"), _alert_rules.form(asked), name="alert-new") if may_write(asked) else None,
    ]
    return sheet(
        asked,
        [html.Div([html.Div(left, className="stack"), html.Div(right, className="stack")], className="alert-columns")],
    )


def may_write(asked: Asked) -> bool:
    """Return whether this person writes rules and acknowledges."""
    return asked.who is not None and asked.who.role in WARNERS


def _watched(asked: Asked) -> bool:
    """Whether any rule is in force: without one no alert means nothing."""
    return not asked.desk.gate.alerts(asked.desk.store, asked.who, alerts.in_force(), asked.here.view.area).empty


def waiting(asked: Asked) -> Component:
    """Return the alerts that are true or wait, those to acknowledge first."""
    rows = asked.desk.alerts(asked.who, asked.here.view)
    w, names = asked.say, places(asked, rows)
    waits = rows[rows["acknowledged_at"].isna()]
    known = rows[rows["acknowledged_at"].notna()]
    note = w("alerts.acknowledge", n=figure(len(waits)))
    if rows.empty:
        nothing = parts.empty(w("alerts.no_alert"), "" if _watched(asked) else w("alerts.nothing_watched"))
        return parts.panel(w("alerts.alerts"), nothing, note=note, name="alerts")
    groups = [
        _group(asked, w("alerts.to_acknowledge"), waits, names),
        _group(asked, w("alerts.acknowledged_still_true"), known, names),
    ]
    return parts.panel(w("alerts.alerts"), [one for one in groups if one], note=note, name="alerts")


def _group(asked: Asked, title: str, rows: pd.DataFrame, names: Mapping[str, str]) -> Component | None:
    if rows.empty:
        return None
    lines = [_line(asked, row, names) for row in rows.head(MOST).to_dict("records")]
    more = html.P(asked.say("state.sample", n=MOST, total=figure(len(rows))), className="more")
    return html.Section([html.H3(title), html.Ul(lines, className="alert-list"), more if len(rows) > MOST else None])


def _line(asked: Asked, row: Mapping[Any, Any], names: Mapping[str, str]) -> Component:
    w, waits = asked.say, pd.isna(row["acknowledged_at"])
    over = not pd.isna(row["cleared_at"])
    told = w("manner.listing").join(row["told"])
    about = [
        html.B(sentence(asked, row, names)),
        html.Small(w("alerts.rule_told", name=row['name'], told=told, ago=ago(asked, row['raised_at']))),
        html.Small(_known(asked, row)) if not waits else None,
        html.Small(w("alerts.true_no_longer", at=moment(row["cleared_at"], asked.lang))) if over else None,
    ]  # fmt: skip
    button = html.Button(w("alerts.acknowledge_this"), id={"type": "alert-do", "do": "ack", "index": str(row["id"])}, className="quiet", n_clicks=0)  # fmt: skip
    mark = html.Span("○" if over else "▲" if waits else "●", className="alert-mark", **{"aria-hidden": "true"})
    tool = button if waits and may_write(asked) else None
    return html.Li([mark, html.Div(about, className="alert-about"), tool], className="waits" if waits else "")


def _known(asked: Asked, row: Mapping[Any, Any]) -> str:
    by, at, note = row["acknowledged_by"], row["acknowledged_at"], row["note"]
    return asked.say("alerts.known", by=by, at=moment(at, asked.lang), note=note)


def history(asked: Asked) -> Component:
    """Return the alerts that are over and were acknowledged, newest first."""
    rows = asked.desk.gate.alerts(asked.desk.store, asked.who, alerts.settled(), asked.here.view.area)
    w, names = asked.say, places(asked, rows)
    head = [w("alerts.alert"), w("alerts.raised"), w("alerts.over"), w("alerts.acknowledged"), w("alerts.note")]
    body = [
        html.Tr(
            [
                html.Td(text)
                for text in (
                    sentence(asked, row, names),
                    moment(row["raised_at"], asked.lang),
                    moment(row["cleared_at"], asked.lang),
                    row["acknowledged_by"],
                    row["note"] or UNKNOWN,
                )
            ]
        )
        for row in rows.to_dict("records")
    ]
    table = html.Table(
        [html.Thead(html.Tr([html.Th(text) for text in head])), html.Tbody(body)], className="plain-table compact"
    )
    shown = table if body else parts.empty(w("alerts.no_alert_settled"))
    return parts.panel(w("alerts.settled"), shown, note=figure(len(rows)), name="alert-history")


# ---- acknowledging


def ack_form(asked: Asked, number: int, entered: Mapping[str, str], problem: str = "") -> Component:
    """Return the fields in which a person acknowledges one alert: their name (a pass states it) and what is being done."""
    rows = asked.desk.alerts(asked.who, asked.here.view)
    found = rows[rows["id"] == number].to_dict("records")
    if not found:
        return html.P(asked.say("alerts.alert_no_longer"), className="caveat")
    w, own = asked.say, _own_name(asked)
    name = entered.get("name", own)
    fields = [
        field(w("alerts.who"), _alert_rules.entry("name", name, "alert-word", disabled=bool(own))),
        field(w("alerts.what_being_done"), _alert_rules.entry("note", entered.get("note", ""), "alert-word"),
                           w("alerts.least_characters_nothing", least_note=alerting.LEAST_NOTE)),
    ]  # fmt: skip
    buttons = [
        html.Button(w("alerts.cancel"), id=_does("drop", number), className="quiet", n_clicks=0),
        html.Button(w("alerts.acknowledge_send"), id=_does("sign", number), className="button primary", n_clicks=0),
    ]
    body = [
        html.P(html.B(sentence(asked, found[0], places(asked, rows)))),
        html.Div(fields, className="alert-fields"),
        html.P(problem, className="order-problem", role="alert") if problem else None,
        html.Div(buttons, className="order-buttons"),
    ]
    return parts.panel(w("alerts.acknowledge_alert"), body, name="alert-sign")


def _own_name(asked: Asked) -> str:
    """Return the name on a person's pass; in a drill everybody is the same visitor and writes a name."""
    return "" if asked.desk.settings.is_drill or asked.who is None else asked.who.name


def _does(what: str, number: Any) -> dict[str, str]:
    return {"type": "alert-do", "do": what, "index": str(number)}


def signed(asked: Asked, number: int, entered: Mapping[str, str]) -> Component | None:
    """Acknowledge an alert; what is wrong is said beside the fields."""
    who = asked.desk.gate.warner(asked.who)
    if number not in set(asked.desk.alerts(who, asked.here.view)["id"]):
        return ack_form(asked, number, entered)
    name, note = _own_name(asked) or entered.get("name", "").strip(), entered.get("note", "").strip()
    try:
        alerts.acknowledge(asked.desk.store, number, *alerting.signature(name, note))
    except AlertError as error:
        return ack_form(asked, number, entered, error.said(asked.lang))
    return None


# ---- callbacks


def connect(app: Dash, desk: Desk) -> None:
    """Let a person acknowledge, write a rule and end one."""

    @app.callback(
        Output("alert-ack", "children"),
        Output("alert-said", "children"),
        press("alert"),
        State({"type": "alert-word", "index": ALL}, "value"),
        State({"type": "alert-field", "index": ALL}, "value"),
        State("url", "pathname"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def does(button: Any, words: Sequence[Any], fields: Sequence[Any], path: str, search: str) -> Any:
        if not button:
            return no_update, no_update
        asked = Asked.at(desk, desk.gate.who(request), path, search)
        given = [_entered(ids, texts) for ids, texts in zip(ctx.states_list[:2], (words, fields), strict=True)]
        return acted(asked, pressed(button), *given)

    _alert_rules.connect(app, desk)


def _entered(ids: Sequence[Mapping[str, Any]], values: Sequence[Any]) -> dict[str, str]:
    return {one["id"]["index"]: str("" if text is None else text) for one, text in zip(ids, values, strict=True)}


def acted(asked: Asked, button: Mapping[str, str], words: Mapping[str, str], fields: Mapping[str, str]) -> Any:
    """Do what a button says: (what stands in the place of the acknowledgement, what is said under the form)."""
    do, index = button["do"], button["index"]
    asked.desk.gate.warner(asked.who)
    try:
        if do == "make":
            return no_update, _alert_rules.made(asked, fields)
        if not index.isdecimal() or len(index) > 15:
            raise CallError(f"alert {index[:20]!r}; wanted a number")
        if do == "end":
            return no_update, _alert_rules.ended(asked, int(index))
    except (AlertError, ViewError) as error:
        said = error.said(asked.lang)
        return no_update, html.P(said, className="order-problem", role="alert")
    shown = {
        "ack": lambda: ack_form(asked, int(index), {}),
        "drop": lambda: None,
        "sign": lambda: signed(asked, int(index), words),
    }
    if do not in shown:
        raise CallError(f"nothing is done for {do[:20]!r}; wanted one of {('make', 'end', *shown)}")
    return shown[do](), no_update


PAGE = Page(
    "/alerts",
    order=58,
    title=both("page.alerts"),
    layout=layout,
    connect=connect,
    group="act",
    live=frozenset(_live.KINDS),
    shared=True,
)
