"""The first page: the map at the left; key figures, bars and the legend at the right."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import shapely

from dashboard.briefing import paper
from dashboard.briefing.atlas import Drawn, Scene, draw_map
from dashboard.briefing.page import BODY
from dashboard.briefing.panels import Chart, KeyFigure, LegendEntry, bars, key_figures, legend
from dashboard.briefing.sheet import Box, Sheet, line_height
from dashboard.text import figure, pick
from layers._view import View
from layers.decisions._proposal import Proposal, Words

MAP = Box(BODY.x + 3.5, BODY.y + 3.0, 182.0, BODY.height - 3.5)
SIDE = Box(MAP.right + 5, BODY.y, BODY.right - MAP.right - 5, BODY.height)
FIGURES_MM, ROW_MM, WARNING = 54.0, 4.3, 6.4


@dataclass(frozen=True)
class Asked:
    """What is printed: the view, the city, and the language of print."""

    view: View
    city: Words
    lang: str


@dataclass(frozen=True)
class Front:
    """What one kind of plan puts on its first page.

    counted   what the map cannot show, counted: sentences in the language of print
    things    what the map's symbols are called, for the sentence that counts those beyond its frame
    """

    figures: tuple[KeyFigure, ...]
    scene: Scene
    chart: Chart
    legend: tuple[LegendEntry, ...]
    counted: tuple[str, ...]
    things: tuple[str, str]


def draw_front(sheet: Sheet, front: Front, lang: str, first: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Draw the page, with what must be read `first` above the key figures; return every sentence on what the map does not show."""
    drawn = draw_map(sheet, MAP, front.scene, lang)
    notes = (*_left_out(drawn, front, lang), *front.counted)
    side = _warned(sheet, SIDE, first)
    key_figures(sheet, Box(side.x, side.y, side.width, FIGURES_MM), front.figures)
    needed = 10 + -(-len(front.legend) // 2) * ROW_MM + 3.0 * sum(1 + len(note) // 46 for note in notes)
    top = side.bottom - min(needed, 66)
    chart = Box(side.x, side.y + FIGURES_MM + 3, side.width, top - side.y - FIGURES_MM - 6)
    bars(sheet, chart, front.chart)
    legend(sheet, Box(side.x, top, side.width, side.bottom - top), pick(("图例", "Legend"), lang), front.legend, notes)
    return notes


def _warned(sheet: Sheet, side: Box, sentences: tuple[str, ...]) -> Box:
    """Write what must be read before any figure; return what is left below it."""
    lines = [line for text in sentences for line in sheet.wrapped(f"▲ {text}", WARNING, side.width - 5)]
    if not lines:
        return side
    high = line_height(WARNING) * len(lines) + 2.4
    sheet.rectangle(Box(side.x, side.y, side.width, high), paper.PANEL, paper.ALARM, 0.8)
    sheet.lines(side.x + 2.5, side.y + 1.2 + line_height(WARNING) * 0.72, lines, WARNING, colour=paper.ALARM)
    return Box(side.x, side.y + high + 2, side.width, side.height - high - 2)


def district_names(frames: Mapping[str, gpd.GeoDataFrame], lang: str) -> dict[str, str]:
    """Return code -> name of every district, in the language of print where it is known."""
    found = {}
    for key in ("labels", "districts"):
        frame = frames.get(key)
        if frame is not None and len(frame):
            english = frame["name_en"] if lang == "en" and "name_en" in frame else frame["name"]
            found |= {str(c): str(e or n) for c, e, n in zip(frame["id"], english, frame["name"], strict=True)}
    return found


def numbered(proposals: list[Proposal], places: Mapping[str, shapely.Point]) -> tuple[tuple[str, shapely.Point], ...]:
    """Return number and position of the first proposals, as the table numbers them."""
    found = ((str(at), places.get(p.subject)) for at, p in enumerate(proposals, start=1))
    return tuple((number, point) for number, point in found if point is not None and not point.is_empty)


def base_legend(lang: str) -> tuple[LegendEntry, ...]:
    """Return the entries of the ground."""
    rows = (
        ("square", paper.GROUND["water"], ("水域", "Water"), paper.GROUND["water_edge"]),
        ("line", paper.GROUND["border"], ("区界", "District border"), paper.INK),
        ("line", paper.GROUND["road"], ("主要道路", "Main road"), paper.INK),
    )
    return tuple(LegendEntry(shape, colour, pick(words, lang), edge=edge) for shape, colour, words, edge in rows)


def _left_out(drawn: Drawn, front: Front, lang: str) -> list[str]:
    one, many = front.things
    found = []
    if drawn.outside:
        n = figure(drawn.outside)
        found.append(pick((f"另有{n}{one}在图框之外。", f"{n} more {many} lie beyond the frame."), lang))
    if drawn.nowhere:
        n = figure(drawn.nowhere)
        found.append(
            pick((f"另有{n}{one}没有坐标，未上图。", f"{n} more {many} have no position and are not drawn."), lang)
        )
    if drawn.unnumbered:
        n = drawn.unnumbered
        found.append(pick((f"{n}个编号因空间不足未标注。", f"{n} numbers found no room."), lang))
    return found
