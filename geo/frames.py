"""One check at the door: does a table have the columns, the system and the positions that a function needs?"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from geo.errors import FrameError

# China with a margin, in degrees; because the two ranges do not meet, exchanged axes are told for certain.
LON, LAT = (70.0, 140.0), (0.0, 56.0)


def require(frame: pd.DataFrame, *columns: str, crs: str | None = None, name: str = "frame") -> None:
    """Raise FrameError unless `frame` has the columns and, where asked for, the coordinate system."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise FrameError(f"{name}: columns {missing} are missing; found {list(frame.columns)}")
    if crs is not None:
        found = getattr(frame, "crs", None)
        if found is None or found != crs:
            raise FrameError(f"{name}: coordinate system is {found}; wanted {crs}")


def require_lonlat(lon: ArrayLike, lat: ArrayLike, name: str = "points") -> NDArray[np.object_]:
    """Return a reason per point: "" fine, or not finite, zero, metres, swapped, out of range.

    A pair of which both are NaN is "not finite"; leave those out before asking when a position is optional.
    """
    try:
        x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    except ValueError as error:
        raise FrameError(f"{name}: not numbers ({error}); wanted longitudes and latitudes in two columns") from error
    if x.shape != y.shape:
        raise FrameError(f"{name}: {x.shape} longitudes and {y.shape} latitudes; wanted the same number")
    reason = np.full(x.shape, "", dtype=object)
    inside = _within(x, LON) & _within(y, LAT)
    reason[~inside] = "out of range"
    reason[_within(y, LON) & _within(x, LAT) & ~inside] = "swapped"
    reason[(np.abs(x) > 360) | (np.abs(y) > 360)] = "metres"
    reason[(x == 0) | (y == 0)] = "zero"
    reason[~(np.isfinite(x) & np.isfinite(y))] = "not finite"
    return reason


def outside_box(lon: ArrayLike, lat: ArrayLike, box: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    """Return True for points outside (west, south, east, north); NaN is not outside."""
    x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    west, south, east, north = box
    return (x < west) | (x > east) | (y < south) | (y > north)


def _within(values: NDArray[np.float64], limits: tuple[float, float]) -> NDArray[np.bool_]:
    return (values >= limits[0]) & (values <= limits[1])
