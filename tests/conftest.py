"""What every test may ask for."""

import gc
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from layers.store import accounts, passwords
from tests import databases

ROOT = Path(__file__).resolve().parents[1]
# Thresholds of the search for garbage: among what is young it is cheap, among everything, as often as Python does by itself, it
# takes a sixth of the time of all tests.
SPARING = (700, 10, 200)
gc.disable()  # until everything is imported: that makes a million objects, none of them garbage
# A file is one block of work for one process. Those that take half a minute and more begin first: begun at the end, one of them
# would keep a single process busy while the others have nothing left to do. Files with a browser stand between others, for two
# browsers at once leave each of them too little of a small machine.
LONG = (
    "test_every_page_browser.py",
    "test_matching_on_real_files.py",
    "test_lifecycle_city.py",
    "test_scenario.py",
    "test_briefing.py",
    "test_wall_browser.py",
    "test_print_pictures.py",
    "test_orders_browser.py",
    "test_kill.py",
    "test_kill_rounds.py",
    "test_map_browser.py",
    "test_briefing_office.py",
    "test_time_browser.py",
    "test_replay.py",
    "test_review_browser.py",
    "test_briefing_web.py",
    "test_browser.py",
    "test_alone.py",
    "test_desk_browser.py",
    "test_second_browser.py",
    "test_theme_browser.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first; the rest stays in its order."""
    places = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path.name, len(LONG)))


def pytest_collection_finish() -> None:
    """Search for garbage again, but not among what was imported: it stays until the end."""
    gc.freeze()
    gc.set_threshold(*SPARING)
    gc.enable()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real files; where there is none the test is skipped, and the report says why."""
    folder = Path(os.environ.get("FANGYI_REAL_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no folder of real files at {folder}; FANGYI_REAL_DATA names one")
    return folder


@pytest.fixture(scope="module")
def cheap_hashes() -> Iterator[None]:
    """Hash passwords as always, but at no cost."""
    before, passwords.HASHER = passwords.HASHER, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    accounts._nobody.cache_clear()
    yield
    passwords.HASHER = before
    accounts._nobody.cache_clear()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Yield the address of a PostgreSQL server that runs for these tests; where none is installed the test is skipped, and says so."""
    found = databases.programs()
    if found is None:
        pytest.skip(
            "PostgreSQL is not installed (make test installs it as root; by hand: apt-get install postgresql-15)"
        )
    with databases.server(found) as address:
        yield address


@pytest.fixture(params=databases.ENGINES)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a database that is not there yet: once in SQLite, once in PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    return request.getfixturevalue("postgres").format(name=f"t{uuid.uuid4().hex}")


@pytest.fixture
def empty(target: str) -> str:
    """Return the URL of a database that holds nothing yet: once in SQLite, once in PostgreSQL."""
    return databases.made(target)
