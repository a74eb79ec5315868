"""The map as an instrument, in a real browser: select and order, search and fly, filter, levels, measure, picture, keyboard, plain."""

import io
import time

import numpy as np
import pytest
from PIL import Image
from pyproj import Geod

from layers.store import open_store
from tests import city
from tests.browser import chromium, listen, serving, until

MIDDLE = (city.WEST + 0.005, city.SOUTH + 0.005)  # of the first compound
STATE = "window.Fangyi.map"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("map")
    url = f"sqlite:///{folder / 'store.db'}"
    store = city.found(open_store(url, "drill"), folder)
    city.deliver(store, "hospitals", city.table(folder / "h.csv", city.SITES), "2020-02-01", datum="wgs84")
    rows = [
        (name, house) for name in ("江岸区春风里", "江岸区丹水池小区") for house in range(1, 5)
    ]  # no one building alone
    rows = [
        {"case_id": str(i), "address": f"{name}{house}栋", "status_at": "2020-02-09"}
        for i, (name, house) in enumerate(rows)
    ]
    city.cases(store, folder, "2020-02-10T18:00", *rows)
    store.close()
    with serving(url) as found:
        yield found


@pytest.fixture(scope="module")
def page(address):
    """One page for all tests that leave it as they found it."""
    with chromium() as browser:
        context = browser.new_context(
            viewport={"width": 1280, "height": 720}, color_scheme="dark", accept_downloads=True
        )
        found = context.new_page()
        listen(found)
        open_at(found, address, "/lockdown?lite=1")
        yield found
        assert found.said == []
        assert found.evaluate("window.Fangyi.errors") == []


def open_at(page, address, path):
    page.goto(address + path)
    until(page, "window.Fangyi && window.Fangyi.ready > 0", 60)
    until(page, "!document.querySelector('.map-tools').hidden")


def pixel(page, lon, lat):
    return page.evaluate(f"{STATE}.engine.viewport().project([{lon}, {lat}])")


def line(page):
    return page.locator(".map-level p").inner_text()


def tried(does, holds, seconds=60):
    """Do something until what it leads to holds, as a person would: where pictures are drawn by software a frame can miss a press."""
    end = time.monotonic() + seconds
    while True:
        does()
        waited = time.monotonic() + 3
        while time.monotonic() < waited:
            if holds():
                return
            time.sleep(0.1)
        assert time.monotonic() < end, "it never came"


def over(page, place):
    """Move the pointer to a place, from beside it: a pointer that rests where it was tells nothing."""
    x, y = pixel(page, *place)
    page.mouse.move(x - 2, y)
    page.mouse.move(x, y)


def corners(page):
    """Two corners of the screen with the second and third compound between them."""
    (left, low), (right, high) = pixel(page, city.WEST + 0.015, city.SOUTH - 0.002), pixel(page, city.WEST + 0.055, city.SOUTH + 0.012)  # fmt: skip
    return (left, high), (right, low)


def drag(page, path):
    page.mouse.move(*path[0])
    page.mouse.down()
    for point in path[1:]:
        page.mouse.move(*point, steps=3)
    page.mouse.up()


