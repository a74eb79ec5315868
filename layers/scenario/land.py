"""Invented compounds as shapes: blocks of a town, denser towards the middle of each street office, never overlapping."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from layers.scenario.basemap import METRES, water_metres
from layers.scenario.published import apportion, table

SPARE = 1.35  # seeds grown for every compound wanted: some fall into water or end up as slivers
LANE_M, SHORE_M, SMALLEST_M2 = 7.0, 25.0, 1_200.0
GRID_TURN = np.radians(32)  # the streets of old Hankou run along the river

Floats = NDArray[np.float64]


def make_land(districts: gpd.GeoDataFrame, basemap: gpd.GeoDataFrame, wanted: int, seed: int) -> gpd.GeoDataFrame:
    """Return `wanted` disjoint compounds in metres: district, district_code, street, geometry.

    Every district gets its published or stated share of them, at least three.
    """
    rng = np.random.default_rng([seed, 2])
    metric = districts.to_crs(METRES).reset_index(drop=True)
    water = shapely.buffer(water_metres(basemap), SHORE_M)
    share = 3 + apportion(wanted - 3 * len(metric), metric["compounds"].to_numpy(float))
    streets = _streets()
    found = []
    for at, (code, name, shape) in enumerate(zip(metric["code"], metric["name"], metric.geometry, strict=True)):
        dry = shapely.difference(shapely.buffer(shape, -LANE_M), water)  # no compound touches the next district
        offices = streets[streets["district"] == code]
        blocks = _blocks(_seeds(dry, offices, int(share[at] * SPARE) + 6, rng), dry, rng)
        chosen = blocks[np.sort(rng.permutation(len(blocks))[: share[at]])]
        found.append(_table(chosen, code, name, offices))
    return gpd.GeoDataFrame(pd.concat(found, ignore_index=True), crs=METRES)


def _streets() -> gpd.GeoDataFrame:
    rows = table("streets.csv")
    return gpd.GeoDataFrame(rows, geometry=gpd.points_from_xy(rows["lon"], rows["lat"]), crs="EPSG:4326").to_crs(METRES)


def _seeds(dry: shapely.Geometry, offices: gpd.GeoDataFrame, count: int, rng: np.random.Generator) -> Floats:
    """Points around the street offices, then moved apart: each goes to the middle of its cell, twice."""
    shapely.prepare(dry)
    centre = np.column_stack([offices.geometry.x, offices.geometry.y])
    chance = offices["weight"].to_numpy(float) / offices["weight"].sum()
    points = np.empty((0, 2))
    while len(points) < count:
        near = rng.choice(len(centre), count, p=chance)
        spread = offices["spread_m"].to_numpy(float)[near, None]
        drawn = centre[near] + rng.normal(0, 1, (count, 2)) * spread * rng.choice([0.7, 1.5], (count, 1), p=[0.8, 0.2])
        points = np.vstack([points, drawn[shapely.contains_xy(dry, drawn[:, 0], drawn[:, 1])]])
    points = points[:count]
    for _ in range(2):
        middle = shapely.get_coordinates(shapely.centroid(_cells(points)))
        moved = points + 0.8 * np.clip(middle - points, -150, 150)
        stay = shapely.contains_xy(dry, moved[:, 0], moved[:, 1])
        points = np.where(stay[:, None], moved, points)
    return points


def _cells(points: Floats) -> NDArray[np.object_]:
    """The Voronoi cell of each point, in the order of the points."""
    cells: NDArray[np.object_] = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), ordered=True))
    return cells


def _blocks(points: Floats, dry: shapely.Geometry, rng: np.random.Generator) -> NDArray[np.object_]:
    """A block inside each cell, turned with the street grid, a lane away from its neighbours."""
    count = len(points)
    half = np.sqrt(np.clip(rng.lognormal(np.log(15_000), 0.65, count), 3_000, 120_000)) / 2
    stretch = rng.uniform(0.75, 1.35, count)
    turn = GRID_TURN + rng.normal(0, 0.12, count)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    x, y = corners[:, 0] * (half * stretch)[:, None], corners[:, 1] * (half / stretch)[:, None]
    cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
    ring = np.stack([x * cos - y * sin, x * sin + y * cos], axis=2) + points[:, None, :]
    shapes = shapely.buffer(shapely.intersection(_cells(points), shapely.polygons(ring)), -LANE_M, join_style="mitre")
    shapes = _whole(shapely.intersection(shapes, dry))
    shapes = shapely.simplify(shapes, 1.0)
    return shapes[(shapely.area(shapes) >= SMALLEST_M2) & shapely.is_valid(shapes)]


def _whole(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """The largest part of each shape: a river cuts some blocks in two."""
    split = np.flatnonzero(shapely.get_type_id(shapes) != 3)
    out = shapes.copy()
    for at in split:
        parts = [part for part in shapely.get_parts(shapes[at]) if part.geom_type == "Polygon"]
        out[at] = max(parts, key=lambda part: part.area) if parts else shapely.Polygon()
    return out


def _table(shapes: NDArray[np.object_], code: str, name: str, offices: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    centre = shapely.get_coordinates(shapely.centroid(shapes))
    at = np.column_stack([offices.geometry.x, offices.geometry.y])
    nearest = np.argmin(((centre[:, None] - at[None]) ** 2).sum(axis=2), axis=1)
    street = offices["street"].to_numpy(object)[nearest]
    rows = {"district": name, "district_code": code, "street": street}
    return gpd.GeoDataFrame(pd.DataFrame(rows, index=range(len(shapes))), geometry=shapes, crs=METRES)
