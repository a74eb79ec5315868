"""What the map of the offline page draws: shapes once, each map as rows of them by class, positions as whole numbers.

A shape is polygons of rings, a ring its first corner and then the steps to the next ones, in `UNIT` (compounds) or `COARSE` (the
ground, whose corners closer than that to a line are left out).
"""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from dashboard.briefing.atlas import NOTHING, Marks, Scene
from dashboard.briefing.blocks import MapBlock
from dashboard.briefing.content import Briefing
from dashboard.text import is_unknown, say

UNIT, COARSE = 1e-6, 1e-5  # degrees: 11 cm and 1.1 m
SIMPLER = 1e-4
PT = 4 / 3  # pixels
TOLD: Mapping[str, Mapping[str, str]] = {  # what the card of a thing tells: column -> words
    "compounds": {
        "now_confirmed": "brief.districts.confirmed_now",
        "now_clinical": "brief.city.counted_now_clinical",
        "now_suspected": "brief.districts.suspected_now",
    },
    "hospitals": {"beds_open": "brief.beds.beds_open", "beds_used": "brief.web.beds_used"},
    "districts": {"now_confirmed": "brief.districts.confirmed_now", "now_suspected": "brief.districts.suspected_now"},
}


def maps_of(briefing: Briefing) -> dict[int, str]:
    """Return the id of each map's block -> the key under which its data stand."""
    found = [(section, block) for section in briefing.sections for block in section.of(MapBlock)]
    return {id(block): f"m{at}" for at, (_, block) in enumerate(found)}


def map_data(briefing: Briefing) -> dict[str, Any]:
    """Return everything that the map of the page draws; no maps, no data but an empty list of them."""
    found = [(section, block) for section in briefing.sections for block in section.of(MapBlock)]
    if not found:
        return {"maps": []}
    frames, lang = found[0][1].scene.frames, briefing.lang
    maps = [_map(f"m{at}", section.title, block, frames) for at, (section, block) in enumerate(found)]
    return {"unit": UNIT, "coarse": COARSE, "maps": maps, "things": _things(frames, lang), "ground": _ground(frames)}


def _map(key: str, section: str, block: MapBlock, frames: Mapping[str, gpd.GeoDataFrame]) -> dict[str, Any]:
    scene = block.scene
    fills = [
        {"text": one.text, "colour": one.colour, "edge": one.edge or one.colour, "rows": _rows(one.shapes, frames, "compounds")}
        for one in scene.fills
    ]  # fmt: skip
    legend = [{"shape": e.shape, "colour": e.colour, "edge": e.edge, "text": e.text, "count": e.count, "size": round(e.size, 1)} for e in block.legend]  # fmt: skip
    return {
        "key": key, "title": f"{section} · {block.title}", "area": scene.area.split("/")[0], "box": _box(scene),
        "fills": fills, "marks": [_marks(one, frames) for one in scene.marks], "legend": legend,
        "numbers": [[text, *_xy(point)] for text, point in scene.numbers if not point.is_empty],
        "names": [[text, *_xy(point)] for text, point, _ in scene.names if not point.is_empty],
    }  # fmt: skip


def _marks(one: Marks, frames: Mapping[str, gpd.GeoDataFrame]) -> dict[str, Any]:
    known = (~(one.shapes.is_empty | one.shapes.isna())).to_numpy(bool)
    rows = _rows(one.shapes[known], frames, one.layer)
    points = [_xy(point) for point in one.shapes[known]]
    radii = [round(sqrt(area) / 2 * PT, 1) for area in np.asarray(one.areas, dtype=float)[known]]
    return {
        "text": one.text,
        "colour": one.colour,
        "symbol": one.symbol,
        "layer": one.layer,
        "rows": rows,
        "at": points,
        "r": radii,
    }


def _rows(shapes: gpd.GeoSeries, frames: Mapping[str, gpd.GeoDataFrame], layer: str) -> list[int]:
    """Where the shapes stand in their layer."""
    return [int(at) for at in frames.get(layer, NOTHING).index.get_indexer(shapes.index)]


