"""Reference pictures: what pages and prints looked like when somebody last looked at them, and a comparison that only sees what a person would."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageFilter

KEPT = Path(__file__).parent
# What a run saw, and how it differs. Not test-results: the browser driver empties that.
FOUND = KEPT.parents[1] / "var" / "pictures"
BLOCK = 8  # pixels of a reference picture that are judged together
BLUR = 2.0  # pixels: letters that another machine rasterises differently are the same grey
STEP = 14  # levels of 255 by which the mean of a block must differ to count as changed
MOST = 0.004  # share of blocks that may change anywhere
PATCH = 10  # blocks that may change side by side: about one short word
COLOURS = 128  # of a kept picture


@dataclass(frozen=True)
class Difference:
    """How a picture differs from the one that is kept: the share of changed blocks, and the largest patch of them in blocks."""

    share: float
    patch: int

    def __bool__(self) -> bool:
        return self.share > MOST or self.patch > PATCH


def kept(picture: Image.Image) -> Image.Image:
    """Return a picture as it is kept: few colours and no dither, so that it is small; rare ones keep their place (a median cut drops them)."""
    return picture.convert("RGB").quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)


def differ(expected: Image.Image, found: Image.Image) -> Difference:
    """Compare two pictures; another size is a difference of everything."""
    if expected.size != found.size:
        return Difference(1.0, expected.width * expected.height // BLOCK**2)
    changed = _changed(expected, found)
    return Difference(float(changed.mean()), _largest(changed))


def compare(name: str, found: Image.Image) -> str:
    """Compare a picture with the one kept under `name` and return what is wrong, "" when nothing is.

    What was found lies in `FOUND` afterwards, so that it can be accepted; a difference lies beside it as one picture:
    expected, found, and where they differ.
    """
    FOUND.mkdir(parents=True, exist_ok=True)
    difference = FOUND / f"{name}_difference.png"
    difference.unlink(missing_ok=True)
    kept(found).save(FOUND / f"{name}.png", optimize=True)
    how = f"accept it: python -m tests.pictures {name}"
    if not (KEPT / f"{name}.png").is_file():
        return f"{name}: no picture is kept. Look at {FOUND / name}.png and {how}"
    with Image.open(KEPT / f"{name}.png") as reference:
        expected = reference.convert("RGB")
    gap = differ(expected, found.convert("RGB"))
    if not gap:
        return ""
    _beside(expected, found.convert("RGB")).save(difference, optimize=True)
    return f"{name}: {gap.share:.1%} of the picture changed, {gap.patch} blocks side by side. Look at {difference} and {how}"


def accept(names: list[str]) -> list[str]:
    """Keep what the last run found under these names, all that it found when none is given; return the names."""
    seen = {path.stem: path for path in FOUND.glob("*.png") if not path.stem.endswith("_difference")}
    wanted = names or sorted(seen)
    unknown = [name for name in wanted if name not in seen]
    if unknown:
        raise SystemExit(f"the last run took no picture {unknown}; it took {sorted(seen)} (run the tests first)")
    for name in wanted:
        (KEPT / f"{name}.png").write_bytes(seen[name].read_bytes())
    return wanted


def _changed(expected: Image.Image, found: Image.Image) -> np.ndarray:
    """Which blocks differ, as rows and columns."""
    means = [_blocks(picture) for picture in (expected, found)]
    return np.asarray(np.abs(means[0] - means[1]).max(axis=2) > STEP)


def _blocks(picture: Image.Image) -> np.ndarray:
    soft = picture.convert("RGB").filter(ImageFilter.GaussianBlur(BLUR))
    size = (max(picture.width // BLOCK, 1), max(picture.height // BLOCK, 1))
    return np.asarray(soft.resize(size, Image.Resampling.BOX), dtype=float)


def _largest(changed: np.ndarray) -> int:
    """Blocks of the largest patch, corners counted as neighbours."""
    left, largest = {(int(y), int(x)) for y, x in np.argwhere(changed)}, 0
    while left:
        edge, size = [left.pop()], 0
        while edge:
            y, x = edge.pop()
            size += 1
            near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
            left -= near
            edge.extend(near)
        largest = max(largest, size)
    return largest


def _beside(expected: Image.Image, found: Image.Image) -> Image.Image:
    """Expected, found and their difference side by side; what changed is white on black."""
    size = (max(expected.width, found.width), max(expected.height, found.height))
    parts = [
        expected,
        found,
        ImageChops.difference(_on(expected, size), _on(found, size)).point(lambda v: min(v * 4, 255)),
    ]
    sheet = Image.new("RGB", (size[0] * 3 + 16, size[1]), "#d33")
    for number, part in enumerate(parts):
        sheet.paste(part, (number * (size[0] + 8), 0))
    return sheet


def _on(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    ground = Image.new("RGB", size)
    ground.paste(picture)
    return ground
