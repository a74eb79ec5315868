"""The figures of the staff plan: gaps, where whole teams go, who can lend to whom, who is due to rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from layers.decisions import _community as community
from layers.decisions._bed_travel import great_circle_km
from layers.decisions._inputs import records
from layers.decisions._staff_facts import StaffFacts
from layers.decisions._staff_need import GENERAL, SKILLS, duty_share, needs, uncovered
from layers.decisions._teams import NOWHERE, Placed, place
from layers.decisions.flow import transport
from layers.decisions.rules import RuleSet
from layers.decisions.whatif import WhatIf

NO_POSITION_KM = 30.0  # a site without a position: as far as the other end of the city
LENDING = ["skill", "giver", "taker", "people", "hours", "km"]
ASSUMED = "if-"  # begins the number of a team that is only assumed to arrive


@dataclass(frozen=True)
class Work:
    """Everything computed, before anything is said about it.

    gap      hospital x skill: need, have, gap, after (free teams sent)
    teams    free teams: team, name, origin, one column a skill, people, hospital, was (where an order sends it)
    lending  LENDING: people that a hospital can spare, to where they lack, least travel
    terms    teams at work: team, name, hospital, people, since_day, worked_days, leaves_day, due (rest | leaves | "")
    sites    hospital, lacks, lacks_after: share of its weighted need that it lacks, before and after
    community  as `_community.work`
    """

    names: dict[str, str]
    districts: dict[str, str]
    beds: pd.DataFrame
    gap: pd.DataFrame
    teams: pd.DataFrame
    lending: pd.DataFrame
    terms: pd.DataFrame
    sites: pd.DataFrame
    community: pd.DataFrame
    placed: Placed

    @cached_property
    def skills(self) -> pd.DataFrame:
        """Return per skill: need, have, free (in free teams), short before and after, hospitals_short, lent; spare staff elsewhere is not netted."""
        rows = []
        for skill in SKILLS:
            gap = self.gap[self.gap["skill"] == skill]
            rows.append(
                {
                    "skill": skill,
                    "need": gap["need"].sum(),
                    "have": gap["have"].sum(),
                    "free": self.teams[skill].sum(),
                    "short": gap["gap"].clip(lower=0).sum(),
                    "short_after": gap["after"].clip(lower=0).sum(),
                    "hospitals_short": int((gap["after"] > 0).sum()),
                    "lent": self.lending.loc[self.lending["skill"] == skill, "people"].sum(),
                }
            )
        return pd.DataFrame(rows)

    @classmethod
    def of(cls, facts: StaffFacts, rules: Mapping[str, RuleSet], what_if: WhatIf, day: int) -> "Work":
        """Return the figures of these facts; under assumptions the plan starts from the one without them."""
        sites = facts.hospitals.drop_duplicates("id").set_index("id").fillna({"name": "", "district": ""})
        names, districts = ({str(k): str(v) for k, v in sites[column].items()} for column in ("name", "district"))
        followed = dict(zip(facts.ordered["team"], facts.ordered["hospital"], strict=True))
        if what_if.assumes:
            key = ("plain", tuple(rule.id for rule in rules.values()))
            plain = facts.once(key, lambda: _sent(facts, rules, WhatIf(), followed))
            followed = {row["team"]: row["hospital"] for row in records(plain.teams) if row["hospital"]} | followed
        sent = _sent(facts, rules, what_if, followed)
        gap = _gap_table(sent.need, sent.have, sent.after)
        lending = lend(sent.need, sent.after, sites, rules)
        terms = _terms(facts, rules["staff-rotation"], day)
        lacks = _lacks(gap, rules["staff-priority"].params["weight"])
        rule = rules["community-work"]
        closed = facts.once(("community", rule.id), lambda: community.work(facts.compounds, rule))
        return cls(names, districts, sent.beds, gap, sent.teams, lending, terms, lacks, closed, sent.placed)


@dataclass(frozen=True)
class _Sent:
    beds: pd.DataFrame
    need: pd.DataFrame
    have: pd.DataFrame
    after: pd.DataFrame
    teams: pd.DataFrame
    placed: Placed


def _sent(facts: StaffFacts, rules: Mapping[str, RuleSet], what_if: WhatIf, followed: Mapping[str, str]) -> _Sent:
    hospitals = facts.hospitals[~facts.hospitals["id"].isin(what_if.refused)]
    factor = what_if.patients(rules["whatif-scale"].params["stay_days"])
    beds = needs(hospitals.assign(used=hospitals["used"].astype(float) * factor), rules)
    teams = facts.teams.assign(hospital=facts.teams["hospital"].fillna(""), people=pd.to_numeric(facts.teams["people"]))
    teams = teams.assign(hospital=teams["hospital"].where(~teams["hospital"].isin(what_if.refused), ""))
    need, have = by_skill(beds, "hospital"), by_skill(teams[teams["hospital"] != ""], "hospital")
    index = need.index.union(have.index)
    need, have = need.reindex(index).fillna(0.0), have.reindex(index).fillna(0.0)
    free = pd.concat([_free(teams), _arriving(what_if.arrivals, teams, need, rules["staff-replan"])], ignore_index=True)
    at = {code: row for row, code in enumerate(index)}
    old = np.array([at.get(followed.get(team, ""), NOWHERE) for team in free["team"]], dtype=int)
    replan = rules["staff-replan"].params
    placed = place(
        need.to_numpy(float),
        have.to_numpy(float),
        free[list(SKILLS)].to_numpy(dtype=float),
        np.array([rules["staff-priority"].params["weight"][skill] for skill in SKILLS]),
        old=old,
        move_share=replan["move_share"],
        fair_share=replan["fair_share"],
        critical=replan["critical_factor"],
    )
    free["hospital"] = [index[row] if row >= 0 else "" for row in placed.site]
    free["was"] = [index[row] if row >= 0 else "" for row in old]
    after = have.add(_by_team(free), fill_value=0.0).reindex(index)
    return _Sent(beds, need, have, after, free, placed)


def by_skill(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return people per skill (columns as SKILLS) by hospital or team."""
    if rows.empty:
        return pd.DataFrame(columns=list(SKILLS), index=pd.Index([], dtype=object, name=by), dtype=float)
    wide = rows.pivot_table(index=by, columns="skill", values="people", aggfunc="sum")
    return wide.reindex(columns=list(SKILLS)).fillna(0.0).astype(float)


