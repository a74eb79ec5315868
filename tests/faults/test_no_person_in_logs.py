"""A crash tells nobody who it was about: neither its text nor its trace nor a log line repeats what a row says of a person."""

import logging
import time
import traceback

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from dashboard.__main__ import main
from dashboard.importing import commit
from layers.store import engine
from tests import city
from tests.beginnings import begun
from tests.office import CITY, Office

WHO = {
    "case_id": "BL-7731",
    "address": "江岸区春风里3栋2单元501",
    "id_number": "420102199001011234",
    "note": "与同事聚餐后发热",
    "age": "61",
}
SECRETS = ("春风里3栋", "2单元", "501", "420102199001011234", "聚餐", "BL-7731")
KNOWN = "2020-02-11T18:00"


def break_person(store):
    """From now on nobody older than 60 can be written: the database refuses the row and says which."""
    lite = "CREATE TRIGGER broken BEFORE INSERT ON person WHEN NEW.age > 60 BEGIN SELECT RAISE(ABORT, 'broken'); END"
    server = "ALTER TABLE person ADD CONSTRAINT broken CHECK (age <= 60)"
    with engine.writer(store.engine).begin() as connection:
        connection.exec_driver_sql(lite if connection.dialect.name == "sqlite" else server)


def told_in(text):
    return [secret for secret in SECRETS if secret in text]


@pytest.fixture
def store(target, tmp_path):
    store = begun(target, tmp_path)
    yield store
    store.close()


def test_the_trace_of_an_import_that_crashed_names_nobody(store, tmp_path):
    break_person(store)
    with pytest.raises(DBAPIError) as crashed:
        city.cases(store, tmp_path, KNOWN, WHO)
    text = "".join(traceback.format_exception(crashed.value))
    assert "broken" in text  # what failed is said
    assert told_in(text) == []


def test_a_statement_that_fails_says_none_of_its_values(store, tmp_path):
    city.cases(store, tmp_path, KNOWN, WHO)
    columns = "key, subject, address, happened_at, reported_at, known_from, known_until, batch, row, source, kind"
    copy = f"INSERT INTO person (id, {columns}) SELECT id, {columns} FROM person"
    with pytest.raises(IntegrityError) as refused, engine.writer(store.engine).begin() as connection:
        connection.exec_driver_sql(copy)
    text = "".join(traceback.format_exception(refused.value))
    assert "person" in text
    assert told_in(text) == []
    mark = "?" if store.engine.dialect.name == "sqlite" else "%s"
    with pytest.raises(DBAPIError) as failed, store.engine.connect() as connection:
        connection.exec_driver_sql(f"SELECT {mark}, nothing FROM person", (SECRETS[0],))
    assert told_in("".join(traceback.format_exception(failed.value))) == []


def test_a_value_that_a_server_cannot_take_is_not_repeated(postgres, tmp_path):
    store = begun(postgres.format(name=f"v{tmp_path.name.replace('-', '_')}"), tmp_path)
    for statement in ("SELECT CAST(%s AS integer)", "SELECT CAST(%s AS date)"):
        with pytest.raises(DBAPIError) as failed, store.engine.connect() as connection:
            connection.exec_driver_sql(statement, (WHO["address"],))
        text = "".join(traceback.format_exception(failed.value))
        assert "sqlalchemy" in text
        assert told_in(text) == []
    store.close()


def test_a_command_that_crashes_names_nobody(target, tmp_path, capsys, monkeypatch):
    store = begun(target, tmp_path)
    break_person(store)
    store.close()
    monkeypatch.setenv("FANGYI_KEYS", str(tmp_path / "keys"))
    path = city.table(tmp_path / "c.csv", [city.CASE | WHO])
    assert main(["import", "cases", str(path), "--store", target, "--known-at", KNOWN]) == 1
    said = "".join(capsys.readouterr())
    assert said.startswith("error: the store failed: ")
    assert told_in(said) == []


@pytest.fixture
def own(built, tmp_path):
    return Office.copy(tmp_path, built)


def test_a_page_whose_store_fails_shows_and_logs_nobody(own, tmp_path, caplog):
    city.cases(own.store, tmp_path, KNOWN, WHO)
    with engine.writer(own.store.engine).begin() as connection:
        connection.exec_driver_sql("ALTER TABLE person_status RENAME TO gone")
    with caplog.at_level(logging.DEBUG):
        answer = own.panel(CITY, "C1")
        wanted = own.browser(CITY).get(f"/rows/cases.csv?{WHO['note']}")
    assert answer.status_code == 500
    assert "no such table" in caplog.text
    shown = answer.get_data(as_text=True) + wanted.get_data(as_text=True)
    assert told_in(caplog.text) == told_in(shown) == []


def test_an_import_by_page_that_crashes_shows_and_logs_nobody(own, tmp_path, caplog):
    break_person(own.store)
    path = city.table(tmp_path / "c.csv", [city.CASE | WHO])
    desk = own.app.server.extensions["desk"]
    token = own.browser(CITY).post("/imports/upload?name=c.csv", data=path.read_bytes()).get_json()["token"]
    with caplog.at_level(logging.DEBUG):
        job = commit(desk, desk.drafts.get(token, CITY))
        until = time.monotonic() + 60
        while job.state not in ("done", "failed") and time.monotonic() < until:
            time.sleep(0.05)
            job = desk.jobs.now(job)
        told = own.browser(CITY).get(f"/imports/job/{job.id}").get_data(as_text=True)
    assert job.state == "failed"
    assert told_in(caplog.text) == told_in(told) == []
