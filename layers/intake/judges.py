"""Which judge of addresses a store uses: the one that was fitted last, so that nobody who writes waits for a fit."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock

from geo import address_model
from geo.address_judge import Judge
from geo.address_model import FittedJudge, Lesson
from geo.gazetteer import Gazetteer

_last: dict[str, FittedJudge] = {}  # by store: also a store without a cache folder keeps its judge while we run
_lock = Lock()


def judge_of(identity: str, gazetteer: Gazetteer, cache: Path | None, lessons: Sequence[Lesson], *, fit: bool) -> Judge:
    """Return the judge of the store `identity` for a gazetteer.

    fit   the one for exactly this gazetteer and these lessons, fitted if need be: some ten seconds a city. Otherwise that one
          only if it is at hand, else the store's last one: it weighs evidence and knows no names. One is fitted all the same
          for a store that has none, neither in memory nor in `cache`.
    """
    if len(gazetteer) < address_model.FEWEST_COMPOUNDS:
        return address_model.judge_for(gazetteer)
    version = address_model.version_of(gazetteer, lessons)
    judge: Judge | None = _at_hand(identity, gazetteer, cache, version)
    if judge is None and not fit:
        judge = _last_of(identity, gazetteer, cache)
    if judge is None:
        judge = address_model.judge_for(gazetteer, cache, lessons)
    if isinstance(judge, FittedJudge):
        _remember(identity, judge, cache)
    return judge


def _at_hand(identity: str, gazetteer: Gazetteer, cache: Path | None, version: str) -> FittedJudge | None:
    with _lock:
        last = _last.get(identity)
    if last is not None and last.version == version:
        return replace(last, gazetteer=gazetteer)
    return None if cache is None else address_model.kept_judge(gazetteer, cache, version)


def _last_of(identity: str, gazetteer: Gazetteer, cache: Path | None) -> FittedJudge | None:
    with _lock:
        last = _last.get(identity)
    if last is not None:
        return replace(last, gazetteer=gazetteer)
    try:
        version = "" if cache is None else _note(cache, identity).read_text("ascii").strip()
    except FileNotFoundError:
        return None
    return address_model.kept_judge(gazetteer, cache, version) if cache and version else None


def _remember(identity: str, judge: FittedJudge, cache: Path | None) -> None:
    with _lock:
        before, _last[identity] = _last.get(identity), judge
    if cache is not None and (before is None or before.version != judge.version):
        cache.mkdir(parents=True, exist_ok=True)
        _note(cache, identity).write_text(judge.version, "ascii")


def _note(cache: Path, identity: str) -> Path:
    """The file that names the version of a store's last judge; a folder may serve several stores."""
    return cache / f"judge-of-{identity}.txt"
