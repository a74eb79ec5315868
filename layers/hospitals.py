"""Hospitals, shelters and candidate sites with the beds they reported last."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pydeck
from sqlalchemy import Select, func, select

from layers._base import Layer, LegendRow
from layers._frames import placed, text_columns
from layers._palette import BASE, OCCUPANCY, UNKNOWN
from layers._view import View
from layers.store.asof import known, newest
from layers.store.schema import bed, hospital

KINDS = ("ordinary", "severe", "icu", "fangcang", "isolation", "all")
FIGURES = ("open", "used", "free", "planned")
METRES_A_BED = 3.0  # height of a hospital's column


def query(view: View) -> Select[Any]:
    """Hospitals of the area, a row per kind of bed reported; reports of unknown hospitals come without a position."""
    beds = newest(bed, view, by=("hospital", "kind")).subquery()
    believed = select(hospital).where(known(hospital, view)).subquery()
    columns = (
        func.coalesce(believed.c.code, beds.c.hospital).label("id"),
        func.coalesce(believed.c.name, beds.c.hospital).label("name"),
        *(believed.c[name] for name in ("kind", "district", "capacity", "lon", "lat")),
        beds.c.kind.label("bed_kind"),
        *(beds.c[name] for name in FIGURES),
        beds.c.happened_at.label("reported_for"),
    )
    joined = believed.outerjoin(beds, beds.c.hospital == believed.c.code, full=True)
    rows = select(*columns).select_from(joined).order_by("id", "bed_kind")
    return rows.where(believed.c.district == view.code) if view.level == "district" else rows


def summarise(rows: pd.DataFrame) -> gpd.GeoDataFrame:
    """One row per hospital: id, name, kind, district, capacity, beds_open, beds_used, beds_free, beds_planned, share_used,
    reported_for, open_<kind> ... planned_<kind>. NaN where nothing was reported; beds_free = open - used and may be negative."""
    frame = rows.drop_duplicates("id")[["id", "name", "kind", "district", "capacity", "lon", "lat"]].set_index("id")
    figures = rows[["id", "bed_kind", *FIGURES]].astype(dict.fromkeys(FIGURES, float))
    sums = figures.groupby("id")[list(FIGURES)].sum(min_count=1)
    by_kind: dict[str, Any] = {}
    for kind in KINDS:
        of_kind = figures[figures["bed_kind"] == kind].set_index("id")
        by_kind |= {f"{figure}_{kind}": of_kind[figure].reindex(frame.index) for figure in FIGURES}
    frame = frame.assign(
        beds_open=sums["open"],
        beds_used=sums["used"],
        beds_free=sums["open"] - sums["used"],
        beds_planned=sums["planned"],
        beds_free_reported=sums["free"],
        reported_for=rows.groupby("id")["reported_for"].max(),
        **by_kind,
    )
    share = (frame["beds_used"] / frame["beds_open"].where(frame["beds_open"] > 0)).to_numpy(float)
    height = frame["beds_open"].fillna(0).to_numpy(float) * METRES_A_BED
    frame = frame.assign(share_used=share, fill_rgba=OCCUPANCY.rgba(share), height=height.astype(np.float32))
    frame = text_columns(frame.reset_index(), "name", "kind", "district")
    return placed(frame.assign(capacity=frame["capacity"].astype(float)))


def draw(hospitals: gpd.GeoDataFrame) -> list[pydeck.Layer]:
    """Columns: height is beds open, colour is the share in use; a ring marks the site however few its beds."""
    return [
        pydeck.Layer(
            "ScatterplotLayer",
            id="hospitals-ring",
            get_position="position",
            get_radius=340,
            radius_min_pixels=3,
            radius_max_pixels=10,
            filled=False,
            stroked=True,
            line_width_min_pixels=1.4,
            get_line_color=list(BASE["hospital"]),
        ),
        pydeck.Layer(
            "ColumnLayer",
            id="hospitals",
            get_position="position",
            get_fill_color="fill_rgba",
            get_elevation="height",
            radius=6.5,
            radius_units=pydeck.types.String("pixels"),
            disk_resolution=6,
            extruded=True,
            pickable=True,
            auto_highlight=True,
        ),
    ]


LAYER = Layer(
    "hospitals",
    order=40,
    title=("医院床位", "Hospital beds"),
    query=query,
    summarise=summarise,
    draw=draw,
    legend=(
        *(
            LegendRow(c, f"占用 {zh}", f"{en} in use", "column")
            for c, zh, en in zip(OCCUPANCY.colours, OCCUPANCY.zh, OCCUPANCY.en, strict=True)
        ),
        LegendRow(UNKNOWN, "床位未报", "Beds not reported", "column"),
    ),
    hover={
        "beds_open": ("开放床位", "Beds open"),
        "beds_used": ("占用", "In use"),
        "beds_free": ("空余（开放−占用）", "Free (open - used)"),
        "capacity": ("可设床位", "Capacity"),
    },
    units=dict.fromkeys(("beds_open", "beds_used", "beds_free", "capacity"), ("张", "beds")),
    feeds=("beds",),
)
