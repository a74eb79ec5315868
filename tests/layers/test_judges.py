"""Which judge a store uses, and that nobody who writes waits for a fit."""

import threading

import pytest

from geo import address_model
from layers.intake import judges, matching
from layers.intake.gazetteer_changes import Change, make, offer
from layers.intake.matching import gazetteer
from layers.intake.rematch import rematch
from layers.intake.review import decide
from layers.store import open_store
from tests import city

NEW = {"case_id": "8", "address": "江岸区丹水池小区2栋"}


@pytest.fixture
def store(tmp_path):
    """Two persons wait: the five compounds have a table of rules, no judge."""
    store = city.found(open_store(f"sqlite:///{tmp_path / 'store.db'}", "drill"), tmp_path)
    rows = [{"case_id": "1", "address": "江汉区长江花园5栋"}, {"case_id": "2", "address": "江汉区新里程长江花园9栋"}]
    city.cases(store, tmp_path, "2020-02-10T18:00", *rows)
    return store


@pytest.fixture
def fits(store, monkeypatch, tmp_path):
    """Let five compounds teach a judge, deliver a sixth, and note of each fit how many lessons it had."""
    found, real = [], address_model.fit_judge

    def fit(known, *, lessons=(), samples=60, progress=None):
        found.append(len(lessons))
        return real(known, lessons=lessons, samples=60, progress=progress)

    monkeypatch.setattr(address_model, "FEWEST_COMPOUNDS", 5)
    monkeypatch.setattr(address_model, "fit_judge", fit)
    about = {"compound_id": "C9", "name": "迎春人家", "district": "江岸区", "street": "一元街道"}
    path = city.geojson(tmp_path / "sixth.geojson", [(about, city.square(0, 2))])
    city.deliver(store, "compounds", path, "2020-02-10T19:00", datum="wgs84")
    return found


def version(store):
    with store.snapshot() as connection:
        return gazetteer(connection, store.identity, store.cache).reliability()["version"]


def forget():
    """As after a new start of the program."""
    judges._last.clear()
    matching._matchers.clear()


def test_a_judge_is_fitted_when_compounds_are_delivered_and_when_everybody_is_rematched(store, fits, tmp_path):
    assert fits == [0]
    first = version(store)
    decide(store, "case:2", "C4", "duty", learn="新里程长江花园")
    make(store, Change("alias", "C2", name="蓝天人家"), "city", apply=True)
    city.cases(store, tmp_path, "2020-02-11T18:00", NEW)
    assert (version(store), fits) == (first, [0])
    rematch(store, apply=True)
    assert fits == [0, 1]
    city.cases(store, tmp_path, "2020-02-12T18:00", NEW | {"case_id": "9"})
    assert version(store) != first
    assert fits == [0, 1]


def test_a_new_start_goes_on_with_the_judge_that_was_kept(store, fits, tmp_path):
    first = version(store)
    make(store, Change("alias", "C2", name="蓝天人家"), "city", apply=True)
    forget()
    city.cases(store, tmp_path, "2020-02-11T18:00", NEW)
    assert (version(store), fits) == (first, [0])
    for path in store.cache.iterdir():
        path.unlink()
    forget()
    assert version(store) != first  # nothing is left of it: one is fitted to the gazetteer as it is now
    assert fits == [0, 0]


def test_a_store_without_a_folder_keeps_its_judge_in_memory(store, fits, monkeypatch, tmp_path):
    monkeypatch.setattr(type(store), "cache", None)
    forget()
    first = version(store)
    make(store, Change("merge", "C1", ("C2",)), "city", apply=True)
    city.cases(store, tmp_path, "2020-02-11T18:00", NEW)
    assert (version(store), fits) == (first, [0, 0])


def test_a_district_that_was_delivered_again_reaches_the_matcher(store, tmp_path):
    with store.snapshot() as connection:
        before = gazetteer(connection, store.identity, store.cache)
        assert gazetteer(connection, store.identity, store.cache) is before
    ring = [[114.25, 30.6], [114.29, 30.6], [114.29, 30.64], [114.25, 30.64], [114.25, 30.6]]
    about = {"code": "420104", "name": "硚口区", "name_en": "Qiaokou"}
    path = city.geojson(tmp_path / "more.geojson", [(about, ring)])
    city.deliver(store, "districts", path, "2020-02-11T08:00", datum="wgs84")
    with store.snapshot() as connection:
        after = gazetteer(connection, store.identity, store.cache)
    # A point for each district by its inside, one by its middle, and one of the city.
    assert (len(before.matcher._centres), len(after.matcher._centres)) == (2 * 2 + 1, 2 * 3 + 1)


def test_the_desk_offers_and_learns_names_while_a_judge_is_fitted(store, fits, monkeypatch):
    """A rematch fits in another thread, and goes on only after the reviewer was served."""
    began, served, real = threading.Event(), threading.Event(), address_model.fit_judge

    def slow(known, **more):
        began.set()
        assert served.wait(30)
        return real(known, **more)

    monkeypatch.setattr(address_model, "fit_judge", slow)
    make(store, Change("alias", "C2", name="绿水人家"), "city", apply=True)
    other = threading.Thread(target=rematch, args=(store,))
    other.start()
    try:
        assert began.wait(30)
        assert offer(store, "江汉区新里程长江花园9栋", ["C4"]) == {"C4": "新里程长江花园"}
        decide(store, "case:2", "C4", "duty", learn="新里程长江花园")
    finally:
        served.set()
        other.join()
    assert fits == [0, 0]


def test_a_store_without_a_judge_gets_one_before_anybody_waits_for_its_writer(store, fits, monkeypatch, tmp_path):
    """As after a restore from a backup without a cache: while a rehearsal fits, somebody else writes."""
    forget()
    for kept in store.cache.iterdir():
        kept.unlink()
    real = address_model.fit_judge

    def fit(known, **more):
        decide(store, "case:1", "C4", "duty")  # with the writer held this would wait for 30 s and fail
        return real(known, **more)

    monkeypatch.setattr(address_model, "fit_judge", fit)
    city.cases(store, tmp_path, "2020-02-12T18:00", NEW, dry_run=True)
    assert fits[-1:] == [0]
    assert version(store)
