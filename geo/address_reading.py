"""Read an address against a gazetteer: which characters are explained, by what, and which compounds are named."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

import ahocorasick

from geo.address import DISTRICT, Door, door_at, tail_start
from geo.address_places import PLAIN_WORDS, PREFIX, district_spellings, is_surname, is_zone, region_prefix
from geo.address_sound import sound_of
from geo.address_spelling import normalise, spell
from geo.gazetteer import Form, Gazetteer

FRAME, PLACE, TAIL = 1, 2, 4  # why a character is explained: region and plain words; road, area, address; building

_HANZI = re.compile(r"[\u4e00-\u9fff]")
_AFTER_AREA = re.compile(r"街道办事处|街道办|街道|街|片区|片|地区|镇|乡")
_AFTER_NAME = re.compile(r"住宅小区|生活小区|居民小区|小区|社区|生活区|院内|大院")
_UNKNOWN_ROAD = re.compile(r"[\u4e00-\u9fff]{1,5}?\d?(?:大道|支路|路|街|巷|道)(?=[附特临]?\d)")
_UNKNOWN_DOOR = re.compile(r"[\u4e00-\u9fff]{2,6}\d{1,4}号")
_PLACE_ENDS = re.compile(r"(?:大道|路|街|巷|道|村|里|社区|街坊|乡|镇|口|处|旁|内)$")
_LANDMARK = re.compile(r"(?:旁边?|附近|对面|门口|南门|北门|东门|西门)$")
_UNKNOWN_STREET = re.compile(r"[\u4e00-\u9fff]{2,5}?(?:街道办事处|街道办|街道)")
_PLAIN = re.compile("|".join(sorted(PLAIN_WORDS, key=len, reverse=True)))
_INSIDE = r"(?:[0-9A-Z]*(?:-\d+)*(?:栋|座|单元|门|楼|层|室|组|房|户|号)?)*"
_TAIL = re.compile(
    rf"(?<=[弄村队])\d{{1,4}}号(?:[0-9A-Z-]*室?)|(?:附|第|南|北|商住楼)?\d+(?:栋|座|单元|门|楼|层|室|组|房|户){_INSIDE}"
    rf"|[A-Z]\d{{0,2}}(?:栋|座|单元){_INSIDE}|\d+(?:-\d+){{1,3}}(?:室|号)?|\d{{3,4}}室?$"
)
_ROADLIKE = re.compile(r"(?:路|街|道|巷|段|口|镇|乡|区)\d{0,2}$")
_LONGEST_PERSON = 4


class Hit(NamedTuple):  # a tuple because tens are made for every address, and it is made three times as fast
    """A known spelling found in an address, from `start` to `end`."""

    start: int
    end: int
    text: str


@dataclass
class Reading:
    """An address with what was found in it. `explained` holds one byte a character: 0, or why it is explained."""

    text: str
    breaks: frozenset[int]
    explained: bytearray
    names: list[Hit] = field(default_factory=list)
    roads: list[Hit] = field(default_factory=list)
    areas: list[Hit] = field(default_factory=list)
    piece_rows: list[tuple[Hit, frozenset[int]]] = field(default_factory=list)  # listed addresses, and whose
    districts: list[tuple[Hit, str]] = field(default_factory=list)
    doors: list[tuple[Hit, Door]] = field(default_factory=list)
    tail: int = 0
    body: int = 0  # where region, district and private words at the front end
    cut: list[Hit] = field(default_factory=list)  # names that end inside a number: 华府K1|36栋 or 华府|K136栋
    other_city: str = ""
    other_road: bool = False  # a road or street stands there that the gazetteer does not know
    without: int = -1
    free: bytearray = field(default_factory=bytearray)  # 1 for a Chinese character that nothing explains

    def mark(self, start: int, end: int, why: int) -> None:
        """Call the characters from `start` to `end` explained."""
        for i in range(start, min(end, len(self.text))):
            self.explained[i] |= why

    def unexplained(self, i: int) -> bool:
        """True for a Chinese character at `i` that nothing explains, while the reading is being made."""
        return 0 <= i < len(self.text) and not self.explained[i] and not self.text[i].isascii()


@dataclass(frozen=True)
class _Word:
    text: str
    named: bool
    road: bool
    area: bool
    piece: bool
    district: str | None


class Reader:
    """Finds everything a gazetteer knows in an address, in one pass over its characters."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        self.districts = _district_words(gazetteer)
        self._words = _words(gazetteer, self.districts)
        self._sounds = _sound_words(gazetteer)
        self._region = region_prefix()

    def read(self, address: str, district: str | None = None, without: int = -1) -> Reading:
        """Read one address; a district given beside it counts as written in it.

        `without` leaves one compound out, as if the gazetteer did not hold its names and addresses.
        """
        spelling = spell(address)
        text = spelling.text
        reading = Reading(text, spelling.breaks, bytearray(len(text)), tail=len(text), without=without)
        self._find(reading)
        self._frame(reading)
        self._places(reading)
        self._rest(reading)
        reading.free = bytearray(not why and not c.isascii() for c, why in zip(text, reading.explained, strict=True))
        if district and (named := self.districts.get(normalise(district), normalise(district))):
            reading.districts.append((Hit(-1, -1, named), named))
        return reading

    def names_by_sound(self, reading: Reading) -> list[tuple[Hit, str]]:
        """Return spans that sound like a name and are not written like it, with that name."""
        found = []
        for last, (length, forms) in self._sounds.iter(sound_of(reading.text)):
            start, end = last - length + 1, last + 1
            written = reading.text[start:end]
            found += [
                (Hit(start, end, written), form)
                for form in forms
                if form != written and self._others(form, reading.without)
            ]
        longest = maximal([hit for hit, _ in found])
        return [(hit, form) for hit, form in found if hit in longest]

    def tells_a_place(self, piece: str) -> bool:
        """True when a listed address says more than a district, an area or a road."""
        known = (piece in self.districts) or piece in self.gazetteer.areas or piece in self.gazetteer.roads
        return not known and _ROADLIKE.search(piece) is None

    def _find(self, reading: Reading) -> None:
        for last, (length, word) in self._words.iter(reading.text):
            hit = Hit(last - length + 1, last + 1, word.text)
            if _begins_in_number(reading.text, hit):
                continue
            if _ends_in_number(reading.text, hit):
                reading.cut += [hit] if word.named else []
                continue
            if word.named and self._others(word.text, reading.without):
                reading.names.append(hit)
            if word.road:
                reading.roads.append(hit)
            if word.area:
                reading.areas.append(hit)
            if word.piece and (rows := self.gazetteer.by_piece[word.text] - {reading.without}):
                reading.piece_rows.append((hit, rows))
            if word.district:
                reading.districts.append((hit, word.district))
        reading.names = maximal(reading.names)
        reading.names += self._without_city(reading.names)
        reading.roads = maximal(reading.roads)

    def _without_city(self, names: list[Hit]) -> list[Hit]:
        """武汉侨亚假日 may be a name, or the city and the name 侨亚假日: return the second readings."""
        home = self.gazetteer.home_city
        shorter = [(hit, hit.text.removeprefix(home)) for hit in names if home and hit.text.startswith(home)]
        return [Hit(hit.end - len(t), hit.end, t) for hit, t in shorter if t in self.gazetteer.forms]

    def _others(self, form: str, without: int) -> bool:
        return without < 0 or any(position != without for position, _ in self.gazetteer.forms[form])

    def _frame(self, reading: Reading) -> None:
        """Explain who and where in general: person, 家住, province, city, district at the front."""
        text = reading.text
        at = self._person(reading)
        if prefix := PREFIX.match(text, at):
            at = prefix.end()
        home = self.gazetteer.home_city
        if home and 0 < (start := text.find(home + "市")) <= at + _LONGEST_PERSON + 2 and is_surname(text[at]):
            at = start
        region = self._region.match(text, at)
        assert region is not None  # every part of the pattern is optional
        city, written = region["city"], region.group(0)
        if city and home and city != home and (written.endswith("市") or region["province"]):
            reading.other_city = city
        if city and not home and written.endswith("市") and self._unknown_district(text, region.end()):
            reading.other_city = city
        before_district = any(hit.start == region.end() for hit, _ in reading.districts)
        if not city or city == home or written.endswith("市") or region["province"] or before_district:
            at = region.end()
        at = self._districts(reading, at)
        reading.mark(0, at, FRAME)
        reading.body = at
        # 武汉|南方小区 holds the letters of 汉南, but a place cannot begin inside the city's name.
        reading.names = [n for n in reading.names if not any(_holds(hit, n) for hit, _ in reading.districts)]
        reading.areas = [hit for hit in reading.areas if hit.start >= at]
        reading.roads = [hit for hit in reading.roads if hit.start >= at]

    def _unknown_district(self, text: str, at: int) -> bool:
        """True where a district stands that is none of the gazetteer's: how a city shows whose name the gazetteer does not hold."""
        named = DISTRICT.match(text, at)
        return bool(self.districts and named and named.group(0) not in self.districts and not is_zone(named.group(0)))

    def _person(self, reading: Reading) -> int:
        """Return where the address itself begins when a person's name and a separator stand before it."""
        text = reading.text
        if (lives := re.search(r"家住|现住|居住地|住址", text[:10])) and lives.start() <= _LONGEST_PERSON:
            return lives.start()
        first = min(reading.breaks, default=0)
        if not 2 <= first <= _LONGEST_PERSON or not is_surname(text[0]):
            return 0
        known = [*reading.names, *reading.areas, *reading.roads, *(hit for hit, _ in reading.districts)]
        return 0 if any(hit.start < first for hit in known) else first

    def _districts(self, reading: Reading, at: int) -> int:
        """Keep the districts that stand where a district is written; return where the last of the front ones ends."""
        kept: list[tuple[Hit, str]] = []
        for hit, name in sorted(reading.districts, key=lambda pair: (pair[0].start, -pair[0].end)):
            inside_name = any(n.start <= hit.start and n.end > hit.end for n in reading.names)
            in_front = hit.start == at
            if kept and hit.end <= kept[-1][0].end:
                continue
            if not in_front and (inside_name or (hit.text[-1] not in "区县市" and hit.start not in reading.breaks)):
                continue
            if inside_name and hit.text[-1] not in "区县市":
                # 江岸花园: the district's word may only be the beginning of a name; it is weak, yet explained.
                continue
            kept.append((hit, name))
            reading.mark(hit.start, hit.end, FRAME)
            if in_front:
                at = hit.end + (1 if reading.text[hit.end : hit.end + 1] == "区" else 0)
                reading.mark(hit.end, at, FRAME)
        reading.districts = kept
        return at

    def _places(self, reading: Reading) -> None:
        text = reading.text
        for hit in reading.roads:
            reading.mark(hit.start, hit.end, PLACE)
            if door := door_at(text, hit.text, hit.end):
                reading.doors.append((Hit(hit.start, door[1], str(door[0])), door[0]))
                reading.mark(hit.end, door[1], PLACE)
            elif text.startswith("号", hit.end):
                reading.mark(hit.end, hit.end + 1, PLACE)
        for hit in reading.areas:
            reading.mark(hit.start, hit.end, PLACE)
            if after := _AFTER_AREA.match(text, hit.end):
                reading.mark(hit.end, after.end(), PLACE)
                if after.group(0).startswith("街道"):  # 红卫路街道 is the street office's area, not the compound 红卫路
                    reading.names = [name for name in reading.names if not _holds(hit, name)]
        for hit, _ in reading.piece_rows:
            reading.mark(hit.start, hit.end, PLACE)

    def _rest(self, reading: Reading) -> None:
        """Explain building tails, plain words, and roads and streets that the gazetteer does not know."""
        text = reading.text
        reading.tail = max(tail_start(text), reading.body)
        for match in _TAIL.finditer(text):
            reading.mark(match.start(), match.end(), TAIL)
        for match in _PLAIN.finditer(text):
            if match.start() >= reading.body + 2:
                reading.mark(match.start(), match.end(), FRAME)
        if (landmark := _LANDMARK.search(text)) and (last := max(reading.breaks, default=0)) >= reading.body + 2:
            reading.mark(last, landmark.end(), FRAME)
        for pattern in (_UNKNOWN_ROAD, _UNKNOWN_STREET, _UNKNOWN_DOOR):
            for match in pattern.finditer(text, reading.body):
                self._unknown_place(reading, match.start(), match.end())
        for hit in reading.names:
            self._unknown_road_before(reading, hit.start)

    def _unknown_place(self, reading: Reading, start: int, end: int) -> None:
        """Explain a road or street that the gazetteer does not know, as far as it is not part of something else."""
        taken = [i + 1 for i in range(start, end) if reading.explained[i]]
        start = max(taken, default=start)
        if start >= end - 1 or any(hit.start < end and start < hit.end for hit in reading.names):
            return
        reading.other_road = True
        reading.mark(start, end, PLACE)
        if door := door_at(reading.text, reading.text[start:end], end):
            reading.mark(end, door[1], PLACE)

    def _unknown_road_before(self, reading: Reading, name: int) -> None:
        """Explain an unknown road or village that ends where a name begins: 团结街|九坤五环华城."""
        start = name
        while reading.unexplained(start - 1) or (start > reading.body and reading.text[start - 1].isdigit()):
            start -= 1
        if 2 <= name - start <= 7 and _PLACE_ENDS.search(reading.text, start, name):
            reading.other_road = True
            reading.mark(start, name, PLACE)


