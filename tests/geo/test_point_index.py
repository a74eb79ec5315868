"""Points to polygons: the same answer as a plain loop, on walls, in overlaps and in between; and the nearest in metres."""

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import GeoError
from geo.point_index import PointIndex
from tests.points import EAST, LAT, LON, NORTH, at, by_loop, metres, shapes


def assert_like_the_loop(polygons, lon, lat):
    """The index says what the loop says."""
    found = PointIndex(polygons).locate(lon, lat)
    first, second = by_loop(polygons, lon, lat)
    assert (found.position.tolist(), found.runner_up.tolist()) == (first.tolist(), second.tolist())
    assert found.ambiguous.tolist() == (second >= 0).tolist()
    assert found.inside.tolist() == (first >= 0).tolist()


@st.composite
def cities(draw):
    """Rectangles on a coarse lattice, so that walls are shared and outlines overlap, some with a court, some twice."""
    polygons = []
    for _ in range(draw(st.integers(0, 9))):
        x, y = draw(st.integers(0, 8)), draw(st.integers(0, 8))
        w, h = draw(st.integers(1, 4)), draw(st.integers(1, 4))
        shape = shapely.box(x, y, x + w, y + h)
        if w > 2 and h > 2 and draw(st.booleans()):
            shape = shape.difference(shapely.box(x + 1, y + 1, x + w - 1, y + h - 1))
        polygons += [shape] * draw(st.integers(1, 2)) + [None] * draw(st.integers(0, 1))
    return shapes(*polygons)


@settings(max_examples=150, deadline=None)
@given(cities(), st.lists(st.tuples(st.integers(-2, 26), st.integers(-2, 26)), max_size=30))
def test_inside_is_what_a_plain_loop_finds(polygons, halves):
    lon, lat = np.array(halves, dtype=float).reshape(-1, 2).T / 2
    assert_like_the_loop(polygons, lon, lat)


@pytest.mark.parametrize("step", [1.0, 0.1, 1 / 3])
def test_points_on_edges_and_corners_of_a_lattice(step):
    cells = [shapely.box(114 + i * step, 30 + j * step, 114 + (i + 1) * step, 30 + (j + 1) * step) for i in range(5) for j in range(5)]  # fmt: skip
    x, y = np.meshgrid(114 + np.arange(11) * step / 2, 30 + np.arange(11) * step / 2)
    assert_like_the_loop(shapes(*cells), x.ravel(), y.ravel())


def test_random_outlines_with_courts():
    random = np.random.default_rng(11)
    polygons = []
    for x, y in random.uniform((114, 30), (114.2, 30.2), (60, 2)):
        turn = np.sort(random.uniform(0, 2 * np.pi, 25))
        star = np.column_stack([np.cos(turn), np.sin(turn)]) * random.uniform(0.008, 0.02, (25, 1))
        polygons.append(shapely.make_valid(shapely.Polygon(star + (x, y), [star * 0.3 + (x, y)]), method="structure"))
    assert_like_the_loop(shapes(*polygons), *random.uniform((114, 30), (114.2, 30.2), (3000, 2)).T)


def test_a_point_on_a_shared_wall_is_ambiguous_and_goes_to_the_smaller():
    found = PointIndex(metres(shapely.box(0, 0, 100, 100), shapely.box(-50, 0, 0, 100))).locate(*at(0, 50))
    assert (found.position[0], found.runner_up[0], found.ambiguous[0]) == (1, 0, True)
    assert (found.distance_m[0], found.runner_up_m[0]) == (0, 0)


def test_of_twins_the_first_holds_the_point():
    twin = shapely.box(0, 0, 100, 100)
    found = PointIndex(metres(None, twin, twin)).locate(*at(50, 50))
    assert (found.position[0], found.runner_up[0], found.ambiguous[0]) == (1, 2, True)


def test_a_court_is_outside_and_its_wall_inside():
    ring = shapely.box(0, 0, 100, 100).difference(shapely.box(40, 40, 60, 60))
    index = PointIndex(shapes(shapely.transform(ring, lambda xy: xy / 1000)))
    assert index.locate([0.05, 0.04, 0.02], [0.05, 0.05, 0.02]).position.tolist() == [-1, 0, 0]


