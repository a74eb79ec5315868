"""What a file is taken for, by names and by what stands in it; every suggestion says why and how sure."""

import pytest

from layers.intake.feeds import all_feeds, feed_named
from layers.intake.suggest import SURE, code_for, guesses, peek, suggest, unknown_codes
from layers.intake.suggest_fill import fills
from layers.intake.suggest_names import frame_in, named
from layers.intake.suggest_values import Look, looks_personal
from tests import city

REPORT = {"编号": "0001", "患者姓名": "王五", "手机号": "13800000000", "居住地址": "江岸区春风里3栋", "区县": "江岸区",
          "确诊时间": "2020-02-09", "病例分类": "确诊", "gcj02_lng": "114.21", "gcj02_lat": "30.51", "流水": "x"}  # fmt: skip


def taken(path, feed):
    return {s.theirs: s.ours for s in suggest(peek(path), feed_named(feed))}


@pytest.mark.parametrize(
    ("theirs", "ours", "least"),
    [
        ("病例编号", "case_id", 1.0),
        ("case_id", "case_id", 1.0),
        ("确诊日期", "status_at", 0.9),
        ("bingliBianhao", "case_id", 0.9),  # pinyin
        ("xzz", "address", 0.7),  # initials of 现住址
        ("lon_bd09", "lon", 0.9),
        ("open_beds", "open", 0.9),
        ("Onset Date", "onset_at", 0.9),
        ("收治医院名称", "hospital", 0.6),
        ("confirmed", "status", 0.5),  # one of its values
    ],
)
def test_a_name_is_recognised(theirs, ours, least):
    feed = feed_named("beds" if ours == "open" else "cases")
    sure, zh, en = named(theirs, feed.column(ours))
    assert sure >= least
    assert zh != en


def test_a_name_that_means_nothing_is_not_recognised():
    assert named("流水", feed_named("cases").column("age"))[0] == 0


def test_a_report_of_cases_is_taken_for_one_and_matched(tmp_path):
    path = city.table(tmp_path / "日报.csv", [REPORT | {"编号": f"{n:04d}"} for n in range(9)])
    best = guesses(peek(path), all_feeds())[0]
    assert (best.feed, best.lacks) == ("cases", ())
    wanted = {"编号": "case_id", "患者姓名": "name", "手机号": "phone", "居住地址": "address", "区县": "district",
              "确诊时间": "status_at", "病例分类": "status", "gcj02_lng": "lon", "gcj02_lat": "lat", "流水": ""}  # fmt: skip
    assert taken(path, "cases") == wanted
    assert {s.theirs for s in best.suggestions if s.sure >= SURE} >= {"编号", "确诊时间", "病例分类"}
    assert all(s.zh and s.en for s in best.suggestions)


def test_what_stands_in_a_column_tells_it_where_its_name_does_not(tmp_path):
    rows = [{"a": "确诊", "b": "114.2", "c": "30.5", "d": "江岸区春风里3栋"}, {"a": "疑似", "b": "114.3", "c": "30.6", "d": "江汉区长江花园5栋"}]  # fmt: skip
    found = taken(city.table(tmp_path / "x.csv", rows), "cases")
    assert (found["a"], found["b"], found["c"], found["d"]) == ("status", "lon", "lat", "address")


def test_a_name_that_its_values_belie_is_doubted(tmp_path):
    path = city.table(tmp_path / "x.csv", [{"age": "确诊", "case_id": "1"}, {"age": "疑似", "case_id": "2"}])
    sure = {s.theirs: s.sure for s in suggest(peek(path), feed_named("cases")) if s.ours == "age"}
    assert sure.get("age", 0) < 0.5


def test_a_personal_column_that_no_feed_declares_is_named(tmp_path):
    row = {"hospital": "H1", "kind": "all", "reported_for": "2020-02-01", "open": "9", "联系人手机": "13800000000", "院长身份证": "420102199001011234"}  # fmt: skip
    personal = {
        s.theirs for s in suggest(peek(city.table(tmp_path / "b.csv", [row, row])), feed_named("beds")) if s.personal
    }
    assert personal == {"联系人手机", "院长身份证"}
    assert looks_personal("x", Look.at(["13912345678", "2"])) == ("电话", "telephone numbers")
    assert looks_personal("数量", Look.at(["12", "340"])) is None


