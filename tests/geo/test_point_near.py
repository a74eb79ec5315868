"""The nearest shapes: lists by cell, and without lists, against distances that shapely measures one by one."""

import numpy as np
import pytest
import shapely

from geo import point_index
from geo.crs import metres_a_degree
from geo.point_index import PointIndex
from geo.point_located import CLEARLY, CLEARLY_M
from tests.points import EAST, ENGINES, LAT, LON, NORTH, metres, shapes, without_numba

FIELDS = ("position", "inside", "distance_m", "runner_up", "runner_up_m", "ambiguous")


def measured(polygons, lon, lat):
    """Metres from each point (a row) to each shape, by shapely, on the plane laid at the point."""
    rows = []
    for x, y in zip(lon, lat, strict=True):
        east, north = metres_a_degree(y)
        flat = shapely.transform(polygons, lambda xy, o=(x, y), s=(float(east), float(north)): (xy - o) * s)
        rows.append(shapely.distance(flat, shapely.Point(0, 0)))
    return np.array(rows)


def assert_same(one, other):
    """Two answers agree to the last bit."""
    for name in FIELDS:
        assert np.array_equal(getattr(one, name), getattr(other, name), equal_nan=name.endswith("_m")), name


def town(seed, count=60, spread=2500):
    """Turned houses with courts, overlapping here and there, some lines, some points, some twins."""
    random = np.random.default_rng(seed)
    corner, size = random.uniform(0, spread, (count, 2)), random.uniform(20, 250, (count, 2))
    houses = [shapely.box(x, y, x + w, y + h) for (x, y), (w, h) in zip(corner, size, strict=True)]
    houses = [shapely.affinity.rotate(house, random.uniform(0, 90)) for house in houses]
    courts = [house.difference(shapely.affinity.scale(house, 0.4, 0.4)) for house in houses[:10]]
    lines = [shapely.LineString(random.uniform(0, spread, (3, 2))) for _ in range(3)]
    dots = [shapely.Point(p) for p in random.uniform(0, spread, (10, 2))]
    pair = shapely.MultiPolygon([shapely.box(-300, 0, -200, 50), shapely.box(-150, 0, -100, 50)])
    return metres(*houses[10:], *courts, *lines, None, *dots, pair, houses[11], houses[12])


def around(seed, count, low=-600, high=3100):
    """Degrees of points around the town."""
    east, north = np.random.default_rng(seed).uniform(low, high, (2, count))
    return LON + east / EAST, LAT + north / NORTH


@pytest.mark.parametrize("within_m", [5.0, 100.0, 900.0, 5000.0])
@pytest.mark.parametrize("engine", ENGINES)
def test_the_two_nearest_are_those_that_shapely_measures(engine, within_m):
    """5,000 m is beyond what lists are made for."""
    polygons = town(1)
    lon, lat = around(2, 2000 if within_m < 10 else 250)
    found = PointIndex(polygons, engine=engine, within_m=within_m).locate(lon, lat, within_m)
    far = measured(polygons, lon, lat)
    far[np.isnan(far)] = np.inf
    lines_and_dots = [i for i, shape in enumerate(polygons) if shape is not None and "Polygon" not in shape.geom_type]
    order = np.argsort(np.where(np.isin(np.arange(len(polygons)), lines_and_dots) & (far == 0), 1e-9, far), axis=1)
    nearest, second = (np.take_along_axis(far, order[:, n : n + 1], axis=1)[:, 0] for n in (0, 1))
    reached, reached_twice = nearest <= within_m, second <= within_m
    assert (found.position >= 0).tolist() == reached.tolist()
    assert (found.runner_up >= 0).tolist() == reached_twice.tolist()
    assert found.distance_m[reached] == pytest.approx(nearest[reached], abs=1e-6)
    assert found.runner_up_m[reached_twice] == pytest.approx(second[reached_twice], abs=1e-6)
    rows = np.arange(len(lon))
    assert far[rows, found.position][reached] == pytest.approx(nearest[reached], abs=1e-6)
    assert far[rows, found.runner_up][reached_twice] == pytest.approx(second[reached_twice], abs=1e-6)
    assert (found.position != found.runner_up)[reached].all()
    doubtful = reached_twice & (second < CLEARLY * nearest + CLEARLY_M)
    assert found.ambiguous.tolist() == doubtful.tolist()
    assert (reached.sum(), reached_twice.sum()) > (90, 3)


@pytest.mark.parametrize("within_m", [3.0, 60.0, 700.0])
@pytest.mark.parametrize("seed", [3, 4])
def test_lists_and_no_lists_give_the_same_to_the_last_bit(monkeypatch, within_m, seed):
    polygons = town(seed)
    lon, lat = around(seed, 1500)
    listed = PointIndex(polygons, within_m=within_m)
    assert listed.report().near_m == within_m
    monkeypatch.setattr(point_index, "EDGES_A_POINT", 0)
    plain = PointIndex(polygons)
    assert_same(listed.locate(lon, lat, within_m), plain.locate(lon, lat, within_m))
    assert plain.report().near_m == 0


@without_numba
@pytest.mark.parametrize("within_m", [0.0, 3.0, 60.0, 700.0])
def test_numpy_and_numba_give_the_same_to_the_last_bit(within_m):
    polygons = town(5, 200)
    lon, lat = around(6, 20_000)
    lon[:4], lat[2:6], lon[7], lat[8] = np.nan, np.nan, np.inf, 1e300
    corners = shapely.get_coordinates(polygons)
    lon, lat = np.r_[lon, corners[:, 0]], np.r_[lat, corners[:, 1]]
    answers = [PointIndex(polygons, engine=engine).locate(lon, lat, within_m) for engine in ("numpy", "numba")]
    assert_same(*answers)


def test_longer_lists_answer_a_shorter_reach_and_give_way_to_a_longer_one():
    polygons = town(7)
    lon, lat = around(8, 2000)
    index = PointIndex(polygons, within_m=300)
    assert_same(index.locate(lon, lat, 40), PointIndex(polygons, within_m=40).locate(lon, lat, 40))
    assert index.report().near_m == 300
    assert_same(index.locate(lon, lat, 800), PointIndex(polygons, within_m=800).locate(lon, lat, 800))
    assert index.report().near_m == 800


def test_beyond_eighty_degrees_no_lists_are_made_and_distances_still_hold():
    index = PointIndex(shapes(shapely.box(10, 85, 10.1, 85.01)), within_m=500)
    found = index.locate([10.05], [85.012], 500)
    assert index.report().near_m == 0
    assert found.distance_m[0] == pytest.approx(0.002 * 111_680, rel=1e-3)  # a degree of latitude near the pole


def test_a_shape_that_crosses_the_country_and_one_house_share_an_index():
    """A straight line of 40 degrees is cut into the blocks that it passes, not into those of its box."""
    road = shapely.LineString([(80, 25), (120, 45)])
    index = PointIndex(shapes(road, *metres(shapely.box(0, 0, 50, 50))), within_m=100)
    found = index.locate([100.0005, LON, 100.0], [35.0, LAT - 20 / NORTH, 37.0], 100)
    assert found.position.tolist() == [0, 1, -1]
    assert found.distance_m[1] == pytest.approx(20, rel=1e-3)
    assert index.report().near_bytes < 200e6
