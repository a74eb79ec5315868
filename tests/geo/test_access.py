"""Two-step floating catchments: the identity of DOMAIN V16, a case by hand, and what is not known."""

import numpy as np
import pytest

from geo.access import longest_ways, two_step, unknown_within
from geo.errors import GeoError

WAYS = np.array([[1.0, 9.0], [2.0, 2.0], [9.0, 1.0], [9.0, 9.0]])


def test_two_hospitals_by_hand() -> None:
    # Hospital A (30 beds) is reached by rows 0 and 1 (100 + 200), B (60) by rows 1 and 2 (200 + 100).
    found = two_step(WAYS, [100, 200, 100, 50], [30, 60], 3)
    assert found.tolist() == pytest.approx([0.1, 0.1 + 0.2, 0.2, 0.0])


@pytest.mark.parametrize("bands", [(), ((1.0, 1.0), (2.0, 0.68), (3.0, 0.22))])
def test_identity_everything_within_reach_is_given_out_once(bands: tuple[tuple[float, float], ...]) -> None:
    random = np.random.default_rng(0)
    ways, people, beds = random.gamma(2, 2, (7148, 60)), random.integers(0, 3000, 7148), random.integers(0, 900, 60)
    found = two_step(ways, people, beds, 3.0, bands=bands)
    reached = ((ways <= 3.0) & (people > 0)[:, None]).any(axis=0)
    assert found @ people == pytest.approx(beds[reached].sum(), rel=1e-9)  # V16


def test_nearer_bands_weigh_more() -> None:
    found = two_step([[1.0], [3.0]], [100, 100], [10], 3, bands=((1.0, 1.0), (3.0, 0.25)))
    assert found.tolist() == pytest.approx([10 / 125, 0.25 * 10 / 125])


def test_unknown_population_stays_unknown_and_is_counted() -> None:
    found = two_step(WAYS, [100, np.nan, 100, 50], [30, 60], 3)
    assert np.isnan(found[1])
    assert found[[0, 2, 3]].tolist() == pytest.approx([0.3, 0.6, 0.0])
    assert unknown_within(WAYS, [100, np.nan, 100, 50], 3).tolist() == [1, 1]


def test_no_way_and_beds_that_nobody_vouches_for_give_nothing() -> None:
    assert two_step([[np.nan, np.inf]], [10], [5, 5], 100).tolist() == [0]
    assert two_step([[1.0, 1.0]], [10], [5, np.nan], 100).tolist() == [0.5]
    assert two_step(np.zeros((0, 2)), [], [5, 5], 1).tolist() == []


def test_longest_ways_are_those_of_persons() -> None:
    found = longest_ways([[1.0], [2.0], [5.0], [7.0], [np.inf]], [50, 39, 11, np.nan, 4])
    assert (found["median"], found["p90"], found["max"], found["cut_off"]) == (1.0, 5.0, 7.0, 4)
    assert found["mean"] == pytest.approx((50 + 78 + 55) / 100)
    assert np.isnan(longest_ways([[1.0]], [0])["p90"])


@pytest.mark.parametrize(
    "call",
    [
        lambda: two_step(WAYS, [1, 2], [1, 1], 3),
        lambda: two_step(WAYS, [1, -2, 3, 4], [1, 1], 3),
        lambda: two_step(WAYS, [1, 2, 3, 4], [1, 1], -1),
        lambda: two_step(WAYS, [1, 2, 3, 4], [1, 1], 3, bands=((1, -1.0),)),
    ],
)
def test_what_makes_no_sense_is_refused(call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(GeoError):
        call()
