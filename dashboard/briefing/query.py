"""The question behind a number, so small that it can be printed beside it and asked again."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from dashboard.briefing.errors import BriefingError

NAN = float("nan")
HOW = ("sum", "short", "count", "max", "min", "share", "change", "rows")
Tables = Mapping[str, Mapping[str, pd.DataFrame]]  # source -> table -> rows; source@before is the bulletin before


@dataclass(frozen=True)
class Query:
    """Rows of a table that meet all conditions, made one number.

    source   kind of plan, or counts, districts, orders
    how      sum, count of rows, max, min; short: sum of what is above nothing, row by row; share: per cent of `columns` in `of`; change: sum now less sum in the bulletin before;
             rows: they stand in the print as they are, and there is nothing to reckon
    where    column and the values allowed
    """

    source: str
    table: str = "summary"
    columns: tuple[str, ...] = ()
    how: str = "sum"
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    of: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The question as it is printed: "lockdown.compounds[district=420102].sum(new_confirmed)"."""
        rows = ", ".join(f"{name}={'|'.join(values)}" for name, values in self.where)
        asked = ", ".join(self.columns) + (f" / {', '.join(self.of)}" if self.of else "")
        table = f"{self.source}.{self.table}" + (f"[{rows}]" if rows else "")
        return f"{table}.{asked}" if self.table == "summary" and self.how == "sum" else f"{table}.{self.how}({asked})"


def answer(query: Query, tables: Tables) -> float:
    """Return the number; NaN where the table or all its cells are unknown. A question that makes no sense raises BriefingError."""
    if query.how not in HOW:
        raise BriefingError(f"{query}: how is {query.how!r}; wanted one of {HOW}")
    if query.how == "rows":
        return NAN
    if query.how == "change":
        return _summed(query, tables, query.source) - _summed(query, tables, f"{query.source}@before")
    rows = _rows(query, tables, query.source)
    if rows is None:
        return NAN
    if query.how == "count":
        return float(len(rows))
    if query.how == "share":
        part, whole = _total(rows, query.columns), _total(rows, query.of)
        return part / whole * 100 if whole else NAN
    if query.how == "sum":
        return _total(rows, query.columns)
    if query.how == "short":
        return _total(
            rows.assign(**{name: rows[name].astype(float).clip(lower=0) for name in query.columns}), query.columns
        )
    known = [rows[name].astype(float) for name in query.columns if name in rows]
    found = pd.concat(known).dropna() if known else pd.Series(dtype=float)
    return float(getattr(found, query.how)()) if len(found) else NAN


def of_plan(kind: str, *columns: str) -> Query:
    """Return the question for the sum of figures in a plan's summary."""
    return Query(kind, columns=columns)


def one_row(numbers: Mapping[str, float]) -> pd.DataFrame:
    """Return a summary as a table of one row."""
    return pd.DataFrame([dict(numbers)])


def _summed(query: Query, tables: Tables, source: str) -> float:
    rows = _rows(query, tables, source)
    return NAN if rows is None else _total(rows, query.columns)


def _rows(query: Query, tables: Tables, source: str) -> pd.DataFrame | None:
    rows = tables.get(source, {}).get(query.table)
    if rows is None:
        return None
    for name, values in query.where:
        if name not in rows:
            return None
        rows = rows[rows[name].astype(str).isin(values)]
    return rows


def _total(rows: pd.DataFrame, columns: tuple[str, ...]) -> float:
    """What is known adds up; where nothing is known, nothing is."""
    known = [rows[name].astype(float) for name in columns if name in rows]
    return float(pd.concat(known).sum(min_count=1)) if known else NAN
