"""Kept profiles: which one fits a file that arrives, and what the importer makes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd

from layers._errors import ProfileError
from layers.intake._feed import Feed
from layers.intake.profile import Profile

SEEN = "left unused by whoever saw it"  # the page shows every column, and marks those that look personal


@dataclass(frozen=True)
class Reading:
    """How a file is read, as a page keeps it.

    columns    their column -> ours
    codes      our column -> {their value -> our code}
    constants  our column -> one value for all rows
    join       our column -> their columns (or "#") that make an id
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    join: Mapping[str, Sequence[str]] = field(default_factory=dict)
    datum: str = ""
    sheet: str = ""

    def settings(self) -> dict[str, Any]:
        """Return everything but the columns, as the store keeps it."""
        plain = {"datum": self.datum, "sheet": self.sheet, "constants": dict(self.constants)}
        codes = {name: dict(told) for name, told in self.codes.items() if told}
        return plain | {"codes": codes, "join": {name: list(parts) for name, parts in self.join.items()}}

    @classmethod
    def kept(cls, columns: Mapping[str, str], settings: Mapping[str, Any]) -> "Reading":
        """Return what the store keeps as a mapping again."""
        return cls(
            dict(columns),
            settings.get("codes") or {},
            settings.get("constants") or {},
            settings.get("join") or {},
            settings.get("datum") or "",
            settings.get("sheet") or "",
        )

    def profile(self, feed: Feed, source: str, names: Sequence[str] = ()) -> Profile:
        """Return the profile that the importer reads with; a column of the feed's name that is not used stays unused.

        names  the columns of the file
        ProfileError: two columns are taken for one, or a column is named that the feed does not have.
        """
        ours = list(self.columns.values())
        twice = sorted({name for name in ours if ours.count(name) > 1})
        if twice:
            titles = "、".join(column.zh for column in feed.columns if column.name in twice) or "、".join(twice)
            raise ProfileError(
                f"{', '.join(twice)}: two columns of the file are taken for it; wanted one",
                f"“{titles}”对应了文件里的两列，请只留一列",
            )
        known = {column.name for column in feed.columns}
        strange = sorted({*ours, *self.constants, *self.join} - known)
        if strange:
            raise ProfileError(
                f"{', '.join(strange)}: feed {feed.name} has no such column",
                f"数据项“{feed.title[0]}”没有这些列：{'、'.join(strange)}",
            )
        taken = set(ours) | set(self.constants) | set(self.join)
        unused = [c.name for c in feed.columns if c.name not in taken and {c.name, c.zh} & set(names)]
        # A value without a code stays as it is, so that its rows are refused by what stands in them.
        kept_codes = {name: {v: c for v, c in told.items() if c} for name, told in self.codes.items()}
        codes = {name: told for name, told in kept_codes.items() if told}
        options = {"source": source} | ({"sheet": self.sheet} if self.sheet else {})
        return Profile(
            {name: theirs for theirs, name in self.columns.items()},
            codes,
            dict(self.constants),
            {name: list(parts) for name, parts in self.join.items()},
            options,
            tuple(unused),
            {name: SEEN for name in names if name not in self.columns},
        )


@dataclass(frozen=True)
class Kept:
    """A profile that the store keeps."""

    number: int
    feed: str
    source: str
    mapping: Reading
    made_by: str
    made_at: datetime


def kept(rows: pd.DataFrame) -> list[Kept]:
    """Return the profiles of `layers.store.profiles.all_profiles`."""
    return [
        Kept(int(row["id"]), row["feed"], row["source"], Reading.kept(row["mapping"], row["settings"]), row["made_by"], row["made_at"])
        for row in rows.to_dict("records")
    ]  # fmt: skip


def fitting(profiles: Sequence[Kept], columns: Sequence[str]) -> Kept | None:
    """Return the profile all of whose columns a file has: the one that leaves the fewest of the file's columns, then the newest."""
    have = set(columns)
    fits = [one for one in profiles if one.mapping.columns and _needs(one.mapping) <= have]
    return max(fits, key=lambda one: (len(_needs(one.mapping)), one.made_at, one.number), default=None)


def _needs(mapping: Reading) -> set[str]:
    return {*mapping.columns, *(part for parts in mapping.join.values() for part in parts if part != "#")}
