"""Colours for white paper: told apart by colour-blind eyes, and by their lightness alone on a grey copy.

The screens glow on dark ground, where light means much; on paper dark means much, so these are colours of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dashboard.text import say

INK, INK_SOFT, INK_FAINT = "#14202c", "#51606e", "#8a96a2"
RULE, PANEL, WHITE = "#c3cbd3", "#f3f5f7", "#ffffff"
ALARM = "#8c1023"  # marks: drill, secrecy, shortage
BREAK = "#f0e4d8"  # days of a curve that may not be compared
UNKNOWN = "#ffffff"  # what we do not know stays unprinted, inside an outline

GROUND: Mapping[str, str] = {
    "land": "#fbfaf7",
    "outside": "#ecebe6",
    "water": "#d2e2ec",
    "water_edge": "#a9c4d6",
    "road": "#d8cdbb",
    "rail": "#c4c4c4",
    "border": "#6f7b86",
    "area": "#14202c",
    "grid": "#b9c4cd",
}

ACTION: Mapping[str, str] = {  # lightness falls with urgency; quiet compounds recede
    "seal": "#8c1023",
    "seal_building": "#e8963a",
    "cancel": "#5a1a1a",
    "suspend": "#b0607a",
    "certify": "#2e8b57",
    "candidate": "#2a78b0",
    "restore": "#7fa9cf",
    "relax": "#7a5fc0",
    "keep": "#d0d6dc",
    "": UNKNOWN,
}


@dataclass(frozen=True)
class Shades:
    """Classes of a figure, light to dark; class i holds values from edges[i - 1] up to, not including, edges[i]."""

    edges: tuple[float, ...]
    colours: tuple[str, ...]
    key: str  # of the texts: key_0 for the first class

    def classes(self, values: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the class of each value, -1 for NaN."""
        numbers = np.asarray(values, dtype=float)
        return np.where(np.isnan(numbers), -1, np.digitize(numbers, self.edges))

    def names(self, lang: str) -> tuple[str, ...]:
        """Return what the classes are called."""
        return tuple(say(f"{self.key}_{at}", lang) for at in range(len(self.colours)))


HEAT = ("#fdf0cd", "#f8c877", "#e58a45", "#b8392f", "#64102c")
OCCUPANCY = Shades(
    (0.7, 0.85, 0.95, 1 + 1e-9),
    HEAT,
    "brief.paper.share",
)
LACK = Shades(  # share of the people needed that is missing
    (1e-9, 0.2, 0.4, 0.6),
    HEAT,
    "brief.paper.lack",
)
COVER = Shades(  # days that a stock lasts: few are bad, so the heat runs the other way
    (3, 7, 14, 30),
    HEAT[::-1],
    "brief.paper.cover",
)
BAR: Mapping[str, str] = {"have": "#2a78b0", "added": "#8fc0de", "need": INK, "short": ALARM}
