"""A file whose frame is not stated is read in the frame that its own rows tell, or refused with the evidence."""

import json

import numpy as np
import pytest
from sqlalchemy import select

from geo.datum import from_wgs84
from layers._errors import FeedError
from layers.intake.match_files import match_files
from layers.intake.profile import Profile
from layers.store import open_store
from layers.store.schema import batch
from tests import city

FRAMES = ("wgs84", "gcj02", "bd09")
FIRST, SECOND = "丹青云翠海棠", "枫林湾桂苑松涛阁"
# Forty estates of Wuhan, none like another; each 0.004 degrees wide, 0.012 apart.
NAMES = [f"{a}{b}花园" for a in FIRST for b in SECOND][:40]
AREAS = {"420102": "江岸区", "420103": "江汉区"}


def corner(number):
    """South-west corner of an estate: ten columns, four rows, the left five in one district."""
    return 114.2013 + number % 10 * 0.0101, 30.4917 + number // 10 * 0.0093


def ring(number):
    x, y = corner(number)
    return [[x, y], [x + 0.004, y], [x + 0.004, y + 0.004], [x, y + 0.004], [x, y]]


def area(number):
    return "江岸区" if number % 10 < 5 else "江汉区"


def middles(numbers=range(40), seed=1):
    """A point in each estate, of six decimals or more."""
    rng = np.random.default_rng(seed)
    corners = np.array([corner(n) for n in numbers]) + rng.uniform(0.001, 0.003, (len(numbers), 2))
    return corners[:, 0], corners[:, 1]


def cases(frame, numbers=range(40), seed=1, **more):
    """Rows of cases, one an estate, with address and a point in `frame`."""
    lon, lat = from_wgs84(*middles(numbers, seed), frame)
    rows = []
    for n, x, y in zip(numbers, lon, lat, strict=True):
        address = f"{area(n)}{NAMES[n]}{n % 9 + 1}栋"
        rows.append({"case_id": f"{seed}-{n}", "address": address, "lon": f"{x:.7f}", "lat": f"{y:.7f}", **more})
    return rows


def outlines(path, frame, count=40):
    """A GeoJSON of the estates in `frame`."""
    rows = []
    for n in range(count):
        moved = np.column_stack(from_wgs84(*np.array(ring(n)).T, frame)).tolist()
        rows.append(({"compound_id": f"C{n}", "name": NAMES[n], "district": area(n)}, moved))
    return city.geojson(path, rows)


def ours(numbers=range(40)):
    return [f"C{n}" for n in numbers]


@pytest.mark.parametrize("cases_in", FRAMES)
@pytest.mark.parametrize("compounds_in", FRAMES)
def test_two_files_of_unknown_frames_are_matched_by_address_and_point(tmp_path, cases_in, compounds_in):
    delivered = city.table(tmp_path / "c.csv", cases(cases_in))
    listed = outlines(tmp_path / "g.geojson", compounds_in)
    answers, report = match_files(delivered, listed, cases_datum="auto", compounds_datum="auto")
    assert answers["compound_id"].tolist() == ours()
    assert set(answers["method"]) == {"both"}
    told = (report.cases_datum, report.compounds_datum)
    assert told == (("same", "same") if cases_in == compounds_in else (cases_in, compounds_in))
    assert report.datum_evidence["anchors"]["rows"] == 40
    assert ("cannot be told" in report.notices[-1]["en"]) == (cases_in == compounds_in)


@pytest.mark.parametrize("frame", FRAMES)
def test_the_frame_of_either_file_is_told_from_the_other_where_that_is_stated(tmp_path, frame):
    delivered, listed = city.table(tmp_path / "c.csv", cases(frame)), outlines(tmp_path / "g.geojson", "bd09")
    answers, report = match_files(delivered, listed, cases_datum="auto", compounds_datum="bd09")
    assert (report.cases_datum, set(answers["method"])) == (frame, {"both"})
    delivered, listed = city.table(tmp_path / "c.csv", cases("gcj02")), outlines(tmp_path / "g.geojson", frame)
    answers, report = match_files(delivered, listed, cases_datum="gcj02", compounds_datum="auto")
    assert (report.compounds_datum, set(answers["method"])) == (frame, {"both"})
    assert json.dumps(report.as_json(), ensure_ascii=False).count('"decided"') >= 1