def _box(scene: Scene) -> list[float]:
    """The box that holds the share of what the map is about; of everything where it is about nothing."""
    districts = scene.frames.get("districts", NOTHING)
    mine = districts.geometry[districts["id"] == scene.area.split("/")[0]] if scene.area else districts.geometry[:0]
    whole = mine if len(mine) else scene.focus
    known = whole[~(whole.is_empty | whole.isna())]
    bounds = (known if len(known) else districts.geometry).bounds
    if not len(bounds):
        return []
    spare = 0.0 if len(mine) else (1 - scene.share) / 2
    low, high = bounds[["minx", "miny"]].quantile(spare), bounds[["maxx", "maxy"]].quantile(1 - spare)
    return [round(float(one), 5) for one in (*low, *high)]


def _things(frames: Mapping[str, gpd.GeoDataFrame], lang: str) -> dict[str, Any]:
    """Names, places and figures of whatever has a card, by layer; compounds and districts with their shapes."""
    districts = frames.get("districts", NOTHING)
    names = dict(zip(districts["id"], districts["name"].astype(str), strict=True))
    found = {key: _thing(frames.get(key, NOTHING), columns, names, lang) for key, columns in TOLD.items()}
    for key, unit, simpler in (("compounds", UNIT, 0.0), ("districts", COARSE, SIMPLER)):
        found[key]["shape"] = [_polygons(one, unit) for one in _simple(frames.get(key, NOTHING).geometry, simpler)]
    found["compounds"]["at"] = [_xy(one) if one is not None and one.geom_type == "Point" else None for one in frames.get("compounds", NOTHING).geometry]  # fmt: skip
    found["districts"]["id"] = districts["id"].astype(str).tolist()
    if "lon" in districts:
        found["districts"]["at"] = [
            [round(x, 5), round(y, 5)] for x, y in zip(districts["lon"], districts["lat"], strict=True)
        ]
    return found


def _thing(frame: pd.DataFrame, columns: Mapping[str, str], names: Mapping[str, str], lang: str) -> dict[str, Any]:
    places = [
        " · ".join(filter(None, (names.get(row.get("district", ""), ""), row.get("street", ""))))
        for row in frame.drop(columns="geometry").to_dict("records")
    ]
    figures = {say(key, lang): [None if is_unknown(v) else round(float(v)) for v in frame[name]] for name, key in columns.items() if name in frame}  # fmt: skip
    return {
        "name": frame["name"].astype(str).tolist(),
        "place": places,
        "figures": figures,
    }


def _ground(frames: Mapping[str, gpd.GeoDataFrame]) -> dict[str, Any]:
    roads = frames.get("roads", NOTHING)
    water = _simple(frames.get("water", NOTHING).geometry, SIMPLER)
    return {"water": [_polygons(one, COARSE) for one in water], "roads": [_steps(part, COARSE) for one in _simple(roads.geometry, SIMPLER) for part in _lines(one)]}  # fmt: skip


def _simple(shapes: gpd.GeoSeries, tolerance: float) -> Sequence[Any]:
    return list(shapely.simplify(shapes.to_numpy(), tolerance)) if tolerance else list(shapes)


def _polygons(shape: Any, unit: float) -> list[list[list[int]]]:
    """Polygons of rings of steps; [] for a thing without an outline."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"] if shape is not None else []
    return [[_steps(ring, unit) for ring in (part.exterior, *part.interiors)] for part in parts]


def _lines(shape: Any) -> list[Any]:
    return [part for part in shapely.get_parts(shape) if part.geom_type == "LineString"] if shape is not None else []


def _steps(line: Any, unit: float) -> list[int]:
    whole = np.rint(shapely.get_coordinates(line) / unit).astype(np.int64)
    steps = np.diff(whole, axis=0, prepend=np.zeros((1, 2), np.int64))
    return [int(one) for one in steps.ravel()]


def _xy(shape: Any) -> list[float] | None:
    if shape is None or shape.is_empty:
        return None
    point = shape if shape.geom_type == "Point" else shapely.point_on_surface(shape)
    return [round(point.x, 5), round(point.y, 5)]
