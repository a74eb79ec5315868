"""The piece of ground that a map shows: from degrees to metres to millimetres of paper, and shapes as paths."""

from dataclasses import dataclass
from functools import cache, cached_property

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.path import Path
from pyproj import Transformer

from dashboard.briefing.sheet import Box
from geo.crs import DEGREES, metres_for

LEAST_M = 3_000.0  # a single compound is shown with its surroundings
MARGIN = 0.05  # of the ground, so that nothing of interest touches the frame
LEAST_VISIBLE_MM2 = 60.0  # a corner smaller than a name is not named
FINEST_MM = 0.04  # detail below this cannot be printed at 300 dpi


@dataclass(frozen=True)
class Window:
    """A frame on the paper and the ground in it.

    crs    the projected system, in metres
    west, north   metres of the frame's upper left corner
    mm     millimetres of paper to a metre of ground
    """

    box: Box
    crs: str
    west: float
    north: float
    mm: float

    @cached_property
    def ground(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the ground in metres."""
        south, east = self.north - self.box.height / self.mm, self.west + self.box.width / self.mm
        return self.west, south, east, self.north

    @property
    def scale(self) -> int:
        """Return n of the scale 1:n, on two figures."""
        exact = 1000 / self.mm
        digits = int(np.floor(np.log10(exact))) - 1
        return int(round(exact / 10**digits) * 10**digits)

    def metres(self, shapes: gpd.GeoSeries) -> np.ndarray:
        """Return shapes in metres; those without a position become None."""
        found = np.array(shapes.to_crs(self.crs), dtype=object)
        found[shapely.is_empty(found)] = None
        return found

    def place(self, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        """Return where positions lie on the paper, N x 2; NaN stays NaN."""
        x, y = between(DEGREES, self.crs).transform(lon, lat)
        return self._paper(np.column_stack([x, y]))

    def points(self, shapes: gpd.GeoSeries) -> np.ndarray:
        """Return a point on the paper for each shape, N x 2; NaN where there is no shape."""
        return self._paper(_centres(self.metres(shapes)))

    def visible(self, shapes: gpd.GeoSeries) -> np.ndarray:
        """Return a point on the paper inside the part of each area that the frame shows; NaN where it shows none."""
        parts = shapely.clip_by_rect(shapely.make_valid(self.metres(shapes)), *self.ground)
        large = shapely.area(parts) * self.mm**2 > LEAST_VISIBLE_MM2
        return self._paper(_centres(np.where(large, shapely.point_on_surface(parts), None)))

    def holds(self, xy: np.ndarray) -> np.ndarray:
        """Return which places on the paper lie in the frame."""
        across = (xy[:, 0] >= self.box.x) & (xy[:, 0] <= self.box.right)
        return across & (xy[:, 1] >= self.box.y) & (xy[:, 1] <= self.box.bottom)

    def areas(self, shapes: gpd.GeoSeries) -> Path:
        """Return the parts inside the frame of areas as one path; holes stay holes."""
        parts = shapely.get_parts(self._clipped(self.metres(shapes)))
        parts = shapely.orient_polygons(parts[shapely.get_type_id(parts) == 3])
        return self._path(shapely.get_rings(parts), closed=True)

    def lines(self, shapes: gpd.GeoSeries) -> Path:
        """Return the parts inside the frame of lines, or of the borders of areas, as one path."""
        metres = self.metres(shapes)
        metres = np.where(shapely.get_dimensions(metres) == 2, shapely.boundary(metres), metres)
        parts = shapely.get_parts(self._clipped(metres))
        return self._path(parts[shapely.get_dimensions(parts) == 1], closed=False)

    def _clipped(self, metres: np.ndarray) -> np.ndarray:
        near = metres[shapely.intersects(metres, shapely.box(*self.ground))]
        fine = shapely.simplify(shapely.make_valid(near), FINEST_MM / self.mm)
        return shapely.clip_by_rect(shapely.make_valid(fine), *self.ground)

    def _path(self, lines: np.ndarray, closed: bool) -> Path:
        xy, line = shapely.get_coordinates(lines, return_index=True)
        starts = np.flatnonzero(np.diff(line, prepend=-1))
        codes = np.full(len(xy), Path.LINETO, dtype=Path.code_type)
        codes[starts] = Path.MOVETO
        if closed and len(xy):
            codes[np.append(starts[1:], len(xy)) - 1] = Path.CLOSEPOLY
        return Path(np.round(self._paper(xy), 3), codes)

    def _paper(self, metres: np.ndarray) -> np.ndarray:
        x = self.box.x + (metres[:, 0] - self.west) * self.mm
        return np.column_stack([x, self.box.y + (self.north - metres[:, 1]) * self.mm])


@cache
def between(here: str, there: str) -> Transformer:
    """Return the way from one system to another; finding it takes a tenth of a second, so it is found once."""
    return Transformer.from_crs(here, there, always_xy=True)


def open_window(box: Box, focus: gpd.GeoSeries, share: float = 1.0) -> Window | None:
    """Return the window whose ground holds the middle `share` of the shapes of interest; None when there are none."""
    shapes = focus[~(focus.is_empty | focus.isna())]
    if not len(shapes):
        return None
    crs = metres_for(float(np.mean(shapes.total_bounds[[0, 2]])))
    bounds = shapely.bounds(np.array(shapes.to_crs(crs), dtype=object))
    edge = (1 - share) / 2
    west, south = np.quantile(bounds[:, :2], edge, axis=0)
    east, north = np.quantile(bounds[:, 2:], 1 - edge, axis=0)
    across, up = max((east - west) * (1 + 2 * MARGIN), LEAST_M), max((north - south) * (1 + 2 * MARGIN), LEAST_M)
    mm = min(box.width / across, box.height / up)
    west, north = (east + west - box.width / mm) / 2, (north + south + box.height / mm) / 2
    return Window(box, crs, west, north, mm)


def _centres(shapes: np.ndarray) -> np.ndarray:
    points = shapely.centroid(shapes)
    return np.column_stack([shapely.get_x(points), shapely.get_y(points)])
