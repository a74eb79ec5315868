"""Matching measured on a folder of real files; floors lie a little below what was reached."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from geo.address_match import AddressMatcher
from geo.address_model import judge_for
from geo.datum import to_wgs84
from geo.gazetteer import Gazetteer
from geo.match import CompoundMatcher


def lines(path: Path) -> list[dict]:
    if not path.exists():
        pytest.skip(f"the folder of real files holds no {path.name}")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def wuhan(real_data) -> tuple[AddressMatcher, Path]:
    folder = real_data / "wuhan2020" / "addresses"
    rows = [
        {
            "compound_id": row["id"],
            "name": row["name"],
            "aliases": [name for name in row["names"] if name != row["name"]],
            "addresses": row["addrs"],
            "areas": row["biz"],
            "district": row["district"],
            "lon": row["lng"],
            "lat": row["lat"],
        }
        for row in lines(folder / "gazetteer.jsonl")
    ]
    gazetteer = Gazetteer.from_frame(pd.DataFrame(rows))
    return AddressMatcher(gazetteer, judge_for(gazetteer)), folder


def outcome(wuhan: tuple[AddressMatcher, Path], name: str) -> pd.DataFrame:
    """One row a query: `listed` (its compound is in the gazetteer), `accepted`, `right`, `among_five`."""
    matcher, folder = wuhan
    queries = lines(folder / name)
    ids = [c.compound_id for c in matcher.gazetteer.compounds]
    rows = []
    for query, answer in zip(queries, matcher.match([q["query"] for q in queries]), strict=True):
        shown = [ids[position] for position, _ in answer.alternatives]
        truth = query["truth"]
        right = answer.status == "accepted" and ids[answer.position] == truth
        rows.append((truth is not None, answer.status == "accepted", right, truth in shown))
    return pd.DataFrame(rows, columns=["listed", "accepted", "right", "among_five"])


@pytest.mark.parametrize(("name", "recall"), [("queries_noisy.jsonl", 0.86), ("queries_listing_site.jsonl", 0.88)])
def test_what_is_accepted_in_wuhan_is_right_and_most_is_accepted(wuhan, name, recall):
    found = outcome(wuhan, name)
    assert found.right.sum() / found.accepted.sum() >= 0.995
    assert found.right.sum() / found.listed.sum() >= recall
    assert found.among_five[found.listed].mean() >= 0.97


def test_compounds_of_other_cities_are_refused(wuhan):
    assert outcome(wuhan, "queries_other_cities.jsonl").accepted.mean() <= 0.001


@pytest.fixture(scope="module")
def shanghai(real_data) -> tuple[CompoundMatcher, pd.DataFrame]:
    """The compounds of Shanghai, and the geocodes whose address a compound bears, with `truth`: the ids that bear it."""
    folder = real_data / "shanghai2022"
    if not folder.is_dir():
        pytest.skip("the folder of real files holds no shanghai2022")
    features = json.loads((folder / "compounds_bd09.geojson").read_text(encoding="utf-8"))["features"]
    compounds = pd.DataFrame([f["properties"] for f in features]).rename(columns={"title": "name"})
    shapes = [shapely.geometry.shape(f["geometry"]) for f in features]
    compounds["geometry"] = [
        shapely.transform(shape, lambda xy: np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], "bd09"))) for shape in shapes
    ]
    compounds["addresses"] = compounds.pop("address").str.strip(", ")
    codes = pd.read_csv(folder / "geocodes.csv", dtype=str)
    cases = pd.DataFrame({"address": (codes.district + codes.address).str.strip(', "'), "district": codes.district})
    lon, lat = (pd.to_numeric(codes[c], errors="coerce").to_numpy(float) for c in ("gcj02_lng", "gcj02_lat"))
    cases["lon"], cases["lat"] = to_wgs84(lon, lat, "gcj02")
    cases["truth"] = cases["address"].map(compounds.groupby("addresses")["compound_id"].agg(set).to_dict())
    cases["case_id"] = [str(i) for i in range(len(cases))]
    return CompoundMatcher.build(compounds), cases[cases["truth"].notna()].reset_index(drop=True)


@pytest.mark.parametrize(
    ("columns", "accepted", "right"),
    [(["address"], 0.88, 0.99), (["address", "lon", "lat"], 0.93, 0.99), (["lon", "lat"], 0.55, 0.85)],
    ids=["address", "both", "point"],
)
def test_shanghai_cases_find_the_compound_that_bears_their_address(shanghai, columns, accepted, right):
    matcher, cases = shanghai
    found = matcher.match(cases[["case_id", *columns]])
    sure = (found["status"] == "accepted").to_numpy()
    hits = np.array([c in truth for c, truth in zip(found["compound_id"], cases["truth"], strict=True)])
    assert sure.mean() >= accepted
    assert hits[sure].mean() >= right
