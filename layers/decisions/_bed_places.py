"""Where people and beds lie: patients and sites with positions, who is sent where, and how well compounds reach beds."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from geo.access import longest_ways, two_step
from layers.decisions import patients
from layers.decisions._bed_facts import BedFacts
from layers.decisions._bed_travel import minutes_between
from layers.decisions.patients import Placed
from layers.decisions.rules import RuleSet

ACCESS = ["area", "population", "beds_per_1000", "mean_min", "p90_min", "max_min", "cut_off"]
ELDERLY = 65  # years; who is older may not go to a fangcang (DOMAIN 1.7)


@dataclass(frozen=True)
class Sent:
    """Who goes where.

    placed   the allocation, by compound
    flows    the same from street to hospital: class, district, street, hospital, kind, n, transfers, km (mean), minutes (mean)
    travel   minutes to the bed given: area ("*" all), placed, mean_min, p90_min, max_min, unserved
    """

    placed: Placed
    flows: pd.DataFrame = field(repr=False)
    travel: pd.DataFrame = field(repr=False)


def send(facts: BedFacts, usable: pd.DataFrame, rules: Mapping[str, RuleSet]) -> Sent:
    """Return where those who have no bed, or too low a one, should go.

    usable  id, kind, used, free (`_bed_usable.usable`);  rules: placement, travel, and fangcang-gate where there is one
    """
    placement, travel = rules["placement"], rules["travel"]
    people = facts.patients.reset_index(drop=True).rename_axis("person").reset_index()
    people = people.assign(**{"class": patients.classify(people, rules.get("fangcang-gate"))}, **_at(people, facts))
    used = {str(kind): float(n) for kind, n in usable.groupby("kind")["used"].sum(min_count=1).items()}
    people = people.assign(bed=patients.lying(people, used, placement))
    beds = usable.rename(columns={"id": "hospital"}).merge(_positions(facts.hospitals), on="hospital", how="left")
    placed = patients.place(people[patients.WAIT], beds[["hospital", "kind", "lon", "lat", "free"]], placement, travel)
    flows = placed.flows.merge(_streets(facts.compounds), on="compound", how="left").fillna({"street": ""})
    return Sent(placed, _by_street(flows), _ways(placed))


def _at(people: pd.DataFrame, facts: BedFacts) -> dict[str, pd.Series]:
    """The compound's position, else the middle of the district."""
    compounds = facts.compounds.drop_duplicates("code").set_index("code")
    middle = facts.districts.drop_duplicates("code").set_index("code")
    return {
        name: people["compound"]
        .map(compounds[name])
        .astype(float)
        .fillna(people["district"].map(middle[name]).astype(float))
        for name in ("lon", "lat")
    }


def _positions(hospitals: pd.DataFrame) -> pd.DataFrame:
    return hospitals.drop_duplicates("id").rename(columns={"id": "hospital"})[["hospital", "lon", "lat"]]


def _streets(compounds: pd.DataFrame) -> pd.DataFrame:
    return compounds.drop_duplicates("code").rename(columns={"code": "compound"})[["compound", "street"]]


def _by_street(flows: pd.DataFrame) -> pd.DataFrame:
    flows = flows.assign(far=flows["km"] * flows["n"], long=flows["minutes"] * flows["n"])
    keys = ["class", "district", "street", "hospital", "kind"]
    found = flows.groupby(keys, as_index=False).agg(
        n=("n", "sum"), transfers=("transfers", "sum"), far=("far", "sum"), long=("long", "sum")
    )
    found = found.assign(km=found.pop("far") / found["n"], minutes=found.pop("long") / found["n"])
    order = {name: at for at, name in enumerate(patients.CLASSES)}
    found = found.assign(order=found["class"].map(order)).sort_values(
        ["order", "n", *keys], ascending=[True, False, *([True] * 5)]
    )
    return found.drop(columns="order").reset_index(drop=True)


