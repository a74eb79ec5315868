"""The order of opening: least person-days without a bed, checked against every possible order and by hand."""

from itertools import permutations

import numpy as np
import pytest

from layers.decisions._bed_release import greedy, release, unmet

NOWHERE = np.zeros(9)


def days(found):
    return [None if np.isnan(day) else int(day) for day in found.opens]


def best_of_all(short, offered, work, crews):
    """Every order of every site to the first free crew: with list schedules of all orders no schedule is missed."""
    least = short.sum()
    for order in permutations(range(len(offered))):
        free, opens = np.zeros(crews), np.full(len(offered), np.nan)
        for site in order:
            at = free.argmin()
            free[at] += work[site]
            opens[site] = free[at]
        least = min(least, unmet(short, offered, opens))
    return least


def test_by_hand_one_crew_opens_the_site_with_most_beds_a_day_first():
    # 10 short on four days, one crew. Small: 4 beds in a day; large: 10 beds in two. Large first: 10 + 0 + 0 + 0 = 10;
    # small first: 6 + 6 + 0 + 0 = 12.
    found = release(np.full(4, 10.0), np.array([4.0, 10.0]), np.array([1, 2]), NOWHERE[:2], at_once=1)
    assert (days(found), found.unmet, found.nothing) == ([None, 2], 10, 40)


def test_two_crews_work_beside_each_other():
    found = release(np.full(3, 8.0), np.array([4.0, 4.0]), np.array([1, 1]), NOWHERE[:2], at_once=2)
    assert (days(found), found.unmet) == ([1, 1], 0)


@pytest.mark.parametrize("seed", range(6))
def test_the_optimum_is_that_of_all_orders_and_never_worse_than_the_plain_rule(seed):
    rng = np.random.default_rng(seed)
    short = rng.integers(0, 60, 8).astype(float)
    offered, work = rng.integers(1, 30, 5).astype(float), rng.integers(1, 4, 5)
    crews = int(rng.integers(1, 3))
    found = release(short, offered, work, NOWHERE[:5], at_once=crews)
    assert found.unmet == best_of_all(short, offered, work, crews)
    assert (
        found.unmet <= found.greedy == unmet(short, offered, greedy(short, offered, work, NOWHERE[:5], at_once=crews))
    )
    assert (found.status, found.gap) == ("optimal", 0)


def test_optimiser_honesty_the_plain_rule_can_be_beaten_and_both_are_shown():
    """DOMAIN 4, optimiser honesty."""
    # The plain rule takes 12 beds in two days (6 a day) before 5 in one; 5 short tomorrow only need the small site.
    found = release(np.array([5.0, 5.0, 0, 0]), np.array([12.0, 5.0]), np.array([2, 1]), NOWHERE[:2], at_once=1)
    assert (found.unmet, found.greedy, days(found)) == (0, 5, [None, 1])


def test_nothing_short_opens_nothing():
    found = release(np.zeros(5), np.array([100.0]), np.array([1]), NOWHERE[:1], at_once=1)
    assert (days(found), found.unmet, found.status) == ([None], 0, "optimal")


def test_a_site_nobody_would_miss_stays_closed_and_of_equals_the_nearest_opens():
    short, work = np.full(5, 10.0), np.ones(3, dtype=int)
    found = release(short, np.array([10.0, 10.0, 10.0]), work, np.array([9.0, 2.0, 5.0]), at_once=3)
    assert days(found) == [None, 1, None]


def test_a_site_that_comes_too_late_stays_closed():
    found = release(np.full(3, 10.0), np.array([50.0]), np.array([9]), NOWHERE[:1], at_once=1)
    assert (days(found), found.unmet) == ([None], 30)


def test_the_same_state_gives_the_same_order():
    short = np.linspace(900, 100, 14).round()
    offered, work = np.arange(100.0, 260, 10), np.tile([1, 3], 8)
    first, second = (release(short, offered, work, np.arange(16.0) % 5, at_once=2) for _ in range(2))
    assert days(first) == days(second)
