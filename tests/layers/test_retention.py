"""How long persons are kept, and what their destruction leaves: counts, and nothing that leads to anybody."""

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import select, update

from dashboard.commands.undo import lines
from layers._errors import Cancelled, StoreError
from layers._times import SHANGHAI
from layers.intake import retention
from layers.intake.unbatch import UndoError, undo
from layers.store import backups, engine, journal, open_store, soundness
from layers.store.destruction import fold
from layers.store.schema import (
    batch,
    confirmation,
    destroyed,
    person,
    person_status,
    placement,
    rejection,
    total,
)
from tests import city, databases
from tests.beginnings import begun
from tests.layers.test_sealing import kept, read

OVER = datetime(2021, 2, 10, tzinfo=SHANGHAI)  # 365 days after the first two, not after the third
TABLES = (person, person_status, placement)


def three_cases(store, folder):
    city.cases(store, folder, "2020-02-05T18:00", {"note": "n1"}, {"case_id": "2", "status": "疑似", "note": "n2"})
    city.cases(store, folder, "2020-02-11T18:00", {"case_id": "3", "status_at": "2020-02-11", "note": "n3"})


@pytest.fixture
def store(tmp_path, target):
    store = begun(target, tmp_path, three_cases)
    yield store
    store.close()


def subjects(store):
    return sorted(set(store.read(select(person.c.subject))["subject"]))


def counts(store):
    rows = store.read(select(total.c.level, total.c.area, total.c.status, total.c.measure, total.c.n))
    return rows.groupby(["level", "area", "status", "measure"])["n"].sum().to_dict()


def due(store, now=OVER):
    return {one.kind: list(one.subjects) for one in retention.all_due(store, now)}


def test_who_is_due_was_not_heard_of_for_as_long_as_the_feed_is_kept(store):
    assert due(store) == {"case": ["1", "2"], "contact": [], "fever": []}
    assert due(store, OVER - timedelta(days=6)) == {"case": [], "contact": [], "fever": []}
    assert due(store, OVER + timedelta(days=3))["case"] == ["1", "2", "3"]


def test_a_file_that_says_the_same_again_prolongs_nothing_and_one_with_news_does(store, tmp_path):
    city.cases(
        store,
        tmp_path,
        "2020-06-01T18:00",
        {"note": "n1"},
        {"case_id": "2", "status": "治愈", "status_at": "2020-05-30"},
    )
    assert due(store)["case"] == ["1"]


def test_old_cases_that_are_delivered_today_are_kept_their_time_from_today(store, tmp_path):
    city.cases(store, tmp_path, "2021-02-01T18:00", {"case_id": "9", "status_at": "2019-12-31"})
    assert "9" not in due(store)["case"]


def test_rows_go_and_counts_stay(store):
    before, others = counts(store), read(store, "address", "case:3")
    made = retention.carry_out(store, OVER, "data officer")
    assert made.persons == {"case": 2}
    assert made.rows == {
        "person": 2,
        "person_status": 2,
        "placement": 2,
        "withdrawal": 0,
        "confirmation": 0,
        "rejection": 0,
        "batch": 0,
    }
    for table in TABLES:
        assert set(store.read(select(table.c.subject))["subject"]) == {"3"}
    assert counts(store) == before
    assert read(store, "address", "case:3") == others
    assert read(store, "note", "case:3") == "n3"
    assert soundness.examine(store, lambda *_: None).sound
    assert journal.verify(store).whole


