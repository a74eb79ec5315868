"""A control room without a cable: in a network that has only its own loopback, server and browser work and ask for nothing else."""

import json
import shutil
import subprocess
import sys

import pytest

from dashboard.pages import all_pages
from layers.store import open_store
from tests import city
from tests.browser import ROOT

DRAWN = ("/", "/lockdown")  # with WebGL, the others flat
PAGES = [f"{path}?{'lite=1' if path in DRAWN else 'plain=1&dwell=0&lang=en'}" for path in all_pages()]
CUT = ["unshare", "--net"]


def cut() -> bool:
    """Whether this machine lets us take the network away from a process."""
    if not shutil.which("unshare"):
        return False
    return subprocess.run([*CUT, "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not cut(), reason="a network of its own needs unshare (util-linux) and root")
def test_pages_open_in_a_network_that_has_only_lo_and_no_request_fails(tmp_path):
    url = f"sqlite:///{tmp_path / 'store.db'}"
    store = city.found(open_store(url, "drill"), tmp_path)
    city.cases(store, tmp_path, "2020-02-10T18:00", {"status_at": "2020-02-09"})
    store.close()
    command = [*CUT, sys.executable, "-m", "tests.alone", url, *PAGES]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout)
    assert found["reach"] == []
    assert found["hosts"] == ["127.0.0.1"]
    assert found["failed"] == []
    assert found["said"] == []
    assert list(found["titles"]) == PAGES
    assert all(found["titles"].values())
