"""The menu of saved views: a place of a page by name, the one that a page opens with, and the way back from every change."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from flask import request

from dashboard.calls import CallError
from dashboard.desk import Desk
from dashboard.pages import Asked, all_pages
from dashboard.presses import press, pressed
from dashboard.roles import Person
from dashboard.text import both, pick
from layers.store import saved
from layers.store.saved import SavedError

DO = ("keep", "rename", "remove", "default")
UNDOES = ("view", "rename", "default")
STORES = ("grid-filter", "grid-columns", "toast", "undo")  # what tables and toasts talk through, once in every browser


def owner(who: Person | None) -> str:
    """Return whose views these are: two people of one name in two offices keep their own."""
    return " ".join((who.role, who.area, who.name)) if who else ""


def opens_with(desk: Desk, who: Person | None, page: str) -> str:
    """Return the address, from its ? on, that a page opens with when it is asked for without one; "" for as it is."""
    found = saved.default(desk.store, owner(who), page) if page in all_pages() and all_pages()[page].listed else ""
    return found if not found or found.startswith("?") else "?mine=1" + found  # never the bare page again


def stores() -> list[Component]:
    """Return what stands once in every browser."""
    return [dcc.Store(id=name) for name in STORES]


def menu(asked: Asked) -> Component:
    """Return the menu of a page's head."""
    title = asked.say("saved.my_views_keep")
    return html.Details(
        [
            html.Summary(
                html.Span("☆", **{"aria-hidden": "true"}), title=title, **{"aria-label": asked.say("saved.views")}
            ),
            html.Div(body(asked), id="views-body", className="menu-body views-body"),
        ],
        className="menu views",
    )


def body(asked: Asked) -> list[Component]:
    """Return the field for a new view and the list of those that there are."""
    w = asked.say
    rows = saved.views(asked.desk.store, owner(asked.who))
    mine = saved.defaults(asked.desk.store, owner(asked.who))
    field = dcc.Input(
        id="views-name", type="text", maxLength=saved.LONGEST, autoComplete="off", placeholder=w("saved.name_view"),
    )  # fmt: skip
    keep = html.Button(w("saved.keep"), id=_does("keep", 0), className="button primary", n_clicks=0)
    head = html.Div([field, keep], className="views-new")
    if not rows:
        told = w("saved.none_yet_view")
        return [head, html.P(told, className="views-none"), *_opens(asked, mine)]
    groups: dict[str, list[Any]] = {}
    for row in rows:
        groups.setdefault(row["page"], []).append(row)
    ordered = sorted(groups.items(), key=lambda one: one[0] != asked.here.path)
    return [head, *(_group(asked, page, some, mine.get(page, "")) for page, some in ordered), *_opens(asked, mine)]


def _group(asked: Asked, page: str, rows: Sequence[Mapping[str, Any]], default: str) -> Component:
    title = pick(all_pages()[page].title, asked.lang) if page in all_pages() else page
    lines = [html.Li(_line(asked, row, default)) for row in rows]
    return html.Section([html.H3(title), html.Ul(lines)])


def _line(asked: Asked, row: Mapping[str, Any], default: str) -> list[Component]:
    w, is_default = asked.say, bool(default) and row["search"] == default
    opens = w("saved.do_not_open") if is_default else w("saved.open_page")
    gone, other = w("saved.delete"), w("saved.rename")
    star = html.Button(
        "★" if is_default else "☆", id=_does("default", row["id"]), className="quiet views-star", title=opens, n_clicks=0,
        **{"aria-label": f"{opens} {row['name']}", "aria-pressed": str(is_default).lower()},
    )  # fmt: skip
    field = dcc.Input(
        id={"type": "view-name", "index": str(row["id"])}, value=row["name"], type="text", maxLength=saved.LONGEST
    )
    done = html.Button(other, id=_does("rename", row["id"]), className="button", n_clicks=0)
    rename = html.Details([html.Summary("✎", title=other), html.Div([field, done])], className="views-rename")
    remove = html.Button(
        "✕", id=_does("remove", row["id"]), className="quiet", title=gone, n_clicks=0, **{"aria-label": f"{gone} {row['name']}"}
    )  # fmt: skip
    return [star, dcc.Link(row["name"], href=row["page"] + row["search"]), rename, remove]


def _opens(asked: Asked, mine: Mapping[str, str]) -> list[Component]:
    """What this page opens with now, and how to let go of it."""
    if asked.here.path not in mine:
        return []
    text = asked.say("saved.page_opens_your")
    off = html.Button(asked.say("saved.stop"), id=_does("default", 0), className="quiet", n_clicks=0)
    return [html.P([text, off], className="views-default")]


