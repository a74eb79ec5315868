"""Trap 10, a Python whose SQLite loads no extension: the store asks for none and works without."""

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

from layers.store import backups, open_store, soundness
from tests import city

ROOT = Path(__file__).resolve().parents[2]
LOADS = re.compile(r"enable_load_extension|load_extension|spatialite", re.I)
WORK = """
import sqlite3, sys
from pathlib import Path
class Bare(sqlite3.Connection):
    def __getattribute__(self, name):
        if name in ("enable_load_extension", "load_extension"):
            raise AttributeError(name)
        return super().__getattribute__(name)
sqlite3.connect.__kwdefaults__
plain = sqlite3.connect
sqlite3.connect = lambda *a, **k: plain(*a, **({"factory": Bare} | k))
sqlite3.dbapi2.connect = sqlite3.connect
from tests import city
from layers.store import open_store
folder = Path(sys.argv[1])
store = open_store(f"sqlite:///{folder / 'store.db'}", "drill")
city._deliver_places(store, folder)
print(city.cases(store, folder, "2020-02-10T18:00", {}).matched)
store.close()
"""


def test_trap_10_nothing_asks_for_an_extension():
    found = [
        str(path.relative_to(ROOT))
        for room in ("geo", "layers", "dashboard")
        for path in (ROOT / room).rglob("*.py")
        if LOADS.search(path.read_text("utf-8"))
    ]
    assert found == []


def test_trap_10_a_store_lives_where_none_can_be_loaded(tmp_path):
    """In a process whose connections have no such method, a city is founded, and a person placed by its shapes."""
    done = subprocess.run(
        [sys.executable, "-c", WORK.replace("sqlite3.connect.__kwdefaults__\n", ""), str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "accepted" in done.stdout


def test_trap_10_a_backup_is_read_by_plain_sqlite(tmp_path):
    store = city.found(open_store(f"sqlite:///{tmp_path / 'store.db'}", "drill"), tmp_path)
    assert soundness.examine(store, lambda *_: None).sound
    backups.backup(store, tmp_path / "b.backup", lambda *_: None)
    store.close()
    with sqlite3.connect(tmp_path / "b.backup") as plain:
        assert plain.execute("select count(*) from compound where shape is not null").fetchone()[0] == 5
    plain.close()
