"""The scan: SaTScan's own constants, SpatialEpi's result on Pennsylvania, circles tried one by one, and the traps of DOMAIN 4."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geo.errors import GeoError
from geo.scan import COLUMNS, llr_bernoulli, llr_poisson, scan

ROAD = np.c_[np.arange(12) * 1000.0 + np.arange(12) ** 2, np.zeros(12)]  # no two places equally far from a third


@pytest.fixture(scope="module")
def pennsylvania(real_data: Path) -> pd.DataFrame:
    """Lung cancer by county, 2002 (SpatialEpi's pennLC)."""
    return pd.read_csv(real_data / "validation/scan/pennLC.csv")


def test_likelihood_ratio_is_that_of_satscan() -> None:
    # V10: unit test of SaTScan on New Mexico, 1,175 cases.
    assert llr_poisson(10, 1, 1175) == pytest.approx(14.060436, abs=1e-5)
    assert llr_poisson([2, 1, 0], [1, 1, 1], 1175).tolist() == pytest.approx([0.386720, 0, 0], abs=1e-5)
    assert llr_poisson(5, 0, 10) == np.inf
    assert llr_poisson(10, 5, 10) == pytest.approx(10 * np.log(2))


def test_pennsylvania_has_the_cluster_that_spatialepi_finds(pennsylvania: pd.DataFrame) -> None:
    xy = pennsylvania[["x", "y"]].to_numpy() * 1000
    found = scan(xy, pennsylvania["cases"], population=pennsylvania["expected"])
    best = found.iloc[0]
    assert list(found.columns) == COLUMNS
    assert set(pennsylvania["county"].iloc[list(best.members)]) == {"delaware", "philadelphia"}
    assert best.llr == pytest.approx(17.66288, abs=1e-5)  # V8
    assert (best.observed, best.p) == (1900, 0.001)
    assert best.expected == pytest.approx(1673.649, abs=1e-3)


def test_most_likely_circle_is_the_best_of_all_circles() -> None:
    random = np.random.default_rng(4)
    xy, people, cases = random.uniform(0, 9, (30, 2)), random.integers(5, 99, 30), random.poisson(3, 30)
    best = 0.0
    for centre in xy:
        order = np.argsort(np.hypot(*(xy - centre).T))
        for k in range(1, 31):
            inside = order[:k]
            if people[inside].sum() <= people.sum() / 2:
                e = cases.sum() * people[inside].sum() / people.sum()
                best = max(best, llr_poisson(cases[inside].sum(), e, cases.sum()))
    assert scan(xy, cases, population=people, replicates=9)["llr"].iloc[0] == pytest.approx(best)


def test_bernoulli_by_hand_and_against_controls() -> None:
    c, n = 8.0, 10.0  # of 10 cases and 40 controls
    by_hand = c * np.log(c / n) + 2 * np.log(2 / n) + 2 * np.log(2 / 40) + 38 * np.log(38 / 40)
    by_hand -= 10 * np.log(10 / 50) + 40 * np.log(40 / 50)
    assert llr_bernoulli(c, n, 10, 50) == pytest.approx(by_hand)
    cases, controls = [0, 0, 0, 4, 4, 0, 0, 0, 1, 0, 1, 0], [4, 4, 4, 1, 1, 4, 4, 4, 3, 4, 3, 4]
    found = scan(ROAD, cases, controls=controls).iloc[0]
    assert (found.members, found.observed, found.expected) == ((3, 4), 8, pytest.approx(2))
    assert found.llr == pytest.approx(by_hand)
    assert found.p <= 0.05


def test_space_time_permutation_finds_days_and_places_without_denominators() -> None:
    random = np.random.default_rng(1)
    xy, day = random.uniform(0, 10_000, (80, 2)), random.integers(0, 20, 80)
    xy[:8], day[:8] = random.normal(5000, 100, (8, 2)), 10
    dates = pd.Timestamp("2020-02-01") + pd.to_timedelta(day, unit="D")
    found = scan(xy, np.ones(80), times=dates, replicates=99)
    assert set(range(8)) <= set(found["members"].iloc[0])
    assert found["p"].iloc[0] == 0.01
    inside = np.isin(np.arange(80), found["members"].iloc[0])
    assert found["observed"].iloc[0] == inside.sum()
    again = scan(xy, np.ones(80), times=day, replicates=99)
    assert found.equals(again)  # dates or day numbers, the same seed: the same clusters


def test_expected_of_a_cylinder_is_the_product_of_its_margins() -> None:
    # Three places, two days; places 1 and 2 have 4 of the 10 cases, the second day has 3.
    xy, cases = [[0, 0], [0, 0], [9000, 0], [9000, 0], [17_000, 0]], [6, 0, 1, 2, 1]
    found = scan(xy, cases, times=[0, 1, 0, 1, 1], max_share=0.6, replicates=0)
    assert found["members"].tolist() == [(3, 4), (0,)]
    assert found["expected"].tolist() == pytest.approx([4 * 3 / 10, 6 * 7 / 10])
    assert found["llr"].iloc[0] == pytest.approx(3 * np.log(3 / 1.2) + 7 * np.log(7 / 8.8))
    assert found["p"].tolist() == [1, 1]  # no replicate, no evidence


def test_only_living_clusters_reach_the_last_day() -> None:
    xy = np.repeat([[0.0, 0], [5000, 0], [9000, 0]], 4, axis=0)
    cases = np.array([5, 0, 0, 1, 1, 1, 1, 2, 1, 1, 1, 1])
    found = scan(xy, cases, times=np.tile([0, 1, 2, 3], 3), replicates=9, alive=True)
    assert all({3, 7, 11} & set(members) for members in found["members"])


def test_secondary_clusters_do_not_overlap() -> None:
    random = np.random.default_rng(2)
    found = scan(random.uniform(0, 9, (60, 2)), random.poisson(4, 60), population=np.full(60, 10), replicates=9)
    rows = [row for members in found["members"] for row in members]
    assert len(rows) == len(set(rows))
    assert found["llr"].is_monotonic_decreasing


def test_rows_at_the_same_point_are_in_or_out_together() -> None:
    xy = [[0, 0], [0, 0], [5000, 0], [5000, 5000], [0, 5000], [9000, 0]]
    found = scan(xy, [5, 0, 1, 1, 1, 1], population=[1, 1, 4, 4, 4, 4], replicates=9)
    assert found["members"].iloc[0] == (0, 1)


def test_equally_far_places_are_in_or_out_together() -> None:
    # From the middle the first and the second place are as far, and each has another that is nearer: no circle around any
    # place holds the middle and one of them alone.
    xy = np.array([[0, 0], [-1000, 0], [1000, 0], [-1000, 100], [1000, 100]])
    found = scan(xy, [3, 3, 0, 0, 0], population=[2, 2, 2, 2, 2], max_share=0.6, replicates=0)
    assert (0, 1) not in set(found["members"])
    assert (found["observed"].iloc[0], len(found["members"].iloc[0])) == (6, 3)


def test_small_numbers_are_judged_by_chance_not_by_rate() -> None:
    """DOMAIN 4, small numbers: one case in the smallest compound is the highest rate of all, and no cluster."""
    people = np.full(12, 900)
    people[3] = 30
    cases = np.full(12, 1)
    found = scan(ROAD, cases, population=people)
    assert (cases / people).argmax() == 3
    assert found["p"].min() > 0.05


def test_multiple_testing_is_paid_for_in_the_p_value() -> None:
    """DOMAIN 4, multiple testing: chance alone gives a cluster with p <= 0.05 in about one map of twenty, for all circles together."""
    random = np.random.default_rng(0)
    xy = random.uniform(0, 9, (40, 2))
    alarms = 0
    for seed in range(60):
        cases = random.multinomial(120, np.full(40, 1 / 40))
        alarms += scan(xy, cases, population=np.ones(40), replicates=39, seed=seed)["p"].min() <= 0.05
    assert alarms <= 8  # 60 maps at 5 %: 3 are expected, 9 or more have a probability below 0.3 %


def test_same_seed_same_answer_and_progress_can_stop_it() -> None:
    cases = [0, 0, 5, 6, 0, 0, 1, 0, 0, 1, 0, 0]
    told: list[tuple[int, int]] = []
    first = scan(ROAD, cases, population=np.ones(12), replicates=19, progress=lambda done, n: told.append((done, n)))
    assert first.equals(scan(ROAD, cases, population=np.ones(12), replicates=19))
    assert told[-1] == (19, 19)

    class Stopped(Exception):
        pass

    def stop(done: int, n: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        scan(ROAD, cases, population=np.ones(12), progress=stop)


def test_no_cases_no_clusters() -> None:
    found = scan(ROAD, np.zeros(12), population=np.ones(12))
    assert found.empty
    assert list(found.columns) == COLUMNS
    assert scan(np.zeros((0, 2)), [], population=[]).empty
    assert scan([[0, 0]], [3], population=[10]).empty  # one place is everything: no circle within half


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "no denominator"),
        ({"population": np.ones(12), "controls": np.ones(12)}, "exactly one"),
        ({"population": np.r_[np.nan, np.ones(11)]}, "every one known"),
        ({"population": np.r_[0, np.ones(11)]}, "row 0 has 1 cases and a population of 0"),
        ({"population": np.ones(12), "cases": np.r_[0.5, np.ones(11)]}, "cases has 0.5"),
        ({"population": np.ones(12), "max_share": 0}, "max_share is 0"),
        ({"population": np.ones(12), "xy": np.full((12, 2), np.nan)}, "leave out what has no place"),
        ({"times": [None] * 12}, "12 unknown"),
    ],
)
def test_unknown_denominators_and_places_are_refused_not_taken_as_zero(wrong: dict, said: str) -> None:
    """DOMAIN 4, denominators; geocoding error is no location."""
    with pytest.raises(GeoError, match=said):
        scan(**({"xy": ROAD, "cases": np.ones(12)} | wrong))
