"""Occupancy against hand-worked numbers: stays fitted to published quartiles, the census kept, every person counted once."""

from datetime import date
from math import isnan, nan

import numpy as np
import pytest

from layers._errors import RuleError
from layers.decisions import occupancy
from layers.decisions._bed_demand import shares
from layers.decisions._bed_stay import Stay, fitted, leaving, pace_seen, residual
from layers.decisions.rules import in_force

DAY = date(2020, 2, 20)
PLACEMENT = in_force("placement", DAY)
STAYS = {name: fitted(q) for name, q in in_force("length-of-stay", DAY).params.items()}
STAYS |= {name: fitted(q) for name, q in in_force("length-of-stay-light", DAY).params.items()}
MOVES = in_force("ward-moves", DAY).params
STILL = {"light_to_severe": 0.0, "critical_to_severe": 0.0}
SHARE = shares(in_force("severity-of-cases", DAY))
BEDS = dict.fromkeys(("icu", "severe", "ordinary", "fangcang", "isolation", "unsplit"), nan)
NOBODY = np.zeros((50, 14), dtype=int)


@pytest.mark.parametrize(
    ("need", "quartiles", "near"),
    [("severe", (10, 14, 19), 0.2), ("critical", (5, 8, 13), 0.2)],  # Rees et al. 2020 (DOMAIN 1.4)
)
def test_a_stay_meets_the_published_quartiles(need, quartiles, near):
    found = [STAYS[need].quantile(share) for share in (0.25, 0.5, 0.75)]
    assert found == pytest.approx(quartiles, abs=near)
    assert found[1] == pytest.approx(quartiles[1], abs=1e-6)


@pytest.mark.parametrize(
    ("name", "patients", "beds", "days"), [("Jianghan", 1848, 1564, 34), ("Wuchang", 1124, 784, 35)]
)
def test_the_stay_in_a_fangcang_is_below_what_its_beds_allowed(name, patients, beds, days):
    assert 10 < STAYS["light"].mean < beds * days / patients, name  # DOMAIN 1.4, timeline: beds full on every day


def test_quartiles_that_do_not_rise_are_refused():
    with pytest.raises(RuleError, match="10, 9, 19"):
        fitted({"q25": 10, "q50": 9, "q75": 19, "family": "gamma"})
    with pytest.raises(RuleError, match="'normal'"):
        fitted({"q25": 1, "q50": 2, "q75": 3, "family": "normal"})


def test_everybody_leaves_once_or_stays():
    for stay in STAYS.values():
        for shift in (-10, 0, 20):
            assert leaving(stay.longer(shift), 14).sum() == pytest.approx(1)
            assert (residual(stay.longer(shift), np.array([0, 3, 200]), 14) >= 0).all()
            assert residual(stay.longer(shift), None, 14).sum() == pytest.approx(1)


def test_those_who_came_long_ago_leave_sooner():
    lately, long_ago = (residual(STAYS["severe"], np.full(10, days), 7)[:7].sum() for days in (0, 14))
    assert lately < 0.2 < long_ago


def test_a_longer_stay_moves_every_quantile():
    assert STAYS["light"].longer(3).quantile(0.5) == pytest.approx(17)
    assert STAYS["light"].longer(3).lasts(5) == STAYS["light"].lasts(2)


def test_the_pace_at_which_patients_really_leave_is_found_again():
    stay, since = {"severe": STAYS["severe"]}, {"severe": np.arange(40)}
    for pace in (0.3, 1.0, 2.0):
        rate = residual(stay["severe"].paced(pace), since["severe"], 1)[0]
        assert pace_seen(stay, {"severe": 100.0}, since, rate, 0.2, 3) == pytest.approx(pace, abs=1e-6)
    assert pace_seen(stay, {"severe": 100.0}, since, 0.0, 0.2, 3) == 0.2
    assert pace_seen(stay, {"severe": 100.0}, since, nan, 0.2, 3) == 1


def test_half_the_pace_keeps_the_root_of_those_who_would_have_left():
    slow = STAYS["severe"].paced(0.5)
    assert slow.lasts(14) == pytest.approx(0.5**0.5)
    assert slow.quantile(1 - 0.5**0.5) == pytest.approx(14)


def test_day_zero_is_the_census_exactly():
    census = {"critical": 1312, "severe": 5492, "light": 26736}
    rng = np.random.default_rng(1)
    found = occupancy.ahead(census, rng.poisson(300, (80, 14)), SHARE, STAYS, MOVES, first_day=18_317)
    assert {need: set(paths[:, 0]) for need, paths in found.persons.items()} == {n: {v} for n, v in census.items()}
    assert found.days.tolist() == list(range(18_317, 18_332))


def test_nobody_is_below_nothing_and_without_moves_only_the_new_come_in():
    cases = np.full((30, 14), 100)
    found = occupancy.ahead({"critical": 5, "severe": 9, "light": 0}, cases, SHARE, STAYS, STILL, first_day=0)
    assert all((paths >= 0).all() for paths in found.persons.values())
    total = sum(found.persons.values())
    assert (total[:, 1:] <= 14 + 100 * np.arange(1, 15)).all()
    assert (total[:, 1] <= 114).all()


def test_without_new_cases_the_mean_follows_the_curve_of_the_stay():
    elapsed = {"severe": np.zeros(10_000)}
    found = occupancy.ahead(
        {"critical": 0, "severe": 10_000, "light": 0}, NOBODY, SHARE, STAYS, STILL, first_day=0, elapsed=elapsed
    )
    assert found.persons["severe"].mean(axis=0) / 10_000 == pytest.approx(
        STAYS["severe"].lasts(np.arange(15)), abs=0.01
    )


