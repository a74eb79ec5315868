"""Staff in the briefing: hospitals by people needed and missing, skills against need, teams and where they go."""

from math import nan

import numpy as np
import pandas as pd

from dashboard.briefing import paper
from dashboard.briefing.atlas import Scene
from dashboard.briefing.blocks import Block, ChartBlock, Figure, Figures, ListColumn, MapBlock, Note, Series
from dashboard.briefing.book import PERSONS, Book
from dashboard.briefing.ground import base_legend
from dashboard.briefing.proposals import district_names, list_of, numbering, placed
from dashboard.briefing.query import Query, of_plan
from dashboard.briefing.sites import SHARE, Sites, places_of, sites_of
from dashboard.text import figure, pick
from layers.decisions._proposal import Plan
from layers.decisions._staff_need import SKILLS
from layers.decisions.staff import SKILL_WORDS

KIND = "staff"
LAYERS = ("hospitals",)
A_PERSON = 0.55  # square points
COLUMNS = (
    ListColumn("people", "人数", "People"),
    ListColumn("icu_nurse", "重症护士", "ICU nurses"),
    ListColumn("nurse", "护士", "Nurses"),
    ListColumn("doctor", "医生", "Doctors"),
)


def blocks(book: Book) -> tuple[Block, ...]:
    """Return what the part shows of the whole area."""
    plan = book.sources.plans[KIND]
    hospitals = sites_of(book.sources.frames)
    names = dict(zip(hospitals["id"].astype(str), hospitals["name"].astype(str), strict=True))
    names |= district_names(book.sources.frames, book.lang)
    names |= {skill: words.said(book.lang) for skill, words in SKILL_WORDS.items()}
    silence = tuple(Note(words.said(book.lang), alarm=True) for words in plan.silence)
    return (
        *silence,
        Figures(_figures(book)),
        _map(book, plan),
        _chart(book, plan),
        list_of(book, plan, COLUMNS, names),
    )


def of_district(book: Book, code: str) -> tuple[Figure, ...]:
    """Return the key figures of a district: of its own hospitals."""
    hospitals = sites_of(book.sources.frames)
    mine = tuple(sorted(hospitals.loc[hospitals["district"] == code, "id"].astype(str)))
    where = (("hospital", mine),)
    short = Query(KIND, "gap", ("gap",), "short", where)
    after = Query(KIND, "gap", ("after",), "short", where)
    return (
        book.figure(("医护缺口", "Staff short"), short, PERSONS, alarm=True),
        book.figure(("派驻后仍缺", "Short after the teams are sent"), after, PERSONS, alarm=True),
    )


def short(book: Book) -> Figure:
    """Return the people short of all skills."""
    return book.figure(("医护缺口", "Staff short"), of_plan(KIND, *(f"short_{s}" for s in SKILLS)), PERSONS, alarm=True)


def short_after(book: Book) -> Figure:
    """Return the people short after the free teams are sent as proposed."""
    asked = of_plan(KIND, *(f"short_after_{s}" for s in SKILLS))
    return book.figure(("派驻后仍缺", "Short after the teams are sent"), asked, PERSONS, alarm=True)


def _figures(book: Book) -> tuple[Figure, ...]:
    teams = ("支", "teams")
    icu = of_plan(KIND, "short_after_icu_nurse", "short_after_icu_doctor")
    note = ("重症人员不能由其他专业替代", "other skills cannot replace them")
    return (
        short(book),
        short_after(book),
        book.figure(("重症医护仍缺", "ICU staff still short"), icu, PERSONS, note=note, alarm=True),
        book.figure(("按床位需要", "Needed for the beds"), of_plan(KIND, *(f"need_{s}" for s in SKILLS)), PERSONS,
                    note=("在编人数，含轮班", "heads, shifts included")),
        book.figure(("已在岗", "Present"), of_plan(KIND, *(f"have_{s}" for s in SKILLS)), PERSONS,
                    note=("只计已报送队伍", "reported teams only")),
        book.figure(("可派队伍", "Free teams"), of_plan(KIND, "teams_free"), teams),
        book.figure(("建议派驻", "Teams to be sent"), of_plan(KIND, "teams_assigned"), teams),
        book.figure(("建议派驻人数", "People to be sent"), of_plan(KIND, "people_assigned"), PERSONS),
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
        *shown.legend(("人（需要）", "people needed"), ("无床位报数", "No beds reported"), book.lang),
        *base_legend(book.lang),
    )
    title, asked = (
        ("医院人员需要与缺口", "Hospitals by people needed and missing"),
        Query(KIND, "gap", ("need", "gap"), "rows"),
    )
    return MapBlock(
        book.pick(*title), scene, legend, _counted(plan, book.lang), ("家医院", "hospitals"), book.code(title, asked)
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
        Series("have", book.pick("已在岗", "present"), paper.BAR["have"]),
        Series("sent", book.pick("建议派驻", "to be sent"), paper.BAR["added"]),
        Series("need", book.pick("需要", "needed"), paper.INK, outline=True),
    )
    skills = plan.tables.get("skills", pd.DataFrame(columns=["skill", "need", "have", "short", "short_after"]))
    teams = plan.tables.get("teams", pd.DataFrame(columns=["hospital", *SKILLS]))
    sent = teams[teams["hospital"] != ""]
    rows = skills[(skills["need"].astype(float).fillna(0) != 0) | (skills["have"].astype(float).fillna(0) != 0)]
    word = book.pick("缺", "short")
    data = pd.DataFrame({
        "label": [SKILL_WORDS[str(skill)].said(book.lang) for skill in rows["skill"]],
        "have": rows["have"].astype(float).to_numpy(),
        "sent": [float(sent[skill].sum()) for skill in rows["skill"]],
        "need": rows["need"].astype(float).to_numpy(),
        "text": [f"{word} {figure(a)} → {figure(b)}" for a, b in zip(rows["short"], rows["short_after"], strict=True)],
        "alarm": [float(b) > 0 for b in rows["short_after"]],
    })  # fmt: skip
    title = ("各专业需要与在岗", "Need and presence by skill")
    asked = Query(KIND, "skills", ("need", "have", "short", "short_after"), "rows")
    return ChartBlock(book.pick(*title), "stacked", data, series, pick(PERSONS, book.lang), book.code(title, asked),
                      empty=book.pick("没有数据", "no data"))  # fmt: skip


def _counted(plan: Plan, lang: str) -> tuple[str, ...]:
    teams = int(plan.summary.get("teams_free", 0) - plan.summary.get("teams_assigned", 0))
    if teams <= 0:
        return ()
    return (pick((f"{teams}支队伍机动待命，不在图上。", f"{teams} teams stand by and are not on the map."), lang),)
