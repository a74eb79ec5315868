"""What the browser needs to draw districts and streets instead of compounds: small tables that stay the same all day.

The counts themselves are added up in the browser from the style of the compounds (assets/map_levels.js): a step of the clocks
then moves that style alone, and every level equals the sum of what lies beneath it.
"""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from dashboard import tables as packing
from dashboard.tables import TableStore
from layers._levels import AWAY, RATE, VALUE, elsewhere, levels_of

PLACE_COLUMNS = ("lon", "lat", "residents", "compounds")


def levels_json(
    frames: Mapping[str, gpd.GeoDataFrame], tables: TableStore, *, whole: bool, nowhere: int = 0
) -> dict[str, Any] | None:
    """Return what `spec["levels"]` holds, None where no compounds are drawn.

    members    table, one row a compound: `street`, `district` (positions in the next two), `residents`
    streets, districts   tables: id, name, lon, lat, residents, compounds
    elsewhere  district -> persons counted there who have no compound; only where `whole` districts are looked at;
               under "" the `nowhere`, persons of the city who are placed in no district
    value      the column of the compounds' style that is added up; rates, per 10,000 residents, with their edges and colours
    """
    compounds = frames.get("compounds")
    if compounds is None or compounds.empty:
        return None
    districts = frames.get("districts")
    found = levels_of(compounds, districts)
    members = {"street": found.street_of, "district": found.district_of, "residents": found.residents}
    away = elsewhere(compounds, districts) if whole and districts is not None and len(districts) else {}
    here = set(found.districts["id"])
    return {
        "members": tables.add("levels.members", packing.pack(members)),
        "streets": tables.add("levels.streets", _packed(found.streets)),
        "districts": tables.add("levels.districts", _packed(found.districts)),
        AWAY: {code: n for code, n in away.items() if code in here} | ({"": nowhere} if nowhere else {}),
        "value": VALUE,
        "rate": {"edges": list(RATE.edges), "colours": [list(one) for one in RATE.colours], "texts": list(RATE.zh)},
    }


def _packed(places: pd.DataFrame) -> bytes:
    numbers = {name: places[name].astype(np.float64) for name in PLACE_COLUMNS}
    return packing.pack(numbers, {"id": places["id"], "name": places["name"]})
