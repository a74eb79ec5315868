"""Turn stored rows into frames that can be drawn."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.store.totals import STATUSES

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
    """Return rows whose count columns are whole numbers, 0 where nobody was counted; last_* stays NaN where nobody was."""
    counts = {name: rows[name].astype(float).fillna(0).astype("int64") for name in COUNTS if name in rows}
    lasts = {name: rows[name].astype(float) for name in LASTS if name in rows}
    return rows.assign(**counts, **lasts)


def text_columns(rows: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Return rows whose named columns are text, "" where nothing is known."""
    return rows.assign(**{name: rows[name].astype(object).where(rows[name].notna(), "") for name in names})
