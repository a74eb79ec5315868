"""What programs read: counts, beds, stocks and outlines of their own area, at both clocks, through the gate. No row about a person."""

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from flask import Blueprint, Response, make_response, request

from dashboard.access import DISTRICT, LAYERS, OWN, SHARED
from dashboard.api.guard import reader
from dashboard.api.problems import Problem, only_parameters
from dashboard.desk import Desk
from dashboard.memory import Memory
from dashboard.roles import Person
from dashboard.view import read
from layers import hospitals, supplies
from layers._frames import COUNTED, without
from layers._times import day_start
from layers._view import View

CLOCKS = ("area", "as_of", "known_at")
LEVELS = {  # level of the area -> levels that it is counted by; others the totals do not narrow
    "city": ("city", "district"),
    "district": ("district", "street"),
    "street": ("street",),
    "compound": ("compound",),
}
MEASURES = {"now": "now", "ever": "ever", "new_1_day": "new1", "new_14_days": "new14"}
NOW = tuple(f"now_{status}" for status in ("suspected", "clinical", "confirmed", "contact", "fever"))
EVER = tuple(f"ever_{status}" for status in ("counted", "cured", "dead"))
BEDS = ("ordinary", "severe", "icu", "fangcang", "isolation", "all")
PLACED = {  # layer -> what is told of each of its features besides id and name
    "compounds": ("district", "street", "community", "households", "population", "control", "control_since", *NOW, "new14_counted"),
    "districts": ("name_en", "population", *NOW, *EVER, "new14_counted"),
    "hospitals": ("kind", "district", "capacity", "beds_open", "beds_used", "beds_free", "beds_planned", "reported_for"),
}  # fmt: skip
DIGITS = 6  # of a degree: a tenth of a metre
KEPT_BYTES = 60_000_000


def routes(desk: Desk) -> Blueprint:
    """Return the routes `/api/v1/counts`, `/beds`, `/stocks` and `/layers/<layer>`."""
    made, kept = Blueprint("api_reads", __name__), Memory(most=32, most_bytes=KEPT_BYTES)

    @made.get("/api/v1/counts", provide_automatic_options=False)
    def counts() -> Response:
        view = asked(desk, OWN, "level")
        level = request.args.get("level", view.level)
        if level not in LEVELS[view.level]:
            raise Problem(400, "parameter", name="level", found=level[:60], wanted=", ".join(LEVELS[view.level]))
        rows = without(desk.totals(reader(), view, level), desk.silent(reader(), view))
        return told(desk, view, {"level": level, "rows": [_counted(row) for row in rows.to_dict("records")]})

    @made.get("/api/v1/beds", provide_automatic_options=False)
    def beds() -> Response:
        view = asked(desk, DISTRICT)
        rows = desk.gate.read(desk.store, reader(), hospitals.query, view, DISTRICT)
        names = {"id": "hospital", "bed_kind": "bed_kind"} | {name: name for name in ("name", "kind", "district")}
        names |= {name: name for name in (*hospitals.FIGURES, "reported_for")}
        return told(desk, view, {"rows": _records(rows, names)})

    @made.get("/api/v1/stocks", provide_automatic_options=False)
    def stocks() -> Response:
        view = asked(desk, DISTRICT)
        rows = desk.gate.read(desk.store, reader(), supplies.query, view, DISTRICT)
        rows = rows.assign(days_of_cover=supplies.cover(rows))
        names = {"id": "site"} | {name: name for name in ("name", "district", "item", "unit", "quantity", "daily_use")}
        return told(
            desk,
            view,
            {"rows": _records(rows, names | {"days_of_cover": "days_of_cover", "counted_at": "counted_at"})},
        )

    @made.get("/api/v1/layers/<layer>", provide_automatic_options=False)
    def placed(layer: str) -> Response:
        if layer not in PLACED:
            raise Problem(404)
        who, view = reader(), asked(desk, LAYERS.get(layer, OWN))
        settled = desk.store.settled(view)
        key = (layer, settled.area, settled.as_of, desk.revision(settled), who.role, who.area)
        text = kept.get(key, lambda: _features(desk, who, view, layer))
        head = json.dumps({"type": "FeatureCollection", "layer": layer, **_about(desk, view)}, ensure_ascii=False)
        return tagged(f'{head[:-1]}, "features": [{text}]}}', "application/geo+json")

    return made


