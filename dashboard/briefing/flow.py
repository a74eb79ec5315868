"""Tables and sentences that run on from page to page: rules, caveats, footnotes, receipts, and the tables of a part."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.briefing import paper
from dashboard.briefing.blocks import Block, Note, TableBlock, TableColumn
from dashboard.briefing.page import BODY
from dashboard.briefing.panels import heading, raised
from dashboard.briefing.sheet import Box, Sheet, line_height
from dashboard.text import figure, is_unknown

SIZE, SMALL = 6.6, 6.0
PAD, HEAD, TITLE = 0.9, 5.6, 9.0  # millimetres: above and below a row, the column heads, a table's title
MOST_LINES = 5
SAMPLED = 60  # rows looked at for the widths of columns
LEAST_MM = 12.0


@dataclass(frozen=True)
class Piece:
    """What stands together on a page: a sentence, or some rows of a table with its heads."""

    block: Block
    lines: tuple[tuple[tuple[str, ...], ...], ...]  # row -> column -> lines
    widths: tuple[float, ...]
    first: bool = True

    @property
    def height(self) -> float:
        if isinstance(self.block, Note):
            return len(self.lines[0][0]) * line_height(7.4) + 2.0
        return (TITLE if self.first else 0) + HEAD + sum(map(row_height, self.lines)) + 4.0


def row_height(row: Sequence[Sequence[str]]) -> float:
    """Return the millimetres that a row needs."""
    return max(map(len, row), default=1) * line_height(SIZE) + 2 * PAD


def paged(sheet: Sheet, blocks: Sequence[Block], box: Box = BODY) -> list[list[Piece]]:
    """Return tables and notes cut into pages of a box, in their order."""
    pages: list[list[Piece]] = [[]]
    left = box.height
    for block in blocks:
        for piece in _pieces(sheet, block, left, box):
            if piece.height > left and pages[-1]:
                pages, left = [*pages, []], box.height
            pages[-1].append(piece)
            left -= piece.height
    return [page for page in pages if page]


def draw(sheet: Sheet, pieces: Sequence[Piece], box: Box = BODY) -> None:
    """Draw the pieces of one page."""
    y = box.y
    for piece in pieces:
        if isinstance(piece.block, Note):
            y = sheet.lines(box.x, y + 3.2, piece.lines[0][0], 7.4) - 1.2
        elif isinstance(piece.block, TableBlock):
            y = draw_table(sheet, Box(box.x, y, box.width, piece.height), piece, piece.block)


def draw_table(sheet: Sheet, box: Box, piece: Piece, block: TableBlock) -> float:
    """Draw some rows of a table under their heads; return where they end."""
    y = heading(sheet, box, block.title).y + 2.6 if piece.first and block.title else box.y + 3.0
    x = box.x
    for column, wide in zip(block.columns, piece.widths, strict=True):
        words = f"{column.title}{f'（{column.unit}）' if column.unit else ''}"
        number, at = _is_number(block, column), x
        room = wide - 3
        if number:
            at = x + wide - 2.5 - min(sheet.width(words, SMALL, bold=True), room)
        sheet.text(at, y, words, SMALL, bold=True, colour=paper.INK_SOFT, width=room)
        raised(sheet, at + min(sheet.width(words, SMALL, bold=True), room) + 0.3, y, column.code, SMALL)
        x += wide
    y += HEAD - 4.0
    sheet.stroke([(box.x, y), (box.right, y)], paper.INK, 0.5)
    for row in piece.lines:
        high, x = row_height(row), box.x
        for column, lines, wide in zip(block.columns, row, piece.widths, strict=True):
            if _is_number(block, column):
                for at, text in enumerate(lines):
                    sheet.text(x + wide - 2.5, y + PAD + 2.3 + at * line_height(SIZE), text, SIZE, align="right")
            else:
                sheet.lines(x, y + PAD + 2.3, lines, SIZE)
            x += wide
        y += high
        sheet.stroke([(box.x, y), (box.right, y)], paper.RULE, 0.3)
    return y + 4.0


def _pieces(sheet: Sheet, block: Block, left: float, box: Box) -> list[Piece]:
    if isinstance(block, Note):
        return [Piece(block, ((sheet.wrapped(f"· {block.text}", 7.4, box.width),),), ())]
    if not isinstance(block, TableBlock) or not len(block.frame):
        return []
    widths = _widths(sheet, block, box.width)
    rows = [_lines(sheet, block, row, widths) for row in block.frame.to_dict("records")]
    found: list[Piece] = []
    at = 0
    while at < len(rows):
        room = (left if not found and left > box.height / 4 else box.height) - HEAD - 4.0 - (TITLE if not found else 0)
        stop, used = at, 0.0
        while stop < len(rows) and used + row_height(rows[stop]) <= room:
            used, stop = used + row_height(rows[stop]), stop + 1
        stop = max(stop, at + 1)
        found.append(Piece(block, tuple(rows[at:stop]), widths, not found))
        at = stop
    return found


def _widths(sheet: Sheet, block: TableBlock, width: float) -> tuple[float, ...]:
    """Numbers get what they need; what is left is shared by the square root of how long the texts are."""
    rows = block.frame.head(SAMPLED).to_dict("records")
    longest = []
    for column in block.columns:
        texts = [column.title + column.unit, *(written(row[column.key], column) for row in rows)]
        longest.append(max(sheet.width(text, SIZE) for text in texts) + 5)
    if sum(longest) <= width:
        return (
            tuple(longest[:-1]) + (width - sum(longest[:-1]),)
            if not _is_number(block, block.columns[-1])
            else tuple(wide * width / sum(longest) for wide in longest)
        )
    fair = [max(LEAST_MM, wide if wide < width / len(longest) else 0.0) for wide in longest]
    open_ = [at for at, wide in enumerate(longest) if wide >= width / len(longest)]
    rest = width - sum(fair[at] for at in range(len(fair)) if at not in open_)
    shares = sum(longest[at] ** 0.5 for at in open_)
    return tuple(rest * longest[at] ** 0.5 / shares if at in open_ else fair[at] for at in range(len(fair)))


def _lines(sheet: Sheet, block: TableBlock, row: dict, widths: tuple[float, ...]) -> tuple[tuple[str, ...], ...]:
    cells = zip(block.columns, widths, strict=True)
    return tuple(
        sheet.wrapped(written(row[column.key], column), SIZE, wide - 3, most=MOST_LINES) for column, wide in cells
    )


def written(value: object, column: TableColumn) -> str:
    """Return a cell as it is printed: numbers with the column's decimals, "–" for what is not known."""
    if isinstance(value, str):
        return value
    if is_unknown(value):
        return figure(None)
    return figure(value, column.digits)


def _is_number(block: TableBlock, column: TableColumn) -> bool:
    return len(block.frame) > 0 and block.frame[column.key].dtype.kind in "fiu"
