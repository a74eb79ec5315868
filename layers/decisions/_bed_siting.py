"""Which sites to open for those short of a bed: soonest first, and what it would cost or spare to choose by nearness instead.

The opening days come from `_bed_release` over all candidate sites. Beside that plan stand the accepted siting models for as many sites
(p-median, capacitated, maximal covering, p-center) on demand summed to streets, each with its ways and with the person-days it
would leave without a bed, so that whoever signs sees what soonest costs in nearness.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from layers.decisions._bed_release import Release, greedy, release, unmet
from layers.decisions._bed_travel import minutes_between
from layers.decisions._solution import Solution
from layers.decisions.flow import transport
from layers.decisions.rules import RuleSet
from layers.decisions.siting import capacitated_facility, interchange, max_cover, p_center, p_median

NEAR_ENOUGH = 1e-3  # a proof beyond a thousandth of the way would change nobody's mind
SITING = [
    "need",
    "method",
    "sites",
    "number",
    "mean_min",
    "max_min",
    "within",
    "unserved",
    "person_days",
    "status",
    "gap",
    "greedy",
]


@dataclass(frozen=True)
class Sited:
    """The opening plan of one need.

    opens    day after today on which each site opens (rows as the offers given), NaN: stays closed
    release  person-days without a bed: of this plan, of the plain rule, of opening nothing, with status and gap
    compare  a row a method, `SITING`: sites (ids joined by ;), minutes, share of persons within the cover radius, person-days
             (of the methods beside ours by the plain rule of order)
    """

    opens: np.ndarray = field(repr=False)
    release: Release
    compare: pd.DataFrame = field(repr=False)


def demand_points(people: pd.DataFrame, total: float) -> pd.DataFrame:
    """Return lon, lat, weight: persons summed to streets and scaled to `total`.

    people  district, street, lon, lat: one row per person in need; without positions nothing is returned
    """
    placed = people.dropna(subset=["lon", "lat"])
    if placed.empty or total <= 0:
        return pd.DataFrame(columns=["district", "street", "lon", "lat", "weight"])
    found = placed.groupby(["district", "street"], as_index=False).agg(
        lon=("lon", "mean"), lat=("lat", "mean"), weight=("lon", "size")
    )
    return found.assign(weight=found["weight"] * total / found["weight"].sum())


def sited(
    need: str,
    sites: pd.DataFrame,
    short: np.ndarray,
    points: pd.DataFrame,
    opening: RuleSet,
    travel: RuleSet,
    *,
    models: bool = True,
) -> Sited:
    """Return when to open which site.

    sites   id, kind (of site), offered (beds, NaN unknown: cannot be planned with), lon, lat, distance_km
    short   persons without a bed on each coming day;  points: `demand_points`
    models  also solve the siting models beside it; where one site is enough there is nothing to weigh, and none is solved
    """
    offered, work = np.nan_to_num(sites["offered"].to_numpy(float)), work_days(sites["kind"], opening)
    crews = int(opening.params["at_once"])
    plan = release(short, offered, work, sites["distance_km"].to_numpy(float), at_once=crews)
    chosen = np.flatnonzero(np.isfinite(plan.opens))
    if not len(chosen) or not len(points):
        return Sited(plan.opens, plan, pd.DataFrame(columns=SITING))
    cost = minutes_between(
        points["lon"].to_numpy(float), points["lat"].to_numpy(float), sites["lon"].to_numpy(float), sites["lat"].to_numpy(float), travel
    )  # fmt: skip
    cost = np.where(np.isnan(cost) | (offered <= 0), np.inf, cost)
    asked = _Asked(
        need, sites["id"].to_numpy(), cost, points["weight"].to_numpy(float), offered, float(travel.params["cover_min"])
    )
    rows = [asked.row("soonest", asked.nearest(chosen), nan, plan.unmet)]
    for method, found, plain in asked.models(len(chosen)) if models and len(chosen) > 1 else ():
        only = np.where(np.isin(np.arange(len(offered)), found.open), offered, 0.0)
        days = greedy(short, only, work, np.zeros(len(offered)), at_once=crews)
        rows.append(asked.row(method, found, plain, unmet(short, only, days)))
    return Sited(plan.opens, plan, pd.DataFrame(rows, columns=SITING))


def work_days(kinds: pd.Series, opening: RuleSet) -> np.ndarray:
    """Return the days that each kind of site takes from the order to its first patient."""
    return kinds.map(opening.params["days"]).fillna(opening.params["other_days"]).to_numpy(int)


@dataclass(frozen=True)
class _Asked:
    """One siting problem: demand points (rows) to sites (columns), in minutes; `offered` beds, `radius` minutes that count as near."""

    need: str
    ids: np.ndarray
    cost: np.ndarray
    weights: np.ndarray
    offered: np.ndarray
    radius: float

    def nearest(self, chosen: np.ndarray) -> Solution:
        """Everybody to the sites that are chosen already, within their beds, by the least way in all."""
        room = np.where(np.isin(np.arange(len(self.offered)), chosen), self.offered, 0.0)
        found = transport(self.cost.T, room, np.rint(self.weights))
        return Solution(found.objective, chosen, found.assignment.T, found.status, found.gap, found.unserved)

    def models(self, p: int) -> list[tuple[str, Solution, float]]:
        """Each model's answer for as many sites, and what a plain rule gets for the same objective (NaN where none is tried)."""
        cost, weights, none = self.cost, self.weights, np.zeros(len(self.offered))
        return [
            ("capacitated", capacitated_facility(cost, weights, self.offered, none, p=p, gap=NEAR_ENOUGH), nan),
            (
                "p-median",
                p_median(cost, weights, p, gap=NEAR_ENOUGH),
                interchange(cost, weights, p, starts=1).objective,
            ),
            ("cover", max_cover(cost, weights, p, self.radius), nan),
            ("p-center", p_center(cost, p), nan),
        ]

    def row(self, method: str, found: Solution, plain: float, person_days: float) -> dict[str, Any]:
        """One model as a reader compares it: ways to the sites it chose, and what these leave without a bed."""
        amounts, away = found.assignment, found.open
        paid, total = np.where(amounts > 0, self.cost, 0.0), float(amounts.sum())
        near = self.cost[:, away].min(axis=1) <= self.radius
        return {
            "need": self.need,
            "method": method,
            "sites": ";".join(self.ids[away]),
            "number": len(away),
            "mean_min": float((amounts * paid).sum() / total) if total else nan,
            "max_min": float(paid.max()) if total else nan,
            "within": float(self.weights[near].sum() / self.weights.sum()),
            "unserved": float(max(self.weights.sum() - self.offered[away].sum(), 0.0)),
            "person_days": person_days,
            "status": found.status,
            "gap": found.gap,
            "greedy": plain / self.weights.sum(),
        }


def choose(need_short: Mapping[str, np.ndarray], serves: Mapping[str, list[str]]) -> dict[str, str]:
    """Return kind of bed -> the need that its sites are planned for: the worst that is short and that it may take."""
    found = {}
    for kind, needs in serves.items():
        short = [need for need in needs if need in need_short and np.nan_to_num(need_short[need]).max(initial=0) > 0]
        if short:
            found[kind] = short[0]
    return found
