"""The quality page says how sure accepted is, by the judge that told the newest matches apart."""

import pytest
from sqlalchemy import update

from layers._times import parse_time
from layers.store import open_store
from layers.store.schema import batch
from tests import city
from tests.office import CITY, Office, said

CURVE = [[0.0, 0.5, 100, 0.2], [0.5, 0.9, 50, 0.7], [0.9, 0.99, 200, 0.96], [0.99, 1.0, 800, 0.999]]
JUDGE = {"compounds": 7148, "threshold": 0.95, "version": "e62189d8", "lessons": 12, "curve": CURVE}


@pytest.fixture
def place(tmp_path):
    url = f"sqlite:///{tmp_path / 'store.db'}"
    store = city.found(open_store(url, "production"), tmp_path)
    city.cases(store, tmp_path, "2020-02-10T18:00", {})
    return Office(url)


def test_a_small_gazetteer_is_judged_by_rules_and_that_is_said(place):
    text = said(place.page(CITY, "/quality"))
    assert "名录只有 5 个小区，不足以校准" in text
    assert "把握在 99.5% 以上才自动匹配" in text
    assert "too few to calibrate on" in said(place.page(CITY, "/quality", "?lang=en"))


def test_a_fitted_judge_is_told_in_a_sentence_a_chart_and_a_table(place):
    """Bands from that of the threshold on: 200 of 96 % and 800 of 99.9 % right, 8.8 of 1,000 wrong."""
    with place.store.writing() as connection:
        connection.execute(update(batch).where(batch.c.feed == "cases").values(receipt={"judge": JUDGE}))
    text = said(place.page(CITY, "/quality"))
    assert "把握达到 95.00% 才自动匹配" in text
    assert "1,000 条已知答案的地址" in text
    assert "每千条最多约错 8.8 条" in text
    assert "学习了 12 条人工核定" in text
    assert "判定器 e62189d8" in text
    assert "99.0%–100.0%" in text
    english = said(place.page(CITY, "/quality", "?lang=en"))
    assert "at most about 8.8 in a thousand of these were wrong" in english


def test_before_anything_was_matched_there_is_no_curve(place):
    known = parse_time("2020-01-15").isoformat()[:10]
    assert "还没有一次匹配留下判定器的记录" in said(place.page(CITY, "/quality", f"?known_at={known}"))
