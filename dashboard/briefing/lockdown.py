"""Lockdown in the briefing: compounds by what is proposed for them, counts by district."""

from collections.abc import Mapping
from math import nan

import geopandas as gpd
import pandas as pd

from dashboard.briefing import paper
from dashboard.briefing.atlas import NOTHING, Fill, Scene
from dashboard.briefing.blocks import Block, ChartBlock, Figure, ListColumn, MapBlock, Series
from dashboard.briefing.book import COMPOUNDS, PERSONS, Book
from dashboard.briefing.ground import base_legend
from dashboard.briefing.panels import LegendEntry
from dashboard.briefing.proposals import district_names, numbering, part_of, placed
from dashboard.briefing.query import Query, of_plan
from dashboard.text import both, figure, is_unknown, pick, say
from layers.decisions._proposal import ACTIONS, Plan
from layers.decisions.risk import LEVEL_WORDS

KIND = "lockdown"
LAYERS = ("compounds",)
# Above the quiet ones, urgent on top.
ACTIVE = ("seal", "seal_building", "cancel", "suspend", "certify", "candidate", "restore", "relax")
CHARTED = ("seal", "seal_building", "certify", "candidate")
SHARE = 0.97  # of the compounds with a proposal; a few far villages must not shrink the city
COLUMNS = (
    ListColumn("new_confirmed", *both("brief.lockdown.new_conf_14")),
    ListColumn("new_clinical", *both("brief.lockdown.new_clin_14")),
    ListColumn("open_suspected", *both("brief.lockdown.suspected_now")),
    ListColumn("score", *both("brief.lockdown.score"), 1),
)


def blocks(book: Book) -> tuple[Block, ...]:
    """Return what the part shows of the whole area."""
    plan, frames = book.sources.plans[KIND], book.sources.frames
    names = district_names(frames, book.lang)
    drawn = (_figures(book), _map(book, plan), _chart(book, plan, names))
    return part_of(book, plan, *drawn, columns=COLUMNS, names=names)


def of_district(book: Book, code: str) -> tuple[Figure, ...]:
    """Return the key figures of a district."""
    return (
        _count(book, "seal", both("brief.lockdown.compounds_seal"), code, alarm=True),
        _count(book, "seal_building", both("brief.lockdown.seal_buildings_only"), code),
        _count(book, "candidate", both("brief.lockdown.candidates_for_release"), code),
        _new(book, code),
    )


def district_map(book: Book, code: str) -> MapBlock:
    """Return the map of a district: its compounds by what is proposed."""
    return _map(book, book.sources.plans[KIND], code)


def _count(book: Book, action: str, name: tuple[str, str], code: str, alarm: bool = False) -> Figure:
    known = not is_unknown(book.sources.plans[KIND].summary.get(action, 0))  # else the sum of what nobody told
    what = (("code",), "count") if known else (("signal",), "sum")
    asked = Query(KIND, "compounds", *what, (("action", (action,)), ("district", (code,))))
    return book.figure(name, asked, COMPOUNDS, alarm=alarm)


def _new(book: Book, code: str = "") -> Figure:
    where = (("district", (code,)),) if code else ()
    asked = Query(KIND, "compounds", ("new_confirmed", "new_clinical"), "sum", where)
    note = both("brief.lockdown.confirmed_clinical_placed")
    return book.figure(both("brief.lockdown.new_in_14"), asked, PERSONS, note=note)


def _figures(book: Book) -> tuple[Figure, ...]:
    def key(name: str, words: tuple[str, str], note: tuple[str, str], alarm: bool = False) -> Figure:
        return book.figure(words, of_plan(KIND, name), COMPOUNDS, note=note, alarm=alarm)

    return (
        key("seal", both("brief.lockdown.compounds_seal"), both("brief.lockdown.closed_one_gate"), True),
        key("seal_building", both("brief.lockdown.seal_buildings_only"), both("brief.lockdown.cases_in_few")),
        key("candidate", both("brief.lockdown.candidates_for_release"), both("brief.lockdown.checked_published")),
        key("no_epidemic", both("brief.lockdown.no_epidemic_compounds"), both("brief.lockdown.certified_standing")),
        key("with_cases_14d", both("brief.lockdown.cases_in_14"), both("brief.lockdown.suspected_included")),
        key("compounds", both("brief.lockdown.compounds_in_all"), both("brief.lockdown.all_in_gazetteer")),
        _new(book),
        key("control_unknown", both("brief.lockdown.control_not_reported"), both("brief.lockdown.check_first_whether")),
    )  # fmt: skip


