"""Several processes race for the keys of a new month: real processes, on both engines."""

import sqlite3
import threading

import pytest
from sqlalchemy import select

from layers.store import open_store, resealing, soundness
from layers.store.schema import batch, person
from layers.store.sealing import as_kept
from tests import city, databases
from tests.beginnings import begun
from tests.racing import race, written

MARCH = "2020-03-05T18:00"


def older_case(store, folder):
    city.cases(store, folder, MARCH, {"case_id": "old", "note": "of another month"})


def remarks(store):
    rows = store.read(select(person.c.subject, person.c.note))
    return dict(zip(rows["subject"], rows["note"], strict=True))


def sealed_by(store):
    """The names of the keys that seal anything, as the rows say."""
    kept = store.read(select(as_kept(person, "note").label("note"), as_kept(person, "address").label("address")))
    return {value.partition(":")[0] for value in kept.to_numpy().ravel() if value}


def assert_nothing_is_lost(url, folder, expected):
    """A process that was not there opens every value; every key that seals one lies there, and all of it is the owner's alone."""
    store = databases.opened(url, folder, "production")
    with store.snapshot() as connection:
        assert resealing.unread(connection, 3) == []
        assert resealing.used(connection) == sealed_by(store)
    assert remarks(store) == expected
    assert all(store.ring.cipher(name) for name in sealed_by(store))
    assert soundness.examine(store, lambda *_: None).sound
    store.close()
    keys = folder / "keys"
    assert keys.stat().st_mode & 0o777 == 0o700
    files = {path.name: oct(path.stat().st_mode & 0o777) for path in keys.iterdir()}
    assert set(files.values()) == {"0o600"}, files
    assert not [name for name in files if not name.endswith((".key", ".gone", ".head", ".lock"))], files


@pytest.mark.parametrize("rotator", ["rotator", "destroyer"])
def test_nothing_is_lost_when_two_import_persons_of_a_new_month_and_a_third_rotates_the_keys(tmp_path, target, rotator):
    begun(target, tmp_path, older_case, "production").close()
    before = {path.name for path in (tmp_path / "keys").glob("*.key")}
    with race(target, tmp_path, ["a", "b"], [rotator]):
        pass
    assert_nothing_is_lost(target, tmp_path, {"old": "of another month"} | written(["a", "b"]))
    after = {path.name for path in (tmp_path / "keys").glob("*.key")}
    assert (rotator == "destroyer") or before < after  # what was rotated away stays for older backups


def test_of_processes_that_make_a_store_at_once_one_makes_its_keys_and_nothing_is_lost(tmp_path, target):
    (tmp_path / "first").touch()  # nobody opens it before all may
    if not target.startswith("sqlite"):
        databases.made(target)
    with race(target, tmp_path, ["a", "b", "c"], []):
        pass
    assert_nothing_is_lost(target, tmp_path, written(["a", "b", "c"]))
    assert len(list((tmp_path / "keys").glob("*index.key"))) == 1


def test_who_opens_a_new_file_into_which_another_writes_waits_for_it(tmp_path):
    first = sqlite3.connect(tmp_path / "store.db", check_same_thread=False, isolation_level=None)
    first.execute("BEGIN IMMEDIATE")
    order = []

    def ended():
        order.append("written")
        first.close()

    done = threading.Timer(0.5, ended)
    done.start()
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}", "drill")
    order.append("opened")
    done.join()
    assert order == ["written", "opened"]
    assert len(store.read(select(batch.c.id))) == 0  # and it is a whole store
    store.close()
