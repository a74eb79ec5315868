"""The lockdown briefing: compounds by what is proposed for them, counts by district."""

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd

from dashboard.briefing import paper
from dashboard.briefing.atlas import NOTHING, Fill, Scene
from dashboard.briefing.front import Asked, Front, base_legend, district_names, numbered
from dashboard.briefing.listing import Column
from dashboard.briefing.panels import Bar, Chart, KeyFigure, LegendEntry, Span
from dashboard.text import figure, pick
from layers.decisions._proposal import ACTIONS, Plan, Proposal
from layers.decisions.risk import LEVEL_WORDS

LAYERS = ("districts", "water", "roads", "compounds", "labels")
ACTIVE = (
    "seal",
    "seal_building",
    "cancel",
    "suspend",
    "certify",
    "candidate",
    "restore",
    "relax",
)  # above the quiet ones, urgent on top
CHARTED = ("seal", "seal_building", "certify", "candidate")
SHARE = 0.97  # of the compounds with a proposal; a few far villages must not shrink the city
COLUMNS = (
    Column("new_confirmed", "14天确诊", "New conf. 14 d"),
    Column("new_clinical", "14天临床", "New clin. 14 d"),
    Column("open_suspected", "现有疑似", "Suspected now"),
    Column("score", "优先分", "Score", 1),
)


def names(frames: Mapping[str, gpd.GeoDataFrame], lang: str) -> dict[str, str]:
    """Return code -> words for what the table names by code."""
    return district_names(frames, lang)


def front(plan: Plan, listed: list[Proposal], frames: Mapping[str, gpd.GeoDataFrame], asked: Asked) -> Front:
    """Return what the first page shows; `listed` are the proposals that bear numbers."""
    lang = asked.lang
    compounds = frames.get("compounds", NOTHING)
    action = pd.Series({p.subject: p.action for p in plan.proposals}, dtype=object)
    actions = compounds["id"].map(action).fillna("") if len(compounds) else pd.Series([], dtype=object)
    return Front(
        figures=_figures(plan, lang),
        scene=_scene(compounds, actions, listed, frames, asked),
        chart=_chart(plan, names(frames, lang), lang),
        legend=_legend(actions, lang),
        counted=_counted(plan, actions, lang),
        things=("个小区", "compounds"),
    )


def _figures(plan: Plan, lang: str) -> tuple[KeyFigure, ...]:
    s, table = plan.summary, plan.tables.get("compounds", pd.DataFrame())
    unit = pick(("个", ""), lang)

    def people(*columns: str) -> float:
        known = [column for column in columns if column in table]
        return float(table[known].sum().sum()) if len(table) and known else float("nan")

    def key(name: str, zh: str, en: str, note: tuple[str, str] = ("", ""), alarm: bool = False) -> KeyFigure:
        return KeyFigure(s.get(name, float("nan")), unit, pick((zh, en), lang), pick(note, lang), alarm)

    total = figure(s.get("compounds", float("nan")))
    new = people("new_confirmed", "new_clinical")
    return (
        key("seal", "建议封控小区", "Compounds to seal", (f"共 {total} 个小区", f"of {total} compounds"), True),
        key("seal_building", "建议封控楼栋", "Seal buildings only", ("病例集中，只封楼栋", "cases are in few buildings")),
        key("candidate", "可申报无疫情小区", "Candidates for release", ("须经核查公示", "to be checked and published")),
        key("with_cases_14d", "近14天有病例的小区", "With cases in 14 days", ("含现有疑似", "suspected included")),
        KeyFigure(new, pick(("人", "people"), lang), pick(("近14天新增", "New in 14 days"), lang),
                  pick(("确诊与临床诊断，已落到小区的", "confirmed and clinical, placed in compounds"), lang)),
        _title_holders(plan, lang)
        if len(plan.tables.get("rounds", ()))
        else key("control_unknown", "管控状态未报", "Control not reported", ("须先核实是否已封闭", "check first whether closed")),
    )  # fmt: skip


def _title_holders(plan: Plan, lang: str) -> KeyFigure:
    """No-epidemic compounds as n of N, with the round that was published last."""
    last = plan.tables["rounds"].iloc[-1]
    total = figure(plan.summary["compounds"])
    note = (
        f"共 {total} 个；{last['day'][5:]} 一轮新增 {last['added']}",
        f"of {total}; {last['added']} new in the round of {last['day'][5:]}",
    )
    return KeyFigure(
        plan.summary["no_epidemic"],
        pick(("个", ""), lang),
        pick(("无疫情小区", "No-epidemic compounds"), lang),
        pick(note, lang),
    )


