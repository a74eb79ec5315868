"""A mapping profile: how one provider's columns and codes become ours."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from layers._errors import FeedError, ProfileError, UndeclaredError
from layers.intake._feed import Feed
from layers.intake.suggest_values import Look, looks_personal

SECTIONS = {"columns", "codes", "constants", "join", "options", "drop"}
OPTIONS = {"source", "datum", "datum_by", "sheet", "layer"}
SCALARS = (str, int, float, bool)
LOOKED_AT = 200  # values of a column of which a chunk is asked whether they look personal
NUMBER = "#"  # in [join]: how often the values before it have stood in the file so far


@dataclass(frozen=True)
class Profile:
    """How a file names things.

    columns    our column -> theirs
    codes      our column -> {their code -> ours}
    constants  our column -> one value for every row
    join       our column -> their columns (or "#", a running number), joined by "|": an id for a file that has none
    options    source, datum, datum_by (the column by which a file with `auto` is split), sheet (of an XLSX, or the layer of a
               GeoPackage)
    unused     our columns that are not read, although the file has a column of their name
    drop       their columns that hold personal data which no column of ours declares, and why they are left behind: without a
               word here such a file is refused
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    join: Mapping[str, list[str]] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = field(
        default=(), repr=False
    )  # so that the digest of a profile without any is what it was
    drop: Mapping[str, str] = field(default_factory=dict, repr=False)  # changes nothing of what goes in

    @property
    def digest(self) -> str:
        """A short digest: the same file under another profile is another delivery."""
        text = repr(self) + (f"|unused {self.unused}" if self.unused else "")
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def load(path: Path, feed: Feed) -> Profile:
    """Read a profile for `feed`; unknown sections, columns, codes and values of another kind are refused by name."""
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ProfileError(f"{path}: no such file") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProfileError(f"{path.name}: cannot be read as TOML ({error})") from error
    unknown = content.keys() - SECTIONS
    if unknown:
        raise ProfileError(f"{path.name}: sections {sorted(unknown)}; wanted some of {sorted(SECTIONS)}")
    _require_shape(content, path)
    profile = Profile(**{**content, "options": _options(content.get("options", {}), path)})
    names = {column.name for column in feed.columns}
    for section in ("columns", "codes", "constants", "join"):
        strange = getattr(profile, section).keys() - names
        if strange:
            raise ProfileError(
                f"{path.name}: [{section}] names {sorted(strange)}; feed {feed.name} has {sorted(names)}"
            )
    for name, mapping in profile.codes.items():
        allowed = set((feed.column(name).codes or {}).values())
        wrong = {ours for ours in mapping.values() if allowed and ours not in allowed and ours != ""}
        if wrong:
            raise ProfileError(f"{path.name}: [codes.{name}] gives {sorted(wrong)}; wanted some of {sorted(allowed)}")
    return profile


def load_part(path: Path, feed: Feed, whole: Feed) -> Profile:
    """Read a profile written for `feed`, or for `whole`, which has more columns: what only those need is passed over."""
    own, more = (
        {c.name for c in feed.columns},
        [c for c in whole.columns if c.name not in {x.name for x in feed.columns}],
    )
    profile = load(path, replace(feed, columns=(*feed.columns, *more)))
    sections = ("columns", "codes", "constants", "join")
    kept = {s: {n: v for n, v in getattr(profile, s).items() if n in own} for s in sections}
    return replace(profile, **kept)  # type: ignore[arg-type]


def _options(stated: Mapping[str, str], path: Path) -> dict[str, str]:
    """The options under one name each: a layer of a GeoPackage is to its file what a sheet is to a spreadsheet."""
    if stated.keys() - OPTIONS:
        raise ProfileError(f"{path.name}: [options] {sorted(stated)}; wanted some of {sorted(OPTIONS)}")
    if {"sheet", "layer"} <= stated.keys():
        raise ProfileError(f"{path.name}: [options] names a sheet and a layer; wanted one of them")
    return {"sheet" if name == "layer" else name: value for name, value in stated.items()}


def _require_shape(content: Mapping[str, Any], path: Path) -> None:
    """Raise ProfileError unless every section is a table of the kind of values that it is read as."""
    for section, table in content.items():
        if not isinstance(table, dict):
            raise ProfileError(f"{path.name}: [{section}] is {table!r}; wanted a table")
        for name, value in table.items():
            wanted = _wanted_of(section, value)
            if wanted:
                raise ProfileError(f"{path.name}: [{section}] {name} is {value!r}; wanted {wanted}")
            for code, ours in value.items() if section == "codes" else ():
                if not isinstance(ours, str):
                    raise ProfileError(f"{path.name}: [codes.{name}] {code} is {ours!r}; wanted text")


def _wanted_of(section: str, value: Any) -> str:
    """What a value of the section must be, "" where this one is it."""
    if section == "codes":
        return "" if isinstance(value, dict) else "a table of their code and ours"
    if section == "join":
        fits = isinstance(value, list) and all(isinstance(name, str) for name in value)
        return "" if fits else "a list of column names"
    if section == "constants":
        return "" if isinstance(value, SCALARS) else "one value"
    return "" if isinstance(value, str) else "text"


