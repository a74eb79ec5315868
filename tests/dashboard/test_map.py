"""The JSON of the map: layers in order, only named columns, shapes sent once, and no option that deck.gl would ignore."""

import gzip
import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pydeck
import pytest
import shapely

from dashboard import map as city_map
from dashboard.map import MapError, check_layer, deck_spec, fit, legend_rows, painted
from dashboard.tables import TableStore, unpack
from layers import _palette as palette
from layers._base import Layer, LegendRow


def draw_blocks(frame: gpd.GeoDataFrame) -> list[pydeck.Layer]:
    return [
        pydeck.Layer("SolidPolygonLayer", frame, get_polygon="polygon", get_fill_color="fill_rgba", pickable=True),
        pydeck.Layer(
            "PathLayer", frame, get_path="polygon", get_color=[1, 2, 3], width_units=pydeck.types.String("pixels")
        ),
    ]


def layer(key: str, order: int, draw=draw_blocks) -> Layer:
    ramp = tuple(
        LegendRow(c, f"现有 {zh}", f"{en} now")
        for c, zh, en in zip(palette.COUNT.colours, palette.COUNT.zh, palette.COUNT.en, strict=True)
    )
    hover = {"n": ("人数", "Persons")}
    return Layer(
        key, order, ("方块", "Blocks"), None, None, draw, legend=ramp, hover=hover
    )  # no store: only drawing is asked for


@pytest.fixture
def blocks(monkeypatch):
    found = {"low": layer("low", 1), "high": layer("high", 2)}
    monkeypatch.setattr(city_map, "all_layers", lambda: found)
    return gpd.GeoDataFrame(
        {"id": ["A", "B"], "name": ["甲", "乙"], "name_en": ["Jia", ""], "n": [3, 0], "secret": ["x", "y"]},
        geometry=[shapely.box(114, 30, 114.1, 30.1), shapely.box(114.2, 30, 114.3, 30.1)],
        crs="EPSG:4326",
    ).assign(fill_rgba=palette.count_rgba([3, 0]))


def table(store: TableStore, url: str):
    return unpack(gzip.decompress(store.get(*url.split("/")[2:])))


def addresses(spec: dict, number: int = 0) -> list[str]:
    return spec["layers"][number]["data"].removeprefix("tbl:").split("|")


def test_layers_come_in_the_order_of_the_catalogue(blocks):
    spec = deck_spec({"high": blocks, "low": blocks}, "v", tables=TableStore())
    assert [one["layer"] for one in spec["layers"]] == ["low", "low", "high", "high"]
    assert len({one["id"] for one in spec["layers"]}) == 4


def test_only_named_columns_leave_the_server(blocks):
    store = TableStore()
    _, names, style = addresses(deck_spec({"low": blocks}, "v", tables=store))
    assert table(store, names)[2] == {"id": ["A", "B"], "name": ["甲", "乙"]}
    assert set(table(store, style)[1]) == {"fill_rgba"}
    assert table(store, style)[2] == {}


def test_rows_are_never_written_into_the_json(blocks):
    assert "甲" not in json.dumps(deck_spec({"low": blocks}, "v", tables=TableStore()), ensure_ascii=False)


def test_a_new_colour_moves_only_the_style(blocks):
    store = TableStore()
    before = addresses(deck_spec({"low": blocks}, "v", tables=store))
    paint = {"low": pd.DataFrame({"id": ["B"], "fill_rgba": palette.pack([[9, 9, 9]])})}
    after = addresses(deck_spec({"low": blocks}, "v", tables=store, paint=paint))
    assert before[:2] == after[:2]
    assert before[2] != after[2]
    assert table(store, after[2])[1]["fill_rgba"][1].tolist() == [9, 9, 9, 255]


def test_an_english_page_has_english_names_where_there_are_any(blocks):
    store = TableStore()
    spec = deck_spec({"low": blocks}, "v", tables=store, lang="en")
    assert table(store, addresses(spec)[1])[2]["name"] == ["Jia", "乙"]
    assert spec["layers"][0]["hover"] == [["n", "Persons", ""]]


def test_an_empty_frame_is_not_drawn(blocks):
    assert deck_spec({"low": blocks.iloc[:0]}, "v", tables=TableStore())["layers"] == []


