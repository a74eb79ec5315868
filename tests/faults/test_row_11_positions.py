"""Row 11 and trap 5, positions that cannot be true: a join would leave them out without a word; here each is named, counted and still a person."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from sqlalchemy import func, select

from dashboard.__main__ import main
from layers._errors import FeedError
from layers.store.schema import total
from tests import city
from tests.beginnings import begun

KNOWN = "2020-02-10T18:00"
GOOD = (114.205, 30.505)  # in 春风里
WRONG = {  # what stands in the file, and a word of what is said of it
    "not a number": (("nan", "30.505"), "not what is wanted"),
    "endless": (("114.205", "inf"), "not what is wanted"),
    "too large for a float": (("1e400", "30.505"), "not what is wanted"),
    "swapped": (("30.505", "114.205"), "swapped"),
    "web mercator": (("12713240.7", "3570534.9"), "metres"),
    "metres of the city": (("519684", "3376512"), "metres"),
    "zero": (("0", "0"), "zero"),
    "one alone": (("114.205", ""), "only one"),
    "beyond the globe": (("214.2", "30.5"), "out of range"),
    "another city": (("121.47", "31.23"), "outside the region"),
    "words": (("东经114度", "30.505"), "not what is wanted"),
}
BY_ADDRESS, NOWHERE = "江岸区春风里3栋", "不知道住在哪里"


@pytest.fixture
def store(tmp_path):
    store = begun(f"sqlite:///{tmp_path / 'store.db'}", tmp_path)
    yield store
    store.close()


def test_a_join_by_itself_would_lose_them_without_a_word():
    """The trap: of these five only one is found, and nothing is said."""
    lon = [GOOD[0], np.nan, GOOD[1], 12713240.7, 0.0]
    lat = [GOOD[1], GOOD[1], GOOD[0], 3570534.9, 0.0]
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), crs=4326)
    homes = gpd.GeoDataFrame(geometry=[shapely.Polygon(city.square(0, 0))], crs=4326)
    assert len(gpd.sjoin(points, homes)) == 1


@pytest.mark.parametrize("kind", sorted(WRONG))
def test_trap_5_a_position_that_cannot_be_true_is_named_and_its_person_counted(store, tmp_path, kind):
    (lon, lat), word = WRONG[kind]
    rows = [
        {"case_id": "good", "lon": GOOD[0], "lat": GOOD[1], "address": NOWHERE},
        {"case_id": "address", "lon": lon, "lat": lat, "address": BY_ADDRESS},
        {"case_id": "lost", "lon": lon, "lat": lat, "address": NOWHERE},
    ]
    receipt = city.cases(store, tmp_path, KNOWN, *rows, datum="wgs84")
    named = {note.row for note in receipt.warned if word in note.en}
    assert named == {3, 4}
    assert all(note.zh for note in receipt.warned)
    assert (receipt.rows_rejected, receipt.matched.total()) == (0, 3)
    placed = city.believed(store, "placement").set_index("subject")["compound"]
    assert (placed["good"], placed["address"]) == ("C1", "C1")
    assert pd.isna(placed["lost"]) or placed["lost"] == ""
    counted = store.read(
        select(total.c.level, total.c.area, func.sum(total.c.n).label("n"))
        .where(total.c.measure == "now", total.c.level.in_(("city", "compound")))
        .group_by(total.c.level, total.c.area)
    )
    n = {(level, area): count for level, area, count in counted.to_numpy().tolist()}
    assert sum(count for (level, _), count in n.items() if level == "city") == 3
    assert sum(count for (level, _), count in n.items() if level == "compound") == 3  # "" are those not placed
    assert n["compound", ""] == 1


def test_how_many_were_not_placed_is_said_in_the_receipt(store, tmp_path):
    rows = [{"case_id": str(n), "address": NOWHERE, "lon": x, "lat": y} for n, ((x, y), _) in enumerate(WRONG.values())]
    receipt = city.cases(store, tmp_path, KNOWN, *rows, {"case_id": "x"}, datum="wgs84")
    ways = {name.split("/")[0]: 0 for name in receipt.matched}
    for name, count in receipt.matched.items():
        ways[name.split("/")[0]] += count
    assert sum(ways.values()) == len(WRONG) + 1
    assert ways["accepted"] == 1
    said = {lang: "\n".join(receipt.lines(lang)) for lang in ("zh", "en")}
    assert str(len(WRONG)) in said["zh"]
    assert str(len(WRONG)) in said["en"]


def test_coordinates_of_another_system_are_brought_home_or_refused(store, tmp_path):
    """Differing systems match nothing in a join: a file that states its own is converted, one that states none is refused."""
    point = gpd.GeoDataFrame(
        {"case_id": ["1"], "address": [NOWHERE], "status": ["确诊"], "status_at": ["2020-02-03"]},
        geometry=gpd.points_from_xy([GOOD[0]], [GOOD[1]]),
        crs=4326,
    )
    point.to_crs(3857).to_file(tmp_path / "metres.gpkg", driver="GPKG")
    receipt = city.deliver(store, "cases", tmp_path / "metres.gpkg", KNOWN, datum="wgs84")
    assert receipt.matched == {"accepted/inside": 1}
    with pytest.raises(FeedError, match="no datum"):
        city.cases(store, tmp_path, "2020-02-11T18:00", {"lon": GOOD[0], "lat": GOOD[1]})
    with pytest.raises(FeedError, match="epsg"):
        city.cases(store, tmp_path, "2020-02-11T18:00", {"lon": GOOD[0], "lat": GOOD[1]}, datum="epsg:99999999")


def test_a_match_of_files_answers_every_row(tmp_path):
    rows = [{"case_id": kind, "address": NOWHERE, "lon": x, "lat": y} for kind, ((x, y), _) in WRONG.items()]
    rows.append({"case_id": "good", "address": NOWHERE, "lon": GOOD[0], "lat": GOOD[1]})
    cases = city.table(tmp_path / "cases.csv", rows)
    homes = [({"compound_id": "C1", "name": "春风里", "district": "江岸区"}, city.square(0, 0))]
    places = city.geojson(tmp_path / "compounds.geojson", homes)
    out = tmp_path / "out.csv"
    files = ["--cases", str(cases), "--compounds", str(places), "--out", str(out)]
    assert main(["match", *files, "--cases-datum", "wgs84", "--compounds-datum", "wgs84"]) == 0
    answers = pd.read_csv(out, dtype=str).set_index("case_id")
    assert set(answers.index) == {*WRONG, "good"}
    assert answers["status"].to_dict() == dict.fromkeys(WRONG, "unmatched") | {"good": "accepted"}
