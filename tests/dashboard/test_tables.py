"""Packed tables: what goes in comes out, shapes keep their area, and addresses behave as immutable."""

import gzip
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from flask import Flask

from dashboard import tables
from dashboard.tables import Shapes, TableError, TableStore, pack, tables_blueprint, unpack

ASSETS = Path(__file__).resolve().parents[2] / "assets"
RING = shapely.Polygon(
    [(114, 30), (115, 30), (115, 31), (114, 31)], [[(114.4, 30.4), (114.6, 30.4), (114.6, 30.6), (114.4, 30.6)]]
)


def pieces(shapes: Shapes) -> list[shapely.Polygon]:
    return [
        shapely.Polygon(shapes.coordinates[a:b]) for a, b in zip(shapes.starts[:-1], shapes.starts[1:], strict=True)
    ]


def test_columns_and_text_come_back():
    data = pack({"n": [1, 300], "share": [0.5, np.nan], "is_late": [True, False]}, {"name": ["甲</script>", None]})
    length, columns, text = unpack(data)
    assert (length, columns["n"].tolist(), text["name"]) == (2, [1, 300], ["甲</script>", None])
    assert columns["is_late"].tolist() == [1, 0]
    assert columns["share"][0] == 0.5
    assert np.isnan(columns["share"][1])


def test_an_unknown_whole_number_stays_unknown():
    _, columns, _ = unpack(pack({"beds": pd.array([3, pd.NA], dtype="Int64")}))
    assert np.isnan(columns["beds"][1])


def test_numbers_take_no_more_room_than_they_need():
    _, columns, _ = unpack(pack({"a": [255], "b": [256], "c": [-1], "d": [2**40], "e": [1.5], "f": [2.0**30]}))
    assert [values.dtype.name for values in columns.values()] == [
        "uint8",
        "uint16",
        "int32",
        "float64",
        "float32",
        "float64",
    ]


def test_infinite_cover_survives():
    assert unpack(pack({"days": [np.inf, 2]}))[1]["days"].tolist() == [np.inf, 2]


def test_a_colour_column_is_four_bytes_a_row():
    _, columns, _ = unpack(pack({"fill_rgba": np.array([0x04030201, 0xFF000000], dtype=np.uint32)}))
    assert columns["fill_rgba"].tolist() == [[1, 2, 3, 4], [0, 0, 0, 255]]


def test_columns_of_different_length_are_refused():
    with pytest.raises(TableError, match="differ in length"):
        pack({"a": [1, 2]}, {"name": ["x"]})


def test_strings_among_the_numbers_are_refused():
    with pytest.raises(TableError, match="'a'"):
        pack({"a": ["1"]})


def test_positions_are_kept_to_a_centimetre():
    points = shapely.points([114.12345678, 113.98765432], [30.5, 30.1234567])
    _, columns, _ = unpack(pack({}, None, tables.points(points)))
    assert np.abs(columns["xy"] - shapely.get_coordinates(points)).max() <= 0.51e-7  # degrees: 0.6 cm


def test_float32_positions_would_be_off_by_a_third_of_a_metre():
    # 114 lies between 2^6 and 2^7: the step of float32 is 2^(6-23) degrees, half of it at most is lost.
    lost = np.spacing(np.float32(114)) / 2 * 111_320 * np.cos(np.radians(30.58))
    assert lost == pytest.approx(0.366, abs=0.001)


def test_a_hole_stays_a_hole():
    shapes = tables.polygons([RING])
    parts = pieces(shapes)
    assert len(parts) > 1
    assert sum(part.area for part in parts) == pytest.approx(0.96)  # 1 x 1 less 0.2 x 0.2
    assert shapely.union_all(parts).symmetric_difference(RING).area < 1e-12


def test_pieces_point_back_to_their_row():
    both = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)])
    shapes = tables.polygons([shapely.box(5, 5, 6, 6), None, both, shapely.Point(1, 1)])
    assert shapes.rows.tolist() == [0, 2, 2]
    assert unpack(pack({}, None, shapes))[1]["row"].tolist() == [0, 2, 2]


