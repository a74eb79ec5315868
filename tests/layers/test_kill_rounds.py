"""Ten kills at random moments of an intake that goes on, on both databases: what it said it had is there, once, and the rest follows."""

import random
import signal
import time

import pytest
from sqlalchemy import func, select

from layers.store.schema import FACTS, batch, confirmation, person, placement, total
from tests import city, databases
from tests.browser import forked
from tests.server import intake

ROUNDS, FILES, ROWS = 10, 24, 12
BEFORE = {"status_at": "2019-12-20"}  # the small city stands on New Year's Day
OF_A_CASE = (person, placement, FACTS["person_status"])


@pytest.fixture
def handed_in(tmp_path, empty):
    """The URL of a store, and a folder of small files of cases, each of other people."""
    city.found(databases.opened(empty, tmp_path, "drill"), tmp_path).close()
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(FILES):
        rows = [
            city.CASE | BEFORE | {"case_id": f"{number}-{i}", "address": f"江岸区春风里{i + 1}栋"} for i in range(ROWS)
        ]
        city.table(folder / f"{number:03}.csv", rows)
    return empty


def start(url, folder):
    return forked(intake, url, str(folder / "keys"), str(folder / "files"), str(folder / "acknowledged"))


def acknowledged(folder):
    path = folder / "acknowledged"
    return path.read_text().split() if path.exists() else []


def kill(process, folder, chance):
    """Kill at a moment that nobody chose: just after the first file of this process was acknowledged, or before it."""
    before, patience = len(acknowledged(folder)), chance.choice((False, True, True, True))
    until = time.monotonic() + 30
    while patience and len(acknowledged(folder)) == before and process.is_alive() and time.monotonic() < until:
        time.sleep(0.005)
    time.sleep(chance.uniform(0, 0.2))
    process.kill()
    process.join()
    return process.exitcode


def require_whole(url, folder):
    """Each acknowledged file is one batch with all that it says; each batch is whole; no version, count or sum is there twice."""
    store = databases.opened(url, folder, "drill")
    delivered = store.read(select(batch.c.id, batch.c.file).where(batch.c.feed == "cases"))
    assert delivered["file"].is_unique
    assert set(acknowledged(folder)) <= set(delivered["file"])
    for table in OF_A_CASE:
        rows = store.read(select(table.c.key, table.c.batch))
        assert rows["key"].is_unique
        assert rows["batch"].value_counts().to_dict() == dict.fromkeys(delivered["id"], ROWS)
    counted = store.read(
        select(func.sum(total.c.n).label("n")).where(total.c.level == "city", total.c.measure == "now")
    )
    assert int(counted["n"].fillna(0).iloc[0]) == ROWS * len(delivered)
    assert store.read(select(confirmation.c.id).where(confirmation.c.fact == "person")).empty  # nobody was said again
    store.close()
    return len(delivered)


def test_ten_kills_lose_nothing_acknowledged_and_double_nothing(handed_in, tmp_path):
    chance, there, killed = random.Random(handed_in[:6]), 0, 0
    for _ in range(ROUNDS):
        killed += kill(start(handed_in, tmp_path), tmp_path, chance) == -signal.SIGKILL
        now = require_whole(handed_in, tmp_path)
        assert now >= there
        there = now
    assert killed > ROUNDS / 2  # a fast machine may be through before the last of them
    process = start(handed_in, tmp_path)
    process.join()
    assert process.exitcode == 0
    assert require_whole(handed_in, tmp_path) == FILES
    assert sorted(set(acknowledged(tmp_path))) == [f"{number:03}.csv" for number in range(FILES)]
