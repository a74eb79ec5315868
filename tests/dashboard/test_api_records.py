"""Deliveries by the API: a token, a batch of records, the receipt of the intake; asked again, the same answer."""

import io
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event, Semaphore

import pytest
from sqlalchemy import func, select

from dashboard.api import bodies, records
from layers._errors import FeedError
from layers.intake import unbatch
from layers.intake.receipt import filed
from layers.store import journal, tokens
from layers.store.schema import FOREVER, batch, person
from layers.store.tokens import Token
from tests.office import CITY, Office, said

BED = {"hospital": "H1", "kind": "icu", "reported_for": "2020-02-10T08:00:00+08:00", "open": 40, "used": 39, "free": 1}
BEDS = "/api/v1/feeds/beds/records"
PROBLEM = "application/problem+json"
LATER = datetime.now(UTC) + timedelta(days=30)


@pytest.fixture(scope="module")
def place(built, tmp_path_factory):
    return Office.copy(tmp_path_factory.mktemp("api"), built)


@pytest.fixture(scope="module")
def key(place):
    """A token for every feed."""
    feeds = ("beds", "supplies", "cases", "compounds", "districts", "hospitals")
    return tokens.add(place.store, "root", Token(0, "his-1", "第一医院信息科", feeds, per_minute=5_000), LATER)


@pytest.fixture
def post(place, key):
    """Send records of a feed."""

    def sent(feed, *records, query="", secret=key, headers=(), data=None, **body):
        more = {"Authorization": f"Bearer {secret}", **dict(headers)} if secret else dict(headers)
        data = json.dumps({"records": list(records)} | body) if data is None else data
        address = f"/api/v1/feeds/{feed}/records{query}"
        return place.anybody().post(address, data=data, content_type="application/json", headers=more)

    return sent


def batches(place):
    return int(place.store.read(select(func.count().label("n")).select_from(batch))["n"][0])


def test_beds_that_a_hospital_sends_stand_on_the_map(place, post):
    answer = post("beds", BED | {"open": 4321, "used": 21, "free": 4300})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    told = answer.get_json()
    assert told["rows"] == {"read": 1, "new": 1, "changed": 0, "unchanged": 0, "older": 0, "rejected": 0}
    assert told["source"] == "第一医院信息科"
    desk, view = place.app.server.extensions["desk"], place.store.view()
    beds = desk.frames(CITY, view, ["hospitals"])["hospitals"].set_index("id")
    assert beds.loc["H1", "open_icu"] == 4321
    assert "4,321" in said(place.page(CITY, "/beds"))
    entry = journal.entries(place.store, 1).iloc[0]
    assert (entry["actor"], entry["action"]) == ("api:his-1", "import")


def test_the_receipt_names_row_column_what_was_found_and_what_is_wanted(post):
    answer = post("beds", BED, BED | {"kind": "sofa"}, BED | {"open": -1}, {"hospital": "H1"})
    assert answer.status_code == 200
    told = answer.get_json()
    assert told["rows"]["rejected"] == 3
    noted = {(one["row"], one["column"], one["found"]) for one in told["rejected"]}
    assert {(2, "kind", "sofa"), (3, "open", "-1"), (4, "reported_for", "")} <= noted
    assert all(one["wanted"] and one["zh"] and one["en"] for one in told["rejected"])


def test_a_batch_of_which_no_row_goes_in_is_a_problem_with_its_receipt(post):
    answer = post("beds", {}, BED | {"kind": "sofa"})
    assert (answer.status_code, answer.content_type) == (422, PROBLEM)
    assert answer.get_json()["receipt"]["rows"]["rejected"] == 2


def test_the_same_key_and_body_give_the_same_answer_and_write_once(place, post):
    head = {"Idempotency-Key": "night-1"}
    bed = BED | {"reported_for": "2020-02-10T09:00:00+08:00"}
    first = post("beds", bed, BED | {"kind": "sofa"}, headers=head)
    before = batches(place)
    again = post("beds", bed, BED | {"kind": "sofa"}, headers=head)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.get_data() == again.get_data()
    assert again.headers["Idempotent-Replay"] == "true"
    assert batches(place) == before
    assert post("beds", bed | {"open": 41}, headers=head).status_code == 409
    assert post("beds", bed, BED | {"kind": "sofa"}).get_json()["batch"] != first.get_json()["batch"]


