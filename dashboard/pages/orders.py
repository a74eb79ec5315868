"""Orders: what was ordered, where each order stands and for how long, the late ones first; one of them whole."""

from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pandas as pd
from dash import Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from flask import request

from dashboard import parts
from dashboard.desk import Desk
from dashboard.goods import in_words
from dashboard.orders import DECISION, STATE, WHICH, action_words, chosen, span
from dashboard.pages import Asked, Page, _order_detail, _order_table
from dashboard.pages._frame import district_names, mark_of, sheet
from dashboard.pages._order import link_to
from dashboard.pages._order_detail import may_take
from dashboard.text import both, figure, moment, pick, say
from layers._palette import Mark
from layers.decisions import orders
from layers.decisions._proposal import ACTIONS
from layers.store.order_states import STEPS

SHOWN = 120  # orders in the list; the export has all
KEPT = 6  # orders just put away that stay in sight
FILTERS = ("decision", "state", "owner")


def found(asked: Asked) -> pd.DataFrame:
    """Return every order that the person may see, timed by the clock of the page."""
    return orders.timed(asked.desk.orders(asked.who, asked.here.view), asked.desk.now(asked.here))


def layout(asked: Asked) -> Component:
    """Figures above, the list at the left, the chosen order at the right; a table lies above its order."""
    every = found(asked)
    rows = chosen(every, asked.here.options)
    left = put_away(asked, every, rows)
    number = (asked.here.options or {}).get("order", "")
    whole = _order_detail.detail(asked, number) if number else None
    as_table = _order_table.is_table(asked) and len(rows) > 0
    shown = _order_table.orders(asked, rows, number) if as_table else listing(asked, rows, number)
    panel = parts.panel(
        asked.say("orders.orders"),
        [
            filters(asked, every),
            just_left(asked, left, number),
            shown if len(rows) or left.empty else None,
        ],
        note="" if as_table else parts.first_of(min(len(rows), SHOWN), len(rows), asked.lang),
        tools=[_order_table.switch(asked), export_menu(asked)],
        name="order-table" if as_table else "order-list",
    )
    columns = [panel, whole] if as_table else [panel, whole or _nothing_chosen(asked)]
    kind = "order-columns as-table" if as_table else "order-columns"
    return sheet(asked, [tiles(asked, every), html.Div(columns, className=f"{kind} has-order" if whole else kind)])


