"""Beds by kind against needs: what is open, what it may take, and what is short. No kind takes a need above its own."""

from collections.abc import Mapping
from math import isnan, nan
from typing import Any

import numpy as np
import pandas as pd

from layers.decisions._bed_demand import NEEDS
from layers.decisions.rules import RuleSet

KINDS = ("icu", "severe", "ordinary", "fangcang", "isolation", "unsplit")
HOSPITAL_NEEDS = ("critical", "severe", "light")  # beds that a hospital did not split by kind may serve these
TREATS = ("designated", "fangcang", "isolation")
WARNINGS = ["id", "name", "district", "bed_kind", "open", "used", "free", "extra", "mismatch"]


def split_kinds(hospitals: pd.DataFrame) -> pd.DataFrame:
    """Return id, district, kind (of bed), open, used, planned with "all" resolved.

    A fangcang's or an isolation point's "all" is its own kind; a hospital's is what remains after the kinds it did
    split, as `unsplit`: some of these may be intensive care, we do not know how many.
    """
    rows = hospitals[hospitals["bed_kind"].notna()].copy()
    figures = ["open", "used", "planned"]
    rows[figures] = rows[figures].astype(float)
    every, parts = rows[rows["bed_kind"] == "all"], rows[rows["bed_kind"] != "all"]
    split = parts.groupby("id")[figures].sum(min_count=1).reindex(every["id"]).set_axis(every.index)
    # A part that is not known takes nothing away; a remainder below nothing is a contradiction that stays in the parts.
    rest = (every[figures] - split.fillna(0)).clip(lower=0)
    own = every["kind"].where(every["kind"].isin(["fangcang", "isolation"]), "unsplit")
    every = every.assign(bed_kind=own, **{name: rest[name] for name in figures})
    found = pd.concat([frame for frame in (parts, every) if len(frame)] or [parts])
    found = found.assign(district=found["district"].fillna(""))
    return found[["id", "district", "bed_kind", *figures]].rename(columns={"bed_kind": "kind"}).reset_index(drop=True)


def capacity(hospitals: pd.DataFrame, areas: list[str], beds: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return beds open per kind (columns) and district (index), and a row "*" for all together.

    beds  id, district, kind, open where other than what was reported counts, for example the usable beds

    A kind that nobody anywhere reported is NaN. A district whose sites reported nothing is NaN too; one whose sites
    did report has none of the kinds they left out. `silent_sites` counts sites that treat patients and did not report.
    """
    beds = split_kinds(hospitals) if beds is None else beds
    beds = beds[beds["open"].notna()]
    sites = hospitals.assign(district=hospitals["district"].fillna("")).drop_duplicates("id")
    silent = sites[sites["kind"].isin(TREATS) & ~sites["id"].isin(beds["id"])].groupby("district").size()
    index = pd.Index(sorted({*areas, *sites["district"]}), dtype=object)
    wide = beds.pivot_table(index="district", columns="kind", values="open", aggfunc="sum") if len(beds) else beds[[]]
    wide = wide.reindex(index=index, columns=list(KINDS)).astype(float)
    unknown = index.isin(silent.index) & ~index.isin(beds["district"])
    wide = wide.fillna(0.0)
    wide.loc[unknown] = nan
    wide.loc[:, [kind for kind in KINDS if kind not in set(beds["kind"])]] = nan
    wide.loc["*"] = wide.sum(min_count=1)
    counts = silent.reindex(index).fillna(0)
    return wide.assign(silent_sites=[*counts, counts.sum()])


def allocate(need: Mapping[str, float], beds: Mapping[str, float], rule: RuleSet) -> list[dict[str, Any]]:
    """Return per need: demand, beds of its own kinds, placed, of these in unsplit beds, and shortage.

    Needs are served worst first, each from the kinds that the rule lets it use. NaN beds serve nobody; where every kind
    that could serve a need is unknown, placed and shortage are NaN.
    """
    left = {kind: 0.0 if isnan(beds[kind]) else float(beds[kind]) for kind in KINDS}
    found = []
    for name in NEEDS:
        kinds = list(rule.params[name]) + (["unsplit"] if name in HOSPITAL_NEEDS else [])
        own = [beds[kind] for kind in rule.params[name]]
        row = {"need": name, "demand": need[name], "beds": nan if all(map(isnan, own)) else float(np.nansum(own))}
        if isnan(need[name]) or all(isnan(beds[kind]) for kind in kinds):
            found.append({**row, "placed": nan, "unsplit": nan, "shortage": nan})
            continue
        taken: dict[str, float] = {}
        for kind in kinds:
            taken[kind] = min(left[kind], need[name] - sum(taken.values()))
            left[kind] -= taken[kind]
        placed = sum(taken.values())
        found.append({**row, "placed": placed, "unsplit": taken.get("unsplit", 0.0), "shortage": need[name] - placed})
    return found


def warnings(hospitals: pd.DataFrame) -> pd.DataFrame:
    """Return reports whose figures do not agree: more used than open (`extra`), or free unlike open - used (`mismatch`).

    Nothing is corrected: on 24 February 2020 the city itself reported 19,275 used and 4,311 free of 23,532 open, 54 too
    many, because beds had been added (DOMAIN V18).
    """
    rows = hospitals[hospitals["bed_kind"].notna()].copy()
    for name in ("open", "used", "free"):
        rows[name] = rows[name].astype(float)
    rows["extra"] = (rows["used"] - rows["open"]).clip(lower=0).fillna(0)
    rows["mismatch"] = (rows["free"] - (rows["open"] - rows["used"])).fillna(0)
    odd = rows[(rows["extra"] > 0) | (rows["mismatch"] != 0)]
    return odd.sort_values(["id", "bed_kind"])[WARNINGS].reset_index(drop=True)
