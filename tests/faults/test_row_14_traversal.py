"""Row 14, paths that climb out of their folder, as raw bytes to a real server: none finds a file."""

import socket
from urllib.parse import urlsplit

import pytest

from layers.store import open_store
from tests import city
from tests.browser import serving

BELOW = (
    "/assets/",
    "/vendor/",
    "/words/",
    "/table/",
    "/plan/",
    "/brief/",
    "/rows/",
    "/rows/released/",
    "/briefing/",
    "/briefing/edition/",
    "/job/",
    "/words/glossary/",
    "/api/v1/layers/",
    "/imports/batch/",
    "/imports/draft/",
    "/_dash-component-suites/dash/",
    "/_dash-component-suites/",
    "/",
)
CLIMBS = (
    "../" * 8 + "etc/passwd",
    "..%2f" * 8 + "etc/passwd",
    "%2e%2e/" * 8 + "etc/passwd",
    "%2e%2e%2f" * 8 + "etc%2fpasswd",
    "..%252f" * 8 + "etc/passwd",
    "..\\" * 8 + "etc\\passwd",
    "..%5c" * 8 + "etc%5cpasswd",
    "....//" * 8 + "etc/passwd",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "..;/" * 8 + "etc/passwd",
    "%c0%ae%c0%ae/" * 8 + "etc/passwd",
    "../../pyproject.toml",
    "..%2fdashboard%2fsettings.py",
    "../store.db",
    "../keys",
    "x%00.css",
    "style.css%00../../etc/passwd",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    url = f"sqlite:///{folder / 'store.db'}"
    city.found(open_store(url, "drill"), folder).close()
    with serving(url) as address:
        yield urlsplit(address).port


def asked(port, path, method="GET", body=b""):
    """Status and content that a server answers to a path which nobody tidied on its way."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Length: {len(body)}"
        line.sendall(head.encode() + b"\r\n\r\n" + body)
        answer = b""
        while piece := line.recv(1 << 16):
            answer += piece
    top, _, content = answer.partition(b"\r\n\r\n")
    return int(top.split()[1]), content


def test_what_is_there_is_found_by_the_same_way(place):
    assert asked(place, "/assets/tokens.css")[0] == 200
    assert asked(place, "/healthz")[0] == 200


@pytest.mark.parametrize("below", BELOW)
def test_no_path_leads_out(place, below):
    found = {path: asked(place, below + path) for path in CLIMBS}
    assert {path: status for path, (status, _) in found.items() if status not in (400, 401, 404, 405)} == {}
    leaks = (b"root:", b"[project]", b"SQLite format", b"class Settings")
    assert [path for path, (_, content) in found.items() if any(leak in content for leak in leaks)] == []


@pytest.mark.parametrize("climb", ["../" * 9, "..%2f" * 9, "%2e%2e/" * 9, "..\\" * 9, ""])
def test_a_file_handed_in_lands_in_its_own_folder(place, climb, tmp_path):
    status, content = asked(place, f"/imports/upload?name={climb}{tmp_path}/x.csv", "POST", b"case_id,status\n1,2\n")
    assert (status, list(tmp_path.iterdir())) == (201, []), content


@pytest.mark.parametrize(
    "line",
    [
        b"GET /assets/tokens.css\r\n\r\n",
        b"GET http://elsewhere.example/assets/../x HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n",
        b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET /" + b"a" * 300_000 + b" HTTP/1.1\r\n\r\n",
    ],
    ids=["no version", "another host", "negative length", "two lengths", "tls", "endless"],
)
def test_what_is_no_request_ends_nothing(place, line):
    with socket.create_connection(("127.0.0.1", place), timeout=30) as wire:
        try:
            wire.sendall(line)
            wire.shutdown(socket.SHUT_WR)
            answer = wire.recv(1 << 12)
        except TimeoutError:
            raise
        except OSError:  # a line that was cut, or that is not there any more when it is to be ended
            answer = b""
    assert not answer.startswith(b"HTTP/1.1 5")
    assert asked(place, "/healthz")[0] == 200
