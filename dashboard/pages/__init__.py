"""One module a page; each defines PAGE. A page arranges parts; it computes nothing."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pandas as pd
from dash import Dash
from dash.development.base_component import Component

from dashboard.access import Person
from dashboard.desk import Desk
from dashboard.view import Here
from layers._palette import Mark


@dataclass(frozen=True)
class Asked:
    """One request for a page: where the browser is, who asks, and how large its letters are."""

    here: Here
    who: Person | None
    desk: Desk
    scale: float = 1.0
    turn: str = ""  # the page that a wall shows now
    review: Mapping[str, Any] | None = None  # where a reviewer stands in the queue

    @classmethod
    def at(cls, desk: Desk, who: Person | None, path: str, search: str, **more: Any) -> "Asked":
        """Return the request of a person at an address, as far as the gate lets them see it."""
        return cls(desk.here(who, path, search), who, desk, **more)

    @property
    def lang(self) -> str:
        return self.here.lang

    def words(self, zh: str, en: str) -> str:
        """Return the text in the page's language."""
        return zh if self.here.lang == "zh" else en


@dataclass(frozen=True)
class Scene:
    """What the map shows behind a page: layers by key, colours that replace theirs, and where to look from."""

    layers: Sequence[str]
    key: str = "city"
    paint: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    pitch: float = 0.0
    bearing: float = 0.0
    marks: Mapping[str, Mark] = field(default_factory=dict)  # what the colours of `paint` mean, for the legend


@dataclass(frozen=True)
class Page:
    """A page: its address, its name, what stands beside the map, what the map shows, and its own callbacks.

    listed  stands in the navigation
    scene   None: the page has no map
    early   what the map shows rests on no plan: when something new came in it is drawn before the page, whose plan takes longer
    """

    path: str
    order: int
    title: tuple[str, str]
    layout: Callable[[Asked], Component]
    scene: Callable[[Asked], Scene | None] = lambda asked: None
    connect: Callable[[Dash, Desk], None] = lambda app, desk: None
    listed: bool = True
    early: bool = False


@cache
def all_pages() -> dict[str, Page]:
    """Return the pages by path, in the order of the navigation."""
    names = [m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_")]
    found: list[Any] = [importlib.import_module(f"{__name__}.{name}").PAGE for name in names]
    return {page.path: page for page in sorted(found, key=lambda page: page.order)}
