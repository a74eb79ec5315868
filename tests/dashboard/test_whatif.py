"""What if at the page: stated in the address, visible while in force, read from facts once, saved, removed and compared."""

import json
from dataclasses import replace

import pytest

from dashboard.access import Gate
from dashboard.calls import CallError, check_call
from dashboard.desk import Desk
from dashboard.pages import Asked, _compare, _whatif, all_pages
from dashboard.roles import Person
from dashboard.settings import Settings
from dashboard.tables import TableStore
from dashboard.view import read
from layers._errors import ViewError
from layers.decisions import staff
from tests import city
from tests.beginnings import begun

AT = "2020-02-18"


def resources(store, folder):
    given = {
        "hospitals": city.SITES,
        "beds": [{"hospital": "H1", "kind": "ICU", "reported_for": AT, "open": 20, "used": 20, "free": 0}],
        "staff": [
            {"team_id": "T", "team": "江苏队", "skill": "重症护士", "people": 10, "arrived_at": AT, "hospital": "H1"},
            {"team_id": "U", "team": "浙江队", "skill": "重症护士", "people": 15, "arrived_at": AT, "hospital": ""},
        ],
        "supplies": [
            {"kind": "库存", "day": AT, "site": "H1", "item": "防护服", "unit": "套", "quantity": 50, "daily_use": 20}
        ],
    }
    for minute, (feed, rows) in enumerate(given.items()):
        path, options = city.table(folder / f"{feed}.csv", rows), {"datum": "wgs84"} if feed == "hospitals" else {}
        city.deliver(store, feed, path, f"{AT}T21:{minute:02}", **options)


@pytest.fixture
def desk(tmp_path):
    store = begun(f"sqlite:///{tmp_path / 'store.db'}", tmp_path, resources)
    settings = Settings(store="")
    return Desk(settings, store, Gate(settings), TableStore())


def asked(desk, path="/staff", search="", who=None):
    return Asked.at(desk, who or desk.gate.visitor, path, search)


def shown(page):
    return json.dumps(
        page.to_plotly_json(),
        ensure_ascii=False,
        default=lambda one: one.to_plotly_json() if hasattr(one, "to_plotly_json") else str(one),
    )


@pytest.mark.parametrize("path", ["/beds", "/staff", "/supplies", "/plan", "/lockdown", "/"])
@pytest.mark.parametrize(("lang", "sign"), [("zh", "假设情景"), ("en", "What if")])
def test_an_assumption_in_force_is_visible_on_every_page_and_can_be_taken_back(desk, path, lang, sign):
    here = asked(desk, path, f"?if_cases=30&lang={lang}")
    text = shown(all_pages()[path].layout(here))
    assert '"className": "assumed"' in text
    assert sign in text
    assert f'"href": "{path}?lang={lang}"' in text  # back to the facts
    assert '"className": "assumed"' not in shown(all_pages()[path].layout(asked(desk, path, f"?lang={lang}")))


def test_the_address_carries_assumptions_and_refuses_what_makes_no_sense(desk):
    here = read("/staff", "?if_cases=30&if_refused=S1&if_unknown=1&nonsense=2", desk.store)
    assert here.view.filters == {"if_cases": "30", "if_refused": "S1"}
    assert here.search == "?if_cases=30&if_refused=S1"
    with pytest.raises(ViewError, match="if_cases"):
        read("/staff", "?if_cases=lots", desk.store)
    assert read("/wall", "?if_cases=30", desk.store).view.filters == {}  # nobody at a wall could take it back


def test_the_controls_write_the_address_and_nothing_where_nothing_is_assumed(desk):
    here = read("/staff", "?lang=en", desk.store)
    assert _whatif.assuming(here, {"cases": 20, "stay": -1, "arrivals": 300, "refused": ["S1"]}) == (
        "?lang=en&if_cases=20&if_stay=-1&if_arrivals=300&if_refused=S1"
    )
    assert _whatif.assuming(here, {"cases": 0, "stay": 0, "arrivals": None, "refused": []}) == "?lang=en"
    with pytest.raises(ViewError, match="at most"):
        _whatif.assuming(here, {"refused": [f"S{n}" for n in range(13)]})


