"""The four frames: published pairs, the border of the shifted area, and there-and-back to less than a millimetre."""

import csv
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geo import datum
from geo.crs import distance_m
from geo.datum import from_wgs84, geometries_to_wgs84, in_mainland, require_datum, to_wgs84
from geo.errors import DatumError

TABLE = Path(__file__).parents[1] / "cases" / "mainland.csv"
PLACES = list(csv.DictReader(TABLE.read_text("utf-8").splitlines()))
MM = 1e-3
lons = st.floats(73.6, 134.7)
lats = st.floats(18.2, 53.5)
shifted_frames = st.sampled_from(["gcj02", "bd09"])


def wuhan(count=20_000):
    """Random WGS-84 points in the box of Wuhan's districts."""
    random = np.random.default_rng(7)
    return random.uniform(113.70, 115.08, count), random.uniform(29.97, 31.36, count)


@pytest.mark.parametrize(
    ("wgs", "gcj"),
    [  # (lon, lat); published with the tests of eviltransform (MIT)
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
        ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
        ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
        ((116.404, 39.915), (116.41024449916938, 39.91640428150164)),  # test/app.js of coordtransform (MIT)
    ],
)
def test_gcj02_of_published_pairs(wgs, gcj):
    assert from_wgs84(*wgs, "gcj02") == pytest.approx(gcj, abs=1e-12)
    assert distance_m(*to_wgs84(*gcj, "gcj02"), *wgs) < MM


def test_bd09_of_published_pairs():
    """From test/app.js of coordtransform: GCJ-02 (116.404, 39.915) is BD-09 (116.41036949371029, 39.92133699351021)."""
    through_gcj = to_wgs84(116.404, 39.915, "gcj02")
    assert from_wgs84(*through_gcj, "bd09") == pytest.approx((116.41036949371029, 39.92133699351021), abs=1e-8)
    back = from_wgs84(*to_wgs84(116.41036949371029, 39.92133699351021, "bd09"), "gcj02")
    assert distance_m(*back, 116.404, 39.915) < MM


@pytest.mark.parametrize(("frame", "metres"), [("gcj02", 582), ("bd09", 1213)])
def test_median_shift_in_wuhan(frame, metres):
    lon, lat = wuhan()
    assert np.median(distance_m(lon, lat, *from_wgs84(lon, lat, frame))) == pytest.approx(metres, rel=0.01)


def test_bd09_lies_north_east_of_gcj02_which_lies_south_east_of_wgs84():
    """The two steps differ in direction, so one frame cannot pass for the other: about (+520, -270) and (+620, +665) m."""
    lon, lat = wuhan()
    (gx, gy), (bx, by) = from_wgs84(lon, lat, "gcj02"), from_wgs84(lon, lat, "bd09")
    east, north = 95_700, 110_860  # metres a degree at 30.6 N
    first = np.median((gx - lon) * east), np.median((gy - lat) * north)
    second = np.median((bx - gx) * east), np.median((by - gy) * north)
    assert first == pytest.approx((520, -270), abs=15)
    assert second == pytest.approx((620, 665), abs=15)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place["place"])
def test_only_the_mainland_is_shifted(place):
    lon, lat = float(place["lon"]), float(place["lat"])
    moved = distance_m(lon, lat, *from_wgs84(lon, lat, "gcj02"))
    assert (in_mainland(lon, lat), moved > 10) == (place["mainland"] == "1",) * 2


@settings(max_examples=300, deadline=None)
@given(lons, lats, shifted_frames)
@example(122.3, 22.15625, "bd09")  # on the outline of Taiwan's waters
@example(137.8347, 40.0, "gcj02")  # on the edge of the box
def test_there_and_back_in_china_is_less_than_a_millimetre(lon, lat, frame):
    back = to_wgs84(*from_wgs84(lon, lat, frame), frame)
    if in_mainland(lon, lat):
        assert distance_m(*back, lon, lat) < MM


@settings(max_examples=200, deadline=None)
@given(st.floats(113.8, 114.5), st.floats(22.4, 22.6), shifted_frames)
def test_along_the_border_of_hong_kong_shenzhen_comes_back_and_no_third_place_appears(lon, lat, frame):
    given_at = from_wgs84(lon, lat, frame)
    back = to_wgs84(*given_at, frame)
    if in_mainland(lon, lat):
        assert distance_m(*back, lon, lat) < MM
    else:  # numbers that mean two places are taken for the one in the mainland, which has the same numbers
        assert distance_m(*from_wgs84(*back, frame), *given_at) < MM


@pytest.mark.parametrize("frame", ["gcj02", "bd09"])
def test_deep_inside_hong_kong_nothing_moves_either_way(frame):
    assert from_wgs84(114.158, 22.282, frame) == (114.158, 22.282)
    assert to_wgs84(114.158, 22.282, frame) == (114.158, 22.282)


def test_four_rounds_are_what_a_millimetre_needs_and_more(monkeypatch):
    """Worst error over China by rounds, measured: 4.9 m, 3 cm, 0.2 mm, 1.4 um."""
    random = np.random.default_rng(3)
    lon, lat = random.uniform(73.5, 135, 50_000), random.uniform(18, 53.6, 50_000)
    inside = in_mainland(lon, lat)
    lon, lat = lon[inside], lat[inside]
    worst = []
    for rounds in (2, 3, datum.ROUNDS):
        monkeypatch.setattr(datum, "ROUNDS", rounds)
        back = to_wgs84(*from_wgs84(lon, lat, "gcj02"), "gcj02")
        worst.append(distance_m(lon, lat, *back).max())
    assert worst[0] > MM > worst[1] > 1e-5 > worst[2]


