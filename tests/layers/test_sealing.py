"""Personal data in the database: sealed, bound to its row, found again by its blind index, destroyed with its key."""

import json
import os
import re

import pytest
from sqlalchemy import String, select, type_coerce, update

from layers._errors import StoreError
from layers.store import engine, migrations, open_store, resealing, soundness
from layers.store.personal_keys import KeyRing
from layers.store.schema import person
from layers.store.secret_file import write_secret
from tests import city, databases
from tests.beginnings import begun

ADDRESS, NOTE = "江岸区春风里3栋2单元501", "对青霉素过敏"


def two_cases(store, folder):
    whole = {"note": NOTE, "id_number": "110101199003070011", "lon": "114.205", "lat": "30.505"}
    city.cases(store, folder, "2020-02-10T18:00", whole, {"case_id": "2", "status": "疑似"}, datum="wgs84")


@pytest.fixture
def store(tmp_path, target):
    store = begun(target, tmp_path, two_cases)
    yield store
    store.close()


def kept(store, name, key="case:1"):
    """What the database holds of a column, as it holds it."""
    return store.read(select(type_coerce(person.c[name], String).label("v")).where(person.c.key == key))["v"][0]


def put(store, name, value, key="case:1"):
    with store.writing() as connection:
        connection.execute(update(person).where(person.c.key == key).values({name: type_coerce(value, String)}))


def read(store, name, key="case:1"):
    return store.read(select(person.c[name]).where(person.c.key == key))[name][0]


def test_whoever_reads_a_row_gets_it_opened(store):
    row = store.read(select(person).where(person.c.key == "case:1")).iloc[0]
    assert (row["address"], row["note"]) == (ADDRESS, NOTE)
    assert (row["lon"], row["lat"]) == (114.205, 30.505)


def test_an_alias_and_a_union_open_it_too(store):
    other = person.alias()
    rows = store.read(select(other.c.address.label("home")).union_all(select(person.c.address)))
    assert rows["home"].tolist() == [ADDRESS] * 4


def test_nothing_of_it_lies_open_in_the_file(tmp_path):
    url = f"sqlite:///{tmp_path / 'open.db'}"
    begun(url, tmp_path, two_cases).close()
    content = b"".join(path.read_bytes() for path in tmp_path.glob("open.db*"))
    for said in (ADDRESS, NOTE, "2单元501", "110101199003070011", "青霉素"):
        assert said.encode() not in content


def test_equal_texts_are_not_seen_to_be_equal(store):
    assert read(store, "address") == read(store, "address", "case:2")
    assert kept(store, "address") != kept(store, "address", "case:2")


@pytest.mark.parametrize("moved", ["another row", "another column", "a bit"])
def test_what_was_moved_or_changed_is_not_opened(store, moved):
    own = kept(store, "address")
    other = {
        "another row": kept(store, "address", "case:2"),
        "another column": kept(store, "note"),
        "a bit": own[:-6] + ("A" if own[-6] != "A" else "B") + own[-5:],
    }[moved]
    put(store, "address", other)
    with pytest.raises(StoreError, match="person.address of case:1 is not what was written"):
        read(store, "address")
    assert any("person.address of case:1" in one for one in soundness.examine(store, lambda *_: None).wrong)
    assert read(store, "address", "case:2") == ADDRESS


def test_a_statement_can_neither_write_nor_compare_it(store):
    with pytest.raises(Exception, match="person.address is sealed"):
        store.read(select(person.c.key).where(person.c.address == ADDRESS))
    with store.writing() as connection, pytest.raises(Exception, match="person.note is sealed"):
        connection.execute(update(person).values(note="x"))


def test_a_query_that_does_not_carry_the_record_says_so(store):
    with pytest.raises(KeyError, match="key"):
        store.read(select(select(person.c.address).subquery().c.address))


def test_a_person_is_found_again_by_the_blind_index(store):
    number = "110101199003070011"
    assert read(store, "person") == store.ring.blind(number)
    assert number not in json.dumps(store.read(select(person)).astype(str).to_dict("records"))


def test_a_key_belongs_to_a_kind_and_a_month(store):
    assert kept(store, "address").startswith("case-202002-1:")
    assert re.fullmatch(r"case-202002-1:[A-Za-z0-9+/=]+", kept(store, "lon"))


def test_the_keys_are_rotated_and_older_ones_still_open_what_they_sealed(store, tmp_path):
    before = kept(store, "address")
    with store.writing() as connection:
        assert store.ring.renewed("case-202002-1") == "case-202002-2"
        assert resealing.reseal(connection, ["case-202002-1"]) == 2
        assert resealing.used(connection) == {"case-202002-2"}
    assert kept(store, "address") != before
    assert read(store, "address") == ADDRESS
    put(store, "address", before)  # as it is in an older backup
    assert read(store, "address") == ADDRESS


def test_what_a_destroyed_key_sealed_is_unknown(store):
    store.ring.destroy("case-202002-1", {"why": "retention"})
    assert read(store, "address") is None
    assert store.read(select(person.c.lon))["lon"].isna().all()
    assert soundness.examine(store, lambda *_: None).sound  # on purpose, so nothing is wrong


