"""Row 2 of the fault matrix: a process of the server is killed in the middle of its work. Another takes its place, and nothing is half written."""

import json
import os
import re
import signal
import threading

import pytest

from layers.store import open_store
from tests import city
from tests.bench.ui_load import asked
from tests.browser import end, free_port, start
from tests.faults.family import fetched, posted, runner, status, until, workers
from tests.server import serve_two

SOON_S = 5.0


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("row02")
    url = f"sqlite:///{folder / 'store.db'}"
    store = city.found(open_store(url, "drill"), folder)
    city.cases(store, folder, "2020-02-10T18:00", *({"case_id": str(i)} for i in range(8)))
    store.close()
    return url


@pytest.fixture(scope="module")
def server(url):
    port = free_port()
    found = start(url, port, serve_two)
    found.address = f"http://127.0.0.1:{port}"
    until(lambda: len(workers(found)) == 2)
    yield found
    found.terminate()
    end(found)
    assert workers(found) == []


def digest(url):
    store = open_store(url, "drill", must_exist=True)
    try:
        return store.revision(store.latest())
    finally:
        store.close()


def test_a_table_that_one_worker_named_is_answered_by_every_worker(server):
    page = posted(server.address, "/_dash-update-component", asked("/", ""))
    tables = sorted(set(re.findall(r"/table/[\w.]+/\w+", json.dumps(page))))
    assert tables
    for _ in range(8):  # each connection goes to whichever worker is free
        assert {status(server.address, table) for table in tables} == {200}


def test_both_workers_and_the_runner_tell_the_same_boot_and_the_watch_reaches_the_wall(server):
    found = [json.loads(fetched(server.address, "/pulse")[0]) for _ in range(8)]
    assert len({one["boot"] for one in found}) == 1
    told = lambda: json.loads(fetched(server.address, "/selfcheck")[0])["server"]  # noqa: E731
    until(lambda: told()["faults"] == [])
    until(lambda: len({told()["checked_at"] for _ in range(8)}) == 1)  # once the watch has spoken


def test_a_worker_killed_in_the_middle_of_a_callback_is_replaced_and_health_answers_within_five_seconds(server, url):
    before, first = digest(url), workers(server)
    calls = [
        threading.Thread(target=lambda n=n: status(server.address, f"/search/places?q=a{n}"), daemon=True)
        for n in range(12)
    ]
    for one in calls:
        one.start()
    for pid in first:
        os.kill(pid, signal.SIGKILL)
    took = until(lambda: status(server.address, "/healthz") == 200, SOON_S)
    assert took < SOON_S
    until(lambda: len(workers(server)) == 2 and not set(workers(server)) & set(first))
    assert status(server.address, "/readyz") == 200
    assert digest(url) == before
    for one in calls:
        one.join(20)


def test_a_runner_killed_in_the_middle_of_a_print_is_replaced_and_the_print_is_done(server):
    job = posted(server.address, "/brief/lockdown.pdf?lang=en")
    old = runner(server)
    until(lambda: told(server, job)["state"] == "working", 90)
    os.kill(old, signal.SIGKILL)
    until(lambda: told(server, job)["state"] == "done", 120)
    assert runner(server) != old
    assert fetched(server.address, f"/job/{job['id']}/file")[0].startswith(b"%PDF")


def told(server, job):
    return json.loads(fetched(server.address, f"/job/{job['id']}")[0])
