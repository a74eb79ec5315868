"""Who needs a bed of which kind, now and in seven days, by a projection that anybody can redo by hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, nan
from typing import Any

import numpy as np
import pandas as pd

from layers.decisions._inputs import as_date, cell, numbers
from layers.decisions._proposal import Words
from layers.decisions._words import days
from layers.decisions.rules import RuleSet

NEEDS = ("critical", "severe", "light", "suspected", "observed")
CASES = ("confirmed", "clinical")
GROUPS = {"cases": CASES, "suspected": ("suspected",), "observed": ("fever", "contact", "asymptomatic")}
NEED_OF = {"mild": "light", "ordinary": "light", "severe": "severe", "critical": "critical"}
LEFT = ("cured", "dead")


def shares(rule: RuleSet) -> dict[str, float]:
    """Return the published share of each need; they add up to one.

    rule  of patients in hospital (severity-share) or of cases (severity-of-cases): the severe stay longer, so wards hold
          more of them than the cases that come in
    """
    total = float(rule.params["in_hospital" if "in_hospital" in rule.params else "cases"])
    severe, critical = float(rule.params["severe"]), float(rule.params["critical"])
    return {"critical": critical / total, "severe": severe / total, "light": 1 - (severe + critical) / total}


def demand(states: pd.DataFrame, share: Mapping[str, float]) -> pd.DataFrame:
    """Return persons by need (columns) per district (index), and `unknown`: how many of them were split by `share`.

    states  `totals.state` per district: area, status, severity, n
    Clinically diagnosed persons are ill and need a bed whatever the case definition of the day.
    """
    rows = states.assign(n=pd.to_numeric(states["n"]), severity=states["severity"].fillna(""))
    ill = rows[rows["status"].isin(CASES)]
    known = _sums(ill[ill["severity"] != ""].assign(need=ill["severity"].map(NEED_OF)), "need")
    unknown = ill[ill["severity"] == ""].groupby("area")["n"].sum()
    other = pd.concat([_sums(rows[rows["status"].isin(GROUPS[need])].assign(need=need), "need") for need in NEEDS[3:]])
    areas = sorted(set(rows["area"]))
    found = pd.concat([known, other]).groupby(level=0).sum().reindex(index=areas, columns=list(NEEDS)).fillna(0.0)
    split = {str(area): largest_remainder(float(n), share) for area, n in unknown.items()}
    for area, parts in split.items():
        for need, n in parts.items():
            found.loc[area, need] = cell(found, area, need) + n
    return found.assign(unknown=unknown.reindex(areas).fillna(0.0)).rename_axis("area")


def _sums(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    if rows.empty:
        return pd.DataFrame(index=pd.Index([], dtype=object))
    return rows.pivot_table(index="area", columns=by, values="n", aggfunc="sum").fillna(0.0)


def largest_remainder(total: float, share: Mapping[str, float]) -> dict[str, float]:
    """Split whole persons by shares without losing or inventing one: {"a": .5, "b": .5} of 3 gives 2 and 1."""
    weight = sum(share.values())
    exact = {key: total * part / weight if weight else 0.0 for key, part in share.items()}
    found = {key: float(np.floor(value)) for key, value in exact.items()}
    by_rest = sorted(exact, key=lambda key: (found[key] - exact[key], key))
    for key in by_rest[: round(total - sum(found.values()))]:
        found[key] += 1
    return found


@dataclass(frozen=True)
class Projection:
    """now + horizon x (mean admitted - mean left), never below zero; NaN where too few days can be used."""

    group: str
    now: float
    admitted: float
    left: float
    horizon: int

    @property
    def then(self) -> float:
        """Persons after `horizon` days."""
        then = self.now + self.horizon * (self.admitted - self.left)
        return 0.0 if then < 0 else then  # not max(): it would turn an unknown into nobody

    def formula(self) -> Words:
        """Return the arithmetic with its numbers."""
        if not isfinite(self.admitted):
            return Words("可用的天数不足，无法推算。", "Too few usable days: no projection.")
        now, then, h = f"{self.now:,.0f}", f"{self.then:,.0f}", self.horizon
        return Words(
            f"{h}天后{then} = 现有{now} + {h} ×（日均新增{self.admitted:,.1f} − 日均出院及死亡{self.left:,.1f}）。",
            f"In {h} days {then} = {now} now + {h} x ({self.admitted:,.1f} new a day - {self.left:,.1f} discharged or dead a day).",
        )


@dataclass(frozen=True)
class Window:
    """The days a projection looks back on: used, left out for the definition step, and without any report."""

    used: tuple[int, ...]
    step: tuple[int, ...]
    silent: tuple[int, ...]

    def words(self) -> Words:
        """Return which days were used and which were not, and why."""
        zh, en = f"推算依据{len(self.used)}天", f"The projection rests on {len(self.used)} days"
        if self.used:
            zh, en = f"{zh}（{days(self.used).zh}）", f"{en} ({days(self.used).en})"
        if self.step:
            zh += f"；{days(self.step).zh}为诊断标准变化日，不计入"
            en += f"; {days(self.step).en} left out: the case definition changed"
        if self.silent:
            zh += f"；{days(self.silent).zh}无任何报告，不计入"
            en += f"; {days(self.silent).en} left out: nothing was reported"
        return Words(zh + "。", en + ".")


def look_back(daily: pd.DataFrame, last_day: int, projection: RuleSet, step: RuleSet | None) -> Window:
    """Return the window that ends with `last_day`; `daily` has a row for every day on which anything was reported."""
    wanted = range(last_day - projection.params["window_days"] + 1, last_day + 1)
    steps = set(step.params["days"]) if step else set()
    reported = set(pd.to_numeric(daily["day"]).astype(int))
    changed = tuple(day for day in wanted if as_date(day) in steps)
    silent = tuple(day for day in wanted if day not in reported and day not in changed)
    return Window(tuple(day for day in wanted if day in reported and day not in changed), changed, silent)


def project(now: pd.DataFrame, daily: pd.DataFrame, window: Window, rule: RuleSet) -> dict[tuple[str, str], Projection]:
    """Return a projection per (area, group), area "" for all areas together.

    now    persons by need per area, as `demand` returns them
    daily  measure (now | ever), area, status, day, n
    The net change of persons in a status is free of conversions: clinical to confirmed leaves one and enters the other.
    """
    found = {}
    for area in [None, *now.index]:
        of_area = daily if area is None else daily[daily["area"] == area]
        for group in GROUPS:
            needs = NEEDS[:3] if group == "cases" else (group,)
            present = (now if area is None else now.loc[[area]])[list(needs)].to_numpy().sum()
            rates = _rates(of_area, group, window, rule)
            found["" if area is None else area or "?", group] = Projection(
                group, float(present), *rates, rule.params["horizon_days"]
            )
    return found


def _rates(daily: pd.DataFrame, group: str, window: Window, rule: RuleSet) -> tuple[float, float]:
    if len(window.used) < rule.params["least_days"]:
        return nan, nan
    rows = daily[pd.to_numeric(daily["day"]).isin(window.used)]
    net = _total(rows, "now", GROUPS[group])
    left = _total(rows, "ever", LEFT) if group == "cases" else 0.0
    return (net + left) / len(window.used), left / len(window.used)


def _total(rows: pd.DataFrame, measure: str, statuses: tuple[str, ...]) -> float:
    return float(pd.to_numeric(rows.loc[(rows["measure"] == measure) & rows["status"].isin(statuses), "n"]).sum())


def projected(now: pd.DataFrame, projections: Mapping[tuple[str, str], Projection]) -> pd.DataFrame:
    """Return persons by need after the horizon, per area and "" for all together; cases keep today's mix of severity."""
    rows: dict[str, dict[str, Any]] = {}
    for area in {area for area, _ in projections}:
        mix = (now if area == "" else now.loc[["" if area == "?" else area]])[list(NEEDS[:3])].sum()
        then = projections[area, "cases"].then
        cases = largest_remainder(round(then), numbers(mix)) if isfinite(then) else dict.fromkeys(NEEDS[:3], nan)
        rows[area] = {**cases, **{need: _whole(projections[area, need].then) for need in NEEDS[3:]}}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(NEEDS)).sort_index()


def _whole(value: float) -> float:
    return float(round(value)) if isfinite(value) else nan
