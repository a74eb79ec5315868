"""Rows that leave the house: for a reason, through the gate, watermarked, and never more than a page of them in memory."""

import csv
import io
import weakref

import openpyxl
import pandas as pd
import pytest

from dashboard import row_files, row_routes
from dashboard.__main__ import main
from dashboard.access import Gate
from dashboard.desk import Desk
from dashboard.row_files import csv_parts, xlsx_parts
from dashboard.rows import Taking
from dashboard.tables import TableStore
from dashboard.view import Here
from layers._times import parse_time
from layers.intake import readers
from layers.intake.chunks import WATERMARK
from layers.store import journal, paged, people
from layers.store.paged import paged as pages_of
from tests import city
from tests.office import CITY, COMMUNITY, DISTRICT, OTHER, STREET, Office

REASON = {"reason": "流调组核对密接"}


@pytest.fixture
def own(built, tmp_path):
    return Office.copy(tmp_path, built)


def taken(answer):
    """Rows and watermark of a CSV that was sent."""
    assert answer.status_code == 200, answer.get_data()
    found = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    marks = {line[1]: line[2] for line in found if line[0] == WATERMARK}
    rows = [line for line in found if line[0] != WATERMARK]
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]], marks, found


def entries(own):
    rows = journal.entries(own.store)
    mine = rows[rows["subject"].str.startswith("rows/")].iloc[::-1]
    return mine[["actor", "action", "subject", "detail"]].to_numpy().tolist()


