"""The commands that keep a store: backup, restore, verify-store and verify-journal, on both databases."""

import os

import pytest
from sqlalchemy import delete, update

from dashboard.__main__ import REFUSED, STOPPED, main
from layers.store import engine, journal
from layers.store.schema import journal as table
from layers.store.schema import person
from tests import city, databases
from tests.beginnings import begun


@pytest.fixture
def url(tmp_path, target, monkeypatch):
    """The URL of a drill store with a case, its keys in the folder that the setting names."""
    for name in [name for name in os.environ if name.startswith("FANGYI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FANGYI_KEYS", str(tmp_path / "keys"))
    begun(target, tmp_path, one_case).close()
    return target


def one_case(store, folder):
    city.cases(store, folder, "2020-02-10T18:00", {})
    journal.add(store, "keeper", "plan", "lockdown")


def told(capsys, *arguments):
    code = main([str(a) for a in arguments])
    return code, capsys.readouterr().out.splitlines()


def tamper(url, *statements):
    other = engine.engine_of(url, True, True)
    with engine.writer(other).begin() as connection:
        for statement in statements:
            connection.execute(statement)
    other.dispose()


def digest(lines):
    return next(line for line in lines if line.startswith("digest "))


def test_what_a_backup_holds_is_there_again_after_damage(url, tmp_path, capsys):
    out = tmp_path / "city.backup"
    code, before = told(capsys, "verify-store", "--store", url)
    assert code == 0
    code, said = told(capsys, "backup", "--out", out, "--by", "keeper", "--store", url)
    assert code == 0
    assert digest(before) in said[0]
    assert sorted(path.name for path in tmp_path.glob("city.backup*")) == ["city.backup", "city.backup.json"]
    assert told(capsys, "verify-store", "--backup", out, "--store", url)[0] == 0
    tamper(url, update(person).values(age=7), delete(table).where(table.c.seq > 1))
    code, damaged = told(capsys, "verify-store", "--store", url)
    assert code == 1
    assert digest(damaged) != digest(before)
    assert any("BROKEN at entry 2" in line for line in damaged)
    assert told(capsys, "restore", out, "--replace", "--by", "keeper", "--store", url)[0] == 0
    code, after = told(capsys, "verify-store", "--store", url)
    assert code == 0
    assert digest(after) == digest(before)
    back = databases.opened(url, tmp_path)
    newest = journal.entries(back).iloc[0]
    assert (newest["action"], newest["actor"], newest["detail"]["entries_lost"]) == ("restore", "keeper", 1)
    back.close()


def test_the_entry_that_was_changed_is_named_and_the_code_is_one(url, capsys):
    code, said = told(capsys, "verify-journal", "--store", url)
    assert code == 0
    assert said[0].startswith("journal whole: ")
    tamper(url, update(table).where(table.c.seq == 2).values(actor="nobody"))
    code, said = told(capsys, "verify-journal", "--store", url)
    assert code == 1
    assert "BROKEN at entry 2" in said[0]
    assert "第2条" in said[0]


def test_a_backup_is_not_written_over_and_a_store_not_replaced_unasked(url, tmp_path, capsys):
    out = tmp_path / "city.backup"
    assert told(capsys, "backup", "--out", out, "--store", url)[0] == 0
    held = out.read_bytes()
    assert told(capsys, "backup", "--out", out, "--store", url)[0] == REFUSED
    assert told(capsys, "restore", out, "--store", url)[0] == REFUSED
    assert out.read_bytes() == held
    assert told(capsys, "verify-journal", "--store", url)[0] == 0


def test_a_backup_that_is_stopped_leaves_nothing(url, tmp_path, capsys, monkeypatch):
    def stop():
        raise KeyboardInterrupt

    monkeypatch.setattr("dashboard.commands._copying.heed", stop)
    assert told(capsys, "backup", "--out", tmp_path / "city.backup", "--store", url)[0] == STOPPED
    assert list(tmp_path.glob("city.backup*")) == []


def test_a_server_without_a_folder_of_keys_is_refused(url, capsys, monkeypatch):
    if url.startswith("sqlite"):
        pytest.skip("a file keeps its keys beside it")
    monkeypatch.delenv("FANGYI_KEYS")
    assert main(["verify-journal", "--store", url]) == REFUSED
    assert "FANGYI_KEYS" in capsys.readouterr().err
