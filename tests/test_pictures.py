"""The comparison of pictures sees what a person would see, and passes by what another machine's letters change."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from tests import pictures

SIZE = (480, 270)


def screen(shift=0, panels=3, words="现有确诊 1,284", aside=0, soft=0.0):
    """A screen of panels with a figure each; `shift` moves the last one, `soft` blurs as another rasteriser might."""
    picture = Image.new("RGB", SIZE, "#0b1119")
    draw = ImageDraw.Draw(picture)
    for number in range(panels):
        top = 10 + number * 85 + (shift if number == panels - 1 else 0)
        draw.rectangle((10, top, 220, top + 70), fill="#18222e", outline="#2b3a4c")
        draw.text((20 + aside, top + 10), words, fill="#e8eef5", font=ImageFont.load_default(22))
    return picture if not soft else Image.blend(picture, picture.resize((240, 135)).resize(SIZE), soft)


@pytest.fixture
def folders(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(pictures, "FOUND", tmp_path / "found")
    pictures.KEPT.mkdir()
    return tmp_path


def test_the_same_screen_in_other_letters_is_the_same():
    assert not pictures.differ(screen(), screen())
    assert not pictures.differ(screen(), screen(soft=0.6))
    assert not pictures.differ(screen(), screen(aside=1))
    assert not pictures.differ(pictures.kept(screen()).convert("RGB"), screen())


@pytest.mark.parametrize(
    "other",
    [
        screen(shift=8),
        screen(panels=2),
        screen(words=""),
        Image.new("RGB", SIZE, "#0b1119"),
        screen().resize((960, 540)),
    ],
)
def test_what_moved_or_is_missing_is_a_difference(other):
    assert pictures.differ(screen(), other)


def test_a_small_patch_far_from_another_does_not_hide_in_a_large_picture():
    wide = Image.new("RGB", (1920, 1080), "#0b1119")
    other = wide.copy()
    ImageDraw.Draw(other).rectangle((900, 500, 980, 540), fill="#d33")
    found = pictures.differ(wide, other)
    assert found.share < pictures.MOST
    assert found


def test_a_difference_is_shown_and_can_be_accepted(folders):
    assert "no picture is kept" in pictures.compare("desk", screen())
    assert pictures.accept([]) == ["desk"]
    assert pictures.compare("desk", screen()) == ""
    said = pictures.compare("desk", screen(panels=2))
    assert "python -m tests.pictures desk" in said
    with Image.open(pictures.FOUND / "desk_difference.png") as shown:
        assert shown.size == (SIZE[0] * 3 + 16, SIZE[1])
        assert np.asarray(shown)[:, 2 * SIZE[0] + 16 :].max() > 200
    assert pictures.accept(["desk"]) == ["desk"]
    assert pictures.compare("desk", screen(panels=2)) == ""
    assert not (pictures.FOUND / "desk_difference.png").exists()


def test_what_was_not_taken_cannot_be_accepted(folders):
    pictures.compare("desk", screen())
    with pytest.raises(SystemExit, match="took no picture"):
        pictures.accept(["wall"])
