"""How far and in which direction points lie from the places they name, read in each frame: the picture of the datum evidence."""

import numpy as np
from numpy.typing import ArrayLike

from geo.crs import metres_a_degree
from geo.datum import to_wgs84
from geo.datum_detect import FRAMES

MOST = 60  # anchors drawn; the figures rest on all of them


def offsets(lon: ArrayLike, lat: ArrayLike, place_lon: ArrayLike, place_lat: ArrayLike) -> dict[str, list[list[int]]]:
    """Return frame -> metres east and north of its place for some of the anchors, spread over all; degrees only.

    lon, lat              as given
    place_lon, place_lat  WGS-84 of the place that each belongs to
    """
    x, y, at_x, at_y = (np.asarray(a, dtype=float) for a in (lon, lat, place_lon, place_lat))
    good = np.isfinite(x) & np.isfinite(y) & np.isfinite(at_x) & np.isfinite(at_y) & (np.abs(x) <= 180)
    x, y, at_x, at_y = (a[good][:: max(1, -(-int(good.sum()) // MOST))] for a in (x, y, at_x, at_y))
    if not len(x):
        return {}
    found = {}
    for frame in FRAMES:
        east, north = to_wgs84(x, y, frame)
        a_lon, a_lat = metres_a_degree(at_y)
        pairs = np.column_stack([(east - at_x) * a_lon, (north - at_y) * a_lat])
        found[frame] = [[round(float(e)), round(float(n))] for e, n in pairs]
    return found
