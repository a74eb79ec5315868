"""The briefing as slides: text, charts and tables that can be edited, maps as pictures of 300 dpi. Nothing is drawn that was not composed."""

import io
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from threading import Event

from pptx import Presentation
from pptx.presentation import Presentation as Deck
from pptx.slide import Slide
from pptx.util import Mm

from dashboard.briefing.blocks import (
    Block,
    ChartBlock,
    Figures,
    ListBlock,
    MapBlock,
    Note,
    Paragraph,
    Section,
    TableBlock,
)
from dashboard.briefing.clock import stamp_of
from dashboard.briefing.content import Briefing
from dashboard.briefing.flow import written
from dashboard.briefing.packed import settled
from dashboard.briefing.page import CLOCKS, DRILL, OPEN, titled
from dashboard.briefing.plainly import listed_rows
from dashboard.briefing.printing import Progress, map_picture
from dashboard.briefing.slide_parts import Area, chart, figure_cards, legend, lines, picture, rule_line, table, words
from dashboard.files import whole
from dashboard.text import both, figure, pick, say
from layers._errors import Cancelled

WIDE, HIGH = 338.7, 190.5  # millimetres: 16 to 9, as rooms show it
MARGIN = 11.0
BODY = Area(MARGIN, 27.0, WIDE - 2 * MARGIN, HIGH - 27.0 - 15.0)
ROWS = 11  # of a table to a slide
LISTED = 33  # proposals of a list; the workbook has all
ALARMS = 5  # sentences of the cover that stand in full size
CELL = 150  # characters of a cell; the workbook has the whole sentence

Drawn = tuple[str, Callable[[Slide], None]]  # heading, and what stands between head and foot


