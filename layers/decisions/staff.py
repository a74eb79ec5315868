"""Staff: how many of which skill each hospital needs for its beds, what is missing, and where whole teams should go."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import or_, select

from layers import hospitals as hospital_layer
from layers._times import to_ms
from layers._view import View
from layers.decisions._inputs import as_date, blank, cell, complete_day, digest, records
from layers.decisions._proposal import Plan, Proposal, Reason, Words
from layers.decisions._silence import Silence, hear, no_deliveries
from layers.decisions._staff_need import SKILLS, assign, needs, ratios, uncovered
from layers.decisions._words import count, listed
from layers.decisions.rules import RuleSet, caveats, in_force
from layers.store import Store
from layers.store.asof import as_known
from layers.store.schema import team

TITLE = Words("医护调配建议", "Staff proposals")
FEEDS = ("staff", "beds")
TOPICS = ("staff-ratio", "staff-ratio-derived", "staff-priority")
SKILL_WORDS = {
    "icu_doctor": Words("重症医生", "ICU doctors"),
    "icu_nurse": Words("重症护士", "ICU nurses"),
    "doctor": Words("医生", "doctors"),
    "nurse": Words("护士", "nurses"),
    "support": Words("其他人员", "support staff"),
}


@dataclass(frozen=True)
class StaffFacts:
    """Frames for one view; every one may be empty.

    hospitals  as in the bed plan: one row per site and kind of bed reported
    teams      team, name, origin, skill, people, hospital ("" or None: not assigned): those present at as_of
    feeds      feed, source, last: newest delivery of each source; without rows: nothing was ever delivered
    """

    hospitals: pd.DataFrame = field(
        default_factory=lambda: blank("id name kind district capacity lon lat bed_kind open used free planned")
    )
    teams: pd.DataFrame = field(default_factory=lambda: blank("team name origin skill people hospital"))
    feeds: pd.DataFrame = field(default_factory=no_deliveries)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the frames by name, for the digest of the inputs."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def gather(store: Store, view: View) -> StaffFacts:
    """Read the facts of `view`: hospitals of its district, teams that have arrived and not left."""
    view = view.narrowed(view.district)
    c = team.c
    present = as_known(select(c.team, c.name, c.origin, c.skill, c.people, c.hospital), team, view)
    present = present.where(or_(c.leaves_at.is_(None), c.leaves_at > to_ms(view.as_of)))
    sites = store.read(hospital_layer.query(view))[list(StaffFacts().hospitals.columns)]
    teams = store.read(present)
    free = teams["hospital"].isna() | (teams["hospital"] == "")
    here = teams[free | teams["hospital"].isin(sites["id"])].reset_index(drop=True)
    return StaffFacts(sites, here, hear(store, view, FEEDS))


def plan(store: Store, view: View) -> Plan:
    """Return the staff plan of a view."""
    return propose(gather(store, view), view)


def propose(facts: StaffFacts, view: View, rules: Iterable[RuleSet] | None = None) -> Plan:
    """Return where to send each free team, what is still missing by skill, and who has staff to lend; pure.

    tables  gap (hospital x skill: need, have, gap, after), skills (city totals), teams (free teams and where they go),
            beds (hospital x kind: beds to staff, people needed, on duty at a time, shift in hours)
    """
    day = as_date(complete_day(view))
    known = None if rules is None else tuple(rules)
    held = {topic: in_force(topic, day, known) for topic in TOPICS}
    mark = digest(facts.frames(), held.values(), view)
    work, silence = _Work.of(facts, held), Silence(facts.feeds, view, FEEDS)
    return Plan(
        kind="staff",
        title=TITLE,
        proposals=_proposals(work, held, view, mark),
        summary=_summary(work),
        tables={"gap": work.gap, "skills": _skills(work), "teams": work.teams, "beds": work.beds},
        rules=tuple(rule.id for rule in held.values()),
        as_of=view.as_of,
        known_at=view.known_at,
        area=view.area,
        inputs_hash=mark,
        caveats=() if facts.hospitals.empty and facts.teams.empty else (*silence.caveats(), *_caveats(work, held)),
        silence=silence.headlines,
    )


@dataclass(frozen=True)
class _Work:
    """Everything computed, before anything is said about it."""

    names: dict[str, str]
    districts: dict[str, str]
    beds: pd.DataFrame
    gap: pd.DataFrame
    teams: pd.DataFrame

    @classmethod
    def of(cls, facts: StaffFacts, rules: Mapping[str, RuleSet]) -> "_Work":
        sites = facts.hospitals.drop_duplicates("id").set_index("id").fillna({"name": "", "district": ""})
        names, districts = ({str(k): str(v) for k, v in sites[column].items()} for column in ("name", "district"))
        beds = needs(facts.hospitals, rules)
        teams = facts.teams.assign(
            hospital=facts.teams["hospital"].fillna(""), people=pd.to_numeric(facts.teams["people"])
        )
        need = _by_skill(beds, "hospital")
        have = _by_skill(teams[teams["hospital"] != ""], "hospital")
        index = need.index.union(have.index)
        need, have = need.reindex(index).fillna(0.0), have.reindex(index).fillna(0.0)
        free = _free(teams)
        weight = np.array([rules["staff-priority"].params["weight"][skill] for skill in SKILLS])
        chosen = assign(need.to_numpy(), have.to_numpy(), free[list(SKILLS)].to_numpy(dtype=float), weight)
        free["hospital"] = [index[at] if at >= 0 else "" for at in chosen]
        after = have.add(_by_team(free), fill_value=0.0).reindex(index)
        return cls(names, districts, beds, _gap_table(need, have, after), free)


def _by_skill(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    if rows.empty:
        return pd.DataFrame(columns=list(SKILLS), index=pd.Index([], dtype=object, name=by), dtype=float)
    wide = rows.pivot_table(index=by, columns="skill", values="people", aggfunc="sum")
    return wide.reindex(columns=list(SKILLS)).fillna(0.0).astype(float)


def _free(teams: pd.DataFrame) -> pd.DataFrame:
    """Return one row per team that has no hospital: team, name, origin, one column a skill, people; by team id."""
    free = teams[teams["hospital"] == ""]
    about = free.drop_duplicates("team").set_index("team")[["name", "origin"]]
    wide = about.join(_by_skill(free, "team")).sort_index().rename_axis("team").reset_index()
    wide[list(SKILLS)] = wide[list(SKILLS)].astype(float)
    return wide.assign(people=wide[list(SKILLS)].sum(axis=1))


def _by_team(free: pd.DataFrame) -> pd.DataFrame:
    sent = free[free["hospital"] != ""]
    return sent.groupby("hospital")[list(SKILLS)].sum().astype(float)


def _gap_table(need: pd.DataFrame, have: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    before = pd.DataFrame(uncovered(need.to_numpy(), have.to_numpy()), index=need.index, columns=list(SKILLS))
    later = pd.DataFrame(uncovered(need.to_numpy(), after.to_numpy()), index=need.index, columns=list(SKILLS))
    frames = {"need": need, "have": have, "gap": before, "after": later}
    long = [frame.rename_axis("hospital").reset_index().melt("hospital", var_name="skill", value_name=name)
            for name, frame in frames.items()]  # fmt: skip
    found = long[0]
    for frame in long[1:]:
        found = found.merge(frame, on=["hospital", "skill"])
    found = found[(found["need"] > 0) | (found["have"] > 0)]
    rank = {skill: at for at, skill in enumerate(SKILLS)}
    return found.sort_values(["hospital", "skill"], key=lambda c: c.map(rank) if c.name == "skill" else c).reset_index(
        drop=True
    )


def _proposals(work: _Work, rules: Mapping[str, RuleSet], view: View, mark: str) -> tuple[Proposal, ...]:
    common = {"as_of": view.as_of, "known_at": view.known_at, "inputs_hash": mark}
    running = work.gap.pivot(index="hospital", columns="skill", values="gap").reindex(columns=list(SKILLS)).fillna(0.0)
    found = []
    for row in records(work.teams.sort_values(["people", "team"], ascending=[False, True])):
        found.append(_team(row, running, work, rules, common))
        if row["hospital"]:
            gap = running.loc[row["hospital"]].to_numpy(dtype=float)
            running.loc[row["hospital"]] = uncovered(gap, np.array([row[skill] for skill in SKILLS]))
    surplus = [_lend(row, work, rules, common) for row in records(_surplus(work, rules))]
    return (*found, *_recruit(work, rules, common), *surplus)


def _team(
    row: dict[str, Any], running: pd.DataFrame, work: _Work, rules: Mapping[str, RuleSet], common: dict[str, Any]
) -> Proposal:
    rule, where = rules["staff-priority"].id, row["hospital"]
    has = listed([_people(skill, row[skill]) for skill in SKILLS if row[skill] > 0])
    who = Reason(
        rule, f"{row['people']:,.0f}人：{has.zh}。", f"{row['people']:,.0f} people: {has.en}.", (f"team {row['team']}",)
    )
    if not where:
        why = Reason(rule, "各院相应专业目前没有缺口。", "No hospital lacks any of its skills now.")
        flips = Words("任何医院出现相应专业缺口即派驻。", "Sent as soon as a hospital lacks one of its skills.")
    else:
        after = uncovered(running.loc[where].to_numpy(dtype=float), np.array([row[skill] for skill in SKILLS]))
        rest = dict(zip(SKILLS, np.maximum(after, 0), strict=True))
        short = [(skill, n) for skill in SKILLS if (n := cell(running, where, skill)) > rest[skill]]
        before = listed([_people(skill, n) for skill, n in short])
        left = listed([_people(skill, rest[skill]) for skill, _ in short])
        name = work.names.get(where) or where
        why = Reason(
            rule,
            f"派驻{name}减少加权缺口最多：该院现缺{before.zh}，派驻后尚缺{left.zh}。",
            f"{name} gains most: it lacks {before.en}, and {left.en} after.",
            tuple(f"gap {where} {skill}: {n:.0f}" for skill, n in short),
        )
        flips = Words(
            "若该院缺口先由他队补足，改派次缺医院。", "Goes to the next hospital if another team fills this gap first."
        )
    return Proposal(
        subject=row["team"],
        action="assign" if where else "stand_by",
        reasons=(who, why),
        rule_id=rule,
        flips_if=flips,
        name=row["name"] or "",
        district=work.districts.get(where, ""),
        figures={"hospital": where, **{skill: row[skill] for skill in SKILLS}, "people": row["people"]},
        caveats=caveats([rules["staff-priority"]]),
        **common,
    )


def _people(skill: str, n: float) -> Words:
    return Words(f"{SKILL_WORDS[skill].zh}{n:,.0f}人", f"{n:,.0f} {SKILL_WORDS[skill].en}")


def _recruit(work: _Work, rules: Mapping[str, RuleSet], common: dict[str, Any]) -> list[Proposal]:
    """One proposal per skill that is short in the whole view after every free team was sent."""
    found = []
    ratio = ratios(rules)
    for row in records(_skills(work)):
        skill, n = row["skill"], row["short_after"]
        if n <= 0:
            continue
        used = sorted({rule for (_, of), (_, rule) in ratio.items() if of == skill})
        words = SKILL_WORDS[skill]
        found.append(
            Proposal(
                subject=skill,
                action="recruit",
                reasons=(
                    Reason(
                        used[0],
                        f"{words.zh}需{row['need']:,.0f}人，现有{row['have']:,.0f}人，"
                        f"派驻后{row['hospitals_short']}家医院仍缺{n:,.0f}人。",
                        f"{words.en[0].upper()}{words.en[1:]}: {row['need']:,.0f} needed, {row['have']:,.0f} present; after the teams are sent "
                        f"{count(row['hospitals_short'], 'hospital')} still short, {n:,.0f} in all.",
                        tuple(_formula(work, skill, ratio)),
                    ),
                ),
                rule_id=used[0],
                flips_if=Words(f"再到{n:,.0f}名{words.zh}即补足。", f"Settled by {n:,.0f} more {words.en}."),
                name=words.zh,
                figures={"people": n},
                caveats=caveats([rule for rule in rules.values() if rule.id in used]),
                **common,
            )
        )
    return found


def _formula(work: _Work, skill: str, ratio: Mapping[tuple[str, str], tuple[float, str]]) -> list[str]:
    rows = work.beds[work.beds["skill"] == skill]
    beds = rows.groupby("kind")["beds"].sum()
    return [f"{kind}: {n:,.0f} beds x {ratio[str(kind), skill][0]:g}" for kind, n in beds.items()]


def _surplus(work: _Work, rules: Mapping[str, RuleSet]) -> pd.DataFrame:
    """Hospital and skill with clearly more people than the ratio asks for; where no need is known nothing is called surplus."""
    params = rules["staff-priority"].params
    known = work.gap["hospital"].isin(work.beds["hospital"])
    spare = work.gap.assign(spare=-work.gap["gap"])
    enough = np.maximum(params["surplus_share"] * spare["need"], params["surplus_least"])
    ratio_exists = spare["skill"].isin(work.beds["skill"])  # no ratio is published for support staff
    return spare[known & ratio_exists & (spare["spare"] > enough)].sort_values(
        ["spare", "hospital"], ascending=[False, True]
    )


def _lend(row: dict[str, Any], work: _Work, rules: Mapping[str, RuleSet], common: dict[str, Any]) -> Proposal:
    words, rule = SKILL_WORDS[row["skill"]], rules["staff-priority"]
    return Proposal(
        subject=f"{row['hospital']}|{row['skill']}",
        action="lend",
        reasons=(
            Reason(
                rule.id,
                f"{words.zh}现有{row['have']:,.0f}人，按床位需{row['need']:,.0f}人，富余{row['spare']:,.0f}人。",
                f"{row['have']:,.0f} {words.en} present, {row['need']:,.0f} needed for its beds: {row['spare']:,.0f} to spare.",
                (f"have {row['have']:.0f}", f"need {row['need']:.0f}"),
            ),
        ),
        rule_id=rule.id,
        flips_if=Words(
            f"再用去{row['spare']:,.0f}人即无富余。", f"None to spare once {row['spare']:,.0f} more are needed."
        ),
        name=work.names.get(row["hospital"], ""),
        district=work.districts.get(row["hospital"], ""),
        figures={"hospital": row["hospital"], "people": row["spare"]},
        caveats=caveats([rule]),
        **common,
    )


def _skills(work: _Work) -> pd.DataFrame:
    """Return per skill: need, have, free (in free teams), short before and after, hospitals_short; spare staff elsewhere is not netted."""
    rows = []
    for skill in SKILLS:
        gap = work.gap[work.gap["skill"] == skill]
        rows.append(
            {
                "skill": skill,
                "need": gap["need"].sum(),
                "have": gap["have"].sum(),
                "free": work.teams[skill].sum(),
                "short": gap["gap"].clip(lower=0).sum(),
                "short_after": gap["after"].clip(lower=0).sum(),
                "hospitals_short": int((gap["after"] > 0).sum()),
            }
        )
    return pd.DataFrame(rows)


def _summary(work: _Work) -> dict[str, float]:
    skills = _skills(work).set_index("skill")
    found: dict[str, float] = {}
    for skill in SKILLS:
        found |= {f"{name}_{skill}": cell(skills, skill, name) for name in ("need", "have", "short", "short_after")}
    sent = work.teams["hospital"] != ""
    return found | {
        "teams_free": len(work.teams),
        "teams_assigned": int(sent.sum()),
        "people_free": float(work.teams["people"].sum()),
        "people_assigned": float(work.teams.loc[sent, "people"].sum()),
    }


def _caveats(work: _Work, rules: Mapping[str, RuleSet]) -> tuple[Words, ...]:
    found = [*caveats(rules.values())]
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
    found.append(
        Words(
            "配比为调查所得在编人数（ICU床护比1:1.88）；武汉改建ICU实际用到1:3.8（138名护士36张床），按此需求更高。",
            "Ratios are surveyed heads per bed (1.88 nurses in ICU); converted ICUs in Wuhan used 3.8 (138 nurses, 36 beds), "
            "which would ask for more.",
        )
    )
    return tuple(found)
