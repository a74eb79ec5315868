"""A working table: filters as chips above it, a text that is looked for in all columns, and columns as its person arranged them.

Filters live in the part of the address after # (`dashboard/filters.py`). The grid tells the browser what was typed
(assets/desk.js), the browser tells `grid-filter`, the address follows, and chips and grid follow the address: so a link, the
back button and a chip that is closed all go the same way.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from dash import MATCH, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from flask import request

from dashboard import filters, parts, table_parts
from dashboard.desk import Desk
from dashboard.pages import Asked
from dashboard.pages._saved import owner
from dashboard.text import figure
from layers.store import saved

FEW = 300  # rows that come with the page; more come by themselves, are kept by the browser, and the page does not wait for them


def grid(
    asked: Asked,
    frame: pd.DataFrame,
    columns: Mapping[str, str | Mapping[str, Any]],
    name: str,
    *,
    picks: str = "",
    note: str = "",
    sums: Sequence[str] = (),
    takes: str = "",
    leads: str = "",
    chosen: str = "",
) -> Component:
    """Return a table with its bar.

    name   of the table in addresses; its grid has the id {"type": "grid", "index": name}
    picks  the layer in which choosing a row selects (the row's `id`), as on the map; "" where rows lead nowhere
    note   a sentence beside the number of rows: what the table leaves out
    sums   columns that the bar adds up over the rows that are shown
    takes  the table of `dashboard/rows.py` that its button takes out, with a reason (assets/rows.js)
    leads  address to which choosing a row leads, the row's `id` put behind it; "" where rows lead nowhere
    chosen the `id` of the row that is marked from the start; "" for none
    """
    who = owner(asked.who)
    arranged = saved.columns(asked.desk.store, who, asked.here.path).get(name, [])
    apart = (
        len(frame) > FEW and picks != "person" and not leads
    )  # a browser keeps such rows on its disk: none of persons, no texts of orders
    table = table_parts.table(
        frame,
        columns,
        {"type": "grid", "index": name},
        lang=asked.lang,
        filters=True,
        arranged=arranged,
        apart=apart,
        chosen=chosen,
    )
    made = dict(columns)
    data = {
        "data-grid": name,
        "data-picks": picks,
        "data-leads": leads,
        "data-chosen": chosen,
        "data-total": str(len(frame)),
        "data-sums": " ".join(sums),
    }
    data |= {"data-apart": asked.desk.tables.add("rows", packed_rows(frame, columns))} if apart else {}
    return html.Div([_bar(asked, name, len(frame), note, takes), html.Div(table, className="grid-box")], className="desk-grid", **data) if made else parts.empty(note)  # fmt: skip


def packed_rows(frame: pd.DataFrame, columns: Mapping[str, Any]) -> bytes:
    """Return the rows that a table shows as JSON by columns, a third of what they weigh row by row."""
    names = table_parts.table_columns(frame, columns)
    rows = table_parts.records(frame[names])
    by_column = {name: [one[name] for one in rows] for name in names}
    return json.dumps(by_column, ensure_ascii=False, separators=(",", ":")).encode()


def _bar(asked: Asked, name: str, total: int, note: str, takes: str) -> Component:
    w = asked.say
    quick = dcc.Input(
        id={"type": "quick", "index": name}, type="search", value="", placeholder=w("grid.find_in_table"), className="table-quick",
    )  # fmt: skip
    menu = html.Details(
        [
            html.Summary(w("grid.columns"), title=w("grid.choose_arrange_columns")),
            html.Div(className="menu-body columns-body"),
        ],
        className="menu columns-menu",
    )
    return html.Div(
        [
            html.Label([html.Span(w("grid.find"), className="unseen"), quick]),
            html.Div(id={"type": "chips", "index": name}, className="chips", role="status"),
            html.Span(w("grid.rows", total=figure(total)), className="table-count"),
            html.Span(note, className="table-note") if note else None,
            _taker(asked, takes) if takes else None,
            menu,
        ],
        className="table-bar",
    )


def _taker(asked: Asked, table: str) -> Component:
    return html.Button(
        [html.I(className="icon export"), asked.say("grid.take_out")],
        className="button quiet",
        title=asked.say("grid.take_out_told"),
        **{"data-rows": table, "data-search": asked.here.at(pick=None).search},
    )


def chips(asked: Asked, every: Sequence[filters.Filter], mine: Sequence[filters.Filter], titles: Mapping[str, str]) -> list[Component]:  # fmt: skip
    """Return one chip a filter that is applied, each leading to the address without it, and one that clears them all."""
    w, base = asked.say, asked.here.path + asked.here.search
    made = []
    for one in mine:
        said = filters.words(one, titles.get(one.column, one.column), asked.lang)
        away = w("grid.take_away_filter", said=said)
        mark = html.Span("✕", **{"aria-hidden": "true"})
        href = base + filters.written(filters.without(every, one))
        made.append(dcc.Link([html.Span(said), mark], href=href, className="chip", title=away))
    if len(made) > 1:
        left = filters.put(every, mine[0].table, ())
        made.append(dcc.Link(w("grid.clear_all"), href=base + filters.written(left), className="chip clear"))
    return made


def kinds(columns: Sequence[Mapping[str, Any]]) -> dict[str, bool]:
    """Return column -> whether it holds numbers, of the definitions of a grid."""
    return {str(one.get("field")): one.get("filter") == filters.NUMBERS for one in columns}


def connect(app: Dash, desk: Desk) -> None:
    """Let the address follow the tables, the tables the address, and keep how somebody arranged their columns."""

    @app.callback(
        Output("url", "hash"),
        Input("grid-filter", "data"),
        State("url", "hash"),
        prevent_initial_call=True,
    )
    def narrowed(told: Any, fragment: str | None) -> Any:
        if not told:
            return no_update
        mine = filters.of_grid(told["table"], told["model"], told["quick"])
        new = filters.written(filters.put(filters.read(fragment), told["table"], mine))
        return no_update if new == filters.written(filters.read(fragment)) else new

    @app.callback(
        Output({"type": "chips", "index": MATCH}, "children"),
        Output({"type": "grid", "index": MATCH}, "filterModel"),
        Output({"type": "quick", "index": MATCH}, "value"),
        Input("url", "hash"),
        State({"type": "grid", "index": MATCH}, "columnDefs"),
        State("url", "pathname"),
        State("url", "search"),
    )
    def applied(fragment: str | None, columns: Any, path: str, search: str) -> Any:
        asked = Asked.at(desk, desk.gate.who(request), path, search)
        every, name = filters.read(fragment), ctx.outputs_list[0]["id"]["index"]
        mine = filters.applied(filters.of_table(every, name), kinds(columns or []))
        if not mine and not ctx.triggered:  # a table that came just now: somebody may be typing in it already
            return [], no_update, no_update
        quick = next((one.value for one in mine if one.column == filters.QUICK), "")
        titles = {str(one.get("field")): str(one.get("headerName")) for one in columns or []}
        model = filters.for_grid(mine, kinds(columns or []))
        told = (
            [html.I(hidden=True, **{"data-model": json.dumps(model)})] if model else []
        )  # assets/desk.js: the grid may not listen yet
        return [*chips(asked, every, mine, titles), *told], model, quick

    @app.callback(
        Output("grid-columns", "data"),
        Input("grid-columns", "data"),
        State("url", "pathname"),
        prevent_initial_call=True,
    )
    def kept(told: Any, path: str) -> Any:
        if told:
            saved.set_columns(desk.store, owner(desk.gate.who(request)), path, told["table"], told["columns"] or None)
        return no_update
