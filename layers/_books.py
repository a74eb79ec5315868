"""Zipped documents: XLSX whose bytes depend on what is in it and on nothing else (openpyxl writes the hour of writing in two places), and what a damaged one raises."""

import io
import re
import zipfile
import zlib

import openpyxl

STAMP = (2020, 1, 20, 8, 0, 0)  # every date inside the file; a ZIP would otherwise keep the time of writing
FIXED = b"2020-01-20T00:00:00Z"
MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

# What `zipfile` raises on a file that is no archive, was cut off, altered, locked or packed in a way that it does not know.
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


def book_bytes(book: openpyxl.Workbook) -> bytes:
    """Return the workbook as XLSX; equal workbooks give equal bytes, whenever they are written."""
    written, fixed = io.BytesIO(), io.BytesIO()
    book.save(written)
    with zipfile.ZipFile(written) as found, zipfile.ZipFile(fixed, "w") as packed:
        for name in found.namelist():
            content = found.read(name)
            entry = zipfile.ZipInfo(name, STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, MOMENT.sub(FIXED, content) if name == "docProps/core.xml" else content)
    return fixed.getvalue()
