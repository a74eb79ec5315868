"""Light and dark in a browser: the wish, the choice and the address; charts follow, the wall does not; menus by keys alone."""

import pytest

from layers import _palette as palette
from layers.store import open_store
from tests import city
from tests.browser import chromium, listen, serving, until

THEME = "document.documentElement.dataset.theme"
CURVE = "(document.querySelector('.graph-box.curve .js-plotly-plot') || {})._fullLayout"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("city")
    store = city.found(open_store(f"sqlite:///{folder / 'store.db'}", "drill"), folder)
    city.cases(store, folder, "2020-02-10T18:00", {"case_id": "1", "status_at": "2020-02-09"})
    with serving(store.engine.url.render_as_string(hide_password=False)) as found:
        yield found


@pytest.fixture(scope="module")
def page(address):
    with chromium(webgl=False) as browser:
        found = browser.new_context(
            viewport={"width": 1920, "height": 1080}, color_scheme="light", locale="zh-CN"
        ).new_page()
        listen(found)
        yield found


def opened(page, address, path):
    page.goto(address + path)
    page.wait_for_selector(".shell:not(.waiting)")
    until(page, f"{CURVE} !== undefined")


def ink(page):
    return page.evaluate(f"{CURVE}.font.color"), page.evaluate("Fangyi.skin.token('--ink')")


def test_the_page_follows_the_wish_the_choice_and_the_address(page, address):
    opened(page, address, "/?lite=1&plain=1")
    assert page.evaluate(THEME) == "light"
    used, token = ink(page)
    assert used == token
    page.click("[data-theme-switch]")
    until(page, f"{THEME} === 'dark' && {CURVE}.font.color !== {used!r}")
    used, token = ink(page)
    assert used == token
    for path, theme in (("/orders", "dark"), ("/orders?theme=light", "light"), ("/wall?theme=light&lite=1&plain=1", "dark")):  # fmt: skip
        page.goto(address + path)
        page.wait_for_selector(".shell:not(.waiting)")  # a page that is left on its way names what it did not get
        assert page.evaluate(THEME) == theme  # chosen, so kept
    assert page.said == []


def test_a_page_without_a_script_follows_the_wish_and_the_screen(page, address):
    shown = page.context.browser.new_page(viewport={"width": 3840, "height": 2160}, color_scheme="light")
    shown.goto(address + "/assets/nothing.css")
    assert shown.locator("body.refusal").count() == 1
    token = "getComputedStyle(document.documentElement).getPropertyValue('--ink')"
    light = shown.evaluate(token)
    assert shown.evaluate("parseFloat(getComputedStyle(document.querySelector('h1')).fontSize)") == pytest.approx(
        48, abs=0.1
    )
    shown.emulate_media(color_scheme="dark")
    assert shown.evaluate(token) != light
    shown.set_viewport_size({"width": 390, "height": 844})
    assert shown.evaluate("document.documentElement.scrollWidth") <= 390
    shown.close()


def test_the_browser_turns_colours_round_as_the_palette_does(page, address):
    page.goto(address + "/orders?theme=light")
    until(page, "document.getElementById('palette') !== null")
    wanted = [(242, 96, 78, 235), (9, 15, 22, 255), (0, 0, 0, 255), (12, 200, 90, 128), (255, 255, 255, 10)]
    found = page.evaluate("colours => colours.map(one => Fangyi.skin.colour(one))", [list(one) for one in wanted])
    assert [tuple(one) for one in found] == [palette.on_light(one) for one in wanted]
    packed = [palette.rgba(*one) for one in wanted]
    found = page.evaluate("packed => Array.from(Fangyi.skin.column(Uint32Array.from(packed)))", packed)
    assert found == [palette.rgba(*palette.on_light(one)) for one in wanted]


def test_the_menus_and_the_way_past_them_need_no_mouse(page, address):
    page.goto(address + "/orders")
    page.wait_for_selector(".shell:not(.waiting)")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('.skip')")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.focus(".nav-group:not(.nav-present) > summary")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.menu-body') !== null")
    page.keyboard.press("Escape")
    assert page.evaluate(
        "document.activeElement.matches('.nav-group > summary') && !document.querySelector('details.menu[open]')"
    )


def test_the_title_of_a_late_figure_is_not_cut_by_how_late_it_is(page, address):
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto(address + "/lockdown?lite=1&plain=1")
    page.wait_for_selector(".lockdown-tiles .tile-age")
    cut = "[...document.querySelectorAll('.lockdown-tiles .tile-title')].filter(one => one.scrollWidth > one.clientWidth).map(one => one.innerText)"
    assert page.evaluate(cut) == []


def test_a_phone_has_one_menu_and_nothing_beyond_its_edge(page, address):
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, address, "/?lite=1&plain=1")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.click(".nav-small > summary")
    page.click(".nav-all a[href^='/orders']")
    until(page, "document.title.startsWith('指令')")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
