"""The two weights of Noto Sans CJK SC: where they are, and how wide their letters run."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from matplotlib.font_manager import FontPath, FontProperties, findSystemFonts
from matplotlib.ft2font import FT2Font, LoadFlags

from dashboard.briefing.errors import BriefingError

FAMILIES = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC")
FILES = ("NotoSansCJK", "NotoSansSC", "SourceHanSans")
MISSING = "〓"  # the printer's mark for a letter that the fount lacks
UNITS = 1000.0  # size at which widths are measured


@dataclass(frozen=True)
class Face:
    """One face of a font file; a collection (.ttc) holds a face per language, and only one draws letters as China does."""

    path: str
    index: int

    def at(self, size: float) -> FontProperties:
        """Return the face in a size, as matplotlib wants it."""
        return FontProperties(fname=FontPath(self.path, self.index), size=size)

    def width(self, text: str, size: float) -> float:
        """Return the width of a line in points."""
        return sum(_advance(self, letter) for letter in text) * size / UNITS

    def clean(self, text: str) -> str:
        """Return text on one line in which every letter can be drawn."""
        return "".join(letter if _known(self, letter) else MISSING for letter in " ".join(text.split()))


@dataclass(frozen=True)
class Fonts:
    """The weights that a briefing uses."""

    regular: Face
    bold: Face


def find_fonts(folders: Sequence[Path] | None = None) -> Fonts:
    """Return the faces, searched in `folders` or where the system keeps fonts; BriefingError names the package to install."""
    return _system_fonts() if folders is None else _choose(findSystemFonts([str(folder) for folder in folders]))


@cache
def _system_fonts() -> Fonts:
    return _choose(findSystemFonts())


def _choose(files: Iterable[str]) -> Fonts:
    faces = {}
    for path in sorted(file for file in files if Path(file).name.startswith(FILES)):
        for index, family, style in _faces(path):
            if family in FAMILIES:
                faces.setdefault(style, Face(path, index))
    if "Regular" not in faces:
        raise BriefingError(
            f"no Chinese font: none of {FAMILIES} is installed; wanted for every briefing. "
            "Install it with: apt-get install fonts-noto-cjk"
        )
    return Fonts(faces["Regular"], faces.get("Bold", faces["Regular"]))


def _faces(path: str) -> list[tuple[int, str, str]]:
    first = FT2Font(path)
    fonts = [first, *(FT2Font(path, face_index=index) for index in range(1, first.num_faces))]
    return [(index, font.family_name, font.style_name) for index, font in enumerate(fonts)]


@cache
def _loaded(face: Face) -> FT2Font:
    font = FT2Font(face.path, face_index=face.index)
    font.set_size(UNITS, 72)
    return font


@cache
def _known(face: Face, letter: str) -> bool:
    return _loaded(face).get_char_index(ord(letter)) != 0


@cache
def _advance(face: Face, letter: str) -> float:
    return _loaded(face).load_char(ord(letter), flags=LoadFlags.NO_HINTING).linearHoriAdvance / 65536