def test_an_outline_is_the_true_ring(blocks):
    holed = blocks.iloc[:1].set_geometry([shapely.box(0, 0, 3, 3).difference(shapely.box(1, 1, 2, 2))])
    store = TableStore()
    spec = deck_spec({"low": holed}, "v", tables=store)
    (_, outline, _) = table(store, addresses(spec, 1)[0])
    assert len(outline["start"]) == 3  # two rings


def test_arcs_keep_both_ends_and_drop_the_incomplete(blocks, monkeypatch):
    def draw(frame):
        return [pydeck.Layer("ArcLayer", frame, get_source_position="source", get_target_position="target")]

    monkeypatch.setattr(city_map, "all_layers", lambda: {"arcs": layer("arcs", 1, draw)})
    rows = blocks.assign(source=[(114.0, 30.0), None], target=[shapely.Point(115, 31), (1.0, 1.0)])
    store = TableStore()
    _, columns, _ = table(store, addresses(deck_spec({"arcs": rows}, "v", tables=store))[0])
    assert columns["xy"].tolist() == [[114, 30], [115, 31]]
    assert columns["start"].tolist() == [0, 2]


def test_a_column_that_is_not_there_is_named(blocks):
    with pytest.raises(MapError, match="fill_rgba"):
        deck_spec({"low": blocks.drop(columns="fill_rgba")}, "v", tables=TableStore())


def test_arithmetic_in_an_accessor_is_refused(blocks, monkeypatch):
    def draw(frame):
        return [pydeck.Layer("ScatterplotLayer", frame, get_position="position", get_radius="n * 2")]

    monkeypatch.setattr(city_map, "all_layers", lambda: {"low": layer("low", 1, draw)})
    with pytest.raises(MapError, match="getRadius"):
        deck_spec({"low": blocks}, "v", tables=TableStore())


def test_an_unknown_layer_is_refused(blocks):
    with pytest.raises(MapError, match="nowhere"):
        deck_spec({"nowhere": blocks}, "v", tables=TableStore())


def test_paint_keeps_rows_that_it_does_not_name(blocks):
    result = painted(blocks, pd.DataFrame({"id": ["B", "Z"], "n": [8, 9]}))
    assert result["n"].tolist() == [3, 8]
    assert result["fill_rgba"].dtype == np.uint32
    assert blocks["n"].tolist() == [3, 0]


def test_paint_that_names_a_row_twice_is_refused(blocks):
    with pytest.raises(MapError, match="'A'"):
        painted(blocks, pd.DataFrame({"id": ["A", "A"], "n": [1, 2]}))


def test_a_camera_shows_what_it_is_given():
    # A third of a degree across 1,040 pixels: 512 * 2^zoom pixels go round the world, so 2^zoom = 1040 * 360 / (512 / 3).
    camera = fit((114.0, 30.0, 114.0 + 1 / 3, 30.001))
    assert camera["zoom"] == pytest.approx(np.log2(1040 * 360 * 3 / 512), abs=0.001)
    assert camera["longitude"] == pytest.approx(114 + 1 / 6)


def test_a_single_point_does_not_zoom_without_end():
    assert fit((114, 30, 114, 30))["zoom"] == 17


def test_an_empty_store_still_has_a_camera(blocks):
    assert deck_spec({}, "v", tables=TableStore())["camera"]["zoom"] > 5


def test_words_that_a_ramp_repeats_are_said_once(blocks):
    (zh,), (en,) = legend_rows(["low"], "zh"), legend_rows(["low"], "en")
    assert (zh["about"], zh["rows"][1]["text"], zh["ramp"]) == ("现有", "1–2", 6)
    assert (en["about"], en["rows"][1]["text"]) == ("now", "1–2")


def test_a_painted_layer_is_explained_by_its_paint(blocks):
    (found,) = legend_rows(["low"], "en", {"low": palette.ACTION})
    assert [row["text"] for row in found["rows"]] == [mark.en for mark in palette.ACTION.values()]
    assert found["ramp"] == 0


@pytest.mark.parametrize(
    ("kind", "options", "wrong"),
    [
        ("SolidPolygonLayer", {"get_polygn": "polygon"}, "get_polygn"),
        ("ScatterplotLayer", {"get_fill_colour": "fill_rgba"}, "get_fill_colour"),
        ("HexagonLayer", {}, "HexagonLayer"),
    ],
)
def test_a_misspelt_option_is_found(kind, options, wrong):
    with pytest.raises(MapError, match=wrong):
        check_layer(pydeck.Layer(kind, **options))


def test_a_correct_layer_passes(blocks):
    for one in draw_blocks(blocks):
        check_layer(one)
