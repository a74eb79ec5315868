"""Care for the gazetteer on the quality page: pairs that may be one place, changes rehearsed and then made, and their history."""

from typing import Any

import pandas as pd
from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from flask import request

from dashboard import parts
from dashboard.access import CARERS
from dashboard.calls import CallError
from dashboard.desk import Desk
from dashboard.pages import Asked
from dashboard.presses import press, pressed
from dashboard.roles import AccessError, Person
from dashboard.text import UNKNOWN, both, figure, listed, moment, percent, say
from layers._palette import CONTROL
from layers.intake import duplicates, gazetteer_changes
from layers.intake.feeds.assessments import ITEMS
from layers.intake.gazetteer_changes import CareError, Change, Changed

PAIRS = 12  # pairs shown; the command lists all
CHANGES = 10
PAIRED = ("merge", "apart")  # what the buttons of a pair do
NAMES = {
    "alias": both("gazetteer.names_alias"),
    "rename": both("gazetteer.names_rename"),
    "merge": both("gazetteer.names_merge"),
    "split": both("gazetteer.names_split"),
    "apart": both("gazetteer.names_apart"),
}


def panel(asked: Asked) -> Component | None:
    """Return the care of the gazetteer for those who may change something, nothing for others."""
    kinds = kinds_of(asked.who)
    if not kinds:
        return None
    w = asked.say
    tools = html.Button(w("gazetteer.look_for_duplicates"), id="care-look", className="quiet", n_clicks=0)
    note = w("gazetteer.changes_dated_have")
    body = [
        html.Div(form(asked, kinds), className="care-form"),
        html.Div(id="care-said", className="said", role="status"),
        html.Div(id="care-pairs", className="care-pairs"),
        html.Div(changes(asked), id="care-changes"),
        dcc.Store(id="care-pending"),
    ]
    return parts.panel(w("gazetteer.care_for_gazetteer"), body, note=note, tools=tools, name="care")


def kinds_of(who: Person | None) -> tuple[str, ...]:
    """Return the kinds of change that somebody may make."""
    return CARERS.get(who.role, ()) if who else ()


def form(asked: Asked, kinds: tuple[str, ...]) -> list[Component]:
    """Return the fields of one change and the button that rehearses it."""
    w = asked.say
    options = [{"value": kind, "label": asked.words(*NAMES[kind])} for kind in kinds]
    return [
        dcc.Input(id="care-code", placeholder=w("gazetteer.compound_code"), type="text", **parts.HELD),
        dcc.Dropdown(
            options, kinds[0], id="care-kind", clearable=False, searchable=False, className="care-kind", **parts.HELD
        ),
        dcc.Input(
            id="care-value",
            placeholder=w("gazetteer.name_other_code"),
            type="text",
            className="care-value",
            **parts.HELD,
        ),
        dcc.Input(id="care-why", placeholder=w("gazetteer.reason"), type="text", **parts.HELD),
        html.Button(w("gazetteer.rehearse"), id="care-try", className="button", n_clicks=0),
    ]


# ---- pairs


def pairs(asked: Asked) -> list[Component]:
    """Return the duplicate report: what may be one place, with what to do, and the siblings apart."""
    assert asked.who is not None
    desk, w = asked.desk, asked.say
    area = "" if asked.who.sees_all else asked.who.area
    key = ("duplicates", area, desk.revision(desk.store.view()))
    found = desk.memory.get(key, lambda: duplicates.report(desk.store, area))
    same, siblings = (found[found["kind"] == kind] for kind in ("same", "sibling"))
    if same.empty:
        shown: Component = parts.empty(w("gazetteer.no_pair_looks"))
    else:
        rows = [_pair(asked, row) for row in same.head(PAIRS).to_dict("records")]
        heads = (
            both("gazetteer.compound"),
            both("gazetteer.compound"),
            both("gazetteer.evidence"),
            both("gazetteer.score"),
            ("", ""),
        )
        head = html.Thead(html.Tr([html.Th(asked.words(*each)) for each in heads]))
        shown = html.Table([head, html.Tbody(rows)], className="plain-table")
    count = say("state.sample", asked.lang, n=min(PAIRS, len(same)), total=figure(len(same)))
    return [shown, html.P(count, className="more"), _siblings(asked, siblings)]


def _pair(asked: Asked, row: dict[str, Any]) -> Component:
    w, may = asked.say, kinds_of(asked.who)
    names = [[html.B(row[f"{side}_name"]), html.Small(row[side])] for side in ("a", "b")]
    acts = [
        (w("gazetteer.merge_into", into=(row["a_name"], row["a"])), "merge", row["b"], row["a"]),
        (w("gazetteer.merge_into", into=(row["b_name"], row["b"])), "merge", row["a"], row["b"]),
        (asked.words(*NAMES["apart"]), "apart", row["a"], row["b"]),
    ]
    buttons = [
        html.Button(text, id={"type": "care", "do": kind, "index": f"{code}>{other}"}, className="quiet", n_clicks=0)
        for text, kind, code, other in acts
        if kind in may and code.isascii() and other.isascii()
    ]
    cells = [*names, row[asked.lang], percent(row["score"]), html.Div(buttons, className="care-acts")]
    return html.Tr([html.Td(cell) for cell in cells])


