"""Answers kept for many screens: made once, told apart by who asks and how the store stands, and never kept where they are one reader's."""

import gzip
import json
import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest

from dashboard.pages import _live
from dashboard.pages._saved import owner
from layers._times import parse_time
from layers.store import database, saved
from tests.office import CITY, DISTRICT, OTHER, Office, said
from tests.orders import given


@pytest.fixture
def own(tmp_path, built, monkeypatch):
    """An office at which time stands still: ages grow by the minute, and a page with them."""
    still = parse_time("2020-02-10T20:00")
    monkeypatch.setattr(database, "datetime", SimpleNamespace(now=still.astimezone))
    monkeypatch.setattr(_live, "LASTS_S", 10**12)
    return Office.copy(tmp_path, built)


@pytest.fixture
def laid_out(own, monkeypatch):
    """Paths that were laid out, in order."""
    import dashboard.app as app

    made, shown = [], app._shown
    monkeypatch.setattr(app, "_shown", lambda asked, *more: (made.append(asked.here.path), shown(asked, *more))[1])
    return made


def test_a_page_is_laid_out_once_for_all_who_may_see_the_same(own, laid_out):
    first, again = own.page(CITY, "/"), own.page(CITY, "/")
    assert first.data == again.data
    assert laid_out == ["/"]


def test_many_at_once_wait_for_one(own, laid_out):
    own.page(CITY, "/healthz")
    answers = []
    askers = [threading.Thread(target=lambda: answers.append(own.page(CITY, "/beds").data)) for _ in range(8)]
    for one in askers:
        one.start()
    for one in askers:
        one.join()
    assert len(answers) == 8
    assert len(set(answers)) == 1
    assert laid_out.count("/beds") == 1


def test_no_answer_reaches_another_area(own, laid_out):
    texts = {who: said(own.page(who, "/")) for who in (CITY, DISTRICT, OTHER)}
    assert laid_out == ["/"] * 3
    assert "长江花园一期" not in texts[DISTRICT]
    assert "春风里" not in texts[OTHER]
    assert own.page(own.anybody(), "/").status_code == 401  # also where it lies ready


def test_colleagues_share_a_page_and_each_reads_their_own_name_on_it(own, laid_out):
    both = [replace(CITY, name=name) for name in ('王"五"', "reader")]
    texts = [own.page(who, "/").get_data(as_text=True) for who in both]
    assert laid_out == ["/"]
    written = [json.dumps(who.name)[1:-1] for who in both]
    assert written[0] not in texts[1]
    assert texts[0].replace(written[0], "reader") == texts[1]


def test_who_keeps_a_view_or_columns_has_a_page_of_their_own(own, laid_out):
    mine, other = (replace(CITY, name=name) for name in ("张", "李"))
    saved.keep(own.store, owner(mine), "/", "早班只看江岸", "?area=420102")
    assert "早班只看江岸" in said(own.page(mine, "/"))
    assert "早班只看江岸" not in said(own.page(other, "/"))
    assert laid_out == ["/", "/"]


def test_news_are_in_the_next_answer(own, laid_out):
    own.page(CITY, "/")
    number = given(own.store)
    assert number in said(own.page(CITY, "/wall", turn="orders"))
    own.page(CITY, "/")
    assert laid_out == ["/", "/wall", "/"]


def test_what_is_one_readers_alone_is_made_for_them(own, laid_out):
    own.page(CITY, "/", "?pick=compounds:C1")
    own.page(CITY, "/", "?pick=compounds:C1")
    own.page(CITY, "/quality")
    own.page(CITY, "/quality")
    assert laid_out == ["/", "/", "/quality", "/quality"]


def test_a_refusal_is_not_kept(own, laid_out, monkeypatch):
    import dashboard.app as app
    from layers._errors import StoreError

    whole = app._shown

    def failing(*_all):
        raise StoreError("the store is busy")

    monkeypatch.setattr(app, "_shown", failing)
    assert "the store is busy" in said(own.page(CITY, "/"))
    monkeypatch.setattr(app, "_shown", whole)
    assert "the store is busy" not in said(own.page(CITY, "/"))


def test_answers_leave_gzipped_for_whoever_takes_it(own):
    client = own.browser(CITY)
    own.page(client, "/")
    client.environ_base["HTTP_ACCEPT_ENCODING"] = "gzip"
    zipped = own.page(client, "/")
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(zipped.data)) == own.page(CITY, "/").get_json()