def test_facts_are_read_once_however_many_assumptions_are_asked(desk, monkeypatch):
    read_again = []
    once = staff.gather
    monkeypatch.setattr(staff, "gather", lambda store, view: read_again.append(view.filters) or once(store, view))
    hashes = {desk.plan(desk.gate.visitor, "staff", asked(desk, "/staff", s).here.view).inputs_hash
              for s in ("", "?if_cases=10", "?if_cases=20", "?if_arrivals=100")}  # fmt: skip
    assert read_again == [{}]
    assert len(hashes) == 4
    joint = desk.plan(desk.gate.visitor, "joint", asked(desk).here.view)  # whose facts are those of its parts
    assert joint.kind == "joint"
    assert read_again == [{}]


def test_plan_a_stands_against_plan_b_by_figure_and_on_the_map(desk):
    here = asked(desk, "/staff", "?if_cases=100&lang=en")
    rows = shown(_compare.panel(here, "staff"))
    # 20 beds need 38 ICU nurses: 10 present and 15 sent leave 13; 40 patients need 76 and leave 51
    assert all(f'"children": "{n}"' in rows for n in ("13", "51", "+38"))
    painted = _compare.paint(here, "staff")
    assert painted["id"].tolist() == ["H1"]
    assert _compare.panel(asked(desk), "staff") is None
    assert _compare.paint(asked(desk), "staff").empty


def test_a_saved_set_is_linked_compared_and_removed(desk):
    here = asked(desk, "/staff", "?if_cases=50")
    assert "已保存" in _whatif._save_as(here, "最坏")
    (row,) = _whatif.saved_sets(here)
    assert (row["name"], row["filters"], row["by"]) == ("最坏", {"if_cases": "50"}, "drill")
    listed = shown(_whatif.saved(asked(desk)))
    assert '"href": "/staff?if_cases=50"' in listed
    against = asked(desk, "/plan", f"?if_cases=10&against={row['id']}")
    a, b, name = _whatif.sides(against)
    assert (a.filters, b.filters, name) == ({"if_cases": "50"}, {"if_cases": "10"}, "最坏")
    with pytest.raises(ViewError, match="no saved set"):
        _whatif.sides(asked(desk, "/plan", "?against=nobody"))
    assert "已删除" in _whatif._remove(here, row["id"])
    assert _whatif.saved_sets(here) == []


def test_who_may_not_decide_may_look_and_not_save(desk):
    street = Person("员", "street", "420102/大智街道")
    here = replace(asked(desk, "/staff", "?if_cases=50"), who=street)
    with pytest.raises(PermissionError, match="may not save"):
        _whatif._save_as(here, "x")


@pytest.mark.parametrize(("id", "value", "fine"), [("if-cases", 30, True), ("if-cases", -20, True), ("if-cases", "30", False),
                                                   ("if-arrivals", True, False), ("if-refused", ["S1"], True), ("if-refused", "S1", False)])  # fmt: skip
def test_calls_of_the_controls_are_checked(id, value, fine):
    entry = {"callback": 1, "output": type("O", (), {"component_id": "url", "component_id_str": lambda self: "url",
                                              "component_property": "search"})(),
             "inputs": [{"id": id, "property": "value"}], "state": []}  # fmt: skip
    body = {"output": "url.search", "outputs": {"id": "url", "property": "search"},
            "inputs": [{"id": id, "property": "value", "value": value}], "state": []}  # fmt: skip
    if fine:
        check_call(body, {"url.search": entry})
    else:
        with pytest.raises(CallError):
            check_call(body, {"url.search": entry})
