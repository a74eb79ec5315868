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
from layers.intake.match_files import match_files
from layers.intake.profile import Profile
from layers.scenario.real import with_geocodes


def lines(path: Path) -> list[dict]:
    if not path.exists():
        pytest.skip(f"the folder of real files holds no {path.name}")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def wuhan(real_data, cache) -> tuple[AddressMatcher, Path]:
    """Return a matcher with the judge that the file itself gets when it is matched as a whole: fitted once for both."""
    folder = real_data / "wuhan2020" / "addresses"
    rows = [
        {
            "compound_id": row["id"],
            "name": row["name"],
            "aliases": row["names"],
            "addresses": row["addrs"],
            "areas": row["biz"],
            "district": row["district"],
            "lon": row["lng"],
            "lat": row["lat"],
        }
        for row in lines(folder / "gazetteer.jsonl")
    ]
    gazetteer = Gazetteer.from_frame(pd.DataFrame(rows))
    return AddressMatcher(gazetteer, judge_for(gazetteer, cache)), folder


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


@pytest.fixture(scope="module")
def shanghai_files(real_data, tmp_path_factory) -> tuple[Path, Path, dict[str, set[str]]]:
    """Cases (each address once, with its geocode in GCJ-02), compounds (BD-09), and for each case the compounds that bear its address."""
    folder = real_data / "shanghai2022"
    if not folder.is_dir():
        pytest.skip("the folder of real files holds no shanghai2022")
    joined = with_geocodes(real_data, tmp_path_factory.mktemp("shanghai"))
    rows = pd.read_csv(joined, dtype=str, keep_default_na=False).drop_duplicates("address").reset_index(drop=True)
    rows["case_id"] = rows.index.astype(str)
    rows.to_csv(joined, index=False)
    bearers: dict[str, set[str]] = {}
    for feature in json.loads((folder / "compounds_bd09.geojson").read_text(encoding="utf-8"))["features"]:
        bearers.setdefault(feature["properties"]["address"], set()).add(feature["properties"]["compound_id"])
    truth = {i: bearers[a] for i, a in zip(rows["case_id"], rows["address"], strict=True) if a in bearers}
    return joined, folder / "compounds_bd09.geojson", truth


def matched_in_shanghai(shanghai_files, cases_datum, compounds_datum, cache, **columns):
    """Share accepted of the cases that have a polygon, share of those in the right one, all answers, and the report."""
    cases, compounds, truth = shanghai_files
    answers, report = match_files(
        cases,
        compounds,
        cases_datum=cases_datum,
        compounds_datum=compounds_datum,
        cases_profile=Profile(columns=columns or {"lon": "gcj02_lng", "lat": "gcj02_lat"}),
        compounds_profile=Profile(columns={"name": "title", "addresses": "address"}),
        cache=cache,
    )
    known = answers[answers["case_id"].isin(truth)]
    sure = known[known["status"] == "accepted"]
    right = np.mean([c in truth[i] for i, c in zip(sure["case_id"], sure["compound_id"], strict=True)])
    return len(sure) / len(known), float(right), answers, report


def test_in_shanghai_both_frames_are_found_out_and_cases_lie_in_the_polygon_of_their_address(shanghai_files, cache):
    accepted, right, _, report = matched_in_shanghai(shanghai_files, "auto", "auto", cache)
    assert (report.cases_datum, report.compounds_datum) == ("gcj02", "bd09")
    assert accepted >= 0.93
    assert right >= 0.99


@pytest.mark.parametrize("frames", [("bd09", "bd09"), ("wgs84", "bd09"), ("gcj02", "gcj02")])
def test_in_shanghai_wrong_frames_are_a_warning_and_no_result_by_points(shanghai_files, cache, frames):
    accepted, right, answers, report = matched_in_shanghai(shanghai_files, *frames, cache)
    assert report.datum_evidence["points_used"] is False
    assert any("datum in doubt" in notice["en"] for notice in report.notices)
    assert not answers["method"].isin(["inside", "nearest", "both"]).any()
    assert accepted >= 0.85  # by address alone
    assert right >= 0.99


def test_the_frame_of_a_listing_of_wuhan_is_found_out(real_data, tmp_path, cache):
    listing = pd.read_csv(real_data / "wuhan2020" / "compounds_gcj02.csv", dtype=str)
    listing.assign(case_id=listing.index.astype(str)).to_csv(tmp_path / "c.csv", index=False)
    _, report = match_files(
        tmp_path / "c.csv",
        real_data / "wuhan2020" / "addresses" / "gazetteer.jsonl",
        cases_datum="auto",
        compounds_datum="wgs84",
        cases_profile=Profile(columns={"address": "name"}),
        compounds_profile=Profile(
            columns={"compound_id": "id", "aliases": "names", "areas": "biz", "addresses": "addrs", "lon": "lng"}
        ),
        cache=cache,
    )
    assert report.cases_datum == "gcj02"
    assert report.datum_evidence["anchors"]["rows"] >= 500