def test_what_was_written_before_the_answer_was_lost_is_not_written_again(place, post, monkeypatch):
    """A server that dies between commit and answer; one that dies before it wrote anything."""
    bed, head = BED | {"reported_for": "2020-02-10T11:00:00+08:00"}, {"Idempotency-Key": "lost-1"}
    with monkeypatch.context() as dying:
        dying.setattr(records, "_told", lambda *a, **b: 1 / 0)
        assert post("beds", bed, headers=head).status_code == 500
    before = batches(place)
    again = post("beds", bed, headers=head)
    assert (again.status_code, again.headers["Idempotent-Replay"], batches(place)) == (200, "true", before)
    with monkeypatch.context() as dying:
        dying.setattr(records, "run", lambda *a, **b: 1 / 0)
        assert post("beds", bed, headers={"Idempotency-Key": "lost-2"}).status_code == 500
    again = post("beds", bed, headers={"Idempotency-Key": "lost-2"})
    assert (again.status_code, "Idempotent-Replay" in again.headers) == (200, False)


def test_a_delivery_that_was_taken_back_is_not_brought_again_by_its_key(place, post):
    bed, head = BED | {"reported_for": "2020-02-10T12:00:00+08:00"}, {"Idempotency-Key": "back-1"}
    first = post("beds", bed, headers=head)
    unbatch.undo(place.store, first.get_json()["batch"], "总值班", apply=True, why="误报")
    before = batches(place)
    assert post("beds", bed, headers=head).get_data() == first.get_data()
    assert batches(place) == before


def test_the_same_key_sent_many_times_at_once_writes_once(place, post):
    bed, head = BED | {"reported_for": "2020-02-10T13:00:00+08:00"}, {"Idempotency-Key": "haste-1"}
    before = batches(place)
    with ThreadPoolExecutor(8) as hands:
        found = list(hands.map(lambda n: post("beds", bed | {"open": 40 + n % 2}, headers=head), range(8)))
    codes = [answer.status_code for answer in found]
    assert (codes.count(200), codes.count(409)) == (4, 4)
    assert len({answer.get_data() for answer in found if answer.status_code == 200}) == 1
    assert batches(place) == before + 1


def test_who_finds_no_turn_is_told_when_to_come_again(post, monkeypatch):
    begun, go_on = Semaphore(0), Event()

    def slow(*_a, **_b):
        begun.release()
        go_on.wait(20)
        raise FeedError("slow")

    monkeypatch.setattr(records, "run", slow)
    monkeypatch.setattr(records, "PATIENCE_S", 0.6)
    with ThreadPoolExecutor(records.AT_ONCE) as hands:
        waiting = [hands.submit(post, "beds", BED) for _ in range(records.AT_ONCE)]
        assert all(begun.acquire(timeout=10) for _ in waiting)
        answer = post("beds", BED)
        go_on.set()
        assert {one.result().status_code for one in waiting} == {422}
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


def test_a_dry_run_answers_and_writes_nothing(place, post):
    before = batches(place), len(journal.entries(place.store, 10_000))
    bed = BED | {"reported_for": "2020-02-10T10:00:00+08:00"}
    answer = post("beds", bed, query="?dry_run=true", headers={"Idempotency-Key": "dry-1"})
    assert answer.get_json()["rows"]["new"] == 1
    assert answer.get_json()["batch"] is None
    assert (batches(place), len(journal.entries(place.store, 10_000))) == before
    assert post("beds", bed, headers={"Idempotency-Key": "dry-1"}).get_json()["rows"]["new"] == 1


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ('{"a": 1}', "object"),
        ("[1, 2]", "array"),
        ("NaN", "a number that is not finite"),
        ("-Infinity", "a number that is not finite"),
        ("1e999", "a number that is not finite"),
        ("true", "boolean"),
        ('"3"', "string of 1 characters"),
        ("3.5", "number"),
    ],
)
def test_a_value_of_another_form_refuses_the_batch_and_names_its_place(place, post, value, found):
    before = batches(place)
    data = json.dumps({"records": [BED, BED | {"open": "HERE"}]}).replace('"HERE"', value)
    answer = post("beds", data=data)
    assert (answer.status_code, answer.content_type) == (422, PROBLEM)
    (error,) = answer.get_json()["errors"]
    assert (error["row"], error["column"], error["found"], error["wanted"]) == (2, "open", found, "integer")
    assert batches(place) == before


