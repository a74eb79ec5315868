"""A judge fitted to one gazetteer: the probability that the best compound for an address is the right one."""

import hashlib
import math
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.address import without_tail
from geo.address_candidates import Finder
from geo.address_evidence import Evidence, How
from geo.address_forest import Forest, fit_forest
from geo.address_judge import SURE, TABLE, Case, Judge, RuleTable, barred, special_length
from geo.gazetteer import Form, Gazetteer
from geo.gazetteer_noise import write_addresses

VERSION = 8  # raise when features, noise or settings change: cached judges of older versions are fitted again
FEWEST_COMPOUNDS = 2000  # a smaller gazetteer cannot teach the classifier; the rule table judges it
MOST_SAMPLES = 36_000
UNLISTED_SHARE = 0.15  # of addresses whose compound the gazetteer does not hold, for weights and threshold
WANTED_PRECISION = 0.995  # of the accepted, on samples held out
LESSON_WEIGHT = 3.0  # what a person decided about a real address counts as so many invented ones
KEPT_JUDGES = 8  # in a folder: gazetteers and lessons of the day before may be asked for again, older ones hardly
SEED = 20200123

Floats = NDArray[np.float64]
_Feature = tuple[str, int, Callable[[Case, Evidence, Gazetteer], float]]

# name, direction in which the probability may move (1 up, -1 down, 0 either), value. The directions are what keeps a model
# that was fitted on invented noise from learning its accidents.
FEATURES: tuple[_Feature, ...] = (
    ("length", 1, lambda c, e, g: e.length),
    ("form", -1, lambda c, e, g: e.found.kind),
    ("how_sound", -1, lambda c, e, g: e.found.how is How.SOUND),
    ("how_near", -1, lambda c, e, g: e.found.how is How.NEAR),
    ("how_door", 0, lambda c, e, g: e.found.how is How.DOOR),
    ("edits", -1, lambda c, e, g: e.found.edits),
    ("sound_edits", -1, lambda c, e, g: e.found.sound_edits),
    ("strange_edits", -1, lambda c, e, g: e.found.strange_edits),
    ("edits_share", -1, lambda c, e, g: e.found.edits / max(1, e.length)),
    ("edits_special", -1, lambda c, e, g: e.found.edits / max(1, special_length(e.found.form))),
    ("cover", 1, lambda c, e, g: e.cover),
    ("left_clean", 1, lambda c, e, g: e.left_clean),
    ("right_clean", 1, lambda c, e, g: e.right_clean),
    ("left_run", -1, lambda c, e, g: min(e.left_run, 5)),
    ("right_run", -1, lambda c, e, g: min(e.right_run, 5)),
    ("left_free", -1, lambda c, e, g: min(e.left_free, 8)),
    ("right_free", -1, lambda c, e, g: min(e.right_free, 8)),
    ("district", 1, lambda c, e, g: e.district),
    ("zone", -1, lambda c, e, g: e.zone),
    ("road", 1, lambda c, e, g: e.road),
    ("door", 1, lambda c, e, g: e.door),
    ("area", 1, lambda c, e, g: e.area),
    ("piece", 1, lambda c, e, g: e.piece),
    ("is_place", -1, lambda c, e, g: e.is_place),
    ("in_tail", -1, lambda c, e, g: e.in_tail),
    ("namesakes", -1, lambda c, e, g: math.log1p(e.namesakes)),
    ("common_ending", 0, lambda c, e, g: math.log1p(g.endings.get(e.found.form[-2:], 0))),
    ("other_road", -1, lambda c, e, g: c.reading.other_road),
    ("margin", 1, lambda c, e, g: c.margin),
    ("margin_name", 1, lambda c, e, g: _name_margin(c)),
    ("candidates", 0, lambda c, e, g: min(len(c.ranked), 12)),
    ("stated_district", 0, lambda c, e, g: bool(c.reading.districts)),
    ("family_size", 0, lambda c, e, g: g.family_size(e.found.position)),
)


