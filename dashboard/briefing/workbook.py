"""The briefing as a workbook: every figure, sentence, table and proposal of it as rows, numbers as numbers, and where each comes from."""

import io
import re
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Any, Protocol

import xlsxwriter

from dashboard.briefing.blocks import ChartBlock, Figures, ListBlock, Note, Paragraph, Section, TableBlock, TableColumn
from dashboard.briefing.clock import stamp_of
from dashboard.briefing.content import Briefing
from dashboard.briefing.packed import settled
from dashboard.briefing.page import CLOCKS, titled
from dashboard.briefing.plainly import listed_rows
from dashboard.briefing.printing import Progress
from dashboard.export import safe
from dashboard.files import whole
from dashboard.text import both, is_unknown, pick, say
from layers._errors import Cancelled

FORBIDDEN = re.compile(r"[\[\]:*?/\\']")  # in the name of a sheet
LONGEST = 31  # letters of such a name
WIDEST = 60  # letters of a column
KEYS = {("lineage", 1): "footnote", ("lineage", 2): "receipt", ("sources", 0): "rule", ("sources", 1): "caveat"}


def write_xlsx(briefing: Briefing, out: Path, progress: Progress | None = None, cancel: Event | None = None) -> None:
    """Write the briefing as XLSX; equal briefings give equal bytes, and no cell is a formula.

    Raises Cancelled, and leaves no file, when `cancel` was set before a chapter.
    """
    content, told = io.BytesIO(), progress or (lambda *_: None)
    book = Book(content)
    fill(book, briefing, told, cancel)
    book.close()
    with whole(out) as unfinished:
        unfinished.write_bytes(settled(content.getvalue()))
    chapters = len(briefing.sections) - 1
    told(chapters, chapters, *both("brief.printing.done"))


class Sheets(Protocol):
    """What takes the rows of a briefing, table by table."""

    def sheet(self, name: str, heads: Sequence[str], rows: Sequence[Sequence[Any]], key: str) -> None:
        """Take one table: its title, the names of its columns, its rows; `key` is its name in letters of ASCII."""


def fill(book: Sheets, briefing: Briefing, told: Progress, cancel: Event | None) -> None:
    """Hand every table of a briefing to a book; raises Cancelled when `cancel` was set before a chapter."""
    book.sheet(say("brief.workbook.about", briefing.lang), *_about(briefing), "about")
    sections = briefing.sections[1:]
    for at, section in enumerate(sections):
        if cancel is not None and cancel.is_set():
            raise Cancelled(f"the tables of {briefing.code} were stopped before {section.title}; nothing was written")
        told(at, len(sections), *both("brief.printing.page_2", at=at + 1, heading=section.title))
        _section(book, section, briefing.lang)


class Book:
    """A workbook that grows sheet by sheet; names are made short, allowed and different."""

    def __init__(self, content: io.BytesIO) -> None:
        # A text that looks like a formula, a link or a number is a text.
        texts = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self._book = xlsxwriter.Workbook(content, {"in_memory": True, "nan_inf_to_errors": False, **texts})
        self._bold = self._book.add_format({"bold": True, "bottom": 1})
        self._names: set[str] = set()

    def sheet(self, name: str, heads: Sequence[str], rows: Sequence[Sequence[Any]], key: str = "") -> None:
        """Add a sheet with its heads frozen; unknown is an empty cell, not a nought."""
        page = self._book.add_worksheet(self._named(name))
        page.freeze_panes(1, 0)
        for at, head in enumerate(heads):
            page.write_string(0, at, head, self._bold)
            longest = max([len(head), *(len(str(row[at])) for row in rows[:200])])
            page.set_column(at, at, min(max(longest * 1.3 + 2, 8), WIDEST))
        for down, row in enumerate(rows, start=1):
            for at, value in enumerate(row):
                if isinstance(value, str):
                    page.write_string(down, at, str(safe(value)))
                elif not is_unknown(value):
                    page.write_number(down, at, float(value))

    def close(self) -> None:
        """Finish the file."""
        self._book.close()

    def _named(self, name: str) -> str:
        base = FORBIDDEN.sub(" ", name).strip()[:LONGEST] or "-"
        found, at = base, 2
        while found.lower() in self._names:
            found, at = f"{base[: LONGEST - 4]} {at}", at + 1
        self._names.add(found.lower())
        return found


def _about(briefing: Briefing) -> tuple[list[str], list[list[str]]]:
    lang = briefing.lang
    rows = [
        [say("brief.workbook.name", lang), titled(briefing, lang)],
        [say("brief.workbook.code", lang), briefing.code],
        [pick(CLOCKS[0], lang), stamp_of(briefing.as_of)],
        [pick(CLOCKS[1], lang), stamp_of(briefing.known_at)],
        [say("brief.workbook.secrecy", lang), briefing.secrecy.said(lang)],
        [say("brief.workbook.revision", lang), briefing.snapshot.revision],
        [say("brief.workbook.path", lang), briefing.path],
        *([say("brief.workbook.note", lang), note] for note in briefing.notes),
    ]
    return [say("brief.workbook.key", lang), say("brief.workbook.text", lang)], rows


def _section(book: Sheets, section: Section, lang: str) -> None:
    base = section.key.replace(":", "_")
    figures = [one for block in section.of(Figures) for one in block.figures]
    if figures:
        heads = [say(f"brief.workbook.{key}", lang) for key in ("name", "value", "unit", "note", "code")]
        rows = [[one.name, one.value, one.unit, one.note, one.code] for one in figures]
        book.sheet(section.title, heads, rows, f"{base}_figures")
    said = [*section.of(Paragraph), *section.of(Note)]
    if said:
        heads = [say(f"brief.workbook.{key}", lang) for key in ("section", "text", "code")]
        title = f"{section.title} {say('brief.workbook.words', lang)}"
        book.sheet(title, heads, [_sentence(one) for one in said], f"{base}_text")
    for at, block in enumerate(section.blocks):
        if isinstance(block, ListBlock):
            _table(book, section, listed_rows(block, lang), f"{base}_proposals")
        elif isinstance(block, TableBlock):
            _table(book, section, block, KEYS.get((base, at), f"{base}_table_{at}"))
        elif isinstance(block, ChartBlock) and len(block.data):
            columns = (
                TableColumn("label", ""),
                *(TableColumn(s.key, s.title, block.unit, code=block.code) for s in block.series),
            )
            _table(book, section, TableBlock(block.title, columns, block.data, len(block.data)), f"{base}_chart_{at}")


def _sentence(one: Paragraph | Note) -> list[str]:
    if isinstance(one, Note):
        return ["", one.text, ""]
    return [one.heading, one.text, " ".join(one.codes)]


def _table(book: Sheets, section: Section, block: TableBlock, key: str) -> None:
    if not len(block.frame):
        return
    heads = [" ".join(filter(None, [c.title, f"（{c.unit}）" if c.unit else "", c.code])) for c in block.columns]
    rows = block.frame[[column.key for column in block.columns]].astype(object).to_numpy().tolist()
    title = block.title if block.title.startswith(section.title) else f"{section.title} {block.title}"
    book.sheet(title, heads, rows, key)
