"""The language follows the address, then the person, then the browser; scripts get their texts from this machine."""

import pytest
from flask import Flask

from dashboard.view import read
from dashboard.wording import COOKIE, preferred, script_url
from layers.store import open_store
from tests import city
from tests.office import Office, said


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wording")
    url = f"sqlite:///{folder / 'store.db'}"
    city.found(open_store(url, "drill"), folder).close()
    return Office(url, "drill")


@pytest.mark.parametrize(
    ("kept", "browser", "lang"),
    [
        ("", "", "zh"),
        ("", "en-GB,en;q=0.9", "en"),
        ("", "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("", "zh-TW", "zh"),
        ("", "fr-FR,en;q=0.3", "en"),
        ("", "fr-FR", "zh"),
        ("zh", "en-GB", "zh"),
        ("en", "zh-CN", "en"),
        ("fr", "en-GB", "en"),  # a cookie that says nothing known is passed over
    ],
)
def test_a_choice_that_was_kept_comes_before_the_browser(kept, browser, lang):
    headers = {"Accept-Language": browser} if browser else {}
    headers |= {"Cookie": f"{COOKIE}={kept}"} if kept else {}
    with Flask("any").test_request_context("/", headers=headers):
        assert preferred() == lang


def test_a_command_asks_in_chinese():
    assert preferred() == "zh"


@pytest.mark.parametrize(
    ("search", "reader", "lang", "leads"),
    [
        ("", "zh", "zh", ""),
        ("", "en", "en", ""),  # whoever follows the link reads it in a language of their own
        ("?lang=zh", "en", "zh", "?lang=zh"),
        ("?lang=en", "zh", "en", "?lang=en"),
    ],
)
def test_the_address_comes_first_and_is_kept_as_it_was(office, search, reader, lang, leads):
    here = read("/staff", search, office.store, reader)
    assert (here.lang, here.search) == (lang, leads)
    assert here.at(lang="zh").search == "?lang=zh"  # the switch states what was chosen


def test_a_page_follows_the_reader(office):
    english, chinese, plain = office.anybody(), office.anybody(), office.anybody()
    english.set_cookie(COOKIE, "en")
    assert "Lockdown" in said(office.page(english, "/quality"))
    assert "Lockdown" not in said(office.page(plain, "/quality"))
    chinese.set_cookie(COOKIE, "en")
    assert "Lockdown" not in said(office.page(chinese, "/quality", "?lang=zh"))


def test_a_refusal_is_in_the_language_of_the_reader(office):
    english = office.anybody()
    english.set_cookie(COOKIE, "en")
    assert "This page cannot be shown" in said(office.page(english, "/quality", "?as_of=yesterday"))
    assert "这个页面无法显示" in said(office.page(english, "/quality", "?as_of=yesterday&lang=zh"))


def test_the_texts_of_scripts_are_fetched_once(office):
    client = office.anybody()
    first = client.get(script_url())
    assert first.status_code == 200
    assert "immutable" in first.headers["Cache-Control"]
    assert "连接中断".encode() in first.data
    again = client.get(script_url(), headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_the_texts_stand_before_the_scripts_that_say_them(office):
    page = office.anybody().get("/").text
    assert 0 < page.index(script_url()) < page.index("assets/_words.js") < page.index("assets/jobs.js")
