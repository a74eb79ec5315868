"""What the tests of the point index share: drawing in metres, a plain loop over shapes, the engines that can be had."""

import numpy as np
import pytest
import shapely

from geo.point_engine import is_compiler_installed

LON, LAT = 114.30, 30.58
EAST, NORTH = 95_960.0, 110_870.0  # metres a degree there, by the geodesic to 0.1 %

without_numba = pytest.mark.skipif(not is_compiler_installed(), reason="numba is not installed (make scale)")
ENGINES = ["numpy", pytest.param("numba", marks=without_numba)]


def shapes(*given):
    """An object array, which numpy would otherwise take apart."""
    array = np.empty(len(given), dtype=object)
    array[:] = given
    return array


def metres(*given):
    """Shapes drawn in metres east and north of a point in Wuhan, in degrees."""
    place = lambda xy: np.array([LON, LAT]) + xy / [EAST, NORTH]  # noqa: E731
    return shapes(*(None if shape is None else shapely.transform(shape, place) for shape in given))


def at(east, north):
    """Degrees of a point in metres east and north."""
    return [LON + east / EAST], [LAT + north / NORTH]


def by_loop(polygons, lon, lat):
    """The first and the second shape that hold each point, -1 for none: the smallest, then the first in the list."""
    points = shapely.points(lon, lat)
    found = np.full((2, len(points)), -1)
    areal = [i for i, shape in enumerate(polygons) if shape is not None and shape.geom_type.endswith("Polygon")]
    for i in sorted(areal, key=lambda i: (polygons[i].area, i)):
        holds = shapely.intersects(polygons[i], points) & np.isfinite(lon) & np.isfinite(lat)
        found[1, holds & (found[0] >= 0) & (found[1] < 0)] = i
        found[0, holds & (found[0] < 0)] = i
    return found
