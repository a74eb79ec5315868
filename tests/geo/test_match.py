"""Cases to compounds: address and point together."""

import math

import pandas as pd
import pytest
from shapely import Point, box

from geo.datum import to_wgs84
from geo.errors import GeoError
from geo.match import MATCH_COLUMNS, CompoundMatcher, distance_to

LON, LAT = 114.30, 30.60
EAST = 0.001  # 95.9 m at 30.6 N
NORTH = 0.001  # 110.9 m


def square(column: int, row: int = 0, size: float = 1.0):
    """A compound of about 100 m: column and row count such squares from the corner."""
    west, south = LON + column * EAST, LAT + row * NORTH
    return box(west, south, west + size * EAST, south + size * NORTH)


COMPOUNDS = pd.DataFrame(
    [
        ("001", "丹水池小区", "武汉市解放大道2020号", "江岸区", square(0)),
        ("002", "清江山水", "软件园二路10号", "洪山区", square(10)),
        ("003", "教师公寓", "鲁磨路407号", "洪山区", square(20)),
        ("004", "教师公寓", "珞喻路152号", "洪山区", square(60)),
        ("005", "教师公寓西院", "", "洪山区", square(20, size=0.2)),
        ("006", "无图苑", "友谊大道5号", "武昌区", None),
    ],
    columns=["compound_id", "name", "addresses", "district", "geometry"],
)


@pytest.fixture(scope="module")
def matcher() -> CompoundMatcher:
    return CompoundMatcher.build(COMPOUNDS)


def match_one(matcher: CompoundMatcher, **case) -> pd.Series:
    return matcher.match(pd.DataFrame([{"case_id": "c", **case}])).iloc[0]


def inside(column: float, row: float = 0.0) -> dict[str, float]:
    return {"lon": LON + (column + 0.5) * EAST, "lat": LAT + (row + 0.5) * NORTH}


def test_a_point_inside_with_an_address_that_agrees_is_both(matcher):
    row = match_one(matcher, address="江岸区丹水池小区3栋", **inside(0))
    assert (row.status, row.compound_id, row.method, row.distance_m) == ("accepted", "001", "both", 0.0)


def test_a_point_inside_without_an_address_is_inside(matcher):
    row = match_one(matcher, **inside(10))
    assert (row.status, row.compound_id, row.method) == ("accepted", "002", "inside")


def test_an_address_without_a_point_has_no_distance(matcher):
    row = match_one(matcher, address="江岸区解放大道2020号丹水池小区")
    assert (row.status, row.compound_id, row.method) == ("accepted", "001", "address")
    assert math.isnan(row.distance_m)


def test_an_exact_address_outweighs_a_distant_point_and_names_the_bad_geocode(matcher):
    row = match_one(matcher, address="江岸区解放大道2020号丹水池小区", lon=LON + 30 * EAST, lat=LAT + 50 * NORTH)
    assert (row.status, row.compound_id, row.method) == ("accepted", "001", "address")
    assert "错误的地理编码" in row.reason_zh
    assert "bad geocode" in row.reason_en


def test_a_likely_address_and_a_good_point_elsewhere_go_to_review_with_both_shown(matcher):
    row = match_one(matcher, address="丹水池", **inside(10))
    assert (row.status, row.compound_id) == ("review", "")
    assert {"001", "002"} <= {a["compound_id"] for a in row.alternatives}


def test_the_point_chooses_among_namesakes(matcher):
    row = match_one(matcher, address="洪山区教师公寓", **inside(60))
    assert (row.status, row.compound_id, row.method) == ("accepted", "004", "both")


def test_the_nearest_is_accepted_where_no_address_speaks(matcher):
    row = match_one(matcher, lon=LON - 0.2 * EAST, lat=LAT + 0.5 * NORTH)
    assert (row.status, row.compound_id, row.method) == ("accepted", "001", "nearest")
    assert row.distance_m == pytest.approx(19.2, abs=0.5)  # a fifth of 95.9 m


def test_a_point_alone_some_way_off_goes_to_review(matcher):
    row = match_one(matcher, lon=LON - 0.5 * EAST, lat=LAT + 0.5 * NORTH)
    assert (row.status, row.compound_id, row.method) == ("review", "", "nearest")
    assert row.distance_m == pytest.approx(48, abs=1)  # half of 95.9 m


