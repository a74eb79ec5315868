"""Put names on a map so that none lies on another: the most important first, each where there is room, or nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import cos, pi, sin

from dashboard.briefing import paper
from dashboard.briefing.sheet import POINT, Box, Sheet, line_height

NUMBER_MM = 1.75  # radius of a numbered disc
# Where a name may stand, best first: shares of its own width and height, from the place to the middle of the name.
AROUND = ((0, 0), (0, -1), (0, 1), (0.6, 0), (-0.6, 0), (0.6, -1), (-0.6, -1), (0.6, 1), (-0.6, 1), (0, -2), (0, 2))
BESIDE = ((0.5, -0.6), (0.5, 0.6), (-0.5, -0.6), (-0.5, 0.6), (0.5, 0), (-0.5, 0), (0, -1), (0, 1))
RINGS = ((1.7, 8), (3.0, 12), (4.6, 16), (6.6, 20))  # distance in radii and steps round it, for numbers


@dataclass(frozen=True)
class Label:
    """A name at a place on the paper. `clear` keeps so many millimetres free about the place: the symbol named."""

    text: str
    x: float
    y: float
    size: float = 7.0
    colour: str = paper.INK_SOFT
    bold: bool = False
    clear: float = 0.0


@dataclass
class Labels:
    """What already lies in the frame."""

    sheet: Sheet
    frame: Box
    taken: list[Box] = field(default_factory=list)

    def keep_clear(self, box: Box) -> None:
        """Let no label lie here."""
        self.taken.append(box)

    def names(self, labels: Sequence[Label]) -> int:
        """Write the labels for which there is room, in their order; return how many were left out."""
        return sum(not self._name(label) for label in labels)

    def numbers(self, places: Sequence[tuple[str, float, float]]) -> int:
        """Draw numbered discs near their places, with a line where they had to move; return how many were left out."""
        return sum(not self._number(*place) for place in places)

    def _name(self, label: Label) -> bool:
        across = self.sheet.width(label.text, label.size, label.bold)
        up = line_height(label.size) * 0.8
        for dx, dy in BESIDE if label.clear else AROUND:
            beyond = label.clear + 0.4
            x = label.x + dx * across + (beyond if dx > 0 else -beyond if dx < 0 else 0) * bool(label.clear)
            y = label.y + dy * up + (beyond if dy > 0 else -beyond) * (dx == 0) * bool(label.clear)
            box = Box(x - across / 2, y - up / 2, across, up)
            if self._free(box):
                self.taken.append(box)
                style = {"colour": label.colour, "bold": label.bold, "align": "center", "halo": 1.8}
                self.sheet.text(x, y + label.size * POINT * 0.36, label.text, label.size, **style)
                return True
        return False

    def _number(self, text: str, x: float, y: float) -> bool:
        for dx, dy in _steps():
            at = x + dx * NUMBER_MM, y + dy * NUMBER_MM
            box = Box(at[0] - NUMBER_MM, at[1] - NUMBER_MM, 2 * NUMBER_MM, 2 * NUMBER_MM)
            if self._free(box):
                self.taken.append(box)
                self.sheet.stroke([(x, y), at], paper.INK, 0.6)
                self.sheet.marks([(x, y)], 2.2, "o", paper.INK, line=0)
                disc(self.sheet, *at, text)
                return True
        return False

    def _free(self, box: Box) -> bool:
        return box.within(self.frame) and not any(box.meets(other) for other in self.taken)


def disc(sheet: Sheet, x: float, y: float, text: str) -> None:
    """Draw a numbered disc: on the map and at the row of the table that it stands for."""
    sheet.marks([(x, y)], (2 * NUMBER_MM / POINT) ** 2, "o", paper.WHITE, paper.INK, 0.8)
    sheet.text(x, y + 0.82, text, 6.4, bold=True, align="center")


def _steps() -> list[tuple[float, float]]:
    return [
        (radius * sin(2 * pi * step / steps), -radius * cos(2 * pi * step / steps))
        for radius, steps in RINGS
        for step in range(steps)
    ]
