"""What reviewers decided, newest first, each with the ways back: undo it, forget the name it taught, correct it."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import parts
from dashboard.pages import Asked
from dashboard.text import UNKNOWN, both, listed, moment, say
from layers.intake import review

TOLD = 10  # decisions on a page of the history
HEADS = (
    both("decided.when"),
    both("decided.by"),
    both("decided.person"),
    both("decided.address"),
    both("decided.decision"),
    ("", ""),
)


def undo_button(asked: Asked, history: pd.DataFrame) -> Component | None:
    """Return the button that takes back the asker's own last decision, nothing when none of theirs stands."""
    assert asked.who is not None
    mine = history[(history["action"] == "review") & history["stands"] & (history["actor"] == asked.who.name)]
    if mine.empty:
        return None
    last = mine.iloc[0]
    text = asked.say("decided.undo_last", subject=last["subject"])
    return html.Button(
        [html.Kbd("U"), text],
        id={"type": "review-undo", "index": f"{last['number']}-last"},  # the history has a button for the same batch
        className="button",
        n_clicks=0,
        **{"data-key": "u"},
    )


def told(asked: Asked, history: pd.DataFrame, state: Mapping[str, Any]) -> Component:
    """Return one page of the decisions: when, by whom, whose, what, and the ways back.

    history  the newest ones
    state    `before`: the batch before which a page begins; `correcting`: the one that is about to be corrected
    """
    w, before, correcting = asked.say, state.get("before"), state.get("correcting")
    if history.empty:
        return parts.empty(w("decided.nothing_decided_yet"))
    before = before if isinstance(before, int) else None  # a browser may send anything
    shown = history if before is None else _older(asked, before)
    groups = list(shown.groupby("number", sort=False))
    rows: list[Component] = []
    for number, some in groups[:TOLD]:
        rows.append(_decision(asked, some))
        if str(number) == correcting:
            rows.append(_correction(asked, some))
    more = [html.Span(say("state.sample", asked.lang, n=min(len(groups), TOLD), total=history["number"].nunique()))]
    if len(groups) > TOLD:
        more.append(_act(w("decided.older"), "older", groups[TOLD - 1][0]))
    if before is not None:
        more.append(_act(w("decided.newest"), "newest", "0"))
    table = html.Table([html.Thead(html.Tr([html.Th(asked.words(*each)) for each in HEADS])), html.Tbody(rows)])
    table.className = "plain-table"
    return html.Div([table, html.P(more, className="more")])


def persons(asked: Asked, subject: str, number: int) -> str:
    """Return whose decision it was: the first person, and how many more."""
    more = number - 1
    return subject + (asked.say("decided.more", more=more) if more > 0 else "")


def _older(asked: Asked, before: int) -> pd.DataFrame:
    limit = (TOLD + 1) * review.PERSONS_AT_ONCE
    asked_for = lambda view: review.history(view, limit, before)  # noqa: E731
    return asked.desk.gate.read(asked.desk.store, asked.who, asked_for, asked.here.view)


def _decision(asked: Asked, rows: pd.DataFrame) -> Component:
    first, stands = rows.iloc[0], bool(rows["stands"].any())
    cells = [
        moment(first["at"], asked.lang),
        first["actor"],
        persons(asked, first["subject"], len(rows)),
        first["address"] or UNKNOWN,
        _outcome(asked, rows),
        html.Div(_ways_back(asked, rows), className="care-acts"),
    ]
    gone = first["action"] == "review" and not stands
    return html.Tr([html.Td(cell) for cell in cells], className="gone" if gone else "")


def _outcome(asked: Asked, rows: pd.DataFrame) -> str:
    w, first = asked.say, rows.iloc[0]
    place = f"{first['name'] or ''} {first['compound']}" if first["compound"] else w("decided.none_them")
    if first["action"] == "undo":
        waits = first["status"] == "review"
        return w("decided.undone_waits_again") if waits else w("decided.undone_again", place=place)
    learned = (first["receipt"] or {}).get("learned")
    moved = sorted(set(rows["still"].dropna()) - {first["compound"]})
    among = listed(moved, asked.lang)
    place += w("decided.learned", learned=learned) if learned else ""
    return place + (w("decided.now", among=among) if moved else "")


def _ways_back(asked: Asked, rows: pd.DataFrame) -> list[Component]:
    w, first, number = asked.say, rows.iloc[0], rows.iloc[0]["number"]
    decided, stands, taught = first["action"] == "review", bool(rows["stands"].any()), bool(first["taught"])
    found: list[Component] = []
    if decided and (stands or taught):
        found.append(
            html.Button(
                w("decided.undo") if stands else w("decided.forget_name"),
                id={"type": "review-undo", "index": str(number)},
                className="quiet",
                n_clicks=0,
                title=w("decided.undo_batch", number=number),
            )
        )
    if rows["still"].notna().any():
        found.append(_act(w("decided.correct"), "correct", number))
    if decided and not found:
        found.append(html.Span(w("decided.undone_changed"), className="panel-note"))
    return found


def _correction(asked: Asked, rows: pd.DataFrame) -> Component:
    """The line beneath a decision in which it is corrected."""
    w, number, n = asked.say, rows.iloc[0]["number"], int(rows["still"].notna().sum())
    label = w("decided.compound_code", n=n)
    code = dcc.Input(id={"type": "review-code", "index": str(number)}, type="text", maxLength=64, autoComplete="off")
    acts = [
        _act(w("decided.place_there"), "place", number),
        _act(w("decided.none_them_2"), "none", number),
        _act(w("decided.cancel"), "cancel", number),
    ]
    return html.Tr(html.Td(html.Div([html.Label([label, code]), *acts], className="care-acts"), colSpan=len(HEADS)))


def _act(text: str, do: str, number: Any) -> Component:
    return html.Button(text, id={"type": "review-told", "do": do, "index": str(number)}, className="quiet", n_clicks=0)
