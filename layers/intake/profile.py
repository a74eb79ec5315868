"""A mapping profile: how one provider's columns and codes become ours."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from layers._errors import FeedError, ProfileError
from layers.intake._feed import Feed

SECTIONS = {"columns", "codes", "constants", "join", "options"}
OPTIONS = {"source", "datum", "sheet"}
NUMBER = "#"  # in [join]: how often the values before it have stood in the file so far


@dataclass(frozen=True)
class Profile:
    """How a file names things.

    columns    our column -> theirs
    codes      our column -> {their code -> ours}
    constants  our column -> one value for every row
    join       our column -> their columns (or "#", a running number), joined by "|": an id for a file that has none
    options    source, datum, sheet
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    join: Mapping[str, list[str]] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """A short digest: the same file under another profile is another delivery."""
        return hashlib.blake2b(repr(self).encode(), digest_size=8).hexdigest()


def load(path: Path, feed: Feed) -> Profile:
    """Read a profile for `feed`; unknown sections, columns and codes are refused by name."""
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProfileError(f"{path.name}: cannot be read as TOML ({error})") from error
    unknown = content.keys() - SECTIONS
    if unknown:
        raise ProfileError(f"{path.name}: sections {sorted(unknown)}; wanted some of {sorted(SECTIONS)}")
    profile = Profile(**content)
    names = {column.name for column in feed.columns}
    for section in ("columns", "codes", "constants", "join"):
        strange = getattr(profile, section).keys() - names
        if strange:
            raise ProfileError(
                f"{path.name}: [{section}] names {sorted(strange)}; feed {feed.name} has {sorted(names)}"
            )
    if profile.options.keys() - OPTIONS:
        raise ProfileError(f"{path.name}: [options] {sorted(profile.options)}; wanted some of {sorted(OPTIONS)}")
    for name, mapping in profile.codes.items():
        allowed = set((feed.column(name).codes or {}).values())
        wrong = {ours for ours in mapping.values() if allowed and ours not in allowed and ours != ""}
        if wrong:
            raise ProfileError(f"{path.name}: [codes.{name}] gives {sorted(wrong)}; wanted some of {sorted(allowed)}")
    return profile


class Renamer:
    """Turns the columns of one file into the feed's; remembers running numbers from chunk to chunk."""

    def __init__(self, feed: Feed, profile: Profile, file: str) -> None:
        self._feed, self._profile, self._file = feed, profile, file
        self._counts: dict[tuple[Any, ...], int] = {}
        self.ignored: list[str] = []
        self.given: set[str] = set()  # our columns for which the file, or the profile, has something to say

    def __call__(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return `_row` and every column of the feed, None where the file has none."""
        theirs = {column.name: self._find(column.name, column.zh, rows) for column in self._feed.columns}
        self._require(theirs, rows)
        self.given |= {name for name, found in theirs.items() if found} | {
            *self._profile.constants,
            *self._profile.join,
        }
        used = {"_row", *filter(None, theirs.values()), *(c for names in self._profile.join.values() for c in names)}
        self.ignored = [str(name) for name in rows.columns if name not in used]
        ours = pd.DataFrame({"_row": rows["_row"]})
        for name, found in theirs.items():
            values = rows[found] if found else pd.Series(None, index=rows.index, dtype=object)
            if name in self._profile.codes:
                mapping = self._profile.codes[name]
                values = values.map(lambda v, m=mapping: (m.get("" if v is None else v, v)) or None)
            if name in self._profile.constants:
                values = values.where(values.notna(), str(self._profile.constants[name]))
            if name in self._profile.join:
                values = self._joined(rows, self._profile.join[name])
            ours[name] = values.astype(object).where(values.notna(), None)
        return ours

    def _find(self, name: str, zh: str, rows: pd.DataFrame) -> str | None:
        wanted = self._profile.columns.get(name)
        if wanted is not None and wanted not in rows:
            raise FeedError(f"{self._file}: column {wanted!r} (for {name}) is missing; found {_shown(rows)}")
        return wanted or next((c for c in (name, zh) if c in rows), None)

    def _require(self, theirs: Mapping[str, str | None], rows: pd.DataFrame) -> None:
        given = {*self._profile.constants, *self._profile.join, *self._profile.codes}
        for column in self._feed.columns:
            if column.required and not theirs[column.name] and column.name not in given:
                raise FeedError(
                    f"{self._file}: column {column.name!r} ({column.zh}) is missing; found {_shown(rows)}. "
                    f"Rename columns with --map; `python -m dashboard feeds {self._feed.name}` describes the feed"
                )

    def _joined(self, rows: pd.DataFrame, names: list[str]) -> pd.Series:
        missing = [n for n in names if n != NUMBER and n not in rows]
        if missing:
            raise FeedError(f"{self._file}: columns {missing} are missing; found {_shown(rows)}")
        out = []
        for values in zip(*(rows[n] for n in names if n != NUMBER), strict=True):
            count = self._counts[values] = self._counts.get(values, 0) + 1
            out.append(
                "|".join(["" if v is None else str(v) for v in values] + ([str(count)] if NUMBER in names else []))
            )
        return pd.Series(out, index=rows.index, dtype=object)


def _shown(rows: pd.DataFrame) -> list[str]:
    return [str(name) for name in rows.columns if name != "_row"]
