"""Where many tests begin: a small city with what was delivered to it, written once a process, and copied with its keys for each test."""

import atexit
import secrets
import shutil
import tempfile
import uuid
from collections.abc import Callable
from functools import cache
from pathlib import Path

from sqlalchemy import update
from sqlalchemy.engine import make_url

from layers.store import Store
from layers.store.engine import engine_of, writer
from layers.store.schema import meta
from tests import city, databases

Write = Callable[[Store, Path], object]


def begun(url: str, folder: Path, write: Write | None = None, kind: str = "drill") -> Store:
    """Make a store that holds the small city and what `write` adds, and return it; its keys lie in `folder`.

    url    of a file or a database that is not there yet
    write  a function of a module, which is called once a process: it gets an open store and a folder for the files that it delivers
    """
    name = str(make_url(url).database)
    source, identity, keys = _made(url.replace(name, "{name}"), write, kind)
    if url.startswith("sqlite"):
        shutil.copy(source, name)
    else:
        databases.made(url, source)
    _be_another(url, identity, keys, folder / "keys")
    return databases.opened(url, folder, kind)


def copied(source: Path, target: Path) -> Path:
    """Copy the file of a store with its keys, and return the copy: it is the same store, which nobody else writes to."""
    if target.parent != source.parent:
        shutil.copytree(source.parent / "keys", target.parent / "keys", dirs_exist_ok=True)
    return Path(shutil.copy(source, target))


@cache
def _made(address: str, write: Write | None, kind: str) -> tuple[str, str, Path]:
    """The file or the database that is copied, its identity, and the folder of its keys."""
    folder = Path(tempfile.mkdtemp(prefix="fangyi-begun-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if address.startswith("sqlite"):
        name = str(folder / "store.db")
        url = address.format(name=name)
    else:
        name = f"b{uuid.uuid4().hex}"
        url = databases.database(address, name)
    store = city.found(databases.opened(url, folder, kind), folder)
    if write:
        write(store, folder)
    store.close()
    return name, store.identity, folder / "keys"


def _be_another(url: str, identity: str, source: Path, keys: Path) -> None:
    """Give a copy an identity of its own: a process keeps what it learned of a store under that."""
    own = secrets.token_hex(8)
    engine = engine_of(url, must_exist=True, durable=False)
    with writer(engine).begin() as connection:
        connection.execute(update(meta).where(meta.c.name == "identity").values(value=own))
    engine.dispose()
    keys.mkdir(mode=0o700, exist_ok=True)
    for path in source.iterdir():
        shutil.copy(path, keys / path.name.replace(identity, own))
