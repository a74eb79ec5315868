"""What a file says is read as it stands: no digit is lost, no row and no sheet passes over in silence."""

import json
import zipfile

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from layers._errors import FeedError, ProfileError
from layers.intake import readers
from layers.intake.feeds import feed_named
from layers.intake.profile import load
from layers.store import open_store
from tests import city

POINT = {"type": "Point", "coordinates": [114.3, 30.6]}


def rows_of(path, **options):
    return pd.concat([chunk.rows for chunk in readers.read(path, **options)], ignore_index=True)


def misshapen(path):
    return [row for chunk in readers.read(path) for row in chunk.misshapen]


def collection(path, *features, **members):
    content = [{"type": "Feature", "properties": p, "geometry": g} for p, g in features]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": content} | members), encoding="utf-8")
    return path


def store(tmp_path):
    return open_store(f"sqlite:///{tmp_path / 's.db'}", "drill")


def test_geojson_numbers_keep_every_digit_beside_a_null(tmp_path):
    path = collection(tmp_path / "a.geojson", ({"id": 420102199001011234, "n": 1}, POINT), ({"id": None}, None))
    rows = rows_of(path)
    assert rows["id"].tolist() == ["420102199001011234", None]
    assert rows["geometry"][0].equals(shapely.Point(114.3, 30.6))
    assert rows["geometry"][1] is None


def test_points_give_longitude_and_latitude_where_the_properties_have_none(tmp_path):
    rows = rows_of(collection(tmp_path / "a.geojson", ({"id": "1"}, POINT), ({"id": "2"}, None)))
    assert rows[["lon", "lat"]].values.tolist() == [["114.3", "30.6"], [None, None]]
    stated = rows_of(collection(tmp_path / "b.geojson", ({"id": "1", "lon": 1, "lat": 2}, POINT)))
    assert stated[["lon", "lat"]].values.tolist() == [["1", "2"]]


@pytest.mark.parametrize(
    ("geometry", "kind"),
    [
        ({"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [2, 2], [0, 0]], [[1, 0.5], [1.5, 0.5], [1.5, 1], [1, 0.5]]]}, "Polygon"),
        ({"type": "MultiPolygon", "coordinates": [[[[0, 0, 5], [2, 0, 5], [2, 2, 5], [0, 0, 5]]]]}, "MultiPolygon"),
        ({"type": "LineString", "coordinates": [[0, 0], [1, 1]]}, "LineString"),
        ({"type": "MultiLineString", "coordinates": [[[0, 0], [1, 1]]]}, "MultiLineString"),
        ({"type": "MultiPoint", "coordinates": [[0, 0], [1, 1]]}, "MultiPoint"),
        ({"type": "GeometryCollection", "geometries": [POINT]}, "GeometryCollection"),
    ],
)  # fmt: skip
def test_every_kind_of_shape_is_read(tmp_path, geometry, kind):
    shape = rows_of(collection(tmp_path / "a.geojson", ({"id": "1"}, geometry)))["geometry"][0]
    assert shape.geom_type == kind
    assert shape.equals(shapely.force_2d(shapely.from_geojson(json.dumps(geometry))))


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
        {"type": "Point", "coordinates": ["a", "b"]},
        {"type": "Point"},
        {"type": "Sphere", "coordinates": [1, 2]},
        {"type": "LineString", "coordinates": [[0, 0], [1e999, 1]]},
        "POINT (1 2)",
    ],
)
def test_a_shape_that_cannot_be_built_costs_its_row(tmp_path, geometry):
    path = collection(tmp_path / "a.geojson", ({"id": "1"}, geometry), ({"id": "2"}, POINT))
    assert [row.row for row in misshapen(path)] == [1]
    assert rows_of(path)["id"].tolist() == ["2"]


def test_shapes_nested_too_deep_never_reach_the_geometry_library(tmp_path):
    nested = POINT
    for _ in range(40):
        nested = {"type": "GeometryCollection", "geometries": [nested]}
    assert "nested" in misshapen(collection(tmp_path / "a.geojson", ({"id": "1"}, nested)))[0].found
    bomb = '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":'
    bomb += '{"type":"GeometryCollection","geometries":[' * 50_000
    (tmp_path / "b.geojson").write_text(bomb, encoding="utf-8")
    with pytest.raises(FeedError, match="b.geojson"):
        rows_of(tmp_path / "b.geojson")


def test_projected_geojson_comes_back_in_degrees(tmp_path):
    # EPSG:4547 has its central meridian at 114 degrees east, false easting 500,000 m: that easting is 114 degrees.
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}
    path = collection(
        tmp_path / "a.geojson", ({"id": "1"}, {"type": "Point", "coordinates": [500000, 3384449]}), crs=crs
    )
    assert rows_of(path)["geometry"][0].x == pytest.approx(114, abs=1e-9)


