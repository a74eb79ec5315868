"""Supplies in the briefing: sites by how long their scarcest stock lasts, days of cover of every item."""

from math import nan

import numpy as np
import pandas as pd

from dashboard.briefing import paper
from dashboard.briefing.atlas import Scene
from dashboard.briefing.blocks import Block, ChartBlock, Figure, Figures, ListColumn, MapBlock, Note, Series
from dashboard.briefing.book import Book
from dashboard.briefing.ground import base_legend
from dashboard.briefing.proposals import district_names, list_of, numbering, placed
from dashboard.briefing.query import Query, of_plan
from dashboard.briefing.sites import SHARE, Sites, places_of, sites_of
from dashboard.goods import in_words
from dashboard.text import figure, pick
from layers.decisions._proposal import Plan

KIND = "supplies"
LAYERS = ("hospitals",)
A_STOCK = 14.0  # square points for one item below target
STOCKS, DAYS = ("项", "stocks"), ("天", "days")
COLUMNS = (
    ListColumn("quantity", "库存", "In stock"),
    ListColumn("burn", "日耗", "Use a day", 1),
    ListColumn("days_of_cover", "可用天", "Days", 1),
    ListColumn("wanted", "需补", "Wanted"),
)


def blocks(book: Book) -> tuple[Block, ...]:
    """Return what the part shows of the whole area."""
    plan = book.sources.plans[KIND]
    names = district_names(book.sources.frames, book.lang)
    silence = tuple(Note(words.said(book.lang), alarm=True) for words in plan.silence)
    return (
        *silence,
        Figures(_figures(book)),
        _map(book, plan),
        _chart(book, plan),
        list_of(book, plan, COLUMNS, names),
    )


def of_district(book: Book, code: str) -> tuple[Figure, ...]:
    """Return the key figures of a district: the shortest cover of its stocks, and how many are to be ordered now."""
    where = (("district", (code,)),)
    return (
        book.figure(
            ("最短可用天数", "Shortest cover"), Query(KIND, "sites", ("days_of_cover",), "min", where), DAYS, digits=1
        ),
    )


def below(book: Book) -> Figure:
    """Return the stocks below their target."""
    return book.figure(("低于目标的库存", "Stocks below target"), of_plan(KIND, "below_target"), STOCKS, alarm=True)


def shortest(book: Book) -> Figure:
    """Return the days of cover of the item that the whole area runs out of first."""
    name = ("全域最短可用天数", "Shortest cover, all sites together")
    return book.figure(name, of_plan(KIND, "shortest_city_days"), DAYS, digits=1)


def _figures(book: Book) -> tuple[Figure, ...]:
    note = ("按再订货点", "by the reorder point")
    return (
        below(book),
        book.figure(("紧急", "Urgent"), of_plan(KIND, "urgent"), STOCKS, alarm=True),
        shortest(book),
        book.figure(("最久低于目标", "Longest below target"), of_plan(KIND, "oldest_short_days"), DAYS),
        book.figure(("应即订货", "To be ordered now"), of_plan(KIND, "below_reorder"), STOCKS, note=note),
        book.figure(("日耗未报", "Use not reported"), of_plan(KIND, "unknown"), STOCKS, note=("可用天数不明", "cover is not known")),
        book.figure(("建议调拨", "Moves proposed"), of_plan(KIND, "moves"), ("次", "")),
        book.figure(("调拨后仍低于目标", "Below target after the moves"), of_plan(KIND, "below_target_after"), STOCKS),
    )  # fmt: skip


def _map(book: Book, plan: Plan) -> MapBlock:
    frames, shown = book.sources.frames, _sites(book, plan)
    everywhere = places_of(sites_of(frames))
    places = {p.subject: everywhere[site] for p in plan.proposals if (site := p.subject.split("|")[0]) in everywhere}
    area = book.sources.snapshot.area
    scene = Scene(frames, area, shown.frame.geometry, SHARE, marks=shown.marks(),
                  numbers=placed(numbering(plan), places), names=shown.names(book.city))  # fmt: skip
    legend = shown.legend(("项物资报送", "items reported"), ("可用天数不明", "Cover not known"), book.lang)
    title = ("各机构最短可用天数", "Sites by their shortest cover")
    asked = Query(KIND, "sites", ("days_of_cover",), "rows")
    return MapBlock(
        book.pick(*title), scene, (*legend, *base_legend(book.lang)), (), ("处机构", "sites"), book.code(title, asked)
    )


def _sites(book: Book, plan: Plan) -> Sites:
    """Size by the number of items reported, colour by the cover of the scarcest."""
    told = plan.tables.get("sites", pd.DataFrame(columns=["site", "days_of_cover"]))
    by = told.assign(days=told["days_of_cover"].astype(float)).groupby(told["site"].astype(str))["days"]
    least, items = by.min(), by.size()
    frame = sites_of(book.sources.frames)
    frame = frame[frame["id"].isin(items.index)]
    days = least.reindex(frame["id"]).to_numpy(float)
    return Sites(frame, items.reindex(frame["id"]).to_numpy(float), paper.COVER.classes(days), paper.COVER, A_STOCK)


def _chart(book: Book, plan: Plan) -> ChartBlock:
    table = plan.tables.get("city", pd.DataFrame(columns=["item", "days_of_cover", "stock_minus_need"]))
    table = table.sort_values(["days_of_cover", "item"])
    days = table["days_of_cover"].astype(float).replace(np.inf, nan)
    data = pd.DataFrame({
        "label": [in_words(item, book.lang) for item in table["item"]],
        "days": days.to_numpy(),
        "text": [f"{figure(value, 1)} {pick(DAYS, book.lang)}" for value in table["days_of_cover"]],
        "alarm": (days < paper.COVER.edges[0]).to_numpy(),
    })  # fmt: skip
    title = ("各类物资可用天数", "Days of cover by item")
    series = (Series("days", book.pick("可用天数", "days of cover"), paper.BAR["have"]),)
    return ChartBlock(book.pick(*title), "stacked", data, series, pick(DAYS, book.lang),
                      book.code(title, Query(KIND, "city", ("days_of_cover",), "rows")),
                      empty=book.pick("没有数据", "no data"))  # fmt: skip