def test_published_point_of_the_wuhan_zone():
    """(114.3, 30.58) is (528776.1, 3384449.0) in EPSG:4547 by PROJ."""
    assert from_wgs84(114.3, 30.58, "epsg:4547") == pytest.approx((528776.1, 3384449.0), abs=0.1)
    for frame in ("epsg:4547", "cgcs2000:114", "EPSG:4547"):
        back = to_wgs84(528776.1, 3384449.0, frame)
        assert distance_m(*back, 114.3, 30.58) < 0.1


def test_the_middle_of_a_zone_is_500_km_east():
    """By definition of the 3-degree zones: the central meridian has easting 500,000; zone 38 is that of 114 E."""
    assert to_wgs84(500_000, 3_384_000, "cgcs2000:114")[0] == pytest.approx(114, abs=1e-9)
    assert to_wgs84(38_500_000, 3_384_000, "cgcs2000")[0] == pytest.approx(114, abs=1e-9)


@pytest.mark.parametrize("zone", range(25, 46))
def test_an_easting_of_eight_digits_says_its_zone(zone):
    lon, lat = to_wgs84([zone * 1e6 + 528_776.1, 114.3], [3_384_449.0, 30.58], "cgcs2000")
    assert lon == pytest.approx([zone * 3 + 0.3, 114.3], abs=1e-5)
    assert lat == pytest.approx([30.58, 30.58], abs=1e-5)


@pytest.mark.parametrize("easting", [528_776.1, 24_528_776.0, 46_528_776.0])
def test_an_easting_without_a_zone_is_refused_and_told_what_to_state(easting):
    with pytest.raises(DatumError, match=r"cgcs2000:<central meridian>.*epsg:4534\.\.4554"):
        to_wgs84([easting], [3_384_449.0], "cgcs2000")


def test_degrees_are_refused_where_metres_are_stated():
    with pytest.raises(DatumError, match=r"EPSG:4547 is in metres; found degrees such as 114\.3, 30\.58"):
        to_wgs84([np.nan, 114.3], [np.nan, 30.58], "cgcs2000:114")


def test_cgcs2000_degrees_are_wgs84_degrees():
    assert to_wgs84(114.3, 30.58, "cgcs2000") == from_wgs84(114.3, 30.58, "cgcs2000") == (114.3, 30.58)
    assert to_wgs84(114.3, 30.58, "epsg:4490") == pytest.approx((114.3, 30.58), abs=1e-12)


@pytest.mark.parametrize("frame", [*datum.DATUMS, "cgcs2000:114", "epsg:4547"])
def test_what_is_not_a_number_stays_so_without_a_warning(frame):
    lon, lat = to_wgs84([np.nan, 1e300, np.inf], [30.0, np.nan, np.nan], frame)
    assert np.isnan(lon[0])
    assert np.isnan(lat[1:]).all()
    assert np.isnan(from_wgs84([np.nan], [np.nan], frame)).all()


@pytest.mark.parametrize("frame", [*datum.DATUMS, "cgcs2000:114"])
def test_nothing_comes_from_nothing(frame):
    assert [len(axis) for axis in (*to_wgs84([], [], frame), *from_wgs84([], [], frame))] == [0, 0, 0, 0]


@pytest.mark.parametrize("frame", ["gcj02", "bd09", "cgcs2000"])
def test_the_caller_keeps_his_numbers(frame):
    lon, lat = np.array([114.3]), np.array([30.58])
    to_wgs84(lon, lat, frame), from_wgs84(lon, lat, frame)
    assert (lon[0], lat[0]) == (114.3, 30.58)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("WGS84", "wgs84"), ("GCJ-02", "gcj02"), (" bd_09 ", "bd09"), ("EPSG:4547", "epsg:4547"), ("CGCS2000: 114", "cgcs2000:114")],
)  # fmt: skip
def test_a_datum_may_be_written_in_many_ways(text, wanted):
    assert require_datum(text) == wanted


@pytest.mark.parametrize("text", ["", "mars", "gcj", "epsg:", "epsg:x", "cgcs2000:113", "cgcs2000:72", "cgcs2000:138"])
def test_an_unknown_datum_is_refused_with_the_list(text):
    with pytest.raises(DatumError, match="wgs84, gcj02, bd09, cgcs2000, cgcs2000:<central meridian"):
        require_datum(text)


def test_a_code_that_epsg_does_not_list_is_refused():
    with pytest.raises(DatumError, match="EPSG:999999"):
        to_wgs84([500_000], [3_384_000], "epsg:999999")


def test_text_in_place_of_numbers_is_refused():
    with pytest.raises(DatumError, match="not numbers"):
        to_wgs84(["114.3,30.58"], ["30.58"], "wgs84")
    with pytest.raises(DatumError, match="same number"):
        to_wgs84([114.3], [30.58, 30.6], "wgs84")


def test_shapes_move_like_their_corners_and_none_stays():
    shape = shapely.box(114.30, 30.50, 114.31, 30.51)
    moved = geometries_to_wgs84(np.array([shape, None]), "gcj02")
    lon, lat = to_wgs84(*shapely.get_coordinates(shape).T, "gcj02")
    assert shapely.get_coordinates(moved[0]) == pytest.approx(np.column_stack([lon, lat]))
    assert moved[1] is None
    assert list(geometries_to_wgs84(np.array([None]), "bd09")) == [None]
