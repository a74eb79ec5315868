"""An import that is killed leaves the store as it was: a real process, a real SIGKILL, several moments."""

import signal
import subprocess
import sys
import time

import pytest
from sqlalchemy import select

from layers.store import open_store
from layers.store.schema import metadata
from tests import city

ROWS = 12_000


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


def start(store, folder, *more):
    command = [
        sys.executable,
        "-m",
        "dashboard",
        "import",
        "cases",
        str(folder / "many.csv"),
        "--store",
        f"sqlite:///{store}",
    ]
    return subprocess.Popen(
        [*command, "--known-at", "2020-02-10T18:00", *more], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def kill_after(process, wait_s):
    time.sleep(wait_s)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def kill_in_commit(process, store):
    """Kill when the write-ahead log begins to grow: the moment at which half of the pages are on the disk."""
    log = store.with_name(store.name + "-wal")
    before = log.stat().st_size if log.exists() else 0
    while process.poll() is None and not (log.exists() and log.stat().st_size > before):
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def put_back(store, content):
    for suffix in ("-wal", "-shm"):
        store.with_name(store.name + suffix).unlink(missing_ok=True)
    store.write_bytes(content)


def test_a_killed_import_leaves_the_store_as_it_was_and_a_rerun_completes(store, tmp_path):
    started = time.monotonic()
    output, _ = start(store, tmp_path, "--dry-run").communicate()
    whole_s = time.monotonic() - started
    before, content = contents(store), store.read_bytes()
    assert before["person"] == 0, output
    undone = set()
    for share in (0.85, 0.75, 0.65, 0.5, None):
        for _ in range(4):  # a machine that became faster finishes before the shot: put the store back, aim earlier
            process = start(store, tmp_path)
            kill_in_commit(process, store) if share is None else kill_after(process, share * whole_s)
            after = contents(store)
            assert after == before or after["person"] == after["placement"] == ROWS  # as it was, or complete
            if after == before:
                undone.add(share)
                break
            put_back(store, content)
            whole_s *= 0.8
    assert {0.85, 0.75, 0.65, 0.5} <= undone, "the import was too quick to be killed in the act"
    process = start(store, tmp_path)
    output, _ = process.communicate()
    assert process.returncode == 0, output
    final = contents(store)
    assert final["person"] == final["placement"] == final["person_status"] == ROWS
    assert final["batch"] == before["batch"] + 1
