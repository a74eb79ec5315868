"""The static map: ground, compounds or sites by class, numbers of the proposals, names, and everything a map owes its reader."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from dashboard.briefing import paper
from dashboard.briefing.cartography import graticule, north_arrow, overview, scale_bar
from dashboard.briefing.labels import Label, Labels
from dashboard.briefing.sheet import POINT, Box, Sheet
from dashboard.briefing.window import Window, open_window
from dashboard.text import say
from geo.crs import DEGREES

OVERVIEW = (40.0, 38.0)  # millimetres
SQUARE_PT = 2.2  # a compound without an outline


@dataclass(frozen=True)
class Fill:
    """Compounds of one class; drawn in the order given."""

    text: str
    colour: str
    shapes: gpd.GeoSeries
    edge: str = ""


@dataclass(frozen=True)
class Marks:
    """Sites of one class: one symbol and colour; `areas` in square points, `layer` the frame whose rows they are."""

    text: str
    colour: str
    symbol: str
    shapes: gpd.GeoSeries
    areas: np.ndarray
    layer: str = "hospitals"


@dataclass(frozen=True)
class Scene:
    """What a map shows.

    frames   layer frames by key; districts, water, roads are the ground, any may be missing
    focus    what decides the frame, and `share` how much of it must be inside
    numbers  number of a proposal and its position
    names    name of a site, its position, and the area of its symbol in square points; most important first
    """

    frames: Mapping[str, gpd.GeoDataFrame]
    area: str
    focus: gpd.GeoSeries
    share: float = 1.0
    fills: Sequence[Fill] = ()
    marks: Sequence[Marks] = ()
    numbers: Sequence[tuple[str, shapely.Point]] = ()
    names: Sequence[tuple[str, shapely.Point, float]] = ()


@dataclass(frozen=True)
class Drawn:
    """What the map holds and leaves out: shapes in the frame, beyond it, and without a position."""

    inside: int = 0
    outside: int = 0
    nowhere: int = 0
    unnumbered: int = 0


@dataclass
class _Count:
    inside: int = 0
    outside: int = 0
    nowhere: int = 0

    def add(self, window: Window, shapes: gpd.GeoSeries) -> None:
        known = ~(shapes.is_empty | shapes.isna()).to_numpy(bool)
        held = window.holds(window.points(shapes[known])) if known.any() else np.zeros(0, dtype=bool)
        self.inside += int(held.sum())
        self.outside += int(known.sum() - held.sum())
        self.nowhere += int((~known).sum())


NOTHING = gpd.GeoDataFrame({"id": [], "name": []}, geometry=[], crs=DEGREES)


def draw_map(sheet: Sheet, box: Box, scene: Scene, lang: str) -> Drawn:
    """Draw the scene into a box and return what it could not show."""
    window = open_window(box, _focus(scene), scene.share)
    if window is None:
        sheet.rectangle(box, paper.PANEL, paper.RULE)
        nothing = say("brief.atlas.there_nothing_draw", lang)
        sheet.text(box.x + box.width / 2, box.y + box.height / 2, nothing, 11, colour=paper.INK_SOFT, align="center")
        return Drawn()
    _ground(sheet, window, scene)
    count = _Count()
    for fill in scene.fills:
        _draw_fill(sheet, window, fill)
        count.add(window, fill.shapes)
    _borders(sheet, window, scene)
    graticule(sheet, window)
    for marks in scene.marks:
        _draw_marks(sheet, window, marks)
        count.add(window, marks.shapes)
    left_out = _lettering(sheet, window, scene, lang)
    sheet.rectangle(box, "none", paper.INK, 0.9)
    return Drawn(count.inside, count.outside, count.nowhere, left_out)


def diameter_mm(area: float) -> float:
    """Return the diameter of a disc of so many square points."""
    return sqrt(area) * POINT


def _focus(scene: Scene) -> gpd.GeoSeries:
    """An area of its own decides the frame; then what is drawn; then the city."""
    districts = scene.frames.get("districts", NOTHING)
    mine = districts[districts["id"] == scene.area.split("/")[0]].geometry
    if scene.area and "/" not in scene.area and len(mine):
        return mine
    return next((shapes for shapes in (scene.focus, mine) if (~(shapes.is_empty | shapes.isna())).any()),
                districts.geometry)  # fmt: skip


def _ground(sheet: Sheet, window: Window, scene: Scene) -> None:
    districts = scene.frames.get("districts", NOTHING)
    mine = districts[districts["id"] == scene.area.split("/")[0]] if scene.area else districts
    sheet.rectangle(window.box, paper.GROUND["outside"])
    sheet.path(window.areas(mine.geometry), paper.GROUND["land"])
    sheet.path(window.areas(scene.frames.get("water", NOTHING).geometry), paper.GROUND["water"],
               paper.GROUND["water_edge"], 0.3)  # fmt: skip
    roads = scene.frames.get("roads", NOTHING)
    rail = roads["kind"].to_numpy() == "rail" if "kind" in roads else np.zeros(len(roads), dtype=bool)
    sheet.path(window.lines(roads[~rail].geometry), edge=paper.GROUND["road"], line=0.7)
    sheet.path(window.lines(roads[rail].geometry), edge=paper.GROUND["rail"], line=0.5, dash=(0, (4, 2)))


def _borders(sheet: Sheet, window: Window, scene: Scene) -> None:
    districts = scene.frames.get("districts", NOTHING)
    sheet.path(window.lines(districts.geometry), edge=paper.GROUND["border"], line=0.55, dash=(0, (5, 1.6, 1, 1.6)))
    mine = districts[districts["id"] == scene.area.split("/")[0]] if scene.area else NOTHING
    sheet.path(window.lines(mine.geometry), edge=paper.GROUND["area"], line=1.1)


def _draw_fill(sheet: Sheet, window: Window, fill: Fill) -> None:
    """One path for the whole class; its own colour along the edge keeps the smallest compound visible."""
    area = (fill.shapes.geom_type == "Polygon") | (fill.shapes.geom_type == "MultiPolygon")
    sheet.path(window.areas(fill.shapes[area]), fill.colour, fill.edge or fill.colour, 0.4)
    points = fill.shapes[fill.shapes.geom_type == "Point"]
    xy = window.points(points[~points.is_empty])
    sheet.marks(xy[window.holds(xy)], SQUARE_PT**2, "s", fill.colour, fill.edge or fill.colour, 0.3)


def _draw_marks(sheet: Sheet, window: Window, marks: Marks) -> None:
    known = ~(marks.shapes.is_empty | marks.shapes.isna()).to_numpy(bool)
    xy, areas = window.points(marks.shapes[known]), np.asarray(marks.areas, dtype=float)[known]
    held = window.holds(xy)
    order = np.argsort(-areas[held], kind="stable")  # small ones above large ones
    sheet.marks(xy[held][order], areas[held][order], marks.symbol, marks.colour, line=0.6)


def _lettering(sheet: Sheet, window: Window, scene: Scene, lang: str) -> int:
    """Scale, arrow and overview first: they have their corners; then numbers, names of districts, names of sites."""
    box, districts = window.box, scene.frames.get("districts", NOTHING)
    labels = Labels(sheet, box.inset(0.8))
    labels.keep_clear(scale_bar(sheet, window, box.right - 2, box.bottom - 2))
    labels.keep_clear(north_arrow(sheet, box.right - 6, box.y + 3))
    if len(districts) > 1:
        corner = Box(box.x + 2, box.bottom - 2 - OVERVIEW[1], *OVERVIEW)
        labels.keep_clear(overview(sheet, corner, window, districts, scene.area, lang))
    for name in scene.names:
        _keep_symbol_clear(labels, window, name)
    left_out = labels.numbers(_on_paper(window, scene.numbers))
    labels.names(_district_names(window, districts, lang))
    labels.names(_site_names(window, scene))
    return left_out


def _keep_symbol_clear(labels: Labels, window: Window, name: tuple[str, shapely.Point, float]) -> None:
    for _, x, y in _on_paper(window, [(name[0], name[1])]):
        across = diameter_mm(name[2]) * 0.8
        labels.keep_clear(Box(x - across / 2, y - across / 2, across, across))


def _on_paper(window: Window, places: Sequence[tuple[str, shapely.Point]]) -> list[tuple[str, float, float]]:
    known = [(text, point) for text, point in places if point is not None and not point.is_empty]
    xy = window.points(gpd.GeoSeries([point for _, point in known], crs=DEGREES))
    found = zip(known, xy, window.holds(xy), strict=True)
    return [(text, float(x), float(y)) for (text, _), (x, y), inside in found if inside]


def _district_names(window: Window, districts: gpd.GeoDataFrame, lang: str) -> list[Label]:
    """Every district in the frame; a name whose own point lies beyond it moves to the part that is inside."""
    if districts.empty:
        return []
    names = districts["name_en"] if lang == "en" and "name_en" in districts else districts["name"]
    names = names.where(names.notna() & (names != ""), districts["name"])
    own = window.place(districts["lon"].to_numpy(float), districts["lat"].to_numpy(float))
    parts = window.visible(districts.geometry)
    places = np.where(window.holds(own)[:, None], own, parts)
    rows = zip(names.tolist(), places, strict=True)
    return [Label(str(name), float(x), float(y), 8.2, paper.INK, bold=True) for name, (x, y) in rows if not pd.isna(x)]


def _site_names(window: Window, scene: Scene) -> list[Label]:
    areas = {name: area for name, _, area in scene.names}
    places = _on_paper(window, [(name, point) for name, point, _ in scene.names])
    return [Label(name, x, y, 5.8, paper.INK, clear=diameter_mm(areas[name]) / 2) for name, x, y in places]
