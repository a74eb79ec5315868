"""Tables as the browser takes them: binary columns, named by their content, kept gzipped and served for ever.

A packed table is a 4-byte little-endian header length, a JSON header, then columns aligned to 8 bytes. The header says
`length` (rows), `text` (columns of strings) and `columns` (name -> dtype, size, offset, count). Three things to know:

- Positions are whole numbers of 1e-7 degrees (1.1 cm), each the difference to the one before. As float32 they would be
  off by up to 0.37 m east and 0.11 m north at Wuhan, visible on a house; as float64 they weigh 1.8 times as much on the
  wire (7,148 compounds: 235 kB gzipped against 435 kB).
- Flat polygons cannot carry holes in deck.gl, so `polygons` cuts a shape with holes into pieces without; `outlines` keeps
  the true rings for drawing borders. Pieces and rings point back to their row with the column `row`.
- A column whose name ends in `rgba` holds uint32 colours and travels as four bytes.
"""

import gzip
import hashlib
import json
import struct
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from flask import Blueprint, Request, Response, abort, request

from dashboard.shelf import Shelf

KIND = "tables"  # of what lies on the shelf
UNIT = 1e-7  # degrees; 214 of them fit int32
IMMUTABLE = "private, max-age=31536000, immutable"


class TableError(ValueError):
    """A column or a shape cannot be packed for the browser."""


@dataclass(frozen=True)
class Shapes:
    """Coordinates of many parts: part i is coordinates[starts[i]:starts[i + 1]] and belongs to row rows[i]."""

    coordinates: npt.NDArray[np.float64]
    starts: npt.NDArray[np.uint32]
    rows: npt.NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.rows)


def polygons(geometry: Sequence[Any]) -> Shapes:
    """Return every polygon as parts without holes, exterior clockwise as deck.gl wants it; other shapes are left out."""
    parts, rows = _parts(geometry, "Polygon")
    holed = shapely.get_num_interior_rings(parts) > 0
    if holed.any():
        pieces = [_without_holes(part) if has else [part] for part, has in zip(parts, holed, strict=True)]
        rows = np.repeat(rows, [len(piece) for piece in pieces])
        parts = np.array([part for piece in pieces for part in piece], dtype=object)
    parts = shapely.orient_polygons(parts, exterior_cw=True)
    return _shapes(shapely.get_exterior_ring(parts), rows)


def outlines(geometry: Sequence[Any]) -> Shapes:
    """Return every ring of every polygon, holes included, as closed lines."""
    parts, rows = _parts(geometry, "Polygon")
    rings, which = shapely.get_rings(parts, return_index=True)
    return _shapes(rings, rows[which])


def lines(geometry: Sequence[Any]) -> Shapes:
    """Return every line of lines and multi-lines; other shapes are left out."""
    return _shapes(*_parts(geometry, "LineString"))


def points(geometry: Sequence[Any]) -> Shapes:
    """Return one position for every row that has a shape: the point itself, or a point that surely lies in the shape."""
    shapes = np.asarray(geometry, dtype=object)
    rows = np.flatnonzero(
        np.isfinite(shapely.bounds(shapes)).all(axis=1)
    )  # neither missing, nor empty, nor POINT (NaN NaN)
    inside = shapely.point_on_surface(shapes[rows])
    return _shapes(inside, rows)


def _parts(geometry: Sequence[Any], kind: str) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint32]]:
    parts, rows = shapely.get_parts(np.asarray(geometry, dtype=object), return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)  # a collection may hold multi-shapes
    fits = (shapely.get_type_id(parts) == shapely.GeometryType[kind.upper()]) & ~shapely.is_empty(parts)
    return parts[fits], rows[inner][fits].astype(np.uint32)


def _shapes(lines_: npt.NDArray[Any], rows: npt.NDArray[Any]) -> Shapes:
    coordinates = shapely.get_coordinates(lines_)
    counts = shapely.get_num_coordinates(lines_)
    starts = np.concatenate([[0], np.cumsum(counts)])
    return Shapes(coordinates, starts.astype(np.uint32), np.asarray(rows, dtype=np.uint32))


