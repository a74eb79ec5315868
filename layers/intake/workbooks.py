"""What a spreadsheet file is before anything is unpacked into memory: whole, not locked, and no bomb."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from layers._books import DAMAGED
from layers._errors import FeedError

OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # how locked workbooks begin, and those of the old format XLS
LARGEST = 600_000_000  # bytes of all parts together; a sheet of a million rows has some 200 million
TIMES = 250  # a part may unpack to so many times its packed size; sheets of one repeated value come to about 100
SMALL = 10_000_000  # below this nobody is harmed, however well it is packed
BLOCK = 1 << 20
LONGEST_CELL = 1 << 22  # bytes; spreadsheets take 32,767 characters
CELL = re.compile(rb"<c\b[^>]*>(?:(?!</c>).)*?<f\b(?:(?!</c>).)*?</c>", re.S)


@dataclass(frozen=True)
class Formulas:
    """Cells of a workbook that hold a formula, and those of them in which nobody kept the value."""

    cells: int
    empty: int


def require_sane(path: Path) -> None:
    """Raise FeedError for a workbook that is locked, of the old format, damaged, or would fill the memory.

    Both the sizes that the file declares and those that it really unpacks to are judged.
    """
    with path.open("rb") as file:
        if file.read(len(OLE)) == OLE:
            raise FeedError(
                f"{path.name}: is locked with a password, or a workbook of the old format XLS; save it as XLSX without a password",
                f"{path.name}：已加密，或是旧格式XLS；请去掉密码并另存为XLSX",
            )
    try:
        with zipfile.ZipFile(path) as book:
            _judge(path, sum(part.file_size for part in book.infolist()), path.stat().st_size)
            _count(path, book)
    except (*DAMAGED, OSError) as error:
        raise FeedError(
            f"{path.name}: not a readable XLSX file ({error})",
            f"{path.name}：不是可读的XLSX文件，可能已损坏",
        ) from error


def formulas(path: Path) -> Formulas:
    """Return how many cells of all sheets hold a formula; of an empty one nobody knows the value."""
    cells = empty = 0
    with zipfile.ZipFile(path) as book:
        for part in book.infolist():
            if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml"):
                with book.open(part) as sheet:
                    for cell in _with_formulas(sheet):
                        cells += 1
                        empty += b"<v>" not in cell or b"<v></v>" in cell
    return Formulas(cells, empty)


def _with_formulas(sheet: IO[bytes]) -> Iterator[bytes]:
    """The cells of a sheet that hold a formula, block by block: a sheet may take hundreds of megabytes."""
    rest = b""
    while block := sheet.read(BLOCK):
        whole, end, rest = (rest[-LONGEST_CELL:] + block).rpartition(b"</c>")
        if b"<f" in whole:
            yield from CELL.findall(whole + end)


def _count(path: Path, book: zipfile.ZipFile) -> None:
    """Unpack every part into nothing: a file may declare less than it holds."""
    unpacked, packed = 0, path.stat().st_size
    for part in book.infolist():
        with book.open(part) as content:
            while block := content.read(BLOCK):
                unpacked += len(block)
                _judge(path, unpacked, packed)


def _judge(path: Path, unpacked: int, packed: int) -> None:
    if unpacked > LARGEST or (unpacked > SMALL and unpacked > TIMES * packed):
        raise FeedError(
            f"{path.name}: unpacks from {packed:,} to {unpacked:,} bytes or more; wanted at most {LARGEST:,} and {TIMES} times its size. Send it as CSV",
            f"{path.name}：解压后从 {packed:,} 字节膨胀到 {unpacked:,} 字节以上，疑似压缩炸弹，已拒收；请改用CSV",
        )
