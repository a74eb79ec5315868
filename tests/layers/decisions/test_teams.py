"""Whole teams: never worse than the plain rule by much, within a bound that holds, fair, steady, and the same each time."""

import numpy as np
import pytest
from scipy.optimize import linprog

from layers.decisions._staff_need import SKILLS, uncovered
from layers.decisions._teams import lower_bound, place

WEIGHT = np.array([5, 5, 3, 2, 1.0])
NURSE, DOCTOR, ICU_NURSE = (SKILLS.index(name) for name in ("nurse", "doctor", "icu_nurse"))


def city(teams=60, sites=15, seed=5):
    """A short-handed city: people by skill of each team, and need by skill of each site, 8 % above what is there."""
    rng = np.random.default_rng(seed)
    size = np.maximum(20, rng.lognormal(np.log(115), 0.45, teams))
    people = np.round(size[:, None] * rng.dirichlet([2, 6, 25, 59, 8], teams))
    need = rng.integers(150, 1500, (sites, 1)) * np.array([0.03, 0.09, 0.27, 0.65, 0.08])
    return np.ceil(need * people.sum(0) * 1.08 / need.sum(0)), people


def unmet(need, have, teams, site):
    after = have.astype(float).copy()
    np.add.at(after, site[site >= 0], teams[site >= 0])
    return float((np.maximum(uncovered(need, after), 0) @ WEIGHT).sum())


def by_lp(need, have, teams):
    """The linear program that may split teams, with specialists doing general work."""
    (sites, skills), n = need.shape, len(teams)
    x, u = n * sites, sites * skills
    rows, limits = [], []
    for h in range(sites):
        for s in range(skills):
            row = np.zeros(x + u + 2 * sites)
            row[np.arange(n) * sites + h] = -teams[:, s]
            row[x + h * skills + s] = -1
            for at, (special, general) in enumerate(((0, 2), (1, 3))):
                row[x + u + at * sites + h] = 1 if s == special else -1 if s == general else 0
            rows.append(row)
            limits.append(have[h, s] - need[h, s])
    for t in range(n):
        row = np.zeros(x + u + 2 * sites)
        row[t * sites : (t + 1) * sites] = 1
        rows.append(row)
        limits.append(1)
    cost = np.r_[np.zeros(x), np.tile(WEIGHT, sites), np.zeros(2 * sites)]
    return linprog(cost, A_ub=np.array(rows), b_ub=limits, method="highs").fun


@pytest.mark.parametrize("seed", range(3))
def test_optimiser_honesty_the_bound_is_below_the_linear_program_and_the_plan_near_it(seed):
    need, teams = city(seed=seed)
    have = np.zeros_like(need)
    found, lp = place(need, have, teams, WEIGHT, fair_share=0.01), by_lp(need, have, teams)
    assert found.bound <= lp + 1e-6  # a bound above the program's optimum would be a lie
    assert found.bound >= 0.94 * lp
    assert found.unmet == pytest.approx(unmet(need, have, teams, found.site))
    assert lp - 1e-6 <= found.unmet <= 1.1 * lp
    assert found.gap == pytest.approx((found.unmet - found.bound) / found.unmet)


def test_optimiser_honesty_the_plain_plan_stands_beside_it_and_is_not_beaten_by_it():
    need, teams = city()
    found = place(need, np.zeros_like(need), teams, WEIGHT)
    assert found.unmet <= found.greedy


def test_fairness_comes_before_travel_and_helps_the_worst_site():
    need, teams = city()
    have, km = np.zeros_like(need), np.random.default_rng(1).random((60, 15)) * 20
    plain = place(need, have, teams, WEIGHT)
    fair = place(need, have, teams, WEIGHT, fair_share=0.02)
    near = place(need, have, teams, WEIGHT, fair_share=0.02, km=km)
    assert fair.worst <= plain.worst
    assert fair.unmet <= plain.unmet * 1.02 + 1e-6
    assert near.worst <= fair.worst + 1e-9  # kilometres are saved only where nobody is worse off
    travelled = [km[np.arange(60)[p.site >= 0], p.site[p.site >= 0]].sum() for p in (fair, near)]
    assert travelled[1] < travelled[0]


def test_fairness_spends_nothing_where_several_sites_are_as_badly_off():
    # One team and three sites without anybody: whoever gets it, two have nothing left
    need = np.zeros((3, 5))
    need[:, NURSE] = (100, 90, 80)
    teams = np.zeros((1, 5))
    teams[0, NURSE] = 50
    found = place(need, np.zeros_like(need), teams, WEIGHT, fair_share=0.5)
    assert found.site.tolist() == [0]
    assert found.worst == 1.0


def test_a_plan_that_people_follow_is_kept_unless_much_is_gained():
    need, teams = city()
    have = np.zeros_like(need)
    old = place(need, have, teams, WEIGHT).site
    more = need.copy()
    more[:2] *= 1.3
    free = place(more, have, teams, WEIGHT, old=old, move_share=0.0)
    dear = place(more, have, teams, WEIGHT, old=old, move_share=0.3)
    assert dear.kept > free.kept
    assert dear.kept > 0.85
    assert dear.unmet >= free.unmet - 1e-6


def test_what_gains_nothing_is_never_a_reason_to_leave():
    need = np.zeros((2, 5))
    need[:, NURSE] = 50
    teams = np.zeros((2, 5))
    teams[:, NURSE] = 50
    for old in ([0, 1], [1, 0]):
        found = place(need, np.zeros_like(need), teams, WEIGHT, old=np.array(old), move_share=0.1)
        assert found.site.tolist() == old
        assert found.kept == 1.0


def test_equal_choices_always_fall_alike():
    need = np.zeros((4, 5))
    need[:, DOCTOR] = 10
    teams = np.zeros((3, 5))
    teams[:, DOCTOR] = 10
    first = place(need, np.zeros_like(need), teams, WEIGHT)
    assert all((place(need, np.zeros_like(need), teams, WEIGHT).site == first.site).all() for _ in range(3))
    assert first.site.tolist() == [0, 1, 2]


def test_a_team_that_nobody_needs_stands_by():
    need, teams = np.zeros((2, 5)), np.ones((2, 5))
    found = place(need, need, teams, WEIGHT)
    assert found.site.tolist() == [-1, -1]
    assert (found.unmet, found.gap, found.worst) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(("sites", "teams"), [(0, 2), (2, 0), (0, 0)])
def test_nothing_to_place_or_nowhere_is_answered(sites, teams):
    need = np.full((sites, 5), 10.0)
    found = place(need, np.zeros_like(need), np.ones((teams, 5)), WEIGHT)
    assert found.site.tolist() == [-1] * teams
    assert found.unmet == sites * 10 * WEIGHT.sum()


def test_a_bound_without_teams_is_what_is_missing():
    need = np.zeros((1, 5))
    need[0, ICU_NURSE] = 10
    assert lower_bound(need, np.zeros_like(need), np.zeros((1, 5)), WEIGHT) == pytest.approx(50, rel=0.01)
