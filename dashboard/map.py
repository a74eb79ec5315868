"""From layers and their frames to what the browser draws: small JSON that points at binary tables.

`deck_spec` calls each layer's `draw`, finds out which columns its accessors name, packs just those, and leaves addresses in
the JSON. Shapes, names, style and hover card are four tables: a recolour moves only the third, and the fourth is fetched when
somebody first points at the map.
Geometry that a layer may name:

    polygon   areas of polygons (SolidPolygonLayer), or their true outlines when a PathLayer asks
    path      lines
    position  one point a row: the point itself, or one inside the polygon
    point     the same, only for rows whose shape is a point (compounds without an outline)
    source, target   both ends of an arc: columns of points, or of (lon, lat) pairs
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pydeck
import shapely
from dash import ClientsideFunction, Dash, Input, Output, dcc, html

from dashboard import tables as packing
from dashboard import vendor
from dashboard.levels import levels_json
from dashboard.tables import Shapes, TableStore
from dashboard.text import named, pick, say
from layers._base import Layer, LegendRow
from layers._catalog import all_layers
from layers._palette import Mark, on_light

SHAPE_COLUMNS = {"polygon", "path", "position", "point", "source", "target"}
FREE_WIDTH, FREE_HEIGHT = (
    1040,
    860,
)  # pixels of map between the panels of a 1920 x 1080 screen; deck.js rescales the zoom


class MapError(ValueError):
    """A layer draws something that the map cannot show."""


def deck_spec(
    frames: Mapping[str, gpd.GeoDataFrame],
    view_key: str,
    *,
    tables: TableStore,
    camera: Mapping[str, float] | None = None,
    paint: Mapping[str, pd.DataFrame] | None = None,
    lang: str = "zh",
    selected: tuple[str, str] | None = None,
    marks: Mapping[str, Mapping[str, Mark]] | None = None,
    ages: Mapping[str, Mapping[str, Any]] | None = None,
    levels: bool = False,
    whole: bool = False,
    nowhere: int = 0,
    arcs: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return the JSON that assets/deck.js draws.

    frames    layer key -> what its `summarise` returned; only these layers are drawn, in the order of the catalogue
    view_key  names the camera position: the browser flies when it changes and keeps the user's own position when not
    camera    as `fit` returns it; by default all that is drawn fits in
    paint     layer key -> frame with `id` and style columns that replace those of the layer, for example `fill_rgba`
    selected  (layer key, id) of the shape to ring
    marks     layer key -> the categories that `paint` colours it by, as in `legend_rows`: classes to filter by
    ages      layer key -> {"source", "age", "late"} for its hover card
    levels    districts and streets stand for the compounds from afar; `whole`: the view holds whole districts; `nowhere`: persons in none of them
    arcs      what a plan moves: from, to, n, text
    """
    drawn: list[dict[str, Any]] = []
    unknown = set(frames) - set(all_layers())
    if unknown:
        raise MapError(f"no layer has the key {sorted(unknown)}; layers are {sorted(all_layers())}")
    for key, layer in all_layers().items():
        if key in frames and len(frames[key]):
            drawn += _layer_json(layer, painted(frames[key], (paint or {}).get(key)), tables, lang)
    return {
        "viewKey": view_key,
        "camera": dict(camera or fit(extent(frames))),
        "lang": lang,
        "layers": drawn,
        "selected": {"layer": selected[0], "id": selected[1]} if selected else None,
        "classes": classes(tuple(frames), lang, marks),
        "ages": dict(ages or {}),
        "levels": levels_json(frames, tables, whole=whole, nowhere=nowhere) if levels else None,
        "counted": bool(marks and "compounds" in marks),
        "arcs": list(arcs),
    }


def painted(frame: gpd.GeoDataFrame, paint: pd.DataFrame | None) -> gpd.GeoDataFrame:
    """Return the frame with the columns of `paint` put in by `id`; rows that paint does not name keep their look."""
    if paint is None or paint.empty:
        return frame
    twice = paint["id"][paint["id"].duplicated()]
    if len(twice):
        raise MapError(f"paint names {twice.iloc[0]!r} twice; wanted one row an id")
    rows = paint.set_index("id").index.get_indexer(frame["id"])
    given = rows >= 0
    result = frame.copy()
    for column in paint.columns.drop("id"):
        new = paint[column].to_numpy()[rows]
        if column not in frame and not given.all():
            raise MapError(
                f"paint gives {column!r} to {given.sum()} of {len(frame)} rows, and the layer has none of its own"
            )
        result[column] = np.where(given, new, frame[column].to_numpy()) if column in frame else new
    return result


