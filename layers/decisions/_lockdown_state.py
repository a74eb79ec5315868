"""The state of every compound in one table: counts, clocks, control, assessment, and the score with its parts."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from layers.decisions._lockdown_facts import LockdownFacts
from layers.decisions._silence import Silence
from layers.decisions._words import ITEMS
from layers.decisions.rules import RuleSet
from layers.store.totals import COUNTED, feed_of

CLOSED = ("sealed", "building_sealed", "controlled")
OPEN_STATES = ("suspected", "fever", "contact", "asymptomatic")
SUMS = ("signal", "ever_counted", "hit_buildings", "in_buildings")
PARTS = ("part_confirmed", "part_suspected", "part_open", "part_recency", "part_density", "part_not_closed")


def compound_state(facts: LockdownFacts, rules: Mapping[str, RuleSet], last_day: int, heard: bool) -> pd.DataFrame:
    """Return one row per compound, indexed by code.

    last_day   last complete day that a delivery of cases covers: every clock ends with it
    heard      whether cases were ever delivered

    new_*      persons first reaching the status in the observation window that ends with `last_day`, and since
    open_*     persons in the status now
    signal     newly confirmed, clinically diagnosed (and, where the rule counts them, asymptomatic) plus now suspected
    newest     day number of the newest such person, NaN for none
    clean_days covered days without one of the statuses the release rule counts; inf where there never was one, NaN where
               cases were never delivered
    hit_buildings, in_buildings  buildings with signal persons, and how many of these persons have a known building
    items_missing  names of the 到位 items that are not in place; None: not assessed
    """
    state = facts.compounds.drop_duplicates("code").set_index("code").sort_index()
    state = state.assign(district=state["district"].fillna("").astype(str), name=state["name"].fillna("").astype(str))
    window = int(rules["contact-observation"].params["days"])
    counted = _counted(rules)
    state = _counts(state, facts, window, last_day)
    state["signal"] = state[[f"new_{s}" for s in counted]].sum(axis=1) + state["open_suspected"]
    state = state.join(_hit(facts.buildings, counted, last_day - window)).fillna(
        {"hit_buildings": 0, "in_buildings": 0}
    )
    state["clean_days"] = _clean_days(state, rules, last_day) if heard else np.nan
    state = state.join(facts.controls.drop_duplicates("compound").set_index("compound")[["state", "since_day"]])
    state["control"] = state.pop("state").fillna("").astype(str)
    state["since_day"] = pd.to_numeric(state["since_day"])
    state["items_missing"] = pd.Series(_items_missing(state.index, facts.assessments), index=state.index, dtype=object)
    state["unplaced_share"] = state["district"].map(unplaced_share(facts.placements)).astype(float)
    return _scored(state, rules["priority"].params, window, last_day)


def told(shown: pd.DataFrame, silence: Silence) -> pd.DataFrame:
    """Return the rows without the counts of feeds that never came: nobody told, which is not nobody."""
    for name in (*SUMS, *(one for one in map(str, shown) if one.startswith(("new_", "open_")))):
        shown = silence.untold(shown, feed_of(name), [name])
    return shown


def unplaced_share(placements: pd.DataFrame) -> pd.Series:
    """Return, per district, the share of its cases that lie in no compound (in review or unmatched)."""
    rows = placements.assign(n=pd.to_numeric(placements["n"]), district=placements["district"].fillna(""))
    every = rows.groupby("district")["n"].sum()
    open_ = rows[rows["status"] != "accepted"].groupby("district")["n"].sum()
    return open_.reindex(every.index).fillna(0) / every


def _counted(rules: Mapping[str, RuleSet]) -> list[str]:
    """Confirmed and clinical call for closing; asymptomatic from the day the release rule names it."""
    release = rules.get("no-epidemic")
    return ["confirmed", "clinical"] + (
        ["asymptomatic"] if release and "asymptomatic" in release.params["zero_new"] else []
    )


def _counts(state: pd.DataFrame, facts: LockdownFacts, window: int, last_day: int) -> pd.DataFrame:
    recent = facts.recent[pd.to_numeric(facts.recent["day"]) > last_day - window]
    new = recent.pivot_table(index="area", columns="status", values="n", aggfunc="sum") if len(recent) else recent
    ever = facts.totals.set_index("area")
    columns: dict[str, Any] = {}
    for status in ("confirmed", "clinical", "asymptomatic", "suspected"):
        columns[f"new_{status}"] = _aligned(new, status, state.index)
    for status in ("counted", "asymptomatic", "suspected"):
        columns[f"last_{status}"] = _aligned(ever, f"last_{status}", state.index, missing=np.nan)
    for status in OPEN_STATES:
        columns[f"open_{status}"] = _aligned(ever, f"now_{status}", state.index)
    columns["ever_counted"] = _aligned(ever, "ever_counted", state.index)
    counts = pd.DataFrame(columns, index=state.index)
    return state.join(counts)


def _aligned(frame: pd.DataFrame, column: str, index: pd.Index, missing: float = 0) -> np.ndarray[Any, Any]:
    if column not in frame or frame.empty:
        return np.full(len(index), float(missing))
    return pd.to_numeric(frame[column]).reindex(index).fillna(missing).to_numpy(dtype=float)


def _hit(buildings: pd.DataFrame, counted: list[str], since: int) -> pd.DataFrame:
    """Per compound: how many buildings have signal persons, how many such persons, and the buildings' names."""
    if buildings.empty:
        return pd.DataFrame(columns=["hit_buildings", "in_buildings", "hit_names"])
    day, suspected = pd.to_numeric(buildings["day"]), buildings["status"] == "suspected"
    rows = buildings[suspected | (buildings["status"].isin(counted) & (day > since))]
    place = [
        str(area).partition("|")[::2] for area in rows["area"].tolist()
    ]  # pandas' own split takes five times as long
    rows = pd.DataFrame(place, columns=["code", "building"], index=rows.index).assign(n=pd.to_numeric(rows["n"]))
    names: dict[str, set[str]] = {}
    for code, building in zip(rows["code"].tolist(), rows["building"].tolist(), strict=True):
        names.setdefault(code, set()).add(building)
    return pd.DataFrame(
        {
            "hit_buildings": pd.Series({code: len(found) for code, found in names.items()}, dtype=float),
            "in_buildings": rows.groupby("code")["n"].sum(),
            "hit_names": pd.Series({code: tuple(sorted(found)) for code, found in names.items()}, dtype=object),
        }
    )


