"""Read GeoJSON and GeoPackage: properties as text with every digit, shapes built only where they are safe to build."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely
from numpy.typing import NDArray

from layers._errors import FeedError
from layers.intake.chunks import CHUNK, Chunk, Misshapen, first_of, own_name, text, verbatim

DEEPEST = 8  # collections within collections; thousands of them crash the geometry library (20,000 seen to)
FAULTS = (  # what the libraries raise of a file that is damaged or holds what they do not know
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.FieldError,
    pyogrio.errors.GeometryError,
    pyproj.exceptions.ProjError,
    shapely.errors.ShapelyError,
)
POSITION = ("lon", "lat", "经度", "纬度")
Shapes = NDArray[np.object_]


class _ShapeError(ValueError):
    """A geometry of GeoJSON cannot be built; the message says what it is, without its coordinates."""


def geojson(path: Path, encoding: str, exact: Sequence[str]) -> Iterator[Chunk]:
    """Yield the features of a collection. Shapes in a projected system come back in its degrees.

    A feature whose shape cannot be built is misshapen; a file that is no collection of features raises FeedError.
    """
    content = _content(path, encoding)
    rows: list[Mapping[str, Any]] = []
    numbers: list[int] = []
    shapes: list[Any] = []
    misshapen = []
    for number, feature in enumerate(_features(content, path), start=1):
        record = _properties(feature)
        try:
            _require_unicode(record)
            shapes.append(_shape(feature.get("geometry")))
        except _ShapeError as error:
            echo = record.get(first_of(exact, list(record)) or "")
            misshapen.append(
                Misshapen(number, str(error), "a GeoJSON geometry", f"图形无法构成：{error}", verbatim(echo))
            )
            continue
        rows.append(record)
        numbers.append(number)
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: [row.get(name) for row in rows] for name in names}
    yield from _chunks(numbers, columns, _degrees(_array(shapes), _system(content, path)), exact, misshapen)


def geopackage(path: Path, layer: str | None, exact: Sequence[str]) -> Iterator[Chunk]:
    """Yield the rows of one layer. Shapes in a projected system come back in its degrees."""
    # Through Arrow, and whole numbers as objects: beside a NULL they would become floats and lose their last digits.
    frame = pyogrio.read_dataframe(
        path, layer=layer, use_arrow=True, arrow_to_pandas_kwargs={"integer_object_nulls": True}
    )
    columns = {str(name): frame[name].tolist() for name in frame.columns.drop("geometry", errors="ignore")}
    shapes = None
    if "geometry" in frame:
        shapes = _degrees(np.asarray(frame.geometry.values, dtype=object), frame.crs)
    yield from _chunks(list(range(1, len(frame) + 1)), columns, shapes, exact, [])


def layers_of(path: Path) -> tuple[list[str], list[str]]:
    """Return the names of a GeoPackage's layers with shapes, and of its tables without; FeedError for what is none."""
    try:
        listed = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
    except FAULTS as error:
        raise FeedError(
            f"{path.name}: not a readable GeoPackage; it may be damaged",
            f"{path.name}：不是可读的GeoPackage文件，可能已损坏",
        ) from error
    return [name for name, kind in listed if kind], [name for name, kind in listed if not kind]


def _chunks(
    numbers: list[int],
    columns: Mapping[str, list[Any]],
    shapes: Shapes | None,
    exact: Sequence[str],
    misshapen: list[Misshapen],
) -> Iterator[Chunk]:
    asked = first_of(exact, list(columns))
    rows = pd.DataFrame({"_row": np.array(numbers, dtype=object)}, dtype=object)
    for name, values in columns.items():
        rows[own_name(name)] = _column(values)
    if shapes is not None:
        _add_position(rows, shapes)
        rows["geometry"] = shapes
    echo = [verbatim(value) for value in columns[asked]] if asked else []
    for at in range(0, max(len(rows), 1), CHUNK):
        some = rows.iloc[at : at + CHUNK].reset_index(drop=True)
        yield Chunk(some, misshapen if at == 0 else [], echo[at : at + CHUNK])


def _add_position(rows: pd.DataFrame, shapes: Shapes) -> None:
    """A file of points has its longitude and latitude there, unless the properties state them."""
    given = ~shapely.is_missing(shapes)
    if not given.any() or (shapely.get_type_id(shapes[given]) != 0).any() or any(name in rows for name in POSITION):
        return
    for name, values in (("lon", shapely.get_x(shapes)), ("lat", shapely.get_y(shapes))):
        rows[name] = _column(values.tolist())