@dataclass(frozen=True)
class CurvePoint:
    """Of the held-out samples with a probability in this band: how many, and what share was right."""

    low: float
    high: float
    count: int
    right: float


@dataclass(frozen=True)
class Lesson:
    """What a reviewer decided about an address: which compound it means, None when it is none of the gazetteer's."""

    address: str
    district: str | None
    compound_id: str | None


@dataclass(frozen=True)
class FittedJudge:
    """The fitted judge with what is known about it: threshold, and its reliability on samples it was not fitted on.

    lessons  how many decisions of reviewers it was fitted with
    """

    gazetteer: Gazetteer
    forest: Forest
    threshold: float
    curve: tuple[CurvePoint, ...]
    version: str
    lessons: int = 0

    def probabilities(self, cases: list[Case]) -> list[float]:
        """Return the probability for each case that its best candidate is right; plain situations have that of the table."""
        found = plain_probabilities(self.gazetteer, cases)
        open_ = [at for at, value in enumerate(found) if value is None]
        fitted = self.forest.probabilities(features(self.gazetteer, [cases[at] for at in open_]))
        for at, value in zip(open_, fitted.tolist(), strict=True):
            found[at] = value
        return [value for value in found if value is not None]


def fit_judge(
    gazetteer: Gazetteer,
    *,
    lessons: Sequence[Lesson] = (),
    samples: int = MOST_SAMPLES,
    progress: Callable[[int, int], None] | None = None,
) -> FittedJudge:
    """Fit a judge to a gazetteer from addresses that the noise model writes and from reviewers' decisions.

    Deterministic, some ten seconds a city. Reviewers see what was doubtful, so their decisions make the threshold stricter
    rather than laxer until they show that a kind of doubt was unfounded.
    """
    from sklearn.model_selection import GroupKFold

    data = training_set(gazetteer, samples, lessons, progress)
    held_out = np.zeros(len(data.right))
    for fitted, kept in GroupKFold(4).split(data.x, data.right, data.group):
        held_out[kept] = _fitted(data, fitted).probabilities(data.x[kept])
    held_out = np.where(np.isnan(data.plain), held_out, data.plain)
    threshold = lowest_threshold(held_out, data.right, data.weight, WANTED_PRECISION)
    whole = _fitted(data, np.arange(len(data.right)))
    return FittedJudge(
        gazetteer, whole, threshold, _curve(held_out, data), version_of(gazetteer, lessons), len(lessons)
    )


def judge_for(gazetteer: Gazetteer, folder: Path | None = None, lessons: Sequence[Lesson] = ()) -> Judge:
    """Return the best judge a gazetteer allows: fitted when it is large enough, kept in `folder` if one is given."""
    if len(gazetteer) < FEWEST_COMPOUNDS:
        return RuleTable(gazetteer)
    return fit_judge(gazetteer, lessons=lessons) if folder is None else cached_judge(gazetteer, folder, lessons=lessons)


def cached_judge(
    gazetteer: Gazetteer, folder: Path, *, lessons: Sequence[Lesson] = (), samples: int = MOST_SAMPLES
) -> FittedJudge:
    """Return the judge for a gazetteer and lessons from `folder`, fitting and keeping it when either is new.

    The file is named by their content and VERSION; one that cannot be read is fitted again.
    """
    version = version_of(gazetteer, lessons)
    kept = kept_judge(gazetteer, folder, version)
    return kept or _keep(fit_judge(gazetteer, lessons=lessons, samples=samples), _file(folder, version))


