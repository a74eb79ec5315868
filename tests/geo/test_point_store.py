"""An index on disk answers as the one that was saved, in this process and in others; and which code answers."""

import json
import mmap
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import shapely

from geo import point_engine, point_index
from geo.errors import GeoError
from geo.point_engine import is_compiler_installed, kernel
from geo.point_index import PointIndex
from tests.points import LAT, LON, metres, shapes

ROOT = Path(__file__).resolve().parents[2]
ASK = """
import sys
import numpy as np
from geo.point_index import PointIndex
index = PointIndex.load(sys.argv[1], engine="numpy")
random = np.random.default_rng(1)
found = index.locate(*random.uniform((114.29, 30.57), (114.33, 30.61), (2000, 2)).T, 100)
print(int(found.position.sum()), int(found.runner_up.sum()), float(np.nansum(found.distance_m)))
"""


def answers(index):
    """What the other processes print."""
    found = index.locate(*np.random.default_rng(1).uniform((114.29, 30.57), (114.33, 30.61), (2000, 2)).T, 100)
    return f"{int(found.position.sum())} {int(found.runner_up.sum())} {float(np.nansum(found.distance_m))}"


def houses():
    """Twenty boxes in a row, some of which are missing or only a point."""
    boxes = [shapely.box(i * 100, 0, i * 100 + 90, 900) for i in range(20)]
    return metres(*boxes, None, shapely.Polygon(), shapely.Point(2500, 300))


def test_several_processes_map_one_saved_index(tmp_path):
    index = PointIndex(houses(), within_m=100)
    index.save(tmp_path / "index")
    command = [sys.executable, "-c", ASK, str(tmp_path / "index")]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate(timeout=60)[0].strip() for process in running] == [answers(index)] * 3


def test_a_loaded_index_is_not_read_but_mapped_and_has_everything(tmp_path):
    index = PointIndex(houses(), within_m=100)
    index.save(tmp_path / "index")
    loaded = PointIndex.load(tmp_path / "index")
    whose = loaded._stored.grid.records
    while isinstance(whose, np.ndarray):
        whose = whose.base
    assert isinstance(whose, mmap.mmap)
    assert not loaded._stored.grid.records.flags.writeable
    one, other = loaded.report(), index.report()
    assert (one.shapes, one.grid_bytes, one.near_bytes, one.build_s) == (21, other.grid_bytes, other.near_bytes, 0.0)
    assert 0 < other.build_s < 5
    assert len(loaded) == 21


@pytest.mark.parametrize(
    ("polygons", "within_m", "found"),
    [(shapes(), 0, 0), (shapes(None, shapely.Polygon()), 50, 0), (houses(), 0, 101), (houses(), 50, 102)],
)
def test_points_on_walls_are_settled_by_shapes_that_are_read_when_wanted(tmp_path, polygons, within_m, found):
    """Five corners a box, the first once more, and a point, which can only be near."""
    index = PointIndex(polygons)
    index.save(tmp_path / "index")
    loaded = PointIndex.load(tmp_path / "index")
    corners = np.concatenate([shapely.get_coordinates(polygons), [[LON, LAT]]])
    first, second = (each.locate(*corners.T, within_m) for each in (index, loaded))
    assert first.position.tolist() == second.position.tolist()
    assert (first.position >= 0).sum() == found


def test_saving_again_replaces_the_whole_index(tmp_path):
    PointIndex(houses(), within_m=100).save(tmp_path / "index")
    PointIndex(metres(shapely.box(0, 0, 10, 10))).save(tmp_path / "index")
    assert PointIndex.load(tmp_path / "index").report().near_m == 0
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


def test_what_is_no_index_is_neither_loaded_nor_overwritten(tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("keep me")
    with pytest.raises(GeoError, match=r"holds no index of points: index\.json is missing"):
        PointIndex.load(tmp_path / "letters")
    with pytest.raises(GeoError, match="holds no index of points"):
        PointIndex(houses()).save(tmp_path / "letters")
    assert [path.name for path in (tmp_path / "letters").iterdir()] == ["dear.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["letters"]


def test_an_index_of_another_layout_is_refused(tmp_path):
    PointIndex(houses()).save(tmp_path / "index")
    path = tmp_path / "index" / "index.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"layout": 0}))
    with pytest.raises(GeoError, match="has layout 0; wanted 1. Build the index again"):
        PointIndex.load(tmp_path / "index")


def test_threads_may_ask_one_index_at_once(monkeypatch):
    monkeypatch.setattr(point_index, "AT_ONCE", 100)
    index, whole = PointIndex(houses()), answers(PointIndex(houses(), within_m=100))
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: answers(index), range(8))) == [whole] * 8


def test_engines_that_are_unknown_or_missing_are_refused(monkeypatch):
    with pytest.raises(GeoError, match="engine is 'fortran'; wanted one of auto, numpy, numba"):
        PointIndex(houses(), engine="fortran")
    monkeypatch.setattr(point_engine, "is_compiler_installed", lambda: False)
    with pytest.raises(GeoError, match="engine 'numba' is not installed; `make scale` installs it"):
        PointIndex(houses(), engine="numba")
    assert kernel("grid", "auto", 10).__name__ in ("geo.point_grid_numpy", "geo.point_grid_numba")


def test_a_large_batch_is_compiled_where_that_is_possible(monkeypatch):
    for name in ("grid", "near"):
        monkeypatch.delitem(sys.modules, f"geo.point_{name}_numba", raising=False)
    wanted = "numba" if is_compiler_installed() else "numpy"
    assert kernel("grid", "auto", 999_999).__name__ == "geo.point_grid_numpy"
    assert kernel("grid", "auto", 1_000_000).__name__ == f"geo.point_grid_{wanted}"
    assert kernel("grid", "auto", 1).__name__ == f"geo.point_grid_{wanted}"
    assert kernel("grid", "numpy", 1_000_000).__name__ == "geo.point_grid_numpy"
