"""Medical teams and the hospitals they work in."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pydeck
from sqlalchemy import Select, func, or_, select

from layers._base import Layer, LegendRow
from layers._frames import placed, text_columns
from layers._palette import BASE, rgba
from layers._times import to_ms
from layers._view import View
from layers.store.asof import known, newest
from layers.store.schema import hospital, team

METRES = 22.0  # radius of one person; area grows with the team


def query(view: View) -> Select[Any]:
    """Teams present at as_of, a row per team and skill, with the hospital they are assigned to."""
    present = newest(team, view, by=("team", "skill")).subquery()
    believed = select(hospital).where(known(hospital, view)).subquery()
    columns = (
        present.c.team.label("id"),
        *(present.c[name] for name in ("name", "origin", "skill", "people", "hospital")),
        func.coalesce(believed.c.name, present.c.hospital).label("hospital_name"),
        *(believed.c[name] for name in ("district", "lon", "lat")),
        present.c.happened_at.label("arrived_at"),
    )
    rows = select(*columns).select_from(present.outerjoin(believed, believed.c.code == present.c.hospital))
    rows = rows.where(or_(present.c.leaves_at.is_(None), present.c.leaves_at > to_ms(view.as_of)))
    rows = rows.where(believed.c.district == view.code) if view.level == "district" else rows
    return rows.order_by("id", present.c.skill)


def summarise(rows: pd.DataFrame) -> gpd.GeoDataFrame:
    """One row per team and skill: id, name, origin, skill, people, hospital, hospital_name, district, lon, lat, radius."""
    frame = text_columns(rows, "name", "origin", "skill", "hospital", "hospital_name", "district")
    people = frame["people"].astype(float).fillna(0)
    radius = (METRES * np.sqrt(people.to_numpy())).astype(np.float32)
    return placed(frame.assign(people=people.astype("int64"), radius=radius, fill_rgba=rgba(*BASE["arc_from"])))


def draw(staff: gpd.GeoDataFrame) -> list[pydeck.Layer]:
    """A disc at the hospital; its area is the people."""
    return [
        pydeck.Layer(
            "ScatterplotLayer",
            id="staff",
            get_position="position",
            get_radius="radius",
            radius_min_pixels=2,
            get_fill_color="fill_rgba",
            opacity=0.5,
            stroked=True,
            get_line_color=list(BASE["arc_to"]),
            line_width_min_pixels=1,
            pickable=True,
            auto_highlight=True,
        )
    ]


LAYER = Layer(
    "staff",
    order=50,
    title=("医疗队", "Medical teams"),
    query=query,
    summarise=summarise,
    draw=draw,
    legend=(LegendRow(BASE["arc_from"], "医疗队（面积表示人数）", "Team (area = people)", "circle"),),
    hover={
        "hospital_name": ("派驻医院", "Hospital"),
        "origin": ("来源", "From"),
        "skill": ("专业", "Skill"),
        "people": ("人数", "People"),
    },
    units={"people": ("人", "persons")},
    feeds=("staff",),
)