def _column(values: list[Any]) -> pd.Series:
    return pd.Series([text(value) for value in values], dtype=object)


def _content(path: Path, encoding: str) -> Any:
    try:
        return json.loads(path.read_text(encoding=encoding), parse_int=str, parse_float=str, parse_constant=str)
    except RecursionError:
        raise FeedError(
            f"{path.name}: is nested too deep to be a collection of features",
            f"{path.name}：嵌套过深，不是要素集合",
        ) from None


def _features(content: Any, path: Path) -> list[dict[str, Any]]:
    kind = content.get("type") if isinstance(content, dict) else None
    features = [content] if kind == "Feature" else content.get("features") if kind == "FeatureCollection" else None
    if not isinstance(features, list) or not all(isinstance(feature, dict) for feature in features):
        raise FeedError(
            f"{path.name}: wanted a GeoJSON FeatureCollection with a list of features; found {kind or 'none'}",
            f"{path.name}：应为含要素列表的 GeoJSON FeatureCollection，实际是：{kind or '无'}",
        )
    return features


def _properties(feature: Mapping[str, Any]) -> dict[str, Any]:
    """The properties, and the feature's own id where they have none of that name."""
    properties = feature.get("properties")
    found = dict(properties) if isinstance(properties, dict) else {}
    return found if "id" in found or feature.get("id") is None else {**found, "id": feature["id"]}


def _require_unicode(record: Mapping[str, Any]) -> None:
    try:
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise _ShapeError("text that is not Unicode") from None


def _shape(geometry: Any, depth: int = 0) -> Any:
    """A shapely shape in two dimensions, or None; numbers arrive as text."""
    if geometry is None:
        return None
    kind = str(geometry.get("type")) if isinstance(geometry, dict) else type(geometry).__name__
    if depth > DEEPEST:
        raise _ShapeError(f"collections nested more than {DEEPEST} deep")
    try:
        if kind == "GeometryCollection":
            return shapely.GeometryCollection([_shape(part, depth + 1) for part in geometry["geometries"]])
        if kind not in _BUILDERS:
            raise _ShapeError(f"a geometry of type {kind[:40]}")
        return _BUILDERS[kind](geometry["coordinates"])
    except _ShapeError:
        raise
    except (KeyError, TypeError, ValueError, shapely.errors.GEOSException):
        raise _ShapeError(f"a {kind} whose coordinates make no shape") from None


def _line(coordinates: Any) -> NDArray[np.float64]:
    points = np.asarray(coordinates, dtype=float)
    if points.ndim != 2 or points.shape[1] < 2 or not np.isfinite(points).all():
        raise ValueError(points.shape)
    return points[:, :2]


def _point(coordinates: Any) -> Any:
    return shapely.Point(_line([coordinates])[0]) if coordinates else None


def _polygon(rings: Any) -> Any:
    return shapely.Polygon(_line(rings[0]), [_line(ring) for ring in rings[1:]]) if rings else None


_BUILDERS: Mapping[str, Callable[[Any], Any]] = {
    "Point": _point,
    "LineString": lambda c: shapely.LineString(_line(c)),
    "Polygon": _polygon,
    "MultiPoint": lambda c: shapely.MultiPoint(_line(c)),
    "MultiLineString": lambda c: shapely.MultiLineString([_line(line) for line in c]),
    "MultiPolygon": lambda c: shapely.MultiPolygon([_polygon(rings) for rings in c]),
}


def _array(shapes: list[Any]) -> Shapes:
    out = np.full(len(shapes), None, dtype=object)
    out[:] = shapes
    return out


def _system(content: Mapping[str, Any], path: Path) -> pyproj.CRS | None:
    """The system that an older GeoJSON names in its member `crs`; None: degrees."""
    stated = content.get("crs")
    if not stated:
        return None
    try:
        return pyproj.CRS.from_user_input(stated["properties"]["name"])
    except (KeyError, TypeError, pyproj.exceptions.CRSError) as error:
        raise FeedError(
            f"{path.name}: the member crs names no coordinate system that is known ({error})",
            f"{path.name}：crs 所写的坐标系无法识别，请删去 crs 并在导入时选定坐标系",
        ) from error


def _degrees(shapes: Shapes, system: Any) -> Shapes:
    if system is None or system.is_geographic:
        return shapes
    moved = gpd.GeoSeries(shapes, crs=system).to_crs(system.geodetic_crs)
    return np.asarray(moved.values, dtype=object)
