"""The time machine under a hand: keys, mouse and play move map, tiles and table together, and the page settles on the same figures."""

import pytest

from layers.store import open_store
from tests import city, orders
from tests.browser import chromium, listen, serving, until

RESTED = "!document.documentElement.classList.contains('scrubbing') && Fangyi.time.resting === null"
DRAWN = "Fangyi.time.drawn === Fangyi.time.seq && document.documentElement.classList.contains('scrubbing')"
# What the screen says at once: the first tile, the first district of the table, and the map's own column.
SAID = """[
    (document.querySelector('.tile .tile-value.twin') || document.querySelector('.tile .tile-value')).textContent,
    Array.from(document.querySelectorAll('.districts tbody tr')).map(row => Array.from(row.querySelectorAll('td > span:not(.twinned)')).map(one => one.textContent)[0]),
    (() => { const layer = Fangyi.map.layers.find(one => one.json.layer === 'compounds'), n = layer.tables.column('confirmed_now') || layer.tables.column('now_confirmed');
             return Array.from(n.values).reduce((a, b) => a + b, 0); })(),
]"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("time")
    url = f"sqlite:///{folder / 'store.db'}"
    store = city.found(open_store(url, "drill"), folder)
    for day in range(5, 10):  # five cases on the 5th, nine on the 9th: the sum of each day is told apart
        rows = [{"case_id": f"{day}-{n}", "status_at": f"2020-02-0{day}"} for n in range(day)]
        city.cases(store, folder, f"2020-02-0{day}T18:00", *rows)
    store.close()
    with serving(url) as address, chromium(webgl=False) as browser:
        found = browser.new_page(viewport={"width": 1366, "height": 768})
        listen(found)
        found.address, found.url_of_store, found.folder = address, url, folder
        found.goto(f"{address}/?lite=1&plain=1&lang=en")
        # The program of the charts comes after the map and keeps the browser busy for a moment: no hand moves before.
        until(found, "window.Fangyi && Fangyi.ready > 0 && !!document.querySelector('.districts')", 90)
        until(found, "!!document.querySelector('.js-plotly-plot .main-svg')", 90)
        yield found


def hand(page, name="as-of-day"):
    return page.locator(f"#{name} [role=slider]")


def test_keys_move_map_tiles_and_table_together_and_the_page_settles_on_the_same(page):
    assert page.evaluate(SAID)[0] == "35"
    hand(page).focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    until(page, DRAWN)
    assert hand(page).get_attribute("aria-valuetext") == "7 Feb 24:00"
    assert page.evaluate(SAID) == ["18", ["18", "0"], 18]  # 5 + 6 + 7, in one district, on the map
    until(page, RESTED, 60)
    assert "as_of=2020-02-07T23:59:59.999&known_at=2020-02-07T23:59:59.999" in page.url
    assert page.evaluate(SAID) == ["18", ["18", "0"], 18]
    page.keyboard.press("Home")
    until(page, DRAWN)
    assert page.evaluate(SAID)[0] == "5"
    page.keyboard.press("End")
    until(page, f"({SAID})[0] === '35'")  # by a frame, or by the page where the hand had rested already
    until(page, RESTED, 60)
    assert page.said == []


def test_a_drag_moves_the_hand_and_the_link_holds_both_clocks(page):
    box = page.locator(".time-track").bounding_box()
    at = [(box["x"] + box["width"] * share, box["y"] + box["height"] / 3) for share in (0.95, 0.7, 0.3)]
    page.mouse.move(*at[0])
    page.mouse.down()
    for place in at[1:]:
        page.mouse.move(*place)
    until(page, DRAWN)
    assert page.evaluate("Fangyi.time.held !== null && Fangyi.time.as_of === Fangyi.time.known_at")
    moving = page.evaluate(SAID)
    page.mouse.up()
    until(page, f"{RESTED} && location.search.includes('as_of')", 60)
    assert page.evaluate(SAID) == moving
    page.locator("#time-share").click()
    shared = page.evaluate("Fangyi.time.shared")
    assert shared.startswith(page.address)
    assert "as_of=2020-02-0" in shared
    assert "known_at=2020-02-0" in shared


def test_the_clocks_move_apart_once_the_link_is_let_go_and_come_back_to_now(page):
    page.locator("#back-to-now").click()
    until(page, f"{RESTED} && !location.search.includes('as_of')", 60)
    page.locator("#time-link").click()
    hand(page, "known-at-day").focus()
    page.keyboard.press("ArrowLeft")
    until(page, DRAWN)
    assert page.evaluate("Fangyi.time.as_of > Fangyi.time.known_at")
    until(page, f"{RESTED} && location.search.includes('known_at=2020-02-08')", 60)
    assert page.evaluate(SAID)[0] == "26"  # of the nine of the 9th nothing was known
    page.locator("#time-link").click()
    until(page, f"{RESTED} && location.search.includes('known_at=2020-02-09')", 60)


def test_play_runs_to_the_end_and_a_moment_sets_both_clocks(page):
    page.locator("#time-moments").click()
    page.locator(".moment").last.click()
    until(page, f"{RESTED} && location.search.includes('known_at=2020-02-05T18:00')", 60)
    assert page.evaluate(SAID)[0] == "5"
    page.locator("#time-speed").click()  # four days a second
    page.locator("#time-play").click()
    until(page, "Fangyi.time.playing === null", 60)
    until(page, RESTED, 60)
    assert page.evaluate(SAID)[0] == "35"
    assert page.said == []
    assert page.evaluate("Fangyi.errors") == []


def test_news_move_the_figures_at_once_and_the_page_takes_over(page):
    page.goto(f"{page.address}/?lite=1&plain=1&lang=en&pulse=0")
    until(page, "window.Fangyi && Fangyi.ready > 0 && !!document.querySelector('.districts')", 90)
    store = open_store(page.url_of_store)
    city.cases(store, page.folder, "2020-02-10T18:00", {"case_id": "10-0", "status_at": "2020-02-10"})
    told = {"as_of": store.latest().isoformat(), "known_at": store.latest().isoformat()}
    store.close()
    page.evaluate("told => Fangyi.time.news(told)", told)
    until(page, DRAWN)
    assert page.evaluate(SAID) == ["36", ["36", "0"], 36]
    waits = page.locator(".panel[data-wait]").first  # what rests on a plan says that it waits, and for what
    assert waits.get_attribute("data-wait") == "news: working it out"
    page.evaluate("Fangyi.send('pulse', {changed: ['facts'], t: 1})")
    until(page, RESTED, 60)
    assert page.evaluate(SAID) == ["36", ["36", "0"], 36]
    page.evaluate("told => { Fangyi.time.data.fixed = ['as_of']; Fangyi.time.news(told); }", told)
    assert page.evaluate("Fangyi.time.resting") is None  # a moment that the address states hears no news
    assert page.locator(".twin").count() == 0
    assert page.said == []


def test_a_line_that_was_cut_without_news_dims_nothing(page):
    page.goto(f"{page.address}/?lite=1&plain=1&lang=en")
    until(page, "window.Fangyi && Fangyi.ready > 0 && Fangyi.time.data !== null && Fangyi.pulse.last !== null", 90)
    page.evaluate("""() => { window.dimmed = 0; const root = document.documentElement;
        new MutationObserver(() => { dimmed += root.classList.contains('scrubbing') || Fangyi.time.resting !== null; }).observe(root, {attributes: true}); }""")
    page.route("**/pulse", lambda route: route.abort())
    until(page, "Fangyi.pulse.lostAt !== null", 30)
    page.unroute("**/pulse")
    until(page, "Fangyi.pulse.gaps.length > 0 && Fangyi.pulse.told !== null && !Fangyi.pulse.force", 30)
    page.wait_for_timeout(1500)
    until(page, RESTED, 20)
    assert page.evaluate("dimmed") == 0
    page.said.clear()  # the browser names each pulse that was cut


def delivered(page, n):
    """One more case reaches the store that the page shows."""
    store = open_store(page.url_of_store)
    city.cases(
        store, page.folder, f"2020-02-11T18:0{n}", {"case_id": f"11-{n}", "status_at": f"2020-02-11T17:0{n}:00+08:00"}
    )
    store.close()


STANDS = "document.querySelector('[data-stand]').dataset.stand"
TILE = "document.querySelector('.tile .tile-value.twin') || document.querySelector('.tile .tile-value')"


def test_news_wait_with_the_page_for_an_open_menu_and_for_who_types_but_its_figures_do_not(page):
    page.goto(f"{page.address}/?lite=1&plain=1&lang=en&tour=0")
    until(page, "window.Fangyi && Fangyi.ready > 0 && !!document.querySelector('.districts') && Fangyi.pulse.last", 90)
    rests, before = page.evaluate(STANDS), int(page.evaluate(f"({TILE}).textContent"))
    page.locator(".menu.views > summary").click()
    page.locator(".views-body input[type=text], .views-body input:not([type])").first.press_sequentially("a name")
    delivered(page, 1)
    until(page, f"({TILE}).textContent === '{before + 1}'")
    until(page, "document.getElementById('working').textContent.startsWith('New data are here')")
    page.wait_for_timeout(3000)  # as long as the page would need
    delivered(page, 2)
    until(page, f"({TILE}).textContent === '{before + 2}'")  # and with each further delivery
    assert page.evaluate(STANDS) == rests
    assert page.locator(".views-body input").first.input_value() == "a name"
    assert page.locator(".menu.views").get_attribute("open") is not None
    page.locator(".menu.views > summary").click()
    until(page, f"{STANDS} !== {rests!r}", 60)
    until(page, RESTED, 60)
    until(page, "document.getElementById('working').textContent === ''")
    assert page.evaluate(f"({TILE}).textContent") == str(before + 2)
    assert page.said == []


def test_an_order_waits_as_well_and_a_call_that_was_overtaken_is_asked_again(page):
    page.goto(f"{page.address}/lockdown?lite=1&plain=1&lang=en&tour=0")
    until(page, "window.Fangyi && Fangyi.ready > 0 && Fangyi.pulse.last && !!document.querySelector('.menu.views')", 90)
    rests = page.evaluate(STANDS)
    page.locator(".menu.views > summary").click()
    store = open_store(page.url_of_store, "drill", keys=page.folder / "keys")
    orders.given(store, "C1")
    store.close()
    until(page, "Fangyi.pulse.held")
    page.wait_for_timeout(2500)
    assert page.evaluate(STANDS) == rests
    assert page.locator(".menu.views").get_attribute("open") is not None
    page.locator(".menu.views > summary").click()
    until(page, f"{STANDS} !== {rests!r}", 60)
    until(page, "Fangyi.pulse.open.size === 0", 60)  # it has arrived
    told = """() => { window.sent = []; const send = Fangyi.send;
        Fangyi.send = (id, data) => { if (id === 'pulse') sent.push(data.changed.join()); return id === 'pulse' || send(id, data); };
        Fangyi.pulse.told.facts = -1; }"""  # calls that are never answered
    page.evaluate(told)
    until(page, "sent.length === 1")
    page.evaluate("Fangyi.pulse.told.alerts = -1")
    until(page, "sent.length === 2")
    assert page.evaluate("sent") == ["facts", "facts,alerts"]


def test_a_desk_without_news_is_made_anew_so_that_its_ages_are_true(page):
    page.goto(f"{page.address}/?lite=1&plain=1&lang=en&tour=0")
    until(page, "window.Fangyi && Fangyi.ready > 0 && Fangyi.pulse.last && Fangyi.pulse.told", 90)
    page.evaluate("""() => { window.sent = []; const send = Fangyi.send;
        Fangyi.send = (id, data) => { if (id === 'pulse') sent.push(data.changed.join()); return send(id, data); }; }""")
    page.wait_for_timeout(2500)
    assert page.evaluate("sent") == []
    page.evaluate("Fangyi.pulse.made -= 300000")
    until(page, "sent.length === 1")
    page.wait_for_timeout(2500)
    assert page.evaluate("sent") == ["facts"]
    assert page.said == []


def test_nobody_is_waited_for_longer_than_a_minute(page):
    page.goto(f"{page.address}/?lite=1&plain=1&lang=en&tour=0&pulse=0")
    until(page, "window.Fangyi && Fangyi.ready > 0 && !!document.querySelector('.districts')", 90)
    assert page.evaluate("Fangyi.inHand()") is False
    page.locator(".menu.views > summary").click()
    assert page.evaluate("Fangyi.inHand()") is True
    held = "(() => { const now = Date.now; Date.now = () => now() + 61000; try { return Fangyi.inHand(); } finally { Date.now = now; } })()"
    assert page.evaluate(held) is False


def test_what_was_unfolded_stays_so_when_news_make_the_page_anew(page):
    page.goto(f"{page.address}/plan?lite=1&plain=1&lang=en&tour=0")
    until(
        page,
        "window.Fangyi && Fangyi.ready > 0 && Fangyi.pulse.last && !!document.querySelector('.whatif details')",
        90,
    )
    fold, rests = page.locator(".whatif details").first, page.evaluate(STANDS)
    fold.locator("summary").first.click()
    assert fold.get_attribute("open") is not None
    delivered(page, 3)
    until(page, f"{STANDS} !== {rests!r}", 60)
    until(page, RESTED, 60)
    assert fold.get_attribute("open") is not None
    fold.locator("summary").first.click()
    rests = page.evaluate(STANDS)
    delivered(page, 4)
    until(page, f"{STANDS} !== {rests!r}", 60)
    assert fold.get_attribute("open") is None
