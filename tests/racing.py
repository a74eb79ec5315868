"""A process that races others for the keys of a store: `python -m tests.racing WHAT URL FOLDER NAME`, where WHAT is import or rotate.

It says that it is ready by a file, begins when there is a file `go`, and ends after its deliveries, or when there is a file `stop`.
"""

import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from layers.intake import retention
from layers.store import Store
from tests import city, databases

FILES, ROWS = 3, 12  # that one process delivers
PATIENCE_S = 120


@contextmanager
def race(url: str, folder: Path, importers: Collection[str], rotators: Collection[str]) -> Iterator[None]:
    """Let processes begin at once; what follows happens while they run, and they have ended without an error when it is left."""
    who = [("import", name) for name in importers] + [("rotate", name) for name in rotators]
    running = [
        subprocess.Popen([sys.executable, "-m", "tests.racing", what, url, str(folder), name], stderr=subprocess.PIPE, text=True)
        for what, name in who
    ]  # fmt: skip
    try:
        _await([folder / f"ready-{name}" for _, name in who], running)
        (folder / "go").touch()
        yield
        said = [one.communicate(timeout=PATIENCE_S)[1] for one in running[: len(importers)]]
        (folder / "stop").touch()
        said += [one.communicate(timeout=PATIENCE_S)[1] for one in running[len(importers) :]]
    finally:
        for one in running:
            one.kill()
            one.wait()
    assert [one.returncode for one in running] == [0] * len(running), "\n".join(said)


def written(importers: Collection[str]) -> dict[str, str]:
    """Case -> remark, of everything that they deliver."""
    return {f"{name}-{file}-{row}": f"remark of {name} {file} {row}" for name in importers for file in range(FILES) for row in range(ROWS)}  # fmt: skip


def _await(paths: Collection[Path], running: "list[subprocess.Popen[str]]") -> None:
    until = time.monotonic() + PATIENCE_S
    while not all(path.exists() for path in paths):
        assert time.monotonic() < until
        assert all(one.poll() is None for one in running), [one.communicate()[1] for one in running if one.poll()]
        time.sleep(0.01)


def _deliver(store: Store, folder: Path, name: str) -> None:
    for file in range(FILES):
        mine = [(case, note) for case, note in written([name]).items() if case.startswith(f"{name}-{file}-")]
        path = city.table(
            folder / f"{name}{file}.csv", [city.CASE | {"case_id": case, "note": note} for case, note in mine]
        )
        city.deliver(store, "cases", path)


def _rotate(store: Store, folder: Path, name: str) -> None:
    while not (folder / "stop").exists():
        retention.rotate(store, name, destroy_old=name.startswith("destroyer"))
        time.sleep(0.02)


def main(what: str, url: str, folder: Path, name: str) -> None:
    """Do one side of the race. A store that is not there yet is made by whoever comes first, so that is raced for too."""
    exists = not url.startswith("sqlite") or Path(url.removeprefix("sqlite:///")).exists()
    store = databases.opened(url, folder, "production") if exists and not (folder / "first").exists() else None
    (folder / f"ready-{name}").touch()
    while not (folder / "go").exists():
        time.sleep(0.001)
    store = store or databases.opened(url, folder, "production")
    {"import": _deliver, "rotate": _rotate}[what](store, folder, name)
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4])
