"""Compounds that may be one place listed twice, and siblings that must stay apart, each pair with its evidence."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from geo.address_sound import sound_of
from geo.gazetteer import Compound, Form, Gazetteer, family_of, metres_between
from layers.intake.gazetteer_care import care_now
from layers.intake.matching import compounds_now
from layers.store import Store

COLUMNS = ("kind", "a", "a_name", "b", "b_name", "district", "other_district", "metres", "score", "zh", "en")
FAR_M = 1500.0  # listings of one compound lie within this of each other; the same name further off is another place
MOST_IN_BLOCK = 80  # compounds that share a spelling; more share a word, not a place
LISTED_FROM = 0.6
SAME_CORE, SAME_SOUND, ONE_EDIT = 1.0, 0.9, 0.75


def report(store: Store, area: str = "") -> pd.DataFrame:
    """Return the pairs of the gazetteer as it stands, those left out that a person told apart.

    `area` is a district: pairs with both sides in it, because the other side of the rest is another district's to show.
    """
    with store.snapshot() as connection:
        rows = compounds_now(connection).rename(columns={"code": "compound_id"})
        changes = care_now(connection)
    apart = changes[changes["kind"] == "apart"]
    told = {frozenset((code, *others)) for code, others in zip(apart["compound"], apart["others"], strict=True)}
    found = pairs(rows, told)
    return found[(found["district"] == area) & (found["other_district"] == area)] if area else found


def pairs(compounds: pd.DataFrame, apart: Iterable[frozenset[str]] = ()) -> pd.DataFrame:
    """Return one row a pair, the likeliest first: COLUMNS; kind is `same` or `sibling`.

    compounds  columns of the gazetteer (`compound_id`, `name`, `aliases`, `addresses`, `district`, `lon`, `lat`)
    same       a name alike (same, same sound, one character off) and not far apart, or one door and names half alike
    sibling    names that differ by phase, block or number: two places, however near; `score` tells nothing then
    Pairs come from shared spellings, sounds, doors and families, so a city takes seconds.
    """
    gazetteer, kept_apart = Gazetteer.from_frame(compounds), set(apart)
    places = gazetteer.compounds
    rows = []
    for i, j in sorted(set(_candidates(gazetteer))):
        a, b = places[i], places[j]
        row = _pair(a, b)
        if row and frozenset((a.compound_id, b.compound_id)) not in kept_apart:
            rows.append(row)
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    return found.sort_values(["kind", "score", "metres", "a"], ascending=[True, False, True, True], ignore_index=True)


def _candidates(gazetteer: Gazetteer) -> Iterator[tuple[int, int]]:
    blocks: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    for place in gazetteer.compounds:
        for text, form in place.forms:
            if form <= Form.CORE and len(text) >= 2:
                blocks["form", text].add(place.position)
                blocks["sound", sound_of(text)].add(place.position)
        blocks["family", family_of(place.full)].add(place.position)
        core = _core(place)
        if len(core) >= 4:  # names that differ in one character share what is left when it is taken out
            for at in range(len(core)):
                blocks["less", f"{place.district}{core[:at]}{core[at + 1 :]}"].add(place.position)
        for door in place.doors:
            blocks["door", str(door)].add(place.position)
    for members in blocks.values():
        if 1 < len(members) <= MOST_IN_BLOCK:
            yield from combinations(sorted(members), 2)


@dataclass(frozen=True)
class _Look:
    """How alike two names are, and what says so."""

    score: float
    zh: str
    en: str


def _pair(a: Compound, b: Compound) -> tuple[object, ...] | None:
    metres = metres_between(a, b)
    if metres > FAR_M:
        return None
    sibling = _sibling(a, b)
    doors = sorted(str(door) for door in a.doors & b.doors)
    look = _look(a, b)
    if not sibling and not _alike_enough(look, doors):
        return None
    near = 0.3 if np.isnan(metres) else max(0.0, 1 - metres / FAR_M)
    other = bool(a.district and b.district and a.district != b.district)
    score = min(1.0, max(0.0, 0.5 * look.score + 0.5 * near + 0.2 * bool(doors) - 0.2 * other))
    if not sibling and score < LISTED_FROM:
        return None
    signs = [(sibling.zh, sibling.en)] if sibling else [(look.zh, look.en)]
    signs.append(
        ("距离未知", "distance unknown") if np.isnan(metres) else (f"相距{metres:,.0f}米", f"{metres:,.0f} m apart")
    )
    if doors:
        signs.append((f"同一门牌：{doors[0]}", f"the same door: {doors[0]}"))
    if other:
        signs.append((f"分属{a.district}、{b.district}", f"in {a.district} and {b.district}"))
    zh, en = "；".join(s for s, _ in signs), "; ".join(s for _, s in signs)
    kind = "sibling" if sibling else "same"
    names = (a.compound_id, a.name, b.compound_id, b.name)
    return kind, *names, a.district or "", b.district or "", metres, 0.0 if sibling else round(score, 3), zh, en


def _alike_enough(look: _Look, doors: list[str]) -> bool:
    return look.score >= ONE_EDIT or (bool(doors) and look.score >= 0.5)


def _core(place: Compound) -> str:
    return min((text for text, form in place.forms if form <= Form.CORE), key=len, default=place.full)


def _look(a: Compound, b: Compound) -> _Look:
    mine = {text for text, form in a.forms if form <= Form.CORE}
    theirs = {text for text, form in b.forms if form <= Form.CORE}
    shared = sorted(mine & theirs, key=len)
    if shared:
        return _Look(SAME_CORE, f"同名“{shared[-1]}”", f"the same name {shared[-1]}")
    if {sound_of(text) for text in mine} & {sound_of(text) for text in theirs}:
        return _Look(SAME_SOUND, "读音相同", "names that sound the same")
    one, other = _core(a), _core(b)
    if min(len(one), len(other)) >= 4 and OSA.distance(one, other) == 1:
        return _Look(ONE_EDIT, "只差一个字", "names one character apart")
    alike = fuzz.ratio(one, other) / 100
    return _Look(min(alike, ONE_EDIT - 0.01), f"名称相似{alike:.0%}", f"names {alike:.0%} alike")


def _sibling(a: Compound, b: Compound) -> _Look | None:
    """What makes two names members of one family and not one place: another phase or block, or other numbers."""
    if a.full == b.full:
        return None
    family = family_of(a.full)
    one, other = a.full[len(family) :], b.full[len(family_of(b.full)) :]
    if one and other and one != other:
        return _Look(0, f"期区不同：{one}、{other}", f"another phase or block: {one}, {other}")
    if family == family_of(b.full) and family in (a.full, b.full):
        part = a.full if family == b.full else b.full
        return _Look(0, f"“{family}”与其中的{part}", f"{family}, and {part} within it")
    if _numbers(a.full) != _numbers(b.full) and _unnumbered(a.full) == _unnumbered(b.full):
        return _Look(0, "只有编号不同", "only the numbers differ")
    return None


def _numbers(name: str) -> list[str]:
    return [c for c in name if c in NUMBERS]


def _unnumbered(name: str) -> str:
    return "".join(c for c in name if c not in NUMBERS)


NUMBERS = "0123456789一二三四五六七八九十甲乙丙丁东西南北中ABCDEFGH"
