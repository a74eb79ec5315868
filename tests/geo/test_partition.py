"""One partition: the same answers as the plain engine gives, its receipt, and what makes it be matched again."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geo import city_kept, datum
from geo.match import MATCH_COLUMNS, UNCONFIRMED, CompoundMatcher
from geo.partition import PartitionError, finished, look, match_partition
from tests.geo.test_match import EAST, LAT, LON, NORTH, square

COMPOUNDS = pd.DataFrame(
    [
        ("001", "丹水池小区", ["武汉市解放大道2020号"], "江岸区", square(0)),
        ("002", "清江山水", ["软件园二路10号"], "洪山区", square(10)),
        ("003", "教师公寓", ["鲁磨路407号"], "洪山区", square(20)),
        ("004", "教师公寓", ["珞喻路152号"], "洪山区", square(60)),
        ("005", "教师公寓西院", [], "洪山区", square(20, size=0.2)),
        ("006", "无图苑", ["友谊大道5号"], "武昌区", None),
        ("007", "毗邻里", [], "洪山区", square(11.1)),
    ],
    columns=["compound_id", "name", "addresses", "district", "geometry"],
)
ADDRESSES = ["", "", "", "", "洪山区清江山水3栋", "教师公寓", "友谊大道5号", "查无此处", "江岸区丹水池小区1栋"]


def cases(count: int = 4_000, addresses: bool = True) -> pd.DataFrame:
    """Points in, between and beside the compounds, one in thirteen missing or impossible; some rows have an address."""
    random = np.random.default_rng(7)
    lon, lat = LON + random.uniform(-4, 64, count) * EAST, LAT + random.uniform(-2, 3, count) * NORTH
    near = random.uniform(size=count) < 0.6
    lon[near] = LON + random.choice([0, 10, 20, 11.1], near.sum()) * EAST + random.normal(0, 1, near.sum()) * EAST
    lon[::13], lat[::26] = np.nan, 0.0
    lon[7::50], lat[7::50] = np.round(lon[7::50], 3), np.round(lat[7::50], 3)  # coarse ones
    lon[5:400:3], lat[5:400:3] = LON + 0.0005, LAT + 0.0005  # a coordinate that many addresses share
    frame = pd.DataFrame({"case_id": [f" {i}" for i in range(count)], "lon": lon, "lat": lat, "precision_m": np.nan})
    frame.loc[::17, "precision_m"] = 200.0
    if addresses:
        frame["address"] = random.choice(ADDRESSES, count)
        frame.loc[5:400:3, "address"] = [f"{ADDRESSES[4 + i % 5]}{i}号" for i in range(len(frame.loc[5:400:3]))]
    return frame


def written(frame: pd.DataFrame, path, **metadata: str):
    table = pa.Table.from_pandas(frame, preserve_index=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.replace_schema_metadata(metadata or None), path)
    return path


def matched(frame: pd.DataFrame, folder, frame_of: str = "wgs84", compounds: pd.DataFrame = COMPOUNDS):
    """The answers and the receipt of a partition with these rows."""
    part = look(written(frame, folder / "in" / "a.parquet"), folder / "out" / "a.parquet", frame_of)
    city = city_kept.keep("", compounds, folder / "cache")
    receipt = match_partition(part, {"": city_kept.prepare(city, "wgs84", 100, False)}, 100)
    return pd.read_parquet(part.answers), receipt, part, city


def plainly(frame: pd.DataFrame) -> pd.DataFrame:
    """What the plain engine says of these rows; a position with a zero is none, as for every file."""
    given = (frame["lat"] != 0) & frame["lon"].notna()
    rows = frame.assign(lon=frame["lon"].where(given), lat=frame["lat"].where(given))
    return CompoundMatcher.build(COMPOUNDS).match(rows, frame_sure=UNCONFIRMED)


def same(answers: pd.DataFrame, expected: pd.DataFrame, metres: float = 1e-6) -> None:
    assert answers.columns.tolist() == MATCH_COLUMNS
    for column in ("case_id", "status", "compound_id", "method", "reason_zh", "reason_en"):
        assert answers[column].tolist() == expected[column].tolist(), column
    np.testing.assert_allclose(answers["probability"], expected["probability"], atol=1e-9)
    np.testing.assert_allclose(answers["distance_m"], expected["distance_m"], atol=metres)
    assert [list(a) for a in answers["alternatives"]] == expected["alternatives"].tolist()


@pytest.mark.parametrize("addresses", [False, True])
def test_the_answers_are_those_of_the_plain_engine(addresses, tmp_path):
    frame = cases(addresses=addresses)
    expected = plainly(frame)
    answers, receipt, _, _ = matched(frame, tmp_path)
    same(answers, expected)
    kinds = set(expected["status"] + "/" + expected["method"])
    assert {"accepted/inside", "accepted/nearest", "review/nearest", "review/inside", "unmatched/none"} <= kinds
    assert receipt["outcomes"] == (expected["status"] + "/" + expected["method"]).value_counts().to_dict()
    assert receipt["rows"] == len(frame)


def test_points_in_another_frame_are_left_and_the_compounds_brought_there(tmp_path):
    frame = (
        cases().drop(index=range(7, 4_000, 50)).reset_index(drop=True)
    )  # rounding is seen in the frame of the points
    expected = plainly(frame)
    good = (frame["lat"] != 0) & frame["lon"].notna()
    moved = frame.copy()
    moved.loc[good, "lon"], moved.loc[good, "lat"] = datum.from_wgs84(frame["lon"][good], frame["lat"][good], "gcj02")
    answers, _, _, _ = matched(moved, tmp_path, "gcj02")
    assert (answers["compound_id"] == expected["compound_id"]).mean() > 0.999
    assert (answers["status"] == expected["status"]).mean() > 0.999
    # The frame stretches lengths by a few in 1,000; at the reach of 100 m a compound may come in or fall out.
    both = answers["distance_m"].notna() & expected["distance_m"].notna()
    assert (answers["distance_m"].isna() != expected["distance_m"].isna()).mean() < 0.001
    np.testing.assert_allclose(answers["distance_m"][both], expected["distance_m"][both], atol=0.1, rtol=5e-3)


def test_impossible_positions_are_counted_and_the_rows_stay(tmp_path):
    frame = pd.DataFrame(
        {"case_id": list("abcde"), "lon": [114.3005, 30.6, 0, 114.3, 5e5], "lat": [30.6005, 114.3, 30, None, 3e6]}
    )
    answers, receipt, _, _ = matched(frame, tmp_path)
    assert receipt["values_dropped"] == {"half": 1, "metres": 1, "swapped": 1, "zero": 1}
    assert answers["compound_id"].tolist() == ["001", "", "", "", ""]


def test_a_finished_partition_is_kept_until_anything_changes(tmp_path):
    frame = cases(200)
    _, first, part, city = matched(frame, tmp_path)
    assert not first["kept"]
    assert match_partition(part, {"": city}, 100)["kept"]
    assert not match_partition(part, {"": city}, 50)["kept"]
    written(frame.head(100), part.source)
    assert match_partition(part, {"": city}, 50)["rows"] == 100
    renamed = COMPOUNDS.assign(name=COMPOUNDS["name"] + "新")
    other = city_kept.keep("", renamed, tmp_path / "cache")
    assert not match_partition(part, {"": other}, 50)["kept"]
    part.answers.write_bytes(part.answers.read_bytes()[:-1])
    assert finished(part) is None


def test_a_partition_leaves_answers_and_receipt_and_nothing_else(tmp_path):
    _, receipt, part, _ = matched(cases(50), tmp_path)
    assert sorted(p.name for p in part.answers.parent.iterdir()) == ["a.json", "a.parquet"]
    assert json.loads(part.receipt.read_text("utf-8"))["key"] == receipt["key"]


def test_rows_are_matched_in_their_own_city(tmp_path):
    east = COMPOUNDS.assign(compound_id="E" + COMPOUNDS["compound_id"])
    cities = {n: city_kept.keep(n, c, tmp_path) for n, c in (("甲市", COMPOUNDS), ("乙市", east))}
    frame = cases(7).assign(
        lon=LON + 0.0005, lat=LAT + 0.0005, address="", precision_m=5.0, city=["甲市", "乙市", "丙市"] * 2 + ["甲市"]
    )
    part = look(written(frame, tmp_path / "a.parquet"), tmp_path / "o.parquet", "wgs84")
    receipt = match_partition(part, cities, 100)
    answers = pd.read_parquet(part.answers)
    assert answers["case_id"].tolist() == frame["case_id"].tolist()
    assert answers["compound_id"].tolist() == ["001", "E001", "", "001", "E001", "", "001"]
    assert receipt["rows_of_cities_without_compounds"] == {"丙市": 2}


def test_the_folder_of_a_partition_names_its_city(tmp_path):
    path = written(cases(3), tmp_path / "city=%E6%AD%A6%E6%B1%89%E5%B8%82" / "month=2" / "a.parquet")
    assert look(path, tmp_path / "o.parquet", "wgs84").city == "武汉市"
    assert look(written(cases(3), tmp_path / "a.parquet"), tmp_path / "o.parquet", "wgs84").city is None


def test_a_file_may_state_its_own_datum(tmp_path):
    path = written(cases(3), tmp_path / "a.parquet", datum="GCJ-02")
    assert look(path, tmp_path / "o.parquet", None).frame == "gcj02"
    with pytest.raises(PartitionError, match="metadata state the datum GCJ-02, but wgs84"):
        look(path, tmp_path / "o.parquet", "wgs84")


@pytest.mark.parametrize(
    ("frame", "stated", "said"),
    [
        (pd.DataFrame({"lon": [1.0], "lat": [1.0]}), "wgs84", "column case_id .* is missing; found"),
        (pd.DataFrame({"case_id": ["1"], "lon": [1.0]}), "wgs84", "column address or lon, lat is missing"),
        (
            pd.DataFrame({"case_id": [1.5], "address": [""]}),
            "wgs84",
            "column 'case_id' holds double; wanted text or whole",
        ),
        (
            pd.DataFrame({"case_id": ["1"], "lon": ["1"], "lat": ["1"]}),
            "wgs84",
            "column 'lon' holds .*string; wanted numbers",
        ),
        (pd.DataFrame({"case_id": ["1"], "lon": [1.0], "lat": [1.0]}), None, "no datum was stated"),
    ],
)
def test_a_partition_that_cannot_be_matched_says_what_it_lacks(frame, stated, said, tmp_path):
    with pytest.raises(PartitionError, match=f"a.parquet: .*{said}"):
        look(written(frame, tmp_path / "a.parquet"), tmp_path / "o.parquet", stated)


def test_a_file_that_is_no_parquet_is_named(tmp_path):
    (tmp_path / "a.parquet").write_text("case_id,lon,lat")
    with pytest.raises(PartitionError, match=r"a.parquet: cannot be read as Parquet"):
        look(tmp_path / "a.parquet", tmp_path / "o.parquet", "wgs84")


def test_a_file_cut_short_leaves_no_answers(tmp_path):
    path = written(cases(3_000), tmp_path / "a.parquet")
    part = look(path, tmp_path / "out" / "o.parquet", "wgs84")
    content = bytearray(path.read_bytes())
    content[200:2_000] = bytes(1_800)  # the footer still says that all is well
    path.write_bytes(content)
    with pytest.raises(PartitionError, match=r"a.parquet: cannot be read to its end"):
        match_partition(part, {"": city_kept.keep("", COMPOUNDS, tmp_path / "cache")}, 100)
    assert list(part.answers.parent.iterdir()) == []
