"""A small picture of how the points of a file lie about the places that their addresses name, read in one frame."""

import math
from base64 import b64encode
from collections.abc import Sequence

from dash import html

FRAMES = ("wgs84", "gcj02", "bd09")
SIZE, REACH_M = 160, 1000.0  # units of the picture, and metres from its centre to its edge
RING_M = 150.0
GROUND, RING, CROSS, POINT = "#14202d", "#62d8c0", "#a9bccd", "#f8c54a"


def picture(offsets: Sequence[Sequence[float]], alt: str) -> html.Img:
    """Return the picture: offsets are metres east and north; what lies farther than a kilometre stands at the edge."""
    scale, middle = SIZE / 2 / REACH_M, SIZE / 2
    dots = []
    for east, north in offsets:
        far = max(1.0, math.hypot(east, north) / (REACH_M * 0.97))
        x, y = middle + east / far * scale, middle - north / far * scale
        dots.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{POINT}" fill-opacity=".75"/>')
    cross = f'<path d="M{middle} 8V{SIZE - 8}M8 {middle}H{SIZE - 8}" stroke="{CROSS}" stroke-opacity=".35"/>'
    ring = (
        f'<circle cx="{middle}" cy="{middle}" r="{RING_M * scale:.1f}" fill="none" stroke="{RING}" stroke-width="2"/>'
    )
    drawn = f'<rect width="{SIZE}" height="{SIZE}" rx="6" fill="{GROUND}"/>{cross}{ring}{"".join(dots)}'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}">{drawn}</svg>'
    return html.Img(src="data:image/svg+xml;base64," + b64encode(svg.encode()).decode(), alt=alt)
