"""A delivery goes in whole or not at all; bad rows are named, good rows go in, and nothing is lost in silence."""

import json
from threading import Event

import openpyxl
import pytest
from sqlalchemy import select

from layers._errors import Cancelled, FeedError, KnowledgeError, ProfileError
from layers.intake.feeds import feed_named
from layers.intake.match_files import CASES
from layers.intake.profile import Profile, load, load_part
from layers.intake.review import decide
from layers.store import open_store
from layers.store.schema import batch, metadata, rejection
from tests import city

HOSPITALS = [{"hospital_id": "H1", "name": "武汉市第一医院", "kind": "定点", "lon": 114.22, "lat": 30.51}]
BED = {"hospital": "H1", "kind": "all", "reported_for": "2020-02-15", "open": 100, "used": 90, "free": 10}


@pytest.fixture
def store(tmp_path):
    return city.found(open_store(f"sqlite:///{tmp_path / 'store.db'}", "drill"), tmp_path)


def count_everything(store):
    return {t.name: len(store.read(select(*t.primary_key.columns))) for t in metadata.sorted_tables}


def beds(store, folder, *rows, known_at="2020-02-16T18:00", **options):
    if city.believed(store, "hospital").empty:
        city.deliver(store, "hospitals", city.table(folder / "h.csv", HOSPITALS), "2020-02-01", datum="wgs84")
    return city.deliver(
        store, "beds", city.table(folder / "beds.csv", [BED | row for row in rows]), known_at, **options
    )


def test_the_same_file_twice_changes_nothing(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-10T18:00", {})
    before = count_everything(store)
    again = city.cases(store, tmp_path, "2020-02-10T18:00", {})
    assert again.repeated
    assert not again.changed_anything
    assert count_everything(store) == before


def test_the_same_rows_under_another_file_name_are_unchanged(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-10T18:00", {})
    again = city.deliver(store, "cases", city.table(tmp_path / "again.csv", [city.CASE | {"extra": "x"}]), "2020-02-11")
    assert (again.count("new"), again.count("changed"), again.count("unchanged")) == (0, 0, 2)


def test_a_bad_row_is_named_with_value_found_and_wanted_and_the_good_one_goes_in(store, tmp_path):
    receipt = city.cases(store, tmp_path, "2020-02-10T18:00", {"case_id": "1"}, {"case_id": "2", "status": "好转"})
    (note,) = receipt.rejected
    assert (note.row, note.column, note.found) == (3, "status", "好转")
    assert note.wanted.startswith("one of suspected, clinical, confirmed")
    assert city.believed(store, "person")["subject"].tolist() == ["1"]
    assert store.read(select(rejection))["found"].tolist() == ["好转"]


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"status_at": "2020-02-30"}, "status_at"),
        ({"status_at": "2020-03-20"}, "status_at"),  # after the delivery
        ({"case_id": ""}, "case_id"),
        ({"status": ""}, "status"),
    ],
)
def test_rows_that_cannot_be_true_are_refused(store, tmp_path, change, column):
    receipt = city.cases(store, tmp_path, "2020-02-10T18:00", change)
    assert [note.column for note in receipt.rejected] == [column]
    assert city.believed(store, "person").empty


def test_an_impossible_age_is_left_out_and_the_case_stays(store, tmp_path):
    receipt = city.cases(store, tmp_path, "2020-02-10T18:00", {"age": "230"})
    assert [(note.column, note.found, note.wanted) for note in receipt.warned] == [
        ("age", "230", "a whole number >= 0 <= 125 years")
    ]
    assert city.believed(store, "person")["age"].isna().all()


@pytest.mark.parametrize(
    ("lon", "lat", "said"),
    [
        ("30.505", "114.205", "swapped"),
        ("0", "0", "zero"),
        ("121.47", "31.23", "outside the region"),  # Shanghai
        ("114.2", "", "only one"),
        ("528776", "3384449", "projected"),
    ],
)
def test_a_position_that_cannot_be_true_is_dropped_and_named(store, tmp_path, lon, lat, said):
    receipt = city.cases(store, tmp_path, "2020-02-10T18:00", {"lon": lon, "lat": lat}, datum="wgs84")
    assert [said in note.en for note in receipt.warned] == [True]
    assert city.believed(store, "person")["lon"].isna().all()


