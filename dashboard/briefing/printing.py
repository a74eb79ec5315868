"""Print a briefing: arrange the pages, draw them, and write the file whole or not at all."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event, Lock
from typing import Any

import geopandas as gpd
import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages

from dashboard.briefing import beds, lockdown, paper, staff
from dashboard.briefing.atlas import NOTHING
from dashboard.briefing.errors import BriefingError
from dashboard.briefing.fonts import Fonts, find_fonts
from dashboard.briefing.front import Asked, district_names, draw_front
from dashboard.briefing.listing import NUMBERED, make_listing, nothing_to_list
from dashboard.briefing.method import make_method
from dashboard.briefing.page import BODY, Mast
from dashboard.briefing.sheet import Box, Sheet
from dashboard.files import whole
from dashboard.text import LANGS
from layers._errors import Cancelled
from layers._view import View
from layers.decisions._proposal import Plan, Words

KINDS = {"lockdown": lockdown, "beds": beds, "staff": staff}
LAYERS = tuple(dict.fromkeys(key for kind in KINDS.values() for key in kind.LAYERS))
FORMATS = (".pdf", ".png")
DPI, PIXELS = 300, (3508, 2480)  # A4 on its side at 300 dots an inch
# Everything that could differ between two machines or two settings files, and that shows in the output.
PRINT: Mapping[str, Any] = {"pdf.fonttype": 3, "pdf.compression": 9, "path.simplify": True, "figure.dpi": 72}
PRINTING = Lock()  # matplotlib keeps its settings and its fonts once for the whole process

Progress = Callable[[int, int, str, str], None]


def write_briefing(
    kind: str,
    plan: Plan,
    frames: Mapping[str, gpd.GeoDataFrame],
    view: View,
    out: Path,
    *,
    city: tuple[str, str],
    drill: bool,
    lang: str = "zh",
    progress: Progress | None = None,
    cancel: Event | None = None,
) -> Path:
    """Write the briefing of a plan as PDF (all pages) or PNG (the first page, 300 dpi) by the suffix of `out`; return `out`.

    frames    layer frames by key as in LAYERS; a missing one leaves its part of the map empty
    city      its name in Chinese and English
    progress  called with pages done, pages in all, and what is being done in both languages
    Equal inputs give equal bytes: no clock, no random name, no order that depends on the process.
    """
    _check(kind, plan, out, lang)
    told = progress or (lambda *_: None)
    with PRINTING, _settings():
        fonts = find_fonts()
        told(0, 1, "绘制地图", "drawing the map")
        pages = _compose(kind, plan, frames, Asked(view, Words(*city), lang), fonts)
        mast = Mast(plan.title, _place(view.area, Words(*city), frames), plan.as_of, plan.known_at, plan.rules,
                    plan.inputs_hash, drill, lang)  # fmt: skip
        wanted = pages[:1] if out.suffix.lower() == ".png" else pages
        with whole(out) as unfinished, _opened(out.suffix.lower(), unfinished, mast) as print_sheet:
            for number, page in enumerate(wanted, start=1):
                if cancel is not None and cancel.is_set():
                    raise Cancelled(f"the briefing {out.name} was stopped before page {number}; nothing was written")
                sheet = page.drawn or page.draw(Sheet(fonts))
                mast.furnish(sheet, page.heading, number, len(pages))
                print_sheet(sheet)
                told(number, len(wanted), f"第{number}页", f"page {number}")
    return out


@dataclass(frozen=True)
class _Page:
    """A page still to be drawn, or already drawn but for its head and foot."""

    heading: Words
    draw: Callable[[Sheet], Sheet]
    drawn: Sheet | None = None


def _compose(kind: str, plan: Plan, frames: Mapping[str, gpd.GeoDataFrame], asked: Asked, fonts: Fonts) -> list[_Page]:
    """Return all pages. The first is drawn at once: what its map leaves out is told on the last."""
    chosen, first, lang = KINDS[kind], Sheet(fonts), asked.lang
    listing = make_listing(first, plan, chosen.COLUMNS, chosen.names(frames, lang), lang)
    listed = [row.proposal for section in listing.sections for row in section.rows][:NUMBERED]
    notes = draw_front(
        first, chosen.front(plan, listed, frames, asked), lang, tuple(w.said(lang) for w in plan.silence)
    )
    method = make_method(first, plan, notes, lang)
    tables = [_Page(TABLE, partial(_on, listing.draw, at)) for at in range(len(listing.pages))]
    rest = [_Page(METHOD, partial(_on, method.draw, at)) for at in range(len(method.pages))]
    nothing = [_Page(TABLE, partial(_say, nothing_to_list(plan, lang)))]
    return [_Page(FRONT, lambda sheet: sheet, first), *(tables or nothing), *rest]


FRONT = Words("一、总图与要点", "1 Map and key figures")
TABLE = Words("二、建议与理由", "2 Proposals and reasons")
METHOD = Words("三、规则与说明", "3 Rules and notes")


def _on(draw: Callable[[Sheet, int], None], page: int, sheet: Sheet) -> Sheet:
    draw(sheet, page)
    return sheet


def _say(text: str, sheet: Sheet) -> Sheet:
    sheet.rectangle(Box(BODY.x, BODY.y + 2, BODY.width, 24), paper.PANEL)
    sheet.paragraph(BODY.x + 8, BODY.y + 16, BODY.width - 16, text, 13, bold=True)
    return sheet


def _place(area: str, city: Words, frames: Mapping[str, gpd.GeoDataFrame]) -> Words:
    """Return what the view is about: the city, and the district, street or compound in it."""
    if not area:
        return city
    code, _, street = area.partition("/")
    zh, en = (district_names(frames, lang).get(code, code) for lang in LANGS)
    if area.startswith("compound:"):
        code = area.removeprefix("compound:")
        compounds = frames.get("compounds", NOTHING)
        zh = en = next(iter(compounds.loc[compounds["id"] == code, "name"]), code)
    return Words(f"{city.zh}{zh}{street}", f"{city.en}, {en}{' ' * bool(street)}{street}")


def _check(kind: str, plan: Plan, out: Path, lang: str) -> None:
    if kind not in KINDS:
        raise BriefingError(f"there is no briefing {kind!r}; wanted one of: {', '.join(KINDS)}")
    if plan.kind != kind:
        raise BriefingError(f"the plan is about {plan.kind!r}; a {kind} briefing wants a {kind} plan")
    if out.suffix.lower() not in FORMATS:
        raise BriefingError(
            f"{out.name}: format {out.suffix!r}; wanted a file name that ends in {' or '.join(FORMATS)}"
        )
    if lang not in LANGS:
        raise BriefingError(f"language {lang!r}; wanted one of: {', '.join(LANGS)}")


@contextmanager
def _settings() -> Iterator[None]:
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # a settings file in somebody's home must not change what is printed
        matplotlib.rcParams.update(PRINT)
        yield


@contextmanager
def _opened(form: str, path: Path, mast: Mast) -> Iterator[Callable[[Sheet], None]]:
    """Give a function that prints a sheet into the file; the metadata name no hour and no program version."""
    title = f"{mast.place.zh}{mast.title.zh} {mast.place.en} {mast.title.en}"
    if form == ".png":
        yield lambda sheet: _picture(sheet, path, title)
        return
    about = {"Title": title, "Subject": mast.inputs_hash, "Author": "", "Creator": "Fangyi", "Producer": "Fangyi"}
    with path.open("wb") as file:
        book = PdfPages(file, metadata={**about, "CreationDate": None})
        yield lambda sheet: book.savefig(sheet.figure)
        book.close()  # only when every page stands: closing a book broken off inside a page raises, and would hide why


def _picture(sheet: Sheet, path: Path, title: str) -> None:
    sheet.figure.set_dpi(DPI)
    sheet.figure.set_size_inches((PIXELS[0] + 0.5) / DPI, (PIXELS[1] + 0.5) / DPI)  # half a dot against rounding down
    FigureCanvasAgg(sheet.figure).print_png(path, metadata={"Software": "Fangyi", "Title": title})
