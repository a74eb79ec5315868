"""Staff in the briefing: hospitals by people needed and missing, skills against need, teams and where they go."""

from math import nan

import numpy as np
import pandas as pd

from dashboard.briefing import paper
from dashboard.briefing.atlas import Scene
from dashboard.briefing.blocks import Block, ChartBlock, Figure, ListColumn, MapBlock, Series
from dashboard.briefing.book import PERSONS, Book
from dashboard.briefing.ground import base_legend
from dashboard.briefing.proposals import district_names, numbering, part_of, placed
from dashboard.briefing.query import Query, of_plan
from dashboard.briefing.sites import SHARE, Sites, places_of, sites_of
from dashboard.text import both, figure, pick, say
from layers.decisions._proposal import Plan
from layers.decisions._staff_need import SKILLS
from layers.decisions.staff import SKILL_WORDS

KIND = "staff"
LAYERS = ("hospitals",)
A_PERSON = 0.55  # square points
COLUMNS = (
    ListColumn("people", *both("brief.staff.people")),
    ListColumn("icu_nurse", *both("brief.staff.icu_nurses")),
    ListColumn("nurse", *both("brief.staff.nurses")),
    ListColumn("doctor", *both("brief.staff.doctors")),
)


def blocks(book: Book) -> tuple[Block, ...]:
    """Return what the part shows of the whole area."""
    plan = book.sources.plans[KIND]
    hospitals = sites_of(book.sources.frames)
    names = dict(zip(hospitals["id"].astype(str), hospitals["name"].astype(str), strict=True))
    names |= district_names(book.sources.frames, book.lang)
    names |= {skill: words.said(book.lang) for skill, words in SKILL_WORDS.items()}
    drawn = (_figures(book), _map(book, plan), _chart(book, plan))
    return part_of(book, plan, *drawn, columns=COLUMNS, names=names)


def of_district(book: Book, code: str) -> tuple[Figure, ...]:
    """Return the key figures of a district: of its own hospitals."""
    hospitals = sites_of(book.sources.frames)
    mine = tuple(sorted(hospitals.loc[hospitals["district"] == code, "id"].astype(str)))
    where = (("hospital", mine),)
    short = Query(KIND, "gap", ("gap",), "short", where)
    after = Query(KIND, "gap", ("after",), "short", where)
    return (
        book.figure(both("brief.staff.staff_short"), short, PERSONS, alarm=True),
        book.figure(both("brief.staff.short_after_teams"), after, PERSONS, alarm=True),
    )


def short(book: Book) -> Figure:
    """Return the people short of all skills."""
    return book.figure(
        both("brief.staff.staff_short"), of_plan(KIND, *(f"short_{s}" for s in SKILLS)), PERSONS, alarm=True
    )


def short_after(book: Book) -> Figure:
    """Return the people short after the free teams are sent as proposed."""
    asked = of_plan(KIND, *(f"short_after_{s}" for s in SKILLS))
    return book.figure(both("brief.staff.short_after_teams"), asked, PERSONS, alarm=True)


def _figures(book: Book) -> tuple[Figure, ...]:
    teams = both("brief.staff.teams")
    icu = of_plan(KIND, "short_after_icu_nurse", "short_after_icu_doctor")
    note = both("brief.staff.other_skills_cannot")
    return (
        short(book),
        short_after(book),
        book.figure(both("brief.staff.icu_staff_still"), icu, PERSONS, note=note, alarm=True),
        book.figure(both("brief.staff.needed_for_beds"), of_plan(KIND, *(f"need_{s}" for s in SKILLS)), PERSONS,
                    note=both("brief.staff.heads_shifts_included")),
        book.figure(both("brief.staff.present"), of_plan(KIND, *(f"have_{s}" for s in SKILLS)), PERSONS,
                    note=both("brief.staff.reported_teams_only")),
        book.figure(both("brief.staff.free_teams"), of_plan(KIND, "teams_free"), teams),
        book.figure(both("brief.staff.teams_sent"), of_plan(KIND, "teams_assigned"), teams),
        book.figure(both("brief.staff.people_sent"), of_plan(KIND, "people_assigned"), PERSONS),
    )  # fmt: skip


