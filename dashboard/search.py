"""Finding a place by its name, its pinyin or the initials of its pinyin: compounds, hospitals, streets and districts.

What a person may find is what the gate lets them see on the map. The index of a version of the store is built once for all who
see the same (7,148 compounds: a few seconds the first time, for the spelling of their names), and asked without touching the store.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd
from flask import Blueprint, Response, request
from pypinyin import Style, lazy_pinyin, pinyin

from dashboard.desk import Desk
from dashboard.downloads import as_json
from dashboard.roles import Person
from dashboard.text import named
from layers._view import View

MOST, LONGEST = 10, 40
NAMES = 100_000  # names whose spelling is kept; a city has some ten thousand
READINGS = 8  # of a name with characters of several readings
KINDS = ("district", "street", "hospital", "compound")  # of equal fit, the larger place comes first
LAYER = {"hospital": "hospitals", "compound": "compounds"}


@dataclass(frozen=True)
class Entry:
    """One place that can be found; box is west, south, east, north of what it covers, None where its position is unknown."""

    kind: str
    id: str
    name: str
    where: str
    weight: float
    box: tuple[float, float, float, float] | None
    keys: tuple[str, ...]  # name and English name, lower case
    spelt: tuple[str, ...]  # whole pinyin, one for each reading
    initials: tuple[str, ...]


@lru_cache(maxsize=NAMES)
def spellings(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the pinyin of a name and its initials, each in the usual reading first and at most `READINGS` in all.

    Letters and digits stay as they are: "长江花园2期" is found by "cjhy2q", "zjhy2q" and "changjianghuayuan2qi".
    """
    usual = lazy_pinyin(name.lower(), errors=list)
    ways = [usual]
    for at, character in enumerate(name.lower() if len(usual) == len(name) else ""):
        for other in pinyin(character, style=Style.NORMAL, heteronym=True, errors=list)[0]:
            if other[:1] != usual[at][:1]:  # another vowel alone is no other way to type it
                ways.append([*usual[:at], other, *usual[at + 1 :]])
    ways = ways[:READINGS]
    whole = tuple(dict.fromkeys("".join(way) for way in ways))
    return whole, tuple(dict.fromkeys("".join(syllable[:1] for syllable in way) for way in ways))


def fit(entry: Entry, text: str) -> int | None:
    """Return how well a place fits what was typed, 0 best, None for not at all: whole name, its beginning, initials, pinyin, unusual readings, inside."""
    usual = entry.initials[:1]
    tests = (
        (entry.keys, str.__eq__),
        (entry.keys, str.startswith),
        (usual, str.__eq__),
        (usual, str.startswith),
        (entry.spelt, str.startswith),
        (entry.initials, str.startswith),
        (entry.keys, str.__contains__),
        (entry.initials, str.__contains__),
        (entry.spelt, str.__contains__),
    )
    return next((rank for rank, (words, test) in enumerate(tests) if any(test(word, text) for word in words)), None)


def find(index: Sequence[Entry], typed: str, most: int = MOST) -> list[Entry]:
    """Return the best places for what was typed; spaces and case do not matter, nothing is found for nothing."""
    text = "".join(typed.lower().split())[:LONGEST]
    if not text:
        return []
    ranked = ((fit(entry, text), entry) for entry in index)
    found = [(rank, KINDS.index(entry.kind), -entry.weight, entry.name, entry.id, entry) for rank, entry in ranked if rank is not None]  # fmt: skip
    return [row[-1] for row in sorted(found, key=lambda row: row[:-1])[:most]]


def index_of(compounds: Any, hospitals: Any, districts: Any) -> list[Entry]:
    """Return the entries of frames as the layers summarise them; streets are made of their compounds."""
    names = dict(zip(districts["id"], districts["name"], strict=True))
    boxes = compounds.geometry.bounds.reset_index(drop=True)
    table = pd.concat([compounds.drop(columns="geometry").reset_index(drop=True), boxes], axis=1)
    found = [*_districts(districts, set(table["district"])), *_streets(table, names)]
    found += [_entry("hospital", row, names.get(row["district"], ""), float(row.get("capacity") or 0), (row["lon"], row["lat"]) * 2) for row in hospitals.drop(columns="geometry").to_dict("records")]  # fmt: skip
    for row in table.to_dict("records"):
        where = " · ".join(filter(None, (names.get(row["district"], ""), row["street"])))
        found.append(_entry("compound", row, where, float(row["population"] or 0), tuple(row[side] for side in SIDES)))
    return found


