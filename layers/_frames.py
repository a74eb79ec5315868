"""Turn stored rows into frames that can be drawn."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.store.totals import FEEDS, STATUSES, feed_of

COUNTED = (*STATUSES, "counted")
COUNTS = tuple(f"{measure}_{status}" for status in COUNTED for measure in ("now", "ever", "new1", "new14"))
LASTS = tuple(f"last_{status}" for status in COUNTED)


def placed(rows: pd.DataFrame, shapes: np.ndarray | None = None) -> gpd.GeoDataFrame:
    """Return rows as EPSG:4326 shapes: the given ones, and the point at lon, lat where there is none.

    A row without either keeps an empty geometry: it is counted, and not drawn.
    """
    points = shapely.points(rows["lon"].to_numpy(float), rows["lat"].to_numpy(float))
    if shapes is not None and len(rows):
        points = np.where(shapely.is_missing(shapes), points, shapes)
    return gpd.GeoDataFrame(rows, geometry=np.asarray(points, dtype=object), crs="EPSG:4326")


def with_counts(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows whose count columns are whole numbers, 0 where nobody was counted; last_* stays NaN where nobody was.

    Counts of a feed that never came are NaN (columns told_<feed> of the rows say which came, and go).
    """
    counts = {name: rows[name].astype(float).fillna(0).astype("int64") for name in COUNTS if name in rows}
    lasts = {name: rows[name].astype(float) for name in LASTS if name in rows}
    came = [f"told_{feed}" for feed in FEEDS if f"told_{feed}" in rows]
    silent = {name.removeprefix("told_") for name in came if not rows[name].astype(bool).all()}
    return without(rows.assign(**counts, **lasts).drop(columns=came), silent)


def without(rows: pd.DataFrame, silent: set[str]) -> pd.DataFrame:
    """Return rows whose counts of silent feeds are NaN: nobody told, which is not nobody."""
    return rows.assign(**{name: np.nan for name in COUNTS if name in rows and feed_of(name) in silent})


def text_columns(rows: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Return rows whose named columns are text, "" where nothing is known."""
    return rows.assign(**{name: rows[name].astype(object).where(rows[name].notna(), "") for name in names})
