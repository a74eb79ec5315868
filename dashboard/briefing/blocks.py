"""What a briefing is made of: sections of blocks, in the language of print. Writers draw them and add no number of their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from dashboard.briefing.atlas import Scene
from dashboard.briefing.panels import LegendEntry
from dashboard.briefing.query import Query
from dashboard.text import UNKNOWN, change, figure, is_unknown
from layers.decisions._proposal import Plan


@dataclass(frozen=True)
class Snapshot:
    """The state of the store that a number was read from; the same snapshot and query give the same number for ever.

    revision  identity of the store and number of the last batch known
    """

    revision: str
    as_of: datetime
    known_at: datetime
    area: str


@dataclass(frozen=True)
class Receipt:
    """The newest delivery of one source of a feed that stands, and how many stand.

    code    "R-3", as lineage pages name it
    undone  deliveries of the source that were taken back by then, on which nothing rests
    """

    code: str
    batch: int
    feed: str
    source: str
    file: str
    sha256: str
    known_at: datetime
    rows: int
    deliveries: int
    undone: int = 0


@dataclass(frozen=True)
class Footnote:
    """Where one number comes from.

    code      "F-12", counted from the first page on
    what      what the number counts
    receipts  codes of the newest deliveries of the feeds that it rests on
    """

    code: str
    what: str
    value: float
    unit: str
    snapshot: Snapshot
    query: Query
    receipts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Figure:
    """One number with its unit, what it counts, and the footnote that leads to its source.

    note    what a reader must know beside it
    alarm   somebody has to act on it
    signed  it is a change, and bears its sign
    """

    name: str
    value: float
    unit: str
    as_of: datetime
    code: str
    note: str = ""
    digits: int = 0
    alarm: bool = False
    signed: bool = False

    @property
    def written(self) -> str:
        """Return the number as it is printed: "2,198", "+35", "–" when unknown."""
        return change(self.value, self.digits) if self.signed else figure(self.value, self.digits)

    @property
    def with_unit(self) -> str:
        """Return the number with its unit; an unknown one stands alone."""
        if is_unknown(self.value) or not self.unit:
            return self.written if not is_unknown(self.value) else UNKNOWN
        return f"{self.written}{'' if self.unit == '%' or not self.unit.isascii() else ' '}{self.unit}"


@dataclass(frozen=True)
class Quoted:
    """A sentence taken whole from a plan or a rule, with the footnote of the numbers in it."""

    text: str
    code: str


@dataclass(frozen=True)
class Figures:
    """Key figures that stand together, the weightiest first."""

    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Paragraph:
    """Plain sentences: text between figures and quotations. `heading` may be empty."""

    heading: str
    pieces: tuple[str | Figure | Quoted, ...]

    @property
    def text(self) -> str:
        """Return the paragraph without its footnote codes."""
        return "".join(_text(piece) for piece in self.pieces)

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the codes of its footnotes, in the order of the text."""
        return tuple(piece.code for piece in self.pieces if not isinstance(piece, str))


@dataclass(frozen=True)
class Note:
    """A sentence without a number of its own; one that is an alarm stands before any figure."""

    text: str
    alarm: bool = False


@dataclass(frozen=True)
class TableColumn:
    """A column: its key in the frame, its head, unit, decimals, and the footnote of its numbers; "text" has no code."""

    key: str
    title: str
    unit: str = ""
    digits: int = 0
    code: str = ""


@dataclass(frozen=True)
class TableBlock:
    """A table; `frame` holds numbers as numbers and text in the language of print. `total`: rows there are in all."""

    title: str
    columns: tuple[TableColumn, ...]
    frame: pd.DataFrame
    total: int
    note: str = ""


@dataclass(frozen=True)
class ListColumn:
    """A figure of a proposal shown in the list: its key in `Proposal.figures` and what it is called."""

    key: str
    zh: str
    en: str
    digits: int = 0


@dataclass(frozen=True)
class ListBlock:
    """The proposals of a plan with their reasons, by action.

    columns  figures shown beside each
    names    code -> words for what the plan names by code
    code     footnote of the whole list
    numbers  (subject, action) -> number that the proposal bears on the map
    most     pages that a paged writer gives it
    """

    title: str
    plan: Plan
    columns: tuple[ListColumn, ...]
    names: Mapping[str, str]
    code: str
    numbers: Mapping[tuple[str, str], int]
    most: int = 3


@dataclass(frozen=True)
class MapBlock:
    """A map: what it shows, what its colours mean, and what it does not show."""

    title: str
    scene: Scene
    legend: tuple[LegendEntry, ...]
    notes: tuple[str, ...] = ()
    things: tuple[str, str] = ("", "")
    code: str = ""


@dataclass(frozen=True)
class Series:
    """One row of marks of a chart: its column in the data, its name, its colour; `outline` is drawn as a frame only."""

    key: str
    title: str
    colour: str
    outline: bool = False


@dataclass(frozen=True)
class ChartBlock:
    """A chart.

    kind    stacked (pieces of one bar add up), overlay (bars over one another), line (over `label`, a day number)
    data    label, one column a series, and for bars text (written at the end) and alarm (somebody has to act)
    breaks  labels at which the series may not be compared, with the word that says so
    """

    title: str
    kind: str
    data: pd.DataFrame
    series: tuple[Series, ...]
    unit: str
    code: str
    breaks: tuple[tuple[float, str], ...] = ()
    empty: str = ""


Block = Figures | Paragraph | Note | TableBlock | ListBlock | MapBlock | ChartBlock


@dataclass(frozen=True)
class Section:
    """One chapter: `key` is cover, city, a part, "district:CODE", sources or lineage; `part` the kind of plan, if one."""

    key: str
    title: str
    blocks: tuple[Block, ...]
    part: str = ""
    area: str = ""

    def of(self, kind: type) -> list[Any]:
        """Return its blocks of a kind, in order."""
        return [block for block in self.blocks if isinstance(block, kind)]


@dataclass(frozen=True)
class Choice:
    """What is printed.

    parts      kinds of plans, in the order of print
    districts  codes of the districts that get a page
    form       pdf, png, pptx, html, xlsx or gpkg
    size       a4 or a3, on its side
    secrecy    key of content.SECRECY
    """

    parts: tuple[str, ...]
    districts: tuple[str, ...] = ()
    form: str = "pdf"
    size: str = "a4"
    secrecy: str = "internal"


def _text(piece: str | Figure | Quoted) -> str:
    return piece if isinstance(piece, str) else piece.written if isinstance(piece, Figure) else piece.text