def colours(page):
    """How many colours the middle of the screen shows, between the panels."""
    picture = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    high, wide = picture.shape[:2]
    picture = picture[high // 5 : high * 2 // 3, wide * 3 // 8 : wide * 5 // 8]
    return len(np.unique(picture.reshape(-1, 3), axis=0))


def red(page):
    """How many points of the map are red."""
    canvas = np.asarray(Image.open(io.BytesIO(page.locator("#map canvas").screenshot())).convert("RGB"))
    return (np.abs(canvas.astype(int) - [242, 96, 78]).sum(axis=2) < 60).sum()


def test_the_map_is_drawn_with_webgl_and_a_compound_is_clicked_on_it(page):
    assert not page.evaluate(f"{STATE}.isPlain")
    tried(lambda: None, lambda: colours(page) > 5)  # land, border, compounds and names: not one flat colour
    tried(lambda: over(page, MIDDLE), lambda: page.locator(".hover-card:not([hidden])").count())
    assert "春风里" in page.locator(".hover-card").inner_text()
    # as slow as a busy machine makes every press
    tried(lambda: page.mouse.click(*pixel(page, *MIDDLE), delay=600), lambda: page.locator("#compound").count())
    assert "春风里" in page.locator("#compound").inner_text()
    page.locator("#compound button").first.click()
    until(page, f"document.querySelector('#compound') === null && {STATE}.picked === null")
    page.evaluate("Fangyi.fullExtent()")


def test_levels_add_up_and_say_which_is_drawn(page):
    sums = []
    for level, count in (("district", 2), ("street", 2), ("compound", 5)):
        page.locator(f".map-level [data-level={level}]").click()
        until(page, f"{STATE}.level.now === '{level}'")
        assert f"{count} 个" in line(page)
        sums.append(page.evaluate("Fangyi.levelSums().total"))
        places = page.evaluate(f"{STATE}.level.places.reduce((sum, one) => sum + one.n, 0)")
        assert level == "compound" or places == sums[-1]
    assert sums == [2, 2, 2]  # two compounds to seal, at every level
    page.locator(".map-level [data-level=auto]").click()


def test_a_class_of_the_legend_is_left_alone_and_counted(page):
    seal = page.locator(".legend [data-class='compounds:0']")
    assert seal.locator(".legend-count").inner_text() == "2"
    before = page.evaluate(f"({STATE}.layers.find(one => one.json.id === 'compounds-0') || {{}}).json.id")
    seal.click()
    assert seal.get_attribute("aria-pressed") == "true"
    assert page.locator(".legend [data-class='compounds:3']").evaluate("one => one.classList.contains('out')")
    alpha = """row => { const layer = Fangyi.map.layers.find(one => one.json.id === 'compounds-0'); const target = [0, 0, 0, 0];
        return layer.props.getFillColor(null, {index: row, target})[3]; }"""
    assert page.evaluate(alpha, 0) > 200  # C1 is to be sealed
    assert page.evaluate(alpha, 2) < 60  # C3 is not
    seal.click()
    assert page.evaluate(alpha, 2) > 200
    assert before == "compounds-0"


def test_a_lasso_selects_and_the_selection_is_ordered(page):
    page.locator("[data-tool=lasso]").click()
    assert page.locator("[data-tool=lasso]").get_attribute("aria-pressed") == "true"
    (left, top), (right, low) = corners(page)
    drag(page, [(left, top), (right, top), (right, low), (left, low), (left, top + 3)])
    until(page, f"{STATE}.many.ids.length === 2")
    panel = page.locator("#selection-panel")
    assert "已选 2 个小区" in panel.inner_text()
    assert "4 人" in panel.inner_text()
    assert page.url.endswith("#sel=C2,C3")
    page.locator("#selection-act .order-open").click()
    page.wait_for_selector(".order-dialog")
    assert page.locator(".order-names").inner_text() == "丹水池小区"  # nothing is proposed for the other
    page.keyboard.press("Escape")
    until(page, "!document.querySelector('.order-dialog')")
    page.locator("#selection-panel .close").click()
    until(page, "document.getElementById('selection-panel').hidden && !location.hash")


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        (["420106-0001", "420106-0002", "420106-0003", "420106-0007"], "420106-0001~0003,~0007"),
        (["A1", "A2", "B9", "B10"], "A1,A2,B10,B9"),  # of another length is no next one
        (["C098", "C099", "C100", "C101"], "C098~101"),
        (["春风里", "a~1", "x,y"], "a%7E1,x%2Cy,%E6%98%A5%E9%A3%8E%E9%87%8C"),
    ],
)
def test_a_selection_is_short_in_the_address_and_read_back(page, ids, text):
    assert page.evaluate("ids => Fangyi.shortened(ids)", ids) == text
    assert page.evaluate("text => Fangyi.lengthened(text)", text) == sorted(ids)
    assert page.evaluate("ids => Fangyi.lengthened(ids.map(encodeURIComponent).join())", ids[:1]) == ids[:1]
    assert page.evaluate("Fangyi.lengthened('~5,A1~x,A1~9999999999,%E0%A4%A,')") == ["A1", "A1"]


