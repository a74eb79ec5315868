"""Hand in a file: what it is, what it would change, then the import, its receipt, and the way back."""

from urllib.parse import parse_qs

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import parts
from dashboard.access import IMPORTERS
from dashboard.pages import Asked, Page, _import_doing, _import_map, _import_preview, _import_profile, _import_receipt
from dashboard.pages._frame import sheet
from dashboard.pages._import_start import back, deliveries, drop_zone, profiles_panel
from dashboard.text import both


def layout(asked: Asked) -> Component:
    """The page at its step: a list with the place to drop a file, a file on its way in, a receipt, or a profile."""
    stores = [dcc.Store(id=f"import-{name}") for name in ("job", "tick", "undo-tick", "followed")]
    return sheet(asked, [html.Div([*stores, *content(asked)], className="imports-page")])


def content(asked: Asked) -> list[Component]:
    """Return what the address asks for, as far as the person may."""
    given = asked.here.options or {}
    if given.get("batch", "").isdecimal() and len(given["batch"]) < 16:
        return _import_receipt.panel(asked, int(given["batch"]))
    may = asked.who is not None and asked.who.role in IMPORTERS
    if not may:
        return [
            parts.empty(asked.say("imports.files_imported_city")),
            deliveries(asked),
        ]
    if given.get("profile"):
        return _import_profile.page(asked, given["profile"])
    return (
        draft(asked, given["draft"])
        if given.get("draft")
        else [drop_zone(asked), html.Div([deliveries(asked), profiles_panel(asked)], className="import-lists")]
    )


def draft(asked: Asked, token: str) -> list[Component]:
    """Return a file on its way in."""
    found = asked.desk.drafts.get(token, asked.who)
    if found is None:
        gone = asked.say("imports.file_no_longer")
        return [back(asked), parts.empty(gone), drop_zone(asked)]
    return [
        html.Div(_import_map.head(asked, found), id="import-steps"),
        html.Div(_import_preview.preview(asked, found), id="import-preview"),
        html.Div(_import_map.body(asked, found), id="import-body", className="import-body"),
    ]


def is_at_work(search: str) -> bool:
    """Return whether somebody is at work on a file: then the page is not drawn anew when another delivery comes in."""
    return bool(parse_qs(search.lstrip("?")).keys() & {"draft", "profile"})


PAGE = Page(
    "/imports",
    order=58,
    title=both("page.imports"),
    layout=layout,
    connect=_import_doing.connect,
    group="data",
    bare=True,
    still=is_at_work,
)