def test_metres_are_told_by_their_numbers(tmp_path, store):
    # EPSG:4547 is the 3-degree zone of 114 E.
    rows = cases("epsg:4547")
    answers, report = match_files(
        city.table(tmp_path / "c.csv", rows),
        outlines(tmp_path / "g.geojson", "bd09"),
        cases_datum="auto",
        compounds_datum="bd09",
    )
    assert (report.cases_datum, set(answers["method"])) == ("cgcs2000:114", {"both"})
    path = city.table(tmp_path / "i.csv", confirmed(rows))
    receipt = city.deliver(store, "cases", path, "2020-02-10T18:00", datum="auto")
    assert (receipt.datum, receipt.matched) == ("cgcs2000:114", {"accepted/both": 40})


def test_a_wrong_frame_is_a_warning_and_no_point_is_used(tmp_path):
    rows = cases("gcj02")
    rows.append({"case_id": "point", "address": "", "lon": rows[3]["lon"], "lat": rows[3]["lat"]})
    delivered, listed = city.table(tmp_path / "c.csv", rows), outlines(tmp_path / "g.geojson", "bd09")
    answers, report = match_files(delivered, listed, cases_datum="bd09", compounds_datum="bd09")
    assert answers["compound_id"].tolist() == [*ours(), ""]
    assert answers["method"].tolist() == ["address"] * 40 + ["none"]
    assert report.datum_evidence["points_used"] is False
    (notice,) = report.notices
    assert "stated bd09" in notice["en"]
    assert "read as gcj02" in notice["en"]
    assert "No point was used" in notice["en"]
    assert "坐标一律未用" in notice["zh"]


@pytest.mark.parametrize("stated", [("bd09", "bd09"), ("wgs84", "bd09"), ("gcj02", "gcj02")])
def test_points_without_addresses_refute_a_wrong_frame_by_where_they_stand(tmp_path, stated):
    rows = [
        row | {"address": "", "case_id": f"{seed}-{i}"}
        for seed in range(5)
        for i, row in enumerate(cases("gcj02", seed=seed))
    ]
    delivered, listed = city.table(tmp_path / "c.csv", rows), outlines(tmp_path / "g.geojson", "bd09")
    answers, report = match_files(delivered, listed, cases_datum="gcj02", compounds_datum="bd09")
    assert (set(answers["method"]), report.notices) == ({"inside"}, [])
    assert report.datum_evidence["hits"]["at_a_compound"]["gcj02/bd09"] == 200
    answers, report = match_files(delivered, listed, cases_datum=stated[0], compounds_datum=stated[1])
    assert set(answers["status"]) == {"unmatched"}
    assert report.datum_evidence["points_used"] is False
    assert "read as gcj02/bd09 it would be 200" in report.notices[0]["en"]


def test_a_right_frame_is_confirmed_without_a_word(tmp_path):
    delivered, listed = city.table(tmp_path / "c.csv", cases("gcj02")), outlines(tmp_path / "g.geojson", "bd09")
    answers, report = match_files(delivered, listed, cases_datum="gcj02", compounds_datum="bd09")
    assert report.notices == []
    assert report.datum_evidence["anchors"]["frame"] == "gcj02"
    assert set(answers["method"]) == {"both"}


def mixed(**names):
    """Twenty-five cases in each of two frames; `names` maps a column to the two values that tell them apart."""
    first, second = ({name: pair[at] for name, pair in names.items()} for at in (0, 1))
    return cases("gcj02", range(25), 2, **first) + cases("wgs84", range(15, 40), 3, **second)