def _layer_json(layer: Layer, frame: gpd.GeoDataFrame, tables: TableStore, lang: str) -> list[dict[str, Any]]:
    frame = named(frame, lang)
    # A draw does no arithmetic, so it looks the same without rows; pydeck would copy every row into its JSON.
    specs = [json.loads(one.to_json()) for one in layer.draw(frame.iloc[:0])]
    read = [_accessors(spec) for spec in specs]
    shown = [column for column in layer.hover if column in frame]
    named_by = set().union(*(set(one.values()) for one in read))
    wanted = sorted((named_by | {one for one in layer.adds if one in frame}) - SHAPE_COLUMNS - {"id", "name"})
    missing = [column for column in wanted if column not in frame]
    if missing:
        raise MapError(
            f"layer {layer.key!r} draws column {missing[0]!r}; its frame has {sorted(map(str, frame.columns))}"
        )
    told = any(spec.get("pickable") for spec in specs) or "name" in named_by
    names = tables.add(f"{layer.key}.names", _pack_columns(frame, [c for c in ("id", "name") if told and c in frame]))
    style = tables.add(f"{layer.key}.style", _pack_columns(frame, wanted))
    card = tables.add(f"{layer.key}.card", _pack_columns(frame, shown)) if shown else ""
    for number, (spec, accessors) in enumerate(zip(specs, read, strict=True)):
        shape = _shape_url(layer.key, spec["@@type"], accessors, frame, tables)
        spec |= {"id": f"{layer.key}-{number}", "layer": layer.key, "data": f"tbl:{shape}|{names}|{style}"}
        spec["title"] = pick(layer.title, lang)
        if spec.get("pickable"):
            spec |= {"hover": [_card_line(layer, column, lang) for column in shown], "card": card}
    return specs


def _card_line(layer: Layer, column: str, lang: str) -> list[str]:
    unit = layer.units.get(column)
    return [column, pick(layer.hover[column], lang), pick(unit, lang) if unit else ""]


def _accessors(spec: Mapping[str, Any]) -> dict[str, str]:
    """Return option -> column for every option that names one; expressions are refused, a layer does no arithmetic."""
    found = {}
    for option, value in spec.items():
        if isinstance(value, str) and value.startswith("@@="):
            column = value[3:].strip()
            if not re.fullmatch(r"\w+", column):
                raise MapError(f"option {option} of {spec['@@type']} is {column!r}; wanted the name of one column")
            found[option] = column
    return found


def _pack_columns(frame: pd.DataFrame, columns: Sequence[str]) -> bytes:
    numbers, words = {}, {}
    for column in columns:
        values = frame[column]
        if pd.api.types.is_datetime64_any_dtype(values):
            words[column] = values.dt.strftime("%Y-%m-%d %H:%M")
        elif pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
            numbers[column] = values
        else:
            words[column] = values
    return packing.pack(numbers, words)


def _shape_url(key: str, kind: str, accessors: Mapping[str, str], frame: gpd.GeoDataFrame, tables: TableStore) -> str:
    """Return the address of the shapes that a layer needs, packed only when their content is new."""
    wanted = {column for column in accessors.values() if column in SHAPE_COLUMNS}
    if wanted == {"source", "target"}:
        return tables.add(f"{key}.arc", _pack_arcs(frame))
    if len(wanted) != 1:
        raise MapError(
            f"layer {key!r} places a {kind} by {sorted(wanted)}; wanted one of polygon, path, position, point"
        )
    (name,) = wanted
    name = "outline" if name == "polygon" and kind == "PathLayer" else name
    shapes = frame.geometry.to_numpy()
    version = packing.digest(
        b"".join(shapely.to_wkb(shapes[~shapely.is_missing(shapes)])) + shapely.is_missing(shapes).tobytes()
    )
    table = f"{key}.{name}"
    return (
        tables.url(table, version)
        if tables.has(table, version)
        else tables.put(table, version, packing.pack({}, None, _SHAPES[name](shapes)))
    )


def _only_points(geometry: Any) -> Shapes:
    shapes = np.asarray(geometry, dtype=object)
    return packing.points(np.where(shapely.get_type_id(shapes) == 0, shapes, None))


