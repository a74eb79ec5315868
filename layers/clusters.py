"""Clusters of cases: circles that hold more than chance explains, and the compounds inside.

Who searches for them is `decisions.clusters`; a search takes a minute, so a page paints its kept result onto this layer
(`decisions.cluster_map`). By itself the layer shows nothing: an unsearched map has no clusters to tell.
"""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pydeck
from sqlalchemy import Select, select

from layers._base import Layer, LegendRow
from layers._frames import placed, text_columns
from layers._palette import rgba
from layers._view import View
from layers.store import care
from layers.store.asof import as_known, inside
from layers.store.schema import compound

CIRCLE, MEMBER = (248, 120, 92, 255), (255, 176, 120, 235)
NUMBERS = ("observed", "expected", "ratio", "p")
TEXTS = ("days", "levels")


def query(view: View) -> Select[Any]:
    """Compounds of the area at their label point."""
    c = compound.c
    rows: Select[Any] = select(c.code, care.title(view), c.district, c.street, c.lon, c.lat)
    return as_known(rows, compound, view).where(inside(compound, view), care.standing(view)).order_by(c.code)


def summarise(rows: pd.DataFrame) -> gpd.GeoDataFrame:
    """One row per compound: id, name, district, street, lon, lat, circle_m, dot_m, two colours, and the evidence, all blank."""
    frame = text_columns(rows.rename(columns={"code": "id"}), "name", "district", "street")
    nothing = np.zeros(len(frame), dtype=np.float32)
    colours = {"circle_rgba": CIRCLE, "dot_rgba": MEMBER}
    return placed(
        frame.assign(
            circle_m=nothing,
            dot_m=nothing,
            **{name: np.full(len(frame), rgba(*colour), dtype=np.uint32) for name, colour in colours.items()},
            **{name: np.full(len(frame), np.nan) for name in NUMBERS},
            **dict.fromkeys(TEXTS, ""),
        )
    )


def draw(clusters: gpd.GeoDataFrame) -> list[pydeck.Layer]:
    """A ring around each cluster and a dot on each compound inside; what belongs to none has no size."""
    return [
        pydeck.Layer(
            "ScatterplotLayer",
            id="clusters-circle",
            get_position="position",
            get_radius="circle_m",
            get_line_color="circle_rgba",
            filled=False,
            stroked=True,
            line_width_min_pixels=2.5,
            pickable=False,
        ),
        pydeck.Layer(
            "ScatterplotLayer",
            id="clusters-member",
            get_position="position",
            get_radius="dot_m",
            get_fill_color="dot_rgba",
            radius_max_pixels=9,
            pickable=True,
            auto_highlight=True,
        ),
    ]


LAYER = Layer(
    "clusters",
    order=35,
    title=("聚集", "Clusters"),
    query=query,
    summarise=summarise,
    draw=draw,
    legend=(
        LegendRow(CIRCLE, "统计聚集范围（核查线索）", "Statistical cluster (a lead to check)", "circle"),
        LegendRow(MEMBER, "聚集内小区", "Compound inside", "circle"),
    ),
    hover={
        "observed": ("聚集内病例", "Cases in the cluster"),
        "expected": ("随机情况下应有", "Expected by chance"),
        "ratio": ("倍数", "Times as many"),
        "p": ("P值", "p-value"),
        "days": ("日期", "Days"),
        "levels": ("小区/社区/街道三级", "At compound, community, street"),
    },
)
