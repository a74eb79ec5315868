"""The joint plan in the briefing: what can be placed of what is needed, what binds, and which sites the plan opens."""

from math import nan

import numpy as np
import pandas as pd

from dashboard.briefing import paper
from dashboard.briefing.atlas import Marks, Scene
from dashboard.briefing.beds import sites
from dashboard.briefing.blocks import (
    Block,
    ChartBlock,
    Figure,
    ListColumn,
    MapBlock,
    Series,
    TableBlock,
    TableColumn,
)
from dashboard.briefing.book import SITES, Book
from dashboard.briefing.ground import base_legend
from dashboard.briefing.panels import LegendEntry
from dashboard.briefing.proposals import part_of
from dashboard.briefing.query import Query, of_plan
from dashboard.briefing.sites import SHARE
from dashboard.goods import in_words
from dashboard.text import both, figure, pick, say
from layers.decisions._bed_demand import NEEDS
from layers.decisions._joint_words import resource_words
from layers.decisions._proposal import Plan
from layers.decisions.beds import NEED_WORDS

KIND = "joint"
LAYERS = ("hospitals",)
PERSON_DAYS = both("brief.joint.person_days")
OPENED_PT, OPENED = 7.0, "#b8392f"
COLUMNS = (
    ListColumn("added", *both("brief.joint.added")),
    ListColumn("person_days", *both("brief.joint.person_days_gained"), 1),
)
TOLD = 8  # resources in the table; the plan's export has all


def blocks(book: Book) -> tuple[Block, ...]:
    """Return what the part shows of the whole area."""
    plan = book.sources.plans[KIND]
    drawn = (_figures(book), _map(book, plan), _chart(book, plan), _resources(book, plan))
    names = {p.subject: name_of(p.subject, book.lang) for p in plan.proposals}
    return part_of(book, plan, *drawn, columns=COLUMNS, names=names)


def of_district(_book: Book, _code: str) -> tuple[Figure, ...]:
    """The area is reckoned as one: the joint plan says nothing about a district."""
    return ()


def unmet(book: Book, needs: tuple[str, ...] = tuple(NEEDS)) -> Figure:
    """Return the person-days that cannot be placed within the plan's days."""
    names = {tuple(NEEDS): both("brief.joint.cannot_placed")}
    name = names.get(needs, both("brief.joint.critical_severe_cannot"))
    return book.figure(name, of_plan(KIND, *(f"unmet_{need}" for need in needs)), PERSON_DAYS, alarm=True)


def _figures(book: Book) -> tuple[Figure, ...]:
    def all_of(name: str) -> Query:
        return of_plan(KIND, *(f"{name}_{need}" for need in NEEDS))

    return (
        unmet(book),
        unmet(book, ("critical", "severe")),
        book.figure(both("brief.joint.placed"), all_of("wanted"), PERSON_DAYS),
        book.figure(both("brief.joint.can_placed"), all_of("placed"), PERSON_DAYS),
        book.figure(both("brief.joint.what_binds"), of_plan(KIND, "binding"), both("brief.joint.resources")),
        book.figure(both("brief.joint.sites_plan_opens"), of_plan(KIND, "sites_opened"), SITES),
        book.figure(both("brief.joint.days_ahead"), of_plan(KIND, "days"), both("brief.joint.days")),
        book.figure(both("brief.joint.plain_plan_would"), all_of("greedy"), PERSON_DAYS),
    )


def _map(book: Book, plan: Plan) -> MapBlock:
    """Sites by beds and occupancy; those that the plan opens are ringed."""
    frames, shown = book.sources.frames, sites(book.sources.frames)
    opened = set(plan.tables.get("sites", pd.DataFrame({"id": []}))["id"].astype(str))
    rings = shown.frame[shown.frame["id"].astype(str).isin(opened)]
    words = say("brief.joint.opened", book.lang)
    ring = Marks(words, OPENED, "*", rings.geometry, np.full(len(rings), OPENED_PT**2))
    scene = Scene(frames, book.sources.snapshot.area, shown.frame.geometry, SHARE, marks=(*shown.marks(), ring),
                  names=shown.names(book.city))  # fmt: skip
    legend = (LegendEntry("*", OPENED, words, figure(len(rings)), size=OPENED_PT),
              *shown.legend(both("brief.joint.beds"), both("brief.joint.beds_not_reported"), book.lang), *base_legend(book.lang))  # fmt: skip
    title = both("brief.joint.beds_sites_plan")
    asked = Query(KIND, "sites", ("id", "kind", "beds"), "rows")
    return MapBlock(book.pick(*title), scene, legend, (), both("brief.joint.sites"), book.code(title, asked))


def _chart(book: Book, plan: Plan) -> ChartBlock:
    series = (
        Series("placed", say("brief.joint.can_placed_2", book.lang), paper.BAR["have"]),
        Series("wanted", say("brief.joint.placed_2", book.lang), paper.INK, outline=True),
    )
    s, word = plan.summary, say("brief.joint.unmet", book.lang)
    rows = [need for need in NEEDS if s.get(f"wanted_{need}", 0) != 0]
    left = [s.get(f"unmet_{need}", nan) for need in rows]
    data = pd.DataFrame({
        "label": [NEED_WORDS[need].said(book.lang) for need in rows],
        **{one.key: [s.get(f"{one.key}_{need}", nan) for need in rows] for one in series},
        "text": [f"{word} {figure(value)}" for value in left],
        "alarm": [bool(value > 0) for value in left],
    })  # fmt: skip
    title = both("brief.joint.need_placed_can")
    return ChartBlock(book.pick(*title), "overlay", data, series, pick(PERSON_DAYS, book.lang),
                      book.code(title, Query(KIND, "needs", ("wanted", "placed", "unmet"), "rows")),
                      empty=say("brief.joint.no_data", book.lang))  # fmt: skip


def _resources(book: Book, plan: Plan) -> TableBlock:
    """What is used up, the weightiest first."""
    empty = pd.DataFrame(columns=["resource", "limit", "used", "days_full", "person_days"])
    table = plan.tables.get("resources", empty)
    title = both("brief.joint.what_used_what")
    code = book.code(title, Query(KIND, "resources", ("limit", "used", "days_full", "person_days"), "rows"))
    heads = (
        ("limit", both("brief.joint.hand_tightest_day"), 0),
        ("used", both("brief.joint.in_use_day"), 0),
        ("days_full", both("brief.joint.days_full"), 0),
        ("person_days", both("brief.joint.person_days_gained_some"), 1),
    )
    columns = (TableColumn("name", say("brief.joint.resource", book.lang)),
               *(TableColumn(key, book.pick(*words), "", digits, code) for key, words, digits in heads))  # fmt: skip
    names = [name_of(one, book.lang) for one in table["resource"]]
    frame = table.assign(name=names)[["name", *(key for key, _, _ in heads)]].head(TOLD)
    return TableBlock(book.pick(*title), columns, frame.reset_index(drop=True), len(table))


def name_of(resource: str, lang: str) -> str:
    """Return the name of a resource in words."""
    return in_words(resource_words(resource).said(lang), lang)
