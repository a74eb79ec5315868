"""Beds in the briefing: sites by beds and occupancy, needs against beds now and in seven days."""

from collections.abc import Mapping
from math import isnan, nan

import geopandas as gpd
import numpy as np
import pandas as pd

from dashboard.briefing import paper
from dashboard.briefing.atlas import Scene
from dashboard.briefing.blocks import Block, ChartBlock, Figure, ListColumn, MapBlock, Series
from dashboard.briefing.book import BEDS, SITES, Book
from dashboard.briefing.ground import base_legend
from dashboard.briefing.proposals import district_names, numbering, part_of, placed
from dashboard.briefing.query import Query, of_plan
from dashboard.briefing.sites import SHARE, Sites, column, places_of, sites_of
from dashboard.text import both, figure, pick, say
from layers.decisions._bed_demand import NEEDS
from layers.decisions._proposal import Plan
from layers.decisions.beds import NEED_WORDS

KIND = "beds"
LAYERS = ("hospitals",)
TREATS = ("designated", "fangcang", "isolation", "candidate")  # other sites appear only when they report beds
A_BED = 0.33  # square points: a thousand beds make a disc of 6.4 mm
WORST = ("critical", "severe")
COLUMNS = (
    ListColumn("beds", *both("brief.beds.beds")),
    ListColumn("covered", *both("brief.beds.covers")),
    ListColumn("distance_km", *both("brief.beds.distance_km"), 1),
)


def blocks(book: Book) -> tuple[Block, ...]:
    """Return what the part shows of the whole area."""
    plan, frames = book.sources.plans[KIND], book.sources.frames
    names = district_names(frames, book.lang) | {need: words.said(book.lang) for need, words in NEED_WORDS.items()}
    drawn = (_figures(book), _map(book, plan), _chart(book, plan))
    return part_of(book, plan, *drawn, columns=COLUMNS, names=names)


def of_district(book: Book, code: str) -> tuple[Figure, ...]:
    """Return the key figures of a district."""
    return (short_of(book, code), _opened(book, code), _share(book, code))


def short_of(book: Book, code: str = "", needs: tuple[str, ...] = tuple(NEEDS)) -> Figure:
    """Return the beds short now, of all needs or some; of a district by its own balance."""
    name = both("brief.beds.beds_short") if needs == tuple(NEEDS) else both("brief.beds.severe_critical_beds")
    if not code:
        return book.figure(name, of_plan(KIND, *(f"shortage_{need}" for need in needs)), BEDS, alarm=True)
    where = (("area", (code,)), ("need", needs))
    return book.figure(name, Query(KIND, "balance", ("shortage",), "sum", where), BEDS, alarm=True)


def later(book: Book) -> Figure:
    """Return the beds short in seven days."""
    asked = of_plan(KIND, *(f"shortage_7d_{need}" for need in NEEDS))
    return book.figure(both("brief.beds.beds_short_in"), asked, BEDS, alarm=True)


def _opened(book: Book, code: str = "") -> Figure:
    asked = Query(KIND, "hospitals", ("open",), "sum", _in(code))
    return book.figure(both("brief.beds.beds_open"), asked, BEDS, note=both("brief.beds.reported"))


def _share(book: Book, code: str = "") -> Figure:
    asked = Query(KIND, "hospitals", ("used",), "share", _in(code), ("open",))
    note = both("brief.beds.in_use_open")
    return book.figure(both("brief.beds.occupancy"), asked, ("%", "%"), note=note)


