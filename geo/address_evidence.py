"""What speaks for and against each compound that an address may mean, as named numbers."""

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from geo.address import PHASE
from geo.address_places import is_zone
from geo.address_reading import PLACE, Hit, Reading, generic_after
from geo.gazetteer import Compound, Form, Gazetteer

_OTHER_BLOCK = re.compile(r"[\d]+期|[东南西北中][区苑园]|[A-Z]\d?区|\d+区")
_ENDS_NAME = re.compile(r"[0-9A-Z]|栋|座|第|附|商住|南区|北区")


_NOWHERE = Hit(-1, -1, "")


class How(IntEnum):
    """How a compound was found in an address."""

    NAME = 0  # its name stands there
    SOUND = 1  # something that sounds like its name
    NEAR = 2  # something nearly like its name
    DOOR = 3  # no name, but its road and number, or its whole listed address


class Found(NamedTuple):
    """A compound found in an address: where, by which spelling, how, and how far from that spelling."""

    position: int
    hit: Hit
    form: str
    kind: Form
    how: How
    edits: float = 0.0
    sound_edits: float = 0.0  # how many of them can be heard
    strange_edits: float = 0.0  # how many of these can be seen as well: no eye takes one character for the other
    sibling: bool = False  # they change a character that tells siblings apart


@dataclass(slots=True)
class Evidence:
    """The numbers on which an answer rests. Agreement is 1, conflict -1, silence 0.

    A conflict with a development zone is silence with `zone` set: zones overlap the administrative districts.
    """

    found: Found
    length: int
    cover: float  # share of the compound's full name that was written
    left_clean: bool
    right_clean: bool
    left_run: int  # unexplained characters touching the name
    right_run: int
    left_free: int  # all unexplained characters before it
    right_free: int
    other_phase: bool  # a phase or block follows that the name does not have
    district: int
    zone: bool
    road: int
    door: int
    area: int
    piece: bool  # a whole listed address of the compound stands in the text
    is_place: bool  # the span is (also) the name of a road or an area
    in_tail: bool
    namesakes: int
    score: float = 0.0


def weigh(gazetteer: Gazetteer, reading: Reading, found: Found) -> Evidence:
    """Return the evidence that `reading` gives for one compound."""
    compound = gazetteer.compounds[found.position]
    start, end = found.hit.start, found.hit.end
    by_door = found.how is How.DOOR
    after = generic_after(reading.text, end)
    left_run = _run(reading, start - 1, -1) or _letters_before(reading, start)
    right_run = _run(reading, after, 1)
    district, zone = _district(reading, compound, found)
    road, door = _road(reading, compound, found)
    area, piece = _area(reading, compound, found)
    evidence = Evidence(
        found=found,
        length=end - start if by_door else len(found.form),
        cover=min(1.0, len(found.form) / max(1, len(compound.full))),
        left_clean=left_run == 0,
        right_clean=right_run == 0 and _ends(reading, after),
        left_run=left_run,
        right_run=right_run,
        left_free=reading.free.count(1, 0, start),
        right_free=reading.free.count(1, after),
        other_phase=_other_phase(reading, end, after),
        district=district,
        zone=zone,
        road=road,
        door=door,
        area=area,
        piece=piece,
        is_place=not by_door and _is_place(reading, found),
        in_tail=start >= reading.tail and not by_door,
        namesakes=1 if by_door else gazetteer.namesakes(found.form, reading.without),
    )
    evidence.score = _score(evidence)
    return evidence


_DISTRICT_COUNTS = {1: 0.9, 0: 0.0, -1: -1.3}
_ROAD_COUNTS = {1: 0.6, 0: 0.0, -1: -0.25}
_DOOR_COUNTS = {1: 0.6, 0: 0.0, -1: -0.2}
_FORM_COUNTS = {Form.NAME: 0.0, Form.ALIAS: -0.1, Form.CORE: -0.35, Form.FAMILY: -0.6}
_HOW_COUNTS = {How.NAME: 0.0, How.SOUND: -0.5, How.NEAR: -0.6, How.DOOR: -1.2}