def test_a_file_that_mixes_frames_is_split_by_its_sources(tmp_path):
    delivered = city.table(tmp_path / "c.csv", mixed(来源=("街道", "疾控")))
    listed = outlines(tmp_path / "g.geojson", "bd09")
    for compounds_datum in ("bd09", "auto"):
        answers, report = match_files(delivered, listed, cases_datum="auto", compounds_datum=compounds_datum)
        assert answers["compound_id"].tolist() == ours(range(25)) + ours(range(15, 40))
        assert set(answers["method"]) == {"both"}
        assert report.cases_datum == "gcj02, wgs84"
        assert report.datum_evidence["source_column"] == "来源"
    assert any("'街道'" in notice["en"] and "gcj02" in notice["en"] for notice in report.notices)


def test_a_profile_names_the_column_that_tells_sources_apart(tmp_path):
    delivered = city.table(tmp_path / "c.csv", mixed(录入单位=("甲", "乙")))
    listed = outlines(tmp_path / "g.geojson", "bd09")
    frames = {"cases_datum": "auto", "compounds_datum": "bd09"}
    profile = Profile(options={"datum_by": "录入单位"})
    _, report = match_files(delivered, listed, cases_profile=profile, **frames)
    assert report.cases_datum == "gcj02, wgs84"
    with pytest.raises(FeedError, match=r"c.csv: .*frames are mixed.*gcj02 25, wgs84 15.*datum_by"):
        match_files(delivered, listed, **frames)
    with pytest.raises(FeedError, match=r"column '没有' \(\[options\] datum_by\) is missing"):
        match_files(delivered, listed, cases_profile=Profile(options={"datum_by": "没有"}), **frames)


def test_a_source_too_small_to_be_judged_goes_with_its_file_unless_it_speaks_against_it(tmp_path):
    listed = outlines(tmp_path / "g.geojson", "bd09")
    frames = {"cases_datum": "auto", "compounds_datum": "bd09"}
    small = cases("gcj02", range(36), 2, source="A") + cases("gcj02", range(36, 40), 3, source="B")
    _, report = match_files(city.table(tmp_path / "c.csv", small), listed, **frames)
    assert report.cases_datum == "gcj02"
    against = cases("gcj02", range(36), 2, source="A") + cases("wgs84", range(36, 40), 3, source="B")
    with pytest.raises(FeedError, match=r"datum of 1 of 2 sources \(column 'source'\).*'B': 4 anchors"):
        match_files(city.table(tmp_path / "d.csv", against), listed, **frames)


def test_too_few_anchors_are_refused_with_what_was_found_and_wanted(tmp_path):
    delivered = city.table(tmp_path / "c.csv", cases("gcj02", range(12)))
    with pytest.raises(
        FeedError, match=r"c.csv: its datum cannot be told: 12 anchors .*wanted 20.*--cases-datum wgs84\|gcj02"
    ):
        match_files(delivered, outlines(tmp_path / "g.geojson", "bd09"), cases_datum="auto", compounds_datum="bd09")


def test_a_frame_is_not_asked_for_where_only_one_file_has_positions(tmp_path):
    plain = [{name: row[name] for name in ("case_id", "address")} for row in cases("wgs84")]
    listed = outlines(tmp_path / "g.geojson", "bd09")
    answers, report = match_files(city.table(tmp_path / "c.csv", plain), listed, compounds_datum="auto")
    assert (answers["compound_id"].tolist(), set(answers["method"])) == (ours(), {"address"})
    assert "no datum is needed" in report.notices[0]["en"]


