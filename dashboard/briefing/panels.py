"""Key figures, bars and the legend beside the map."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from dashboard.briefing import paper
from dashboard.briefing.sheet import POINT, Box, Sheet, line_height
from dashboard.text import UNKNOWN, is_unknown

MOST_LABEL_MM = 28.0


class Told(Protocol):
    """What a key figure needs of a number: `blocks.Figure` is one."""

    @property
    def name(self) -> str: ...
    @property
    def written(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def alarm(self) -> bool: ...


@dataclass(frozen=True)
class Span:
    """A piece of a bar from one value to another; without a fill it is an outline. `thick`: share of the bar's height."""

    start: float
    stop: float
    fill: str = "none"
    edge: str = "none"
    thick: float = 1.0


@dataclass(frozen=True)
class Bar:
    """One row: label, spans drawn in their order, and what is written at the end."""

    label: str
    spans: tuple[Span, ...]
    text: str
    alarm: bool = False


@dataclass(frozen=True)
class Chart:
    """Bars under a title, and the keys that explain their pieces: (text, fill, edge)."""

    title: str
    bars: tuple[Bar, ...]
    keys: tuple[tuple[str, str, str], ...] = ()
    empty: str = ""
    code: str = ""


@dataclass(frozen=True)
class LegendEntry:
    """One line: how it looks (`square`, a marker of matplotlib, `line`), what it means, how many there are."""

    shape: str
    colour: str
    text: str
    count: str = ""
    size: float = 7.0
    edge: str = paper.INK


def heading(sheet: Sheet, box: Box, text: str, code: str = "") -> Box:
    """Write a panel's title with the raised number of its footnote; return what is left below it."""
    sheet.text(box.x, box.y + 3.2, text, 8.6, bold=True, width=box.width - 4)
    raised(sheet, box.x + min(sheet.width(text, 8.6, bold=True), box.width - 4) + 0.4, box.y + 3.2, code, 8.6)
    sheet.stroke([(box.x, box.y + 4.8), (box.right, box.y + 4.8)], paper.INK, 0.7)
    return Box(box.x, box.y + 6.4, box.width, box.height - 6.4)


def raised(sheet: Sheet, x: float, y: float, code: str, size: float) -> None:
    """Write the number of a footnote, raised above the base line `y` of letters of a size."""
    if code:
        sheet.text(x, y - size * POINT * 0.38, code.removeprefix("F-"), max(size * 0.5, 4.8), colour=paper.INK_SOFT)


