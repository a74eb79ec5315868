"""Orders as the wall shows them: how many are in progress and overdue, how long, and the first few; each figure says where it is from."""

from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from dashboard import parts
from dashboard.goods import in_words
from dashboard.orders import STATE, action_words, span
from dashboard.pages import Asked
from dashboard.text import age, figure, pick, say
from layers.decisions import orders

FEW = 3  # orders named; a wall is read in passing
PATH = "/orders"


def panel(asked: Asked) -> Component:
    """Return the panel of orders in progress: counts, the late and the longest waiting ones, and their source.

    Places, units and times only: what people wrote into an order is for the desk.
    """
    found = orders.timed(asked.desk.orders(asked.who, asked.here.view), asked.desk.now(asked.here))
    count, open_ = orders.figures(found), found[found["is_open"]]
    body = [
        counts(asked, count, open_),
        html.Ul([line(asked, row) for row in first(open_).to_dict("records")]),
        source(asked, found),
    ]
    if not count["open"]:
        body = [html.P(asked.say("order_wall.no_order_in"), className="order-none"), source(asked, found)]
    return parts.panel(say("wall.orders", asked.lang), html.Div(body, className="order-wall"), name="orders-wall")


def whole(asked: Asked, most: int) -> Component:
    """Return the turn of orders: the open ones, late first, each with what is to be done, who does it, and how long it has waited."""
    found = orders.timed(asked.desk.orders(asked.who, asked.here.view), asked.desk.now(asked.here))
    count, open_ = orders.figures(found), found[found["is_open"]]
    rows = [
        html.Li([*line(asked, row).children, html.Small(row["owner"])]) for row in first(open_, most).to_dict("records")
    ]
    body = [counts(asked, count, open_), html.Ul(rows), source(asked, found)]
    if not count["open"]:
        body = [parts.empty(asked.say("order_wall.no_order_in")), source(asked, found)]
    return parts.panel(
        say("wall.orders", asked.lang), html.Div(body, className="order-wall long"), name="orders-wall", grow=True
    )


def counts(asked: Asked, count: dict[str, float], open_: pd.DataFrame) -> Component:
    """Return in progress, overdue with the longest, and reported: the figures that lead to the desk."""
    w, lang = asked.say, asked.lang
    oldest = span(open_["in_state"].max(), lang) if len(open_) else ""
    late = span(open_["late_by"].max(), lang) if count["late"] else ""
    told = [
        ("open", count["open"], w("order_wall.in_progress", oldest=oldest)),
        ("late", count["late"], w("order_wall.overdue", late=late) if late else w("order_wall.overdue_count")),
        ("done", count["done"], w("order_wall.close")),
    ]
    shown = [
        html.A(
            [html.B(figure(number), **{"data-figure": f"{name}_orders"}), html.Span(f" {words}")],
            href=f"{PATH}?state={name}{'&lang=en' if lang == 'en' else ''}",
            className="late" if name == "late" and number else "",
        )
        for name, number, words in told
    ]
    return html.Div(shown, className="order-counts-big")


def first(open_: pd.DataFrame, most: int = FEW) -> pd.DataFrame:
    """Return the late ones first, then those whose owner has not answered for longest."""
    order = open_.assign(answered=open_["state"] == "done")
    return order.sort_values(
        ["is_late", "answered", "deadline_at", "number"], ascending=[False, True, True, True]
    ).head(most)


def line(asked: Asked, row: dict[str, Any]) -> Component:
    """Return one order: number, what is to be done where, and how long it is late or in its state."""
    w, lang = asked.say, asked.lang
    zh, en, *_ = STATE[row["state"]]
    end = html.Span(f"{pick((zh, en), lang)} {span(row['in_state'], lang)}")
    if row["is_late"]:
        end = html.Span(w("order_wall.overdue_by", late_by=span(row["late_by"], lang)), className="late")
    name = in_words(row["name"] or row["subject"], lang)
    return html.Li([html.Span(row["number"]), html.B(f"{name} · {action_words(row['action'], lang)}"), end])


def source(asked: Asked, found: pd.DataFrame) -> Component | None:
    """Return where the figures come from, how old the last step is, and where the desk shows them; None while there is no order at all."""
    w = asked.say
    if found.empty:
        return None
    last = found.loc[found["known_from"].idxmax()]
    when = age(last["known_from"], asked.desk.now(asked.here), asked.lang)
    told = w("order_wall.source_orders_batch", n=figure(len(found)), batch=last["batch"], when=when)
    return html.P([told, html.A(f"{PATH}?state=open", href=f"{PATH}?state=open")], className="order-source")
