"""What the joint plan is solved from: needs by day, beds, staff, supplies of the area, each left out where nobody reported it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from layers.decisions._bed_demand import NEEDS
from layers.decisions._inputs import records
from layers.decisions._joint_model import Problem
from layers.decisions._proposal import Plan
from layers.decisions._staff_need import SKILLS, ratios
from layers.decisions._supply_cover import KEY
from layers.decisions.rules import RuleSet
from layers.decisions.whatif import WhatIf

if TYPE_CHECKING:
    from layers.decisions.joint import JointFacts

UNSPLIT = ("critical", "severe", "light")  # needs that beds which nobody split by kind may serve, last of all
LEAST_DAYS = 3  # days of counts before an inflow is believed


def problem_of(
    facts: "JointFacts", parts: Mapping[str, Plan], rules: Mapping[str, RuleSet], what_if: WhatIf, last: int
) -> tuple[Problem, tuple[str, ...]]:
    """Return the problem of the days after `last`, and what nobody reported: resources written like those that bind, needs as need:NAME.

    Of a need that is not known nobody is placed; the caller says so and shows no number for it.
    """
    params, days = rules["joint"].params, int(rules["joint"].params["days"])
    hospitals = parts["beds"].tables["hospitals"]
    standing = hospitals[~hospitals["id"].isin(what_if.refused)]
    open_beds = standing.groupby("kind")["open"].sum(min_count=1).dropna()
    open_beds = open_beds[(open_beds > 0) | (open_beds.index != "unsplit")]
    ratio = {key: each for key, (each, _) in ratios(rules).items()}
    people = _people(facts.staff.teams, what_if.arrivals)
    stock, use, arriving, silent = _supplies(facts, parts["supplies"], hospitals, ratio, last)
    missing = [f"staff:{skill}" for skill in SKILLS if skill not in people and skill != "support"]
    needs = _needs(parts["beds"], last, days)
    missing += [f"need:{need}" for need, persons in needs.items() if np.isnan(persons).any()]
    problem = Problem(
        needs={need: np.nan_to_num(persons) for need, persons in needs.items()},
        worth={need: float(params["worth"][need]) for need in NEEDS},
        kinds={need: _kinds(need, rules["placement"], open_beds.index) for need in NEEDS},
        beds={str(kind): float(n) for kind, n in open_beds.items()},
        ratios=ratio,
        staff=people,
        sites=_sites(facts, parts["beds"], rules["opening"], what_if),
        use=use,
        stock=stock,
        arriving=arriving,
    )
    return problem, tuple(missing + [f"items:{item}" for item in silent])


def _kinds(need: str, rule: RuleSet, reported: pd.Index) -> tuple[str, ...]:
    """Kinds of bed that may take a need; those that nobody split by kind come last, where there are any."""
    last = ("unsplit",) if need in UNSPLIT and "unsplit" in reported else ()
    return (*rule.params[need], *last)


def _needs(plan: Plan, last: int, days: int) -> dict[str, np.ndarray]:
    """Persons by need and day: the forecast's median where there is one, else a straight line to the seventh day; NaN: unknown."""
    ahead = plan.tables["occupancy"]
    ahead = ahead[(ahead["of"] == "need") & (ahead["day"] > last)] if len(ahead) else ahead
    city = plan.tables["balance"]
    city = city[city["area"] == "*"].set_index("need")
    steps = np.arange(1, days + 1)
    found = {}
    for need in NEEDS:
        mine: Any = (
            ahead[ahead["name"] == need].sort_values("day")["median"].to_numpy(float)[:days] if len(ahead) else []
        )
        if len(mine) < days or np.isnan(mine).any():
            row: Any = city.loc[need] if need in city.index else None
            now, then = (float(row["demand"]), float(row["demand_7d"])) if row is not None else (np.nan, np.nan)
            then = now if np.isnan(then) else then
            mine = np.maximum(now + (then - now) * np.minimum(steps / 7, 1), 0)
        found[need] = np.asarray(mine, dtype=float)
    return found


def _people(teams: pd.DataFrame, arrivals: int) -> dict[str, float]:
    """People present by skill, with those assumed to arrive in the same mix; a skill that no team was reported of is left out."""
    by = pd.to_numeric(teams["people"]).groupby(teams["skill"]).sum()
    if not by.sum():
        return {}
    return {
        skill: float(by[skill]) * (1 + arrivals / float(by.sum()))
        for skill in SKILLS
        if skill != "support" and skill in by.index
    }


def _sites(facts: "JointFacts", plan: Plan, rule: RuleSet, what_if: WhatIf) -> tuple[tuple[str, str, float, int], ...]:
    kinds = facts.beds.hospitals.drop_duplicates("id").set_index("id")["kind"].to_dict()
    days, other = rule.params["days"], rule.params["other_days"]
    rows = plan.tables["sites"].drop_duplicates("id")
    return tuple(
        (str(row["id"]), str(row["bed_kind"]), float(row["offered"]), int(days.get(kinds.get(row["id"]), other)))
        for row in records(rows)
        if row["offered"] == row["offered"] and row["offered"] > 0 and row["id"] not in what_if.refused
    )


def _supplies(
    facts: "JointFacts",
    plan: Plan,
    hospitals: pd.DataFrame,
    ratio: Mapping[tuple[str, str], float],
    last: int,
) -> tuple[dict[str, float], dict[str, float], dict[str, float], list[str]]:
    """Return stock, use a day of each person of staff that filled beds call for, what arrives a day, and items whose use is unknown.

    Use is calibrated on what is used now: the area's burn over the staff that its used beds call for.
    """
    heads = {kind: sum(n for (of, _), n in ratio.items() if of == kind) for kind in hospitals["kind"].unique()}
    called = float((hospitals["used"].astype(float) * hospitals["kind"].map(heads)).sum())
    stock, use, arriving, silent = {}, {}, {}, []
    inflow = _inflow(facts.supplies.history, last)
    for row in records(plan.tables["city"]):
        name = f"{row['item']}|{row['unit']}" if row["unit"] else str(row["item"])
        if not called or not row["burn"] > 0 or row["quantity"] != row["quantity"]:
            silent.append(name)
            continue
        stock[name], use[name] = float(row["quantity"]), float(row["burn"]) / called
        arriving[name] = inflow.get((row["item"], row["unit"]), 0.0)
    return stock, use, arriving, silent


def _inflow(history: pd.DataFrame, last: int) -> dict[tuple[str, str], float]:
    """What reached the sites a day, by item: the change of each count from the day before, and that day's use; mean over the days."""
    if history.empty:
        return {}
    rows = history.sort_values([*KEY, "site", "day"]).astype({"quantity": float, "daily_use": float})
    before = rows.groupby(["site", *KEY])[["day", "quantity"]].shift(1)
    came = (rows["quantity"] - before["quantity"] + rows["daily_use"]).where(rows["day"] - before["day"] == 1)
    rows = rows.assign(came=came.clip(lower=0)).dropna(subset=["came"])
    by_day = rows.groupby([*KEY, "day"])["came"].sum()
    days = by_day.groupby(KEY).size()
    mean = by_day.groupby(KEY).mean()[days >= LEAST_DAYS]
    return {(row["item"], row["unit"]): float(row["came"]) for row in records(mean.reset_index())}
