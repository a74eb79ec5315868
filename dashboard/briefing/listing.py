"""The proposals as a table with their reasons: the first of every action, on as many pages as are allowed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from dashboard.briefing import paper
from dashboard.briefing.blocks import ListBlock, ListColumn
from dashboard.briefing.labels import disc
from dashboard.briefing.page import BODY
from dashboard.briefing.panels import raised
from dashboard.briefing.proposals import by_action, titled
from dashboard.briefing.sheet import Box, Sheet, line_height
from dashboard.goods import said as in_english
from dashboard.text import figure, pick, say
from layers.decisions._proposal import ACTIONS, Plan, Proposal

SIZE, SMALL = 6.9, 5.6
PAD = 1.5  # millimetres above and below a row's text
HEAD, TITLE = 6.5, 8.0  # heights of the column heads and of a section's title
MOST_LINES = 6
NUMBER_MM, SUBJECT_MM, FIGURE_MM, FLIPS_MM = 9.0, 46.0, 14.5, 58.0


@dataclass(frozen=True)
class Row:
    """One proposal, set in lines."""

    proposal: Proposal
    number: int  # that it bears on the map, 0 for none
    subject: tuple[str, ...]
    about: tuple[str, ...]
    figures: tuple[str, ...]
    reasons: tuple[str, ...]
    flips: tuple[str, ...]

    @cached_property
    def height(self) -> float:
        """Return the millimetres that the row needs."""
        left = len(self.subject) * line_height(SIZE) + len(self.about) * line_height(SMALL)
        return max(left, max(len(self.reasons), len(self.flips)) * line_height(SIZE)) + 2 * PAD


@dataclass(frozen=True)
class Section:
    """The proposals of one action: those that are printed, and how many there are."""

    action: str
    rows: tuple[Row, ...]
    total: int


@dataclass(frozen=True)
class Listing:
    """The sections of a plan, cut to the pages allowed."""

    sections: tuple[Section, ...]
    block: ListBlock
    lang: str

    @cached_property
    def pages(self) -> tuple[tuple[tuple[Section, int, int], ...], ...]:
        """Return per page the pieces (section, first row, row after the last) that stand on it."""
        pages: list[list[tuple[Section, int, int]]] = [[]]
        y = HEAD
        for section in self.sections:
            at = 0
            while at < len(section.rows):
                if pages[-1] and y + TITLE + section.rows[at].height > BODY.height:
                    pages, y = [*pages, []], HEAD
                start, y = at, y + TITLE
                while at < len(section.rows) and (at == start or y + section.rows[at].height <= BODY.height):
                    y, at = y + section.rows[at].height, at + 1
                pages[-1].append((section, start, at))
        return tuple(tuple(page) for page in pages if page)

    def draw(self, sheet: Sheet, page: int) -> None:
        """Draw one page of the table."""
        y = _heads(sheet, self.block, self.lang)
        for section, start, stop in self.pages[page]:
            y = _title(sheet, y, section, start, self.lang)
            for row in section.rows[start:stop]:
                y = _row(sheet, y, row, len(self.block.columns))


def make_listing(sheet: Sheet, block: ListBlock, lang: str) -> Listing:
    """Return the table of a list, cut to its pages: a row of each action in turn, so that none is crowded out."""
    groups = by_action(block.plan)
    rows: dict[str, list[Row]] = {action: [] for action in groups}
    growing = list(groups)
    while growing:
        for action in list(growing):
            at = len(rows[action])
            if at < len(groups[action]):
                rows[action].append(_set(sheet, groups[action][at], block, lang))
                if len(_listing(rows, groups, block, lang).pages) <= block.most:
                    continue
                rows[action].pop()
            growing.remove(action)
    return _listing(rows, groups, block, lang)


def _listing(
    rows: Mapping[str, list[Row]], groups: Mapping[str, list[Proposal]], block: ListBlock, lang: str
) -> Listing:
    sections = [Section(action, tuple(found), len(groups[action])) for action, found in rows.items() if found]
    return Listing(tuple(sections), block, lang)


def nothing_to_list(plan: Plan, lang: str) -> str:
    """Return the sentence that stands where the table would."""
    if not plan.proposals:
        return say("brief.listing.there_nothing_judge", lang)  # fmt: skip
    n = figure(len(plan.proposals))
    return say("brief.listing.all_stay_they", lang, n=n)


def _set(sheet: Sheet, p: Proposal, block: ListBlock, lang: str) -> Row:
    columns, names = block.columns, block.names
    name = names.get(p.subject) or titled(p, lang)
    where = names.get(p.district, p.district)
    about = " · ".join(part for part in (where, p.subject if name != p.subject else "") if part)
    between = " " if lang == "en" else ""
    reasons = in_english(between.join(reason.said(lang) for reason in p.reasons), lang)
    width = BODY.width - NUMBER_MM - SUBJECT_MM - FIGURE_MM * len(columns) - FLIPS_MM - 6
    subject = sheet.wrapped(name, SIZE, SUBJECT_MM - 3, bold=True, most=2)
    small = sheet.wrapped(about, SMALL, SUBJECT_MM - 3, most=1) + sheet.wrapped(
        p.rule_id, SMALL, SUBJECT_MM - 3, most=1
    )
    figures = tuple(_figure(p, column, names) for column in columns)
    lines = sheet.wrapped(reasons, SIZE, width, most=MOST_LINES)
    flips = sheet.wrapped(in_english(p.flips_if.said(lang), lang), SIZE, FLIPS_MM - 2, most=MOST_LINES)
    return Row(p, block.numbers.get((p.subject, p.action), 0), subject, small, figures, lines, flips)


def _figure(p: Proposal, column: ListColumn, names: Mapping[str, str]) -> str:
    value = p.figures.get(column.key)
    return (names.get(value, value) or "–") if isinstance(value, str) else figure(value, column.digits)


def _heads(sheet: Sheet, block: ListBlock, lang: str) -> float:
    columns = block.columns
    x, y = BODY.x + NUMBER_MM, BODY.y + 3.4
    sheet.text(x, y, say("brief.listing.subject", lang), SIZE, bold=True, colour=paper.INK_SOFT)
    for at, column in enumerate(columns):
        right = x + SUBJECT_MM + FIGURE_MM * (at + 1) - 2.5
        words = sheet.wrapped(pick((column.zh, column.en), lang), SMALL, FIGURE_MM - 1, bold=True, most=2)
        for line, text in enumerate(words):
            sheet.text(right, y - 1.2 + line * 2.5, text, SMALL, bold=True, align="right", colour=paper.INK_SOFT)
    x += SUBJECT_MM + FIGURE_MM * len(columns) + 2
    why = say("brief.listing.reasons", lang)
    sheet.text(x, y, why, SIZE, bold=True, colour=paper.INK_SOFT)
    raised(sheet, x + sheet.width(why, SIZE, bold=True) + 0.4, y, block.code, SIZE)
    sheet.text(
        BODY.right - FLIPS_MM, y, say("brief.listing.would_change_if", lang), SIZE, bold=True, colour=paper.INK_SOFT
    )
    return BODY.y + HEAD


def _title(sheet: Sheet, y: float, section: Section, start: int, lang: str) -> float:
    colour = paper.ACTION.get(section.action, paper.INK_SOFT)
    sheet.rectangle(Box(BODY.x, y, BODY.width, TITLE - 1.8), paper.PANEL)
    sheet.rectangle(Box(BODY.x, y, 2.2, TITLE - 1.8), colour)
    shown, total = figure(len(section.rows)), figure(section.total)
    count = say("brief.listing.in_all", lang, total=total)
    if len(section.rows) < section.total:
        count = say("brief.listing.first_rest_in", lang, shown=shown, total=total)
    more = say("brief.listing.continued", lang) if start else ""
    words = ACTIONS[section.action].said(lang) if section.action in ACTIONS else section.action
    sheet.text(BODY.x + 4.5, y + 4.3, words + more, 8.4, bold=True)
    sheet.text(BODY.right - 2, y + 4.2, count, 7, align="right", colour=paper.INK_SOFT)
    return y + TITLE


def _row(sheet: Sheet, y: float, row: Row, columns: int) -> float:
    base = y + PAD + 2.0
    if row.number:
        disc(sheet, BODY.x + 3.6, base - 0.7, str(row.number))
    x = BODY.x + NUMBER_MM
    below = sheet.lines(x, base, row.subject, SIZE, bold=True)
    sheet.lines(x, below - 0.3, row.about, SMALL, colour=paper.INK_SOFT)
    for at, value in enumerate(row.figures):
        right = x + SUBJECT_MM + FIGURE_MM * (at + 1) - 2.5
        sheet.text(right, base, value, SIZE, align="right")
    x += SUBJECT_MM + FIGURE_MM * columns + 2
    sheet.lines(x, base, row.reasons, SIZE)
    sheet.lines(BODY.right - FLIPS_MM, base, row.flips, SIZE, colour=paper.INK_SOFT)
    y += row.height
    sheet.stroke([(BODY.x, y), (BODY.right, y)], paper.RULE, 0.4)
    return y
