"""Names of the districts, above everything else on the map."""

from typing import Any

import geopandas as gpd
import pandas as pd
import pydeck
from sqlalchemy import Select, select

from layers._base import Layer
from layers._frames import placed, text_columns
from layers._palette import BASE, rgba
from layers._view import View
from layers.store.asof import as_known
from layers.store.schema import district


def query(view: View) -> Select[Any]:
    """Every district's name and label point."""
    columns = (district.c.code, district.c.name, district.c.name_en, district.c.lon, district.c.lat)
    return as_known(select(*columns), district, view).order_by(district.c.code)


def summarise(rows: pd.DataFrame) -> gpd.GeoDataFrame:
    """One row per district: id, name, name_en, lon, lat."""
    frame = text_columns(rows.rename(columns={"code": "id"}), "name", "name_en").assign(text_rgba=rgba(*BASE["label"]))
    return placed(frame)


def draw(labels: gpd.GeoDataFrame) -> list[pydeck.Layer]:
    """Names with a halo; the browser chooses the language's column and removes those that would collide."""
    return [
        pydeck.Layer(
            "TextLayer",
            id="labels",
            get_position="position",
            get_text="name",
            get_color="text_rgba",
            get_size=15,
            character_set=pydeck.types.String("auto"),
            font_weight=600,
            outline_width=3,
            outline_color=list(BASE["halo"]),
            font_settings={"sdf": True, "fontSize": 40, "buffer": 6},
            pickable=False,
        )
    ]


LAYER = Layer("labels", order=90, title=("地名", "Names"), query=query, summarise=summarise, draw=draw)
