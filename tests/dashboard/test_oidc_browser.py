"""The way through the government's provider in a real browser: there and back under the policy of the page, and usable by everybody."""

import threading

import pytest
from werkzeug.serving import make_server

from tests import browser, looking, provider
from tests.office import Office

TABLE = '[[allow]]\nclaim = "groups"\nvalue = "jiangan"\nrole = "district"\narea = "420102"\n'


@pytest.fixture
def address(built, tmp_path):
    (tmp_path / "secret").write_text(provider.SECRET)
    (tmp_path / "roles.toml").write_text(TABLE)
    files = {"oidc_secret": tmp_path / "secret", "oidc_roles": tmp_path / "roles.toml"}
    with provider.serving() as his:
        place = Office.copy(tmp_path, built, oidc_issuer=his.issuer, oidc_client=provider.CLIENT, **files)
        server = make_server("127.0.0.1", 0, place.app.server, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
        server.server_close()
        place.store.close()


def test_somebody_goes_there_and_comes_back_signed_in(address):
    with browser.chromium(webgl=False) as chromium:
        page = chromium.new_context(viewport={"width": 390, "height": 844}).new_page()
        browser.listen(page)
        page.goto(f"{address}/beds?lite=1")
        assert looking.axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.focus(".single a")
        page.keyboard.press("Enter")
        page.wait_for_selector(".menu.account")
        assert page.url == f"{address}/beds?lite=1"
        assert "fangyi_session" not in page.evaluate("document.cookie")
        assert page.said == []
        assert page.hosts == {"127.0.0.1"}
