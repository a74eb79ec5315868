"""Steps between schemas: down and up again with data, in both databases, and a store made whole equals one brought up."""

import hashlib

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select

from layers._errors import StoreError
from layers.store import journal, migrations
from layers.store.schema import FACTS, confirmation
from tests import city, databases
from tests.beginnings import begun

ADDED = {
    "16": {"identity"},
    "20": {"closing", "closed", "course"},
    "17": {"destroyed"},
    "18": {"second_factor", "recovery_code", "halfway", "code_try"},
    "19": {"lapsed"},
    "14": {"taking"},
    "12": {"released"},
    "15": {"api_token", "api_key"},
    "9": {"account", "session"},
    "7": {"confirmation"},
    "6": {"schedule", "edition"},
    "5": {"saved_view", "profile", "alert_rule", "alert", "printed"},
    "4": {"orders", "whatif"},
    "3": {"care"},
}


def two_cases(store, folder):
    city.cases(store, folder, "2020-02-10T18:00", {}, {"case_id": "2", "status": "疑似"})


@pytest.fixture
def store(tmp_path, target):
    store = begun(target, tmp_path, two_cases)
    yield store
    store.close()


def digest(store):
    """Every row of every fact, in the order of their ids."""
    said = hashlib.sha256()
    for name, table in sorted(FACTS.items()):
        if inspect(store.engine).has_table(name):
            said.update(store.read(select(table).order_by(table.c.id)).to_csv().encode())
    return said.hexdigest()


def down(store, step):
    with store.writing() as connection:
        migrations.take_down(connection, step)


def again(store, target, folder):
    store.close()
    return databases.opened(target, folder, "drill")


@pytest.mark.parametrize("step", ["17", "11", "10", "9", "8", "7", "6", "5", "4", "3", "2"])
def test_a_step_down_and_up_again_changes_no_fact(store, tmp_path, target, step):
    before, tables = digest(store), set(inspect(store.engine).get_table_names())
    down(store, step)
    lacks = set().union(*(names for at, names in ADDED.items() if int(at) > int(step)), set())
    assert tables - set(inspect(store.engine).get_table_names()) == lacks
    back = again(store, target, tmp_path)
    assert set(inspect(back.engine).get_table_names()) == tables
    assert digest(back) == before
    city.cases(back, tmp_path, "2020-02-11T18:00", {"case_id": "3"})  # and it can be written
    back.close()


def test_a_store_brought_up_equals_one_made_whole(store, tmp_path, target):
    down(store, "2")
    back = again(store, target, tmp_path)
    with back.engine.connect() as connection:
        assert migrations.differences(connection) == []
    back.close()


def test_what_had_been_heard_is_taken_over(store, tmp_path, target):
    city.cases(store, tmp_path, "2020-02-12T18:00", {"reported_at": "2020-02-12"})
    heard = len(store.read(select(confirmation.c.id)))
    assert heard > 0
    down(store, "6")
    back = again(store, target, tmp_path)
    assert len(back.read(select(confirmation.c.id))) == heard
    back.close()


def test_entries_from_before_the_chain_are_sealed_once(store, tmp_path, target):
    journal.add(store, "a", "plan", "lockdown")
    written = len(journal.entries(store))
    down(store, "7")
    store.sealer.forget()  # that place never sealed anything
    back = again(store, target, tmp_path)
    assert journal.verify(back) == journal.Verdict(written)
    back.close()


@pytest.mark.parametrize(("step", "way"), [("1", "import its files into a new store"), ("99", "a later one")])
def test_a_store_of_another_schema_is_refused_with_the_way_on(store, tmp_path, target, step, way):
    with store.writing() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{step}'")
    with pytest.raises(StoreError, match=way):
        again(store, target, tmp_path)


def test_a_store_from_before_alembic_says_its_schema_in_meta(store, tmp_path, target):
    down(store, "6")
    with store.writing() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
        connection.exec_driver_sql("INSERT INTO meta (name, value) VALUES ('schema', '6')")
    back = again(store, target, tmp_path)
    with back.engine.connect() as connection:
        assert migrations.standing(connection) == migrations.HEAD
    back.close()


def test_the_last_step_is_the_head():
    assert ScriptDirectory(migrations.__path__[0]).get_current_head() == migrations.HEAD
