"""The API is asked at random what its own description allows and forbids: no fault of the server, no answer of another form."""

from datetime import UTC, datetime, timedelta

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.parameters import ParameterLocation

from dashboard.api.document import document
from dashboard.api.reads import PLACED
from layers.intake.feeds import all_feeds
from layers.store import tokens
from layers.store.tokens import Token
from tests.office import Office
from tests.orders import given as given_order

LATER = datetime.now(UTC) + timedelta(days=30)
EXAMPLES = 25  # an operation and mode: 19 operations take about thirty seconds
# A batch of the right form may hold nothing that the intake believes, an area of the right form may not exist.
CHECKS = {
    "positive_data_acceptance": {"expected-statuses": ["2xx", "3xx", "400", "403", "404", "409", "422"]},
    "negative_data_rejection": {"expected-statuses": ["400", "401", "403", "404", "405", "409", "413", "415", "422"]},
}
TESTED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),  # a case that fails is told as it was found
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def place(built, tmp_path_factory):
    office = Office.copy(tmp_path_factory.mktemp("fuzz"), built)
    given_order(office.store)
    return office


@pytest.fixture(scope="module")
def head(place):
    every = Token(0, "fuzz", "a", tuple(all_feeds()), None, "city", "", ("orders", "metrics"), 6_000)
    return {
        "Authorization": "Bearer " + tokens.add(place.store, "root", every, LATER),
        "Accept-Encoding": "identity",  # the client of the test does not unpack
    }


@pytest.fixture(scope="module")
def described(place):
    config = schemathesis.Config.from_dict({"checks": CHECKS})
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", place.app.server, config=config)


OPERATIONS = [(method, path) for path, methods in document()["paths"].items() for method in methods]


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_whatever_is_asked_the_server_answers_as_it_says(described, head, method, path, mode):
    operation = described[path][method]
    if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query or operation.headers):
        return  # nothing in it can be wrong

    @TESTED
    @given(case=operation.as_strategy(generation_mode=mode))
    def asked(case):
        answer = case.call_and_validate(headers=head)
        body = case.meta.components.get(ParameterLocation.BODY)
        if body is not None and body.mode is GenerationMode.NEGATIVE:
            assert not answer.json()["type"].endswith("none-taken")  # refused for its form, not for what it says

    asked()


# ---- what a database would run, were it let


HOSTILE = (
    "' OR '1'='1", "'; DROP TABLE batch; --", '" OR ""="', "1); DELETE FROM journal; --", "%' OR 1=1 --", "_%", "\\'; --",
    "' UNION SELECT token FROM api_token --", "$1", ":area", "?", "%s", "{area}", "compound:' OR 1=1 --", "420102' --", "420102/%",
)  # fmt: skip


def everything(place):
    """How many rows each table holds."""
    from sqlalchemy import func, select

    from layers.store.schema import metadata

    return {
        name: int(place.store.read(select(func.count().label("n")).select_from(table))["n"][0])
        for name, table in metadata.tables.items()
    }


def sent(place, head, path, **parameters):
    return place.anybody().get(path, query_string=parameters, headers=head)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_that_looks_like_sql_is_text_in_every_parameter(place, head, text):
    before = everything(place)
    for path, methods in document()["paths"].items():
        for parameter in (methods.get("get") or {}).get("parameters", ()):
            name = parameter["name"]
            asked = path.replace("{layer}", text if name == "layer" else "districts")
            answer = sent(place, head, asked, **({} if parameter["in"] == "path" else {name: text}))
            shared = asked == "/api/v1/layers/districts" and name == "area"
            assert answer.status_code in ((200,) if shared else (400, 404)), (path, name, answer.get_data(as_text=True))
    for step in ("acknowledge", "report"):
        answer = place.anybody().post(f"/api/v1/orders/{text}/{step}", json={"text": "照办了"}, headers=head)
        assert answer.status_code == 404
    assert sent(place, {"Authorization": f"Bearer {text}"}, "/api/v1/counts").status_code == 401
    assert everything(place) == before


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.text(min_size=1, max_size=60) | st.sampled_from(HOSTILE))
def test_no_text_however_odd_in_a_parameter_is_a_fault_of_the_server(place, head, text):
    for path in ("/api/v1/counts", "/api/v1/beds", "/api/v1/orders", *(f"/api/v1/layers/{one}" for one in PLACED)):
        for name in ("area", "as_of", "known_at", "level", "state"):
            assert sent(place, head, path, **{name: text}).status_code < 500


@pytest.mark.parametrize("text", HOSTILE)
def test_a_value_that_looks_like_sql_is_kept_to_the_letter(place, head, text):
    before = everything(place)
    stock = {"kind": "stock", "day": "2020-02-09", "site": "H1", "item": text, "unit": text, "quantity": 7}
    answer = place.anybody().post("/api/v1/feeds/supplies/records", json={"records": [stock]}, headers=head)
    assert answer.get_json()["rows"]["new"] == 1
    rows = sent(place, head, "/api/v1/stocks").get_json()["rows"]
    assert [row["quantity"] for row in rows if (row["item"], row["unit"]) == (text, text)] == [7]
    after = everything(place)
    assert {name for name in after if after[name] != before[name]} == {"batch", "journal", "stock"}
