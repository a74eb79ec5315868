"""The staff briefing: hospitals by people needed and missing, skills against need, teams and where they go."""

from collections.abc import Mapping
from math import nan

import geopandas as gpd
import numpy as np
import pandas as pd

from dashboard.briefing import paper
from dashboard.briefing.atlas import Scene
from dashboard.briefing.front import Asked, Front, base_legend, district_names, numbered
from dashboard.briefing.listing import Column
from dashboard.briefing.panels import Bar, Chart, KeyFigure, Span
from dashboard.briefing.sites import SHARE, Sites, places_of, sites_of
from dashboard.text import figure, pick
from layers.decisions._proposal import Plan, Proposal
from layers.decisions._staff_need import SKILLS
from layers.decisions.staff import SKILL_WORDS

LAYERS = ("districts", "water", "roads", "hospitals", "labels")
A_PERSON = 0.55  # square points
COLUMNS = (
    Column("people", "人数", "People"),
    Column("icu_nurse", "重症护士", "ICU nurses"),
    Column("nurse", "护士", "Nurses"),
    Column("doctor", "医生", "Doctors"),
)


def names(frames: Mapping[str, gpd.GeoDataFrame], lang: str) -> dict[str, str]:
    """Return code -> words for districts, hospitals and skills."""
    sites = sites_of(frames)
    hospitals = dict(zip(sites["id"].astype(str), sites["name"].astype(str), strict=True))
    return hospitals | district_names(frames, lang) | {skill: words.said(lang) for skill, words in SKILL_WORDS.items()}


def front(plan: Plan, listed: list[Proposal], frames: Mapping[str, gpd.GeoDataFrame], asked: Asked) -> Front:
    """Return what the first page shows; `listed` are the proposals that bear numbers."""
    lang = asked.lang
    sites = _sites(plan, frames)
    everywhere = places_of(sites_of(frames))
    places = {p.subject: everywhere.get(str(p.figures.get("hospital", ""))) for p in listed}
    scene = Scene(frames, asked.view.area, sites.frame.geometry, SHARE, marks=sites.marks(),
                  numbers=numbered(listed, places), names=sites.names(asked.city.zh))  # fmt: skip
    return Front(
        figures=_figures(plan, lang),
        scene=scene,
        chart=_chart(plan, lang),
        legend=(
            *sites.legend(("人（需要）", "people needed"), ("无床位报数", "No beds reported"), lang),
            *base_legend(lang),
        ),
        counted=_counted(plan, lang),
        things=("家医院", "hospitals"),
    )


def _sites(plan: Plan, frames: Mapping[str, gpd.GeoDataFrame]) -> Sites:
    """Hospitals that need or have people, and those that treat patients and told no beds."""
    gap = plan.tables.get("gap", pd.DataFrame(columns=["hospital", "need", "gap"]))
    lack = gap["gap"].astype(float).clip(lower=0)
    by = pd.DataFrame({"need": gap["need"].astype(float), "lack": lack}).groupby(gap["hospital"].astype(str)).sum()
    frame = sites_of(frames)
    frame = frame[frame["id"].isin(by.index) | frame["kind"].isin(["designated", "fangcang"])]
    need, lack = by["need"].reindex(frame["id"]).to_numpy(float), by["lack"].reindex(frame["id"]).to_numpy(float)
    share = np.divide(lack, need, out=np.full(len(frame), nan), where=need > 0)
    return Sites(frame, need, paper.LACK.classes(share), paper.LACK, A_PERSON)


def _figures(plan: Plan, lang: str) -> tuple[KeyFigure, ...]:
    s, people = plan.summary, pick(("人", "people"), lang)
    need, have, short, after = (
        pd.Series([s.get(f"{name}_{skill}", nan) for skill in SKILLS], dtype=float).sum(min_count=1)
        for name in ("need", "have", "short", "short_after")
    )  # of a skill that no ratio asks for nothing is known, and the others still add up
    icu = sum(s.get(f"short_after_{skill}", nan) for skill in ("icu_nurse", "icu_doctor"))
    teams, sent = s.get("teams_free", nan), s.get("teams_assigned", nan)
    rows = (
        (short, people, ("医护缺口", "Staff short"), (f"派驻后仍缺 {figure(after)} 人", f"{figure(after)} after the teams are sent"), short > 0),
        (icu, people, ("重症医护缺口（派驻后）", "ICU staff short, after"), ("重症人员不能由其他专业替代", "other skills cannot replace them"), icu > 0),
        (need, people, ("按床位需要", "Needed for the beds"), ("在编人数，含轮班", "heads, shifts included"), False),
        (have, people, ("已在岗", "Present"), ("只计已报送队伍", "reported teams only"), False),
        (teams, pick(("支", "teams"), lang), ("可派队伍", "Free teams"), (f"{figure(s.get('people_free', nan))} 人", f"{figure(s.get('people_free', nan))} people"), False),
        (sent, pick(("支", "teams"), lang), ("建议派驻", "To be sent"), (f"{figure(s.get('people_assigned', nan))} 人", f"{figure(s.get('people_assigned', nan))} people"), False),
    )  # fmt: skip
    return tuple(
        KeyFigure(value, unit, pick(label, lang), pick(note, lang), alarm) for value, unit, label, note, alarm in rows
    )


def _chart(plan: Plan, lang: str) -> Chart:
    keys = (
        (pick(("已在岗", "present"), lang), paper.BAR["have"], "none"),
        (pick(("建议派驻", "to be sent"), lang), paper.BAR["added"], "none"),
        (pick(("需要", "needed"), lang), "none", paper.INK),
    )
    skills, sent = plan.tables.get("skills", pd.DataFrame()), _sent(plan)
    found = tuple(_bar(row, sent, lang) for row in skills.to_dict("records") if row["need"] or row["have"])
    return Chart(
        pick(("各专业需要与在岗（人）", "Need and presence by skill"), lang),
        found,
        keys,
        pick(("没有数据", "no data"), lang),
    )


def _sent(plan: Plan) -> dict[str, float]:
    teams = plan.tables.get("teams", pd.DataFrame(columns=["hospital", *SKILLS]))
    chosen = teams[teams["hospital"] != ""]
    return {skill: float(chosen[skill].sum()) for skill in SKILLS}


def _bar(row: Mapping[str, float], sent: Mapping[str, float], lang: str) -> Bar:
    skill = str(row["skill"])
    have = float(row["have"])
    spans = (
        Span(0, have, paper.BAR["have"], thick=0.7),
        Span(have, have + sent[skill], paper.BAR["added"], thick=0.7),
        Span(0, float(row["need"]), "none", paper.INK),
    )
    text = f"{pick(('缺', 'short'), lang)} {figure(row['short'])} → {figure(row['short_after'])}"
    return Bar(SKILL_WORDS[skill].said(lang), spans, text, alarm=row["short_after"] > 0)


def _counted(plan: Plan, lang: str) -> tuple[str, ...]:
    teams = int(plan.summary.get("teams_free", 0) - plan.summary.get("teams_assigned", 0))
    if teams <= 0:
        return ()
    return (pick((f"{teams}支队伍机动待命，不在图上。", f"{teams} teams stand by and are not on the map."), lang),)
