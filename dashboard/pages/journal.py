"""The journal: who did what and when, and whether the record is whole. For the auditor; nobody's data is in it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from dash import Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from flask import request

from dashboard import audit, parts, table_parts
from dashboard.audit import DOOR, Checked
from dashboard.desk import Desk
from dashboard.pages import Asked, Page, _oversight
from dashboard.pages._frame import record
from dashboard.pages._journal_words import about, actor, kind, told
from dashboard.text import UNKNOWN, both, figure, moment
from layers._times import SHANGHAI
from layers.store.journal_reading import Wanted

FILTERS = ("action", "actor", "first", "last")
WEEK = timedelta(days=7)


def wanted(asked: Asked) -> Wanted:
    """Return which entries the address asks for; a day that is none is left out."""
    given = asked.here.options or {}
    last, before = _day(given.get("last", "")), given.get("before", "")
    return Wanted(
        given.get("action", ""),
        given.get("actor", ""),
        _day(given.get("first", "")),
        last + timedelta(days=1) if last else None,
        int(before) if before.isdecimal() and len(before) < 16 else 0,
    )


def _day(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=SHANGHAI) if text else None
    except ValueError:
        return None


def layout(asked: Asked) -> Component:
    """Figures above, then what calls for a question; the entries at the left, whether the journal is whole at the right."""
    checked = audit.chain(asked.desk, asked.who)
    rows, number = audit.entries(asked.desk, asked.who, wanted(asked))
    left = parts.panel(
        asked.say("page.journal"),
        [filters(asked), listing(asked, rows, number)],
        note=note(asked, rows, number),
        name="journal-list",
    )
    right = parts.panel(asked.say("journal.chain"), html.Div(chain(asked, checked), id="journal-chain"), name="chain")
    asks = html.Div(_oversight.listing(asked), id="oversight")
    return record(asked, [tiles(asked, checked), asks, html.Div([left, right], className="journal-columns")])


def tiles(asked: Asked, checked: Checked) -> Component:
    """Return how many entries there are, how many of today, how often the door refused, and whether all is whole."""
    w, now = asked.say, datetime.now(UTC).astimezone(SHANGHAI)
    count = lambda **which: audit.number(asked.desk, asked.who, Wanted(**which))  # noqa: E731
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    refused, locked = (count(action=name, first=now - WEEK) for name in DOOR)
    word, tone, _ = _state(asked, checked)
    asks = sum(not one.is_answered for one in audit.findings(asked.desk, asked.who))
    unit = w("journal.entries")
    made = [
        parts.tile(w("journal.all"), figure(count()), unit, w("journal.all_note"), tone="blue"),
        parts.tile(w("journal.today"), figure(count(first=today)), unit, w("journal.today_note")),
        parts.tile(w("journal.refused"), figure(refused), w("journal.times"), w("journal.refused_note", n=figure(locked)), tone="amber" if refused else "teal"),
        parts.tile(w("oversight.open"), figure(asks), w("oversight.unit"), w("oversight.open_note"), tone="amber" if asks else "teal"),
        parts.tile(w("journal.chain"), word, "", _when(asked, checked), tone=tone),
    ]  # fmt: skip
    return html.Div(made, className="tiles paces journal-tiles")


def _state(asked: Asked, checked: Checked) -> tuple[str, str, str]:
    """How whole the journal is: word, tone, symbol."""
    if checked.verdict is None:
        return UNKNOWN, "", UNKNOWN
    return (
        (asked.say("journal.whole"), "teal", "✓")
        if checked.verdict.whole
        else (asked.say("journal.broken"), "red", "▲")
    )


def _when(asked: Asked, checked: Checked) -> str:
    at = _time(asked, checked)
    return asked.say("journal.checked_at", at=at) if at else asked.say("journal.unchecked")


def _time(asked: Asked, checked: Checked) -> str:
    return moment(checked.at.astimezone(SHANGHAI), asked.lang) if checked.at else ""


def chain(asked: Asked, checked: Checked) -> list[Component]:
    """Return what the chain says, what that means, and the button that asks again."""
    w, verdict = asked.say, checked.verdict
    word, tone, symbol = _state(asked, checked)
    lines = [
        (w("journal.state"), parts.badge(word, tone, symbol)),
        (w("journal.checked"), _time(asked, checked) or w("journal.unchecked")),
    ]
    if verdict is not None:
        lines.insert(1, (w("journal.all"), figure(verdict.entries)))
    if verdict is not None and not verdict.whole:
        lines.append((w("journal.broken_at"), figure(verdict.broken)))
    why = (
        html.P(asked.words(*verdict.why), className="order-problem", role="alert")
        if verdict and verdict.why[0]
        else None
    )
    again = html.Button(w("journal.check_now"), id="journal-check", className="button", n_clicks=0)
    means = html.P(w("journal.means"), className="journal-means")
    by_hand = html.P(w("journal.by_hand", command="verify-journal"), className="journal-means")
    return [parts.facts(lines), *filter(None, [why]), again, means, by_hand]


def filters(asked: Asked) -> Component:
    """Return what the list can be narrowed by: what was done, by whom, from which day until which."""
    w, given = asked.say, asked.here.options or {}
    actions = {
        name: f"{kind(name, asked.lang)} ({figure(n)})"
        for name, n in audit.values(asked.desk, asked.who, "action").items()
    }
    actors = {
        name: f"{actor(name, asked.lang)} ({figure(n)})"
        for name, n in audit.values(asked.desk, asked.who, "actor").items()
    }
    chosen = [
        html.Label([html.Span(w(f"journal.{name}")), dcc.Dropdown(
            [{"value": value, "label": label} for value, label in options.items()], given.get(name) or None,
            id=f"journal-{name}", placeholder=w(f"journal.every_{name}"), clearable=True)])
        for name, options in (("action", actions), ("actor", actors))
    ]  # fmt: skip
    today = f"{datetime.now(UTC).astimezone(SHANGHAI):%Y-%m-%d}"
    days = [
        html.Label([html.Span(w(f"journal.{name}")), dcc.Input(
            id=f"journal-{name}", type="text", value=given.get(name, ""), placeholder=today, maxLength=10, debounce=True, autoComplete="off")])
        for name in FILTERS[2:]
    ]  # fmt: skip
    wrong = [given[name] for name in FILTERS[2:] if given.get(name) and _day(given[name]) is None]
    told = [html.P(w("journal.no_day", text=text, example=today), className="caveat", role="alert") for text in wrong]
    return html.Div([html.Div([*chosen, *days], className="journal-filters"), *told])


def listing(asked: Asked, rows: pd.DataFrame, number: int) -> Component:
    """Return the entries, newest first, and the way to older ones."""
    if rows.empty:
        first = asked.say("journal.none_yet" if wanted(asked) == Wanted() else "journal.none_fits")
        return parts.empty(first)
    columns = {
        "at": {"headerName": asked.say("journal.at"), "minWidth": 168, "maxWidth": 190},
        "action": {"headerName": asked.say("journal.action"), "minWidth": 150, "flex": 1.6},
        "actor": {"headerName": asked.say("journal.actor"), "minWidth": 120, "flex": 1},
        "subject": {"headerName": asked.say("journal.subject"), "minWidth": 170, "flex": 1.4},
        "detail": {"headerName": asked.say("journal.detail"), "minWidth": 260, "flex": 2.6},
        "seq": {"headerName": asked.say("journal.seq"), "minWidth": 84, "maxWidth": 110},
    }
    frame = rows.assign(
        at=rows["at"].dt.strftime("%Y-%m-%d %H:%M:%S"),
        action=[kind(action, asked.lang) for action in rows["action"]],
        actor=[actor(name, asked.lang) for name in rows["actor"]],
        subject=[about(*both, asked.lang) for both in zip(rows["action"], rows["subject"], strict=True)],
        detail=[told(detail, asked.lang) for detail in rows["detail"]],
    )
    table = table_parts.table(frame[list(columns)], columns, "journal-rows", lang=asked.lang, scale=asked.scale)
    older = rows["seq"].iloc[-1]
    more = []
    if number > len(rows) and pd.notna(older):
        more.append(dcc.Link(asked.say("journal.older"), href=_with(asked, before=str(int(older))), className="button"))
    if wanted(asked).before:
        more.append(dcc.Link(asked.say("journal.newest"), href=_with(asked), className="button"))
    return html.Div([html.Div(table, className="grid-box"), html.Div(more, className="journal-more") if more else None])


def note(asked: Asked, rows: pd.DataFrame, number: int) -> str:
    """Return how many entries are shown of how many."""
    return parts.first_of(len(rows), number, asked.lang)


def _with(asked: Asked, **changes: str | None) -> str:
    """Return this page with other filters, from the newest entry on."""
    options = {**(asked.here.options or {}), "before": None, **changes}
    return asked.here.path + replace(asked.here, pick=None, options={k: v for k, v in options.items() if v}).search


def connect(app: Dash, desk: Desk) -> None:
    """Let the filters change the address, the button verify the chain, and the auditor answer what calls for a question."""
    _oversight.connect(app, desk)

    @app.callback(
        Output("url", "search", allow_duplicate=True),
        *(Input(f"journal-{name}", "value") for name in FILTERS),
        State("url", "pathname"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def narrowed(*values: str) -> Any:
        *values, path, search = values
        asked = Asked.at(desk, desk.gate.who(request), path, search)
        given = asked.here.options or {}
        asks = {name: value or None for name, value in zip(FILTERS, values, strict=True)}
        if path != PAGE.path or not ctx.triggered or asks == {name: given.get(name) or None for name in FILTERS}:
            return no_update
        return _with(asked, **asks).removeprefix(PAGE.path)

    @app.callback(
        Output("journal-chain", "children"),
        Input("journal-check", "n_clicks"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def check(pressed: int, search: str) -> Any:
        if not pressed:
            return no_update
        asked = Asked.at(desk, desk.gate.who(request), PAGE.path, search)
        return chain(asked, audit.chain(desk, asked.who, now=True))


PAGE: Any = Page(
    "/journal", order=62, group="data", title=both("page.journal"), layout=layout, connect=connect, bare=True
)
