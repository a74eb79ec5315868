"""The pages of the auditor and of who administers accounts, in a real browser before a server of production, at three sizes and in both languages."""

import pytest

from layers.store import open_store, sessions
from tests import browser, looking
from tests.office import GOOD
from tests.server import serve_production

AUDITOR, ADMIN, OFFICER = "审计", "账号管理", "江岸值班"
PEOPLE = ((AUDITOR, "auditor", ""), (ADMIN, "admin", ""), (OFFICER, "district", "420102"))
SIZES = ((1920, 1080), (1366, 768), (390, 844))


@pytest.fixture(scope="module")
def served(built):
    with looking.staffed(built, serve_production, *PEOPLE) as found:
        store = open_store(f"sqlite:///{built}")
        with store.writing() as connection:
            sessions.begin(connection, 3)
        store.close()
        yield found


@pytest.mark.parametrize(("name", "path"), [(AUDITOR, "/journal"), (ADMIN, "/accounts")])
def test_a_page_fits_says_nothing_and_can_be_used_by_everybody(served, name, path):
    page = looking.signed_in(*served, GOOD, name, "/")
    assert page.url.endswith(path)  # led on from the place of the map
    for lang in ("zh", "en"):
        looking.opened(page, f"{served[0]}{path}?lang={lang}")
        for size in SIZES:
            looking.resized(page, size)
            assert page.evaluate(looking.BEYOND) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        assert looking.axe(page) == []
        page.evaluate("Fangyi.skin.choose('light')")
        looking.settled(page)
        assert looking.axe(page, "color-contrast") == []
        page.evaluate("Fangyi.skin.choose('dark')")
    assert page.said == []
    assert page.hosts == {"127.0.0.1"}


def test_the_journal_is_narrowed_and_verified_by_hand(served):
    page = looking.signed_in(*served, GOOD, AUDITOR, "/journal?lang=en&action=account-add")
    page.wait_for_selector(".ag-row")
    assert page.locator(".ag-center-cols-container .ag-row").count() == len(PEOPLE)
    page.fill("#journal-last", "2020-01-01")
    page.keyboard.press("Enter")
    page.wait_for_selector(".panel.journal-list .empty")
    assert "last=2020-01-01" in page.url
    page.click("#journal-check")
    looking.settled(page)
    assert "Whole" in page.inner_text("#journal-chain")
    assert page.said == []


def test_an_account_is_made_and_another_signed_out_and_closed(served):
    page = looking.signed_in(*served, GOOD, ADMIN, "/accounts?lang=en")
    page.focus(".account-new input[type=text]")
    page.keyboard.type("新岗位")
    page.click(".account-new .dash-dropdown")
    page.get_by_role("option", name="auditor").click()
    page.focus(".account-new .button.primary")
    page.keyboard.press("Enter")
    page.wait_for_selector(".account-password")
    password = page.inner_text(".account-password")
    assert len(password) == 23
    assert looking.axe(page) == []
    page.click(".account-secret .button")
    browser.until(page, "!document.querySelector('.account-password')")
    line = page.locator(".account-list li", has_text=OFFICER)
    line.get_by_text("Sign out").click()
    page.wait_for_selector(".account-done")
    line.get_by_text("Disable").click()
    page.wait_for_selector(".account-sign .danger")
    page.click(".account-sign .danger")
    page.wait_for_selector(".account-list li.off")
    assert page.said == []
