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

from dashboard.desk import Desk
from dashboard.roles import Person
from dashboard.text import both, pick, say
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

    @property
    def has_begun(self) -> bool:
        """Whether the store knew anything yet at the page's clocks; before, there is no time to tell."""
        return self.desk.store.revision(self.here.view.known_at) > 0

    def say(self, key: str, /, **values: Any) -> str:
        """Return a text of `dashboard/words` in the page's language."""
        return say(key, self.here.lang, **values)

    def words(self, zh: str, en: str) -> str:
        """Return the half of a pair of texts that the page's language wants."""
        return pick((zh, en), self.here.lang)


@dataclass(frozen=True)
class Scene:
    """What the map shows behind a page: layers by key, colours that replace theirs, and where to look from."""

    layers: Sequence[str]
    key: str = "city"
    paint: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    pitch: float = 0.0
    bearing: float = 0.0
    marks: Mapping[str, Mark] = field(default_factory=dict)  # what the colours of `paint` mean, for the legend
    arcs: Sequence[Mapping[str, Any]] = ()  # what a plan moves: `from`, `to` as (lon, lat), `n`, `text`

    @property
    def has_levels(self) -> bool:
        """Whether streets and districts may stand for the compounds: not where these are only the ground of something else."""
        told = "compounds" not in self.paint or (bool(self.marks) and set(self.paint) == {"compounds"})
        return "compounds" in self.layers and "clusters" not in self.layers and told


GROUPS: Mapping[str, tuple[str, str]] = {  # of the navigation, in this order: from looking to doing to telling
    "epidemic": both("init.groups_epidemic"),
    "decide": both("init.groups_decide"),
    "act": both("init.groups_act"),
    "data": both("init.groups_data"),
    "report": both("init.groups_report"),
}


@dataclass(frozen=True)
class Page:
    """A page: its address, its name, what stands beside the map, what the map shows, and its own callbacks.

    group   where it stands in the navigation, a key of `GROUPS`; inside a group pages stand by `order`
    listed  stands in the navigation
    scene   None: the page has no map
    live    kinds of change that parts of the page follow by themselves (pages/_live.py); for others the page is made anew
    bare    can be shown while the store holds nothing yet
    still   whether a page at an address is left alone when something new comes in: somebody is at work on it
    shared  a function of its address, its reader and the state of the store alone: made once for all who ask within a minute
    """

    path: str
    order: int
    title: tuple[str, str]
    layout: Callable[[Asked], Component]
    scene: Callable[[Asked], Scene | None] = lambda asked: None
    connect: Callable[[Dash, Desk], None] = lambda app, desk: None
    listed: bool = True
    live: frozenset[str] = frozenset({"alerts", "saved"})
    bare: bool = False
    still: Callable[[str], bool] = lambda search: False
    shared: bool = False
    group: str = "epidemic"

    def __post_init__(self) -> None:
        if self.group not in GROUPS:
            raise ValueError(f"page {self.path}: group {self.group!r} is none of {', '.join(GROUPS)}")


@cache
def all_pages() -> dict[str, Page]:
    """Return the pages by path, in the order of the navigation."""
    names = [m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_")]
    found: list[Any] = [importlib.import_module(f"{__name__}.{name}").PAGE for name in names]
    return {page.path: page for page in sorted(found, key=lambda page: page.order)}


def by_group() -> dict[str, list[Page]]:
    """Return the listed pages of each group that has some, both in the order of the navigation."""
    listed = [page for page in all_pages().values() if page.listed]
    found = {group: [page for page in listed if page.group == group] for group in GROUPS}
    return {group: pages for group, pages in found.items() if pages}
