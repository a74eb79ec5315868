"""The wall in a real browser: readable on every turn, alerts that wait for a desk, its self-check, and a server that is killed and comes back."""

import re

import pytest

from dashboard.pages import all_pages
from layers.store import alerts, open_store
from layers.store.alerts import Rule
from tests import city
from tests.browser import chromium, end, free_port, listen, serving, start, until
from tests.looking import SMALL

HOME = Rule(
    "小区有病例", "count", {"status": "confirmed", "measure": "now", "each": "compound"}, 3, ("总值班",), sound=True
)
READY = "document.querySelector('.shell.wall .turns') && Fangyi.pulse.last"
WITHIN = "document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight"


def built(folder):
    store = city.found(open_store(f"sqlite:///{folder / 'store.db'}", "drill"), folder)
    alerts.make(store, HOME, "总值班")
    city.cases(store, folder, "2020-02-10T18:00", *({"case_id": str(n), "status_at": "2020-02-09"} for n in range(2)))
    return store


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("wall")


@pytest.fixture(scope="module")
def store(folder):
    return built(folder)


@pytest.fixture(scope="module")
def address(store):
    with serving(str(store.engine.url)) as found:
        yield found


@pytest.fixture(scope="module")
def context():
    with chromium(webgl=False) as browser:
        yield browser.new_context(viewport={"width": 1920, "height": 1080})


def opened(context, url, ready=READY):
    page = context.new_page()
    listen(page)
    page.goto(url)
    until(page, f"window.Fangyi && {ready}")
    return page


@pytest.mark.parametrize("size", [(3840, 2160), (1920, 1080)])
def test_nothing_on_the_wall_is_too_small_for_six_metres(context, address, size):
    usual = opened(context, f"{address}/wall?plain=1&dwell=0")
    turns = usual.evaluate("document.querySelector('.turns').dataset.turns.split(',')")
    assert turns == [
        "situation",
        "lockdown",
        "beds",
        "staff",
        "supplies",
    ]  # no search for clusters, no order in progress
    usual.close()
    turns.append("orders")
    page = opened(context, f"{address}/wall?plain=1&dwell=0&pages={','.join(turns)}")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for turn in turns:
        until(page, f"document.querySelector('.turn.here').innerText === {all_pages()[f'/{turn}'].title[0]!r}")
        until(
            page,
            f"Math.abs(parseFloat(getComputedStyle(document.documentElement).fontSize) - {16 * size[0] / 1920}) < .1",
        )
        until(page, "document.querySelectorAll('.shell.wall .js-plotly-plot .ytick').length > 0")
        until(page, f"({SMALL}).length === 0")  # charts follow a change of size a moment later
        assert page.evaluate(WITHIN)
        page.keyboard.press("ArrowRight")
    assert page.said == []
    page.close()


def test_the_order_of_turns_comes_from_the_address(context, address):
    page = opened(context, f"{address}/wall?plain=1&dwell=0&pages=orders,nonsense,beds,clusters")
    assert page.evaluate("document.querySelector('.turns').dataset.turns") == "orders,beds"
    page.close()


def test_a_turn_that_has_just_come_shows_its_clock_at_once(context, address):
    page = opened(context, f"{address}/wall?plain=1&dwell=0")
    told = page.evaluate("""new Promise(then => {
        const clock = document.querySelector('[data-clock=time]');
        clock.textContent = '';  // as every turn brings it
        setTimeout(() => then(clock.textContent));
    })""")
    assert re.fullmatch(r"\d\d:\d\d:\d\d", told)
    page.close()


def test_an_alert_calls_on_the_wall_until_a_desk_has_acknowledged_it(context, address, store, folder):
    wall = opened(context, f"{address}/wall?plain=1&dwell=0&lang=en&sound=1")
    desk = opened(context, f"{address}/alerts?lang=en", "document.querySelector('.panel.alerts') && Fangyi.pulse.last")
    assert wall.locator(".alert-strip").count() == 0
    city.cases(store, folder, "2020-02-10T20:00", {"case_id": "9", "status_at": "2020-02-10"})
    until(wall, "document.querySelector('.alert-line.calling')")
    assert "春风里: 3 confirmed at present, 3 or more" in wall.locator(".alert-strip").inner_text()
    until(wall, "!document.querySelector('.alert-line.calling') && document.querySelector('.alert-line')")
    until(desk, "document.querySelector('.bell-count')?.textContent === '1'")
    desk.locator(".panel.alerts button").click()
    desk.locator("#alert-ack input").nth(0).fill("Officer Li")
    desk.locator("#alert-ack input").nth(1).fill("team sent")
    desk.locator("#alert-ack .primary").click()
    until(wall, "!document.querySelector('.alert-strip')")
    until(desk, "!document.querySelector('.bell-count')")
    assert "Officer Li acknowledged" in desk.locator(".panel.alerts").inner_text()
    assert wall.said == desk.said == []
    wall.close()
    desk.close()


def test_the_wall_checks_itself_and_names_what_is_wrong(context, address):
    page = opened(context, f"{address}/wall?plain=1&dwell=0&lang=en")
    until(page, "document.querySelector('.brand p.good')?.textContent.includes('Self-check passed')")
    assert page.locator("#selfcheck").inner_text() == ""
    page.evaluate("document.querySelector('[data-figure=\"suspected\"]').textContent = '77'")
    page.evaluate("Fangyi.selfcheck()")
    until(page, "/Suspected, now shows 77, the store has 0/.test(document.getElementById('selfcheck').textContent)")
    assert page.locator(".brand p.bad").count() == 1
    page.close()


def test_a_sleep_of_this_computer_is_told_with_its_times(context, address):
    page = opened(context, f"{address}/wall?plain=1&dwell=0&lang=en")
    page.evaluate("Fangyi.pulse.begun -= 60000")  # as if no timer had run for a minute
    until(
        page,
        "/not updated from .+ to .+ \\(this computer slept\\)/.test(document.getElementById('connection')?.textContent)",
    )
    assert page.said == []
    page.close()


def test_a_server_that_is_killed_and_started_again_is_told_and_caught_up_with(context, tmp_path):
    store, port = built(tmp_path), free_port()
    url, query = str(store.engine.url), "lang=en&plain=1&dwell=0"
    server = start(url, port)
    try:
        wall = opened(context, f"http://127.0.0.1:{port}/wall?{query}")
        desk = opened(
            context, f"http://127.0.0.1:{port}/?{query}", "document.querySelector('.tile-value') && Fangyi.pulse.last"
        )
        server.kill()
        end(server)
        for page in (wall, desk):
            until(page, "/Connection lost, reconnecting/.test(document.getElementById('connection')?.textContent)")
            assert page.locator(".tile-value").first.inner_text() == "2"  # the last honest page stays
        city.cases(store, tmp_path, "2020-02-10T20:00", {"case_id": "9", "status_at": "2020-02-10"})
        server = start(url, port)
        for page in (wall, desk):
            until(
                page,
                "/Connected again · not updated from .+ to .+ \\(server restarted\\)/.test(document.getElementById('connection')?.textContent)",
            )
            until(page, "document.querySelector('.tile-value').textContent === '3'")
        assert wall.evaluate("Fangyi.pulse.gaps.filter(one => one.why === 'restarted').length") == 1
    finally:
        server.kill()
        end(server)