def maximal(hits: list[Hit]) -> list[Hit]:
    """Return the hits that lie in no longer one, from left to right."""
    kept: list[Hit] = []
    for hit in sorted(set(hits), key=lambda h: (h.start, -h.end)):
        if not kept or hit.end > kept[-1].end or (hit.start, hit.end) == (kept[-1].start, kept[-1].end):
            kept.append(hit)
    return kept


def _begins_in_number(text: str, hit: Hit) -> bool:
    """True when a hit begins in the middle of a number: 12街坊 is not part of 112街坊."""
    return text[hit.start].isdigit() and text[hit.start - 1 : hit.start].isdigit()


def _ends_in_number(text: str, hit: Hit) -> bool:
    return text[hit.end - 1].isdigit() and text[hit.end : hit.end + 1].isdigit()


def generic_after(text: str, at: int) -> int:
    """Return where a general word such as 小区 that follows a name ends; `at` when none follows."""
    after = _AFTER_NAME.match(text, at)
    return after.end() if after else at


def _holds(hit: Hit, name: Hit) -> bool:
    return hit.start <= name.start and hit.end >= name.end


def _district_words(gazetteer: Gazetteer) -> dict[str, str]:
    return {normalise(form): name for name in gazetteer.districts for form in district_spellings(name)}


