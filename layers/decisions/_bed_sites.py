"""Which sites could give beds, what they would cover, and how far they lie from where beds are short."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan, nan

import numpy as np
import pandas as pd

from layers.decisions._bed_balance import HOSPITAL_NEEDS
from layers.decisions._bed_demand import NEEDS
from layers.decisions._bed_travel import great_circle_km
from layers.decisions.rules import RuleSet

COLUMNS = ["id", "name", "district", "bed_kind", "offered", "lon", "lat"]


@dataclass(frozen=True)
class Opening:
    """One site in the order of opening; need "" where its beds would cover nothing."""

    id: str
    need: str
    offered: float
    covered: float
    distance_km: float
    opens: float = nan  # day after today on which it takes patients, where a day is planned


def offers(hospitals: pd.DataFrame) -> pd.DataFrame:
    """Return one row per site and kind that could give beds: id, name, district, bed_kind, offered, lon, lat.

    offered  beds planned; for a candidate site without a plan, its capacity less what is open; NaN: not known
    A candidate site is a hall or a school: its beds are fangcang beds unless its report says otherwise.
    """
    rows = hospitals.copy()
    for name in ("open", "planned", "capacity"):
        rows[name] = rows[name].astype(float)
    candidate = rows["kind"] == "candidate"
    room = (rows["capacity"] - rows["open"].fillna(0)).where(candidate).clip(lower=0)
    rows["offered"] = rows["planned"].where(rows["planned"] > 0, room)
    default = rows["kind"].map({"fangcang": "fangcang", "isolation": "isolation", "candidate": "fangcang"})
    split = rows["bed_kind"].where(rows["bed_kind"] != "all")
    rows["bed_kind"] = split.fillna(default).fillna("unsplit")
    rows["district"] = rows["district"].fillna("")
    return rows[(rows["planned"] > 0) | candidate][COLUMNS].drop_duplicates(["id", "bed_kind"]).reset_index(drop=True)


def order(
    sites: pd.DataFrame,
    shortage: Mapping[str, float],
    away: pd.DataFrame,
    rule: RuleSet,
    opens: Mapping[str, float] | None = None,
) -> list[Opening]:
    """Return the sites in the order to open them: the soonest first, then most shortage covered, the nearest to it, then by id.

    shortage  need -> persons without a bed in the whole area
    away      kilometres of each site to where each need (column) is short
    opens     id|kind -> day after today on which a site is planned to open: sites without one are held in reserve; None: no
              day is planned and every site that covers something opens
    """
    left = {need: 0.0 if isnan(n) else n for need, n in shortage.items()}
    waiting = sites.assign(offered=sites["offered"].astype(float)).to_dict("records")
    far = {(s["id"], s["bed_kind"]): km for s, km in zip(waiting, away.to_dict("records"), strict=True)}
    found: list[Opening] = []
    while waiting:
        options = []
        for at, site in enumerate(waiting):
            day = nan if opens is None else opens.get(f"{site['id']}|{site['bed_kind']}", nan)
            need = _need(site["bed_kind"], left, rule) if opens is None or not isnan(day) else ""
            covered = 0.0 if not need or isnan(site["offered"]) else min(site["offered"], left[need])
            km = far[site["id"], site["bed_kind"]][need or "light"]
            soon = np.inf if isnan(day) else day
            rank = (soon, -covered, isnan(site["offered"]), np.inf if isnan(km) else km, site["id"])
            options.append((*rank, at, need if covered else "", covered, km))
        soon, *_, at, need, covered, km = min(options)
        site = waiting.pop(at)
        if need:
            left[need] -= covered
        day = soon if need and np.isfinite(soon) else nan
        found.append(Opening(site["id"] + "|" + site["bed_kind"], need, site["offered"], covered, km, day))
    return found


def distances(lon: float, lat: float, unmet: pd.DataFrame, places: pd.DataFrame) -> dict[str, float]:
    """Return need -> great-circle kilometres from a point to where the need is unmet, weighted by persons; NaN: unknown."""
    at = places.reindex(unmet.index)
    km = great_circle_km(lon, lat, at["lon"].to_numpy(float), at["lat"].to_numpy(float))
    found = {}
    for need in unmet.columns:
        weight = unmet[need].fillna(0).to_numpy(float) * np.isfinite(km)
        found[need] = float((np.nan_to_num(km) * weight).sum() / weight.sum()) if weight.sum() > 0 else nan
    return found


def serves(kind: str, rule: RuleSet) -> list[str]:
    """Return the needs that a kind of bed may take, worst first; beds that were not split may take any of a hospital's."""
    return list(HOSPITAL_NEEDS) if kind == "unsplit" else [need for need in NEEDS if kind in rule.params[need]]


def _need(kind: str, left: Mapping[str, float], rule: RuleSet) -> str:
    return next((need for need in serves(kind, rule) if left[need] > 0), "")
