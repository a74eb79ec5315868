"""How many people of which skill beds need, and which hospital each whole team should go to."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from layers.decisions._bed_balance import split_kinds
from layers.decisions.rules import RuleSet

SKILLS = ("icu_doctor", "icu_nurse", "doctor", "nurse", "support")
GENERAL = {"icu_doctor": "doctor", "icu_nurse": "nurse"}  # spare specialists can do general work, never the reverse


def ratios(rules: Mapping[str, RuleSet]) -> dict[tuple[str, str], tuple[float, str]]:
    """Return (kind of bed, skill) -> (people per bed, rule id), the surveyed ratios before the derived ones."""
    found: dict[tuple[str, str], tuple[float, str]] = {}
    for topic in ("staff-ratio", "staff-ratio-derived"):
        rule = rules[topic]
        for kind, of_kind in rule.params.items():
            for skill, people in of_kind.items() if kind != "shift_h" else ():
                found.setdefault(("unsplit" if kind == "all" else kind, skill), (float(people), rule.id))
    return found


def needs(hospitals: pd.DataFrame, rules: Mapping[str, RuleSet]) -> pd.DataFrame:
    """Return one row per hospital, kind of bed and skill: beds, people, rule, shift_h, on_duty.

    beds     open beds, or used ones where more are used: the patients are there and need care
    people   heads, not posts: the surveyed ratios are nurses employed per bed, with those who rest
    on_duty  posts: how many of them are at work at a time, in shifts and with days off (`posts`)
    """
    beds = split_kinds(hospitals)
    beds = beds.assign(beds=beds[["open", "used"]].max(axis=1)).dropna(subset=["beds"])
    shift = {("unsplit" if k == "all" else k): h for k, h in rules["staff-ratio"].params["shift_h"].items()}
    table = pd.DataFrame(
        [(kind, skill, ratio, rule) for (kind, skill), (ratio, rule) in ratios(rules).items()],
        columns=["kind", "skill", "ratio", "rule"],
    )
    rows = beds[["id", "kind", "beds"]].merge(table, on="kind").rename(columns={"id": "hospital"})
    rows = rows.assign(people=np.ceil(rows["beds"] * rows["ratio"] - 1e-9), shift_h=rows["kind"].map(shift))
    rest = rules.get("staff-rest")
    duty = duty_share(rest) if rest else 1.0
    rows["on_duty"] = posts(rows["people"], rows["shift_h"], duty).round(1)
    return rows.sort_values(["hospital", "kind", "skill"]).reset_index(drop=True)


def duty_share(rule: RuleSet) -> float:
    """Return the share of days on which a person works: six on and one off give 6/7."""
    return float(rule.params["on"] / (rule.params["on"] + rule.params["off"]))


def posts(people: Any, shift_h: Any, duty: float) -> Any:
    """Return how many of these people are at work at a time: people x shift / 24 x duty."""
    return people * shift_h / 24 * duty


def heads(at_work: Any, shift_h: Any, duty: float) -> Any:
    """Return how many people fill so many posts around the clock: posts x 24 / shift / duty (DOMAIN 2); undoes `posts`."""
    return at_work * 24 / shift_h / duty


def uncovered(need: np.ndarray, have: np.ndarray) -> np.ndarray:
    """Return need - have per skill (last axis as SKILLS), spare specialists counted as general staff; negative: to spare."""
    gap = np.asarray(need, dtype=float) - np.asarray(have, dtype=float)
    for special, general in GENERAL.items():
        a, b = SKILLS.index(special), SKILLS.index(general)
        moved = np.minimum(np.maximum(-gap[..., a], 0), np.maximum(gap[..., b], 0))
        gap[..., a] += moved
        gap[..., b] -= moved
    return gap


def assign(need: np.ndarray, have: np.ndarray, teams: np.ndarray, weight: np.ndarray) -> list[int]:
    """Return for each team (rows: people by skill) the hospital (row of need, have) it goes to, -1 to stand by.

    Greedy and whole: the largest team first, each where it takes most off the weighted gap; equal gains go to the first.
    """
    have = np.asarray(have, dtype=float).copy()
    found = [-1] * len(teams)
    for at in sorted(range(len(teams)), key=lambda row: (-teams[row].sum(), row)):
        if not len(need):
            break
        before = (np.maximum(uncovered(need, have), 0) * weight).sum(axis=1)
        gain = before - (np.maximum(uncovered(need, have + teams[at]), 0) * weight).sum(axis=1)
        best = int(gain.argmax())
        if gain[best] > 0:
            found[at] = best
            have[best] += teams[at]
    return found