def _score(e: Evidence) -> float:
    """A plain sum for ranking; whether the best is good enough is decided elsewhere.

    The weights order candidates of one address only: a longer exact name beats place words, agreement in district beats a
    conflict in road, and one edit costs about as much as the loss of the district.
    """
    score = 1.0 + 0.35 * min(e.length, 8) + 0.8 * e.right_clean - 0.8 * e.other_phase
    score -= 0.22 * min(e.left_free, 4) + 0.35 * min(e.right_free, 4) + 0.4 * e.zone
    score += _DISTRICT_COUNTS[e.district] + _ROAD_COUNTS[e.road] + _DOOR_COUNTS[e.door]
    score += 0.3 * (e.area > 0) + 0.5 * e.piece - 1.5 * e.is_place - 1.0 * e.in_tail
    score += _FORM_COUNTS[e.found.kind] + _HOW_COUNTS[e.found.how] - 0.6 * e.found.sibling
    return score - 0.6 * e.found.edits - 0.25 * (e.cover < 1)


def _run(reading: Reading, at: int, step: int) -> int:
    """Count the unexplained characters that touch a span on one side, up to a separator."""
    count, free = 0, reading.free
    while 0 <= at < len(free) and free[at]:
        edge = at + 1 if step < 0 else at
        if edge in reading.breaks:
            break
        count, at = count + 1, at + step
    return count


def _letters_before(reading: Reading, start: int) -> int:
    """Count the unexplained digits and letters that touch a name from the front: 161|医院小区 is another place."""
    at = start
    while (
        at > reading.body
        and at not in reading.breaks
        and not reading.explained[at - 1]
        and reading.text[at - 1].isalnum()
    ):
        at -= 1
    return start - at


def _ends(reading: Reading, after: int) -> bool:
    text = reading.text
    if after >= len(text) or after in reading.breaks or reading.explained[after]:
        return True
    return bool(_ENDS_NAME.match(text, after))


def _other_phase(reading: Reading, end: int, after: int) -> bool:
    text = reading.text
    if end >= len(text):
        return False
    named = PHASE.match(text, end) or _OTHER_BLOCK.match(text, end)
    if not named and after != end:
        named = PHASE.match(text, after) or _OTHER_BLOCK.match(text, after)
    return named is not None


def _district(reading: Reading, compound: Compound, found: Found) -> tuple[int, bool]:
    stated = {name for hit, name in reading.districts if not _within(hit, found.hit)}
    if not stated or not compound.district:
        return 0, False
    if compound.district in stated:
        return 1, False
    overlap = is_zone(compound.district) or any(is_zone(name) for name in stated)
    return (0, True) if overlap else (-1, False)


def _road(reading: Reading, compound: Compound, found: Found) -> tuple[int, int]:
    """Return agreement of road and of door; a road inside the name itself says nothing, a door that is the name agrees."""
    own = found.hit if found.how is not How.DOOR else _NOWHERE
    doors = {door for hit, door in reading.doors if not _overlaps(hit, own)}
    if any(door in compound.doors for hit, door in reading.doors if _within(hit, own)):
        return 1, 1
    roads = {hit.text for hit in reading.roads if not _within(hit, own)}
    if not roads or not compound.roads:
        return 0, 0
    same = roads & compound.roads
    if not same:
        return -1, 0
    stated = {door for door in doors if door.road in same}
    if not stated or not any(door.road in same for door in compound.doors):
        return 1, 0
    return 1, -1 if stated.isdisjoint(compound.doors) else 1


def _area(reading: Reading, compound: Compound, found: Found) -> tuple[int, bool]:
    own = found.hit if found.how is not How.DOOR else _NOWHERE
    areas = {hit.text for hit in reading.areas if not _overlaps(hit, found.hit)}
    area = 0 if not areas or not compound.areas else (1 if areas & compound.areas else -1)
    piece = any(compound.position in rows for hit, rows in reading.piece_rows if not _within(hit, own))
    return area, piece


def _is_place(reading: Reading, found: Found) -> bool:
    if found.how is not How.NAME:
        return all(reading.explained[i] & PLACE for i in range(found.hit.start, found.hit.end))
    # 老南湖|天久云门 written where the gazetteer also knows 南湖天久云门: an area that reaches into the name from the left.
    return any(
        (h.start <= found.hit.start and h.end >= found.hit.end) or (h.start < found.hit.start < h.end < found.hit.end)
        for h in (*reading.roads, *reading.areas)
    )


def _within(hit: Hit, other: Hit) -> bool:
    return hit.start >= other.start and hit.end <= other.end and hit.end > hit.start


def _overlaps(hit: Hit, other: Hit) -> bool:
    return hit.start < other.end and other.start < hit.end