def key_figures(sheet: Sheet, box: Box, figures: Sequence[Told], across: int = 2, gap: float = 2.0) -> None:
    """Draw the figures in a grid; the number is the largest thing on the page beside the map."""
    rows = -(-len(figures) // across)
    wide, high = (box.width - gap * (across - 1)) / across, (box.height - gap * (rows - 1)) / rows
    for at, found in enumerate(figures):
        cell = Box(box.x + at % across * (wide + gap), box.y + at // across * (high + gap), wide, high)
        _key_figure(sheet, cell, found)


def _key_figure(sheet: Sheet, cell: Box, found: Told) -> None:
    colour = paper.ALARM if found.alarm else paper.INK
    sheet.rectangle(cell, paper.PANEL)
    sheet.rectangle(Box(cell.x, cell.y, 1.1, cell.height), colour)
    sheet.text(cell.x + 3, cell.y + 4.0, found.name, 6.8, colour=paper.INK_SOFT, width=cell.width - 4)
    low = cell.y + min(cell.height - 4.4 if found.note else cell.height - 3.0, 13.0)
    size = min(18.0, (low - cell.y - 4.6) / POINT / 0.78)
    while size > 9 and sheet.width(found.written + found.unit, size, bold=True) > cell.width - 8:
        size -= 1
    sheet.text(cell.x + 3, low, found.written, size, bold=True, colour=colour)
    x = cell.x + 3.6 + sheet.width(found.written, size, bold=True)
    raised(sheet, x, low - size * POINT * 0.24, found.code, size * 0.6)
    if found.written != UNKNOWN:
        sheet.text(x, low, found.unit, 7, colour=paper.INK_SOFT)
    if found.note:
        sheet.text(cell.x + 3, cell.bottom - 1.2, found.note, 5.6, colour=paper.INK_SOFT, width=cell.width - 4)


def bars(sheet: Sheet, box: Box, chart: Chart) -> None:
    """Draw horizontal bars on a common scale that begins at nothing."""
    body = heading(sheet, box, chart.title, chart.code)
    if not chart.bars:
        sheet.text(body.x, body.y + 5, chart.empty, 7.5, colour=paper.INK_SOFT)
        return
    body = keys_row(sheet, body, chart.keys)
    top = max((span.stop for bar in chart.bars for span in bar.spans if not is_unknown(span.stop)), default=0) or 1
    label_mm = min(max(sheet.width(bar.label, 6.6) for bar in chart.bars), MOST_LABEL_MM) + 2
    text_mm = max(sheet.width(bar.text, 6.4, bar.alarm) for bar in chart.bars) + 2
    across = body.width - label_mm - text_mm
    high = min(body.height / len(chart.bars), 9.0)
    for at, bar in enumerate(chart.bars):
        y = body.y + at * high
        base = y + high * 0.5 + 0.9
        sheet.text(body.x, base, bar.label, 6.6, width=label_mm - 1)
        for span in bar.spans:
            if not is_unknown(span.stop) and span.stop > span.start:
                thick = high * 0.62 * span.thick
                left = body.x + label_mm + span.start / top * across
                piece = Box(left, y + (high - thick) / 2, (span.stop - span.start) / top * across, thick)
                sheet.rectangle(piece, span.fill, span.edge, 0.7)
        colour = paper.ALARM if bar.alarm else paper.INK
        sheet.text(body.right, base, bar.text, 6.4, align="right", bold=bar.alarm, colour=colour)
    left = body.x + label_mm
    sheet.stroke([(left, body.y), (left, body.y + high * len(chart.bars))], paper.INK, 0.5)


def keys_row(sheet: Sheet, body: Box, keys: Sequence[tuple[str, str, str]]) -> Box:
    """Draw keys (text, fill, edge) on as many lines as they need; return what is left below them."""
    x, y = body.x, body.y + 2.2
    for text, fill, edge in keys:
        wide = 4.2 + sheet.width(text, 6.0) + 3
        if x > body.x and x + wide > body.right:
            x, y = body.x, y + 3.6
        sheet.rectangle(Box(x, y - 1.9, 3.2, 2.1), fill, edge, 0.7)
        sheet.text(x + 4.2, y, text, 6.0, colour=paper.INK_SOFT)
        x += wide
    used = y - body.y + 2.2 if keys else 0
    return Box(body.x, body.y + used, body.width, body.height - used)


def legend(
    sheet: Sheet, box: Box, title: str, entries: Sequence[LegendEntry], notes: Sequence[str], code: str = ""
) -> None:
    """Draw the legend with its counts, and under it what the map does not show."""
    body = heading(sheet, box, title, code)
    rows = -(-len(entries) // 2)
    wide, high = (body.width - 4) / 2, 4.3
    for at, entry in enumerate(entries):
        x, y = body.x + at // rows * (wide + 4), body.y + at % rows * high
        _swatch(sheet, x, y + 1.5, entry)
        counted = sheet.width(entry.count, 6.4, bold=True)
        sheet.text(x + 7, y + 2.5, entry.text, 6.4, width=wide - 8 - counted)
        sheet.text(x + wide, y + 2.5, entry.count, 6.4, bold=True, align="right")
    y = body.y + rows * high + 2.6
    for note in notes:
        lines = sheet.wrapped(note, 6.0, body.width)
        if y + line_height(6.0) * (len(lines) - 1) > box.bottom + 1:
            break
        y = sheet.lines(body.x, y, lines, 6.0, colour=paper.INK_SOFT)


def _swatch(sheet: Sheet, x: float, y: float, entry: LegendEntry) -> None:
    if entry.shape == "square":
        sheet.rectangle(Box(x, y - 1.2, 5, 2.4), entry.colour, entry.edge, 0.5)
    elif entry.shape == "line":
        sheet.stroke([(x, y), (x + 5, y)], entry.colour, 1.2)
    else:
        sheet.marks([(x + 2.5, y)], min(entry.size, 3.9 / POINT) ** 2, entry.shape, entry.colour, entry.edge, 0.6)
