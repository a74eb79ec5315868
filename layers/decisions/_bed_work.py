"""Everything a bed plan computes before anything is said about it."""

from collections.abc import Iterable
from dataclasses import dataclass
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
class Standing:
    """What no assumption changes: worked out once for the same facts, so that a what-if answers at once.

    away  need -> kilometres from each offer to where that need is short, NaN where it is not known
    """

    need: pd.DataFrame
    beds: pd.DataFrame
    usable: pd.DataFrame
    kinds: pd.DataFrame
    can: dict[str, float]
    lying: dict[tuple[str, str], float]
    window: Window
    projections: dict[tuple[str, str], Projection]
    balance: pd.DataFrame
    offers: pd.DataFrame
    away: pd.DataFrame
    sent: Sent
    access: Access
    warnings: pd.DataFrame

    @classmethod
    def of(cls, facts: BedFacts, rules: dict[str, RuleSet], view: View) -> "Standing":
        """Return it for the facts of one view."""
        need = demand(facts.states, shares(rules["severity-share"]))
        areas, use = list(need.index), usable(facts.hospitals, facts.teams, facts.oxygen, rules)
        window = look_back(facts.daily, complete_day(view), rules["projection"], rules.get("definition-step"))
        projections = project(need, facts.daily, window, rules["projection"])
        can = capacity(facts.hospitals, areas, use.assign(open=use["usable"]))
        balance = _balance(need, projected(need, projections), can, rules["placement"])
        found = offers(facts.hospitals)
        days = work_days(_site_kinds(facts.hospitals, found["id"]), rules["opening"])
        return cls(
            need=need, beds=capacity(facts.hospitals, areas), usable=use, kinds=by_kind(use),
            can={kind: cell(can, "*", kind) for kind in KINDS}, lying=_lying(numbers(need[list(NEEDS)].sum()), use, rules["placement"]),
            window=window, projections=projections, balance=balance,
            offers=found.assign(site_kind=_site_kinds(facts.hospitals, found["id"]), work_days=days),
            away=_away(found, balance, facts.districts), sent=send(facts, use, rules),
            access=access(facts, use, rules["travel"]), warnings=warnings(facts.hospitals),
        )  # fmt: skip


@dataclass(frozen=True)
class Work:
    """The parts of a plan, each as the module it comes from describes it.

    today  number of the day of as_of
    worst  need -> the worst shortage from now on that is planned for, in the whole view; NaN where it is not known
    """

    rules: dict[str, RuleSet]
    what_if: WhatIf
    today: int
    standing: Standing
    outlook: Outlook
    balance: pd.DataFrame
    worst: dict[str, float]
    openings: list[Opening]
    sites: pd.DataFrame
    siting: dict[str, Sited]

    @classmethod
    def of(cls, facts: BedFacts, rules: dict[str, RuleSet], view: View, what_if: WhatIf) -> "Work":
        """Return the parts for the facts of one view under an assumption."""
        key = ("standing", view.as_of, *(rule.id for rule in rules.values()))
        base = facts.once(key, lambda: Standing.of(facts, rules, view))
        census = numbers(base.need[list(NEEDS)].sum())
        coming = outlook(facts, census, base.can, base.lying, base.window, view, rules, what_if)
        balance = _with_forecast(base.balance, coming, rules["projection"])
        least = worst(balance, coming)
        found = base.offers[~base.offers["id"].isin(what_if.refused)].reset_index(drop=True)
        away = base.away[~base.offers["id"].isin(what_if.refused)].reset_index(drop=True)
        plans = _sited(facts, found, away, least, coming, rules, models=not what_if.assumes)
        openings = order(found, least, away, rules["placement"], _days(found, plans))
        return cls(
            rules=rules, what_if=what_if, today=day_number(view.as_of), standing=base, outlook=coming, balance=balance, worst=least,
            openings=openings, sites=_ranked(found, openings), siting={need: plan for need, (plan, _) in plans.items()},
        )  # fmt: skip

    def compared(self) -> pd.DataFrame:
        """The siting models beside the plan, of every need that is short."""
        found = [plan.compare for plan in self.siting.values() if len(plan.compare)]
        return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=SITING)


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


def _balance(now: pd.DataFrame, then: pd.DataFrame, beds: pd.DataFrame, rule: RuleSet) -> pd.DataFrame:
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
    return pd.DataFrame(rows, columns=columns)


def _with_forecast(balance: pd.DataFrame, coming: Outlook, projection: RuleSet) -> pd.DataFrame:
    """The balance with the medians of the forecast for the whole view; districts are too small for one."""
    found, at = balance.copy(), int(projection.params["horizon_days"]) - 1
    for need, (persons, short) in coming.likely.items():
        city = (found["area"] == "*") & (found["need"] == need)
        found.loc[city, ["demand_7d", "shortage_7d"]] = (round(persons[at]), np.rint(short[at]))
    return found