def asked(desk: Desk, reach: str, *more: str) -> View:
    """Return the view that a request asks for, as far as it reaches for its token; an unknown parameter is a Problem.

    What is shared is of the whole city, whatever area is named.
    """
    only_parameters(*CLOCKS, *more)
    view = read("/", request.query_string.decode("utf-8", "replace"), desk.store).view
    view = desk.gate.allowed(desk.store, reader(), view, reach)
    return view.narrowed("") if reach == SHARED else view


def told(desk: Desk, view: View, content: Mapping[str, Any]) -> Response:
    """Return an answer that says which area, which clocks and which state of the store it is of."""
    return tagged(json.dumps(_about(desk, view) | content, ensure_ascii=False), "application/json")


def tagged(text: str, kind: str) -> Response:
    """Return an answer with its ETag, or 304 for whoever holds it already."""
    tag = hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
    held = request.if_none_match.contains_weak(tag)
    answer = make_response("" if held else text, 304 if held else 200)
    if not held:
        answer.content_type = kind
    answer.set_etag(tag, weak=True)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.vary.add("Authorization")
    return answer


def _about(desk: Desk, view: View) -> dict[str, Any]:
    """What every answer says of itself; the same facts have the same revision."""
    clocks = {name: getattr(view, name).isoformat() for name in ("as_of", "known_at")}
    return {"area": view.area, **clocks, "revision": desk.store.revision(view.known_at)}


def _counted(row: Mapping[Any, Any]) -> dict[str, Any]:
    """One area: status -> measure -> persons; null where the feed that counts them never came."""
    counts: dict[str, Any] = {}
    for status in COUNTED:
        names = {told: f"{ours}_{status}" for told, ours in MEASURES.items() if f"{ours}_{status}" in row}
        last = row.get(f"last_{status}")
        day = None if last is None or last != last else day_start(int(last)).date().isoformat()
        counts[status] = {told: _plain(row[name]) for told, name in names.items()} | {"last": day}
    return {"area": row["area"], "counts": counts}


def _records(rows: pd.DataFrame, names: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {theirs: _plain(row[ours]) for ours, theirs in names.items()} for row in rows[list(names)].to_dict("records")
    ]


def _features(desk: Desk, who: Person, view: View, layer: str) -> str:
    """The features of a layer as text, coordinates in WGS-84; one without a position has none."""
    frame: gpd.GeoDataFrame = desk.frames(who, view, [layer])[layer]
    names = [name for name in ("id", "name", *PLACED[layer]) if name in frame]
    shapes = shapely.transform(frame.geometry.to_numpy(), _rounded)
    drawn = np.where(shapely.is_missing(shapes) | shapely.is_empty(shapes), "null", shapely.to_geojson(shapes))
    told = _records(pd.DataFrame(frame[names]), dict(zip(names, names, strict=True)))
    parts = (
        f'{{"type": "Feature", "id": {json.dumps(row["id"], ensure_ascii=False)}, "geometry": {shape}, '
        f'"properties": {json.dumps(row, ensure_ascii=False)}}}'
        for row, shape in zip(told, drawn, strict=True)
    )
    return ", ".join(parts)


def _rounded(points: np.ndarray) -> np.ndarray:
    return points.round(DIGITS)


def _plain(value: Any) -> Any:
    """A value as JSON has it: whole numbers whole, what is not known null, without end "infinite"."""
    if value is None or value is pd.NaT or value != value:
        return None
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float | np.floating | Decimal):  # sums of PostgreSQL are decimals
        return "infinite" if math.isinf(value) else int(value) if float(value).is_integer() else round(float(value), 3)
    return value.item() if isinstance(value, np.generic) else value