def _map(book: Book, plan: Plan, code: str = "") -> MapBlock:
    """All compounds by action; of one district only its own, without numbers."""
    frames = book.sources.frames
    compounds = frames.get("compounds", NOTHING)
    if code and len(compounds):
        compounds = compounds[compounds["district"] == code]
    action = pd.Series({p.subject: p.action for p in plan.proposals}, dtype=object)
    actions = compounds["id"].map(action).fillna("") if len(compounds) else pd.Series([], dtype=object)
    title = say("brief.lockdown.proposals_for_compounds_2", book.lang)
    asked = Query(KIND, "compounds", ("code", "action"), "rows", (("district", (code,)),) if code else ())
    scene = _scene(book, compounds, actions, {} if code else numbering(plan), code)
    return MapBlock(title, scene, _legend(actions, book.lang, not code), _counted(book, plan, actions, code),
                    both("brief.lockdown.compounds"), book.code(both("brief.lockdown.map_proposals_for"), asked))  # fmt: skip


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
    silent = [action for action in CHARTED if is_unknown(plan.summary.get(action, 0))]
    texts = [
        " / ".join(figure(n) for n in row)
        for row in counts[list(CHARTED)].assign(**dict.fromkeys(silent, nan)).to_numpy()
    ]
    data = counts.assign(text=[f"{text}  {word}".rstrip() for text, word in zip(texts, told, strict=True)],
                         alarm=[levels.get(code) == "high" for code in counts.index])  # fmt: skip
    title = both("brief.lockdown.proposals_risk_district")
    asked = Query(KIND, "compounds", ("district", "action"), "rows")
    series = tuple(Series(action, _words(action, book.lang), paper.ACTION[action]) for action in CHARTED)
    return ChartBlock(book.pick(*title), "stacked", data.reset_index(drop=True), series, pick(COMPOUNDS, book.lang),
                      book.code(title, asked), empty=say("brief.lockdown.no_compounds", book.lang))  # fmt: skip


def _legend(actions: pd.Series, lang: str, numbers: bool) -> tuple[LegendEntry, ...]:
    counts = actions.value_counts()
    always = (*CHARTED, "keep")
    shown = [action for action in (*ACTIVE, "keep", "") if action in always or counts.get(action, 0)]
    rows = [LegendEntry("square", paper.ACTION[a], _words(a, lang), figure(int(counts.get(a, 0)))) for a in shown]
    disc = LegendEntry("o", paper.WHITE, say("brief.lockdown.number_in_table", lang), size=9)
    return (*rows, *((disc,) if numbers else ()), *base_legend(lang))


def _counted(book: Book, plan: Plan, actions: pd.Series, code: str) -> tuple[str, ...]:
    """What the map cannot show, counted."""
    found, quality = [], plan.tables.get("data_quality", pd.DataFrame())
    if code and len(quality):
        quality = quality[quality["district"] == code]
    if len(quality):
        review, unmatched, held = (int(quality[name].sum()) for name in ("review", "unmatched", "accepted"))
        found.append(say("brief.lockdown.persons_placed_in_compounds", book.lang, held=held, review=review, unmatched=unmatched))  # fmt: skip
    lost = 0 if code else len(plan.proposals) - int((actions != "").sum())
    if lost > 0:
        found.append(say("brief.lockdown.proposals_for_compounds", book.lang, lost=lost))
    return tuple(found)


def _words(action: str, lang: str) -> str:
    return ACTIONS[action].said(lang) if action else say("brief.lockdown.no_proposal", lang)