def test_what_was_confirmed_about_them_goes_too(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-12T18:00", {"note": "n1", "reported_at": "2020-02-12"})
    assert len(store.read(select(confirmation.c.id))) > 0
    assert retention.carry_out(store, OVER, "x").rows["confirmation"] > 0
    assert store.read(select(confirmation.c.id)).empty


def test_the_keys_go_and_whoever_shared_one_is_sealed_anew(store, tmp_path):
    assert kept(store, "address", "case:3").startswith("case-202002-1:")
    made = retention.carry_out(store, OVER, "x")
    assert made.keys == ["case-202002-1"]
    assert kept(store, "address", "case:3").startswith("case-202002-2:")
    assert store.ring.is_destroyed("case-202002-1")
    assert not list((tmp_path / "keys").glob("*case-202002-1.key"))
    assert json.loads(next((tmp_path / "keys").glob("*case-202002-1.gone")).read_text())["by"] == "x"


def test_an_older_backup_does_not_tell_of_them_any_more(store, tmp_path):
    out = tmp_path / "old.backup"
    backups.write_receipt(backups.backup(store, out, lambda *_: None), tmp_path / "old.backup.json")
    retention.carry_out(store, OVER, "x")
    url = f"sqlite:///{tmp_path / 'again.db'}"
    backups.restore(out, url, tmp_path / "keys", "drill", lambda *_: None)
    again = open_store(url, "drill", keys=tmp_path / "keys")
    assert subjects(again) == ["1", "2", "3"]
    assert again.read(select(person.c.address, person.c.note)).isna().all().all()
    again.close()


def test_nothing_of_them_stays_in_the_file(tmp_path):
    url = f"sqlite:///{tmp_path / 'own.db'}"
    store = begun(url, tmp_path, three_cases)
    sealed = [kept(store, name, f"case:{n}") for name in ("address", "note") for n in (1, 2)]

    def content():
        return b"".join(path.read_bytes() for path in tmp_path.glob("own.db*"))

    assert all(one.encode() in content() for one in sealed)
    retention.carry_out(store, OVER, "x")
    assert not any(one.encode() in content() for one in sealed)
    store.close()


def test_who_was_destroyed_does_not_come_back_and_is_not_counted_twice(store, tmp_path):
    retention.carry_out(store, OVER, "x")
    before = counts(store)
    told = city.cases(
        store, tmp_path, "2021-02-11T18:00", {"note": "again"}, {"case_id": "4", "status_at": "2021-02-11"}
    )
    assert [(note.row, note.column, note.found, note.en) for note in told.rejected] == [
        (2, "case_id", "***", "the record was destroyed when its time was over")
    ]
    assert subjects(store) == ["3", "4"]
    assert {area: n - before.get(area, 0) for area, n in counts(store).items() if n != before.get(area, 0)}[
        "city", "", "confirmed", "ever"
    ] == 1
    assert set(store.read(select(destroyed.c.mark))["mark"]).isdisjoint({"1", "2", "case:1", "case:2"})


def test_the_certificate_is_sealed_and_the_journal_has_it(store, tmp_path):
    made = retention.carry_out(store, OVER, "data officer")
    path = tmp_path / "c.json"
    path.write_text(json.dumps(asdict(made)))
    assert retention.checked(store, path) == made
    path.write_text(json.dumps(asdict(made) | {"persons": {"case": 1}}))
    with pytest.raises(StoreError, match="was changed since"):
        retention.checked(store, path)
    path.write_text("{}")
    with pytest.raises(StoreError, match="is no certificate"):
        retention.checked(store, path)
    rows = journal.entries(store)
    assert rows["action"].tolist()[:2] == ["destroy-keys", "destroy"]
    assert set(rows["actor"][:2]) == {"data officer"}
    assert made.rules["cases"] == {"days": 365, "before": "2020-02-11T00:00:00+08:00"}


def test_a_run_that_is_stopped_destroys_nothing(store):
    stop = Event()
    stop.set()
    before = store.read(select(person)).drop(columns=[])
    with pytest.raises(Cancelled):
        retention.carry_out(store, OVER, "x", cancel=stop)
    assert store.read(select(person)).equals(before)
    assert subjects(store) == ["1", "2", "3"]


def test_a_run_that_died_before_the_keys_is_ended_by_the_next(store, monkeypatch):
    def dies(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(retention, "destroy_keys", dies)
    with pytest.raises(KeyboardInterrupt):
        retention.carry_out(store, OVER, "x")
    assert subjects(store) == ["3"]
    assert not store.ring.is_destroyed("case-202002-1")
    monkeypatch.undo()
    made = retention.carry_out(store, OVER, "x")
    assert (made.persons, made.keys, made.batch) == ({}, ["case-202002-1"], 0)


def test_a_run_with_nobody_due_changes_nothing(store):
    before = store.latest()
    made = retention.carry_out(store, datetime(2020, 3, 1, tzinfo=SHANGHAI), "x")
    assert (made.persons, made.keys, store.latest()) == ({}, [], before)


@pytest.mark.parametrize("destroy_old", [False, True])
def test_keys_are_rotated(store, destroy_old):
    address, before = read(store, "address"), kept(store, "address")
    assert retention.rotate(store, "x", destroy_old=destroy_old) == ["case-202002-1"]
    assert read(store, "address") == address
    assert kept(store, "address") != before
    assert store.ring.is_destroyed("case-202002-1") is destroy_old
    told = ["destroy-keys", "rotate-keys"] if destroy_old else ["rotate-keys"]
    assert journal.entries(store)["action"].tolist()[: len(told)] == told


def test_a_store_that_was_opened_again_knows_what_was_destroyed(store, tmp_path, target):
    retention.carry_out(store, OVER, "x")
    store.close()
    again = databases.opened(target, tmp_path, "drill")
    assert again.ring.is_destroyed("case-202002-1")
    assert read(again, "note", "case:3") == "n3"
    again.close()


def test_a_copy_that_was_put_back_beside_the_store_destroys_no_key_of_months_that_it_does_not_hold(store, tmp_path):
    """A restore that is only tried shares the folder of keys with the store that it is of."""
    out = tmp_path / "old.backup"
    backups.write_receipt(backups.backup(store, out, lambda *_: None), tmp_path / "old.backup.json")
    city.cases(store, tmp_path, "2020-03-05T18:00", {"case_id": "9", "status_at": "2020-03-05", "note": "march"})
    url = f"sqlite:///{tmp_path / 'trial.db'}"
    backups.restore(out, url, tmp_path / "keys", "drill", lambda *_: None)
    trial = open_store(url, "drill", keys=tmp_path / "keys")
    assert retention.carry_out(trial, datetime(2020, 3, 10, tzinfo=SHANGHAI), "x", alone=True).keys == []
    trial.close()
    assert read(store, "note", "case:9") == "march"


def test_a_key_whose_destruction_was_broken_off_is_destroyed_by_the_next_run(store, tmp_path, monkeypatch):
    real = Path.unlink

    def dies(path, **options):
        if path.name.endswith("case-202002-1.key"):
            raise KeyboardInterrupt
        real(path, **options)

    with monkeypatch.context() as dying:
        dying.setattr(Path, "unlink", dies)
        with pytest.raises(KeyboardInterrupt):
            retention.carry_out(store, OVER, "x")
    lies = list((tmp_path / "keys").glob("*case-202002-1.key"))
    assert store.ring.is_destroyed("case-202002-1")
    assert lies
    assert retention.carry_out(store, OVER, "x").keys == ["case-202002-1"]
    assert not lies[0].exists()


def test_what_was_rotated_before_is_destroyed_with_the_persons_whom_it_sealed(store):
    retention.rotate(store, "x")
    assert retention.carry_out(store, OVER, "x").keys == ["case-202002-1", "case-202002-2"]


@pytest.mark.parametrize("which", ["store", "trial"])
def test_after_a_restore_with_these_keys_nothing_is_destroyed_until_somebody_says_that_no_other_store_needs_them(
    store, tmp_path, which
):
    out = tmp_path / "old.backup"
    backups.write_receipt(backups.backup(store, out, lambda *_: None), tmp_path / "old.backup.json")
    url = f"sqlite:///{tmp_path / 'trial.db'}"
    backups.restore(out, url, tmp_path / "keys", "drill", lambda *_: None)
    trial = open_store(url, "drill", keys=tmp_path / "keys")
    mine = {"store": store, "trial": trial}[which]
    for destroys in (
        lambda: retention.carry_out(mine, OVER, "x"),
        lambda: retention.rotate(mine, "x", destroy_old=True),
    ):
        with pytest.raises(StoreError, match="a backup was put back with these keys at .*trial.db"):
            destroys()
    assert read(store, "note", "case:1") == "n1"
    assert subjects(mine) == ["1", "2", "3"]
    retention.rotate(mine, "x")  # takes nothing from anybody
    assert read(store, "note", "case:1") == "n1"
    assert retention.carry_out(mine, OVER, "x", alone=True).persons == {"case": 2}
    trial.close()


def test_a_reader_that_keeps_the_pages_as_they_were_is_told_of(tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "PATIENCE_S", 0.2)  # the reader does not go in any case
    store = begun(f"sqlite:///{tmp_path / 'own.db'}", tmp_path, three_cases)
    with store.snapshot() as reader:
        reader.execute(select(person.c.id)).all()
        retention.carry_out(store, OVER, "x")
        assert not fold(store)
    assert fold(store)
    store.close()


NUMBER, OTHER = "110101199003070011", "110101199003070038"
NOTE = ("batch", "kind", "row", "column", "zh", "en")


def doubtful_cases(store, folder):
    """K17 is refused as another person's id and its own is doubted; of K18 an age cannot be, nor of K99, who is kept."""
    city.cases(
        store,
        folder,
        "2020-02-03T18:00",
        {"case_id": "K17", "id_number": NUMBER},
        {"case_id": "K99", "id_number": OTHER},
    )
    odd = ({"case_id": "K17", "id_number": OTHER}, {"case_id": "K18", "id_number": NUMBER, "age": "471"})
    city.cases(store, folder, "2020-02-04T18:00", *odd, source="x")
    city.cases(store, folder, "2020-02-11T18:00", {"case_id": "K99", "status_at": "2020-02-11", "age": "472"})


def test_no_note_and_no_receipt_names_a_record_that_was_destroyed_and_reasons_stay(tmp_path, target):
    store = begun(target, tmp_path, doubtful_cases)
    undo(store, int(store.read(select(batch.c.id).where(batch.c.kind == "import"))["id"].max()), "x", apply=True)
    kept_as_it_is = {"kept": [{"table": "person", "key": "case:K17", "row": 2, "why": "touched", "by": 4}]}
    with store.writing() as connection:
        connection.execute(
            update(batch).where(batch.c.kind == "undo").values(receipt=batch_receipt(store) | kept_as_it_is)
        )
    notes, receipts = select(rejection).order_by(rejection.c.id), select(batch.c.receipt).order_by(batch.c.id)
    before = store.read(notes)
    assert all(text in before.to_string() for text in ("K17", "K18", "471"))
    made = retention.carry_out(store, OVER, "x")
    after, told = store.read(notes), json.dumps(store.read(receipts)["receipt"].tolist())
    assert not [text for text in ("K17", "K18", "471") if text in after.to_string() + told]
    assert after[list(NOTE)].equals(before[list(NOTE)])
    assert "472" in after["found"].tolist()  # of whoever is kept
    changed = (after[["found", "wanted"]] != before[["found", "wanted"]]).any(axis=1)
    assert (made.persons, made.rows["rejection"], made.rows["batch"]) == ({"case": 2}, changed.sum(), 2)
    store.close()


def batch_receipt(store):
    return store.read(select(batch.c.receipt).where(batch.c.kind == "undo"))["receipt"][0]


def test_the_undo_of_a_delivery_says_how_many_of_it_were_destroyed_and_stay_counted(store, tmp_path):
    city.cases(
        store,
        tmp_path,
        "2020-02-12T18:00",
        {"case_id": "1", "age": "5"},
        {"case_id": "2", "age": "5"},
        {"case_id": "3", "age": "5"},
    )
    first, second, third = store.read(select(batch.c.id).where(batch.c.feed == "cases").order_by(batch.c.id))["id"]
    over = OVER + timedelta(days=3)
    retention.carry_out(store, over, "x")
    counted = counts(store)
    for number in (first, second, third):
        with pytest.raises(
            UndoError, match=f"of batch {number} nothing is left to take back: the . persons"
        ) as refused:
            undo(store, number, "x", apply=True)
        assert "已到期销毁" in refused.value.said("zh")
    assert counts(store) == counted


def test_what_is_left_of_a_delivery_is_taken_back_and_the_destroyed_stay_counted(store, tmp_path):
    """Cases 1 and 2 came first and are over; 4 came with them, had news since, and those are taken back first."""
    city.cases(store, tmp_path, "2020-02-12T18:00", {"case_id": "4", "status_at": "2020-02-01"}, {"case_id": "5"})
    city.cases(store, tmp_path, "2020-06-12T18:00", {"case_id": "4", "status": "治愈", "status_at": "2020-06-01"})
    mixed, news = store.read(select(batch.c.id).where(batch.c.feed == "cases").order_by(batch.c.id))["id"][-2:]
    retention.carry_out(store, OVER + timedelta(days=3), "x")
    undo(store, news, "x", apply=True)
    said = undo(store, mixed, "x", apply=True)
    assert (said.destroyed, said.tables["person"]["gone"]) == (1, 1)
    assert "  ! 1 persons were destroyed when their time was over; they stay counted" in lines(said)
    confirmed = {key: n for key, n in counts(store).items() if key[0] == "city" and key[2:] == ("confirmed", "ever")}
    assert list(confirmed.values()) == [3]  # 1, 3 and 5; 2 is suspected, 4 is taken back
    assert city.believed(store, "person").empty


@pytest.mark.parametrize("days", range(-8, 10))
def test_how_many_are_due_is_counted_where_they_lie_and_is_as_many_as_are_named(store, tmp_path, days):
    city.cases(
        store, tmp_path, "2020-02-12T18:00", {"case_id": "1", "age": "7"}, {"case_id": "4", "status_at": "2020-01-20"}
    )
    now = OVER + timedelta(days=days)
    numbers = {one.kind: one.number for one in retention.number_due(store, now)}
    assert numbers == {kind: len(subjects) for kind, subjects in due(store, now).items()}
    last = {"1": 12, "2": 5, "3": 11, "4": 12}  # day of February on which somebody was last heard of
    assert due(store, now)["case"] == [one for one, day in last.items() if day <= 10 + days]
