"""The review desk under a reviewer's fingers: keys pick, refuse, put off, take back and teach, and never while somebody types."""

import time

import pytest
from sqlalchemy import select

from layers.store import open_store
from layers.store.schema import FOREVER, care, placement
from tests import city
from tests.beginnings import copied
from tests.browser import chromium, free_port, listen, serving, until

CASES = (  # in the order of the queue: one compound without a case each, the newest first
    {"case_id": "1", "address": "江汉区长江花园5栋2单元301", "status_at": "2020-02-09"},
    {"case_id": "2", "address": "江汉区长江花园7栋1单元101", "status_at": "2020-02-08"},
    {"case_id": "3", "address": "江汉区新里程长江花园9栋", "status_at": "2020-02-05"},
)


@pytest.fixture(scope="module")
def context():
    """One for all tests, so that scripts are fetched once: each test's server has the same address."""
    with chromium(webgl=False) as browser:
        found = browser.new_context(viewport={"width": 1920, "height": 1080})
        found.port = free_port()
        yield found


@pytest.fixture(scope="module")
def founded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("review")
    store = city.found(open_store(f"sqlite:///{folder / 'store.db'}", "drill"), folder)
    city.cases(store, folder, "2020-02-10T18:00", *({"district": "江汉区"} | row for row in CASES))
    store.close()
    return folder / "store.db"


@pytest.fixture
def store(founded, tmp_path):
    return open_store(f"sqlite:///{copied(founded, tmp_path / 'own.db')}", "drill")


@pytest.fixture
def page(context, store):
    found = context.new_page()
    listen(found)
    with serving(store.engine.url.render_as_string(hide_password=False), context.port) as address:
        found.goto(f"{address}/quality?lang=en&pulse=0&lite=1")
        found.wait_for_selector("#review-item")
        yield found
        found.close()


def press(page, key, then):
    """Press a key and wait until the desk has answered."""
    page.keyboard.press(key)
    until(page, then)
    until(page, "!document.querySelector('#review-item.answered')")


def shows(subject):
    return f"document.querySelector('#review-item')?.dataset.item === 'case:{subject}'"


def state(store):
    rows = store.read(select(placement).where(placement.c.known_until == FOREVER)).sort_values("subject")
    return [f"{status} {code}".strip() for status, code in zip(rows["status"], rows["compound"], strict=True)]


def test_a_queue_is_worked_through_by_keys_alone(page, store):
    until(page, shows("1"))
    assert "2 persons wait with this address" in page.locator(".review-why").inner_text()
    press(page, "1", shows("3"))  # both persons of the address at once
    assert state(store) == ["accepted C4", "accepted C4", "review"]
    assert "and 1 more" in page.locator("#quality-said").inner_text()
    press(page, "u", shows("1"))
    assert state(store) == ["review", "review", "review"]
    press(page, "s", shows("3"))
    assert state(store) == ["review", "review", "review"]
    press(page, "0", shows("1"))  # the one that was put off comes again
    assert state(store) == ["review", "review", "unmatched"]
    page.keyboard.press("a")  # this time only the person in hand
    until(page, "!document.querySelector('#review-same input').checked")
    press(page, "2", shows("2"))
    assert state(store) == ["accepted C5", "review", "unmatched"]
    assert page.locator(".history tbody tr").count() == 4
    assert page.said == []
    assert page.evaluate("window.Fangyi.errors") == []


def test_a_name_is_taught_with_a_key(page, store):
    press(page, "s", shows("3"))
    assert "learn 新里程长江花园" in page.locator(".switches").inner_text()
    page.keyboard.press("l")
    until(page, "document.querySelector('#review-learn input').checked")
    press(page, "1", shows("1"))
    rows = store.read(select(care.c.compound, care.c.name, care.c.decided_by))
    assert rows.values.tolist() == [["C4", "新里程长江花园", "drill"]]
    assert page.said == []


def test_keys_do_nothing_while_somebody_types_or_holds_one_down(page, store):
    page.locator("#care-why").click()
    page.keyboard.type("1 0 s u")
    assert page.locator("#care-why").input_value() == "1 0 s u"
    page.locator("h1").first.click()
    page.keyboard.press("Control+0")
    page.evaluate("document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '1', repeat: true, bubbles: true}))")
    time.sleep(0.5)
    assert state(store) == ["review", "review", "review"]
    assert page.locator("#review-item").get_attribute("data-item") == "case:1"


def test_buttons_do_the_same_and_the_focus_is_seen(page, store):
    page.keyboard.press("Tab")
    page.locator(".candidate").first.focus()
    width = "getComputedStyle(document.activeElement).outlineWidth"
    assert float(page.evaluate(width).removesuffix("px")) >= 2
    page.keyboard.press("Enter")
    until(page, shows("3"))
    assert state(store)[:2] == ["accepted C4", "accepted C4"]
    page.locator(".history .quiet").first.click()
    until(page, shows("1"))
    assert state(store)[:2] == ["review", "review"]
    page.locator(".entry").nth(1).click()
    until(page, shows("3"))


def test_a_change_of_the_gazetteer_is_rehearsed_made_and_undone_on_the_page(page, store):
    page.locator("#care-code").fill("C2")
    page.locator("#care-value").fill("江景新城")
    page.locator("#care-why").fill("门牌改了")
    page.locator("#care-try").click()
    page.wait_for_selector(".care-pending")
    assert "0 persons would move" in page.locator(".care-pending").inner_text()
    assert store.read(select(care.c.id)).empty
    page.locator(".care-pending .primary").click()
    until(page, "document.querySelectorAll('#care-changes tbody tr').length === 1")
    assert store.read(select(care.c.name, care.c.why)).values.tolist() == [["江景新城", "门牌改了"]]
    page.locator("#care-changes .quiet").click()
    page.wait_for_selector(".care-pending")
    page.locator(".care-pending .primary").click()
    until(page, "document.querySelectorAll('#care-changes tbody tr').length === 2")
    assert store.read(select(care.c.stands).where(care.c.known_until == FOREVER))["stands"].tolist() == [False]
    assert page.said == []
