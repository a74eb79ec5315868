"""What a point makes of the compounds an address may mean, by numbers worked by hand."""

import numpy as np
import pytest

from geo.datum import to_wgs84
from geo.geocode_model import density_if_elsewhere, density_if_home, rounding_m, shares_with_point


def test_densities_are_those_of_the_model():
    # 0.75 / (30000 + 770 * 30 + 2 pi 900) = 0.75 / 58755 = 1.2765e-5; bad ones 0.25 / 1e9 = 2.5e-10.
    assert density_if_home(0) == pytest.approx(1.2765e-5, rel=1e-3)
    assert density_if_home(1e6) == pytest.approx(2.5e-10, rel=1e-3)
    # 0.5 / (30000 + 770 * 300 + 2 pi 90000) = 0.5 / 826487 = 6.050e-7
    assert density_if_elsewhere(0) == pytest.approx(6.050e-7, rel=2e-3)


@pytest.mark.parametrize(("metres", "odds"), [(0, 21), (25, 10), (50, 4.7), (100, 1.05), (300, 0.004)])
def test_how_much_a_point_speaks_for_a_compound_falls_with_its_distance(metres, odds):
    assert density_if_home(metres) / density_if_elsewhere(metres) == pytest.approx(odds, rel=0.1)


def test_a_doubtful_address_whose_compound_holds_the_point_is_nearly_sure():
    # 0.5 * 1.2765e-5 / (0.5 * 1.2765e-5 + 0.5 * 6.055e-7) = 0.955
    assert shares_with_point({1: 0.5}, {1: 0.0})[1] == pytest.approx(0.955, abs=0.001)
    assert shares_with_point({1: 0.5}, {1: 100.0})[1] == pytest.approx(0.51, abs=0.01)


def test_of_two_namesakes_the_one_at_the_point_takes_what_the_other_loses():
    # 0.45 * 1.2765e-5 = 5.744e-6; the other, 4 km off, 0.45 * 2.5e-10; unlisted 0.1 * 6.055e-7 = 6.06e-8.
    found = shares_with_point({1: 0.45, 2: 0.45}, {1: 0.0, 2: 4000.0})
    assert found[1] == pytest.approx(5.744 / (5.744 + 0.0606), abs=0.001)
    assert found[2] < 1e-4


def test_a_namesake_without_a_place_keeps_a_share():
    # Listed but placed nowhere: as likely near the point as a home that is not listed, 0.45 * 6.055e-7 = 2.7e-7.
    assert shares_with_point({1: 0.45, 2: 0.45}, {1: 0.0})[2] == pytest.approx(0.27 / (5.744 + 0.27 + 0.06), abs=0.002)


def test_a_coarse_point_says_little():
    fine, coarse = (shares_with_point({1: 0.5}, {1: 0.0}, precision_m=m)[1] for m in (0, 730))
    assert fine > 0.95
    assert 0.5 < coarse < 0.85


def test_a_doubtful_frame_makes_a_point_say_less():
    assert shares_with_point({1: 0.5}, {1: 0.0}, frame_sure=0.5)[1] < shares_with_point({1: 0.5}, {1: 0.0})[1]


def test_nothing_is_made_of_nothing():
    assert shares_with_point({}, {}) == {}


@pytest.mark.parametrize("frame", ["wgs84", "gcj02", "bd09"])
@pytest.mark.parametrize(
    ("lon", "lat", "metres"), [(114.3, 30.58, 734), (114.301, 30.582, 73.4), (114.3012, 30.5823, 0)]
)
def test_rounding_is_seen_in_whatever_frame_it_was_done(frame, lon, lat, metres):
    # Half of 0.01 degree at 30.58 N: 479 m east, 554 m north, hypot 733 m; half of 0.001: a tenth.
    x, y = to_wgs84(np.array([lon]), np.array([lat]), frame)
    assert rounding_m(x, y)[0] == pytest.approx(metres, rel=0.01)


def test_a_missing_point_has_no_rounding():
    assert rounding_m([np.nan, 114.30123], [30.5, np.nan]).tolist() == [0, 0]
