"""Everything a bed plan computes before anything is said about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from math import isnan, nan

import numpy as np
import pandas as pd

from layers._times import day_number
from layers._view import View
from layers.decisions._bed_ahead import AHEAD_TOPICS, Outlook, outlook
from layers.decisions._bed_balance import KINDS, allocate, capacity, warnings
from layers.decisions._bed_demand import NEEDS, Projection, Window, demand, look_back, project, projected, shares
from layers.decisions._bed_facts import BedFacts
from layers.decisions._bed_places import Access, Sent, access, send
from layers.decisions._bed_sites import Opening, distances, offers, order, serves
from layers.decisions._bed_siting import SITING, Sited, choose, demand_points, sited, work_days
from layers.decisions._bed_usable import by_kind, usable
from layers.decisions._inputs import as_date, cell, complete_day, numbers
from layers.decisions.rules import RuleSet, find, in_force
from layers.decisions.whatif import WhatIf

TOPICS = (
    *(
        "placement",
        "severity-share",
        "projection",
        "staff-ratio",
        "staff-ratio-derived",
        "oxygen",
        "waiting",
        "travel",
        "opening",
    ),
    *AHEAD_TOPICS,
)
SOMETIMES = ("definition-step", "fangcang-gate")  # topics without an edition on some days


def rules_of(day: int, rules: Iterable[RuleSet] | None = None) -> dict[str, RuleSet]:
    """Return topic -> the edition in force on a day."""
    known = None if rules is None else tuple(rules)
    held = {topic: in_force(topic, as_date(day), known) for topic in TOPICS}
    return held | {topic: rule for topic in SOMETIMES if (rule := find(topic, as_date(day), known))}


@dataclass(frozen=True)
class Work:
    """The parts of a plan, each as the module it comes from describes it.

    today  number of the day of as_of
    """

    rules: dict[str, RuleSet]
    what_if: WhatIf
    today: int
    need: pd.DataFrame
    beds: pd.DataFrame
    usable: pd.DataFrame
    kinds: pd.DataFrame
    window: Window
    projections: dict[tuple[str, str], Projection]
    outlook: Outlook
    balance: pd.DataFrame
    openings: list[Opening]
    sites: pd.DataFrame
    siting: dict[str, Sited]
    sent: Sent
    access: Access
    warnings: pd.DataFrame

    @classmethod
    def of(cls, facts: BedFacts, rules: dict[str, RuleSet], view: View, what_if: WhatIf) -> "Work":
        ids = tuple(rule.id for rule in rules.values())
        need = demand(facts.states, shares(rules["severity-share"]))
        # What no assumption changes is worked out once for the same facts.
        use = facts.once(("usable", *ids), lambda: usable(facts.hospitals, facts.teams, facts.oxygen, rules))
        window = look_back(facts.daily, complete_day(view), rules["projection"], rules.get("definition-step"))
        projections = project(need, facts.daily, window, rules["projection"])
        open_beds, can = (
            capacity(facts.hospitals, list(need.index)),
            _usable_beds(facts.hospitals, list(need.index), use),
        )
        census, city = numbers(need[list(NEEDS)].sum()), {kind: cell(can, "*", kind) for kind in KINDS}
        lying = _lying(census, use, rules["placement"])
        coming = outlook(facts, census, city, lying, window, view, rules, what_if)
        balance = _balance(need, projected(need, projections), can, rules["placement"], coming, rules["projection"])
        found = offers(facts.hospitals)
        found = found[~found["id"].isin(what_if.refused)].reset_index(drop=True)
        plans = _sited(facts, found, balance, coming, rules)
        openings = _order(facts, found, balance, coming, plans, rules["placement"])
        return cls(
            rules=rules, what_if=what_if, today=day_number(view.as_of), need=need, beds=open_beds, usable=use, kinds=by_kind(use),
            window=window, projections=projections, outlook=coming, balance=balance, openings=openings,
            sites=_ranked(found, openings, facts.hospitals, rules["opening"]), siting={n: s for n, (s, _) in plans.items()},
            sent=facts.once(("sent", *ids), partial(send, facts, use, rules)),
            access=facts.once(("access", *ids), partial(access, facts, use, rules["travel"])),
            warnings=warnings(facts.hospitals),
        )  # fmt: skip

    def shortage(self, need: str) -> float:
        """The worst shortage from now on that is planned for, in the whole view; NaN where it is not known."""
        return worst(self.balance, self.outlook)[need]

    def compared(self) -> pd.DataFrame:
        """The siting models beside the plan, of every need that is short."""
        found = [plan.compare for plan in self.siting.values() if len(plan.compare)]
        return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=SITING)


def _usable_beds(hospitals: pd.DataFrame, areas: list[str], use: pd.DataFrame) -> pd.DataFrame:
    """Usable beds per kind and district, silent sites as they are for open ones."""
    return capacity(hospitals, areas, use.assign(open=use["usable"]))


def _lying(census: dict[str, float], use: pd.DataFrame, rule: RuleSet) -> dict[tuple[str, str], float]:
    """(need, kind) -> persons who lie there: the beds in use, filled worst needs first, each by those who fit."""
    left = {kind: float(n) for kind, n in use.groupby("kind")["used"].sum(min_count=1).items() if not isnan(n)}
    found = {}
    for need in NEEDS:
        rest = census[need]
        for kind in (*rule.params[need], *(["unsplit"] if need in NEEDS[:3] else [])):
            taken = min(left.get(kind, 0.0), rest)
            if taken > 0:
                found[need, kind] = taken
                left[kind] -= taken
                rest -= taken
    return found


def _balance(
    now: pd.DataFrame, then: pd.DataFrame, beds: pd.DataFrame, rule: RuleSet, coming: Outlook, projection: RuleSet
) -> pd.DataFrame:
    rows = []
    for area in beds.index:
        here = numbers(beds.loc[area])
        today = (now if area == "*" else now.reindex([area]))[list(NEEDS)].fillna(0.0).sum()
        label = "" if area == "*" else area or "?"
        later = {need: cell(then, label, need) if label in then.index else 0.0 for need in NEEDS}
        first, second = allocate(numbers(today), here, rule), allocate(later, here, rule)
        for one, two in zip(first, second, strict=True):
            rows.append({"area": area, **one, "demand_7d": two["demand"], "shortage_7d": two["shortage"]})
    columns = ["area", "need", "demand", "beds", "placed", "unsplit", "shortage", "demand_7d", "shortage_7d"]
    found = pd.DataFrame(rows, columns=columns)
    at = int(projection.params["horizon_days"]) - 1
    for need, (
        persons,
        short,
    ) in coming.likely.items():  # the whole view has a forecast; districts are too small for one
        city = (found["area"] == "*") & (found["need"] == need)
        found.loc[city, ["demand_7d", "shortage_7d"]] = (round(persons[at]), np.rint(short[at]))
    return found


def worst(balance: pd.DataFrame, coming: Outlook) -> dict[str, float]:
    """The whole view's shortage per need: now, in seven days, or on the worst coming day; NaN only where none is known."""
    city = balance[balance["area"] == "*"].set_index("need")
    known = city[["shortage", "shortage_7d"]].astype(float).max(axis=1)
    found = {need: float(known.get(need, nan)) for need in NEEDS}
    for need, short in coming.short.items():
        found[need] = float(
            np.fmax(known.get(need, nan) if isnan(short.max()) else cell(city, need, "shortage"), np.ceil(short.max()))
        )
    return found


