"""Who goes where: persons without a bed to free beds they may use, nearest on the whole, the worst cases first.

Each class of need is a transport problem solved by min-cost flow (DOMAIN 0.3). What may lie where is data: `placement` says
which kinds of bed a need may use (never a lower one), `fangcang-gate` who may go to a fangcang. Whoever fails the gate by
age or self-care goes to a designated hospital (DOMAIN 1.7): nobody is without a class, and an unknown age or severity is no
pass. Where beds are fewer than persons, districts are served in proportion, and in each those who wait longest: far and
silent districts are not starved for the sake of short ways.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from layers.decisions._bed_demand import largest_remainder
from layers.decisions._bed_travel import great_circle_km, minutes
from layers.decisions._proposal import Words
from layers.decisions.flow import transport
from layers.decisions.rules import RuleSet

CLASSES = {  # in the order in which they choose
    "critical": Words("危重型", "critical"),
    "severe": Words("重型", "severe"),
    "designated": Words("轻症（年龄或自理，定点收治）", "mild, designated (age/self-care)"),
    "unassessed": Words("未分型或年龄不明（定点收治）", "severity or age unknown, designated"),
    "fangcang": Words("轻型和普通型（可进方舱）", "mild and ordinary, fangcang"),
    "suspected": Words("疑似（单间）", "suspected (single room)"),
}
HOSPITAL = (
    "critical",
    "severe",
    "designated",
    "unassessed",
    "fangcang",
)  # may also use beds that were not split by kind
SECOND_BEST = 1000.0  # minutes: a less fitting kind of bed is used only when the best is full
WAIT = ["person", "class", "compound", "district", "lon", "lat", "since", "bed"]
FLOWS = ["class", "compound", "district", "hospital", "kind", "n", "transfers", "km", "minutes"]
UNSERVED = ["class", "district", "n", "kinds", "free", "why"]
SOLVED = ["part", "status", "gap", "objective", "greedy", "unserved"]


@dataclass(frozen=True)
class Placed:
    """Where persons go.

    flows     class, compound, district (of the person), hospital, kind, n persons, of these transfers, km in a straight line, minutes
    unserved  class, district, n, kinds (they may use), free (beds of these that were free), why: full | unknown | none
    solved    a row a class: status, gap, objective (minutes of travel) and greedy (of sending each to the nearest free bed)
    ledger    persons, in_bed, waiting, placed, transfers, admissions, unserved: persons are counted once, admissions are not
    """

    flows: pd.DataFrame = field(repr=False)
    unserved: pd.DataFrame = field(repr=False)
    solved: pd.DataFrame = field(repr=False)
    ledger: Mapping[str, int]


def classify(patients: pd.DataFrame, gate: RuleSet | None) -> pd.Series:
    """Return the class of each person (a key of CLASSES).

    patients  status, severity ("" unknown), age (NaN unknown); self_care (True, False, or missing: not reported) where known
    gate      the rule fangcang-gate; None before there were any: every mild case is `designated`
    """
    severity, age = patients["severity"].fillna(""), pd.to_numeric(patients["age"])
    found = pd.Series("designated", index=patients.index)
    if gate is not None:
        p = gate.params
        care = patients["self_care"] if "self_care" in patients else pd.Series(True, index=patients.index)
        fits = age.between(p["age_from"], p["age_to"]) & (care.fillna(True).astype(bool) | (not p["self_care"]))
        fits &= severity.isin(p["severity"]) & patients["status"].isin(p["status"])
        found = found.mask(fits, "fangcang").mask(age.isna(), "unassessed")
    found = found.mask(severity == "", "unassessed")
    found = found.mask(severity == "severe", "severe").mask(severity == "critical", "critical")
    return found.mask(patients["status"] == "suspected", "suspected")


def kinds_of(name: str, placement: RuleSet) -> tuple[str, ...]:
    """Return the kinds of bed that a class may use, best first."""
    rule = placement.params
    if name in ("designated", "unassessed"):
        own = tuple(kind for kind in rule["light"] if kind != "fangcang")
    else:
        own = tuple(rule["light" if name == "fangcang" else name])
    return (*own, "unsplit") if name in HOSPITAL else own


def lying(people: pd.DataFrame, used: Mapping[str, float], placement: RuleSet) -> pd.Series:
    """Return in which kind of bed each person lies, "" in none: used beds go to those ill for longest, the worst first.

    people  class, since;  used: kind -> beds in use, NaN unknown (nobody is said to lie there)
    No feed says who lies in which bed. Beds in use beyond those who fit them hold persons who wait for a better kind: the
    worst of them, so that they are known as transfers and are not counted as without any bed.
    """
    left = {kind: 0 if np.isnan(n) else round(n) for kind, n in used.items()}
    order = people.sort_values("since", kind="stable")
    found = pd.Series("", index=people.index)
    for name in CLASSES:
        of_class = order.index[order["class"] == name]
        for kind in kinds_of(name, placement):
            taken = of_class[: left.get(kind, 0)]
            found[taken] = kind
            left[kind] = left.get(kind, 0) - len(taken)
            of_class = of_class[len(taken) :]
    for name in HOSPITAL[:2]:  # critical and severe, in a bed too low for them
        for kind in ("severe", "ordinary", "fangcang"):
            rest = order.index[(order["class"] == name) & (found[order.index] == "").to_numpy()]
            if kind not in kinds_of(name, placement) and left.get(kind, 0) > 0:
                found[rest[: left[kind]]] = kind
                left[kind] -= len(rest[: left[kind]])
    return found


def place(people: pd.DataFrame, beds: pd.DataFrame, placement: RuleSet, travel: RuleSet) -> Placed:
    """Return the allocation of persons to free beds.

    people  one row per person: person (id), class, compound, district, lon, lat (NaN unknown), since, bed (kind they lie in, "" none).
            A person who is listed twice, by two sources or before and after a transfer, counts once: the last row stands
    beds    hospital, kind, lon, lat, free (NaN unknown: nobody is sent there)
    A person whose bed is too low for the class is a transfer: one person, two admissions; the bed given up is free only after
    the move and is not offered here.
    """
    people = people.drop_duplicates("person", keep="last").reset_index(drop=True)
    allowed = {f"{name}|{kind}" for name in CLASSES for kind in kinds_of(name, placement)}
    fits = (people["class"].astype(str) + "|" + people["bed"].astype(str)).isin(allowed)
    waiting = people[~fits]
    offer = beds.assign(free=pd.to_numeric(beds["free"]).fillna(0.0).clip(lower=0))
    flows, lacking, solved = [], [], []
    for name in CLASSES:
        of_class = waiting[waiting["class"] == name]
        if of_class.empty:
            continue
        kinds = kinds_of(name, placement)
        mine = offer[offer["kind"].isin(kinds)]
        chosen = served(of_class, int(mine["free"].sum()))
        sent, row = _flow(name, of_class[chosen], mine, kinds, travel)
        offer = _taken(offer, sent)
        flows.append(sent)
        solved.append(row | {"unserved": float((~chosen).sum())})
        lacking.append(_lacking(name, of_class[~chosen], beds[beds["kind"].isin(kinds)], kinds, mine))
    return Placed(
        flows=pd.concat([f for f in flows if len(f)] or [pd.DataFrame(columns=FLOWS)], ignore_index=True)[FLOWS],
        unserved=pd.concat([f for f in lacking if len(f)] or [pd.DataFrame(columns=UNSERVED)], ignore_index=True),
        solved=pd.DataFrame(solved, columns=SOLVED),
        ledger=_ledger(people, waiting, flows),
    )


def served(people: pd.DataFrame, free: int) -> np.ndarray:
    """Return who gets a bed when only `free` are there: districts in proportion to those who wait, the longest waiting first."""
    if free >= len(people):
        return np.ones(len(people), dtype=bool)
    waiting = people.groupby("district").size()
    quota = largest_remainder(float(free), {str(area): float(n) for area, n in waiting.items()})
    rank = people.sort_values("since", kind="stable").groupby("district").cumcount().reindex(people.index)
    return (rank < people["district"].astype(str).map(quota)).to_numpy(bool)


def _flow(
    name: str, people: pd.DataFrame, beds: pd.DataFrame, kinds: tuple[str, ...], travel: RuleSet
) -> tuple[pd.DataFrame, dict[str, Any]]:
    by_place = people.assign(moved=people["bed"] != "").groupby(["compound", "district"], as_index=False, dropna=False)
    groups = by_place.agg(n=("person", "size"), transfers=("moved", "sum"), lon=("lon", "first"), lat=("lat", "first"))
    km, ride = _ways(beds, groups, travel)
    rank = beds["kind"].map({kind: at for at, kind in enumerate(kinds)}).to_numpy(float)
    cost = ride + rank[:, None] * SECOND_BEST
    found = transport(cost, beds["free"].to_numpy(), groups["n"].to_numpy(float))
    plain = _greedy(cost, beds["free"].to_numpy(), groups["n"].to_numpy(float))
    bed, group = np.nonzero(found.assignment)
    rows = groups.iloc[group][["compound", "district", "transfers"]].reset_index(drop=True)
    n = np.rint(found.assignment[bed, group]).astype(int)
    rows = rows.assign(**{"class": name, "n": n, "km": km[bed, group], "minutes": ride[bed, group]})
    rows = rows.assign(hospital=beds["hospital"].to_numpy()[bed], kind=beds["kind"].to_numpy()[bed])
    before = rows.groupby(["compound", "district"], dropna=False)["n"].cumsum() - rows["n"]
    rows["transfers"] = (rows["transfers"] - before).clip(lower=0).clip(upper=rows["n"])
    solved = {"part": name, "status": found.status, "gap": found.gap}
    away = {"objective": (found.assignment * ride).sum(), "greedy": (plain * ride).sum()}
    return rows[FLOWS], solved | away


def _ways(beds: pd.DataFrame, groups: pd.DataFrame, travel: RuleSet) -> tuple[np.ndarray, np.ndarray]:
    """Straight-line kilometres and minutes, (beds, groups); a place that is not known is as far from every bed as the mean."""
    km = great_circle_km(
        beds["lon"].to_numpy(float)[:, None], beds["lat"].to_numpy(float)[:, None],
        groups["lon"].to_numpy(float)[None], groups["lat"].to_numpy(float)[None],
    )  # fmt: skip
    middle = float(np.nanmean(km)) if np.isfinite(km).any() else 0.0
    km = np.where(np.isnan(km), middle, km)
    return km, minutes(km, travel).round(3)


def _greedy(cost: np.ndarray, free: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Each place in turn to the nearest free beds, as a dispatcher without a plan would."""
    left, found = free.copy(), np.zeros(cost.shape)
    nearest = np.argsort(cost, axis=0, kind="stable")
    for group in range(cost.shape[1]):
        n = wanted[group]
        for bed in nearest[:, group]:
            taken = min(n, left[bed])
            found[bed, group] = taken
            left[bed] -= taken
            n -= taken
            if n <= 0:
                break
    return found


