"""What a plan was made from: empty tables with their columns, the digest of all inputs, and the last complete day."""

import hashlib
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any, TypeVar

import pandas as pd

from layers._times import SHANGHAI, day_start, ended_day
from layers._view import View
from layers.decisions.rules import RuleSet

EPOCH = date(1970, 1, 1)
T = TypeVar("T")


class Facts:
    """What a plan is made from; many what-ifs ask of the same facts, and what no assumption changes is worked out once."""

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what `make` returned for this key before: for what is a pure function of these facts and the key."""
        kept: dict[Hashable, T] = self.__dict__.setdefault("_kept", {})
        if key not in kept:
            kept[key] = make()
        return kept[key]

    def digested(self, frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """Return one small frame, name and digest of each of these frames, for the digest of the inputs."""

        def work() -> pd.DataFrame:
            rows = [(name, hashlib.sha256(_canonical(frames[name]).encode()).hexdigest()) for name in sorted(frames)]
            return pd.DataFrame(rows, columns=["frame", "digest"])

        return {"facts": self.once("digest", work)}


def blank(columns: str) -> pd.DataFrame:
    """Return a table without rows; `columns` are names divided by blanks."""
    return pd.DataFrame(columns=columns.split())


def digest(frames: Mapping[str, pd.DataFrame], rules: Iterable[RuleSet], view: View, *more: str) -> str:
    """Return sha256 over the frames as CSV, the rule ids and the view: the same state gives the same text.

    The order of rows and columns does not count, so a database may return them as it likes.
    """
    found = hashlib.sha256()
    for name in sorted(frames):
        found.update(f"\n[{name}]\n{_canonical(frames[name])}".encode())
    settings = [view.as_of.isoformat(), view.known_at.isoformat(), view.area, *more]
    settings += sorted(rule.id for rule in rules) + [f"{key}={view.filters[key]}" for key in sorted(view.filters)]
    found.update("\n".join(settings).encode())
    return found.hexdigest()


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as dicts, column name -> value."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def grouped(frame: pd.DataFrame, by: list[str]) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    """Return the rows as dicts under the values of the columns `by`, in their order; much faster than a frame a group."""
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in records(frame):
        found.setdefault(tuple(row[name] for name in by), []).append(row)
    return found


def numbers(values: pd.Series) -> dict[str, float]:
    """Return a series as label -> float."""
    return {str(key): float(value) for key, value in values.items()}


def cell(frame: pd.DataFrame, row: str, column: str) -> float:
    """Return one number of a table."""
    value: Any = frame.at[row, column]
    return float(value)


def complete_day(view: View) -> int:
    """Return the number of the last day that has ended by `as_of`; 23:59:59.999 counts as 24:00."""
    return ended_day(view.as_of)


def has_begun_day(view: View) -> bool:
    """Return whether `as_of` lies inside a day that has not ended, so that its counts are not complete."""
    return view.as_of > day_start(complete_day(view) + 1)


def as_date(number: int) -> date:
    """Return the calendar day of a day number (days since 1970)."""
    return EPOCH + timedelta(days=int(number))


def day_numbers(moments: pd.Series) -> pd.Series:
    """Return the Shanghai day of each aware time as a number, like `day_number`."""
    local = pd.to_datetime(moments, utc=True).dt.tz_convert(SHANGHAI).dt.tz_localize(None)
    return (local - pd.Timestamp(EPOCH)).dt.days


def _canonical(frame: pd.DataFrame) -> str:
    lines = frame[sorted(frame.columns)].to_csv(index=False, lineterminator="\n").split("\n")
    return "\n".join([lines[0], *sorted(lines[1:])])