def _map(book: Book, plan: Plan) -> MapBlock:
    frames, shown = book.sources.frames, _sites(book, plan)
    everywhere, goes = (
        places_of(sites_of(frames)),
        {p.subject: str(p.figures.get("hospital", "")) for p in plan.proposals},
    )
    places = {subject: everywhere[site] for subject, site in goes.items() if site in everywhere}
    numbers = placed(numbering(plan), places)
    area = book.sources.snapshot.area
    scene = Scene(frames, area, shown.frame.geometry, SHARE, marks=shown.marks(), numbers=numbers,
                  names=shown.names(book.city))  # fmt: skip
    legend = (
        *shown.legend(both("brief.staff.people_needed"), both("brief.staff.no_beds_reported"), book.lang),
        *base_legend(book.lang),
    )
    title, asked = (
        both("brief.staff.hospitals_people_needed"),
        Query(KIND, "gap", ("need", "gap"), "rows"),
    )
    return MapBlock(
        book.pick(*title),
        scene,
        legend,
        _counted(plan, book.lang),
        both("brief.staff.hospitals"),
        book.code(title, asked),
    )


def _sites(book: Book, plan: Plan) -> Sites:
    """Hospitals that need or have people, and those that treat patients and told no beds."""
    gap = plan.tables.get("gap", pd.DataFrame(columns=["hospital", "need", "gap"]))
    lack = gap["gap"].astype(float).clip(lower=0)
    by = pd.DataFrame({"need": gap["need"].astype(float), "lack": lack}).groupby(gap["hospital"].astype(str)).sum()
    frame = sites_of(book.sources.frames)
    frame = frame[frame["id"].isin(by.index) | frame["kind"].isin(["designated", "fangcang"])]
    need, lack = by["need"].reindex(frame["id"]).to_numpy(float), by["lack"].reindex(frame["id"]).to_numpy(float)
    share = np.divide(lack, need, out=np.full(len(frame), nan), where=need > 0)
    return Sites(frame, need, paper.LACK.classes(share), paper.LACK, A_PERSON)


def _chart(book: Book, plan: Plan) -> ChartBlock:
    series = (
        Series("have", say("brief.staff.present_2", book.lang), paper.BAR["have"]),
        Series("sent", say("brief.staff.sent_2", book.lang), paper.BAR["added"]),
        Series("need", say("brief.staff.needed", book.lang), paper.INK, outline=True),
    )
    skills = plan.tables.get("skills", pd.DataFrame(columns=["skill", "need", "have", "short", "short_after"]))
    teams = plan.tables.get("teams", pd.DataFrame(columns=["hospital", *SKILLS]))
    sent = teams[teams["hospital"] != ""]
    rows = skills[(skills["need"].astype(float).fillna(0) != 0) | (skills["have"].astype(float).fillna(0) != 0)]
    word = say("brief.staff.short", book.lang)
    data = pd.DataFrame({
        "label": [SKILL_WORDS[str(skill)].said(book.lang) for skill in rows["skill"]],
        "have": rows["have"].astype(float).to_numpy(),
        "sent": [float(sent[skill].sum()) for skill in rows["skill"]],
        "need": rows["need"].astype(float).to_numpy(),
        "text": [f"{word} {figure(a)} → {figure(b)}" for a, b in zip(rows["short"], rows["short_after"], strict=True)],
        "alarm": [float(b) > 0 for b in rows["short_after"]],
    })  # fmt: skip
    title = both("brief.staff.need_presence_skill_2")
    asked = Query(KIND, "skills", ("need", "have", "short", "short_after"), "rows")
    return ChartBlock(book.pick(*title), "stacked", data, series, pick(PERSONS, book.lang), book.code(title, asked),
                      empty=say("brief.staff.no_data", book.lang))  # fmt: skip


def _counted(plan: Plan, lang: str) -> tuple[str, ...]:
    teams = int(plan.summary.get("teams_free", 0) - plan.summary.get("teams_assigned", 0))
    if teams <= 0:
        return ()
    return (say("brief.staff.teams_stand_not", lang, teams=teams),)
