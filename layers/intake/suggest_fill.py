"""Suggest how a file gets what the feed asks for and the file lacks: one value for all rows, or an id made of its columns."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from layers.intake._feed import Column, Feed
from layers.intake.profile import NUMBER
from layers.intake.suggest import Sample

DAY = re.compile(r"(20\d{2})[-_.年]?(0[1-9]|1[0-2])[-_.月]?(0[1-9]|[12]\d|3[01])(?!\d)")


@dataclass(frozen=True)
class Fill:
    """What stands in for a required column.

    constant  one value for every row, "" none
    join      columns of the file (or "#", a running number) that make an id together
    """

    ours: str
    constant: str = ""
    join: tuple[str, ...] = ()
    zh: str = ""
    en: str = ""


def lacking(feed: Feed, mapped: Mapping[str, str]) -> list[Column]:
    """Return the required columns that no column of the file is taken for; `mapped` is theirs -> ours."""
    return [column for column in feed.columns if column.required and column.name not in mapped.values()]


def fills(sample: Sample, feed: Feed, mapped: Mapping[str, str]) -> dict[str, Fill]:
    """Return column of the feed -> what may stand in for it, for each that the file lacks."""
    return {column.name: _fill(column, sample, feed, mapped) for column in lacking(feed, mapped)}


def _fill(column: Column, sample: Sample, feed: Feed, mapped: Mapping[str, str]) -> Fill:
    if column.type == "time":
        found = DAY.search(sample.file)
        if found:
            day = "-".join(found.groups())
            return Fill(column.name, day, zh=f"文件名中的日期 {day}", en=f"the day in the file's name, {day}")
    if column.codes and "all" in column.codes.values():
        return Fill(column.name, "all", zh="文件没有分类，按“合计”", en="the file does not split, so all")
    if column.type == "text" and not column.codes and column.name in feed.parts[0].key:
        return _id(column, sample, mapped)
    return Fill(column.name)


def _id(column: Column, sample: Sample, mapped: Mapping[str, str]) -> Fill:
    """An id out of what tells the rows apart: the name where that does, else day and place with a running number."""
    theirs = {ours: name for name, ours in mapped.items()}
    name = theirs.get("name")
    if name and _distinct(sample, [name]) > 0.95:
        return Fill(column.name, join=(name,), zh=f"用“{name}”作编号", en=f"{name} serves as the id")
    # No address: an id is shown where addresses are not.
    told = [theirs[one] for one in ("status_at", "state_at", "since", "day", "district") if one in theirs][:3]
    used = [*told, NUMBER] if told else []
    zh = f"由{'、'.join(told)}和序号组成；同一文件重排后编号会变" if told else ""
    en = f"made of {', '.join(told)} and a running number; it changes when the file is sorted otherwise" if told else ""
    return Fill(column.name, join=tuple(used), zh=zh, en=en)


def _distinct(sample: Sample, names: Sequence[str]) -> float:
    rows = sample.rows[list(names)].astype(str)
    return len(rows.drop_duplicates()) / len(rows) if len(rows) else 0.0