@pytest.mark.parametrize("lonlat", [(np.nan, 30), (114.3, np.nan), (np.inf, 30), (-np.inf, -np.inf), (1e300, 30), (528_776, 3_384_449)])  # fmt: skip
def test_a_point_that_is_nowhere_has_none(lonlat):
    index = PointIndex(metres(shapely.box(0, 0, 100, 100)))
    found = index.locate([LON, lonlat[0]], [LAT, lonlat[1]], 1e6)
    assert found.position.tolist() == [0, -1]
    assert np.isnan(found.distance_m[1])
    assert not found.ambiguous[1]


@pytest.mark.parametrize("within_m", [0.0, 100.0])
def test_an_empty_index_and_an_empty_question(within_m):
    for index in (PointIndex(shapes()), PointIndex(shapes(None, shapely.Polygon()))):
        assert index.locate([LON], [LAT], within_m).position.tolist() == [-1]
        assert len(index) == 0
    assert len(PointIndex(metres(shapely.box(0, 0, 1, 1))).locate([], [], within_m).position) == 0


def test_the_nearest_within_reach_and_its_distance_in_metres():
    index = PointIndex(metres(shapely.box(0, 0, 100, 100), shapely.box(300, 0, 400, 100)))
    (far, near), cut = (index.locate(*at(130, 50), reach) for reach in (300, 100)), index.locate(*at(130, 50), 29)
    assert (near.position[0], near.inside[0], near.runner_up[0], near.ambiguous[0]) == (0, False, -1, False)
    assert near.distance_m[0] == pytest.approx(30, rel=1e-3)
    assert (far.position[0], far.runner_up[0], far.ambiguous[0]) == (0, 1, False)
    assert far.runner_up_m[0] == pytest.approx(170, rel=1e-3)
    assert cut.position[0] == -1
    assert np.isnan(cut.distance_m[0])


@pytest.mark.parametrize(
    ("first", "second", "ambiguous"),
    [(30, 49, True), (30, 51, False), (10, 19, True), (10, 21, False), (0.1, 5, True), (0.1, 6, False)],
)
def test_the_nearest_is_doubtful_unless_the_second_is_half_as_far_again_and_five_metres(first, second, ambiguous):
    """1.5 x 30 + 5 = 50 m, 1.5 x 10 + 5 = 20 m."""
    walls = metres(shapely.box(-100 - first, 0, -first, 100), shapely.box(second, 0, second + 100, 100))
    found = PointIndex(walls).locate(*at(0, 50), 100)
    assert (found.position[0], found.runner_up[0], found.ambiguous[0]) == (0, 1, ambiguous)


@pytest.mark.parametrize(("gap", "ambiguous"), [(3, True), (7, False)])
def test_inside_but_next_to_a_neighbour_is_doubtful_when_the_reach_is_asked_for(gap, ambiguous):
    index = PointIndex(metres(shapely.box(0, 0, 100, 100), shapely.box(99 + gap, 0, 200, 100)))
    found = index.locate(*at(99, 50), 50)
    assert (found.position[0], found.inside[0], found.distance_m[0]) == (0, True, 0)
    assert (found.runner_up[0], found.ambiguous[0]) == (1, ambiguous)
    assert found.runner_up_m[0] == pytest.approx(gap, rel=1e-3)
    assert index.locate(*at(99, 50)).runner_up[0] == -1


def test_a_compound_that_has_only_a_coordinate_can_be_near_and_holds_nothing():
    index = PointIndex(metres(shapely.Point(0, 0), shapely.box(500, 0, 600, 100)))
    assert index.locate(*at(0, 0)).position[0] == -1
    found = index.locate(*at(30, 40), 100)
    assert (found.position[0], found.inside[0]) == (0, False)
    assert found.distance_m[0] == pytest.approx(50, rel=1e-3)
    assert index.locate(*at(0, 0), 100).distance_m[0] == 0


def test_equal_distances_go_to_the_smaller_and_then_to_the_first():
    corner = [shapely.box(0, 0, 100, 100), shapely.box(0, -100, 100, 0), shapely.box(0, -50, 50, 0)]
    found = PointIndex(metres(*corner)).locate(*at(-20, 0), 100)
    assert (found.position[0], found.runner_up[0], found.ambiguous[0]) == (2, 0, True)


