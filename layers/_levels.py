"""Levels of the map: which street and district each compound adds to, and where their circles stand.

Streets have no outline, so a street stands at the centre of its compounds weighted by residents. The browser adds up what it
has of the compounds: a level therefore always equals the sum of what is drawn beneath it, at every step of the clocks.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from layers._palette import HEAT, Ramp

VALUE = "confirmed_now"  # what districts and streets add up where no proposal colours the compounds
AWAY = "elsewhere"

RATE = Ramp(  # persons for 10,000 residents of the compounds: counts get size, rates get colour
    edges=(5, 15, 30, 60, 100),
    colours=(
        (70, 92, 116, 225),
        (122, 82, 150, 235),
        *HEAT,
    ),
    zh=("<5", "5–15", "15–30", "30–60", "60–100", "≥100"),
    en=("<5", "5–15", "15–30", "30–60", "60–100", "≥100"),
)


@dataclass(frozen=True)
class Levels:
    """Streets and districts of some compounds: id, name, district, lon, lat (NaN: nowhere), residents (NaN: unknown).

    street_of, district_of   position in `streets` and `districts`, one a compound, in the order of the frame
    residents                residents of each compound, NaN where unknown
    """

    streets: pd.DataFrame
    districts: pd.DataFrame
    street_of: npt.NDArray[Any]
    district_of: npt.NDArray[Any]
    residents: npt.NDArray[np.float64]


def levels_of(compounds: pd.DataFrame, districts: pd.DataFrame | None = None) -> Levels:
    """Return the levels above compounds (district, street, population, lon, lat).

    districts   frame with id, name, lon, lat: its names and label points; without it a district is called by its code
    """
    residents = pd.to_numeric(compounds["population"], errors="coerce").to_numpy(float)
    rows = pd.DataFrame(
        {
            "district": compounds["district"].astype(str).to_numpy(),
            "street": compounds["street"].astype(str).to_numpy(),
            "lon": compounds["lon"].to_numpy(float),
            "lat": compounds["lat"].to_numpy(float),
            "residents": residents,
        }
    )
    streets, street_of = _centres(rows, ["district", "street"])
    streets = streets.assign(id=streets["district"] + "/" + streets["street"], name=streets["street"])
    above, district_of = _centres(rows, ["district"])
    return Levels(streets, _titled(above.assign(id=above["district"]), districts), street_of, district_of, residents)


def elsewhere(compounds: pd.DataFrame, districts: pd.DataFrame) -> dict[str, int]:
    """Return district -> persons counted in it who have no compound; only districts with such persons, never below zero."""
    placed = compounds.groupby(compounds["district"].astype(str))[VALUE].sum()
    whole = districts.set_index(districts["id"].astype(str))
    away = (whole["now_confirmed"] + whole["now_clinical"]).sub(placed, fill_value=0)
    away = away[away.index.isin(whole.index)]
    return {str(code): int(n) for code, n in away.items() if n > 0}


def _centres(rows: pd.DataFrame, by: list[str]) -> tuple[pd.DataFrame, npt.NDArray[Any]]:
    """Return one row a group with its weighted centre, and the group of each row."""
    groups = rows.groupby(by, sort=True)
    weight = rows["residents"].where(rows["residents"] > 0, 1.0).where(rows["lon"].notna() & rows["lat"].notna())
    moments = rows[by].assign(w=weight, x=weight * rows["lon"], y=weight * rows["lat"])
    sums = moments.groupby(by, sort=True)[["w", "x", "y"]].sum()
    found = pd.DataFrame(
        {
            "lon": (sums["x"] / sums["w"].where(sums["w"] > 0)).to_numpy(),
            "lat": (sums["y"] / sums["w"].where(sums["w"] > 0)).to_numpy(),
            "residents": groups["residents"].sum(min_count=1).to_numpy(),
            "compounds": groups.size().to_numpy(),
        }
    )
    names = sums.index.to_frame(index=False)
    return pd.concat([names, found], axis=1), groups.ngroup().to_numpy(dtype=np.int64)


def _titled(above: pd.DataFrame, districts: pd.DataFrame | None) -> pd.DataFrame:
    if districts is None or districts.empty:
        return above.assign(name=above["id"])
    known = districts.drop_duplicates("id").set_index("id")
    names = above["id"].map(known["name"]).fillna(above["id"])
    own = {axis: above["id"].map(known[axis].astype(float)).fillna(above[axis]) for axis in ("lon", "lat")}
    return above.assign(name=names, **own)