def _free(teams: pd.DataFrame) -> pd.DataFrame:
    """Return one row per team that has no hospital: team, name, origin, one column a skill, people; by team id."""
    free = teams[teams["hospital"] == ""]
    about = free.drop_duplicates("team").set_index("team")[["name", "origin"]]
    wide = about.join(by_skill(free, "team")).sort_index().rename_axis("team").reset_index()
    wide[list(SKILLS)] = wide[list(SKILLS)].astype(float)
    return wide.assign(people=wide[list(SKILLS)].sum(axis=1))


def _arriving(people: int, teams: pd.DataFrame, need: pd.DataFrame, rule: RuleSet) -> pd.DataFrame:
    """Return the teams assumed to arrive, in the mix of skills of those present (where nobody is, of the need)."""
    mix = teams.groupby("skill")["people"].sum().reindex(list(SKILLS)).fillna(0.0)
    mix = mix if mix.sum() > 0 else need.sum()
    count = max(round(people / rule.params["team_people"]), 1) if people and mix.sum() > 0 else 0
    shares = (mix / mix.sum() * people).to_numpy(float) if count else np.zeros(len(SKILLS))
    upto = np.rint(np.outer(np.arange(count + 1) / max(count, 1), shares))  # whole people that add up
    rows = pd.DataFrame(np.diff(upto, axis=0), columns=list(SKILLS))
    names = [f"{ASSUMED}{number:03d}" for number in range(1, count + 1)]
    rows.insert(0, "team", names)
    rows.insert(1, "name", [f"假设到达第{number}队" for number in range(1, count + 1)])
    rows.insert(2, "origin", "")
    return rows.assign(people=rows[list(SKILLS)].sum(axis=1))


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


