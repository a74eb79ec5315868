"""Shapes taken apart into straight edges, each with its owner, and the order in which owners win."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.errors import GeoError

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

POLYGON, MULTIPOLYGON, COLLECTION = 3, 6, 7


@dataclass(frozen=True)
class Edges:
    """Edges of shapes that are known by their position in a list. Rings come first, by owner; then lines and points."""

    ends: Floats  # one row an edge: x0, y0, x1, y1; a point is an edge without length
    owner: Ints  # position of the shape
    rings: int  # how many of the edges bound an area
    rank: Ints  # a position's place in the order: the smallest area wins, then the first
    unruly: Ints  # positions whose inside is not told by counting rings: parts overlap, or a hole leaves its shell


def edges_of(shapes: NDArray[np.object_]) -> Edges:
    """Return the edges of all shapes; missing and empty ones have none."""
    areal = areas_of(shapes)
    rings, of_ring = _rings(areal)
    strokes, of_stroke = _strokes(shapes)
    rank = np.empty(len(shapes), dtype=np.int32)
    rank[np.lexsort((np.arange(len(shapes)), np.nan_to_num(shapely.area(shapes))))] = np.arange(len(shapes))
    return Edges(
        np.concatenate([rings, strokes]),
        np.concatenate([of_ring, of_stroke]).astype(np.int32),
        len(rings),
        rank,
        _unruly(areal),
    )


def areas_of(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return what can hold a point: polygons as they are, the polygons of a collection as one, None for all others."""
    kind = shapely.get_type_id(shapes)
    areal = shapes.copy()
    areal[~np.isin(kind, (POLYGON, MULTIPOLYGON)) | shapely.is_empty(shapes)] = None
    for at in np.flatnonzero(kind == COLLECTION):
        parts = _simple_parts(shapes[at : at + 1])[0]
        polygons = parts[shapely.get_type_id(parts) == POLYGON]
        areal[at] = shapely.multipolygons(polygons) if len(polygons) else None
    return areal


def require_degrees(shapes: NDArray[np.object_]) -> None:
    """Raise GeoError unless all coordinates are WGS-84 degrees."""
    xy = shapely.get_coordinates(shapes)
    wrong = ~((np.abs(xy[:, 0]) <= 180) & (np.abs(xy[:, 1]) < 90))
    if wrong.any():
        x, y = xy[np.flatnonzero(wrong)[0]]
        raise GeoError(
            f"shapes reach ({x:g}, {y:g}); wanted WGS-84 degrees. geo.datum.geometries_to_wgs84 brings them there"
        )


def _rings(areal: NDArray[np.object_]) -> tuple[Floats, Longs]:
    parts, owner = shapely.get_parts(areal, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    return _segments(rings, owner[part])


def _strokes(shapes: NDArray[np.object_]) -> tuple[Floats, Longs]:
    """Edges of lines, and of points, which both hold nothing and can be near."""
    parts, owner = _simple_parts(shapes[np.isin(shapely.get_type_id(shapes), (POLYGON, MULTIPOLYGON), invert=True)])
    owner = np.flatnonzero(np.isin(shapely.get_type_id(shapes), (POLYGON, MULTIPOLYGON), invert=True))[owner]
    kind = shapely.get_type_id(parts)
    lines, of_line = _segments(parts[np.isin(kind, (1, 2))], owner[np.isin(kind, (1, 2))])
    dots, dot = shapely.get_coordinates(parts[kind == 0], return_index=True)
    ends, owners = np.concatenate([lines, np.hstack([dots, dots])]), np.concatenate([of_line, owner[kind == 0][dot]])
    order = np.argsort(owners, kind="stable")
    return ends[order], owners[order]


def _segments(lines: NDArray[np.object_], owner: Longs) -> tuple[Floats, Longs]:
    xy, line = shapely.get_coordinates(lines, return_index=True)
    if not len(xy):
        return np.empty((0, 4)), np.empty(0, dtype=np.int64)
    joined = line[1:] == line[:-1]
    return np.hstack([xy[:-1], xy[1:]])[joined], owner[line[:-1][joined]]


def _simple_parts(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], Longs]:
    """Points, lines and polygons of shapes, also out of collections in collections, with the place of their owner."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    while (shapely.get_type_id(parts) > POLYGON).any():
        parts, inner = shapely.get_parts(parts, return_index=True)
        owner = owner[inner]
    return parts, owner


def _unruly(areal: NDArray[np.object_]) -> Ints:
    """Positions of invalid shapes with several rings. One ring may cross itself: everyone counts its crossings alike."""
    parts, owner = shapely.get_parts(areal, return_index=True)
    rings = np.bincount(owner, 1 + shapely.get_num_interior_rings(parts), len(areal)) if len(parts) else np.zeros(0)
    several = np.flatnonzero(rings > 1)
    return several[~shapely.is_valid(areal[several])].astype(np.int32)
