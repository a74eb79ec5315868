"""Shapes are read and repaired in a process of their own: what ends that process costs its file, and nothing else."""

import json
import os
import resource
import signal
import subprocess
import sys
from threading import Timer

import numpy as np
import pytest
import shapely

from geo import boundaries
from layers._errors import FeedError
from layers.intake import apart, readers, spatial
from layers.store import open_store
from tests import city

BOW = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
KNOT = shapely.Polygon(np.random.default_rng(0).random((600, 2)))  # crosses itself some 40,000 times: seconds of repair


@pytest.fixture(autouse=True)
def alone():
    apart.rest()
    yield
    apart.rest()


def collection(path, *features):
    content = [{"type": "Feature", "properties": p, "geometry": g} for p, g in features]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": content}), encoding="utf-8")
    return path


@pytest.fixture
def file(tmp_path):
    ring = [[0, 0], [2, 0], [2, 2], [0, 0]]
    return collection(
        tmp_path / "a.geojson",
        ({"id": 420102199001011234, "name": " 春风里 ", "tags": ["a", 1]}, {"type": "Polygon", "coordinates": [ring]}),
        ({"id": None, "name": ""}, None),
        ({"id": "3"}, {"type": "Sphere"}),
    )


def test_what_comes_from_the_other_process_is_what_was_read_there(file):
    (found,) = apart.chunks("geojson", file, "utf-8", ["id"])
    (here,) = spatial.geojson(file, "utf-8", ["id"])
    assert shapely.to_wkb(found.rows.pop("geometry").to_numpy(object)).tolist() == [
        shapely.to_wkb(here.rows.pop("geometry")[0]), None,
    ]  # fmt: skip
    assert found.rows.equals(here.rows)
    assert found.rows["id"].tolist() == ["420102199001011234", None]
    assert (found.misshapen, found.verbatim) == (here.misshapen, here.verbatim)
    assert len(found.misshapen) == 1


def test_a_reader_waits_for_the_next_file_also_after_one_that_was_refused(file, tmp_path):
    list(readers.read(file))
    (first,) = apart._idle
    (tmp_path / "b.geojson").write_text('{"type": "Point"}')
    with pytest.raises(FeedError, match="FeatureCollection") as refused:
        list(readers.read(tmp_path / "b.geojson"))
    assert "要素" in refused.value.zh
    list(readers.read(file))
    assert [one.process.pid for one in apart._idle] == [first.process.pid]


def test_a_file_that_ends_its_reader_is_refused_and_the_next_is_read(file, tmp_path):
    os.mkfifo(tmp_path / "b.geojson")  # read for as long as nobody writes
    list(readers.read(file))
    Timer(0.5, os.kill, (apart._idle[0].process.pid, signal.SIGSEGV)).start()
    with pytest.raises(FeedError, match=r"b\.geojson.*signal 11") as refused:
        list(apart.chunks("geojson", tmp_path / "b.geojson", "utf-8", []))
    assert "b.geojson" in refused.value.zh
    assert len(next(readers.read(file)).rows) == 2


def test_a_file_that_keeps_its_reader_busy_is_refused(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "b.geojson")
    monkeypatch.setattr(apart, "READ_S", 0.5)
    with pytest.raises(FeedError, match=r"b\.geojson.*too long"):
        list(apart.chunks("geojson", tmp_path / "b.geojson", "utf-8", []))
    assert apart._idle == []


def test_who_stops_reading_ends_the_reader(file):
    reading = apart.chunks("geojson", file, "utf-8", [])
    next(reading)
    reading.close()
    assert apart._idle == []


def test_an_outline_that_takes_too_long_is_refused_and_others_are_repaired(monkeypatch):
    monkeypatch.setattr(apart, "REPAIR_S", 0.1)
    fixed, report = boundaries.repair([KNOT], apart.repairer())
    assert fixed.tolist() == [None]
    assert report.reasons == ("cannot be repaired (it took too long)",)
    monkeypatch.undo()
    fixed, report = boundaries.repair([BOW, None], apart.repairer())
    assert (fixed[0].area, report.repaired) == (0.5, (0,))
    assert fixed[0].equals(boundaries.polygons(BOW))


def test_after_some_outlines_that_take_too_long_no_other_is_tried(monkeypatch):
    monkeypatch.setattr(apart, "REPAIR_S", 0.0)
    monkeypatch.setattr(apart, "MOST_SLOW", 2)
    _, report = boundaries.repair([KNOT, KNOT, BOW], apart.repairer())
    assert report.reasons[2] == "is not tried: others before it took too long"


def test_an_import_keeps_the_rows_whose_outline_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(apart, "REPAIR_S", 0.0)
    store = city.found(open_store(f"sqlite:///{tmp_path / 's.db'}", "drill"), tmp_path)
    bow = shapely.transform(BOW, lambda xy: [114.3, 30.5] + 0.01 * xy)
    path = collection(
        tmp_path / "more.geojson",
        ({"compound_id": "C90", "name": "新里", "district": "420102"}, json.loads(shapely.to_geojson(bow))),
    )
    receipt = city.deliver(store, "compounds", path, "2020-02-01", datum="wgs84")
    assert [(note.found, note.en) for note in receipt.warned if note.column == "geometry"] == [
        ("outline that cannot be repaired (it took too long)", "the outline is too complex and is not used"),
        ("Polygon", "neither outline nor point: it can be matched by address only"),
    ]


@pytest.mark.parametrize(
    ("seconds", "work", "code"),
    [(0, "while True: pass", -signal.SIGXCPU), (60, "bytearray(apart.MEMORY)", 1)],
    ids=["busy", "full"],
)
def test_a_reader_may_take_so_much_time_and_memory_and_no_more(seconds, work, code):
    text = f"from layers.intake import apart\napart.MEMORY = 2 << 30\napart.limited({seconds})\n{work}"
    done = subprocess.run([sys.executable, "-c", text], cwd=apart.ROOT, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    assert code != 1 or "MemoryError" in done.stderr
    assert resource.getrlimit(resource.RLIMIT_CPU)[0] == resource.RLIM_INFINITY  # not here