@pytest.fixture
def store(tmp_path):
    """Two districts and the forty estates, in WGS-84."""
    opened = open_store(f"sqlite:///{tmp_path / 'store.db'}", "production")
    boxes = []
    for code, name, west in (("420102", "江岸区", 114.19), ("420103", "江汉区", 114.25)):
        x, y, east = west, 30.48, 114.25 if west < 114.2 else 114.32
        boxes.append(({"code": code, "name": name}, [[x, y], [east, y], [east, 30.54], [x, 30.54], [x, y]]))
    city.deliver(opened, "districts", city.geojson(tmp_path / "d.geojson", boxes), "2020-01-01T08:00", datum="wgs84")
    city.deliver(opened, "compounds", outlines(tmp_path / "g.geojson", "wgs84"), "2020-01-01T08:10", datum="wgs84")
    return opened


def confirmed(rows):
    return [row | {"status": "确诊", "status_at": "2020-02-03"} for row in rows]


@pytest.mark.parametrize("frame", FRAMES)
def test_cases_are_imported_in_the_frame_that_their_addresses_tell(store, tmp_path, frame):
    path = city.table(tmp_path / "c.csv", confirmed(cases(frame)))
    receipt = city.deliver(store, "cases", path, "2020-02-10T18:00", datum="auto")
    assert receipt.datum == frame
    assert receipt.matched == {"accepted/both": 40}
    filed = store.read(select(batch.c.receipt).where(batch.c.id == receipt.batch))["receipt"][0]
    assert filed["datum"] == frame
    assert filed["datum_evidence"]["anchors"]["llr"] > 20
    assert f"datum decided as {frame}: 40 anchors" in receipt.notices[0]["en"]
    again = city.deliver(store, "cases", path, "2020-02-11T18:00", datum="auto")
    assert again.repeated == receipt.batch


def test_an_import_that_mixes_frames_is_split_by_source_or_refused(store, tmp_path):
    path = city.table(tmp_path / "c.csv", confirmed(mixed()))
    with pytest.raises(FeedError, match="frames are mixed"):
        city.deliver(store, "cases", path, "2020-02-10T18:00", datum="auto")
    assert city.believed(store, "person").empty
    path = city.table(tmp_path / "s.csv", confirmed(mixed(source=("街道", "疾控"))))
    receipt = city.deliver(store, "cases", path, "2020-02-10T18:00", datum="auto")
    assert (receipt.datum, dict(receipt.matched)) == ("gcj02, wgs84", {"accepted/both": 50})
    assert receipt.datum_evidence["parts"]["街道"]["taken_as"] == "gcj02"
    people = city.believed(store, "person").set_index("subject")
    true_lon, true_lat = middles(range(25), 2)
    assert people.loc[[f"2-{n}" for n in range(25)], "lon"].to_numpy() == pytest.approx(true_lon, abs=2e-7)
    assert people.loc[[f"2-{n}" for n in range(25)], "lat"].to_numpy() == pytest.approx(true_lat, abs=2e-7)


def test_points_of_a_refuted_frame_are_neither_used_nor_kept(store, tmp_path):
    rows = [*cases("gcj02"), cases("gcj02", [3], 9)[0] | {"address": ""}]
    path = city.table(tmp_path / "c.csv", confirmed(rows))
    receipt = city.deliver(store, "cases", path, "2020-02-10T18:00", datum="bd09")
    assert receipt.matched == {"accepted/address": 40, "unmatched/none": 1}
    assert receipt.datum_evidence["points_used"] is False
    assert any("datum in doubt: stated bd09" in n["en"] and "read as gcj02" in n["en"] for n in receipt.notices)
    assert city.believed(store, "person")["lon"].isna().all()
    receipt = city.deliver(store, "cases", path, "2020-02-11T18:00", datum="gcj02")
    assert receipt.datum_evidence["points_used"] is True
    assert receipt.matched == {"accepted/both": 40, "accepted/inside": 1}


