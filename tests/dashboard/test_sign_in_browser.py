"""The door in a real browser, by keys alone, on a wide screen and a phone: in, what is wrong, to work, out, and nothing behind it."""

import pytest

from tests import browser, looking
from tests.office import GOOD
from tests.server import serve_production

NAME = "江岸值班"
CLAIM = "fetch('/job/none/cancel', {method: 'POST', headers: %s}).then(answer => answer.status)"


@pytest.fixture(scope="module")
def served(built):
    with looking.staffed(built, serve_production, (NAME, "district", "420102")) as found:
        yield found


def fill(page, password, name=""):
    if name:
        looking.written(page, "name", name)
        page.keyboard.press("Tab")
    looking.written(page, "password", password)
    page.keyboard.press("Enter")


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (390, 844)])
def test_the_door_opens_and_closes_by_keys(served, width, height):
    url, chromium = served
    page = chromium.new_context(viewport={"width": width, "height": height}).new_page()
    browser.listen(page)
    page.goto(f"{url}/beds?lite=1")
    assert looking.axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    fill(page, "wrong password!!", NAME)
    page.wait_for_selector("[role=alert]")
    assert looking.axe(page) == []
    page.said.clear()  # the browser says of itself that the answer was 401
    fill(page, GOOD)
    page.wait_for_selector(".menu.account")
    assert page.url == f"{url}/beds?lite=1"
    assert "fangyi_session" not in page.evaluate("document.cookie")
    assert page.evaluate(CLAIM % "{}") == 403
    assert page.evaluate(CLAIM % "Fangyi.guarded()") == 404  # heard, and there is no such job
    assert [said for said in page.said if "403" not in said and "404" not in said] == []
    page.focus(".menu.account > summary")
    page.keyboard.press("Enter")
    page.focus("[data-sign-out]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in?left=1")
    assert looking.axe(page) == []
    page.go_back()
    page.wait_for_selector("body.sign-in")
    assert page.hosts == {"127.0.0.1"}
