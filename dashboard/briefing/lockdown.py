"""Lockdown in the briefing: compounds by what is proposed for them, counts by district."""

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd

from dashboard.briefing import paper
from dashboard.briefing.atlas import NOTHING, Fill, Scene
from dashboard.briefing.blocks import Block, ChartBlock, Figure, Figures, ListColumn, MapBlock, Note, Series
from dashboard.briefing.book import COMPOUNDS, PERSONS, Book
from dashboard.briefing.ground import base_legend
from dashboard.briefing.panels import LegendEntry
from dashboard.briefing.proposals import district_names, list_of, numbering, placed
from dashboard.briefing.query import Query, of_plan
from dashboard.text import figure, pick
from layers.decisions._proposal import ACTIONS, Plan
from layers.decisions.risk import LEVEL_WORDS

KIND = "lockdown"
LAYERS = ("compounds",)
# Above the quiet ones, urgent on top.
ACTIVE = ("seal", "seal_building", "cancel", "suspend", "certify", "candidate", "restore", "relax")
CHARTED = ("seal", "seal_building", "certify", "candidate")
SHARE = 0.97  # of the compounds with a proposal; a few far villages must not shrink the city
COLUMNS = (
    ListColumn("new_confirmed", "14天确诊", "New conf. 14 d"),
    ListColumn("new_clinical", "14天临床", "New clin. 14 d"),
    ListColumn("open_suspected", "现有疑似", "Suspected now"),
    ListColumn("score", "优先分", "Score", 1),
)


def blocks(book: Book) -> tuple[Block, ...]:
    """Return what the part shows of the whole area."""
    plan, frames = book.sources.plans[KIND], book.sources.frames
    names = district_names(frames, book.lang)
    silence = tuple(Note(words.said(book.lang), alarm=True) for words in plan.silence)
    return (
        *silence,
        Figures(_figures(book)),
        _map(book, plan),
        _chart(book, plan, names),
        list_of(book, plan, COLUMNS, names),
    )


def of_district(book: Book, code: str) -> tuple[Figure, ...]:
    """Return the key figures of a district."""
    return (
        _count(book, "seal", ("建议封控小区", "Compounds to seal"), code, alarm=True),
        _count(book, "seal_building", ("建议封控楼栋", "Seal buildings only"), code),
        _count(book, "candidate", ("可申报无疫情小区", "Candidates for release"), code),
        _new(book, code),
    )


def district_map(book: Book, code: str) -> MapBlock:
    """Return the map of a district: its compounds by what is proposed."""
    return _map(book, book.sources.plans[KIND], code)


def _count(book: Book, action: str, name: tuple[str, str], code: str, alarm: bool = False) -> Figure:
    asked = Query(KIND, "compounds", ("code",), "count", (("action", (action,)), ("district", (code,))))
    return book.figure(name, asked, COMPOUNDS, alarm=alarm)


def _new(book: Book, code: str = "") -> Figure:
    where = (("district", (code,)),) if code else ()
    asked = Query(KIND, "compounds", ("new_confirmed", "new_clinical"), "sum", where)
    note = ("确诊与临床诊断，已落到小区的", "confirmed and clinical, placed in compounds")
    return book.figure(("近14天新增", "New in 14 days"), asked, PERSONS, note=note)


def _figures(book: Book) -> tuple[Figure, ...]:
    def key(name: str, words: tuple[str, str], note: tuple[str, str], alarm: bool = False) -> Figure:
        return book.figure(words, of_plan(KIND, name), COMPOUNDS, note=note, alarm=alarm)

    return (
        key("seal", ("建议封控小区", "Compounds to seal"), ("封闭管理，只留一个出入口", "closed, with one gate"), True),
        key("seal_building", ("建议封控楼栋", "Seal buildings only"), ("病例集中，只封楼栋", "cases are in few buildings")),
        key("candidate", ("可申报无疫情小区", "Candidates for release"), ("须经核查公示", "to be checked and published")),
        key("no_epidemic", ("无疫情小区", "No-epidemic compounds"), ("已评定且有效", "certified and standing")),
        key("with_cases_14d", ("近14天有病例的小区", "With cases in 14 days"), ("含现有疑似", "suspected included")),
        key("compounds", ("小区总数", "Compounds in all"), ("名录内全部", "all in the gazetteer")),
        _new(book),
        key("control_unknown", ("管控状态未报", "Control not reported"), ("须先核实是否已封闭", "check first whether closed")),
    )  # fmt: skip


def _map(book: Book, plan: Plan, code: str = "") -> MapBlock:
    """All compounds by action; of one district only its own, without numbers."""
    frames = book.sources.frames
    compounds = frames.get("compounds", NOTHING)
    if code and len(compounds):
        compounds = compounds[compounds["district"] == code]
    action = pd.Series({p.subject: p.action for p in plan.proposals}, dtype=object)
    actions = compounds["id"].map(action).fillna("") if len(compounds) else pd.Series([], dtype=object)
    title = book.pick("小区建议", "Proposals for compounds")
    asked = Query(KIND, "compounds", ("code", "action"), "rows", (("district", (code,)),) if code else ())
    scene = _scene(book, compounds, actions, {} if code else numbering(plan), code)
    return MapBlock(title, scene, _legend(actions, book.lang, not code), _counted(book, plan, actions, code),
                    ("个小区", "compounds"), book.code(("地图：小区建议", "Map: proposals for compounds"), asked))  # fmt: skip


