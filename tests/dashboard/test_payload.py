"""What the map costs on the wire does not grow with the epidemic: the same city with 50 thousand and with 500 thousand cases."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from dashboard.map import deck_spec
from dashboard.tables import TableStore
from layers import cases, compounds, districts
from layers._frames import COUNTS

COMPOUNDS = 7148
STATUSES = ("confirmed", "clinical", "suspected")


def city(persons, rng):
    """Rows as the queries of the layers return them, with so many persons dealt to the compounds of one city."""
    place = np.random.default_rng(1)
    lon, lat = place.uniform(114.0, 114.6, COMPOUNDS), place.uniform(30.4, 30.8, COMPOUNDS)
    weight = place.lognormal(0, 1, COMPOUNDS)
    rows = pd.DataFrame({"code": [f"C{i}" for i in range(COMPOUNDS)], "name": [f"江岸小区{i}号" for i in range(COMPOUNDS)],
                         "district": place.choice(["420102", "420103"], COMPOUNDS), "street": [f"{i % 140}街道" for i in range(COMPOUNDS)],
                         "community": "", "households": 300, "population": (weight * 900).astype(int), "lon": lon, "lat": lat, "control": "open"})  # fmt: skip
    for name in COUNTS:
        share = persons if name.partition("_")[2] in STATUSES else 0
        rows[name] = rng.multinomial(share // 3, weight / weight.sum())
    return rows.assign(shape=shapely.to_wkb(outlines(lon, lat, place)))


def outlines(lon, lat, rng):
    """Six-cornered compounds, none like another, as a city has them (the drill city: 43,377 corners of 7,148 compounds)."""
    turn = np.sort(rng.uniform(0, 2 * np.pi, (COMPOUNDS, 6)), axis=1)
    reach = rng.uniform(0.0006, 0.0014, (COMPOUNDS, 6))
    corners = np.stack([lon[:, None] + reach * np.cos(turn), lat[:, None] + reach * np.sin(turn)], axis=2)
    return shapely.polygons(corners)


def weight_of(rows):
    """Bytes of the page's map: its JSON and every gzipped table that the JSON names, as first fetched."""
    tables = TableStore()
    box = shapely.box(114, 30.4, 114.6, 30.8)
    ground = pd.DataFrame({"code": ["420102", "420103"], "name": ["江岸区", "江汉区"], "name_en": ["", ""], "population": 1, "lon": 114.3,
                           "lat": 30.6, "shape": [shapely.to_wkb(box)] * 2, **dict.fromkeys(COUNTS, 9)})  # fmt: skip
    frames: dict[str, gpd.GeoDataFrame] = {
        "compounds": compounds.summarise(rows),
        "cases": cases.summarise(rows[["code", "name", "district", "lon", "lat", *(f"now_{s}" for s in STATUSES)]]),
        "districts": districts.summarise(ground),
    }
    spec = json.dumps(deck_spec(frames, "v", tables=tables, levels=True, whole=True))
    found = {key: len(data) for (key, _), data in tables._kept.items() if not key.endswith(".card")}
    return found | {"spec": len(spec)}, {key for key in tables._kept if not key[0].endswith((".style", ".card"))}


@pytest.fixture(scope="module")
def weighed():
    rng = np.random.default_rng(7)
    return weight_of(city(50_000, rng)), weight_of(city(500_000, rng))


def test_ten_times_the_cases_weigh_within_five_percent(weighed):
    (few, _), (many, _) = weighed
    assert sum(many.values()) == pytest.approx(sum(few.values()), rel=0.05), (few, many)


def test_shapes_names_and_levels_are_fetched_once_whatever_happens(weighed):
    (_, few), (_, many) = weighed
    assert few == many  # the same address: the browser has them already


def test_a_step_of_the_clock_moves_less_than_a_tenth(weighed):
    (found, _), _ = weighed
    style = sum(size for key, size in found.items() if key.endswith(".style"))
    assert style < sum(found.values()) / 10, found