def test_steady_admissions_fill_as_many_beds_as_admissions_times_stay():
    stay = {need: Stay("gamma", 4.0, 0.5) for need in STAYS}  # mean 2 days: in balance well within the horizon
    cases = np.full((200, 14), 1000)
    only = {"critical": 0.0, "severe": 1.0, "light": 0.0}
    found = occupancy.ahead({"critical": 0, "severe": 0, "light": 0}, cases, only, stay, STILL, first_day=0)
    # Evening census in balance: 1000 x sum of S(0), S(1), S(2) ...
    assert found.persons["severe"][:, -1].mean() == pytest.approx(
        1000 * stay["severe"].lasts(np.arange(14)).sum(), rel=0.01
    )


def test_double_counting_a_move_between_wards_keeps_one_person_in_one_bed():
    """DOMAIN 4, double counting: fangcang to hospital is two admissions and one person."""
    here_today = {"light": 1000, "critical": 0, "severe": 0}
    all_move = {"light_to_severe": 1.0, "critical_to_severe": 0.0}
    forever = STAYS | {"severe": Stay("gamma", 400.0, 1.0)}  # nobody leaves the severe ward
    found = occupancy.ahead(here_today, NOBODY, SHARE, forever, all_move, first_day=0)
    assert (sum(found.persons.values()) == 1000).all()
    assert (found.persons["severe"][:, -1] > 0).all()


def test_the_same_seed_gives_the_same_future():
    census = {"critical": 5, "severe": 9, "light": 70}
    first, second = (occupancy.ahead(census, NOBODY + 9, SHARE, STAYS, MOVES, first_day=0, seed=3) for _ in range(2))
    assert all((first.persons[need] == second.persons[need]).all() for need in census)


def test_bed_class_spare_fangcang_beds_absorb_no_severe_case():
    """DOMAIN 4, bed class."""
    persons = {"critical": np.array([[4]]), "severe": np.array([[10]]), "light": np.array([[0]])}
    beds = BEDS | {"icu": 2.0, "severe": 5.0, "fangcang": 1000.0}
    found = occupancy.reach(occupancy.Ahead(persons, 0), beds, PLACEMENT)
    assert {need: short.item() for need, short in found.short.items()} == {"critical": 2, "severe": 5, "light": 0}
    assert found.asked["fangcang"].item() == 0
    assert found.asked["icu"].item() == 4 + 5  # the critical, and the severe who found no severe bed


def test_beds_of_no_known_kind_make_an_unknown_shortage():
    found = occupancy.reach(occupancy.Ahead({"severe": np.array([[10]])}, 0), BEDS, PLACEMENT)
    assert isnan(found.short["severe"].item())


def test_who_lies_in_a_bed_stays_there_and_only_the_others_ask_for_the_best():
    # 100 mild: 60 lie in ordinary beds, 40 wait; a fangcang of 30 is free. Without the first it would be asked by all 100.
    future = occupancy.Ahead({"light": np.array([[100, 80]])}, 0, {"light": np.array([[1.0, 0.5]])})
    beds = BEDS | {"ordinary": 65.0, "fangcang": 30.0}
    found = occupancy.reach(future, beds, PLACEMENT, {("light", "ordinary"): 60})
    assert found.asked["fangcang"].tolist() == [[40, 50]]
    assert found.asked["ordinary"].tolist() == [[60 + 10, 30 + 20]]
    assert found.short["light"].tolist() == [[5, 0]]


def test_patients_beyond_the_usable_beds_are_short_of_one():
    future = occupancy.Ahead({"light": np.array([[100]])}, 0)
    found = occupancy.reach(future, BEDS | {"ordinary": 80.0}, PLACEMENT, {("light", "ordinary"): 100})
    assert (found.asked["ordinary"].item(), found.short["light"].item()) == (100, 20)


def path(*rows):
    return occupancy.Ahead({"severe": np.array(rows)}, 100)


def test_the_day_a_kind_runs_out_comes_with_its_chance():
    future = path([5, 9, 12, 9], [5, 11, 8, 8], [5, 9, 11, 8], [5, 5, 5, 5])
    beds = BEDS | {"severe": 10.0, "icu": 100.0}
    found = occupancy.reach(future, beds, PLACEMENT)
    row = occupancy.run_out(future, found, beds, 0.5).set_index("kind").loc["severe"]
    # Full on day 1 in one of four futures, by day 2 in three of four, and not in the last.
    assert row[["day", "p_day", "p_within", "now"]].tolist() == [102, 0.75, 0.75, 5]
    chance = occupancy.table(future, found, beds).query("of == 'kind' and name == 'severe'")["p_short"]
    assert chance.tolist() == [0, 0.25, 0.5, 0]


def test_a_kind_that_does_not_run_out_says_so():
    future = path([5, 6], [5, 7], [5, 11])
    beds = BEDS | {"severe": 10.0}
    row = occupancy.run_out(future, occupancy.reach(future, beds, PLACEMENT), beds, 0.5).iloc[0]
    assert isnan(row["day"])
    assert row["p_within"] == pytest.approx(1 / 3)


def test_a_kind_that_is_full_today_runs_out_today():
    future = path([50, 6], [50, 7])
    beds = BEDS | {"severe": 10.0}
    row = occupancy.run_out(future, occupancy.reach(future, beds, PLACEMENT), beds, 0.5).iloc[0]
    assert row[["day", "p_day"]].tolist() == [100, 1]


def test_persons_without_a_length_of_stay_drift_by_the_changes_of_the_last_days():
    found = occupancy.drifting(100, np.array([-10.0]), draws=5, horizon=12, seed=0)
    assert found[0].tolist() == [100, 90, 80, 70, 60, 50, 40, 30, 20, 10, 0, 0, 0]
    assert not occupancy.drifting(100, np.array([]), draws=5, horizon=12, seed=0).size
