"""Parts of a slide, in millimetres from its top left corner: words, key figures, tables, charts, legends, pictures."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.slide import Slide
from pptx.util import Mm, Pt

from dashboard.briefing import paper
from dashboard.briefing.blocks import ChartBlock, Figure, MapBlock, Paragraph
from dashboard.text import UNKNOWN
from layers._times import day_start

FONT = "Noto Sans CJK SC"
HEAD_MM, ROW_MM = 8.0, 7.0
LABELS = "%m-%d"  # of days on an axis, sorted and read alike in both languages


@dataclass(frozen=True)
class Area:
    """A rectangle on the slide."""

    x: float
    y: float
    width: float
    height: float

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def places(self) -> tuple[int, int, int, int]:
        """Return left, top, width, height as the format counts them."""
        return Mm(self.x), Mm(self.y), Mm(self.width), Mm(self.height)


def words(
    slide: Slide, area: Area, text: str, size: float, *, bold: bool = False, soft: bool = False, alarm: bool = False, right: bool = False
) -> None:  # fmt: skip
    """Write one line of text."""
    frame = _frame(slide, area)
    part = frame.paragraphs[0]
    part.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT
    _run(part, text, size, bold=bold, colour=_ink(soft, alarm))


def lines(
    slide: Slide, area: Area, found: Sequence[str | Paragraph], size: float, *, alarm: bool = False
) -> None:  # fmt: skip
    """Write paragraphs below one another; figures stand bold, each followed by the raised number of its footnote."""
    if not found:
        return
    frame = _frame(slide, area)
    for at, one in enumerate(found):
        part = frame.paragraphs[0] if at == 0 else frame.add_paragraph()
        if isinstance(one, str):
            _run(part, one, size, colour=_ink(False, alarm))
            continue
        if one.heading:
            _run(part, one.heading, size, bold=True, colour=paper.BAR["have"])
            part = frame.add_paragraph()
        part.space_after = Pt(size * 0.5)
        for piece in one.pieces:
            if isinstance(piece, str):
                _run(part, piece, size)
            else:
                figure = isinstance(piece, Figure)
                _run(part, piece.written if figure else piece.text, size, bold=figure)
                _raised(part, piece.code, size)


def figure_cards(slide: Slide, area: Area, figures: Sequence[Figure], across: int) -> None:
    """Draw key figures in a grid: what it counts, the number, its unit and footnote, what must be known beside it."""
    rows = max(-(-len(figures) // across), 1)
    gap, wide, high = 2.0, (area.width - 2.0 * (across - 1)) / across, area.height / rows - 2.0
    for at, one in enumerate(figures):
        cell = Area(area.x + at % across * (wide + gap), area.y + at // across * (high + gap), wide, high)
        colour = paper.ALARM if one.alarm else paper.INK
        card = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, *cell.places())
        _fill(card, paper.PANEL)
        _fill(slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, *Area(cell.x, cell.y, 1.2, high).places()), colour)
        frame = _set(card.text_frame)
        frame.vertical_anchor = MSO_ANCHOR.MIDDLE
        frame.margin_left = Mm(3)
        _run(frame.paragraphs[0], one.name, 10, colour=paper.INK_SOFT)
        part = frame.add_paragraph()
        frame.paragraphs[0].alignment = part.alignment = PP_ALIGN.LEFT
        _run(part, one.written, min(22, high * 0.95), bold=True, colour=colour)
        _raised(part, one.code, 16)
        if one.written != UNKNOWN and one.unit:
            _run(part, f" {one.unit}", 10, colour=paper.INK_SOFT)
        if one.note and high > 16:
            part = frame.add_paragraph()
            part.alignment = PP_ALIGN.LEFT
            _run(part, one.note, 8, colour=paper.INK_SOFT)


def table(
    slide: Slide, area: Area, heads: Sequence[str], codes: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[bool]
) -> None:  # fmt: skip
    """Draw a native table; columns of numbers stand right, widths follow the longest cell."""
    high = Area(area.x, area.y, area.width, HEAD_MM + ROW_MM * len(rows))
    grid = slide.shapes.add_table(len(rows) + 1, len(heads), *high.places()).table
    grid.rows[0].height = Mm(HEAD_MM)
    weights = [_weight([head, *(row[at] for row in rows)]) for at, head in enumerate(heads)]
    for at, weight in enumerate(weights):
        grid.columns[at].width = Mm(area.width * weight / sum(weights))
    size = 9 if len(heads) < 9 else 8
    for at, (head, code) in enumerate(zip(heads, codes, strict=True)):
        part = _cell(grid.cell(0, at), head, size, numbers[at], bold=True, fill=paper.INK, ink=paper.WHITE)
        _raised(part, code, size, paper.WHITE)
    for down, row in enumerate(rows, start=1):
        grid.rows[down].height = Mm(ROW_MM)
        for at, text in enumerate(row):
            _cell(grid.cell(down, at), text, size, numbers[at], fill=paper.PANEL if down % 2 else paper.WHITE)


def chart(slide: Slide, area: Area, block: ChartBlock) -> None:
    """Draw a native chart with its data behind it; a day where nothing is known is a gap."""
    data = CategoryChartData(number_format="#,##0")
    across = block.kind == "line"
    rows = block.data if across else block.data.iloc[::-1]  # bars are counted from below
    data.categories = [
        day_start(int(label)).strftime(LABELS) if across else f"{label}  {text}".strip()
        for label, text in zip(rows["label"], rows["text"] if "text" in rows else [""] * len(rows), strict=True)
    ]
    for one in block.series:
        data.add_series(one.title, [None if pd.isna(v) else float(v) for v in rows[one.key]])
    kind = {
        "line": XL_CHART_TYPE.LINE,
        "stacked": XL_CHART_TYPE.BAR_STACKED,
        "overlay": XL_CHART_TYPE.BAR_CLUSTERED,
    }[block.kind]
    found = slide.shapes.add_chart(kind, *area.places(), data).chart
    found.font.size, found.font.name = Pt(11), FONT
    found.has_title, found.has_legend = True, len(block.series) > 1
    _run(_set(found.chart_title.text_frame).paragraphs[0], f"{block.title}（{block.unit}）", 13, bold=True)
    _raised(found.chart_title.text_frame.paragraphs[0], block.code, 13)
    if found.has_legend:
        found.legend.position, found.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
    found.value_axis.major_gridlines.format.line.color.rgb = _rgb(paper.RULE)
    for drawn, one in zip(found.plots[0].series, block.series, strict=True):
        look = drawn.format.line if across or one.outline else drawn.format.fill
        if across or one.outline:
            look.color.rgb, look.width = _rgb(one.colour), Pt(2 if across else 1.2)
            drawn.smooth = False if across else None
        else:
            look.solid()
            look.fore_color.rgb = _rgb(one.colour)
        if one.outline and not across:
            drawn.format.fill.background()


def legend(slide: Slide, area: Area, title: str, block: MapBlock, notes: Sequence[str]) -> None:
    """Draw the legend of a map with its counts, and what the map does not show."""
    words(slide, Area(area.x, area.y, area.width, 7), title, 13, bold=True)
    y = area.y + 9
    for entry in block.legend:
        shape = MSO_SHAPE.RECTANGLE if entry.shape in ("square", "line") else MSO_SHAPE.OVAL
        high = 1.0 if entry.shape == "line" else 3.2
        mark = slide.shapes.add_shape(
            shape, *Area(area.x + 1, y + 3 - high / 2, 4.6 if high > 1 else 5.4, high).places()
        )
        _fill(mark, entry.colour, entry.edge)
        words(slide, Area(area.x + 7, y, area.width - 7, 6), f"{entry.text}  {entry.count}".strip(), 10)
        y += 6.2
    lines(slide, Area(area.x, y + 2, area.width, area.bottom - y - 2), list(notes), 9)


def picture(slide: Slide, area: Area, content: bytes, about: str) -> None:
    """Place a PNG; `about` is read out where it cannot be seen."""
    found = slide.shapes.add_picture(io.BytesIO(content), *area.places())
    found._element.nvPicPr.cNvPr.set("descr", about)


def rule_line(slide: Slide, x: float, y: float, width: float) -> None:
    """Draw a thin line across."""
    _fill(slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, *Area(x, y, width, 0.3).places()), paper.RULE)


# ---- machinery


def _frame(slide: Slide, area: Area) -> Any:
    return _set(slide.shapes.add_textbox(*area.places()).text_frame)


def _set(frame: Any) -> Any:
    frame.word_wrap = True
    frame.margin_left = frame.margin_right = Mm(0.6)
    frame.margin_top = frame.margin_bottom = Mm(0.3)
    return frame


def _run(part: Any, text: str, size: float, *, bold: bool = False, colour: str = paper.INK) -> Any:
    run = part.add_run()
    run.text = "".join(letter for letter in text if letter >= " " or letter in "\t\n")
    run.font.size, run.font.bold, run.font.name = Pt(round(size, 1)), bold, FONT
    run.font.color.rgb = _rgb(colour)
    east = run.font._element.makeelement(qn("a:ea"), {"typeface": FONT})  # Chinese letters take this one
    run.font._element.append(east)
    return run


def _raised(part: Any, code: str, size: float, colour: str = paper.INK_SOFT) -> None:
    if code:
        _run(part, code.removeprefix("F-"), size * 0.7, colour=colour).font._element.set("baseline", "30000")


def _cell(
    cell: Any, text: str, size: float, number: bool, *, bold: bool = False, fill: str, ink: str = paper.INK
) -> Any:
    _set(cell.text_frame)
    cell.margin_left = cell.margin_right = Mm(1.2)
    cell.margin_top = cell.margin_bottom = Mm(0.5)
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    cell.fill.solid()
    cell.fill.fore_color.rgb = _rgb(fill)
    part = cell.text_frame.paragraphs[0]
    part.alignment = PP_ALIGN.RIGHT if number else PP_ALIGN.LEFT
    _run(part, text, size, bold=bold, colour=ink)
    return part


def _fill(shape: Any, colour: str, edge: str = "none") -> None:
    shape.shadow.inherit = False
    if colour == "none":
        shape.fill.background()
    else:
        shape.fill.solid()
        shape.fill.fore_color.rgb = _rgb(colour)
    if edge == "none":
        shape.line.fill.background()
    else:
        shape.line.color.rgb, shape.line.width = _rgb(edge), Pt(0.6)


def _ink(soft: bool, alarm: bool) -> str:
    return paper.ALARM if alarm else paper.INK_SOFT if soft else paper.INK


def _rgb(colour: str) -> RGBColor:
    return RGBColor.from_string(colour.removeprefix("#")[:6].upper())


def _weight(texts: Sequence[str]) -> float:
    """How much room a column wants: as its longest cell, growing slowly beyond a line."""
    longest = max(sum(1.0 if ord(c) > 0x2E80 else 0.55 for c in text) for text in texts)
    return max(3.0, min(longest, 12.0) + max(longest - 12.0, 0) ** 0.75)
