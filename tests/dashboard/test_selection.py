"""Several compounds selected on the map are ordered together, and only those that are this person's."""

import pytest

from dashboard.pages._selection import MOST, ids_of
from layers._times import to_ms
from tests.office import CITY, DISTRICT, OTHER, STREET, Office, press_of, said

OFFER, DIALOG = "selection-act.children", "..order-dialog.children...order-state.data.."


@pytest.fixture(scope="module")
def place(built):
    return Office(f"sqlite:///{built}")


def offered(place, who, ids, search=""):
    values = {"selection.data": {"ids": ids}, "url.pathname": "/lockdown", "url.search": search}
    return place.call(place.browser(who), OFFER, values)


def pressed(place, who, button, ids=(), state=None, values=None):
    client = place.browser(who)
    client.get("/healthz")
    told = {**press_of("order", button), "url.pathname": "/lockdown",
            "url.search": "", "selection.data": {"ids": list(ids)}, "order-state.data": state,
            "order-field.value": [{"id": {"type": "order-field", "index": name}, "property": "value", "value": text} for name, text in (values or {}).items()]}  # fmt: skip
    return place.call(client, DIALOG, told, "press-order.data")


def opens(place, who):
    plan = place.app.server.extensions["desk"].plan(who, "lockdown", place.store.view(area=who.area))
    return {
        "type": "order-open",
        "kind": "lockdown",
        "index": "*@",
        "at": f"{to_ms(plan.as_of)}-{to_ms(plan.known_at)}",
    }


def test_the_panel_offers_what_the_plan_would_change(place):
    assert "下令" in said(offered(place, CITY, ["C1", "C4"]))
    assert "order-open" in said(offered(place, CITY, ["C1", "C4"]))
    assert "order-open" not in said(offered(place, CITY, ["C2"]))  # nobody is ill there: stays as it is
    assert offered(place, CITY, []).get_json()["response"]["selection-act"]["children"] is None


def test_who_may_not_order_or_looks_at_the_past_is_told_so(place):
    for answer in (offered(place, STREET, ["C1"]), offered(place, CITY, ["C1"], "?as_of=2020-02-09")):
        assert "order-open" not in said(answer)
        assert "不能下令" in said(answer)


def test_what_another_district_selected_is_nobodys_here(place):
    assert "order-open" not in said(offered(place, OTHER, ["C1"]))
    answer = pressed(place, OTHER, opens(place, OTHER), ["C1"])
    assert answer.get_json()["response"]["order-state"]["data"]["seen"] == {}


def test_the_selection_is_ordered_each_compound_as_an_order_of_its_own(built, tmp_path):
    own = Office.copy(tmp_path, built)
    opened = pressed(own, CITY, opens(own, CITY), ["C1", "C4", "C2", "nowhere"])
    state = opened.get_json()["response"]["order-state"]["data"]
    assert set(state["seen"]) == {"C1", "C4"}
    entered = {"many": "2", "each": "street", "owner": "", "level": "today", "deadline": "", "reason": "框选批量封控"}
    done = pressed(
        own, CITY, {"type": "order-do", "do": "confirm"}, ["C3"], state, entered
    )  # selected since: not meant
    assert "已下达 2 项指令" in said(done)
    listed = own.app.server.extensions["desk"].orders(CITY, own.store.view())
    assert sorted(listed["subject"]) == ["C1", "C4"]
    assert "order-open" not in said(offered(own, CITY, ["C1", "C4"]))  # ordered already


def test_a_district_orders_of_a_selection_only_what_is_its_own(place):
    state = pressed(place, DISTRICT, opens(place, DISTRICT), ["C1", "C4"]).get_json()["response"]["order-state"]["data"]
    assert set(state["seen"]) == {"C1"}


@pytest.mark.parametrize("ids", ["C1", [1, 2], {"a": 1}, ["C1"] * 30_000])
def test_a_selection_that_is_none_is_refused(place, ids):
    assert offered(place, CITY, ids).status_code == 400


def test_a_selection_has_an_end():
    assert len(ids_of({"ids": [f"C{i}" for i in range(5000)]})) == MOST
    assert ids_of({"ids": ["C1", "C2", "C1"]}) == ("C1", "C2")
    assert ids_of(None) == ()