def _scene(
    book: Book, compounds: gpd.GeoDataFrame, actions: pd.Series, numbers: Mapping[tuple[str, str], int], code: str
) -> Scene:
    order = ("", "keep", *reversed(ACTIVE))
    fills = tuple(
        Fill(_words(action, book.lang), paper.ACTION[action], compounds.geometry[(actions == action).to_numpy(bool)],
             edge=paper.INK_FAINT if action == "" else "")
        for action in order
    )  # fmt: skip
    active = compounds.geometry[actions.isin(ACTIVE).to_numpy(bool)]
    wanted = compounds[compounds["id"].isin({subject for subject, _ in numbers})]
    places = dict(zip(wanted["id"], wanted.representative_point(), strict=True))
    area = code or book.sources.snapshot.area
    focus = active if len(active) else compounds.geometry
    return Scene(book.sources.frames, area, focus, SHARE, fills, numbers=placed(numbers, places))


def _chart(book: Book, plan: Plan, called: Mapping[str, str]) -> ChartBlock:
    """Bars by district: seal, seal buildings, certify, candidates; the risk level of each at the end."""
    table = plan.tables.get("compounds", pd.DataFrame())
    rows = table[["district", "action"]] if len(table) else pd.DataFrame(columns=["district", "action"])
    counts = pd.crosstab(rows["district"], rows["action"]).reindex(columns=list(CHARTED), fill_value=0)
    counts = counts.assign(label=[called.get(code) or code or "–" for code in counts.index])
    counts = counts.sort_values([*CHARTED, "label"], ascending=[*(False for _ in CHARTED), True])
    risk = plan.tables.get("risk", pd.DataFrame(columns=["district", "level"]))
    levels = dict(zip(risk["district"], risk["level"], strict=True))
    told = [
        LEVEL_WORDS[level].said(book.lang) if level in LEVEL_WORDS else "" for level in map(levels.get, counts.index)
    ]
    texts = [" / ".join(figure(n) for n in counts.loc[code, list(CHARTED)]) for code in counts.index]
    data = counts.assign(text=[f"{text}  {word}".rstrip() for text, word in zip(texts, told, strict=True)],
                         alarm=[levels.get(code) == "high" for code in counts.index])  # fmt: skip
    title = ("各区建议与风险等级", "Proposals and risk by district")
    asked = Query(KIND, "compounds", ("district", "action"), "rows")
    series = tuple(Series(action, _words(action, book.lang), paper.ACTION[action]) for action in CHARTED)
    return ChartBlock(book.pick(*title), "stacked", data.reset_index(drop=True), series, pick(COMPOUNDS, book.lang),
                      book.code(title, asked), empty=book.pick("没有小区", "no compounds"))  # fmt: skip


def _legend(actions: pd.Series, lang: str, numbers: bool) -> tuple[LegendEntry, ...]:
    counts = actions.value_counts()
    always = (*CHARTED, "keep")
    shown = [action for action in (*ACTIVE, "keep", "") if action in always or counts.get(action, 0)]
    rows = [LegendEntry("square", paper.ACTION[a], _words(a, lang), figure(int(counts.get(a, 0)))) for a in shown]
    disc = LegendEntry("o", paper.WHITE, pick(("建议编号（见后页）", "Number in the table"), lang), size=9)
    return (*rows, *((disc,) if numbers else ()), *base_legend(lang))


def _counted(book: Book, plan: Plan, actions: pd.Series, code: str) -> tuple[str, ...]:
    """What the map cannot show, counted."""
    found, quality = [], plan.tables.get("data_quality", pd.DataFrame())
    if code and len(quality):
        quality = quality[quality["district"] == code]
    if len(quality):
        review, unmatched, held = (int(quality[name].sum()) for name in ("review", "unmatched", "accepted"))
        found.append(book.pick(
            f"病例落到小区{held:,}人；另有{review:,}人待复核、{unmatched:,}人未匹配，不在图上。",
            f"{held:,} persons placed in compounds; {review:,} in review and {unmatched:,} unmatched are not on the map.",
        ))  # fmt: skip
    lost = 0 if code else len(plan.proposals) - int((actions != "").sum())
    if lost > 0:
        found.append(
            book.pick(f"有{lost:,}项建议的小区不在底图中。", f"{lost:,} proposals are for compounds not on the map.")
        )
    return tuple(found)


def _words(action: str, lang: str) -> str:
    return ACTIONS[action].said(lang) if action else pick(("没有建议", "No proposal"), lang)
