"""The drawer under the map: whole tables of a page, one at a time, opened by the address (`table=NAME`)."""

from collections.abc import Callable, Mapping

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.pages import Asked

Table = tuple[str, Callable[[Asked], Component]]  # the key of its title in the words, and what makes it


def drawer(asked: Asked, tables: Mapping[str, Table]) -> Component | None:
    """Return the open drawer with a tab for each table, None while the address opens none of them."""
    name = opened(asked, tables)
    if not name:
        return None
    tabs = [
        dcc.Link(asked.say(title), href=link(asked, one), className="here" if one == name else "")
        for one, (title, _) in tables.items()
    ]
    close = dcc.Link("✕", href=link(asked, ""), className="quiet drawer-close", title=asked.say("lists.close_table"))
    head = html.Div([html.Div(tabs, className="drawer-tabs"), close], className="drawer-head")
    return html.Section([head, tables[name][1](asked)], className="drawer")


def opened(asked: Asked, tables: Mapping[str, Table]) -> str:
    """Return the table that the address opens, "" for none of these."""
    name = (asked.here.options or {}).get("table", "")
    return name if name in tables else ""


def link(asked: Asked, table: str) -> str:
    """Return the address of this page with a table opened, or with none."""
    options = {name: value for name, value in (asked.here.options or {}).items() if name != "table"}
    return asked.here.path + asked.here.at(options=options | ({"table": table} if table else {})).search


def opener(asked: Asked, table: str) -> Component:
    """Return the link that opens a table."""
    return dcc.Link(asked.say("lists.full_table"), href=link(asked, table), className="button quiet")
