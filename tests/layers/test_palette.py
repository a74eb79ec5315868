"""Colours: packed as deck.gl reads them, in order of lightness, and told apart by colour-blind eyes."""

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
RAMPS = {"count": palette.COUNT, "occupancy": palette.OCCUPANCY, "cover": palette.COVER}
PAIRS = [(name, eye) for name in RAMPS for eye in EYES]


def lab(colours, eye="usual"):
    """CIELAB of 0..255 colours as that eye sees them."""
    share = np.array([colour[:3] for colour in colours]) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = np.clip(linear @ EYES[eye].T, 0, 1) @ TO_XYZ.T / [0.95047, 1, 1.08883]
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.column_stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])])


def test_white_is_a_hundred_in_lightness():
    assert lab([(255, 255, 255)])[0] == pytest.approx([100, 0, 0], abs=0.02)


@pytest.mark.parametrize(("name", "eye"), PAIRS)
def test_neighbouring_classes_differ_for_every_eye(name, eye):
    steps = np.linalg.norm(np.diff(lab(RAMPS[name].colours, eye), axis=0), axis=1)
    assert steps.min() > 10, steps.round(1)  # 2.3 is just noticeable side by side; on a map nothing is side by side


@pytest.mark.parametrize(("name", "eye"), PAIRS)
def test_lightness_runs_one_way_for_every_eye(name, eye):
    steps = np.diff(lab(RAMPS[name].colours, eye)[:, 0])
    assert (steps > 4).all() or (steps < -4).all(), steps.round(1)


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("marks", [palette.ACTION, palette.RISK, palette.LIFE], ids=["action", "risk", "life"])
def test_actions_differ_for_every_eye(marks, eye):
    seen = lab([mark.colour for mark in marks.values()], eye)
    apart = np.linalg.norm(seen[:, None] - seen[None], axis=2)
    assert apart[np.triu_indices(len(seen), 1)].min() > 20


@pytest.mark.parametrize("marks", [palette.ACTION, palette.STATUS, palette.CONTROL, palette.RISK, palette.LIFE])
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
