"""Parts of a page that are made anew when a kind of thing has changed, while the rest of the page, and the map, stay.

A page wraps such a part in `part(KIND, NAME, ...)` and names the kind in `Page.live`. When nothing but such kinds have changed
(`/pulse` says what), the page is laid out again on the server, where plans are kept, and only these parts go to the browser.
"""

import json
import time
from collections.abc import Callable, Hashable
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component
from flask import request

from dashboard import second
from dashboard.desk import Desk
from dashboard.memory import Memory
from dashboard.pages import Asked, Page, all_pages
from dashboard.pages._saved import owner
from dashboard.view import WALL
from dashboard.watch import Watch
from layers._errors import ViewError
from layers.store import saved
from layers.store.beat import Beat

SHEETS = 64  # pages kept: six turns of a few walls and the pages of the desks
LASTS_S = 300  # what another process kept beside the store, such as a search for clusters, is seen after this time at the latest
KINDS = ("facts", "orders", "alerts", "saved")  # of change, as `/pulse` names them; facts make the whole page anew


@dataclass
class Sheets:
    """Pages as they were laid out, so that screens that show the same one, and the parts that follow the pulse, lay it out once."""

    watch: Watch
    memory: Memory = field(default_factory=lambda: Memory(most=SHEETS))

    def get(self, asked: Asked, page: Page, what: str, stand: Beat, make: Callable[[], Any]) -> Any:
        """Return what `make` makes of a page, read at `stand` or later; nobody may change it."""
        key = self.key(asked, page, what, stand)
        return make() if key is None else self.memory.get(key, make)

    def key(self, asked: Asked, page: Page, what: str, stand: Beat, *, nameless: bool = False) -> Hashable | None:
        """Return what names all that a page depends on, so that equal keys mean equal pages; None for a page that is its reader's alone.

        nameless  the name on the page is put in later, so colleagues share it who have the same in the bell
        """
        if not page.shared or asked.review:
            return None
        here, who = asked.here, asked.who
        name = "" if who is None or page.path == WALL else who.name  # a wall addresses nobody
        view = (here.path, here.search, here.lang, here.view.area, here.view.as_of, here.view.known_at)
        reader = (who.role, who.area, name) if who else ()
        until = (asked.desk.now(here), int(time.time() // LASTS_S))  # ages grow, to the minute
        own: tuple[int, ...] = saved.version(asked.desk.store, owner(who)) if name else ()  # their views and columns
        if nameless:
            reader, own = reader[:2], second.numbers(asked.desk, who)  # the bell tells each what waits for them
        return (what, *view, asked.scale, asked.turn, *reader, own, stand, *until)

    @staticmethod
    def is_nameless(asked: Asked, page: Page) -> bool:
        """Return whether nothing but a name tells this reader's page from a colleague's: they keep no views and no columns."""
        named = asked.who is not None and asked.who.name != "" and page.path != WALL
        return named and not asked.desk.settings.is_drill and not any(saved.version(asked.desk.store, owner(asked.who)))


def part(kind: str, name: str, children: Any, className: str = "") -> Component:
    """Return a part of a page that follows a kind of change by itself."""
    return html.Div(children, id={"type": "live", "index": f"{kind}:{name}"}, className=f"live {className}".strip())


def stamped(layout: Component, stand: Beat, page: Page, search: str) -> Component:
    """Return a copy of the layout with what the browser needs to know which news concern it.

    data-stand  the state of the store that it was made from
    data-parts  the kinds that its parts follow by themselves
    data-still  stands on a page that news of facts do not make anew
    """
    told = {
        "data-stand": json.dumps({kind: getattr(stand, kind) for kind in KINDS}),
        "data-parts": " ".join(sorted(page.live)),
    }
    told |= {"data-still": ""} if page.still(search) else {}
    made = copy(layout)
    made.children = [*layout.children, html.I(hidden=True, **told)]
    return made


def changed(pulse: Any) -> frozenset[str]:
    """Return what a pulse says has changed; everything where it does not say."""
    found = pulse.get("changed") if isinstance(pulse, dict) else None
    return frozenset(kind for kind in KINDS if kind in found) if isinstance(found, list) else frozenset(KINDS)


def only_parts(pulse: Any, path: str) -> bool:
    """Say whether parts of the page take care of all that has changed."""
    page = all_pages().get(path)
    return page is not None and changed(pulse) <= page.live


def parts_of(layout: Component, kinds: frozenset[str]) -> dict[str, Any]:
    """Return the children of the live parts of a page that follow one of these kinds, by index."""
    ids = ((one, getattr(one, "id", None)) for one in layout._traverse())
    live = {id["index"]: one for one, id in ids if isinstance(id, dict) and id.get("type") == "live"}
    return {index: one.children for index, one in live.items() if index.partition(":")[0] in kinds}


def connect(app: Dash, desk: Desk, sheets: Sheets) -> None:
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
        page, stand = all_pages()[path], sheets.watch.beat(0)
        found = parts_of(sheets.get(asked, page, "layout", stand, lambda: page.layout(asked)), changed(pulse))
        return [found.get(index, no_update) for index in indices], pulse.get("t")
