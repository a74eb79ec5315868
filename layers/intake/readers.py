"""Read a delivered file as text, in chunks, whatever its format; judge nothing but its shape."""

import csv
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import openpyxl
import pandas as pd
import pyogrio

from layers._errors import FeedError

CHUNK = 10_000
FORMATS = (".csv", ".xlsx", ".jsonl", ".geojson", ".json", ".gpkg")
INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\ufeff\u2060"))  # zero-width marks that spreadsheets leave behind


@dataclass(frozen=True)
class Misshapen:
    """A row that does not have the file's columns."""

    row: int
    found: str
    wanted: str


@dataclass(frozen=True)
class Chunk:
    """Some rows of a file: every value text, a list, or None; `_row` is the row number a person sees in the file.

    `geometry`, where the format has one, holds shapely shapes in the coordinates of the file.
    """

    rows: pd.DataFrame
    misshapen: list[Misshapen] = field(default_factory=list)


def read(path: Path, *, sheet: str | None = None) -> Iterator[Chunk]:
    """Yield the file's rows. A file that cannot be read at all raises FeedError before or while rows are yielded."""
    suffix = path.suffix.lower()
    if not path.exists():
        raise FeedError(f"{path.name}: no such file")
    if suffix not in FORMATS:
        raise FeedError(f"{path.name}: format {suffix or 'unknown'}; wanted one of {', '.join(FORMATS)}")
    if path.stat().st_size == 0:
        raise FeedError(f"{path.name}: the file is empty")
    try:
        if suffix == ".csv":
            yield from _csv(path)
        elif suffix == ".xlsx":
            yield from _table(_xlsx(path, sheet), path)
        elif suffix == ".jsonl":
            yield from _jsonl(path)
        else:
            yield from _shapes(path)
    except (OSError, KeyError, csv.Error, UnicodeDecodeError, ValueError) as error:
        raise FeedError(f"{path.name}: cannot be read as {suffix[1:].upper()} ({error})") from error
    except pyogrio.errors.DataSourceError as error:
        raise FeedError(f"{path.name}: cannot be read as {suffix[1:].upper()} ({error})") from error


def encoding_of(path: Path) -> str:
    """Return utf-8-sig or gb18030, found by content; NUL bytes or neither raise FeedError."""
    content = path.read_bytes()
    if b"\0" in content:
        raise FeedError(f"{path.name}: holds NUL bytes at position {content.index(0)}; wanted a text file")
    for name in ("utf-8-sig", "gb18030"):
        try:
            content.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    raise FeedError(f"{path.name}: text is neither UTF-8 nor GB18030; save it as one of them")


def _csv(path: Path) -> Iterator[Chunk]:
    with path.open(encoding=encoding_of(path), newline="") as file:
        yield from _table(_csv_lines(file), path)


def _csv_lines(file: TextIO) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(file, strict=True)
    for line in reader:
        if line:
            yield reader.line_num, line


def _xlsx(path: Path, sheet: str | None) -> Iterator[tuple[int, list[Any]]]:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises whatever the zip or XML below it raised
        raise FeedError(f"{path.name}: not a readable XLSX file ({error})") from error
    if sheet and sheet not in book.sheetnames:
        raise FeedError(f"{path.name}: sheet {sheet!r} is missing; found {book.sheetnames}")
    lines = (book[sheet] if sheet else book.worksheets[0]).iter_rows(values_only=True)
    for number, line in enumerate(lines, start=1):
        if any(value is not None for value in line):
            yield number, list(line)
    book.close()


def _table(lines: Iterator[tuple[int, list[Any]]], path: Path) -> Iterator[Chunk]:
    """Chunks of a file whose first line names the columns."""
    try:
        _, first = next(lines)
    except StopIteration:
        raise FeedError(f"{path.name}: no line with column names") from None
    header = [text(name) or "" for name in first]
    while header and not header[-1]:
        header.pop()
    twice = {name for name in header if header.count(name) > 1}
    if twice or not header:
        raise FeedError(f"{path.name}: column names appear twice or are missing: {sorted(twice) or header}")
    rows: list[list[Any]] = []
    misshapen: list[Misshapen] = []
    for number, line in lines:
        values = (
            line[: len(header)] + [None] * (len(header) - len(line)) if _only_blank_beyond(line, len(header)) else line
        )
        if len(values) != len(header) or (len(line) < len(header) and path.suffix.lower() == ".csv"):
            misshapen.append(Misshapen(number, f"{len(line)} values", f"{len(header)} values"))
            continue
        rows.append([number, *(text(v) for v in values)])
        if len(rows) >= CHUNK:
            yield Chunk(pd.DataFrame(rows, columns=["_row", *header], dtype=object), misshapen)
            rows, misshapen = [], []
    yield Chunk(pd.DataFrame(rows, columns=["_row", *header], dtype=object), misshapen)


def _only_blank_beyond(line: list[Any], width: int) -> bool:
    return all(text(value) is None for value in line[width:])


def _jsonl(path: Path) -> Iterator[Chunk]:
    rows: list[dict[str, Any]] = []
    misshapen: list[Misshapen] = []
    with path.open(encoding=encoding_of(path)) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                record = json.loads(line, parse_int=str, parse_float=str, parse_constant=str)
            except (json.JSONDecodeError, RecursionError):
                record = None
            if not isinstance(record, dict):
                misshapen.append(Misshapen(number, line.strip()[:60], "one JSON object a line"))
                continue
            rows.append({"_row": number, **{str(k): text(v) for k, v in record.items()}})
            if len(rows) >= CHUNK:
                yield Chunk(pd.DataFrame(rows, dtype=object), misshapen)
                rows, misshapen = [], []
    yield Chunk(pd.DataFrame(rows, columns=None if rows else ["_row"], dtype=object), misshapen)


def _shapes(path: Path) -> Iterator[Chunk]:
    """GeoJSON and GeoPackage. Shapes in a projected system come back in its degrees; the datum is stated by the sender."""
    frame = pyogrio.read_dataframe(path)
    if frame.crs is not None and not frame.crs.is_geographic:
        frame = frame.to_crs(frame.crs.geodetic_crs)
    rows = pd.DataFrame({"_row": np.arange(1, len(frame) + 1)}, dtype=object)
    for name in frame.columns.drop("geometry", errors="ignore"):
        rows[str(name)] = [text(value) for value in frame[name].tolist()]
    if "geometry" in frame:
        rows["geometry"] = np.asarray(frame.geometry.values, dtype=object)
    for at in range(0, max(len(rows), 1), CHUNK):
        yield Chunk(rows.iloc[at : at + CHUNK].reset_index(drop=True))


def text(value: Any) -> Any:
    """Return the value as stripped text; blank, None and NaN become None; lists become lists of text."""
    if isinstance(value, list | tuple | np.ndarray):
        return [t for t in (text(v) for v in value) if t is not None]
    if isinstance(value, float):
        if math.isnan(value):
            return None
        value = int(value) if value.is_integer() and abs(value) < 1e15 else value
    if isinstance(value, datetime):
        value = value.isoformat() if value.time() != time(0) else value.date().isoformat()
    elif isinstance(value, date):
        value = value.isoformat()
    elif isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False, sort_keys=True)
    stripped = "" if value is None or value is pd.NaT else str(value).translate(INVISIBLE).strip()
    return stripped or None
