"""Districts: the land under everything, and the counts of each."""

from typing import Any

import geopandas as gpd
import pandas as pd
import pydeck
import shapely
from sqlalchemy import Select, select

from layers._base import Layer
from layers._frames import placed, text_columns, with_counts
from layers._palette import BASE, rgba
from layers._view import View
from layers.store import deliveries, totals
from layers.store.asof import as_known
from layers.store.schema import district

COLUMNS = ("code", "name", "name_en", "population", "lon", "lat", "shape")


def query(view: View) -> Select[Any]:
    """Every district (a map without its neighbours misleads), with the counts of persons in each."""
    counts = totals.wide(view.narrowed(""), "district").subquery()
    wide = [c for c in counts.c if c.name != "area"]
    came = deliveries.told(view, *totals.FEEDS)
    rows = select(*(district.c[name] for name in COLUMNS), *wide, *came).select_from(
        district.outerjoin(counts, counts.c.area == district.c.code)
    )
    return as_known(rows, district, view).order_by(district.c.code)


def summarise(rows: pd.DataFrame) -> gpd.GeoDataFrame:
    """One row per district: id, name, name_en, population, lon, lat, the counts of `totals.wide`, NaN of a feed that never came."""
    shapes = shapely.from_wkb(rows["shape"].to_numpy(object))
    frame = with_counts(rows.drop(columns="shape").rename(columns={"code": "id"}))
    frame = text_columns(frame, "name", "name_en").assign(fill_rgba=rgba(*BASE["land"]))
    return placed(frame, shapes)


def draw(districts: gpd.GeoDataFrame) -> list[pydeck.Layer]:
    """Land; the lines between districts are a layer of their own (`borders`), above the water."""
    return [
        pydeck.Layer(
            "SolidPolygonLayer",
            id="districts",
            get_polygon="polygon",
            get_fill_color="fill_rgba",
            pickable=False,
        ),
    ]


LAYER = Layer(
    "districts",
    order=5,
    title=("行政区", "Districts"),
    query=query,
    summarise=summarise,
    draw=draw,
)