def test_coordinates_without_a_datum_are_refused_and_nothing_is_written(store, tmp_path):
    before = count_everything(store)
    with pytest.raises(FeedError, match="no datum was stated"):
        city.cases(store, tmp_path, "2020-02-10T18:00", {"lon": "114.205", "lat": "30.505"})
    assert count_everything(store) == before


def test_positions_are_kept_in_wgs84(store, tmp_path):
    # (114.2, 30.5) in WGS-84 is about 588 m away from the same numbers read as GCJ-02 (MATCHING 4: median 582 m in Wuhan).
    city.cases(store, tmp_path, "2020-02-10T18:00", {"lon": "114.21", "lat": "30.51"}, datum="gcj02")
    row = city.believed(store, "person").iloc[0]
    assert 0.004 < 114.21 - row["lon"] < 0.007
    assert 0.001 < 30.51 - row["lat"] + 0.005 < 0.01


def test_more_beds_used_than_open_is_kept_with_a_warning(store, tmp_path):
    receipt = beds(store, tmp_path, {"used": 120, "free": 0})
    assert {note.column for note in receipt.warned} == {"used", "free"}
    assert city.believed(store, "bed")["used"].tolist() == [120]


def test_negative_beds_are_refused(store, tmp_path):
    receipt = beds(store, tmp_path, {"open": -5})
    assert [(note.column, note.found) for note in receipt.rejected] == [("open", "-5")]


def test_a_hospital_is_known_by_the_short_name_of_a_bulletin(store, tmp_path):
    beds(store, tmp_path, {"hospital": "市第一医院"})
    assert city.believed(store, "bed")["hospital"].tolist() == ["H1"]


def test_a_name_that_no_hospital_answers_to_is_kept_and_said(store, tmp_path):
    receipt = beds(store, tmp_path, {"hospital": "无名医院"})
    assert city.believed(store, "bed")["hospital"].tolist() == ["无名医院"]
    assert [note.found for note in receipt.warned] == ["无名医院"]


def test_duplicated_keys_keep_the_first_row_and_name_the_other(store, tmp_path):
    receipt = beds(store, tmp_path, {}, {"open": 101, "free": 11})
    assert [(note.row, note.wanted) for note in receipt.rejected] == [(3, "one row a key; row 2 stands")]
    assert city.believed(store, "bed")["open"].tolist() == [100]


def test_hand_outs_have_no_id_so_equal_rows_are_two_hand_outs(store, tmp_path):
    row = {"kind": "发放", "day": "2020-02-01", "site": "同济医院", "item": "N95", "unit": "只", "quantity": "100"}
    city.deliver(store, "supplies", city.table(tmp_path / "s.csv", [row, row]), "2020-02-02")
    assert city.believed(store, "handout")["quantity"].tolist() == [100, 100]


def test_nothing_that_names_a_person_is_kept(store, tmp_path):
    number = "990000196001011234"  # no region has the code 990000
    rows = {"name": "某某", "phone": "10000000000", "id_number": number}
    receipt = city.cases(store, tmp_path, "2020-02-10T18:00", rows)
    kept = (tmp_path / "store.db").read_bytes() + (tmp_path / "store.db-wal").read_bytes()
    assert receipt.dropped_columns == ["name", "phone"]
    assert not any(word.encode() in kept for word in ("某某", "10000000000", number))
    assert len(city.believed(store, "person")["person"][0]) == 24


def test_one_person_under_two_ids_has_one_digest(store, tmp_path):
    number = "990000196001011234"
    city.cases(
        store,
        tmp_path,
        "2020-02-10T18:00",
        {"case_id": "1", "id_number": number},
        {"case_id": "2", "id_number": number},
    )
    assert city.believed(store, "person")["person"].nunique() == 1


