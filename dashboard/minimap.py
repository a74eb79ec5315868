"""A small map as a picture: a few numbered places, what lies around them, and one point; sharp on every screen."""

import math
from base64 import b64encode
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import shapely
from dash import html

WIDE, HIGH = 640, 460  # units of the picture
LEAST_M, MOST_M = 1200.0, 40_000.0  # width of the ground shown
GROUND, WATER, ROAD, RAIL, OTHER, BORDER = "#0e1722", "#17324a", "#34495e", "#3f3a52", "#22364a", "#5b7186"
ONE, REST, POINT = "#6cb6f0", "#4d7ea8", "#f8c54a"
STEPS_M = (50, 100, 200, 500, 1000, 2000, 5000, 10_000)
METRES_PER_DEGREE = 111_195.0


class Frame:
    """The ground that a picture shows: as wide as the shapes in question with some land around them."""

    def __init__(self, shapes: Iterable[Any]) -> None:
        west, south, east, north = shapely.total_bounds(np.array([s for s in shapes if s is not None], dtype=object))
        self.lon, self.lat = (west + east) / 2, (south + north) / 2
        self.squeeze = math.cos(math.radians(self.lat))
        wide_m = max((east - west) * self.squeeze, (north - south) * WIDE / HIGH) * METRES_PER_DEGREE * 1.5
        self.metres = min(max(wide_m, LEAST_M), MOST_M)
        self.scale = WIDE / self.metres * METRES_PER_DEGREE  # units a degree of latitude

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        x, y = WIDE / 2 / self.scale / self.squeeze, HIGH / 2 / self.scale
        return self.lon - x, self.lat - y, self.lon + x, self.lat + y

    def at(self, lonlat: Any) -> np.ndarray[Any, Any]:
        """Return degrees as units of the picture."""
        lonlat = np.asarray(lonlat, dtype=float).reshape(-1, 2)
        east = (lonlat[:, 0] - self.lon) * self.squeeze * self.scale + WIDE / 2
        return np.column_stack([east, HIGH / 2 - (lonlat[:, 1] - self.lat) * self.scale])


def picture(
    frame: Frame,
    places: Sequence[Any],
    *,
    point: tuple[float, float] | None = None,
    others: Iterable[Any] = (),
    water: Iterable[Any] = (),
    roads: Iterable[Any] = (),
    borders: Iterable[Any] = (),
    alt: str = "",
) -> html.Img:
    """Return the picture: `places` are numbered from 1 in their order (None: not drawn), the first is the brightest."""
    drawn = [
        _areas(frame, water, f'fill="{WATER}"'),
        _areas(frame, others, f'fill="{OTHER}" stroke="{GROUND}" stroke-width="1"'),
        _lines(frame, borders, f'stroke="{BORDER}" stroke-width="1.5" stroke-dasharray="7 5"'),
        _lines(frame, roads, f'stroke="{ROAD}" stroke-width="2.5"'),
        *(_place(frame, number, shape) for number, shape in reversed(list(enumerate(places, 1)))),
        *(_pin(frame, number, shape) for number, shape in reversed(list(enumerate(places, 1)))),
        _cross(frame, point) if point else "",
        _bar(frame),
    ]
    body = "".join(drawn)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}"><rect width="{WIDE}" height="{HIGH}" fill="{GROUND}"/>{body}</svg>'
    return html.Img(
        src="data:image/svg+xml;base64," + b64encode(svg.encode()).decode(), alt=alt, className="minimap-picture"
    )


def _place(frame: Frame, number: int, shape: Any) -> str:
    if shape is None or shape.geom_type == "Point":
        return ""
    colour = ONE if number == 1 else REST
    return _areas(frame, [shape], f'fill="{colour}" fill-opacity=".38" stroke="{colour}" stroke-width="2.5"')


def _pin(frame: Frame, number: int, shape: Any) -> str:
    if shape is None:
        return ""
    x, y = frame.at(shapely.get_coordinates(shapely.point_on_surface(shape)))[0]
    fill = ONE if number == 1 else "#dce6ef"
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="15" fill="{fill}" stroke="#0b121b" stroke-width="2.5"/>'
        f'<text x="{x:.1f}" y="{y + 6.5:.1f}" font-family="sans-serif" font-size="19" font-weight="700" text-anchor="middle" fill="#0b121b">{number}</text>'
    )


def _cross(frame: Frame, point: tuple[float, float]) -> str:
    x, y = frame.at(point)[0]
    arms = f"M{x - 15:.1f} {y:.1f}h30M{x:.1f} {y - 15:.1f}v30"
    ring = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8"'
    return (
        f'<path d="{arms}" stroke="#0b121b" stroke-width="7"/><path d="{arms}" stroke="{POINT}" stroke-width="3.5"/>'
        f'{ring} fill="none" stroke="#0b121b" stroke-width="6"/>{ring} fill="none" stroke="{POINT}" stroke-width="3"/>'
    )


def _bar(frame: Frame) -> str:
    metres = max([step for step in STEPS_M if step <= frame.metres / 4] or [STEPS_M[0]])
    long = metres / frame.metres * WIDE
    x, y = WIDE - 20 - long, HIGH - 20
    text = f"{metres} m" if metres < 1000 else f"{metres // 1000} km"
    return (
        f'<path d="M{x:.1f} {y - 7}v7h{long:.1f}v-7" fill="none" stroke="#dce6ef" stroke-width="2"/>'
        f'<text x="{x + long / 2:.1f}" y="{y - 9}" font-family="sans-serif" font-size="16" text-anchor="middle" fill="#dce6ef">{text}</text>'
    )


def _areas(frame: Frame, shapes: Iterable[Any], look: str) -> str:
    rings = [ring for part in _clipped(frame, shapes) if part.geom_type == "Polygon" for ring in _rings(part)]
    path = "".join(_path(frame, ring.coords, close=True) for ring in rings)
    return f'<path d="{path}" fill-rule="evenodd" stroke-linejoin="round" {look}/>' if path else ""


def _lines(frame: Frame, shapes: Iterable[Any], look: str) -> str:
    parts = [part for part in _clipped(frame, shapes) if part.geom_type in ("LineString", "LinearRing")]
    path = "".join(_path(frame, part.coords, close=False) for part in parts)
    return f'<path d="{path}" fill="none" stroke-linejoin="round" stroke-linecap="round" {look}/>' if path else ""


def _rings(polygon: Any) -> list[Any]:
    return [polygon.exterior, *polygon.interiors]


def _path(frame: Frame, coordinates: Any, *, close: bool) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in frame.at(list(coordinates)))
    return f"M{points}{'Z' if close else ''}"


def _clipped(frame: Frame, shapes: Iterable[Any]) -> list[Any]:
    given = np.array([shape for shape in shapes if shape is not None], dtype=object)
    if not len(given):
        return []
    west, south, east, north = frame.box
    x, y = (east - west) / 20, (north - south) / 20  # beyond the edge, so that no cut line shows
    cut = shapely.clip_by_rect(shapely.make_valid(given), west - x, south - y, east + x, north + y)
    parts = shapely.get_parts(shapely.get_parts(cut))
    return [part for part in parts if not part.is_empty]
