"""Slides and workbooks of a briefing say what was composed, can be edited, and are the same bytes whenever they are written."""

import html
import io
import re
import shutil
import subprocess
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace
from threading import Event

import openpyxl
import pytest
from pptx import Presentation

from dashboard.access import Gate
from dashboard.briefing import PARTS, Choice, compose, write
from dashboard.briefing.blocks import ChartBlock, Figures, MapBlock
from dashboard.briefing.packed import settled
from dashboard.briefing.workbook import Book
from dashboard.desk import Desk
from dashboard.settings import Settings
from dashboard.tables import TableStore
from dashboard.view import read
from layers._errors import Cancelled
from layers.store import open_store
from tests import city


@pytest.fixture(scope="module")
def briefing(tmp_path_factory):
    folder = tmp_path_factory.mktemp("office")
    store = city.found(open_store(f"sqlite:///{folder / 'store.db'}", "drill"), folder)
    sites = city.table(folder / "hospitals.csv", city.SITES)
    city.deliver(store, "hospitals", sites, "2020-01-01T08:20", datum="wgs84")
    beds = {"hospital": "H1", "reported_for": "2020-02-06", "kind": "普通", "open": 20, "used": 25}
    city.deliver(store, "beds", city.table(folder / "beds.csv", [beds]), "2020-02-06T17:00")
    city.cases(store, folder, "2020-02-06T18:00", {"case_id": "3"}, {"case_id": "4", "status": "疑似"})
    settings = Settings(store="", var=folder)
    desk = Desk(settings, store, Gate(settings), TableStore())
    yield compose(desk, desk.gate.visitor, read("/briefing", "?lang=zh", store), Choice(PARTS, ("420102",)))
    store.close()


def as_form(briefing, form):
    return replace(briefing, choice=replace(briefing.choice, form=form))


@pytest.fixture(scope="module")
def slides(briefing, tmp_path_factory):
    return write(as_form(briefing, "pptx"), tmp_path_factory.mktemp("slides") / "b.pptx")


@pytest.fixture(scope="module")
def workbook(briefing, tmp_path_factory):
    return write(as_form(briefing, "xlsx"), tmp_path_factory.mktemp("books") / "b.xlsx")


def texts(slide):
    found = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
    tables = [shape.table for shape in slide.shapes if shape.has_table]
    return " ".join([*found, *(cell.text for table in tables for row in table.rows for cell in row.cells)])


def letters(text):
    """Letters with how often each stands there; forms that a font folds into one are one, breaks of lines are none."""
    return Counter("".join(unicodedata.normalize("NFKC", text).split()))


@dataclass
class Sheet:
    """A sheet of a PDF: its size in points, words with their boxes, and how many pictures lie on it."""

    width: float
    height: float
    words: list
    pictures: int


def sheets_of(path):
    told = subprocess.run(["pdftotext", "-bbox", str(path), "-"], capture_output=True, text=True, check=True).stdout
    listed = subprocess.run(["pdfimages", "-list", str(path)], capture_output=True, text=True, check=True).stdout
    images = [line.split() for line in listed.splitlines()[2:]]  # page, number, type, width, height, ...
    pictures = Counter(int(one[0]) for one in images if one[2] == "image" and int(one[3]) > 600 and int(one[4]) > 600)
    found = []
    for at, page in enumerate(re.findall(r"<page .*?</page>", told, re.DOTALL), start=1):
        size = [float(one) for one in re.search(r'width="(.*?)" height="(.*?)"', page).groups()]
        boxes = re.findall(r'<word xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*?)</word>', page)
        found.append(Sheet(*size, [(html.unescape(b[4]), *map(float, b[:4])) for b in boxes], pictures[at]))
    return found


def figures_of(briefing):
    return [one for section in briefing.sections for block in section.of(Figures) for one in block.figures]


def test_every_figure_stands_on_a_slide_with_its_footnote(briefing, slides):
    said = "\n".join(texts(slide) for slide in Presentation(slides).slides)
    for one in figures_of(briefing):
        assert f"{one.name}\n{one.written}{one.code.removeprefix('F-')}" in said


def test_every_slide_bears_code_clocks_secrecy_and_its_number(briefing, slides):
    pages = list(Presentation(slides).slides)
    for at, slide in enumerate(pages, start=1):
        said = texts(slide)
        assert briefing.code in said
        assert "2020-02-06 18:00" in said
        assert "内部" in said
        assert f"第{at}页" in said.replace(" ", "")
        assert str(len(pages)) in said


