"""Beds in the briefing: sites by beds and occupancy, needs against beds now and in seven days."""

from collections.abc import Mapping
from math import isnan, nan

import geopandas as gpd
import numpy as np
import pandas as pd

from dashboard.briefing import paper
from dashboard.briefing.atlas import Scene
from dashboard.briefing.blocks import Block, ChartBlock, Figure, Figures, ListColumn, MapBlock, Note, Series
from dashboard.briefing.book import BEDS, SITES, Book
from dashboard.briefing.ground import base_legend
from dashboard.briefing.proposals import district_names, list_of, numbering, placed
from dashboard.briefing.query import Query, of_plan
from dashboard.briefing.sites import SHARE, Sites, column, places_of, sites_of
from dashboard.text import figure, pick
from layers.decisions._bed_demand import NEEDS
from layers.decisions._proposal import Plan
from layers.decisions.beds import NEED_WORDS

KIND = "beds"
LAYERS = ("hospitals",)
TREATS = ("designated", "fangcang", "isolation", "candidate")  # other sites appear only when they report beds
A_BED = 0.33  # square points: a thousand beds make a disc of 6.4 mm
WORST = ("critical", "severe")
COLUMNS = (
    ListColumn("beds", "床位", "Beds"),
    ListColumn("covered", "可补缺口", "Covers"),
    ListColumn("distance_km", "距缺口 km", "Distance km", 1),
)


def blocks(book: Book) -> tuple[Block, ...]:
    """Return what the part shows of the whole area."""
    plan, frames = book.sources.plans[KIND], book.sources.frames
    names = district_names(frames, book.lang) | {need: words.said(book.lang) for need, words in NEED_WORDS.items()}
    silence = tuple(Note(words.said(book.lang), alarm=True) for words in plan.silence)
    return (
        *silence,
        Figures(_figures(book)),
        _map(book, plan),
        _chart(book, plan),
        list_of(book, plan, COLUMNS, names),
    )


def of_district(book: Book, code: str) -> tuple[Figure, ...]:
    """Return the key figures of a district."""
    return (short_of(book, code), _opened(book, code), _share(book, code))


def short_of(book: Book, code: str = "", needs: tuple[str, ...] = tuple(NEEDS)) -> Figure:
    """Return the beds short now, of all needs or some; of a district by its own balance."""
    name = (
        ("床位缺口", "Beds short")
        if needs == tuple(NEEDS)
        else ("重症与危重床位缺口", "Severe and critical beds short")
    )
    if not code:
        return book.figure(name, of_plan(KIND, *(f"shortage_{need}" for need in needs)), BEDS, alarm=True)
    where = (("area", (code,)), ("need", needs))
    return book.figure(name, Query(KIND, "balance", ("shortage",), "sum", where), BEDS, alarm=True)


def later(book: Book) -> Figure:
    """Return the beds short in seven days."""
    asked = of_plan(KIND, *(f"shortage_7d_{need}" for need in NEEDS))
    return book.figure(("七天后床位缺口", "Beds short in seven days"), asked, BEDS, alarm=True)


def _opened(book: Book, code: str = "") -> Figure:
    asked = Query(KIND, "hospitals", ("open",), "sum", _in(code))
    return book.figure(("开放床位", "Beds open"), asked, BEDS, note=("已报送的", "as reported"))


def _share(book: Book, code: str = "") -> Figure:
    asked = Query(KIND, "hospitals", ("used",), "share", _in(code), ("open",))
    note = ("占用／开放，可超过100%", "in use / open; can exceed 100%")
    return book.figure(("床位使用率", "Occupancy"), asked, ("%", "%"), note=note)


def _in(code: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (("district", (code,)),) if code else ()


def _figures(book: Book) -> tuple[Figure, ...]:
    to_open, conflicts = of_plan(KIND, "sites_to_open"), of_plan(KIND, "reports_in_conflict")
    waiting = book.figure(
        ("待收治或待转", "Waiting for a bed"), of_plan(KIND, "waiting"), ("人", "persons"), alarm=True
    )
    return (
        short_of(book),
        later(book),
        short_of(book, needs=WORST),
        waiting,
        _opened(book),
        _share(book),
        book.figure(("建议启用场所", "Sites to open"), to_open, SITES),
        book.figure(("启用后可增", "Beds that would give"), of_plan(KIND, "beds_to_open"), BEDS),
        book.figure(("报数不符", "Reports in conflict"), conflicts, ("条", ""), note=("按原报保留，未作改动", "kept as reported")),
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
    legend = (*shown.legend(("张", "beds"), ("床位未报", "Beds not reported"), book.lang), *base_legend(book.lang))
    title, asked = (
        ("医疗机构床位与使用率", "Sites by beds and occupancy"),
        Query(KIND, "hospitals", ("open", "used"), "rows"),
    )
    return MapBlock(
        book.pick(*title), scene, legend, _counted(shown, book.lang), ("处机构", "sites"), book.code(title, asked)
    )


def district_map(book: Book, code: str) -> MapBlock:
    """Return the map of a district: its sites by beds and occupancy."""
    shown = sites(book.sources.frames, code)
    scene = Scene(book.sources.frames, code, shown.frame.geometry, marks=shown.marks(), names=shown.names(book.city))
    legend = (*shown.legend(("张", "beds"), ("床位未报", "Beds not reported"), book.lang), *base_legend(book.lang))
    title = ("医疗机构床位与使用率", "Sites by beds and occupancy")
    asked = Query(KIND, "hospitals", ("open", "used"), "rows", _in(code))
    return MapBlock(
        book.pick(*title), scene, legend, _counted(shown, book.lang), ("处机构", "sites"), book.code(title, asked)
    )


def _chart(book: Book, plan: Plan) -> ChartBlock:
    series = (
        Series("beds", book.pick("对应床位", "beds of the kind"), paper.BAR["added"]),
        Series("demand", book.pick("现需", "needed now"), paper.BAR["have"]),
        Series("demand_7d", book.pick("七天后需", "in seven days"), paper.INK, outline=True),
    )
    s, short = plan.summary, book.pick("缺", "short")
    rows = [need for need in NEEDS if f"demand_{need}" in s]
    data = pd.DataFrame({
        "label": [NEED_WORDS[need].said(book.lang) for need in rows],
        **{one.key: [s.get(f"{one.key}_{need}", nan) for need in rows] for one in series},
        "text": [f"{short} {figure(s.get(f'shortage_{n}', nan))} → {figure(s.get(f'shortage_7d_{n}', nan))}" for n in rows],
        "alarm": [any(_positive(s.get(f"{name}_{n}", nan)) for name in ("shortage", "shortage_7d")) for n in rows],
    })  # fmt: skip
    title = ("各类需求与床位", "Needs against beds")
    asked = Query(KIND, "balance", ("demand", "beds", "demand_7d", "shortage", "shortage_7d"), "rows")
    return ChartBlock(book.pick(*title), "overlay", data, series, pick(BEDS, book.lang), book.code(title, asked),
                      empty=book.pick("没有数据", "no data"))  # fmt: skip


def _positive(value: float) -> bool:
    return not isnan(value) and value > 0


def _counted(shown: Sites, lang: str) -> tuple[str, ...]:
    silent = int(np.isnan(column(shown.frame, "beds_open")).sum())
    if not silent:
        return ()
    return (pick((f"{silent}处未报开放床位，合计只是下限；其大小按可设床位。",
                  f"{silent} sites reported no open beds: totals are a lower bound; their size is capacity."), lang),)  # fmt: skip