def _clean_days(state: pd.DataFrame, rules: Mapping[str, RuleSet], last_day: int) -> np.ndarray[Any, Any]:
    statuses = {
        "counted" if s in COUNTED else s for s in _counted(rules)
    }  # a confirmation of a clinical case restarts nothing
    last = state[[f"last_{s}" for s in sorted(statuses)]].max(axis=1)
    return (last_day - last).fillna(np.inf).to_numpy(dtype=float)


def _items_missing(codes: pd.Index, assessments: pd.DataFrame) -> list[tuple[str, ...] | None]:
    rows = assessments.drop_duplicates("compound").set_index("compound")[list(ITEMS)]
    cells = zip(rows.index, rows.itertuples(index=False), strict=True)
    missing = {code: tuple(i for i, done in zip(ITEMS, row, strict=True) if done != 1) for code, row in cells}
    return [missing.get(code) for code in codes]


def _scored(state: pd.DataFrame, weight: Mapping[str, float], window: int, last_day: int) -> pd.DataFrame:
    cases = state["new_confirmed"] + state["new_clinical"]
    newest = state[["last_counted", "last_suspected"]].max(axis=1)
    has = state["signal"] > 0
    households = pd.to_numeric(state["households"])
    density = (state["signal"] / households.where(households > 0) * 1000).clip(upper=10)
    state = state.assign(
        newest=newest.where(has),
        part_confirmed=weight["confirmed"] * cases,
        part_suspected=weight["suspected"] * state["open_suspected"],
        part_open=weight["open"] * (state["open_fever"] + state["open_contact"]),
        part_recency=weight["recency"] * (1 - (last_day - newest).clip(lower=0) / window).clip(lower=0).where(has, 0),
        part_density=weight["density"] * density.fillna(0),  # households unknown: no part, not a guess
        part_not_closed=weight["not_closed"] * (has & ~state["control"].isin(CLOSED)),
    )
    state["score"] = state[list(PARTS)].sum(axis=1).round(2)
    return state
