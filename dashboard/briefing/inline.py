"""Sentences with numbers in them: numbers stand bold, and each is followed by the raised number of its footnote."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.briefing import paper
from dashboard.briefing.blocks import Figure, Quoted
from dashboard.briefing.sheet import POINT, Sheet, line_height
from dashboard.briefing.typeset import NO_HEAD, cut

RAISED, RISE = 0.58, 0.34  # size of a footnote's number, and how far it is raised, as shares of the letters around it


@dataclass(frozen=True)
class Run:
    """Letters of one look."""

    text: str
    bold: bool = False
    raised: bool = False


CLOSING = NO_HEAD | set(".,;:!?)%")
Atom = tuple[Run, ...]  # what may not be broken
Line = tuple[Run, ...]


def mark(code: str) -> Run:
    """Return the raised number of a footnote: "F-12" stands as 12."""
    return Run(code.removeprefix("F-"), raised=True)


def set_lines(sheet: Sheet, pieces: Sequence[str | Figure | Quoted], size: float, width: float) -> list[Line]:
    """Return the pieces broken into lines no wider than `width` millimetres."""
    lines: list[Line] = []
    line: list[Run] = []
    used = 0.0
    for atom in _glued([atom for piece in pieces for atom in _atoms(sheet, piece, size, width)]):
        wide = sum(_width(sheet, run, size) for run in atom)
        if line and used + wide > width:
            lines.append(tuple(line))
            line, used = [], 0.0
            if all(run.text.isspace() for run in atom):
                continue
        line += atom
        used += wide
    return [*lines, tuple(line)] if line else lines


def draw_lines(sheet: Sheet, x: float, y: float, lines: Sequence[Line], size: float) -> float:
    """Write lines below one another, the first on the base line `y`; return the base line that would follow."""
    for line in lines:
        at = x
        for run in _joined(line):
            if run.raised:
                sheet.text(at, y - size * POINT * RISE, run.text, size * RAISED, colour=paper.INK_SOFT)
            else:
                blank = sheet.width(" " * (len(run.text) - len(run.text.lstrip())), size, run.bold)
                sheet.text(at + blank, y, run.text, size, bold=run.bold)
            at += _width(sheet, run, size)
        y += line_height(size)
    return y


def _atoms(sheet: Sheet, piece: str | Figure | Quoted, size: float, width: float) -> list[Atom]:
    if isinstance(piece, Figure):
        return [(Run(piece.written, bold=True), mark(piece.code))]
    text = piece if isinstance(piece, str) else piece.text
    face = sheet.face(False)
    # Text keeps its blanks at the ends here: they stand between it and a number.
    cleaned = " " * text.startswith(" ") + face.clean(text) + " " * (text.endswith(" ") and bool(text.strip()))
    atoms: list[Atom] = [(Run(part),) for part in cut(cleaned, face, size, width / POINT)]
    if isinstance(piece, Quoted) and atoms:
        atoms[-1] = (*atoms[-1], mark(piece.code))
    return atoms


def _glued(atoms: Sequence[Atom]) -> list[Atom]:
    """No comma at the head of a line, also not after a number; and no unit without its number."""
    found: list[Atom] = []
    for atom in atoms:
        if found and atom[0].text[:1] in CLOSING:
            found[-1] = (*found[-1], *atom)
        else:
            found.append(atom)
    return found


def _joined(line: Line) -> list[Run]:
    """Runs of one look that follow one another, as one: less to draw, and text that can be searched."""
    found: list[Run] = []
    for run in line:
        if found and (found[-1].bold, found[-1].raised) == (run.bold, run.raised):
            found[-1] = Run(found[-1].text + run.text, run.bold, run.raised)
        else:
            found.append(run)
    return found


def _width(sheet: Sheet, run: Run, size: float) -> float:
    return sheet.width(run.text, size * RAISED if run.raised else size, run.bold)
