"""Two files are matched row by row: every case comes back, in order, under the very id that its file gave it."""

import json

import openpyxl
import pytest

from geo.match import MATCH_COLUMNS
from layers._errors import FeedError
from layers.intake.match_files import match_files
from layers.intake.profile import Profile
from tests import city

COMPOUNDS = [
    {
        "compound_id": "C1",
        "name": "春风里",
        "addresses": "一元路5号",
        "district": "江岸区",
        "lon": 114.205,
        "lat": 30.505,
    },
    {"compound_id": "C2", "name": "丹水池小区", "addresses": "", "district": "江岸区", "lon": 114.225, "lat": 30.505},
]
ADDRESS = "江岸区春风里3栋"
IDS = [" 001 ", "001", "001", "420102199001011234", "中文😀", "NA", "null", "=1+1", "\u200b7", "", 'a"b', "c,d"]


@pytest.fixture
def compounds(tmp_path):
    return city.table(tmp_path / "compounds.csv", COMPOUNDS)


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def matched(cases, compounds, **options):
    """The answers; neither file states a datum unless asked, so compounds speak by name."""
    return match_files(cases, compounds, compounds_datum="wgs84", **options)


def test_every_id_comes_back_as_it_stands_in_the_file(tmp_path, compounds):
    cases = city.table(tmp_path / "cases.csv", [{"case_id": i, "address": ADDRESS} for i in IDS])
    answers, report = matched(cases, compounds)
    assert answers["case_id"].tolist() == IDS
    assert answers.columns.tolist() == MATCH_COLUMNS
    assert set(answers["compound_id"]) == {"C1"}
    assert report.cases == len(IDS)


def test_rows_that_are_too_long_or_too_short_stay_and_say_why(tmp_path, compounds):
    text = f"case_id,address,district\n 1,{ADDRESS},江岸区\n2,x,y,z\n3\n 4 ,{ADDRESS},江岸区\n"
    answers, report = matched(written(tmp_path / "c.csv", text), compounds)
    assert answers["case_id"].tolist() == [" 1", "2", "3", " 4 "]
    assert answers["status"].tolist() == ["accepted", "unmatched", "unmatched", "accepted"]
    long, short = answers.iloc[1], answers.iloc[2]
    assert (long["method"], long["probability"], long["alternatives"], long["compound_id"]) == ("none", 0.0, [], "")
    assert long["reason_en"] == "row 3 cannot be read: found 4 values, wanted 3 values"
    assert short["reason_zh"] == "第4行无法读取：有1个值，应有3个值"
    assert report.outcomes["unmatched/none"] == 2


def test_a_broken_quotation_mark_costs_one_row_and_an_open_one_the_file(tmp_path, compounds):
    text = f'case_id,address\n1,{ADDRESS}\n2,"x"y\n3,{ADDRESS}\n'
    answers, _ = matched(written(tmp_path / "c.csv", text), compounds)
    assert answers["case_id"].tolist() == ["1", "", "3"]
    assert answers["status"].tolist() == ["accepted", "unmatched", "accepted"]
    with pytest.raises(FeedError, match=r"o.csv: .*quotation.*line 2"):
        matched(written(tmp_path / "o.csv", f'case_id,address\n1,"x\n2,{ADDRESS}\n'), compounds)


def test_json_ids_keep_their_digits_and_a_broken_line_keeps_its_place(tmp_path, compounds):
    lines = [
        {"case_id": 420102199001011234, "address": ADDRESS},
        {"case_id": " 01", "address": ADDRESS},
        {"case_id": 12.10, "address": ADDRESS},
    ]
    text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).replace("12.1,", "12.10,")
    answers, _ = matched(written(tmp_path / "c.jsonl", text + "\n{broken 13800138000\n"), compounds)
    assert answers["case_id"].tolist() == ["420102199001011234", " 01", "12.10", ""]
    assert answers["status"].tolist() == ["accepted"] * 3 + ["unmatched"]
    assert "row 4" in answers["reason_en"][3]
    assert "13800138000" not in answers["reason_en"][3]


def test_cases_from_geojson_keep_their_ids_and_their_points(tmp_path, compounds):
    features = [
        {
            "type": "Feature",
            "properties": {"case_id": i},
            "geometry": {"type": "Point", "coordinates": [114.205, 30.505]},
        }
        for i in (420102199001011234, None, "007 ")
    ]
    path = written(tmp_path / "c.geojson", json.dumps({"type": "FeatureCollection", "features": features}))
    answers, _ = matched(path, compounds, cases_datum="wgs84")
    assert answers["case_id"].tolist() == ["420102199001011234", "", "007 "]
    assert answers["distance_m"].tolist() == [0.0, 0.0, 0.0]
    assert set(answers["compound_id"]) == {"C1"}


