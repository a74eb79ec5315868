"""What the store already knows by name: districts, hospitals and compounds that deliveries refer to."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection, Table, func, select

from geo.point_index import PointIndex
from layers.intake.gazetteer_care import care_now, standing_codes
from layers.store.database import Store
from layers.store.schema import FOREVER, compound, district, hospital

MARGIN = 0.5  # degrees around the districts that still count as the region: patients live beyond the city line
# What bulletins leave out of a hospital's name: who runs it. A campus in brackets is another hospital, and stays.
OWNERS = re.compile(
    r"^(?:华中科技大学同济医学院附属|武汉大学|武汉科技大学附?属?|华润|解放军|湖北省|省|武汉市|武汉|市)+(?=..)"
)

_books: dict[tuple[str, int, int], "DistrictBook"] = {}


def believed(connection: Connection, table: Table, *columns: str) -> pd.DataFrame:
    """Return the open versions of a table, as the running transaction sees them."""
    query = select(*(table.c[name] for name in columns)).where(table.c.known_until == FOREVER)
    return Store.frame(connection, query)


@dataclass(frozen=True)
class DistrictBook:
    """Districts by code, name and position."""

    codes: tuple[str, ...]
    names: dict[str, str]  # spelling -> code
    titles: dict[str, str]  # code -> official name
    index: PointIndex
    region: tuple[float, float, float, float] | None

    @classmethod
    def load(cls, connection: Connection, identity: str) -> "DistrictBook":
        """Return the districts of a store (`identity`) that are believed now; read once per state of them."""
        state = connection.execute(
            select(func.max(district.c.id), func.count()).where(district.c.known_until == FOREVER)
        ).one()
        key = (identity, state[0] or 0, state[1])
        if key not in _books:
            _books.clear()
            _books[key] = cls.unkept(connection)
        return _books[key]

    @classmethod
    def unkept(cls, connection: Connection) -> "DistrictBook":
        """Return the districts as this transaction sees them, kept for nobody: it may be rolled back."""
        rows = believed(connection, district, "code", "name", "name_en", "shape")
        shapes = shapely.from_wkb(rows["shape"].to_numpy(object))
        names: dict[str, str] = {}
        for code, name, english in zip(rows["code"], rows["name"], rows["name_en"], strict=True):
            short = re.sub("(新区|区|县|市)$", "", name)
            for word in (code, name, short, english, f"{english} District" if english else None):
                if word and len(word) > 1:
                    names[_plain(word)] = code
        titles = dict(zip(rows["code"], rows["name"], strict=True))
        return cls(tuple(rows["code"]), names, titles, PointIndex(shapes), _box(shapes))

    def code(self, text: str | None) -> str | None:
        """Return the code that a name means, None when it is not an administrative district here."""
        return self.names.get(_plain(text)) if isinstance(text, str) else None

    def at(self, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        """Return the code of the district that each point lies in, "" for none."""
        position = self.index.locate(lon, lat).position
        return np.array([*self.codes, ""], dtype=object)[position]


@dataclass(frozen=True)
class HospitalBook:
    """Hospitals by code, name, alias and the short names of bulletins."""

    names: dict[str, str]

    @classmethod
    def load(cls, connection: Connection) -> "HospitalBook":
        """Read the hospitals that are believed now; a short name that two of them share means neither."""
        rows = believed(connection, hospital, "code", "name", "aliases")
        exact: dict[str, str] = {}
        short: dict[str, set[str]] = {}
        for code, name, aliases in zip(rows["code"], rows["name"], rows["aliases"], strict=True):
            for word in (code, name, *(aliases or [])):
                exact[word] = code
                short.setdefault(short_hospital(word), set()).add(code)
        unique = {word: next(iter(found)) for word, found in short.items() if len(found) == 1}
        return cls(unique | exact)

    def code(self, text: str | None) -> str | None:
        """Return the code that a name means, None when no hospital or more than one answers to it."""
        return (self.names.get(text) or self.names.get(short_hospital(text))) if text else None


def short_hospital(name: str) -> str:
    """Return a hospital's name as a bulletin shortens it: 武汉大学人民医院（东院） and 省人民医院东院 are both 人民院东."""
    short = re.sub(r"[（）()\s]", "", name).replace("职工", "").replace("医院", "院").replace("中院", "中医院")
    return OWNERS.sub("", short).removesuffix("院区").removesuffix("院") or name


def compound_codes(connection: Connection) -> dict[str, str]:
    """Return code -> code of all compounds that are believed now: a merged one means its survivor, a split one nobody."""
    return standing_codes(believed(connection, compound, "code")["code"], care_now(connection))


def _plain(word: str) -> str:
    return word.strip().lower().replace("'", "").replace(" ", "")


def _box(shapes: np.ndarray) -> tuple[float, float, float, float] | None:
    if not len(shapes):
        return None
    west, south, east, north = (float(v) for v in shapely.total_bounds(shapes))
    return west - MARGIN, south - MARGIN, east + MARGIN, north + MARGIN
