"""Row 23, a backup while somebody writes: it holds one moment, put back it gives the same digest, and the writers lost nothing."""

import threading

from sqlalchemy import select

from layers.store import backups, digests, journal, soundness
from layers.store.schema import batch
from tests import city, databases
from tests.beginnings import begun

FILES, ROWS = 12, 40
BEFORE = {"status_at": "2020-01-05"}


def people(store, folder):
    rows = [city.CASE | BEFORE | {"case_id": f"first-{i}", "address": f"江岸区春风里{i}栋"} for i in range(400)]
    city.deliver(store, "cases", city.table(folder / "first.csv", rows), "2020-02-10T18:00")


def quiet(*_said):
    pass


def held(store):
    with store.snapshot() as connection:
        return digests.digests(connection)


class Writer(threading.Thread):
    """Delivers one file after the other until it is told to stop; `begun` is set when the first is in."""

    def __init__(self, url, folder):
        super().__init__()
        self.url, self.folder, self.begun, self.stop, self.done = url, folder, threading.Event(), threading.Event(), []

    def run(self):
        store = databases.opened(self.url, self.folder, "drill")
        for number in range(FILES):
            rows = [
                city.CASE | BEFORE | {"case_id": f"{number}-{i}", "address": f"江岸区春风里{i}栋"} for i in range(ROWS)
            ]
            self.done.append(city.deliver(store, "cases", city.table(self.folder / f"{number}.csv", rows)).batch)
            self.begun.set()
            if self.stop.is_set():
                break
        store.close()


def test_what_is_backed_up_while_somebody_writes_comes_back_the_same(target, tmp_path):
    store = begun(target, tmp_path, people)
    writer, out = Writer(target, tmp_path), tmp_path / "city.backup"
    writer.start()
    assert writer.begun.wait(60)
    during = []

    def step(_zh, _en, done, total):
        if not during and done > total // 2:  # half-way through the copy somebody writes
            during.append(len(writer.done))
            for _ in range(600):
                if len(writer.done) > during[0] or not writer.is_alive():
                    break
                writer.join(0.05)

    receipt = backups.backup(store, out, step)
    inside = len(writer.done) - during[0]
    writer.stop.set()
    writer.join()
    assert inside > 0  # somebody wrote meanwhile, and did not wait for the copy
    backups.write_receipt(receipt, out.with_name(out.name + backups.SIDECAR))
    batches = set(store.read(select(batch.c.id))["id"])
    assert set(writer.done) <= batches  # nothing acknowledged was lost
    after = held(store)
    assert digests.whole(after) != receipt.digest  # what came later is not in it
    store.close()

    backups.restore(out, target, tmp_path / "keys", "drill", quiet, may_replace=True)
    back = databases.opened(target, tmp_path, "drill")
    assert digests.whole(held(back)) == receipt.digest
    assert soundness.examine(back, quiet).sound
    assert journal.verify(back).whole
    persons = city.believed(back, "person")
    deliveries = back.read(select(batch.c.file).where(batch.c.feed == "cases"))
    assert len(persons) == 400 + ROWS * (len(deliveries) - 1)  # each delivery whole or not at all
    back.close()