def test_a_register_of_compounds_is_read_by_the_places_known_already(store, tmp_path):
    receipt = city.deliver(
        store, "compounds", outlines(tmp_path / "n.geojson", "bd09"), "2020-01-02T08:00", datum="auto"
    )
    assert receipt.datum == "bd09"  # by their codes
    renamed = city.table(
        tmp_path / "r.csv",
        [row | {"compound_id": f"R{row['case_id']}", "name": NAMES[n], "district": area(n)} for n, row in enumerate(cases("gcj02"))],
    )  # fmt: skip
    receipt = city.deliver(store, "compounds", renamed, "2020-01-03T08:00", datum="auto")
    assert receipt.datum == "gcj02"  # by their names


def test_hospitals_nobody_knows_yet_are_refused(store, tmp_path):
    rows = [
        {"hospital_id": f"H{n}", "name": f"第{n}医院", "kind": "定点", "lon": 114.2 + n / 777, "lat": 30.5}
        for n in range(30)
    ]
    path = city.table(tmp_path / "h.csv", rows)
    with pytest.raises(FeedError, match=r"h.csv: its datum cannot be told: 0 anchors.*--datum wgs84"):
        city.deliver(store, "hospitals", path, "2020-02-01", datum="auto")
    city.deliver(store, "hospitals", path, "2020-02-01", datum="wgs84")
    moved = [
        row | dict(zip(("lon", "lat"), map(float, from_wgs84(row["lon"], row["lat"], "gcj02")), strict=True))
        for row in rows
    ]
    receipt = city.deliver(store, "hospitals", city.table(tmp_path / "i.csv", moved), "2020-02-02", datum="auto")
    assert receipt.datum == "gcj02"


def test_many_rows_with_a_district_tell_the_frame_where_no_place_is_known(tmp_path):
    opened = open_store(f"sqlite:///{tmp_path / 'empty.db'}", "production")
    boxes = [({"code": f"42{n:02}", "name": f"第{n}区"}, [[114 + n / 50, 30], [114.02 + n / 50, 30], [114.02 + n / 50, 31], [114 + n / 50, 31], [114 + n / 50, 30]]) for n in range(10)]  # fmt: skip
    city.deliver(opened, "districts", city.geojson(tmp_path / "d.geojson", boxes), "2020-01-01T08:00", datum="wgs84")
    rng = np.random.default_rng(4)
    lon, lat = rng.uniform(114.01, 114.19, 1500), rng.uniform(30.1, 30.9, 1500)
    x, y = from_wgs84(lon, lat, "gcj02")
    rows = [
        {
            "compound_id": str(n),
            "name": f"小区{n}",
            "district": f"第{int((lon[n] - 114) * 50)}区",
            "lon": x[n],
            "lat": y[n],
        }
        for n in range(1500)
    ]
    receipt = city.deliver(opened, "compounds", city.table(tmp_path / "g.csv", rows), "2020-01-02T08:00", datum="auto")
    assert receipt.datum == "gcj02"
    assert "share inside the district" in receipt.notices[0]["en"]


def test_a_file_without_positions_needs_no_frame(store, tmp_path):
    rows = confirmed([{"case_id": "1", "address": f"江岸区{NAMES[0]}1栋"}])
    receipt = city.deliver(store, "cases", city.table(tmp_path / "c.csv", rows), "2020-02-10T18:00", datum="auto")
    assert (receipt.datum, receipt.matched) == (None, {"accepted/address": 1})


def test_a_point_at_the_middle_of_a_district_is_no_place(store, tmp_path):
    # 江岸 is the box 114.19-114.25, 30.48-30.54: its centre is 114.22, 30.51, told with six decimals.
    rows = confirmed([{"case_id": "1", "address": "", "lon": "114.220001", "lat": "30.510001"}])
    receipt = city.deliver(store, "cases", city.table(tmp_path / "c.csv", rows), "2020-02-10T18:00", datum="wgs84")
    assert receipt.matched == {"unmatched/none": 1}
    assert "中心点" in city.believed(store, "placement")["reason_zh"][0]
