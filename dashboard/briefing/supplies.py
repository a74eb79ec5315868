"""Supplies in the briefing: sites by how long their scarcest stock lasts, days of cover of every item."""

from math import nan

import numpy as np
import pandas as pd

from dashboard.briefing import paper
from dashboard.briefing.atlas import Scene
from dashboard.briefing.blocks import Block, ChartBlock, Figure, ListColumn, MapBlock, Series
from dashboard.briefing.book import Book
from dashboard.briefing.ground import base_legend
from dashboard.briefing.proposals import district_names, numbering, part_of, placed
from dashboard.briefing.query import Query, of_plan
from dashboard.briefing.sites import SHARE, Sites, places_of, sites_of
from dashboard.goods import in_words
from dashboard.text import both, figure, pick, say
from layers.decisions._proposal import Plan

KIND = "supplies"
LAYERS = ("hospitals",)
A_STOCK = 14.0  # square points for one item below target
STOCKS, DAYS = both("brief.supplies.stocks"), both("brief.supplies.days")
COLUMNS = (
    ListColumn("quantity", *both("brief.supplies.in_stock")),
    ListColumn("burn", *both("brief.supplies.use_day"), 1),
    ListColumn("days_of_cover", *both("brief.supplies.days_2"), 1),
    ListColumn("wanted", *both("brief.supplies.wanted")),
)


def blocks(book: Book) -> tuple[Block, ...]:
    """Return what the part shows of the whole area."""
    plan = book.sources.plans[KIND]
    names = district_names(book.sources.frames, book.lang)
    drawn = (_figures(book), _map(book, plan), _chart(book, plan))
    return part_of(book, plan, *drawn, columns=COLUMNS, names=names)


def of_district(book: Book, code: str) -> tuple[Figure, ...]:
    """Return the key figures of a district: the shortest cover of its stocks, and how many are to be ordered now."""
    where = (("district", (code,)),)
    return (
        book.figure(
            both("brief.supplies.shortest_cover"),
            Query(KIND, "sites", ("days_of_cover",), "min", where),
            DAYS,
            digits=1,
        ),
    )


def below(book: Book) -> Figure:
    """Return the stocks below their target."""
    return book.figure(both("brief.supplies.stocks_below_target"), of_plan(KIND, "below_target"), STOCKS, alarm=True)


def shortest(book: Book) -> Figure:
    """Return the days of cover of the item that the whole area runs out of first."""
    name = both("brief.supplies.shortest_cover_all")
    return book.figure(name, of_plan(KIND, "shortest_city_days"), DAYS, digits=1)


def _figures(book: Book) -> tuple[Figure, ...]:
    note = both("brief.supplies.reorder_point")
    return (
        below(book),
        book.figure(both("brief.supplies.urgent"), of_plan(KIND, "urgent"), STOCKS, alarm=True),
        shortest(book),
        book.figure(both("brief.supplies.longest_below_target"), of_plan(KIND, "oldest_short_days"), DAYS),
        book.figure(both("brief.supplies.ordered_now"), of_plan(KIND, "below_reorder"), STOCKS, note=note),
        book.figure(both("brief.supplies.use_not_reported"), of_plan(KIND, "unknown"), STOCKS, note=both("brief.supplies.cover_not_known")),
        book.figure(both("brief.supplies.moves_proposed"), of_plan(KIND, "moves"), both("brief.supplies.measure")),
        book.figure(both("brief.supplies.below_target_after"), of_plan(KIND, "below_target_after"), STOCKS),
    )  # fmt: skip


def _map(book: Book, plan: Plan) -> MapBlock:
    frames, shown = book.sources.frames, _sites(book, plan)
    everywhere = places_of(sites_of(frames))
    places = {p.subject: everywhere[site] for p in plan.proposals if (site := p.subject.split("|")[0]) in everywhere}
    area = book.sources.snapshot.area
    scene = Scene(frames, area, shown.frame.geometry, SHARE, marks=shown.marks(),
                  numbers=placed(numbering(plan), places), names=shown.names(book.city))  # fmt: skip
    legend = shown.legend(both("brief.supplies.items_reported"), both("brief.supplies.cover_not_known_2"), book.lang)
    title = both("brief.supplies.sites_their_shortest")
    asked = Query(KIND, "sites", ("days_of_cover",), "rows")
    return MapBlock(
        book.pick(*title),
        scene,
        (*legend, *base_legend(book.lang)),
        (),
        both("brief.supplies.sites"),
        book.code(title, asked),
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
    title = both("brief.supplies.days_cover_item")
    series = (Series("days", say("brief.supplies.days_cover", book.lang), paper.BAR["have"]),)
    return ChartBlock(book.pick(*title), "stacked", data, series, pick(DAYS, book.lang),
                      book.code(title, Query(KIND, "city", ("days_of_cover",), "rows")),
                      empty=say("brief.supplies.no_data", book.lang))  # fmt: skip
