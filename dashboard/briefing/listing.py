"""The proposals as a table with their reasons: the first of every action, on as many pages as are allowed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from dashboard.briefing import paper
from dashboard.briefing.labels import disc
from dashboard.briefing.page import BODY
from dashboard.briefing.sheet import Box, Sheet, line_height
from dashboard.text import figure, pick
from layers.decisions._proposal import ACTIONS, Plan, Proposal

MOST_PAGES = 3
NUMBERED = 15  # so many proposals bear their number on the map
QUIET = ("keep",)  # nobody has to decide these
SIZE, SMALL = 6.9, 5.6
PAD = 1.5  # millimetres above and below a row's text
HEAD, TITLE = 6.5, 8.0  # heights of the column heads and of a section's title
MOST_LINES = 6
NUMBER_MM, SUBJECT_MM, FIGURE_MM, FLIPS_MM = 9.0, 46.0, 14.5, 58.0


@dataclass(frozen=True)
class Column:
    """A figure of the proposals that the table shows: its key and what it is called."""

    key: str
    zh: str
    en: str
    digits: int = 0


@dataclass(frozen=True)
class Row:
    """One proposal, set in lines."""

    proposal: Proposal
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
    """The proposals of one action: those that are printed, how many there are, and the number of the first."""

    action: str
    rows: tuple[Row, ...]
    total: int
    first: int


@dataclass(frozen=True)
class Listing:
    """The sections of a plan, cut to the pages allowed."""

    sections: tuple[Section, ...]
    columns: tuple[Column, ...]
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
        y = _heads(sheet, self.columns, self.lang)
        for section, start, stop in self.pages[page]:
            y = _title(sheet, y, section, start, self.lang)
            for at in range(start, stop):
                y = _row(sheet, y, section.rows[at], section.first + at, len(self.columns))


def make_listing(sheet: Sheet, plan: Plan, columns: tuple[Column, ...], names: Mapping[str, str], lang: str) -> Listing:
    """Return the table of a plan; `names` says codes (districts, hospitals, needs, skills) in words."""
    groups = by_action(plan)
    rows: dict[str, list[Row]] = {action: [] for action in groups}
    growing = list(groups)
    while growing:  # a row for each action in turn, so that none is crowded out
        for action in list(growing):
            at = len(rows[action])
            if at < len(groups[action]):
                rows[action].append(_set(sheet, groups[action][at], columns, names, lang))
                if len(_listing(rows, groups, columns, lang).pages) <= MOST_PAGES:
                    continue
                rows[action].pop()
            growing.remove(action)
    return _listing(rows, groups, columns, lang)


def _listing(
    rows: Mapping[str, list[Row]], groups: Mapping[str, list[Proposal]], columns: tuple[Column, ...], lang: str
) -> Listing:
    sections, number = [], 1
    for action, found in rows.items():
        if found:
            sections.append(Section(action, tuple(found), len(groups[action]), number))
            number += len(found)
    return Listing(tuple(sections), columns, lang)


def by_action(plan: Plan) -> dict[str, list[Proposal]]:
    """Return action -> proposals, both in the plan's order, without the quiet ones."""
    found: dict[str, list[Proposal]] = {}
    for proposal in plan.proposals:
        if proposal.action not in QUIET:
            found.setdefault(proposal.action, []).append(proposal)
    return found


def nothing_to_list(plan: Plan, lang: str) -> str:
    """Return the sentence that stands where the table would."""
    if not plan.proposals:
        return pick(("本范围内没有可供判断的数据，未产生任何建议。请先导入数据。",
                     "There is nothing to judge here, so nothing is proposed. Import data first."), lang)  # fmt: skip
    n = figure(len(plan.proposals))
    return pick(
        (f"全部{n}项均建议维持现状，没有需要决定的事项。", f"All {n} stay as they are; nothing needs a decision."), lang
    )


