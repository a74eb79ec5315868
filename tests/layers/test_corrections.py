"""Reports that come later, twice, in pieces or from another source: what is believed afterwards."""

import pandas as pd
import pytest

from layers._times import parse_time
from layers.store import open_store, totals
from tests import city


@pytest.fixture
def store(tmp_path):
    return city.found(open_store(f"sqlite:///{tmp_path / 'store.db'}", "drill"), tmp_path)


def now(store, as_of):
    rows = store.read(totals.state(store.view(as_of=parse_time(as_of)), "city"))
    return dict(zip(rows["status"], rows["n"], strict=True))


def send(store, folder, known_at, *rows, **options):
    """Import rows exactly as given, with no column that they do not name."""
    path = city.table(folder / f"sent_{known_at.replace(':', '')}.csv", list(rows))
    return city.deliver(store, "cases", path, known_at, **options)


def test_a_list_without_addresses_leaves_addresses_as_they_are(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-10T18:00", {"age": "40", "reported_at": "2020-02-10"})
    left = {"case_id": "1", "status": "治愈", "status_at": "2020-02-20", "reported_at": "2020-02-20"}
    send(store, tmp_path, "2020-02-20T18:00", left)
    person, placement = city.believed(store, "person").iloc[0], city.believed(store, "placement").iloc[0]
    assert (person["address"], person["age"]) == ("江岸区春风里3栋2单元501", 40)
    assert (placement["status"], placement["compound"]) == ("accepted", "C1")
    assert now(store, "2020-02-20") == {"cured": 1}


def test_an_empty_cell_keeps_what_is_believed(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-10T18:00", {"age": "40"})
    city.cases(store, tmp_path, "2020-02-12T18:00", {"age": "", "sex": "女"})
    assert city.believed(store, "person")[["age", "sex"]].values.tolist() == [[40, "female"]]


def test_an_older_report_that_comes_late_fills_only_what_is_open(store, tmp_path):
    send(store, tmp_path, "2020-02-20T18:00",
         {"case_id": "1", "status": "确诊", "status_at": "2020-02-03", "age": "41", "reported_at": "2020-02-20"})  # fmt: skip
    city.cases(store, tmp_path, "2020-02-21T18:00", {"age": "40", "reported_at": "2020-02-10"})
    person = city.believed(store, "person").iloc[0]
    assert (person["age"], person["address"]) == (41, "江岸区春风里3栋2单元501")
    assert city.believed(store, "placement")["compound"].tolist() == ["C1"]


def test_within_one_file_the_later_report_of_a_person_stands(store, tmp_path):
    city.cases(
        store, tmp_path, "2020-02-10T18:00",
        {"address": "江岸区春风里3栋", "reported_at": "2020-02-05"},
        {"address": "江岸区丹水池小区1栋", "reported_at": "2020-02-04", "age": "40"},
    )  # fmt: skip
    person = city.believed(store, "person")
    assert person[["address", "age"]].values.tolist() == [["江岸区春风里3栋", 40]]


def test_a_person_who_falls_ill_again_is_a_case_in_both_episodes(store, tmp_path):
    steps = [("确诊", "2020-02-01"), ("治愈", "2020-02-10"), ("确诊", "2020-02-18")]
    city.cases(store, tmp_path, "2020-02-19T18:00", *({"status": s, "status_at": d} for s, d in steps))
    assert [now(store, day) for day in ("2020-02-05", "2020-02-12", "2020-02-19")] == [
        {"confirmed": 1}, {"cured": 1}, {"confirmed": 1}
    ]  # fmt: skip


def test_an_episode_known_later_is_no_correction_of_the_first(store, tmp_path):
    for known_at, status, day in (("02-01", "疑似", "02-01"), ("02-06", "排除", "02-05"), ("02-15", "疑似", "02-14")):
        city.cases(store, tmp_path, f"2020-{known_at}T18:00", {"status": status, "status_at": f"2020-{day}"})
    assert [now(store, f"2020-02-{day}") for day in ("03", "07", "15")] == [
        {"suspected": 1}, {"excluded": 1}, {"suspected": 1}
    ]  # fmt: skip


def test_a_date_with_nothing_between_is_a_correction(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-10T18:00", {"status_at": "2020-02-03"})
    city.cases(store, tmp_path, "2020-02-11T18:00", {"status_at": "2020-02-07"})
    assert (now(store, "2020-02-05"), now(store, "2020-02-08")) == ({}, {"confirmed": 1})


def test_a_withdrawal_holds_against_an_older_report_and_yields_to_a_later_one(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-01T18:00", {"status_at": "2020-02-01", "reported_at": "2020-02-01"})
    city.cases(store, tmp_path, "2020-02-05T18:00", {"withdrawn": "是", "reported_at": "2020-02-05"})
    late = city.cases(store, tmp_path, "2020-02-06T18:00", {"age": "40", "reported_at": "2020-02-02"})
    assert (late.count("older"), now(store, "2020-02-06")) == (1, {})
    city.cases(store, tmp_path, "2020-02-07T18:00", {"age": "40", "reported_at": "2020-02-07"})
    assert now(store, "2020-02-07") == {"confirmed": 1}


def test_a_withdrawal_that_is_older_than_the_report_changes_nothing(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-05T18:00", {"reported_at": "2020-02-05"})
    receipt = city.cases(store, tmp_path, "2020-02-06T18:00", {"withdrawn": "是", "reported_at": "2020-02-03"})
    assert (receipt.withdrawn, now(store, "2020-02-06")) == (0, {"confirmed": 1})


def test_hand_outs_of_two_files_are_added_and_a_longer_file_repeats_nothing(store, tmp_path):
    def handed(known_at, *quantities):
        row = {"kind": "handout", "day": "2020-02-05", "site": "甲医院", "item": "口罩", "unit": "只"}
        rows = [row | {"quantity": quantity} for quantity in quantities]
        return city.deliver(store, "supplies", city.table(tmp_path / f"{known_at}.csv", rows), f"2020-02-{known_at}")

    handed("06", 100)
    handed("07", 300)
    handed("08", 300, 100, 50)  # the same two in another order, and one more
    assert sorted(city.believed(store, "handout")["quantity"]) == [50, 100, 300]


def test_an_id_that_another_source_uses_for_another_person_is_refused(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-05T18:00", {"id_number": "990000199001011234"}, source="甲")
    receipt = city.cases(
        store, tmp_path, "2020-02-06T18:00", {"id_number": "990000198002022345", "age": "9"}, source="乙"
    )
    assert [(note.row, note.column, note.found) for note in receipt.rejected] == [(2, "case_id", "1")]
    assert pd.isna(city.believed(store, "person")["age"][0])


def test_one_person_under_two_ids_is_named(store, tmp_path):
    number = {"id_number": "990000199001011234"}
    city.cases(store, tmp_path, "2020-02-05T18:00", number)
    receipt = city.cases(store, tmp_path, "2020-02-06T18:00", number | {"case_id": "2"})
    assert [(note.column, note.found, note.wanted) for note in receipt.warned] == [
        ("id_number", "2", "one id a person; also known as 1")
    ]


def test_numbers_that_name_a_person_are_kept_nowhere(store, tmp_path):
    row = {"case_id": "990000199001011234", "note": "电话10012345678，证件990000199001011234，儿子同住"}
    city.cases(store, tmp_path, "2020-02-05T18:00", row)
    kept = city.believed(store, "person").iloc[0]
    assert "儿子同住" in kept["note"]
    assert not any("99000019900101" in str(v) or "10012345678" in str(v) for v in kept)


def test_a_team_that_is_recalled_waits_for_another_hospital(store, tmp_path):
    team = {
        "team_id": "T1",
        "team": "甲队",
        "skill": "doctor",
        "people": 10,
        "arrived_at": "2020-02-05",
        "hospital": "甲院",
        "origin": "湖南",
    }
    city.deliver(store, "staff", city.table(tmp_path / "a.csv", [team]), "2020-02-05T18:00")
    city.deliver(
        store, "staff", city.table(tmp_path / "b.csv", [team | {"hospital": "", "origin": ""}]), "2020-02-06T18:00"
    )
    kept = city.believed(store, "team").iloc[0]
    assert (kept["hospital"], kept["origin"]) == (None, "湖南")


def test_a_compound_sent_again_without_its_outline_keeps_district_and_place(store, tmp_path):
    row = {"compound_id": "C1", "name": "春风里", "households": "520"}
    city.deliver(store, "compounds", city.table(tmp_path / "again.csv", [row]), "2020-02-01T08:00")
    kept = city.believed(store, "compound").set_index("code").loc["C1"]
    assert (kept["district"], kept["households"]) == ("420102", 520)
    assert kept["shape"] is not None
    assert kept["lon"] == pytest.approx(114.205, abs=0.001)


def test_a_compound_lies_in_the_district_of_its_point_whatever_is_stated_later(store, tmp_path):
    row = {"compound_id": "C1", "name": "春风里", "district": "江汉区"}
    city.deliver(store, "compounds", city.table(tmp_path / "again.csv", [row]), "2020-02-01T08:00")
    assert city.believed(store, "compound").set_index("code").loc["C1", "district"] == "420102"


def test_a_report_that_says_the_same_again_holds_against_one_written_between(store, tmp_path):
    here, there = {"address": "江岸区春风里3栋"}, {"address": "江岸区丹水池小区1栋"}
    city.cases(store, tmp_path, "2020-02-03T18:00", here | {"reported_at": "2020-02-03"})
    city.cases(store, tmp_path, "2020-02-06T18:00", here | {"reported_at": "2020-02-06"})
    city.cases(store, tmp_path, "2020-02-07T18:00", there | {"reported_at": "2020-02-04"})
    city.cases(store, tmp_path, "2020-02-08T18:00", {"withdrawn": "是", "reported_at": "2020-02-05"})
    assert city.believed(store, "person")["address"].tolist() == ["江岸区春风里3栋"]


def test_a_new_address_does_not_keep_the_point_of_the_old_one(store, tmp_path):
    point = {"lon": "114.205", "lat": "30.505", "district": "江岸区"}
    city.cases(store, tmp_path, "2020-02-03T18:00", point, datum="wgs84")
    city.cases(store, tmp_path, "2020-02-06T18:00", {"address": "江汉区长江花园一期2栋"})
    assert pd.isna(city.believed(store, "person")["lon"][0])
    assert city.believed(store, "placement")[["status", "compound"]].values.tolist() == [["accepted", "C4"]]


def test_an_older_report_without_a_hospital_recalls_no_team(store, tmp_path):
    team = {"team_id": "T1", "team": "甲队", "skill": "doctor", "people": 10, "arrived_at": "2020-02-01"}
    rows = [
        ("a", team | {"hospital": "甲院", "reported_at": "2020-02-05"}),
        ("b", team | {"hospital": "", "reported_at": "2020-02-03"}),
    ]
    for name, row in rows:
        city.deliver(store, "staff", city.table(tmp_path / f"{name}.csv", [row]), f"2020-02-06T1{name == 'b':d}:00")
    assert city.believed(store, "team")["hospital"].tolist() == ["甲院"]


def test_two_persons_under_one_id_in_one_file_are_named(store, tmp_path):
    rows = [
        {"id_number": "990000199001011234"},
        {"id_number": "990000198002022345", "address": "江汉区长江花园一期2栋"},
    ]
    receipt = city.cases(store, tmp_path, "2020-02-05T18:00", *rows)
    assert [(note.row, note.column, note.found) for note in receipt.rejected] == [(3, "case_id", "1")]
    assert city.believed(store, "person")["address"].tolist() == [city.CASE["address"]]


def test_another_source_withdraws_only_with_the_persons_identity_number(store, tmp_path):
    number = {"id_number": "990000199001011234"}
    city.cases(store, tmp_path, "2020-02-05T18:00", number, source="甲")
    refused = city.cases(store, tmp_path, "2020-02-06T18:00", {"withdrawn": "是"}, source="乙")
    assert (refused.withdrawn, [note.row for note in refused.rejected]) == (0, [2])
    assert city.cases(store, tmp_path, "2020-02-07T18:00", number | {"withdrawn": "是"}, source="乙").withdrawn == 1


def test_a_record_of_another_source_is_changed_with_a_word(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-05T18:00", {}, source="甲")
    receipt = city.cases(store, tmp_path, "2020-02-06T18:00", {"age": "40"}, source="乙")
    assert "1 records that 甲 had reported were changed" in [notice["en"] for notice in receipt.notices]


def test_a_bed_count_that_leaves_use_open_does_not_keep_the_old_use(store, tmp_path):
    bed = {"hospital": "甲院", "kind": "all", "reported_for": "2020-02-15", "open": 100, "used": 80, "free": 20}
    city.deliver(store, "beds", city.table(tmp_path / "a.csv", [bed]), "2020-02-15T19:00")
    city.deliver(
        store, "beds", city.table(tmp_path / "b.csv", [bed | {"open": 200, "used": "", "free": ""}]), "2020-02-15T20:00"
    )
    kept = city.believed(store, "bed").iloc[0]
    assert kept["open"] == 200
    assert pd.isna(kept["used"])
    assert pd.isna(kept["free"])
