"""Row 13 of the fault matrix: scripts in names, remarks and orders reach tooltip, table, panel and page as text, in a real browser."""

import pytest

from layers.store import open_store
from tests import city
from tests.browser import chromium, serving
from tests.faults.family import until

EVIL = "</script><script>window.evil=1</script><img src=x onerror=window.evil=1>"
PAGES = ("/", "/situation", "/lockdown", "/lockdown?table=compounds", "/lockdown?pick=compounds:C1", "/beds", "/beds?pick=hospitals:H1",
         "/supplies", "/staff", "/orders", "/quality", "/imports", "/changes", "/wall", f"/lockdown?area={EVIL}", "/journal")  # fmt: skip


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("row13")
    url = f"sqlite:///{folder / 'store.db'}"
    store = city.found(open_store(url, "drill"), folder)
    site = {"hospital_id": "H1", "name": EVIL, "kind": "定点", "district": "420102", "lon": 114.22, "lat": 30.51}
    city.deliver(store, "hospitals", city.table(folder / "h.csv", [site]), "2020-02-01", datum="wgs84")
    bed = {"hospital": "H1", "kind": "ordinary", "reported_for": "2020-02-09T08:00", "open": 10, "used": 9}
    city.deliver(store, "beds", city.table(folder / "b.csv", [bed]), "2020-02-09T18:00")
    team = {"team_id": "T1", "team": EVIL, "origin": EVIL, "skill": "护士", "people": 9, "arrived_at": "2020-02-01"}
    city.deliver(store, "staff", city.table(folder / "s.csv", [team]), "2020-02-09T19:00")
    rows = [{"case_id": f"{EVIL}{n}", "note": EVIL, "hospital": EVIL} for n in range(4)]
    city.cases(store, folder, "2020-02-10T18:00", *rows, source=EVIL)
    store.close()
    with serving(url) as found:
        yield found


def test_no_text_is_run_on_any_page(address):
    with chromium(webgl=False) as browser:
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        asked, told = [], []
        page.on("dialog", lambda dialog: asked.append(dialog.message) or dialog.dismiss())
        page.on("console", lambda one: told.append(one.text) if "Content Security Policy" in one.text else None)
        for path in PAGES:
            page.goto(address + path)
            until(lambda: page.evaluate("(document.querySelector('#page') || document.body).innerText.length > 40"), 90)
            page.wait_for_timeout(300)
            assert page.evaluate("window.evil") is None, path
        assert (asked, told) == ([], [])


def test_the_text_is_there_to_be_read(address):
    with chromium(webgl=False) as browser:
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.goto(f"{address}/beds?pick=hospitals:H1")
        until(lambda: page.evaluate("document.body.innerText.includes('onerror=window.evil')"), 90)
        assert page.evaluate("window.evil") is None
