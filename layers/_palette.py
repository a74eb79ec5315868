"""Colours with a meaning, one table for map, page and paper, told apart by colour-blind eyes.

They are made for a dark ground; `on_light` says how each looks on a light one. Ramps grow steadily in lightness, so they also
survive a grey print; categories carry a symbol besides their colour. The test simulates three kinds of colour blindness.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Colour = tuple[int, int, int, int]
UNKNOWN: Colour = (110, 118, 128, 255)  # grey is kept for "we do not know"; no ramp contains a grey


def rgba(red: int, green: int, blue: int, alpha: int = 255) -> int:
    """Return the colour as one uint32 whose little-endian bytes are red, green, blue, alpha."""
    for part in (red, green, blue, alpha):
        if not 0 <= part <= 255:
            raise ValueError(f"colour part {part} is outside 0..255 in {(red, green, blue, alpha)}")
    return red | green << 8 | blue << 16 | alpha << 24


def pack(colours: npt.ArrayLike) -> npt.NDArray[np.uint32]:
    """Return one uint32 per row of an N x 4 (or N x 3, opaque) array of 0..255."""
    parts = np.asarray(colours)
    if parts.ndim != 2 or parts.shape[1] not in (3, 4):
        raise ValueError(f"colours have shape {parts.shape}; wanted N x 3 or N x 4")
    if parts.shape[1] == 3:
        parts = np.column_stack([parts, np.full(len(parts), 255)])
    return np.ascontiguousarray(parts, dtype="u1").view("<u4").ravel()


def hex_of(colour: Sequence[int]) -> str:
    """Return "#rrggbb" for CSS and matplotlib; the alpha is left out."""
    return "#{:02x}{:02x}{:02x}".format(*colour[:3])


def faded(colour: Colour, alpha: int) -> Colour:
    """Return the colour with another alpha."""
    return (*colour[:3], alpha)


@dataclass(frozen=True)
class Mark:
    """How a category looks and what it is called; the symbol says it without colour."""

    colour: Colour
    symbol: str
    zh: str
    en: str

    @property
    def hex(self) -> str:
        return hex_of(self.colour)


@dataclass(frozen=True)
class Ramp:
    """A sequence of classes: class i holds values from edges[i - 1] up to, and not including, edges[i]."""

    edges: tuple[float, ...]
    colours: tuple[Colour, ...]
    zh: tuple[str, ...]
    en: tuple[str, ...]

    def classes(self, values: npt.ArrayLike) -> npt.NDArray[np.uint8]:
        """Return the class of each value; NaN gets len(colours), one past the last class."""
        numbers = np.asarray(values, dtype=float)
        found = np.digitize(numbers, self.edges)
        return np.where(np.isnan(numbers), len(self.colours), found).astype(np.uint8)

    def rgba(self, values: npt.ArrayLike, alpha: int | None = None) -> npt.NDArray[np.uint32]:
        """Return packed colours, grey where the value is NaN; `alpha` replaces the ramp's own."""
        table = np.array([*self.colours, UNKNOWN], dtype="u1")
        if alpha is not None:
            table[:, 3] = alpha
        return pack(table[self.classes(values)])

    @property
    def hexes(self) -> tuple[str, ...]:
        return tuple(hex_of(colour) for colour in self.colours)


SURE: Mapping[str, Mark] = {  # how far something may be claimed
    "state": Mark((98, 216, 192, 225), "✓", "可以认定", "May be stated"),
    "watch": Mark((248, 197, 74, 230), "◐", "候选，待确认", "Candidate, to be watched"),
    "withhold": Mark((120, 140, 160, 225), "○", "不作判断", "Not to be claimed"),
}

