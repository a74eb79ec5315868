"""Shapes of districts and compounds: read them, repair them with a report, and find where to write their names."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pyproj
import shapely
from numpy.typing import NDArray

from geo.crs import DEGREES
from geo.datum import epsg, geometries_to_wgs84, require_datum
from geo.errors import BoundaryError

# What a hostile or broken file may cost. Deep nesting ends the process inside GEOS, where nothing can be caught; the time
# that a repair takes grows with the crossings of the outline: 900 vertices at random cross 90,000 times and take 5 s.
MOST_VERTICES = 100_000
MOST_CROSSINGS = 50_000
DEEPEST = 8
EDGES_AT_ONCE = 50

Shapes = NDArray[np.object_]
Fix = Callable[[shapely.Geometry], shapely.Geometry | None]


@dataclass(frozen=True)
class RepairReport:
    """What became of shapes that could not be used as they were: positions in the array given."""

    repaired: tuple[int, ...] = ()  # invalid or mixed with lines and points before, valid polygons now
    emptied: tuple[int, ...] = ()  # nothing with an area was left
    refused: tuple[int, ...] = ()  # not touched, because of `reasons`
    area_lost: float = (
        0.0  # share of the area of repaired shapes that is gone, 0..1; twice-wound parts counted twice before
    )
    reasons: tuple[str, ...] = ()  # one for each that was refused
    missing: tuple[int, ...] = ()  # rows of a file that have no shape, or one that cannot be decoded

    def positions(self) -> dict[str, tuple[int, ...]]:
        """Return kind -> positions, for kinds that occur."""
        found = {
            "repaired": self.repaired,
            "emptied": self.emptied,
            "refused": self.refused,
            "missing": self.missing,
        }
        return {kind: at for kind, at in found.items() if at}


def read(path: Path, datum: str) -> tuple[gpd.GeoDataFrame, RepairReport]:
    """Return the polygons of a GeoJSON or GeoPackage file in WGS-84, repaired, with a report; every row stays.

    `datum` says which frame the numbers are in. A file that declares a projected system is brought to its degrees first;
    a stated zone or EPSG code must then be the declared one. Raises BoundaryError, and DatumError for an unknown datum.
    """
    datum = require_datum(datum)
    try:
        rows = pyogrio.read_dataframe(path, read_geometry=False)
        meta, _, encoded, _ = pyogrio.raw.read(path, columns=[])
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise BoundaryError(f"{path.name}: cannot be read as a file of shapes ({error})") from error
    if encoded is None:
        raise BoundaryError(f"{path.name}: has no shapes; wanted polygons")
    with np.errstate(invalid="ignore"):  # a vertex that is not a number is reported below
        given = shapely.from_wkb(encoded, on_invalid="fix")
    shapes, report = repair(_in_stated_frame(given, meta["crs"], datum, path.name))
    shapes = geometries_to_wgs84(shapes, datum)
    report = RepairReport(
        report.repaired,
        report.emptied,
        report.refused,
        report.area_lost,
        report.reasons,
        _at(shapely.is_missing(given)),
    )
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=DEGREES), report


def repair(geometries: Shapes, fix: Fix | None = None) -> tuple[Shapes, RepairReport]:
    """Return polygons that are valid, None where none could be had, and a report. None stays None.

    Of an outline that crosses itself every lobe is kept: leaving out a part would leave out the people in it.

    fix  repairs one outline, by default `polygons` here and now; a TimeoutError of it refuses the outline with its message
    """
    shapes = np.array(geometries, dtype=object)
    reasons = {at: reason for at, shape in enumerate(shapes) if shape is not None and (reason := _refusal(shape))}
    shapes[list(reasons)] = None
    given = ~shapely.is_missing(shapes)
    broken = given & ((shapely.get_type_id(shapes) == 7) | ~shapely.is_valid(shapes))
    areas = shapely.area(shapes)
    tangled = _mend(shapes, broken, fix or polygons)
    shapes[list(tangled)] = None
    broken[list(tangled)] = False
    before = areas[broken]
    after = np.nan_to_num(shapely.area(shapes[broken]))
    empty = ~shapely.is_missing(shapes) & shapely.is_empty(shapes)
    shapes[empty] = None
    empty |= broken & shapely.is_missing(shapes)
    lost = float(np.maximum(before - after, 0).sum() / before.sum()) if before.sum() > 0 else 0.0
    refused = dict(sorted((reasons | tangled).items()))
    return shapes, RepairReport(_at(broken & ~empty), _at(empty), tuple(refused), lost, tuple(refused.values()))


def polygons(shape: shapely.Geometry) -> shapely.Geometry | None:
    """Return the areas of a shape, valid, None where it has none; lines and points in it are what was wrong with it.

    Its time grows with the crossings of the outline: of a shape from outside it is `repair` that may be called.
    """
    areal = shape if shape.geom_type != "GeometryCollection" else shapely.MultiPolygon(_parts(shape))
    fixed = _parts(shapely.make_valid(areal, method="structure", keep_collapsed=False))
    if not fixed:
        return None
    return fixed[0] if len(fixed) == 1 else shapely.MultiPolygon(fixed)


def label_points(geometries: Shapes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return longitude and latitude of a point inside each shape, in its largest part; NaN where there is no shape."""
    points = shapely.point_on_surface([_largest(g) for g in np.asarray(geometries, dtype=object)])
    points = np.asarray(points, dtype=object)
    return shapely.get_x(points), shapely.get_y(points)