class Renamer:
    """Turns the columns of one file into the feed's; remembers running numbers from chunk to chunk.

    keeps  what it reads is taken into the store: a file with personal data that nobody declared is refused
    """

    def __init__(self, feed: Feed, profile: Profile, file: str, *, keeps: bool = False) -> None:
        self._feed, self._profile, self._file, self._keeps = feed, profile, file, keeps
        self._counts: dict[tuple[Any, ...], int] = {}
        self.ignored: list[str] = []
        self.given: set[str] = set()  # our columns for which the file, or the profile, has something to say

    def __call__(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return `_row` and every column of the feed, None where the file has none."""
        theirs = self.sources(rows)
        self._require(theirs, rows)
        self.given |= {name for name, found in theirs.items() if found} | {
            *self._profile.constants,
            *self._profile.join,
        }
        used = {"_row", *filter(None, theirs.values()), *(c for names in self._profile.join.values() for c in names)}
        self.ignored = [str(name) for name in rows.columns if name not in used]
        if self._keeps:
            self._refuse_undeclared(rows)
        ours = pd.DataFrame({"_row": rows["_row"]})
        for name, found in theirs.items():
            values = rows[found] if found else pd.Series(None, index=rows.index, dtype=object)
            if name in self._profile.codes:
                mapping = self._profile.codes[name]
                values = values.map(lambda v, m=mapping: v if isinstance(v, list) else m.get(v or "", v) or None)
            if name in self._profile.constants:
                values = values.where(values.notna(), str(self._profile.constants[name]))
            if name in self._profile.join:
                values = self._joined(rows, self._profile.join[name])
            ours[name] = values.astype(object).where(values.notna(), None) if values.notna().any() else None
        return ours

    def _refuse_undeclared(self, rows: pd.DataFrame) -> None:
        """Refuse a file with a column that looks personal and is neither declared by the feed nor left behind on purpose."""
        for name in self.ignored:
            if name in self._profile.drop:
                continue
            filled = rows[name][rows[name].notna()].head(LOOKED_AT)
            kind = looks_personal(name, Look.at(filled.tolist()))
            if kind:
                raise UndeclaredError(
                    f"{self._file}: column {name!r} looks personal ({kind[1]}), and feed {self._feed.name} declares no such column. Nothing "
                    f"was taken in: remove the column from the file, or leave it behind with --drop {name!r} or [drop] in the profile",
                    f"{self._file}：“{name}”一列疑似个人信息（{kind[0]}），数据源“{self._feed.title[0]}”没有声明这一列。未写入任何内容："
                    f"请从文件中删去该列，或用 --drop “{name}”、方案中的 [drop] 说明不收",
                )

    def sources(self, rows: pd.DataFrame) -> dict[str, str | None]:
        """Return, for each column of the feed, the column of the file that it is read from; None where there is none."""
        return {column.name: self._find(column.name, column.zh, rows) for column in self._feed.columns}

    def joins_personal(self, name: str) -> bool:
        """Return whether an id is joined of a column whose values are not to lie open."""
        parts = set(self._profile.join.get(name, ()))
        hidden = [c for c in self._feed.columns if c.personal and c.personal.hidden]
        return bool(parts & {theirs for c in hidden for theirs in (c.name, c.zh, self._profile.columns.get(c.name))})

    def _find(self, name: str, zh: str, rows: pd.DataFrame) -> str | None:
        wanted = self._profile.columns.get(name)
        if wanted is not None and wanted not in rows:
            raise FeedError(
                f"{self._file}: column {wanted!r} (for {name}) is missing; found {_shown(rows)}",
                f"{self._file}：没有“{wanted}”这一列（对应“{zh}”）；文件里有：{'、'.join(_shown(rows))}",
            )
        if name in self._profile.unused:
            return None
        return wanted or next((c for c in (name, zh) if c in rows), None)

    def _require(self, theirs: Mapping[str, str | None], rows: pd.DataFrame) -> None:
        given = {*self._profile.constants, *self._profile.join, *self._profile.codes}
        for column in self._feed.columns:
            if column.required and not theirs[column.name] and column.name not in given:
                raise FeedError(
                    f"{self._file}: column {column.name!r} ({column.zh}) is missing; found {_shown(rows)}. "
                    f"Rename columns with a profile (--map); `python -m dashboard feeds {self._feed.name}` describes the feed",
                    f"{self._file}：缺少必填列“{column.zh}”（{column.name}）；文件里有：{'、'.join(_shown(rows))}",
                )

    def _joined(self, rows: pd.DataFrame, names: list[str]) -> pd.Series:
        missing = [n for n in names if n != NUMBER and n not in rows]
        if missing:
            raise FeedError(
                f"{self._file}: columns {missing} are missing; found {_shown(rows)}",
                f"{self._file}：缺少用来拼编号的列{'、'.join(missing)}；文件里有：{'、'.join(_shown(rows))}",
            )
        out = []
        for row in zip(*(rows[n] for n in names if n != NUMBER), strict=True):
            values = tuple("" if v is None or v != v else str(v) for v in row)
            count = self._counts[values] = self._counts.get(values, 0) + 1
            out.append("|".join([*values, *([str(count)] if NUMBER in names else [])]))
        return pd.Series(out, index=rows.index, dtype=object)


def _shown(rows: pd.DataFrame) -> list[str]:
    return [str(name) for name in rows.columns if name != "_row"]