def test_the_nearest_goes_to_review_where_the_address_names_something_else(matcher):
    row = match_one(matcher, address="武汉市春风里3栋", lon=LON - 0.5 * EAST, lat=LAT + 0.5 * NORTH)
    assert (row.status, row.compound_id) == ("review", "")
    assert row.alternatives[0]["compound_id"] == "001"


def test_a_point_inside_is_not_taken_against_the_stated_district(matcher):
    row = match_one(matcher, address="洪山区春风里3栋", **inside(0))
    assert row.status == "review"


def test_overlapping_compounds_are_ambiguous(matcher):
    row = match_one(matcher, lon=LON + 20.1 * EAST, lat=LAT + 0.1 * NORTH)
    assert row.status == "review"
    assert {"003", "005"} <= {a["compound_id"] for a in row.alternatives}


def test_nothing_near_and_no_address_is_unmatched(matcher):
    row = match_one(matcher, lon=LON - 50 * EAST, lat=LAT)
    assert (row.status, row.compound_id, row.method, row.probability) == ("unmatched", "", "none", 0.0)
    assert row.alternatives == []


def test_a_compound_without_a_shape_is_matched_by_address_alone(matcher):
    row = match_one(matcher, address="武昌区友谊大道5号无图苑", lon=LON - 50 * EAST, lat=LAT)
    assert (row.status, row.compound_id) == ("accepted", "006")
    assert math.isnan(row.distance_m)


def test_a_coordinate_that_many_addresses_share_is_not_a_place():
    compounds = pd.DataFrame(
        {
            "compound_id": [f"{i}" for i in range(20)],
            "name": [f"春晓{c}苑" for c in "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉"],
        }
    ).assign(geometry=[square(2 * i) for i in range(20)])
    cases = pd.DataFrame(
        {"case_id": range(20), "address": [f"武汉市{name}" for name in compounds["name"]], **inside(0)}
    )
    matched = CompoundMatcher.build(compounds).match(cases)
    assert not matched["method"].isin(["inside", "both"]).any()
    assert matched["reason_zh"].str.contains("坐标被许多地址共用").all()


def test_many_cases_of_one_compound_may_share_its_coordinate(matcher):
    cases = pd.DataFrame({"case_id": range(30), "address": [f"江岸区丹水池小区{i}栋" for i in range(30)], **inside(0)})
    assert (matcher.match(cases)["method"] == "both").all()


def test_a_districts_centre_is_not_a_place():
    centre = inside(0)
    matcher = CompoundMatcher.build(COMPOUNDS, centres=[(centre["lon"], centre["lat"])])
    row = match_one(matcher, **centre)
    assert row.status == "unmatched"
    assert "中心点" in row.reason_zh


def test_a_coordinate_of_three_decimals_does_not_stand_in_a_compound_of_its_size(matcher):
    # Three decimals are up to hypot(48, 55) = 73 m off; the square is 96 m by 111 m.
    row = match_one(matcher, lon=114.311, lat=30.601)  # a corner of compound 002
    assert (row.status, row.method, row.alternatives[0]["compound_id"]) == ("review", "nearest", "002")
    assert "73 m only" in row.reason_en
    assert "精确到约73米" in row.reason_zh


def test_a_rounded_coordinate_is_known_in_the_frame_it_was_rounded_in(matcher):
    lon, lat = to_wgs84(114.306, 30.598, "gcj02")  # the place is in compound 001
    row = match_one(matcher, lon=float(lon), lat=float(lat))
    assert (row.status, row.alternatives[0]["compound_id"]) == ("review", "001")


def test_a_coarse_point_that_cannot_leave_a_large_compound_stands_in_it():
    large = COMPOUNDS.head(1).assign(geometry=[box(LON - 0.01, LAT - 0.01, LON + 0.01, LAT + 0.01)])
    row = match_one(CompoundMatcher.build(large), lon=114.301, lat=30.601)
    assert (row.status, row.compound_id, row.method) == ("accepted", "001", "inside")


def test_the_precision_a_source_states_widens_its_points(matcher):
    point = inside(0) | {"lon": LON + 0.51234 * EAST}
    assert match_one(matcher, **point).status == "accepted"
    row = match_one(matcher, **point, precision_m=500)
    assert row.status == "review"
    assert "500 m only" in row.reason_en


