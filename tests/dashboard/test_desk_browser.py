"""The desk under a person's hands: a table narrowed by chips, a view kept and brought back, the back button, a comparison."""

import re
from pathlib import Path

import pytest

from layers.store import journal, open_store, saved
from tests import city
from tests.browser import chromium, listen, serving, until

BOX = "document.querySelector('[data-grid=compounds]')"
COUNT = f"{BOX} && {BOX}.querySelector('.table-count').textContent"
READY = f"{BOX} && {BOX}.dataset.met && !!{BOX}.querySelector('.ag-row')"
WHO = "city  drill"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk")
    store = city.found(open_store(f"sqlite:///{folder / 'store.db'}", "drill"), folder)
    rows = [
        {"case_id": "1", "status_at": "2020-02-09"},
        {"case_id": "2", "address": "江岸区丹水池小区1栋", "status_at": "2020-02-09"},
        {"case_id": "3", "address": "江汉区长江花园一期1栋", "status_at": "2020-02-08"},
    ]
    city.cases(store, folder, "2020-02-10T18:00", *rows)
    return store


@pytest.fixture(scope="module")
def address(store):
    with serving(store.engine.url.render_as_string(hide_password=False)) as found:
        yield found


@pytest.fixture(scope="module")
def page(address):
    with chromium(webgl=False) as browser:
        page = browser.new_context(viewport={"width": 1600, "height": 1000}).new_page()
        listen(page)
        page.base = address
        yield page
        assert page.said == []
        assert page.hosts == {"127.0.0.1"}


def opened(page, path, ready=READY):
    page.goto(page.base + path)
    page.wait_for_selector(".shell:not(.waiting)")
    until(page, ready)


def test_what_is_typed_becomes_a_chip_and_the_address_and_goes_with_the_chip(page):
    opened(page, "/lockdown?lang=en&plain=1&lite=1&table=compounds")
    assert page.evaluate(COUNT).startswith("5 rows")
    page.locator(".table-quick input, input.table-quick").first.fill("长江")
    until(page, "location.hash === '#compounds=' + encodeURIComponent('长江')")
    until(page, "document.querySelectorAll('.chip').length === 1")
    until(page, f"{COUNT}.startsWith('2 of 5 rows')")
    page.locator(".chip").click()
    until(page, "location.hash === '' && document.querySelectorAll('.chip').length === 0")
    until(page, f"{COUNT}.startsWith('5 rows')")


def test_a_link_opens_a_table_as_it_was_narrowed_and_a_row_is_selected_everywhere(page):
    opened(page, "/lockdown?lang=en&plain=1&lite=1&table=compounds#compounds.now_cases=ge~1")
    until(page, "document.querySelectorAll('.chip').length === 1")
    until(page, f"{COUNT}.startsWith('3 of 5 rows')")
    page.locator("[data-grid=compounds] .ag-row").first.click()
    until(page, "/pick=compounds:C/.test(location.search) && !!document.getElementById('compound')")
    page.locator(".crumb").nth(1).click()  # city > district
    until(page, "/pick=area:/.test(location.search) && !!document.getElementById('drill')")
    page.go_back()
    until(page, "/pick=compounds:C/.test(location.search) && !!document.getElementById('compound')")
    page.go_back()
    until(page, "!/pick=/.test(location.search) && !document.getElementById('compound')")
    assert page.evaluate("document.querySelectorAll('.chip').length") == 1


def test_a_view_is_kept_deleted_and_brought_back(page, store):
    opened(page, "/lockdown?lang=en&plain=1&lite=1&table=compounds#compounds.now_cases=ge~1")
    page.locator(".menu.views > summary").click()
    page.locator("#views-name").fill("hot spots")
    page.locator(".views-new button").click()
    until(
        page,
        "document.querySelector('.toast-text') && /hot spots/.test(document.querySelector('.toast-text').textContent)",
    )
    assert [row["search"] for row in saved.views(store, WHO)] == [
        "?lang=en&plain=1&lite=1&table=compounds#compounds.now_cases=ge~1"
    ]
    page.locator(".views-body li button[aria-label^=delete]").click()
    until(page, "!!document.querySelector('.toast-undo')")
    assert saved.views(store, WHO) == []
    page.locator(".toast-undo").click()
    until(page, "document.querySelectorAll('.views-body li').length === 1")
    assert [row["name"] for row in saved.views(store, WHO)] == ["hot spots"]


def test_columns_are_hidden_kept_and_brought_back_by_undo(page, store):
    opened(page, "/lockdown?lang=en&plain=1&lite=1&table=compounds")
    page.locator(".columns-menu > summary").click()
    page.locator(".columns-list li", has_text="Street").locator("input").click()
    until(page, f"![...{BOX}.querySelectorAll('.ag-header-cell-text')].some(one => one.textContent === 'Street')")
    for _ in range(100):
        kept = {one["colId"]: one.get("hide") for one in saved.columns(store, WHO, "/lockdown").get("compounds", [])}
        if kept.get("street"):
            break
        page.wait_for_timeout(50)
    assert kept["street"] is True
    opened(page, "/lockdown?lang=en&plain=1&lite=1&table=compounds")
    assert not page.evaluate(
        f"[...{BOX}.querySelectorAll('.ag-header-cell-text')].some(one => one.textContent === 'Street')"
    )


def test_rows_are_taken_out_once_the_dialog_has_a_reason(page, store):
    opened(page, "/lockdown?lang=en&lite=1&table=compounds")
    page.locator("[data-rows=compounds]").click()
    take = page.locator(".rows-dialog .primary")
    take.click()
    assert page.locator(".rows-dialog").count() == 1  # without a reason it stays
    page.locator(".rows-dialog textarea").fill("list for the evening meeting")
    with page.expect_download() as waiting:
        take.click()
    lines = Path(waiting.value.path()).read_text("utf-8-sig").splitlines()
    assert sum(not line.startswith("#fangyi") for line in lines) == 1 + 5
    assert "list for the evening meeting" in "".join(lines)
    until(page, "!document.querySelector('.rows-dialog') && location.pathname === '/lockdown'")
    assert "exported" in set(journal.entries(store)["action"])


def test_two_areas_are_compared_on_a_page_that_says_why_they_differ(page):
    opened(page, "/compare?lang=en&area=420102&b_area=420103", "!!document.querySelector('.compared')")
    first = page.locator(".compared tbody tr").first.inner_text()
    assert re.sub(r"\s+", " ", first).startswith("Cases, total (with clinical) 2 1 ▼ −1 -50%") or "−1" in first
    until(page, "!!document.querySelector('.compare-reasons')")
    assert "two areas" in page.locator(".compare-reasons").inner_text()


def test_a_deadline_is_set_by_one_press(page):
    opened(page, "/lockdown?lang=en&plain=1&lite=1", "!!document.querySelector('.reasons .order-open')")
    page.locator(".reasons .order-open").first.click()
    until(page, "!!document.querySelector('.order-deadline')")
    page.locator("[data-deadline]").nth(1).click()
    until(page, "document.querySelector('.order-deadline input').value === '2020-02-11T18:00'")
    page.keyboard.press("Escape")
    until(page, "!document.querySelector('#order-dialog .order-dialog')")
    assert page.said == []


def test_an_address_that_is_none_gets_a_page_in_both_languages(page):
    page.goto(page.base + "/nowhere")
    assert page.locator("h1").all_inner_texts() == ["没有这个页面", "There is no such page"]
    page.said.clear()  # the browser itself notes the status
