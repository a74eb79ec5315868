"""Compounds by city and partitions of cases, as files and folders hold them."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from layers._errors import FeedError
from layers.intake.profile import Profile
from layers.intake.province import partitions, read_compounds
from tests import city
from tests.geo.test_partition import cases, written

ROWS = [
    {"compound_id": " 01", "name": "春风里", "addresses": "一元路5号;一元路7号", "lon": 114.205, "lat": 30.505},
    {"compound_id": "2", "name": "丹水池小区", "addresses": "", "lon": 114.225, "lat": 30.505},
]


def in_city(name):
    return [row | {"city": name} for row in ROWS]


def test_a_column_says_which_city_a_compound_is_in(tmp_path):
    one = city.table(tmp_path / "a.csv", in_city("武汉市") + in_city("黄冈市")[:1])
    found = read_compounds([one], "wgs84", Profile())
    assert {name: rows["compound_id"].tolist() for name, rows in found.by_city.items()} == {
        "武汉市": [" 01", "2"],
        "黄冈市": [" 01"],
    }
    assert found.by_city["武汉市"]["addresses"][0] == ["一元路5号", "一元路7号"]


def test_parquet_gives_what_geojson_gives(tmp_path):
    shapes = [box(114.2, 30.5, 114.21, 30.51), box(114.22, 30.5, 114.23, 30.51)]
    frame = gpd.GeoDataFrame(
        [{"compound_id": r["compound_id"], "name": r["name"], "households": 7} for r in ROWS], geometry=shapes, crs=4326
    )
    frame.to_file(tmp_path / "a.geojson")
    written(
        pd.DataFrame(frame).assign(geometry=[s.wkb for s in shapes]), tmp_path / "city=甲" / "a.parquet", datum="gcj02"
    )
    json = read_compounds([tmp_path / "a.geojson"], "gcj02", Profile()).by_city[""]
    parquet = read_compounds([tmp_path / "city=甲"], None, Profile()).by_city["甲"]
    pd.testing.assert_frame_equal(json.drop(columns="geometry"), parquet.drop(columns="geometry"))
    assert json["compound_id"].tolist() == [" 01", "2"]
    assert all(a.equals(b) for a, b in zip(json["geometry"], parquet["geometry"], strict=True))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([*in_city("甲"), ROWS[0]], "compound ' 01' has no city, others have"),
        ([*in_city("甲"), in_city("甲")[1]], r"compound_id '2' of 甲 stands more than once \(1 such rows\)"),
        ([{"compound_id": "1", "name": ""}], "no compound; wanted rows with compound_id and name; .*row 2, name"),
    ],
)
def test_compounds_that_cannot_be_told_apart_are_refused(rows, said, tmp_path):
    with pytest.raises(FeedError, match=said):
        read_compounds([city.table(tmp_path / "a.csv", rows)], "wgs84", Profile())


def test_compounds_with_coordinates_need_a_datum(tmp_path):
    with pytest.raises(FeedError, match="--compounds-datum"):
        read_compounds([city.table(tmp_path / "a.csv", ROWS)], None, Profile())


def test_partitions_are_found_in_a_folder_or_by_a_pattern(tmp_path):
    for name in ("city=甲/a.parquet", "city=乙/b.parquet"):
        written(cases(2), tmp_path / "in" / name)
    (tmp_path / "in" / "notes.txt").write_text("")
    (tmp_path / "in" / "c.parquet").write_text("")
    out = tmp_path / "out"
    parts, faults = partitions(str(tmp_path / "in"), out, "wgs84")
    assert [(p.city, p.answers) for p in parts] == [
        ("乙", out / "city=乙" / "b.parquet"),
        ("甲", out / "city=甲" / "a.parquet"),
    ]
    assert len(faults) == 1
    assert "c.parquet: cannot be read as Parquet" in faults[0]
    some, none = partitions(str(tmp_path / "in" / "city=*" / "a*.parquet"), out, "wgs84")
    assert ([p.city for p in some], none) == (["甲"], [])


def test_answers_do_not_lie_among_the_cases(tmp_path):
    written(cases(2), tmp_path / "in" / "a.parquet")
    for out in (tmp_path / "in", tmp_path / "in" / "out", tmp_path):
        with pytest.raises(FeedError, match="lie within each other"):
            partitions(str(tmp_path / "in"), out, "wgs84")
    with pytest.raises(FeedError, match=r"no file that ends in .parquet"):
        partitions(str(tmp_path / "nothing*"), tmp_path / "out", "wgs84")