def test_charts_are_native_and_hold_the_composed_numbers(briefing, slides):
    drawn = [shape.chart for slide in Presentation(slides).slides for shape in slide.shapes if shape.has_chart]
    blocks = [b for section in briefing.sections for b in section.of(ChartBlock) if len(b.data)]
    assert len(drawn) == len(blocks) > 1
    for chart, block in zip(drawn, blocks, strict=True):
        rows = block.data if block.kind == "line" else block.data.iloc[::-1]
        for series, one in zip(chart.plots[0].series, block.series, strict=True):
            wanted = [None if v != v else float(v) for v in rows[one.key]]
            assert [None if v is None else float(v) for v in series.values] == wanted


def test_maps_are_pictures_of_300_dots_an_inch(briefing, slides):
    maps = [shape for slide in Presentation(slides).slides for shape in slide.shapes if shape.shape_type == 13]
    assert len(maps) == sum(len(section.of(MapBlock)) for section in briefing.sections)
    for shape in maps:
        assert shape.image.size[0] / (shape.width.inches) >= 240  # enlarged to the slide by at most a fifth


def test_all_letters_ask_for_one_font_with_chinese_letters(slides):
    for slide in Presentation(slides).slides:
        for shape in (one for one in slide.shapes if one.has_text_frame):
            for run in (run for part in shape.text_frame.paragraphs for run in part.runs):
                assert 'a:ea typeface="Noto Sans CJK SC"' in run.font._element.xml


def test_the_workbook_holds_figures_as_numbers_with_their_codes(briefing, workbook):
    book = openpyxl.load_workbook(workbook)
    held = {}
    for sheet in book:
        for row in sheet.iter_rows(min_row=2, values_only=True):
            if len(row) >= 5 and re.fullmatch(r"F-\d+", str(row[4])):
                held[row[4]] = row[1]
    for one in figures_of(briefing)[3:]:  # the cover repeats three
        assert held[one.code] == (None if one.value != one.value else pytest.approx(one.value)), one.name


def test_no_cell_is_run_by_a_spreadsheet():
    content = io.BytesIO()
    book = Book(content)
    book.sheet("a/b:c*d?[e]" * 9, ["=1+1"], [["=cmd()"], ["@x"], ["http://127.0.0.1"], [float("nan")], [3.5]])
    book.sheet("a/b:c*d?[e]" * 9, ["x"], [])
    book.close()
    found = openpyxl.load_workbook(io.BytesIO(content.getvalue()))
    first, second = found.sheetnames
    assert len(first) <= 31
    assert first != second
    cells = [cell for row in found[first].iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert [cell.value for cell in cells] == ["=1+1", "'=cmd()", "'@x", "http://127.0.0.1", None, 3.5]
    assert not any(cell.hyperlink for cell in cells)


@pytest.mark.parametrize("form", ["pptx", "xlsx"])
def test_the_same_briefing_is_the_same_bytes(briefing, slides, workbook, form, tmp_path):
    first = {"pptx": slides, "xlsx": workbook}[form].read_bytes()
    assert write(as_form(briefing, form), tmp_path / f"again.{form}").read_bytes() == first
    assert settled(first) == first


@pytest.mark.parametrize("form", ["pptx", "xlsx"])
def test_stopped_on_the_way_nothing_is_left(briefing, form, tmp_path):
    stop = Event()
    stop.set()
    with pytest.raises(Cancelled, match="nothing was written"):
        write(as_form(briefing, form), tmp_path / f"b.{form}", cancel=stop)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice opens the slides")
def test_libreoffice_shows_on_each_slide_what_stands_on_it(slides, tmp_path):
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path / 'profile'}", "--headless", "--convert-to", "pdf"]
    subprocess.run([*command, "--outdir", str(tmp_path), str(slides)], check=True, capture_output=True, timeout=240)
    shown, deck = sheets_of(tmp_path / "b.pdf"), list(Presentation(slides).slides)
    assert len(shown) == len(deck)
    for at, (sheet, slide) in enumerate(zip(shown, deck, strict=True), start=1):
        assert not letters(texts(slide)) - letters(" ".join(word for word, *_ in sheet.words)), f"slide {at}"
        for word, left, top, right, bottom in sheet.words:
            inside = left >= 0 and top >= 0 and right <= sheet.width and bottom <= sheet.height
            assert inside, f"slide {at}: {word} runs over the edge"
        maps = [shape for shape in slide.shapes if shape.shape_type == 13]
        assert sheet.pictures == len(maps), f"slide {at}"
