"""The offline page of a briefing: whole without a network, inert whatever stands in a name, the same bytes for the same state."""

import base64
import hashlib
import io
import re
from threading import Event

import pytest
from PIL import Image

from dashboard.access import Gate
from dashboard.briefing import PARTS, Choice, compose, paper, write
from dashboard.briefing.blocks import Figures, Paragraph
from dashboard.briefing.issuing import GENUINE, code_in, issue, verify_file
from dashboard.desk import Desk
from dashboard.settings import Settings
from dashboard.tables import TableStore
from dashboard.view import read
from layers._errors import Cancelled
from layers.store import open_store
from tests import city
from tests.browser import chromium, listen, until

EVIL = "</script><script>window.evil=1</script><img src=x onerror=window.evil=1>"


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("web")
    store = city.found(open_store(f"sqlite:///{folder / 'store.db'}", "drill"), folder)
    row = {"compound_id": "C6", "name": EVIL, "district": "江岸区", "street": "一元街道", "households": 90}
    city.deliver(store, "compounds", city.geojson(folder / "evil.geojson", [(row, city.square(1, 1))]), "2020-01-02T08:00", datum="wgs84")  # fmt: skip
    sites = city.table(folder / "hospitals.csv", city.SITES)
    city.deliver(store, "hospitals", sites, "2020-01-03T08:20", datum="wgs84")
    city.cases(store, folder, "2020-02-05T18:00", {"case_id": "1"}, {"case_id": "2"}, {"case_id": "6", "address": EVIL})
    settings = Settings(store="", var=folder)
    yield Desk(settings, store, Gate(settings), TableStore())
    store.close()


@pytest.fixture(scope="module", params=["zh", "en"])
def said(desk, request):
    place = read("/briefing", f"?lang={request.param}", desk.store)
    return compose(desk, desk.gate.visitor, place, Choice(PARTS, ("all",), "html"))


@pytest.fixture(scope="module")
def offline(said, tmp_path_factory):
    return write(said, tmp_path_factory.mktemp("page") / "briefing.html")


def scripts(text):
    return re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL)


def test_the_same_briefing_is_the_same_bytes_and_bears_its_code(said, offline, tmp_path):
    assert offline.read_bytes() == write(said, tmp_path / "again.html").read_bytes()
    assert code_in(offline.read_bytes()) == said.code
    assert offline.stat().st_size < 2_500_000


def test_all_that_is_said_stands_in_it_with_its_footnote(said, offline):
    text = offline.read_text("utf-8")
    for section in said.sections[1:]:
        for block in section.of(Figures):
            assert all(f'title="{one.code}"' in text and one.written in text for one in block.figures)
        for block in section.of(Paragraph):
            assert all(f'href="#{code}"' in text for code in block.codes)
    assert [code for code in said.footnotes if f'<tr id="{code}">' not in text] == []
    assert said.secrecy.said(said.lang) in text


def test_its_policy_lets_nothing_in_and_runs_only_its_own_scripts(offline):
    text = offline.read_text("utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1].replace("&#x27;", "'")
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert not any("unsafe" in rule or "http" in rule or "*" in rule for rule in rules.values())
    (own,) = scripts(text)
    digest = base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in rules["script-src"]
    assert len(rules["script-src"].split()) == 2
    assert re.findall(r'(?:src|href)="(?!#)[^"]*"', text) == []


def test_a_name_that_is_markup_is_only_a_name(offline):
    text = offline.read_text("utf-8")
    assert EVIL not in text
    assert "<img" not in text
    assert "\\u003c/script\\u003e" in text
    assert "&lt;/script&gt;" in text


def test_stopped_on_the_way_nothing_is_left(said, tmp_path):
    stop = Event()
    stop.set()
    with pytest.raises(Cancelled):
        write_it(said, tmp_path / "x.html", stop)
    assert list(tmp_path.iterdir()) == []


def write_it(said, out, stop):
    return write(said, out, None, stop)


def test_it_is_verified_like_every_print(desk, tmp_path):
    place = read("/briefing", "?lang=zh", desk.store)
    out = tmp_path / "issued.html"
    issue(desk, desk.gate.visitor, place, Choice(("beds",), (), "html"), out)
    assert verify_file(desk, out.read_bytes()).said == GENUINE


def drawn(tab):
    """Return the colours that the map shows."""
    picture = Image.open(io.BytesIO(tab.locator("#canvas").screenshot())).convert("RGB")
    return {"#{:02x}{:02x}{:02x}".format(*colour) for _, colour in picture.getcolors(1 << 24)}


def test_a_browser_without_a_network_draws_the_map_both_ways(desk, tmp_path):
    choice = Choice(("lockdown", "beds"), ("420102",), "html")
    said = compose(desk, desk.gate.visitor, read("/briefing", "?lang=zh", desk.store), choice)
    offline = write(said, tmp_path / "briefing.html")
    with chromium() as browser:
        for way, engine in (("", "webgl"), ("#plain", "plain")):
            tab = browser.new_page(viewport={"width": 1366, "height": 768})
            listen(tab)
            tab.goto(offline.as_uri() + way)
            until(tab, "window.Fangyi && Fangyi.ready > 0 && !!Fangyi.engine && !!document.querySelector('#legend li')")
            assert tab.evaluate("Fangyi.engine") == engine
            tab.locator("#canvas").scroll_into_view_if_needed()
            canvas = tab.locator("#canvas").bounding_box()
            tab.mouse.move(canvas["x"] + canvas["width"] / 2, canvas["y"] + canvas["height"] / 2)
            until(tab, "!document.querySelector('.tip').hidden")
            tab.locator("#focus").select_option(index=1)
            ready = tab.evaluate("Fangyi.ready")
            tab.locator("[data-zoom='1']").click()
            until(tab, f"Fangyi.ready > {ready}")
            tab.locator("[data-map]").last.click()
            assert tab.evaluate("document.getElementById('which').value") == tab.evaluate("[...document.querySelectorAll('[data-map]')].at(-1).dataset.map")  # fmt: skip
            assert drawn(tab) & {paper.ACTION["seal"], paper.ACTION["seal_building"], paper.ACTION["keep"]}
            assert tab.evaluate("[window.evil, Fangyi.errors.length]") == [None, 0]
            assert (tab.said, tab.hosts) == ([], {None})
            if engine == "plain":
                tab.evaluate("dispatchEvent(new Event('beforeprint'))")
                assert tab.evaluate(
                    "[...document.querySelectorAll('[data-paper]')].every(one => one.querySelector('path'))"
                )
            tab.close()
