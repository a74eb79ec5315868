"""Every door of the API: it opens for a token that may, for no other, and for nothing that a browser carries."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from dashboard import cookies, doors
from dashboard.access import COOKIE, Gate
from dashboard.api.guard import Admission
from dashboard.app import create_app
from layers._times import to_ms
from layers.store import open_store, sessions, tokens
from layers.store.schema import api_token
from layers.store.tokens import Token
from tests import city
from tests.office import ADMIN, AUDITOR, CITY, DISTRICT, SHOWN, Office

PROBLEM = "application/problem+json"
LATER = datetime.now(UTC) + timedelta(days=30)
MAY = {  # what a token may do -> the doors that open for it
    "beds": (Token(0, "writer-beds", "a", feeds=("beds",)), {doors.WRITE}),
    "cases": (Token(0, "writer-cases", "a", feeds=("cases",)), set()),
    "reader": (Token(0, "reader", "a", role="district", area="420102"), {doors.READ}),
    "orders": (Token(0, "orders", "a", role="street", area="420102/一元街道", rights=("orders",)), {doors.READ, doors.STEP}),
    "metrics": (Token(0, "metrics", "a", rights=("metrics",)), {doors.METER}),
}  # fmt: skip
CLOSED = "urn:fangyi:problem:no-"


@pytest.fixture(scope="module")
def place(built, tmp_path_factory):
    return Office.copy(tmp_path_factory.mktemp("doors"), built)


@pytest.fixture(scope="module")
def held(place):
    return {name: tokens.add(place.store, "root", token, LATER) for name, (token, _) in MAY.items()}


def rules(place):
    """Every rule of the API: what it wants, an address, a method."""
    for rule in place.app.server.url_map.iter_rules():
        wanted = doors.API.get(doors.named(rule.rule))
        if wanted is None:
            continue
        path = re.sub(
            r"<[^>]*>", lambda found: {"<feed>": "beds", "<layer>": "districts"}.get(found[0], "1"), rule.rule
        )
        for method in sorted(rule.methods - {"OPTIONS", "HEAD"}):
            yield wanted, path, method


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


def asked(place, path, method, **headers):
    return place.anybody().open(path, method=method, headers=headers, buffered=True)


@pytest.mark.parametrize("name", MAY)
def test_a_door_opens_for_tokens_that_may_and_for_no_other(place, held, name):
    wrong = []
    for wanted, path, method in rules(place):
        answer = asked(place, path, method, **bearer(held[name]))
        told = (answer.get_json(silent=True) or {}).get("type", "")
        closed = answer.status_code == 403 and told.startswith(CLOSED)
        if closed is (wanted == doors.OPEN or wanted in MAY[name][1]):
            wrong.append((path, method, answer.status_code, told))
    assert wrong == []


@pytest.mark.parametrize("secret", ["", "x", "fangyi_" + "A" * 43, "令牌", "x" * 5_000, "' OR '1'='1"])
def test_no_other_secret_opens_a_door(place, held, secret):
    for wanted, path, method in rules(place):
        answer = asked(place, path, method, Authorization=f"Bearer {secret}".encode().decode("latin-1"))
        if wanted != doors.OPEN:
            assert (answer.status_code, answer.content_type) == (401, PROBLEM), path
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("who", [CITY, ADMIN, AUDITOR, DISTRICT], ids=lambda one: one.role)
def test_what_a_browser_carries_opens_no_door_of_the_api(place, who):
    for wanted, path, method in rules(place):
        answer = place.browser(who).open(path, method=method)
        assert wanted == doors.OPEN or answer.status_code == 401, path
        assert "Set-Cookie" not in answer.headers


def test_a_token_opens_nothing_that_is_for_people(place, held):
    for path in ("/", "/beds", "/pulse", "/rows/cases.csv", "/orders.csv"):
        assert asked(place, path, "GET", **bearer(held["reader"])).status_code in (302, 401), path


def test_the_api_lifts_no_guard_of_other_routes(place, held):
    client = place.anybody()
    client.set_cookie(COOKIE, Gate(place.settings).issue_pass(CITY))
    head = bearer(held["beds"])
    assert client.post("/_dash-update-component", json={"output": "x"}, headers=head).status_code == 403
    client.environ_base[SHOWN] = cookies.guard(place.settings.secret, "another")
    assert client.post("/imports/upload?name=a.csv", data=b"a", headers=head).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        *(("GET", one, 404) for one in ("/api", "/api/", "/api/v1", "/api/v2/feeds/beds/records", "/api/../beds", "/metrics/x")),
        *(("POST", one, 404) for one in ("/api", "/api/v1/nothing")),
        *((one, "/api/v1/feeds/beds/records", 405) for one in ("GET", "PUT", "DELETE", "OPTIONS", "TRACE")),
    ],
)  # fmt: skip
def test_beneath_the_api_every_refusal_is_a_problem(place, held, method, path, status):
    answer = asked(place, path, method, **bearer(held["beds"]))
    assert (answer.status_code, answer.content_type) == (status, PROBLEM)
    assert {"title", "status", "type", "zh", "en"} <= answer.get_json().keys()
    assert status != 405 or answer.headers["Allow"] == "POST"
    assert asked(place, path, method).status_code == 401


def test_a_fault_that_nobody_foresaw_is_a_problem_that_tells_nothing(place, held, monkeypatch):
    monkeypatch.setattr("dashboard.api.records.run", lambda *a, **b: 1 / 0)
    answer = place.anybody().post(
        "/api/v1/feeds/beds/records", json={"records": [{"hospital": "H1"}]}, headers=bearer(held["beds"])
    )
    assert (answer.status_code, answer.content_type) == (500, PROBLEM)
    assert "zero" not in answer.get_data(as_text=True)


def test_a_token_that_is_disabled_or_over_opens_nothing(place):
    for name, closing in (("gone", None), ("over", {"expires_at": to_ms(datetime.now(UTC)) - 1})):
        secret = tokens.add(place.store, "root", Token(0, name, "a", feeds=("beds",)), LATER)
        assert asked(place, "/api/v1/feeds/beds/records", "POST", **bearer(secret)).status_code == 415
        if closing is None:
            tokens.disable(place.store, "root", name)
        else:
            with place.store.writing() as connection:
                connection.execute(update(api_token).where(api_token.c.name == name).values(**closing))
        assert asked(place, "/api/v1/feeds/beds/records", "POST", **bearer(secret)).status_code == 401


def test_the_store_keeps_no_token(place, held):
    kept = place.store.read(api_token.select()).to_csv()
    assert not any(secret in kept for secret in held.values())
    assert sessions.digest(held["beds"]) in kept


def test_one_request_too_many_waits_and_only_it(place):
    now = [100.0]
    app = create_app(place.settings, place.store)
    secret = tokens.add(place.store, "root", Token(0, "busy", "a", feeds=("beds",), per_minute=3), LATER)
    for handler in app.server.before_request_funcs[None]:
        found = [cell.cell_contents for cell in handler.__closure__ or () if isinstance(cell.cell_contents, Admission)]
        for one in found:
            one.clock = lambda: now[0]
    client = app.server.test_client()

    def status():
        answer = client.get("/api/v1/nothing", headers=bearer(secret))
        return answer.status_code, answer.headers.get("Retry-After")

    assert [status() for _ in range(3)] == [(404, None)] * 3
    assert status() == (429, "60")
    now[0] += 30
    assert status() == (429, "30")
    now[0] += 30
    assert status() == (404, None)


def test_a_token_bound_to_a_hospital_writes_for_no_other(place):
    token = Token(0, "bound", "a", feeds=("beds",), only={"hospital": ["H1"]})
    secret = tokens.add(place.store, "root", token, LATER)
    bed = {"kind": "icu", "reported_for": "2020-02-10", "open": 1}
    for records, status in (([{"hospital": "H1"}], 200), ([{"hospital": "H1"}, {"hospital": "H2"}], 403), ([{}], 403)):
        body = {"records": [bed | one for one in records]}
        answer = place.anybody().post("/api/v1/feeds/beds/records", json=body, headers=bearer(secret))
        assert answer.status_code == status
    assert answer.get_json()["errors"] == [{"row": 1, "column": "hospital", "found": "another value", "wanted": "H1"}]


def test_a_drill_wants_a_token_as_well(tmp_path):
    url = f"sqlite:///{tmp_path / 'drill.db'}"
    city.found(open_store(url, "drill"), tmp_path).close()
    drill = Office(url, "drill")
    for wanted, path, method in rules(drill):
        assert wanted == doors.OPEN or drill.anybody().open(path, method=method).status_code == 401, path
    secret = tokens.add(drill.store, "root", Token(0, "beds", "a", feeds=("beds",)), LATER)
    bed = {"hospital": "H1", "kind": "icu", "reported_for": "2020-01-01", "open": 1}
    answer = drill.anybody().post("/api/v1/feeds/beds/records", json={"records": [bed]}, headers=bearer(secret))
    assert answer.status_code == 200
    drill.store.close()
