"""What programs read: their own area alone, at both clocks, told again only when it changed; and the steps of their orders."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.api.reads import LEVELS, PLACED
from layers.store import journal, orders, tokens
from layers.store.tokens import Token
from tests.office import CITY, Office
from tests.orders import given, walked

LATER = datetime.now(UTC) + timedelta(days=30)
THEN = "known_at=2020-02-10T20:00"  # when the files of the offices' city had just come
READERS = {
    "city": ("city", ""),
    "district": ("district", "420102"),
    "other": ("district", "420103"),
    "street": ("street", "420102/一元街道"),
    "community": ("community", "compound:C1"),
}
READS = ("/counts", "/beds", "/stocks", "/orders", *(f"/layers/{layer}" for layer in PLACED))
OWN = {  # reader -> the compounds and the hospitals that it reads of
    "city": ({"C1", "C2", "C3", "C4", "C5", "C6", "C7", "C9"}, {"H1", "H2", "H9"}),
    "district": ({"C1", "C2", "C3", "C6", "C7"}, {"H1"}),
    "other": ({"C4", "C5"}, {"H2"}),
    "street": ({"C1", "C2", "C3"}, {"H1"}),
    "community": ({"C1"}, {"H1"}),
}
FEEDBACK = "已封闭，两个出入口值守"


@pytest.fixture(scope="module")
def place(built, tmp_path_factory):
    return Office.copy(tmp_path_factory.mktemp("reads"), built)


@pytest.fixture(scope="module")
def held(place):
    """A token for each reader, and one that takes steps of orders."""
    rights = ("orders",)
    return {
        name: tokens.add(place.store, "root", Token(0, name, "a", (), None, *who, rights, 6_000), LATER)
        for name, who in READERS.items()
    }


@pytest.fixture
def ask(place, held):
    """Ask an address beneath /api/v1 as a reader."""

    def asked(name, path, **headers):
        head = {"Authorization": f"Bearer {held[name]}"} | headers
        return place.anybody().get(f"/api/v1{path}", headers=head)

    return asked


@pytest.fixture
def step(place, held):
    """Take a step of an order as a reader."""

    def taken(name, number, do, **body):
        head = {"Authorization": f"Bearer {held[name]}"}
        return place.anybody().post(f"/api/v1/orders/{number}/{do}", json=body, headers=head)

    return taken


# ---- area


@pytest.mark.parametrize("name", READERS)
def test_each_reader_reads_its_own_area(ask, name):
    compounds, sites = OWN[name]
    features = ask(name, f"/layers/compounds?{THEN}").get_json()["features"]
    assert {one["id"] for one in features} == compounds
    assert {one["hospital"] for one in ask(name, f"/beds?{THEN}").get_json()["rows"]} == sites
    assert {one["site"] for one in ask(name, f"/stocks?{THEN}").get_json()["rows"]} == sites
    assert {one["id"] for one in ask(name, f"/layers/hospitals?{THEN}").get_json()["features"]} == sites
    assert {one["id"] for one in ask(name, "/layers/districts").get_json()["features"]} == {"420102", "420103"}


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("name", [one for one in READERS if one != "city"])
def test_no_reader_reads_of_another_area(ask, name, path):
    foreign = "420103" if name != "other" else "420102"
    shared = path == "/layers/districts"
    for area in (foreign, f"compound:{'C4' if name != 'other' else 'C1'}", f"{foreign}/二七街道"):
        answer = ask(name, f"{path}?area={area}")
        assert shared or answer.status_code in (400, 403), (area, answer.get_data(as_text=True))
    text = ask(name, f"{path}?{THEN}").get_data(as_text=True)
    assert shared or not any(
        word in text for word in ("长江花园" if name != "other" else "春风里", "与同事聚餐", "邻居")
    )


@pytest.mark.parametrize("name", READERS)
def test_counts_are_of_the_own_area_at_every_level_that_is_offered(ask, name):
    level = {"city": "city", "other": "district", "community": "compound"}.get(name, name)
    for one in LEVELS[level]:
        answer = ask(name, f"/counts?level={one}&{THEN}")
        areas = {row["area"] for row in answer.get_json()["rows"]}
        area = READERS[name][1].removeprefix("compound:")
        assert name == "city" or all(code == area or code.startswith(f"{area}/") for code in areas), areas
    refused = ask(name, f"/counts?level=compound&{THEN}")
    assert refused.status_code == (200 if level == "compound" else 400)


def test_counts_are_those_of_the_files(ask):
    counts = ask("city", f"/counts?{THEN}").get_json()["rows"][0]["counts"]
    assert counts["confirmed"] == {"now": 3, "ever": 3, "new_1_day": 0, "new_14_days": 3, "last": "2020-02-03"}
    assert counts["suspected"]["now"] == 2
    assert counts["contact"]["now"] is None  # no file of contacts ever came: that is not nobody
    before = ask("city", "/counts?as_of=2020-02-02&known_at=2020-02-10T20:00").get_json()
    assert before["rows"] == [] or before["rows"][0]["counts"]["confirmed"]["now"] == 0


def test_beds_and_stocks_are_those_of_the_files(ask):
    (bed,) = ask("district", f"/beds?{THEN}").get_json()["rows"]
    assert (bed["hospital"], bed["bed_kind"], bed["open"], bed["used"]) == ("H1", "all", 100, 90)
    (stock,) = ask("district", f"/stocks?{THEN}").get_json()["rows"]
    assert (stock["item"], stock["quantity"], stock["daily_use"], stock["days_of_cover"]) == ("N95", 100, 60, 1.667)


# ---- clocks


@pytest.mark.parametrize("path", READS)
def test_both_clocks_are_asked_for_and_told(ask, path):
    told = ask("city", f"{path}?as_of=2020-02-09&known_at=2020-02-10T19:00").get_json()
    assert told["as_of"] == "2020-02-09T23:59:59.999000+08:00"
    assert told["known_at"] == "2020-02-10T19:00:00+08:00"
    assert isinstance(told["revision"], int)


@pytest.mark.parametrize("path", READS)
def test_what_did_not_change_is_not_sent_again(ask, path):
    first = ask("city", f"{path}?{THEN}")
    again = ask("city", f"{path}?{THEN}", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")
    earlier = ask("city", f"{path}?known_at=2020-02-09T10:30", **{"If-None-Match": first.headers["ETag"]})
    assert earlier.status_code == 200


@pytest.mark.parametrize(
    "query",
    ["as_of=soon", "known_at=9999-12-31", "as_of=0001-01-01", "area=" + "x" * 121, "area=zzz", "as-of=2020-02-01", "lang=fr", "level=moon", "state=x"],
)  # fmt: skip
def test_a_parameter_that_makes_no_sense_is_a_problem(ask, query):
    for path in READS:
        if (path, query) == ("/layers/districts", "area=zzz"):  # they are the whole city's whoever asks
            continue
        answer = ask("city", f"{path}?{query}")
        assert (answer.status_code, answer.content_type) == (400, "application/problem+json"), path


# ---- shapes


def test_outlines_are_geojson_in_degrees_without_anybody(ask):
    answer = ask("city", f"/layers/compounds?{THEN}")
    assert answer.content_type == "application/geo+json"
    told = answer.get_json()
    assert told["type"] == "FeatureCollection"
    feature = next(one for one in told["features"] if one["id"] == "C1")
    assert feature["geometry"]["type"] == "Polygon"
    west, south = feature["geometry"]["coordinates"][0][0]
    assert (114 < west < 115, 30 < south < 31) == (True, True)
    assert feature["properties"]["now_confirmed"] == 1
    assert not {"person", "address", "note"} & feature["properties"].keys()


def test_a_layer_that_is_not_offered_is_not_there(ask):
    for layer in ("cases", "staff", "labels", "nothing"):
        assert ask("city", f"/layers/{layer}").status_code == 404


# ---- orders


def test_an_order_is_read_acknowledged_and_reported_by_its_owner(place, ask, step):
    number = given(place.store)
    (row,) = [one for one in ask("street", "/orders").get_json()["rows"] if one["number"] == number]
    assert (row["state"], row["owner_area"]) == ("given", "420102/一元街道")
    told = step("street", number, "acknowledge", seen=row["version"])
    assert (told.status_code, told.get_json()["state"]) == (200, "acknowledged")
    assert step("street", number, "report", text="好").status_code == 422
    told = step("street", number, "report", text=FEEDBACK).get_json()
    assert (told["state"], told["feedback"], told["acted_by"]) == ("done", FEEDBACK, "api:street")
    entry = journal.entries(place.store, 1).iloc[0]
    assert (entry["actor"], entry["action"], entry["subject"]) == ("api:street", "order", number)
    assert number not in {one["number"] for one in ask("street", "/orders?state=given").get_json()["rows"]}
    assert number in {one["number"] for one in ask("street", "/orders?state=done").get_json()["rows"]}


def test_a_step_that_was_taken_is_taken_once_however_often_it_is_sent(place, step):
    number = given(place.store, "C2")
    first = step("street", number, "acknowledge")
    entries = len(journal.entries(place.store, 10_000))
    again = step("street", number, "acknowledge")
    assert (again.status_code, again.get_json()) == (200, first.get_json())
    assert len(journal.entries(place.store, 10_000)) == entries
    assert step("street", number, "acknowledge", text="另一句").status_code == 409
    assert step("district", number, "acknowledge").status_code == 409  # another program took it
    assert step("street", number, "report", text=FEEDBACK, seen=1).status_code == 409


def test_an_order_of_somebody_else_is_not_there(place, ask, step):
    number = given(place.store, "C3")
    for name in ("other", "community"):
        assert number not in {one["number"] for one in ask(name, "/orders?state=all").get_json()["rows"]}
        for asked in (number, "L-19990101-001"):
            answer = step(name, asked, "acknowledge")
            assert (answer.status_code, answer.get_json()["type"]) == (404, "urn:fangyi:problem:no-order")
    walked(place.store, number, "closed")
    assert step("street", number, "report", text=FEEDBACK).status_code == 409


def test_a_feedback_with_the_number_of_a_person_is_refused(place, step):
    number = given(place.store, "C6", owner_area="420102")
    step("district", number, "acknowledge")
    answer = step("district", number, "report", text="张某 13912345678 已转运")
    assert answer.status_code == 422
    assert "13912345678" not in answer.get_data(as_text=True)
    desk = place.app.server.extensions["desk"]
    rows = desk.gate.read(place.store, CITY, orders.one(number), place.store.view())
    assert rows["state"][0] == "acknowledged"


@pytest.mark.parametrize(
    "body", ["", "[]", '{"text": 7}', '{"seen": "1"}', '{"seen": -1}', '{"done": true}', '{"text": "\\u0000"}']
)
def test_a_step_of_another_form_is_a_problem(place, held, body):
    head = {"Authorization": f"Bearer {held['street']}"}
    answer = place.anybody().post("/api/v1/orders/L-1/report", data=body, content_type="application/json", headers=head)
    assert answer.status_code in (400, 422)
    assert json.loads(answer.get_data())["status"] == answer.status_code


@pytest.mark.parametrize("query", ["area=%00", "area=compound:%00"])
def test_a_character_that_no_database_takes_is_the_callers_fault(ask, query):
    for path in READS:
        assert ask("city", f"{path}?{query}").status_code == 400
