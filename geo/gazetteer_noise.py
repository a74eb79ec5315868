"""Make addresses as people write them from a gazetteer, so that a judge can be fitted to that gazetteer.

The model, in the order in which an address is put together. Shares are assumptions about intake by telephone and form, not
counts from any file; they are deliberately harsher than tidy registers.

    private words     a person's name or 家住 / 现住址 in front, 10 %
    region            province and city, city with or without 市, or nothing, a quarter each
    district          its own, 58 %, in one of its spellings; that of a neighbour, 4 %; none, 38 %. Half of the addresses in
                      a development zone bear a neighbour's district instead, where there are neighbours
    area              one listed area, 40 %, bare or with 街 / 街道 / 街道办事处
    listed address    one of the compound's, 50 %; of another compound, 4 %; number changed, 3 %
    name              the name, or an alias; 小区 dropped or added, 6 % each; one typing error, 13 %:
                      a homophone (45 %), one that looks alike (14 %), any other (6 %), one left out (20 %), doubled (8 %), two swapped (7 %)
    order             address after the name, 3 %; name alone, 12 %
    building          in one of eight forms, 72 %
    separators        between all parts, 12 %

Of all addresses 22 % belong to a compound that is then left out of the gazetteer, and 15 % carry a name that no compound
has: the beginning of one name with the ending of another, or a name behind an unknown road.
"""

import math
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from geo.address_places import district_spellings, is_zone
from geo.address_shape import misreadings
from geo.address_sound import same_sounding, sound_of
from geo.address_spelling import normalise
from geo.gazetteer import Gazetteer

SHARE_LEFT_OUT = 0.22
SHARE_INVENTED = 0.15

_NEIGHBOURS = 40
_GENERIC = re.compile(r"(?<=..)(?:小区|社区)$")
_PEOPLE = "王李张刘陈杨赵黄周吴徐孙胡朱高林"
_GIVEN = "伟芳敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英"


@dataclass(frozen=True)
class Sample:
    """A written address, the position it means (-1: none), and the position to leave out while reading it (-1: none)."""

    text: str
    truth: int
    without: int
    invented: bool = False


def write_addresses(gazetteer: Gazetteer, count: int, seed: int) -> Iterator[Sample]:
    """Yield `count` samples; equal arguments give equal samples."""
    writer = _Writer(gazetteer, random.Random(seed))  # nosec B311 # spelling mistakes, no secret
    for i in range(count):
        yield writer.sample(i % len(gazetteer))


