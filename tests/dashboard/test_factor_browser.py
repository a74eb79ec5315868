"""The second factor in a real browser, by keys: set up at the door where it is demanded, signed in with, changed and reset on its own page."""

import pytest

from layers.store import factors
from tests import browser, looking
from tests.codes import code_next, code_now
from tests.office import GOOD
from tests.server import serve_with_second_factors

NAME, CHIEF = "江岸值班", "总值班"
SIZES = [(1366, 768), (1920, 1080), (3840, 2160), (390, 844)]


@pytest.fixture(scope="module")
def served(built):
    people = ((NAME, "district", "420102"), (CHIEF, "city", ""))
    with looking.staffed(built, serve_with_second_factors, *people) as found:
        yield found


def looked(page):
    """Look at the page in every size: nothing reaches over its edge, and everybody can use it."""
    before = page.viewport_size
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert looking.axe(page) == []
    page.set_viewport_size(before)


def typed(page, text, field="code"):
    """Type into the field that the page puts the hand at, and send it."""
    looking.written(page, field, text)
    page.keyboard.press("Enter")


def typed_in(page, name):
    looking.written(page, "name", name)
    page.keyboard.press("Tab")
    typed(page, GOOD, "password")


def test_it_is_set_up_at_the_door_and_signed_in_with_and_reset(served):
    url, chromium = served
    page = chromium.new_context(viewport={"width": 1366, "height": 768}, color_scheme="dark").new_page()
    browser.listen(page)
    page.goto(f"{url}/beds?lite=1")
    typed_in(page, NAME)
    page.wait_for_selector(".qr svg")
    looked(page)
    secret = page.inner_text("figcaption code").replace(" ", "")
    page.goto(f"{url}/beds?lite=1")  # nothing is seen before
    assert "/sign-in" in page.url
    page.goto(f"{url}/sign-in/second")
    typed(page, code_now(secret))
    page.wait_for_selector(".codes")
    looked(page)
    codes = page.locator(".codes code").all_inner_texts()
    assert len(codes) == factors.CODES
    page.click(".single a")
    page.wait_for_selector(".menu.account")
    assert page.url == f"{url}/beds?lite=1"
    page.click(".menu.account > summary")
    page.click(".account-body a[href='/second-factor']")
    page.wait_for_selector(".buttons")
    looked(page)
    page.focus("#code")
    looking.written(page, "code", code_next(secret))
    page.click("[value=reset]")
    page.wait_for_selector("[data-kind=status]")
    assert page.said == []
    assert page.hosts == {"127.0.0.1"}


def set_up(url, chromium):
    """Set it up by oneself, from the menu of the account, with the password once more; the secret."""
    page = looking.signed_in(url, chromium, GOOD, CHIEF, "/beds?lite=1")
    page.click(".menu.account > summary")
    page.click(".account-body a[href='/second-factor']")
    page.wait_for_selector(".qr svg")
    looked(page)
    secret = page.inner_text("figcaption code").replace(" ", "")
    looking.written(page, "password", GOOD)
    page.keyboard.press("Tab")
    typed(page, code_now(secret))
    page.wait_for_selector(".codes")
    page.context.close()
    return secret


def test_a_code_is_asked_for_by_keys_and_a_wrong_one_is_told(served):
    url, chromium = served
    secret = set_up(url, chromium)
    page = chromium.new_context(viewport={"width": 1366, "height": 768}, color_scheme="light").new_page()
    browser.listen(page)
    page.goto(f"{url}/sign-in?next=/beds?lite=1")
    typed_in(page, CHIEF)
    page.wait_for_url("**/sign-in/second")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"  # as the browser wishes
    looked(page)
    typed(page, "12345")
    page.wait_for_selector("[role=alert]")
    assert page.evaluate("document.activeElement.id") == "code"
    looked(page)
    assert page.evaluate("document.cookie") == ""
    page.said.clear()  # the browser says of itself that the answer was 401
    typed(page, code_next(secret))
    page.wait_for_selector(".menu.account")
    assert page.url == f"{url}/beds?lite=1"
    assert [line for line in page.said if "401" not in line] == []
    assert page.hosts == {"127.0.0.1"}
