"""What reviewers decided, newest first, each with the ways back: undo it, forget the name it taught, correct it."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import parts
from dashboard.pages import Asked
from dashboard.text import UNKNOWN, moment, say
from layers.intake import review

TOLD = 10  # decisions on a page of the history
HEADS = (("时间", "When"), ("核定人", "By"), ("人员", "Person"), ("地址", "Address"), ("结果", "Decision"), ("", ""))


def undo_button(asked: Asked, history: pd.DataFrame) -> Component | None:
    """Return the button that takes back the asker's own last decision, nothing when none of theirs stands."""
    assert asked.who is not None
    mine = history[(history["action"] == "review") & history["stands"] & (history["actor"] == asked.who.name)]
    if mine.empty:
        return None
    last = mine.iloc[0]
    text = asked.words(f"撤销上一次（{last['subject']}）", f"Undo the last ({last['subject']})")
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
    w, before, correcting = asked.words, state.get("before"), state.get("correcting")
    if history.empty:
        return parts.empty(w("还没有核定过", "nothing was decided yet"))
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
        more.append(_act(w("更早的", "Older"), "older", groups[TOLD - 1][0]))
    if before is not None:
        more.append(_act(w("最新的", "Newest"), "newest", "0"))
    table = html.Table([html.Thead(html.Tr([html.Th(w(*each)) for each in HEADS])), html.Tbody(rows)])
    table.className = "plain-table"
    return html.Div([table, html.P(more, className="more")])


def persons(asked: Asked, subject: str, number: int) -> str:
    """Return whose decision it was: the first person, and how many more."""
    return subject + (asked.words(f" 等 {number} 人", f" and {number - 1} more") if number > 1 else "")


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
    w, first = asked.words, rows.iloc[0]
    place = f"{first['name'] or ''} {first['compound']}" if first["compound"] else w("都不是", "none of them")
    if first["action"] == "undo":
        waits = first["status"] == "review"
        return (
            w("撤销，重新待核", "undone, waits again") if waits else w(f"撤销，恢复{place}", f"undone: {place} again")
        )
    learned = (first["receipt"] or {}).get("learned")
    moved = sorted(set(rows["still"].dropna()) - {first["compound"]})
    place += w(f"；记别名“{learned}”", f"; learned {learned}") if learned else ""
    return place + (w(f"；现在 {'、'.join(moved)}", f"; now {', '.join(moved)}") if moved else "")


def _ways_back(asked: Asked, rows: pd.DataFrame) -> list[Component]:
    w, first, number = asked.words, rows.iloc[0], rows.iloc[0]["number"]
    decided, stands, taught = first["action"] == "review", bool(rows["stands"].any()), bool(first["taught"])
    found: list[Component] = []
    if decided and (stands or taught):
        found.append(
            html.Button(
                w("撤销", "undo") if stands else w("忘记别名", "forget the name"),
                id={"type": "review-undo", "index": str(number)},
                className="quiet",
                n_clicks=0,
                title=w(f"撤销批次 {number}", f"undo batch {number}"),
            )
        )
    if rows["still"].notna().any():
        found.append(_act(w("更正", "correct"), "correct", number))
    if decided and not found:
        found.append(html.Span(w("已撤销或已改", "undone or changed"), className="panel-note"))
    return found


def _correction(asked: Asked, rows: pd.DataFrame) -> Component:
    """The line beneath a decision in which it is corrected."""
    w, number, n = asked.words, rows.iloc[0]["number"], int(rows["still"].notna().sum())
    label = w(f"{n} 人改到小区（填编号）", f"{n} to the compound (its code)")
    code = dcc.Input(id={"type": "review-code", "index": str(number)}, type="text", maxLength=64, autoComplete="off")
    acts = [
        _act(w("改到此小区", "Place there"), "place", number),
        _act(w("都不是", "None of them"), "none", number),
        _act(w("取消", "Cancel"), "cancel", number),
    ]
    return html.Tr(html.Td(html.Div([html.Label([label, code]), *acts], className="care-acts"), colSpan=len(HEADS)))


def _act(text: str, do: str, number: Any) -> Component:
    return html.Button(text, id={"type": "review-told", "do": do, "index": str(number)}, className="quiet", n_clicks=0)
