"""Row 10, shapes that are made to do harm, by every door: refused by their row or their file within seconds, and the server is the same process."""

import json
import sqlite3
import struct
import time
import urllib.error
import urllib.request

import numpy as np
import pyarrow
import pyogrio
import pytest
import shapely

from dashboard.__main__ import main
from layers.intake import apart
from layers.store import open_store
from tests import city
from tests.browser import end, free_port, start

DEEP = 50_000
SOON_S = 20.0  # on a busy machine; alone it takes two or three


def feature(number, shape):
    about = {"compound_id": f"X{number}", "name": f"小区{number}", "district": "420102"}
    return json.dumps({"type": "Feature", "properties": about, "geometry": "SHAPE"}, ensure_ascii=False).replace(
        '"SHAPE"', shape
    )


def collection(*shapes):
    features = ",".join(feature(number, shape) for number, shape in enumerate(shapes))
    return f'{{"type": "FeatureCollection", "features": [{features}]}}'.encode()


def ring(points):
    return json.dumps({"type": "Polygon", "coordinates": [points]})


def nested(depth):
    return '{"type":"GeometryCollection","geometries":[' * depth + ring(city.square(1, 1)) + "]}" * depth


def crossing(vertices=2_000):
    """A ring that crosses itself some million times."""
    points = 114.2 + 0.01 * np.random.default_rng(3).random((vertices, 2)) - [0, 83.7]
    return ring([*points.tolist(), points[0].tolist()])


def large(vertices=400_000):
    turn = np.linspace(0, 2 * np.pi, vertices)
    points = np.column_stack([114.25 + 0.002 * np.cos(turn), 30.52 + 0.002 * np.sin(turn)]).round(9)
    return ring([*points[:-1].tolist(), points[0].tolist()])


GOOD = ring(city.square(1, 1))
HARM = {
    "nested": lambda: collection(nested(DEEP), GOOD),
    "nested a little": lambda: collection(nested(1_000), GOOD),
    "crossing": lambda: collection(crossing(), GOOD),
    "large": lambda: collection(large(), GOOD),
    "brackets": lambda: b"[" * 200_000,
    "no numbers": lambda: collection('{"type": "Polygon", "coordinates": [[["a", null], [NaN, 1e999]]]}', GOOD),
    "endless numbers": lambda: collection('{"type": "Point", "coordinates": [' + "9" * 100_000 + ", 1]}", GOOD),
}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A server process and the store that it serves."""
    folder = tmp_path_factory.mktemp("shapes")
    url = f"sqlite:///{folder / 'store.db'}"
    city.found(open_store(url, "drill"), folder).close()
    port = free_port()
    process = start(url, port)
    yield process, f"http://127.0.0.1:{port}", url
    process.terminate()
    end(process)


def sent(address, path, content):
    request = urllib.request.Request(address + path, content, {"Origin": address})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def is_well(process, address):
    with urllib.request.urlopen(f"{address}/healthz", timeout=10) as answer:
        return answer.status == 200 and process.is_alive()


@pytest.mark.parametrize("kind", sorted(HARM))
def test_a_page_takes_it_in_or_refuses_it_and_the_server_lives(served, kind):
    process, address, _ = served
    begun = time.monotonic()
    status, said = sent(address, f"/imports/upload?name={kind.replace(' ', '_')}.geojson", HARM[kind]())
    assert time.monotonic() - begun < SOON_S
    assert status == 201 or (status == 400 and not said["zh"].isascii())
    assert is_well(process, address)


@pytest.mark.parametrize("kind", sorted(HARM))
def test_a_file_costs_at_most_the_rows_with_such_a_shape(served, tmp_path, kind, capsys, monkeypatch):
    monkeypatch.setattr(apart, "REPAIR_S", 1.0)
    path = tmp_path / "harm.geojson"
    path.write_bytes(HARM[kind]())
    out = tmp_path / "receipt.json"
    begun = time.monotonic()
    code = main(["import", "compounds", str(path), "--store", served[2], "--datum", "wgs84", "--dry-run", "--receipt", str(out)])  # fmt: skip
    assert time.monotonic() - begun < SOON_S
    said = capsys.readouterr()
    if kind == "brackets":
        assert (code, "cannot be read" in said.err or "nested too deep" in said.err) == (2, True)
        return
    if code == 2:  # the whole file is nested too deep for what reads it
        assert "nested too deep" in said.err
        return
    receipt = json.loads(out.read_text())
    assert (code, receipt["rows_read"]) == (0, 2)
    named = [note["row"] for note in receipt["rejected"] + receipt["warned"]]
    assert set(named) == {1}
    assert receipt["rows"]["new"] == 2 - receipt["rows_rejected"]


def deep_wkb(depth):
    """A collection within a collection, as bytes that no library had to build."""
    head = struct.pack("<BII", 1, 7, 1)
    return head * depth + shapely.to_wkb(shapely.Point(114.2, 30.5))


def test_a_geopackage_with_a_nested_shape_ends_nobody(served, tmp_path):
    path = tmp_path / "deep.gpkg"
    pyogrio.write_arrow(
        _table(["X1", "X2"]), path, driver="GPKG", geometry_name="geom", geometry_type="Unknown", crs="EPSG:4326"
    )
    header = b"GP\x00\x01" + struct.pack("<i", 4326)
    with sqlite3.connect(path) as raw:
        for trigger in raw.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            raw.execute(f'drop trigger "{trigger[0]}"')
        raw.execute("update deep set geom = ? where fid = 1", (header + deep_wkb(20_000),))
    raw.close()
    process, address, _ = served
    status, said = sent(address, "/imports/upload?name=deep.gpkg", path.read_bytes())
    assert status in (201, 400), said
    assert is_well(process, address)


def _table(codes):
    shape = shapely.to_wkb(shapely.Polygon(city.square(1, 1)))
    return pyarrow.table({"compound_id": codes, "name": codes, "district": ["420102"] * 2, "geom": [shape] * 2})
