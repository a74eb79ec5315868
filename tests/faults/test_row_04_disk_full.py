"""Row 4, a full disk: it is said in both languages what to do, nothing is half-written, and with room the same work succeeds."""

import io
import os
import pwd
import resource
import tempfile

import psycopg
import pytest

from dashboard.__main__ import FAILED, REFUSED, main
from layers._errors import StoreError
from layers._scratch import ALIVE
from layers.store import digests, journal, open_store, soundness
from tests import city, databases, disk
from tests.browser import forked
from tests.office import CITY, Office
from tests.server import cramped

ROWS = 2_000
KNOWN = "2020-02-10T18:00"


@pytest.fixture(params=databases.ENGINES)
def place(request, tmp_path):
    """A small disk, and the URL of a store that lies on it."""
    with disk.small(tmp_path / "disk") as found:
        if request.param == "sqlite":
            yield found, f"sqlite:///{found.place / 'store.db'}"
            return
        address = request.getfixturevalue("postgres")
        yield found, _in_space(address, found.place, tmp_path.name.replace("-", "_"))
        _drop(address, tmp_path.name.replace("-", "_"))


def _in_space(address, folder, name):
    """The URL of a PostgreSQL database whose tables lie in a folder."""
    space, account = folder / "space", pwd.getpwnam("postgres")
    space.mkdir()
    os.chown(space, account.pw_uid, account.pw_gid)
    for parent in folder.parents:  # pytest makes its folders for one account alone
        if str(parent) == tempfile.gettempdir():
            break
        parent.chmod(parent.stat().st_mode | 0o011)
    with psycopg.connect(address.format(name="postgres").replace("+psycopg", ""), autocommit=True) as keeper:
        keeper.execute(f"CREATE TABLESPACE {name} LOCATION '{space}'")
        keeper.execute(f"CREATE DATABASE {name} TABLESPACE {name} TEMPLATE template0")
    return address.format(name=name)


def _drop(address, name):
    with psycopg.connect(address.format(name="postgres").replace("+psycopg", ""), autocommit=True) as keeper:
        keeper.execute(f"DROP DATABASE {name} WITH (FORCE)")
        keeper.execute(f"DROP TABLESPACE {name}")


def many(folder, rows=ROWS):
    cases = [city.CASE | {"case_id": str(i), "address": f"江岸区春风里{i % 9 + 1}栋{i}室"} for i in range(rows)]
    return city.table(folder / "many.csv", cases)


def held(store):
    with store.snapshot() as connection:
        return digests.digests(connection)


def is_sound(store):
    return soundness.examine(store, lambda *_: None).sound and journal.verify(store).whole


def persons(store):
    return held(store)["person"].rows


def test_an_import_onto_a_full_disk_writes_nothing_and_succeeds_when_there_is_room(place, tmp_path):
    there, url = place
    store = city.found(databases.opened(url, tmp_path, "drill"), tmp_path)
    before, path = held(store), many(tmp_path)
    for room in (0, 40_000, 200_000, 600_000):
        there.leave(room)
        with pytest.raises(StoreError) as refused:
            city.deliver(store, "cases", path, KNOWN)
        assert "free space" in refused.value.said("en")
        assert "磁盘空间" in refused.value.said("zh")
        assert "春风里" not in refused.value.said("en")
        there.make_room()
        assert held(store) == before
    assert is_sound(store)
    receipt = city.deliver(store, "cases", path, KNOWN)
    assert (receipt.rows_read, receipt.rows_rejected, persons(store)) == (ROWS, 0, ROWS)
    assert is_sound(store)
    store.close()


def test_a_store_on_a_full_disk_is_not_called_damaged(tmp_path):
    with disk.small(tmp_path / "disk") as there:
        url = f"sqlite:///{there.place / 'store.db'}"
        city.found(databases.opened(url, tmp_path, "drill"), tmp_path).close()
        there.leave(0)
        with pytest.raises(StoreError) as refused:
            databases.opened(url, tmp_path, "drill")
        assert "the disk is full" in refused.value.said("en")
        assert "磁盘已满" in refused.value.said("zh")
        assert "backup" not in refused.value.said("en")
        there.make_room()
        assert is_sound(databases.opened(url, tmp_path, "drill"))


def test_a_backup_onto_a_full_disk_leaves_no_file_and_the_store_as_it_was(tmp_path, capsys):
    url = f"sqlite:///{tmp_path / 'store.db'}"
    store = city.found(open_store(url, "drill"), tmp_path)
    city.deliver(store, "cases", many(tmp_path), KNOWN)
    before = held(store)
    with disk.small(tmp_path / "disk") as there:
        out = there.place / "city.backup"
        for room in (0, 100_000, 700_000):
            there.leave(room)
            assert main(["backup", "--out", str(out), "--store", url]) in (FAILED, REFUSED)
            said = capsys.readouterr().err.strip().splitlines()
            assert len(said) == 1
            assert "full" in said[0] or "No space left" in said[0] or "disk I/O error" in said[0]
            assert [path.name for path in there.place.iterdir()] == ["filler"]
        there.make_room()
        assert main(["backup", "--out", str(out), "--store", url]) == 0
        assert main(["verify-store", "--backup", str(out), "--store", url]) == 0
    after = held(store)
    assert {name: one for name, one in after.items() if one != before[name]}.keys() == {"journal"}


def test_a_file_handed_in_on_a_full_disk_is_refused_in_both_languages(built, tmp_path, monkeypatch):
    own = Office.copy(tmp_path, built)
    content = many(tmp_path).read_bytes() * 10
    with disk.small(tmp_path / "disk") as there:
        monkeypatch.setattr(tempfile, "tempdir", str(there.place))
        client = own.browser(CITY)
        there.leave(100_000)
        answer = client.post("/imports/upload?name=c.csv", data=io.BytesIO(content))
        assert answer.status_code == 503
        assert "the disk of the server is full" in answer.get_json()["en"]
        assert "磁盘已满" in answer.get_json()["zh"]
        assert {path.name for path in there.place.rglob("*") if path.is_file()} == {"filler", ALIVE}
        there.make_room()
        assert client.post("/imports/upload?name=c.csv", data=io.BytesIO(content)).status_code == 201


@pytest.mark.parametrize("limit", [500_000, 900_000, 1_500_000])
def test_an_import_that_may_write_no_larger_file_leaves_the_store_as_it_was(tmp_path, limit):
    """The same where nobody may mount a disk: the system refuses the process every byte beyond a size."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    city.found(open_store(url, "drill"), tmp_path).close()
    before, said = held(open_store(url)), tmp_path / "said"
    arguments = ["import", "cases", str(many(tmp_path)), "--store", url, "--known-at", KNOWN]
    process = forked(cramped, arguments, str(said), limit)
    process.join()
    assert process.exitcode == REFUSED, said.read_text()
    assert "error: the store cannot be written" in said.read_text().splitlines()[-1]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY  # not here
    store = open_store(url)
    assert held(store) == before
    assert is_sound(store)
    store.close()
    assert main(arguments) == 0
    assert persons(open_store(url)) == ROWS
