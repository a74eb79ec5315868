"""The book of footnotes of one briefing: whoever says a number asks here, and gets it with the code that leads back."""

from dataclasses import dataclass, field

from dashboard.briefing.blocks import Figure, Footnote, Paragraph, Quoted, Receipt
from dashboard.briefing.gathering import FEEDS, Sources
from dashboard.briefing.query import Query, answer
from dashboard.text import both, pick

Pair = tuple[str, str]  # the same text in Chinese and English
PERSONS, BEDS, COMPOUNDS, SITES = (
    both("brief.book.persons"),
    both("brief.book.beds"),
    both("brief.book.compounds"),
    both("brief.book.sites"),
)
NO_UNIT = ("", "")


@dataclass
class Book:
    """Footnotes in the order in which numbers are first said; the same question about the same thing has one code."""

    sources: Sources
    lang: str
    city: str = ""  # its Chinese name: names of sites begin with it, and a map has no room for it
    footnotes: dict[str, Footnote] = field(default_factory=dict)
    _codes: dict[tuple[str, str, str], str] = field(default_factory=dict)

    @property
    def area(self) -> str:
        """The area that the whole briefing is about."""
        return self.sources.snapshot.area

    def pick(self, zh: str, en: str) -> str:
        """Return the text in the language of print."""
        return pick((zh, en), self.lang)

    def figure(
        self, name: Pair, query: Query, unit: Pair = NO_UNIT, *, note: Pair = NO_UNIT, digits: int = 0,
        alarm: bool = False,
    ) -> Figure:  # fmt: skip
        """Return the answer to a question as a figure; one that is a change bears its sign."""
        value, said, units = answer(query, self.sources.tables), pick(name, self.lang), pick(unit, self.lang)
        code = self._code(said, query, value, units)
        return Figure(said, value, units, self.sources.snapshot.as_of, code, pick(note, self.lang), digits,
                      alarm and value > 0, query.how == "change")  # fmt: skip

    def code(self, what: Pair, query: Query) -> str:
        """Return the code of a question whose answer is a column, a chart or a list."""
        value = answer(query, self.sources.tables) if query.how != "rows" else float("nan")
        return self._code(pick(what, self.lang), query, value, "")

    def quote(self, text: str, what: Pair, query: Query) -> Quoted:
        """Return a sentence of a plan with its code."""
        return Quoted(text, self.code(what, query))

    def say(self, heading: Pair, template: Pair, **figures: Figure) -> Paragraph:
        """Return a paragraph: the template with {name} replaced by the figure of that name."""
        return Paragraph(pick(heading, self.lang), pieces(pick(template, self.lang), figures))

    @property
    def receipts(self) -> dict[str, Receipt]:
        """Return code -> receipt of every feed that delivered."""
        return {one.code: one for found in self.sources.receipts.values() for one in found}

    def _code(self, what: str, query: Query, value: float, unit: str) -> str:
        key = (str(query), what, unit)
        if key not in self._codes:
            code = f"F-{len(self.footnotes) + 1}"
            rests = [one.code for feed in FEEDS[query.source] for one in self.sources.receipts.get(feed, ())]
            self.footnotes[code] = Footnote(code, what, value, unit, self.sources.snapshot, query, tuple(rests))
            self._codes[key] = code
        return self._codes[key]


def pieces(template: str, figures: dict[str, Figure]) -> tuple[str | Figure, ...]:
    """Return a template cut at its {names}, each replaced by its figure."""
    found: list[str | Figure] = []
    for part in template.split("{"):
        name, closed, rest = part.partition("}")
        if closed:
            found.append(figures[name])
        found += [text] if (text := rest if closed else name) else []
    return tuple(found)
