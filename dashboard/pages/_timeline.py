"""The time machine under a page: the daily curve, the two clocks on it, and the moments to jump to.

Drawn and moved in the browser (assets/time.js) from what stands in `data-time`; while a hand moves, frames of
`dashboard/scrub.py` travel. When it rests, the clocks arrive in the store `clocks`, the address changes, and the page
settles with everything exact.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from dash import Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component
from flask import request

from dashboard import moments, scrub
from dashboard.charts import STEP
from dashboard.desk import Desk
from dashboard.pages import Asked, Scene, all_pages
from dashboard.view import WALL, Here
from layers._palette import COUNT, OCCUPANCY, STATUS, UNKNOWN, Ramp
from layers._times import day_number, day_start, from_ms, to_ms
from layers._view import View
from layers.cases import METRES
from layers.cases import SHOWN as DRAWN
from layers.compounds import METRES_A_CASE
from layers.hospitals import METRES_A_BED
from layers.store import moments as stored

CLOCKS = ("as_of", "known_at")
LONGEST = 150  # days on the scrubber; what came before is reached by typing a date
COUNTED_PAGES = ("/", "/lockdown")  # where the compounds show cases while a clock moves


def timeline(asked: Asked, scene: Scene | None = None) -> Component:
    """Return the time machine of a page; `scene` tells which layers of its map move with the clocks."""
    data = json.dumps(told(asked, scene), ensure_ascii=False, separators=(",", ":"))
    wall = {"hidden": True} if asked.here.path == WALL else {}  # nobody moves a hand there, but news move its figures
    return html.Div(id="timeline", className="timeline", **wall, **{"data-time": data})


def told(asked: Asked, scene: Scene | None = None) -> dict[str, Any]:
    """Return what the browser draws the time machine from; times in ms, days since 1970."""
    desk, who, here = asked.desk, asked.who, asked.here
    view, now, page = here.view, desk.store.view(here.view.area), all_pages()[here.path]
    latest = scrub.curve(desk, now)
    first, last = _reach(latest["first"], view, now)
    order = scrub.order_of(desk, who, view)
    found = moments.all_moments(desk, who, view)
    return {
        "page": here.path,
        "lang": asked.lang,
        "search": here.at(pick=None).search,
        "area": view.area,
        "first": first,
        "last": last,
        "now": to_ms(now.as_of),
        "as_of": to_ms(view.as_of),
        "known_at": to_ms(view.known_at),
        "stays": page.still(here.search) or "facts" in page.live,  # no page follows the news
        "fixed": [name for name in CLOCKS if name in here.fixed],
        "latest": latest,
        "curve": scrub.curve(desk, view),
        "moments": [one.told(asked.lang) for one in found],
        "cases": _arrivals(asked, now),
        "step": [moments.day_of(one.date()) for one in STEP],
        "order": {"v": order.version, "compounds": order.compounds, "hospitals": order.hospitals},
        "moves": moving(here.path, scene),
        "painted": bool(scene and "compounds" in scene.paint),
        "looks": looks(),
    }


def _reach(first: int | None, view: View, now: View) -> tuple[int, int]:
    """The first and last day on the scrubber: of what the store knows, and of what is looked at."""
    last = max(day_number(now.as_of), day_number(view.as_of))
    start = first if first is not None else last - 30
    return min(max(start, last - LONGEST), last - 1), last


def _arrivals(asked: Asked, now: View) -> list[int]:
    """When cases were delivered: from the last of them known at a moment on, the days are silent."""
    rows = moments.deliveries(asked.desk, asked.who, now)
    return [to_ms(at) for at in rows.loc[rows["feed"] == stored.CASES, "at"]]


def moving(path: str, scene: Scene | None) -> list[str]:
    """Return the layers that move with the clocks: those that say counts, unless the page paints them with something else."""
    if scene is None:
        return []
    plain = path == WALL and "compounds" not in scene.paint
    counted = ("compounds",) if path in COUNTED_PAGES or plain else ()
    return [
        key
        for key in (*counted, "cases", "hospitals")
        if key in scene.layers and (key in counted or key not in scene.paint)
    ]


def looks() -> dict[str, Any]:
    """Return how counts look, so that a frame need not carry colours."""
    return {
        "curve": {one: list(STATUS[one].colour) for one in ("confirmed", "clinical")},
        "compounds": {**_ramp(COUNT), "metres": METRES_A_CASE},
        "hospitals": {**_ramp(OCCUPANCY), "metres": METRES_A_BED},
        "cases": {"metres": METRES, "colours": {one: [*STATUS[one].colour[:3], 150] for one in DRAWN}},
    }


def _ramp(ramp: Ramp) -> dict[str, Any]:
    return {
        "edges": list(ramp.edges),
        "colours": [list(one) for one in ramp.colours],
        "texts": list(ramp.zh),
        "unknown": list(UNKNOWN),
    }


def end_of_day(number: int) -> datetime:
    """Return the last millisecond of a day: the 24:00 bulletin."""
    return from_ms(to_ms(day_start(number + 1)) - 1)


def connect(app: Dash, desk: Desk) -> None:
    """Let the hand that rests, and the choice of an area, change the address."""

    @app.callback(
        Output("url", "search"),
        Input("area", "value"),
        State("url", "pathname"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def chosen(area: str | None, path: str, search: str) -> Any:
        return changed(desk.here(desk.gate.who(request), path, search), {}, area)

    @app.callback(
        Output("url", "search", allow_duplicate=True),
        Input("clocks", "data"),
        State("url", "pathname"),
        State("url", "search"),
        State("pick", "data"),
        prevent_initial_call=True,
    )
    def rested(clocks: Any, path: str, search: str, pick: Any) -> Any:
        if not clocks or clocks["path"] != path:
            return no_update
        here = desk.here(desk.gate.who(request), path, search)
        if pick is not None:  # selected or closed by hand, which the address that Dash knows does not say
            here = here.at(pick=(pick["layer"], pick["id"]) if pick.get("id") else None)
        return changed(here, clocks, None)

    def changed(here: Here, clocks: Mapping[str, Any], area: str | None) -> Any:
        new = moved_to(here, clocks, area)
        return no_update if new == moved_to(here, {}, None) else new  # a page that was made just now moves nothing


def moved_to(here: Here, clocks: Mapping[str, Any], area: str | None) -> str:
    """Return the query string after a clock or the area moved; clocks that are not named stay as they are, and what is selected in one area.

    clocks   as_of, known_at: milliseconds, or None for "now"
    """
    view, fixed = here.view, set(here.fixed)
    changes: dict[str, Any] = {}
    for name in CLOCKS:
        if name not in clocks:
            continue
        if clocks[name] is None:
            fixed.discard(name)
        else:
            changes[name] = from_ms(clocks[name])
            fixed.add(name)
    pick = here.pick
    if area is not None and area != view.district:
        changes["area"], pick = area, None
        fixed = fixed | {"area"} if area else fixed - {"area"}
    return replace(here, view=replace(view, **changes), pick=pick, fixed=frozenset(fixed)).search
