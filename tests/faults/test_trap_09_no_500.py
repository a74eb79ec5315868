"""Trap 9, what Dash answers with 500: calls of nobody, bodies that are none, scripts that are not there. Here each is the caller's fault."""

import pytest
from dash import Dash, html

from dashboard.app import create_app
from dashboard.settings import Settings
from layers.store import open_store
from tests import city

UPDATE = "/_dash-update-component"
BODIES = [
    {"output": "nobody.children", "outputs": {"id": "nobody", "property": "children"}, "inputs": [], "changedPropIds": []},
    {}, [], [1], "x", None, 5, True, {"output": None}, {"output": ["a.b"]}, {"output": "..a.b...c.d.."}, [[[[]]]],
    {"output": "page.children", "inputs": "x"}, {"output": "\x00"}, {"output": "a" * 100_000},
]  # fmt: skip
SUITES = ("dash/../../app.py", "dash/nope.js", "nope/nope.js", "dash/dash_core_components.js", "a/b/c", "dash/%2e%2e/x", "dash/deps/react@0.js")  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("calls")
    url = f"sqlite:///{folder / 'store.db'}"
    store = city.found(open_store(url, "drill"), folder)
    return create_app(Settings(store=url, mode="drill"), store).server.test_client()


def test_the_trap_is_one():
    """What Dash does by itself, else the tests below prove nothing."""
    app = Dash("bare")
    app.layout = html.Div()
    bare = app.server.test_client()
    codes = set()
    for ask in (lambda: bare.post(UPDATE, json={}), lambda: bare.post(UPDATE, json=[1]), lambda: bare.get("/_dash-component-suites/nope/nope.js")):  # fmt: skip
        try:
            codes.add(ask().status_code)
        except Exception as error:
            codes.add(type(error).__name__)
    assert codes & {500, "KeyError", "AttributeError", "TypeError"} or 404 not in codes


@pytest.mark.parametrize("body", BODIES, ids=[str(at) for at in range(len(BODIES))])
def test_trap_9_a_call_of_nobody_is_400(client, body):
    answer = client.post(UPDATE, json=body)
    assert (answer.status_code, answer.content_type) == (400, "application/json")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"output": "a.b", "inputs": ' + b"[" * 5_000, b"NaN"]
)
def test_trap_9_a_body_that_is_no_json_is_400(client, content):
    assert client.post(UPDATE, data=content, content_type="application/json").status_code == 400


def test_trap_9_a_body_too_large_is_413(client):
    assert client.post(UPDATE, data=b"[" + b"0," * 2_000_000 + b"0]", content_type="application/json").status_code in (
        400,
        413,
    )


@pytest.mark.parametrize("path", SUITES)
def test_trap_9_a_script_that_is_not_there_is_404(client, path):
    assert client.get(f"/_dash-component-suites/{path}").status_code == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_trap_9_another_way_to_call_is_405(client, method):
    assert client.open(UPDATE, method=method).status_code in (404, 405)
