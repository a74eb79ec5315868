"""Residential compounds, coloured by the confirmed cases that live there and are not yet recovered."""

from typing import Any

import geopandas as gpd
import pandas as pd
import pydeck
import shapely
from sqlalchemy import Select, select

from layers._base import Layer, LegendRow
from layers._frames import placed, text_columns, with_counts
from layers._palette import COUNT, count_rgba
from layers._view import View
from layers.store import care, deliveries, totals
from layers.store.asof import as_known, inside, newest
from layers.store.schema import compound, control

COLUMNS = (
    "code",
    "name",
    "district",
    "street",
    "community",
    "households",
    "population",
    "buildings",
    "lon",
    "lat",
    "shape",
)
PERSONS = ("人", "persons")
METRES_A_CASE = 22  # height of the extruded wall view: 20 cases stand as tall as a 440 m tower, seen from six metres


def query(view: View) -> Select[Any]:
    """Compounds of the area with their counts and the control in force."""
    counts = totals.wide(view, "compound").subquery()
    in_force = newest(control, view, by=("compound",)).subquery()
    source = compound.outerjoin(counts, counts.c.area == compound.c.code).outerjoin(
        in_force, in_force.c.compound == compound.c.code
    )
    wide = [c for c in counts.c if c.name != "area"]
    control_columns = (in_force.c.state.label("control"), in_force.c.happened_at.label("control_since"))
    own: list[Any] = [care.title(view) if name == "name" else compound.c[name] for name in COLUMNS]
    came = deliveries.told(view, *totals.FEEDS)
    rows: Select[Any] = select(*own, *wide, *control_columns, *came).select_from(source)
    rows = as_known(rows, compound, view).where(inside(compound, view), care.standing(view))
    return rows.order_by(compound.c.code)


def summarise(rows: pd.DataFrame) -> gpd.GeoDataFrame:
    """One row per compound: id, name, district, street, community, households, control, counts, confirmed_now, fill_rgba, height."""
    shapes = shapely.from_wkb(rows["shape"].to_numpy(object))
    frame = with_counts(rows.drop(columns="shape").rename(columns={"code": "id"}))
    frame = text_columns(frame, "name", "district", "street", "community", "control")
    confirmed = frame["now_confirmed"] + frame["now_clinical"]
    height = confirmed.fillna(0) * METRES_A_CASE
    frame = frame.assign(confirmed_now=confirmed, fill_rgba=count_rgba(confirmed), height=height)
    return placed(frame, shapes)


def draw(compounds: gpd.GeoDataFrame) -> list[pydeck.Layer]:
    """Outlines filled by class and raised by count; a dot where there is no outline."""
    return [
        pydeck.Layer(
            "SolidPolygonLayer",
            id="compounds",
            get_polygon="polygon",
            get_fill_color="fill_rgba",
            get_elevation="height",
            extruded=True,
            pickable=True,
            auto_highlight=True,
            highlight_color=[255, 255, 255, 110],
        ),
        pydeck.Layer(  # compounds of which only a point is known
            "ScatterplotLayer",
            id="compounds-point",
            get_position="point",
            get_fill_color="fill_rgba",
            get_radius=70,
            radius_min_pixels=1.5,
            pickable=True,
            auto_highlight=True,
        ),
    ]


LAYER = Layer(
    "compounds",
    order=20,
    title=("小区", "Compounds"),
    query=query,
    summarise=summarise,
    draw=draw,
    legend=tuple(
        LegendRow(c, f"现有确诊与临床诊断 {zh}", f"{en} confirmed or clinical now")
        for c, zh, en in zip(COUNT.colours, COUNT.zh, COUNT.en, strict=True)
    ),
    hover={
        "now_confirmed": ("现有确诊", "Confirmed now"),
        "now_clinical": ("现有临床诊断", "Clinically diagnosed now"),
        "now_suspected": ("现有疑似", "Suspected now"),
        "new14_counted": ("近14天新增病例（含临床诊断）", "New cases, 14 days (clinical included)"),
        "households": ("户数", "Households"),
        "population": ("居民", "Residents"),
    },
    units={
        **dict.fromkeys(("now_confirmed", "now_clinical", "now_suspected", "new14_counted", "population"), PERSONS),
        "households": ("户", "households"),
    },
    feeds=("cases",),
    adds=("confirmed_now",),
)
