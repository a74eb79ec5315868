"""Looking at a page as a person would: wait until it stands still, find what lies outside its card, is cut off or cannot be used by everybody."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from layers.store import accounts, open_store
from tests import browser
from tests.office import GOOD

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = ("serious", "critical")

# What a page is while it changes: two equal answers in a row mean that nothing is on its way any more.
_STATE = """(() => {
    const shell = document.querySelector('.shell[data-title]'), page = document.getElementById('page');
    if (!shell || !window.Fangyi || document.querySelector('[data-dash-is-loading="true"], .dash-graph--pending, #briefing-pages[aria-busy]')) return null;
    const shown = box => box.getClientRects().length > 0 && box.offsetWidth > 0;
    const lacks = (boxes, part) => [...document.querySelectorAll(boxes)].some(box => shown(box) && !box.querySelector(part));
    if (lacks('.ag-root', '.ag-row, .ag-overlay') || lacks('.ag-header-row-column', '.ag-header-cell') || lacks('.graph-box', '.main-svg')) return null;
    if ([...document.querySelectorAll('.ag-delay-render')].some(box => shown(box) && box.getBoundingClientRect().top < innerHeight)) return null; // its cells are not shown yet
    if (!shell.matches('.plain') && !Fangyi.ready) return null;  // its map is not drawn yet
    const plots = document.querySelectorAll('.js-plotly-plot .main-svg').length;
    return [shell.lang, Fangyi.scale, Fangyi.ready, plots, page.innerHTML.length, document.documentElement.scrollHeight].join();
})()"""

# Letters that reach over the edge of the card that holds them, or are cut off without a sign that there is more.
BEYOND = """(() => {
    const found = [], cards = '.panel, .tile, .head, .foot, .toast, dialog, .menu-body, .drawer';
    const seen = one => one.checkVisibility({visibilityProperty: true, opacityProperty: true}) && one.getClientRects().length;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange();
    while (walker.nextNode()) {
        const node = walker.currentNode, one = node.parentElement, card = one.closest(cards);
        if (!node.textContent.trim() || !card || !seen(one) || one.closest('.unseen, svg, .ag-root, [hidden]')) continue;
        range.selectNodeContents(node);
        const own = one.getBoundingClientRect();
        if (own.width <= 1 || own.height <= 1) continue;  // only read aloud
        const box = range.getBoundingClientRect(), edge = card.getBoundingClientRect();
        let left = box.left, right = box.right, top = box.top, bottom = box.bottom, cut = false;
        for (let up = one; up && up !== card.parentElement; up = up.parentElement) {
            const style = getComputedStyle(up), clip = up.getBoundingClientRect();
            if (style.overflowX !== 'visible' && (right > clip.right + 2 || left < clip.left - 2)) {
                cut = cut || (style.overflowX === 'hidden' && style.textOverflow !== 'ellipsis' && style.webkitLineClamp === 'none');
                [left, right] = [Math.max(left, clip.left), Math.min(right, clip.right)];
            }
            if (style.overflowY !== 'visible') [top, bottom] = [Math.max(top, clip.top), Math.min(bottom, clip.bottom)];
        }
        if (right <= left || bottom <= top) continue;  // scrolled out of sight
        const over = right > edge.right + 1 || left < edge.left - 1 || bottom > edge.bottom + 1 || top < edge.top - 1;
        if (over || cut) found.push(`${over ? 'outside' : 'cut'}: ${node.textContent.trim().slice(0, 40)} in ${card.className}`);
    }
    return found;
})()"""

# Letters under 1.1 % of the height, those of charts included: what six metres leave unreadable.
SMALL = """Array.from(document.querySelectorAll('.shell.wall *, .shell.wall svg text, #connection, #selfcheck, #working, #map p'))
    .filter(one => Array.from(one.childNodes).some(node => node.nodeType === 3 && node.textContent.trim()))
    .filter(one => one.getClientRects().length && getComputedStyle(one).visibility !== 'hidden')
    .filter(one => parseFloat(getComputedStyle(one).fontSize) < 0.011 * innerHeight)
    .map(one => one.textContent + ' ' + getComputedStyle(one).fontSize)"""

# A grid far below draws its cells when it comes into sight; where nothing is drawn nobody can be helped or hindered.
_GRIDS = """(async () => {
    const grids = [...document.querySelectorAll('.ag-delay-render')], frame = () => new Promise(requestAnimationFrame);
    for (const grid of grids) { grid.scrollIntoView(); await frame(); await frame(); }
})()"""

_AXE = """rules => axe.run(document, rules ? {runOnly: {type: 'rule', values: rules}} : {}).then(found => found.violations)"""


def written(page: Any, field: str, text: str) -> None:
    """Type where the page puts the hand: a browser does so only when it draws the page, on a busy machine after it was loaded."""
    browser.until(page, f"document.activeElement.id === {field!r}")
    page.keyboard.type(text)
    assert page.input_value(f"#{field}") == text


def settled(page: Any, seconds: float = 150.0) -> None:
    """Wait until the page of a shell is there and stands still: its charts are drawn, and no call is open."""
    end, before, still = time.monotonic() + seconds, None, 0
    while still < 3:
        if time.monotonic() > end:
            raise AssertionError(f"{page.url} does not come to rest: {before}; said: {page.said}")
        time.sleep(0.1)
        now = page.evaluate(_STATE)
        still = still + 1 if now is not None and now == before else 0
        before = now


def opened(page: Any, address: str) -> None:
    """Go to an address and wait until its page stands still."""
    page.goto(address)
    settled(page)


def resized(page: Any, size: tuple[int, int]) -> None:
    """Give the window another size and wait until the page has followed."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    time.sleep(0.15)  # the page hears of it
    settled(page)


def axe(page: Any, *rules: str) -> list[str]:
    """Return what axe-core calls serious or critical in a page, one line a finding; rules: only these.

    The browser driver brings the script in; the page's own policy would refuse it.
    """
    page.evaluate(_GRIDS)
    if not page.evaluate("!!window.axe"):
        page.evaluate(AXE.read_text("utf-8") + "; 0")
    found = page.evaluate(_AXE, list(rules) or None)
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:160]} · {node['failureSummary']}"
        for one in found
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]


@contextmanager
def staffed(built: Path, target: Callable[..., object], *people: tuple[str, str, str]) -> Iterator[tuple[str, Any]]:
    """Let a store have accounts (name, role, area), all with the password GOOD, and serve it; yield the address and a browser."""
    store = open_store(f"sqlite:///{built}")
    for name, role, area in people:
        accounts.add(store, "root", name, role, area, GOOD)
    store.close()
    with browser.serving(f"sqlite:///{built}", target=target) as url, browser.chromium(webgl=False) as chromium:
        yield url, chromium


def signed_in(url: str, chromium: Any, password: str, name: str, path: str) -> Any:
    """Sign somebody in at the door in a window of their own, and return the page that they wanted, standing still."""
    page = chromium.new_context(viewport={"width": 1366, "height": 768}, color_scheme="dark").new_page()
    browser.listen(page)
    page.goto(f"{url}/sign-in?next={quote(path)}")
    page.fill("[name=name]", name)
    page.fill("[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_selector(".head .menu.account")
    settled(page)
    return page
