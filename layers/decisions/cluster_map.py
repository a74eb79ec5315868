"""From clusters to what the map layer of clusters is painted with."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from geo.crs import distance_m
from layers.decisions._proposal import Words
from layers.decisions._words import iso
from layers.decisions.clusters import Clusters

DOT_M = 60.0
LEAST_CIRCLE_M = 250.0  # a cluster of one compound still has a ring
STABLE = {
    "yes": Words("三级均见，稳定", "seen at all three: stable"),
    "no": Words("未见于三级，不稳定", "not at all three: unstable"),
    "unknown": Words("未能判断", "cannot be told"),
}


def paint(found: Clusters, frame: pd.DataFrame, lang: str = "zh") -> pd.DataFrame:
    """Return id and the columns of the layer `clusters` for the compounds inside clusters.

    frame  the layer's own: id, lon, lat. The ring of a cluster stands on the member nearest to its middle and holds them all.
    """
    at = frame.set_index("id")[["lon", "lat"]].astype(float)
    parts = [_one(row, at.reindex(row["codes"]).dropna(), lang) for row in found.clusters.to_dict("records")]
    columns = ["id", "circle_m", "dot_m", "observed", "expected", "ratio", "p", "days", "levels"]
    return (
        pd.concat([part for part in parts if len(part)], ignore_index=True) if parts else pd.DataFrame(columns=columns)
    )


def _one(row: Mapping[Any, Any], at: pd.DataFrame, lang: str) -> pd.DataFrame:
    lon, lat = at["lon"].to_numpy(), at["lat"].to_numpy()
    circle = np.zeros(len(at), dtype=np.float32)
    if len(at):
        middle = int(distance_m(lon, lat, lon.mean(), lat.mean()).argmin())
        circle[middle] = max(LEAST_CIRCLE_M, float(distance_m(lon, lat, lon[middle], lat[middle]).max()) + DOT_M)
    return pd.DataFrame(
        {
            "id": at.index,
            "circle_m": circle,
            "dot_m": np.float32(DOT_M),
            **{
                name: np.round(float(row[name]), 3 if name == "p" else 1)
                for name in ("observed", "expected", "ratio", "p")
            },
            "days": f"{iso(int(row['first_day']))[5:]} – {iso(int(row['last_day']))[5:]}",
            "levels": STABLE[row["stable"]].said(lang),
        }
    )
