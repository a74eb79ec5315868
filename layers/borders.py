"""Lines between districts, above water and roads, so that a border in the middle of a river is one line and no pieces."""

from typing import Any

import geopandas as gpd
import pandas as pd
import pydeck
import shapely
from sqlalchemy import Select, select

from layers._base import Layer, LegendRow
from layers._frames import placed, text_columns
from layers._palette import BASE, rgba
from layers._view import View
from layers.store.asof import as_known
from layers.store.schema import district

COLUMNS = ("code", "name", "name_en", "lon", "lat", "shape")


def query(view: View) -> Select[Any]:
    """Every district's outline."""
    return as_known(select(*(district.c[name] for name in COLUMNS)), district, view).order_by(district.c.code)


def summarise(rows: pd.DataFrame) -> gpd.GeoDataFrame:
    """One row per district: id, name, name_en, lon, lat, casing_rgba, line_rgba."""
    shapes = shapely.from_wkb(rows["shape"].to_numpy(object))
    frame = text_columns(rows.drop(columns="shape").rename(columns={"code": "id"}), "name", "name_en")
    return placed(frame.assign(casing_rgba=rgba(*BASE["halo"][:3], 150), line_rgba=rgba(*BASE["border"])), shapes)


def draw(borders: gpd.GeoDataFrame) -> list[pydeck.Layer]:
    """A line with a dark casing, which keeps it apart from roads of the same brightness."""
    line = {"get_path": "polygon", "width_units": pydeck.types.String("pixels"), "joint_rounded": True}
    return [
        pydeck.Layer("PathLayer", id="borders-casing", get_color="casing_rgba", get_width=4, **line),
        pydeck.Layer("PathLayer", id="borders", get_color="line_rgba", get_width=1.5, **line),
    ]


LAYER = Layer(
    "borders",
    order=12,
    title=("区界", "District borders"),
    query=query,
    summarise=summarise,
    draw=draw,
    legend=(LegendRow(BASE["border"], "区界", "District border", "line"),),
)