def test_a_key_that_another_process_destroys_while_it_is_read_counts_as_destroyed(store, monkeypatch):
    """It was there at the first look, and its file is gone, or overwritten, at the second."""
    other = KeyRing(store.ring.folder, store.ring.name)
    real = KeyRing._secret

    def late(ring, name):
        if name != "index":
            other.destroy(name, {"why": "rotated"})
        return real(ring, name)

    ring = KeyRing(store.ring.folder, store.ring.name)
    monkeypatch.setattr(KeyRing, "_secret", late)
    assert ring.cipher("case-202002-1") is None


def test_the_next_key_of_a_month_comes_after_those_that_were_destroyed(store):
    """A store that was restored has rows under the first key of a month whose second one is gone."""
    store.ring.destroy(store.ring.renewed("case-202002-1"), {})
    assert store.ring.renewed("case-202002-1") == "case-202002-3"


def test_a_secret_that_a_killed_process_of_the_same_number_left_half_written_stands_in_nobodys_way(tmp_path):
    (tmp_path / f"x.key.{os.getpid()}").touch()
    write_secret(tmp_path / "x.key", b"ab")
    assert (tmp_path / "x.key").read_bytes() == b"ab"


def test_all_that_lies_beside_the_keys_is_the_owners_alone(store):
    store.ring.destroy("case-202002-1", {})
    store.ring.lend("2020-02-10", "there")
    assert store.ring.folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in store.ring.folder.iterdir()} == {0o600}


def test_a_new_delivery_gets_another_key_than_the_destroyed_one(store, tmp_path):
    store.ring.destroy("case-202002-1", {})
    city.cases(store, tmp_path, "2020-02-11T18:00", {"case_id": "3"})
    assert kept(store, "address", "case:3").startswith("case-202002-2:")
    assert read(store, "address", "case:3") == ADDRESS


def test_a_lost_key_is_named_and_nobody_takes_another_for_it(store, tmp_path, target):
    store.close()
    keys = sorted((tmp_path / "keys").glob("personal-*-case-202002-1.key"))
    keys[0].rename(tmp_path / "away")
    again = databases.opened(target, tmp_path, "drill")
    with pytest.raises(StoreError, match="the key case-202002-1 of personal data is not in"):
        read(again, "address")
    again.close()
    (tmp_path / "away").rename(keys[0])
    again = databases.opened(target, tmp_path, "drill")
    assert read(again, "address") == ADDRESS
    again.close()


def test_a_store_is_not_opened_without_its_ring_or_with_another(store, tmp_path, target):
    store.close()
    index = next((tmp_path / "keys").glob("personal-*-index.key"))
    own = index.read_bytes()
    index.unlink()
    with pytest.raises(StoreError, match="are not in"):
        databases.opened(target, tmp_path, "drill")
    assert not index.exists()  # and none is made in its place
    index.touch(0o600)
    index.write_bytes(b"ab" * 32)
    with pytest.raises(StoreError, match="are not those of this store"):
        databases.opened(target, tmp_path, "drill")
    index.write_bytes(own)
    index.chmod(0o644)
    with pytest.raises(StoreError, match="others may read"):
        databases.opened(target, tmp_path, "drill")


def test_keys_are_made_for_their_owner_alone(store, tmp_path):
    made = list((tmp_path / "keys").glob("personal-*"))
    assert len(made) >= 2
    assert {path.stat().st_mode & 0o777 for path in made} == {0o600}


def test_a_store_of_an_earlier_schema_is_sealed_when_it_is_opened(store, tmp_path, target):
    before = store.read(select(person).order_by(person.c.id))
    with store.writing() as connection:
        migrations.take_down(connection, "12")
        plain = connection.exec_driver_sql("SELECT address, lon FROM person WHERE key = 'case:1'").one()
    assert (plain[0], plain[1]) == (ADDRESS, before["lon"][0])
    store.close()
    again = databases.opened(target, tmp_path, "drill")
    assert kept(again, "address").startswith("case-202002-1:")
    assert again.read(select(person).order_by(person.c.id)).equals(before)
    again.close()


def test_a_store_in_memory_keeps_its_keys_there(tmp_path):
    store = city.found(open_store("sqlite://", "drill"), tmp_path)
    city.cases(store, tmp_path, "2020-02-10T18:00", {})
    assert read(store, "address") == ADDRESS
    assert not list(tmp_path.rglob("personal-*"))


def test_what_lay_open_before_it_was_sealed_is_overwritten_by_every_build_of_sqlite(tmp_path, monkeypatch):
    """Some builds overwrite what is deleted by themselves, others do when they are told."""
    real = engine._sqlite_connect

    def of_another_build(synchronous, connection, record):
        connection.execute("PRAGMA secure_delete=OFF")
        real(synchronous, connection, record)

    monkeypatch.setattr(engine, "_sqlite_connect", of_another_build)
    store = begun(f"sqlite:///{tmp_path / 'open.db'}", tmp_path, two_cases)
    city.cases(store, tmp_path, "2020-02-11T18:00", *({"case_id": str(n), "note": NOTE} for n in range(10, 300)))
    with store.writing() as connection:
        migrations.take_down(connection, "12")
    store.close()
    open_store(f"sqlite:///{tmp_path / 'open.db'}", "drill", keys=tmp_path / "keys").close()
    content = (tmp_path / "open.db").read_bytes()
    assert ADDRESS.encode() not in content
    assert NOTE.encode() not in content
