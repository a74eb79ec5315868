"""The frame of points is told from anchors, or not told at all."""

import numpy as np
import pytest

from geo.datum import from_wgs84
from geo.datum_detect import better_fit, detect, detect_in_areas, detect_pair, log_likelihood

EAST, NORTH = 95_900.0, 110_900.0  # metres a degree in Wuhan
FRAMES = ("wgs84", "gcj02", "bd09")


def city(n, rng, lon=114.30, lat=30.58):
    """Places scattered over some 30 km, as a city's compounds are."""
    return lon + rng.normal(0, 0.1, n), lat + rng.normal(0, 0.09, n)


def noisy(places, rng, noise_m, wrong):
    """Points about their places, each axis off by `noise_m`; a share `wrong` of them belongs to some other place."""
    x, y = (np.array(v, copy=True) for v in places)
    n = len(x)
    x, y = x + rng.normal(0, noise_m / EAST, n), y + rng.normal(0, noise_m / NORTH, n)
    lost = rng.random(n) < wrong
    other = rng.integers(0, n, int(lost.sum()))
    x[lost], y[lost] = places[0][other], places[1][other]
    return x, y


def anchors(n, frame, seed, noise_m=50.0, wrong=0.0):
    rng = np.random.default_rng(seed)
    places = city(n, rng)
    return *from_wgs84(*noisy(places, rng, noise_m, wrong), frame), *places


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize(
    ("noise_m", "wrong", "n", "least"),
    [(150, 0.05, 20, 1.0), (150, 0.05, 200, 1.0), (300, 0.15, 50, 0.9), (300, 0.15, 200, 1.0)],
)
def test_the_frame_is_told_under_noise_and_never_told_wrong(frame, noise_m, wrong, n, least):
    # Accuracy of the same likelihood without refusal, 200 runs (MATCHING 4): 150 m and 5 % wrong 1.000 at 5 anchors; 300 m
    # and 15 % wrong .995 at 20, 1.000 at 50.
    found = [detect(*anchors(n, frame, seed, noise_m, wrong)).frame for seed in range(30)]
    assert set(found) <= {frame, None}
    assert found.count(frame) >= least * len(found)


@pytest.mark.parametrize("frame", FRAMES)
def test_places_that_lie_600_m_off_tell_no_frame_wrong(frame):
    found = {detect(*anchors(200, frame, seed, 600, 0.25)).frame for seed in range(30)}
    assert found <= {frame, None}


def test_one_exact_anchor_is_worth_what_the_model_says():
    # ln(0.8 * 4e7 / (2 pi 150^2) + 0.2) = ln(226.4 + 0.2) = 5.42; one at 10 km ln 0.2 = -1.61.
    assert log_likelihood(np.array([[0.0, 0.0]])) == pytest.approx(5.423, abs=0.001)
    assert log_likelihood(np.array([[10_000.0, 0.0]])) == pytest.approx(-1.609, abs=0.001)


def test_fewer_than_twenty_places_tell_nothing_however_many_rows_name_them():
    few = anchors(19, "gcj02", 1)
    rows = [np.repeat(column, 50) for column in few]
    finding = detect(*rows)
    assert (finding.frame, finding.why, finding.anchors) == (None, "few", 19)
    assert "wanted 20" in finding.reason_en
    assert not finding.refutes("wgs84")
    assert detect(*anchors(20, "gcj02", 1)).frame == "gcj02"


def test_nothing_tells_nothing():
    assert detect([], [], [], []).why == "few"


def test_rows_without_a_point_or_a_place_are_left_out():
    x, y, at_x, at_y = anchors(30, "bd09", 2)
    x[:5], at_y[5:8] = np.nan, np.nan
    assert detect(x, y, at_x, at_y).anchors == 22


@pytest.mark.parametrize("n", [30, 300, 5000])
def test_anchors_that_are_all_wrong_are_refused(n):
    rng = np.random.default_rng(n)
    finding = detect(*from_wgs84(*city(n, rng), "gcj02"), *city(n, rng))
    assert (finding.frame, finding.why) == (None, "none")
    assert finding.refutes("gcj02")  # points and places do not lie in one frame, whatever was stated


def test_a_frame_of_its_own_is_none_of_ours():
    x, y, at_x, at_y = anchors(200, "wgs84", 3)
    finding = detect(x - 0.004, y - 0.0025, at_x, at_y)  # 470 m to the south-west, where no frame lies
    assert finding.frame is None
    assert finding.refutes("wgs84")


def test_points_shifted_twice_are_not_taken_for_shifted_once():
    x, y, at_x, at_y = anchors(200, "gcj02", 4)
    assert detect(*from_wgs84(x, y, "gcj02"), at_x, at_y).frame is None


