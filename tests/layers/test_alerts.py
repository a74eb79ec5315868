"""Alerts in the store: raised once however many look, over but waiting, acknowledged once, and every step in the journal."""

import pytest

from layers._times import parse_time
from layers.scenario.watching import RULES, watch
from layers.store import alerts, journal
from layers.store.alerts import AlertError, Raised, Turn
from layers.store.beat import beat
from tests import city
from tests.beginnings import begun

KNOWN = parse_time("2020-02-10T18:00")


def one_case(store, folder):
    city.cases(store, folder, "2020-02-10T18:00", {})


@pytest.fixture
def store(tmp_path, target):
    store = begun(target, tmp_path, one_case)
    yield store
    store.close()


@pytest.fixture
def rule(store):
    return alerts.make(store, RULES[0], "总值班")


def lines(store):
    return [(row.actor, row.action) for row in journal.entries(store).itertuples()][::-1]


def told(store, query=None):
    return store.read(alerts.standing() if query is None else query)


def test_an_alert_goes_its_way_and_each_step_is_in_the_journal(store, rule):
    (number,) = alerts.turn(store, Turn((Raised(rule, "", 300.0),)), KNOWN)
    alerts.turn(store, Turn(cleared=(number,)), KNOWN)
    assert told(store)["cleared_at"].notna().all()  # over, and it still waits
    alerts.acknowledge(store, number, "李值班", "已核实，流调组赴现场")
    assert told(store).empty
    row = told(store, alerts.settled()).iloc[0]
    assert (row["acknowledged_by"], row["note"], row["name"], row["value"]) == (
        "李值班",
        "已核实，流调组赴现场",
        RULES[0].name,
        300,
    )
    wanted = [("总值班", "alert rule"), ("alerts", "alert"), ("alerts", "alert over"), ("李值班", "alert acknowledged")]
    assert [line for line in lines(store) if "alert" in line[1]] == wanted


def test_two_who_look_at_once_raise_one_alert(store, rule):
    change = Turn((Raised(rule, "", 300.0),))
    assert (len(alerts.turn(store, change, KNOWN)), alerts.turn(store, change, KNOWN)) == (1, [])


def test_an_alert_is_acknowledged_once(store, rule):
    (number,) = alerts.turn(store, Turn((Raised(rule, "", None),)), KNOWN)
    alerts.acknowledge(store, number, "李值班", "在办")
    with pytest.raises(AlertError, match="李值班 has acknowledged it"):
        alerts.acknowledge(store, number, "王值班", "在办")
    with pytest.raises(AlertError, match="there is no alert 99"):
        alerts.acknowledge(store, 99, "王值班", "在办")
    assert len(told(store)) == 1  # still true, so it is still listed


def test_a_rule_that_ended_leaves_its_alert_waiting_and_raises_nothing(store, rule):
    alerts.turn(store, Turn((Raised(rule, "", 300.0),)), KNOWN)
    alerts.end(store, rule, "总值班")
    assert alerts.rules(store) == []
    assert told(store)["cleared_at"].notna().all()
    with pytest.raises(AlertError, match="no rule"):
        alerts.end(store, rule, "总值班")


def test_a_rule_that_ended_while_it_was_judged_raises_nothing(store, rule):
    alerts.end(store, rule, "总值班")
    assert alerts.turn(store, Turn((Raised(rule, "", 300.0),)), KNOWN) == []
    assert told(store).empty


def test_the_rules_of_a_drill_are_given_once(store):
    assert watch(store) == len(RULES)
    assert watch(store) == 0


def test_a_beat_tells_what_has_changed(store, rule, tmp_path):
    seen = [beat(store)]
    alerts.turn(store, Turn((Raised(rule, "", 300.0),)), KNOWN)
    seen.append(beat(store))
    city.cases(store, tmp_path, "2020-02-11T18:00", {"case_id": "2"})
    seen.append(beat(store))
    changed = [
        {name for name in ("facts", "orders", "alerts", "saved") if getattr(a, name) != getattr(b, name)}
        for a, b in zip(seen, seen[1:], strict=False)
    ]
    assert changed == [{"alerts"}, {"facts"}]