def _lacks(gap: pd.DataFrame, weight: Mapping[str, float]) -> pd.DataFrame:
    """Return hospital, lacks, lacks_after; hospitals that need nobody are left out."""
    each = gap["skill"].map(weight).astype(float)
    sums = pd.DataFrame(
        {
            "hospital": gap["hospital"],
            "need": gap["need"] * each,
            "lacks": gap["gap"].clip(lower=0) * each,
            "lacks_after": gap["after"].clip(lower=0) * each,
        }
    )
    by = sums.groupby("hospital").sum().astype(float)
    by = by[by["need"] > 0]
    found = by[["lacks", "lacks_after"]].div(by["need"], axis=0).reset_index()
    return found.sort_values(["lacks_after", "hospital"], ascending=[False, True]).reset_index(drop=True)


def lend(need: pd.DataFrame, have: pd.DataFrame, sites: pd.DataFrame, rules: Mapping[str, RuleSet]) -> pd.DataFrame:
    """Return LENDING: single people, skill by skill, from hospitals with clearly more than their need to those that lack.

    A flow per skill: as many as possible, then least travel. A giver keeps its need and `floor_share` of it; a hospital
    without a need of that skill that we know gives nobody. `hours`: hours of work a day that come with them.
    """
    floor, shift_h = rules["staff-replan"].params["floor_share"], rules["staff-ratio"].params["shift_h"]
    duty = duty_share(rules["staff-rest"])
    gap = uncovered(need.to_numpy(), have.to_numpy())
    spare = np.where(need > 0, np.floor(np.maximum(-gap - floor * need.to_numpy(), 0)), 0.0)
    short = np.floor(np.maximum(gap, 0))
    where = sites.reindex(need.index)[["lon", "lat"]].astype(float).to_numpy()
    km = great_circle_km(where[:, :1], where[:, 1:], where[None, :, 0], where[None, :, 1])
    km = np.where(np.isnan(km), NO_POSITION_KM, km)
    rows = []
    for at, skill in enumerate(SKILLS):
        moved = transport(km, spare[:, at], short[:, at]).assignment
        each = shift_h["icu" if skill in GENERAL else "all"] * duty
        for giver, taker in zip(*np.nonzero(moved), strict=True):
            people = float(moved[giver, taker])
            rows.append((skill, need.index[giver], need.index[taker], people, people * each, km[giver, taker]))
    found = pd.DataFrame(rows, columns=LENDING)
    return found.sort_values(["people", "giver", "taker", "skill"], ascending=[False, True, True, True]).reset_index(
        drop=True
    )


def _terms(facts: StaffFacts, rule: RuleSet, day: int) -> pd.DataFrame:
    """Return the teams from outside that are at work, longest first, and which are due to rest or about to leave."""
    rows = facts.teams.assign(hospital=facts.teams["hospital"].fillna(""), people=pd.to_numeric(facts.teams["people"]))
    rows = rows[(rows["hospital"] != "") & (rows["origin"].fillna("") != rule.params["local_origin"])]
    teams = rows.groupby("team", sort=True).agg(
        name=("name", "first"), hospital=("hospital", "first"), people=("people", "sum")
    )
    found = teams.reset_index().merge(facts.terms, on="team")
    worked = day - found["since_day"].astype(float) + 1
    leaves = found["leaves_day"].astype(float) - day <= rule.params["leaving_days"]
    rests = worked > rule.params["work_days"]
    found = found.assign(worked_days=worked, due=np.where(leaves, "leaves", np.where(rests, "rest", "")))
    return found.sort_values(["worked_days", "team"], ascending=[False, True]).reset_index(drop=True)
