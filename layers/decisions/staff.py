"""Staff: how many of which skill each hospital needs for its beds, what is missing, where whole teams should go, who rests."""

from collections.abc import Collection, Iterable, Mapping

import pandas as pd

from layers._view import View
from layers.decisions._inputs import as_date, cell, complete_day, digest
from layers.decisions._proposal import Plan, Words
from layers.decisions._silence import Silence
from layers.decisions._staff_asks import SKILL_WORDS
from layers.decisions._staff_facts import FEEDS, StaffFacts, gather
from layers.decisions._staff_need import SKILLS, duty_share, heads, ratios
from layers.decisions._staff_plan import Work
from layers.decisions._staff_words import proposals
from layers.decisions.rules import RuleSet, caveats, in_force
from layers.decisions.whatif import WhatIf
from layers.store import Store

__all__ = ["SKILL_WORDS", "StaffFacts", "gather", "plan", "propose"]
TITLE = Words("医护调配建议", "Staff proposals")
TOPICS = (
    *("staff-ratio", "staff-ratio-derived", "staff-priority", "staff-replan", "staff-rest", "staff-rotation"),
    *("community-work", "whatif-scale"),
)


def plan(store: Store, view: View) -> Plan:
    """Return the staff plan of a view."""
    return propose(gather(store, view), view)


def propose(facts: StaffFacts, view: View, rules: Iterable[RuleSet] | None = None) -> Plan:
    """Return where to send each free team, what is still missing by skill, who has staff to lend and who is due to rest; pure.

    tables  gap (hospital x skill: need, have, gap, after), skills (city totals), teams (free teams and where they go),
            beds (hospital x kind: beds to staff, people needed, on duty at a time, shift in hours), lending (single people
            by skill, giver and taker), terms (teams at work: days, due to rest or leave), sites (hospital: share of its
            weighted need that it lacks, before and after), community (street: workers for closed compounds)
    Assumptions of the view (`WhatIf`) change the plan, are named in its caveats and are part of its hash. Under them, and where
    orders stand, the plan starts from the one before and leaves it only where that gains more than a change costs.
    """
    last = complete_day(view)
    known = None if rules is None else tuple(rules)
    held = {topic: in_force(topic, as_date(last), known) for topic in TOPICS}
    what_if, silence = WhatIf.of(view), Silence(facts.feeds, view, FEEDS)
    work, mark = Work.of(facts, held, what_if, last), digest(facts.frames(), held.values(), view)
    nothing = facts.hospitals.empty and facts.teams.empty and not what_if.assumes
    return Plan(
        kind="staff",
        title=TITLE,
        proposals=proposals(work, held, view, mark),
        summary=_summary(work, {skill for _, skill in ratios(held)}),
        tables={
            "gap": work.gap,
            "skills": work.skills,
            "teams": work.teams,
            "beds": work.beds,
            "lending": work.lending,
            "terms": work.terms,
            "sites": work.sites,
            "community": work.community,
        },
        rules=tuple(rule.id for rule in held.values()),
        as_of=view.as_of,
        known_at=view.known_at,
        area=view.area,
        inputs_hash=mark,
        caveats=() if nothing else (*what_if.caveats(), *silence.caveats(), *_caveats(work, held)),
        silence=silence.headlines,
    )