def _words(gazetteer: Gazetteer, districts: dict[str, str]) -> ahocorasick.Automaton:
    texts = {*gazetteer.forms, *gazetteer.roads, *gazetteer.areas, *gazetteer.by_piece, *districts}
    automaton = ahocorasick.Automaton()
    for text in sorted(t for t in texts if len(t) >= 2):
        word = _Word(
            text,
            text in gazetteer.forms,
            text in gazetteer.roads,
            text in gazetteer.areas,
            text in gazetteer.by_piece,
            districts.get(text),
        )
        automaton.add_word(text, (len(text), word))
    return _made(automaton)


def _sound_words(gazetteer: Gazetteer) -> ahocorasick.Automaton:
    by_sound: defaultdict[str, list[str]] = defaultdict(list)
    for form, found in gazetteer.forms.items():
        if len(form) >= 3 and min(kind for _, kind in found) < Form.FAMILY:
            by_sound[sound_of(form)].append(form)
    automaton = ahocorasick.Automaton()
    for sound, forms in sorted(by_sound.items()):
        automaton.add_word(sound, (len(sound), tuple(forms)))
    return _made(automaton)


def _made(automaton: ahocorasick.Automaton) -> ahocorasick.Automaton:
    if not len(automaton):
        automaton.add_word("\0", (1, ()))  # an automaton without words cannot be searched; normalised text holds no \0
    automaton.make_automaton()
    return automaton