def test_a_personal_value_is_not_repeated_in_a_receipt(store, tmp_path):
    receipt = city.cases(store, tmp_path, "2020-02-10T18:00", {"address": "x" * 5000})
    assert [note.found for note in receipt.warned] == ["***"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_text_is_read_in_the_encoding_that_its_content_shows(store, tmp_path, encoding):
    path = city.table(
        tmp_path / "c.csv",
        [{"病例编号": "1", "状态": "确诊", "状态日期": "2020年2月3日", "现住址": "江岸区春风里"}],
        encoding,
    )
    receipt = city.deliver(store, "cases", path, "2020-02-10")
    assert receipt.matched == {"accepted/address": 1}


def test_a_spreadsheet_keeps_long_numbers_and_dates(store, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["case_id", "status", "status_at", "id_number"])
    book.active.append(["007", "确诊", "2020-02-03", "990000196001011234"])
    book.save(tmp_path / "c.xlsx")
    city.deliver(store, "cases", tmp_path / "c.xlsx", "2020-02-10")
    assert city.believed(store, "person")["subject"].tolist() == ["007"]


def test_json_lines_are_read_and_a_broken_line_is_named(store, tmp_path):
    path = tmp_path / "c.jsonl"
    path.write_text(json.dumps(city.CASE, ensure_ascii=False) + "\n{broken\n", encoding="utf-8")
    receipt = city.deliver(store, "cases", path, "2020-02-10")
    assert [(note.row, note.found) for note in receipt.rejected] == [
        (2, "7 characters that are no JSON, broken at character 2")
    ]
    assert len(city.believed(store, "person")) == 1


def test_a_ragged_line_is_refused_and_the_others_go_in(store, tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("case_id,status,status_at\n1,确诊,2020-02-03\n2,确诊\n3,确诊,2020-02-03,x,y\n", encoding="utf-8")
    receipt = city.deliver(store, "cases", path, "2020-02-10")
    assert [(note.row, note.found) for note in receipt.rejected] == [(3, "2 values"), (4, "5 values")]
    assert len(city.believed(store, "person")) == 1


def test_words_that_look_like_nothing_stay_words(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-10T18:00", {"case_id": "NA"}, {"case_id": "null"})
    assert sorted(city.believed(store, "person")["subject"]) == ["NA", "null"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("c.csv", b"", "empty"),
        ("c.csv", b"a\0b", "NUL"),
        ("c.csv", b"case_id,case_id\n1,2\n", "twice"),
        ("c.csv", b"foo,bar\n1,2\n", "'case_id'"),
        ("c.xlsx", b"PK not a book", "XLSX"),
        ("c.geojson", b"{", "GEOJSON"),
        ("c.pdf", b"%PDF", ".pdf"),
    ],
)
def test_a_file_that_cannot_be_read_changes_nothing(store, tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    before = count_everything(store)
    with pytest.raises(FeedError, match=said):
        city.deliver(store, "cases", tmp_path / name, "2020-02-10")
    assert count_everything(store) == before


def test_a_rehearsal_says_everything_and_writes_nothing(store, tmp_path):
    before = count_everything(store)
    receipt = city.cases(store, tmp_path, "2020-02-10T18:00", {}, dry_run=True)
    assert receipt.count("new") == 2
    assert count_everything(store) == before


def test_a_stopped_import_writes_nothing(store, tmp_path):
    stop = Event()
    stop.set()
    before = count_everything(store)
    with pytest.raises(Cancelled):
        city.cases(store, tmp_path, "2020-02-10T18:00", {}, cancel=stop)
    assert count_everything(store) == before


def test_a_delivery_cannot_claim_to_have_been_known_before_the_newest(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-10T18:00", {"case_id": "1"})
    with pytest.raises(KnowledgeError, match="lies before"):
        city.cases(store, tmp_path, "2020-02-09T18:00", {"case_id": "2"})


def test_a_delivery_cannot_come_from_the_future(store, tmp_path):
    with pytest.raises(KnowledgeError, match="future"):
        city.cases(store, tmp_path, "2999-01-01T00:00", {})


def test_a_profile_renames_columns_and_codes(store, tmp_path):
    path = city.table(tmp_path / "c.csv", [{"no": "1", "state": "C"}, {"no": "2", "state": "S"}])
    profile = Profile(
        columns={"case_id": "no", "status": "state"},
        codes={"status": {"C": "confirmed", "S": "suspected"}},
        constants={"status_at": "2020-02-01"},
    )
    city.deliver(store, "cases", path, "2020-02-10", profile)
    assert sorted(city.believed(store, "person_status")["value"]) == ["confirmed", "suspected"]


def test_a_profile_of_the_cases_feed_serves_a_match_of_files_too(tmp_path):
    profile = tmp_path / "p.toml"
    profile.write_text(
        '[columns]\ncase_id = "no"\nstatus_at = "date"\n[constants]\nstatus = "confirmed"\n[options]\ndatum = "gcj02"\n'
    )
    read = load_part(profile, CASES, feed_named("cases"))
    assert (read.columns, read.constants, read.options) == ({"case_id": "no"}, {}, {"datum": "gcj02"})
    profile.write_text('[columns]\ntemperature = "t"\n')
    with pytest.raises(ProfileError, match="temperature"):
        load_part(profile, CASES, feed_named("cases"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[columns]\nfoo = 'x'", "foo"),
        ("[codes.status]\nC = 'sick'", "sick"),
        ("[collumns]\na = 'b'", "collumns"),
        ("not toml", "TOML"),
    ],
)
def test_a_profile_that_names_what_is_not_there_is_refused(tmp_path, text, said):
    (tmp_path / "p.toml").write_text(text)
    with pytest.raises(ProfileError, match=said):
        load(tmp_path / "p.toml", feed_named("cases"))


def test_unknown_columns_are_named_in_the_receipt(store, tmp_path):
    receipt = city.cases(store, tmp_path, "2020-02-10T18:00", {"blood_group": "A"})
    assert receipt.ignored_columns == ["blood_group"]


def test_a_file_in_the_wrong_frame_is_seen_in_the_receipt(store, tmp_path):
    path = city.table(
        tmp_path / "h.csv", [HOSPITALS[0] | {"hospital_id": str(i), "lon": 114.22 + i / 1000} for i in range(6)]
    )
    city.deliver(store, "hospitals", path, "2020-02-01", datum="wgs84")
    receipt = city.deliver(store, "hospitals", path, "2020-02-02", datum="bd09")
    assert receipt.datum_evidence["moves"]["rows"] == 6
    assert 1100 < receipt.datum_evidence["moves"]["median_m"] < 1300  # MATCHING 4: BD-09 to WGS-84 is 1,213 m in Wuhan
    assert any("datum in doubt" in notice["en"] for notice in receipt.notices)


def test_every_delivery_files_its_receipt_with_the_batch(store, tmp_path):
    receipt = city.cases(store, tmp_path, "2020-02-10T18:00", {})
    filed = store.read(select(batch.c.receipt).where(batch.c.id == receipt.batch))["receipt"][0]
    assert filed["rows"] == {"new": 2, "changed": 0, "unchanged": 0, "older": 0}
    assert filed["file"] == "cases_2020-02-10T1800.csv"


def test_what_a_reviewer_decided_stands_until_address_point_or_district_change(store, tmp_path):
    waits = {"address": "江汉区长江花园5栋"}  # the estate has two phases; which one is not said
    city.cases(store, tmp_path, "2020-02-10T18:00", waits | {"reported_at": "2020-02-10"})
    decide(store, "case:1", None, "duty")
    city.cases(store, tmp_path, "2020-02-12T18:00", waits | {"age": "41", "reported_at": "2020-02-12"})
    kept = city.believed(store, "placement")
    assert kept[["status", "decided_by"]].values.tolist() == [["unmatched", "duty"]]
    city.cases(
        store, tmp_path, "2020-02-13T18:00", {"address": "江岸区春风里4栋", "age": "41", "reported_at": "2020-02-13"}
    )
    again = city.believed(store, "placement")
    assert again[["status", "compound", "decided_by"]].values.tolist() == [["accepted", "C1", "auto"]]