def test_cases_from_a_spreadsheet_keep_their_ids_and_one_of_sixteen_digits_cannot_be_known(tmp_path, compounds):
    book = openpyxl.Workbook()
    for row in (["case_id", "address"], ["007 ", ADDRESS], [8, ADDRESS], [420102199001011234, ADDRESS]):
        book.active.append(row)
    book.save(tmp_path / "c.xlsx")
    answers, _ = matched(tmp_path / "c.xlsx", compounds)
    assert answers["case_id"].tolist()[:2] == ["007 ", "8"]
    assert answers["status"].tolist() == ["accepted", "accepted", "unmatched"]
    assert "row 4, column case_id" in answers["reason_en"][2]


def test_ids_of_compounds_come_back_as_they_stand_in_the_file(tmp_path):
    rows = [COMPOUNDS[0] | {"compound_id": " 01 "}, COMPOUNDS[1] | {"compound_id": "01"}]
    cases = city.table(tmp_path / "c.csv", [{"case_id": "1", "address": ADDRESS}])
    answers, _ = matched(cases, city.table(tmp_path / "g.csv", rows))
    assert answers["compound_id"].tolist() == [" 01 "]
    assert answers["alternatives"][0][0]["compound_id"] == " 01 "


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            f"id,address\n1,{ADDRESS}\n",
            r"c.csv: column 'case_id'.* is missing; found \['id', 'address'\]; wanted case_id",
        ),
        ("case_id,foo\n1,x\n", r"c.csv: .*found \['case_id', 'foo'\]; wanted .*address.* lon"),
        ("case_id,lon\n1,114\n", "wanted .*address.* lon"),
    ],
)
def test_cases_without_their_columns_are_refused(tmp_path, compounds, text, said):
    with pytest.raises(FeedError, match=said):
        matched(written(tmp_path / "c.csv", text), compounds)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("compound_id,name\n", "g.csv: holds no compound"),
        ("name,district\n春风里,江岸区\n", r"g.csv: column 'compound_id'.*found \['name', 'district'\]"),
        ("compound_id,title\n1,春风里\n", "g.csv: column 'name'"),
        ("compound_id,name\n1,\n", "g.csv: holds no compound.*row 2, column name"),
        ("compound_id,name\nC1,春风里\nC2,丹水池\nC1,别的\n", "g.csv: compound_id 'C1' stands in rows 2 and 4"),
    ],
)
def test_a_register_that_names_no_compound_or_one_twice_is_refused(tmp_path, text, said):
    cases = city.table(tmp_path / "c.csv", [{"case_id": "1", "address": ADDRESS}])
    with pytest.raises(FeedError, match=said):
        matched(cases, written(tmp_path / "g.csv", text))


def test_a_case_number_that_stands_twice_is_remarked_and_both_rows_are_answered(tmp_path):
    cases = tmp_path / "cases.csv"
    cases.write_text("case_id,address\n1,江岸区春风里3栋\n1,江岸区春风里4栋\n2,江岸区春风里5栋\n", encoding="utf-8")
    compounds = tmp_path / "compounds.csv"
    compounds.write_text("compound_id,name\nC,春风里\n", encoding="utf-8")
    answers, report = match_files(cases, compounds)
    assert answers["case_id"].tolist() == ["1", "1", "2"]
    assert [(note.row, note.column, note.found) for note in report.cases_warned] == [(3, "case_id", "1")]


def test_a_file_of_cases_without_a_row_gives_no_answer(tmp_path, compounds):
    answers, report = matched(written(tmp_path / "c.csv", "case_id,address\n"), compounds)
    assert (len(answers), report.cases) == (0, 0)
    assert answers.columns.tolist() == MATCH_COLUMNS


def test_an_id_that_a_profile_joins_is_echoed_as_joined(tmp_path, compounds):
    cases = city.table(tmp_path / "c.csv", [{"day": "1", "no": "2", "address": ADDRESS}])
    answers, _ = matched(cases, compounds, cases_profile=Profile(join={"case_id": ["day", "no"]}))
    assert answers["case_id"].tolist() == ["1|2"]


def test_the_best_alternative_bears_the_probability(tmp_path, compounds):
    near = {"lon": 114.205, "lat": 30.505}
    far = {"lon": 114.225, "lat": 30.505}
    rows = [{"address": a} | p for a in (ADDRESS, "江岸区一元路5号", "", "春风") for p in (near, far, {})]
    cases = city.table(tmp_path / "c.csv", [{"case_id": str(i)} | row for i, row in enumerate(rows)])
    answers, _ = matched(cases, compounds, cases_datum="wgs84")
    led = answers[answers["alternatives"].map(len) > 0]
    assert {"both", "address", "nearest"} <= set(led["method"])
    assert [a[0]["score"] for a in led["alternatives"]] == pytest.approx(led["probability"].tolist(), abs=0)
    assert all(a[0]["compound_id"] == c for a, c in zip(led["alternatives"], led["compound_id"], strict=True) if c)


def test_other_sheets_are_named(tmp_path, compounds):
    book = openpyxl.Workbook()
    book.active.append(["case_id", "address"])
    book.active.append(["1", ADDRESS])
    book.create_sheet("二月").append(["case_id", "address"])
    book.save(tmp_path / "c.xlsx")
    _, report = matched(tmp_path / "c.xlsx", compounds)
    assert any("c.xlsx" in notice["en"] and "二月" in notice["en"] for notice in report.notices)
