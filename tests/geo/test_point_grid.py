"""The grid against a plain loop over shapes, on everything that has ever made a grid answer wrongly."""

import numpy as np
import pytest
import shapely

from geo import point_grid
from geo.point_edges import edges_of
from geo.point_engine import kernel
from geo.point_grid_numpy import UNSURE
from geo.point_index import PointIndex
from tests.points import ENGINES, by_loop, shapes

pytestmark = pytest.mark.parametrize("engine", ENGINES)


def assert_like_the_loop(polygons, lon, lat, engine):
    """The index finds the two shapes that a loop finds; returns how many points lie in one."""
    polygons = shapes(*polygons)
    found = PointIndex(polygons, engine=engine).locate(lon, lat)
    first, second = by_loop(polygons, lon, lat)
    assert np.flatnonzero(found.position != first).tolist() == []
    assert np.flatnonzero(found.runner_up != second).tolist() == []
    return int((first >= 0).sum())


def lattice(side, step=0.1, west=114.0, south=30.0):
    """Squares that share their walls."""
    number = np.arange(side) * step
    x, y = (v.ravel() for v in np.meshgrid(west + number, south + number))
    return list(shapely.box(x, y, x + step, y + step))


def discs(count, seed, least=0.005, most=0.1):
    """Overlapping outlines of 32 corners."""
    random = np.random.default_rng(seed)
    return list(shapely.buffer(shapely.points(random.uniform(0, 1, (count, 2))), random.uniform(least, most, count)))


def anywhere(count, seed, low=-0.05, high=1.05):
    """Points at random."""
    return np.random.default_rng(seed).uniform(low, high, (2, count))


def moved(x, y, ulps, seed):
    """Points a few roundings away from where they were."""
    step = np.random.default_rng(seed).integers(-ulps, ulps + 1, (2, len(x)))
    return x + step[0] * np.spacing(x), y + step[1] * np.spacing(y)


@pytest.mark.parametrize("cell", [0.03, 0.1, 0.25, 7.0])
def test_shared_walls_and_corners_under_points_that_lie_on_them(engine, cell):
    """Also with a grid as wide as the lattice, whose lines then lie on the walls."""
    polygons = shapes(*lattice(8))
    x, y = (v.ravel() for v in np.meshgrid(114 + np.arange(-2, 20) * 0.05, 30 + np.arange(-2, 20) * 0.05))
    edges = edges_of(polygons)
    first, second = np.empty((2, len(x)), dtype=np.int32)
    grid = point_grid.build(edges, cell)
    unsure = kernel("grid", engine, len(x)).hold(grid, edges.ends, x, y, first, second)
    told = first != UNSURE
    assert unsure == (~told).sum() > 100
    truth = by_loop(polygons, x, y)
    assert (first[told].tolist(), second[told].tolist()) == (truth[0, told].tolist(), truth[1, told].tolist())
    assert assert_like_the_loop(polygons, x, y, engine) == 17 * 17


def test_degrees_rounded_to_a_millionth(engine):
    """As geocoders give them; the squares are 11 m wide."""
    random = np.random.default_rng(1)
    polygons = [shapely.set_precision(square, 1e-6) for square in lattice(12, 1e-4, 114.3, 30.6)]
    x, y = (
        np.round(114.3 + random.uniform(-1e-4, 13e-4, 4000), 6),
        np.round(30.6 + random.uniform(-1e-4, 13e-4, 4000), 6),
    )
    assert assert_like_the_loop(polygons, x, y, engine) > 2000


@pytest.mark.parametrize("ulps", [0, 1, 2, 4])
def test_slanting_shared_walls_and_points_a_rounding_away_from_them(engine, ulps):
    random = np.random.default_rng(2)
    seeds = shapely.multipoints(random.uniform((114, 30), (114.1, 30.1), (150, 2)))
    polygons = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=shapely.box(114, 30, 114.1, 30.1)))
    ends = edges_of(polygons).ends
    part = random.uniform(0, 1, (len(ends), 1))
    x, y = np.concatenate(
        [ends[:, :2], (ends[:, :2] + ends[:, 2:]) / 2, ends[:, :2] * part + ends[:, 2:] * (1 - part)]
    ).T
    assert assert_like_the_loop(polygons, *moved(x, y, ulps, 3), engine) > 1000