def test_rows_go_out_with_a_watermark_and_two_entries_in_the_journal(own):
    rows, marks, lines = taken(own.browser(CITY).post("/rows/cases.csv", data=REASON))
    code = marks["导出编号"]
    assert [row["病例编号"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert {row["导出编号"] for row in rows} == {code}
    assert (rows[0]["状态"], rows[0]["小区"], rows[0]["区"]) == ("确诊", "春风里", "江岸区")
    assert "备注" not in rows[0]
    assert rows[0]["现住址"] == "江岸区春风里"  # without building and room
    assert (marks["用途"], marks["导出人"], marks["密级"]) == ("流调组核对密接", "总值班 · 市级", "内部资料")
    assert lines[-1][:2] == [WATERMARK, "完"]
    assert "5" in lines[-1][2]
    first, last = entries(own)
    assert first[:3] == ["总值班", "export", "rows/cases.csv"]
    assert {**first[3], "as_of": "", "known_at": ""} == {"code": code, "reason": "流调组核对密接", "area": "", "as_of": "", "known_at": "", "about": 5}  # fmt: skip
    assert last == ["总值班", "exported", "rows/cases.csv", {"code": code, "rows": 5, "ended": "whole"}]


@pytest.mark.parametrize("reason", [{}, {"reason": ""}, {"reason": "  \n "}, {"reason": "xx"}, {"reason": "x" * 501}])
def test_without_a_reason_nothing_goes_out(own, reason):
    answer = own.browser(CITY).post("/rows/cases.csv", data=reason)
    assert (answer.status_code, "reason" in answer.get_json()["error"]) == (400, True)
    assert entries(own) == []


@pytest.mark.parametrize("path", ["/rows/persons.csv", "/rows/cases.pdf", "/rows/person_status.csv"])
def test_there_are_no_other_tables(own, path):
    assert own.browser(CITY).post(path, data=REASON).status_code == 404


def test_a_link_takes_nothing_out(own):
    assert own.browser(CITY).get("/rows/cases.csv?reason=because").status_code in (404, 405)
    foreign = {"Origin": "https://elsewhere.example"}
    assert own.browser(CITY).post("/rows/cases.csv", data=REASON, headers=foreign).status_code == 403
    assert entries(own) == []


def test_each_role_takes_out_its_own_rows_with_its_own_fields(own):
    found = {who.role: taken(own.browser(who).post("/rows/cases.csv", data=REASON))[0] for who in (CITY, DISTRICT, STREET, COMMUNITY)}  # fmt: skip
    assert {role: [row["病例编号"] for row in rows] for role, rows in found.items()} == {
        "city": ["1", "2", "3", "4", "5"],
        "district": ["1", "2"],
        "street": ["1"],
        "community": ["1"],
    }
    assert not any("备注" in row for rows in found.values() for row in rows)
    assert own.browser(OTHER).post("/rows/cases.csv?area=420102", data=REASON).status_code == 403
    assert own.browser(STREET).post("/rows/compounds.csv?area=420103", data=REASON).status_code == 403


def test_a_table_of_compounds_is_the_one_of_the_desk(own):
    rows, marks, _ = taken(own.browser(DISTRICT).post("/rows/compounds.csv?lang=en", data=REASON))
    assert {row["Compound"] for row in rows} == {"春风里", "丹水池小区", "教师公寓", "百步亭一期", "百步亭二期"}
    assert marks["reason"] == "流调组核对密接"


def test_a_workbook_of_compounds_writes_out_what_is_endless(own):
    answer = own.browser(CITY).post("/rows/compounds.xlsx?lang=en", data=REASON)
    assert answer.status_code == 200
    cells = {
        cell
        for row in openpyxl.load_workbook(io.BytesIO(answer.get_data()))["compounds"].iter_rows(values_only=True)
        for cell in row
    }
    assert {"∞", "C1"} <= cells


def test_what_a_spreadsheet_would_run_is_made_safe(own, tmp_path):
    city.cases(own.store, tmp_path, "2020-02-11T18:00", {"case_id": "=1+1"})
    evil = {"reason": '=HYPERLINK("http://x")'}
    rows, marks, _ = taken(own.browser(CITY).post("/rows/cases.csv", data=evil))
    assert "'=1+1" in {row["病例编号"] for row in rows}
    assert marks["用途"] == "'" + evil["reason"]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_went_out_can_be_handed_in_again(own, tmp_path, form, lang):
    answer = own.browser(CITY).post(f"/rows/cases.{form}?lang={lang}", data=REASON)
    out = tmp_path / f"back.{form}"
    out.write_bytes(answer.get_data())
    assert sum(len(chunk.rows) for chunk in readers.read(out)) == 5
    receipt = city.deliver(own.store, "cases", out, "2020-02-12T18:00", dry_run=True)
    assert (receipt.rows_read, receipt.rows_rejected) == (5, 0)


def test_a_workbook_holds_the_same_rows(own):
    answer = own.browser(CITY).post("/rows/cases.xlsx", data=REASON)
    sheet = openpyxl.load_workbook(io.BytesIO(answer.get_data()))["cases"]
    lines = [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]
    assert sum(line[0] != WATERMARK for line in lines) == 1 + 5
    assert (lines[0][0], lines[-1][:2]) == (WATERMARK, [WATERMARK, "完"])
    assert entries(own)[-1][3]["ended"] == "whole"


def test_a_workbook_too_large_to_wait_for_is_refused_before_it_is_made(own, monkeypatch):
    monkeypatch.setattr(row_routes, "IN_A_SHEET", 4)
    answer = own.browser(CITY).post("/rows/cases.xlsx", data=REASON)
    assert (answer.status_code, "5 rows" in answer.get_json()["error"]) == (400, True)
    assert entries(own) == []


def test_a_download_that_is_stopped_says_how_far_it_came(own, monkeypatch):
    monkeypatch.setattr(paged.paged, "__defaults__", (2,))
    answer = own.browser(CITY).post("/rows/cases.csv", data=REASON, buffered=False)
    parts = iter(answer.response)
    next(parts), next(parts)
    answer.close()
    assert entries(own)[-1][3] | {"code": ""} == {"code": "", "rows": 2, "ended": "broken off"}


def test_a_workbook_is_whole_only_when_its_last_piece_has_gone_out(own, monkeypatch):
    monkeypatch.setattr(row_files, "PIECE", 1000)
    answer = own.browser(CITY).post("/rows/cases.xlsx", data=REASON, buffered=False)
    parts = iter(answer.response)
    next(parts), next(parts)
    assert [one[1] for one in entries(own)] == ["export"]
    answer.close()
    del parts, answer
    assert entries(own)[-1][3] | {"code": ""} == {"code": "", "rows": 5, "ended": "broken off"}
    assert own.browser(CITY).post("/rows/cases.xlsx", data=REASON).get_data()
    assert entries(own)[-1][3] | {"code": ""} == {"code": "", "rows": 5, "ended": "whole"}


# ---- page by page


@pytest.fixture(scope="module")
def crowd(built, tmp_path_factory):
    """An office with 25 persons more, their ids in no order, each with three dated steps."""
    folder = tmp_path_factory.mktemp("crowd")
    found = Office.copy(folder, built)
    steps = (("疑似", "2020-02-01"), ("确诊", "2020-02-05"), ("治愈", "2020-02-09"))
    rows = [
        {"case_id": f"X{7 * n % 25:02}", "status": said, "status_at": day} for n in range(25) for said, day in steps
    ]
    city.cases(found.store, folder, "2020-02-11T18:00", *rows)
    return found


def plain(rows):
    return rows.astype(object).where(rows.notna(), None)


@pytest.mark.parametrize("area", ["", "420102", "420102/一元街道", "compound:C1"])
def test_pages_are_the_whole_list_whatever_their_size(crowd, area):
    view = crowd.store.view(area, as_of=parse_time("2020-02-06T12:00"))
    whole = crowd.store.read(people.listed(view, "case", 10_000)).sort_values("subject", ignore_index=True)
    for size in (1, 4, 30, 1000):
        found = list(pages_of(crowd.store, view, "case", size))
        assert all(len(page) <= size for page in found)
        joined = pd.concat([plain(page) for page in found if len(page)], ignore_index=True)
        pd.testing.assert_frame_equal(joined[whole.columns], plain(whole))
        assert joined["place"].notna().tolist() == (whole["compound"].fillna("") != "").tolist()
    assert "confirmed" in set(whole["status"])  # as of that day nobody was cured yet
    assert "cured" not in set(whole["status"])


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_no_more_than_one_page_is_held(crowd, monkeypatch, form):
    """Each page that was read, masked or put into words is gone before the store is asked for the next one."""
    read, most = crowd.store.read, []
    refs: list[weakref.ref] = []

    def watched(query):
        most.append(sum(one() is not None for one in refs))
        rows = read(query)
        if {"subject", "age"} <= set(rows):
            refs.append(weakref.ref(rows))
        return rows

    monkeypatch.setattr(crowd.store, "read", watched)
    monkeypatch.setattr(paged.paged, "__defaults__", (4,))
    desk = Desk(crowd.settings, crowd.store, Gate(crowd.settings), TableStore())
    taking = Taking(desk, CITY, "总值班", Here("/rows", crowd.store.view()), "cases", form, "line list")
    told: list[int] = []
    parts = sum(len(part) > 0 for part in (csv_parts if form == "csv" else xlsx_parts)(taking, told.append))
    assert (parts, len(told), told[-1]) == ((1 + 8 + 1, 8, 30) if form == "csv" else (1, 8, 30))
    assert len(refs) == 8
    assert max(most) <= 1, most


# ---- the command


def test_the_command_takes_the_same_rows(built, own, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("FANGYI_MODE", "production")
    monkeypatch.setenv("FANGYI_SECRET", own.settings.secret)
    out, store = tmp_path / "cases.csv", ["--store", own.settings.store]
    told = ["--reason", "line list for the district", "--by", "王主任", *store]
    assert main(["export", "cases", "--area", "420102", "--out", str(out), *told]) == 0
    assert "2 rows, FX-" in capsys.readouterr().out
    assert sum(len(chunk.rows) for chunk in readers.read(out)) == 2
    assert entries(own)[0][:2] == ["王主任", "export"]
    assert main(["export", "cases", "--out", str(out), "--reason", " ", *store]) == 2
    assert "wanted 4 to 500" in capsys.readouterr().err
    assert sum(len(chunk.rows) for chunk in readers.read(out)) == 2  # the old file stays
