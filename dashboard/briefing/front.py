"""The first page of a part: the map at the left; key figures, the chart and the legend at the right."""

from dashboard.briefing import paper
from dashboard.briefing.atlas import Drawn, draw_map
from dashboard.briefing.blocks import ChartBlock, Figures, MapBlock, Note, Section
from dashboard.briefing.charts import draw_chart
from dashboard.briefing.page import BODY
from dashboard.briefing.panels import key_figures, legend
from dashboard.briefing.sheet import Box, Sheet, line_height
from dashboard.text import figure, say

MAP = Box(BODY.x + 3.5, BODY.y + 3.0, 182.0, BODY.height - 3.5)
SIDE = Box(MAP.right + 5, BODY.y, BODY.right - MAP.right - 5, BODY.height)
FIGURES_MM, ROW_MM, WARNING = 60.0, 4.3, 6.4
NOTE_LETTERS = 46  # of a note to a line beside the map


def draw_front(sheet: Sheet, section: Section, lang: str) -> None:
    """Draw the page, with what must be read first above the key figures."""
    shown = section.of(MapBlock)[0]
    notes = map_notes(draw_map(sheet, MAP, shown.scene, lang), shown, lang)
    side = warned(sheet, SIDE, tuple(note.text for note in section.of(Note) if note.alarm))
    key_figures(sheet, Box(side.x, side.y, side.width, FIGURES_MM), section.of(Figures)[0].figures)
    needed = legend_height(shown, notes)
    top = side.bottom - min(needed, 66)
    chart = Box(side.x, side.y + FIGURES_MM + 3, side.width, top - side.y - FIGURES_MM - 6)
    for block in section.of(ChartBlock)[:1]:
        draw_chart(sheet, chart, block, lang)
    draw_legend(sheet, Box(side.x, top, side.width, side.bottom - top), shown, notes, lang)


def legend_height(shown: MapBlock, notes: tuple[str, ...]) -> float:
    """Return the millimetres that a legend with its notes needs."""
    return 10 + -(-len(shown.legend) // 2) * ROW_MM + 3.0 * sum(1 + len(note) // NOTE_LETTERS for note in notes)


def draw_legend(sheet: Sheet, box: Box, shown: MapBlock, notes: tuple[str, ...], lang: str) -> None:
    """Draw the legend of a map and what the map does not show."""
    legend(sheet, box, say("brief.front.legend", lang), shown.legend, notes, shown.code)


def warned(sheet: Sheet, side: Box, sentences: tuple[str, ...]) -> Box:
    """Write what must be read before any figure; return what is left below it."""
    lines = [line for text in sentences for line in sheet.wrapped(f"▲ {text}", WARNING, side.width - 5)]
    if not lines:
        return side
    high = line_height(WARNING) * len(lines) + 2.4
    sheet.rectangle(Box(side.x, side.y, side.width, high), paper.PANEL, paper.ALARM, 0.8)
    sheet.lines(side.x + 2.5, side.y + 1.2 + line_height(WARNING) * 0.72, lines, WARNING, colour=paper.ALARM)
    return Box(side.x, side.y + high + 2, side.width, side.height - high - 2)


def map_notes(drawn: Drawn, shown: MapBlock, lang: str) -> tuple[str, ...]:
    """Return every sentence on what a map does not show."""
    things = shown.things
    found = []
    if drawn.outside:
        n = figure(drawn.outside)
        found.append(say("brief.front.more_lie_beyond", lang, n=n, things=things))
    if drawn.nowhere:
        n = figure(drawn.nowhere)
        found.append(say("brief.front.more_have_no", lang, n=n, things=things))
    if drawn.unnumbered:
        n = drawn.unnumbered
        found.append(say("brief.front.numbers_found_no", lang, n=n))
    return (*found, *shown.notes)