def _set(sheet: Sheet, p: Proposal, columns: Sequence[Column], names: Mapping[str, str], lang: str) -> Row:
    name = names.get(p.subject) or p.name or p.subject
    where = names.get(p.district, p.district)
    about = " · ".join(part for part in (where, p.subject if name != p.subject else "") if part)
    between = " " if lang == "en" else ""
    reasons = between.join(reason.said(lang) for reason in p.reasons)
    width = BODY.width - NUMBER_MM - SUBJECT_MM - FIGURE_MM * len(columns) - FLIPS_MM - 6
    subject = sheet.wrapped(name, SIZE, SUBJECT_MM - 3, bold=True, most=2)
    small = sheet.wrapped(about, SMALL, SUBJECT_MM - 3, most=1) + sheet.wrapped(
        p.rule_id, SMALL, SUBJECT_MM - 3, most=1
    )
    figures = tuple(_figure(p, column, names) for column in columns)
    lines = sheet.wrapped(reasons, SIZE, width, most=MOST_LINES)
    return Row(
        p, subject, small, figures, lines, sheet.wrapped(p.flips_if.said(lang), SIZE, FLIPS_MM - 2, most=MOST_LINES)
    )


def _figure(p: Proposal, column: Column, names: Mapping[str, str]) -> str:
    value = p.figures.get(column.key)
    return (names.get(value, value) or "–") if isinstance(value, str) else figure(value, column.digits)


def _heads(sheet: Sheet, columns: Sequence[Column], lang: str) -> float:
    x, y = BODY.x + NUMBER_MM, BODY.y + 3.4
    sheet.text(x, y, pick(("对象", "Subject"), lang), SIZE, bold=True, colour=paper.INK_SOFT)
    for at, column in enumerate(columns):
        right = x + SUBJECT_MM + FIGURE_MM * (at + 1) - 2.5
        words = sheet.wrapped(pick((column.zh, column.en), lang), SMALL, FIGURE_MM - 1, bold=True, most=2)
        for line, text in enumerate(words):
            sheet.text(right, y - 1.2 + line * 2.5, text, SMALL, bold=True, align="right", colour=paper.INK_SOFT)
    x += SUBJECT_MM + FIGURE_MM * len(columns) + 2
    sheet.text(x, y, pick(("理由", "Reasons"), lang), SIZE, bold=True, colour=paper.INK_SOFT)
    sheet.text(
        BODY.right - FLIPS_MM, y, pick(("反转条件", "Would change if"), lang), SIZE, bold=True, colour=paper.INK_SOFT
    )
    return BODY.y + HEAD


def _title(sheet: Sheet, y: float, section: Section, start: int, lang: str) -> float:
    colour = paper.ACTION.get(section.action, paper.INK_SOFT)
    sheet.rectangle(Box(BODY.x, y, BODY.width, TITLE - 1.8), paper.PANEL)
    sheet.rectangle(Box(BODY.x, y, 2.2, TITLE - 1.8), colour)
    shown, total = figure(len(section.rows)), figure(section.total)
    count = pick((f"共 {total} 项", f"{total} in all"), lang)
    if len(section.rows) < section.total:
        count = pick(
            (f"列出前 {shown} 项，共 {total} 项；其余见导出表", f"first {shown} of {total}; the rest is in the export"),
            lang,
        )
    more = pick(("（续）", " (continued)"), lang) if start else ""
    words = ACTIONS[section.action].said(lang) if section.action in ACTIONS else section.action
    sheet.text(BODY.x + 4.5, y + 4.3, words + more, 8.4, bold=True)
    sheet.text(BODY.right - 2, y + 4.2, count, 7, align="right", colour=paper.INK_SOFT)
    return y + TITLE


def _row(sheet: Sheet, y: float, row: Row, number: int, columns: int) -> float:
    base = y + PAD + 2.0
    if number <= NUMBERED:
        disc(sheet, BODY.x + 3.6, base - 0.7, str(number))
    else:
        sheet.text(BODY.x + 3.6, base, str(number), SIZE, align="center", colour=paper.INK_SOFT)
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
