"""What the registers say of the invented persons: impossible numbers, written addresses, good and bad coordinates."""

import numpy as np
import pandas as pd
import shapely

from geo import datum
from layers.scenario import addresses
from layers.scenario.city import City
from layers.scenario.curve import day_of

REGION = "990000"  # no administrative division has this code
PHONE = "100"  # no mobile number begins like this
SURNAMES = np.array(list("王李张刘陈杨黄赵周吴徐孙朱马胡郭林何高梁郑罗宋谢唐"), dtype=object)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999
CHECKS = "10X98765432"
LOCATED = {"case": 0.48, "contact": 0.0, "fever": 0.2}
# Share of coordinates with each fault.
SPOILED = {"far": 0.01, "swapped": 0.003, "zero": 0.002, "outside": 0.002}
METRES = 111_320  # in a degree of latitude
DATUMS = {"cdc": "wgs84", "hospitals": "bd09", "streets": "gcj02"}  # the frame each provider writes
REACH_KM = 6.0  # how fast the chance of a hospital falls with distance


def write(rng: np.random.Generator, city: City, persons: pd.DataFrame) -> pd.DataFrame:
    """Return what files say of each person, in their order: name, phone, id_number, address, district, fault, lon, lat, spoiled.

    lon and lat are text in the frame of the provider that reports the person (GCJ-02 for fever patients), "" where unknown.
    """
    told = _identities(rng, persons)
    written = addresses.write(rng, city, persons.join(told))
    lon, lat, spoiled = _positions(rng, city, persons, written["fault"].to_numpy(object))
    frames = np.where(persons["kind"] == "case", persons["provider"].map(DATUMS), "gcj02")
    for name in ("gcj02", "bd09"):
        # A provider's faults are in its own frame: zeros stay zeros, and what lies abroad is not shifted.
        rows = (frames == name) & np.isfinite(lon) & (spoiled != "zero") & (spoiled != "swapped")
        lon[rows], lat[rows] = datum.from_wgs84(lon[rows], lat[rows], name)
    out = told.join(written)
    return out.assign(lon=_degrees(lon), lat=_degrees(lat), spoiled=spoiled)


def admitted(rng: np.random.Generator, city: City, persons: pd.DataFrame, day: np.ndarray) -> np.ndarray:
    """Return the name of the hospital that admitted each person on `day`; near and large ones take more."""
    sites = city.hospitals[city.hospitals["kind"].isin(["designated", "fangcang"])].reset_index(drop=True)
    opens = sites["opens"].map(lambda text: day_of(str(text)[:10])).to_numpy()
    fangcang = (sites["kind"] == "fangcang").to_numpy()
    home = city.compounds.iloc[persons["compound"].to_numpy()]
    east = np.subtract.outer(home["lon"].to_numpy(), sites["lon"].to_numpy()) * 95.8  # km a degree at 30.6 N
    north = np.subtract.outer(home["lat"].to_numpy(), sites["lat"].to_numpy()) * 111.3
    weight = np.exp(-np.hypot(east, north) / REACH_KM) * sites["capacity"].fillna(100).to_numpy(float) + 1e-6
    light = (persons["severity"].isin([0, 1]) & persons["age"].between(18, 65)).to_numpy()
    weight *= np.where(fangcang, light[:, None] * 1.0, 1.0) * (opens <= day[:, None])
    shares = np.cumsum(weight, axis=1)
    pick = (shares < (rng.random(len(persons)) * shares[:, -1])[:, None]).sum(axis=1)
    return sites["name"].to_numpy(object)[np.minimum(pick, len(sites) - 1)]


def check_digit(first17: str) -> str:
    """Return the last character of an identity number (GB 11643-1999)."""
    return CHECKS[sum(int(d) * w for d, w in zip(first17, WEIGHTS, strict=True)) % 11]


def _identities(rng: np.random.Generator, persons: pd.DataFrame) -> pd.DataFrame:
    """Invented names, telephones and identity numbers; a second record of a person repeats the first one's."""
    n = len(persons)
    born = pd.Series((2019 - persons["age"]) * 10_000 + rng.integers(1, 13, n) * 100 + rng.integers(1, 29, n))
    number = REGION + born.astype(str) + (born.groupby(born).cumcount() % 1000).map("{:03d}".format)
    told = pd.DataFrame(
        {
            "name": rng.choice(SURNAMES, n) + "某",
            "phone": [f"{PHONE}{p:08d}" for p in rng.permutation(n) + 10_000_000],
            "id_number": number.map(lambda text: text + check_digit(text)).to_numpy(object),
        },
        index=persons.index,
        dtype=object,
    )
    repeats = np.flatnonzero(persons["same_as"] >= 0)
    told.iloc[repeats] = told.iloc[persons["same_as"].to_numpy()[repeats]].to_numpy()
    return told


def _positions(
    rng: np.random.Generator, city: City, persons: pd.DataFrame, fault: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """WGS-84 longitude and latitude as the geocoder found them, NaN for most, and what is wrong with them."""
    lon, lat = _inside(rng, city, persons["compound"].to_numpy())
    names = np.array([*SPOILED, ""], dtype=object)
    spoiled = rng.choice(names, len(lon), p=[*SPOILED.values(), 1 - sum(SPOILED.values())])
    bearing, far = rng.uniform(0, 2 * np.pi, len(lon)), rng.uniform(2_000, 9_000, len(lon)) / METRES
    away = spoiled == "far"
    lon, lat = lon + np.where(away, far * np.cos(bearing), 0), lat + np.where(away, far * np.sin(bearing), 0)
    lon, lat = np.where(spoiled == "swapped", lat, lon), np.where(spoiled == "swapped", lon, lat)
    lon, lat = np.where(spoiled == "zero", 0.0, lon), np.where(spoiled == "zero", 0.0, lat)
    lon, lat = np.where(spoiled == "outside", lon + 6, lon), np.where(spoiled == "outside", lat - 4, lat)
    share = persons["kind"].map(LOCATED).to_numpy(float)
    # No geocoder finds a compound that is in no register, nor a street office's four square kilometres.
    without = (rng.random(len(lon)) >= share) | np.isin(fault, ["unknown", "street"])
    return np.where(without, np.nan, lon), np.where(without, np.nan, lat), np.where(without, "", spoiled)


def _inside(rng: np.random.Generator, city: City, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A point inside the outline of each compound; the label point where eight throws missed it."""
    shapes = city.compounds.geometry.to_numpy()
    shapely.prepare(shapes)
    west, south, east, north = shapely.bounds(shapes).T
    lon, lat = (city.compounds[name].to_numpy(float)[at] for name in ("lon", "lat"))
    waiting = np.arange(len(at))
    for _ in range(8):
        compound = at[waiting]
        x = west[compound] + rng.random(len(waiting)) * (east - west)[compound]
        y = south[compound] + rng.random(len(waiting)) * (north - south)[compound]
        hit = shapely.contains_xy(shapes[compound], x, y)
        lon[waiting[hit]], lat[waiting[hit]] = x[hit], y[hit]
        waiting = waiting[~hit]
    return lon, lat


def _degrees(values: np.ndarray) -> np.ndarray:
    return np.array(["" if np.isnan(v) else f"{v:.6f}" for v in values], dtype=object)
