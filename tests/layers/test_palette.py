"""Colours: packed as deck.gl reads them, in order of lightness, and told apart by colour-blind eyes."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from layers import _palette as palette

# Full dichromacy on linear RGB: Machado, Oliveira, Fernandes, "A physiologically-based model for simulation of color
# vision deficiency", IEEE TVCG 15 (2009) 1291-1298, tables for severity 1.0.
EYES = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
# CIE 15: sRGB primaries under D65 to XYZ.
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
GROUNDS = {"dark": lambda colour: colour, "light": palette.on_light}
LAND = {"dark": palette.BASE["land"], "light": palette.on_light(palette.BASE["land"])}
MARKS = {name: getattr(palette, name.upper()) for name in ("action", "life", "control", "risk", "status")}
RAMPS = {"count": palette.COUNT, "occupancy": palette.OCCUPANCY, "cover": palette.COVER}
PAIRS = [(name, eye, ground) for name in RAMPS for eye in EYES for ground in GROUNDS]


def lab(colours, eye="usual"):
    """CIELAB of 0..255 colours as that eye sees them."""
    share = np.array([colour[:3] for colour in colours]) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = np.clip(linear @ EYES[eye].T, 0, 1) @ TO_XYZ.T / [0.95047, 1, 1.08883]
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.column_stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])])


def test_white_is_a_hundred_in_lightness():
    assert lab([(255, 255, 255)])[0] == pytest.approx([100, 0, 0], abs=0.02)


def ciede2000(one, two):
    """Difference of two CIELAB colours: CIE 142-2001, with kL = kC = kH = 1."""
    chroma = (np.hypot(*one[1:]) + np.hypot(*two[1:])) / 2
    stretch = 1 + 0.5 * (1 - np.sqrt(chroma**7 / (chroma**7 + 25**7)))
    (l1, c1, h1), (l2, c2, h2) = (_polar(lightness, a * stretch, b) for lightness, a, b in (one, two))
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    mean_l, mean_c, mean_h = (l1 + l2) / 2, (c1 + c2) / 2, (h1 + turn / 2) % 360 if c1 * c2 else h1 + h2
    waves = ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.20, 4, -63))
    t = 1 + sum(size * np.cos(np.radians(times * mean_h + shift)) for size, times, shift in waves)
    by_l = (l2 - l1) / (1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2))
    by_c, by_h = (c2 - c1) / (1 + 0.045 * mean_c), hue / (1 + 0.015 * mean_c * t)
    lean = np.sin(np.radians(60 * np.exp(-(((mean_h - 275) / 25) ** 2))))
    bend = -2 * np.sqrt(mean_c**7 / (mean_c**7 + 25**7)) * lean
    return float(np.sqrt(by_l**2 + by_c**2 + by_h**2 + bend * by_c * by_h))


def _polar(lightness, a, b):
    return lightness, np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360


def apart(colours, eye, pairs=lambda seen: combinations(seen, 2)):
    """The differences of the pairs of colours as an eye sees them."""
    return [ciede2000(one, two) for one, two in pairs(lab(colours, eye))]


# Sharma, Wu, Dalal, "The CIEDE2000 color-difference formula", Color Research and Application 30 (2005), table 1: pairs 1, 7, 13, 17, 25.
@pytest.mark.parametrize(
    ("one", "two", "wanted"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.4900, -0.0010), (50, -2.4900, 0.0009), 7.1792),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ],
)
def test_differences_are_those_of_the_published_table(one, two, wanted):
    assert ciede2000(one, two) == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize(("name", "eye", "ground"), PAIRS)
def test_neighbouring_classes_differ_for_every_eye(name, eye, ground):
    steps = apart([GROUNDS[ground](colour) for colour in RAMPS[name].colours], eye, pairwise)
    assert min(steps) > 8, np.round(steps, 1)  # 1 is just noticeable side by side; on a map nothing is side by side


@pytest.mark.parametrize(("name", "eye", "ground"), PAIRS)
def test_lightness_runs_one_way_for_every_eye(name, eye, ground):
    steps = np.diff(lab([GROUNDS[ground](colour) for colour in RAMPS[name].colours], eye)[:, 0])
    assert (steps > 4).all() or (steps < -4).all(), steps.round(1)


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("name", MARKS)
def test_categories_differ_for_every_eye_on_both_grounds(name, eye, ground):
    found = apart([GROUNDS[ground](mark.colour) for mark in MARKS[name].values()], eye)
    assert min(found) > 8, f"{min(found):.1f}"


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("name", ["action", "risk"])
def test_what_asks_for_something_stands_out_of_the_land(name, ground):
    calm = ("keep", "unknown")
    marks = [mark for key, mark in MARKS[name].items() if key not in calm]
    seen = lab([GROUNDS[ground](mark.colour) for mark in marks] + [LAND[ground]])
    assert min(ciede2000(one, seen[-1]) for one in seen[:-1]) > 20


def test_the_colours_of_the_palette_have_a_light_twin_and_others_are_turned_round():
    assert palette.on_light((242, 96, 78, 235)) == (191, 30, 44, 235)
    assert palette.on_light((0, 0, 0)) == (250, 250, 250)  # OKLab lightness 0 becomes 0.985, a grey
    assert palette.light_table()[palette.rgba(242, 96, 78, 0)] == palette.rgba(191, 30, 44, 0)


@pytest.mark.parametrize(
    "marks", [palette.ACTION, palette.SURE, palette.STATUS, palette.CONTROL, palette.RISK, palette.LIFE]
)
def test_every_category_has_a_symbol_of_its_own(marks):
    assert len({mark.symbol for mark in marks.values()}) == len(marks)


def test_no_ramp_contains_the_grey_of_unknown():
    for ramp in RAMPS.values():
        assert np.linalg.norm(lab(ramp.colours) - lab([palette.UNKNOWN]), axis=1).min() > 15


def test_a_colour_is_four_bytes_red_first():
    assert palette.rgba(1, 2, 3, 4).to_bytes(4, "little") == bytes([1, 2, 3, 4])
    assert palette.pack([[1, 2, 3, 4]]).tolist() == [palette.rgba(1, 2, 3, 4)]
    assert palette.pack([[9, 8, 7]]).tolist() == [palette.rgba(9, 8, 7)]


def test_a_colour_part_out_of_range_is_refused():
    with pytest.raises(ValueError, match="256"):
        palette.rgba(256, 0, 0)


def test_counts_fall_into_their_classes():
    assert palette.count_class([0, 1, 2, 3, 5, 6, 10, 11, 20, 21, np.nan]).tolist() == [0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 6]


def test_an_unknown_count_is_grey():
    assert palette.count_rgba([np.nan]).tolist() == [palette.rgba(*palette.UNKNOWN)]


def test_all_beds_in_use_is_not_yet_overfull():
    assert palette.OCCUPANCY.classes([0.69, 0.7, 1.0, 1.01]).tolist() == [0, 1, 3, 4]


def test_an_unknown_action_is_grey():
    assert palette.mark_rgba(["seal", "?"], palette.ACTION).tolist() == [
        palette.rgba(*palette.ACTION["seal"].colour),
        palette.rgba(*palette.UNKNOWN),
    ]


def test_hex_leaves_the_alpha_out():
    assert palette.hex_of((255, 0, 16, 7)) == "#ff0010"
