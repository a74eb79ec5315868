"""Row 9, formulas in what goes out: no cell is one, and what went out comes back in as it was."""

import csv
import io

import openpyxl
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dashboard.export import csv_bytes, safe
from layers.intake import readers
from layers.intake.chunks import FORMULA, guarded, text
from tests import city
from tests.office import CITY, Office

REASON = {"reason": "流调组核对密接"}
NASTY = ("=1+1", "+862765", "-7", "@SUM(A1)", "＝1+1", "'=1+1", "''-x", "'plain", '=HYPERLINK("http://x")')
SIGNS = st.sampled_from(["=", "+", "-", "@", "'", "＝", "\t", "\r", "\n", '"', ",", ""])
CELLS = st.builds("{}{}{}".format, SIGNS, SIGNS, st.text(st.characters(exclude_categories=["C"]), max_size=8))


@given(st.lists(CELLS, min_size=1, max_size=6))
@example(list(NASTY))
@settings(max_examples=150, deadline=None)
def test_no_cell_is_a_formula_and_each_comes_back_as_it_was(tmp_path_factory, cells):
    path = tmp_path_factory.mktemp("out") / "out.csv"
    path.write_bytes(csv_bytes(pd.DataFrame({"a": cells, "b": "x"}), bom=True))
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert not [cell for line in csv.reader(file) for cell in line if cell.startswith(FORMULA)]
    (chunk,) = readers.read(path)
    assert chunk.rows["a"].tolist() == [text(cell) for cell in cells]


@pytest.mark.parametrize("cell", NASTY)
def test_a_cell_that_is_made_safe_twice_is_safe(cell):
    assert not str(safe(safe(cell))).startswith(FORMULA)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_persons_with_names_of_formulas_go_out_inert_and_come_back_as_themselves(built, tmp_path, form):
    own = Office.copy(tmp_path, built)
    city.cases(own.store, tmp_path, "2020-02-11T18:00", *({"case_id": guarded(name)} for name in NASTY))
    before = city.believed(own.store, "person")
    content = own.browser(CITY).post(f"/rows/cases.{form}", data=REASON).get_data()
    assert not [cell for line in _lines(content, form) for cell in line if str(cell).startswith(FORMULA)]
    out = tmp_path / f"back.{form}"
    out.write_bytes(content)
    receipt = city.deliver(own.store, "cases", out, "2020-02-12T18:00")
    assert receipt.rows_rejected == 0
    assert set(city.believed(own.store, "person")["subject"]) == set(before["subject"])
    assert set(NASTY) <= set(before["subject"])


def _lines(content, form):
    if form == "csv":
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    (sheet,) = openpyxl.load_workbook(io.BytesIO(content)).worksheets
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    return [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]
