"""Rows on their way into a file, page by page: CSV as it is sent, XLSX with a memory of one row."""

import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Any

import pandas as pd
import xlsxwriter

from dashboard.export import BOM, csv_lines, safe
from dashboard.rows import RowsError, Taking
from dashboard.text import both, is_unknown

FORMS = ("csv", "xlsx")
PIECE = 1 << 16
SHEET_ROWS = 1_000_000  # of data; a sheet ends at 1,048,576
Told = Callable[[int], None]  # how many rows went out so far; may raise to stop


def csv_parts(taking: Taking, told: Told | None = None) -> Iterator[bytes]:
    """Return the parts of a CSV (UTF-8 with BOM): the watermark, a part a page, the last line. Nothing is read before it is sent.

    Refusals come before the first part. A reader who goes away ends the work, and the journal says how far it came.
    """
    pages = taking.begin()
    return _csv(taking, BOM + csv_lines(taking.head()), pages, told or (lambda _: None))


def _csv(taking: Taking, head: bytes, pages: Iterator[pd.DataFrame], told: Told) -> Iterator[bytes]:
    rows, whole = 0, False
    try:
        yield head
        for content, number in map(_part, pages, _firsts()):
            rows += number
            yield content
            told(rows)
        yield csv_lines([taking.foot(rows)])
        whole = True
    finally:
        taking.end(rows, whole)


def _firsts() -> Iterator[bool]:
    yield True
    while True:
        yield False


def _part(page: pd.DataFrame, first: bool) -> tuple[bytes, int]:
    """One page as CSV, the first with the names of the columns, and how many rows it has."""
    head = csv_lines([page.columns]) if first else b""
    return head + csv_lines(page.itertuples(index=False, name=None)), len(page)


def xlsx_parts(taking: Taking, told: Told | None = None) -> Iterator[bytes]:
    """Return the parts of an XLSX, all written before the first is sent; what a row holds is in a file on disk before the next one comes.

    Refusals come before the first part. A reader who goes away ends the work, and the journal says that the file never arrived whole.
    """
    total = taking.total()
    if total > SHEET_ROWS:
        raise RowsError(*both("rows.sheet", n=f"{total:,}", most=f"{SHEET_ROWS:,}")[::-1])
    return _xlsx(taking, taking.begin(), told or (lambda _: None))


def _xlsx(taking: Taking, pages: Iterator[pd.DataFrame], told: Told) -> Iterator[bytes]:
    rows, whole = 0, False
    try:
        with tempfile.TemporaryFile() as out:
            for rows in _written(taking, pages, out):
                told(rows)
            out.seek(0)
            while piece := out.read(PIECE):
                yield piece
        whole = True
    finally:
        taking.end(rows, whole)


def _written(taking: Taking, pages: Iterator[pd.DataFrame], out: IO[bytes]) -> Iterator[int]:
    """Write a workbook, and say after each page how many rows it holds."""
    texts = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book, rows = xlsxwriter.Workbook(out, {"constant_memory": True, "nan_inf_to_errors": False, **texts}), 0
    sheet = _Sheet(book.add_worksheet(taking.table), book.add_format({"bold": True}))
    sheet.lines(taking.head(), bold=True)
    for number in map(sheet.page, pages):
        rows += number
        yield rows
    sheet.lines([taking.foot(rows)], bold=True)
    book.close()


class _Sheet:
    """A sheet that is written downwards and never read again."""

    def __init__(self, sheet: Any, bold: Any) -> None:
        self._sheet, self._bold, self._at, self._headed = sheet, bold, 0, False
        sheet.set_column(0, 20, 14)

    def lines(self, lines: Any, *, bold: bool = False) -> None:
        for line in lines:
            for across, value in enumerate(line):
                value = safe(value)
                if isinstance(value, str) and value:
                    self._sheet.write_string(self._at, across, value, self._bold if bold else None)
                elif not isinstance(value, str) and not is_unknown(value):
                    self._sheet.write_number(self._at, across, value)
            self._at += 1

    def page(self, page: pd.DataFrame) -> int:
        if not self._headed:
            self.lines([page.columns], bold=True)
            self._headed = True
        self.lines(page.itertuples(index=False, name=None))
        return len(page)
