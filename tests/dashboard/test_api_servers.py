"""The API on both databases, and counted by several workers together."""

import json
import os
import secrets
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from dashboard.__main__ import main
from dashboard.app import create_app
from dashboard.settings import Settings
from layers._scratch import PREFIX
from layers.store import open_store, tokens
from layers.store.tokens import Token
from tests import city, databases
from tests.browser import end, free_port, start
from tests.faults.family import until, workers
from tests.office import SECRET
from tests.server import serve_production_with

ROOT = Path(__file__).resolve().parents[2]
LATER = datetime.now(UTC) + timedelta(days=30)
BED = {"hospital": "H1", "kind": "icu", "reported_for": "2020-02-10T08:00:00+08:00", "open": 40, "used": 39}
FORKED = """
import os, sys
from dashboard.app import create_app
from dashboard.settings import Settings
from layers.store import open_store
settings = Settings(store=sys.argv[1], mode="production", secret=sys.argv[2])
head = {"Authorization": "Bearer " + sys.argv[3]}
def asked(times, path):
    client = create_app(settings, open_store(settings.store, "production")).server.test_client()
    return [client.get(path, headers=head).get_data(as_text=True) for _ in range(times)][-1]
for worker in (2, 3):
    if os.fork() == 0:
        asked(worker, "/api/v1/nothing")
        os._exit(0)
    os.wait()
print(asked(1, "/metrics"))
"""


def test_a_delivery_and_a_read_on_either_database(empty, tmp_path):
    store = city.found(databases.opened(empty, tmp_path, "production"), tmp_path)
    app = create_app(Settings(store=empty, mode="production", secret=SECRET), store)
    every = Token(0, "his-1", "一院", ("beds", "cases"), None, "city")
    head = {"Authorization": "Bearer " + tokens.add(store, "root", every, LATER)}

    def sent(feed, *records, key):
        client, more = app.server.test_client(), head | {"Idempotency-Key": key}
        return client.post(f"/api/v1/feeds/{feed}/records", json={"records": records}, headers=more)

    first = sent("beds", BED, key="a")
    assert (first.status_code, first.get_json()["rows"]["new"]) == (200, 1), first.get_data(as_text=True)
    again = sent("beds", BED, key="a")
    assert (again.get_data(), again.headers["Idempotent-Replay"]) == (first.get_data(), "true")
    assert sent("beds", BED | {"open": 41}, key="a").status_code == 409
    assert sent("cases", city.CASE, key="b").get_json()["rows"]["rejected"] == 0
    client = app.server.test_client()
    counts = client.get("/api/v1/counts", headers=head).get_json()["rows"][0]["counts"]
    assert counts["confirmed"]["now"] == 1
    (bed,) = [one for one in client.get("/api/v1/beds", headers=head).get_json()["rows"] if one["bed_kind"] == "icu"]
    assert bed["open"] == 40
    for path in (
        "stocks",
        "orders",
        "layers/compounds",
        "layers/districts",
        "layers/hospitals",
        "counts?level=district",
    ):
        assert client.get(f"/api/v1/{path}", headers=head).status_code == 200, path
    assert client.get("/readyz").get_json() == {"ok": True}
    store.close()


def test_several_workers_count_their_requests_together(built, tmp_path):
    url = f"sqlite:///{built}"
    store = open_store(url, "production")
    secret = tokens.add(store, "root", Token(0, "watcher", "a", rights=("metrics",)), LATER)
    store.close()
    folder = tmp_path / "counted"
    folder.mkdir()
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder), "PYTHONPATH": str(ROOT)}
    told = subprocess.run(
        [sys.executable, "-c", FORKED, url, SECRET, secret],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    found = [line for line in told.stdout.splitlines() if line.startswith("fangyi_requests_total")]
    assert [line for line in found if '"/<path:path>"' in line and '"404"' in line] == [
        'fangyi_requests_total{endpoint="/<path:path>",method="GET",status="404"} 5.0'
    ], json.dumps(found)
    assert "fangyi_revision " in told.stdout


@contextmanager
def two_workers(url, place):
    """`serve --workers 2` with the folder of temporary files in a place of its own; the address and the process."""
    port, secret = free_port(), secrets.token_urlsafe(48)
    server = start(url, port, partial(serve_production_with, secret=secret, workers=2, place=str(place)))
    try:
        yield f"http://127.0.0.1:{port}", server
    finally:
        server.terminate()
        end(server)


def asked(address, path, token):
    """Ask over a connection of its own, so that either worker may answer."""
    head = {"Authorization": f"Bearer {token}"}
    try:
        with urlopen(Request(address + path, headers=head), timeout=20) as answer:
            return answer.read().decode()
    except HTTPError as error:
        return error.read().decode()


def test_a_server_with_two_workers_counts_every_request_and_leaves_nothing_behind(built, tmp_path):
    url, place = f"sqlite:///{built}", tmp_path / "tmp"
    place.mkdir()
    store = open_store(url, "production")
    token = tokens.add(store, "root", Token(0, "watcher-2", "a", rights=("metrics",)), LATER)
    store.close()
    with two_workers(url, place) as (address, server):
        sent = until_both_answered(place, lambda: asked(address, "/api/v1/nothing", token))
        assert [counted(address, token) for _ in range(6)] == [f"{sent}.0"] * 6  # whichever is asked says the same
        first = workers(server)[0]
        os.kill(first, signal.SIGKILL)
        until(lambda: len(workers(server)) == 2 and first not in workers(server))
        assert counted(address, token) == f"{sent}.0"
    assert list(place.glob(f"{PREFIX}*")) == []


def until_both_answered(place, ask):
    """Ask eight at a time until both workers counted some; return how often. Which one takes a line is the system's choice."""
    with ThreadPoolExecutor(8) as pool:
        for sent in range(8, 801, 8):
            list(pool.map(lambda _: ask(), range(8)))
            (folder,) = place.glob(f"{PREFIX}*")
            if len(list(folder.glob("counter_*.db"))) == 2:
                return sent
    pytest.fail("one of two workers took none of 800 requests")


def counted(address, token):
    """How many requests for nothing the server has counted."""
    lines = asked(address, "/metrics", token).splitlines()
    (found,) = [one for one in lines if one.startswith("fangyi_requests_total{") and '"/<path:path>"' in one]
    return found.split()[-1]


def test_a_named_folder_that_is_none_is_refused(built, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("FANGYI_SECRET", secrets.token_urlsafe(48))
    arguments = ["serve", "--mode", "production", "--store", f"sqlite:///{built}", "--port", str(free_port())]
    assert main(arguments) == 2
    assert "PROMETHEUS_MULTIPROC_DIR is" in capsys.readouterr().err
