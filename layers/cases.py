"""Cases by compound: confirmed and suspected drawn apart, one mark a compound, so the map does not grow with the cases."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pydeck
from sqlalchemy import Select, select

from layers._base import Layer, LegendRow
from layers._frames import placed, text_columns, with_counts
from layers._palette import STATUS, rgba
from layers._view import View
from layers.store import care, deliveries, totals
from layers.store.asof import as_known, inside
from layers.store.schema import compound

SHOWN = ("confirmed", "clinical", "suspected")
UNIT_M = 2.6  # metres: radii travel as whole numbers of it, a byte each, never more than a twentieth off
METRES = 10  # radius of one case in that unit, 26 m on the ground; area grows with the count


def query(view: View) -> Select[Any]:
    """Every compound of the area at its label point, with who is ill there now; a compound without anybody has no size.

    All of them, so that positions are fetched once: an inner join would be another table of positions every day.
    """
    counts = totals.now(view, "compound", SHOWN).subquery()
    wide: list[Any] = [c for c in counts.c if c.name != "area"]
    columns = (compound.c.code, care.title(view), compound.c.district, compound.c.lon, compound.c.lat)
    wide += deliveries.told(view, totals.FEEDS[0])
    rows = select(*columns, *wide).select_from(compound.outerjoin(counts, counts.c.area == compound.c.code))
    rows = as_known(rows, compound, view).where(inside(compound, view), care.standing(view))
    return rows.order_by(compound.c.code)


def summarise(rows: pd.DataFrame) -> gpd.GeoDataFrame:
    """One row per compound with persons: id, name, district, lon, lat, now_<status>, radius_<status>, <status>_rgba."""
    frame = text_columns(with_counts(rows.rename(columns={"code": "id"})), "name", "district")
    for status in SHOWN:
        frame[f"radius_{status}"] = np.rint(
            METRES * np.sqrt(np.nan_to_num(frame[f"now_{status}"].to_numpy(float)))
        ).astype(np.int64)
        frame[f"{status}_rgba"] = np.full(len(frame), rgba(*STATUS[status].colour[:3], 150), dtype=np.uint32)
    return placed(frame)


def draw(cases: gpd.GeoDataFrame) -> list[pydeck.Layer]:
    """Filled circles for confirmed, rings for clinically diagnosed and suspected: told apart without colour."""
    common = {
        "get_position": "position",
        "radius_scale": UNIT_M,
        "radius_min_pixels": 0,
        "radius_max_pixels": 40,
        "pickable": False,
    }
    ring = {"filled": False, "stroked": True, "line_width_min_pixels": 1.2}
    return [
        pydeck.Layer(
            "ScatterplotLayer",
            id="cases-confirmed",
            get_radius="radius_confirmed",
            get_fill_color="confirmed_rgba",
            **common,
        ),
        pydeck.Layer(
            "ScatterplotLayer",
            id="cases-clinical",
            get_radius="radius_clinical",
            get_line_color="clinical_rgba",
            **ring,
            **common,
        ),
        pydeck.Layer(
            "ScatterplotLayer",
            id="cases-suspected",
            get_radius="radius_suspected",
            get_line_color="suspected_rgba",
            **ring,
            **common,
        ),
    ]


LAYER = Layer(
    "cases",
    order=30,
    title=("病例", "Cases"),
    query=query,
    summarise=summarise,
    draw=draw,
    legend=tuple(
        LegendRow(
            STATUS[s].colour, f"现有{STATUS[s].zh}（面积表示人数）", f"{STATUS[s].en} now (area = persons)", "circle"
        )
        for s in SHOWN
    ),
)
