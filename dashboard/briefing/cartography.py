"""What makes a picture a map: graticule, scale bar, north arrow, and the overview that shows where the frame lies."""

from math import ceil, floor

import geopandas as gpd
import numpy as np
from matplotlib.path import Path

from dashboard.briefing import paper
from dashboard.briefing.sheet import Box, Sheet
from dashboard.briefing.window import Window, between, open_window
from dashboard.text import say
from geo.crs import DEGREES

STEPS_MINUTES = (1, 2, 5, 10, 20, 30, 60, 120)
BAR_MM = 38.0  # the scale bar is at most as long as this


def graticule(sheet: Sheet, window: Window) -> None:
    """Draw thin meridians and parallels, with their degrees along the frame."""
    west, south, east, north = _degrees(window)
    step = next((s for s in STEPS_MINUTES if (east - west) * 60 / s <= 7), STEPS_MINUTES[-1]) / 60
    along = np.linspace(0, 1, 12)
    for lon in _steps(west, east, step):
        line = window.place(np.full(12, lon), south + along * (north - south))
        _graticule_line(sheet, window, line, f"{_minutes(lon)}E", vertical=True)
    for lat in _steps(south, north, step):
        line = window.place(west + along * (east - west), np.full(12, lat))
        _graticule_line(sheet, window, line, f"{_minutes(lat)}N", vertical=False)


def scale_bar(sheet: Sheet, window: Window, right: float, bottom: float) -> Box:
    """Draw a bar of a round length and the scale in figures, its lower right corner here; return what it covers."""
    metres = BAR_MM / window.mm
    unit = 10 ** floor(np.log10(metres))
    length = max(n for n in (1, 2, 5) if n * unit <= metres) * unit
    across = length * window.mm
    covered = Box(right - across - 9, bottom - 10, across + 9, 10)
    sheet.rectangle(covered, paper.WHITE, paper.RULE, 0.4)
    x, y = covered.x + 3.5, covered.y + 5.6
    for part in range(4):
        box = Box(x + part * across / 4, y, across / 4, 1.1)
        sheet.rectangle(box, paper.INK if part % 2 == 0 else paper.WHITE, paper.INK, 0.4)
    for share in (0, 0.5, 1):
        sheet.text(x + share * across, y - 0.9, _length(length * share, length), 5.6, align="center")
    sheet.text(x + across / 2, y + 3.7, f"1 : {window.scale:,}", 5.6, colour=paper.INK_SOFT, align="center")
    return covered


def north_arrow(sheet: Sheet, x: float, top: float) -> Box:
    """Draw the arrow with its tip here; north is up to within a third of a degree in every 3-degree zone."""
    sheet.path(Path([(x, top), (x - 2.4, top + 8), (x, top + 6.2), (x, top)]), paper.INK, paper.INK, 0.5)
    sheet.path(Path([(x, top), (x + 2.4, top + 8), (x, top + 6.2), (x, top)]), paper.WHITE, paper.INK, 0.5)
    sheet.text(x, top + 11.4, "N", 7.5, bold=True, align="center", halo=1.6)
    return Box(x - 3, top, 6, 12)


def overview(sheet: Sheet, box: Box, window: Window, districts: gpd.GeoDataFrame, area: str, lang: str) -> Box:
    """Draw all districts small, the area dark, and the frame of the map in them; return what it covers."""
    sheet.rectangle(box, paper.WHITE, paper.RULE, 0.4)
    small = open_window(Box(box.x + 1.5, box.y + 4.2, box.width - 3, box.height - 5.4), districts.geometry)
    if small is None:
        return box
    mine = districts[districts["id"] == area]
    sheet.path(small.areas(districts.geometry), paper.GROUND["land"], paper.GROUND["border"], 0.35)
    sheet.path(small.areas(mine.geometry), paper.INK_FAINT, paper.INK, 0.4)
    west, south, east, north = _degrees(window)
    (left, up), (right, down) = small.place(np.array([west, east]), np.array([north, south]))
    left, right = max(left, box.x + 0.6), min(right, box.right - 0.6)
    up, down = max(up, box.y + 0.6), min(down, box.bottom - 0.6)
    sheet.rectangle(Box(left, up, right - left, down - up), "none", paper.ALARM, 0.9)
    sheet.text(box.x + 1.5, box.y + 3.1, say("brief.cartography.overview_red_main", lang), 5.6,
               colour=paper.INK_SOFT, width=box.width - 2)  # fmt: skip
    return box


def _degrees(window: Window) -> tuple[float, float, float, float]:
    west, south, east, north = window.ground
    back = between(window.crs, DEGREES)
    lon, lat = back.transform([west, west, east, east], [south, north, south, north])
    return max(lon[:2]), max(lat[0], lat[2]), min(lon[2:]), min(lat[1], lat[3])


def _steps(start: float, stop: float, step: float) -> list[float]:
    return [n * step for n in range(ceil(start / step), floor(stop / step) + 1)]


def _graticule_line(sheet: Sheet, window: Window, line: np.ndarray, label: str, vertical: bool) -> None:
    sheet.stroke(line, paper.GROUND["grid"], 0.3, (0, (1.5, 2.5)))
    box = window.box
    if vertical:
        sheet.text(line[-1, 0], box.y - 0.9, label, 5.0, colour=paper.INK_SOFT, align="center")
    else:
        sheet.text(box.x - 0.9, line[0, 1], label, 5.0, colour=paper.INK_SOFT, align="center", turn=90)


def _minutes(degrees: float) -> str:
    whole, minutes = divmod(round(degrees * 60), 60)
    return f"{whole}°{minutes:02d}′"


def _length(metres: float, whole: float) -> str:
    """One unit for the whole bar, said at its end."""
    unit, name = (1000, "km") if whole >= 1000 else (1, "m")
    return f"{metres / unit:g}" + (f" {name}" if metres == whole else "")
