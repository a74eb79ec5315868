"""Water, roads and railways under the drill city: rivers along the district borders, the rest drawn by hand."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.scenario.published import settings

METRES = "EPSG:4547"
LEFT_BANK = {"420102", "420103", "420104", "420105", "420112", "420113", "420114", "420116", "420117"}
NORTH_OF_HAN = {"420102", "420103", "420104", "420112"}
SOUTH_OF_HAN = {"420105", "420114"}
YANGTZE_M, HAN_M = 620.0, 115.0  # half of the width
SHORE = np.linspace(0, 2 * np.pi, 96, endpoint=False)


def make_basemap(districts: gpd.GeoDataFrame, seed: int) -> gpd.GeoDataFrame:
    """Return id, kind (water, road, rail), name, geometry (WGS-84), clipped to the city."""
    metric = districts.to_crs(METRES)
    city = shapely.union_all(metric.geometry.to_numpy())
    shapely.prepare(city)
    rng = np.random.default_rng([seed, 1])
    facts = settings("basemap.toml")
    rows = [*_rivers(metric), *(_lake(lake, rng) for lake in facts["lake"])]
    rows += [("road", line["name"], _smooth(line)) for line in facts["road"]]
    rows += [("rail", line["name"], _smooth(line)) for line in facts["rail"]]
    frame = pd.DataFrame(rows, columns=["kind", "name", "shape"])
    shapes = shapely.intersection(frame.pop("shape").to_numpy(object), city)
    frame.insert(0, "id", [f"WH-B{number:03d}" for number in range(1, len(frame) + 1)])
    drawn = gpd.GeoDataFrame(frame, geometry=shapely.simplify(shapes, 4.0), crs=METRES)
    return drawn[~drawn.is_empty].to_crs("EPSG:4326").reset_index(drop=True)


def water_metres(basemap: gpd.GeoDataFrame) -> shapely.Geometry:
    """Return all water as one shape, in metres."""
    water = basemap[basemap["kind"] == "water"].to_crs(METRES)
    return shapely.union_all(shapely.make_valid(water.geometry.to_numpy()))


def _rivers(districts: gpd.GeoDataFrame) -> list[tuple[str, str, shapely.Geometry]]:
    """The districts meet in mid-stream, so their common border is the axis of the river."""
    left, north = districts["code"].isin(LEFT_BANK), districts["code"].isin(NORTH_OF_HAN)
    south = districts["code"].isin(SOUTH_OF_HAN)
    yangtze = _between(districts[left], districts[~left])
    han = _between(districts[north], districts[south])
    return [("water", "长江", _stream(yangtze, YANGTZE_M)), ("water", "汉江", _stream(han, HAN_M))]


def _between(one: gpd.GeoDataFrame, other: gpd.GeoDataFrame) -> shapely.Geometry:
    areas = [shapely.union_all(side.geometry.to_numpy()) for side in (one, other)]
    return shapely.intersection(shapely.boundary(areas[0]), shapely.boundary(areas[1]))


def _stream(axis: shapely.Geometry, half_m: float) -> shapely.Geometry:
    """A band about the axis; the second buffer rounds the corners that simplified borders have."""
    line = shapely.line_merge(axis)
    return shapely.buffer(shapely.buffer(line, half_m * 1.6), -half_m * 0.6)


def _lake(lake: dict[str, Any], rng: np.random.Generator) -> tuple[str, str, shapely.Geometry]:
    """An ellipse with a ragged shore."""
    (x, y), (length, width), raggedness = lake["at"], lake["size"], lake["ragged"]
    waves = sum(rng.normal(0, 1 / k) * np.sin(k * SHORE + rng.uniform(0, 2 * np.pi)) for k in (2, 3, 5, 7, 11))
    radius = np.clip(1 + raggedness * 0.55 * np.asarray(waves), 0.35, 1.5)
    turn = np.radians(lake["turn"])
    east, north = radius * np.cos(SHORE) * length * 500, radius * np.sin(SHORE) * width * 500
    ring = np.column_stack([east * np.cos(turn) - north * np.sin(turn), east * np.sin(turn) + north * np.cos(turn)])
    centre = gpd.GeoSeries([shapely.Point(x, y)], crs="EPSG:4326").to_crs(METRES)[0]
    return "water", lake["name"], shapely.buffer(shapely.Polygon(ring + [centre.x, centre.y]), 0)


def _smooth(line: dict[str, Any]) -> shapely.Geometry:
    """A line through hand-set points, corners cut twice, in metres."""
    points = np.array(line["at"], dtype=float)
    loop = line.get("loop", False)
    if loop:
        points = np.vstack([points, points[:1]])
    for _ in range(3):
        first, second = points[:-1], points[1:]
        cut = np.stack([0.75 * first + 0.25 * second, 0.25 * first + 0.75 * second], axis=1).reshape(-1, 2)
        points = np.vstack([cut, cut[:1]]) if loop else np.vstack([points[:1], cut, points[-1:]])
    return gpd.GeoSeries([shapely.LineString(points)], crs="EPSG:4326").to_crs(METRES)[0]
