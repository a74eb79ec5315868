"""Daily bed returns: the published totals of each day, split between the sites that are open."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from layers.scenario.city import City
from layers.scenario.curve import EPOCH, day_of
from layers.scenario.published import apportion, interpolated, settings, table

TABLE_DAY = day_of("2020-02-15")  # the day of the published table of 42 hospitals
SPREAD_DAYS = 8  # from that day on the split drifts to that by capacity, when 48 hospitals reported
SEVERE, ICU = 0.28, 0.04  # shares of a designated hospital's beds; invented
BROKEN_EVERY = 5  # days between rows that report a negative number of beds
KINDS = {"designated": "普通床位", "fangcang": "方舱", "isolation": "隔离"}


def beds(city: City, day: int, factor: float, spoiled: bool = True) -> pd.DataFrame:
    """Return the rows of one evening in the feed's columns; `spoiled` adds the rows that the feed must refuse.

    Totals of designated hospitals, fangcang and isolation points are those of facts/beds.toml, times `factor`.
    """
    sites = city.hospitals.set_index("hospital_id")
    rows = [_split(row) for row in _designated(sites, day, factor).to_dict("records")]
    rows += [_shelters(sites, day, factor, kind) for kind in ("fangcang", "isolation")]
    out = pd.concat(rows, ignore_index=True)
    out["reported_for"] = f"{EPOCH + timedelta(days=day)} 18:00"
    if spoiled and day % BROKEN_EVERY == 0:
        out = pd.concat([out, out.head(1).assign(kind="合计", open=-12, used=3, free=0)], ignore_index=True)
    order = ["hospital", "kind", "reported_for", "open", "used", "free", "planned"]
    return out[order].astype({"planned": "Int64"})


@cache
def totals(day: int) -> dict[str, dict[str, int]]:
    """Return open, used, free and planned of each kind of site on a day; free only where it was published."""
    when = [EPOCH + timedelta(days=day)]
    facts = settings("beds.toml")
    found = {}
    for kind in KINDS:
        figures = [f for f in ("open", "used", "planned") if any(f in row for row in facts[kind])]
        found[kind] = {f: round(float(interpolated(facts[kind], f, when)[0])) for f in figures}
        free = [row["free"] for row in facts[kind] if row["day"] == when[0] and "free" in row]
        found[kind] |= {"free": free[0]} if free else {}
    return found


def open_sites(sites: pd.DataFrame, kind: str, day: int) -> pd.DataFrame:
    """Return the sites of a kind that take patients on `day`."""
    opens = sites["opens"].map(lambda text: day_of(str(text)[:10]))
    return sites[(sites["kind"] == kind) & (opens <= day)]


def _designated(sites: pd.DataFrame, day: int, factor: float) -> pd.DataFrame:
    """Open, used and free of each designated hospital; the published table on its day, published totals on every day."""
    total = {name: round(n * factor) for name, n in totals(day)["designated"].items()}
    here = open_sites(sites, "designated", day)
    known = table("hospitals.csv").set_index("hospital_id")[["open", "used"]].reindex(here.index).fillna(0)
    drift = float(np.clip((day - TABLE_DAY) / SPREAD_DAYS, 0, 1))
    weight = (1 - drift) * known["open"] + drift * here["capacity"]
    fullness = (1 - drift) * (known["used"] / known["open"]).fillna(1) + drift
    opened = _pinned(here, day, factor, total["open"], weight.to_numpy(float), "open")
    used = _pinned(here, day, factor, total["used"], opened * fullness.to_numpy(), "used")
    free = np.maximum(opened - used, 0)
    more = total.get("free", int(free.sum())) - int(free.sum())
    free = free + np.sign(more) * apportion(abs(more), free.astype(float))
    return pd.DataFrame({"hospital": here["name"], "open": opened, "used": used, "free": free})


def _pinned(here: pd.DataFrame, day: int, factor: float, total: int, weight: np.ndarray, field: str) -> np.ndarray:
    """Split a total by weight; where a pair of sites has a published figure of its own, the rest share what is left."""
    found = [row for row in settings("beds.toml")["pair"] if row["day"] == EPOCH + timedelta(days=day)]
    pair = here["name"].str.contains("火神山|雷神山").to_numpy()
    if not found or not pair.any():
        return apportion(total, weight)
    share = round(found[0][field] * factor)
    return apportion(share, np.where(pair, weight, 0)) + apportion(total - share, np.where(pair, 0, weight))


def _split(row: Mapping[Any, Any]) -> pd.DataFrame:
    """The three kinds of beds of a designated hospital; overcrowding shows in the ordinary ones."""
    opened, used, free = (int(row[name]) for name in ("open", "used", "free"))
    icu, severe, empty = round(opened * ICU), round(opened * SEVERE), max(opened - used, 0)
    icu_used = min(icu - min(round(free * ICU * 0.5), empty), used // 5)
    severe_used = min(severe - min(round(free * SEVERE * 0.8), empty - (icu - icu_used)), used // 2)
    taken = severe - severe_used + icu - icu_used
    figures = {
        "普通床位": (opened - icu - severe, used - icu_used - severe_used, free - taken),
        "重症": (severe, severe_used, severe - severe_used),
        "ICU": (icu, icu_used, icu - icu_used),
    }
    split = pd.DataFrame([(kind, *n) for kind, n in figures.items()], columns=["kind", "open", "used", "free"])
    return split.assign(hospital=str(row["hospital"]), planned=None)


def _shelters(sites: pd.DataFrame, day: int, factor: float, kind: str) -> pd.DataFrame:
    """Rows of fangcang or isolation points: open ones with patients, coming ones with what is planned."""
    total = {name: round(n * factor) for name, n in totals(day)[kind].items()}
    every = sites[sites["kind"] == kind]
    here = every.index.isin(open_sites(sites, kind, day).index)
    capacity = every["capacity"].to_numpy(float)
    opened = apportion(total["open"], np.where(here, capacity, 0))
    used = np.minimum(apportion(total["used"], opened.astype(float)), opened)
    missing = max(total.get("planned", 0) - total["open"], 0)
    planned = apportion(missing, np.maximum(capacity - opened, 0))
    rows = pd.DataFrame({"hospital": every["name"], "kind": KINDS[kind], "open": opened, "used": used})
    rows = rows.assign(free=opened - used, planned=planned if kind == "fangcang" else None)
    return rows[here | ((planned > 0) & (kind == "fangcang"))] if total["open"] else rows.iloc[:0]
