"""An order under a person's fingers: given, acknowledged, reported and closed by keys alone, and seen in a second browser at the pulse."""

import pytest
from sqlalchemy import select

from layers.store import open_store
from layers.store.schema import FOREVER, orders
from tests import city
from tests.beginnings import copied
from tests.browser import chromium, free_port, listen, serving, until
from tests.orders import given

# A machine so busy that the page learns of its tables long after they are drawn.
SLOW = """(() => {
    const until = new Promise(go => { window.meet = go; });
    let grids;
    Object.defineProperty(window, 'dash_ag_grid', {configurable: true, get: () => grids, set: own => {
        grids = {...own, getApiAsync: async which => { const api = await own.getApiAsync(which); await until; return api; }};
    }});
})()"""
DIALOG = "document.querySelector('#order-dialog .order-dialog')"


@pytest.fixture(scope="module")
def context():
    """One for all tests, so that scripts are fetched once: each test's server has the same address."""
    with chromium(webgl=False) as browser:
        found = browser.new_context(viewport={"width": 1920, "height": 1080})
        found.port = free_port()
        yield found


@pytest.fixture(scope="module")
def founded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("orders")
    store = city.found(open_store(f"sqlite:///{folder / 'store.db'}", "drill"), folder)
    rows = [
        {"case_id": "1", "status_at": "2020-02-09"},
        {"case_id": "2", "address": "江岸区丹水池小区1栋", "status_at": "2020-02-09"},
        {"case_id": "3", "address": "江岸区教师公寓1栋", "status_at": "2020-02-08"},
    ]
    city.cases(store, folder, "2020-02-10T18:00", *rows)
    store.close()
    return folder / "store.db"


@pytest.fixture
def store(founded, tmp_path):
    return open_store(f"sqlite:///{copied(founded, tmp_path / 'own.db')}", "drill")


@pytest.fixture
def address(context, store):
    with serving(store.engine.url.render_as_string(hide_password=False), context.port) as found:
        yield found
        for page in context.pages:
            page.close()


def page_at(context, url):
    page = context.new_page()
    listen(page)
    page.goto(url)
    page.wait_for_selector(".shell:not(.waiting)")
    return page


def tab_to(page, selector, most=80):
    """Press Tab until the thing that has the focus is the one looked for."""
    for _ in range(most):
        if page.evaluate(f"document.activeElement.matches({selector!r})"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} was not reached in {most} presses of Tab")


def state(store):
    rows = store.read(select(orders).where(orders.c.known_until == FOREVER).order_by(orders.c.number))
    return [f"{row.number} {row.state}" for row in rows.itertuples()]


def step(page, name, text, then):
    """Take a step from the page of an order by keys: its button, the words, Tab to the button that confirms."""
    tab_to(page, f'button[id*="order-step"][id*="{name}"]', 200)
    page.keyboard.press("Enter")
    until(page, f"!!{DIALOG}")
    assert page.evaluate("document.activeElement.matches('#order-dialog textarea')")
    page.keyboard.type(text)
    page.keyboard.press("Tab")  # cancel
    page.keyboard.press("Tab")  # confirm
    page.keyboard.press("Enter")
    until(page, f"!{DIALOG}")
    until(page, then)
    until(page, "!!document.activeElement.closest('.panel.order')")  # the keyboard stays at the order


