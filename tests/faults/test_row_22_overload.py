"""Row 22 of the fault matrix: two hundred connections and clients that never finish. Health goes on answering, nobody gets a wrong answer, memory stays."""

import socket
import threading
from collections import Counter
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path

import pytest

from layers.store import open_store
from tests import city
from tests.browser import end, free_port, start
from tests.faults.family import status, until, workers
from tests.server import serve_two

MANY = 200
MORE_MB = 300  # that the workers may take for it


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("row22")
    url = f"sqlite:///{folder / 'store.db'}"
    store = city.found(open_store(url, "drill"), folder)
    city.cases(store, folder, "2020-02-10T18:00", {})
    store.close()
    port = free_port()
    found = start(url, port, serve_two)
    found.port, found.address = port, f"http://127.0.0.1:{port}"
    until(lambda: len(workers(found)) == 2)
    yield found
    found.terminate()
    end(found)


def memory_mb(server):
    """What the workers hold by themselves."""
    sizes = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in workers(server)]
    return (
        sum(int(line.split()[1]) for text in sizes for line in text.splitlines() if line.startswith("Private")) / 1024
    )


def test_two_hundred_that_never_finish_their_request_keep_nobody_out(server):
    with ExitStack() as lines:
        for _ in range(MANY):
            line = lines.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
            line.sendall(b"POST /_dash-update-component HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n")
        assert [status(server.address, "/healthz") for _ in range(20)] == [200] * 20
        assert status(server.address, "/pulse") == 200
    assert status(server.address, "/readyz") == 200


def test_two_hundred_at_once_are_answered_or_sent_away_and_memory_stays(server):
    paths = ("/readyz", "/pulse", "/selfcheck", "/plan/lockdown.csv")
    for path in paths:
        assert status(server.address, path) == 200
    before, seen, lock = memory_mb(server), Counter(), threading.Lock()

    def ask(number):
        for path in paths:
            found = status(server.address, f"{path}?n={number}" if path == "/selfcheck" else path)
            with lock:
                seen[found] += 1

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(MANY)]
    for one in threads:
        one.start()
    healthy = [status(server.address, "/healthz") for _ in range(10)]
    for one in threads:
        one.join()
    assert sum(seen.values()) == MANY * len(paths)
    assert set(seen) <= {200, 304, 429, 503, 0}  # 0: not answered in five seconds
    assert healthy.count(200) >= 8
    until(lambda: status(server.address, "/healthz") == 200, 10)
    assert memory_mb(server) - before < MORE_MB
    assert len(workers(server)) == 2


def test_a_body_that_nobody_wants_is_read_so_that_the_refusal_arrives(server):
    line = HTTPConnection("127.0.0.1", server.port, timeout=20)
    for _ in range(2):  # the connection is kept: what was left of the first body is not taken for a request
        line.request("POST", "/_dash-update-component", b" " * 8_000_000, {"Content-Type": "application/json"})
        answer = line.getresponse()
        assert answer.status == 413, answer.read()
        answer.read()
    line.close()