def _ways(placed: Placed) -> pd.DataFrame:
    """Minutes to the bed given, by district of the patient, and for all."""
    flows = placed.flows.assign(n=pd.to_numeric(placed.flows["n"]), minutes=placed.flows["minutes"].astype(float))
    lacking = placed.unserved.groupby("district")["n"].sum() if len(placed.unserved) else pd.Series(dtype=float)
    rows = []
    for area in [*sorted({*flows["district"], *lacking.index}), "*"]:
        mine = flows if area == "*" else flows[flows["district"] == area]
        each = np.repeat(mine["minutes"].to_numpy(float), mine["n"].to_numpy(int))
        known = len(each) > 0
        rows.append(
            {
                "area": area,
                "placed": len(each),
                "mean_min": each.mean() if known else np.nan,
                "p90_min": np.quantile(each, 0.9) if known else np.nan,
                "max_min": each.max() if known else np.nan,
                "unserved": float(lacking.sum() if area == "*" else lacking.get(area, 0)),
            }
        )
    return pd.DataFrame(rows, columns=["area", "placed", "mean_min", "p90_min", "max_min", "unserved"])


@dataclass(frozen=True)
class Access:
    """How well homes reach usable beds of hospitals that treat the disease.

    compounds  id, district, population, nearest_min, beds_per_1000 (two-step floating catchment; NaN: residents not known)
    districts  area ("*" all), population, beds_per_1000 (by residents), mean_min, p90_min, max_min, cut_off: minutes to the nearest bed
    """

    compounds: pd.DataFrame = field(repr=False)
    districts: pd.DataFrame = field(repr=False)


def access(facts: BedFacts, usable: pd.DataFrame, travel: RuleSet) -> Access:
    """Return the access of every compound and district to beds of designated hospitals and fangcang, full or not.

    Beds of isolation points are no hospital beds and are left out. Compounds without a position have no way to anything.
    """
    kinds = usable[usable["kind"] != "isolation"]
    beds = kinds.groupby("id")["usable"].sum().rename_axis("hospital").reset_index()
    beds = beds[beds["usable"] > 0].merge(_positions(facts.hospitals), on="hospital")
    homes = facts.compounds.drop_duplicates("code")
    home, bed = ([frame[name].to_numpy(float) for name in ("lon", "lat")] for frame in (homes, beds))
    ways = minutes_between(home[0], home[1], bed[0], bed[1], travel)
    people = pd.to_numeric(homes["population"]).to_numpy(float)
    per_head = two_step(ways, people, beds["usable"].to_numpy(float), travel.params["catchment_min"])
    nearest = np.where(np.isnan(ways), np.inf, ways).min(axis=1, initial=np.inf)
    found = pd.DataFrame(
        {
            "id": homes["code"].to_numpy(),
            "district": homes["district"].fillna("").to_numpy(),
            "population": people,
            "nearest_min": np.where(np.isfinite(nearest), nearest, np.nan),
            "beds_per_1000": per_head * 1000,
        }
    )
    rows = []
    for area in [*sorted(set(found["district"])), "*"]:
        mine = found["district"].to_numpy() == area if area != "*" else np.ones(len(found), dtype=bool)
        rows.append({"area": area, **_fair(found[mine], ways[mine], people[mine])})
    return Access(found, pd.DataFrame(rows, columns=ACCESS))


def _fair(found: pd.DataFrame, ways: np.ndarray, people: np.ndarray) -> dict[str, float]:
    longest = longest_ways(ways, people)
    known = np.isfinite(found["beds_per_1000"].to_numpy(float))
    total = float(people[known].sum())
    share = float((found["beds_per_1000"].to_numpy(float)[known] * people[known]).sum() / total) if total else np.nan
    return {
        "population": float(np.nansum(people)) if np.isfinite(people).any() else np.nan,
        "beds_per_1000": share,
        **{f"{name}_min": float(longest[name]) for name in ("mean", "p90", "max")},
        "cut_off": float(longest["cut_off"]),
    }
