"""The compounds that a waiting match may mean, with what speaks for and against each, for the person who decides."""

from typing import Any

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Select, select

from geo.address import Door, doors_of, normalise, without_tail
from geo.address_sound import sound_of
from geo.match import distance_to
from layers._view import View
from layers.intake.gazetteer_changes import written_name
from layers.store.asof import known
from layers.store.care import heirs, standing, title
from layers.store.schema import compound

MOST = 5
AROUND = 400  # other compounds drawn faintly, so that a person sees where a candidate lies


def compounds_of(view: View, codes: list[str]) -> Select[Any]:
    """Return the named compounds as far as they stand, a merged one as its survivor.

    was (the code that was named), code, name, aliases, addresses, district, street, lon, lat, shape.
    """
    ends = heirs(view, codes)
    return _places(view).add_columns(ends.c.was).where(compound.c.code == ends.c.code)


def around(view: View, box: tuple[float, float, float, float]) -> Select[Any]:
    """Return the compounds that lie in a box of degrees (west, south, east, north), at most AROUND."""
    west, south, east, north = box
    lon, lat = compound.c.lon.between(west, east), compound.c.lat.between(south, north)
    return _places(view).where(lon, lat).limit(AROUND)


def _places(view: View) -> Select[Any]:
    names = ("aliases", "addresses", "district", "street", "lon", "lat", "shape")
    columns = (compound.c.code, title(view), *(compound.c[name] for name in names))
    return select(*columns).where(known(compound, view), standing(view))


def names_a_place(address: str) -> bool:
    """Return whether an address names a compound or a door, and not only a street or a district."""
    return bool(written_name(address) or doors_of(without_tail(address))[0])


def explained(person: dict[str, Any], places: pd.DataFrame) -> pd.DataFrame:
    """Return one row a candidate in the order of probability: code, name, district, probability, distance_m, zh, en, geometry.

    person  address, district (code), lon, lat, alternatives: a row of `review.waiting`
    places  rows of `compounds_of`; a candidate that is not among them is left out, and those that are one compound by now
            are one candidate with the sum of their probabilities
    `distance_m` is NaN without a point or an outline; `zh`, `en` say what agrees and what does not.
    """
    rows = places.assign(geometry=_geometry(places)).set_index("was")
    text = person["address"] if isinstance(person["address"], str) else ""
    found: dict[str, dict[str, Any]] = {}
    for choice in (person["alternatives"] or [])[:MOST]:
        if choice["compound_id"] not in rows.index:
            continue
        row = rows.loc[choice["compound_id"]]
        if row["code"] in found:
            found[row["code"]]["probability"] += float(choice["score"])
            continue
        signs = _signs(text, person["district"] or "", row)
        more = {"probability": float(choice["score"]), "distance_m": _distance(person, row["geometry"])}
        said = {"zh": "；".join(zh for zh, _ in signs), "en": "; ".join(en for _, en in signs)}
        found[row["code"]] = {**row[["code", "name", "district", "geometry"]].to_dict(), **more, **said}
    columns = ["code", "name", "district", "geometry", "probability", "distance_m", "zh", "en"]
    likeliest_first = sorted(found.values(), key=lambda row: -row["probability"])
    return pd.DataFrame(likeliest_first, columns=columns)


def _geometry(places: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Outlines, points where there are none, None where nothing is known."""
    shapes = shapely.from_wkb(places["shape"].to_numpy(object))
    lon, lat = places["lon"].to_numpy(float), places["lat"].to_numpy(float)
    points = np.full(len(places), None, dtype=object)
    good = np.isfinite(lon) & np.isfinite(lat)
    points[good] = shapely.points(lon[good], lat[good])
    return np.where(shapely.is_missing(shapes), points, shapes)


def _distance(person: dict[str, Any], geometry: Any) -> float:
    lon, lat = (np.array([person[name]], dtype=float) for name in ("lon", "lat"))
    if geometry is None or not np.isfinite([lon[0], lat[0]]).all():
        return float("nan")
    return float(distance_to(np.array([geometry], dtype=object), lon, lat)[0])


def _signs(text: str, district: str, row: Any) -> list[tuple[str, str]]:
    found = [_name_sign(written_name(text), row)]
    doors = {door for address in row["addresses"] or [] for door in doors_of(address)[0]}
    mine = set(doors_of(without_tail(text))[0])
    if any(_same_door(one, other) for one in mine for other in doors):
        found.append(("门牌一致", "the door agrees"))
    elif mine and doors:
        found.append(("门牌不符", "the door is another"))
    if row["street"] and row["street"] in text:
        found.append(("街道一致", "the street agrees"))
    if district and row["district"]:
        same = district == row["district"]
        found.append(("区一致", "the district agrees") if same else ("区不符", "the district is another"))
    return [sign for sign in found if sign[0]]


def _same_door(one: Door, other: Door) -> bool:
    """An address may run a place name and a road together, 青山世泰街242号, so that roads agree by their ends."""
    ends = one.road.endswith(other.road) or other.road.endswith(one.road)
    return ends and (one.number, one.lane) == (other.number, other.lane)


def _name_sign(written: str, row: Any) -> tuple[str, str]:
    names = [normalise(name) for name in (row["name"], *(row["aliases"] or []))]
    if not written:
        return "地址未写小区名", "the address names no compound"
    if written in names:
        return "名称一致", "the name agrees"
    if sound_of(written) in {sound_of(name) for name in names}:
        return "名称同音", "the name sounds the same"
    if any(written in name or name in written for name in names):
        return "名称部分一致", "a part of the name agrees"
    return "名称不同", "the name is another"
