"""Random cities: the index finds what geopandas.sjoin finds, whatever the polygons are."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.point_index import PointIndex
from tests.points import ENGINES, shapes

STEPS = st.integers(0, 12)
CORNER = st.tuples(STEPS, STEPS)


def box(at, size):
    """A rectangle of the lattice."""
    return shapely.box(*at, at[0] + size[0], at[1] + size[1])


@st.composite
def yards(draw):
    """A rectangle with a hole, which may touch its wall or reach out of it."""
    at, size = draw(CORNER), draw(st.tuples(st.integers(3, 6), st.integers(3, 6)))
    inner = draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    hole = box((at[0] + inner[0], at[1] + inner[1]), draw(st.tuples(st.integers(1, 3), st.integers(1, 3))))
    return shapely.Polygon(box(at, size).exterior, [hole.exterior])


@st.composite
def slivers(draw):
    """A triangle from a few roundings to a millionth wide."""
    (x, y), length, width = draw(CORNER), draw(st.integers(1, 9)), draw(st.sampled_from([1e-13, 1e-11, 1e-6]))
    return shapely.Polygon([(x, y), (x + width, y + length), (x + 2 * width, y)])


RECTANGLES = st.builds(box, CORNER, st.tuples(st.integers(1, 5), st.integers(1, 5)))
RINGS = st.lists(CORNER, min_size=3, max_size=9).map(shapely.Polygon)
FREE = st.lists(st.tuples(st.floats(0, 12), st.floats(0, 12)), min_size=3, max_size=7).map(shapely.Polygon)
PLAIN = st.one_of(RECTANGLES, yards(), slivers(), RINGS, FREE)
PAIRS = st.lists(PLAIN, min_size=2, max_size=3).map(shapely.MultiPolygon)
CITY = st.lists(st.one_of(PLAIN, PAIRS), min_size=1, max_size=12)
# The lattice as it is, and where its lines are no round numbers: there a point on a slanting wall is on no wall.
PLACES = st.sampled_from([(0.0, 0.0, 1.0), (114.3, 30.6, 1e-4), (-114.3, -30.6, 1 / 3), (0.1, 0.2, 0.7)])


def by_sjoin(polygons, points):
    """The first and the second polygon of each point, the smallest first, then the first."""
    right = gpd.GeoDataFrame({"area": shapely.area(polygons), "at": np.arange(len(polygons))}, geometry=polygons)
    pairs = gpd.sjoin(gpd.GeoDataFrame(geometry=points), right, predicate="intersects").sort_values(["area", "at"])
    ranked = pairs.assign(place=pairs.groupby(level=0).cumcount())
    return [ranked[ranked["place"] == n]["at"].reindex(range(len(points)), fill_value=-1).tolist() for n in (0, 1)]


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=250, deadline=None)
@given(CITY, PLACES, st.lists(st.tuples(st.floats(-1, 18), st.floats(-1, 18)), max_size=20), st.integers(0, 2**32 - 1))
def test_no_difference_from_sjoin(engine, city, place, free, seed):
    west, south, step = place
    polygons = shapely.transform(shapes(*city), lambda xy: np.array([west, south]) + xy * step)
    ends = shapely.get_coordinates(polygons)
    halves = np.stack(np.meshgrid(np.arange(-1, 34) / 2, np.arange(-1, 34) / 2), axis=-1).reshape(-1, 2)
    random = np.random.default_rng(seed)
    middles = (ends[1:] + ends[:-1]) / 2
    near = ends + random.integers(-2, 3, ends.shape) * np.spacing(ends)
    lattice = np.concatenate([halves, np.array(free).reshape(-1, 2)]) * step + (west, south)
    x, y = np.concatenate([ends, middles, near, lattice]).T
    found = PointIndex(polygons, engine=engine).locate(x, y)
    first, second = by_sjoin(polygons, shapely.points(x, y))
    assert (found.position.tolist(), found.runner_up.tolist()) == (first, second)
