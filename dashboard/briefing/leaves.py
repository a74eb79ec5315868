"""The pages that are not a map of the whole: cover, summary in words, and the page of a district."""

from dashboard.briefing import flow, paper
from dashboard.briefing.atlas import draw_map
from dashboard.briefing.blocks import Figures, MapBlock, Note, Paragraph, Section, TableBlock
from dashboard.briefing.clock import stamp_of
from dashboard.briefing.front import draw_legend, legend_height, map_notes, warned
from dashboard.briefing.inline import draw_lines, set_lines
from dashboard.briefing.page import BODY, CLOCKS, MARGIN, Mast, titled
from dashboard.briefing.panels import key_figures
from dashboard.briefing.sheet import HEIGHT, WIDTH, Box, Sheet, line_height
from dashboard.text import pick

COVER = Box(MARGIN + 14, 30, WIDTH - 2 * MARGIN - 28, HEIGHT - 60)
WORDS = 10.4  # points of the summary's sentences, as large as the page allows
SMALLEST = 7.0
FIGURE_MM = 20.0  # height of one of them
FIGURES_MM = 78.0  # width of the key figures beside the summary
DISTRICT_MAP = Box(BODY.x + 3.5, BODY.y + 3.0, 142.0, BODY.height - 3.5)


def draw_cover(sheet: Sheet, section: Section, mast: Mast, page: int, pages: int) -> None:
    """Draw the cover: what it is, of where and when, what may not be missed, and the contents."""
    b, lang = mast.briefing, mast.lang
    sheet.rectangle(Box(0, 0, WIDTH, 5.0), paper.ALARM if b.drill else paper.INK)
    mast.stamps(sheet)
    other = "en" if lang == "zh" else "zh"
    sheet.text(COVER.x, 56, b.place.said(lang), 22, colour=paper.INK_SOFT, width=170)
    sheet.text(COVER.x, 76, b.title.said(lang), 44, bold=True, width=200)
    sheet.text(COVER.x, 87, titled(b, other), 13, colour=paper.INK_SOFT, width=170)
    sheet.stroke([(COVER.x, 93), (COVER.x + 150, 93)], paper.INK, 1.4)
    for line, (words, at) in enumerate(((CLOCKS[0], b.as_of), (CLOCKS[1], b.known_at))):
        sheet.text(COVER.x, 103 + line * 8, pick(words, lang), 11, colour=paper.INK_SOFT)
        sheet.text(COVER.x + 34, 103 + line * 8, stamp_of(at), 14, bold=True)
    key_figures(sheet, Box(COVER.x, 118, 150, 22), section.of(Figures)[0].figures, across=3)
    warned(sheet, Box(COVER.x, 147, 150, 40), tuple(note.text for note in section.of(Note) if note.alarm))
    _contents(sheet, section.of(TableBlock)[0], COVER.x + 172)
    mast.foot(sheet, page, pages)


def _contents(sheet: Sheet, block: TableBlock, x: float) -> None:
    sheet.text(x, 103, block.title, 11, bold=True)
    sheet.stroke([(x, 106), (x + 72, 106)], paper.INK, 0.6)
    for at, title in enumerate(block.frame["title"]):
        sheet.text(x, 113 + at * 6.6, f"{at + 1}", 9.5, colour=paper.INK_SOFT)
        sheet.text(x + 8, 113 + at * 6.6, str(title), 9.5)


def draw_summary(sheet: Sheet, section: Section) -> None:
    """Draw the summary: key figures at the left, sentences at the right, as large as there is room for."""
    figures = section.of(Figures)[0].figures
    left = Box(BODY.x, BODY.y + 3, FIGURES_MM, min(BODY.height - 6, FIGURE_MM * len(figures)))
    key_figures(sheet, left, figures, across=1, gap=2.0)
    draw_paragraphs(
        sheet,
        Box(left.right + 8, BODY.y + 2, BODY.right - left.right - 8, BODY.height - 3),
        section.of(Paragraph),
        WORDS,
    )


def draw_paragraphs(sheet: Sheet, box: Box, paragraphs: list[Paragraph], size: float) -> float:
    """Draw headed paragraphs in the largest letters that fit, down to the smallest legible; return where they end."""
    while True:
        title = size * 0.86
        set_ = [(one.heading, set_lines(sheet, one.pieces, size, box.width)) for one in paragraphs]
        space = line_height(size) * 0.55
        need = sum(len(lines) * line_height(size) + space + (line_height(title) if head else 0) for head, lines in set_)
        if need <= box.height or size <= SMALLEST:
            break
        size -= 0.2
    y = box.y
    for head, lines in set_:
        if head:
            sheet.text(box.x, y + line_height(title) * 0.72, head, title, bold=True, colour=paper.BAR["have"])
            y += line_height(title)
        y = draw_lines(sheet, box.x, y + line_height(size) * 0.72, lines, size) - line_height(size) * 0.72 + space
    return y


def draw_district(sheet: Sheet, section: Section, lang: str) -> None:
    """Draw a district: its map, its figures, the sentence, and what comes first there."""
    maps = section.of(MapBlock)
    side = BODY
    if maps:
        notes = map_notes(draw_map(sheet, DISTRICT_MAP, maps[0].scene, lang), maps[0], lang)
        side = Box(DISTRICT_MAP.right + 5, BODY.y, BODY.right - DISTRICT_MAP.right - 5, BODY.height)
        high = min(legend_height(maps[0], notes), 46)
        draw_legend(sheet, Box(side.x, side.bottom - high, side.width, high), maps[0], notes, lang)
        side = Box(side.x, side.y, side.width, side.height - high - 2)
    figures = section.of(Figures)[0].figures
    rows = -(-len(figures) // 4)
    tall = rows * 13.0
    key_figures(sheet, Box(side.x, side.y, side.width, tall), figures, across=4, gap=1.4)
    box = Box(side.x, side.y + tall + 3, side.width, 26)
    end = draw_paragraphs(sheet, box, section.of(Paragraph), 7.6)
    table = Box(side.x, end + 1, side.width, side.bottom - end - 1)
    pages = flow.paged(sheet, section.of(TableBlock), table)
    if pages:
        flow.draw(sheet, pages[0], table)