def _without_holes(polygon: shapely.Polygon) -> list[shapely.Polygon]:
    """Cut through the middle of the first hole, again and again, until no piece has one; the area stays the same."""
    if not shapely.get_num_interior_rings(polygon):
        return [polygon]
    west, south, east, north = polygon.bounds
    middle = shapely.point_on_surface(shapely.polygons(polygon.interiors[0])).x
    halves = [
        shapely.intersection(polygon, shapely.box(*box))
        for box in ((west - 1, south - 1, middle, north + 1), (middle, south - 1, east + 1, north + 1))
    ]
    pieces = [part for half in halves for part in shapely.get_parts(half) if part.geom_type == "Polygon"]
    return [whole for piece in pieces for whole in _without_holes(piece)]


def pack(
    columns: Mapping[str, Any], text: Mapping[str, Sequence[Any]] | None = None, shapes: Shapes | None = None
) -> bytes:
    """Return a packed table.

    columns  name -> numbers, truth values, or uint32 colours when the name ends in `rgba`; NaN stays NaN
    text     name -> strings; a missing one becomes null
    shapes   positions `xy` with `start` where parts have several, and `row` where parts and rows are not one to one
    """
    wire = {name: (narrow(name, values), {}) for name, values in columns.items()}
    words = {name: [None if pd.isna(one) else str(one) for one in values] for name, values in (text or {}).items()}
    lengths = {name: len(values) for name, (values, _) in wire.items()} | {name: len(v) for name, v in words.items()}
    if len(set(lengths.values())) > 1:
        raise TableError(f"columns of one table differ in length: {lengths}")
    length = next(iter(lengths.values()), len(shapes) if shapes is not None else 0)
    if shapes is not None:
        wire |= _shape_columns(shapes)
    return _assemble(length, wire, words)


def _assemble(
    length: int, wire: Mapping[str, tuple[npt.NDArray[Any], dict[str, Any]]], words: Mapping[str, Any]
) -> bytes:
    head: dict[str, Any] = {"length": length, "text": words, "columns": {}}
    body = bytearray()
    for name, (values, more) in wire.items():
        body += b"\0" * (-len(body) % 8)
        size = values.shape[1] if values.ndim == 2 else 1
        head["columns"][name] = {"dtype": values.dtype.name, "size": size, "at": len(body), "count": values.size} | more
        body += np.ascontiguousarray(values).tobytes()
    header = json.dumps(head, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    header += b" " * (-(len(header) + 4) % 8)
    return struct.pack("<I", len(header)) + header + bytes(body)


def _shape_columns(shapes: Shapes) -> dict[str, tuple[npt.NDArray[Any], dict[str, Any]]]:
    whole = np.rint(shapes.coordinates / UNIT).astype(np.int64)
    steps = np.diff(whole, axis=0, prepend=np.zeros((1, 2), np.int64)).astype(np.int32)
    found: dict[str, tuple[npt.NDArray[Any], dict[str, Any]]] = {"xy": (steps, {"unit": UNIT})}
    if len(shapes.coordinates) != len(shapes) or not np.array_equal(shapes.starts, np.arange(len(shapes) + 1)):
        found["start"] = (shapes.starts, {})
    if not np.array_equal(shapes.rows, np.arange(len(shapes))):
        found["row"] = (shapes.rows, {})
    return found


def narrow(name: str, values: Any) -> npt.NDArray[Any]:
    """Return the values in the smallest type the browser can read without losing anything that is shown."""
    series = pd.Series(values)
    if name.endswith("rgba"):
        return np.ascontiguousarray(series.to_numpy(dtype="<u4")).view("u1").reshape(-1, 4)
    if not (pd.api.types.is_numeric_dtype(series) or pd.api.types.is_bool_dtype(series)):
        raise TableError(f"column {name!r} holds {series.dtype}; wanted numbers here, strings go to the text columns")
    if series.isna().any() or pd.api.types.is_float_dtype(series):
        numbers = series.to_numpy(dtype=np.float64, na_value=np.nan)
        return (
            numbers.astype(np.float32)
            if np.nanmax(np.abs(numbers), initial=0, where=np.isfinite(numbers)) < 2**24
            else numbers
        )
    numbers = series.to_numpy()
    low, high = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, 0)
    for kind in (np.uint8, np.uint16, np.int32):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return numbers.astype(kind)
    return numbers.astype(np.float64)


