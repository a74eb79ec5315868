"""WGS-84, GCJ-02, BD-09 and CGCS2000: the frames that Chinese coordinates come in, and the way between them.

GCJ-02 and BD-09 follow the formulas that are publicly known; nobody outside can check them against the official ones.
"""

import re
from functools import cache

import numpy as np
import pyproj
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.errors import DatumError

DATUMS = ("wgs84", "gcj02", "bd09", "cgcs2000")
Points = tuple[NDArray[np.float64], NDArray[np.float64]]

# Krasovsky 1940, the ellipsoid of the public GCJ-02 formula.
MAJOR_M, ECCENTRICITY2 = 6_378_245.0, 0.00669342162296594323
BD_TURN = np.pi * 3000 / 180
# Worst error of the inverse over China: 1 round 4.9 m, 2 rounds 3.1 cm, 3 rounds 0.2 mm, 4 rounds 1.3 um (MATCHING 4).
ROUNDS = 5
BOX = (72.004, 0.8293, 137.8347, 55.8271)  # the box of the public formula; it covers what follows, which is not shifted

# Rough outlines, drawn so that the land border runs between them and the mainland cities named.
HONG_KONG = [(113.825, 22.13), (113.825, 22.42), (113.94, 22.475), (114.03, 22.506), (114.10, 22.531), (114.17, 22.559), (114.23, 22.552), (114.36, 22.56), (114.52, 22.45), (114.52, 22.13)]  # fmt: skip
MACAU = [(113.527, 22.10), (113.527, 22.20), (113.5345, 22.2125), (113.5480, 22.2155), (113.5600, 22.2140), (113.61, 22.20), (113.61, 22.10)]  # fmt: skip
TAIWAN = [(119.90, 21.70), (119.90, 25.50), (121.30, 25.60), (122.20, 25.60), (122.20, 21.70)]
PENGHU = [(119.25, 23.10), (119.25, 23.85), (119.90, 23.85), (119.90, 23.10)]
KINMEN = [(118.20, 24.37), (118.27, 24.46), (118.38, 24.53), (118.52, 24.54), (118.52, 24.37)]
MATSU = [(119.85, 25.90), (119.85, 26.40), (120.55, 26.40), (120.55, 25.90)]


def in_mainland(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
    """Return True where GCJ-02 applies: inside the public box, and not in Hong Kong, Macau or Taiwan (with its islands)."""
    x, y = _pair(lon, lat)
    west, south, east, north = BOX
    inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    near = inside & (x > 113.5) & (x < 122.3) & (y > 21.6) & (y < 26.5)
    if near.any():
        inside[near] &= ~shapely.contains_xy(_outside(), x[near], y[near])
    return inside


def require_datum(text: str) -> str:
    """Return the datum in its one spelling, or raise DatumError.

    Accepted: wgs84, gcj02, bd09, cgcs2000, cgcs2000:114 (a 3-degree zone by its central meridian) and epsg:4547.
    """
    word = re.sub(r"[\s_-]", "", text.lower())
    if word in DATUMS or re.fullmatch(r"epsg:\d{4,6}", word):
        return word
    zone = re.fullmatch(r"cgcs2000:(\d{2,3})", word)
    if zone and 75 <= int(zone[1]) <= 135 and int(zone[1]) % 3 == 0:
        return word
    raise DatumError(
        f"datum {text!r} is not known; wanted one of {', '.join(DATUMS)}, cgcs2000:<central meridian 75..135> or epsg:<code>"
    )


def to_wgs84(lon: ArrayLike, lat: ArrayLike, datum: str) -> Points:
    """Return longitude and latitude in WGS-84 degrees of coordinates given in `datum`; NaN stays NaN.

    Inverse shifts are iterated to less than 1 mm. Points that lie outside the mainland are not shifted.
    """
    x, y = _pair(lon, lat)
    datum = require_datum(datum)
    if datum == "gcj02":
        return _unshift(x, y)
    if datum == "bd09":
        return _bd_to_wgs(x, y)
    return (x, y) if datum == "wgs84" else _from_cgcs2000(x, y, datum)


def from_wgs84(lon: ArrayLike, lat: ArrayLike, datum: str) -> Points:
    """Return coordinates in `datum` of WGS-84 degrees; cgcs2000 gives degrees, its zones and EPSG systems give metres."""
    x, y = _pair(lon, lat)
    datum = require_datum(datum)
    if datum == "gcj02":
        return _shift(x, y)
    if datum == "bd09":
        inside = in_mainland(x, y)
        bx, by = _gcj_to_bd(*_shift(x, y))
        return np.where(inside, bx, x), np.where(inside, by, y)
    if datum in ("wgs84", "cgcs2000"):
        return x, y  # CGCS2000 and WGS-84 degrees differ by less than a metre: EPSG has a null shift between them
    return _transform(x, y, "EPSG:4326", _epsg(datum))


def geometries_to_wgs84(geometries: NDArray[np.object_], datum: str) -> NDArray[np.object_]:
    """Return the shapes in WGS-84 degrees; None stays None."""
    shapes = np.asarray(geometries, dtype=object)
    if require_datum(datum) == "wgs84" or not len(shapes):
        return shapes
    return shapely.transform(shapes, lambda xy: np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], datum)))


