"""A real browser on a real server: every page in both languages, the map drawn, a compound picked, and silence towards every other host."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from dashboard.pages import Page, all_pages
from dashboard.text import pick
from layers.store import open_store
from tests import city
from tests.browser import chromium, listen, serving, until


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


@pytest.fixture(scope="module")
def context(browser):
    found = browser.new_context(
        viewport={"width": 1920, "height": 1080}
    )  # one, so that the map's program is fetched once
    yield found
    found.close()


@pytest.fixture
def page(context):
    found = context.new_page()
    listen(found)
    yield found
    found.close()


WITHOUT_MAP = {path for path, page in all_pages().items() if page.scene is Page.scene}


def opened(page, address, path, size=(1920, 1080), **options):
    """Go to a page and wait until its panels, and its map when it has one, are there."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    query = "&".join(f"{name}={value}" for name, value in {"lite": 1, "dwell": 0, **options}.items())
    page.goto(f"{address}{path}?{query}")
    page.wait_for_selector(".shell[data-title]")
    if path not in WITHOUT_MAP:
        until(page, "window.Fangyi && window.Fangyi.ready > 0")


def colours(page):
    """How many colours the middle of the screen shows, between the panels."""
    picture = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    high, wide = picture.shape[:2]
    picture = picture[high // 5 : high * 2 // 3, wide * 3 // 8 : wide * 5 // 8]
    return len(np.unique(picture.reshape(-1, 3), axis=0))


def pixel_of(page, lon, lat):
    """Where on the screen the map shows a place."""
    return page.evaluate(f"window.Fangyi.map.engine.viewport().project([{lon}, {lat}])")


@pytest.mark.parametrize("path", all_pages())
def test_every_page_shows_in_chinese_without_an_error_and_asks_nobody_else(page, address, path):
    opened(page, address, path)
    sound(page, path, "zh")
    assert page.locator(".shell").get_attribute("lang") == "zh-CN"
    assert page.hosts - {None} == {"127.0.0.1"}  # pictures in the page itself have no host


@pytest.mark.parametrize("path", all_pages())
def test_every_page_shows_in_english_on_a_small_screen_without_webgl(page, address, path):
    opened(page, address, path, (1366, 768), lang="en", plain=1, pick="compounds:C1")
    sound(page, path, "en")
    text = page.locator("body").inner_text()
    for name in NAMES:
        text = text.replace(name, "")
    assert re.findall("[\u3400-\u9fff]+", text) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(BEYOND) == []


def sound(page, path, lang):
    """The page has its title, its drill mark and its map; nothing failed, and no other host was asked."""
    title = pick(all_pages()[path].title, lang)
    until(page, f"document.title.startsWith({title!r})")
    assert page.locator(".drill-mark").count() == 1
    if path not in WITHOUT_MAP:
        assert colours(page) > 5  # land, border, compounds and names: not one flat colour
    assert page.said == []
    assert page.evaluate("window.Fangyi.errors") == []
    assert {host for host in page.hosts if host} == {"127.0.0.1"}


NAMES = ("中文", "一元街道", "春风里", "丹水池小区", "教师公寓", "长江花园一期", "长江花园二期", "第一医院", "3栋")

# Text of the header, of tiles and of panel heads that runs out of its box or of the screen.
BEYOND = """Array.from(document.querySelectorAll('.head *, .tile *, .panel-head *, .foot *'))
    .filter(one => one.offsetParent && one.getClientRects().length && one.childElementCount === 0 && one.textContent)
    .filter(one => { const box = one.getBoundingClientRect(); return box.right > innerWidth + 1 || box.left < -1; })
    .map(one => one.textContent)"""


def test_a_compound_is_clicked_on_the_map_and_its_panel_says_why(page, address):
    opened(page, address, "/lockdown", lang="en")
    middle = pixel_of(page, city.WEST + 0.005, city.SOUTH + 0.005)  # of the first compound
    page.mouse.move(*middle)
    page.wait_for_selector(".hover-card:not([hidden])")
    assert "春风里" in page.locator(".hover-card").inner_text()
    for _ in range(5):  # a press that a busy machine draws out is no click to the map
        page.mouse.click(*middle)
        page.wait_for_timeout(3000)
        if page.locator("#compound").count():
            break
    text = page.locator("#compound").inner_text()
    assert "春风里" in text
    assert "Proposal" in text
    assert "pick=compounds:C1" in page.url
    page.locator("#compound button").first.click()
    until(page, "document.querySelector('#compound') === null && !location.search.includes('pick')")
    assert page.said == []


def test_a_compound_is_picked_from_the_list_and_flown_to(page, address):
    opened(page, address, "/lockdown")
    page.locator("button.reason").first.click()
    page.wait_for_selector("#compound")
    until(page, "window.Fangyi.map.engine.viewport().zoom > 14")
    assert pixel_of(page, city.WEST + 0.005, city.SOUTH + 0.005)[0] == pytest.approx(
        900, abs=450
    )  # between the columns
    assert page.said == []


def test_a_picked_compound_in_the_address_opens_its_panel(page, address):
    opened(page, address, "/lockdown", pick="compounds:C1")
    assert "春风里" in page.locator("#compound").inner_text()


def test_moving_a_clock_shows_the_past_and_one_press_leads_back(page, address):
    opened(page, address, "/", lang="en")
    total = page.locator(".tile-value").first.inner_text()
    page.locator("#time-link").click()  # the knowledge clock alone
    page.locator("#known-at-day [role=slider]").focus()
    for _ in range(9):
        page.keyboard.press("ArrowLeft")
    until(page, "location.search.includes('known_at')")
    until(page, f"document.querySelector('.tile-value').innerText !== {total!r}")
    assert page.locator(".clock.changed").count() == 2  # the address states both, so that the other one stays
    page.locator("#back-to-now").click()
    until(
        page, f"!location.search.includes('known_at') && document.querySelector('.tile-value').innerText === {total!r}"
    )
    assert page.said == []


def test_printing_shows_progress_hands_over_the_file_and_can_be_cancelled(page, address):
    opened(page, address, "/briefing", lang="en", parts="lockdown")
    until(page, "document.querySelectorAll('#briefing-pages img').length > 1")
    with page.expect_download() as waited:
        page.locator("#briefing-print").click()
        page.wait_for_selector(".job progress")
    assert waited.value.suggested_filename == "fangyi_briefing.pdf"
    assert "ready" in page.locator(".job.done").inner_text()
    page.locator(".job button").click()
    with page.expect_file_chooser() as chosen:
        page.locator("#verify-drop").click()
    chosen.value.set_files(waited.value.path())
    page.wait_for_selector("#verify-said .genuine")
    page.locator("#briefing-print").click()
    page.locator(".job button").click()
    page.wait_for_selector(".job.cancelled")
    assert "no file was made" in page.locator(".job").inner_text()
    assert page.said == []


def test_an_unknown_page_is_a_real_404(page, address):
    assert page.goto(f"{address}/nowhere").status == 404


def test_an_address_that_makes_no_sense_says_so(page, address):
    page.goto(f"{address}/lockdown?as_of=yesterday&lang=en")
    page.wait_for_selector(".notice-page")
    assert "yesterday" in page.locator(".notice-page").inner_text()
    assert page.said == []


def test_an_empty_store_says_so_on_every_kind_of_page(page, tmp_path):
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    open_store(url, "drill").close()
    with serving(url) as empty:
        for path in ("/", "/wall", "/quality"):
            page.goto(f"{empty}{path}?lang=en")
            page.wait_for_selector(".notice-page")
            assert "no data yet" in page.locator(".notice-page").inner_text()
            assert page.locator(".drill-mark").count() == 1
    assert page.said == []
