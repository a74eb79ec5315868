"""Beds that can really take a patient: the least of beds open, beds that the staff present can run, and beds with oxygen.

A term that nobody reported does not limit anything and is named. Planned beds are no beds (DOMAIN 4: on 16 February 2020,
20,461 planned in fangcang and 7,566 open).
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from layers.decisions._bed_balance import KINDS, split_kinds
from layers.decisions._staff_need import GENERAL, SKILLS, ratios
from layers.decisions.rules import RuleSet

TERMS = ("open", "staffed", "oxygen")
SITES = ["id", "district", "kind", "open", "used", "staffed", "oxygen", "usable", "binding", "free", "untold"]
STAFF_ORDER = ("icu", "severe", "isolation", "unsplit", "ordinary", "fangcang")  # the worst cases get their staff first


def usable(
    hospitals: pd.DataFrame, teams: pd.DataFrame, oxygen: pd.DataFrame, rules: Mapping[str, RuleSet]
) -> pd.DataFrame:
    """Return one row per site and kind with beds: id, district, kind, open, used, staffed, oxygen, usable, binding, free, untold.

    teams    hospital, skill, people;  oxygen: site, item, quantity;  rules: staff-ratio, staff-ratio-derived, oxygen
    staffed  beds that the site's staff can run, never more than are there; NaN: of none of the skills that these beds need
             anything was reported for the site
    untold   skills that these beds need and that no report of the site names, "" where all are named or no team was
             reported: not named is not nobody, so they limit nothing
    usable   the least of the known terms;  binding: its name, "open" where all are equal
    free     usable - used, never below nothing: patients beyond the usable beds lie there and are not sent away; NaN where
             use is not known
    """
    beds = split_kinds(hospitals)
    beds = beds[beds["open"].notna()].sort_values(["id", "kind"], ignore_index=True)
    people, ratio = _people(beds, teams), ratios(rules)
    beds = beds.assign(
        staffed=_staffed(beds, people.copy(), ratio),
        oxygen=_with_oxygen(beds, oxygen, rules["oxygen"]),
        untold=_untold(beds, people, ratio),
    )
    terms = beds[list(TERMS)].astype(float)
    least = terms.min(axis=1)
    binding = terms.fillna(np.inf).to_numpy().argmin(axis=1) if len(terms) else np.zeros(0, dtype=int)
    beds = beds.assign(usable=least, binding=np.array(TERMS)[binding], free=(least - beds["used"]).clip(lower=0))
    return beds[SITES]


def _people(beds: pd.DataFrame, teams: pd.DataFrame) -> pd.DataFrame:
    """People by site and skill (columns); NaN where no report of the site names the skill."""
    people = (
        teams.assign(people=pd.to_numeric(teams["people"]))
        .dropna(subset=["people"])
        .pivot_table(index="hospital", columns="skill", values="people", aggfunc="sum")
    )
    return people.reindex(index=beds["id"].unique(), columns=list(SKILLS)).astype(float)


def _staffed(beds: pd.DataFrame, left: pd.DataFrame, ratio: Mapping[tuple[str, str], tuple[float, str]]) -> np.ndarray:
    found = pd.Series(np.nan, index=beds.index)
    for kind in STAFF_ORDER:
        rows, wanted = beds[beds["kind"] == kind], _wanted(kind, ratio)
        if len(rows) and wanted:
            run = _can_run(left.loc[rows["id"]], wanted)  # NaN: of no skill it needs anything is known
            there = rows[["open", "used"]].max(axis=1).to_numpy(float)
            found[rows.index] = np.where(np.isnan(run), np.nan, np.minimum(there, run))
            for skill, each in wanted.items():
                left.loc[rows["id"], skill] -= found[rows.index].fillna(0.0).to_numpy() * each
        if kind == "icu":  # spare specialists do general work, never the reverse
            for special, general in GENERAL.items():
                left[general] += left[special].fillna(0.0).clip(lower=0.0)
    return found.to_numpy()


def _wanted(kind: str, ratio: Mapping[tuple[str, str], tuple[float, str]]) -> dict[str, float]:
    return {skill: ratio[kind, skill][0] for skill in SKILLS if (kind, skill) in ratio}


def _can_run(left: pd.DataFrame, wanted: Mapping[str, float]) -> np.ndarray:
    beds = pd.DataFrame({skill: left[skill] / each for skill, each in wanted.items()}).min(axis=1)
    return np.asarray(np.floor(beds + 1e-9))


def _untold(beds: pd.DataFrame, people: pd.DataFrame, ratio: Mapping[tuple[str, str], tuple[float, str]]) -> list[str]:
    known = people.notna()
    found = []
    for site, kind in zip(beds["id"], beds["kind"], strict=True):
        lacking = [skill for skill in _wanted(kind, ratio) if not known.loc[site, skill]]
        found.append(" ".join(lacking) if known.loc[site].any() else "")
    return found


def _with_oxygen(beds: pd.DataFrame, oxygen: pd.DataFrame, rule: RuleSet) -> np.ndarray:
    """Beds that today's stock supplies for a day; the worst cases first. NaN: no stock of oxygen was reported."""
    left = oxygen.assign(quantity=pd.to_numeric(oxygen["quantity"])).groupby("site")["quantity"].sum(min_count=1)
    found = pd.Series(np.nan, index=beds.index)
    for kind, each in rule.params["per_bed_day"].items():
        rows = beds[(beds["kind"] == kind) & beds["id"].isin(left.index)]
        run = np.floor(left.reindex(rows["id"]).to_numpy(float) / each)
        found[rows.index] = run
        there = np.minimum(run, rows[["open", "used"]].max(axis=1).to_numpy(float))
        left.loc[rows["id"]] = left.loc[rows["id"]].to_numpy(float) - there * each
    return found.to_numpy()


def by_kind(sites: pd.DataFrame) -> pd.DataFrame:
    """Return one row per kind of bed that anybody has: kind, sites, open, used, staffed, oxygen, usable, lost, binding, staff_unknown, untold.

    staffed, oxygen  summed over the sites that are known; NaN where none is
    lost             beds open that cannot be used, and binding: what takes most of them ("open" where none is lost)
    staff_unknown    sites whose staff nobody reported
    untold           skills that some sites with other staff never named (they limit nothing there), "" where none
    """
    rows = []
    for kind in KINDS:
        of_kind = sites[sites["kind"] == kind]
        if of_kind.empty:
            continue
        lost = of_kind.assign(lost=of_kind["open"] - of_kind["usable"]).groupby("binding")["lost"].sum()
        rows.append(
            {
                "kind": kind,
                "sites": len(of_kind),
                **{name: of_kind[name].sum(min_count=1) for name in ("open", "used", "staffed", "oxygen", "usable")},
                "lost": lost.sum(),
                "binding": str(lost.idxmax()) if lost.sum() > 0 else "open",
                "staff_unknown": int(of_kind["staffed"].isna().sum()),
                "untold": " ".join(skill for skill in SKILLS if skill in set(" ".join(of_kind["untold"]).split())),
            }
        )
    columns = ["kind", "sites", *TERMS[:1], "used", *TERMS[1:], "usable", "lost", "binding", "staff_unknown", "untold"]
    return pd.DataFrame(rows, columns=columns)