def test_an_order_goes_its_whole_way_by_keys_and_a_second_browser_follows(context, address, store):
    second = context.browser.new_context(viewport={"width": 1920, "height": 1080})
    desk = page_at(context, f"{address}/lockdown?lang=en&plain=1&lite=1")
    other = page_at(second, f"{address}/wall?lang=en&plain=1&lite=1&dwell=0")
    assert "No order is in progress" in other.locator(".orders-wall").inner_text()
    tab_to(desk, ".reasons button.order-open", 200)
    desk.keyboard.press("Enter")
    until(desk, f"!!{DIALOG}")
    assert "The plan proposes" in desk.locator(".order-evidence").inner_text()
    tab_to(desk, '#order-dialog input[list="order-units"]', 12)
    desk.keyboard.press("Control+a")
    desk.keyboard.type("一元街道办事处")
    desk.keyboard.press("Enter")  # in a field: the order is given
    until(desk, "!!document.querySelector('#order-given a')")
    assert desk.locator("#order-given a").inner_text() == "L-20200210-001"
    assert state(store) == ["L-20200210-001 given"]
    until(other, "document.querySelector('.orders-wall .order-counts-big b')?.textContent === '1'")  # at the pulse
    assert "L-20200210-001" in other.locator(".orders-wall").inner_text()
    desk.keyboard.press("Enter")  # the number has the focus and leads to the order
    until(desk, "!!document.querySelector('#order')")
    step(desk, "acknowledge", "", "/Acknowledged/.test(document.querySelector('#order').innerText)")
    assert state(store) == ["L-20200210-001 acknowledged"]
    done = "Three gates closed, one guarded day and night"
    step(desk, "report", done, "/Reported done/.test(document.querySelector('#order .facts').innerText)")
    assert state(store) == ["L-20200210-001 done"]
    step(desk, "close", "", "/Closed/.test(document.querySelector('#order .facts').innerText)")
    assert state(store) == ["L-20200210-001 closed"]
    assert done in desk.locator("#order").inner_text()
    until(other, "/No order is in progress/.test(document.querySelector('.orders-wall').innerText)")
    for page in (desk, other):
        assert page.said == []
        assert page.evaluate("window.Fangyi.errors") == []
    second.close()


def test_escape_drops_the_dialog_and_what_is_wrong_is_said_in_it(context, address, store):
    page = page_at(context, f"{address}/lockdown?lang=en&plain=1&lite=1")
    tab_to(page, ".reasons button.order-open", 200)
    page.keyboard.press("Enter")
    until(page, f"!!{DIALOG}")
    for _ in range(15):  # Tab never leaves the dialog
        page.keyboard.press("Tab")
        assert page.evaluate("!!document.activeElement.closest('#order-dialog')")
    tab_to(page, '#order-dialog input[list="order-units"]', 15)
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    until(page, "!!document.querySelector('.order-problem')")
    assert "owner is ''; wanted at least 2 characters" in page.locator(".order-problem").inner_text()
    page.keyboard.press("Escape")
    until(page, f"!{DIALOG}")
    assert page.evaluate("document.activeElement.matches('.order-open')")
    assert state(store) == []


def test_new_data_do_not_empty_an_open_dialog_and_a_changed_proposal_is_shown_before_it_is_ordered(
    context, address, store, tmp_path
):
    page = page_at(context, f"{address}/lockdown?lang=en&plain=1&lite=1")
    page.locator(".reasons button.order-open").first.click()
    until(page, f"!!{DIALOG}")
    page.locator("#order-dialog textarea").fill("sealed at once, two cases in a week")
    name = page.locator("#order-title").inner_text().rpartition(" · ")[2]
    homes = {"春风里": "春风里3栋2单元501", "丹水池小区": "丹水池小区1栋", "教师公寓": "教师公寓1栋"}
    new = {"case_id": "9", "address": f"江岸区{homes[name]}", "status_at": "2020-02-10"}
    city.cases(store, tmp_path, "2020-02-10T20:00", new)
    until(page, "Fangyi.pulse.last && /2020-02-10T20:00/.test(Fangyi.pulse.last.known_at)")
    assert page.locator("#order-dialog textarea").input_value() == "sealed at once, two cases in a week"
    page.locator("#order-dialog .primary").click()
    until(page, "/new data came in/.test(document.querySelector('.order-problem')?.innerText || '')")
    assert state(store) == []
    page.locator("#order-dialog .primary").click()
    until(page, "!!document.querySelector('#order-given a')")
    assert state(store) == ["L-20200210-001 given"]


