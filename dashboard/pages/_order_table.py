"""The table of orders: every order as one line with columns to choose, sort, filter and look through; a line leads to its order."""

from typing import Any

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.goods import in_words
from dashboard.orders import DECISION, STATE, action_words
from dashboard.pages import Asked, _drawer
from dashboard.pages._frame import district_names
from dashboard.pages._grid import grid
from dashboard.text import pick
from layers._times import SHANGHAI
from layers.decisions.orders import LEVELS

NAME = "orders"
HOUR = pd.Timedelta(hours=1)
WIDTHS = {  # column -> pixels that it needs
    "id": 128,
    "state": 130,
    "name": 150,
    "district": 96,
    "street": 110,
    "action": 120,
    "proposed": 120,
    "level": 84,
    "owner": 140,
    "deadline": 140,
    "overdue": 110,
    "held": 120,
    "given": 140,
    "giver": 110,
    "decision": 96,
    "reason": 160,
    "feedback": 160,
}


def is_table(asked: Asked) -> bool:
    """Return whether the address asks for the table instead of the list."""
    return bool(_drawer.opened(asked, {NAME: ("", orders)}))


def switch(asked: Asked) -> Component:
    """Return the two links between list and table; the one that is shown is marked."""
    shown = NAME if is_table(asked) else ""
    links = [
        dcc.Link(
            asked.say("order_table.as_table" if name else "order_table.as_list"),
            href=_drawer.link(asked, name),
            className="here" if name == shown else "",
        )
        for name in ("", NAME)
    ]
    return html.Nav(links, className="order-switch")


def orders(asked: Asked, rows: pd.DataFrame, number: str = "") -> Component:
    """Return the table of `timed` orders in their order, late ones first; choosing a line opens its order, that of `number` is marked."""
    columns: dict[str, Any] = {
        name: {"headerName": asked.say(f"order_table.{name}"), "minWidth": width} for name, width in WIDTHS.items()
    }
    columns["id"]["pinned"] = "left"
    return grid(asked, order_rows(asked, rows), columns, NAME, leads=_leads(asked), chosen=number)


def _leads(asked: Asked) -> str:
    """Return the address of an order's page up to the number of the order."""
    options = {name: value for name, value in (asked.here.options or {}).items() if name != "order"}
    search = asked.here.at(pick=None, options=options).search
    return f"{asked.here.path}{search}{'&' if search else '?'}order="


def order_rows(asked: Asked, rows: pd.DataFrame) -> pd.DataFrame:
    """Return `timed` orders with words for codes, in the columns of WIDTHS; overdue and held in hours, unknown where not late."""
    lang, names = asked.lang, district_names(asked)
    return pd.DataFrame(
        {
            "id": rows["number"],
            "state": [pick(STATE[one][:2], lang) for one in rows["state"]],
            "name": [in_words(name or subject, lang) for name, subject in zip(rows["name"], rows["subject"], strict=True)],
            "district": [names.get(code, code) for code in rows["district"]],
            "street": rows["street"],
            "action": [action_words(one, lang) for one in rows["action"]],
            "proposed": [action_words(one, lang) for one in rows["proposed"]],
            "level": [LEVELS[one].said(lang) for one in rows["level"]],
            "owner": rows["owner"],
            "deadline": rows["deadline_at"].dt.tz_convert(SHANGHAI),
            "overdue": _hours(rows["late_by"]),
            "held": _hours(rows["in_state"]),
            "given": rows["happened_at"].dt.tz_convert(SHANGHAI),
            "giver": rows["given_by"],
            "decision": [pick(DECISION[one], lang) for one in rows["decision"]],
            "reason": rows["reason"],
            "feedback": rows["feedback"],
        }
    )  # fmt: skip


def _hours(passed: Any) -> pd.Series:
    return (pd.to_timedelta(passed) / HOUR).astype(float).round(1)
