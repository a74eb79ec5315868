"""Which action each compound gets, all at once: sealing first, then the steps of its life cycle, then what could come next."""

from typing import Any

import numpy as np
import pandas as pd

from layers.decisions import lifecycle
from layers.decisions._life_terms import HOLDING, LAX, NEVER, Life
from layers.decisions._lockdown_facts import LockdownFacts
from layers.decisions._lockdown_reasons import Setting
from layers.decisions._lockdown_words import note_of
from layers.decisions.rules import RuleSet

RANK = {"seal": 0, "seal_building": 0, "cancel": 1, "suspend": 2, "certify": 3, "candidate": 4, "restore": 5, "relax": 6, "keep": 7}  # fmt: skip
STEPS = ("cancel", "suspend", "restore", "certify")
Strings = np.ndarray[Any, Any]


def with_life(
    state: pd.DataFrame, life: Life, facts: LockdownFacts, setting: Setting, rules: tuple[RuleSet, ...] | None
) -> pd.DataFrame:
    """Return the compound state with its life: life, life_since, certified_on, run_days, life_cause, cause_day, error_from,
    life_then, step (newest transition that was not published yet), earliest (day of what comes next), community_free, ordered.
    """
    found = life.states.reindex(state.index)
    names = {"state": "life", "since": "life_since", "cause": "life_cause", "then": "life_then"}
    state = state.join(found.rename(columns=names).drop(columns="last_case"))
    state["step"] = _steps(state, life, setting)
    state["earliest"] = _earliest(state, setting, rules)
    whole = setting.silence.view.level != "compound"  # of a single compound the neighbours are not read
    state["community_free"] = _community_free(state) & whole
    return state.assign(ordered=_ordered(state.index, facts.overrides))


def actions(state: pd.DataFrame, setting: Setting) -> tuple[Strings, Strings]:
    """Return action and scope (building, compound or "") per row, for all compounds at once."""
    rules = setting.rules
    signal = state["signal"] > 0
    by_building = signal & _buildings_suffice(state, rules["seal-scope"])
    # An order given after the newest case already covers it; one given before may miss its building.
    covered = (state["control"] == "building_sealed") & (state["newest"] <= state["since_day"])
    closure, heard = rules["closure"].params, not setting.silent_feeds
    releasable, holds, lax = (
        _releasable(state, rules.get("no-epidemic")),
        state["life"].isin(HOLDING),
        state["control"].isin(LAX),
    )
    must_close = closure["all_closed"] & lax
    if closure["may_open"]:
        must_close &= ~(releasable | holds)
    sealed, step = signal & ((state["control"] == "sealed") | (by_building & covered)), state["step"]
    action = np.select(
        [
            sealed & ~step.isin(["cancel", "suspend"]),
            by_building & ~sealed,
            signal & ~sealed,
            must_close,
            step.isin(["cancel", "suspend"]),
            # Silence neither releases nor closes: what met the rule when the feeds fell silent stays as it is.
            step.isin(["restore", "certify"]) & heard,
            releasable & ~holds & ~lax & heard,
            (state["life"] == "settled") & ~lax & heard,
        ],
        ["keep", "seal_building", "seal", "seal", step, step, "candidate", "relax"],
        "keep",
    )
    return action, np.where(by_building, "building", np.where(signal, "compound", ""))


def _buildings_suffice(state: pd.DataFrame, rule: RuleSet) -> pd.Series:
    """Every case has a known building, and these are few, in number and against the compound's own."""
    hit, total = state["hit_buildings"].astype(float), pd.to_numeric(state["buildings"])
    located = (hit > 0) & (state["in_buildings"].astype(float) >= state["signal"])
    small = (hit / total.where(total > 0) <= rule.params["max_share"]) | total.isna()
    return located & (hit <= rule.params["max_buildings"]) & (small | (hit == 1)) & (total != 1)


def _releasable(state: pd.DataFrame, rule: RuleSet | None) -> pd.Series:
    if rule is None:
        return pd.Series(False, index=state.index)
    nobody = state[[f"open_{status}" for status in rule.params["zero_open"]]].sum(axis=1) == 0
    assessed = pd.Series([missing == () for missing in state["items_missing"]], index=state.index, dtype=bool)
    return (state["clean_days"] >= rule.params["days"]) & nobody & assessed


def _steps(state: pd.DataFrame, life: Life, setting: Setting) -> Strings:
    """The step of the life cycle that is to be told: since the round before; a suspension as long as it lasts."""
    today = setting.complete
    published = max((day for day in life.held if day < today), default=NEVER)
    newest = life.held[-1] if life.held else -NEVER
    moved = state["life_since"] > published
    return np.select(
        [
            (state["life"] == "cancelled") & moved,
            state["life"] == "suspended",
            state["life"].isin(HOLDING) & (state["life_cause"] == "released") & moved,
            (state["life"] == "certified") & (state["certified_on"] >= newest),
        ],
        ["cancel", "suspend", "restore", "certify"],
        "",
    )


def _earliest(state: pd.DataFrame, setting: Setting, rules: tuple[RuleSet, ...] | None) -> np.ndarray[Any, Any]:
    """The first day on which the next state is possible: the round of a filing, or the day on which the run is full.

    Of open persons and missing items nobody knows the day; the reasons name them. NaN where only people can move it on.
    """
    release = setting.release
    if release is None:
        return np.full(len(state), np.nan)
    short = np.ceil((release.params["days"] - state["clean_days"]).to_numpy(dtype=float))
    wait = setting.complete + np.maximum(np.where(np.isfinite(short), short, 1), 1)
    rounds = {day: lifecycle.next_round(int(day), rules) for day in np.unique(wait)}
    round_ = np.array([rounds[day] if rounds[day] is not None else np.nan for day in wait], dtype=float)
    round_[np.isnan(state["clean_days"].to_numpy(dtype=float))] = np.nan  # cases were never delivered
    run = state["certified_on"].to_numpy(dtype=float) + lifecycle.run_wanted(setting.complete, rules)
    run = np.maximum(run, lifecycle.relaxed_from(rules))
    waiting = state["life"].isin(["closed", "candidate", "cancelled"]).to_numpy()
    return np.where(waiting, round_, np.where(state["life"] == "certified", run, np.nan))


def _community_free(state: pd.DataFrame) -> pd.Series:
    """Whether all compounds of the compound's community hold the title; False where the community is not known."""
    known = (state["community"].fillna("").astype(str) != "") & (state["street"].fillna("").astype(str) != "")
    unit = [state[name].fillna("").astype(str) for name in ("district", "street", "community")]
    return state["life"].isin(HOLDING).groupby(unit).transform("all") & known


def _ordered(codes: pd.Index, overrides: pd.DataFrame) -> list[str]:
    columns = (overrides[name].tolist() for name in ("compound", "proposed", "ordered", "owner", "why", "number"))
    said = {code: note_of(*rest) for code, *rest in zip(*columns, strict=True)}  # the newest comes last
    return [said.get(code, "") for code in codes]
