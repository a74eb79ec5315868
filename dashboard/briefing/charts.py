"""The charts of a briefing on paper: bars that add up or lie over one another, and the curve with its breaks."""

import math
from datetime import date, timedelta
from typing import Any

import numpy as np
from matplotlib.path import Path

from dashboard.briefing import paper
from dashboard.briefing.blocks import ChartBlock
from dashboard.briefing.panels import Bar, Chart, Span, bars, heading, keys_row
from dashboard.briefing.sheet import Box, Sheet
from dashboard.text import day, figure, say

THICK = (1.0, 0.5, 0.32)  # of the bars that lie over one another, the first behind
AXIS_MM, FOOT_MM = 11.0, 6.0
EPOCH = date(1970, 1, 1)


def draw_chart(sheet: Sheet, box: Box, block: ChartBlock, lang: str) -> None:
    """Draw a chart of any kind into a box."""
    if block.kind == "line":
        _curve(sheet, box, block, lang)
        return
    rows = tuple(bar_of(row, block) for row in block.data.to_dict("records"))
    keys = tuple(
        (one.title, "none" if one.outline else one.colour, one.colour if one.outline else "none")
        for one in block.series
    )
    bars(sheet, box, Chart(say("brief.charts.text", lang, title=block.title, unit=block.unit), rows,
                           keys if len(keys) > 1 else (), block.empty, block.code))  # fmt: skip


def bar_of(row: dict[Any, Any], block: ChartBlock) -> Bar:
    """Return the bar of one row of a chart: its spans, one behind or over the other."""
    spans, start = [], 0.0
    for at, one in enumerate(block.series):
        value = float(row[one.key])
        if one.outline:
            spans.append(Span(0, value, "none", one.colour, 1.0 if block.kind == "stacked" else 0.8))
        elif block.kind == "stacked":
            thick = 0.7 if any(other.outline for other in block.series) else 1.0
            spans.append(Span(start, start + value, one.colour, thick=thick))
            start += 0.0 if math.isnan(value) else value
        else:
            spans.append(Span(0, value, one.colour, thick=THICK[at]))
    return Bar(str(row["label"]), tuple(spans), str(row["text"]), bool(row["alarm"]))


def _curve(sheet: Sheet, box: Box, block: ChartBlock, lang: str) -> None:
    unit = say("brief.charts.text_2", lang, unit=block.unit)
    body = heading(sheet, box, block.title + unit, block.code)
    keys = tuple((one.title, one.colour, "none") for one in block.series)
    body = keys_row(sheet, body, keys)
    values = block.data[[one.key for one in block.series]].to_numpy(float)
    if not len(values) or np.isnan(values).all():
        sheet.text(body.x, body.y + 5, block.empty, 7.5, colour=paper.INK_SOFT)
        return
    field = Box(body.x + AXIS_MM, body.y + 2, body.width - AXIS_MM - 1, body.height - FOOT_MM - 2)
    top = round_up(float(np.nanmax(values)))
    days = block.data["label"].to_numpy(float)
    first, last = days[0], max(days[-1], days[0] + 1)
    _axes(sheet, field, top, first, last, lang)
    across = lambda number: field.x + (number - first) / (last - first) * field.width  # noqa: E731
    up = lambda value: field.bottom - value / top * field.height  # noqa: E731
    _breaks(sheet, field, block, across, first, last)
    for one in block.series:
        _line(
            sheet,
            [(across(d), up(v)) for d, v in zip(days, block.data[one.key].astype(float), strict=True)],
            one.colour,
        )


def _axes(sheet: Sheet, field: Box, top: float, first: float, last: float, lang: str) -> None:
    for share in (0, 0.5, 1):
        y = field.bottom - share * field.height
        sheet.stroke([(field.x, y), (field.right, y)], paper.RULE if share else paper.INK, 0.4)
        sheet.text(field.x - 1.5, y + 0.8, figure(top * share), 5.6, align="right", colour=paper.INK_SOFT)
    step = max(7, 7 * round((last - first) / 28))
    for number in np.arange(last, first - 1, -step):
        x = field.x + (number - first) / (last - first) * field.width
        sheet.stroke([(x, field.bottom), (x, field.bottom + 1)], paper.INK, 0.4)
        named = day(EPOCH + timedelta(days=int(number)), lang)
        half = sheet.width(named, 5.6) / 2
        sheet.text(min(x, field.right - half), field.bottom + 3.8, named, 5.6, align="center", colour=paper.INK_SOFT)


def _breaks(sheet: Sheet, field: Box, block: ChartBlock, across: Any, first: float, last: float) -> None:
    """A band over the days that may not be compared, with the word that says why, once."""
    told = [(number, word) for number, word in block.breaks if first <= number <= last]
    for number, _ in told:
        left, right = across(number - 0.5), across(number + 0.5)
        sheet.rectangle(Box(left, field.y, right - left, field.height), paper.BREAK)
    if told:
        sheet.text(across(told[0][0]) - 1.2, field.y + 2.6, told[0][1], 5.6, align="right", colour=paper.ALARM)


def _line(sheet: Sheet, points: list[tuple[float, float]], colour: str) -> None:
    """A line with gaps where nothing is known."""
    vertices: list[tuple[float, float]] = []
    codes: list[int] = []
    open_ = False
    for x, y in points:
        if math.isnan(y):
            open_ = False
            continue
        vertices.append((round(x, 3), round(y, 3)))
        codes.append(int(Path.LINETO if open_ else Path.MOVETO))
        open_ = True
    if vertices:
        sheet.path(Path(vertices, codes), edge=colour, line=1.3)


def round_up(value: float) -> float:
    """Return the least of 1, 2, 5 times a power of ten that reaches the value."""
    unit = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return next(n * unit for n in (1, 2, 5, 10) if n * unit >= value)
