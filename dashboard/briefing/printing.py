"""Print a briefing: arrange the pages, draw them, and write the file whole or not at all."""

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event, Lock
from typing import Any

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from PIL import Image

from dashboard.briefing import flow, leaves, paper
from dashboard.briefing.atlas import draw_map
from dashboard.briefing.blocks import ListBlock, MapBlock, Note, Section, TableBlock
from dashboard.briefing.content import Briefing
from dashboard.briefing.fonts import Fonts, find_fonts
from dashboard.briefing.front import MAP, draw_front, map_notes
from dashboard.briefing.listing import make_listing, nothing_to_list
from dashboard.briefing.page import BODY, Mast, titled
from dashboard.briefing.sheet import MM, SCALES, Box, Sheet
from dashboard.files import whole
from dashboard.text import both
from layers._errors import Cancelled

DPI, PIXELS = 300, (3508, 2480)  # A4 on its side at 300 dots an inch
# Everything that could differ between two machines or two settings files, and that shows in the output.
PRINT: Mapping[str, Any] = {"pdf.fonttype": 3, "pdf.compression": 9, "path.simplify": True, "figure.dpi": 72}
PRINTING = Lock()  # matplotlib keeps its settings and its fonts once for the whole process

Progress = Callable[[int, int, str, str], None]


@dataclass(frozen=True)
class Page:
    """A page still to be drawn: its heading, the section it belongs to, and how it is drawn between head and foot."""

    heading: str
    section: Section
    draw: Callable[[Sheet], None]


def write_pdf(briefing: Briefing, out: Path, progress: Progress | None = None, cancel: Event | None = None) -> None:
    """Write the atlas as PDF; equal briefings give equal bytes: no clock, no random name, no order of the process.

    progress  called with pages done, pages in all, and what is being done in both languages
    Raises Cancelled, and leaves no file, when `cancel` was set before a page.
    """
    with PRINTING, _settings():
        fonts = find_fonts()
        pages = arrange(briefing, Sheet(fonts))
        about = {"Title": f"{titled(briefing, 'zh')} {titled(briefing, 'en')}", "Subject": briefing.code, "Author": "",
                 "Creator": "Fangyi", "Producer": "Fangyi", "CreationDate": None}  # fmt: skip
        with whole(out) as unfinished, unfinished.open("wb") as file:
            book = PdfPages(file, metadata=about)
            for sheet in drawn(briefing, pages, fonts, progress, cancel):
                book.savefig(sheet.figure)
            book.close()  # only when every page stands: closing a book broken off inside a page raises, and would hide why


def write_png(briefing: Briefing, out: Path, progress: Progress | None = None, cancel: Event | None = None) -> None:
    """Write the first map of the briefing as a picture of 300 dpi."""
    with PRINTING, _settings():
        fonts = find_fonts()
        pages = arrange(briefing, Sheet(fonts))
        first = next((at for at, page in enumerate(pages) if page.section.of(MapBlock)), 0)
        with whole(out) as unfinished:
            for sheet in drawn(briefing, pages, fonts, progress, cancel, range(first, first + 1)):
                _picture(sheet, unfinished, titled(briefing, briefing.lang), briefing.code)


def pictures(briefing: Briefing, most: int, dpi: int, cancel: Event | None = None) -> tuple[list[bytes], int]:
    """Return the first pages as small PNGs, for a preview, and how many pages there are."""
    with PRINTING, _settings():
        fonts = find_fonts()
        pages = arrange(briefing, Sheet(fonts))
        found = []
        for sheet in drawn(briefing, pages, fonts, None, cancel, range(min(most, len(pages)))):
            out = io.BytesIO()
            sheet.figure.set_dpi(dpi)
            FigureCanvasAgg(sheet.figure).print_png(out, metadata={"Software": "Fangyi"})
            found.append(out.getvalue())
        return found, len(pages)


def map_picture(briefing: Briefing, block: MapBlock) -> tuple[bytes, tuple[str, ...], tuple[float, float]]:
    """Return a map alone as PNG of 300 dpi, every sentence on what it does not show, and its size in millimetres."""
    with PRINTING, _settings():
        sheet = Sheet(find_fonts())
        notes = map_notes(draw_map(sheet, MAP, block.scene, briefing.lang), block, briefing.lang)
        sheet.figure.set_dpi(DPI)
        FigureCanvasAgg(sheet.figure).draw()
        pixels = np.asarray(sheet.figure.canvas.buffer_rgba())
        left, top, right, bottom = (
            round(mm / MM * DPI) for mm in (MAP.x - 3.5, MAP.y - 3, MAP.right + 1, MAP.bottom + 3)
        )
        out = io.BytesIO()
        Image.fromarray(pixels[top:bottom, left:right]).convert("RGB").save(out, "PNG")
        return out.getvalue(), notes, (MAP.width + 4.5, MAP.height + 6)


