"""Supplies: how long the stock of each site lasts, by the item that runs out first."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pydeck
from sqlalchemy import Select, func, select

from layers._base import Layer, LegendRow
from layers._frames import placed, text_columns
from layers._palette import COVER, UNKNOWN
from layers._view import View
from layers.store.asof import known, newest
from layers.store.schema import hospital, stock


def query(view: View) -> Select[Any]:
    """The newest stock of each site and item, at the hospital that answers to the site's name."""
    counted = newest(stock, view, by=("site", "item", "unit")).subquery()
    believed = select(hospital).where(known(hospital, view)).subquery()
    columns = (
        counted.c.site.label("id"),
        func.coalesce(believed.c.name, counted.c.site).label("name"),
        *(believed.c[name] for name in ("district", "lon", "lat")),
        *(counted.c[name] for name in ("item", "unit", "quantity", "daily_use")),
        counted.c.happened_at.label("counted_at"),
    )
    rows = select(*columns).select_from(counted.outerjoin(believed, believed.c.code == counted.c.site))
    rows = rows.where(believed.c.district == view.code) if view.level == "district" else rows
    return rows.order_by("id", counted.c.item)


def cover(rows: pd.DataFrame) -> pd.Series:
    """Return days of cover: quantity / daily use; unknown use is NaN, no use at all is infinite (DOMAIN 2, supplies)."""
    use = rows["daily_use"].astype(float)
    days = rows["quantity"].astype(float) / use.where(use > 0)
    return days.mask(use == 0, np.inf)


def summarise(rows: pd.DataFrame) -> gpd.GeoDataFrame:
    """One row per site: id, name, district, item (that runs out first), days_of_cover (NaN unknown, inf unused), items, counted_at."""
    days = rows.assign(days_of_cover=cover(rows)).sort_values(
        ["id", "days_of_cover"], kind="stable", na_position="last"
    )
    first = days.drop_duplicates("id").set_index("id")
    frame = first[["name", "district", "lon", "lat", "item", "days_of_cover", "counted_at"]]
    frame = frame.assign(items=rows.groupby("id").size(), fill_rgba=COVER.rgba(first["days_of_cover"].to_numpy(float)))
    return placed(text_columns(frame.reset_index(), "name", "district", "item"))


def draw(supplies: gpd.GeoDataFrame) -> list[pydeck.Layer]:
    """A disc a site, coloured by the days that its scarcest item lasts."""
    return [
        pydeck.Layer(
            "ScatterplotLayer",
            id="supplies",
            get_position="position",
            get_fill_color="fill_rgba",
            get_radius=520,
            radius_min_pixels=5,
            radius_max_pixels=9,
            stroked=True,
            get_line_color=[9, 15, 22, 255],
            line_width_min_pixels=1,
            pickable=True,
            auto_highlight=True,
        )
    ]


LAYER = Layer(
    "supplies",
    order=45,
    title=("防疫物资", "Supplies"),
    query=query,
    summarise=summarise,
    draw=draw,
    legend=(
        *(
            LegendRow(c, f"可用 {zh}", f"{en} left", "circle")
            for c, zh, en in zip(COVER.colours, COVER.zh, COVER.en, strict=True)
        ),
        LegendRow(UNKNOWN, "消耗未知", "Use not known", "circle"),
    ),
    hover={"item": ("最紧缺物资", "Scarcest item"), "days_of_cover": ("可用天数", "Days of cover")},
    units={"days_of_cover": ("天", "days")},
    feeds=("supplies",),
)
