"""What stands around a compound: the orders given about it, the stock near it, and the units that answer for it."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import parts
from dashboard.goods import in_words
from dashboard.orders import action_words
from dashboard.pages import Asked
from dashboard.pages._frame import mark_of
from dashboard.pages._order import Subject, link_to, sign, units
from dashboard.roles import Place
from dashboard.text import UNKNOWN, figure, moment
from geo.crs import distance_m
from layers.decisions._proposal import ACTIONS

NEAR = 4  # sites with stock that are listed
SHORT_DAYS = 3


class Part(NamedTuple):
    """A section of the panel of a compound: where `jump` leads to, what it is called, how many are in it, and itself."""

    id: str
    title: str
    count: str
    body: Component | None


def section(title: str, body: Any, count: str = "") -> Component:
    """Return a section with its head."""
    head = html.Div([html.H3(title), html.Span(count, className="panel-note")], className="section-head")
    return html.Section([head, *body], className="section")


def given(asked: Asked, code: str) -> Part:
    """Return the orders of the book on this compound, the newest first, each leading to its page."""
    w, rows = asked.say, asked.desk.orders(asked.who, asked.here.view)
    mine = rows[(rows["decision"] == "lockdown") & (rows["subject"] == code)]
    items = []
    for row in mine.to_dict("records"):
        badge = (
            parts.mark_badge(mark_of(row["action"]), asked.lang)
            if row["action"] in ACTIONS
            else action_words(row["action"], asked.lang)
        )
        until = w("around.due") + moment(row["deadline_at"], asked.lang)
        items.append(
            html.Li([sign(asked, row), badge, html.Span(f"{row['owner']} · {until}", className="order-owner")])
        )
    none = html.P(w("around.no_order_given"), className="more")
    lead = dcc.Link(w("around.all_orders"), href=link_to(asked, "").split("?")[0] + asked.here.elsewhere.search)
    body = [html.Ul(items, className="orders-given")] if items else [none]
    return Part(
        "compound-orders",
        w("around.orders"),
        figure(len(mine)),
        section(w("around.orders"), [*body, html.P(lead, className="more")]),
    )


def stock(asked: Asked, row: pd.Series) -> Part:
    """Return the nearest sites with stock, how far they are and which item runs out first there."""
    w, title = asked.say, asked.say("around.stock_near")
    sites = asked.desk.frames(asked.who, asked.here.view.narrowed(""), ["supplies"], asked.lang)["supplies"]
    near = nearest(sites, row, NEAR)
    if near.empty:
        why = w("around.no_stock_reported")
        return Part("compound-stock", title, "0", section(title, [html.P(why, className="more")]))
    head = [w("around.site"), w("around.km"), w("around.runs_out_first"), w("around.days")]
    lines = [
        html.Tr([html.Th(one["name"]), html.Td(figure(one["away_m"] / 1000, 1)), html.Td(in_words(one["item"], asked.lang) or UNKNOWN),
                 html.Td(figure(one["days_of_cover"], 1), className="short" if one["days_of_cover"] < SHORT_DAYS else "")])
        for one in near.to_dict("records")
    ]  # fmt: skip
    table = html.Table(
        [html.Thead(html.Tr([html.Th(text) for text in head])), html.Tbody(lines)], className="plain-table compact"
    )
    note = html.P(w("around.crow_flies"), className="more")
    return Part("compound-stock", title, figure(len(near)), section(title, [table, note]))


def nearest(sites: pd.DataFrame, row: pd.Series, most: int) -> pd.DataFrame:
    """Return the sites nearest to a place with `away_m`; none where the place is not known."""
    placed = sites.dropna(subset=["lon", "lat"])
    if placed.empty or pd.isna(row["lon"]):
        return placed.assign(away_m=pd.Series(dtype=float)).iloc[:0]
    away = distance_m(
        np.full(len(placed), row["lon"]),
        np.full(len(placed), row["lat"]),
        placed["lon"].to_numpy(float),
        placed["lat"].to_numpy(float),
    )
    return placed.assign(away_m=away).sort_values(["away_m", "id"]).head(most)


def unit(asked: Asked, row: pd.Series) -> Part:
    """Return the units that answer for a compound, nearest first: those that an order about it would be given to."""
    w, title = asked.say, asked.say("around.who_answers_for")
    found = units(asked, Subject(Place(row["district"], row["street"] or "", row["id"]), row["community"] or ""))
    items = [
        html.Li(name)
        for name, area in found.items()
        if area.count("/") or area.startswith("compound:") or area == row["district"]
    ][:3]
    body = [html.Ul(items, className="units")] if items else [html.P(w("around.neither_street_nor"), className="more")]
    return Part("compound-unit", title, "", section(title, body))