def test_in_hong_kong_frames_cannot_be_told_apart():
    rng = np.random.default_rng(5)
    places = 114.17 + rng.normal(0, 0.01, 200), 22.32 + rng.normal(0, 0.01, 200)
    finding = detect(*noisy(places, rng, 50, 0.05), *places)
    assert (finding.frame, finding.why) == (None, "alike")
    assert "coincide" in finding.reason_en
    assert not finding.refutes("gcj02")


@pytest.mark.parametrize(("major", "minor"), [("gcj02", "wgs84"), ("bd09", "gcj02"), ("wgs84", "bd09")])
@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_mixed_frames_are_seen(major, minor, share):
    first, second = anchors(200, major, 6, 80, 0.05), anchors(round(200 * share / (1 - share)), minor, 7, 80, 0.05)
    finding = detect(*(np.concatenate(pair) for pair in zip(first, second, strict=True)))
    assert (finding.frame, finding.why) == (None, "mixed")
    assert set(finding.mixed) == {major, minor}
    assert finding.refutes(major)


def test_metres_among_degrees_are_mixed():
    first, second = anchors(50, "wgs84", 8), anchors(50, "epsg:4547", 9)
    assert detect(*(np.concatenate(pair) for pair in zip(first, second, strict=True))).mixed == {
        "degrees": 50,
        "metres": 50,
    }


def test_metres_are_told_by_their_numbers_and_their_zone_by_the_places():
    # EPSG:4547 is CGCS2000 with central meridian 114 E.
    assert detect(*anchors(50, "epsg:4547", 10)).frame == "cgcs2000:114"
    x, y, at_x, at_y = anchors(50, "epsg:4547", 10)
    assert detect(x + 38e6, y, at_x, at_y).frame == "cgcs2000"  # zone 38 stands in front of the easting


def test_cgcs2000_degrees_count_as_wgs84():
    finding = detect(*anchors(50, "cgcs2000", 11))
    assert finding.frame == "wgs84"
    assert finding.confirms("cgcs2000")
    assert finding.refutes("gcj02")


def test_a_stated_frame_is_refuted_by_its_lead_even_where_two_others_are_close():
    finding = detect(*anchors(40, "bd09", 12, 150, 0.1))
    assert finding.confirms("bd09")
    assert finding.refutes("wgs84")
    assert finding.as_json()["median_m"]["bd09"] < 250


@pytest.mark.parametrize("one", FRAMES)
@pytest.mark.parametrize("other", FRAMES)
def test_of_two_unknown_frames_the_pair_is_told_where_they_differ(one, other):
    x, y, at_x, at_y = anchors(60, one, 13, 100, 0.1)
    finding = detect_pair(x, y, *from_wgs84(at_x, at_y, other))
    assert finding.frame == ("same" if one == other else f"{one}/{other}")


def test_two_sets_that_have_nothing_in_common_are_no_pair():
    rng = np.random.default_rng(14)
    finding = detect_pair(*city(300, rng), *city(300, rng))
    assert (finding.frame, finding.why) == (None, "none")


def test_districts_tell_only_where_many_rows_lie_near_a_border():
    rows = np.arange(2000)
    inside = {"wgs84": rows >= 100, "gcj02": rows >= 10, "bd09": rows >= 200}
    assert detect_in_areas(inside).frame == "gcj02"  # leads by 90 rows, 90 ln 4 = 125
    assert detect_in_areas({name: values[:999] for name, values in inside.items()}).why == "few"
    close = {"wgs84": rows >= 24, "gcj02": rows >= 10, "bd09": rows >= 200}
    assert detect_in_areas(close).why == "weak"  # 14 ln 4 = 19.4
    assert detect_in_areas({name: ~values for name, values in inside.items()}).frame is None


def test_points_without_addresses_speak_where_clearly_more_of_them_stand_at_compounds():
    nowhere, spread = np.full(100, -1), np.arange(100)
    assert better_fit(nowhere, {"gcj02": spread}) == "gcj02"  # 100 ln 2 = 69
    assert better_fit(spread, {"gcj02": nowhere}) is None
    assert better_fit(nowhere, {"gcj02": np.where(spread < 28, spread, -1)}) is None  # 28 ln 2 = 19.4
    assert better_fit(nowhere, {"gcj02": np.zeros(100, int)}) is None  # one compound, which counts for two points
    half = np.where(spread < 50, spread, -1)
    assert better_fit(half, {"gcj02": np.where(spread >= 45, spread, -1)}) is None  # 50 won, 45 lost
