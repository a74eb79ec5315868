"""Suggest what a delivered file is and what its columns mean, by their names and by what stands in them.

Every suggestion says why, and how sure it is; a person decides. Nothing here reads the store, so equal files get equal suggestions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from layers.intake import readers
from layers.intake._feed import Column, Feed
from layers.intake.suggest_names import named
from layers.intake.suggest_values import Look, looks_personal, matches

ROWS = 200  # rows that are looked at
SURE, LIKELY, LEAST = 0.85, 0.6, 0.42  # from here on: sure, likely, a guess; below nothing is said


@dataclass(frozen=True)
class Sample:
    """The first rows of a file, every value text (or a list, or a shape)."""

    file: str
    columns: tuple[str, ...]
    rows: pd.DataFrame

    def values(self, name: str) -> list[Any]:
        """Return the filled values of a column."""
        return [value for value in self.rows[name] if value is not None and value == value]


@dataclass(frozen=True)
class Suggestion:
    """What one column of a file is taken for.

    theirs    the file's column
    ours      the feed's column, "" where none fits
    sure      0 to 1
    personal  it identifies people and the feed does not declare it: it is refused, named and never stored
    """

    theirs: str
    ours: str
    sure: float
    zh: str
    en: str
    personal: bool = False

    def why(self, lang: str) -> str:
        """Return the reason in "zh" or "en"."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Guess:
    """How well a feed fits a file: 0 to 1, and its required columns that the file seems to have and to lack."""

    feed: str
    score: float
    has: tuple[str, ...]
    lacks: tuple[str, ...]
    suggestions: tuple[Suggestion, ...] = field(repr=False, default=())


def peek(path: Path, sheet: str | None = None, name: str = "") -> Sample:
    """Return the first rows of a file; `name` is what its sender calls it. A file that cannot be read raises FeedError."""
    for chunk in readers.read(path, sheet=sheet):
        rows = chunk.rows.head(ROWS)
        return Sample(name or path.name, tuple(str(c) for c in rows.columns if c != "_row"), rows)
    return Sample(name or path.name, (), pd.DataFrame())


def suggest(sample: Sample, feed: Feed) -> tuple[Suggestion, ...]:
    """Return one suggestion a column of the file, in its order; each column of the feed is suggested at most once."""
    looks = {theirs: Look.at(sample.values(theirs)) for theirs in sample.columns}
    table = [[_weighed(theirs, looks[theirs], ours, feed) for ours in feed.columns] for theirs in sample.columns]
    chosen: dict[int, int] = {}
    if table and table[0]:
        sure = np.array([[cell[0] for cell in row] for row in table])
        rows, columns = linear_sum_assignment(-np.where(sure >= LEAST, sure, 0.0))
        chosen = {int(r): int(c) for r, c in zip(rows, columns, strict=True) if sure[r, c] >= LEAST}
    out = []
    for at, theirs in enumerate(sample.columns):
        if at in chosen:
            sure_, zh, en = table[at][chosen[at]]
            out.append(Suggestion(theirs, feed.columns[chosen[at]].name, round(sure_, 2), zh, en))
        else:
            out.append(_left(theirs, looks[theirs], feed))
    return tuple(out)


def guesses(sample: Sample, feeds: Mapping[str, Feed]) -> list[Guess]:
    """Return the feeds by how well they fit, the best one first."""
    return sorted((_guess(sample, feed) for feed in feeds.values()), key=lambda g: (-g.score, g.feed))


def unknown_codes(values: Sequence[Any], column: Column) -> dict[str, int]:
    """Return value -> rows of those values of a column with codes that the feed does not know, the commonest first."""
    known = {word.lower() for word in (column.codes or {})}
    texts = pd.Series([v for v in values if isinstance(v, str)], dtype=object)
    counts = texts[~texts.str.lower().isin(known)].value_counts() if len(texts) else pd.Series(dtype=int)
    return {str(value): int(n) for value, n in counts.items()}


def code_for(value: str, column: Column) -> tuple[str, float]:
    """Return the code that an unknown value of a column may mean, "" none, and how sure that is."""
    return matches(value, column)


def _weighed(theirs: str, look: Look, ours: Column, feed: Feed) -> tuple[float, str, str]:
    """How sure it is that a column of the file is one of the feed, and why."""
    by_name, name_zh, name_en = named(theirs, ours)
    if not by_name and not look.telling(ours):
        return 0.0, "", ""
    fit, value_zh, value_en = look.fits(ours, is_key=ours.name == feed.parts[0].key[0])
    if by_name:
        if fit is None:
            return by_name * 0.97, name_zh, name_en
        floor = 0.75 if ours.codes is not None else 0.35  # words that are not known yet are told once, and kept
        sure = by_name * (floor + (1 - floor) * fit)
        if fit >= 0.8:
            return min(sure, 1.0), f"{name_zh}；{value_zh}", f"{name_en}; {value_en}"
        share = round(100 * fit)
        return sure, f"{name_zh}，但只有 {share}% 的值符合", f"{name_en}, but only {share}% of its values fit"
    if fit is not None and fit >= 0.9:
        return 0.62 * fit, f"列名不同；{value_zh}", f"another name; {value_en}"
    return 0.0, "", ""


def _left(theirs: str, look: Look, feed: Feed) -> Suggestion:
    kind = looks_personal(theirs, look)
    if kind and not any(column.personal and column.personal.hidden for column in feed.columns):
        return Suggestion(theirs, "", 0.9, f"疑似个人信息（{kind[0]}），本数据源不收，不入库", f"looks personal ({kind[1]}): this feed does not take it, never stored", True)  # fmt: skip
    if kind:
        return Suggestion(theirs, "", 0.9, f"疑似个人信息（{kind[0]}），未对应的不入库", f"looks personal ({kind[1]}): never stored unless it is matched", True)  # fmt: skip
    return Suggestion(theirs, "", 0.0, "没有相近的列", "nothing in the feed is like it")


def _guess(sample: Sample, feed: Feed) -> Guess:
    found = suggest(sample, feed)
    sure = {s.ours: s.sure for s in found if s.ours}
    needed = [c.name for c in feed.columns if c.required]
    covered = sum(sure.get(name, 0.0) for name in needed) / len(needed)
    used = sum(s.sure for s in found if s.ours) / max(len(found), 1)
    words = (feed.name, feed.name.rstrip("s"), *feed.title)
    titled = any(word.lower() in sample.file.lower() for word in words)
    shaped = any(c.type == "geometry" for c in feed.columns) if "geometry" in sample.columns else True
    score = (0.5 * covered + 0.35 * used + 0.15 * titled) * (1.0 if shaped else 0.5)
    has = tuple(name for name in needed if name in sure)
    return Guess(feed.name, round(score, 3), has, tuple(name for name in needed if name not in sure), found)
