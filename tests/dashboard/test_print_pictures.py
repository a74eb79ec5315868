"""Every sheet of a printed briefing looks as it did when somebody last looked at it; tests/pictures holds how."""

import shutil
import subprocess

import pytest
from PIL import Image

from dashboard.access import Gate
from dashboard.briefing import PARTS, Choice, compose, write
from dashboard.desk import Desk
from dashboard.settings import Settings
from dashboard.tables import TableStore
from dashboard.view import read
from layers.store import open_store
from tests import pictures, shown

PRINTS = {"zh": Choice(PARTS, ("all",)), "en": Choice(("lockdown",))}


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prints")
    store, settings = open_store(shown.found(folder), "drill"), Settings(store="", var=folder)
    yield Desk(settings, store, Gate(settings), TableStore())
    store.close()


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="pdftoppm of poppler-utils draws the print")
@pytest.mark.parametrize(("lang", "choice"), PRINTS.items())
def test_every_sheet_of_a_print_looks_as_it_did(desk, tmp_path, lang, choice):
    briefing = compose(desk, desk.gate.visitor, read("/briefing", f"?lang={lang}", desk.store), choice)
    paper = write(briefing, tmp_path / "paper.pdf")
    subprocess.run(["pdftoppm", "-r", "50", "-png", str(paper), str(tmp_path / "sheet")], check=True)
    sheets = sorted(tmp_path.glob("sheet-*.png"))
    names = [f"print_{lang}_{number:02}" for number, _ in enumerate(sheets, 1)]
    wrong = [pictures.compare(name, Image.open(sheet)) for name, sheet in zip(names, sheets, strict=True)]
    assert [one for one in wrong if one] == []
    assert {path.stem for path in pictures.KEPT.glob(f"print_{lang}_*.png")} == set(names)  # no sheet is gone
