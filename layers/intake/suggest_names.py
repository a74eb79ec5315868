"""How alike the name of a delivered column and one of ours are: the same, another name for it, its pinyin, or a part of it."""

import re
import unicodedata
from functools import cache

from rapidfuzz.fuzz import ratio

from layers.intake._feed import Column
from layers.intake.suggest_words import FILLERS, FRAMES, SAME

ALIKE = 86  # per cent from which two spellings are one with a slip of the pen
_FRAME_WORDS = {word for words in FRAMES.values() for word in words}
_BRACKETS = re.compile(r"[（(\[【].*?[）)\]】]")


def named(theirs: str, ours: Column) -> tuple[float, str, str]:
    """Return how sure the name is (0: not at all), and why in Chinese and English."""
    wanted = plain(theirs)
    if wanted in (plain(ours.name), plain(ours.zh)):
        return 1.0, "列名相同", "the same name"
    if wanted in _same(ours.name):
        return 0.95, f"“{theirs}”是“{ours.zh}”的别称", f"{theirs} is another name for {ours.name}"
    rest = " ".join(t for t in _tokens(theirs) if t not in _FRAME_WORDS)
    if rest and plain(rest) in {plain(ours.name), plain(ours.zh), *_same(ours.name)}:
        return 0.93, f"去掉坐标系后就是“{ours.zh}”", f"without its frame it is {ours.name}"
    if len(wanted) > 3 and wanted in _sounds(ours.name, ours.zh):
        return 0.9, f"拼音与“{ours.zh}”相同", f"the pinyin of {ours.zh}"
    if len(wanted) > 1 and wanted in _initials(ours.name, ours.zh):
        return 0.72, f"拼音首字母与“{ours.zh}”相同", f"the pinyin initials of {ours.zh}"
    return _partly(theirs, wanted, ours)


def frame_in(theirs: str) -> str:
    """Return the frame that the name of a column or a file states, "" where it states none."""
    tokens = set(_tokens(theirs))
    return next((frame for frame, words in FRAMES.items() if tokens & set(words[:2])), "")


def plain(text: str) -> str:
    """Return a name without case, width, blanks, marks and what stands in brackets."""
    text = unicodedata.normalize("NFKC", text)
    text = _BRACKETS.sub("", text) or text
    return re.sub(r"[\s_\-./:：*#,，、]+", "", text).lower()


def _partly(theirs: str, wanted: str, ours: Column) -> tuple[float, str, str]:
    tokens = [t for t in _tokens(theirs) if t not in _FRAME_WORDS and t not in FILLERS]
    if len(tokens) == 1 and plain(tokens[0]) in {plain(ours.name), plain(ours.zh), *_same(ours.name)}:
        return 0.85, f"“{tokens[0]}”即“{ours.zh}”", f"{tokens[0]} means {ours.name}"
    words = [w for w in (plain(ours.zh), *_same(ours.name)) if len(w) > 1 and not w.isascii()]
    inside = max((w for w in words if w in wanted or (len(wanted) > 1 and wanted in w)), key=len, default="")
    if inside:
        share = min(len(inside), len(wanted)) / max(len(inside), len(wanted))
        return 0.45 + 0.4 * share, f"列名含“{inside}”", f"its name holds {inside}"
    close = max((ratio(wanted, w) for w in (plain(ours.name), *_same(ours.name)) if len(w) > 3), default=0)
    if close >= ALIKE:
        return 0.006 * close, "列名只差一两个字", "but for a letter the same name"
    if wanted in {plain(word) for word in (ours.codes or {})}:
        return 0.6, f"列名是“{ours.zh}”的一种取值", f"its name is one of the values of {ours.name}"
    return 0.0, "", ""


def _tokens(text: str) -> list[str]:
    parts = re.split(r"[\s_\-./:：]+", unicodedata.normalize("NFKC", text).lower())
    return [part for part in parts if part]


@cache
def _same(name: str) -> frozenset[str]:
    return frozenset(plain(word) for word in SAME.get(name, "").split(";") if word)


@cache
def _sounds(name: str, zh: str) -> frozenset[str]:
    return frozenset("".join(syllables) for syllables in _read(name, zh))


@cache
def _initials(name: str, zh: str) -> frozenset[str]:
    return frozenset("".join(s[0] for s in syllables) for syllables in _read(name, zh) if len(syllables) > 1)


def _read(name: str, zh: str) -> list[list[str]]:
    from pypinyin import lazy_pinyin  # a large dictionary, read when it is first needed

    words = [zh, *(word for word in SAME.get(name, "").split(";") if word and not word.isascii())]
    return [lazy_pinyin(plain(word)) for word in words]