def arrange(briefing: Briefing, sheet: Sheet) -> list[Page]:
    """Return all pages in order; a spare sheet measures the letters."""
    return [page for section in briefing.sections for page in _pages(briefing, section, sheet)]


def drawn(
    briefing: Briefing, pages: list[Page], fonts: Fonts, progress: Progress | None, cancel: Event | None,
    wanted: range | None = None,
) -> Iterator[Sheet]:  # fmt: skip
    """Draw the pages (numbers from 0; all when not said) one after the other, each with its head and foot."""
    mast, told = Mast(briefing), progress or (lambda *_: None)
    numbers = wanted or range(len(pages))
    for done, at in enumerate(numbers):
        if cancel is not None and cancel.is_set():
            raise Cancelled(f"the briefing {briefing.code} was stopped before page {at + 1}; nothing was written")
        page = pages[at]
        told(done, len(numbers), *both("brief.printing.page_2", at=at + 1, heading=page.heading))
        sheet = Sheet(fonts, SCALES[briefing.choice.size])
        if page.section.key == "cover":
            leaves.draw_cover(sheet, page.section, mast, at + 1, len(pages))
        else:
            page.draw(sheet)
            mast.furnish(sheet, page.heading, at + 1, len(pages))
        yield sheet
    told(len(numbers), len(numbers), *both("brief.printing.done"))


def _pages(briefing: Briefing, section: Section, sheet: Sheet) -> list[Page]:
    """The pages of one section."""
    lang = briefing.lang
    if section.key == "cover":
        return [Page(section.title, section, lambda _: None)]
    if section.key == "city":
        return [Page(section.title, section, lambda s: leaves.draw_summary(s, section))]
    if section.key.startswith("district:"):
        return [Page(section.title, section, lambda s: leaves.draw_district(s, section, lang))]
    if not section.part:
        return _flowing(section, section.title, [*section.of(Note), *section.of(TableBlock)], sheet)
    front = Page(section.title, section, lambda s: draw_front(s, section, lang))
    tables = _flowing(section, section.title, section.of(TableBlock), sheet)
    lists = [page for block in section.of(ListBlock) for page in _listed(section, block, sheet, lang)]
    return [front, *tables, *lists]


def _flowing(section: Section, title: str, blocks: list[Any], sheet: Sheet) -> list[Page]:
    return [Page(title, section, partial(_flow, pieces)) for pieces in flow.paged(sheet, blocks)]


def _flow(pieces: list[flow.Piece], sheet: Sheet) -> None:
    flow.draw(sheet, pieces)


def _listed(section: Section, block: ListBlock, sheet: Sheet, lang: str) -> list[Page]:
    listing = make_listing(sheet, block, lang)
    heading = f"{section.title} · {block.title}"
    if not listing.pages:
        return [Page(heading, section, partial(_say, nothing_to_list(block.plan, lang)))]
    return [Page(heading, section, lambda s, at=at: listing.draw(s, at)) for at in range(len(listing.pages))]


def _say(text: str, sheet: Sheet) -> None:
    sheet.rectangle(Box(BODY.x, BODY.y + 2, BODY.width, 24), paper.PANEL)
    sheet.paragraph(BODY.x + 8, BODY.y + 16, BODY.width - 16, text, 13, bold=True)


@contextmanager
def _settings() -> Iterator[None]:
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # a settings file in somebody's home must not change what is printed
        matplotlib.rcParams.update(PRINT)
        yield


def _picture(sheet: Sheet, path: Path, title: str, code: str) -> None:
    sheet.figure.set_dpi(DPI)
    across, up = (round(side * sheet.scale) for side in PIXELS)
    sheet.figure.set_size_inches((across + 0.5) / DPI, (up + 0.5) / DPI)  # half a dot against rounding down
    FigureCanvasAgg(sheet.figure).print_png(path, metadata={"Software": "Fangyi", "Title": title, "Description": code})