def test_a_link_of_a_selection_opens_without_a_fault_however_slowly_the_page_comes(page, address):
    other = page.context.new_page()
    listen(other)
    other.route("**/_dash-layout", lambda route: (time.sleep(1.2), route.continue_()))
    other.add_init_script("addEventListener('load', () => dispatchEvent(new Event('resize')))")  # as phones do
    open_at(other, address, "/lockdown?lite=1#compounds=%E6%98%A5&sel=C1,C4")
    until(other, f"{STATE}.many.ids.join() === 'C1,C4'")
    other.evaluate("Fangyi.selectMany(['C1', 'C2', 'C3'], false)")
    assert other.url.endswith("#compounds=%E6%98%A5&sel=C1~3")
    other.evaluate("history.replaceState(null, '', '#compounds=x'); document.body.append(document.createElement('i'))")
    until(other, "location.hash === '#compounds=x&sel=C1~3'")  # the filter of a table was written, the selection stays
    other.evaluate("Fangyi.clearMany()")
    assert other.url.endswith("#compounds=x")
    assert other.evaluate("Fangyi.errors") == []
    assert other.said == []
    other.close()


def test_shift_and_drag_is_a_box(page):
    page.keyboard.down("Shift")
    drag(page, list(corners(page)))
    page.keyboard.up("Shift")
    until(page, f"{STATE}.many.ids.length > 0")
    assert page.evaluate(f"{STATE}.many.ids") == ["C2", "C3"]
    page.evaluate("Fangyi.clearMany()")


def test_a_place_is_searched_with_the_keyboard_flown_to_and_selected(page):
    page.evaluate("Fangyi.fullExtent()")
    page.keyboard.press("/")
    box = page.locator("#map-search")
    box.fill("cjhy")
    until(page, "document.querySelectorAll('#map-found li').length === 2")
    assert box.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") == "map-found-1"
    page.keyboard.press("Enter")
    until(page, f"{STATE}.picked && {STATE}.picked.id === 'C5' && location.search.includes('pick=compounds:C5')")
    until(page, f"{STATE}.engine.viewport().zoom > 14")
    assert page.evaluate(f"{STATE}.engine.viewport().longitude") == pytest.approx(city.WEST + 0.085, abs=0.01)
    page.wait_for_selector("#compound")
    box.fill("yyjd")
    until(page, "document.querySelectorAll('#map-found li').length > 0")
    page.keyboard.press("Enter")
    until(page, f"{STATE}.many.ids.length >= 2")  # a street is selected with its compounds
    page.evaluate("Fangyi.clearMany(); Fangyi.send('pick', {layer: '', id: ''}); Fangyi.fullExtent()")
    until(page, f"{STATE}.picked === null")


def test_a_measured_distance_is_the_geodesic_one(page):
    a, b, c = (114.2, 30.5), (114.3, 30.6), (114.35, 30.5)
    _, _, metres = Geod(ellps="WGS84").inv(*a, *b)
    assert page.evaluate(f"Fangyi.geodesic.distance({list(a)}, {list(b)})") == pytest.approx(metres, abs=0.001)
    square, _ = Geod(ellps="WGS84").polygon_area_perimeter(*zip(a, b, c, strict=True))
    area = page.evaluate(f"Fangyi.geodesic.area({[list(one) for one in (a, b, c)]})")
    assert area == pytest.approx(abs(square), rel=1e-6)
    page.locator("[data-tool=distance]").click()
    for lon in (0.03, 0.05):
        page.mouse.click(*pixel(page, city.WEST + lon, city.SOUTH + 0.02))
        page.wait_for_timeout(350)  # two clicks and not a double one
    zoom = page.evaluate(
        f"Fangyi.report({{place: {{box: [114.2, 30.5, 114.21, 30.51]}}}}) || {STATE}.engine.viewport().zoom"
    )
    page.wait_for_timeout(400)
    assert (
        page.evaluate(f"{STATE}.engine.viewport().zoom") == zoom
    )  # a circle under a point of the measurement flies nowhere
    page.keyboard.press("Escape")
    _, _, wanted = Geod(ellps="WGS84").inv(city.WEST + 0.03, city.SOUTH + 0.02, city.WEST + 0.05, city.SOUTH + 0.02)
    assert float(page.locator(".map-measured").get_attribute("data-value")) == pytest.approx(wanted, rel=0.02)
    assert "距离" in page.locator(".map-measured p").inner_text()
    page.keyboard.press("Escape")
    until(page, "document.querySelector('.map-measured').hidden")
    assert page.locator("#compound").count() == 0  # clicks that measured picked nothing