def kept_judge(gazetteer: Gazetteer, folder: Path, version: str) -> FittedJudge | None:
    """Return the judge of a version from `folder` for a gazetteer, None when it is not there or cannot be read."""
    try:
        with _file(folder, version).open("rb") as file, np.load(file, allow_pickle=False) as kept:
            curve = tuple(CurvePoint(float(a), float(b), int(n), float(r)) for a, b, n, r in kept["curve"])
            accept_from, lessons = float(kept["accept_from"]), int(kept["lessons"])
            return FittedJudge(gazetteer, Forest.from_arrays(kept), accept_from, curve, version, lessons)
    except (FileNotFoundError, KeyError, ValueError, zipfile.BadZipFile):
        return None


def _file(folder: Path, version: str) -> Path:
    return folder / f"judge-{version}.npz"


def _keep(judge: FittedJudge, path: Path) -> FittedJudge:
    path.parent.mkdir(parents=True, exist_ok=True)
    curve = np.array([(p.low, p.high, p.count, p.right) for p in judge.curve], dtype=float).reshape(-1, 4)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        about = {"curve": curve, "accept_from": judge.threshold, "lessons": judge.lessons}
        arrays: dict[str, Any] = {**about, **judge.forest.arrays()}
        np.savez(file, **arrays)
    part.replace(path)
    _forget_old(path.parent)
    return judge


def _forget_old(folder: Path) -> None:
    """Delete all but the newest kept judges; another process may do the same at this moment."""
    ages = []
    for path in folder.glob("judge-*.npz"):
        with suppress(FileNotFoundError):
            ages.append((path.stat().st_mtime_ns, path))
    for _, path in sorted(ages, reverse=True)[KEPT_JUDGES:]:
        path.unlink(missing_ok=True)


def plain_probabilities(gazetteer: Gazetteer, cases: list[Case]) -> list[float | None]:
    """Return the table's probability for each case whose situation is plain, None where the evidence must be weighed."""
    rules = RuleTable(gazetteer)
    return [TABLE[s] if (s := rules.situation(case)) in SURE else None for case in cases]


def version_of(gazetteer: Gazetteer, lessons: Sequence[Lesson] = ()) -> str:
    """Return a short hash of the gazetteer's content, the lessons in any order, and VERSION."""
    digest = hashlib.sha256(f"{VERSION}".encode())
    for c in gazetteer.compounds:
        digest.update(repr((c.compound_id, c.names, c.addresses, sorted(c.areas), c.district)).encode())
    for lesson in sorted(lessons, key=repr):
        digest.update(repr(lesson).encode())
    return digest.hexdigest()[:16]


def features(gazetteer: Gazetteer, cases: list[Case]) -> Floats:
    """Return one row a case, one column a feature."""
    rows = [[value(case, case.best, gazetteer) for _, _, value in FEATURES] for case in cases]
    return np.array(rows, dtype=float).reshape(-1, len(FEATURES))


def lowest_threshold(probability: Floats, right: NDArray[np.bool_], weight: Floats, precision: float) -> float:
    """Return the lowest threshold from which on the accepted are right at least that often; 1.01 when there is none."""
    order = np.argsort(-probability, kind="stable")
    share = np.cumsum((right * weight)[order]) / np.cumsum(weight[order])
    enough = np.flatnonzero(share >= precision)
    return float(probability[order[enough[-1]]]) if len(enough) else 1.01


@dataclass(frozen=True)
class TrainingSet:
    """Features, whether the best candidate was right, the compound behind each row, and how much a row counts.

    plain  the table's probability where the situation is plain, else NaN
    """

    x: Floats
    plain: Floats
    right: NDArray[np.bool_]
    group: NDArray[np.int64]
    weight: Floats


@dataclass(frozen=True)
class _Example:
    """A case to learn from. `right`: its best candidate is the one meant; `kind`: listed, unlisted, or lesson."""

    case: Case
    right: bool
    group: int
    kind: str


