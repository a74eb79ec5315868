"""Shapes from files: read in their frame, repaired with a report, and refused when they would cost too much."""

import json
import sqlite3
import struct

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo.boundaries import RepairReport, label_points, read, repair
from geo.crs import distance_m
from geo.datum import from_wgs84
from geo.errors import BoundaryError, DatumError

WUHAN = shapely.box(114.30, 30.50, 114.31, 30.51)
BOW = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])


def shapes(*given):
    """An object array, which numpy would otherwise take apart."""
    array = np.empty(len(given), dtype=object)
    array[:] = given
    return array


def nested(depth):
    """A square inside `depth` collections."""
    shape = shapely.box(0, 0, 1, 1)
    for _ in range(depth):
        shape = shapely.GeometryCollection([shape])
    return shape


def circle(vertices):
    """A round outline of radius 1."""
    around = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    return shapely.Polygon(np.column_stack([np.cos(around), np.sin(around)]))


def not_a_number():
    """A triangle with a corner at NaN, as a file can hold it."""
    corners = (0, 0, 1, float("nan"), 1, 1, 0, 0)
    with np.errstate(invalid="ignore"):
        return shapely.from_wkb(b"\x01" + struct.pack("<III8d", 3, 1, 4, *corners))


def geojson(path, *geometries, crs=None):
    """Write a GeoJSON file of the given geometries (shapely, or their JSON)."""
    parts = [json.loads(shapely.to_geojson(g)) if isinstance(g, shapely.Geometry) else g for g in geometries]
    features = [{"type": "Feature", "properties": {"name": f"n{i}"}, "geometry": g} for i, g in enumerate(parts)]
    content = {"type": "FeatureCollection", "features": features}
    if crs:
        content["crs"] = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{crs}"}}
    path.write_text(json.dumps(content), "utf-8")
    return path


def in_metres(shape):
    """The shape in EPSG:4547."""
    return shapely.transform(shape, lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], "epsg:4547")))


def share_apart(one, other):
    """Area of the difference as a share."""
    return one.symmetric_difference(other).area / other.area


def test_valid_polygons_pass_untouched():
    given = shapes(WUHAN, None, shapely.MultiPolygon([WUHAN]))
    fixed, report = repair(given)
    assert list(fixed) == list(given)
    assert report == RepairReport()
    assert report.positions() == {}


def test_a_bow_tie_keeps_both_lobes():
    fixed, report = repair(shapes(WUHAN, BOW))
    assert report.positions() == {"repaired": (1,)}
    assert (fixed[1].is_valid, fixed[1].area) == (True, 2.0)  # two triangles of base 2 and height 1


def test_a_star_drawn_in_one_stroke_keeps_its_middle():
    """Pentagram of radius 1: 1.12257 in area, and 1.46946 when the middle, around which the stroke runs twice, counts twice."""
    turn = np.radians(90 + 144 * np.arange(5))
    fixed, report = repair(shapes(shapely.Polygon(np.column_stack([np.cos(turn), np.sin(turn)]))))
    assert (report.repaired, fixed[0].intersects(shapely.Point(0, 0))) == ((0,), True)
    assert fixed[0].area == pytest.approx(1.12257, abs=1e-5)
    assert report.area_lost == pytest.approx(1 - 1.12257 / 1.46946, abs=1e-5)


def test_lines_and_points_that_come_with_an_area_are_dropped():
    mixed = shapely.GeometryCollection([WUHAN, shapely.Point(0, 0), shapely.LineString([(0, 0), (1, 1)])])
    fixed, report = repair(shapes(mixed, nested(7)))
    assert (report.repaired, report.area_lost) == ((0, 1), 0.0)
    assert fixed[0].equals(WUHAN)
    assert fixed[1].equals(shapely.box(0, 0, 1, 1))


