"""A real browser on a real server: every page in both languages, the map drawn, a compound picked, and silence towards every other host."""

import io
import time
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from dashboard.pages import all_pages
from layers.store import open_store
from tests import city
from tests.browser import chromium, serving


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    url = f"sqlite:///{folder / 'store.db'}"
    store = city.found(open_store(url, "drill"), folder)
    hospital = {"hospital_id": "H1", "name": "<b>第一医院</b>", "kind": "定点", "lon": 114.22, "lat": 30.51}
    city.deliver(store, "hospitals", city.table(folder / "h.csv", [hospital]), "2020-02-01", datum="wgs84")
    rows = [{"case_id": str(i), "note": "<img src=x onerror=alert(1)>"} for i in range(8)]
    city.cases(store, folder, "2020-02-10T18:00", *rows)
    store.close()
    with serving(url) as found:
        yield found


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture
def page(browser):
    found = browser.new_page(viewport={"width": 1920, "height": 1080})
    found.hosts, found.said = set(), []
    found.on("request", lambda request: found.hosts.add(urlsplit(request.url).hostname))
    found.on("console", lambda message: found.said.append(message.text) if message.type == "error" else None)
    found.on("pageerror", lambda error: found.said.append(str(error)))
    yield found
    found.close()


def until(page, expression):
    for _ in range(300):
        if page.evaluate(expression):
            return
        time.sleep(0.1)
    raise AssertionError(f"{expression} did not come true; said: {page.said}")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", all_pages())
def test_every_page_shows_without_an_error_and_asks_nobody_else(page, address, path, lang):
    page.goto(f"{address}{path}?lang={lang}&lite=1&dwell=0")
    page.wait_for_selector(".shell")
    if path != "/quality":
        until(page, "window.Fangyi && window.Fangyi.ready > 0")
    assert page.locator(".drill-mark").count() == 1
    assert page.said == []
    assert page.evaluate("window.Fangyi.errors") == []
    assert {host for host in page.hosts if host} == {"127.0.0.1"}


def test_the_map_is_drawn(page, address):
    page.goto(f"{address}/?lite=1")
    until(page, "window.Fangyi && window.Fangyi.ready > 0")
    time.sleep(1)
    picture = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))[200:700, 500:1350]
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 5  # land, border, compounds and names: not one flat colour


def test_a_compound_is_picked_and_its_panel_says_why(page, address):
    page.goto(f"{address}/lockdown?lite=1&lang=en")
    until(page, "window.Fangyi && window.Fangyi.ready > 0")
    page.locator("button.reason").first.click()
    page.wait_for_selector("#compound")
    text = page.locator("#compound").inner_text()
    assert "春风里" in text
    assert "Proposal" in text
    assert page.said == []


def test_an_unknown_page_is_a_real_404(page, address):
    assert page.goto(f"{address}/nowhere").status == 404
