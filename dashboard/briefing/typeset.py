"""Break text into lines as a Chinese printer would: between any two characters, but no comma at the head of a line."""

import re
from functools import lru_cache

from dashboard.briefing.fonts import Face

PIECE = re.compile(r"[A-Za-z0-9@#%&+\-−–.,:;!?'\"’/_()\[\]=≥≤×]+|\s+|.")
NO_HEAD = set("，。、；：？！）》〉】”’％%…·")
NO_TAIL = set("（《〈【“‘")


@lru_cache(maxsize=8192)
def wrap(text: str, face: Face, size: float, width: float) -> tuple[str, ...]:
    """Return the lines of `text` at a size (points), none wider than `width` (points) unless one letter is."""
    lines, line, used = [], "", 0.0
    for piece in cut(face.clean(text), face, size, width):
        wide = face.width(piece, size)
        if line and used + wide > width:
            lines.append(line.rstrip())
            line, used = ("", 0.0) if piece.isspace() else (piece, wide)
        else:
            line, used = line + piece, used + wide
    return tuple(filter(None, [*lines, line.rstrip()])) or ("",)


def clip(lines: tuple[str, ...], most: int) -> tuple[str, ...]:
    """Return at most `most` lines; what is left out shows as an ellipsis."""
    return lines if len(lines) <= most else (*lines[: most - 1], lines[most - 1][:-1] + "…")


def fit(text: str, face: Face, size: float, width: float) -> str:
    """Return `text` on one line, its end replaced by an ellipsis where it is too wide."""
    text = face.clean(text)
    if face.width(text, size) <= width:
        return text
    while text and face.width(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def cut(text: str, face: Face, size: float, width: float) -> list[str]:
    """Return what may not be broken; a word wider than the line is broken anywhere."""
    found: list[str] = []
    glue = False
    for piece in PIECE.findall(text):
        parts = list(piece) if face.width(piece, size) > width else [piece]
        for part in parts:
            if found and (glue or (part[0] in NO_HEAD and not found[-1].isspace())):
                found[-1] += part
            else:
                found.append(part)
            glue = part[-1] in NO_TAIL
    return found