def _taken(offer: pd.DataFrame, sent: pd.DataFrame) -> pd.DataFrame:
    gone = sent.groupby(["hospital", "kind"])["n"].sum()
    keys = pd.MultiIndex.from_frame(offer[["hospital", "kind"]])
    return offer.assign(free=offer["free"] - gone.reindex(keys).fillna(0).to_numpy())


def _lacking(
    name: str, people: pd.DataFrame, beds: pd.DataFrame, kinds: tuple[str, ...], mine: pd.DataFrame
) -> pd.DataFrame:
    """Those without a bed, by district, and why: the kinds are full, nobody said whether they are, or nobody has any."""
    why: Any = "none" if beds.empty else "unknown" if beds["free"].isna().all() else "full"
    rows = people.groupby("district", as_index=False).size().rename(columns={"size": "n"})
    return rows.assign(**{"class": name, "kinds": "+".join(kinds), "free": float(mine["free"].sum()), "why": why})[
        UNSERVED
    ]


def _ledger(people: pd.DataFrame, waiting: pd.DataFrame, flows: list[pd.DataFrame]) -> dict[str, int]:
    placed = sum(int(f["n"].sum()) for f in flows)
    transfers = sum(int(f["transfers"].sum()) for f in flows)
    in_bed = int((people["bed"] != "").sum())
    return {
        "persons": len(people),
        "in_bed": in_bed,
        "waiting": len(waiting),
        "placed": placed,
        "transfers": transfers,
        "admissions": in_bed + placed,  # who moves has been admitted twice and is still one person
        "unserved": len(waiting) - placed,
    }
