"""Charts of the offline page as SVG: bars that add up or lie over one another, and the curve with its breaks."""

from datetime import timedelta
from typing import Any

import numpy as np

from dashboard.briefing import paper
from dashboard.briefing.blocks import ChartBlock
from dashboard.briefing.charts import EPOCH, bar_of, round_up
from dashboard.briefing.markup import Markup, joined, tag
from dashboard.briefing.panels import Bar
from dashboard.text import day, figure, is_unknown

WIDE, ROW, LABEL, TEXT = 760, 22, 130, 190  # units of the drawing
HIGH, LEFT, FOOT = 240, 44, 24


def chart(block: ChartBlock, lang: str) -> Markup:
    """Return a chart of any kind with its keys; one without data is the sentence that says so."""
    values = block.data[[one.key for one in block.series]].to_numpy(float) if len(block.data) else np.empty(0)
    if not len(values) or np.isnan(values).all():
        return tag("p", block.empty, class_="soft")
    drawn = _curve(block, values, lang) if block.kind == "line" else _bars(block)
    return joined(_keys(block), drawn)


def _keys(block: ChartBlock) -> Markup:
    rows = [tag("span", _swatch(one.colour, one.outline), one.title) for one in block.series]
    return tag("p", *rows, class_="keys")


def _swatch(colour: str, outline: bool) -> Markup:
    square = tag("rect", x=1, y=1, width=14, height=10, fill="none" if outline else colour, stroke=colour)
    return tag("svg", square, viewBox="0 0 16 12", width=16, height=12, aria_hidden="true")


def _bars(block: ChartBlock) -> Markup:
    found = [bar_of(row, block) for row in block.data.to_dict("records")]
    top = max((span.stop for bar in found for span in bar.spans if not is_unknown(span.stop)), default=0) or 1
    scale = (WIDE - LABEL - TEXT) / top
    rows = [piece for at, bar in enumerate(found) for piece in _bar(bar, at * ROW, scale)]
    high = len(found) * ROW
    axis = _line(LABEL, 0, LABEL, high, paper.INK)
    return _svg(joined(*rows, axis), high, block.title)


def _bar(bar: Bar, y: float, scale: float) -> list[Markup]:
    colour = paper.ALARM if bar.alarm else paper.INK
    pieces = [_words(LABEL - 6, y + 15, bar.label, "end", paper.INK)]
    for span in bar.spans:
        if is_unknown(span.stop) or span.stop <= span.start:
            continue
        thick = (ROW - 8) * span.thick
        pieces.append(
            tag("rect", x=_n(LABEL + span.start * scale), y=_n(y + (ROW - thick) / 2), width=_n((span.stop - span.start) * scale),
                height=_n(thick), fill=span.fill, stroke=span.edge)
        )  # fmt: skip
    return [*pieces, _words(WIDE - TEXT + 8, y + 15, bar.text, "start", colour)]


def _curve(block: ChartBlock, values: Any, lang: str) -> Markup:
    days = block.data["label"].to_numpy(float)
    first, last = days[0], max(days[-1], days[0] + 1)
    top = round_up(float(np.nanmax(values)))

    def across(number: float) -> float:
        return float(LEFT + (number - first) / (last - first) * (WIDE - LEFT - 8))

    def up(value: float) -> float:
        return HIGH - FOOT - value / top * (HIGH - FOOT - 10)

    broken = [number for number, _ in block.breaks if first <= number <= last]
    bands = [tag("rect", x=_n(across(n - 0.5)), y=10, width=_n(across(n + 0.5) - across(n - 0.5)), height=HIGH - FOOT - 10, fill=paper.BREAK) for n in broken]  # fmt: skip
    told = [_words(across(broken[0]) - 6, 22, block.breaks[0][1], "end", paper.ALARM)] if broken else []
    lines = [tag("path", d=_path(days, values[:, at], across, up), fill="none", stroke=one.colour, stroke_width=2) for at, one in enumerate(block.series)]  # fmt: skip
    axes = [piece for share in (0, 0.5, 1) for piece in _level(up(top * share), top * share)]
    step = max(7, 7 * round((last - first) / 28))
    dates = [_words(min(across(n), WIDE - 24), HIGH - 6, day(EPOCH + timedelta(days=int(n)), lang), "middle", paper.INK_SOFT)
             for n in np.arange(last, first - 1, -step)]  # fmt: skip
    return _svg(joined(*bands, *axes, *dates, *lines, *told), HIGH, block.title)


def _level(y: float, value: float) -> list[Markup]:
    return [_line(LEFT, y, WIDE - 8, y, paper.RULE), _words(LEFT - 6, y + 4, figure(value), "end", paper.INK_SOFT)]


def _path(days: Any, values: Any, across: Any, up: Any) -> str:
    """A line with gaps where nothing is known."""
    steps, open_ = [], False
    for number, value in zip(days, values, strict=True):
        if not np.isnan(value):
            steps.append(f"{'L' if open_ else 'M'}{_n(across(number))} {_n(up(value))}")
        open_ = not np.isnan(value)
    return "".join(steps)


def _svg(inside: Markup, high: float, title: str) -> Markup:
    return tag("svg", inside, viewBox=f"0 0 {WIDE} {_n(high)}", class_="chart", role="img", aria_label=title)


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> Markup:
    return tag("line", x1=_n(x1), y1=_n(y1), x2=_n(x2), y2=_n(y2), stroke=colour)


def _words(x: float, y: float, text: str, anchor: str, colour: str) -> Markup:
    return tag("text", text, x=_n(x), y=_n(y), text_anchor=anchor, fill=colour)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