def test_exteriors_run_clockwise():
    (part,) = pieces(tables.polygons([shapely.box(0, 0, 1, 1, ccw=True)]))
    assert not part.exterior.is_ccw


def test_outlines_draw_the_hole_and_not_the_cut():
    shapes = tables.outlines([RING])
    length = sum(shapely.LineString(p.exterior.coords).length for p in pieces(shapes))
    assert (len(shapes), shapes.rows.tolist()) == (2, [0, 0])
    assert length == pytest.approx(4.8)  # 4 x 1 outside, 4 x 0.2 inside


def test_a_place_without_a_position_is_left_out():
    shapes = tables.points(
        [shapely.Point(1, 2), None, shapely.Point(), shapely.points(np.nan, np.nan), shapely.box(0, 0, 2, 2)]
    )
    assert shapes.rows.tolist() == [0, 4]
    assert shapes.coordinates.tolist() == [[1, 2], [1, 1]]


def test_no_shapes_make_an_empty_table():
    assert unpack(pack({}, None, tables.polygons([])))[0] == 0


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not on this machine")
def test_the_browser_reads_what_was_packed():
    store = TableStore()
    shape = store.add("a.polygon", pack({}, None, tables.polygons([RING])))
    names = store.add("a.names", pack({}, {"name": ["甲"]}))
    style = store.add("a.style", pack({"n": [7]}))
    bodies = {url: list(gzip.decompress(store.get(*url.split("/")[2:]))) for url in (shape, names, style)}
    script = f"""
        globalThis.window = globalThis; const bodies = {json.dumps(bodies)};
        globalThis.fetch = async url => ({{ok: true, arrayBuffer: async () => new Uint8Array(bodies[url]).buffer}});
        require({json.dumps(str(ASSETS / "tables.js"))});
        Fangyi.tables('tbl:{shape}|{names}|{style}').then(t => console.log(JSON.stringify(
            [[...t.shapes.xy], [...t.shapes.start], t.row(1), t.value('name', 0), t.value('n', 0)])));
    """
    answer = subprocess.run(["node", "-e", script], capture_output=True, text=True, timeout=60, check=True)
    xy, start, row, name, n = json.loads(answer.stdout)
    expected = tables.polygons([RING])
    assert np.allclose(np.reshape(xy, (-1, 2)), expected.coordinates, atol=1e-7, rtol=0)
    assert (start, row, name, n) == (expected.starts.tolist(), 0, "甲", 7)


def test_the_least_used_table_goes_first():
    store = TableStore(limit_bytes=2_500)
    body = np.random.default_rng(1).bytes(1_000)  # does not compress
    for key in ("a", "b"):
        store.put(key, "1", body)
    store.has("a", "1")
    store.put("c", "1", body)
    assert [store.has(key, "1") for key in "abc"] == [True, False, True]


def test_the_same_content_has_the_same_address():
    store = TableStore()
    assert store.add("a", b"x") == store.add("a", b"x") != store.add("a", b"y")


@pytest.fixture
def site():
    store, app = TableStore(), Flask("tables")
    app.register_blueprint(tables_blueprint(store, lambda request: request.headers.get("X-Role") != "stranger"))
    return store.put("compounds.style", "v1", b"hello"), app.test_client()


def test_a_table_is_served_for_ever(site):
    url, client = site
    answer = client.get(url)
    assert (answer.status_code, answer.data) == (200, b"hello")
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert client.get(url, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_a_browser_that_takes_gzip_gets_gzip(site):
    url, client = site
    answer = client.get(url, headers={"Accept-Encoding": "gzip"})
    assert (answer.headers["Content-Encoding"], gzip.decompress(answer.data)) == ("gzip", b"hello")


def test_an_unknown_table_is_not_found(site):
    assert site[1].get("/table/compounds.style/v2").status_code == 404


def test_who_may_not_see_gets_no_table_and_no_304(site):
    url, client = site
    etag = client.get(url).headers["ETag"]
    assert client.get(url, headers={"X-Role": "stranger", "If-None-Match": etag}).status_code == 403