def training_set(
    gazetteer: Gazetteer,
    samples: int,
    lessons: Sequence[Lesson] = (),
    progress: Callable[[int, int], None] | None = None,
) -> TrainingSet:
    """Read the addresses that the noise model writes and those that reviewers decided; keep what a judge has to decide."""
    finder = Finder(gazetteer)
    examples = [*_written(finder, samples, progress), *_decided(finder, lessons)]
    cases = [e.case for e in examples]
    kind = np.array([e.kind for e in examples])
    unlisted_weight = (
        UNLISTED_SHARE / (1 - UNLISTED_SHARE) * (kind == "listed").sum() / max(1, (kind == "unlisted").sum())
    )
    weight = np.select([kind == "listed", kind == "unlisted"], [1.0, unlisted_weight], LESSON_WEIGHT)
    plain = np.array(plain_probabilities(gazetteer, cases), dtype=float)
    right, group = np.array([e.right for e in examples]), np.array([e.group for e in examples])
    return TrainingSet(features(gazetteer, cases), plain, right, group, weight)


def _written(finder: Finder, samples: int, progress: Callable[[int, int], None] | None) -> Iterator[_Example]:
    gazetteer = finder.gazetteer
    count = min(samples, 6 * len(gazetteer))
    for done, sample in enumerate(write_addresses(gazetteer, count, SEED)):
        if progress and done % 1000 == 0:
            progress(done, count)
        reading = finder.reader.read(sample.text, without=sample.without)
        ranked = finder.candidates(reading)
        if not ranked or barred(case := Case(reading, ranked), gazetteer):
            continue
        best = case.best.found.position
        # The compound that is meant may be listed a second time: finding that row is neither right nor a mistake.
        meant = max(sample.truth, sample.without)
        if best != sample.truth and not sample.invented and gazetteer.may_be_one_place(best, meant):
            continue
        yield _Example(case, best == sample.truth, meant, "listed" if sample.truth >= 0 else "unlisted")


def _decided(finder: Finder, lessons: Sequence[Lesson]) -> Iterator[_Example]:
    """Turn reviewers' decisions into examples; one about a compound that is listed no more teaches nothing.

    Lessons without a compound about one address, but for building and room, share a group: one is never the proof of another.
    """
    position_of = {c.compound_id: c.position for c in finder.gazetteer.compounds}
    unlisted: dict[str, int] = {}
    for lesson in lessons:
        if lesson.compound_id is not None and lesson.compound_id not in position_of:
            continue
        truth = -1 if lesson.compound_id is None else position_of[lesson.compound_id]
        reading = finder.reader.read(lesson.address, lesson.district)
        ranked = finder.candidates(reading)
        if ranked and not barred(case := Case(reading, ranked), finder.gazetteer):
            own = unlisted.setdefault(without_tail(lesson.address), len(position_of) + len(unlisted))
            group = truth if truth >= 0 else own
            yield _Example(case, case.best.found.position == truth, group, "lesson")


def _fitted(data: TrainingSet, rows: NDArray[np.int64]) -> Forest:
    directions = [direction for _, direction, _ in FEATURES]
    return fit_forest(data.x[rows], data.right[rows], data.weight[rows], directions, SEED)


def _curve(probability: Floats, data: TrainingSet) -> tuple[CurvePoint, ...]:
    edges = [0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1.0]
    points = []
    for low, high in zip(edges, edges[1:], strict=False):
        inside = (probability >= low) & ((probability < high) | (high == 1.0))
        if inside.any():
            right = float(np.average(data.right[inside], weights=data.weight[inside]))
            points.append(CurvePoint(low, high, int(inside.sum()), right))
    return tuple(points)


def _name_margin(case: Case) -> float:
    """How much longer the best name is than the longest other name found; siblings and namesakes make it small."""
    best = case.best
    others = [e for e in case.ranked[1:] if e.found.how is not How.DOOR]
    if not others:
        return 6.0
    longest = max(e.length - 2 * e.found.edits - (e.found.kind is Form.FAMILY) for e in others)
    return max(-3.0, min(6.0, best.length - 2 * best.found.edits - longest))
