"""Streets and districts add up to their compounds, and stand where their residents are."""

import gzip

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from dashboard.arcs import arcs
from dashboard.levels import levels_json
from dashboard.tables import TableStore, unpack
from layers._levels import elsewhere, levels_of


@pytest.fixture
def compounds():
    return gpd.GeoDataFrame(
        {
            "id": ["A", "B", "C", "D"],
            "district": ["420102", "420102", "420102", "420103"],
            "street": ["一元街道", "一元街道", "", "民权街道"],
            "population": [100, 300, np.nan, 50],
            "lon": [114.0, 114.4, 114.2, np.nan],
            "lat": [30.0, 30.4, 30.2, np.nan],
            "confirmed_now": [1, 2, 4, 8],
        },
        geometry=gpd.points_from_xy([114.0, 114.4, 114.2, np.nan], [30.0, 30.4, 30.2, np.nan]),
        crs="EPSG:4326",
    )


@pytest.fixture
def districts():
    return pd.DataFrame({"id": ["420102", "420103", "420104"], "name": ["江岸区", "江汉区", "硚口区"], "lon": [114.3, 114.1, 114.0],
                         "lat": [30.6, 30.5, 30.4], "now_confirmed": [7, 9, 3], "now_clinical": [2, 0, 0]})  # fmt: skip


def test_a_street_stands_at_the_centre_of_its_residents(compounds):
    streets = levels_of(compounds).streets.set_index("id")
    # 100 persons at 114.0 and 300 at 114.4: (100 * 114.0 + 300 * 114.4) / 400
    assert streets.loc["420102/一元街道", "lon"] == pytest.approx(114.3)
    assert streets.loc["420102/一元街道", "residents"] == 400


def test_residents_that_are_not_known_stay_unknown_and_a_compound_without_position_is_counted_all_the_same(compounds):
    streets = levels_of(compounds).streets.set_index("id")
    assert np.isnan(streets.loc["420102/", "residents"])
    assert np.isnan(streets.loc["420103/民权街道", "lon"])
    assert streets["compounds"].sum() == 4


def test_every_level_adds_up_to_the_compounds(compounds):
    found, value = levels_of(compounds), compounds["confirmed_now"].to_numpy()
    for places, of in ((found.streets, found.street_of), (found.districts, found.district_of)):
        sums = np.bincount(of, value, len(places))
        assert sums.sum() == value.sum()
    assert dict(zip(found.districts["id"], np.bincount(found.district_of, value), strict=True)) == {
        "420102": 7,
        "420103": 8,
    }


def test_a_district_has_its_name_and_label_point_where_they_are_known(compounds, districts):
    named = levels_of(compounds, districts).districts.set_index("id")
    assert named.loc["420102", ["name", "lon", "lat"]].tolist() == ["江岸区", 114.3, 30.6]
    assert levels_of(compounds).districts["name"].tolist() == ["420102", "420103"]


def test_persons_of_a_district_without_a_compound_are_told_beside_the_map(compounds, districts):
    assert elsewhere(compounds, districts) == {"420102": 2, "420103": 1, "420104": 3}  # 7 + 2 - 7, 9 - 8, 3 - 0


def test_what_the_browser_gets(compounds, districts):
    tables = TableStore()
    spec = levels_json({"compounds": compounds, "districts": districts}, tables, whole=True)
    length, columns, _ = unpack(gzip.decompress(tables.get(*spec["members"].split("/")[2:])))
    assert (length, set(columns)) == (4, {"street", "district", "residents"})
    assert spec["elsewhere"] == {"420102": 2, "420103": 1}  # only districts that are drawn
    assert levels_json({"compounds": compounds}, tables, whole=False)["elsewhere"] == {}
    assert levels_json({"compounds": compounds}, tables, whole=False, nowhere=4)["elsewhere"] == {"": 4}
    assert levels_json({"districts": districts}, tables, whole=True) is None


def test_a_pair_of_sites_is_one_arc_and_a_site_without_a_position_has_none():
    moves = pd.DataFrame(
        {"giver": ["A", "A", "B"], "taker": ["B", "B", "C"], "item": ["N95", "衣", "N95"], "n": [5, 2, 9]}
    )
    sites = pd.DataFrame({"id": ["A", "B", "C"], "lon": [114.0, 114.1, np.nan], "lat": [30.0, 30.1, 30.2]})
    (one,) = arcs(moves, sites, {"A": "一院"}, lambda row: (row["item"], str(row["n"])), "n")
    assert (one["from"], one["to"], one["n"], one["title"]) == ([114.0, 30.0], [114.1, 30.1], 7.0, "一院 → B")
    assert one["rows"] == [["N95", "5"], ["衣", "2"]]
