"""The processes of a server under test: who they are, asked of the kernel."""

import json
import time
import urllib.error
import urllib.request
from pathlib import Path


def children(pid):
    """The processes that a process has started, in the order of their birth."""
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()]
    except FileNotFoundError:
        return []


def workers(server):
    """The workers of a server; its first child is gunicorn, the second runs jobs."""
    found = children(server.pid)
    return children(found[0]) if found else []


def runner(server):
    return children(server.pid)[1]


def status(address, path, **more):
    """The status of an answer; 0 where there is none."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address + path, **more), timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def fetched(address, path, headers=None):
    with urllib.request.urlopen(urllib.request.Request(address + path, headers=headers or {}), timeout=60) as answer:
        return answer.read(), answer.headers


def posted(address, path, body=None):
    """The JSON that a POST is answered with."""
    data = json.dumps(body).encode() if body is not None else b""
    asked = urllib.request.Request(address + path, data=data, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=120) as answer:
        return json.loads(answer.read())


def until(true, seconds=60.0):
    """Wait until something is true; return how long it took."""
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"did not come true within {seconds} s")
        time.sleep(0.05)
    return time.monotonic() - began