def _scene(
    compounds: gpd.GeoDataFrame,
    actions: pd.Series,
    listed: list[Proposal],
    frames: Mapping[str, gpd.GeoDataFrame],
    asked: Asked,
) -> Scene:
    order = ("", "keep", *reversed(ACTIVE))
    fills = tuple(
        Fill(_words(action, asked.lang), paper.ACTION[action], compounds.geometry[(actions == action).to_numpy(bool)],
             edge=paper.INK_FAINT if action == "" else "")
        for action in order
    )  # fmt: skip
    active = compounds.geometry[actions.isin(ACTIVE).to_numpy(bool)]
    wanted = compounds[compounds["id"].isin({p.subject for p in listed})]
    places = dict(zip(wanted["id"], wanted.representative_point(), strict=True))
    return Scene(
        frames,
        asked.view.area,
        active if len(active) else compounds.geometry,
        SHARE,
        fills,
        numbers=numbered(listed, places),
    )


def _chart(plan: Plan, called: Mapping[str, str], lang: str) -> Chart:
    """Bars by district: seal, seal buildings, certify, candidates; the risk level of each at the end."""
    district = {p.subject: p.district for p in plan.proposals}
    rows = pd.DataFrame([(district[p.subject], p.action) for p in plan.proposals], columns=["district", "action"])
    counts = pd.crosstab(rows["district"], rows["action"]).reindex(columns=list(CHARTED), fill_value=0)
    counts = counts.assign(name=[called.get(code) or code or "–" for code in counts.index])
    counts = counts.sort_values([*CHARTED, "name"], ascending=[*(False for _ in CHARTED), True])
    risk = plan.tables.get("risk", pd.DataFrame(columns=["district", "level"]))
    levels = dict(zip(risk["district"], risk["level"], strict=True))
    bars = tuple(
        _bar(str(row["name"]), [int(row[a]) for a in CHARTED], levels.get(str(code), ""), lang)
        for code, row in counts.iterrows()
    )
    keys = tuple((_words(action, lang), paper.ACTION[action], "none") for action in CHARTED)
    title = pick(("各区建议（小区数）", "Proposals by district (compounds)"), lang)
    return Chart(title, bars, keys, pick(("没有小区", "no compounds"), lang))


def _bar(name: str, counts: list[int], level: str, lang: str) -> Bar:
    spans, start = [], 0
    for action, n in zip(CHARTED, counts, strict=True):
        spans.append(Span(start, start + n, paper.ACTION[action]))
        start += n
    risk = LEVEL_WORDS[level].said(lang) if level in LEVEL_WORDS else ""
    text = " / ".join(figure(n) for n in counts)
    return Bar(name, tuple(spans), f"{text}  {risk}".rstrip(), alarm=level == "high")


def _legend(actions: pd.Series, lang: str) -> tuple[LegendEntry, ...]:
    counts = actions.value_counts()
    always = (*CHARTED, "keep")
    shown = [action for action in (*ACTIVE, "keep", "") if action in always or counts.get(action, 0)]
    rows = [LegendEntry("square", paper.ACTION[a], _words(a, lang), figure(int(counts.get(a, 0)))) for a in shown]
    disc = LegendEntry("o", paper.WHITE, pick(("建议编号（见后页）", "Number in the table"), lang), size=9)
    return (*rows, disc, *base_legend(lang))


def _counted(plan: Plan, actions: pd.Series, lang: str) -> tuple[str, ...]:
    found = []
    quality = plan.tables.get("data_quality", pd.DataFrame())
    if len(quality):
        review, unmatched = int(quality["review"].sum()), int(quality["unmatched"].sum())
        placed = int(quality["accepted"].sum())
        found.append(
            pick(
                (f"病例落到小区{placed:,}人；另有{review:,}人待复核、{unmatched:,}人未匹配，不在图上。",
                 f"{placed:,} persons placed in compounds; {review:,} in review and {unmatched:,} unmatched are not on the map."),
                lang,
            )
        )  # fmt: skip
    lost = len(plan.proposals) - int((actions != "").sum())
    if lost > 0:
        found.append(
            pick((f"有{lost:,}项建议的小区不在底图中。", f"{lost:,} proposals are for compounds not on the map."), lang)
        )
    return tuple(found)


def _words(action: str, lang: str) -> str:
    return ACTIONS[action].said(lang) if action else pick(("没有建议", "No proposal"), lang)
