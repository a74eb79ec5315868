"""What hardly changes, delivered once on the first morning: districts, base map, compounds, hospitals."""

import json
from datetime import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo import datum
from layers.scenario.city import City
from layers.scenario.formats import Delivery, write_geojson, write_geopackage, write_table
from layers.scenario.published import districts_gcj02, table
from layers.scenario.registers import moment

HOSPITAL_NAMES = {
    "hospital_id": "医院编码",
    "name": "名称",
    "aliases": "别名",
    "kind": "类别",
    "district": "区",
    "level": "等级",
    "capacity": "可设床位",
    "lon": "经度",
    "lat": "纬度",
}
LISTS = ("aliases", "addresses", "areas")
COMPOUND = ["compound_id", "name", *LISTS, "district", "street", "community", "households", "population", "buildings"]


def write(folder: Path, city: City, day: int) -> list[Delivery]:
    """Write the four files; each provider has a format and a frame of its own."""
    districts = _districts(folder / "drill_districts_gcj02.geojson")
    basemap = write_geojson(folder / "drill_basemap_wgs84.geojson", city.basemap)
    compounds = write_geopackage(folder / "drill_compounds_gcj02.gpkg", _compounds(city), "compounds")
    hospitals = write_table(folder / "drill_hospitals_bd09.csv", _hospitals(city), "gb18030")
    planning, civil, health = "市自然资源和规划局（演练）", "市民政局（演练）", "市卫生健康委（演练）"
    return [
        Delivery("districts", districts, "gcj02", None, planning, moment(day, time(8, 0))),
        Delivery("basemap", basemap, "wgs84", None, planning, moment(day, time(8, 5))),
        Delivery("compounds", compounds, "gcj02", None, civil, moment(day, time(8, 10))),
        Delivery("hospitals", hospitals, "bd09", None, health, moment(day, time(8, 15))),
    ]


def _districts(path: Path) -> Path:
    """The boundaries as they ship, each with its name in pinyin."""
    content, pinyin = districts_gcj02(), table("districts.csv").set_index("code")["name_en"]
    for feature in content["features"]:
        feature["properties"]["name_en"] = pinyin[feature["properties"]["code"]]
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


def _compounds(city: City) -> gpd.GeoDataFrame:
    rows = pd.DataFrame(city.compounds[COMPOUND])
    rows[list(LISTS)] = rows[list(LISTS)].map(";".join)
    shapes = shapely.transform(city.compounds.geometry.to_numpy(), _gcj02)
    return gpd.GeoDataFrame(rows, geometry=shapes, crs="EPSG:4326")


def _gcj02(points: np.ndarray) -> np.ndarray:
    return np.column_stack(datum.from_wgs84(points[:, 0], points[:, 1], "gcj02"))


def _hospitals(city: City) -> pd.DataFrame:
    rows = city.hospitals[list(HOSPITAL_NAMES)].copy()
    rows["aliases"] = rows["aliases"].map(";".join)
    lon, lat = datum.from_wgs84(rows["lon"], rows["lat"], "bd09")
    rows["lon"], rows["lat"] = np.round(lon, 6), np.round(lat, 6)
    return rows.astype({"capacity": "Int64"}).rename(columns=HOSPITAL_NAMES)