@pytest.mark.parametrize("latitude", [18.0, 30.6, 52.0])
def test_the_nearest_agrees_with_geodesics_to_every_point(latitude):
    """Also in an index that reaches over the whole country: the far corner must not change what a metre is."""
    random = np.random.default_rng(2)
    lon, lat = random.uniform((114, latitude), (114.05, latitude + 0.05), (80, 2)).T
    x, y = random.uniform((114, latitude), (114.05, latitude + 0.05), (200, 2)).T
    index = PointIndex(shapes(*shapely.points(lon, lat), shapely.box(80, 45, 81, 46), shapely.box(125, 20, 126, 21)))
    far = pyproj.Geod(ellps="WGS84").inv(*(np.broadcast_to(v, (200, 80)) for v in (x[:, None], y[:, None], lon, lat)))[
        2
    ]
    found = index.locate(x, y, 400)
    reached = far.min(axis=1) < 400
    assert reached.sum() > 50
    assert found.position.tolist() == np.where(reached, far.argmin(axis=1), -1).tolist()
    assert found.distance_m[reached] == pytest.approx(far.min(axis=1)[reached], rel=1e-4)
    second = np.sort(far, axis=1)[:, 1]
    assert (found.runner_up >= 0).tolist() == (second < 400).tolist()


def test_the_nearest_wall_agrees_with_a_plain_loop_in_the_zone_of_wuhan():
    """EPSG:4547 is true to 0.02 % here (0.6 degrees from its meridian at the most)."""
    random = np.random.default_rng(4)
    boxes = [shapely.box(x, y, x + w, y + h) for x, y, w, h in random.uniform((0, 0, 20, 20), (3000, 3000, 150, 150), (150, 4))]  # fmt: skip
    polygons = metres(*(shapely.affinity.rotate(box, random.uniform(0, 90)) for box in boxes))
    zone = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:4547", always_xy=True)
    flat = shapely.transform(polygons, lambda xy: np.column_stack(zone.transform(xy[:, 0], xy[:, 1])))
    east, north = random.uniform(0, 3000, (2, 400))
    lon, lat = LON + east / EAST, LAT + north / NORTH
    truth = shapely.distance(shapely.points(*zone.transform(lon, lat))[:, None], flat[None, :])
    found = PointIndex(polygons).locate(lon, lat, 10_000)
    assert found.distance_m == pytest.approx(truth.min(axis=1), rel=1e-3, abs=1e-3)
    assert truth[np.arange(400), found.position] == pytest.approx(truth.min(axis=1), rel=1e-3, abs=1e-3)
    assert found.runner_up_m == pytest.approx(np.sort(truth, axis=1)[:, 1], rel=1e-3, abs=1e-3)


def test_many_points_are_answered_as_few_are(monkeypatch):
    polygons = metres(shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100))
    lon, lat = (LON + np.arange(-5, 30) * 10 / EAST, np.full(35, LAT + 50 / NORTH))
    whole = PointIndex(polygons).locate(lon, lat, 40)
    monkeypatch.setattr("geo.point_index.AT_ONCE", 4)
    parts = PointIndex(polygons).locate(lon, lat, 40)
    for name in ("position", "inside", "distance_m", "runner_up", "runner_up_m", "ambiguous"):
        assert np.array_equal(getattr(whole, name), getattr(parts, name), equal_nan=getattr(whole, name).dtype == float)


def test_shapes_in_metres_are_refused():
    with pytest.raises(GeoError, match=r"shapes reach \(528776, 3.38445e\+06\); wanted WGS-84 degrees"):
        PointIndex(shapes(shapely.Point(528_776, 3_384_449)))


def test_a_question_that_makes_no_sense_is_refused():
    index = PointIndex(metres(shapely.box(0, 0, 1, 1)))
    with pytest.raises(GeoError, match="within_m is -1"):
        index.locate([LON], [LAT], -1)
    with pytest.raises(GeoError, match="wanted two lists of one length"):
        index.locate([LON, LON], [LAT])