@pytest.mark.parametrize("ulps", [0, 1])
def test_walls_that_cross_the_world(engine, ulps):
    """Where coordinates use all their bits the crossing test itself rounds, and only GEOS knows on which side a point lies."""
    random = np.random.default_rng(17)
    corners = random.uniform((-170, -80), (170, 80), (40, 3, 2))
    polygons = [shapely.Polygon(three) for three in corners]
    ends = edges_of(shapes(*polygons)).ends
    part = random.uniform(0, 1, (len(ends), 40, 1))
    on = (ends[:, None, :2] * part + ends[:, None, 2:] * (1 - part)).reshape(-1, 2)
    assert assert_like_the_loop(polygons, *moved(*on.T, ulps, 18), engine) > 4000


def test_overlaps_go_to_the_smallest_and_twins_to_the_first(engine):
    polygons = discs(120, 4)
    assert assert_like_the_loop(polygons + polygons[:40], *anywhere(4000, 5), engine) > 2000


def test_a_giant_over_small_ones(engine):
    """It is the last to hold, and its size does not make the grid grow."""
    polygons = [shapely.box(-20, -20, 60, 60), *discs(100, 6, 0.001, 0.01), shapely.box(-30, -30, 70, 70)]
    x, y = np.hstack([anywhere(3000, 7), anywhere(500, 8, -40, 80)])
    assert assert_like_the_loop(polygons, x, y, engine) > 3000
    assert PointIndex(shapes(*polygons)).report().grid_bytes < 100e6


def test_points_far_outside_do_not_fall_into_the_first_cell(engine):
    """Shapes sit in the corner of the grid; a margin of two cells keeps cell (0, 0) empty for those who are outside."""
    polygons = [shapely.box(0, 0, 0.5, 0.5), shapely.Polygon([(0, 0), (1, 0), (0, 1)])]
    x = np.array([-1e-12, -1e-3, -5, -170, 0, 0, 170, 1e300, -1e300, 0, 1, 1 + 1e-15, 0.25])
    y = np.array([-1e-12, 0, -5, -80, -1e-300, 0, 80, 0, 1e300, 1e-300, 0, 0, 0.25])
    assert assert_like_the_loop(polygons, x, y, engine) == 4


def test_what_is_no_number_or_has_no_end_lies_nowhere(engine):
    x, y = anywhere(60, 9)
    x[:10], y[5:15], x[15:20], y[20:25], x[25:28], y[28:30] = np.nan, np.nan, np.inf, -np.inf, 1e300, -1.7e308
    found = PointIndex(shapes(shapely.box(-1, -1, 2, 2)), engine=engine).locate(x, y)
    assert found.position.tolist() == [-1] * 30 + [0] * 30


def test_missing_and_empty_shapes_keep_their_places(engine):
    polygons = [None, shapely.Polygon(), *discs(30, 10), shapely.MultiPolygon(), shapely.GeometryCollection(), None]
    assert assert_like_the_loop(polygons, *anywhere(2000, 11), engine) > 300


def test_slivers_thinner_than_any_cell(engine):
    """A hundredth of a millimetre wide, ten kilometres long."""
    random = np.random.default_rng(12)
    feet = 114 + np.arange(60) * 1e-3
    polygons = [shapely.Polygon([(x, 30), (x + 1e-10, 30.1), (x + 2e-10, 30)]) for x in feet]
    x = random.choice(feet, 4000) + random.uniform(0, 2e-10, 4000)
    assert assert_like_the_loop(polygons, x, random.uniform(30, 30.1, 4000), engine) > 1000


def test_flat_polygons_hold_what_lies_on_them(engine):
    flat = [shapely.Polygon([(0, 0), (1, 1), (0, 0)]), shapely.Polygon([(0, 0.5), (1, 0.5), (0.5, 0.5)])]
    point = shapely.Polygon([(0.25, 0.25)] * 4)
    x, y = (v.ravel() for v in np.meshgrid(np.arange(-1, 6) / 4, np.arange(-1, 6) / 4))
    assert assert_like_the_loop([*flat, point], x, y, engine) == 9


def test_rings_that_cross_themselves(engine):
    """Every other region is inside."""
    random = np.random.default_rng(13)
    rings = random.uniform(0, 0.2, (100, 9, 2)) + random.uniform(0, 0.9, (100, 1, 2))
    polygons = [shapely.Polygon(ring) for ring in rings]
    assert not shapely.is_valid(polygons).any()
    assert assert_like_the_loop(polygons, *anywhere(4000, 14), engine) > 1000
    assert (
        assert_like_the_loop(list(shapely.make_valid(polygons, method="structure")), *anywhere(4000, 14), engine) > 1000
    )


