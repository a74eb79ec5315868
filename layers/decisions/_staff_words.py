"""What the staff plan says of teams: where each goes and why, who is due to rest, and what a reader must know."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from layers._view import View
from layers.decisions._inputs import cell, records
from layers.decisions._proposal import Proposal, Reason, Words
from layers.decisions._staff_asks import SKILL_WORDS, community, lenders, people, recruits
from layers.decisions._staff_need import SKILLS, uncovered
from layers.decisions._staff_plan import ASSUMED, Work
from layers.decisions._words import iso, listed
from layers.decisions.rules import RuleSet, caveats


def proposals(work: Work, rules: Mapping[str, RuleSet], view: View, mark: str) -> tuple[Proposal, ...]:
    """Return teams to send (largest first), help to ask for, who can lend, who is due to rest, workers for the community."""
    common = {"as_of": view.as_of, "known_at": view.known_at, "inputs_hash": mark}
    running = work.gap.pivot(index="hospital", columns="skill", values="gap").reindex(columns=list(SKILLS)).fillna(0.0)
    weight = np.array([rules["staff-priority"].params["weight"][skill] for skill in SKILLS])
    found = []
    for row in records(work.teams.sort_values(["people", "team"], ascending=[False, True])):
        found.append(_team(row, running, weight, work, rules, common))
        if row["hospital"]:
            gap = running.loc[row["hospital"]].to_numpy(dtype=float)
            running.loc[row["hospital"]] = uncovered(gap, _people_of(row))
    asked = recruits(work, rules, common), lenders(work, rules, common)
    return (*found, *asked[0], *asked[1], *_resting(work, rules, common), *community(work, rules, common))


def _people_of(row: Mapping[str, Any]) -> np.ndarray:
    return np.array([row[skill] for skill in SKILLS], dtype=float)


def _team(
    row: dict[str, Any],
    running: pd.DataFrame,
    weight: np.ndarray,
    work: Work,
    rules: Mapping[str, RuleSet],
    common: dict[str, Any],
) -> Proposal:
    rule, where = rules["staff-priority"], row["hospital"]
    has = listed([people(skill, row[skill]) for skill in SKILLS if row[skill] > 0])
    assumed = row["team"].startswith(ASSUMED)
    who = Reason(
        rule.id,
        f"{'假设到达，' if assumed else ''}{row['people']:,.0f}人：{has.zh}。",
        f"{'Assumed to arrive: ' if assumed else ''}{row['people']:,.0f} people: {has.en}.",
        (f"team {row['team']}",),
    )
    if not where:
        why = Reason(rule.id, "各院相应专业目前没有缺口。", "No hospital lacks any of its skills now.")
        flips = Words("任何医院出现相应专业缺口即派驻。", "Sent as soon as a hospital lacks one of its skills.")
    else:
        why = _why(row, running, weight, work, rule)
        flips = Words(
            "若该院缺口先由他队补足，改派次缺医院。", "Goes to the next hospital if another team fills this gap first."
        )
    return Proposal(
        subject=row["team"],
        action="assign" if where else "stand_by",
        reasons=(who, why, *_moved(row, work, rules["staff-replan"])),
        rule_id=rule.id,
        flips_if=flips,
        name=row["name"] or "",
        district=work.districts.get(where, ""),
        figures={"hospital": where, **{skill: row[skill] for skill in SKILLS}, "people": row["people"]},
        caveats=caveats([rule]),
        **common,
    )


def _why(row: dict[str, Any], running: pd.DataFrame, weight: np.ndarray, work: Work, rule: RuleSet) -> Reason:
    where, gaps = row["hospital"], running.to_numpy(dtype=float)
    gains = (np.maximum(gaps, 0) - np.maximum(uncovered(gaps, _people_of(row)), 0)) @ weight
    at = running.index.get_loc(where)
    after = uncovered(gaps[at], _people_of(row))
    rest = dict(zip(SKILLS, np.maximum(after, 0), strict=True))
    short = [(skill, n) for skill in SKILLS if (n := cell(running, where, skill)) > rest[skill]]
    before = listed([people(skill, n) for skill, n in short])
    left = listed([people(skill, rest[skill]) for skill, _ in short])
    name = work.names.get(where) or where
    most = gains[at] >= gains.max() - 1e-9
    zh = f"派驻{name}减少加权缺口最多" if most else f"全部队伍统筹，派驻{name}合计缺口最小"
    en = f"{name} gains most" if most else f"All teams together leave least missing with this one at {name}"
    return Reason(
        rule.id,
        f"{zh}：该院现缺{before.zh}，派驻后尚缺{left.zh}。",
        f"{en}: it lacks {before.en}, and {left.en} after.",
        tuple(f"gap {where} {skill}: {n:.0f}" for skill, n in short),
    )


def _moved(row: dict[str, Any], work: Work, rule: RuleSet) -> tuple[Reason, ...]:
    """Where the plan before sent the team, when there is one."""
    was = row["was"]
    if not was:
        return ()
    name = work.names.get(was) or was
    if was == row["hospital"]:
        return (Reason(rule.id, "与原方案一致。", "As in the plan before.", (f"was {was}",)),)
    return (
        Reason(
            rule.id,
            f"原方案派驻{name}；改派所减缺口大于改派代价。",
            f"It was to go to {name}; what the change gains is more than a change costs.",
            (f"was {was}",),
        ),
    )


def _resting(work: Work, rules: Mapping[str, RuleSet], common: dict[str, Any]) -> list[Proposal]:
    """Teams that have worked longest rest first, no more at once than the rule allows; teams that leave soon are named."""
    rule, terms = rules["staff-rotation"], work.terms
    due = terms[terms["due"] == "rest"]
    at_once = int(np.ceil(len(terms) * rule.params["at_once_share"]))
    return [_rest(row, rule, work, common) for row in records(due.head(at_once))] + [
        _leaves(row, rule, work, common) for row in records(terms[terms["due"] == "leaves"])
    ]


def _rest(row: dict[str, Any], rule: RuleSet, work: Work, common: dict[str, Any]) -> Proposal:
    days, most = row["worked_days"], rule.params["work_days"]
    reason = Reason(
        rule.id,
        f"已连续在岗{days:.0f}天，超过{most}天；{row['people']:,.0f}人建议休整{rule.params['rest_days']}天。",
        f"At work for {days:.0f} days, more than {most}; its {row['people']:,.0f} people should rest for {rule.params['rest_days']} days.",
        (f"since {iso(int(row['since_day']))}",),
    )
    flips = Words(
        f"未满{most}天，或接替队伍未到位。", f"Not before {most} days, or while nobody can take over its beds."
    )
    return _about_team(row, "rotate", reason, flips, rule, work, common)


def _leaves(row: dict[str, Any], rule: RuleSet, work: Work, common: dict[str, Any]) -> Proposal:
    last = iso(int(row["leaves_day"]))
    reason = Reason(
        rule.id,
        f"{last}撤离，{row['people']:,.0f}人须有人接替。",
        f"Leaves on {last}: its {row['people']:,.0f} people need others to take over.",
        (f"leaves {last}",),
    )
    return _about_team(row, "rotate", reason, Words("撤离推迟。", "If it stays longer."), rule, work, common)


def _about_team(
    row: dict[str, Any],
    action: str,
    reason: Reason,
    flips: Words,
    rule: RuleSet,
    work: Work,
    common: dict[str, Any],
) -> Proposal:
    where = row["hospital"]
    return Proposal(
        subject=row["team"],
        action=action,
        reasons=(reason,),
        rule_id=rule.id,
        flips_if=flips,
        name=row["name"] or "",
        district=work.districts.get(where, ""),
        figures={"hospital": where, "people": row["people"], "worked_days": row["worked_days"]},
        caveats=caveats([rule]),
        **common,
    )


__all__ = ["SKILL_WORDS", "proposals"]
