"""The coordinate systems this project uses, by name, and distances in metres."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import GeoError

DEGREES = "EPSG:4326"
MAJOR_M, FLATTENING = 6_378_137.0, 1 / 298.257223563  # WGS-84


def metres_for(lon: float) -> str:
    """Return the CGCS2000 3-degree zone for a longitude, without zone prefix: EPSG:4547 for Wuhan (114 E)."""
    if not 73.5 <= lon < 136.5:
        raise GeoError(f"longitude {lon} lies outside the CGCS2000 3-degree zones; wanted 73.5 to 136.5")
    return f"EPSG:{4534 + int((lon + 1.5) // 3) - 25}"


def metres_a_degree(lat: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return metres a degree of longitude and of latitude at `lat`, on the WGS-84 ellipsoid."""
    phi = np.radians(np.asarray(lat, dtype=float))
    eccentricity = FLATTENING * (2 - FLATTENING)
    w = 1 - eccentricity * np.sin(phi) ** 2
    across = MAJOR_M / np.sqrt(w)
    along = MAJOR_M * (1 - eccentricity) / w**1.5
    return np.radians(across * np.cos(phi)), np.radians(along)


def distance_m(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> NDArray[np.float64]:
    """Return metres between points, on a plane that touches the ellipsoid half-way: 0.1 % at city scale; NaN gives NaN."""
    x1, y1, x2, y2 = (np.asarray(v, dtype=float) for v in (lon1, lat1, lon2, lat2))
    east, north = metres_a_degree((y1 + y2) / 2)
    return np.hypot((x2 - x1) * east, (y2 - y1) * north)
