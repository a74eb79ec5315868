"""What a hand that moves a clock sees: the counts of one moment, small enough to travel at every step.

GET /scrub?page=..&area=..&as_of=..&known_at=..&v=..   one frame, for who may see it
GET /scrub/order?area=..                               what `v` is now, and where the names of the rows stand

A frame is a 4-byte little-endian length, JSON of that length (padded to 8 bytes), then one column after the other as the JSON
says (`columns`: name, dtype, count), each at a multiple of 8 bytes. Counts stand in the order of two tables that the page
fetches once (`order`). A frame of a past knowledge time never changes: it may be kept for ever under the `v` it was asked with.
"""

import gzip
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from flask import Blueprint, Response, abort, request
from sqlalchemy import Select, select

from dashboard import access, moments
from dashboard.desk import Desk
from dashboard.downloads import as_json
from dashboard.memory import Memory
from dashboard.roles import Person
from dashboard.tables import IMMUTABLE, digest, narrow, pack
from layers._times import to_ms
from layers._view import View
from layers.store.schema import FOREVER, compound
from layers.store.totals import feed_of

FORMAT = "1"  # of a frame: a browser keeps no frame of another
FIGURES = ("ever_counted", "new1_counted", "now_confirmed", *(f"{m}_{s}" for s in ("clinical", "suspected", "contact") for m in ("now", "new1")))  # fmt: skip
BY_COMPOUND = ("now_confirmed", "now_clinical", "now_suspected", "new14_counted")
BY_DISTRICT = ("now_confirmed + now_clinical", "new1_counted", "ever_counted")
KEPT = 200  # frames of some 15 kB: all screens that hear of the same news ask for the same one at once
FOR_EVER = timedelta(days=36_500)
Column = npt.NDArray[Any]


@dataclass(frozen=True)
class Order:
    """Whose counts a frame holds, in order, and what the browser calls this order.

    version    changes with who asks, the area, the compounds and the hospitals
    compounds, hospitals   addresses of tables with the ids
    """

    version: str
    compounds: str
    hospitals: str
    codes: tuple[str, ...]
    sites: tuple[str, ...]


def scrub_blueprint(desk: Desk) -> Blueprint:
    """Return the routes of the time machine."""
    routes, frames = Blueprint("scrub", __name__), Memory(most=KEPT)

    @routes.get("/scrub")
    def frame() -> Response:
        who = desk.gate.who(request)
        here = desk.here(who, request.args.get("page", "/"), request.query_string.decode())
        if desk.store.revision(here.view.known_at) == 0:
            abort(404)
        order = order_of(desk, who, here.view, request.args.get("v", ""))
        settled = here.view.known_at <= desk.store.latest() and request.args.get("v") == order.version
        etag = f"{order.version}-{to_ms(here.view.as_of)}-{to_ms(here.view.known_at)}"
        etag += "" if settled else f"-{desk.store.revision(here.view.known_at)}"
        if request.if_none_match.contains_weak(etag):
            return _kept(Response(status=304), etag, settled)
        zipped = frames.get(etag, lambda: gzip.compress(frame_bytes(desk, who, here.view, order), 1, mtime=0))
        return _kept(_answer(zipped), etag, settled)

    @routes.get("/scrub/order")
    def order() -> Response:
        who = desk.gate.who(request)
        here = desk.here(who, "/", request.query_string.decode())
        found = order_of(desk, who, here.view)
        return as_json({"v": found.version, "compounds": found.compounds, "hospitals": found.hospitals})

    return routes


def order_of(desk: Desk, who: Person | None, view: View, version: str = "") -> Order:
    """Return the order of the rows that a person may see in the area of a view: the one a browser has, or that of what is known now.

    Whose compound it is today decides who may see its past, as everywhere (`access.place_of`).
    """
    assert who is not None
    whose = ("scrub order", who.role, who.area, view.area)
    if version and (kept := desk.memory.kept.get((*whose, version))) and _stands(desk, kept):
        return kept  # type: ignore[no-any-return]
    now = desk.gate.allowed(desk.store, who, desk.store.view(view.area))
    order = desk.memory.get((*whose, desk.revision(desk.store.settled(now))), lambda: _order(desk, who, now))
    for table, ids in ((order.compounds, order.codes), (order.hospitals, order.sites)):
        if not desk.tables.has(*table.split("/")[2:]):
            desk.tables.add(table.split("/")[2], pack({}, {"id": ids}))
    return desk.memory.get((*whose, order.version), lambda: order)  # type: ignore[no-any-return]


def _stands(desk: Desk, order: Order) -> bool:
    return all(desk.tables.has(*table.split("/")[2:]) for table in (order.compounds, order.hospitals))


def _order(desk: Desk, who: Person, view: View) -> Order:
    codes, sites = _codes(desk, who, view), tuple(desk.frames(who, view, ["hospitals"])["hospitals"]["id"])
    tables = [desk.tables.add(f"scrub.{name}", pack({}, {"id": ids})) for name, ids in (("compounds", codes), ("hospitals", sites))]  # fmt: skip
    whose = (FORMAT, desk.store.identity, *tables, who.role, who.area, view.area)
    return Order(digest("|".join(whose).encode()), *tables, codes, sites)


def _codes(desk: Desk, who: Person, view: View) -> tuple[str, ...]:
    def query(mine: View) -> Select[Any]:
        c = compound.c
        rows = select(c.code.label("compound"), c.district, c.street).where(c.known_until == FOREVER)
        return rows.order_by(c.code) if not mine.area else rows.where(_inside(mine)).order_by(c.code)

    return tuple(desk.gate.read(desk.store, who, query, view)["compound"])


