"""What every page of a briefing carries: title, both clocks, secrecy and drill marks, source, code, QR, page number."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import segno
from matplotlib.path import Path

from dashboard.briefing import paper
from dashboard.briefing.clock import stamp_of
from dashboard.briefing.content import Briefing
from dashboard.briefing.sheet import HEIGHT, WIDTH, Box, Sheet
from dashboard.text import both, pick, say
from layers.decisions._proposal import Words

MARGIN = 10.0
BODY = Box(MARGIN, 27.0, WIDTH - 2 * MARGIN, 166.0)
DRILL = Words(*both("brief.page.drill"))
QR_MM = 11.0
FOOT = HEIGHT - 14.2
OPEN = "public"  # a mark that warns of nothing is not printed red


@dataclass(frozen=True)
class Mast:
    """What all pages of one briefing say alike."""

    briefing: Briefing

    @property
    def lang(self) -> str:
        return self.briefing.lang

    def furnish(self, sheet: Sheet, heading: str, page: int, pages: int) -> None:
        """Draw head and foot around BODY."""
        self._head(sheet, heading)
        self.foot(sheet, page, pages)

    def _head(self, sheet: Sheet, heading: str) -> None:
        b = self.briefing
        sheet.rectangle(Box(0, 0, WIDTH, 2.6), paper.ALARM if b.drill else paper.INK)
        left = self.stamps(sheet)
        room = left - MARGIN - 62
        sheet.text(MARGIN, 14.2, heading, 18, bold=True, width=room)
        other = "en" if self.lang == "zh" else "zh"
        under = f"{titled(b, self.lang)}   {titled(b, other)}"
        sheet.text(MARGIN, 20.4, under, 9, colour=paper.INK_SOFT, width=room)
        self._clocks(sheet, left - 4)
        sheet.stroke([(MARGIN, 23.2), (WIDTH - MARGIN, 23.2)], paper.INK, 0.8)

    def stamps(self, sheet: Sheet) -> float:
        """Draw the marks at the right; return where they begin."""
        b = self.briefing
        ink, fill = (paper.INK_SOFT, paper.WHITE) if b.choice.secrecy == OPEN else (paper.ALARM, paper.WHITE)
        left = _stamp(sheet, WIDTH - MARGIN, b.secrecy, fill, ink)
        return _stamp(sheet, left - 2, DRILL, paper.ALARM, paper.WHITE) if b.drill else left

    def _clocks(self, sheet: Sheet, right: float) -> None:
        b = self.briefing
        for line, (words, at) in enumerate(((CLOCKS[0], b.as_of), (CLOCKS[1], b.known_at))):
            text = f"{pick(words, self.lang)}  {stamp_of(at)}"
            sheet.text(right, 13.4 + line * 5.6, text, 9, align="right", bold=line == 0)

    def foot(self, sheet: Sheet, page: int, pages: int) -> None:
        """Draw the foot: source, what the raised numbers mean, code, page x of y, and the QR of the state."""
        b, soft = self.briefing, paper.INK_SOFT
        sheet.stroke([(MARGIN, FOOT), (WIDTH - MARGIN, FOOT)], paper.RULE, 0.6)
        between = "" if self.lang == "zh" else " "
        sheet.text(MARGIN, FOOT + 3.6, between.join(b.notes), 6.2, colour=soft, width=205)
        sheet.text(MARGIN, FOOT + 6.8, pick(RAISED, self.lang), 6.2, colour=soft, width=205)
        snapshot = say("brief.page.snapshot", self.lang, revision=b.snapshot.revision)
        sheet.text(MARGIN, FOOT + 10.0, snapshot, 6.2, colour=soft, width=205)
        right = WIDTH - MARGIN - QR_MM - 2.5
        number = say("brief.page.page", self.lang, page=page, pages=pages)
        sheet.text(right, FOOT + 4.6, number, 8.4, align="right", bold=True)
        sheet.text(right, FOOT + 9.2, b.code, 7.4, align="right", bold=True, colour=soft)
        sheet.path(_squares(self._qr, Box(WIDTH - MARGIN - QR_MM, FOOT + 1.0, QR_MM, QR_MM)), paper.INK)

    @cached_property
    def _qr(self) -> np.ndarray:
        """The state's address, which ends in the code, as black and white modules."""
        code = segno.make(self.briefing.path, error="m", boost_error=False, micro=False)
        return np.array([list(row) for row in code.matrix], dtype=bool)


CLOCKS = (both("brief.page.as_of"), both("brief.page.known"))
RAISED = both("brief.page.raised")


def titled(briefing: Briefing, lang: str) -> str:
    """Return place and title as one line."""
    return f"{briefing.place.said(lang)}{' | ' if lang == 'en' else ''}{briefing.title.said(lang)}"


def _squares(modules: np.ndarray, box: Box) -> Path:
    """The dark modules as one path of squares; a run of a row is one rectangle, so that no seams show."""
    side = box.width / len(modules)
    vertices, codes = [], []
    for row, line in enumerate(modules):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], line.astype(int), [0]])))
        for start, stop in edges.reshape(-1, 2):
            left, right = box.x + start * side, box.x + stop * side
            top, bottom = box.y + row * side, box.y + (row + 1) * side
            vertices += [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
            codes += [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    return Path(np.round(vertices, 3), codes)


def _stamp(sheet: Sheet, right: float, words: Words, fill: str, ink: str) -> float:
    across = max(sheet.width(words.zh, 11, bold=True), sheet.width(words.en, 6.5, bold=True)) + 6
    box = Box(right - across, 6.4, across, 13.2)
    sheet.rectangle(box, fill, ink if fill == paper.WHITE else fill, 1.2)
    sheet.text(box.x + across / 2, 12.6, words.zh, 11, colour=ink, bold=True, align="center")
    sheet.text(box.x + across / 2, 17.4, words.en, 6.5, colour=ink, bold=True, align="center")
    return box.x
