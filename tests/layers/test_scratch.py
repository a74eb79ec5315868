"""Temporary folders: what a killed process left goes with the next one that makes its own, and nothing of who still lives."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from layers._scratch import HALF_MADE_S, PREFIX, Scratch, scratch
from tests.browser import ROOT

MAKES = """
import os, sys
from layers._scratch import Scratch
made = Scratch()
(made.path / "rows").write_bytes(b"of somebody")
child = 0 if len(sys.argv) == 1 else os.fork()
if child or len(sys.argv) == 1:
    print(made.path, child, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """The folder of temporary files, with nothing in it."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def other(*more):
    """A process with a folder of its own, the folder, and the number of its fork."""
    process = subprocess.Popen([sys.executable, "-c", MAKES, *more], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # fmt: skip
    path, child = process.stdout.readline().split()
    return process, Path(path), int(child)


def killed(process):
    process.kill()
    process.communicate()


def test_it_is_nobody_elses_and_ends_with_its_use(place):
    with scratch() as folder:
        assert folder.parent == place
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "deep").mkdir()
        (folder / "deep" / "file").write_bytes(b"x")
    assert list(place.iterdir()) == []


def test_what_a_killed_process_left_goes_with_the_next_and_what_lives_stays():
    (left, gone, _), (lives, kept, _) = other(), other()
    killed(left)
    assert (gone / "rows").exists()
    with scratch():
        assert not gone.exists()
        assert (kept / "rows").exists()
    killed(lives)


def test_a_fork_that_lives_keeps_what_its_killed_parent_made():
    parent, path, child = other("fork")
    parent.kill()
    parent.wait()
    with scratch():
        assert (path / "rows").exists()
    parent.stdin.close()  # the fork reads the end of its input, and ends
    assert child
    deadline = time.monotonic() + 10
    while path.exists() and time.monotonic() < deadline:
        with scratch():
            time.sleep(0.05)
    assert not path.exists()
    parent.stdout.close()


def test_what_is_half_made_is_left_alone_for_an_hour(place):
    half = place / f"{PREFIX}half"
    half.mkdir(0o700)
    with scratch():
        assert half.exists()
    os.utime(half, (time.time() - HALF_MADE_S - 1,) * 2)
    with scratch():
        assert not half.exists()


def test_a_link_of_that_name_leads_to_nothing_that_is_removed(place, tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_bytes(b"x")
    link = place / f"{PREFIX}link"
    link.symlink_to(tmp_path / "kept")
    os.utime(link, (time.time() - HALF_MADE_S - 1,) * 2, follow_symlinks=False)
    with scratch():
        assert (tmp_path / "kept" / "file").exists()


def test_a_fork_does_not_remove_what_its_parent_uses():
    made = Scratch()
    if not (pid := os.fork()):
        made.end()
        os._exit(0)
    os.waitpid(pid, 0)
    assert made.path.exists()
    made.end()
    assert not made.path.exists()