def _inside(view: View) -> Any:
    c = compound.c
    if view.level == "compound":
        return c.code == view.code
    if view.level == "street":
        return (c.district == view.district) & (c.street == view.code.split("/", 1)[1])
    return c.district == view.code


def frame_bytes(desk: Desk, who: Person | None, view: View, order: Order) -> bytes:
    """Return the packed frame of a view that the gate has allowed."""
    head, columns = frame_of(desk, who, view, order)
    body = bytearray()
    told = []
    for name, values in columns.items():
        body += values.tobytes() + b"\0" * (-values.nbytes % 8)
        told.append([name, values.dtype.name, len(values)])
    text = json.dumps({**head, "columns": told}, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-(len(text) + 4) % 8)
    return struct.pack("<I", len(text)) + text + bytes(body)


def frame_of(desk: Desk, who: Person | None, view: View, order: Order) -> tuple[dict[str, Any], dict[str, Column]]:
    """Return what is said of a moment, and its columns.

    figures    of the view's area, as `totals.wide` names them; beds_open and beds_used; None where nothing was ever reported
    districts  code -> the figures of `BY_DISTRICT` (published: every role may see them); none where the feed never came
    curve      first day and new cases a day, confirmed and clinical, as known then, also of days after as_of
    """
    replay = desk.replay
    own, told = replay.counts(view, view.level, FIGURES, of=view.code), moments.heard(desk, who, view)
    figures: dict[str, Any] = {name: int(values[0]) if feed_of(name) in told else None for name, values in own.items()}
    hospitals, open_, used = _beds(desk, who, view, order)
    figures |= {"beds_open": _sum(open_), "beds_used": _sum(used)}
    head = {
        "as_of": to_ms(view.as_of),
        "known_at": to_ms(view.known_at),
        "v": order.version,
        "figures": figures,
        "districts": _districts(desk, view) if feed_of(BY_COMPOUND[0]) in told else {},
        "curve": curve(desk, view),
    }
    columns = _by_code(desk, replay.counts(view, "compound", BY_COMPOUND), order)
    columns = {n: v if feed_of(n) in told else np.full(len(v), np.nan, np.float32) for n, v in columns.items()}
    columns |= {name: values.astype(np.float32) for name, values in (("beds_open", open_), ("beds_used", used))}
    return head, columns


def _by_code(desk: Desk, counts: Mapping[str, Any], order: Order) -> dict[str, Column]:
    """The counts of some compounds, in their order; one that nobody was ever counted in has 0."""
    areas = len(next(iter(counts.values())))
    at = desk.memory.get(
        ("scrub rows", order.version, areas),
        lambda: pd.Index(desk.replay.areas("compound")[:areas]).get_indexer(pd.Index(order.codes, dtype=object)),
    )
    if not areas:
        return {name: np.zeros(len(order.codes), np.uint8) for name in counts}
    return {name: narrow(name, np.where(at >= 0, values[at], 0)) for name, values in counts.items()}


def _beds(desk: Desk, who: Person | None, view: View, order: Order) -> tuple[tuple[str, ...], Column, Column]:
    """Beds by hospital in the frame's order: hospitals reach the district around the person's area, as the layer does."""
    reach = desk.gate.allowed(desk.store, who, view, access.LAYERS["hospitals"])
    hospitals, open_, used = desk.replay.beds(view, reach.code if reach.level == "district" else "")
    at = pd.Index(hospitals).get_indexer(list(order.sites))
    missing = np.full(len(order.sites), np.nan)
    if not len(hospitals):
        return order.sites, missing, missing
    return order.sites, np.where(at >= 0, open_[at], np.nan), np.where(at >= 0, used[at], np.nan)


def _sum(values: Column) -> int | None:
    return int(np.nansum(values)) if np.isfinite(values).any() else None


def _districts(desk: Desk, view: View) -> dict[str, list[int]]:
    parts = [name.split(" + ") for name in BY_DISTRICT]
    counts = desk.replay.counts(view, "district", [one for part in parts for one in part])
    columns = (sum(counts[one] for one in part).tolist() for part in parts)
    return {
        code: list(row) for code, row in zip(desk.replay.areas("district"), zip(*columns, strict=True), strict=False)
    }


def curve(desk: Desk, view: View) -> dict[str, Any]:
    """Return the first day and, from it on, new cases a day as known at the view, also of days after as_of; the gate has allowed it."""
    known = replace(view, as_of=view.as_of + FOR_EVER)
    days, counts = desk.replay.daily(known, view.level, view.code)
    return {"first": int(days[0]) if len(days) else None} | {name: values.tolist() for name, values in counts.items()}


def _answer(zipped: bytes) -> Response:
    """The frame, packed as fast as possible: most of it is zeros, and the hand moves on."""
    wants = "gzip" in request.headers.get("Accept-Encoding", "")
    answer = Response(zipped if wants else gzip.decompress(zipped), content_type="application/octet-stream")
    if wants:
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def _kept(answer: Response, etag: str, settled: bool) -> Response:
    answer.headers["Cache-Control"] = IMMUTABLE if settled else "private, no-cache"
    answer.headers["Vary"] = "Accept-Encoding, Cookie"
    answer.set_etag(etag, weak=True)
    return answer
