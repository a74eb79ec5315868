"""Write a plan to a file: JSON as it is, CSV and XLSX with nothing in them that a spreadsheet would run."""

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd

from dashboard.errors import Refusal
from dashboard.files import whole
from layers._books import book_bytes
from layers.decisions._proposal import Plan, plain
from layers.intake.chunks import guarded

BOM = "\ufeff".encode()
FORMATS = ("json", "csv", "xlsx")


class ExportError(Refusal, ValueError):
    """A plan cannot be written as asked."""


OF_COMPOUNDS = ("compounds", "reach")  # tables of plans with a row for each compound; others name it in a column


def plan_bytes(plan: Plan, form: str, lang: str = "zh", *, rows: bool = False) -> bytes:
    """Return the plan as json, csv (UTF-8 with BOM, for spreadsheets) or xlsx; equal plans give equal bytes.

    rows  whether a workbook holds the tables with a row for each compound too: these leave a server only by the way of
          `rows.Taking`, with a reason and a watermark
    """
    if form == "json":
        return plan.to_json().encode()
    frame = plan.to_frame(lang)
    if form == "csv":
        return csv_bytes(frame, bom=True)
    if form == "xlsx":
        return _xlsx({"plan": frame, **(plan.tables if rows else summed(plan.tables))}, plan)
    raise ExportError(f"format {form!r}; wanted one of {FORMATS}")


def summed(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables without those that have a row for each compound."""
    return {name: one for name, one in tables.items() if name not in OF_COMPOUNDS and "compound" not in one.columns}


def table_bytes(frame: pd.DataFrame, form: str, about: Mapping[str, Any]) -> bytes:
    """Return one table as csv (UTF-8 with BOM) or xlsx; `about` says at the head of the workbook what it is of."""
    if form == "csv":
        return csv_bytes(frame, bom=True)
    if form == "xlsx":
        return _book({"list": frame}, [[name, safe(value)] for name, value in about.items()])
    raise ExportError(f"format {form!r}; wanted csv or xlsx")


def write_plan(plan: Plan, path: Path, lang: str = "zh") -> None:
    """Write the plan in the format that the file's name ends in; the file appears whole or not at all."""
    content = plan_bytes(plan, path.suffix.lower().removeprefix("."), lang, rows=True)
    with whole(path) as unfinished:
        unfinished.write_bytes(content)


def csv_bytes(frame: pd.DataFrame, *, bom: bool = False) -> bytes:
    """Return a frame as CSV with every cell and every name of a column made safe."""
    content = csv_lines([frame.columns.astype(str)]) + csv_lines(frame.itertuples(index=False, name=None))
    return BOM + content if bom else content


def csv_lines(rows: Iterable[Iterable[Any]]) -> bytes:
    """Return rows as lines of CSV in UTF-8, every cell made safe."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([safe(value) for value in row] for row in rows)
    return out.getvalue().encode()


def safe(value: Any) -> Any:
    """Return a number or truth value as it is, anything else as text: times in ISO 8601, lists and mappings in JSON.

    Text that a spreadsheet would take for a formula gets a leading apostrophe, which an import takes off again; what is missing
    becomes "".
    """
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple | dict):
        value = json.dumps(plain(value), ensure_ascii=False)
    text = value.isoformat() if isinstance(value, date) else str(value)
    return guarded(text)


def _xlsx(frames: dict[str, pd.DataFrame], plan: Plan) -> bytes:
    about = [[name, safe(getattr(plan, name))] for name in ("kind", "as_of", "known_at", "area", "inputs_hash")]
    about.append(["rules", safe(", ".join(plan.rules))])
    about += [["caveat", safe(words.zh), safe(words.en)] for words in plan.caveats]
    return _book(frames, about)


def _book(frames: Mapping[str, pd.DataFrame], about: Sequence[Sequence[Any]]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    first = book.create_sheet("about")
    for line in about:
        first.append(list(line))
    for name, frame in frames.items():
        sheet = book.create_sheet(name[:31])
        sheet.append([safe(str(column)) for column in frame.columns])
        for row in frame.itertuples(index=False, name=None):
            sheet.append([_cell(value) for value in row])
    return book_bytes(book)


def _cell(value: Any) -> Any:
    """A workbook knows no infinity."""
    value = safe(value)
    return str(value) if isinstance(value, float) and math.isinf(value) else value
