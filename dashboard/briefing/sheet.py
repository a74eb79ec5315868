"""One page to draw on, in millimetres of A4 from its top left corner; what is drawn later lies on top.

A3 is the same page enlarged by the square root of two, as ISO 216 means it: letters, lines and symbols grow with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import Stroke

from dashboard.briefing import paper
from dashboard.briefing.fonts import Face, Fonts
from dashboard.briefing.typeset import clip, fit, wrap

WIDTH, HEIGHT = 297.0, 210.0  # ISO 216, A4 on its side
SCALES = {"a4": 1.0, "a3": 2**0.5}
MM = 25.4
POINT = MM / 72  # millimetres in a point
LEADING = 1.42  # lines of Chinese need more air than Latin ones


@dataclass(frozen=True)
class Box:
    """A rectangle on the page, in millimetres."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def inset(self, by: float) -> "Box":
        """Return the rectangle that lies `by` inside."""
        return Box(self.x + by, self.y + by, self.width - 2 * by, self.height - 2 * by)

    def meets(self, other: "Box") -> bool:
        """Return whether the two share any ground."""
        across = self.x < other.right and other.x < self.right
        return across and self.y < other.bottom and other.y < self.bottom

    def within(self, other: "Box") -> bool:
        """Return whether this lies wholly inside the other."""
        across = other.x <= self.x and self.right <= other.right
        return across and other.y <= self.y and self.bottom <= other.bottom


class Letters(Artist):
    """One line of text on its base line; `before` of its points stand left of the place.

    matplotlib's own Text lays every line out twice to know how far it reaches, which took half the time of a print; the
    widths are known here.
    """

    def __init__(
        self, x: float, y: float, text: str, font: FontProperties, colour: str, before: float, turn: float, above: int
    ) -> None:
        super().__init__()
        self.place, self.text, self.font, self.before, self.turn = (x, y), text, font, before, turn
        self.colour = to_rgba(colour)
        self.set_zorder(above)

    def set_clip_path(self, path: Any, transform: Any = None) -> None:
        """Do nothing: letters are never clipped, and finding the clip of each line is a tenth of a print."""

    def draw(self, renderer: Any) -> None:
        """Write the line."""
        x, y = self.axes.transData.transform(self.place)
        before, turn = renderer.points_to_pixels(self.before), np.deg2rad(self.turn)
        x, y = x - before * np.cos(turn), y - before * np.sin(turn)
        if renderer.flipy():
            y = renderer.get_canvas_width_height()[1] - y
        if self.text:
            pen = renderer.new_gc()
            pen.set_foreground(self.colour, isRGBA=True)
            renderer.draw_text(pen, x, y, self.text, self.font, self.turn, ismath=False)
            pen.restore()


