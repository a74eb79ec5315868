"""The compounds of a city as the matcher sees them: every spelling of a name, roads, doors, areas, frozen after build."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import pandas as pd
from rapidfuzz import fuzz

from geo.address import PHASE, Door, doors_of
from geo.address_places import is_zone, region_prefix
from geo.address_sound import sound_of
from geo.address_spelling import normalise
from geo.errors import GeoError

_BRACKETED = re.compile(r"[(（\[【].*?[)）\]】]")
_GENERIC = re.compile(r"(?<=..)(?:住宅小区|生活小区|居民小区|小区|社区|生活区)$")
_VAGUE = re.compile(r"交汇|交叉|对面|附近|旁|侧|口$|之间|以[东南西北]|米")
# Listing sites put one compound this far apart: measured on rows of one name and street, 95 % lie within 2 km.
_SAME_DISTRICT_M, _SAME_NAME_M, _ONE_PLACE_M = 10_000.0, 3000.0, 1500.0
_HOME_SHARE = 0.8
_ALIKE = 70.0
_METRES_PER_DEGREE = 111_195.0
_VILLAGE = re.compile(
    r"[\u4e00-\u9fff]{1,4}(?:\d{1,2})?(?:新?村|里|墩|乡)(?=[\d\u4e00-\u9fff]|$)(?!路|街|大道|小区|社区)"
)
_MISSING = ("", "nan", "None", "暂无资料")


class Form(IntEnum):
    """What a spelling of a compound is; lower is more exact."""

    NAME = 0
    ALIAS = 1  # another listed name, or the name without a bracket or the city's name
    CORE = 2  # without 小区 or 社区
    FAMILY = 3  # without its phase or block: shared by siblings, also by those we do not know


@dataclass(frozen=True)
class Compound:
    """One row of the gazetteer."""

    position: int
    compound_id: str
    name: str
    full: str  # the name in normalised spelling
    district: str | None
    roads: frozenset[str]
    doors: frozenset[Door]
    areas: frozenset[str]
    lon: float
    lat: float
    forms: tuple[tuple[str, Form], ...]
    names: tuple[str, ...]  # as listed, the first is `name`
    addresses: tuple[str, ...]  # as listed


@dataclass(frozen=True)
class Gazetteer:
    """All compounds and what can be looked up about them."""

    compounds: tuple[Compound, ...]
    forms: dict[str, tuple[tuple[int, Form], ...]]
    by_door: dict[Door, tuple[int, ...]]
    by_piece: dict[str, frozenset[int]]  # a whole listed address without region -> compounds
    roads: frozenset[str]
    areas: frozenset[str]
    districts: tuple[str, ...]
    home_city: str
    endings: dict[str, int] = field(repr=False)  # the last two characters of names: how many compounds
    families: dict[str, int] = field(repr=False)  # names without phase or block: how many compounds

    @classmethod
    def from_frame(cls, compounds: pd.DataFrame) -> "Gazetteer":
        """Build from `compound_id`, `name` and, where present, `aliases`, `addresses`, `areas`, `district`, `street`, `community`.

        A list column holds lists or strings with ';' between the parts. `lon`, `lat` are kept where present. Raises
        GeoError when a needed column is missing or an id is repeated.
        """
        _require(compounds)
        rows = list(_rows(compounds))
        home = _home_city(rows)
        vocabulary = _road_vocabulary(rows)
        named = frozenset(_GENERIC.sub("", normalise(name)) for row in rows for name in (row.name, *row.aliases))
        members = tuple(_compound(i, row, home, vocabulary, named) for i, row in enumerate(rows))
        return _index(members, rows, home)

    def __len__(self) -> int:
        return len(self.compounds)

    def namesakes(self, form: str, without: int = -1) -> int:
        """Return how many compounds bear this name, in full or without 小区, one of them left out if wished."""
        return len({position for position, kind in self.forms.get(form, ()) if kind < Form.FAMILY} - {without})

    def family_size(self, position: int) -> int:
        """Return how many compounds differ from this one only by phase or block, itself included."""
        return self.families[family_of(self.compounds[position].full)]

    def may_be_one_place(self, a: int, b: int) -> bool:
        """True when two rows may be one compound listed twice: alike in name or at one door, and not known to be far apart."""
        one, other = self.compounds[a], self.compounds[b]
        metres = metres_between(one, other)
        if one.full == other.full and _districts_agree(one, other):
            return True  # listed twice, one of them at a wrong place
        if not one.doors.isdisjoint(other.doors) and metres <= _ONE_PLACE_M:
            return True
        shared = {t for t, _ in one.forms} & {t for t, _ in other.forms}
        alike = fuzz.partial_ratio(sound_of(one.full), sound_of(other.full))
        if shared or alike == 100:
            return not metres > (_SAME_DISTRICT_M if _districts_agree(one, other) else _SAME_NAME_M)
        return alike >= _ALIKE and not metres > _ONE_PLACE_M


def metres_between(a: Compound, b: Compound) -> float:
    """Return the distance of two compounds; NaN when one has no coordinates."""
    east = (a.lon - b.lon) * math.cos(math.radians(a.lat)) * _METRES_PER_DEGREE
    return math.hypot(east, (a.lat - b.lat) * _METRES_PER_DEGREE)


def _districts_agree(a: Compound, b: Compound) -> bool:
    either_unknown = not a.district or not b.district
    return either_unknown or a.district == b.district or is_zone(a.district or "") or is_zone(b.district or "")


@dataclass(frozen=True)
class _Row:
    compound_id: str
    name: str
    aliases: tuple[str, ...]
    addresses: tuple[str, ...]
    areas: tuple[str, ...]
    district: str | None
    lon: float
    lat: float


def family_of(form: str) -> str:
    """Return a normalised name without its phase or block: 常青花园14小区, 金色港湾5期 -> 常青花园, 金色港湾."""
    for match in PHASE.finditer(form, 2):
        if match.end() == len(form):
            return form[: match.start()]
    return form


def list_of(value: Any) -> tuple[str, ...]:
    """Return a list cell as strings: a list, a ';'-joined string, or nothing."""
    if isinstance(value, str):
        parts: Iterable[Any] = re.split(r"[;；]", value)
    elif isinstance(value, list | tuple | set | frozenset) or hasattr(value, "tolist"):
        parts = value
    else:
        return ()
    return tuple(text for part in parts if (text := str(part).strip()) not in _MISSING)


def _require(compounds: pd.DataFrame) -> None:
    missing = [c for c in ("compound_id", "name") if c not in compounds.columns]
    if missing:
        raise GeoError(
            f"compounds: column {missing[0]!r} is missing; found {list(compounds.columns)}. Rename it or pass a profile"
        )
    repeated = compounds["compound_id"][compounds["compound_id"].duplicated()]
    if len(repeated):
        raise GeoError(
            f"compounds: compound_id {repeated.iloc[0]!r} appears more than once; every compound needs its own id"
        )


def _rows(compounds: pd.DataFrame) -> Iterator[_Row]:
    for record in compounds.to_dict("records"):
        areas = [a for column in ("areas", "street", "community") for a in list_of(record.get(column))]
        district = list_of(record.get("district"))
        name = record["name"]
        yield _Row(
            str(record["compound_id"]),
            name.strip() if isinstance(name, str) else "",
            list_of(record.get("aliases")),
            list_of(record.get("addresses")),
            tuple(areas),
            district[0] if district else None,
            _number(record.get("lon")),
            _number(record.get("lat")),
        )


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _home_city(rows: list[_Row]) -> str:
    """Return the one city that addresses and districts name in full, or '' when they name none or several.

    Only 武汉市 or 湖北武汉 counts: 南京西路 in Shanghai begins with a city as well.
    """
    region = region_prefix()
    found = [region.match(normalise(t)) for row in rows for t in (row.district or "", row.name, *row.addresses)]
    counts = Counter(m["city"] for m in found if m and m["city"] and (m["province"] or m.group(0).endswith("市")))
    (city, count), total = (counts.most_common(1) or [("", 0)])[0], counts.total()
    return city if count >= _HOME_SHARE * total else ""


def _road_vocabulary(rows: list[_Row]) -> frozenset[str]:
    """Roads that at least two addresses name: 贺家墩常青路 then shows its 常青路."""
    counts = Counter(road for row in rows for address in row.addresses for road in doors_of(address)[1])
    return frozenset(road for road, count in counts.items() if count >= 2 and len(road) >= 3)


def _compound(position: int, row: _Row, home: str, vocabulary: frozenset[str], named: frozenset[str]) -> Compound:
    doors: set[Door] = set()
    roads: set[str] = set()
    for address in (*row.addresses, row.name, *row.aliases):
        named_doors, named_roads = doors_of(address)
        listed = address in row.addresses
        for road in named_roads if listed else ():
            roads |= {road} | _known_endings(road, vocabulary)
        for door in named_doors:
            doors |= {Door(r, door.number, door.lane) for r in {door.road} | _known_endings(door.road, vocabulary)}
    areas = frozenset(a for area in row.areas if len(a := normalise(area)) >= 2) | (_villages(row, home) - named)
    forms = tuple(sorted(_forms(row, home).items(), key=lambda item: (item[1], -len(item[0]), item[0])))
    full = normalise(row.name).replace("-", "")
    return Compound(
        position,
        row.compound_id,
        row.name,
        full,
        row.district,
        frozenset(roads),
        frozenset(doors),
        areas,
        row.lon,
        row.lat,
        forms,
        (row.name, *row.aliases),
        row.addresses,
    )


def _villages(row: _Row, home: str) -> frozenset[str]:
    """Villages and neighbourhoods that listed addresses name where others name a road: 汉桥村何家咀202号."""
    pieces = [_without_frame(normalise(address), row.district, home) for address in row.addresses]
    return frozenset(m.group(0) for piece in pieces if (m := _VILLAGE.match(piece)))


def _known_endings(road: str, vocabulary: frozenset[str]) -> set[str]:
    return {road[k:] for k in range(1, len(road) - 2) if road[k:] in vocabulary}


def _forms(row: _Row, home: str) -> dict[str, Form]:
    """Every spelling under which a compound may be written, with the most exact reading of each."""
    forms: dict[str, Form] = {}

    def add(text: str, form: Form) -> None:
        if len(text) >= 2:
            forms[text] = min(form, forms.get(text, form))

    for i, listed in enumerate((row.name, *row.aliases)):
        full = normalise(listed).replace("-", "")
        add(full, Form.ALIAS if i else Form.NAME)
        plain = normalise(_BRACKETED.sub("", listed)).replace("-", "")
        if len(plain) >= 3:
            add(plain, Form.FAMILY if family_of(full) != full or plain == family_of(full) != full else Form.ALIAS)
    for text, form in list(forms.items()):
        if home and text.startswith(home) and len(text) >= len(home) + 3:
            add(text.removeprefix(home).removeprefix("市"), max(form, Form.ALIAS))
    for text in [t for t, form in forms.items() if form <= Form.ALIAS]:
        add(_GENERIC.sub("", text), Form.CORE)
        if len(family := family_of(text)) >= 3:
            add(family, Form.FAMILY if family != text else forms[text])
    return forms


def _index(members: tuple[Compound, ...], rows: list[_Row], home: str) -> Gazetteer:
    forms: defaultdict[str, list[tuple[int, Form]]] = defaultdict(list)
    by_door: defaultdict[Door, list[int]] = defaultdict(list)
    by_piece: defaultdict[str, set[int]] = defaultdict(set)
    phased = {family_of(c.full) for c in members if family_of(c.full) != c.full}
    for compound, row in zip(members, rows, strict=True):
        for text, form in compound.forms:
            # Another name that is also the general name of phases: it means any of them until a phase is named.
            shared = form is Form.ALIAS and text in phased and family_of(compound.full) != text
            forms[text].append((compound.position, Form.FAMILY if shared else form))
        for door in compound.doors:
            by_door[door].append(compound.position)
        for address in row.addresses:
            piece = _without_frame(normalise(address), compound.district, home)
            if len(piece) >= 3 and not _VAGUE.search(piece):
                by_piece[piece].add(compound.position)
    return Gazetteer(
        members,
        {text: tuple(found) for text, found in forms.items()},
        {door: tuple(dict.fromkeys(found)) for door, found in by_door.items()},
        {piece: frozenset(found) for piece, found in by_piece.items()},
        frozenset(road for c in members for road in c.roads),
        frozenset(area for c in members for area in c.areas),
        tuple(sorted({c.district for c in members if c.district})),
        home,
        dict(Counter(c.full[-2:] for c in members)),
        dict(Counter(family_of(c.full) for c in members)),
    )


def _without_frame(address: str, district: str | None, home: str) -> str:
    """Take city and district off the front of a listed address."""
    if home:
        address = (
            address.removeprefix(home + "市").removeprefix(home)
            if not address[len(home) :].startswith("路")
            else address
        )
    for form in (district, district[:-1] if district and len(district) > 2 else None):
        if form and address.startswith(form) and len(address) - len(form) >= 3:
            return address[len(form) :]
    return address