_SHAPES = {
    "polygon": packing.polygons,
    "outline": packing.outlines,
    "path": packing.lines,
    "position": packing.points,
    "point": _only_points,
}


def _pack_arcs(frame: pd.DataFrame) -> bytes:
    """Two positions a row, source then target, as one part; rows that lack an end are left out."""
    ends = np.stack([_positions(frame["source"]), _positions(frame["target"])], axis=1)
    rows = np.flatnonzero(np.isfinite(ends).all(axis=(1, 2)))
    starts = np.arange(len(rows) + 1, dtype=np.uint32) * 2
    return packing.pack({}, None, Shapes(ends[rows].reshape(-1, 2), starts, rows.astype(np.uint32)))


def _positions(values: pd.Series) -> np.ndarray:
    nowhere = (np.nan, np.nan)
    pairs = [
        nowhere if v is None or v is pd.NA or v is np.nan else (v.x, v.y) if isinstance(v, shapely.Point) else tuple(v)
        for v in values
    ]
    return np.array(pairs, dtype=float).reshape(-1, 2)


def extent(frames: Mapping[str, gpd.GeoDataFrame]) -> tuple[float, float, float, float]:
    """Return west, south, east, north of all that is drawn; the municipality of Wuhan when nothing is."""
    boxes = [frame.total_bounds for frame in frames.values() if len(frame) and np.isfinite(frame.total_bounds).all()]
    if not boxes:
        return (113.7, 29.97, 115.08, 31.36)
    west, south, east, north = np.array(boxes).T
    return float(west.min()), float(south.min()), float(east.max()), float(north.max())


def fit(bounds: Sequence[float], pitch: float = 0, bearing: float = 0) -> dict[str, float]:
    """Return a camera that shows (west, south, east, north) in the free middle of a 1920 x 1080 screen."""
    west, south, east, north = bounds
    across = max(east - west, 1e-4) / 360
    up = max(_mercator(north) - _mercator(south), 1e-7)
    zoom = np.log2(min(FREE_WIDTH / (512 * across), FREE_HEIGHT / (512 * up)))
    return {
        "longitude": (west + east) / 2,
        "latitude": (south + north) / 2,
        "zoom": round(float(np.clip(zoom, 3, 17)), 3),
        "pitch": pitch,
        "bearing": bearing,
    }


def _mercator(latitude: float) -> float:
    """Return the share of the world's height north of the equator, as web maps count it."""
    return float(np.log(np.tan(np.pi / 4 + np.radians(latitude) / 2)) / (2 * np.pi))


def legend_rows(
    keys: Sequence[str], lang: str = "zh", marks: Mapping[str, Mapping[str, Mark]] | None = None
) -> list[dict[str, Any]]:
    """Return one entry a layer that has a legend: layer, title, about, and rows of colour (css), shape and text.

    marks   layer key -> the categories that `paint` colours it by, for example `ACTION`: they replace its own legend
    Words that the first rows share ("现有确诊 0", "现有确诊 1–2" ...) are said once, as `about`, and `ramp` counts those rows:
    they are the steps of one scale. A bracket that ends every row ("现有确诊（面积表示人数）" ...) is said once too.
    """
    found = []
    for key, layer in all_layers().items():
        if key not in keys:
            continue
        own = (marks or {}).get(key)
        rows = [LegendRow(one.colour, one.zh, one.en) for one in own.values()] if own else layer.legend
        if rows:
            about, texts, ramp = _said_once([pick((row.zh, row.en), lang) for row in rows])
            written = [
                {"colour": css(row.colour), "light": css(on_light(row.colour)), "shape": row.shape, "text": text}
                for row, text in zip(rows, texts, strict=True)
            ]
            found.append(
                {"layer": key, "title": pick(layer.title, lang), "about": about, "rows": written, "ramp": ramp}
            )
    return found


def classes(
    keys: Sequence[str], lang: str = "zh", marks: Mapping[str, Mapping[str, Mark]] | None = None
) -> dict[str, list[dict[str, Any]]]:
    """Return layer key -> its legend's rows in order, as colour [r, g, b, a] and text: the browser filters and counts by them."""
    found = {}
    for key, layer in all_layers().items():
        own = (marks or {}).get(key)
        rows = [LegendRow(one.colour, one.zh, one.en) for one in own.values()] if own else layer.legend
        if key in keys and rows:
            found[key] = [{"colour": list(row.colour), "text": pick((row.zh, row.en), lang)} for row in rows]
    return found


