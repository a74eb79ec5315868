"""Turn columns of text into typed columns, and say which values could not be turned."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from layers._times import SHANGHAI, to_ms
from layers.intake._feed import Column

MOST = 2**31  # whole numbers beyond it are no count of anything here, and a server does not keep them
LONGEST = 4_000  # characters of one text; longer ones are a broken file, not a remark
TRUE = {"是", "真", "true", "1", "y", "yes", "已到位", "到位", "√", "有"}
FALSE = {"否", "假", "false", "0", "n", "no", "未到位", "不到位", "×", "无"}
DATE = re.compile(
    r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]?(\d{1,2})[:时](\d{1,2})分?(?::(\d{1,2})(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$"
)
COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
HOUR = re.compile(r"^(\d{4})[-/年](\d{1,2})[-/月](\d{1,2})日?[ T]?(\d{1,2})时$")


def parse(values: pd.Series, column: Column) -> tuple[pd.Series, pd.Series]:
    """Return (typed values, bad): `bad` is True where a filled value could not be turned into the column's type.

    text, list: str and list. integer, number, lon, lat: float with NaN. time: float milliseconds since 1970 UTC.
    boolean: True, False or None. geometry: untouched.
    """
    filled = values.notna()
    if column.type == "geometry":
        return values, pd.Series(False, index=values.index)
    if column.type == "list":
        return values.map(_as_list), pd.Series(False, index=values.index)
    if not filled.any():  # a column that the file has not: most files bring half of a feed's
        nothing = np.full(len(values), None, object) if column.type in ("text", "boolean") else np.nan
        return pd.Series(nothing, index=values.index), filled
    typed = _by_value(values, _parser(column))
    bad = filled & typed.isna()
    if column.type in ("text", "boolean"):
        return typed.astype(object).where(typed.notna(), None), bad
    numbers = pd.to_numeric(typed, errors="coerce").astype(float)
    low, high = column.lowest, column.highest
    outside = (numbers < (-np.inf if low is None else low)) | (numbers > (np.inf if high is None else high))
    return numbers.mask(outside), bad | outside


def wanted(column: Column) -> str:
    """Return in words what a value of the column must look like."""
    if column.codes:
        return "one of " + ", ".join(dict.fromkeys(column.codes.values()))
    words = {
        "integer": "a whole number",
        "number": "a number",
        "lon": "a number",
        "lat": "a number",
        "time": "a date such as 2020-02-12 or a time such as 2020-02-12 18:00",
        "boolean": "是 or 否",
        "text": f"text of at most {LONGEST} characters",
    }[column.type]
    limits = [
        f"{word} {limit:g}" for word, limit in ((">=", column.lowest), ("<=", column.highest)) if limit is not None
    ]
    return " ".join([words, *limits, column.unit]).strip()


def _by_value(values: pd.Series, parser: Callable[[str], Any]) -> pd.Series:
    """Parse each distinct text once: dates, codes and counts repeat."""
    texts = values.map(lambda v: ";".join(v) if isinstance(v, list) else v)
    known = {t: parser(t) for t in texts.dropna().unique()}
    return texts.map(known)


def _parser(column: Column) -> Callable[[str], Any]:
    if column.codes:
        spellings = {word.lower(): code for word, code in column.codes.items()}
        return lambda t: spellings.get(t.lower())
    return {
        "integer": _integer,
        "number": _number,
        "lon": _number,
        "lat": _number,
        "time": _time,
        "boolean": _boolean,
    }.get(column.type, lambda t: t if len(t) <= LONGEST else None)


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _integer(text: str) -> float | None:
    value = _number(text)
    return value if value is not None and value.is_integer() and abs(value) < MOST else None


def _boolean(text: str) -> bool | None:
    return True if text.lower() in TRUE else False if text.lower() in FALSE else None


def _as_list(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(v) for v in value]
    return [part.strip() for part in re.split("[;；]", value) if part.strip()] if isinstance(value, str) else []


def is_epoch(moment: datetime) -> bool:
    """Return whether a time is what programs write for none at all: 1 January 1970, or 1900 as spreadsheets count."""
    return (moment.year, moment.month) in ((1970, 1), (1900, 1)) and moment.day == 1


def _time(text: str) -> float | None:
    """A naive time is Asia/Shanghai; a bare date is the start of that day."""
    match = DATE.match(text) or COMPACT.match(text) or HOUR.match(text)
    if not match:
        return None
    parts = match.groups()
    try:
        numbers = [int(p) for p in parts[:6] if p is not None]
        ends_at_24 = len(numbers) > 3 and numbers[3] == 24  # bulletins are "as of 24:00"
        moment = datetime(*numbers[:3], *([] if ends_at_24 else numbers[3:]))  # type: ignore[arg-type]
    except ValueError:
        return None
    if not 1900 <= moment.year <= 2100 or is_epoch(moment):
        return None
    zone = parts[6] if len(parts) > 6 else None
    if zone:
        try:
            return float(to_ms(datetime.fromisoformat(moment.isoformat() + zone.replace("Z", "+00:00"))))
        except ValueError:  # no clock is a day or more apart from another
            return None
    return float(to_ms(moment.replace(tzinfo=SHANGHAI) + timedelta(days=1 if ends_at_24 else 0)))
