"""The state of a screen lives in its URL: area, the two clocks, language, what is selected."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode

from dashboard.text import LANGS, both
from layers._errors import ViewError
from layers._times import SHANGHAI, parse_time
from layers._view import View
from layers.decisions.whatif import NAMES, PREFIX, WhatIf
from layers.store import Store

LONGEST = 120  # characters of one parameter
LISTS = {"districts": 2000}  # characters of one that lists codes: every district of a province, of nine characters each
WALL = "/wall"
OPTIONS = (
    "pages",
    "dwell",
    "lite",
    "plain",
    "pulse",
    "sound",
    "against",
    "order",
    "decision",
    "state",
    "owner",
    "draft",
    "batch",
    "profile",
    "feed",
    "source",
    *("parts", "districts", "form", "size", "secrecy"),  # what a briefing holds
    *("action", "actor", "first", "last", "before"),  # entries of the journal
    "release",
    *("code", "note"),  # a print, and one of its footnotes
    "since",
    "just",
    "table",
    "b_area",
    "b_as_of",
    "b_known_at",
)  # how a page is shown
GOES_ALONG = (
    "lite",
    "plain",
    "pulse",
    "against",
    "pages",
    "dwell",
)  # from page to page; the others belong to the page that they stand on
YEARS = (1900, 2200)  # beyond them no day can be counted from; nobody means such a time


@dataclass(frozen=True)
class Here:
    """Where a browser is: the page, its view, and how it is shown.

    fixed  which of area, as_of, known_at, lang the URL states; the others follow the store as it grows, and the reader
    """

    path: str
    view: View
    lang: str = "zh"
    pick: tuple[str, str] | None = None  # (layer, id) of what is selected
    fixed: frozenset[str] = frozenset()
    options: Mapping[str, str] | None = None

    @property
    def search(self) -> str:
        """The query string that leads back here, "" when nothing is stated."""
        return search_of(self)

    @property
    def elsewhere(self) -> "Here":
        """The same view for another page: without what is selected, and without what belongs to this page alone."""
        return self.at(pick=None, options={k: v for k, v in (self.options or {}).items() if k in GOES_ALONG})

    def at(self, **changes: object) -> "Here":
        """Return the same place with another lang, pick or path; a language that is given stands in the address."""
        if "lang" in changes:
            changes["fixed"] = self.fixed | {"lang"}
        return replace(self, **changes)  # type: ignore[arg-type]

    def as_json(self) -> dict[str, Any]:
        """Return the place as plain data, for work that is done later, at the clocks of now: `Here.of` reads it."""
        view = asdict(self.view) | {name: getattr(self.view, name).isoformat() for name in ("as_of", "known_at")}
        return {**vars(self), "view": view, "fixed": sorted(self.fixed), "options": dict(self.options or {})}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Here":
        """Return the place that `as_json` wrote."""
        times = {name: datetime.fromisoformat(told["view"][name]) for name in ("as_of", "known_at")}
        pick = tuple(told["pick"]) if told["pick"] else None
        return cls(
            **{**told, "view": View(**{**told["view"], **times}), "fixed": frozenset(told["fixed"]), "pick": pick}
        )


def read(path: str, search: str, store: Store, lang: str = "zh") -> Here:
    """Return where a URL leads, in `lang` unless it states one; a parameter that cannot be understood raises ViewError naming it."""
    given = {name: values[-1] for name, values in parse_qs((search or "").lstrip("?")).items()}
    for name, value in given.items():
        if "\0" in value:
            raise ViewError(*both("view.unfit", name=name)[::-1])
        most = LISTS.get(name, LONGEST)
        if len(value) > most:
            raise ViewError(*both("view.too_long", name=name, found=len(value), most=most)[::-1])
    lang = given.get("lang", lang)
    if lang not in LANGS:
        raise ViewError(*both("view.lang", lang=repr(lang), langs=", ".join(LANGS))[::-1])
    times = {name: parse_time(given[name].replace(" ", "+")) for name in ("as_of", "known_at") if given.get(name)}
    for name, moment in times.items():
        if not YEARS[0] <= moment.year < YEARS[1]:
            raise ViewError(*both("view.year", name=name, value=repr(given[name]), first=YEARS[0], last=YEARS[1])[::-1])
    view = store.view(area=given.get("area", ""), **times)
    if path != WALL:  # nobody at a wall could take an assumption back
        view = replace(view, filters=assumed(given))
    fixed = frozenset(name for name in ("area", "as_of", "known_at", "lang") if given.get(name))
    layer, _, code = given.get("pick", "").partition(":")
    pick = (layer, code) if layer and code else None
    return Here(
        path or "/",
        view,
        lang,
        pick,
        fixed,
        {k: v for k, v in given.items() if k in OPTIONS},
    )


def assumed(given: Mapping[str, str]) -> dict[str, str]:
    """Return the assumptions that parameters state, as filters of a view; raises ViewError naming one that makes no sense."""
    filters = {PREFIX + name: given[PREFIX + name] for name in NAMES if given.get(PREFIX + name)}
    nowhere = datetime.fromtimestamp(0, UTC)
    return WhatIf.of(View(nowhere, nowhere, filters=filters)).filters()


def search_of(here: Here) -> str:
    """Return the query string of a place: only what differs from the default, in one order."""
    view, parts = here.view, {}
    if "area" in here.fixed and view.area:
        parts["area"] = view.area
    for name in ("as_of", "known_at"):
        if name in here.fixed:
            parts[name] = (
                getattr(view, name).astimezone(SHANGHAI).replace(tzinfo=None).isoformat(timespec="milliseconds")
            )
    if "lang" in here.fixed:
        parts["lang"] = here.lang
    if here.pick:
        parts["pick"] = ":".join(here.pick)
    parts |= {name: value for name, value in view.filters.items() if name.startswith(PREFIX)}
    parts |= here.options or {}
    return "?" + urlencode(parts, safe=":/") if parts else ""