SIDES = ("minx", "miny", "maxx", "maxy")


def _districts(districts: Any, here: set[str]) -> list[Entry]:
    rows = pd.concat([districts.drop(columns="geometry"), districts.geometry.bounds], axis=1)
    return [_entry("district", row, "", float(row.get("population") or 0), tuple(row[side] for side in SIDES))
            for row in rows.to_dict("records") if row["id"] in here]  # fmt: skip


def _streets(table: pd.DataFrame, names: dict[str, str]) -> list[Entry]:
    grouped = table[table["street"] != ""].groupby(["district", "street"])
    rows = grouped.agg({"minx": "min", "miny": "min", "maxx": "max", "maxy": "max", "population": "sum"}).reset_index()
    return [
        _entry("street", {"id": f"{row['district']}/{row['street']}", "name": row["street"]}, names.get(row["district"], ""),
               float(row["population"]), tuple(row[side] for side in SIDES))
        for row in rows.to_dict("records")
    ]  # fmt: skip


def _entry(kind: str, row: dict[str, Any], where: str, weight: float, box: Sequence[Any]) -> Entry:
    name, english = str(row["name"]), str(row.get("name_en") or "")
    own = str(row.get("name_zh") or name)
    spelt, initials = spellings(own)
    known = box if all(isinstance(one, int | float) and np.isfinite(one) for one in box) else None
    keys = tuple(dict.fromkeys("".join(word.lower().split()) for word in (name, own, english) if word))
    return Entry(
        kind,
        str(row["id"]),
        name,
        where,
        weight if weight == weight else 0.0,
        tuple(float(one) for one in known) if known is not None else None,  # type: ignore[arg-type]
        keys,
        spelt,
        initials,
    )


def index(desk: Desk, who: Person | None, view: View, lang: str) -> list[Entry]:
    """Return the index of what a person may see at a view's clocks, made once a version of the store; names are spelt once a process."""
    mine = view.narrowed("")
    frames = desk.frames(who, mine, ("compounds", "districts"), lang)
    hospitals = desk.frames(who, mine, ("hospitals",), lang)["hospitals"]
    assert who is not None
    key = ("search", desk.revision(mine), mine.as_of, who.role, who.area, lang)
    return desk.memory.get(key, lambda: index_of(frames["compounds"], named(hospitals, lang), frames["districts"]))


def warm(desk: Desk) -> None:
    """Make the index of the whole city ahead: its names take seconds to be spelt, and the first to search would wait for them."""
    view = desk.store.view()
    if desk.store.revision(view.known_at):
        index(desk, Person("", "city"), view, "zh")


def search_blueprint(desk: Desk) -> Blueprint:
    """Return the route /search/places?q=TEXT: at most ten places as the page's address (lang, clocks) shows them, as JSON.

    Without a text it finds nothing and only makes the index, for somebody who is about to type.
    """
    blueprint = Blueprint("search", __name__)

    @blueprint.get("/search/places")
    def places() -> Response:
        who = desk.gate.who(request)
        typed = request.args.get("q", "")[:LONGEST]
        kept = {name: request.args[name] for name in ("lang", "as_of", "known_at") if request.args.get(name)}
        here = desk.here(who, "/", "?" + urlencode(kept))
        found = find(index(desk, who, here.view, here.lang), typed)
        return as_json({"q": typed, "places": [told(one) for one in found]})

    return blueprint


def told(entry: Entry) -> dict[str, Any]:
    """Return an entry as the browser takes it."""
    return {"kind": entry.kind, "id": entry.id, "name": entry.name, "where": entry.where, "box": entry.box, "layer": LAYER.get(entry.kind, "")}  # fmt: skip
