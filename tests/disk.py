"""A small disk of one's own, for tests of what happens when there is no room left."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SIZE = 40 << 20


class Disk:
    """A mounted folder of `SIZE` bytes."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def leave(self, room: int) -> None:
        """Fill the disk but for some bytes."""
        self.make_room()
        about = os.statvfs(self.place)
        (self.place / "filler").write_bytes(bytes(max(about.f_bavail * about.f_frsize - room, 0)))

    def make_room(self) -> None:
        """Take away what filled it."""
        (self.place / "filler").unlink(missing_ok=True)


@contextmanager
def small(place: Path) -> Iterator[Disk]:
    """Mount a small disk at `place`; who may not mount skips the test, and the report says so."""
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk is mounted by root only; the same with a limit of the size of files runs without it")
    try:
        yield Disk(place)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