@pytest.mark.parametrize("text", ["[1,2]", '{"type":"Point","coordinates":[1,2]}', '{"type":"FeatureCollection"}', "{"])
def test_what_is_no_collection_of_features_is_refused(tmp_path, text):
    (tmp_path / "a.geojson").write_text(text, encoding="utf-8")
    with pytest.raises(FeedError, match="a.geojson"):
        rows_of(tmp_path / "a.geojson")


def test_geopackage_numbers_keep_every_digit_beside_a_null(tmp_path):
    frame = gpd.GeoDataFrame(
        {"code": pd.array([420102199001011234, None], dtype="Int64")}, geometry=[shapely.Point(1, 2)] * 2, crs=4326
    )
    pyogrio.write_dataframe(frame, tmp_path / "a.gpkg", layer="one")
    assert rows_of(tmp_path / "a.gpkg")["code"].tolist() == ["420102199001011234", None]


def layers_file(path, *names):
    for number, name in enumerate(names):
        frame = gpd.GeoDataFrame({"name": [name]}, geometry=[shapely.Point(1, 2)], crs=4326)
        pyogrio.write_dataframe(frame, path, layer=name, append=number > 0)
    return path


def test_a_geopackage_of_several_layers_is_refused_until_one_is_named(tmp_path):
    path = layers_file(tmp_path / "a.gpkg", "outlines", "gates")
    with pytest.raises(FeedError, match=r"a.gpkg: .*\['outlines', 'gates'\].*layer"):
        rows_of(path)
    assert rows_of(path, sheet="gates")["name"].tolist() == ["gates"]
    with pytest.raises(FeedError, match="'doors' is missing"):
        rows_of(path, sheet="doors")


def test_a_table_beside_the_layer_is_named_in_the_receipt(tmp_path):
    path = layers_file(tmp_path / "a.gpkg", "outlines")
    pyogrio.write_dataframe(pd.DataFrame({"remark": ["x"]}), path, layer="remarks", append=True)
    assert readers.unread(path) == ["remarks"]


def test_a_profile_names_sheet_or_layer(tmp_path):
    (tmp_path / "p.toml").write_text('[options]\nlayer = "gates"\n')
    assert load(tmp_path / "p.toml", feed_named("compounds")).options == {"sheet": "gates"}
    (tmp_path / "p.toml").write_text('[options]\nlayer = "gates"\nsheet = "x"\n')
    with pytest.raises(ProfileError, match="one of"):
        load(tmp_path / "p.toml", feed_named("compounds"))


def book(path, *rows, **more):
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    for name, lines in more.items():
        sheet = made.create_sheet(name)
        for row in lines:
            sheet.append(row)
    made.save(path)
    return path


def test_a_spreadsheet_number_of_more_than_fifteen_digits_costs_its_row_only_where_it_is_the_id(tmp_path):
    head = ["case_id", "status", "status_at", "id_number"]
    path = book(
        tmp_path / "c.xlsx",
        head,
        [990000196001011234, "确诊", "2020-02-03", None],
        ["2", "确诊", "2020-02-03", 990000196001011234],
        [100000000000001, "确诊", "2020-02-03", "990000196001011234"],
    )
    receipt = city.deliver(store(tmp_path), "cases", path, "2020-02-10")
    assert [(n.row, n.column, n.found) for n in receipt.rejected] == [
        (2, "case_id", "***"),  # the library keeps ...200 of ...234, and what may be an identity number is not repeated
    ]
    assert [(n.row, n.column, n.found) for n in receipt.warned] == [(3, "id_number", "***")]
    assert all("15 digits" in n.wanted for n in (*receipt.rejected, *receipt.warned))
    assert receipt.count("new") == 4  # the persons of rows 3 and 4 and their statuses


def test_further_sheets_are_named_in_the_receipt(tmp_path):
    path = book(tmp_path / "c.xlsx", list(city.CASE), list(city.CASE.values()), 二月=[["x"]])
    receipt = city.deliver(store(tmp_path), "cases", path, "2020-02-10")
    assert any("二月" in notice["en"] for notice in receipt.notices)


def test_a_blank_first_sheet_is_refused_and_the_others_are_named(tmp_path):
    with pytest.raises(FeedError, match="'Sheet'.*二月"):
        rows_of(book(tmp_path / "c.xlsx", 二月=[["x"]]))