def _said_once(texts: Sequence[str]) -> tuple[str, list[str], int]:
    """Return the words that the first rows share, the rows without them, and how many rows that were (0, or at least 3)."""
    for cut in (lambda text: text.partition(" ")[::2], lambda text: text.partition(" ")[::-2]):
        pairs = [cut(text) for text in texts]
        shared = next((i for i, (word, _) in enumerate(pairs) if word != pairs[0][0]), len(pairs))
        if shared >= 3 and pairs[0][0]:
            return pairs[0][0], [rest for _, rest in pairs[:shared]] + list(texts[shared:]), shared
    brackets = [re.fullmatch(r"(.+?) ?[（(]([^（(]+)[）)]", text) for text in texts]
    if len(texts) > 1 and all(brackets) and len({found[2] for found in brackets if found}) == 1:
        return str(brackets[0] and brackets[0][2]), [found[1] for found in brackets if found], 0
    return "", list(texts), 0


def css(colour: Sequence[int]) -> str:
    """Return rgba(...) for a style sheet."""
    red, green, blue, alpha = (*colour, 255)[:4]
    return f"rgba({red},{green},{blue},{round(alpha / 255, 3)})"


def canvas(lang: str = "zh") -> html.Div:
    """Return the one map of the page and the stores it talks through: deck-spec in, map-event out.

    The program that draws with WebGL is fetched by the map once the page can be read (`data-deck`), not before the page.
    """
    drawn_by = {"data-deck": vendor.deckgl_url(), "aria-label": say("map.label", lang)}
    return html.Div(
        [
            html.Div(id="map", role="application", **drawn_by),
            dcc.Store(id="deck-spec"),
            dcc.Store(id="map-event"),
            dcc.Store(id="map-drawn"),
        ],
        className="map-holder",
        role="region",
        **{"aria-label": say("map.region", lang)},
    )


def connect(app: Dash) -> None:
    """Let the browser draw whatever arrives in `deck-spec`."""
    show = ClientsideFunction("fangyi", "show")
    app.clientside_callback(show, Output("map-drawn", "data"), Input("deck-spec", "data"))


_BASE = "pickable visible opacity auto_highlight highlight_color parameters coordinate_system material"
OPTIONS: Mapping[str, frozenset[str]] = {
    kind: frozenset(f"{_BASE} {options}".split())
    for kind, options in {
        "SolidPolygonLayer": "get_polygon get_fill_color get_line_color get_elevation filled extruded wireframe elevation_scale",
        "PathLayer": "get_path get_color get_width width_units width_scale width_min_pixels width_max_pixels "
        "cap_rounded joint_rounded miter_limit billboard",
        "ScatterplotLayer": "get_position get_radius get_fill_color get_line_color get_line_width radius_units radius_scale "
        "radius_min_pixels radius_max_pixels line_width_units line_width_scale line_width_min_pixels line_width_max_pixels "
        "stroked filled billboard antialiasing",
        "ColumnLayer": "get_position get_fill_color get_line_color get_elevation get_line_width disk_resolution radius angle "
        "offset coverage elevation_scale filled stroked extruded wireframe flat_shading radius_units line_width_units "
        "line_width_scale line_width_min_pixels line_width_max_pixels",
        "ArcLayer": "get_source_position get_target_position get_source_color get_target_color get_width get_height get_tilt "
        "great_circle num_segments width_units width_scale width_min_pixels width_max_pixels",
        "TextLayer": "get_text get_position get_color get_size get_angle get_text_anchor get_alignment_baseline get_pixel_offset "
        "get_priority size_scale size_units size_min_pixels size_max_pixels billboard character_set font_family font_weight "
        "font_settings line_height outline_width outline_color background get_background_color background_padding max_width",
    }.items()
}


def check_layer(layer: pydeck.Layer) -> None:
    """Raise MapError for a type or an option that deck.gl would silently ignore."""
    if layer.type not in OPTIONS:
        raise MapError(f"layer type {layer.type!r} is not drawn here; wanted one of {sorted(OPTIONS)}")
    wrong = set(layer._kwargs) - OPTIONS[layer.type]
    if wrong:
        raise MapError(f"{layer.type} has no option {sorted(wrong)[0]!r}; it knows {sorted(OPTIONS[layer.type])}")
