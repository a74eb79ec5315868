"""What every reader hands on: some rows of a file as text, and the rows that could not be read."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

import numpy as np
import pandas as pd

CHUNK = 10_000
EXACT = 10**15  # a spreadsheet keeps 15 digits of a number, and so does a float; the digits beyond are made up
INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\ufeff\u2060"))  # zero-width marks that spreadsheets leave behind
WATERMARK = "#fangyi"  # first value of the lines of an export that say who took it; they are no rows
# What makes a spreadsheet take a cell for a formula; the wide signs count in East Asian editions. Exports put an apostrophe before them.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
RESERVED = ("_row", "geometry")  # the readers' own columns


@dataclass(frozen=True)
class Misshapen:
    """A row that cannot be read. `found` never repeats what the row says: it may name a person.

    zh        found and wanted in Chinese
    verbatim  the value of the column that was asked for verbatim, "" where that cannot be read either
    """

    row: int
    found: str
    wanted: str
    zh: str
    verbatim: str = ""


@dataclass(frozen=True)
class Chunk:
    """Some rows of a file: every value text, a list, or None; `_row` is the row number a person sees in the file.

    `geometry`, where the format has one, holds shapely shapes in the coordinates of the file.
    verbatim  per row, the value of the column that was asked for verbatim; empty when none was asked for or found
    numbers   column -> cells that a spreadsheet keeps as numbers: zeros before an id are lost in them
    """

    rows: pd.DataFrame
    misshapen: list[Misshapen] = field(default_factory=list)
    verbatim: list[str] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)


class Rounded(str):
    """A number of which its file keeps 15 digits only: as an amount it will do, as an id it is lost."""

    __slots__ = ()


def text(value: Any) -> Any:
    """Return the value as stripped text; blank, None and NaN become None; lists become lists of text."""
    if isinstance(value, Rounded):
        return value
    if isinstance(value, list | tuple | np.ndarray):
        return [t for t in (text(v) for v in value) if t is not None]
    if isinstance(value, float):
        if math.isnan(value):
            return None
        if abs(value) >= EXACT:
            return Rounded(f"{value:.0f}")
        value = int(value) if value.is_integer() else value
    if isinstance(value, datetime):
        value = value.isoformat() if value.time() != time(0) else value.date().isoformat()
    elif isinstance(value, date):
        value = value.isoformat()
    elif isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False, sort_keys=True)
    stripped = "" if value is None or value is pd.NaT else str(value).translate(INVISIBLE).strip()
    return stripped or None


def guarded(value: str) -> str:
    """Return text that no spreadsheet takes for a formula: with an apostrophe before its sign, and one more where there are some already."""
    return "'" + value if value.lstrip("'").startswith(FORMULA) else value


def unguarded(value: Any) -> Any:
    """Return what `guarded` was given; what is no text stays as it is."""
    return value[1:] if isinstance(value, str) and value[:1] == "'" and guarded(value) != value else value


def verbatim(value: Any) -> str:
    """Return the value as it stands in the file, blanks and all; "" where there is none."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False)
    return text(value) or ""


def rounded(values: pd.Series) -> pd.Series:
    """Return True where a value is a number of which digits are lost."""
    return values.map(lambda value: isinstance(value, Rounded)).astype(bool)


def own_name(name: str) -> str:
    """Return a column's name, changed where the readers use it themselves."""
    return f"{name} (as sent)" if name in RESERVED else name


def first_of(wanted: Sequence[str], names: Sequence[str]) -> str | None:
    """Return the first of `wanted` that is among `names`."""
    return next((name for name in wanted if name in names), None)
