"""A frame of the time machine says what the page of the same clocks says, to those who may see it, and may be kept when it cannot change."""

import json
import struct

import numpy as np
import pytest

from dashboard import moments, scrub
from dashboard.pages import Asked, all_pages
from dashboard.pages._timeline import end_of_day, moved_to, told
from dashboard.scrub import BY_DISTRICT, FIGURES
from dashboard.view import Here
from layers._times import day_number, parse_time, to_ms
from layers.store import open_store
from tests import city
from tests.office import CITY, COMMUNITY, DISTRICT, STREET, Office, found

DAYS = ("2020-02-03", "2020-02-05", "2020-02-12")


def unpacked(answer):
    """Head and columns of a frame, as the browser reads them."""
    (size,) = struct.unpack_from("<I", answer.data)
    head, at, columns = json.loads(answer.data[4 : 4 + size]), 4 + size, {}
    for name, kind, count in head["columns"]:
        columns[name] = np.frombuffer(answer.data, kind, count, at)
        at += -(-columns[name].nbytes // 8) * 8
    assert at == len(answer.data)
    return head, columns


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scrub")
    store = found(folder)
    later = [
        {"case_id": "1", "status": "治愈", "status_at": "2020-02-11"},
        {"case_id": "6", "address": "江汉区长江花园二期2栋1单元301", "status": "临床诊断", "status_at": "2020-02-04"},
        {"case_id": "5", "withdrawn": "是"},
    ]
    city.cases(store, folder, "2020-02-12T18:00", *later)
    store.close()
    return Office(f"sqlite:///{folder / 'store.db'}")


def frame(office, person, as_of, known_at, **more):
    query = "&".join(
        f"{name}={value}" for name, value in {"page": "/", "as_of": as_of, "known_at": known_at, **more}.items()
    )
    return office.browser(person).get(f"/scrub?{query}")


@pytest.mark.parametrize("person", [CITY, DISTRICT, STREET, COMMUNITY], ids=lambda one: one.role)
@pytest.mark.parametrize("known_at", ["2020-02-10T19:00", "2020-02-13"])
@pytest.mark.parametrize("as_of", DAYS)
def test_a_frame_equals_the_page_at_the_same_clocks(office, person, as_of, known_at):
    desk = office.app.server.extensions["desk"]
    asked = Asked.at(desk, person, "/", f"?as_of={as_of}&known_at={known_at}")
    head, columns = unpacked(frame(office, person, as_of, known_at))
    counts = desk.counts(person, asked.here.view)
    assert {name: head["figures"][name] for name in FIGURES} == {
        name: None if name.endswith("_contact") else int(counts[name])
        for name in FIGURES  # nobody ever told of contacts
    }
    frames = desk.frames(person, asked.here.view, ["compounds", "hospitals", "districts"])
    order = desk.memory.kept[("scrub order", person.role, person.area, asked.here.view.area, head["v"])]
    for layer, ids, names in (("compounds", order.codes, ("now_confirmed", "now_clinical", "now_suspected", "new14_counted")), ("hospitals", order.sites, ("beds_open", "beds_used"))):  # fmt: skip
        page = frames[layer].set_index("id")
        assert set(ids) == set(page.index)
        for name in names:
            np.testing.assert_array_equal(columns[name], page[name].reindex(list(ids)).to_numpy(float), name)
    districts = frames["districts"].set_index("id").fillna(0)
    for at, name in enumerate(BY_DISTRICT):
        expected = districts.eval(name)
        assert all(head["districts"].get(code, [0, 0, 0])[at] == n for code, n in expected.items())


def test_the_curve_of_a_frame_is_that_of_the_page(office):
    desk = office.app.server.extensions["desk"]
    head, _ = unpacked(frame(office, CITY, "2020-02-12", "2020-02-12T19:00"))
    view = desk.store.view(as_of=parse_time("2020-02-12"), known_at=parse_time("2020-02-12T19:00"))
    daily = desk.daily(CITY, view).query("status in ('confirmed', 'clinical')")
    for row in daily.itertuples():
        assert head["curve"][row.status][row.day - head["curve"]["first"]] == row.n
    assert sum(head["curve"]["confirmed"]) + sum(head["curve"]["clinical"]) == daily["n"].sum() > 0


def test_beds_that_nobody_reported_are_unknown_and_not_nought(office):
    head, columns = unpacked(frame(office, CITY, "2020-02-03", "2020-02-05"))
    assert head["figures"]["beds_open"] is None
    assert np.isnan(columns["beds_used"]).all()


@pytest.mark.parametrize(("person", "area"), [(DISTRICT, "420103"), (STREET, "420102"), (COMMUNITY, "420102/一元街道")])
def test_a_frame_of_another_area_is_refused(office, person, area):
    assert frame(office, person, "2020-02-12", "2020-02-12", area=area).status_code == 403
    assert office.anybody().get("/scrub?page=/&as_of=2020-02-12&known_at=2020-02-12").status_code == 401


def test_the_rows_of_a_frame_are_the_persons_own(office):
    own = {person.role: office.browser(person).get("/scrub/order").get_json() for person in (CITY, DISTRICT, STREET)}
    assert len({one["v"] for one in own.values()}) == len({one["compounds"] for one in own.values()}) == 3
    head, columns = unpacked(frame(office, STREET, "2020-02-12", "2020-02-13"))
    assert len(columns["now_confirmed"]) == 3
    assert head["v"] == own["street"]["v"]


def test_a_frame_of_the_past_is_kept_for_ever_and_one_of_now_is_asked_again(office):
    version = office.browser(CITY).get("/scrub/order").get_json()["v"]
    past = frame(office, CITY, "2020-02-05", "2020-02-11", v=version)
    assert "immutable" in past.headers["Cache-Control"]
    assert "no-cache" in frame(office, CITY, "2020-02-05", "2020-02-11", v="other").headers["Cache-Control"]
    assert "no-cache" in frame(office, CITY, "2020-02-05", "2020-03-01", v=version).headers["Cache-Control"]
    again = office.browser(CITY).get("/scrub?page=/&as_of=2020-02-05&known_at=2020-02-11&v=" + version, headers={"If-None-Match": past.headers["ETag"]})  # fmt: skip
    assert (again.status_code, again.data) == (304, b"")


def test_a_frame_is_made_once_for_all_who_may_see_it_and_anew_after_news(tmp_path, monkeypatch):
    store, made = found(tmp_path), []
    place = Office(f"sqlite:///{tmp_path / 'store.db'}")
    make = scrub.frame_bytes
    monkeypatch.setattr(scrub, "frame_bytes", lambda *given: made.append(given[1]) or make(*given))
    first, second = (place.browser(CITY).get("/scrub?page=/") for _ in range(2))
    assert first.data == second.data
    assert made == [CITY]
    assert unpacked(place.browser(DISTRICT).get("/scrub?page=/"))[0]["v"] != unpacked(first)[0]["v"]
    assert made == [CITY, DISTRICT]
    city.cases(store, tmp_path, "2020-02-12T18:00", {"case_id": "1", "status": "治愈", "status_at": "2020-02-11"})
    store.close()
    place.browser(CITY).get("/scrub?page=/")
    assert made == [CITY, DISTRICT, CITY]


def test_a_frame_before_anything_was_known_is_not_found(office):
    assert frame(office, CITY, "2019-12-01", "2019-12-01").status_code == 404
    assert frame(office, CITY, "never", "2020-02-11").status_code == 400


# ---- clocks and moments


def test_clocks_that_rest_change_the_address_and_now_lets_them_go(office):
    here = office.app.server.extensions["desk"].here(CITY, "/", "?lang=en&area=420102")
    as_of, known = (to_ms(parse_time(day)) for day in ("2020-02-05", "2020-02-12T18:00"))
    moved = moved_to(here, {"as_of": as_of, "known_at": known}, "420102")
    assert moved == "?area=420102&as_of=2020-02-05T23:59:59.999&known_at=2020-02-12T18:00:00.000&lang=en"
    there = office.app.server.extensions["desk"].here(CITY, "/", moved)
    assert moved_to(there, {"as_of": None, "known_at": None}, None) == "?area=420102&lang=en"
    assert moved_to(there, {}, "") == moved.replace("area=420102&", "")


def test_a_clock_that_moves_keeps_what_is_selected_by_hand_before_what_the_address_says(office):
    clocks = {"path": "/", "as_of": to_ms(parse_time("2020-02-05")), "known_at": None}
    for pick, kept in ((None, "C1"), ({"layer": "compounds", "id": "C2"}, "C2"), ({"layer": "", "id": ""}, None)):
        values = {"clocks.data": clocks, "url.pathname": "/", "url.search": "?pick=compounds:C1", "pick.data": pick}
        output = next(one for one in office.app.callback_map if _asks(office, one, "clocks"))
        moved = office.call(office.browser(CITY), output, values).get_json()["response"]["url"]["search"]
        assert moved == "?as_of=2020-02-05T23:59:59.999" + (f"&pick=compounds:{kept}" if kept else "")
    here = office.app.server.extensions["desk"].here(CITY, "/", "?pick=compounds:C1")
    assert moved_to(here, {}, "420102") == "?area=420102"  # it may lie elsewhere


def _asks(office, output, name):
    return output.startswith("url.search") and [one["id"] for one in office.app.callback_map[output]["inputs"]] == [
        name
    ]


@pytest.mark.parametrize(
    "value", ["monday", {"as_of": 1}, {"path": "/", "as_of": "monday"}, {"path": "/", "known_at": 10**17}]
)
def test_clocks_of_the_wrong_kind_are_refused(office, value):
    client = office.browser(CITY)
    client.get("/healthz")
    output = next(name for name, entry in office.app.callback_map.items() if entry["inputs"][0]["id"] == "clocks")
    values = {"clocks.data": value, "url.pathname": "/", "url.search": ""}
    assert office.call(client, output, values).status_code == 400
    answer = office.call(
        client, output, values | {"clocks.data": {"path": "/", "as_of": 1580900000000, "known_at": None}}
    )
    assert answer.get_json()["response"]["url"]["search"].startswith("?as_of=2020-02-05")


def test_moments_are_bulletins_at_their_last_file_and_the_change_of_definition(tmp_path):
    store = city.found(open_store(f"sqlite:///{tmp_path / 'store.db'}", "drill"), tmp_path)
    for at in ("2020-02-10T18:00", "2020-02-12T18:00", "2020-02-12T20:00"):
        city.cases(store, tmp_path, at, {"note": at})
    office = Office(f"sqlite:///{tmp_path / 'store.db'}", "drill")
    desk = office.app.server.extensions["desk"]
    asked = Asked.at(desk, desk.gate.visitor, "/", "")
    every = moments.all_moments(desk, asked.who, asked.here.view)
    bulletins = [(one.known_at, one.as_of, one.en) for one in every if one.kind == "bulletin"]
    evening = [parse_time(at) for at in ("2020-02-12T20:00", "2020-02-10T18:00")]
    assert [(known, as_of) for known, as_of, _ in bulletins] == [(at, at) for at in evening]
    assert bulletins[0][2] == "Bulletin · 2 files, 2 rows"
    assert end_of_day(day_number(parse_time("2020-02-12"))) in [one.as_of for one in every if one.kind == "rule"]
    data = told(asked, all_pages()["/"].scene(asked))
    assert data["moves"] == ["compounds", "cases", "hospitals"]
    assert data["cases"] == sorted(
        to_ms(parse_time(at)) for at in ("2020-02-10T18:00", "2020-02-12T18:00", "2020-02-12T20:00")
    )
    assert Here("/", asked.here.view).search == ""
