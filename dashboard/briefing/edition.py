"""What decides the bytes of a print besides its state: the writers themselves. And the code that stands on every page."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dashboard.briefing.blocks import Figures, Note, Paragraph, Section, TableBlock
from dashboard.text import LANGS, texts

HERE = Path(__file__).resolve().parent
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0, 1, I, O: a code is read aloud from paper
LETTERS = 12
PRINTERS = ("matplotlib", "pydeck", "pyogrio")  # whose own bytes stand in a print


@cache
def edition() -> str:
    """Return a digest of the code that writes briefings; equal editions write equal states into equal bytes."""
    digest = hashlib.sha256(" ".join(map(version, PRINTERS)).encode())
    for path in sorted([*HERE.glob("*.py"), *HERE.glob("offline/*.*")]):
        digest.update(path.name.encode() + path.read_bytes())
    for lang in LANGS:
        said = {key: words for key, words in texts(lang).items() if key.startswith("brief.")}
        digest.update(json.dumps(said, ensure_ascii=False, sort_keys=True).encode())
    return digest.hexdigest()[:12]


def code_of(state: dict[str, Any], sections: Sequence[Section], inputs: Sequence[str]) -> str:
    """Return the code of a print, "FY-7K3M-Q2XD-9ABC": a digest of its state, its inputs and everything that it says."""
    said = [[section.key, section.title, [_said(block) for block in section.blocks]] for section in sections]
    text = json.dumps([state, list(inputs), said], ensure_ascii=False, sort_keys=True)
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
    letters = "".join(ALPHABET[number >> (5 * at) & 31] for at in range(LETTERS))
    return "FY-" + "-".join(letters[at : at + 4] for at in range(0, LETTERS, 4))


def _said(block: Any) -> Any:
    if isinstance(block, Figures):
        return [[one.name, one.written, one.code] for one in block.figures]
    if isinstance(block, Paragraph):
        return [block.heading, block.text, list(block.codes)]
    if isinstance(block, Note):
        return block.text
    if isinstance(block, TableBlock):
        return [block.title, block.frame.astype(str).to_numpy().tolist()]
    return [block.title, block.code]  # maps, charts and lists say what the plans say, whose inputs are in the digest


def taken_code() -> str:
    """Return the code of rows that leave: it stands in their watermark and in the journal."""
    return "FX-" + "-".join("".join(secrets.choice(ALPHABET) for _ in range(LETTERS // 3)) for _ in range(3))
