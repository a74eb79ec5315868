"""Find the compounds an address may mean: by name, by sound, by near spelling, by door."""

import math
from collections import defaultdict
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from geo.address_evidence import Evidence, Found, How, weigh
from geo.address_reading import PLACE, Hit, Reader, Reading
from geo.address_shape import look_alike
from geo.address_sound import sound_of
from geo.gazetteer import Form, Gazetteer

# Characters that tell siblings apart: where they differ, a person decides whether it is a typing error.
TELLING = frozenset(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ东南西北中上下前后内外左右新老旧大小一二三四五六七八九十甲乙丙丁"
)
_CLEAR = 3.2  # the score from which an exact name needs no second look
_MOST_NAMESAKES = 24
_NEAREST = 14
_NEAR_SHARE = 0.4
_LOWEST_LIKENESS = 0.6
_REMEMBERED = 50_000  # stretches of text whose near names are kept


class Finder:
    """Finds candidates with their evidence, the best first."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        self.reader = Reader(gazetteer)
        self._grams = _Grams(gazetteer)
        self._known_near: dict[str, list[Found]] = {}
        self._spellings = [
            [
                (form, kind, sound_of(form), telling(form))
                for form, kind in c.forms[:3]
                if len(form) >= 3 and kind < Form.FAMILY
            ]
            for c in gazetteer.compounds
        ]

    def candidates(self, reading: Reading) -> list[Evidence]:
        """Return the evidence for every compound found, best first, one entry a compound."""
        best: dict[int, Evidence] = {}
        self._add(best, reading, self._by_name(reading))
        self._add(best, reading, self._by_door(reading))
        if not _clear(best):
            self._add(best, reading, self._by_sound(reading))
        if not _clear(best):
            self._add(best, reading, self._nearly(reading))
        return sorted(best.values(), key=lambda e: (-e.score, e.found.position))

    def _add(self, best: dict[int, Evidence], reading: Reading, found: list[Found]) -> None:
        for each in found:
            if each.position == reading.without:
                continue
            evidence = weigh(self.gazetteer, reading, each)
            known = best.get(each.position)
            if known and each.how is How.DOOR and known.left_clean and known.right_clean and not known.is_place:
                continue  # its name stands there as well, which says more
            if known is None or evidence.score > known.score:
                best[each.position] = evidence

    def _by_name(self, reading: Reading) -> list[Found]:
        return [
            Found(position, hit, hit.text, kind, How.NAME)
            for hit in (*reading.names, *reading.cut)
            for position, kind in self.gazetteer.forms[hit.text][:_MOST_NAMESAKES]
        ]

    def _by_door(self, reading: Reading) -> list[Found]:
        found = [
            Found(position, hit, str(door), Form.NAME, How.DOOR)
            for hit, door in reading.doors
            for position in self.gazetteer.by_door.get(door, ())[:_MOST_NAMESAKES]
        ]
        return found + [
            Found(position, hit, hit.text, Form.NAME, How.DOOR)
            for hit, rows in reading.piece_rows
            if len(rows) <= 3 and self.reader.tells_a_place(hit.text)
            for position in rows
        ]

    def _by_sound(self, reading: Reading) -> list[Found]:
        return [
            Found(
                position,
                hit,
                form,
                kind,
                How.SOUND,
                OSA.distance(hit.text, form),
                sibling=telling(hit.text) != telling(form),
            )
            for hit, form in self.reader.names_by_sound(reading)
            for position, kind in self.gazetteer.forms[form][:_MOST_NAMESAKES]
        ]

    def _nearly(self, reading: Reading) -> list[Found]:
        found = []
        for start, end in _segments(reading):
            for near in self._near(reading.text[start:end]):
                hit = near.hit
                found.append(near._replace(hit=Hit(start + hit.start, start + hit.end, hit.text)))
        return found

    def _near(self, written: str) -> list[Found]:
        """Return the compounds nearly named by a stretch of text, counted from its beginning; many cases share one."""
        known = self._known_near.get(written)
        if known is None:
            if len(self._known_near) >= _REMEMBERED:
                self._known_near.clear()
            segment = _Segment(written, sound_of(written), telling(written))
            aligned = (self._align(segment, position) for position in self._grams.nearest(written, segment.sound))
            known = self._known_near[written] = [near for near in aligned if near is not None]
        return known

    def _align(self, segment: "_Segment", position: int) -> Found | None:
        """Lay the spellings of one compound along a segment; return the closest, or None when none is close."""
        best: Found | None = None
        for form, kind, form_sound, form_tells in self._spellings[position]:
            a, most = 0, (1 - _LOWEST_LIKENESS) * len(form)
            written, sound, tells = segment
            if len(form) > len(sound) + 2:
                continue
            if len(form) < len(sound) - 1:
                alignment = fuzz.partial_ratio_alignment(form_sound, segment.sound)
                if alignment is None:
                    continue
                a = alignment.dest_start
                written, sound = segment.written[a : alignment.dest_end], segment.sound[a : alignment.dest_end]
                tells = telling(written)
            # What is written alike sounds alike, so the written difference is never the smaller one.
            sibling = tells != form_tells
            if (heard := OSA.distance(sound, form_sound)) > most:
                continue
            edits = 0.5 * OSA.distance(written, form) + 0.5 * heard
            if edits <= most and (best is None or (sibling, edits) < (best.sibling, best.edits)):
                hit = Hit(a, a + len(written), written)
                best = Found(position, hit, form, kind, How.NEAR, edits, heard, _strange(written, form, heard), sibling)
        return best


class _Segment(NamedTuple):
    """A stretch of an address that may hold a misspelt name, with its sounds and the characters that tell siblings apart."""

    written: str
    sound: str
    tells: str


def _strange(written: str, form: str, heard: float) -> float:
    """Return how many audible differences are not explained by characters that look alike."""
    if not heard or len(written) != len(form):
        return heard
    misread = sum(
        a != b and sound_of(a) != sound_of(b) and look_alike(a, b) for a, b in zip(written, form, strict=True)
    )
    return max(0.0, heard - misread)


def telling(text: str) -> str:
    """Return the characters of a name that tell it from its siblings, in order."""
    return "".join([c for c in text if c in TELLING])


def _clear(best: dict[int, Evidence]) -> bool:
    return any(
        e.score >= _CLEAR and e.left_clean and e.right_clean and not e.is_place and e.found.how is How.NAME
        for e in best.values()
    )


def _segments(reading: Reading) -> list[tuple[int, int]]:
    """Return the stretches that may hold a misspelt name: unexplained ones, and those with the place words around them."""
    runs, at, stop = [], reading.body, max(reading.tail, reading.body)
    while at < stop:
        if not reading.free[at]:
            at += 1
            continue
        start = at
        while at < stop and (reading.free[at] or reading.text[at].isascii()):
            at += 1
        runs.append((start, at))
    segments = [(a, b) for a, b in runs if b - a >= 2]
    for a, b in runs:
        left, right = a, b
        while left > reading.body and reading.explained[left - 1] & PLACE and a - left < 6:
            left -= 1
        while right < stop and reading.explained[right] & PLACE and right - b < 6:
            right += 1
        segments += [(left, right)] if (left, right) != (a, b) else []
    return list(dict.fromkeys(segments))[:4]


class _Grams:
    """An inverted index over characters, sounds and pairs of sounds of names."""

    _WEIGHT = {"c": 1.0, "p": 0.6, "b": 1.5, "s": 0.7}
    _COMMON = 0.05  # a gram that a larger share of names has tells little and costs most of the time

    def __init__(self, gazetteer: Gazetteer) -> None:
        postings: defaultdict[str, set[int]] = defaultdict(set)
        for compound in gazetteer.compounds:
            for form, _ in compound.forms[:3]:
                for gram in _grams(form, sound_of(form)):
                    postings[gram].add(compound.position)
        n = len(gazetteer)
        self._n = n
        self._postings = {
            gram: (np.fromiter(sorted(rows), np.int32, len(rows)), self._weights(gram, n, len(rows)))
            for gram, rows in postings.items()
        }
        self._many = max(50.0, self._COMMON * n)
        self._length = np.array([max(3, len(c.full)) for c in gazetteer.compounds], dtype=float)

    def _weights(self, gram: str, n: int, rows: int) -> NDArray[np.float64]:
        return np.full(rows, self._WEIGHT[gram[0]] * math.log1p(n / rows))

    def nearest(self, segment: str, sound: str) -> list[int]:
        """Return the positions whose names share most, and the rarest, grams with a segment."""
        known = [found for gram in _grams(segment, sound) if (found := self._postings.get(gram))]
        some = [found for found in known if len(found[0]) <= self._many] or known
        if not some:
            return []
        rows = np.concatenate([rows for rows, _ in some])
        weights = np.concatenate([weights for _, weights in some])
        score = np.bincount(rows, weights, self._n) / (self._length + (2 if len(segment) > 6 else len(segment)))
        # Sorting what comes near the best is several times faster than a partition of the whole gazetteer.
        close = np.flatnonzero(score >= _NEAR_SHARE * score.max())
        return [int(i) for i in close[np.argsort(-score[close], kind="stable")][:_NEAREST]]


def _grams(form: str, sound: str) -> list[str]:
    grams = ["c" + c for c in form] + ["p" + c for c in sound]
    grams += ["b" + sound[i : i + 2] for i in range(len(sound) - 1)]
    return grams + ["s" + sound[i] + sound[i + 2] for i in range(len(sound) - 2)]
