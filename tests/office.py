"""Officials before a server of production: a city of two districts, passes, and what their browsers send."""

import json
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from dashboard import cookies
from dashboard.access import COOKIE, Gate
from dashboard.app import create_app
from dashboard.roles import Person
from dashboard.settings import Settings
from layers.store import Store, open_store
from tests import city
from tests.beginnings import copied

SHOWN = "HTTP_" + cookies.GUARD_HEADER.upper().replace("-", "_")
SECRET = "a secret of more than thirty-two characters"
CITY = Person("总值班", "city")
DISTRICT = Person("江岸值班", "district", "420102")
OTHER = Person("江汉值班", "district", "420103")
STREET = Person("一元街值班", "street", "420102/一元街道")
COMMUNITY = Person("春风里网格", "community", "compound:C1")
GOOD = "seven lanterns at dusk"  # the password of every account
PUBLIC, AUDITOR, ADMIN = Person("路人", "public"), Person("审计", "auditor"), Person("管账号", "admin")
# Beside the compounds of tests/city.py, all in 一元街道: an estate of two phases in another street of 江岸区.
MORE = (("C6", "百步亭一期", 0, 1), ("C7", "百步亭二期", 2, 1))
OUTSIDE = ("C9", "郊外小区", -9, 0)  # lies in no district
CASES = (
    {"case_id": "1", "note": "与同事聚餐"},
    {"case_id": "2", "address": "江岸区百步亭5栋", "district": "江岸区", "status": "疑似"},  # which phase?
    {"case_id": "3", "address": "江汉区长江花园5栋", "district": "江汉区", "status": "疑似"},  # which phase?
    {"case_id": "4", "address": "不知道"},
    {"case_id": "5", "address": "江汉区长江花园一期2栋1单元301", "note": "邻居"},
)
HOSPITALS = (("H1", "第一医院", 114.22, 30.50), ("H2", "第二医院", 114.27, 30.50), ("H9", "郊外医院", 114.05, 30.50))
KNOWN = "2020-02-10T18:00"


def found(folder: Path) -> Store:
    """Build the store of production that every test starts from."""
    store = city.found(open_store(f"sqlite:///{folder / 'store.db'}", "production"), folder)
    rows = [
        ({"compound_id": code, "name": name, "district": "江岸区", "street": "二七街道", "households": 300}, (x, y))
        for code, name, x, y in MORE
    ]
    rows.append(({"compound_id": OUTSIDE[0], "name": OUTSIDE[1], "households": 9}, OUTSIDE[2:]))
    places = [(about, city.square(*at)) for about, at in rows]
    city.deliver(store, "compounds", city.geojson(folder / "more.geojson", places), "2020-01-02T08:00", datum="wgs84")
    _resources(store, folder)
    city.cases(store, folder, KNOWN, *CASES)
    return store


def _resources(store: Store, folder: Path) -> None:
    sites = [
        {"hospital_id": code, "name": name, "kind": "定点", "lon": x, "lat": y, "capacity": 500}
        for code, name, x, y in HOSPITALS
    ]
    beds = [
        {"hospital": code, "kind": "all", "reported_for": "2020-02-09", "open": 100, "used": 90}
        for code, *_ in HOSPITALS
    ]
    stock = [
        {
            "kind": "stock",
            "day": "2020-02-09",
            "site": code,
            "item": "N95",
            "unit": "只",
            "quantity": 100,
            "daily_use": 60,
        }
        for code, *_ in HOSPITALS
    ]
    teams = [
        {
            "team_id": f"T{code}",
            "team": f"{name}队",
            "skill": "nurse",
            "people": 9,
            "arrived_at": "2020-02-01",
            "hospital": code,
        }
        for code, name, *_ in HOSPITALS
    ]
    deliveries = {"hospitals": sites, "beds": beds, "supplies": stock, "staff": teams}
    for hour, (feed, rows) in enumerate(deliveries.items(), start=10):
        path, options = city.table(folder / f"{feed}.csv", rows), {"datum": "wgs84"} if feed == "hospitals" else {}
        city.deliver(store, feed, path, f"2020-02-09T{hour}:00", **options)


