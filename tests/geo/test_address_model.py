"""The judge that is fitted to a gazetteer, and the noise it is fitted on."""

import os

import numpy as np
import pandas as pd
import pytest

from geo.address_candidates import Finder
from geo.address_judge import Case, RuleTable
from geo.address_model import (
    KEPT_JUDGES,
    Lesson,
    cached_judge,
    fit_judge,
    judge_for,
    lowest_threshold,
    training_set,
    version_of,
)
from geo.gazetteer import Gazetteer
from geo.gazetteer_noise import write_addresses

FIRST, LAST = "春夏秋冬东西云水山石松竹", ("晓苑", "晖花园", "景名城", "岭小区", "岸华府")


def gazetteer(extra: str = "") -> Gazetteer:
    names = [f"{a}{b}{last}" for a in FIRST for b in "江湖" for last in LAST]
    return Gazetteer.from_frame(
        pd.DataFrame(
            {
                "compound_id": [f"{i:03}" for i in range(len(names))],
                "name": [name + extra for name in names],
                "addresses": [f"武汉市{name[0]}风路{i}号" for i, name in enumerate(names)],
                "district": [("江岸区", "洪山区")[i % 2] for i in range(len(names))],
            }
        )
    )


@pytest.fixture(scope="module")
def judge():
    return fit_judge(gazetteer(), samples=600)


def test_noise_is_the_same_for_the_same_seed():
    first, second = (list(write_addresses(gazetteer(), 50, seed=1)) for _ in range(2))
    assert first == second
    assert first != list(write_addresses(gazetteer(), 50, seed=2))


def test_noise_holds_addresses_of_compounds_that_the_gazetteer_lacks():
    samples = list(write_addresses(gazetteer(), 1000, seed=1))
    left_out = np.mean([s.truth < 0 and not s.invented for s in samples])
    assert left_out == pytest.approx(0.22, abs=0.05)
    assert all(s.without >= 0 for s in samples if s.truth < 0)


def test_the_lowest_threshold_keeps_the_wanted_precision():
    probability = np.array([0.9, 0.8, 0.7, 0.6])
    right = np.array([True, True, False, True])
    assert lowest_threshold(probability, right, np.ones(4), 1.0) == 0.8
    assert lowest_threshold(probability, right, np.ones(4), 0.75) == 0.6
    assert lowest_threshold(probability, ~right, np.ones(4), 1.0) == 1.01


def test_a_fit_is_the_same_every_time(judge):
    assert fit_judge(gazetteer(), samples=600).threshold == judge.threshold


def test_the_reliability_curve_covers_the_samples_in_order(judge):
    assert [p.low for p in judge.curve] == sorted(p.low for p in judge.curve)
    assert all(0 <= p.right <= 1 and p.count > 0 for p in judge.curve)


def test_a_fit_is_kept_and_found_again_by_content(judge, tmp_path):
    kept = cached_judge(gazetteer(), tmp_path, samples=600)
    again = cached_judge(gazetteer(), tmp_path, samples=600)
    assert (kept.threshold, kept.curve) == (again.threshold, again.curve) == (judge.threshold, judge.curve)
    assert [path.name for path in tmp_path.iterdir()] == [f"judge-{version_of(gazetteer())}.npz"]


def test_a_kept_judge_that_cannot_be_read_is_fitted_again(judge, tmp_path):
    path = tmp_path / f"judge-{version_of(gazetteer())}.npz"
    path.write_bytes(b"PK\x03\x04 cut short")
    assert cached_judge(gazetteer(), tmp_path, samples=600).threshold == judge.threshold


def test_a_reviewer_teaches_what_the_noise_does_not_show(judge):
    doubtful = [f"武汉市{c.name}旁星耀城{i}栋" for i, c in enumerate(judge.gazetteer.compounds)]
    finder = Finder(judge.gazetteer)
    cases = [Case(reading, finder.candidates(reading)) for reading in map(finder.reader.read, doubtful)]
    means = {
        meant: np.mean(fit_judge(judge.gazetteer, samples=600, lessons=lessons).probabilities(cases))
        for meant, lessons in {
            "it": [
                Lesson(text, None, c.compound_id) for text, c in zip(doubtful, judge.gazetteer.compounds, strict=True)
            ],
            "none": [Lesson(text, None, None) for text in doubtful],
        }.items()
    }
    assert means["none"] < np.mean(judge.probabilities(cases)) < means["it"]


def test_lessons_are_part_of_the_version_in_any_order_and_kept_with_the_judge(judge, tmp_path):
    lessons = [Lesson("武汉市春江晓苑旁星耀城3栋", None, None), Lesson("春湖晓苑", "江岸区", "005")]
    first = cached_judge(judge.gazetteer, tmp_path, samples=600, lessons=lessons)
    again = cached_judge(judge.gazetteer, tmp_path, samples=600, lessons=lessons[::-1])
    assert len(list(tmp_path.iterdir())) == 1
    assert (again.version, again.lessons, again.threshold) == (first.version, 2, first.threshold)
    assert first.version != judge.version


def test_a_lesson_about_a_compound_that_is_listed_no_more_is_passed_over(judge):
    gone = fit_judge(judge.gazetteer, samples=600, lessons=[Lesson("春江晓苑旁星耀城", None, "gone")])
    assert gone.threshold == judge.threshold


def test_lessons_of_one_address_are_never_the_proof_of_each_other(judge):
    """Two rooms of one address and one of another: two groups beside those of the invented addresses."""
    texts = ["武汉市春江晓苑旁星耀城3栋101室", "武汉市春江晓苑旁星耀城5栋2单元", "武汉市春湖晓苑旁星耀城3栋"]
    plain = training_set(judge.gazetteer, 60)
    taught = training_set(judge.gazetteer, 60, [Lesson(text, None, None) for text in texts])
    first, second, other = taught.group[len(plain.group) :].tolist()
    assert first == second != other


def test_only_the_newest_judges_are_kept(judge, tmp_path):
    for age in range(KEPT_JUDGES + 2):
        old = tmp_path / f"judge-{age:016}.npz"
        old.touch()
        os.utime(old, (1e9 - age, 1e9 - age))
    (tmp_path / "other.npz").touch()
    cached_judge(judge.gazetteer, tmp_path, samples=60)
    kept = {f"judge-{age:016}.npz" for age in range(KEPT_JUDGES - 1)}
    wanted = {*kept, "other.npz", f"judge-{version_of(judge.gazetteer)}.npz"}
    assert {path.name for path in tmp_path.iterdir()} == wanted


def test_another_gazetteer_has_another_version():
    assert version_of(gazetteer()) != version_of(gazetteer("一期"))


def test_a_small_gazetteer_is_judged_by_the_table():
    assert isinstance(judge_for(gazetteer()), RuleTable)