def test_new_data_do_not_take_away_the_answer_to_an_order_under_way(context, address, store, tmp_path):
    page = page_at(context, f"{address}/lockdown?lang=en&plain=1&lite=1")
    held = []
    page.route(
        "**/_dash-update-component?*",
        lambda route: held.append(route) if '"confirm"' in (route.request.post_data or "") else route.continue_(),
    )
    page.locator(".reasons button.order-open").first.click()
    until(page, f"!!{DIALOG}")
    mine = page.locator("#order-title").inner_text().rpartition(" · ")[2]
    other = "丹水池小区1栋" if mine == "春风里" else "春风里3栋2单元501"
    page.locator("#order-dialog .primary").click()
    until(page, "!!document.querySelector('.order-dialog.sending')")
    new = {"case_id": "9", "address": f"江岸区{other}", "status_at": "2020-02-10"}
    city.cases(store, tmp_path, "2020-02-10T20:00", new)
    until(page, "/20:00/.test(document.querySelector('.head').innerText)")  # the page behind was made anew
    page.wait_for_timeout(1500)
    assert len(held) == 1  # a second call of the same callback would let the first one's answer go
    held[0].continue_()
    until(page, "!!document.querySelector('#order-given a')")
    assert state(store) == ["L-20200210-001 given"]


def test_several_proposals_are_ordered_together_each_as_its_own(context, address, store):
    page = page_at(context, f"{address}/lockdown?lang=en&plain=1&lite=1")
    page.locator(".panel-tools .order-open").first.click()
    until(page, f"!!{DIALOG}")
    page.locator("#order-dialog .order-many input, #order-dialog input.order-many").fill("3")
    page.locator("#order-dialog .primary").click()
    until(page, "document.querySelectorAll('#order-given a').length === 3")
    assert state(store) == [f"L-20200210-00{n} given" for n in (1, 2, 3)]
    rows = store.read(select(orders.c.owner_area, orders.c.batch))
    assert set(rows["owner_area"]) == {"420102/一元街道"}
    assert rows["batch"].nunique() == 1


def test_a_row_chosen_before_its_table_is_met_leads_to_its_order(context, address, store):
    numbers = [given(store, code) for code in ("C1", "C4")]
    store.close()
    page = context.new_page()
    listen(page)
    page.add_init_script(SLOW)
    page.goto(f"{address}/orders?table=orders")
    row = page.locator(f".ag-row[row-id='{numbers[1]}']")
    row.locator("[col-id=state]").click()
    until(page, f"document.querySelector('.ag-row-selected')?.getAttribute('row-id') === '{numbers[1]}'")
    assert page.locator(".panel.order").count() == 0
    page.evaluate("window.meet()")
    page.locator(".panel.order h2", has_text=numbers[1]).wait_for()
    assert page.evaluate("new URLSearchParams(location.search).get('order')") == numbers[1]
    page.go_back()
    page.locator(".panel.order").wait_for(state="detached")
    assert page.said == []


def test_the_table_of_orders_leads_to_each_by_keys_and_stays_where_it_was(context, address, store):
    numbers = [given(store, code) for code in ("C1", "C4")]
    store.close()
    page = page_at(context, f"{address}/orders?table=orders")
    page.locator(f".ag-row[row-id='{numbers[1]}'] [col-id=state]").click()
    page.locator(".panel.order h2", has_text=numbers[1]).wait_for()
    until(page, f"document.activeElement.closest('.ag-row')?.getAttribute('row-id') === '{numbers[1]}'")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.locator(".panel.order h2", has_text=numbers[0]).wait_for()
    until(page, f"document.activeElement.closest('.ag-row')?.getAttribute('row-id') === '{numbers[0]}'")
    assert page.evaluate("new URLSearchParams(location.search).get('order')") == numbers[0]
    assert page.evaluate("document.querySelector('.ag-row-selected').getAttribute('row-id')") == numbers[0]
    page.locator(".table-quick input, input.table-quick").fill(numbers[1])
    page.locator(".chip", has_text=numbers[1]).wait_for()
    until(page, "document.querySelectorAll('.ag-center-cols-container .ag-row').length === 1")
    page.go_back()
    page.go_back()
    page.locator(".panel.order h2", has_text=numbers[1]).wait_for()
    assert page.said == []