def worst(balance: pd.DataFrame, coming: Outlook) -> dict[str, float]:
    """The whole view's shortage per need: now and on the worst coming day (in seven days where there is no forecast)."""
    city = balance[balance["area"] == "*"].set_index("need")[["shortage", "shortage_7d"]].astype(float)
    found = numbers(city.max(axis=1).reindex(list(NEEDS)))
    for need, short in coming.short.items():
        if not isnan(short.max()):
            found[need] = float(np.fmax(cell(city, need, "shortage"), np.ceil(short.max())))
    return found


def _unmet(balance: pd.DataFrame) -> pd.DataFrame:
    """Where beds are short: need (columns) per district; where no district is short, where the demand is."""
    rows = balance[balance["area"] != "*"].assign(n=lambda b: b[["shortage", "shortage_7d"]].astype(float).max(axis=1))
    short = rows.pivot_table(index="area", columns="need", values="n", aggfunc="sum").reindex(columns=list(NEEDS))
    every = rows.pivot_table(index="area", columns="need", values="demand", aggfunc="sum").reindex(columns=list(NEEDS))
    return short.where(short.sum() > 0, every)


def _away(found: pd.DataFrame, balance: pd.DataFrame, districts: pd.DataFrame) -> pd.DataFrame:
    unmet, places = _unmet(balance), districts.drop_duplicates("code").set_index("code")[["lon", "lat"]]
    rows = [distances(lon, lat, unmet, places) for lon, lat in found[["lon", "lat"]].to_numpy(float)]
    return pd.DataFrame(rows, columns=list(NEEDS), index=found.index, dtype=float)


def _sited(
    facts: BedFacts, found: pd.DataFrame, away: pd.DataFrame, least: dict[str, float], coming: Outlook,
    rules: dict[str, RuleSet], *, models: bool,
) -> dict[str, tuple[Sited, pd.Index]]:  # fmt: skip
    """The opening plan of each need that is short, and the rows of the offers it was made from.

    models  a what-if answers at once, without the siting models that stand beside the plan
    """
    horizon = int(rules["occupancy"].params["horizon_days"])
    short = {need: np.full(horizon, n) for need, n in least.items() if n > 0}
    short |= {need: np.ceil(path) for need, path in coming.short.items() if need in short and not np.isnan(path).any()}
    kinds = choose(short, {kind: serves(kind, rules["placement"]) for kind in found["bed_kind"].unique()})
    plans = {}
    for need in dict.fromkeys(kinds.values()):
        rows = found[found["bed_kind"].map(kinds) == need]
        rows = rows.assign(distance_km=away.loc[rows.index, need], kind=rows["site_kind"])
        points = demand_points(facts.once(("people",), lambda: _people(facts)), float(short[need].max()))
        plan = sited(need, rows, short[need], points, rules["opening"], rules["travel"], models=models)
        plans[need] = plan, rows.index
    return plans


def _people(facts: BedFacts) -> pd.DataFrame:
    """Where the ill live: one row per person placed in a compound; where need is short nobody knows which of them lack a bed."""
    homes = facts.compounds.rename(columns={"code": "compound"})[["compound", "district", "street", "lon", "lat"]]
    return facts.patients[["compound"]].merge(homes, on="compound")


def _site_kinds(hospitals: pd.DataFrame, ids: pd.Series) -> pd.Series:
    return ids.map(hospitals.drop_duplicates("id").set_index("id")["kind"])


def _days(found: pd.DataFrame, plans: dict[str, tuple[Sited, pd.Index]]) -> dict[str, float]:
    keys = found["id"].astype(str) + "|" + found["bed_kind"].astype(str)
    opens = dict.fromkeys(keys, nan)
    for plan, rows in plans.values():
        opens |= dict(zip(keys[rows], plan.opens, strict=True))
    return opens


def _ranked(found: pd.DataFrame, openings: list[Opening]) -> pd.DataFrame:
    key = found["id"].astype(str) + "|" + found["bed_kind"].astype(str)
    said = pd.DataFrame(
        [(o.id, at, o.need, o.covered, o.distance_km, o.opens) for at, o in enumerate(openings, start=1)],
        columns=["key", "rank", "need", "covered", "distance_km", "opens"],
    )
    rows = found.assign(key=key).merge(said, on="key").sort_values("rank")
    return rows.drop(columns=["key", "site_kind"]).reset_index(drop=True)
