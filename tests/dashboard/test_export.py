"""Files that leave the house: nothing in them runs in a spreadsheet, and equal plans give equal bytes."""

import csv
import io
import json
from dataclasses import replace
from datetime import date

import numpy as np
import openpyxl
import pandas as pd
import pytest

from dashboard import export
from dashboard.export import ExportError, csv_bytes, plan_bytes, safe, write_plan
from layers._times import parse_time
from layers.decisions._proposal import Plan, Proposal, Reason, Words
from layers.intake.chunks import FORMULA

BAD = ('=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＠x")
NOON = parse_time("2020-02-12T12:00")


def plan(name="=1+1", **changes):
    words = Words("＝理由", "=reason")
    proposal = Proposal(
        subject="@C1",
        name=name,
        district="420102",
        action="seal",
        reasons=(Reason("close@2020-02-10", "=甲", "=a", ()),),
        rule_id="-close@2020-02-10",
        flips_if=words,
        as_of=NOON,
        known_at=NOON,
        inputs_hash="0" * 64,
        figures={"=figure": 1.5, "days": float("inf")},
    )
    table = pd.DataFrame({"=column": ["=1", None], "list": [["=1"], []], "map": [{"=a": "=b"}, {}], "number": [-2, 3]})
    told = Plan(
        kind="lockdown",
        title=Words("方案", "Plan"),
        proposals=(proposal,),
        summary={},
        tables={"found": table},
        rules=("=rule",),
        as_of=NOON,
        known_at=NOON,
        area="=area",
        inputs_hash="0" * 64,
        caveats=(words,),
    )
    return replace(told, **changes)


def texts(content):
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [cell for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]


@pytest.mark.parametrize("text", BAD)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert safe(text) == "'" + text


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("百步亭=1", "百步亭=1"),
        (-5, -5),
        (np.int64(-5), -5),
        (np.float64(-0.5), -0.5),
        (True, True),
        (None, ""),
        (float("nan"), ""),
        (pd.NaT, ""),
        (pd.NA, ""),
        (np.str_("=1"), "'=1"),
        (date(2020, 2, 12), "2020-02-12"),
        (["=1", 2.5], '["=1", 2.5]'),
        (("甲",), '["甲"]'),
        ({"=a": np.int64(1)}, '{"=a": 1}'),
        (Words("=甲", "=a"), "Words(zh='=甲', en='=a')"),
    ],
)
def test_a_cell_is_a_number_or_safe_text(value, written):
    assert safe(value) == written
    assert type(safe(value)) is type(written)


class Spoken:
    """Something whose text begins like a formula."""

    def __str__(self):
        return "=1+1"


def test_what_only_its_text_betrays_is_made_safe_too():
    assert safe(Spoken()) == "'=1+1"


@pytest.mark.parametrize("bad", BAD)
def test_no_cell_or_header_of_a_csv_is_a_formula(bad):
    content = csv_bytes(pd.DataFrame({bad: [bad, -1], "list": [[bad], [1]]}), bom=True)
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert rows[0] == ["'" + bad, "list"]
    assert rows[1] == ["'" + bad, json.dumps([bad], ensure_ascii=False)]
    assert rows[2] == ["-1", "[1]"]  # a number stays a number


def test_no_cell_of_a_workbook_is_a_formula():
    cells = texts(plan_bytes(plan(), "xlsx"))
    assert [cell.value for cell in cells if cell.data_type == "f"] == []
    assert [cell.value for cell in cells if cell.value.startswith(FORMULA)] == []
    told = {cell.value for cell in cells}
    assert {"'=area", "'=rule", "'＝理由", "'=reason", "'=figure", "'=column", "'@C1", "'=1+1", '["=1"]', "inf"} <= told


def test_equal_plans_give_equal_bytes_whenever_they_are_written(monkeypatch):
    import time

    first = {form: plan_bytes(plan(), form) for form in export.FORMATS}
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 7)  # a ZIP counts in steps of two seconds
    time.sleep(2.1)
    assert {form: plan_bytes(plan(), form) for form in export.FORMATS} == first
    assert plan_bytes(plan(name="二号"), "xlsx") != first["xlsx"]


def test_a_plan_is_written_whole_or_not_at_all(tmp_path):
    write_plan(plan(), tmp_path / "deep" / "plan.XLSX")
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["plan.XLSX"]
    with pytest.raises(ExportError, match="'txt'"):
        write_plan(plan(), tmp_path / "plan.txt")
    assert not (tmp_path / "plan.txt").exists()


def test_a_workbook_from_a_page_holds_no_row_of_a_compound(tmp_path):
    """Those leave by /rows alone, with a reason and a watermark; whoever runs the command has the store anyway."""
    tables = {
        "compounds": pd.DataFrame({"code": ["C1"]}),
        "moves": pd.DataFrame({"compound": ["C1"]}),
        "risk": pd.DataFrame({"district": ["A"]}),
    }
    one = replace(plan(), tables=tables)
    names = openpyxl.load_workbook(io.BytesIO(plan_bytes(one, "xlsx"))).sheetnames
    assert ("risk" in names, {"compounds", "moves"} & set(names)) == (True, set())
    write_plan(one, tmp_path / "plan.xlsx")
    assert {"risk", "compounds", "moves"} <= set(openpyxl.load_workbook(tmp_path / "plan.xlsx").sheetnames)
