"""Every word of screens and prints, and numbers, days and ages as each language writes them.

The words lie in `dashboard/words/zh.toml` and `en.toml`, one key for one text. `{name}` takes a value; `{n:case|cases}`
takes the form that a number wants. The section `manner` of each file says how its language writes days, lists and ages.
"""

import math
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, cast

LANGS = ("zh", "en")
UNKNOWN = "–"
MINUS = "−"  # U+2212, as wide as a plus
WORDS = Path(__file__).parent / "words"
BARE = "word"  # the section whose keys are asked for without its name


class TextError(LookupError):
    """A text is asked for that nobody wrote, or without the values it needs."""


# ---- texts


@cache
def texts(lang: str) -> Mapping[str, str]:
    """Return every text of a language by key; raises TextError for a language that is not spoken here."""
    if lang not in LANGS:
        raise TextError(f"language {lang!r} is not spoken here; wanted one of {LANGS}")
    return dict(_flat(tomllib.loads((WORDS / f"{lang}.toml").read_text("utf-8"))))


def _flat(table: Mapping[str, Any], at: str = "") -> Iterable[tuple[str, str]]:
    for name, one in table.items():
        if isinstance(one, dict):
            yield from _flat(one, "" if not at and name == BARE else f"{at}{name}.")
        else:
            yield at + name, one


def has(key: str) -> bool:
    """Say whether anybody wrote a text under this key."""
    return key in texts(LANGS[0])


def say(key: str, lang: str, /, **values: Any) -> str:
    """Return the text in "zh" or "en" with its values put in; raises TextError for a key or value that is missing.

    A value that is itself said in two languages (a pair, or anything with `said`) is put in as this language says it.
    """
    words = texts(lang).get(key)
    if words is None:
        raise TextError(f"no text has the key {key!r}; write it in {WORDS.name}/{lang}.toml")
    if "{" not in words and "}" not in words:
        return words
    try:
        return _PUT.vformat(words, (), {name: _in(value, lang) for name, value in values.items()})
    except KeyError as missing:
        raise TextError(f"text {key!r} needs the value {missing}; given were {sorted(values)}") from None


def both(key: str, /, **values: Any) -> tuple[str, str]:
    """Return the text in every language, as `pick` takes it."""
    zh, en = (say(key, lang, **values) for lang in LANGS)
    return zh, en


def pick(pair: tuple[str, str], lang: str) -> str:
    """Return the half of a (zh, en) pair that the language wants."""
    if lang not in LANGS:
        raise TextError(f"language {lang!r} is not spoken here; wanted one of {LANGS}")
    return pair[LANGS.index(lang)]


def _in(value: Any, lang: str) -> Any:
    if hasattr(value, "said"):
        return value.said(lang)
    return pick(cast(tuple[str, str], value), lang) if isinstance(value, tuple) and len(value) == len(LANGS) else value


