"""Backups of both databases: whole, checked, sealed; put back they answer as before, and a journal shows what was done to it."""

import os
import shutil

import pytest
from sqlalchemy import delete, insert, select, update

from layers._errors import StoreError
from layers._times import parse_time
from layers.decisions import lockdown
from layers.store import backups, digests, engine, journal, open_store
from layers.store.schema import batch, person
from layers.store.schema import journal as table
from tests import city, databases
from tests.beginnings import begun


def quiet(*_said):
    pass


def two_cases(store, folder):
    city.cases(
        store, folder, "2020-02-10T18:00", {}, {"case_id": "2", "status": "疑似"}, {"case_id": "3", "status": "治愈"}
    )
    for number in range(5):
        journal.add(store, "keeper", "plan", f"lockdown {number}", {"n": number})


@pytest.fixture
def store(tmp_path, target):
    store = begun(target, tmp_path, two_cases)
    yield store
    store.close()


def saved(store, tmp_path):
    out = tmp_path / "city.backup"
    receipt = backups.backup(store, out, quiet)
    backups.write_receipt(receipt, out.with_name(out.name + backups.SIDECAR))
    return out, receipt


def held(store):
    with store.snapshot() as connection:
        return digests.digests(connection)


def url_of(store):
    return store.engine.url.render_as_string(hide_password=False)


def tamper(store, *statements):
    """Write as somebody does who has the database and nothing else."""
    with engine.writer(store.engine).begin() as connection:
        for statement in statements:
            connection.execute(statement)


def swap(one, other):
    place = update(table)
    return (
        place.where(table.c.seq == one).values(seq=-9),
        place.where(table.c.seq == other).values(seq=one),
        place.where(table.c.seq == -9).values(seq=other),
    )


def forged(number, key):
    entry = {"at": 1, "actor": "x", "action": "export", "subject": "cases", "detail": {}}
    return insert(table).values(seq=number, **entry, sealed_by=key, seal="0" * 64)


def last(store):
    return journal.verify(store).entries


@pytest.mark.parametrize(
    ("statements", "broken", "why"),
    [
        (lambda s, n: [update(table).where(table.c.seq == 3).values(actor="nobody")], lambda n: 3, "not what was sealed"),
        (lambda s, n: [update(table).where(table.c.seq == 2).values(detail={"n": 9})], lambda n: 2, "not what was sealed"),
        (lambda s, n: [delete(table).where(table.c.seq == 4)], lambda n: 4, "entry 4 is missing"),
        (lambda s, n: [delete(table).where(table.c.seq == 1)], lambda n: 1, "entry 1 is missing"),
        (lambda s, n: [delete(table).where(table.c.seq > n - 2)], lambda n: n - 1, "the end is missing"),
        (lambda s, n: [delete(table)], lambda n: 1, "the end is missing"),
        (lambda s, n: swap(3, 5), lambda n: 3, "not what was sealed"),
        (lambda s, n: [forged(n + 1, s.sealer.id)], lambda n: n + 1, "not what was sealed"),
        (lambda s, n: [forged(n + 1, "f" * 16)], lambda n: n + 1, "another key"),
        (lambda s, n: [forged(-7, s.sealer.id)], lambda n: 1, "entry -7 was put in"),
        (lambda s, n: [forged(None, None)], lambda n: n + 1, "bears no seal"),
    ],
    ids=["actor", "detail", "middle", "first", "tail", "all", "swapped", "forged", "other key", "before all", "unsealed"],
)  # fmt: skip
def test_what_was_done_to_the_journal_is_found_at_its_entry(store, statements, broken, why):
    count = last(store)
    assert journal.verify(store).whole
    tamper(store, *statements(store, count))
    verdict = journal.verify(store)
    assert verdict.broken == broken(count)
    assert why in verdict.why[1]


def test_a_place_that_remembers_no_end_says_so(store, tmp_path):
    count = last(store)
    (tmp_path / "keys" / f"journal-{store.identity}.head").unlink()
    assert journal.verify(store).broken == count + 1