def test_parts_that_overlap_and_holes_that_leave_their_shell(engine):
    """Counting crossings would put the overlap outside, and the hole's rest inside."""
    one, other = shapely.box(0, 0, 0.6, 0.6), shapely.box(0.3, 0.3, 1, 1)
    polygons = [
        shapely.MultiPolygon([one, other]),
        shapely.Polygon(one.exterior, [shapely.box(0.4, 0.4, 0.9, 0.9).exterior]),
        shapely.Polygon(
            other.exterior, [shapely.box(0.4, 0.4, 0.7, 0.7).exterior, shapely.box(0.5, 0.5, 0.9, 0.9).exterior]
        ),
    ]
    assert not shapely.is_valid(polygons).any()
    assert assert_like_the_loop(polygons, *anywhere(3000, 15), engine) > 1000


def test_holes_islands_in_holes_and_parts_that_touch(engine):
    ring = shapely.box(0, 0, 1, 1).difference(shapely.box(0.2, 0.2, 0.8, 0.8))
    island = shapely.box(0.4, 0.4, 0.6, 0.6)
    corner = shapely.MultiPolygon([shapely.box(1, 1, 1.5, 1.5), shapely.box(1.5, 1.5, 2, 2)])
    x, y = (v.ravel() for v in np.meshgrid(np.arange(-1, 22) / 10, np.arange(-1, 22) / 10))
    assert assert_like_the_loop([ring.union(island), corner, ring], x, y, engine) > 100


def test_walls_that_are_almost_level(engine):
    """Where such a wall meets a row cannot be computed: its slope is a quotient of roundings."""
    random = np.random.default_rng(16)
    lean = [0.0, 1.5e-14, 1e-13, 1e-12, 1e-9, 1e-7]
    polygons = [shapely.Polygon([(114, 30 + i), (115, 30 + i + d), (114.9, 30.5 + i)]) for i, d in enumerate(lean)]
    x = random.uniform(113.9, 115.1, 4000)
    y = 30 + random.integers(0, len(lean), 4000) + random.choice([0, 1e-14, 5e-13, 1e-10, 1e-8, 0.1], 4000)
    assert assert_like_the_loop(polygons, x, y, engine) > 500


def test_coordinates_so_small_that_products_almost_vanish(engine):
    small = 1e-146
    polygons = [shapely.Polygon([(0, 0), (3 * small, small), (small, 4 * small)]), shapely.box(-1, -1, 1, 1)]
    x, y = (v.ravel() * small for v in np.meshgrid(np.arange(-1.0, 6), np.arange(-1.0, 6)))
    assert assert_like_the_loop(polygons, x, y, engine) == 49


def test_a_collection_holds_what_its_polygons_hold(engine):
    mixed = shapely.GeometryCollection(
        [shapely.box(0, 0, 1, 1), shapely.LineString([(0, 0), (9, 9)]), shapely.Point(5, 6)]
    )
    found = PointIndex(shapes(mixed), engine=engine).locate([0.5, 1.0, 3.0, 5.0], [0.2, 0.5, 3.0, 6.0])
    assert found.position.tolist() == [0, 0, -1, -1]


@pytest.mark.parametrize("seed", range(8))
def test_grids_of_any_cell_and_block(engine, seed):
    random = np.random.default_rng(seed)
    polygons = shapes(*discs(40, seed, 0.01, 0.15), *lattice(5, 0.2, 0, 0))
    edges = edges_of(polygons)
    grid = point_grid.build(edges, float(random.uniform(0.003, 0.6)), int(random.integers(0, 6)))
    x, y = np.hstack([random.uniform(-0.2, 1.2, (2, 3000)), edges.ends[:, :2].T])
    first, second = np.empty((2, len(x)), dtype=np.int32)
    kernel("grid", engine, len(x)).hold(grid, edges.ends, x, y, first, second)
    told = first != UNSURE
    assert told[:3000].all()
    truth = by_loop(polygons, x, y)
    assert (first[told].tolist(), second[told].tolist()) == (truth[0, told].tolist(), truth[1, told].tolist())
