"""The edge of the web: what has no address is not found, what is malformed is said to be so, and pages run no foreign code."""

import base64
import hashlib
import json
import re

import pytest
from dash import dcc

from dashboard.headers import csp
from layers.store import open_store
from tests import city
from tests.office import CITY, Office, said

SHOW, PICK = "..page.children...deck-spec.data..", "pick.data"
SCHEDULE = "..schedule-body.children...schedule-said.children"
NARROWED = "url.hash"
RECEIPT, MOVED, DECIDED = "quality-receipt.children", "url.search", "..quality-review.children...review.data.."


@pytest.fixture(scope="module")
def drill(tmp_path_factory):
    folder = tmp_path_factory.mktemp("edge")
    url = f"sqlite:///{folder / 'store.db'}"
    city.found(open_store(url, "drill"), folder).close()
    return Office(url, "drill")


@pytest.fixture(scope="module")
def client(drill):
    drill.page(drill.anybody(), "/")
    return drill.anybody()


def call(client, body):
    return client.post("/_dash-update-component", json=body)


def named(id):
    """An id as a browser sends it: a name, or a name of several parts."""
    return json.loads(id) if id.startswith("{") else id


def body_of(drill, output, **changes):
    """A call as a browser sends it, with changes."""
    entry = drill.app.callback_map[output]
    outputs = entry["output"] if isinstance(entry["output"], list) else [entry["output"]]
    told = [{"id": one.component_id, "property": one.component_property} for one in outputs]
    sent = {
        part: [[] if "[" in one["id"] else one | {"id": named(one["id"]), "value": None} for one in entry[part]]
        for part in ("inputs", "state")
    }
    return {
        "output": output,
        "outputs": told if isinstance(entry["output"], list) else told[0],
        **sent,
        "changedPropIds": [],
    } | changes


# ---- what is new


@pytest.mark.parametrize("path", ["/", "/lockdown", "/quality", "/wall"])
def test_news_of_facts_let_a_page_be_made_anew(drill, client, path):
    values = {"pulse.data": {"revision": 2, "t": 1}, "url.pathname": path, "url.search": ""}
    answer = drill.call(drill.anybody(), "drawn.data", values)
    assert answer.get_json()["response"]["drawn"]["data"]["revision"] == 2


def test_a_page_that_somebody_is_at_work_on_is_left_alone(drill, client):
    values = {"pulse.data": {"revision": 2, "t": 1}, "url.pathname": "/imports", "url.search": "?draft=x"}
    assert drill.call(drill.anybody(), "drawn.data", values).get_json()["response"] == {}


# ---- addresses


@pytest.mark.parametrize(
    "path",
    [
        *("/nope", "/receipt/1", "/receipt/foo", "/pulsexx", "/readyzfoo", "/healthzzz", "/enterfoo", "/_dash-foo"),
        *(
            "/table/zzz",
            "/table/zzz/1",
            "/brief/x",
            "/plan/x",
            "/plan/x.csv",
            "/plan/lockdown.txt",
            "/brief/people.pdf",
        ),
        *("/vendor/nope", "/assets/nope", "/assets/../app.py", "/wall/", "/wall/x", "/LOCKDOWN", "/_favicon.icox"),
        *("/_reload-hashx", "/_dash-component-suites/x/y.js", "/_dash-component-suites/dash/nope.js"),
    ],
)
def test_what_has_no_address_is_not_found(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/", "/wall", "/quality", "/pulse", "/readyz", "/healthz", "/plan/beds.csv", "/_dash-layout"]
)
def test_what_has_an_address_is_found(client, path):
    assert client.get(path).status_code == 200


def test_every_script_of_the_page_is_found(client):
    scripts = re.findall(r'<script src="([^"?]+)', client.get("/").get_data(as_text=True))
    assert len(scripts) > 5
    assert {client.get(path, buffered=True).status_code for path in scripts} == {200}


@pytest.mark.parametrize(
    "search", ["as_of=abc", "known_at=9999-12-31", "as_of=0001-01-01", "lang=fr", "area=" + "x" * 121]
)
@pytest.mark.parametrize("path", ["/brief/lockdown.pdf", "/plan/lockdown.csv"])
def test_a_parameter_that_makes_no_sense_is_refused_in_one_line(client, path, search):
    answer = client.get(f"{path}?{search}")
    assert (answer.status_code, set(answer.get_json())) == (400, {"error", "zh", "en"})
    assert search.split("=")[0] in answer.get_json()["error"] or "ISO 8601" in answer.get_json()["error"]


# ---- calls


@pytest.mark.parametrize(
    "body",
    [
        *({}, [], [1], "x", None, 5),
        *({"output": "nobody.children"}, {"output": 7}, {"output": ["page.children"]}, {"output": SHOW}),
        {
            "output": "map-drawn.data",
            "outputs": {"id": "map-drawn", "property": "data"},
            "inputs": [{"id": "deck-spec", "property": "data"}],
        },
    ],
)
def test_a_body_that_is_no_call_is_refused(client, body):
    answer = call(client, body)
    assert (answer.status_code, list(answer.get_json())) == (400, ["error"])


