"""What speaks for and against each candidate of a waiting match."""

import numpy as np
import pandas as pd
import pytest
import shapely

from layers.intake.candidates import compounds_of, explained, names_a_place
from layers.intake.gazetteer_changes import Change, make
from layers.store import open_store
from tests import city

SQUARE = shapely.to_wkb(shapely.box(114.300, 30.500, 114.301, 30.501))


def place(code, name, **more):
    row = {
        "was": code,
        "code": code,
        "name": name,
        "aliases": [],
        "addresses": [],
        "district": "420102",
        "street": "二七街道",
    }
    return row | {"lon": np.nan, "lat": np.nan, "shape": None} | more


def person(address, *choices, **more):
    options = [{"compound_id": code, "name": code, "score": score} for code, score in choices]
    return {"address": address, "district": "420102", "lon": None, "lat": None, "alternatives": options} | more


def said(address, **more):
    row = explained(person(address, ("A", 0.5)), pd.DataFrame([place("A", "蓝天雅居", **more)])).iloc[0]
    return row["zh"].split("；")


@pytest.mark.parametrize(
    ("address", "more", "signs"),
    [
        ("江岸区蓝天雅居5栋", {}, ["名称一致", "区一致"]),
        ("江岸区兰天雅居5栋", {}, ["名称同音", "区一致"]),
        ("江岸区蓝天雅居东苑5栋", {}, ["名称部分一致", "区一致"]),
        ("江岸区绿地名苑5栋", {"district": "420103"}, ["名称不同", "区不符"]),
        ("江岸区二七街道", {}, ["地址未写小区名", "街道一致", "区一致"]),
        ("江岸区解放大道95号", {"addresses": ["解放大道95号"]}, ["地址未写小区名", "门牌一致", "区一致"]),
        ("江岸区解放大道97号", {"addresses": ["解放大道95号"]}, ["地址未写小区名", "门牌不符", "区一致"]),
        ("青山世泰街242号", {"addresses": ["世泰街242号"]}, ["地址未写小区名", "门牌一致", "区一致"]),
    ],
)
def test_each_sign_is_told(address, more, signs):
    assert said(address, **more) == signs


def test_candidates_keep_their_order_and_those_that_do_not_stand_are_left_out():
    places = pd.DataFrame([place("A", "甲苑"), place("B", "乙苑")])
    rows = explained(person("乙苑", ("B", 0.7), ("gone", 0.2), ("A", 0.1)), places)
    assert rows[["code", "probability"]].values.tolist() == [["B", 0.7], ["A", 0.1]]


def test_candidates_that_are_one_compound_by_now_are_one_candidate():
    places = pd.DataFrame([place("A", "甲苑"), place("B", "乙苑"), place("A", "甲苑", was="C")])
    rows = explained(person("甲苑", ("B", 0.4), ("A", 0.3), ("C", 0.3)), places)
    assert rows["code"].tolist() == ["A", "B"]
    assert rows["probability"].tolist() == pytest.approx([0.6, 0.4])


def test_a_merged_candidate_is_shown_as_its_survivor(tmp_path):
    store = city.found(open_store(f"sqlite:///{tmp_path / 'store.db'}", "drill"), tmp_path)
    make(store, Change("merge", "C4", ("C2",)), "总值班", apply=True)
    make(store, Change("merge", "C2", ("C3",)), "总值班", apply=True)
    places = store.read(compounds_of(store.view(), ["C4", "C5"]))
    assert places.sort_values("was")[["was", "code"]].values.tolist() == [["C4", "C3"], ["C5", "C5"]]
    rows = explained(person("江汉区长江花园5栋", ("C4", 0.5), ("C5", 0.4)), places)
    assert rows["code"].tolist() == ["C3", "C5"]


def test_the_distance_is_that_from_the_point_to_the_outline():
    """0.001 degrees of latitude north of the edge: 111.2 m; inside: 0; without a point: unknown."""
    places = pd.DataFrame([place("A", "甲苑", shape=SQUARE)])
    found = [
        explained(person("甲苑", ("A", 0.5), lon=114.3005, lat=lat), places)["distance_m"][0]
        for lat in (30.502, 30.5005, np.nan)
    ]
    assert found[:2] == pytest.approx([110.9, 0.0], abs=0.5)
    assert np.isnan(found[2])


def test_nobody_is_asked_about_no_candidate():
    assert explained(person("甲苑"), pd.DataFrame([place("A", "甲苑")])).empty


@pytest.mark.parametrize(
    ("address", "names"), [("江岸区二七街道", False), ("江岸区蓝天雅居5栋", True), ("解放大道95号", True)]
)
def test_a_street_alone_names_no_place(address, names):
    assert names_a_place(address) is names
