"""What every page of a briefing carries: title, both clocks, secrecy and drill marks, source, rules, hash, page number."""

from dataclasses import dataclass
from datetime import datetime

from dashboard.briefing import paper
from dashboard.briefing.sheet import HEIGHT, WIDTH, Box, Sheet
from dashboard.text import pick
from layers._times import SHANGHAI
from layers.decisions._proposal import Words

MARGIN = 10.0
BODY = Box(MARGIN, 27.0, WIDTH - 2 * MARGIN, 166.0)
SECRECY = Words("内部资料", "INTERNAL")
DRILL = Words("演练数据", "DRILL")
HASH_SHOWN = 16  # characters on every page; the last page has all


@dataclass(frozen=True)
class Mast:
    """What all pages of one briefing say alike."""

    title: Words
    place: Words
    as_of: datetime
    known_at: datetime
    rules: tuple[str, ...]
    inputs_hash: str
    drill: bool
    lang: str

    def furnish(self, sheet: Sheet, heading: Words, page: int, pages: int) -> Box:
        """Draw head and foot; return the box between them."""
        self._head(sheet, heading)
        self._foot(sheet, page, pages)
        return BODY

    def _head(self, sheet: Sheet, heading: Words) -> None:
        first, second = ("zh", "en") if self.lang == "zh" else ("en", "zh")
        sheet.rectangle(Box(0, 0, WIDTH, 2.6), paper.ALARM if self.drill else paper.INK)
        left = self._stamps(sheet)
        room = left - MARGIN - 62
        title = f"{self.place.said(first)}{'' if first == 'zh' else ' | '}{self.title.said(first)}"
        sheet.text(MARGIN, 14.2, title, 18, bold=True, width=room)
        under = f"{self.place.said(second)}{' | ' if second == 'en' else ''}{self.title.said(second)}"
        sheet.text(MARGIN, 20.4, under, 9, colour=paper.INK_SOFT, width=room)
        sheet.text(MARGIN + 100, 20.4, heading.said(self.lang), 9, bold=True, width=room - 100)
        self._clocks(sheet, left - 4)
        sheet.stroke([(MARGIN, 23.2), (WIDTH - MARGIN, 23.2)], paper.INK, 0.8)

    def _stamps(self, sheet: Sheet) -> float:
        """Draw the marks at the right; return where they begin."""
        left = _stamp(sheet, WIDTH - MARGIN, SECRECY, paper.WHITE, paper.ALARM)
        return _stamp(sheet, left - 2, DRILL, paper.ALARM, paper.WHITE) if self.drill else left

    def _clocks(self, sheet: Sheet, right: float) -> None:
        rows = (("截至", "As of", self.as_of), ("知悉截至", "As known at", self.known_at))
        for line, (zh, en, at) in enumerate(rows):
            text = f"{pick((zh, en), self.lang)}  {stamp_of(at)}"
            sheet.text(right, 13.4 + line * 5.6, text, 9, align="right", bold=line == 0)

    def _foot(self, sheet: Sheet, page: int, pages: int) -> None:
        top = HEIGHT - 14.2
        sheet.stroke([(MARGIN, top), (WIDTH - MARGIN, top)], paper.RULE, 0.6)
        source, rules = (
            pick(SOURCE, self.lang),
            pick(("规则：", "Rules: "), self.lang) + pick(("；", "; "), self.lang).join(self.rules),
        )
        drill = pick(INVENTED, self.lang) if self.drill else ""
        sheet.text(MARGIN, top + 3.6, source + drill, 6.2, colour=paper.INK_SOFT, width=232)
        sheet.lines(MARGIN, top + 6.6, sheet.wrapped(rules, 5.4, 232, most=2), 5.4, colour=paper.INK_SOFT)
        number = pick((f"第 {page} 页，共 {pages} 页", f"Page {page} of {pages}"), self.lang)
        sheet.text(WIDTH - MARGIN, top + 4.2, number, 7.5, align="right", bold=True)
        mark = pick(("输入指纹", "Inputs"), self.lang)
        sheet.text(WIDTH - MARGIN, top + 7.6, f"{mark} {self.inputs_hash[:HASH_SHOWN]}", 5.8, align="right",
                   colour=paper.INK_SOFT)  # fmt: skip


SOURCE = (
    "来源：各单位截至知悉时间已导入的报送数据；底图为报送的行政区、水域和道路，CGCS2000 3度带投影。数值未知记为“–”。",
    "Source: what providers had delivered by the knowledge time; base map as delivered; CGCS2000 3-degree zone. Unknown is shown as –.",
)
INVENTED = ("演练数据，人员与小区均为虚构。", " Drill: people and compounds are invented.")


def stamp_of(moment: datetime) -> str:
    """Return "2020-02-12 24:00": the last instant of a day is written as officials write it."""
    local = moment.astimezone(SHANGHAI)
    if local.time().replace(microsecond=0).isoformat() == "23:59:59":
        return f"{local:%Y-%m-%d} 24:00"
    return f"{local:%Y-%m-%d %H:%M}"


def _stamp(sheet: Sheet, right: float, words: Words, fill: str, ink: str) -> float:
    across = max(sheet.width(words.zh, 11, bold=True), sheet.width(words.en, 6.5, bold=True)) + 6
    box = Box(right - across, 6.4, across, 13.2)
    sheet.rectangle(box, fill, paper.ALARM, 1.2)
    sheet.text(box.x + across / 2, 12.6, words.zh, 11, colour=ink, bold=True, align="center")
    sheet.text(box.x + across / 2, 17.4, words.en, 6.5, colour=ink, bold=True, align="center")
    return box.x
