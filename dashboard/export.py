"""Write a plan to a file: JSON as it is, CSV and XLSX with nothing in them that a spreadsheet would run."""

import csv
import io
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd

from dashboard.files import whole
from layers.decisions._proposal import Plan

FORMATS = ("json", "csv", "xlsx")
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
EPOCH = datetime(2020, 1, 1)  # written into XLSX instead of the hour of export: equal plans give equal files


class ExportError(ValueError):
    """A plan cannot be written as asked."""


def plan_bytes(plan: Plan, form: str, lang: str = "zh") -> bytes:
    """Return the plan as json, csv (UTF-8 with BOM, for spreadsheets) or xlsx; equal plans give equal bytes in json and csv."""
    if form == "json":
        return plan.to_json().encode()
    frame = plan.to_frame(lang)
    if form == "csv":
        return csv_bytes(frame, bom=True)
    if form == "xlsx":
        return _xlsx({"plan": frame, **plan.tables}, plan)
    raise ExportError(f"format {form!r}; wanted one of {FORMATS}")


def write_plan(plan: Plan, path: Path, lang: str = "zh") -> None:
    """Write the plan in the format that the file's name ends in; the file appears whole or not at all."""
    content = plan_bytes(plan, path.suffix.lower().removeprefix("."), lang)
    with whole(path) as unfinished:
        unfinished.write_bytes(content)


def csv_bytes(frame: pd.DataFrame, *, bom: bool = False) -> bytes:
    """Return a frame as CSV with every text cell made safe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(frame.columns)
    writer.writerows([safe(value) for value in row] for row in frame.itertuples(index=False, name=None))
    return out.getvalue().encode("utf-8-sig" if bom else "utf-8")


def safe(value: Any) -> Any:
    """Return a cell value; text that a spreadsheet would take for a formula gets a leading apostrophe."""
    if value is None or (isinstance(value, float) and pd.isna(value)) or value is pd.NaT:
        return ""
    if isinstance(value, str):
        return "'" + value if value.startswith(DANGEROUS) else value
    return value.isoformat() if isinstance(value, datetime) else value


def _xlsx(frames: dict[str, pd.DataFrame], plan: Plan) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    book.properties.created = book.properties.modified = EPOCH
    about = book.create_sheet("about")
    for name in ("kind", "as_of", "known_at", "area", "inputs_hash"):
        about.append([name, safe(getattr(plan, name))])
    about.append(["rules", ", ".join(plan.rules)])
    for words in plan.caveats:
        about.append(["caveat", words.zh, words.en])
    for name, frame in frames.items():
        sheet = book.create_sheet(name[:31])
        sheet.append([str(column) for column in frame.columns])
        for row in frame.itertuples(index=False, name=None):
            sheet.append([_cell(value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(value: Any) -> Any:
    value = safe(value.item() if hasattr(value, "item") else value)
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return "inf"
    return value if isinstance(value, str | int | float | bool) else str(value)