ACTION: Mapping[str, Mark] = {
    "seal": Mark((242, 96, 78, 235), "■", "封控", "Seal"),
    "seal_building": Mark((248, 197, 74, 230), "◧", "封控楼栋", "Seal building"),
    "keep": Mark((74, 111, 150, 215), "–", "维持", "Keep"),
    "candidate": Mark((98, 216, 192, 225), "○", "可解除候选", "Candidate for release"),
    "certify": Mark((184, 238, 166, 230), "●", "评定无疫情", "Certify"),
    "cancel": Mark((166, 58, 58, 235), "✕", "取消无疫情", "Cancel title"),
    "suspend": Mark((202, 112, 130, 230), "◑", "暂停无疫情", "Suspend title"),
    "restore": Mark((112, 166, 220, 225), "↺", "恢复无疫情", "Restore title"),
    "relax": Mark((112, 76, 220, 225), "◇", "可申请放宽", "May be relaxed"),
}

LIFE: Mapping[str, Mark] = {  # the states of a no-epidemic compound; the colours of the actions that lead there
    "before": Mark((44, 56, 70, 215), "·", "封闭前", "Before closure"),
    "closed": Mark((74, 111, 150, 215), "▤", "封闭管理", "Closed"),
    "candidate": Mark((98, 216, 192, 225), "○", "待评定", "Candidate"),
    "certified": Mark((184, 238, 166, 230), "●", "无疫情", "No-epidemic"),
    "settled": Mark((112, 166, 220, 225), "◆", "无疫情满七天", "Seven days"),
    "relaxed": Mark((112, 76, 220, 225), "◇", "已放宽", "Relaxed"),
    "suspended": Mark((202, 112, 130, 230), "◑", "暂停", "Suspended"),
    "cancelled": Mark((166, 58, 58, 235), "✕", "取消", "Cancelled"),
}

CONTROL: Mapping[str, Mark] = {
    "sealed": Mark((242, 96, 78, 235), "■", "封控", "Sealed"),
    "building_sealed": Mark((248, 197, 74, 230), "◧", "楼栋封控", "Building sealed"),
    "controlled": Mark((150, 134, 196, 220), "▤", "管控", "Controlled"),
    "guarded": Mark((74, 111, 150, 215), "□", "防范", "Guarded"),
    "open": Mark((98, 216, 192, 225), "○", "开放", "Open"),
    "": Mark(UNKNOWN, "–", "未知", "Unknown"),
}

STATUS: Mapping[str, Mark] = {
    "confirmed": Mark((242, 96, 78, 255), "●", "确诊", "Confirmed"),
    "clinical": Mark((255, 160, 112, 255), "◆", "临床诊断", "Clinically diagnosed"),
    "suspected": Mark((248, 210, 92, 255), "▲", "疑似", "Suspected"),
    "fever": Mark((156, 119, 241, 255), "■", "发热", "Fever"),
    "contact": Mark((95, 169, 212, 255), "○", "密切接触者", "Close contact"),
    "asymptomatic": Mark((218, 255, 214, 255), "◐", "无症状", "Asymptomatic"),
    "cured": Mark((98, 216, 192, 255), "✚", "治愈", "Cured"),
    "dead": Mark((219, 222, 249, 255), "✕", "死亡", "Dead"),
    "excluded": Mark((130, 151, 132, 255), "△", "排除", "Excluded"),
    "contact_released": Mark((76, 124, 181, 255), "◌", "解除观察", "Contact released"),
    "fever_excluded": Mark((87, 107, 135, 255), "□", "发热排除", "Fever excluded"),
}

RISK: Mapping[str, Mark] = {
    "high": Mark((242, 96, 78, 255), "▲", "高风险", "High risk"),
    "medium": Mark((248, 197, 74, 255), "◆", "中风险", "Medium risk"),
    "low": Mark((98, 216, 192, 255), "●", "低风险", "Low risk"),
    "unknown": Mark(UNKNOWN, "?", "风险未定", "Undetermined"),
}

# The upper steps of counts and rates: the more, the lighter.
HEAT = ((194, 82, 118, 238), (234, 110, 76, 242), (245, 165, 68, 248), (253, 228, 145, 255))

