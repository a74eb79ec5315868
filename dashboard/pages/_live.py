"""Parts of a page that are made anew when a kind of thing has changed, while the rest of the page, and the map, stay.

A page wraps such a part in `part(KIND, NAME, ...)` and names the kind in `Page.live`. When nothing but such kinds have changed
(`/pulse` says what), the page is laid out again on the server, where plans are kept, and only these parts go to the browser.
"""

import json
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component
from flask import request

from dashboard.desk import Desk
from dashboard.pages import Asked, all_pages
from layers._errors import ViewError
from layers.store.beat import Beat

KINDS = ("facts", "orders", "alerts", "saved")  # of change, as `/pulse` names them; facts make the whole page anew


def part(kind: str, name: str, children: Any, className: str = "") -> Component:
    """Return a part of a page that follows a kind of change by itself."""
    return html.Div(children, id={"type": "live", "index": f"{kind}:{name}"}, className=f"live {className}".strip())


def stamped(layout: Component, stand: Beat) -> Component:
    """Return the page with the state of the store that it was made from, so that the browser knows what is news to it."""
    told = json.dumps({kind: getattr(stand, kind) for kind in KINDS})
    layout.children = [*layout.children, html.I(hidden=True, **{"data-stand": told})]
    return layout


def changed(pulse: Any) -> frozenset[str]:
    """Return what a pulse says has changed; everything where it does not say."""
    found = pulse.get("changed") if isinstance(pulse, dict) else None
    return frozenset(found) & frozenset(KINDS) if isinstance(found, list) else frozenset(KINDS)


def only_parts(pulse: Any, path: str) -> bool:
    """Say whether parts of the page take care of all that has changed."""
    page = all_pages().get(path)
    return page is not None and changed(pulse) <= page.live


def parts_of(layout: Component, kinds: frozenset[str]) -> dict[str, Any]:
    """Return the children of the live parts of a page that follow one of these kinds, by index."""
    ids = ((one, getattr(one, "id", None)) for one in layout._traverse())
    live = {id["index"]: one for one, id in ids if isinstance(id, dict) and id.get("type") == "live"}
    return {index: one.children for index, one in live.items() if index.partition(":")[0] in kinds}


def connect(app: Dash, desk: Desk) -> None:
    """Let the parts follow the pulse."""

    @app.callback(
        Output({"type": "live", "index": ALL}, "children"),
        Output("live-at", "data"),
        Input("pulse", "data"),
        State("url", "pathname"),
        State("url", "search"),
        State("scale", "data"),
        State("wall-page", "data"),
        prevent_initial_call=True,
    )
    def follow(pulse: Any, path: str, search: str, scale: float | None, turn: str) -> Any:
        indices = [one["id"]["index"] for one in ctx.outputs_list[0]]
        nothing = [no_update] * len(indices)
        if scale is None or not indices or not only_parts(pulse, path):
            return nothing, no_update
        try:
            asked = Asked.at(desk, desk.gate.who(request), path, search, scale=scale, turn=turn or "")
        except ViewError:
            return nothing, no_update  # the page says what is wrong with its address
        found = parts_of(all_pages()[path].layout(asked), changed(pulse))
        return [found.get(index, no_update) for index in indices], pulse.get("t")