@pytest.mark.parametrize(
    "shape",
    [
        shapely.Polygon(),
        shapely.Polygon([(0, 0), (1, 1), (2, 2)]),
        shapely.GeometryCollection([shapely.LineString([(0, 0), (1, 1)])]),
    ],
)
def test_what_has_no_area_becomes_none_and_is_reported(shape):
    fixed, report = repair(shapes(WUHAN, shape))
    assert (fixed[1], report.positions()) == (None, {"emptied": (1,)})


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (nested(8), "is nested more than 8 deep"),
        (nested(500), "is nested more than 8 deep"),
        (shapely.Point(114, 30), "is a Point, not a polygon"),
        (circle(100_000), "has 100001 vertices, more than 100000"),
        (not_a_number(), "has a vertex that is not a number"),
        (shapely.Polygon(np.random.default_rng(0).random((2_000, 2))), "crosses itself too often"),
        (shapely.Polygon(np.random.default_rng(0).random((20_000, 2))), "crosses itself too often"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_would_cost_too_much_is_put_aside_with_its_reason(shape, reason):
    fixed, report = repair(shapes(WUHAN, shape, None))
    assert list(fixed) == [WUHAN, None, None]
    assert (report.positions(), report.reasons) == ({"refused": (1,)}, (reason,))


def test_a_long_outline_with_one_crossing_is_repaired_all_the_same():
    ring = shapely.get_coordinates(circle(50_000))[:-1]
    ring[[100, 101]] = ring[[101, 100]]
    fixed, report = repair(shapes(shapely.Polygon(ring)))
    assert report.positions() == {"repaired": (0,)}
    assert fixed[0].area == pytest.approx(np.pi, rel=1e-6)


def test_nothing_is_repaired_in_nothing():
    fixed, report = repair(shapes())
    assert (len(fixed), report) == (0, RepairReport())
    assert [len(axis) for axis in label_points(shapes())] == [0, 0]


def test_a_label_lies_inside_the_largest_part():
    crescent = shapely.Point(0, 0).buffer(1).difference(shapely.Point(0.3, 0).buffer(1))
    small_and_large = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 5, 9, 9)])
    lon, lat = label_points(shapes(crescent, small_and_large, None))
    assert crescent.contains(shapely.Point(lon[0], lat[0]))
    assert not crescent.contains(crescent.centroid)
    assert shapely.box(5, 5, 9, 9).contains(shapely.Point(lon[1], lat[1]))
    assert np.isnan([lon[2], lat[2]]).all()


@pytest.mark.parametrize("kind", ["geojson", "gpkg"])
def test_a_file_is_read_in_its_frame_with_its_columns(tmp_path, kind):
    moved = shapely.transform(WUHAN, lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], "bd09")))
    path = tmp_path / f"compounds.{kind}"
    gpd.GeoDataFrame({"name": ["甲"]}, geometry=[moved], crs="EPSG:4326").to_file(path)
    frame, report = read(path, "bd09")
    assert (frame.crs, list(frame["name"]), report) == ("EPSG:4326", ["甲"], RepairReport())
    assert share_apart(frame.geometry[0], WUHAN) < 1e-6


@pytest.mark.parametrize(("declared", "stated"), [(4547, "wgs84"), (4547, "epsg:4547"), (4547, "cgcs2000:114"), (None, "cgcs2000:114"), (4490, "cgcs2000")])  # fmt: skip
def test_metres_are_brought_to_degrees_once(tmp_path, declared, stated):
    shape = WUHAN if declared == 4490 else in_metres(WUHAN)
    frame, _ = read(geojson(tmp_path / "a.geojson", shape, crs=declared), stated)
    assert share_apart(frame.geometry[0], WUHAN) < 1e-6