def put_away(asked: Asked, every: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the orders that were closed or withdrawn on this page and have left its list, until the page is left."""
    just = (asked.here.options or {}).get("just", "").split(",")
    return every[every["number"].isin(just) & ~every["number"].isin(rows["number"])].reset_index(drop=True)


def just_left(asked: Asked, rows: pd.DataFrame, number: str) -> Component | None:
    """Return the orders that were just put away, greyed, each with the way back or why there is none."""
    if rows.empty:
        return None
    names = district_names(asked)
    lines = [html.Li([_line(asked, row, names, number), _back(asked, row)]) for row in rows.to_dict("records")]
    head = html.H3(
        [
            asked.say("orders.just_closed_withdrawn"),
            html.Span(figure(len(rows)), className="order-count"),
        ]
    )
    return html.Section([head, html.Ul(lines)], className="order-groups just-left")


def _back(asked: Asked, row: dict[str, Any]) -> Component:
    """The button that reopens a closed order, for whoever may; a withdrawn one says that it cannot come back."""
    if row["state"] in STEPS["reopen"].after and may_take(asked, row, "reopen"):
        text = asked.say("orders.undo_reopen")
        return html.Button(
            text,
            id={"type": "order-step", "do": "reopen", "index": quote(row["number"])},
            className="quiet",
            n_clicks=0,
        )
    why = asked.say("orders.withdrawal_final_give") if row["state"] == "withdrawn" else asked.say("orders.only_giver_s")
    return html.Small(why, className="just-why")


def tiles(asked: Asked, every: pd.DataFrame) -> Component:
    """Return how many are in progress, late, wait to be closed, are closed, and overrule a proposal."""
    w, count = asked.say, orders.figures(every)
    oldest = span(every["late_by"].max(), asked.lang) if count["late"] else ""
    source = w("orders.book_orders")
    late = w("orders.longest", oldest=oldest) if oldest else w("orders.none_overdue")
    told = [
        ("open", count["open"], w("orders.which_open"), w("orders.given", orders=figure(count['orders'])), "blue"),
        ("late", count["late"], w("orders.late"), late, "red" if count["late"] else "teal"),
        ("done", count["done"], w("orders.reported_closed"), w("orders.giver_checks_then"), "teal"),
        ("closed", count["closed"], w("orders.state_closed"), w("orders.each_feedback"), ""),
        ("override", count["overrides"], w("orders.overrides"), w("orders.ordered_otherwise_than"), "violet"),
    ]  # fmt: skip
    unit = w("orders.orders_unit")
    made = [
        dcc.Link(
            parts.tile(title, figure(number), unit, note, tone=tone, source=source, lang=asked.lang),
            href=asked.here.path + _with(asked, state=name),
            className="tile-link",
        )
        for name, number, title, note, tone in told
    ]
    return html.Div(made, className="tiles paces order-tiles")


def filters(asked: Asked, every: pd.DataFrame) -> Component:
    """Return what the list can be narrowed by; the district is chosen in the header."""
    w, given = asked.say, asked.here.options or {}
    states = {**WHICH, **{name: words[:2] for name, words in STATE.items()}}
    choices = {
        "decision": {
            name: pick(DECISION[name], asked.lang)
            for name in sorted({*every["decision"], given.get("decision")} & DECISION.keys())
        },
        "state": {name: pick(words, asked.lang) for name, words in states.items()},
        "owner": {owner: owner for owner in sorted({*every["owner"], *filter(None, [given.get("owner")])})},
    }
    titles = {"decision": w("orders.all_decisions"), "state": "", "owner": w("orders.all_owners")}
    fields = [
        dcc.Dropdown(
            [{"value": value, "label": label} for value, label in choices[name].items()],
            given.get(name) or ("open" if name == "state" else None),
            id=f"orders-{name}",
            placeholder=titles[name],
            clearable=name != "state",
        )
        for name in FILTERS
    ]
    return html.Div(fields, className="order-filters")


def listing(asked: Asked, rows: pd.DataFrame, number: str) -> Component:
    """Return the list by state, late ones first; each line leads to its order."""
    if rows.empty:
        why = asked.say("orders.there_no_such")
        first = asked.say("orders.give_one_beside")
        return parts.empty(say("orders.why_first", asked.lang, why=why, first=first))
    shown, names = rows.head(SHOWN), district_names(asked)
    groups = [("late", shown[shown["is_late"]])]
    groups += [(state, shown[(shown["state"] == state) & ~shown["is_late"]]) for state in STATE]
    return html.Div(
        [_group(asked, name, some, names, number) for name, some in groups if len(some)], className="order-groups"
    )


def _group(asked: Asked, name: str, rows: pd.DataFrame, names: dict[str, str], number: str) -> Component:
    title = pick(WHICH["late"] if name == "late" else STATE[name][:2], asked.lang)
    here = lambda row: {"aria-current": "true"} if row["number"] == number else {}  # noqa: E731
    lines = [html.Li(_line(asked, row, names, number), **here(row)) for row in rows.to_dict("records")]
    head = html.H3(
        [title, html.Span(figure(len(rows)), className="order-count")], className="late" if name == "late" else ""
    )
    return html.Section([head, html.Ul(lines)])


def _line(asked: Asked, row: dict[str, Any], names: dict[str, str], number: str) -> Component:
    lang, here = asked.lang, row["number"] == number
    mark = (
        mark_of(row["action"])
        if row["action"] in ACTIONS
        else Mark((108, 182, 240, 230), "▸", row["action"], row["action"])
    )
    until = asked.say("orders.due") + moment(row["deadline_at"], lang)
    if row["is_late"]:
        until = asked.say("orders.overdue", late_by=span(row["late_by"], lang))
    override = (
        html.Span("≠", className="order-override", title=action_words(row["proposed"], lang))
        if row["is_override"]
        else None
    )
    body = [
        html.Span(row["number"], className="order-number"),
        html.Span([html.B(in_words(row["name"] or row["subject"], lang)), html.Small(names.get(row["district"], ""))], className="order-name"),
        html.Span([override, parts.mark_badge(mark, lang)], className="order-action"),
        html.Span(row["owner"], className="order-owner"),
        html.Span(until, className="order-until late" if row["is_late"] else "order-until"),
        html.Span(asked.say("orders.in_state", in_state=span(row['in_state'], lang)), className="order-age"),
    ]  # fmt: skip
    return dcc.Link(body, href=link_to(asked, row["number"]), className="order-line here" if here else "order-line")


def export_menu(asked: Asked) -> Component:
    """Return the menu that hands over the list as it is narrowed."""
    search, w = asked.here.at(pick=None).search, asked.say
    forms = (("xlsx", w("orders.excel_workbook")), ("csv", w("orders.csv_list")))
    links: list[Component] = [html.A(words, href=f"/orders.{form}{search}", download=True) for form, words in forms]
    if _order_table.is_table(asked):  # its own filters are the browser's
        links.append(html.Small(w("order_table.exports_all")))
    summary = html.Summary([html.I(className="icon export"), say("export", asked.lang)])
    return html.Details([summary, html.Div(links, className="menu-body")], className="menu")


def _nothing_chosen(asked: Asked) -> Component:
    told = asked.say("orders.choose_order_see")
    return parts.panel(asked.say("orders.one_order"), parts.empty(told), name="order")


def _with(asked: Asked, **changes: str | None) -> str:
    """Return the query string with other filters; the chosen order is let go."""
    options = {**(asked.here.options or {}), "order": None, "just": None, **changes}
    return replace(asked.here, pick=None, options={k: v for k, v in options.items() if v}).search


def connect(app: Dash, desk: Desk) -> None:
    """Let the filters change the address."""

    @app.callback(
        Output("url", "search", allow_duplicate=True),
        Input("order-state", "data"),
        State("url", "pathname"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def left(state: Any, path: str, search: str) -> Any:
        """An order was put away: this page keeps showing it."""
        if path != PAGE.path or not state or "left" not in state:
            return no_update
        asked = Asked.at(desk, desk.gate.who(request), path, search)
        options = asked.here.options or {}
        just = [*filter(None, options.get("just", "").split(",")), state["left"]][-KEPT:]
        return replace(asked.here, options={**options, "just": ",".join(dict.fromkeys(just))}).search

    @app.callback(
        Output("url", "search", allow_duplicate=True),
        *(Input(f"orders-{name}", "value") for name in FILTERS),
        State("url", "pathname"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def narrowed(decision: str, state: str, owner: str, path: str, search: str) -> Any:
        asked = Asked.at(desk, desk.gate.who(request), path, search)
        given = asked.here.options or {}
        wanted = {"decision": decision, "state": state, "owner": owner}
        before = {name: given.get(name) or ("open" if name == "state" else None) for name in FILTERS}
        if wanted == before or not ctx.triggered:
            return no_update
        return _with(asked, **wanted)


PAGE = Page("/orders", order=55, group="act", title=both("page.orders"), layout=layout, connect=connect, shared=True)
