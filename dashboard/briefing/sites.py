"""How hospitals and other sites stand on a map: the symbol says the kind, the size how many, the colour how bad."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from dashboard.briefing import paper
from dashboard.briefing.atlas import NOTHING, Marks
from dashboard.briefing.panels import LegendEntry
from dashboard.text import both, figure, pick, say

SYMBOLS = {  # kind of site -> (marker, words)
    "designated": ("o", both("brief.sites.symbols_designated")),
    "fangcang": ("s", both("brief.sites.symbols_fangcang")),
    "isolation": ("^", both("brief.sites.symbols_isolation")),
    "candidate": ("D", both("brief.sites.symbols_candidate")),
    "": ("v", both("brief.sites.other_site")),
}
SHARE = 0.9  # of the sites; those in far districts are shown in the overview's frame only
LEAST_PT, MOST_NAMES = 5.0, 22


@dataclass(frozen=True)
class Sites:
    """Sites with what their symbols say.

    value   what the size shows (beds, people); NaN: not known, drawn smallest and empty
    classes class in `shades`, -1 not known
    a_unit  square points of paper for one of `value`
    """

    frame: gpd.GeoDataFrame
    value: np.ndarray
    classes: np.ndarray
    shades: paper.Shades
    a_unit: float

    @property
    def areas(self) -> np.ndarray:
        """Return the square points of each symbol."""
        return np.maximum(np.nan_to_num(self.value) * self.a_unit, LEAST_PT**2)

    @property
    def kinds(self) -> np.ndarray:
        """Return the kind of each, "" for all that have no symbol of their own."""
        return np.array([kind if kind in SYMBOLS else "" for kind in self.frame["kind"]], dtype=object)

    def marks(self) -> tuple[Marks, ...]:
        """Return the symbols, one group per kind and class, the lightest first."""
        found = []
        for at in range(-1, len(self.shades.colours)):
            for kind, (symbol, _) in SYMBOLS.items():
                mine = (self.classes == at) & (self.kinds == kind)
                if mine.any():
                    found.append(Marks(kind, self.colour(at), symbol, self.frame.geometry[mine], self.areas[mine]))
        return tuple(found)

    def colour(self, at: int) -> str:
        """Return the colour of a class."""
        return paper.UNKNOWN if at < 0 else self.shades.colours[at]

    def names(self, city: str) -> tuple[tuple[str, shapely.Point, float], ...]:
        """Return the names of the largest sites that reported, then of others, without the city's own name before them."""
        order = np.lexsort((-self.areas, self.classes < 0))[:MOST_NAMES]
        rows = self.frame.iloc[order]
        found = zip(rows["name"].astype(str), rows.geometry, self.areas[order], strict=True)
        return tuple((name.removeprefix(city) or name, point, float(area)) for name, point, area in found)

    def legend(self, unit: tuple[str, str], unknown: tuple[str, str], lang: str) -> tuple[LegendEntry, ...]:
        """Return classes and kinds with their counts, and what a size means."""
        classes = [
            LegendEntry("o", colour, name, figure(int((self.classes == at).sum())), size=8)
            for at, (colour, name) in enumerate(zip(self.shades.colours, self.shades.names(lang), strict=True))
        ]
        missing = LegendEntry("o", paper.UNKNOWN, pick(unknown, lang), figure(int((self.classes < 0).sum())), size=6)
        kinds = [
            LegendEntry(symbol, "#b8c0c8", pick(words, lang), figure(int((self.kinds == kind).sum())))
            for kind, (symbol, words) in SYMBOLS.items()
            if (self.kinds == kind).any()
        ]
        at = next((n for n in (1000, 500, 200, 100, 50) if n <= np.nanmax([0, *self.value])), 50)
        size = LegendEntry("o", "none", f"{say('brief.sites.size', lang)}{figure(at)} {pick(unit, lang)}",
                           size=float(np.sqrt(at * self.a_unit)))  # fmt: skip
        return (*classes, missing, size, *kinds)


def sites_of(frames: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return the hospitals frame, with the columns a map needs even where it is empty."""
    frame = frames.get("hospitals", NOTHING)
    return frame if "kind" in frame else frame.assign(kind=pd.Series(dtype=object))


def places_of(frame: gpd.GeoDataFrame) -> dict[str, shapely.Point]:
    """Return id -> position."""
    return dict(zip(frame["id"], frame.geometry, strict=True))


def column(frame: pd.DataFrame, name: str) -> np.ndarray:
    """Return a column as numbers, NaN where it is missing."""
    return frame[name].to_numpy(float) if name in frame else np.full(len(frame), np.nan)