def _pair(lon: ArrayLike, lat: ArrayLike) -> Points:
    x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    if x.shape != y.shape:
        raise DatumError(f"{x.shape} longitudes and {y.shape} latitudes; wanted the same number")
    return x, y


@cache
def _outside() -> shapely.Geometry:
    rings = (HONG_KONG, MACAU, TAIWAN, PENGHU, KINMEN, MATSU)
    area = shapely.union_all([shapely.Polygon(ring) for ring in rings])
    shapely.prepare(area)
    return area


def _offset(x: NDArray[np.float64], y: NDArray[np.float64]) -> Points:
    """Degrees by which GCJ-02 lies from WGS-84 at a WGS-84 point."""
    u, v = x - 105.0, y - 35.0
    root = np.sqrt(np.abs(u))
    common = (20 * np.sin(6 * u * np.pi) + 20 * np.sin(2 * u * np.pi)) * 2 / 3
    waves_north = (20 * np.sin(v * np.pi) + 40 * np.sin(v / 3 * np.pi)) * 2 / 3
    swell_north = (160 * np.sin(v / 12 * np.pi) + 320 * np.sin(v * np.pi / 30)) * 2 / 3
    north = -100 + 2 * u + 3 * v + 0.2 * v * v + 0.1 * u * v + 0.2 * root + common + waves_north + swell_north
    waves_east = (20 * np.sin(u * np.pi) + 40 * np.sin(u / 3 * np.pi)) * 2 / 3
    swell_east = (150 * np.sin(u / 12 * np.pi) + 300 * np.sin(u / 30 * np.pi)) * 2 / 3
    east = 300 + u + 2 * v + 0.1 * u * u + 0.1 * u * v + 0.1 * root + common + waves_east + swell_east
    phi = np.radians(y)
    w = 1 - ECCENTRICITY2 * np.sin(phi) ** 2
    degree_east = MAJOR_M / np.sqrt(w) * np.cos(phi) * np.pi / 180
    degree_north = MAJOR_M * (1 - ECCENTRICITY2) / (w * np.sqrt(w)) * np.pi / 180
    return east / degree_east, north / degree_north


def _shift(x: NDArray[np.float64], y: NDArray[np.float64]) -> Points:
    dx, dy = _offset(x, y)
    inside = in_mainland(x, y)
    return np.where(inside, x + dx, x), np.where(inside, y + dy, y)


def _unshift(x: NDArray[np.float64], y: NDArray[np.float64]) -> Points:
    """Whether a point was shifted is judged where it truly lies, so that both ways agree along the border of the outside."""
    u, v = x.copy(), y.copy()
    for _ in range(ROUNDS):
        dx, dy = _offset(u, v)
        u, v = x - dx, y - dy
    shifted = in_mainland(u, v)
    return np.where(shifted, u, x), np.where(shifted, v, y)


def _gcj_to_bd(x: NDArray[np.float64], y: NDArray[np.float64]) -> Points:
    radius = np.hypot(x, y) + 2e-5 * np.sin(y * BD_TURN)
    angle = np.arctan2(y, x) + 3e-6 * np.cos(x * BD_TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _bd_to_wgs(x: NDArray[np.float64], y: NDArray[np.float64]) -> Points:
    u, v = x - 0.0065, y - 0.006
    for _ in range(ROUNDS):
        bx, by = _gcj_to_bd(u, v)
        u, v = u + (x - bx), v + (y - by)
    u, v = _unshift(u, v)
    inside = in_mainland(u, v)
    return np.where(inside, u, x), np.where(inside, v, y)


def _from_cgcs2000(x: NDArray[np.float64], y: NDArray[np.float64], datum: str) -> Points:
    """Degrees pass; metres need their zone, from the datum or from an easting that carries it (8 digits, zone 25-45)."""
    if datum != "cgcs2000":
        return _transform(x, y, _epsg(datum), "EPSG:4326")
    metres = np.abs(x) > 360
    if not metres.any():
        return x, y
    zones = np.floor(x / 1e6)
    if not np.all(~metres | ((zones >= 25) & (zones <= 45))):
        raise DatumError(
            "projected CGCS2000 eastings without their zone, for example "
            f"{x[metres & ~((zones >= 25) & (zones <= 45))][0]:.0f}; state cgcs2000:<central meridian> (114 for Wuhan) or epsg:4534..4554"
        )
    u, v = x.copy(), y.copy()
    for zone in np.unique(zones[metres]).astype(int):
        some = metres & (zones == zone)
        u[some], v[some] = _transform(x[some], y[some], f"EPSG:{4513 + zone - 25}", "EPSG:4326")
    return u, v


def _epsg(datum: str) -> str:
    if datum.startswith("epsg:"):
        return datum.upper()
    return f"EPSG:{4534 + int(datum.split(':')[1]) // 3 - 25}"


def _transform(x: NDArray[np.float64], y: NDArray[np.float64], source: str, target: str) -> Points:
    try:
        moved = pyproj.Transformer.from_crs(source, target, always_xy=True).transform(x, y)
    except pyproj.exceptions.ProjError as error:
        raise DatumError(f"{source} cannot be brought to {target}: {error}") from error
    u, v = (np.where(np.isfinite(m), m, np.nan) for m in moved)
    return u, v
