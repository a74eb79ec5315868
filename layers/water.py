"""Rivers and lakes, from the base map that the city delivered."""

from typing import Any

import geopandas as gpd
import pandas as pd
import pydeck
import shapely
from sqlalchemy import Select, select

from layers._base import Layer, LegendRow
from layers._frames import text_columns
from layers._palette import BASE, rgba
from layers._view import View
from layers.store.asof import as_known
from layers.store.schema import basemap


def query(view: View) -> Select[Any]:
    """Water of the base map."""
    rows = select(basemap.c.key, basemap.c.name, basemap.c.shape).where(basemap.c.kind == "water")
    return as_known(rows, basemap, view).order_by(basemap.c.key)


def summarise(rows: pd.DataFrame) -> gpd.GeoDataFrame:
    """One row per water body: id, name."""
    frame = text_columns(rows[["key", "name"]].rename(columns={"key": "id"}), "name").assign(
        fill_rgba=rgba(*BASE["water"])
    )
    return gpd.GeoDataFrame(frame, geometry=shapely.from_wkb(rows["shape"].to_numpy(object)), crs="EPSG:4326")


def draw(water: gpd.GeoDataFrame) -> list[pydeck.Layer]:
    """Filled water."""
    return [
        pydeck.Layer("SolidPolygonLayer", id="water", get_polygon="polygon", get_fill_color="fill_rgba", pickable=False)
    ]


LAYER = Layer(
    "water",
    order=8,
    title=("水域", "Water"),
    query=query,
    summarise=summarise,
    draw=draw,
    legend=(LegendRow(BASE["water"], "水域", "Water"),),
)