def test_a_store_put_back_answers_as_before(store, tmp_path, target):
    view = store.view(as_of=parse_time("2020-02-10T18:00"), known_at=parse_time("2020-02-10T18:00"))
    before, plan = held(store), lockdown.plan(store, view)
    out, receipt = saved(store, tmp_path)
    assert digests.whole(before) == receipt.digest
    tamper(store, update(person).values(age=99), delete(table).where(table.c.seq > 2))
    assert digests.whole(held(store)) != receipt.digest
    store.close()
    backups.restore(out, target, tmp_path / "keys", "drill", quiet, may_replace=True)
    back = databases.opened(target, tmp_path, "drill")
    assert held(back) == before
    assert journal.verify(back).whole
    assert lockdown.plan(back, view).to_json() == plan.to_json()
    city.cases(back, tmp_path, "2020-02-11T18:00", {"case_id": "3"})  # and rows are numbered on
    assert back.read(select(batch.c.id))["id"].is_unique
    assert journal.verify(back).whole
    back.close()


def test_what_is_written_is_for_nobody_else_whatever_the_mask(tmp_path):
    mask = os.umask(0o000)
    try:
        store = open_store(f"sqlite:///{tmp_path / 'own.db'}", "drill")
        out, _ = saved(store, tmp_path)
        backups.restore(out, f"sqlite:///{tmp_path / 'again.db'}", tmp_path / "keys", "drill", quiet)
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("*") if path.is_file()}
        store.close()
    finally:
        os.umask(mask)
    assert {name: mode for name, mode in modes.items() if mode != 0o600 and not name.endswith(".json")} == {}
    assert {"own.db", "own.db-wal", "city.backup", "again.db"} <= set(modes)


def test_a_backup_goes_into_the_other_database(store, tmp_path, request):
    out, receipt = saved(store, tmp_path)
    other = f"sqlite:///{tmp_path / 'other.db'}"
    if store.engine.dialect.name == "sqlite":
        other = databases.database(request.getfixturevalue("postgres"), f"o{tmp_path.name.replace('-', '')[-40:]}")
    backups.restore(out, other, tmp_path / "keys", "drill", quiet)
    moved = databases.opened(other, tmp_path, "drill")
    assert digests.whole(held(moved)) == receipt.digest
    assert journal.verify(moved).whole
    moved.close()


def test_a_place_that_holds_something_is_taken_only_when_that_is_said(store, tmp_path, target):
    out, _ = saved(store, tmp_path)
    store.close()
    before = held(store)
    with pytest.raises(StoreError, match="--replace"):
        backups.restore(out, target, tmp_path / "keys", "drill", quiet)
    assert held(store) == before


def test_a_restore_that_is_stopped_changes_nothing(store, tmp_path, target):
    out, _ = saved(store, tmp_path)
    journal.add(store, "keeper", "plan", "after the backup")
    before = held(store)
    store.close()

    def stop(_zh, en, done, _total):
        if en == "copying" and done > 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backups.restore(out, target, tmp_path / "keys", "drill", stop, may_replace=True)
    back = databases.opened(target, tmp_path, "drill")
    assert held(back) == before
    assert journal.verify(back).whole
    assert not [path for path in tmp_path.iterdir() if "restored" in path.name]
    back.close()


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda out, keys: out.write_bytes(out.read_bytes()[:-4096]), "is not the file that was written"),
        (lambda out, keys: out.write_bytes(out.read_bytes().replace(b"keeper", b"sweeper"[:6])), "another SHA-256"),
        (lambda out, keys: beside(out).write_text(beside(out).read_text().replace('"drill"', '"production"')), "not sealed"),
        (lambda out, keys: beside(out).write_text("{}"), "is no receipt"),
        (lambda out, keys: beside(out).unlink(), "no such file"),
        (lambda out, keys: shutil.rmtree(keys), "the key of its store is not in"),
    ],
    ids=["cut", "changed", "receipt", "no receipt", "none beside", "no key"],
)  # fmt: skip
def test_a_backup_that_is_not_as_it_was_made_is_refused(store, tmp_path, target, damage, why):
    out, _ = saved(store, tmp_path)
    before = held(store)
    store.close()
    damage(out, tmp_path / "keys")
    with pytest.raises(StoreError, match=why):
        backups.restore(out, target, tmp_path / "keys", "drill", quiet, may_replace=True)
    assert held(store) == before


def beside(out):
    return out.with_name(out.name + backups.SIDECAR)


def test_a_store_that_somebody_has_open_is_not_replaced(tmp_path):
    url = f"sqlite:///{tmp_path / 'store.db'}"
    store = city.found(databases.opened(url, tmp_path, "drill"), tmp_path)
    out, _ = saved(store, tmp_path)
    with store.snapshot() as connection:
        connection.execute(select(batch.c.id)).all()
        with pytest.raises(StoreError, match="stop the server"):
            backups.restore(out, url, tmp_path / "keys", "drill", quiet, may_replace=True)
    store.close()