@pytest.mark.parametrize(
    ("record", "column"),
    [
        (BED | {"bed_colour": 1}, "bed_colour"),
        (BED | {"_row": 7}, "_row"),
        (BED | {"hospital": "x" * 5_000}, "hospital"),
        (BED | {"hospital": "H\x001"}, "hospital"),
        (BED | {"hospital": "\ud800"}, "hospital"),
        (BED | {"\udfff": 1}, "\udfff"),
        ("a bed", ""),
    ],
)
def test_an_undeclared_column_and_text_that_cannot_be_stored_are_refused(post, record, column):
    answer = post("beds", record)
    assert answer.status_code == 422
    assert [one["column"] for one in answer.get_json()["errors"]] == [column]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ("", 400),
        ("{", 400),
        ("[]", 400),
        ("null", 400),
        (b"\xff\xfe", 400),
        ("[" * 100_000, 400),
        ('{"records": ' + "9" * 10_000 + "}", 422),
        ('{"records": [{"hospital": "a", "hospital": "b"}]}', 400),
        ("{}", 422),
        ('{"records": []}', 422),
        ('{"records": [{}], "more": 1}', 422),
        ('{"records": [{}], "datum": 7}', 422),
        (json.dumps({"records": [{}] * (bodies.MOST + 1)}), 413),
        (" " * (bodies.LARGEST + 1), 413),
    ],
)
def test_what_is_no_batch_is_a_problem_and_the_server_lives(place, post, data, status):
    answer = post("beds", data=data)
    assert (answer.status_code, answer.content_type) == (status, PROBLEM)
    told = answer.get_json()
    assert told["zh"]["title"]
    assert told["en"]["detail"]
    assert place.anybody().get("/healthz").status_code == 200


def test_a_body_in_pieces_is_not_cut_where_it_gets_too_large(place, key):
    """A batch that is whole, and then blanks without end: what is left of it must not pass for what was sent."""
    body = json.dumps({"records": [BED]}).encode()
    for blanks, status in ((10, 200), (bodies.LARGEST, 413)):
        answer = place.anybody().post(
            BEDS,
            input_stream=io.BytesIO(body + b" " * blanks),
            headers={"Authorization": f"Bearer {key}", "Transfer-Encoding": "chunked"},
            content_type="application/json",
            environ_overrides={"wsgi.input_terminated": True},
        )
        assert answer.status_code == status


@pytest.mark.parametrize("depth", [3, 60, 900, 50_000])
def test_a_shape_however_deep_or_broken_ends_nothing(place, post, depth):
    shape = '{"type":"GeometryCollection","geometries":[' * depth + '{"type":"Polygon","coordinates":1}' + "]}" * depth
    record = '{"compound_id":"C77","name":"深","geometry":' + shape + "}"
    answer = post("compounds", data='{"datum":"wgs84","records":[' + record + "]}")
    assert answer.status_code in (400, 422)
    assert place.anybody().get("/healthz").status_code == 200


def test_a_shape_with_text_that_is_no_unicode_is_refused(post):
    shape = {"type": "Point", "coordinates": [114.2, 30.5], "\ud800": "\udc00"}
    answer = post("compounds", {"compound_id": "C77", "name": "深", "geometry": shape}, datum="wgs84")
    assert (answer.status_code, answer.get_json()["errors"][0]["column"]) == (422, "geometry")


