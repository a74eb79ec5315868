"""What a layer is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd
import pydeck
from sqlalchemy import Select

from layers._view import CITY, View

__all__ = ["CITY", "Layer", "LegendRow", "View"]


@dataclass(frozen=True)
class LegendRow:
    """One line of a legend: a mark, its colour, and what it means in both languages."""

    colour: tuple[int, int, int, int]
    zh: str
    en: str
    shape: str = "square"  # square | circle | column | line | arc | hatch


@dataclass(frozen=True)
class Layer:
    """One topic that can be laid over the map: where its rows come from, what they say, and how they look.

    query      view -> select; touches no frame
    summarise  rows -> one row per drawn thing, in EPSG:4326, with `id`, `name`, drawing and hover columns; touches no database.
               A column whose name ends in `rgba` holds uint32 colours packed by `layers._palette.rgba`
    draw       frame -> deck layers, lowest first; accessors name columns of the frame; no arithmetic
    hover      column of the frame -> (zh, en) label, in the order of the hover card
    units      column of `hover` -> (zh, en) unit, where its label does not say it
    feeds      feeds that the figures come from: the hover card tells how old the oldest of them is
    adds       columns that districts and streets add up
    """

    key: str
    order: int
    title: tuple[str, str]
    query: Callable[[View], Select]
    summarise: Callable[[pd.DataFrame], gpd.GeoDataFrame]
    draw: Callable[[gpd.GeoDataFrame], list[pydeck.Layer]]
    legend: tuple[LegendRow, ...] = ()
    hover: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    units: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    feeds: tuple[str, ...] = ()
    adds: tuple[str, ...] = ()