def test_a_body_that_is_no_json_is_refused(client):
    for options in (
        {"data": "{", "content_type": "application/json"},
        {"data": "{}", "content_type": "text/plain"},
        {},
    ):
        assert client.post("/_dash-update-component", **options).status_code == 400


@pytest.mark.parametrize("output", [SHOW, PICK, RECEIPT, MOVED, DECIDED, "detail.children"])
@pytest.mark.parametrize(
    "changes",
    [
        *({"inputs": None}, {"inputs": []}, {"inputs": [{}]}, {"inputs": {}}, {"inputs": [1, 2, 3, 4, 5]}),
        *(
            {"state": [{"id": "x", "property": "y"}]},
            {"state": 5},
            {"outputs": []},
            {"outputs": [[]]},
            {"outputs": "page"},
        ),
        *(
            {"changedPropIds": 5},
            {"changedPropIds": [5]},
            {"changedPropIds": ["x"]},
            {"changedPropIds": ["{x.n_clicks"]},
        ),
        {"changedPropIds": ["[1].n_clicks"], "inputs": [5]},
    ],
)
def test_a_call_without_its_parts_is_refused(drill, client, output, changes):
    assert call(client, body_of(drill, output, **changes)).status_code == 400


@pytest.mark.parametrize(
    ("output", "part", "at", "value"),
    [
        (SHOW, "inputs", 0, 5),
        (SHOW, "inputs", 1, ["?area="]),
        (SHOW, "inputs", 3, "large"),
        (SHOW, "inputs", 4, {}),
        (PICK, "inputs", 0, {"id": "C1"}),
        (PICK, "inputs", 0, "C1"),
        (MOVED, "inputs", 0, 420102),
        (RECEIPT, "inputs", 0, [{"id": "x"}]),
        (RECEIPT, "inputs", 0, [{}]),
        (RECEIPT, "inputs", 0, [{"id": "9" * 30}]),
        (RECEIPT, "state", 0, 7),
        (NARROWED, "state", 0, "#" + "x" * 60_000),
        ("detail.children", "inputs", 0, {"id": "C1", "layer": 5}),
        ("alert-kind-fields.children", "inputs", 0, []),
        ("..order-dialog.children...order-state.data..", "state", -2, {"do": "x", "number": "n", "batch": 5}),
        ("..order-dialog.children...order-state.data..", "state", -2, {"do": "report", "batch": 5}),
        ("import-profile-said.children", "state", 1, 5),
        (SCHEDULE, "state", 0, 5),
        (SCHEDULE, "state", 2, 5),
        (SCHEDULE, "state", 4, []),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(drill, client, output, part, at, value):
    body = body_of(drill, next(one for one in drill.app.callback_map if one.startswith(output)))
    body[part][at]["value"] = value
    assert call(client, body).status_code == 400


def test_news_that_make_no_sense_change_nothing(drill, client):
    body = body_of(drill, "drawn.data")
    body["inputs"][0]["value"] = {"changed": [{}, 5, None]}
    assert call(client, body).status_code in (200, 204)


def test_an_empty_store_leads_to_its_first_file_and_a_past_before_it_to_the_present(drill, client, tmp_path):
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    open_store(url, "drill").close()
    bare = Office(url, "drill")
    nothing = said(bare.page(bare.anybody(), "/lockdown", "?lang=zh"))
    assert "还没有数据" in nothing
    assert '"/imports?lang=zh"' in nothing
    before = said(drill.page(client, "/lockdown", "?known_at=2019-12-01"))
    assert "这一时刻还没有收到任何数据" in before
    assert "/imports" not in before


def test_a_layer_that_there_is_not_shows_an_empty_panel(drill, client):
    assert "zz" in said(drill.page(client, "/", "?pick=zz:zz"))


@pytest.mark.parametrize("id", [{}, {"type": "review"}, {"type": "review", "key": 5, "compound": ""}, "review", None])
def test_a_button_that_is_none_of_ours_is_refused(drill, client, id):
    body = body_of(drill, DECIDED)
    body["inputs"][0]["value"] = {"id": id, "n": 1}
    assert call(client, body).status_code == 400


def test_an_empty_call_as_browsers_send_it_is_answered(drill, client):
    for output in (SHOW, PICK, RECEIPT, MOVED, DECIDED, "detail.children"):
        body = body_of(drill, output)
        assert call(client, body).status_code in (200, 204), output


@pytest.mark.parametrize(
    ("area", "moved"), [("", None), (None, None), ("420102", "?area=420102&lang=en&lite=1")], ids=repr
)
def test_the_choice_of_areas_of_a_new_page_leaves_its_address_with_what_it_selects(drill, client, area, moved):
    """Browsers ask for every field that a page brings; a selection in a link was lost to that."""
    body = body_of(drill, MOVED)
    body["inputs"][0]["value"] = area
    body["state"][0]["value"], body["state"][1]["value"] = "/lockdown", "?pick=compounds:C1&lang=en&lite=1"
    answer = call(client, body)
    assert (answer.get_json(silent=True) or {}).get("response", {}).get("url", {}).get("search") == moved


def held(node):
    """What a browser holds of a page: "id.property" -> value. A field drops a choice that is none of its options."""
    found = {}
    if isinstance(node, list):
        for one in node:
            found |= held(one)
    elif isinstance(node, dict) and "props" in node:
        props = node["props"]
        value, options = props.get("value"), props.get("options")
        if node["type"] == "Dropdown" and options and value:
            known = {one["value"] for one in options}
            value = [one for one in value if one in known] if props.get("multi") else value if value in known else None
        for name in ("value", "n_clicks"):
            if name in props and isinstance(props.get("id"), str):
                found[f"{props['id']}.{name}"] = value if name == "value" else props[name]
        found |= held(props.get("children"))
    return found


@pytest.mark.parametrize(
    ("path", "search"),
    [
        ("/lockdown", "?pick=compounds:C1&lang=en&lite=1"),
        ("/", "?lite=1&lang=en&tour=0&as_of=2020-02-09&pick=compounds:C1"),
        ("/imports", "?tour=0&pick=compounds:C1&lite=1&lang=en"),
        ("/imports", "?feed=cases&source=nobody&theme=light"),
        ("/compare", "?tour=0&b_area=city&pick=compounds:C1&lang=en"),
        ("/compare", "?b_as_of=2020-02-05&as_of=2020-02-09"),
        ("/compare", "?b_as_of=never&tour=0"),
        ("/plan", "?if_cases=300&if_stay=-9&if_arrivals=7&if_refused=H77&pick=compounds:C1&tour=0"),
        ("/plan", "?tour=0"),
        ("/orders", "?decision=lockdown&owner=nobody&state=all&order=N-1&tour=0"),
        ("/orders", "?tour=0&pick=compounds:C1"),
    ],
    ids=repr,
)
def test_the_fields_of_a_page_that_was_made_just_now_leave_its_address_as_it_is(drill, client, path, search):
    """Browsers ask for every field that a page brings: an address that was written anew lost what it selects and assumes."""
    fields = held(drill.page(client, path, search).get_json()["response"]["page"]["children"])
    asked = 0
    for output, entry in drill.app.callback_map.items():
        inputs = [f"{one['id']}.{one['property']}" for one in entry["inputs"]]
        if "url.search" not in output or "callback" not in entry or not set(inputs) <= fields.keys():
            continue
        answer = drill.call(client, output, fields | {"url.pathname": path, "url.search": search})
        assert (answer.get_json(silent=True) or {}).get("response", {}) == {}, output
        asked += 1
    assert asked > 1 or path not in ("/compare", "/plan", "/imports", "/orders")
    assert asked


# ---- what runs in the browser


def test_pages_run_no_code_but_ours(drill, client):
    answer = client.get("/")
    rules = dict(rule.split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split("; "))
    assert rules["default-src"] == rules["connect-src"] == "'self'"
    assert rules["object-src"] == rules["frame-ancestors"] == "'none'"
    assert "unsafe" not in rules["script-src"]
    assert not re.search(r"https?:|\*", answer.headers["Content-Security-Policy"])
    page = re.sub(r"<!--.*?-->", "", answer.get_data(as_text=True), flags=re.DOTALL)
    run = re.findall(r"<script(?![^>]*(?:\bsrc=|json))[^>]*>(.*?)</script>", page, re.DOTALL)
    hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'" for code in run}
    assert len(hashes) > 1  # Dash renders one, each small script of a page is another
    assert hashes <= set(rules["script-src"].split())


@pytest.mark.parametrize(
    "path", ["/", "/nope", "/healthz", "/assets/style.css", "/plan/beds.csv", "/plan/beds.csv?area=zzz"]
)
def test_every_answer_carries_the_rules(drill, client, path):
    answer = client.get(path, buffered=True)
    assert answer.headers["Content-Security-Policy"] == csp(drill.app)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_no_store_of_the_shell_asks_its_callbacks_at_the_start(drill):
    found = [one for one in drill.app.layout()._traverse() if isinstance(one, dcc.Store)]
    assert len(found) > 12
    assert [one.id for one in found if getattr(one, "data", "") is None] == []


@pytest.mark.parametrize(("search", "mark"), [("", "演练"), ("?lang=en", "DRILL")])
def test_a_drill_says_so_on_every_page(drill, client, search, mark):
    for path in ("/", "/situation", "/lockdown", "/beds", "/staff", "/supplies", "/quality", "/wall"):
        assert mark in said(drill.page(client, path, search)), path


def test_production_never_says_that_it_is_a_drill(tmp_path):
    url = f"sqlite:///{tmp_path / 'store.db'}"
    city.found(open_store(url, "production"), tmp_path).close()
    real = Office(url)
    for path in ("/", "/wall"):
        text = said(real.page(CITY, path)) + said(real.page(CITY, path, "?lang=en"))
        assert "演练" not in text
        assert "DRILL" not in text
