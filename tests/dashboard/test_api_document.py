"""The description of the API is OpenAPI, names every route and every column, and its examples are taken by the server."""

import re
from datetime import UTC, datetime, timedelta

import openapi_spec_validator
import pytest

from dashboard import doors
from dashboard.api import bodies
from dashboard.api.document import EXAMPLES, document
from dashboard.text import both
from layers.intake.feeds import all_feeds
from layers.store import tokens
from layers.store.tokens import Token
from tests.office import Office

LATER = datetime.now(UTC) + timedelta(days=30)
KINDS = {
    "text": "string",
    "time": "string",
    "boolean": "boolean",
    "list": "array",
    "geometry": "object",
    "integer": "integer",
}


@pytest.fixture(scope="module")
def place(built):
    return Office(f"sqlite:///{built}")


def test_it_is_published_is_openapi_and_is_not_sent_again(place):
    answer = place.anybody().get("/api/v1/openapi.json")
    told = answer.get_json()
    assert told["openapi"] == "3.1.0"
    openapi_spec_validator.validate(told)
    again = place.anybody().get("/api/v1/openapi.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")


def test_every_route_of_the_api_stands_in_it_and_no_other(place):
    rules = [rule for rule in place.app.server.url_map.iter_rules() if doors.named(rule.rule) in doors.API]
    assert len(rules) == len(doors.API)
    served = {(re.sub(r"<[^>]*>", "*", rule.rule), method) for rule in rules for method in rule.methods - {"HEAD"}}
    told = set()
    for path, methods in document()["paths"].items():
        path = re.sub(r"\{[^}]*\}", "*", path)
        path = re.sub(r"/feeds/\w+/", "/feeds/*/", path)
        told |= {(path, method.upper()) for method in methods}
    assert (served - told, told - served) == (set(), set())


def test_every_feed_and_every_column_stands_in_it_with_form_meaning_unit_and_codes():
    told = document()
    for name, feed in all_feeds().items():
        assert f"/api/v1/feeds/{name}/records" in told["paths"]
        columns = told["components"]["schemas"][f"record_{name}"]["properties"]
        assert list(columns) == [column.name for column in feed.columns]
        for column in feed.columns:
            found = columns[column.name]
            assert found["type"] == [KINDS.get(column.type, "number"), "null"]
            assert column.meaning in found["description"]
            assert column.meaning_zh in found["description"]
            assert found.get("x-unit", "") == column.unit
            assert set(found.get("x-codes", {})) == set((column.codes or {}).values())
            assert found.get("x-required", False) is column.required
            assert (found.get("x-lowest"), found.get("x-highest")) == (column.lowest, column.highest)


def test_its_limits_are_those_of_the_server():
    schema = document()["components"]["schemas"]["batch_beds"]
    assert (schema["properties"]["records"]["maxItems"], schema["additionalProperties"]) == (bodies.MOST, False)


def test_every_description_has_both_languages():
    def texts(node):
        for name, value in node.items() if isinstance(node, dict) else enumerate(node):
            if name in ("description", "summary") and isinstance(value, str):
                yield value
            elif isinstance(value, dict | list):
                yield from texts(value)

    plain = {"OpenAPI 3.1", "Prometheus", *document()["components"]["schemas"]}
    assert [
        text for text in texts(document()) if text not in plain and not re.search(r"[\u4e00-\u9fff].* / .*[a-z]", text)
    ] == []
    assert " / ".join(both("api_doc.counts")) in texts(document())


@pytest.mark.parametrize("feed", EXAMPLES)
def test_its_examples_are_taken_row_by_row(place, built, tmp_path, feed):
    own = Office.copy(tmp_path, built)
    secret = tokens.add(own.store, "root", Token(0, "examples", "a", feeds=(feed,)), LATER)
    answer = own.anybody().post(
        f"/api/v1/feeds/{feed}/records",
        json={"records": [dict(one) for one in EXAMPLES[feed]]},
        headers={"Authorization": f"Bearer {secret}"},
    )
    told = answer.get_json()
    assert (answer.status_code, told["rejected"], told["warned"]) == (200, [], [])
    assert told["rows"]["new"] == len(EXAMPLES[feed])
