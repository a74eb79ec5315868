"""Private temporary folders that end with who made them; what a killed process left goes when the next one makes its own."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "fangyi-scratch-"
ALIVE = ".alive"  # held by every process that may still use the folder: locks end with processes, numbers of processes come again
HALF_MADE_S = 3600.0  # a folder without that file is being made, or whoever made it was killed just then


class Scratch:
    """A folder for nobody but this user, on the disk of temporary files (TMPDIR).

    Processes that are forked later share it, and keep it from being swept away; `end` is for the one that made it.
    """

    def __init__(self) -> None:
        sweep()
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._maker = os.getpid()
        half = self.path / f"{ALIVE}-"
        self._alive = os.open(half, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._alive, fcntl.LOCK_EX)
        half.rename(self.path / ALIVE)  # nobody sees it before it is held

    def end(self) -> None:
        """Remove the folder with everything in it; in a fork, and the second time, do nothing."""
        if self._maker == os.getpid():
            self._maker = 0
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._alive)


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield a folder that is removed at the end."""
    made = Scratch()
    try:
        yield made.path
    finally:
        made.end()


def sweep() -> None:
    """Remove what processes of this user left that live no more."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):  # another process sweeps too, or it is somebody else's
            about = path.lstat()
            if about.st_uid == os.getuid() and path.is_dir() and not path.is_symlink() and _dead(path, about.st_mtime):
                shutil.rmtree(path, ignore_errors=True)


def _dead(path: Path, changed_at: float) -> bool:
    try:
        file = os.open(path / ALIVE, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return time.time() - changed_at > HALF_MADE_S
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(file)
    return True