# The more persons, the lighter: on a dark ground light is what the eye finds first.
COUNT = Ramp(
    edges=(1, 3, 6, 11, 21),
    colours=(
        (54, 74, 94, 215),
        (112, 71, 140, 235),
        *HEAT,
    ),
    zh=("0", "1–2", "3–5", "6–10", "11–20", ">20"),
    en=("0", "1–2", "3–5", "6–10", "11–20", ">20"),
)

OCCUPANCY = Ramp(  # share of open beds in use; above 1 is real (extra beds)
    edges=(0.7, 0.85, 0.95, 1.0 + 1e-9),
    colours=(
        (39, 82, 122, 235),
        (63, 127, 159, 235),
        (111, 174, 159, 240),
        (201, 201, 107, 245),
        (255, 240, 168, 255),
    ),
    zh=("<70%", "70–85%", "85–95%", "95–100%", ">100%"),
    en=("<70%", "70–85%", "85–95%", "95–100%", ">100%"),
)

COVER = Ramp(  # days until the stock is used up; few days are light, because they are what must be seen
    edges=(1, 3, 7, 14),
    colours=(
        (255, 232, 160, 255),
        (245, 164, 84, 245),
        (176, 110, 150, 240),
        (118, 82, 152, 235),
        (52, 64, 108, 235),
    ),
    zh=("<1 天", "1–3 天", "3–7 天", "7–14 天", "≥14 天"),
    en=("<1 day", "1–3 days", "3–7 days", "7–14 days", "≥14 days"),
)

BASE: Mapping[str, Colour] = {  # the quiet ground that everything else is read against
    "land": (20, 30, 42, 255),
    "land_outside": (12, 19, 28, 255),
    "water": (22, 48, 70, 255),
    "water_edge": (46, 84, 112, 150),
    "road": (42, 58, 75, 160),
    "road_minor": (36, 50, 65, 150),
    "rail": (58, 64, 78, 170),
    "border": (106, 132, 158, 200),
    "label": (214, 224, 234, 255),
    "halo": (9, 15, 22, 255),
    "none": (54, 74, 94, 215),
    "hospital": (236, 242, 248, 255),
    "arc_from": (88, 158, 224, 210),
    "arc_to": (248, 210, 92, 235),
}


LIGHT: Mapping[
    tuple[int, int, int], tuple[int, int, int]
] = {  # colour on a dark ground -> the same meaning on a light one
    # categories
    (242, 96, 78): (191, 30, 44),
    (248, 197, 74): (175, 137, 18),
    (74, 111, 150): (160, 184, 210),
    (98, 216, 192): (1, 134, 102),
    (184, 238, 166): (120, 200, 90),
    (166, 58, 58): (105, 20, 35),
    (202, 112, 130): (240, 92, 156),
    (112, 166, 220): (56, 104, 240),
    (112, 76, 220): (80, 50, 180),
    (44, 56, 70): (218, 226, 235),
    (150, 134, 196): (140, 115, 195),
    (110, 118, 128): (140, 146, 154),
    (255, 160, 112): (228, 131, 30),
    (248, 210, 92): (172, 114, 23),
    (156, 119, 241): (99, 26, 236),
    (95, 169, 212): (20, 104, 172),
    (218, 255, 214): (57, 94, 88),
    (219, 222, 249): (60, 62, 80),
    (130, 151, 132): (125, 142, 84),
    (76, 124, 181): (111, 159, 227),
    (87, 107, 135): (123, 154, 146),
    # ramps: what was lightest is darkest
    (54, 74, 94): (203, 214, 225),
    (70, 92, 116): (190, 203, 216),
    (122, 82, 150): (188, 150, 214),
    (112, 71, 140): (188, 150, 214),
    (194, 82, 118): (204, 96, 138),
    (234, 110, 76): (186, 58, 32),
    (245, 165, 68): (130, 38, 0),
    (253, 228, 145): (66, 18, 0),
    (39, 82, 122): (160, 204, 240),
    (63, 127, 159): (86, 150, 183),
    (111, 174, 159): (51, 114, 101),
    (201, 201, 107): (84, 78, 0),
    (255, 240, 168): (46, 32, 0),
    (255, 232, 160): (66, 28, 0),
    (245, 164, 84): (140, 56, 0),
    (176, 110, 150): (178, 84, 138),
    (118, 82, 152): (176, 138, 204),
    (52, 64, 108): (198, 209, 244),
    # the ground
    (20, 30, 42): (243, 246, 249),
    (12, 19, 28): (227, 234, 241),
    (22, 48, 70): (192, 216, 236),
    (46, 84, 112): (140, 178, 208),
    (42, 58, 75): (206, 214, 223),
    (36, 50, 65): (219, 225, 232),
    (58, 64, 78): (200, 203, 214),
    (106, 132, 158): (120, 142, 166),
    (214, 224, 234): (29, 43, 57),
    (9, 15, 22): (255, 255, 255),
    (236, 242, 248): (30, 42, 54),
    (88, 158, 224): (20, 104, 172),
}

