"""The duplicate report: one place under two spellings is named, siblings are listed apart, namesakes are left alone."""

import time

import pandas as pd
import pytest

from layers.intake.duplicates import pairs, report
from layers.intake.gazetteer_changes import Change, make
from layers.store import open_store
from tests import city

LON_M = 1 / 95_800  # degrees of longitude a metre at 30.5 N


def place(code, name, east_m=0.0, district="江岸区", **more):
    return {"compound_id": code, "name": name, "district": district, "lon": 114.3 + east_m * LON_M, "lat": 30.5} | more


def found(*places, apart=()):
    rows = pairs(pd.DataFrame(places), apart)
    return [(kind, a, b) for kind, a, b in zip(rows["kind"], rows["a"], rows["b"], strict=True)]


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ({"name": "蓝天小区"}, {"name": "蓝天"}, "同名“蓝天”"),
        ({"name": "丽景花园"}, {"name": "利景花园"}, "读音相同"),
        ({"name": "百步亭怡康苑"}, {"name": "百步亭怡庸苑"}, "只差一个字"),
        ({"name": "春江居"}, {"name": "长江职工宿舍", "aliases": ["春江居"]}, "同名“春江居”"),
    ],
)
def test_one_place_under_two_spellings_is_named_with_its_evidence(one, other, why):
    rows = pairs(pd.DataFrame([place("A", east_m=0, **one), place("B", east_m=120, **other)]))
    assert rows[["kind", "a", "b"]].values.tolist() == [["same", "A", "B"]]
    assert why in rows["zh"][0]
    assert "相距120米" in rows["zh"][0]


def test_a_shared_door_speaks_for_names_half_alike():
    addresses = {"addresses": ["江岸区解放大道1208号"]}
    rows = pairs(
        pd.DataFrame([place("A", "海军工程大学院", **addresses), place("B", "海军工程家属院", 300, **addresses)])
    )
    assert rows["a"].tolist() == ["A"]
    assert "同一门牌：解放大道1208号" in rows["zh"][0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("长江花园一期", "长江花园二期"),
        ("滨江苑东区", "滨江苑西区"),
        ("武钢119街坊", "武钢118街坊"),
        ("长江花园", "长江花园二期"),
        ("华润中央公园一期", "华润置地中央公园二期"),
    ],
)
def test_siblings_are_listed_apart_however_near(one, other):
    door = {"addresses": ["江岸区解放大道1208号"]}
    assert found(place("A", one, **door), place("B", other, 50, **door)) == [("sibling", "A", "B")]


def test_the_same_name_far_away_is_another_place():
    assert found(place("A", "烟草局家属院"), place("B", "烟草局家属院", 2000)) == []


def test_other_names_side_by_side_are_two_places():
    assert found(place("A", "蓝天小区"), place("B", "绿地名苑", 30)) == []


def test_the_score_is_worked_out_by_hand():
    """Same name 0.5, at 300 of 1,500 m 0.5 x 0.8 = 0.4, two districts -0.2: 0.7."""
    rows = pairs(pd.DataFrame([place("A", "蓝天小区"), place("B", "蓝天小区", 300, "江汉区")]))
    assert rows["score"][0] == pytest.approx(0.7, abs=0.002)


def test_a_pair_that_a_person_told_apart_or_merged_is_not_asked_about_again(tmp_path):
    store = city.found(open_store(f"sqlite:///{tmp_path / 'store.db'}", "drill"), tmp_path)
    twins = [
        ({"compound_id": code, "name": name, "district": "江岸区"}, city.square(at, 0.1))
        for code, name, at in (("C8", "春风里小区", 0.1), ("C9", "春风里新村", 0.2), ("D1", "教师公寓", 4.1))
    ]
    city.deliver(store, "compounds", city.geojson(tmp_path / "t.geojson", twins), "2020-01-02", datum="wgs84")
    same = report(store).query("kind == 'same'")
    assert sorted(same[["a", "b"]].values.tolist()) == [["C1", "C8"], ["C3", "D1"]]
    assert (len(report(store, "420102")), len(report(store, "420103"))) == (2, 0)
    make(store, Change("merge", "C8", ("C1",)), "总值班", apply=True)
    make(store, Change("apart", "D1", ("C3",)), "总值班", apply=True)
    assert report(store).query("kind == 'same'").empty


def test_a_city_takes_seconds():
    """6,262 compounds in a grid of 200 m, names of three parts, every tenth twice: each of the 626 twins is found."""
    first, second = "金银铜铁锡钢木水火土", "山河湖海江溪泉岭坡洲"
    rows = []
    for n in range(6_262 - 626):
        name = (
            first[n % 10]
            + second[n // 10 % 10]
            + chr(0x4E00 + 37 * n % 20_000)
            + chr(0x4E00 + 91 * n % 20_000)
            + "花园"
        )
        rows.append(place(f"C{n}", name) | {"lon": 114 + n % 80 * 0.002, "lat": 30 + n // 80 * 0.002})
    twins = [row | {"compound_id": f"T{row['compound_id']}", "lon": row["lon"] + 0.0005} for row in rows[::9][:626]]
    began = time.perf_counter()
    same = pairs(pd.DataFrame(rows + twins)).query("kind == 'same'")
    assert time.perf_counter() - began < 10
    assert {f"T{a}" for a in same["a"]} | set(same["b"]) >= {row["compound_id"] for row in twins}


def test_a_district_is_shown_no_pair_with_another_districts_compound(tmp_path):
    store = city.found(open_store(f"sqlite:///{tmp_path / 'store.db'}", "drill"), tmp_path)
    twins = [
        ({"compound_id": code, "name": "幸福人家", "district": district}, city.square(at, 1, 0.002))
        for code, district, at in (("C11", "江岸区", 4.3), ("C12", "江汉区", 4.9))
    ]
    city.deliver(store, "compounds", city.geojson(tmp_path / "t.geojson", twins), "2020-01-02", datum="wgs84")
    assert report(store).query("kind == 'same'")[["a", "b"]].values.tolist() == [["C11", "C12"]]
    both = {"C11", "C12"}
    assert not any(both & set(report(store, area)[["a", "b"]].to_numpy().ravel()) for area in ("420102", "420103"))
