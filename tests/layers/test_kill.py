"""An import that is killed leaves the store as it was: a real process, a real SIGKILL, several moments."""

import signal
import time

import pytest
from sqlalchemy import select

from layers.store import open_store
from layers.store.schema import metadata
from tests import city
from tests.browser import forked
from tests.server import mortal

ROWS = 2_000


def contents(path):
    store = open_store(f"sqlite:///{path}")
    found = {t.name: len(store.read(select(*t.primary_key.columns))) for t in metadata.sorted_tables}
    store.close()
    return found


@pytest.fixture
def store(tmp_path):
    city.found(open_store(f"sqlite:///{tmp_path / 'store.db'}", "drill"), tmp_path).close()
    rows = [city.CASE | {"case_id": str(i), "address": f"江岸区春风里{i % 9 + 1}栋{i}室"} for i in range(ROWS)]
    city.table(tmp_path / "many.csv", rows)
    return tmp_path / "store.db"


def start(store, folder, *more, last=0):
    """Start an import that dies before its change number `last`; 0: that lives until somebody kills it."""
    arguments = ["import", "cases", str(folder / "many.csv"), "--store", f"sqlite:///{store}"]
    arguments += ["--known-at", "2020-02-10T18:00", *more]
    return forked(mortal, arguments, str(folder / "said"), str(folder / "tally"), last)


def kill_in_commit(process, store):
    """Kill when the write-ahead log begins to grow: the moment at which half of the pages are on the disk."""
    log = store.with_name(store.name + "-wal")
    before = log.stat().st_size if log.exists() else 0
    while process.is_alive() and not (log.exists() and log.stat().st_size > before):
        time.sleep(0.001)
    process.kill()  # SIGKILL
    process.join()


def test_a_killed_import_leaves_the_store_as_it_was_and_a_rerun_completes(store, tmp_path):
    rehearsal = start(store, tmp_path, "--dry-run")
    rehearsal.join()
    changes, before = (tmp_path / "tally").stat().st_size, contents(store)
    assert (rehearsal.exitcode, before["person"]) == (0, 0), said(tmp_path)
    assert changes > 5
    for last in range(changes, 1, -2):  # before the last change of all: the last moment before the commit
        process = start(store, tmp_path, last=last)
        process.join()
        assert process.exitcode == -signal.SIGKILL, said(tmp_path)
        assert contents(store) == before
    kill_in_commit(start(store, tmp_path), store)
    after = contents(store)
    assert after == before or after["person"] == after["placement"] == ROWS  # as it was, or complete
    process = start(store, tmp_path)
    process.join()
    assert process.exitcode == 0, said(tmp_path)
    final = contents(store)
    assert final["person"] == final["placement"] == final["person_status"] == ROWS
    assert final["batch"] == before["batch"] + 1


def said(folder):
    return (folder / "said").read_text(encoding="utf-8")