def _siblings(asked: Asked, rows: pd.DataFrame) -> Component | None:
    if rows.empty:
        return None
    w = asked.say
    lines = [
        html.Li(f"{row['a_name']} {row['a']} · {row['b_name']} {row['b']}: {row[asked.lang]}")
        for row in rows.head(3 * PAIRS).to_dict("records")
    ]
    title = w("gazetteer.pairs_siblings_not", n=figure(len(rows)))
    more = say("state.sample", asked.lang, n=len(lines), total=figure(len(rows)))
    return html.Details([html.Summary(title), html.Ul(lines, className="siblings"), html.P(more, className="more")])


# ---- one change: rehearsed, then made


def rehearsed(asked: Asked, change: Change | int) -> tuple[Any, Any]:
    """Return what a change, or the undoing of a batch, would move, with the button that makes it; and what is pending."""
    who, w = asked.who, asked.say
    assert who is not None
    found = done(asked.desk, who, change, apply=False)
    moves = found.moved.groupby(["was_compound", "compound", "status"]).size()
    lines = [f"{was} → {to or w('gazetteer.review')}{w('manner.colon')}{n}" for (was, to, _), n in moves.items()]
    moved = w("gazetteer.would_move", n=len(found.moved))
    what = described(asked, change)
    yes = html.Button(
        w("gazetteer.do"), id={"type": "care", "do": "apply", "index": "now"}, className="button primary", n_clicks=0
    )
    no = html.Button(
        w("gazetteer.leave"), id={"type": "care", "do": "drop", "index": "now"}, className="button", n_clicks=0
    )
    said = html.Div(
        [
            html.B(what),
            html.Span(
                f"{moved}{(w('manner.colon') if lines else '')}{say('manner.semicolon', asked.lang).join(lines)}"
            ),
            facts(asked, found),
            yes,
            no,
        ],
        className="care-pending",
    )
    return said, pending_of(change)


def facts(asked: Asked, found: Changed) -> Component | None:
    """Return the orders and assessments that would move, and what the survivor then has."""
    w = asked.say
    lines = []
    for row in found.facts.to_dict("records"):
        says, stands = (_said_by(asked, row["table"], row[name]) for name in ("says", "stands"))
        what = w("gazetteer.order") if row["table"] == "control" else w("gazetteer.assessment")
        where = f"{row['was_compound']} → {row['compound']}"
        then = w("gazetteer.holds_then", stands=stands)
        lines.append(html.Li(f"{what} {row['key']} {where}{w('manner.colon')}{says}{w('manner.semicolon')}{then}"))
    return html.Ul(lines) if lines else None


def _said_by(asked: Asked, table: str, says: str) -> str:
    """What an order or an assessment says, in words."""
    w = asked.say
    if table == "control":
        mark = CONTROL.get(says, CONTROL[""])
        return asked.words(mark.zh, mark.en)
    if not says:
        return w("gazetteer.all_six_in")
    missing = [w("gazetteer.not_in_place", item=(ITEMS[item], item)) for item in says.split()]
    return listed(missing, asked.lang)


def pending_of(change: Change | int) -> dict[str, Any]:
    """Return a change as the browser keeps it until it is confirmed."""
    if isinstance(change, int):
        return {"batch": change}
    return {
        "kind": change.kind,
        "code": change.code,
        "others": list(change.others),
        "name": change.name,
        "why": change.why,
    }


def batch_of(text: Any) -> int:
    """Return the number of a batch; raises CallError for what is none."""
    if not str(text).isdecimal() or not 0 < int(text) < 2**53:
        raise CallError(f"batch {str(text)[:20]!r}; wanted a whole number above 0")
    return int(text)


def change_of(pending: dict[str, Any]) -> Change | int:
    """Return the change that a browser kept."""
    if "batch" in pending:
        return batch_of(pending["batch"])
    return Change(pending["kind"], pending["code"], tuple(pending["others"]), pending["name"], why=pending["why"])


def done(desk: Desk, who: Person, change: Change | int, *, apply: bool) -> Changed:
    """Make or rehearse a change as far as the person may."""
    if isinstance(change, int):
        desk.gate.carer(who)
        return gazetteer_changes.undo(desk.store, change, who.name, apply=apply, area=who.area, kinds=kinds_of(who))
    desk.gate.carer(who, change.kind)
    return gazetteer_changes.make(desk.store, change, who.name, apply=apply, area=who.area)


def described(asked: Asked, change: Change | int) -> str:
    """Return a change in words."""
    if isinstance(change, int):
        return asked.say("gazetteer.undo_batch", change=change)
    to = change.name or listed(change.others, asked.lang)
    return asked.say(f"gazetteer.told_{change.kind}", code=change.code, to=to)


