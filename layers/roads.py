"""Main roads and railways, from the base map that the city delivered."""

from typing import Any

import geopandas as gpd
import numpy as np
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
    """Roads and railways of the base map."""
    rows = select(basemap.c.key, basemap.c.kind, basemap.c.name, basemap.c.shape).where(
        basemap.c.kind.in_(("road", "rail"))
    )
    return as_known(rows, basemap, view).order_by(basemap.c.key)


def summarise(rows: pd.DataFrame) -> gpd.GeoDataFrame:
    """One row per line: id, name, kind."""
    frame = text_columns(rows[["key", "name", "kind"]].rename(columns={"key": "id"}), "name")
    colour = np.where(frame["kind"] == "rail", rgba(*BASE["rail"]), rgba(*BASE["road"])).astype("uint32")
    return gpd.GeoDataFrame(
        frame.assign(line_rgba=colour), geometry=shapely.from_wkb(rows["shape"].to_numpy(object)), crs="EPSG:4326"
    )


def draw(roads: gpd.GeoDataFrame) -> list[pydeck.Layer]:
    """Quiet lines."""
    return [
        pydeck.Layer(
            "PathLayer",
            id="roads",
            get_path="path",
            get_color="line_rgba",
            get_width=1.1,
            width_units=pydeck.types.String("pixels"),
            joint_rounded=True,
        )
    ]


LAYER = Layer(
    "roads",
    order=9,
    title=("道路", "Roads"),
    query=query,
    summarise=summarise,
    draw=draw,
    legend=(LegendRow(BASE["road"], "道路", "Road", "line"),),
)
