"""What the joint plan says: what binds, what more of it would buy, and how good the plan is."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from layers.decisions._bed_words import KIND_WORDS, NEED_WORDS
from layers.decisions._inputs import records
from layers.decisions._joint_model import Placement
from layers.decisions._proposal import Proposal, Reason, Words
from layers.decisions._staff_asks import SKILL_WORDS
from layers.decisions._words import count, listed
from layers.decisions.rules import RuleSet, caveats

SORTS = {"beds": Words("床位", "beds"), "staff": Words("人员", "staff"), "items": Words("物资", "supplies")}


def resource_words(resource: str) -> Words:
    """Return the name of a resource written beds:KIND, staff:SKILL or items:ITEM|UNIT."""
    group, _, name = resource.partition(":")
    if group == "beds":
        kind = KIND_WORDS[name]
        return Words(f"{kind.zh}床位", f"{kind.en} beds")
    if group == "staff":
        return SKILL_WORDS[name]
    item = name.split("|")[0]
    return Words(item, item)


def relieve(tables: Mapping[str, pd.DataFrame], rule: RuleSet, common: dict[str, Any]) -> tuple[Proposal, ...]:
    """One proposal for each resource more of which would place somebody, the weightiest first."""
    binds = tables["resources"][tables["resources"]["worth"] > 0]
    held = {row["binds"]: row for row in reversed(records(tables["binding"])) if row["binds"]}
    return tuple(_one(row, held.get(row["resource"]), rule, common) for row in records(binds))


def _one(row: dict[str, Any], first: dict[str, Any] | None, rule: RuleSet, common: dict[str, Any]) -> Proposal:
    words, sort = resource_words(row["resource"]), row["resource"].split(":")[0]
    reasons = [_full(row, words, rule), _buys(row, words, rule)]
    if first and first["free"]:
        spare = resource_words(first["free"])
        reasons.append(
            Reason(
                rule.id,
                f"{NEED_WORDS[first['need']].zh}收治受限于{words.zh}，而不是{spare.zh}（后者最多用到{first['free_share']:.0%}）。",
                f"What limits the {NEED_WORDS[first['need']].en} is {words.en}, not {spare.en} ({first['free_share']:.0%} in use at most).",
                (f"unmet {first['need']}: {first['unmet']:.0f} person-days",),
            )
        )
    return Proposal(
        subject=row["resource"],
        action="relieve",
        reasons=tuple(reasons),
        rule_id=rule.id,
        flips_if=Words(
            f"{words.zh}有富余，或别的{SORTS[sort].zh}先用尽。",
            f"Once {words.en} are to spare, or something else runs out first.",
        ),
        name=words.zh,
        figures={
            "added": row["added"],
            "person_days": row["person_days"],
            "worth": row["worth"],
            "price": row["price"],
        },
        caveats=caveats([rule]),
        **common,
    )


def _full(row: dict[str, Any], words: Words, rule: RuleSet) -> Reason:
    days = int(rule.params["days"])
    return Reason(
        rule.id,
        f"今后{days}天中有{row['days_full']}天用满（最紧时用{row['used']:,.0f}，共{row['limit']:,.0f}）。",
        f"Full on {row['days_full']} of the next {count(days, 'day')} (at the scarcest {row['used']:,.0f} of {row['limit']:,.0f}).",
        (f"shadow price {row['price']:.2f}",),
    )


def _buys(row: dict[str, Any], words: Words, rule: RuleSet) -> Reason:
    each = [
        Words(f"{NEED_WORDS[need].zh}{row[need]:+,.1f}", f"{NEED_WORDS[need].en} {row[need]:+,.1f}")
        for need in NEED_WORDS
        if abs(row.get(need, 0.0)) >= 0.05
    ]
    told = listed(each) if each else Words("换到更合适的床位", "better beds for those already placed")
    return Reason(
        rule.id,
        f"再增{row['added']:,.0f}，收治人·日变化：{told.zh}。",
        f"{row['added']:,.0f} more would change the person-days placed: {told.en}.",
        (f"solved again with +{row['added']:.0f}",),
    )


def honest(best: Placement, plain: Placement) -> Words:
    """How good the plan is, beside the plain one."""
    better = (best.worth - plain.worth) / best.worth if best.worth > 0 else 0.0
    return Words(
        f"求解状态：{'已证最优' if best.status == 'optimal' else '可行'}，与上界相差至多{best.gap:.2%}；逐日按轻重缓急的简单方案可行，差{better:.2%}。",
        f"Solver: {best.status}, at most {best.gap:.2%} from its bound. The plain plan, day by day and weightiest first, is feasible "
        f"and {better:.2%} worse.",
    )