def test_a_spreadsheet_that_breaks_off_is_refused(tmp_path):
    book(tmp_path / "whole.xlsx", ["a", "b"], *[["x", str(i)] for i in range(50)])
    with zipfile.ZipFile(tmp_path / "whole.xlsx") as whole, zipfile.ZipFile(tmp_path / "cut.xlsx", "w") as cut:
        for name in whole.namelist():
            content = whole.read(name)
            cut.writestr(name, content[: len(content) // 2] if name.endswith("sheet1.xml") else content)
    with pytest.raises(FeedError, match="cut.xlsx: sheet 'Sheet' cannot be read to its end"):
        rows_of(tmp_path / "cut.xlsx")


def test_a_geopackage_that_is_cut_off_is_refused(tmp_path):
    content = layers_file(tmp_path / "a.gpkg", "outlines").read_bytes()
    (tmp_path / "b.gpkg").write_bytes(content[:40_000])
    with pytest.raises(FeedError, match="b.gpkg"):
        rows_of(tmp_path / "b.gpkg")


def test_a_json_line_without_a_required_key_goes_to_the_receipt(tmp_path):
    lines = [city.CASE | {"case_id": str(i)} for i in range(readers.CHUNK)]
    lines.append({k: v for k, v in city.CASE.items() if k != "status_at"} | {"case_id": "lost"})
    path = tmp_path / "c.jsonl"
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    receipt = city.deliver(store(tmp_path), "cases", path, "2020-02-10")
    assert [(n.row, n.column) for n in receipt.rejected] == [(readers.CHUNK + 1, "status_at")]
    assert receipt.outcomes["person"]["new"] == readers.CHUNK


def test_a_json_column_is_missing_when_no_line_has_it(tmp_path):
    path = tmp_path / "c.jsonl"
    path.write_text('{"case_id": "1", "status": "确诊"}\n', encoding="utf-8")
    with pytest.raises(FeedError, match="'status_at'.*is missing"):
        city.deliver(store(tmp_path), "cases", path, "2020-02-10")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('{"name":"某某","phone":"10000000000", oops', "40 characters that are no JSON, broken at character 37"),
        ('["某某"]', "a list"),
        ('"某某"', "text"),
        ('{"name":"\\ud800"}', "text that is not Unicode"),
    ],
)
def test_a_broken_json_line_is_told_by_its_place_and_not_by_its_content(tmp_path, line, found):
    (tmp_path / "c.jsonl").write_text(f'{{"a": 1}}\n{line}\n', encoding="utf-8")
    (note,) = misshapen(tmp_path / "c.jsonl")
    assert (note.row, note.found) == (2, found)


@pytest.mark.parametrize(
    ("name", "text", "datum"),
    [
        ("c.csv", "case_id,status,status_at\n", None),
        ("c.jsonl", "\n\n", None),
        ("c.geojson", '{"type":"FeatureCollection","features":[]}', "wgs84"),
    ],
)
def test_a_file_that_holds_no_row_is_refused_and_marks_no_feed_as_fresh(tmp_path, name, text, datum):
    (tmp_path / name).write_text(text, encoding="utf-8")
    empty = store(tmp_path)
    with pytest.raises(FeedError, match="holds no row"):
        city.deliver(empty, "cases", tmp_path / name, "2020-02-10", datum=datum)
    assert empty.latest().year == 1970


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("columns = 3", r"\[columns\] is 3; wanted a table"),
        ("[codes]\nstatus = 'x'", r"\[codes\] status is 'x'; wanted a table"),
        ("[codes.status]\nC = 3", r"\[codes.status\] C is 3; wanted text"),
        ("[options]\ndatum = 3", r"\[options\] datum is 3; wanted text"),
        ("[columns]\ncase_id = 5", r"\[columns\] case_id is 5; wanted text"),
        ("[join]\ncase_id = 'x'", r"\[join\] case_id is 'x'; wanted a list"),
        ("[constants]\nnote = [1]", r"\[constants\] note is \[1\]; wanted one value"),
    ],
)
def test_a_profile_of_another_shape_is_refused(tmp_path, text, said):
    (tmp_path / "p.toml").write_text(text)
    with pytest.raises(ProfileError, match=said):
        load(tmp_path / "p.toml", feed_named("cases"))


def test_a_list_in_a_coded_column_is_no_code(tmp_path):
    (tmp_path / "p.toml").write_text("[codes.status]\nC = 'confirmed'\n")
    line = city.CASE | {"status": ["C", "D"]}
    (tmp_path / "c.jsonl").write_text(json.dumps(line) + "\n" + json.dumps(city.CASE | {"status": "C"}))
    profile = load(tmp_path / "p.toml", feed_named("cases"))
    receipt = city.deliver(store(tmp_path), "cases", tmp_path / "c.jsonl", "2020-02-10", profile)
    assert [(n.row, n.column) for n in receipt.rejected] == [(1, "status")]


def test_a_missing_value_is_asked_for_by_name(tmp_path):
    path = city.table(tmp_path / "c.csv", [city.CASE | {"case_id": ""}])
    (note,) = city.deliver(store(tmp_path), "cases", path, "2020-02-10").rejected
    assert note.wanted == "a value: case number, the same in every delivery"