def _in(code: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (("district", (code,)),) if code else ()


def _figures(book: Book) -> tuple[Figure, ...]:
    to_open, conflicts = of_plan(KIND, "sites_to_open"), of_plan(KIND, "reports_in_conflict")
    waiting = book.figure(
        both("brief.beds.waiting_for_bed"), of_plan(KIND, "waiting"), both("brief.beds.persons"), alarm=True
    )
    return (
        short_of(book),
        later(book),
        short_of(book, needs=WORST),
        waiting,
        _opened(book),
        _share(book),
        book.figure(both("brief.beds.sites_open"), to_open, SITES),
        book.figure(both("brief.beds.beds_would_give"), of_plan(KIND, "beds_to_open"), BEDS),
        book.figure(both("brief.beds.reports_in_conflict"), conflicts, both("brief.beds.measure_2"), note=both("brief.beds.kept_reported")),
    )[:8]  # fmt: skip


def sites(frames: Mapping[str, gpd.GeoDataFrame], code: str = "") -> Sites:
    """Return sites sized by beds open; one that has none yet, by the beds it could hold."""
    frame = sites_of(frames)
    frame = frame[frame["kind"].isin(TREATS) | ~np.isnan(column(frame, "beds_open"))]
    frame = frame[frame["district"] == code] if code else frame
    opened, used = column(frame, "beds_open"), column(frame, "beds_used")
    share = np.divide(used, opened, out=np.full(len(frame), nan), where=opened > 0)
    value = np.where(opened > 0, opened, column(frame, "capacity"))
    return Sites(frame, value, paper.OCCUPANCY.classes(share), paper.OCCUPANCY, A_BED)


def _map(book: Book, plan: Plan) -> MapBlock:
    frames, shown, numbers = book.sources.frames, sites(book.sources.frames), numbering(plan)
    area = book.sources.snapshot.area
    scene = Scene(frames, area, shown.frame.geometry, SHARE, marks=shown.marks(),
                  numbers=placed(numbers, places_of(sites_of(frames))), names=shown.names(book.city))  # fmt: skip
    legend = (
        *shown.legend(both("brief.beds.beds_2"), both("brief.beds.beds_not_reported"), book.lang),
        *base_legend(book.lang),
    )
    title, asked = (
        both("brief.beds.sites_beds_occupancy"),
        Query(KIND, "hospitals", ("open", "used"), "rows"),
    )
    return MapBlock(
        book.pick(*title), scene, legend, _counted(shown, book.lang), both("brief.beds.sites"), book.code(title, asked)
    )


def district_map(book: Book, code: str) -> MapBlock:
    """Return the map of a district: its sites by beds and occupancy."""
    shown = sites(book.sources.frames, code)
    scene = Scene(book.sources.frames, code, shown.frame.geometry, marks=shown.marks(), names=shown.names(book.city))
    legend = (
        *shown.legend(both("brief.beds.beds_2"), both("brief.beds.beds_not_reported"), book.lang),
        *base_legend(book.lang),
    )
    title = both("brief.beds.sites_beds_occupancy")
    asked = Query(KIND, "hospitals", ("open", "used"), "rows", _in(code))
    return MapBlock(
        book.pick(*title), scene, legend, _counted(shown, book.lang), both("brief.beds.sites"), book.code(title, asked)
    )


def _chart(book: Book, plan: Plan) -> ChartBlock:
    series = (
        Series("beds", say("brief.beds.beds_kind", book.lang), paper.BAR["added"]),
        Series("demand", say("brief.beds.needed_now", book.lang), paper.BAR["have"]),
        Series("demand_7d", say("brief.beds.in_seven_days_2", book.lang), paper.INK, outline=True),
    )
    s, short = plan.summary, say("brief.beds.short", book.lang)
    rows = [need for need in NEEDS if f"demand_{need}" in s]
    data = pd.DataFrame({
        "label": [NEED_WORDS[need].said(book.lang) for need in rows],
        **{one.key: [s.get(f"{one.key}_{need}", nan) for need in rows] for one in series},
        "text": [f"{short} {figure(s.get(f'shortage_{n}', nan))} → {figure(s.get(f'shortage_7d_{n}', nan))}" for n in rows],
        "alarm": [any(_positive(s.get(f"{name}_{n}", nan)) for name in ("shortage", "shortage_7d")) for n in rows],
    })  # fmt: skip
    title = both("brief.beds.needs_against_beds_2")
    asked = Query(KIND, "balance", ("demand", "beds", "demand_7d", "shortage", "shortage_7d"), "rows")
    return ChartBlock(book.pick(*title), "overlay", data, series, pick(BEDS, book.lang), book.code(title, asked),
                      empty=say("brief.beds.no_data", book.lang))  # fmt: skip


def _positive(value: float) -> bool:
    return not isnan(value) and value > 0


def _counted(shown: Sites, lang: str) -> tuple[str, ...]:
    silent = int(np.isnan(column(shown.frame, "beds_open")).sum())
    if not silent:
        return ()
    return (say("brief.beds.sites_reported_no", lang, silent=silent),)  # fmt: skip
