"""The same search at three levels of area: what a cluster is must not hang on how the map is cut (DOMAIN 4, MAUP)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from geo.crs import metres_a_degree
from geo.hotspot import false_discovery, getis_ord, local_moran, nearest_weights
from geo.scan import scan
from geo.small_areas import eb_global

LEVELS = ("compound", "community", "street")
FEWEST_UNITS = 10  # fewer units than this make no map of circles
PER = 10_000  # persons or households that rates are told for
Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Homes:
    """Compounds that can be scanned, and what could not be.

    rows     code, name, district, street, community, x, y (metres), people, cases (in the window)
    days     code, day, n over the days of history
    measure  "population" or "households" where they are known, "" where neither is: then there is no denominator
    without_place, without_people  cases of the window in compounds that were left out for want of it
    """

    rows: pd.DataFrame
    days: pd.DataFrame
    measure: str
    without_place: int
    without_people: int


def homes(compounds: pd.DataFrame, recent: pd.DataFrame, last_day: int, settings: Any) -> Homes:
    """Return what can be scanned."""
    window = recent[recent["day"] > last_day - settings["days"]]
    rows = compounds.assign(cases=compounds["code"].map(window.groupby("area")["n"].sum()).fillna(0).astype(int))
    placed = rows["lon"].notna() & rows["lat"].notna()
    measure = next((name for name in ("population", "households") if _is_known(rows, name, settings)), "")
    people = rows[measure] if measure else pd.Series(np.nan, index=rows.index)
    usable = placed & ((people > 0) if measure else True)
    east, north = metres_a_degree(rows.loc[placed, "lat"].mean() if placed.any() else 0.0)
    kept = rows[usable].assign(x=rows["lon"] * float(east), y=rows["lat"] * float(north), people=people)
    days = recent.rename(columns={"area": "code"})
    return Homes(
        kept.reset_index(drop=True),
        days[days["code"].isin(set(kept["code"]))].reset_index(drop=True),
        measure,
        int(rows.loc[~placed, "cases"].sum()),
        int(rows.loc[placed & ~usable, "cases"].sum()),
    )


def _is_known(rows: pd.DataFrame, name: str, settings: Any) -> bool:
    return bool(len(rows)) and float((rows[name] > 0).mean()) >= settings["min_known"]


def unit_of(rows: pd.DataFrame, level: str) -> pd.Series:
    """Return the unit of each compound at a level; missing where the register does not name it."""
    if level == "compound":
        return rows["code"]
    names = ["district", "street", "community"][: 3 if level == "community" else 2]
    parts = rows[names].fillna("").astype(str)
    joined = ["/".join(row) for row in parts.to_numpy().tolist()]
    return pd.Series(joined, index=rows.index, dtype=object).where((parts != "").all(axis=1))


def scanned(found: Homes, level: str, last_day: int, settings: Any, told: Told | None) -> pd.DataFrame | None:
    """Return clusters at a level: members (positions in `found.rows`), observed, expected, llr, p, first_day, last_day.

    None: too few units to look for circles among them.
    """
    unit = unit_of(found.rows, level)
    rows = found.rows.assign(unit=unit)[unit.notna()]
    units = rows.groupby("unit", sort=True).agg(
        x=("x", "mean"), y=("y", "mean"), people=("people", "sum"), cases=("cases", "sum")
    )
    if len(units) < FEWEST_UNITS:
        return None
    common = {"max_share": settings["max_share"], "replicates": settings["replicates"], "seed": settings["seed"]}
    days = found.days.assign(unit=found.days["code"].map(rows.set_index("code")["unit"])).dropna(subset=["unit"])
    days = days.groupby(["unit", "day"])[["n"]].sum().reset_index()
    if found.measure:
        table = scan(units[["x", "y"]], units["cases"], population=units["people"], progress=told, **common)
        inside = [set(units.index[list(members)]) for members in table["members"]]
        days = days[days["day"] > last_day - settings["days"]]
        spans = [days.loc[days["unit"].isin(names), "day"] for names in inside]
    else:
        at = units.loc[days["unit"]]
        table = scan(
            at[["x", "y"]].to_numpy(), days["n"], times=days["day"], max_days=settings["longest_days"], alive=True, progress=told, **common
        )  # fmt: skip
        inside = [set(days["unit"].iloc[list(members)]) for members in table["members"]]
        spans = [days["day"].iloc[list(members)] for members in table["members"]]
    position = pd.Series(np.arange(len(found.rows)), index=unit).sort_index()
    members = [tuple(sorted(position[position.index.isin(names)])) for names in inside]
    return table.assign(
        members=pd.Series(members, dtype=object),
        first_day=[int(s.min()) for s in spans],
        last_day=[int(s.max()) for s in spans],
    )


def shared(members: tuple[int, ...], others: pd.DataFrame | None, cases: np.ndarray[Any, Any], alpha: float) -> float:
    """Return the share of a cluster's cases that live inside significant clusters of another level; NaN: not looked for."""
    mine = list(members)
    if others is None or not cases[mine].sum():
        return np.nan
    elsewhere = {row for other in others.loc[others["p"] <= alpha, "members"] for row in other}
    both = [row for row in mine if row in elsewhere]
    return float(cases[both].sum() / cases[mine].sum())


def hot_spots(found: Homes, settings: Any) -> pd.DataFrame:
    """Return one row per compound: code, rate (per PER, shrunk), gi_z, gi_q, moran_i, moran_q; without denominators no rows.

    q is the false discovery rate over all compounds, of a test of both sides.
    """
    if not found.measure or len(found.rows) < FEWEST_UNITS:
        return pd.DataFrame(columns=["code", "rate", "gi_z", "gi_q", "moran_i", "moran_q"])
    rate = eb_global(found.rows["cases"], found.rows["people"]) * PER
    weights = nearest_weights(found.rows[["x", "y"]], settings["neighbours"])
    gi = getis_ord(rate, weights)
    moran = local_moran(rate, weights, settings["replicates"], settings["seed"])
    return pd.DataFrame(
        {
            "code": found.rows["code"],
            "rate": rate,
            "gi_z": gi,
            "gi_q": false_discovery(2 * norm.sf(np.abs(gi))),
            "moran_i": moran["i"],
            "moran_q": false_discovery((2 * moran["p"]).clip(upper=1)),
        }
    )
