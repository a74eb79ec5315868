"""What calls for a question on the journal's page: who did much of what, and the auditor's answer. Nobody answers for themselves."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from dash import ALL, Dash, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from flask import request

from dashboard import audit, parts
from dashboard.calls import CallError
from dashboard.desk import Desk
from dashboard.pages import Asked
from dashboard.presses import press, pressed
from dashboard.text import figure, moment
from layers.decisions.oversight import LONGEST, Finding, OversightError

PATH = "/journal"
ANSWERED = 20  # of those answered that are shown
READ = {  # topic -> action whose entries tell more
    "exports": "export",
    "rows": "exported",
    "persons": "open-person",
    "reveals": "reveal",
    "locks": "sign-in-locked",
    "halves": "sign-in-half",
}
OF_NOBODY = ("locks", "halves")  # topics whose entries are written before anybody came in


def listing(asked: Asked, problem: str = "") -> Component:
    """Return what nobody answered yet, each with a field for the answer, and what was answered lately."""
    w, found = asked.say, audit.findings(asked.desk, asked.who)
    waits = [one for one in found if not one.is_answered]
    known = [one for one in found if one.is_answered][:ANSWERED]
    body: list[Any] = [html.P(problem, className="order-problem", role="alert")] if problem else []
    body.append(html.Ul([_line(asked, one) for one in waits], className="oversight-list") if waits else parts.empty(w("oversight.none")))  # fmt: skip
    if known:
        lines = [_line(asked, one) for one in known]
        body.append(html.Details([html.Summary(w("oversight.answered", n=figure(len(known)))), html.Ul(lines, className="oversight-list")]))  # fmt: skip
    note = w("oversight.note") if waits else ""
    return parts.panel(w("oversight.title"), body, note=note, name="oversight waits" if waits else "oversight")


def _line(asked: Asked, one: Finding) -> Component:
    w = asked.say
    about = [
        html.B(sentence(asked, one)),
        html.Small(w("oversight.when", first=moment(one.begun_at, asked.lang), last=moment(one.ended_at, asked.lang))),
        html.Small(one.rule.title.said(asked.lang) + " · " + w("oversight.own_rule")),
    ]
    if one.is_answered:
        about.append(html.Span(w("oversight.said", by=one.by, at=moment(one.at, asked.lang), remark=one.remark), className="oversight-said"))  # fmt: skip
    days = {"first": f"{one.begun_at:%Y-%m-%d}", "last": f"{one.ended_at:%Y-%m-%d}"}
    who = {} if one.topic in OF_NOBODY else {"actor": one.who}
    there = f"{PATH}?{urlencode({'lang': asked.lang, 'action': READ[one.topic], **who, **days})}"
    mark = html.Span("●" if one.is_answered else "▲", className="alert-mark", **{"aria-hidden": "true"})
    more = dcc.Link(w("oversight.entries"), href=there, className="oversight-more")
    tool = _tool(asked, one) if not one.is_answered else None
    return html.Li(
        [mark, html.Div([*about, more], className="alert-about"), tool], className="" if tool is None else "waits"
    )


def _tool(asked: Asked, one: Finding) -> Component:
    w = asked.say
    if asked.who is not None and asked.who.name == one.who:
        return html.Small(w("oversight.own"), className="oversight-own")
    words = {"placeholder": w("oversight.remark"), "debounce": False, "autoComplete": "off"}
    remark = dcc.Input(id={"type": "oversight-remark", "index": one.id}, type="text", value="", maxLength=LONGEST, **words)  # fmt: skip
    named = {"aria-label": f"{w('oversight.answer')}: {sentence(asked, one)}"}
    button = html.Button(w("oversight.answer"), id={"type": "oversight-do", "do": "answer", "index": one.id}, className="button", n_clicks=0, **named)  # fmt: skip
    return html.Div([html.Label([html.Span(w("oversight.remark"), className="unseen"), remark]), button], className="oversight-answer")  # fmt: skip


def sentence(asked: Asked, one: Finding) -> str:
    """Return what somebody did and how much of it, with the bound."""
    span = asked.say(f"oversight.within_{one.span}")
    values = {"who": one.who, "n": figure(one.value), "bound": figure(one.bound), "span": span}
    return asked.say(f"oversight.did_{one.topic}", **values)


def connect(app: Dash, desk: Desk) -> None:
    """Let the auditor answer."""

    @app.callback(
        Output("oversight", "children"),
        press("oversight"),
        State({"type": "oversight-remark", "index": ALL}, "value"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def does(button: Any, remarks: Sequence[Any], search: str) -> Any:
        if not button:
            return no_update
        asked = Asked.at(desk, desk.gate.who(request), PATH, search)
        given = {one["id"]["index"]: str(text or "") for one, text in zip(ctx.states_list[0], remarks, strict=True)}
        id = pressed(button)
        if id["do"] != "answer":
            raise CallError(f"oversight {id['do'][:20]!r}; wanted answer")
        try:
            audit.answer(desk, asked.who, id["index"], given.get(id["index"], ""))
        except OversightError as error:
            return listing(asked, error.said(asked.lang))
        return listing(asked)
