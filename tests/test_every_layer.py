"""Every layer, found by itself, keeps the promises of a layer."""

import pytest

from dashboard.map import check_layer, deck_spec
from dashboard.tables import TableStore
from layers._catalog import all_layers
from layers._times import parse_time
from layers.store import open_store
from tests import city

README = "README.md"


@pytest.fixture(params=all_layers().values(), ids=lambda layer: layer.key)
def layer(request):
    return request.param


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("city")
    store = city.found(open_store(f"sqlite:///{folder / 'store.db'}", "drill"), folder)
    hospital = {"hospital_id": "H1", "name": "第一医院", "kind": "定点", "lon": 114.22, "lat": 30.51}
    city.deliver(store, "hospitals", city.table(folder / "h.csv", [hospital]), "2020-02-01", datum="wgs84")
    beds = {"hospital": "H1", "kind": "severe", "reported_for": "2020-02-09", "open": 50, "used": 60, "free": 0}
    city.deliver(store, "beds", city.table(folder / "b.csv", [beds]), "2020-02-09T19:00")
    stock = {
        "kind": "库存",
        "day": "2020-02-09",
        "site": "H1",
        "item": "N95",
        "unit": "只",
        "quantity": 100,
        "daily_use": 50,
    }
    city.deliver(store, "supplies", city.table(folder / "s.csv", [stock]), "2020-02-09T19:10")
    team = {
        "team_id": "T1",
        "team": "一队",
        "skill": "护士",
        "people": 30,
        "arrived_at": "2020-02-08",
        "hospital": "H1",
    }
    city.deliver(store, "staff", city.table(folder / "t.csv", [team]), "2020-02-09T19:20")
    water = [({"id": "1", "kind": "水域", "name": "湖"}, city.square(1, 1))]
    city.deliver(store, "basemap", city.geojson(folder / "w.geojson", water), "2020-02-09T19:30", datum="wgs84")
    city.cases(store, folder, "2020-02-10T18:00", {})
    return store


def frame_of(layer, store, **clocks):
    view = store.view(**clocks)
    return layer.summarise(store.read(layer.query(view)))


def test_draws_an_empty_store(layer, tmp_path):
    frame = frame_of(layer, open_store(f"sqlite:///{tmp_path / 'empty.db'}", "drill"))
    assert len(frame) == 0
    assert frame.crs == "EPSG:4326"
    assert layer.draw(frame)


def test_names_only_options_that_deck_knows(layer, filled):
    for drawn in layer.draw(frame_of(layer, filled)):
        check_layer(drawn)


def test_reaches_the_browser_with_every_column_it_draws(layer, filled):
    frame = frame_of(layer, filled)
    if frame.empty:
        assert layer.key == "roads"  # the small city has none
        return
    spec = deck_spec({layer.key: frame}, "test", tables=TableStore())
    assert {one["layer"] for one in spec["layers"]} == {layer.key}
    assert {"id", "name"} <= set(frame.columns)


def test_knows_nothing_before_anything_was_known(layer, filled):
    assert frame_of(layer, filled, known_at=parse_time("2019-12-31")).empty


def test_is_named_in_both_languages_and_explains_its_colours(layer):
    assert all(layer.title)
    assert all(row.zh and row.en for row in layer.legend)
    assert all(zh and en for zh, en in layer.hover.values())
