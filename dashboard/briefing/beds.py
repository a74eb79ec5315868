"""The bed briefing: sites by beds and occupancy, needs against beds now and in seven days."""

from collections.abc import Mapping
from math import isnan, nan

import geopandas as gpd
import numpy as np

from dashboard.briefing import paper
from dashboard.briefing.atlas import Scene
from dashboard.briefing.front import Asked, Front, base_legend, district_names, numbered
from dashboard.briefing.listing import Column
from dashboard.briefing.panels import Bar, Chart, KeyFigure, Span
from dashboard.briefing.sites import SHARE, Sites, column, places_of, sites_of
from dashboard.text import figure, pick
from layers.decisions._bed_demand import NEEDS
from layers.decisions._proposal import Plan, Proposal
from layers.decisions.beds import NEED_WORDS

LAYERS = ("districts", "water", "roads", "hospitals", "labels")
TREATS = ("designated", "fangcang", "isolation", "candidate")  # other sites appear only when they report beds
A_BED = 0.33  # square points: a thousand beds make a disc of 6.4 mm
COLUMNS = (
    Column("beds", "床位", "Beds"),
    Column("covered", "可补缺口", "Covers"),
    Column("distance_km", "距缺口 km", "Distance km", 1),
)


def names(frames: Mapping[str, gpd.GeoDataFrame], lang: str) -> dict[str, str]:
    """Return code -> words for districts and needs."""
    return district_names(frames, lang) | {need: words.said(lang) for need, words in NEED_WORDS.items()}


def front(plan: Plan, listed: list[Proposal], frames: Mapping[str, gpd.GeoDataFrame], asked: Asked) -> Front:
    """Return what the first page shows; `listed` are the proposals that bear numbers."""
    lang = asked.lang
    sites = _sites(frames)
    numbers = numbered(listed, places_of(sites_of(frames)))
    scene = Scene(frames, asked.view.area, sites.frame.geometry, SHARE, marks=sites.marks(), numbers=numbers,
                  names=sites.names(asked.city.zh))  # fmt: skip
    return Front(
        figures=_figures(plan, sites, lang),
        scene=scene,
        chart=_chart(plan, lang),
        legend=(*sites.legend(("张", "beds"), ("床位未报", "Beds not reported"), lang), *base_legend(lang)),
        counted=_counted(sites, lang),
        things=("处机构", "sites"),
    )


def _sites(frames: Mapping[str, gpd.GeoDataFrame]) -> Sites:
    """Size by beds open; a site that has none yet, by the beds it could hold."""
    frame = sites_of(frames)
    frame = frame[frame["kind"].isin(TREATS) | ~np.isnan(column(frame, "beds_open"))]
    opened, used = column(frame, "beds_open"), column(frame, "beds_used")
    share = np.divide(used, opened, out=np.full(len(frame), nan), where=opened > 0)
    value = np.where(opened > 0, opened, column(frame, "capacity"))
    return Sites(frame, value, paper.OCCUPANCY.classes(share), paper.OCCUPANCY, A_BED)


def total(values: list[float]) -> float:
    """Return the sum of what is known, NaN when nothing is."""
    known = [value for value in values if not isnan(value)]
    return sum(known) if known else nan


def _figures(plan: Plan, sites: Sites, lang: str) -> tuple[KeyFigure, ...]:
    s = plan.summary
    short, later = (total([s.get(f"{name}_{need}", nan) for need in NEEDS]) for name in ("shortage", "shortage_7d"))
    worst = total([s.get(f"shortage_{need}", nan) for need in ("critical", "severe")])
    opened, used = total(list(column(sites.frame, "beds_open"))), total(list(column(sites.frame, "beds_used")))
    share = used / opened * 100 if opened > 0 else nan
    beds, n = pick(("张", "beds"), lang), pick(("处", ""), lang)
    seven, to_open = figure(later), figure(s.get("beds_to_open", nan))
    rows = (
        (short, beds, ("床位缺口", "Beds short"), (f"七天后 {seven} 张", f"in seven days: {seven}"), short > 0),
        (worst, beds, ("重症与危重缺口", "Severe and critical, short"), ("不能由低一级床位替代", "no lower kind of bed will do"), worst > 0),
        (opened, beds, ("开放床位", "Beds open"), (f"占用 {figure(used)} 张", f"{figure(used)} in use"), False),
        (share, "%", ("床位使用率", "Occupancy"), ("占用／开放，可超过100%", "in use / open; can exceed 100%"), share > 95),
        (s.get("sites_to_open", nan), n, ("建议启用场所", "Sites to open"), (f"可增 {to_open} 张", f"giving {to_open} beds"), False),
        (s.get("reports_in_conflict", nan), pick(("条", ""), lang), ("报数不符", "Reports in conflict"), ("按原报保留，未作改动", "kept as reported"), False),
    )  # fmt: skip
    return tuple(
        KeyFigure(value, unit, pick(label, lang), pick(note, lang), alarm) for value, unit, label, note, alarm in rows
    )


def _chart(plan: Plan, lang: str) -> Chart:
    keys = (
        (pick(("对应床位", "beds of the kind"), lang), paper.BAR["added"], "none"),
        (pick(("现需", "needed now"), lang), paper.BAR["have"], "none"),
        (pick(("七天后需", "in seven days"), lang), "none", paper.INK),
    )
    title = pick(("各类需求与床位（张）", "Needs against beds"), lang)
    found = tuple(_bar(need, plan.summary, lang) for need in NEEDS if f"demand_{need}" in plan.summary)
    return Chart(title, found, keys, pick(("没有数据", "no data"), lang))


def _bar(need: str, s: Mapping[str, float], lang: str) -> Bar:
    beds, now, later = (s.get(f"{name}_{need}", nan) for name in ("beds", "demand", "demand_7d"))
    short, short_later = s.get(f"shortage_{need}", nan), s.get(f"shortage_7d_{need}", nan)
    spans = (
        Span(0, beds, paper.BAR["added"]),
        Span(0, now, paper.BAR["have"], thick=0.5),
        Span(0, later, "none", paper.INK, thick=0.8),
    )
    text = f"{pick(('缺', 'short'), lang)} {figure(short)} → {figure(short_later)}"
    return Bar(NEED_WORDS[need].said(lang), spans, text, alarm=short > 0 or short_later > 0)


def _counted(sites: Sites, lang: str) -> tuple[str, ...]:
    silent = int(np.isnan(column(sites.frame, "beds_open")).sum())
    if not silent:
        return ()
    return (pick((f"{silent}处未报开放床位，合计只是下限；其大小按可设床位。",
                  f"{silent} sites reported no open beds: totals are a lower bound; their size is capacity."), lang),)  # fmt: skip
