"""Shapes of districts and compounds: read them, repair them with a report, and find where to write their names."""

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray

from geo import datum as frames_of_reference
from geo.crs import DEGREES
from geo.errors import BoundaryError

# A self-crossing ring of 400 vertices keeps make_valid busy for 44 s, and deep nesting kills the process (TRUST 0, traps 2 and 3).
MOST_VERTICES = 100_000
MOST_CROSSING_VERTICES = 5_000  # an invalid shape with more is put aside instead of repaired
DEEPEST = 8


@dataclass(frozen=True)
class RepairReport:
    """What became of shapes that could not be used as they were: positions in the array given."""

    repaired: tuple[int, ...] = ()  # invalid before, valid now
    emptied: tuple[int, ...] = ()  # nothing with an area was left
    refused: tuple[int, ...] = ()  # too many vertices or too deeply nested to be handled
    area_lost: float = 0.0  # share of the area of repaired shapes that repair removed, 0..1

    def positions(self) -> dict[str, tuple[int, ...]]:
        """Return kind -> positions, for kinds that occur."""
        found = {"repaired": self.repaired, "emptied": self.emptied, "refused": self.refused}
        return {kind: at for kind, at in found.items() if at}


def read(path: Path, datum: str) -> tuple[gpd.GeoDataFrame, RepairReport]:
    """Return the polygons of a GeoJSON or GeoPackage file in WGS-84, repaired, with a report.

    Projected files are brought to their own degrees first; `datum` says which frame those degrees are in.
    """
    try:
        frame = pyogrio.read_dataframe(path)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise BoundaryError(f"{path.name}: cannot be read as a file of shapes ({error})") from error
    if "geometry" not in frame:
        raise BoundaryError(f"{path.name}: has no shapes; wanted polygons")
    if frame.crs is not None and not frame.crs.is_geographic:
        frame = frame.to_crs(frame.crs.geodetic_crs)
    shapes, report = repair(np.asarray(frame.geometry.values, dtype=object))
    shapes = frames_of_reference.geometries_to_wgs84(shapes, datum)
    return gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=shapes, crs=DEGREES), report


def repair(geometries: NDArray[np.object_]) -> tuple[NDArray[np.object_], RepairReport]:
    """Return polygons that are valid, None where none could be had, and a report. None stays None."""
    shapes = np.array(geometries, dtype=object)
    given = ~shapely.is_missing(shapes)
    refused = given & (_too_large(shapes) | ~np.isin(shapely.get_type_id(shapes), (3, 6, 7)))
    shapes[refused] = None
    broken = given & ~refused & ~shapely.is_valid(shapes)
    before = float(np.nansum(shapely.area(shapes[broken])))
    shapes[broken] = [_areas_only(shapely.make_valid(g)) for g in shapes[broken]]
    empty = given & ~refused & (shapely.is_missing(shapes) | shapely.is_empty(shapes))
    shapes[empty] = None
    after = float(np.nansum(shapely.area(shapes[broken])))
    lost = max(0.0, 1 - after / before) if before > 0 else 0.0
    return shapes, RepairReport(_at(broken & ~empty), _at(empty), _at(refused), lost)


def label_points(geometries: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return longitude and latitude of a point inside each shape, in its largest part; NaN where there is no shape."""
    points = shapely.point_on_surface([_largest(g) for g in np.asarray(geometries, dtype=object)])
    points = np.asarray(points, dtype=object)
    return shapely.get_x(points), shapely.get_y(points)


def _too_large(shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    vertices = shapely.get_num_coordinates(shapes)
    crossing = (vertices > MOST_CROSSING_VERTICES) & ~shapely.is_valid(shapes)
    return (vertices > MOST_VERTICES) | crossing | np.array([_depth(g) > DEEPEST for g in shapes])


def _depth(shape: shapely.Geometry | None, depth: int = 1) -> int:
    if shape is None or shape.geom_type != "GeometryCollection" or depth > DEEPEST:
        return depth
    return max((_depth(part, depth + 1) for part in shape.geoms), default=depth)


def _areas_only(shape: shapely.Geometry) -> shapely.Geometry | None:
    """The polygons of a repaired shape: stray lines and points are what was wrong with it."""
    parts = shapely.get_parts(shapely.get_parts([shape]))
    polygons = [part for part in parts if part.geom_type == "Polygon" and part.area > 0]
    if not polygons:
        return None
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


def _largest(shape: shapely.Geometry | None) -> shapely.Geometry | None:
    if shape is None or shape.is_empty or shape.geom_type != "MultiPolygon":
        return shape
    return max(shape.geoms, key=lambda part: part.area)


def _at(truth: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(int(i) for i in np.flatnonzero(truth))
