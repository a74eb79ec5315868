"""The drill city: real districts, real names of hospitals and streets, invented compounds."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.scenario import published
from layers.scenario.basemap import METRES, make_basemap
from layers.scenario.land import make_land
from layers.scenario.naming import name_land

SEED = 20200211
CLOSED_COMPOUNDS = 7148  # closed on 2020-02-21: China News Service
PERSONS_A_HOUSEHOLD = 2.7
# Where the first cases lived close together: around the Hankou core, with a few later ones across the rivers; invented.
HOTSPOTS = [(114.262, 30.617, 1.0), (114.298, 30.640, 0.7), (114.222, 30.592, 0.55), (114.325, 30.535, 0.6), (114.245, 30.548, 0.4), (114.390, 30.633, 0.4), (114.395, 30.503, 0.3)]  # fmt: skip
HOTSPOT_M = 2_200.0


@dataclass(frozen=True)
class City:
    """Everything that stands still. Positions are WGS-84.

    districts  code, name, name_en, population, cases (share of the city's), geometry
    basemap    id, kind (water, road, rail), name, geometry
    compounds  compound_id, name, aliases, addresses, areas (lists), district (name), district_code, street, community,
               households, population, buildings, lon, lat, weight (relative risk), road, geometry
    hospitals  hospital_id, name, aliases (list), kind, district (name), level, capacity, lon, lat, opens (ISO date),
               open, used, free (of 15 February, where published)
    """

    districts: gpd.GeoDataFrame
    basemap: gpd.GeoDataFrame
    compounds: gpd.GeoDataFrame
    hospitals: pd.DataFrame


def make_city(seed: int = SEED, compounds: int = CLOSED_COMPOUNDS) -> City:
    """Grow the city: the same seed and size give the same city."""
    districts = published.districts()
    basemap = make_basemap(districts, seed)
    land = make_land(districts, basemap, compounds, seed)
    roads = basemap[basemap["kind"] == "road"].to_crs(METRES)
    named = name_land(land, roads, seed)
    sized = _sizes(land, districts, seed)
    weight = _weights(land, sized["population"].to_numpy(float), seed)
    rows = pd.concat([land.drop(columns="geometry"), named, sized], axis=1).assign(weight=weight)
    rows.insert(0, "compound_id", _ids(land))
    points = gpd.GeoSeries(shapely.point_on_surface(land.geometry.to_numpy()), crs=METRES).to_crs("EPSG:4326")
    rows = rows.assign(lon=points.x, lat=points.y)
    shapes = land.geometry.to_crs("EPSG:4326")
    return City(districts, basemap, gpd.GeoDataFrame(rows, geometry=shapes), _hospitals())


def _ids(land: gpd.GeoDataFrame) -> list[str]:
    number = land.groupby("district_code").cumcount() + 1
    return [f"{code}-{n:04d}" for code, n in zip(land["district_code"], number, strict=True)]


def _sizes(land: gpd.GeoDataFrame, districts: gpd.GeoDataFrame, seed: int) -> pd.DataFrame:
    """People by area and density; two thirds of a district's residents live in compounds, the others in villages and halls."""
    rng = np.random.default_rng([seed, 4])
    area = land.area.to_numpy(float)
    homes = area * rng.lognormal(0, 0.35, len(land))
    living = districts.set_index("code")["population"] * 0.66
    share = pd.Series(homes).groupby(land["district_code"].to_numpy()).transform(lambda h: h / h.sum())
    scale = len(land) / CLOSED_COMPOUNDS
    population = np.maximum(90, share * land["district_code"].map(living) * scale).round().astype(int)
    households = np.maximum(30, population / PERSONS_A_HOUSEHOLD).round().astype(int)
    buildings = np.clip(area / 2_100, 2, 46).round().astype(int)
    return pd.DataFrame({"households": households, "population": population, "buildings": buildings})


def _weights(land: gpd.GeoDataFrame, population: np.ndarray, seed: int) -> np.ndarray:
    """Relative risk: people, nearness to a hotspot, and a gamma factor, so that a few compounds have many cases."""
    rng = np.random.default_rng([seed, 5])
    centre = shapely.get_coordinates(shapely.centroid(land.geometry.to_numpy()))
    spots = gpd.GeoSeries(gpd.points_from_xy(*zip(*[s[:2] for s in HOTSPOTS], strict=True)), crs="EPSG:4326").to_crs(
        METRES
    )
    heat = np.array([s[2] for s in HOTSPOTS])
    near = np.column_stack([spots.x, spots.y])
    apart = ((centre[:, None] - near[None]) ** 2).sum(axis=2)
    risk = 0.12 + (heat * np.exp(-apart / (2 * HOTSPOT_M**2))).sum(axis=1)
    return np.asarray(population * risk * rng.gamma(1.1, 1 / 1.1, len(land)))


def _hospitals() -> pd.DataFrame:
    rows = published.table("hospitals.csv").drop(columns="note")
    aliases = [a.split(";") if isinstance(a, str) else [] for a in rows["aliases"]]
    return rows.assign(aliases=pd.Series(aliases, index=rows.index, dtype=object))