# OKLab (Björn Ottosson, "A perceptual color space for image processing", 2020): linear sRGB to cone responses, their cube roots to L, a, b.
_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_TURN, _DARKEST, _LIGHTEST = (
    1.21,
    0.2,
    0.985,
)  # lightness L becomes 1.21 - L: what stood out of the dark stands out of the light


def on_light(colour: Sequence[int]) -> tuple[int, ...]:
    """Return a colour as it looks on a light ground: by `LIGHT`, any other with its lightness turned round; an alpha stays.

    assets/theme.js does the same for colours that it meets on the map and in charts.
    """
    red, green, blue = colour[:3]
    known = LIGHT.get((red, green, blue))
    return (*(known or _turned(colour)), *colour[3:])


def _turned(colour: Sequence[int]) -> tuple[int, int, int]:
    share = np.asarray(colour[:3], dtype=float) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    lightness, *hue = _LAB @ np.cbrt(_CONES @ linear)
    light = np.clip(_TURN - lightness, _DARKEST, _LIGHTEST)
    back = np.clip(np.linalg.solve(_CONES, np.linalg.solve(_LAB, [light, *hue]) ** 3), 0, 1)
    red, green, blue = np.where(back <= 0.0031308, 12.92 * back, 1.055 * back ** (1 / 2.4) - 0.055) * 255
    return round(float(red)), round(float(green)), round(float(blue))


def light_table() -> dict[int, int]:
    """Return `LIGHT` as packed numbers without alpha, red lowest, for the browser."""
    return {rgba(*dark, alpha=0): rgba(*light, alpha=0) for dark, light in LIGHT.items()}


def count_class(values: npt.ArrayLike) -> npt.NDArray[np.uint8]:
    """Return 0 for none, 1 for 1-2, 2 for 3-5, 3 for 6-10, 4 for 11-20, 5 for more, 6 for unknown."""
    return COUNT.classes(values)


def count_rgba(values: npt.ArrayLike, alpha: int | None = None) -> npt.NDArray[np.uint32]:
    """Return packed colours of the count ramp; unknown is grey."""
    return COUNT.rgba(values, alpha)


def mark_rgba(names: Sequence[str], marks: Mapping[str, Mark], alpha: int | None = None) -> npt.NDArray[np.uint32]:
    """Return the packed colour of each name in `marks` (ACTION, STATUS ...); a name that is not there is grey."""
    table = {name: mark.colour if alpha is None else faded(mark.colour, alpha) for name, mark in marks.items()}
    other = UNKNOWN if alpha is None else faded(UNKNOWN, alpha)
    if not len(names):
        return np.empty(0, dtype=np.uint32)
    return pack([table.get(name, other) for name in names])
