"""The quality page says how sure accepted is, by the judge that told the newest matches apart."""

import pytest
from sqlalchemy import select, update

from layers._times import parse_time
from layers.intake import review
from layers.intake.gazetteer_changes import Change, make
from layers.store.schema import FOREVER, batch, placement
from tests import city
from tests.beginnings import begun
from tests.office import CITY, DISTRICT, OTHER, STREET, Office, said

CURVE = [[0.0, 0.5, 100, 0.2], [0.5, 0.9, 50, 0.7], [0.9, 0.99, 200, 0.96], [0.99, 1.0, 800, 0.999]]
JUDGE = {"compounds": 7148, "threshold": 0.95, "version": "e62189d8", "lessons": 12, "curve": CURVE}


def one_case(store, folder):
    city.cases(store, folder, "2020-02-10T18:00", {})


@pytest.fixture
def place(tmp_path):
    url = f"sqlite:///{tmp_path / 'store.db'}"
    begun(url, tmp_path, one_case, "production").close()
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


def lies(place, subject):
    query = select(placement.c.compound, placement.c.decided_by).where(placement.c.known_until == FOREVER)
    return place.store.read(query.where(placement.c.subject == subject)).values.tolist()[0]


def test_a_decision_is_corrected_in_the_history_also_after_a_merge_moved_it(place, tmp_path):
    city.cases(place.store, tmp_path, "2020-02-11T18:00", {"case_id": "2", "address": "江汉区长江花园5栋"})
    number = review.decide(place.store, "case:2", "C4", "duty").batch
    make(place.store, Change("merge", "C4", ("C5",)), "city", apply=True)
    text = said(place.page(CITY, "/quality"))
    assert "现在 C5" in text
    assert '"do": "correct"' in text
    opened = place.history(OTHER, "correct", number)
    assert '"type": "review-code"' in said(opened)
    assert place.history(STREET, "none", number).status_code == 403
    assert place.history(DISTRICT, "none", number).status_code == 403
    assert "请填写小区编号" in said(place.history(CITY, "place", number, ""))
    assert "C99：没有这个小区" in said(place.history(CITY, "place", number, "C99"))
    assert lies(place, "2") == ["C5", "duty"]
    assert "已核定 2：C2" in said(place.history(CITY, "place", number, " C2 "))
    assert lies(place, "2") == ["C2", CITY.name]
    newest = place.store.revision(place.store.latest())
    place.history(CITY, "none", newest)
    assert lies(place, "2") == ["", CITY.name]


def test_older_decisions_are_on_further_pages(place, tmp_path):
    """Twelve decisions, ten on a page: the two oldest are those about 100 and 101."""
    rows = [{"case_id": str(n), "address": f"江汉区长江花园{n}栋"} for n in range(100, 112)]
    city.cases(place.store, tmp_path, "2020-02-11T18:00", *rows)
    numbers = [review.decide(place.store, f"case:{n}", None, "duty").batch for n in range(100, 112)]
    page = said(place.page(CITY, "/quality"))
    assert '"children": "102"' in page
    assert '"children": "101"' not in page
    older = said(place.history(CITY, "older", numbers[2]))
    assert '"children": "101"' in older
    assert '"children": "102"' not in older
    assert '"children": "111"' in said(
        place.history(CITY, "newest", 0, state={"at": None, "skipped": [], "before": numbers[2]})
    )


@pytest.mark.parametrize("number", ["abc", "-1", "", "1" * 30])
def test_a_number_that_is_none_is_the_browsers_fault(place, number):
    assert place.undo(CITY, number).status_code == 400
    assert place.history(CITY, "older", number).status_code == 400