def write_pptx(briefing: Briefing, out: Path, progress: Progress | None = None, cancel: Event | None = None) -> None:
    """Write the briefing as PPTX; equal briefings give equal bytes. Raises Cancelled, and leaves no file, when `cancel` was set."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Mm(WIDE), Mm(HIGH)
    slides = [one for section in briefing.sections for one in _slides(briefing, section)]
    told = progress or (lambda *_: None)
    for at, (heading, draw) in enumerate(slides):
        if cancel is not None and cancel.is_set():
            raise Cancelled(f"the slides {briefing.code} were stopped before slide {at + 1}; nothing was written")
        told(at, len(slides), *both("brief.printing.page_2", at=at + 1, heading=heading))
        slide = deck.slides.add_slide(deck.slide_layouts[6])
        draw(slide)
        _furnish(briefing, slide, heading, at + 1, len(slides))
    _about(deck, briefing)
    content = io.BytesIO()
    deck.save(content)
    with whole(out) as unfinished:
        unfinished.write_bytes(settled(content.getvalue()))
    told(len(slides), len(slides), *both("brief.printing.done"))


def _about(deck: Deck, briefing: Briefing) -> None:
    core = deck.core_properties
    core.title, core.subject, core.author, core.last_modified_by = (
        titled(briefing, briefing.lang),
        briefing.code,
        "",
        "",
    )
    core.created = core.modified = briefing.known_at.replace(tzinfo=None)
    core.revision = 1


# ---- what stands on which slide


def _slides(briefing: Briefing, section: Section) -> list[Drawn]:
    if section.key == "cover":
        return [(section.title, partial(_cover, briefing, section))]
    found: list[Drawn] = []
    if section.of(Figures) or section.of(Paragraph):
        found.append((section.title, partial(_summary, section, briefing.lang)))
    for block in section.blocks:
        found += _of_block(briefing, section, block)
    notes = [note.text for note in section.of(Note)] if not section.of(Figures) else []
    if notes:
        found.append((section.title, lambda slide: lines(slide, BODY, [f"· {text}" for text in notes], 13)))
    return found


def _of_block(briefing: Briefing, section: Section, block: Block) -> list[Drawn]:
    title = section.title
    if isinstance(block, MapBlock):
        return [(f"{title} · {block.title}" if block.title else title, partial(_map, briefing, block))]
    if isinstance(block, ChartBlock) and len(block.data):
        return [(f"{title} · {block.title}", partial(_chart, block))]
    if isinstance(block, TableBlock):
        return _tables(title, block, briefing.lang)
    if isinstance(block, ListBlock):
        return _tables(title, _without(listed_rows(block, briefing.lang, LISTED), "rule"), briefing.lang)
    return []


def _without(block: TableBlock, *keys: str) -> TableBlock:
    columns = tuple(column for column in block.columns if column.key not in keys)
    return TableBlock(block.title, columns, block.frame, block.total, block.note)


def _tables(title: str, block: TableBlock, lang: str) -> list[Drawn]:
    """A table on as many slides as its rows need; the last says how many rows there are in all where some are left out."""
    count = len(block.frame)
    heading = f"{title} · {block.title}" if block.title and block.title != title else title
    return [(heading, partial(_table, block, start, min(start + ROWS, count), lang)) for start in range(0, count, ROWS)]


# ---- drawing


def _cover(briefing: Briefing, section: Section, slide: Slide) -> None:
    lang = briefing.lang
    other = "en" if lang == "zh" else "zh"
    words(slide, Area(MARGIN + 6, 42, 200, 14), briefing.place.said(lang), 26, soft=True)
    words(slide, Area(MARGIN + 6, 55, 230, 26), briefing.title.said(lang), 50, bold=True)
    words(slide, Area(MARGIN + 6, 82, 230, 10), titled(briefing, other), 15, soft=True)
    rule_line(slide, MARGIN + 8, 94, 170)
    for at, (pair, moment) in enumerate(((CLOCKS[0], briefing.as_of), (CLOCKS[1], briefing.known_at))):
        words(slide, Area(MARGIN + 6, 97 + 8 * at, 170, 8), f"{pick(pair, lang)}  {stamp_of(moment)}", 15, bold=True)
    figure_cards(slide, Area(MARGIN + 8, 118, 190, 24), section.of(Figures)[0].figures, 3)
    alarms = [f"▲ {note.text}" for note in section.of(Note) if note.alarm]
    size = 12.0 if len(alarms) <= ALARMS else 12.0 * ALARMS / len(alarms)
    lines(slide, Area(MARGIN + 6, 144, 200, 30), alarms, size, alarm=True)
    contents = section.of(TableBlock)[0]
    words(slide, Area(232, 97, 90, 8), contents.title, 14, bold=True)
    titles = [f"{at}  {title}" for at, title in enumerate(contents.frame["title"], start=1)]
    lines(slide, Area(232, 106, 95, 68), titles, 12)


def _summary(section: Section, lang: str, slide: Slide) -> None:
    figures = [one for block in section.of(Figures) for one in block.figures]
    alarms = [f"▲ {note.text}" for note in section.of(Note) if note.alarm]
    top = BODY.y
    if alarms:
        lines(slide, Area(BODY.x, top, BODY.width, 7.0 * len(alarms)), alarms, 12, alarm=True)
        top += 7.0 * len(alarms) + 2
    paragraphs = section.of(Paragraph)
    across = 2 if paragraphs else 4
    wide = 116.0 if paragraphs else BODY.width
    rows = -(-len(figures) // across)
    high = min(24.0, (BODY.bottom - top) / max(rows, 1) - 2)
    figure_cards(slide, Area(BODY.x, top, wide, (high + 2) * rows), figures, across)
    if paragraphs:
        area = Area(BODY.x + wide + 8, top, BODY.width - wide - 8, BODY.bottom - top)
        lines(slide, area, paragraphs, _fitting(paragraphs, area))


def _fitting(paragraphs: Sequence[Paragraph], area: Area) -> float:
    """The largest letters (16 to 8 points) in which the paragraphs fit; a Chinese letter is as wide as it is high."""
    size = 16.0
    while size > 8:
        letter = size * 0.3528  # millimetres
        rows = sum(
            2 + int(sum(1.0 if ord(c) > 0x2E80 else 0.55 for c in one.text) * letter / area.width)
            + bool(one.heading) for one in paragraphs
        )  # fmt: skip
        if rows * letter * 1.32 <= area.height:
            break
        size -= 0.5
    return size


def _map(briefing: Briefing, block: MapBlock, slide: Slide) -> None:
    content, notes, (wide, high) = map_picture(briefing, block)
    scale = min(222.0 / wide, BODY.height / high)
    picture(slide, Area(BODY.x, BODY.y, wide * scale, high * scale), content, f"{block.title} {block.code}")
    legend(slide, Area(BODY.x + wide * scale + 6, BODY.y, BODY.width - wide * scale - 6, BODY.height),
           say("brief.front.legend", briefing.lang), block, notes)  # fmt: skip


def _chart(block: ChartBlock, slide: Slide) -> None:
    told = [f"{word}" for word in dict.fromkeys(word for _, word in block.breaks)]
    high = BODY.height - (8 if told else 0)
    chart(slide, Area(BODY.x, BODY.y, BODY.width, high), block)
    lines(slide, Area(BODY.x, BODY.bottom - 7, BODY.width, 7), told, 11, alarm=True)


def _table(block: TableBlock, start: int, stop: int, lang: str, slide: Slide) -> None:
    rows = [
        [_short(written(row[column.key], column)) for column in block.columns]
        for row in block.frame.iloc[start:stop].to_dict("records")
    ]
    numbers = [block.frame[column.key].dtype.kind in "fiu" for column in block.columns]
    heads = [f"{c.title}{f'（{c.unit}）' if c.unit else ''}" for c in block.columns]
    codes = [column.code for column in block.columns]
    table(slide, Area(BODY.x, BODY.y, BODY.width, BODY.height - 8), heads, codes, rows, numbers)
    said = say("brief.slides.rows", lang, first=figure(start + 1), last=figure(stop), total=figure(block.total))
    words(slide, Area(BODY.x, BODY.bottom - 6, BODY.width, 6), " ".join(filter(None, [said, block.note])), 9, soft=True)


def _short(text: str) -> str:
    return text if len(text) <= CELL else text[: CELL - 1] + "…"


def _furnish(briefing: Briefing, slide: Slide, heading: str, page: int, pages: int) -> None:
    """Head and foot, as on paper: heading, clocks, secrecy and drill marks, code, source, page x of y."""
    lang = briefing.lang
    stamps = [briefing.secrecy, *((DRILL,) if briefing.drill else ())]
    stamped = "  |  ".join(f"{one.zh} {one.en}" for one in stamps)
    warned = briefing.drill or briefing.choice.secrecy != OPEN
    words(slide, Area(WIDE - MARGIN - 110, 6, 110, 8), stamped, 11, bold=True, alarm=warned, right=True)
    if page > 1:
        words(slide, Area(MARGIN, 8, 205, 11), heading, 22, bold=True)
        clocks = ((CLOCKS[0], briefing.as_of), (CLOCKS[1], briefing.known_at))
        told = "    ".join(f"{pick(pair, lang)} {stamp_of(at)}" for pair, at in clocks)
        words(slide, Area(MARGIN, 18, 205, 7), f"{titled(briefing, lang)}    {told}", 10, soft=True)
        rule_line(slide, MARGIN, 25, WIDE - 2 * MARGIN)
    rule_line(slide, MARGIN, HIGH - 13, WIDE - 2 * MARGIN)
    revision = say("brief.page.snapshot", lang, revision=briefing.snapshot.revision)
    foot = " ".join([*briefing.notes, revision])
    words(slide, Area(MARGIN, HIGH - 12, 225, 8), foot, 7, soft=True)
    number = f"{briefing.code}    {say('brief.page.page', lang, page=page, pages=pages)}"
    words(slide, Area(WIDE - MARGIN - 100, HIGH - 12, 100, 8), number, 11, bold=True, right=True)
