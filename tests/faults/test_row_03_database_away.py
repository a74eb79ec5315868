"""Row 3 of the fault matrix: the database goes away, or is held. Who asks is told, it recovers by itself, and a delivery sent again is exact."""

import sqlite3
import threading
import time
from contextlib import closing

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from layers._errors import LayerError
from layers.intake.feeds import feed_named
from layers.intake.run import run
from layers.store import open_store, soundness
from layers.store.schema import FOREVER, batch, person, placement
from tests import city, databases
from tests.office import Office

HELD_S = 10.0
ROWS = 3_000


@pytest.fixture
def cluster():
    programs = databases.programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql-15)")
    with databases.cluster(programs) as found:
        yield found


def table(folder):
    return city.table(folder / "many.csv", [city.CASE | {"case_id": str(n)} for n in range(ROWS)])


def counts(store):
    one = lambda query: int(store.read(query.add_columns(func.count().label("n")))["n"].iloc[0])  # noqa: E731
    believed = select().select_from(person).where(person.c.known_until == FOREVER)
    placed = select().select_from(placement).where(placement.c.known_until == FOREVER)
    return one(believed), one(placed), one(select().select_from(batch).where(batch.c.feed == "cases"))


def test_a_database_that_stops_is_told_as_503_and_found_again_without_a_restart(cluster, tmp_path):
    url = databases.database(cluster.address, "ready")
    city.found(databases.opened(url, tmp_path, "production"), tmp_path).close()
    office = Office(url, keys=tmp_path / "keys")
    client = office.anybody()
    assert client.get("/readyz").status_code == 200
    cluster.stop()
    assert (client.get("/readyz").status_code, client.get("/healthz").status_code) == (503, 200)
    cluster.start()
    assert client.get("/readyz").status_code == 200
    office.store.close()


def test_a_database_that_stops_in_the_middle_of_an_import_keeps_nothing_of_it_and_the_same_file_goes_in_whole(
    cluster, tmp_path
):
    url, path = databases.database(cluster.address, "middle"), table(tmp_path)
    store = city.found(databases.opened(url, tmp_path, "drill"), tmp_path)

    def stop(done):
        if cluster.running and done:
            cluster.stop()

    with pytest.raises((LayerError, DBAPIError)):
        run(store, feed_named("cases"), path, known_at=city.parse_time("2020-02-10T18:00"), progress=stop)
    cluster.start()
    assert counts(store) == (0, 0, 0)
    for _ in range(2):  # and once more changes nothing
        city.deliver(store, "cases", path, "2020-02-10T18:00")
        assert counts(store) == (ROWS, ROWS, 1)
    assert soundness.examine(store, lambda *_: None).sound
    store.close()


def test_a_lock_of_ten_seconds_is_waited_for_and_nothing_is_lost(tmp_path):
    store = city.found(open_store(f"sqlite:///{tmp_path / 'store.db'}", "drill"), tmp_path)
    held, free = threading.Event(), threading.Event()

    def hold():
        with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            held.set()
            free.wait(HELD_S)
            other.execute("ROLLBACK")

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    began = time.monotonic()
    city.deliver(store, "cases", table(tmp_path), "2020-02-10T18:00")
    assert time.monotonic() - began >= HELD_S - 1
    assert counts(store) == (ROWS, ROWS, 1)
    holder.join()
    store.close()