def test_a_coarse_point_a_kilometre_off_is_no_bad_geocode(matcher):
    address = "江岸区解放大道2020号丹水池小区"
    far = {"lon": LON + 0.5 * EAST, "lat": LAT - 10.01234 * NORTH}  # 1,110 m to the south
    assert "bad geocode" in match_one(matcher, address=address, **far).reason_en
    assert "bad geocode" not in match_one(matcher, address=address, **far, precision_m=730).reason_en


def test_a_point_alone_is_less_sure_where_its_frame_is_not(matcher):
    case = pd.DataFrame([{"case_id": "c", **inside(10)}])
    assert matcher.match(case, frame_sure=0.98).iloc[0].probability == pytest.approx(0.95 * 0.98, abs=1e-4)


def test_rows_keep_their_order_and_ids_exactly(matcher):
    ids = ["007", "7", "a-1", "007x"]
    matched = matcher.match(pd.DataFrame({"case_id": ids, "address": ["丹水池小区", None, "教师公寓", ""]}))
    assert matched["case_id"].tolist() == ids
    assert matched.columns.tolist() == MATCH_COLUMNS


def test_points_serve_as_compounds_too():
    compounds = COMPOUNDS.drop(columns="geometry").assign(lon=LON + EAST * pd.Series(range(6)) * 5, lat=LAT)
    row = match_one(CompoundMatcher.build(compounds), lon=LON + 5 * EAST, lat=LAT + 0.2 * NORTH)
    assert (row.status, row.compound_id, row.method) == ("accepted", "002", "nearest")
    assert row.distance_m == pytest.approx(22.2, abs=0.5)  # a fifth of 110.9 m


def test_a_gazetteer_without_places_leaves_points_aside():
    row = match_one(CompoundMatcher.build(COMPOUNDS.drop(columns="geometry")), address="江岸区丹水池小区", **inside(10))
    assert (row.status, row.compound_id, row.method) == ("accepted", "001", "address")


def test_no_cases_give_no_rows(matcher):
    assert matcher.match(pd.DataFrame({"case_id": []})).columns.tolist() == MATCH_COLUMNS


def test_a_missing_id_column_is_named(matcher):
    with pytest.raises(GeoError, match="'case_id' is missing"):
        matcher.match(pd.DataFrame({"address": ["丹水池小区"]}))


def test_distance_is_measured_to_the_edge_and_is_zero_inside():
    shapes = pd.Series([square(0), square(0), Point(LON, LAT), None], dtype=object).to_numpy()
    lon = pd.Series([LON + 2 * EAST, LON + 0.5 * EAST, LON, LON]).to_numpy()
    lat = pd.Series([LAT, LAT + 0.5 * NORTH, LAT + NORTH, LAT]).to_numpy()
    metres = distance_to(shapes, lon, lat)
    assert metres[:3] == pytest.approx([95.9, 0.0, 110.9], abs=0.1)
    assert math.isnan(metres[3])


SIBLINGS = pd.DataFrame(
    [
        ("A1", "长江花园一期", "武汉市江岸区沿江大道1号", 114.300, 30.600),
        ("A2", "长江花园二期", "武汉市江岸区沿江大道3号", 114.304, 30.600),
        ("C1", "百步亭一村", "武汉市江岸区百步亭路5号", 114.310, 30.610),
    ],
    columns=["compound_id", "name", "addresses", "lon", "lat"],
).assign(district="江岸区")


@pytest.mark.parametrize(
    ("address", "lon", "why"),
    [
        ("江岸区长江花园三期2栋", 114.3, "another phase is stated"),
        ("江岸区百步亭三村5栋", 114.31, "another village is stated"),
        ("北京市朝阳区长江花园一期", 114.3, "another city is stated"),
    ],
)
def test_no_point_overrules_what_an_address_says_against_its_compound(address, lon, why):
    matcher = CompoundMatcher.build(SIBLINGS)
    cases = pd.DataFrame(
        {"case_id": ["1"], "address": [address], "lon": [lon], "lat": [30.6 if lon < 114.31 else 30.61]}
    )
    assert matcher.match(cases)["status"][0] == "review", why
