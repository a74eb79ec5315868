"""Matching again after the gazetteer changed: seen first, then applied, and the past stays."""

import pytest
from sqlalchemy import select

from layers._times import parse_time
from layers.intake.rematch import rematch
from layers.intake.review import decide
from layers.store import open_store, totals
from layers.store.schema import FOREVER, batch, placement
from tests import city

NEW = [({"compound_id": "C9", "name": "夏雨花园", "district": "江汉区", "street": "民权街道"}, city.square(6, 1))]


@pytest.fixture
def store(tmp_path):
    store = city.found(open_store(f"sqlite:///{tmp_path / 'store.db'}", "drill"), tmp_path)
    rows = [
        {"case_id": "1"},
        {"case_id": "2", "address": "江汉区民权街道夏雨花园2栋"},
        {"case_id": "3", "address": "江汉区长江花园5栋"},  # waits: which phase is not said
    ]
    city.cases(store, tmp_path, "2020-02-10T18:00", *rows)
    decide(store, "case:3", None, "duty")
    receipt = city.deliver(
        store, "compounds", city.geojson(tmp_path / "new.geojson", NEW), "2020-02-11T08:00", datum="wgs84"
    )
    assert "rematch" in receipt.notices[-1]["en"]
    return store


def compounds(store, known_at):
    view = store.view(as_of=parse_time("2020-02-20"), known_at=parse_time(known_at))
    rows = store.read(totals.state(view, "compound"))
    return dict(zip(rows["area"], rows["n"], strict=True))


def test_a_rehearsal_names_who_would_move_and_writes_nothing(store):
    before = store.read(select(batch.c.id))
    moved = rematch(store)
    assert moved[["subject", "was_compound", "compound"]].values.tolist() == [["2", "", "C9"]]
    assert store.read(select(batch.c.id)).equals(before)


def test_applied_it_moves_the_count_from_then_on_and_a_reviewers_word_stands(store):
    rematch(store, apply=True, actor="duty")
    assert compounds(store, "2020-02-10") == {"C1": 1, "": 2}
    assert compounds(store, "2020-02-12") == {"C1": 1, "C9": 1, "": 1}
    rows = store.read(select(placement).where(placement.c.known_until == FOREVER)).set_index("subject")
    assert rows["decided_by"].to_dict() == {"1": "auto", "2": "auto", "3": "duty"}
    assert rematch(store).empty


def test_a_street_that_was_corrected_reaches_the_persons_and_their_totals(store, tmp_path):
    rematch(store, apply=True)
    row = {"compound_id": "C1", "name": "春风里", "street": "二七街道"}
    city.deliver(store, "compounds", city.table(tmp_path / "street.csv", [row]), "2020-02-13T08:00")
    moved = rematch(store, apply=True)
    assert moved[["subject", "was_street", "street"]].values.tolist() == [["1", "一元街道", "二七街道"]]
    view = store.view(as_of=parse_time("2020-02-20"))
    rows = store.read(totals.state(view, "street"))
    assert "420102/二七街道" in rows["area"].tolist()
    assert "420102/一元街道" not in rows["area"].tolist()