def test_an_outline_goes_in_under_its_datum_and_not_without_one(post):
    ring = [[114.21, 30.51], [114.214, 30.51], [114.214, 30.514], [114.21, 30.514], [114.21, 30.51]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    record = {"compound_id": "C88", "name": "新村", "district": "江岸区", "geometry": shape, "aliases": ["新村一期"]}
    assert post("compounds", record).status_code == 422
    answer = post("compounds", record, datum="wgs84", query="?dry_run=1")
    assert (answer.status_code, answer.get_json()["rows"]["new"]) == (200, 1), said(answer)


def test_a_long_number_keeps_every_digit(place, post):
    answer = post("hospitals", {"hospital_id": "420102199001011231", "name": "临时点", "kind": "方舱"})
    assert answer.status_code == 200, said(answer)
    desk = place.app.server.extensions["desk"]
    assert "420102199001011231" in set(desk.frames(CITY, place.store.view(), ["hospitals"])["hospitals"]["id"])


def test_no_delivery_is_left_on_the_disk_also_of_a_process_that_was_killed(place, post):
    home = place.app.server.extensions["desk"].shelf.place(records.FOLDER)
    killed, at_work = home / "killed", home / "at-work"
    for folder in (killed, at_work):
        folder.mkdir()
        (folder / "his-1.jsonl").write_text("a person", "utf-8")
    long_ago = time.time() - records.LEFT_S - 1
    os.utime(killed, (long_ago, long_ago))
    assert post("beds", BED).status_code == 200
    assert list(home.iterdir()) == [at_work]


def test_a_receipt_repeats_no_personal_value(post):
    answer = post("cases", {"case_id": "A1", "address": {"street": "x"}, "status": "确诊"})
    assert "street" not in said(answer)
    answer = post("cases", {"case_id": "A1", "note": "张" * 4_001, "status": "确诊", "status_at": "2020-02-03"})
    assert (answer.status_code, "张张" in said(answer)) == (422, False)


@pytest.mark.parametrize(
    ("wrong", "column"),
    [({"reported_for": "2020-02-10T08:00:00+99:00"}, "reported_for"), ({"open": 3_000_000_000}, "open")],
)
def test_a_value_that_no_clock_and_no_database_knows_is_named_and_fails_nothing(post, wrong, column):
    answer = post("beds", BED | {"kind": "severe"}, BED | wrong)
    assert answer.status_code == 200
    notes = answer.get_json()["rejected"] + answer.get_json()["warned"]
    assert [(one["row"], one["column"]) for one in notes] == [(2, column)]


# ---- what a source is not told, and may not touch


CASE = {"status": "confirmed", "status_at": "2020-02-09", "address": "江岸区春风里3栋"}
NUMBER = "110101199003070011"


@pytest.mark.parametrize("query", ["", "?dry_run=true"])
def test_nobody_finds_out_whether_a_person_is_known(place, post, query):
    post("cases", CASE | {"case_id": "K1", "id_number": NUMBER})
    told = post("cases", CASE | {"case_id": f"K2{len(query)}", "id_number": NUMBER}, query=query)
    never = post("cases", CASE | {"case_id": f"K3{len(query)}", "id_number": "110101199003070038"}, query=query)
    assert told.status_code == never.status_code == 200
    assert [one.get_json()["warned"] for one in (told, never)] == [[], []]
    assert "K1" not in told.get_data(as_text=True)


def test_the_city_still_hears_that_one_person_may_be_counted_twice(place, post):
    post("cases", CASE | {"case_id": "K5", "id_number": "110101199003070046"})
    number = post("cases", CASE | {"case_id": "K6", "id_number": "110101199003070046"}).get_json()["batch"]
    (note,) = filed(place.store, number)[1]["warned"]
    assert "K5" in note["wanted"]


@pytest.mark.parametrize("change", [{}, {"status": "dead"}, {"withdrawn": True}], ids=str)
def test_a_token_of_one_district_changes_no_record_of_another(place, post, change):
    bound = Token(0, f"bound-{len(str(change))}", "一区", ("cases",), only={"district": ["420102", "江岸区"]})
    secret = tokens.add(place.store, "root", bound, LATER)
    before = place.store.read(select(person).where(person.c.key == "case:5", person.c.known_until == FOREVER))
    answer = post("cases", CASE | {"case_id": "5", "district": "江岸区"} | change, secret=secret)
    assert answer.status_code == 422  # the only record of the batch was refused
    (note,) = answer.get_json()["receipt"]["rejected"]
    assert (note["row"], note["column"], note["found"]) == (1, "case_id", "")
    assert place.store.read(select(person).where(person.c.key == "case:5", person.c.known_until == FOREVER)).equals(
        before
    )
    own = post("cases", CASE | {"case_id": f"own-{len(str(change))}", "district": "江岸区"}, secret=secret)
    assert own.status_code == 200
    again = post("cases", CASE | {"case_id": f"own-{len(str(change))}", "district": "420102", "age": 40}, secret=secret)
    assert (again.status_code, again.get_json()["rejected"]) == (200, [])
