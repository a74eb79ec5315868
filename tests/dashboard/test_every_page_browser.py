"""Every page in both languages, at four sizes and in both themes: it opens, fits, says nothing in the console, asks nobody else, looks as it did, and anybody can use it."""

import io
import re

import pytest
from PIL import Image

from dashboard.pages import all_pages
from dashboard.text import pick
from tests import pictures, shown
from tests.browser import chromium, listen, serving, until
from tests.looking import AXE, BEYOND, SMALL, axe, opened, resized, settled

DESK, PHONE = (1920, 1080), (390, 844)
OTHERS = (PHONE, (1366, 768), (3840, 2160))
NARROW = 860  # where one column begins
NOW = "2020-02-10T20:00:00+08:00"  # what every clock of the browser shows
LIGHT = ("/", "/lockdown", "/orders", "/quality")  # whose pictures in English and in light are kept
MOVING = ("/journal", "/compliance")  # which show when the tests ran: no picture of them is kept
SMALL_PICTURES = ("/", "/lockdown", "/situation")  # whose pictures on a phone are kept
HAS_AXE = AXE.is_file()

# The page's name where it is read: the tab, the menu that stands for it, or the turn of a wall.
NAMED = """name => [...document.querySelectorAll('.head a.here, .head summary, .head .turn.here')]
    .some(one => one.checkVisibility() && one.getBoundingClientRect().width > 8 && one.innerText.includes(name))"""
TILE = """(() => { const tile = document.querySelector('.tile .tile-value'); if (!tile) return null; const box = tile.getBoundingClientRect();
    return box.width > 4 && box.left >= 0 && box.right <= innerWidth && box.top < innerHeight; })()"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with serving(shown.found(tmp_path_factory.mktemp("shown"))) as found:
        yield found


@pytest.fixture(scope="module")
def page(address):
    with chromium(webgl=False) as browser:
        context = browser.new_context(color_scheme="dark", reduced_motion="reduce")
        context.clock.set_fixed_time(NOW)
        found = context.new_page()
        listen(found)
        yield found


def seen(page, address, path):
    """Open a page on the desk; what was said before is forgotten."""
    page.said.clear()
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    opened(page, f"{address}{path}&plain=1&lite=1&dwell=0")


@pytest.mark.parametrize("path", all_pages())
def test_a_page_in_chinese(page, address, path):
    seen(page, address, f"{path}?lang=zh")
    found = {
        "picture": "" if path in MOVING else looks(page, name_of(path)),
        "axe": themes(page, path),
        DESK: faults(page, path, "zh"),
    }
    for size in OTHERS:
        resized(page, size)
        found[size] = faults(page, path, "zh")
        if size == PHONE and path in SMALL_PICTURES:
            found["picture on a phone"] = looks(page, f"{name_of(path)}_phone")
    assert wrong(found) == []
    quiet(page)


@pytest.mark.parametrize("path", all_pages())
def test_a_page_in_english(page, address, path):
    seen(page, address, f"{path}?lang=en&theme=light")
    found = {DESK: faults(page, path, "en")}
    if path in LIGHT:
        found["picture"] = looks(page, f"{name_of(path)}_en_light")
    for size in OTHERS:
        resized(page, size)
        found[size] = faults(page, path, "en")
    assert wrong(found) == []
    quiet(page)


def test_every_turn_of_the_wall_looks_as_it_did(page, address):
    seen(page, address, "/wall?lang=zh")
    turns = page.evaluate("document.querySelector('.turns').dataset.turns.split(',')")
    wrong = []
    for turn in turns[1:]:
        page.keyboard.press("ArrowRight")
        until(
            page, f"document.querySelector('.turns').dataset.turn === '{turn}' && !document.querySelector('.turning')"
        )
        settled(page)
        wrong.append(looks(page, f"wall_{turn}"))
    assert len(turns) >= 5
    assert [one for one in wrong if one] == []
    quiet(page)


OPEN = {  # what can stand open over a page: where, what is pressed, what is there then
    "compound": ("/lockdown?pick=compounds:C1", None, "#compound"),
    "table": ("/lockdown?table=compounds", None, ".ag-row"),
    "order": ("/lockdown?tour=0", ".reasons .order-open", "#order-dialog .order-dialog"),
    "glossary": ("/beds?tour=0", "[data-help]", "dialog[open] dt"),
    "views": ("/beds?tour=0", ".menu.views > summary", ".views-body"),
    "layers": ("/lockdown?tour=0", "[data-tool=layers]", ".map-layer-list li"),
    "menu": ("/orders?tour=0", ".nav-group:not(.nav-present) > summary", ".nav-group[open] .menu-body"),
    "orders in a table": ("/orders?table=orders&order=L-20200210-001", None, ".order-table .ag-row-selected"),
    "order page": ("/orders?order=L-20200210-001", None, "#order"),
}


@pytest.mark.skipif(
    not HAS_AXE, reason="axe-core of npm is not installed (make test installs it; by hand: npm ci --prefix tests)"
)
@pytest.mark.parametrize("what", OPEN)
def test_everybody_can_use_what_opens(page, address, what):
    where, press, there = OPEN[what]
    seen(page, address, f"{where}&lang=en")
    if press:
        page.locator(press).first.click()
    until(page, f"!!document.querySelector('{there}')")
    settled(page)
    assert axe(page) == []


def looks(page, name):
    """Compare what is seen now with the picture that is kept, half as large on a desk."""
    found = Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide"))).convert("RGB")
    return pictures.compare(name, found.reduce(2) if found.width == DESK[0] else found)


def themes(page, path):
    """What axe-core finds in the dark, and of colours in the light; a wall is always dark."""
    if not HAS_AXE:  # told by the test that is skipped
        return []
    found = axe(page)
    if path != "/wall":
        page.evaluate("Fangyi.skin.choose('light')")
        settled(page)
        found += [f"in light: {one}" for one in axe(page, "color-contrast")]
        page.evaluate("Fangyi.skin.choose('dark')")
    return found


def faults(page, path, lang):
    """What is wrong with a page at the size that the window has."""
    found = list(page.evaluate(BEYOND))
    wide, high, width = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight, innerWidth]"
    )
    if wide > width:
        found.append(f"the document is {wide} wide")
    if not page.evaluate(NAMED, pick(all_pages()["/situation" if path == "/wall" else path].title, lang)):
        found.append("its name is not seen")
    if page.evaluate(TILE) is False and width > NARROW:
        found.append("its first figure is not seen")
    if path == "/wall" and width > NARROW:
        found += [f"too small: {text}" for text in page.evaluate(SMALL)]
        found += [f"the wall is {high} high"] if high > page.viewport_size["height"] else []
    return found + ([f"Chinese: {text}" for text in chinese(page)] if lang == "en" else [])


def chinese(page):
    """Chinese on an English page that is no name out of the data."""
    text = page.locator("body").inner_text()
    for name in sorted(shown.NAMES, key=len, reverse=True):
        text = text.replace(name, "")
    return sorted(set(re.findall("[\u3400-\u9fff]+", text)) - {"中文"})


def wrong(found):
    """What is wrong in any respect, a line each."""
    return [
        f"{what}: {one}" for what, told in found.items() for one in ([told] if isinstance(told, str) else told) if one
    ]


def quiet(page):
    """Nothing failed, and no other host was asked."""
    assert page.said == []
    assert page.evaluate("window.Fangyi.errors") == []
    assert page.hosts - {None} == {"127.0.0.1"}  # pictures in the page itself have no host


def name_of(path):
    return path.strip("/") or "overview"