def _unmet(balance: pd.DataFrame) -> pd.DataFrame:
    """Where beds are short: need (columns) per district; where no district is short, where the demand is."""
    rows = balance[balance["area"] != "*"].assign(n=lambda b: b[["shortage", "shortage_7d"]].astype(float).max(axis=1))
    short = rows.pivot_table(index="area", columns="need", values="n", aggfunc="sum").reindex(columns=list(NEEDS))
    every = rows.pivot_table(index="area", columns="need", values="demand", aggfunc="sum").reindex(columns=list(NEEDS))
    return short.where(short.sum() > 0, every)


def _places(districts: pd.DataFrame) -> pd.DataFrame:
    return districts.drop_duplicates("code").set_index("code")[["lon", "lat"]]


def _sited(
    facts: BedFacts, found: pd.DataFrame, balance: pd.DataFrame, coming: Outlook, rules: dict[str, RuleSet]
) -> dict[str, tuple[Sited, pd.Index]]:
    """The opening plan of each need that is short, and the rows of the offers it was made from."""
    horizon = int(rules["occupancy"].params["horizon_days"])
    short = {need: np.full(horizon, n) for need, n in worst(balance, coming).items() if n > 0}
    short |= {need: np.ceil(path) for need, path in coming.short.items() if need in short and not np.isnan(path).any()}
    kinds = choose(short, {kind: serves(kind, rules["placement"]) for kind in found["bed_kind"].unique()})
    unmet, places = _unmet(balance), _places(facts.districts)
    plans = {}
    for need in dict.fromkeys(kinds.values()):
        rows = found[found["bed_kind"].map(kinds) == need]
        km = [distances(lon, lat, unmet, places)[need] for lon, lat in rows[["lon", "lat"]].to_numpy(float)]
        rows = rows.assign(distance_km=km, kind=_site_kinds(facts.hospitals, rows["id"]))
        points = demand_points(_people(facts), float(short[need].max()))
        plans[need] = sited(need, rows, short[need], points, rules["opening"], rules["travel"]), rows.index
    return plans


def _people(facts: BedFacts) -> pd.DataFrame:
    """Where the ill live: one row per person placed in a compound; where need is short nobody knows which of them lack a bed."""
    homes = facts.compounds.rename(columns={"code": "compound"})[["compound", "district", "street", "lon", "lat"]]
    return facts.patients[["compound"]].merge(homes, on="compound")


def _site_kinds(hospitals: pd.DataFrame, ids: pd.Series) -> pd.Series:
    return ids.map(hospitals.drop_duplicates("id").set_index("id")["kind"])


def _order(
    facts: BedFacts, found: pd.DataFrame, balance: pd.DataFrame, coming: Outlook,
    plans: dict[str, tuple[Sited, pd.Index]], rule: RuleSet,
) -> list[Opening]:  # fmt: skip
    keys = found["id"].astype(str) + "|" + found["bed_kind"].astype(str)
    opens = dict.fromkeys(keys, nan)
    for plan, rows in plans.values():
        opens |= dict(zip(keys[rows], plan.opens, strict=True))
    return order(found, worst(balance, coming), _unmet(balance), _places(facts.districts), rule, opens)


def _ranked(found: pd.DataFrame, openings: list[Opening], hospitals: pd.DataFrame, opening: RuleSet) -> pd.DataFrame:
    key = found["id"].astype(str) + "|" + found["bed_kind"].astype(str)
    said = pd.DataFrame(
        [(o.id, at, o.need, o.covered, o.distance_km, o.opens) for at, o in enumerate(openings, start=1)],
        columns=["key", "rank", "need", "covered", "distance_km", "opens"],
    )
    days = work_days(_site_kinds(hospitals, found["id"]), opening)
    rows = found.assign(key=key, work_days=days).merge(said, on="key").sort_values("rank")
    return rows.drop(columns="key").reset_index(drop=True)
