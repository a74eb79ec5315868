"""In a real browser: terms are explained by keyboard, "?" opens the glossary, the tour comes once and goes at once, the switch of language is kept."""

import pytest

from layers.store import open_store
from tests import city
from tests.browser import chromium, listen, serving, until

READY = (
    "!!document.querySelector('.shell.desk .column') && !document.querySelector('#page[data-dash-is-loading=\"true\"]')"
)
CARD, TIP, DIALOG = (
    "!!document.querySelector('.tour-card')",
    "!document.getElementById('term-tip').hidden",
    "dialog[open]",
)
ON_TITLE = "document.activeElement.matches('.term') && document.activeElement.textContent === 'No-epidemic compounds'"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("help")
    store = f"sqlite:///{folder / 'store.db'}"
    city.found(open_store(store, "drill"), folder).close()
    with serving(store) as found:
        yield found


@pytest.fixture(scope="module")
def page(address):
    with chromium(webgl=False) as browser:
        found = browser.new_context(viewport={"width": 1366, "height": 768}, locale="en-GB").new_page()
        listen(found)
        yield found


def opened(page, address, search):
    page.goto(f"{address}/lockdown?{search}")
    until(page, READY)


def made_anew(page):
    """Let the page hear of new facts, and wait until another one stands in its place."""
    page.evaluate("document.querySelector('.column').dataset.old = ''")
    page.evaluate("Fangyi.send('pulse', {...Fangyi.pulse.last, facts: 'new', changed: ['facts'], t: Date.now()})")
    until(page, f"!document.querySelector('[data-old]') && {READY}")


def text(page, selector):
    return page.evaluate(f"document.querySelector({selector!r}).textContent")


def test_a_term_explains_itself_by_keyboard_and_leads_to_the_glossary(page, address):
    opened(page, address, "plain=1&lite=1")
    assert not page.evaluate(CARD)
    title = page.locator("h2 .term", has_text="No-epidemic compounds").first
    title.focus()
    until(page, TIP)
    assert text(page, "#term-tip").startswith("no-epidemic compoundFourteen days without a case")
    assert title.get_attribute("aria-describedby") == page.locator("#term-tip").get_attribute("id")
    page.keyboard.press("Enter")
    until(page, "!!document.querySelector('dialog[open] dt.wanted')")
    made_anew(page)  # news come in while the glossary is open
    page.keyboard.press("Escape")
    until(page, "!document.querySelector('dialog')")
    until(page, ON_TITLE)


def test_the_keyboard_goes_on_where_it_was_when_a_page_is_made_anew(page, address):
    opened(page, address, "plain=1&lite=1")
    page.locator("h2 .term", has_text="No-epidemic compounds").first.focus()
    made_anew(page)
    until(page, ON_TITLE)
    page.keyboard.press("Enter")
    until(page, "!!document.querySelector('dialog[open] dt.wanted')")
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")  # who left it is not sent back
    made_anew(page)
    assert page.evaluate("document.activeElement === document.body")


def test_the_question_mark_opens_help_and_a_search_finds_terms_in_both_languages(page, address):
    opened(page, address, "plain=1&lite=1")
    page.keyboard.press("?")
    until(page, "/^[1-9][0-9]+ terms$/.test((document.querySelector('.help-count') || {}).textContent)")
    page.keyboard.type("occupancy")
    until(page, "document.querySelector('.help-list').textContent.includes('床位使用率')")
    page.keyboard.type("?")  # typed, not heard
    until(page, "document.querySelector('.help-count').textContent === '0 terms'")
    assert page.locator(".help-keys kbd").count() >= 8
    page.keyboard.press("Escape")  # empties the field
    until(page, "document.querySelector('.help-count').textContent !== '0 terms'")
    page.keyboard.press("Escape")
    until(page, "!document.querySelector('dialog')")


def test_the_tour_comes_once_leaves_at_once_and_comes_again_when_asked_for(page, address):
    opened(page, address, "tour=0")
    until(page, "Fangyi.tour.decided")
    assert not page.evaluate(CARD)
    opened(page, address, "plain=1")
    until(page, CARD)
    assert text(page, ".tour-card h2") == "Welcome to Fangyi"
    page.keyboard.press("ArrowRight")
    assert text(page, ".tour-card h2") == "Two clocks"
    page.keyboard.press("Escape")
    assert not page.evaluate(CARD)
    opened(page, address, "plain=1")
    until(page, "Fangyi.tour.decided")
    assert not page.evaluate(CARD)
    page.click("[data-help]")
    page.click(f"{DIALOG} .help-head button:first-of-type")
    until(page, CARD)
    for _ in range(7):
        assert page.evaluate(CARD)
        page.click(".tour-card .primary")
    assert not page.evaluate(CARD)


def test_the_wall_has_neither_tour_nor_help(page, address):
    page.evaluate("localStorage.clear()")
    page.goto(f"{address}/wall?dwell=0")
    until(page, "!!document.querySelector('.shell.wall .column')")
    assert not page.evaluate("Fangyi.tour.possible()")
    page.keyboard.press("?")
    assert not page.evaluate(f"{CARD} || !!document.querySelector('dialog')")


def test_a_switched_language_is_kept_for_addresses_that_state_none(page, address):
    opened(page, address, "plain=1&lite=1")
    assert page.evaluate("document.querySelector('.shell').lang") == "en"  # as the browser speaks
    page.click("a.language")
    until(page, "document.querySelector('.shell').lang === 'zh-CN'")
    opened(page, address, "plain=1&lite=1")
    assert page.evaluate("[document.querySelector('.shell').lang, Fangyi.lang()]") == ["zh-CN", "zh"]
    said = "['browser.jobs.page', 'browser.pulse.lost'].map(key => Fangyi.say(key, {n: 1, total: 2, known: 3, at: 4}, 'en'))"
    assert page.evaluate(said)[0] == "page 1 of 2"
    dates = "[Fangyi.day(new Date(1581465600000)), Fangyi.moment(new Date(1581465600000)), Fangyi.ago(7200000), Fangyi.number(-1234.5, 1), Fangyi.number(null)]"
    assert page.evaluate(dates) == ["2月12日", "2月12日 08:00", "2小时前", "−1,234.5", "–"]
    assert page.said == []


def test_a_switched_language_keeps_what_is_open_and_filtered(page, address):
    opened(page, address, "plain=1&lite=1&lang=en&pick=compounds:C1#compounds.now_cases=ge~1")
    until(page, "!!document.querySelector('.picked')")
    page.click("a.language")
    until(page, "document.querySelector('.shell').lang === 'zh-CN' && !!document.querySelector('.picked')")
    kept = page.evaluate("[new URLSearchParams(location.search).get('pick'), location.hash]")
    assert kept == ["compounds:C1", "#compounds.now_cases=ge~1"]
    assert page.said == []