def written(code: str | None, kind: str | None, value: str | None, why: str | None) -> Change:
    """Return the change that the fields of the form state."""
    text = (value or "").strip()
    names = kind in ("alias", "rename")
    others = () if names else tuple(text.replace("，", " ").replace(",", " ").split())
    return Change(kind or "", (code or "").strip(), others, text if names else "", why=(why or "").strip())


# ---- history


def changes(asked: Asked) -> Component:
    """Return the newest changes: when, what, by whom, why, and the way back."""
    rows = asked.desk.gate.read(asked.desk.store, asked.who, gazetteer_changes.history, asked.here.view)
    if rows.empty:
        return html.P(asked.say("gazetteer.nobody_has_changed"), className="more")
    heads = (
        both("gazetteer.when"),
        both("gazetteer.by"),
        both("gazetteer.change"),
        both("gazetteer.reason_2"),
        ("", ""),
    )
    head = html.Thead(html.Tr([html.Th(asked.words(*each)) for each in heads]))
    body = [_change(asked, row) for row in rows.head(CHANGES).to_dict("records")]
    more = say("state.sample", asked.lang, n=len(body), total=figure(len(rows)))
    return html.Div(
        [html.Table([head, html.Tbody(body)], className="plain-table history"), html.P(more, className="more")]
    )


def _change(asked: Asked, row: dict[str, Any]) -> Component:
    w = asked.say
    change = Change(row["kind"], row["compound"], tuple(row["others"] or ()), row["name"] or "")
    what = described(asked, change) if row["stands"] else w("gazetteer.undone") + described(asked, change)
    back = None
    if row["stands"] and row["current"] and row["kind"] in kinds_of(asked.who):
        back = html.Button(
            w("gazetteer.undo"),
            id={"type": "care", "do": "undo", "index": str(row["batch"])},
            className="quiet",
            n_clicks=0,
        )
    elif row["stands"] and not row["current"]:
        back = html.Span(w("gazetteer.undone_2"), className="panel-note")
    cells = [moment(row["known_from"], asked.lang), row["decided_by"], what, row["why"] or UNKNOWN, back]
    return html.Tr([html.Td(cell) for cell in cells], className="" if row["current"] or not row["stands"] else "gone")


# ---- callbacks


def connect(app: Dash, desk: Desk) -> None:
    """Let a person look for duplicates, rehearse a change, make it, and undo it."""

    def asked_for(search: str) -> Asked:
        who = desk.gate.who(request)
        return Asked.at(desk, who, "/quality", search)

    @app.callback(
        Output("care-pairs", "children"),
        Input("care-look", "n_clicks"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def looked(clicks: Any, search: str) -> Any:
        asked = asked_for(search)
        if not kinds_of(asked.who):
            raise AccessError(*both("gazetteer.no_duplicates")[::-1])
        return pairs(asked) if clicks else no_update

    @app.callback(
        Output("care-said", "children"),
        Output("care-pending", "data"),
        Output("care-changes", "children"),
        Output("care-pairs", "children", allow_duplicate=True),
        press("care"),
        State("care-code", "value"),
        State("care-kind", "value"),
        State("care-value", "value"),
        State("care-why", "value"),
        State("care-pending", "data"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def does(button: Any, code: Any, kind: Any, value: Any, why: Any, pending: Any, search: str) -> Any:  # fmt: skip
        if not button:
            return (no_update,) * 4
        asked, trigger = asked_for(search), pressed(button)
        try:
            if trigger["type"] == "care-try":
                return *rehearsed(asked, written(code, kind, value, why)), no_update, no_update
            return acted(asked, trigger, pending)
        except CareError as error:
            return error.said(asked.lang), None, no_update, no_update


def acted(asked: Asked, button: dict[str, str], pending: Any) -> tuple[Any, Any, Any, Any]:
    """Do what a button says: rehearse its pair or undoing, make what is pending, or leave it."""
    do, index = button["do"], button["index"]
    if do == "drop" or (do == "apply" and not pending):
        return "", None, no_update, no_update
    if do == "undo":
        return *rehearsed(asked, batch_of(index)), no_update, no_update
    if do != "apply":
        if do not in PAIRED or ">" not in index:
            raise CallError(f"button {do[:20]!r} {index[:40]!r}; wanted {' or '.join(PAIRED)} and CODE>CODE")
        code, _, other = index.partition(">")
        return *rehearsed(asked, Change(do, code, (other,))), no_update, no_update
    assert asked.who is not None
    found = done(asked.desk, asked.who, change_of(pending), apply=True)
    fresh = Asked.at(asked.desk, asked.who, "/quality", asked.here.search)
    n, batch = len(found.moved), found.batch
    said = asked.say("gazetteer.done_in_batch", batch=batch, n=n)
    return said, None, changes(fresh), pairs(fresh) if "merge" in kinds_of(asked.who) else no_update