def test_the_scale_bar_tells_the_truth(page):
    until(page, f"Fangyi.scaleBar().zoom === {STATE}.engine.viewport().zoom")
    length, text = page.evaluate("(({length, text}) => [length, text])(Fangyi.scaleBar())")
    metres = float(text.split()[0]) * (1000 if text.endswith("km") else 1)
    y = pixel(page, *MIDDLE)[1]
    (west, lat), (east, _) = (page.evaluate(f"{STATE}.engine.viewport().unproject([{x}, {y}]).slice(0, 2)") for x in (600, 600 + length))  # fmt: skip
    assert Geod(ellps="WGS84").inv(west, lat, east, lat)[2] == pytest.approx(metres, rel=0.02)


def test_the_picture_holds_map_title_clocks_and_marks(page):
    with page.expect_download() as waits:
        page.locator("[data-tool=picture]").click()
    assert waits.value.suggested_filename.endswith(".png")
    picture = Image.open(waits.value.path()).convert("RGB")
    assert picture.width > 400
    pixels = np.asarray(picture)
    head, body, foot = pixels[:70], pixels[100:-130], pixels[-110:]
    assert all(len(np.unique(part.reshape(-1, 3), axis=0)) > 20 for part in (head, body, foot))


def test_the_map_is_worked_with_keys_alone(page):
    page.locator("#map").focus()
    before = page.evaluate(f"{STATE}.engine.viewport().zoom")
    page.keyboard.press("+")
    until(page, f"{STATE}.engine.viewport().zoom > {before}")
    page.keyboard.press("Home")
    until(page, f"Math.abs({STATE}.engine.viewport().zoom - {before}) < 0.6")
    page.locator(".map-level [data-level=compound]").click()
    page.locator("#map").focus()
    page.keyboard.press("Tab")
    page.wait_for_selector(".hover-card:not([hidden])")
    named = page.locator(".hover-card b").inner_text()
    page.keyboard.press("Enter")
    page.wait_for_selector("#detail .panel")
    assert named in page.locator("#detail").inner_text()
    page.evaluate("Fangyi.send('pick', {layer: '', id: ''})")
    page.locator(".map-level [data-level=auto]").click()


def test_layers_keep_the_order_and_opacity_that_a_person_chose(page):
    page.locator("[data-tool=layers]").click()
    rows = page.locator(".map-layer-list li")
    assert "小区" in rows.all_inner_texts()[1]
    page.locator(".map-layer-list input[type=range]").nth(1).fill("50")
    assert page.evaluate("Fangyi.chosenOpacity('compounds')") == 0.5
    assert "0.5" in page.evaluate("localStorage.getItem('fangyi.layers')")
    page.locator(".map-layer-list > button").click()
    assert page.evaluate("Fangyi.chosenOpacity('compounds')") == 1
    page.locator("[data-tool=layers]").click()


def test_the_light_theme_is_drawn_without_a_request(page):
    ground = "(() => { const layer = Fangyi.map.layers.find(one => one.json.layer === 'districts'); return layer.props.getFillColor(null, {index: 0, target: [0, 0, 0, 0]})[0]; })()"  # fmt: skip
    assert page.evaluate(ground) < 60
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/table/" in request.url else None)
    page.evaluate("Fangyi.skin.choose('light')")
    until(page, f"{ground} > 200")
    page.evaluate("Fangyi.skin.choose('dark')")
    until(page, f"{ground} < 60")
    assert asked == []


def test_without_webgl_status_levels_selection_and_search_are_there_as_well(page, address):
    open_at(page, address, "/lockdown?plain=1#sel=C1,C4,nobody")
    assert page.evaluate(f"{STATE}.isPlain")
    until(page, f"{STATE}.many.ids.join() === 'C1,C4'")  # from the copied address; what is not there is left out
    assert "已选 2 个小区" in page.locator("#selection-panel").inner_text()
    page.evaluate("Fangyi.clearMany()")
    page.locator(".map-level [data-level=street]").click()
    until(page, f"{STATE}.level.now === 'street'")
    tried(lambda: None, lambda: red(page) > 300)  # the circles of the streets
    page.locator(".map-level [data-level=auto]").click()
    page.locator("#map-search").fill("dsc")
    until(page, "document.querySelectorAll('#map-found li').length > 0")
    page.keyboard.press("Enter")
    until(page, f"{STATE}.picked && {STATE}.picked.id === 'C2'")
