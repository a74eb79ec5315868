"""What the staff plan asks for: more staff by skill, people whom a hospital can lend and to whom, workers for the community."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from layers.decisions._inputs import grouped, records
from layers.decisions._proposal import Proposal, Reason, Words
from layers.decisions._staff_need import ratios
from layers.decisions._staff_plan import Work
from layers.decisions._words import count, listed
from layers.decisions.rules import RuleSet, caveats

SKILL_WORDS = {
    "icu_doctor": Words("重症医生", "ICU doctors"),
    "icu_nurse": Words("重症护士", "ICU nurses"),
    "doctor": Words("医生", "doctors"),
    "nurse": Words("护士", "nurses"),
    "support": Words("其他人员", "support staff"),
}
STREETS = 12  # streets whose community work is proposed; the table has all


def people(skill: str, n: float) -> Words:
    """Return a number of people of a skill in words."""
    return Words(f"{SKILL_WORDS[skill].zh}{n:,.0f}人", f"{n:,.0f} {SKILL_WORDS[skill].en}")


def recruits(work: Work, rules: Mapping[str, RuleSet], common: dict[str, Any]) -> list[Proposal]:
    """One proposal per skill that is short in the whole view after every free team was sent."""
    ratio = ratios(rules)
    found = []
    for row in records(work.skills):
        if row["short_after"] > 0:
            used = sorted({rule for (_, of), (_, rule) in ratio.items() if of == row["skill"]})
            held = caveats([rule for rule in rules.values() if rule.id in used])
            found.append(_recruit(row, used[0], tuple(_formula(work, row["skill"], ratio)), held, common))
    return found


def _recruit(
    row: dict[str, Any], rule: str, formula: tuple[str, ...], held: tuple[Words, ...], common: dict[str, Any]
) -> Proposal:
    n, words, lent = row["short_after"], SKILL_WORDS[row["skill"]], row["lent"]
    reasons = [
        Reason(
            rule,
            f"{words.zh}需{row['need']:,.0f}人，现有{row['have']:,.0f}人，"
            f"派驻后{row['hospitals_short']}家医院仍缺{n:,.0f}人。",
            f"{words.en[0].upper()}{words.en[1:]}: {row['need']:,.0f} needed, {row['have']:,.0f} present; after the teams are sent "
            f"{count(row['hospitals_short'], 'hospital')} still short, {n:,.0f} in all.",
            formula,
        )
    ]
    if lent > 0:
        reasons.append(
            Reason(
                rule,
                f"其他医院可支援{lent:,.0f}人，支援后缺{n - lent:,.0f}人。",
                f"Other hospitals can lend {lent:,.0f}; {n - lent:,.0f} are missing then.",
            )
        )
    return Proposal(
        subject=row["skill"],
        action="recruit",
        reasons=tuple(reasons),
        rule_id=rule,
        flips_if=Words(f"再到{n:,.0f}名{words.zh}即补足。", f"Settled by {n:,.0f} more {words.en}."),
        name=words.zh,
        figures={"people": n},
        caveats=held,
        **common,
    )


def _formula(work: Work, skill: str, ratio: Mapping[tuple[str, str], tuple[float, str]]) -> list[str]:
    rows = work.beds[work.beds["skill"] == skill]
    beds = rows.groupby("kind")["beds"].sum()
    return [f"{kind}: {n:,.0f} beds x {ratio[str(kind), skill][0]:g}" for kind, n in beds.items()]


def lenders(work: Work, rules: Mapping[str, RuleSet], common: dict[str, Any]) -> list[Proposal]:
    """One proposal per hospital and skill that has clearly more people than the ratio asks for, and where they could go."""
    going = grouped(work.lending, ["giver", "skill"])
    rows = records(_surplus(work, rules))
    return [_lend(row, going.get((row["hospital"], row["skill"]), []), work, rules, common) for row in rows]


def _surplus(work: Work, rules: Mapping[str, RuleSet]) -> pd.DataFrame:
    """Hospital and skill with clearly more people than the ratio asks for; where no need is known nothing is called surplus."""
    params = rules["staff-priority"].params
    known = work.gap["hospital"].isin(work.beds["hospital"])
    spare = work.gap.assign(spare=-work.gap["gap"])
    enough = np.maximum(params["surplus_share"] * spare["need"], params["surplus_least"])
    ratio_exists = spare["skill"].isin(work.beds["skill"])  # no ratio is published for support staff
    return spare[known & ratio_exists & (spare["spare"] > enough)].sort_values(
        ["spare", "hospital"], ascending=[False, True]
    )


def _lend(
    row: dict[str, Any],
    to: list[dict[str, Any]],
    work: Work,
    rules: Mapping[str, RuleSet],
    common: dict[str, Any],
) -> Proposal:
    words, rule = SKILL_WORDS[row["skill"]], rules["staff-priority"]
    where = row["hospital"]
    reasons = [
        Reason(
            rule.id,
            f"{words.zh}现有{row['have']:,.0f}人，按床位需{row['need']:,.0f}人，富余{row['spare']:,.0f}人。",
            f"{row['have']:,.0f} {words.en} present, {row['need']:,.0f} needed for its beds: {row['spare']:,.0f} to spare.",
            (f"have {row['have']:.0f}", f"need {row['need']:.0f}"),
        )
    ]
    if to:
        told = listed(
            [
                Words(f"{name}{r['people']:,.0f}人", f"{r['people']:,.0f} to {name}")
                for r in to[:3]
                for name in [work.names.get(r["taker"]) or r["taker"]]
            ]
        )
        reasons.append(
            Reason(
                rules["staff-replan"].id,
                f"可支援：{told.zh}（路程最短的分配）。",
                f"Could go: {told.en} (least travel over all).",
                tuple(f"{r['taker']}: {r['people']:.0f}, {r['km']:.1f} km" for r in to),
            )
        )
    return Proposal(
        subject=f"{where}|{row['skill']}",
        action="lend",
        reasons=tuple(reasons),
        rule_id=rule.id,
        flips_if=Words(
            f"再用去{row['spare']:,.0f}人即无富余。", f"None to spare once {row['spare']:,.0f} more are needed."
        ),
        name=work.names.get(where, ""),
        district=work.districts.get(where, ""),
        figures={"hospital": where, "people": row["spare"], "lent": float(sum(r["people"] for r in to))},
        caveats=caveats([rule]),
        **common,
    )


def community(work: Work, rules: Mapping[str, RuleSet], common: dict[str, Any]) -> list[Proposal]:
    """One proposal for each of the streets whose closed compounds take most workers; how many they have is not known."""
    rule = rules["community-work"]
    return [_street(row, rule, common) for row in records(work.community.head(STREETS))]


def _street(row: dict[str, Any], rule: RuleSet, common: dict[str, Any]) -> Proposal:
    unknown, known = row["households_unknown"], row["households"]
    told_zh = f"{known:,.0f}户" if known == known else "户数不明"
    told_en = f"{known:,.0f} households" if known == known else "households not known"
    reasons = [
        Reason(
            rule.id,
            f"{row['compounds']:,}个封闭小区（其中封控{row['sealed']:,}个），{told_zh}：值守{row['gate_workers']:,.0f}人、"
            f"测温{row['check_workers']:,.0f}人、配送{row['delivery_workers']:,.0f}人。",
            f"{count(row['compounds'], 'closed compound')} ({row['sealed']:,} sealed), {told_en}: {row['gate_workers']:,.0f} for gates, "
            f"{row['check_workers']:,.0f} for checks, {row['delivery_workers']:,.0f} for deliveries.",
            (f"compounds {row['compounds']}", f"sealed {row['sealed']}"),
        )
    ]
    if unknown:
        reasons.append(
            Reason(
                rule.id,
                f"{unknown:,}个小区户数不明，只计值守，实际需要更多。",
                f"{count(unknown, 'compound')} of unknown size: only the gate is counted, so it takes more.",
            )
        )
    return Proposal(
        subject=f"{row['district']}/{row['street']}",
        action="post_workers",
        reasons=tuple(reasons),
        rule_id=rule.id,
        flips_if=Words("解除封控或户数核实后重算。", "Counted again when an order is lifted or households are known."),
        name=row["street"] or row["district"],
        district=row["district"],
        figures={"people": row["workers"], "compounds": row["compounds"], "households": known},
        caveats=caveats([rule]),
        **common,
    )