def _in_stated_frame(shapes: Shapes, declared: str | None, datum: str, name: str) -> Shapes:
    """Return the shapes in the numbers that `datum` is about: its own metres, or degrees."""
    stated = epsg(datum)
    system = pyproj.CRS(declared) if declared else None
    if system is not None and not system.is_geographic and system != stated:
        if stated:
            raise BoundaryError(f"{name}: declares {declared}, but {datum} was stated; state the frame of its degrees")
        return np.asarray(gpd.GeoSeries(shapes, crs=system).to_crs(DEGREES).values, dtype=object)
    bounds = shapely.total_bounds(shapes)
    if not stated and datum != "cgcs2000" and (np.abs(bounds) > 360).any():
        raise BoundaryError(
            f"{name}: coordinates reach ({bounds[2]:.0f}, {bounds[3]:.0f}); wanted degrees in {datum}. "
            "For metres state epsg:<code> or cgcs2000:<central meridian>"
        )
    return shapes


def _refusal(shape: shapely.Geometry) -> str:
    """Why a shape is put aside before anything expensive or dangerous is done with it; "" when it is not."""
    if shape.geom_type not in ("Polygon", "MultiPolygon", "GeometryCollection"):
        return f"is a {shape.geom_type}, not a polygon"
    if _depth(shape) > DEEPEST:
        return f"is nested more than {DEEPEST} deep"
    vertices = int(shapely.get_num_coordinates(shape))
    if vertices > MOST_VERTICES:
        return f"has {vertices} vertices, more than {MOST_VERTICES}"
    return "" if np.isfinite(shapely.get_coordinates(shape)).all() else "has a vertex that is not a number"


def _depth(shape: shapely.Geometry, depth: int = 1) -> int:
    if shape.geom_type != "GeometryCollection" or depth > DEEPEST:
        return depth
    return max((_depth(part, depth + 1) for part in shape.geoms), default=depth)


def _mend(shapes: Shapes, broken: NDArray[np.bool_], fix: Fix) -> dict[int, str]:
    """Repair what is broken where it stands; return position -> why, of those that cost too much."""
    refused = {}
    for at in map(int, np.flatnonzero(broken)):
        try:
            if _is_tangled(shapes[at]):
                raise TimeoutError("crosses itself too often")
            shapes[at] = fix(shapes[at])
        except TimeoutError as error:
            refused[at] = str(error)
    return refused


def _is_tangled(shape: shapely.Geometry) -> bool:
    """Return True when the edges cross more often than MOST_CROSSINGS; counting stops there."""
    rings = shapely.get_rings(_parts(shape))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    if len(xy) ** 2 < 2 * MOST_CROSSINGS:
        return False
    same = ring[1:] == ring[:-1]
    edges = shapely.linestrings(np.stack([xy[:-1][same], xy[1:][same]], axis=1))
    tree, crossings = shapely.STRtree(edges), 0
    for start in range(0, len(edges), EDGES_AT_ONCE):
        some = edges[start : start + EDGES_AT_ONCE]
        crossings += tree.query(some, predicate="intersects").shape[1] - 3 * len(some)  # itself and its two neighbours
        if crossings > 2 * MOST_CROSSINGS:  # each is met from both its edges
            return True
    return False


def _parts(shape: shapely.Geometry) -> list[shapely.Polygon]:
    if shape.geom_type == "Polygon":
        return [] if shape.is_empty else [shape]
    return [polygon for part in getattr(shape, "geoms", ()) for polygon in _parts(part)]


def _largest(shape: shapely.Geometry | None) -> shapely.Geometry | None:
    if shape is None or shape.is_empty or shape.geom_type != "MultiPolygon":
        return shape
    return max(shape.geoms, key=lambda part: part.area)


def _at(truth: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(int(i) for i in np.flatnonzero(truth))
