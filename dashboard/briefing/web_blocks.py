"""Blocks of a briefing as HTML: the same figures, sentences and tables as on paper, each code a link to its footnote."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from dashboard.briefing.blocks import (
    ChartBlock,
    Figure,
    Figures,
    ListBlock,
    MapBlock,
    Note,
    Paragraph,
    Quoted,
    Section,
    TableBlock,
    TableColumn,
)
from dashboard.briefing.flow import written
from dashboard.briefing.listing import nothing_to_list
from dashboard.briefing.markup import Markup, joined, tag
from dashboard.briefing.plainly import listed_rows
from dashboard.briefing.web_charts import chart
from dashboard.text import UNKNOWN, say

LISTED = 300  # proposals of a list, one of each action in turn; the workbook has all


def section(one: Section, lang: str, maps: Mapping[int, str]) -> Markup:
    """Return a chapter; `maps` says under which key each map of it, by the id of its block, is in the map's data."""
    blocks = [_block(block, lang, maps) for block in one.blocks]
    return tag("section", tag("h2", one.title), *blocks, id=anchor(one.key))


def anchor(key: str) -> str:
    """Return the id of a chapter."""
    return "s-" + key.replace(":", "-")


def figures(block: Figures) -> Markup:
    """Return key figures, the weightiest first."""
    return tag("div", *(_card(one) for one in block.figures), class_="figures")


def note(block: Note) -> Markup:
    """Return a sentence without a number of its own."""
    return tag("p", block.text, class_="alarm" if block.alarm else "note", role="alert" if block.alarm else None)


def _block(block: Any, lang: str, maps: Mapping[int, str]) -> Markup:
    writers: dict[type, Callable[[Any], Markup]] = {
        Figures: figures,
        Paragraph: _paragraph,
        Note: note,
        TableBlock: partial(table, lang=lang),
        ListBlock: partial(_list, lang=lang),
        ChartBlock: partial(_chart, lang=lang),
        MapBlock: partial(_map, lang=lang, maps=maps),
    }
    return writers[type(block)](block)


def _card(one: Figure) -> Markup:
    unit = tag("small", one.unit) if one.unit and one.written != UNKNOWN else None
    return tag(
        "div", tag("span", one.name), tag("b", one.written, unit, _code(one.code)), tag("small", one.note) if one.note else None,
        class_="card alarmed" if one.alarm else "card", title=one.code,
    )  # fmt: skip


def _code(code: str) -> Markup | None:
    return tag("sup", tag("a", code.removeprefix("F-"), href=f"#{code}", title=code)) if code else None


def _paragraph(one: Paragraph) -> Markup:
    head = tag("h3", one.heading) if one.heading else None
    return joined(head, tag("p", *(_piece(piece) for piece in one.pieces), class_="said"))


def _piece(piece: str | Figure | Quoted) -> Markup:
    if isinstance(piece, str):
        return joined(piece)
    text = tag("b", piece.written) if isinstance(piece, Figure) else piece.text
    return joined(text, _code(piece.code))


def table(block: TableBlock, lang: str) -> Markup:
    """Return a table, which scrolls on a screen and is whole on paper. Rows of footnotes are where codes lead."""
    head = tag("tr", *(_head(column) for column in block.columns))
    rows = [_row(block.columns, row) for row in block.frame.to_dict("records")]
    more = (
        None
        if block.total <= len(rows)
        else tag("p", say("brief.web.more", lang, n=len(rows), total=block.total), class_="soft")
    )
    body = tag("table", tag("thead", head), tag("tbody", *rows))
    said = tag("p", block.note, class_="soft") if block.note else None
    shown = tag("div", body, class_="table", tabindex=0, role="region", aria_label=block.title)
    return joined(tag("h3", block.title) if block.title else None, shown, more, said)


def _head(column: TableColumn) -> Markup:
    unit = tag("small", f" {column.unit}") if column.unit else None
    return tag("th", column.title, unit, _code(column.code), scope="col")


def _row(columns: tuple[TableColumn, ...], row: Mapping[Any, Any]) -> Markup:
    code = str(row.get("code", ""))
    cells = [_cell(column, row[column.key]) for column in columns]
    return tag("tr", *cells, id=code if code.startswith("F-") and columns[0].key == "code" else None)


def _cell(column: TableColumn, value: Any) -> Markup:
    text = written(value, column)
    return tag("td", text, class_=None if isinstance(value, str) else "number")


def _list(block: ListBlock, lang: str) -> Markup:
    rows = listed_rows(block, lang, LISTED)
    if not len(rows.frame):
        return joined(tag("h3", block.title), tag("p", nothing_to_list(block.plan, lang), class_="said"))
    return table(rows, lang)


def _chart(block: ChartBlock, lang: str) -> Markup:
    unit = tag("small", f" {block.unit}") if block.unit else None
    return tag("figure", tag("figcaption", block.title, unit, _code(block.code)), chart(block, lang))


def _map(block: MapBlock, lang: str, maps: Mapping[int, str]) -> Markup:
    """The place of a map: a button that shows it above, and where it is drawn for paper."""
    key = maps[id(block)]
    button = tag("button", say("brief.web.show", lang), type="button", data_map=key)
    notes = [tag("p", text, class_="soft") for text in block.notes]
    return tag(
        "figure",
        tag("figcaption", block.title, _code(block.code), " ", button),
        tag("div", class_="onpaper", data_paper=key),
        *notes,
    )