def _does(do: str, id: Any) -> dict[str, str]:
    return {"type": "view-do", "do": do, "index": str(id)}


# ---- what the buttons do


def acted(asked: Asked, button: Mapping[str, str], name: str, names: Mapping[str, str], address: str) -> dict[str, Any]:
    """Do what a button of the menu says; return the toast: what was done, and what takes it back where that is possible."""
    w, store, who = asked.say, asked.desk.store, owner(asked.who)
    do, number = button["do"], _number(button["index"])
    if do == "keep":
        saved.keep(store, who, name, asked.here.path, address)
        return {"text": w("saved.view_kept", named=saved.named(name))}
    if do == "rename":
        before = _row(asked, number)
        saved.rename(store, who, number, names.get(button["index"], ""))
        undo = {"what": "rename", "id": number, "name": before["name"]}
        return {"text": w("saved.renamed", name=before["name"]), "undo": undo}
    if do == "remove":
        row = saved.remove(store, who, number)
        return {
            "text": w("saved.view_deleted", name=row["name"]),
            "undo": {"what": "view", "row": row},
        }
    return _defaulted(asked, number)


def _defaulted(asked: Asked, number: int) -> dict[str, Any]:
    w, store, who = asked.say, asked.desk.store, owner(asked.who)
    row = _row(asked, number) if number else {"page": asked.here.path, "search": "", "name": ""}
    now = saved.default(store, who, row["page"])
    if number and not row["search"]:
        return {"text": w("saved.view_page_opens")}
    wanted = "" if now == row["search"] else row["search"]
    before = saved.set_default(store, who, row["page"], wanted)
    text = w("saved.page_opens", name=row["name"]) if wanted else w("saved.no_default_view")
    return {"text": text, "undo": {"what": "default", "page": row["page"], "search": before}}


def undone(asked: Asked, undo: Mapping[str, Any]) -> dict[str, Any]:
    """Take back what a toast told of; return the toast that says so."""
    store, who = asked.desk.store, owner(asked.who)
    about = undo["row"] if undo["what"] == "view" else undo
    if about.get("page", asked.here.path) not in all_pages() or not _is_search(about.get("search", "")):
        raise CallError(f"{about.get('page', '')[:40]}{about.get('search', '')[:40]}; wanted the address of a page")
    if undo["what"] == "view":
        saved.restore(store, who, undo["row"])
    elif undo["what"] == "rename":
        saved.rename(store, who, int(undo["id"]), undo["name"])
    else:
        saved.set_default(store, who, undo["page"], undo["search"])
    return {"text": asked.say("saved.undone")}


def _is_search(text: str) -> bool:
    return not text or text.startswith(("?", "#"))


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 15:
        raise CallError(f"view {text[:20]!r}; wanted the number of one")
    return int(text)


def _row(asked: Asked, number: int) -> dict[str, Any]:
    found = next((row for row in saved.views(asked.desk.store, owner(asked.who)) if row["id"] == number), None)
    if found is None:
        raise SavedError(*both("saved.view_gone")[::-1])
    return found


def connect(app: Dash, desk: Desk) -> None:
    """Let a person keep, open, rename and delete views, and take each of these back."""

    @app.callback(
        Output("views-body", "children"),
        Output("toast", "data"),
        press("view"),
        Input("undo", "data"),
        State("views-name", "value"),
        State({"type": "view-name", "index": ALL}, "value"),
        State("url", "pathname"),
        State("url", "search"),
        State("url", "hash"),
        prevent_initial_call=True,
    )
    def does(button: Any, undo: Any, name: Any, names: Sequence[Any], path: str, search: str, fragment: str | None) -> Any:  # fmt: skip
        if not ctx.triggered[0]["value"] or (ctx.triggered_id == "undo" and undo.get("what") not in UNDOES):
            return no_update, no_update  # what other parts told of, they take back themselves
        asked = Asked.at(desk, desk.gate.who(request), path, search)
        ids = [one["id"]["index"] for one in ctx.states_list[1]]
        try:
            if ctx.triggered_id == "undo":
                told = undone(asked, undo)
            else:
                address = asked.here.search + (fragment or "")
                told = acted(asked, pressed(button), str(name or ""), dict(zip(ids, names, strict=True)), address)
        except SavedError as error:
            return no_update, {"text": error.said(asked.lang), "tone": "red"}
        return body(asked), told

    app.clientside_callback(  # assets/desk.js
        ClientsideFunction("fangyi", "toast"),
        Output("toast", "modified_timestamp"),
        Input("toast", "data"),
        prevent_initial_call=True,
    )