class _Put(Formatter):
    """Puts values in; a format of forms divided by | takes the first form for one, the last for any other number."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if "|" not in format_spec:
            return cast(str, super().format_field(value, format_spec))
        forms = format_spec.split("|")
        return forms[0] if str(value) == "1" else forms[-1]


_PUT = _Put()


def listed(parts: Iterable[Any], lang: str) -> str:
    """Return things one after another: 、 in Chinese, commas in English."""
    return say("manner.listing", lang).join(str(part) for part in parts)


# ---- numbers


def is_unknown(value: Any) -> bool:
    """Say whether a figure is missing (None, NaN, NaT, NA); infinity is known."""
    if value is None:
        return True
    try:
        return bool(value != value)
    except TypeError:  # pandas.NA has no truth
        return True


def figure(value: Any, digits: int = 0) -> str:
    """Return a number with thousands separated, "–" when unknown, "∞" when endless; both languages write it alike."""
    if is_unknown(value):
        return UNKNOWN
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    return f"{round(value, digits) + 0:,.{digits}f}".replace("-", MINUS)


def percent(value: Any, digits: int = 0) -> str:
    """Return a share as a percentage: 0.953 -> "95%"."""
    return UNKNOWN if is_unknown(value) else f"{figure(value * 100, digits)}%"


def change(value: Any, digits: int = 0) -> str:
    """Return a change with its sign: "+1,104", "−327", "±0", "–" when unknown."""
    if is_unknown(value):
        return UNKNOWN
    written = figure(abs(value), digits)
    return f"±{written}" if not written.strip("0.,") else ("+" if value > 0 else MINUS) + written


def between(low: Any, high: Any, digits: int = 0) -> str:
    """Return a range of figures: "3–7"; "3" where both ends are written alike, "–" when an end is unknown."""
    if is_unknown(low) or is_unknown(high):
        return UNKNOWN
    ends = figure(low, digits), figure(high, digits)
    return ends[0] if ends[0] == ends[1] else "–".join(ends)


def named(frame: Any, lang: str) -> Any:
    """Return the frame with English names in `name` where it has them and the page is English."""
    if lang != "en" or "name_en" not in frame:
        return frame
    english = frame["name_en"]
    return frame.assign(name=english.where(english.notna() & (english != ""), frame["name"]))


# ---- days and times


def day(moment: date | datetime | None, lang: str) -> str:
    """Return "2月12日" or "12 Feb"."""
    if is_unknown(moment):
        return UNKNOWN
    moment = cast(date, moment)
    return say("manner.day", lang, day=moment.day, month=_month(moment, lang))


def days(first: date | datetime | None, last: date | datetime | None, lang: str) -> str:
    """Return a stretch of days, the month said once: "2月12–14日", "12–14 Feb", "30 Jan – 2 Feb"."""
    if is_unknown(first) or is_unknown(last):
        return UNKNOWN
    first, last = cast(date, first), cast(date, last)
    if (first.year, first.month) != (last.year, last.month):
        return say("manner.days_apart", lang, first=day(first, lang), last=day(last, lang))
    if first.day == last.day:
        return day(first, lang)
    return say("manner.days", lang, first=first.day, last=last.day, month=_month(first, lang))


def _month(moment: date, lang: str) -> str:
    return say("manner.months", lang).split()[moment.month - 1]


def moment(at: datetime | None, lang: str) -> str:
    """Return "2月12日 18:00" or "12 Feb 18:00" in the time zone that `at` carries."""
    return UNKNOWN if is_unknown(at) else f"{day(at, lang)} {at:%H:%M}"


def age(then: datetime | None, now: datetime, lang: str) -> str:
    """Return how long ago: "3小时前" or "3 h ago"; a time still to come counts as just now."""
    if is_unknown(then):
        return say("age.none", lang)
    return _timed("age.", max(now - cast(datetime, then), timedelta(0)), lang)


def updated(then: datetime | None, now: datetime, lang: str) -> str:
    """Return how old something is that is delivered: "updated 3 h ago"; what never came is not called updated."""
    return say("feeds.never", lang) if is_unknown(then) else say("updated", lang, age=age(then, now, lang))


def span(passed: timedelta | None, lang: str) -> str:
    """Return how long: "3小时" or "3 h"; "–" when not known, and nothing is shorter than none."""
    return UNKNOWN if is_unknown(passed) else _timed("span.", max(cast(timedelta, passed), timedelta(0)), lang)


def _timed(section: str, passed: timedelta, lang: str) -> str:
    """Minutes below one hour, days from two on: "36 h ago" says more than "1 d ago"."""
    for name, unit, least in (
        ("days", timedelta(days=1), 2),
        ("hours", timedelta(hours=1), 1),
        ("minutes", timedelta(minutes=1), 1),
    ):
        if passed >= unit * least:
            return say(f"{section}{name}", lang, n=passed // unit)
    return say(f"{section}now", lang)
