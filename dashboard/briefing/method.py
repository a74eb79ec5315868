"""The last pages: the rules in force with their sources, the caveats, what is not placed, and how to print the same again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from dashboard.briefing import paper
from dashboard.briefing.page import BODY, stamp_of
from dashboard.briefing.sheet import Sheet, line_height
from dashboard.text import both, pick, say
from layers.decisions._proposal import Plan
from layers.decisions.rules import RuleSet, all_rules

COLUMNS, GAP = 2, 9.0
WIDTH = (BODY.width - GAP * (COLUMNS - 1)) / COLUMNS
SIZE, SMALL = 7.4, 6.2


@dataclass(frozen=True)
class Block:
    """A paragraph that stays together: lines with size, colour and weight; a `ruled` one is a title, a `fresh` one opens a column."""

    lines: tuple[tuple[str, float, str, bool], ...]
    space: float = 2.2
    ruled: bool = False
    fresh: bool = False

    @property
    def height(self) -> float:
        return sum(line_height(size) for _, size, _, _ in self.lines) + self.space


@dataclass(frozen=True)
class Method:
    """The note, flowing down two columns a page."""

    blocks: tuple[Block, ...]

    @cached_property
    def pages(self) -> tuple[tuple[tuple[Block, int, float], ...], ...]:
        """Return per page its blocks with column and top."""
        pages: list[list[tuple[Block, int, float]]] = [[]]
        column, y = 0, 0.0
        for at, block in enumerate(self.blocks):
            after = self.blocks[at + 1].height if block.ruled and at + 1 < len(self.blocks) else 0  # no heading alone
            if y > 0 and (block.fresh or y + block.height + after > BODY.height):
                column, y = column + 1, 0.0
            if column == COLUMNS:
                pages, column = [*pages, []], 0
            pages[-1].append((block, column, y))
            y += block.height
        return tuple(tuple(page) for page in pages)

    def draw(self, sheet: Sheet, page: int) -> None:
        """Draw one page."""
        for block, column, top in self.pages[page]:
            x, y = BODY.x + column * (WIDTH + GAP), BODY.y + top
            for text, size, colour, bold in block.lines:
                sheet.text(x, y + line_height(size) * 0.72, text, size, colour=colour, bold=bold)
                y += line_height(size)
            if block.ruled:
                sheet.stroke([(x, y + 0.6), (x + WIDTH, y + 0.6)], paper.INK, 0.7)


def make_method(
    sheet: Sheet, plan: Plan, unplaced: Sequence[str], lang: str, rules: Iterable[RuleSet] | None = None
) -> Method:
    """Return the note of a plan; `unplaced` says what the map does not show."""
    known = {rule.id: rule for rule in (all_rules() if rules is None else rules)}
    setter = _Setter(sheet, lang)
    blocks = [setter.title(*both("brief.method.rules_in_force"))]
    blocks += [setter.rule(rule_id, known.get(rule_id)) for rule_id in plan.rules]
    blocks.append(setter.title(*both("brief.method.caveats"), fresh=True))
    blocks += [setter.point(words.said(lang)) for words in plan.caveats] or [
        setter.point(say("brief.method.none", lang))
    ]
    blocks.append(setter.title(*both("brief.method.what_map_does")))
    blocks += [setter.point(text) for text in unplaced] or [setter.point(say("brief.method.nothing", lang))]
    blocks.append(setter.title(*both("brief.method.how_check")))
    blocks += [setter.point(pick(pair, lang)) for pair in _how(plan)]
    return Method(tuple(blocks))


def _how(plan: Plan) -> list[tuple[str, str]]:
    as_of, known_at = stamp_of(plan.as_of), stamp_of(plan.known_at)
    return [
        both("brief.method.what_had_happened", as_of=as_of, known_at=known_at),
        both("brief.method.fingerprint_inputs_sha", inputs_hash=plan.inputs_hash),
        both("brief.method.these_proposals_for"),
        both("brief.method.confirmed_clinically_diagnosed"),
    ]  # fmt: skip


@dataclass(frozen=True)
class _Setter:
    """Turns sentences into blocks of lines."""

    sheet: Sheet
    lang: str

    def title(self, zh: str, en: str, fresh: bool = False) -> Block:
        return Block(((pick((zh, en), self.lang), 10, paper.INK, True),), 3.4, ruled=True, fresh=fresh)

    def point(self, text: str) -> Block:
        lines = self.sheet.wrapped("· " + text, SIZE, WIDTH)
        return Block(tuple((line, SIZE, paper.INK, False) for line in lines), 1.6)

    def rule(self, rule_id: str, rule: RuleSet | None) -> Block:
        if rule is None:
            return self.point(rule_id)
        until = rule.valid_to.isoformat() if rule.valid_to else say("brief.method.still_in_force", self.lang)
        mark = pick(
            both("brief.method.verified") if rule.verified else both("brief.method.not_verified_indicative"), self.lang
        )
        source = say("brief.method.source", self.lang) + rule.source
        title = self.sheet.wrapped(rule.title.said(self.lang), SIZE, WIDTH, bold=True)
        about = self.sheet.wrapped(f"{rule.id} · {rule.valid_from} – {until} · {mark}", SMALL, WIDTH)
        lines = [(line, SIZE, paper.INK, True) for line in title]
        lines += [(line, SMALL, paper.INK_SOFT if rule.verified else paper.ALARM, False) for line in about]
        lines += [(line, SMALL, paper.INK_SOFT, False) for line in self.sheet.wrapped(source, SMALL, WIDTH)]
        return Block(tuple(lines), 1.9)
