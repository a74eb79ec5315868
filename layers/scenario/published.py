"""The facts that the drill stands on: small tables beside this file, each naming its source."""

import json
import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo import datum

FACTS = Path(__file__).parent / "facts"


def table(name: str) -> pd.DataFrame:
    """Return a table of facts; codes stay text, empty cells are NaN."""
    return pd.read_csv(FACTS / name, comment="#", dtype={"code": str, "district": str})


@cache
def settings(name: str) -> dict[str, Any]:
    """Return the facts of a TOML file."""
    return tomllib.loads((FACTS / name).read_text(encoding="utf-8"))


@cache
def daily() -> pd.DataFrame:
    """Return the city's published days, indexed by date: confirmed, dead, cured (cumulative), clinical_new, written_off,
    dead_written_off (of the day)."""
    rows = table("wuhan_daily.csv").drop(columns="how")
    return rows.assign(day=[date.fromisoformat(day) for day in rows["day"]]).set_index("day")


def districts() -> gpd.GeoDataFrame:
    """Return the districts in WGS-84: code, name, name_en, population, cases (share), compounds, geometry."""
    features = districts_gcj02()["features"]
    shapes = np.array([shapely.from_geojson(json.dumps(f["geometry"])) for f in features], dtype=object)
    outline = pd.Series(datum.geometries_to_wgs84(shapes, "gcj02"), index=[f["properties"]["code"] for f in features])
    rows = table("districts.csv")
    rows = rows.assign(population=rows.pop("population_10k") * 10_000, cases=rows["cases"] / rows["cases"].sum())
    return gpd.GeoDataFrame(rows, geometry=outline.reindex(rows["code"]).to_numpy(), crs="EPSG:4326")


def districts_gcj02() -> dict[str, Any]:
    """Return the boundaries as they ship: GeoJSON in GCJ-02."""
    content: dict[str, Any] = json.loads((FACTS / "districts.geojson").read_text(encoding="utf-8"))
    return content


def interpolated(rows: list[dict[str, Any]], field: str, days: list[date]) -> np.ndarray:
    """Return a published figure on each day, in straight lines between the days it is known for; 0 before the first."""
    known = [(row["day"].toordinal(), row[field]) for row in rows if field in row]
    at, values = zip(*known, strict=True)
    return np.interp([day.toordinal() for day in days], at, values, left=0)


def apportion(total: int, weights: np.ndarray) -> np.ndarray:
    """Return whole numbers in proportion to `weights` that add up to `total`: largest remainders first."""
    if total == 0 or not weights.sum() > 0:
        return np.zeros(len(weights), dtype=int)
    exact = weights / weights.sum() * total
    whole = np.floor(exact).astype(int)
    first = np.argsort(-(exact - whole), kind="stable")[: total - int(whole.sum())]
    whole[first] += 1
    return whole
