"""What an address says: region, district, street, road and door, lane, name, phase, building."""

import re
from dataclasses import dataclass
from functools import lru_cache

from geo.address_door import LABEL, pieces
from geo.address_places import PREFIX, region_prefix
from geo.address_spelling import normalise, spell

__all__ = [
    "DISTRICT",
    "PHASE",
    "Door",
    "Parts",
    "building_of",
    "doors_of",
    "normalise",
    "parse",
    "strip_unit",
    "tail_start",
    "without_tail",
]

PHASE = re.compile(
    r"第?[\d一二三四五六七八九、-]+期|[东南西北中上下][区苑园院]|[A-Z]\d?区|\d+区|[A-Z0-9]+地块|[A-Z]\d?组团"
)

_ROAD_WORD = r"(?:大道|大街|公路|马路|支路|支街|横路|环路|路|街|巷|胡同|(?<=[^车])道)"
_ROAD = re.compile(rf"(?P<road>[\u4e00-\u9fff]{{1,6}}?(?:\d{{1,2}})?{_ROAD_WORD}(?![道办口坊]))")
_NUMBER = re.compile(
    r"(?P<mark>[附特临]?)(?P<number>\d{1,5})(?:(?:附|之|-)(?P<sub>\d{1,4}))?(?P<unit>号院?|支弄|弄(?P<inner>\d{1,4}支?弄)?)?(?!\d*[期栋层楼室单米])"
)
_GLUE = re.compile(
    r"(?<=[路街道巷])[与和及]|交汇|交界|交叉|对面|附近|旁边?|出口|近(?=[\u4e00-\u9fff]{2,}[路街道])|靠近|口处|以[东南西北]"
)
DISTRICT = re.compile(r"[\u4e00-\u9fff]{1,6}?(?:新区|开发区|高新区|(?<![小社园片])区|县)(?!\d)")
_STREET = re.compile(r"[\u4e00-\u9fff]{1,6}?(?:街道办事处|街道办|街道|镇|乡)(?![路])")

_UNIT = r"(?:单元|栋|座|梯|门|楼|层|室|房|户)"
_BUILDING = r"(?<!\d)\d{1,4}号(?=$|[0-9A-Z]|室)|(?:第|附)?(?:\d{1,4}[A-Z]?|[A-Z]\d{0,3})(?:栋|座|(?=单元))"
_TAIL = re.compile(
    rf"(?<=[弄村队])\d{{1,4}}号(?:[0-9A-Z-]*室?)|(?:第|附|商住楼)?(?:[A-Z]?\d{{1,4}}[A-Z]?|[A-Z])(?:{_UNIT}(?:[A-Z]?\d{{0,5}}[A-Z]?(?:-\d+)*{_UNIT}?)*|(?:-[A-Z]?\d{{1,5}}){{1,3}}{_UNIT}?)+"
)
LONGEST = 300  # characters; what is longer is no address, and costs more than a moment to take apart
SETTLES = 3  # looks at what is shown; what still changes then is no address
_BARE_ROOM = re.compile(r"(?<=[\u4e00-\u9fff])\d{3,4}$")


@dataclass(frozen=True)
class Door:
    """A number on a road. `lane` is true for 弄, which numbers a whole compound; 485弄 and 485号 are two places."""

    road: str
    number: str
    lane: bool

    def __str__(self) -> str:
        return f"{self.road}{self.number}{'弄' if self.lane else '号'}"


@dataclass(frozen=True)
class Parts:
    """What `parse` found, in normalised spelling; an empty string or tuple where the address says nothing."""

    province: str
    city: str
    district: str
    street: str
    doors: tuple[Door, ...]
    roads: tuple[str, ...]
    name: str
    phase: str
    tail: str


def parse(text: str) -> Parts:
    """Read an address without a gazetteer: by the words that end each part.

    >>> parse("湖北省武汉市洪山区珞瑜路95号融科花园三期12栋802").name
    '融科花园'
    """
    whole = normalise(text)
    cut = tail_start(whole)
    body, tail = whole[:cut], whole[cut:]
    prefix = PREFIX.match(body)
    body = body[prefix.end() :] if prefix else body
    region = region_prefix().match(body)
    assert region is not None  # every part of the pattern is optional
    body = body[region.end() :]
    district, body = _take(DISTRICT, body)
    street, body = _take(_STREET, body)
    doors, roads, end = _roads(body)
    name = body[end:]
    phase = PHASE.search(name, 2)
    return Parts(
        region["province"] or "",
        region["city"] or "",
        district,
        street,
        doors,
        roads,
        name[: phase.start()] if phase else name,
        phase.group(0) if phase else "",
        tail,
    )