class Office:
    """A running application on a copy of the store, and a browser for each person."""

    def __init__(self, store: str, mode: str = "production", **changes: Any) -> None:
        self.settings = Settings(store=store, mode=mode, secret=SECRET if mode == "production" else "", **changes)
        self.store = open_store(store, mode, keys=self.settings.keys)
        self.app = create_app(self.settings, self.store)

    @classmethod
    def copy(cls, folder: Path, source: Path, **changes: Any) -> "Office":
        """Return an office on a copy of a store that nobody else writes to."""
        return cls(f"sqlite:///{copied(source, folder / 'own.db')}", **changes)

    def anybody(self) -> FlaskClient:
        """Return a browser without a pass."""
        return self.app.server.test_client()

    def browser(self, person: Person) -> FlaskClient:
        """Return a browser that carries a person's pass."""
        client = self.anybody()
        carried = Gate(self.settings).issue_pass(person)
        client.set_cookie(COOKIE, carried)
        client.environ_base[SHOWN] = cookies.guard(self.settings.secret, carried)
        return client

    def call(self, client: FlaskClient, output: str, values: dict[str, Any], changed: str = "") -> Any:
        """Return the answer to the callback with this output; `values` are those of its inputs and states by property."""
        client.get("/healthz")  # Dash learns its callbacks at the first request
        entry = self.app.callback_map[output]
        outputs = entry["output"] if isinstance(entry["output"], list) else [entry["output"]]
        told = [{"id": one.component_id, "property": one.component_property} for one in outputs]
        body = {
            "output": output,
            "outputs": told if isinstance(entry["output"], list) else told[0],
            "inputs": [_value(one, values) for one in entry["inputs"]],
            "state": [_value(one, values) for one in entry["state"]],
            "changedPropIds": [changed or f"{entry['inputs'][0]['id']}.{entry['inputs'][0]['property']}"],
        }
        return client.post("/_dash-update-component", json=body)

    def page(self, person: Person | FlaskClient, path: str, search: str = "", turn: str = "") -> Any:
        """Return the answer to a browser that shows a page."""
        values = {"url.pathname": path, "url.search": search, "scale.data": 1, "wall-page.data": turn}
        client = self.browser(person) if isinstance(person, Person) else person
        return self.call(client, "..page.children...deck-spec.data..", values)

    def panel(self, person: Person, code: str, search: str = "") -> Any:
        """Return the answer to a browser in which a compound was picked."""
        values = {"pick.data": {"layer": "compounds", "id": code}, "url.pathname": "/", "url.search": search}
        return self.call(self.browser(person), "detail.children", values | {"scale.data": 1})

    def decide(self, person: Person, key: str, code: str, search: str = "", **switches: list[str]) -> Any:
        """Return the answer to a click on a candidate of the review queue; switches: same, learn."""
        values = {f"review-{name}.value": value for name, value in switches.items()} | {"url.search": search}
        return self._press(person, {"compound": code, "key": key, "type": "review"}, values)

    def history(self, person: Person, do: str, number: Any, code: str | None = None, state: Any = None) -> Any:
        """Return the answer to a click on a button of the history of decisions; `code` stands in the field of a correction."""
        field = {"id": {"index": str(number), "type": "review-code"}, "property": "value", "value": code}
        values = {"review-code.value": [] if code is None else [field], "review.data": state, "url.search": ""}
        return self._press(person, {"do": do, "index": str(number), "type": "review-told"}, values)

    def undo(self, person: Person, number: Any) -> Any:
        """Return the answer to a click that takes back the decision of a batch."""
        return self._press(person, {"index": str(number), "type": "review-undo"}, {})

    def care(self, person: Person, do: str, index: str, pending: Any = None) -> Any:
        """Return the answer to a click on a button of the gazetteer's care; `pending` is what waits to be confirmed."""
        values = {"care-pending.data": pending, "url.search": ""}
        return self._press(person, {"do": do, "index": index, "type": "care"}, values, "care-said.children")

    def _press(self, person: Person, id: dict[str, str], values: dict[str, Any], output: str = "quality-review") -> Any:
        client = self.browser(person)
        client.get("/healthz")  # Dash learns its callbacks at the first request
        name = "care" if id["type"] == "care" else "review"
        answers = next(one for one in self.app.callback_map if one.startswith(f"..{output}"))
        return self.call(client, answers, values | press_of(name, id), f"press-{name}.data")


def press_of(name: str, id: dict[str, str]) -> dict[str, Any]:
    """Return what the store of a kind of buttons says when one was pressed."""
    return {f"press-{name}.data": {"id": id, "n": 1}}


def said(answer: Any) -> str:
    """Return a JSON answer as text with its Chinese readable."""
    return json.dumps(answer.get_json(), ensure_ascii=False)


def _value(one: dict[str, str], values: dict[str, Any]) -> Any:
    if one["id"].startswith("{") and "[" not in one["id"]:  # one thing with a name of two parts
        return one | {"id": json.loads(one["id"]), "value": values.get(f"{one['id']}.{one['property']}")}
    if one["id"].startswith("{"):
        return values.get(f"{json.loads(one['id'])['type']}.{one['property']}", [])
    return one | {"value": values.get(f"{one['id']}.{one['property']}")}