@dataclass
class Sheet:
    """The page being drawn."""

    fonts: Fonts
    scale: float = 1.0
    figure: Figure = field(init=False)
    axes: Axes = field(init=False)
    _above: int = 0

    def __post_init__(self) -> None:
        inches = (WIDTH / MM * self.scale, HEIGHT / MM * self.scale)
        self.figure = Figure(figsize=inches, facecolor="white")
        self.axes = self.figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(HEIGHT, 0))
        self.axes.set_axis_off()

    def face(self, bold: bool) -> Face:
        """Return the weight."""
        return self.fonts.bold if bold else self.fonts.regular

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        colour: str = paper.INK,
        bold: bool = False,
        align: str = "left",
        width: float | None = None,
        halo: float = 0.0,
        turn: float = 0.0,
    ) -> None:
        """Write one line on the base line `y`; a `width` cuts it, a `halo` (points) clears the ground around it."""
        face = self.face(bold)
        shown = face.clean(text) if width is None else fit(text, face, size, width / POINT)
        options: dict[str, Any] = {
            "fontproperties": face.at(size * self.scale),
            "ha": align,
            "va": "baseline",
            "rotation": turn,
        }
        options |= {"parse_math": False, "rotation_mode": "anchor"}
        if halo:  # the halo is outlines; the letters above it stay text that can be searched
            effects = [Stroke(linewidth=halo * self.scale, foreground=paper.WHITE)]
            self.axes.text(x, y, shown, zorder=self._next(), color=paper.WHITE, path_effects=effects, **options)
        before = {"left": 0.0, "center": 0.5, "right": 1.0}[align] * face.width(shown, size * self.scale)
        self.axes.add_artist(Letters(x, y, shown, face.at(size * self.scale), colour, before, turn, self._next()))

    def lines(
        self,
        x: float,
        y: float,
        lines: Sequence[str],
        size: float,
        *,
        colour: str = paper.INK,
        bold: bool = False,
    ) -> float:
        """Write lines below one another, the first on the base line `y`; return the base line that would follow."""
        for line in lines:
            self.text(x, y, line, size, colour=colour, bold=bold)
            y += line_height(size)
        return y

    def paragraph(
        self,
        x: float,
        y: float,
        width: float,
        text: str,
        size: float,
        *,
        colour: str = paper.INK,
        bold: bool = False,
        most: int = 99,
    ) -> float:
        """Write wrapped text, at most `most` lines; return the base line that would follow."""
        return self.lines(x, y, self.wrapped(text, size, width, bold, most), size, colour=colour, bold=bold)

    def wrapped(self, text: str, size: float, width: float, bold: bool = False, most: int = 99) -> tuple[str, ...]:
        """Return the lines that a paragraph would have."""
        return clip(wrap(text, self.face(bold), size, width / POINT), most)

    def width(self, text: str, size: float, bold: bool = False) -> float:
        """Return the width of a line in millimetres."""
        return self.face(bold).width(text, size) * POINT

    def rectangle(self, box: Box, fill: str = "none", edge: str = "none", line: float = 0.5, dash: Any = "-") -> None:
        """Draw a rectangle; `line` in points."""
        corner = (box.x, box.y)
        options = {"facecolor": fill, "edgecolor": edge, "linewidth": self._line(line, edge), "linestyle": dash}
        self._add(Rectangle(corner, box.width, box.height, zorder=self._next(), **options))

    def stroke(self, points: Any, colour: str, line: float, dash: Any = "-") -> None:
        """Draw a line through points."""
        xy = np.asarray(points, dtype=float)
        self._add(
            Line2D(xy[:, 0], xy[:, 1], color=colour, linewidth=line * self.scale, linestyle=dash, zorder=self._next())
        )

    def path(self, path: Path, fill: str = "none", edge: str = "none", line: float = 0.5, dash: Any = "-") -> None:
        """Draw one path, however many outlines it holds; an empty one draws nothing."""
        if len(path.vertices):
            options = {"facecolor": fill, "edgecolor": edge, "linewidth": self._line(line, edge)}
            self._add(PathPatch(path, linestyle=dash, joinstyle="round", zorder=self._next(), **options))

    def marks(self, xy: Any, areas: Any, symbol: str, fill: str, edge: str = paper.INK, line: float = 0.5) -> None:
        """Draw one symbol at many places; `areas` in square points, as the eye compares areas."""
        xy = np.asarray(xy, dtype=float).reshape(-1, 2)
        if len(xy):
            options = {"marker": symbol, "facecolor": fill, "edgecolor": edge, "linewidth": line * self.scale}
            self.axes.scatter(xy[:, 0], xy[:, 1], s=np.asarray(areas) * self.scale**2, zorder=self._next(), **options)

    def _add(self, artist: Any) -> None:
        """Add a shape without asking how far it reaches: the axes are fixed, and the asking took longer than the drawing."""
        artist.set_transform(self.axes.transData)
        self.axes.add_artist(artist)

    def _line(self, line: float, edge: str) -> float:
        return line * self.scale if edge != "none" else 0

    def _next(self) -> int:
        self._above += 1
        return self._above


def line_height(size: float) -> float:
    """Return the distance of two base lines in millimetres."""
    return size * POINT * LEADING