def without_tail(text: str) -> str:
    """Return the normalised address up to its building, for comparing; an unusual form keeps its room, so show nobody this: `strip_unit`.

    >>> without_tail("江岸区百步亭花园路滨兴东苑31号楼2单元2206室")
    '江岸区百步亭花园路滨兴东苑'
    """
    whole = normalise(text)
    return whole[: tail_start(whole)]


def strip_unit(text: str) -> str:
    """Return the normalised address as anybody may see it: without building, unit, floor and room, however they are written.

    What cannot be taken apart is left out: the compound alone stays, or nothing. Names behind the first unit are left out as
    well, unless none stands before it: somebody may have written whose door it is.
    >>> strip_unit("江岸区百步亭花园路滨兴东苑31号楼2单元2206室"), strip_unit("贰单元伍零壹，春风里")
    ('江岸区百步亭花园路滨兴东苑', '春风里')
    """
    return _settled(_shown(text)) if len(text) <= LONGEST else ""


def _shown(text: str) -> str:
    kept = ""
    for piece in pieces(text):
        kept += piece.text
        named, on_road = _says(kept)
        if named or (piece.ends_in_unit and on_road):
            break
    while label := LABEL.search(kept):
        kept = kept[: label.start()]
    return kept


@lru_cache(maxsize=65536)
def _settled(text: str) -> str:
    """What stays when it is looked at again: two harmless ends may have met in a number. Many homes share what is shown."""
    for _ in range(SETTLES):
        before, text = text, _shown(text)
        if before == text:
            return text
    return ""


@lru_cache(maxsize=65536)
def _says(body: str) -> tuple[bool, bool]:
    """Whether a stretch of an address names a compound, and a road."""
    said = parse(body)
    return bool(said.name), bool(said.roads)


def building_of(text: str) -> str | None:
    """Return the building an address names ("12栋", "A座"), or None; 12-3-501 names building 12.

    >>> building_of("融科花园12#3单元501"), building_of("珞瑜路95号")
    ('12栋', None)
    """
    whole = normalise(text)
    tail = whole[tail_start(whole) :]
    named = re.match(_BUILDING, tail)
    if named:
        return named.group(0).lstrip("第附")
    dashed = re.match(r"(\d{1,3}|[A-Z])-\d", tail)
    return f"{dashed.group(1)}栋" if dashed else None


def tail_start(normalised: str) -> int:
    """Return where the building tail of a normalised address begins; its length when there is none."""
    for match in _TAIL.finditer(normalised):
        if match.start() > 0:
            return match.start()
    bare = _BARE_ROOM.search(normalised)
    return bare.start() if bare else len(normalised)


@lru_cache(maxsize=65536)
def doors_of(text: str) -> tuple[tuple[Door, ...], tuple[str, ...]]:
    """Return the doors and the roads that a listed address names, region and district words taken off first."""
    doors: list[Door] = []
    roads: list[str] = []
    spelling = spell(text)
    edges = [0, *sorted(spelling.breaks), len(spelling.text)]
    for start, end in zip(edges, edges[1:], strict=False):
        for piece in _GLUE.split(spelling.text[start:end]):
            found, named, _ = _roads(_without_region(piece))
            doors += found
            roads += named
    return tuple(dict.fromkeys(doors)), tuple(dict.fromkeys(roads))


def door_at(text: str, road: str, start: int) -> tuple[Door, int] | None:
    """Return the door whose number begins at `start` of a normalised text, and where it ends."""
    number = _NUMBER.match(text, start)
    if number is None:
        return None
    full = number["mark"].replace("临", "") + number["number"] + (f"附{number['sub']}" if number["sub"] else "")
    full += f"弄{number['inner'].rstrip('弄').rstrip('支')}" if number["inner"] else ""
    return Door(road, full, (number["unit"] or "").endswith("弄")), number.end()


def _roads(body: str) -> tuple[tuple[Door, ...], tuple[str, ...], int]:
    """Read roads and their numbers from the left; return doors, roads and where the last of them ended."""
    doors, roads, at, end = [], [], 0, 0
    while match := _ROAD.search(body, at):
        road = match["road"]
        roads.append(road)
        door = door_at(body, road, match.end())
        at = end = match.end() if door is None else door[1]
        if door is not None:
            doors.append(door[0])
    return tuple(doors), tuple(roads), end


def _without_region(piece: str) -> str:
    region = region_prefix().match(piece)
    piece = piece[region.end() :] if region else piece
    district = DISTRICT.match(piece)
    return piece[district.end() :] if district and len(piece) - district.end() >= 2 else piece


def _take(pattern: re.Pattern[str], body: str) -> tuple[str, str]:
    match = pattern.match(body)
    return (match.group(0), body[match.end() :]) if match else ("", body)