def _summary(work: Work, rated: Collection[str]) -> dict[str, float]:
    """Figures for tiles; of a skill that no ratio asks for, nobody knows how many are needed: NaN."""
    by = work.skills.set_index("skill")
    found: dict[str, float] = {}
    for skill in SKILLS:
        found |= {f"{name}_{skill}": cell(by, skill, name) for name in ("need", "have", "short", "short_after", "lent")}
        if skill not in rated:
            found |= dict.fromkeys((f"need_{skill}", f"short_{skill}", f"short_after_{skill}"), float("nan"))
    sent, placed = work.teams["hospital"] != "", work.placed
    workers = work.community
    return found | {
        "teams_free": len(work.teams),
        "teams_assigned": int(sent.sum()),
        "people_free": float(work.teams["people"].sum()),
        "people_assigned": float(work.teams.loc[sent, "people"].sum()),
        "unmet_weighted": placed.unmet,
        "unmet_bound": placed.bound,
        "unmet_greedy": placed.greedy,
        "gap": placed.gap,
        "worst_share": placed.worst,
        "kept_share": placed.kept,
        "teams_due": int((work.terms["due"] == "rest").sum()),
        "teams_leaving": int((work.terms["due"] == "leaves").sum()),
        "community_workers": float(workers["workers"].sum()) if len(workers) else float("nan"),
        "households_unknown": int(workers["households_unknown"].sum()),
    }


def _caveats(work: Work, rules: Mapping[str, RuleSet]) -> tuple[Words, ...]:
    found = [_honest(work)]
    found.append(
        Words(
            "只计已报送的队伍，医院本院人员未报送的不在内，缺口可能偏大。",
            "Only reported teams are counted; a hospital's own staff is missing unless reported, so gaps may be too large.",
        )
    )
    unsplit = work.beds.loc[work.beds["kind"] == "unsplit", ["hospital", "beds"]].drop_duplicates()
    if len(unsplit):
        found.append(
            Words(
                f"{unsplit['beds'].sum():,.0f}张床位未按类别报送，按普通确诊病区配比计算，重症人员需求可能偏小。",
                f"{unsplit['beds'].sum():,.0f} beds were not split by kind and are staffed as ordinary wards: "
                "the need for intensive care may be too small.",
            )
        )
    found.append(_practice(work.beds, rules["staff-rest"]))
    if len(work.community):
        found.append(
            Words(
                "社区力量只算需要，现有人数没有报送来源。",
                "Community workers: only the need is known; nobody reports how many there are.",
            )
        )
    return (*found, *caveats(rules.values()))


def _honest(work: Work) -> Words:
    """How good the plan of whole teams is at least."""
    placed = work.placed
    return Words(
        f"整队派驻方案加权缺口{placed.unmet:,.0f}，理论下界{placed.bound:,.0f}，与最优相差至多{placed.gap:.1%}；"
        f"逐队贪心方案为{placed.greedy:,.0f}；最缺医院尚缺{placed.worst:.0%}。",
        f"Weighted people missing with whole teams: {placed.unmet:,.0f}; no plan can have less than {placed.bound:,.0f}, so it is at "
        f"most {placed.gap:.1%} from the best. Team by team (greedy): {placed.greedy:,.0f}. The worst site lacks {placed.worst:.0%}.",
    )


def _practice(beds: pd.DataFrame, rest: RuleSet) -> Words:
    """What the need of intensive care would be in shifts as converted wards worked them: posts of then, heads by our rest."""
    p, duty = rest.params, duty_share(rest)
    at_work = p["practice_nurses"] * p["practice_shift_h"] / 24 * duty / p["practice_beds"]
    icu = beds[(beds["kind"] == "icu") & (beds["skill"] == "icu_nurse")]["beds"].sum()
    wanted = heads(icu * at_work, p["practice_shift_h"], duty)
    each = p["practice_nurses"] / p["practice_beds"]
    return Words(
        f"配比为调查所得在编人数（ICU床护比1:1.88）；武汉改建ICU实际用到1:{each:.1f}（{p['practice_nurses']}名护士{p['practice_beds']}张床，"
        f"每床同时在岗{at_work:.2f}人），按此需重症护士{wanted:,.0f}人。",
        f"Ratios are surveyed heads per bed (1.88 nurses in ICU); converted ICUs in Wuhan used {each:.1f} ({p['practice_nurses']} nurses, "
        f"{p['practice_beds']} beds, {at_work:.2f} at work a bed at a time), which would ask for {wanted:,.0f} ICU nurses.",
    )