def test_unknown_values_are_offered_their_codes():
    column = feed_named("cases").column("status")
    assert unknown_codes(["确诊", "确诊（核酸）", "好转", "好转", None], column) == {"好转": 2, "确诊（核酸）": 1}
    assert code_for("确诊（核酸）", column) == ("confirmed", 0.8)
    assert code_for("无症状感染", column)[0] == "asymptomatic"
    assert code_for("好转", column) == ("", 0.0)


@pytest.mark.parametrize(
    ("feed", "file", "mapped", "wanted"),
    [
        ("beds", "beds_20200215.csv", {"h": "hospital", "o": "open"}, {"kind": "all", "reported_for": "2020-02-15"}),
        ("controls", "区域.csv", {"n": "name", "s": "state"}, {"zone_id": ("n",), "since": ""}),
    ],
)
def test_what_a_file_lacks_is_offered_a_stand_in(tmp_path, feed, file, mapped, wanted):
    rows = [dict.fromkeys(mapped, f"{n}") for n in range(5)]
    found = fills(peek(city.table(tmp_path / file, rows)), feed_named(feed), mapped)
    assert {name: fill.constant or fill.join or "" for name, fill in found.items()} == wanted


def test_an_id_is_not_made_of_an_address(tmp_path):
    rows = [{"d": "2020-02-01", "a": "春风里3栋"}]
    found = fills(peek(city.table(tmp_path / "x.csv", rows)), feed_named("cases"), {"d": "status_at", "a": "address"})
    assert found["case_id"].join == ("d", "#")


@pytest.mark.parametrize(
    ("name", "frame"), [("lon_bd09", "bd09"), ("gcj02_lng", "gcj02"), ("compounds_bd09", "bd09"), ("lng", "")]
)
def test_the_frame_is_read_from_a_name(name, frame):
    assert frame_in(name) == frame


# ---- real files

REAL = {  # file -> feed, and what its columns are, as a person would say
    "wuhan2020/beds_20200215.csv": ("beds", "hospital=hospital open_beds=open used_beds=used free_beds=free"),
    "wuhan2020/cases_dec2019.csv": ("cases", "id=case_id longitude=lon latitude=lat district=district confirmed=status"),
    "wuhan2020/compounds_gcj02.csv": ("compounds", "name=name district=district lon=lon lat=lat"),
    "wuhan2020/hospitals_bd09.csv": ("hospitals", "name=name kind=kind lon_bd09=lon lat_bd09=lat"),
    "wuhan2020/supplies_20200130_0224.csv": ("supplies", "date=day recipient=site item=item spec=spec unit=unit quantity=quantity"),
    "wuhan2020/districts_gcj02.geojson": ("districts", "adcode=code name=name geometry=geometry"),
    "wuhan2020/addresses/gazetteer.jsonl": ("compounds", "name=name names=aliases biz=areas addrs=addresses lng=lon lat=lat id=compound_id district=district"),
    "shanghai2022/compounds_bd09.geojson": ("compounds", "compound_id=compound_id title=name address=addresses district=district geometry=geometry"),
    "shanghai2022/line_list_0306_0317.csv": ("cases", "date=status_at is_patient=status sex=sex age=age address=address district=district"),
    "shanghai2022/lockdown_zones.csv": ("controls", "name=name district=district zone=state gcj02_lng=lon gcj02_lat=lat"),
    "shanghai2022/case_addresses_daily.csv": ("cases", "date=status_at address=address district=district"),
    "shanghai2022/districts_bd09.geojson": ("districts", "name=name geometry=geometry"),
}  # fmt: skip


@pytest.mark.parametrize("file", sorted(REAL))
def test_real_files_are_recognised_and_nearly_all_of_their_columns(real_data, file):
    feed, told = REAL[file]
    best = guesses(peek(real_data / file), all_feeds())[0]
    wanted = dict(pair.split("=") for pair in told.split())
    found = {s.theirs: s.ours for s in best.suggestions}
    assert best.feed == feed
    assert {theirs: found[theirs] for theirs in wanted} == wanted