class _Writer:
    def __init__(self, gazetteer: Gazetteer, rng: random.Random) -> None:
        self._gazetteer = gazetteer
        self._rng = rng
        self._common = "".join(c.full for c in gazetteer.compounds)  # drawn from in proportion to use
        self._sounds = same_sounding()
        self._misread = misreadings()
        self._used = set(self._common)
        self._around = _districts_around(gazetteer)

    def sample(self, position: int) -> Sample:
        draw = self._rng.random()
        name = self._name(position)
        if draw < SHARE_INVENTED:
            invented = self._invented(position)
            if not {normalise(invented), _GENERIC.sub("", normalise(invented))} & self._gazetteer.forms.keys():
                return Sample(self._write(position, invented, position), -1, position, True)
        text = self._write(position, self._misspelt(name), position)
        if draw < SHARE_INVENTED + SHARE_LEFT_OUT:
            return Sample(text, -1, position)
        return Sample(text, position, -1)

    def _write(self, position: int, name: str, place: int) -> str:
        rng = self._rng
        building = self._building() if rng.random() < 0.72 else ""
        if rng.random() < 0.12:
            return f"{self._region()}{name}{building}"
        address = self._address(place)
        parts = [self._region(), self._district(place), self._area(place)]
        parts += [name, address] if rng.random() < 0.03 else [address, name]
        parts = [part for part in (*parts, building) if part]
        separator = rng.choice("，·- /") if rng.random() < 0.12 else ""
        return self._private() + separator.join(parts)

    def _private(self) -> str:
        rng = self._rng
        draw = rng.random()
        person = rng.choice(_PEOPLE) + rng.choice(_GIVEN) + rng.choice(("", rng.choice(_GIVEN)))
        if draw < 0.04:
            return person + rng.choice(("，", ":", " ", "，家住"))
        return rng.choice(("家住", "现住", "住址:", "居住地：")) if draw < 0.10 else ""

    def _region(self) -> str:
        city = self._gazetteer.home_city
        return self._rng.choice((city + "市", city, city + "市", "")) if city else ""

    def _district(self, place: int) -> str:
        rng, own = self._rng, self._gazetteer.compounds[place].district
        draw = rng.random()
        if draw > 0.62:
            return ""
        if draw < (0.31 if own and is_zone(own) else 0.04):
            own = rng.choice(self._around[place] or (own,))
        return rng.choice(district_spellings(own)) if own else ""

    def _area(self, place: int) -> str:
        areas = sorted(self._gazetteer.compounds[place].areas)
        if not areas or self._rng.random() > 0.40:
            return ""
        return self._rng.choice(areas) + self._rng.choice(("", "街", "街道", "街道办事处"))

    def _address(self, place: int) -> str:
        rng = self._rng
        draw = rng.random()
        if draw > 0.54:
            return ""
        if draw < 0.04:
            place = rng.randrange(len(self._gazetteer))
        written = self._gazetteer.compounds[place].addresses
        address = re.sub(r"[(（].*?[)）]", "", rng.choice(written)) if written else ""
        return re.sub(r"\d+", lambda m: str(rng.randint(1, 400)), address, count=1) if rng.random() < 0.03 else address

    def _name(self, position: int) -> str:
        rng, compound = self._rng, self._gazetteer.compounds[position]
        names = compound.names
        name = names[0] if len(names) == 1 or rng.random() < 0.7 else rng.choice(names[1:])
        draw = rng.random()
        if draw < 0.06:
            return _GENERIC.sub("", name)
        return name + rng.choice(("小区", "社区")) if draw < 0.12 and not _GENERIC.search(name) else name

    def _misspelt(self, name: str) -> str:
        if self._rng.random() > 0.13 or len(name) < 3:
            return name
        i = self._rng.randrange(len(name) - 1)
        draw = self._rng.random()
        if draw < 0.45:
            return name[:i] + self._homophone(name[i]) + name[i + 1 :]
        if draw < 0.59:
            return name[:i] + self._rng.choice(self._misread.get(name[i]) or self._common) + name[i + 1 :]
        if draw < 0.65:
            return name[:i] + self._rng.choice(self._common) + name[i + 1 :]
        if draw < 0.85:
            return name[:i] + name[i + 1 :]
        if draw < 0.93:
            return name[: i + 1] + name[i:]
        return name[:i] + name[i + 1] + name[i] + name[i + 2 :]

    def _homophone(self, character: str) -> str:
        """Return a character of the same sound; rarely used ones are written as often as a phone offers them."""
        alike = self._sounds.get(sound_of(character), character)
        common = [c for c in alike if c in self._used and c != character]
        return self._rng.choice(common or list(alike))

    def _invented(self, position: int) -> str:
        rng = self._rng
        first = self._gazetteer.compounds[position].full
        second = self._gazetteer.compounds[rng.randrange(len(self._gazetteer))].full
        draw = rng.random()
        if draw < 0.6:
            return first[: max(2, len(first) - 2)] + second[-2:]
        if draw < 0.8:
            return second[:2] + first
        return f"{rng.choice(self._common)}{rng.choice(self._common)}路{rng.randint(1, 300)}号{rng.choice(('院', '小区', ''))}"

    def _building(self) -> str:
        rng = self._rng
        block, unit, floor = rng.randint(1, 39), rng.randint(1, 4), rng.randint(1, 33)
        room = f"{floor}{rng.randint(1, 6):02d}"
        return rng.choice(
            (
                f"{block}栋{unit}单元{room}",
                f"{block}栋{room}室",
                f"{block}号楼{unit}单元{room}室",
                f"{block}-{unit}-{room}",
                f"{block}#{room}",
                f"{block}栋",
                f"{'ABCDEFG'[block % 7]}栋{room}",
                f"{block}幢{unit}单元{floor}楼",
            )
        )


def _districts_around(gazetteer: Gazetteer) -> list[tuple[str, ...]]:
    """Return for each compound the other districts among its neighbours; all districts where coordinates are missing."""
    compounds = gazetteer.compounds
    place = np.array([(c.lon * math.cos(math.radians(c.lat)), c.lat) for c in compounds])
    known = np.flatnonzero(np.isfinite(place).all(axis=1))
    around: list[tuple[str, ...]] = [gazetteer.districts] * len(compounds)
    if len(known) > _NEIGHBOURS:
        _, near = cKDTree(place[known]).query(place[known], k=_NEIGHBOURS)
        for i, row in zip(known, near, strict=True):
            others = {compounds[known[j]].district for j in row} - {compounds[i].district}
            around[i] = tuple(sorted(d for d in others if d))
    return around