def test_shifted_degrees_behind_a_projection_are_still_shifted_back(tmp_path):
    """A map in GCJ-02 that somebody saved in Web Mercator: the declared system does not know of the shift."""
    shifted = gpd.GeoSeries([WUHAN], crs=4326).to_crs(3857)[0]
    frame, _ = read(geojson(tmp_path / "a.geojson", shifted, crs=3857), "gcj02")
    lon, lat = label_points(frame.geometry.to_numpy())
    assert distance_m(lon, lat, 114.305, 30.505) == pytest.approx(582, rel=0.1)


def test_metres_that_call_themselves_degrees_are_refused(tmp_path):
    path = geojson(tmp_path / "a.geojson", in_metres(WUHAN))
    with pytest.raises(BoundaryError, match=r"a\.geojson: coordinates reach .*state epsg:<code>"):
        read(path, "gcj02")


def test_a_file_that_contradicts_what_was_stated_is_refused(tmp_path):
    path = geojson(tmp_path / "a.geojson", in_metres(WUHAN), crs=4547)
    with pytest.raises(BoundaryError, match="declares EPSG:4547, but epsg:4548 was stated"):
        read(path, "epsg:4548")


def test_an_unknown_datum_is_refused_before_the_file_is_opened(tmp_path):
    with pytest.raises(DatumError, match="'mars' is not known"):
        read(tmp_path / "absent.geojson", "mars")


@pytest.mark.parametrize("content", ["", "{", "name,lon\n甲,114", '{"type": "FeatureCollection"'])
def test_a_file_that_holds_no_shapes_is_refused_by_name(tmp_path, content):
    path = tmp_path / "a.geojson"
    path.write_text(content, "utf-8")
    with pytest.raises(BoundaryError, match=r"a\.geojson"):
        read(path, "wgs84")


def test_a_deeply_nested_geojson_is_refused_and_the_process_lives(tmp_path):
    path = tmp_path / "deep.geojson"
    depth = 50_000
    inner = json.dumps({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]})
    shape = '{"type":"GeometryCollection","geometries":[' * depth + inner + "]}" * depth
    path.write_text('{"type":"Feature","properties":{},"geometry":' + shape + "}", "utf-8")
    with pytest.raises(BoundaryError, match="deep"):
        read(path, "wgs84")


@pytest.mark.parametrize(("depth", "kind"), [(20, "refused"), (50_000, "missing")])
def test_a_deeply_nested_geopackage_loses_that_row_only(tmp_path, depth, kind):
    path = tmp_path / "deep.gpkg"
    gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=[WUHAN, nested(1)], crs="EPSG:4326").to_file(path)
    bomb = b"GP\x00\x01" + struct.pack("<i", 4326) + (b"\x01" + struct.pack("<II", 7, 1)) * depth + WUHAN.wkb
    database = sqlite3.connect(path)
    for (trigger,) in database.execute("select name from sqlite_master where type = 'trigger'").fetchall():
        database.execute(f'drop trigger "{trigger}"')
    database.execute("update deep set geom = ? where name = 'b'", (bomb,))
    database.commit()
    database.close()
    frame, report = read(path, "wgs84")
    assert (frame.geometry[0], frame.geometry[1]) == (WUHAN, None)
    assert report.positions() == {kind: (1,)}


def test_rows_without_a_shape_stay_and_are_reported(tmp_path):
    frame, report = read(geojson(tmp_path / "a.geojson", WUHAN, None, BOW), "wgs84")
    assert list(frame["name"]) == ["n0", "n1", "n2"]
    assert report.positions() == {"repaired": (2,), "missing": (1,)}


@pytest.mark.parametrize(("name", "frame", "rows"), [("shanghai2022/compounds_bd09.geojson", "bd09", 607), ("wuhan2020/districts_gcj02.geojson", "gcj02", 13)])  # fmt: skip
def test_real_outlines_are_valid_and_stay_whole(real_data, name, frame, rows):
    """607 compounds and 13 districts, all valid, by the description of that folder."""
    found, report = read(real_data / name, frame)
    assert (len(found), report.positions(), bool(found.geometry.is_valid.all())) == (rows, {}, True)
