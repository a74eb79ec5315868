"""Other ways to find the polygon that holds a point, or the nearest: each prepares once and then answers all points.

A peer is a function of the folder of our index, polygons and points, and returns how to ask it; the answer is a position for each point, -1 for none.
"""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo.point_engine import Engine, is_compiler_installed
from geo.point_index import PointIndex

Answer = Callable[[], np.ndarray]
REACH_M = 100.0
FLAT = "EPSG:4547"  # metres, for peers that know no degrees: of the zone in which Wuhan lies
SEDONA_ROWS = 8192  # a batch; it is several times slower on larger ones


def ours(engine: Engine, within_m: float = 0.0) -> Callable[..., Answer]:
    """This project's index, with the engine given."""

    def prepare(folder: Path, polygons: np.ndarray, x: np.ndarray, y: np.ndarray) -> Answer:
        index = PointIndex.load(folder, engine=engine)
        index.locate(x[:10], y[:10], within_m)
        return lambda: index.locate(x, y, within_m).position

    return prepare


def sjoin(folder: Path, polygons: np.ndarray, x: np.ndarray, y: np.ndarray) -> Answer:
    """The join of geopandas, from arrays to positions."""
    right = gpd.GeoDataFrame({"at": np.arange(len(polygons))}, geometry=polygons)
    right.sindex.query(shapely.points(x[:10], y[:10]), predicate="intersects")

    def ask() -> np.ndarray:
        left = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y))
        return _whole(gpd.sjoin(left, right, predicate="intersects")["at"], len(x))

    return ask


def strtree(folder: Path, polygons: np.ndarray, x: np.ndarray, y: np.ndarray) -> Answer:
    """The tree of shapely."""
    tree = shapely.STRtree(polygons)
    tree.query(shapely.points(x[:10], y[:10]), predicate="intersects")
    return lambda: _from_pairs(len(x), *tree.query(shapely.points(x, y), predicate="intersects"))


def duckdb(folder: Path, polygons: np.ndarray, x: np.ndarray, y: np.ndarray) -> Answer:
    """DuckDB with its spatial extension, points already in a table."""
    import duckdb as duck
    import duckdb_extension_spatial as extension
    import pyarrow as pa

    home = Path(extension.__file__).parent / "extensions" / f"v{duck.__version__}"
    link = duck.connect(config={"allow_unsigned_extensions": "true"})
    link.execute(f"LOAD '{home / 'spatial.duckdb_extension'}'")
    link.register("raw", _polygons_table(polygons))
    link.execute("CREATE TABLE polygons AS SELECT gid, ST_GeomFromWKB(wkb) AS shape FROM raw")
    link.register("given", pa.table({"id": np.arange(len(x)), "x": x, "y": y}))
    link.execute("CREATE TABLE points AS SELECT * FROM given")
    question = "SELECT p.id, g.gid FROM points p JOIN polygons g ON ST_Intersects(g.shape, ST_Point(p.x, p.y))"

    def ask() -> np.ndarray:
        found = link.execute(question).fetchnumpy()
        return _from_pairs(len(x), found["id"], found["gid"])

    return ask


def sedonadb(folder: Path, polygons: np.ndarray, x: np.ndarray, y: np.ndarray) -> Answer:
    """SedonaDB, points already in memory in batches of the size it likes."""
    import pyarrow as pa
    import sedonadb as sedona

    link = sedona.connect()
    link.create_data_frame(_polygons_table(polygons)).to_view("raw", overwrite=True)
    link.sql("SELECT gid, ST_GeomFromWKB(wkb) AS shape FROM raw").to_memtable().to_view("polygons", overwrite=True)
    batches = pa.table({"id": np.arange(len(x)), "x": x, "y": y}).to_batches(max_chunksize=SEDONA_ROWS)
    link.create_data_frame(pa.Table.from_batches(batches)).to_memtable().to_view("points", overwrite=True)
    question = "SELECT p.id, g.gid FROM points p JOIN polygons g ON ST_Intersects(g.shape, ST_Point(p.x, p.y))"

    def ask() -> np.ndarray:
        found = pa.table(link.sql(question))
        return _from_pairs(len(x), found["id"].to_numpy(), found["gid"].to_numpy())

    return ask


def sjoin_nearest(folder: Path, polygons: np.ndarray, x: np.ndarray, y: np.ndarray) -> Answer:
    """The nearest join of geopandas within 100 m, of shapes and points that were projected before."""
    right = gpd.GeoDataFrame({"at": np.arange(len(polygons))}, geometry=polygons, crs="EPSG:4326").to_crs(FLAT)
    flat = gpd.GeoSeries(gpd.points_from_xy(x, y), crs="EPSG:4326").to_crs(FLAT)
    east, north = flat.x.to_numpy(), flat.y.to_numpy()
    del flat

    def ask() -> np.ndarray:
        left = gpd.GeoDataFrame(geometry=gpd.points_from_xy(east, north), crs=FLAT)
        return _whole(gpd.sjoin_nearest(left, right, max_distance=REACH_M)["at"], len(x))

    return ask


INSIDE: dict[str, tuple[Callable[..., Answer], bool]] = {
    "geopandas.sjoin": (sjoin, True),
    "shapely STRtree": (strtree, True),
    "DuckDB spatial": (duckdb, find_spec("duckdb") is not None and find_spec("duckdb_extension_spatial") is not None),
    "SedonaDB": (sedonadb, find_spec("sedonadb") is not None),
    "ours, numpy": (ours("numpy"), True),
    "ours, numba": (ours("numba"), is_compiler_installed()),
}
NEAREST: dict[str, tuple[Callable[..., Answer], bool]] = {
    "geopandas.sjoin_nearest": (sjoin_nearest, True),
    "ours, numpy": (ours("numpy", REACH_M), True),
    "ours, numba": (ours("numba", REACH_M), is_compiler_installed()),
}


def _polygons_table(polygons: np.ndarray) -> Any:
    import pyarrow as pa

    return pa.table({"gid": np.arange(len(polygons)), "wkb": pa.array(shapely.to_wkb(polygons), pa.binary())})


def _from_pairs(count: int, point: np.ndarray, at: np.ndarray) -> np.ndarray:
    found = np.full(count, -1, dtype=np.int32)
    found[point] = at
    return found


def _whole(at: Any, count: int) -> np.ndarray:
    return _from_pairs(count, at.index.to_numpy(), at.to_numpy())