def unpack(data: bytes) -> tuple[int, dict[str, npt.NDArray[Any]], dict[str, list[str | None]]]:
    """Return length, columns and text of a packed table, positions in degrees: what the browser makes of it."""
    (size,) = struct.unpack_from("<I", data)
    head = json.loads(data[4 : 4 + size])
    columns = {}
    for name, place in head["columns"].items():
        values = np.frombuffer(data, place["dtype"], place["count"], 4 + size + place["at"])
        values = values.reshape(-1, place["size"]) if place["size"] > 1 else values
        columns[name] = np.cumsum(values, axis=0, dtype=np.int64) * place["unit"] if "unit" in place else values
    return head["length"], columns, head["text"]


def digest(data: bytes) -> str:
    """Return the version of a table: a short name of its content."""
    return hashlib.blake2b(data, digest_size=10).hexdigest()


class TableStore:
    """Packed tables by key and version, gzipped once, the least used thrown out when there are too many bytes.

    shelf  where the other processes of the server find what this one made, and it what they made; None: there are none
    """

    def __init__(self, limit_bytes: int = 96_000_000, shelf: Shelf | None = None) -> None:
        self._limit, self._shelf = limit_bytes, shelf
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    @staticmethod
    def url(key: str, version: str) -> str:
        """Return the address under which `tables_blueprint` serves the table."""
        return f"/table/{key}/{version}"

    def has(self, key: str, version: str) -> bool:
        """Say whether the table is here, and count that as a use of it."""
        if self._shelf is not None:  # its address goes to a browser, which may ask any process for it
            return self._shelf.has(KIND, f"{key}/{version}")
        return self.get(key, version) is not None

    def get(self, key: str, version: str) -> bytes | None:
        """Return the gzipped table, or None."""
        with self._lock:
            if (key, version) in self._kept:
                self._kept.move_to_end((key, version))
                return self._kept[key, version]
        found = self._shelf.get(KIND, f"{key}/{version}") if self._shelf is not None else None
        if found is not None:
            self._keep(key, version, found)
        return found

    def put(self, key: str, version: str, data: bytes) -> str:
        """Keep a packed table and return its address."""
        zipped = gzip.compress(data, 6, mtime=0)
        if self._shelf is not None:
            self._shelf.put(KIND, f"{key}/{version}", zipped)
        self._keep(key, version, zipped)
        return self.url(key, version)

    def _keep(self, key: str, version: str, zipped: bytes) -> None:
        with self._lock:
            self._bytes += len(zipped) - len(self._kept.pop((key, version), b""))
            self._kept[key, version] = zipped
            while self._bytes > self._limit and len(self._kept) > 1:
                self._bytes -= len(self._kept.popitem(last=False)[1])

    def add(self, key: str, data: bytes) -> str:
        """Keep a packed table under the version of its content and return its address; known content costs nothing."""
        version = digest(data)
        return self.url(key, version) if self.has(key, version) else self.put(key, version, data)


def tables_blueprint(tables: TableStore, allow: Callable[[Request], bool]) -> Blueprint:
    """Return the route /table/<key>/<version>; `allow` decides for each request, refused ones get 403."""
    blueprint = Blueprint("tables", __name__)

    @blueprint.get("/table/<key>/<version>")
    def table(key: str, version: str) -> Response:
        if not allow(request):
            abort(403)
        zipped = tables.get(key, version)
        if zipped is None:
            abort(404)
        return _answer(zipped, f"{key}-{version}")

    return blueprint


def _answer(zipped: bytes, etag: str) -> Response:
    if request.if_none_match.contains_weak(etag):
        response = Response(status=304)
    else:
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        response = Response(zipped if packed else gzip.decompress(zipped), content_type="application/octet-stream")
        if packed:
            response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = IMMUTABLE
    response.headers["Vary"] = "Accept-Encoding"
    response.set_etag(etag, weak=True)  # weak: gzipped and plain bytes are the same table
    return response
