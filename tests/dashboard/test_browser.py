"""A real browser on a real server: the map drawn, a compound picked, a clock moved, a briefing printed, and what is said when there is nothing."""

import re
import time

import pytest

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
    with chromium(webgl=False) as found:
        yield found


@pytest.fixture(scope="module")
def context(browser):
    found = browser.new_context(viewport={"width": 1366, "height": 768})  # one, so that scripts are fetched once
    yield found
    found.close()


@pytest.fixture
def page(context):
    found = context.new_page()
    listen(found)
    yield found
    found.close()


def opened(page, address, path, **options):
    """Go to a page and wait until its panels, and its map when it has one, are there; the map is flat unless asked otherwise."""
    query = "&".join(f"{name}={value}" for name, value in {"lite": 1, "dwell": 0, "plain": 1, **options}.items())
    page.goto(f"{address}{path}?{query}")
    page.wait_for_selector(".shell[data-title]")
    if path != "/briefing":
        until(page, "window.Fangyi && window.Fangyi.ready > 0")


def pixel_of(page, lon, lat):
    """Where on the screen the map shows a place."""
    return page.evaluate(f"window.Fangyi.map.engine.viewport().project([{lon}, {lat}])")


def test_a_compound_is_clicked_on_the_flat_map_and_its_panel_says_why(page, address):
    opened(page, address, "/lockdown", lang="en")
    middle = pixel_of(page, city.WEST + 0.005, city.SOUTH + 0.005)  # of the first compound
    page.mouse.move(*middle)
    page.wait_for_selector(".hover-card:not([hidden])")
    assert "春风里" in page.locator(".hover-card").inner_text()
    page.mouse.click(*middle)
    page.wait_for_selector("#compound")
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
    middle = f"window.Fangyi.map.engine.viewport().project([{city.WEST + 0.005}, {city.SOUTH + 0.005}])[0]"
    until(
        page, f"window.Fangyi.map.engine.viewport().zoom > 14 && Math.abs({middle} - 640) < 340"
    )  # between the columns
    assert page.said == []


def test_a_picked_compound_in_the_address_opens_its_panel(page, address):
    opened(page, address, "/lockdown", pick="compounds:C1")
    assert "春风里" in page.locator("#compound").inner_text()
    assert page.evaluate("Fangyi.map.picked") == {"layer": "compounds", "id": "C1"}
    page.locator("#known-at-day [role=slider]").focus()
    page.keyboard.press("ArrowLeft")
    until(page, "location.search.includes('known_at=') && Fangyi.time.resting === null")
    assert "pick=compounds:C1" in page.url  # a clock that moves keeps what is selected
    assert "春风里" in page.locator("#compound").inner_text()
    page.evaluate("window.late = structuredClone(Fangyi.map.spec)")
    page.locator("#compound button").first.click()  # closed while a page that was made with it is on its way
    until(page, "document.querySelector('#compound') === null && Fangyi.map.picked === null")
    shown = page.evaluate("Fangyi.ready")
    page.evaluate("Fangyi.show(late)")
    until(page, f"Fangyi.ready > {shown}")
    assert page.evaluate("Fangyi.map.picked") is None
    assert "pick" not in page.url
    assert page.said == []


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
    assert re.fullmatch(r"fangyi_2020-02-\d\d_\d{4}_briefing\.pdf", waited.value.suggested_filename)
    assert "ready" in page.locator(".job.done").inner_text()
    page.locator(".job button").click()
    with page.expect_file_chooser() as chosen:
        page.locator("#verify-drop").click()
    chosen.value.set_files(waited.value.path())
    page.wait_for_selector("#verify-said .genuine")
    page.route("**/briefing/print?*", lambda route: (time.sleep(0.5), route.continue_()))
    page.locator("#briefing-print").click()
    page.locator(".job button").click()  # before the job has a number
    page.wait_for_selector(".job.cancelled")
    assert "no file was made" in page.locator(".job").inner_text()
    assert page.said == []


def test_a_page_is_made_once_however_slowly_it_comes(page, address):
    page.add_init_script("""
        window.made = 0;
        new MutationObserver(all => {
            for (const {target, addedNodes} of all) if (target.id === 'page' && [...addedNodes].some(one => one.matches('.shell[data-title]'))) made++;
        }).observe(document, {childList: true, subtree: true})""")
    page.route("**/_dash-layout", lambda route: (time.sleep(1.5), route.continue_()))  # the first pulse is earlier
    opened(page, address, "/lockdown")
    seen = page.evaluate("Fangyi.pulse.begun")
    until(
        page, f"Fangyi.pulse.begun > {seen} + 2500 && !Fangyi.pulse.asking"
    )  # what a pulse tells comes with the next beat
    until(page, "!document.querySelector('#page[data-dash-is-loading=\"true\"]')")
    assert page.evaluate("made") == 1


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
            assert "No data yet" in page.locator(".notice-page").inner_text()
            assert page.locator(".drill-mark").count() == 1
        page.goto(f"{empty}/imports?lang=en&tour=0")  # where its first file is handed in; there is no time yet
        page.wait_for_selector(".panel.deliveries")
        assert page.locator(".head-right .clock-time").all_inner_texts() == ["–", "–"]
        assert page.locator("#timeline").count() == 0
        store = city.found(open_store(url), tmp_path)
        store.close()
        page.wait_for_selector("#timeline[data-time]")
        assert "–" not in page.locator(".head-right").inner_text()
    assert page.said == []
