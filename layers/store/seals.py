"""The key that seals the journal, and how far the journal had come: both lie outside the database that they watch.

Whoever can change the database alone can therefore neither write an entry that fits the chain nor cut its end off unseen.
"""

import fcntl
import hashlib
import hmac
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from layers._errors import StoreError
from layers.store.secret_file import open_to_others, write_own, write_secret

BYTES = 32
SEALER = "fangyi_sealer"  # execution option of connections that write: who seals what they enter
HEAD = "fangyi_head"  # in what a connection remembers: the entry that its transaction wrote last


@dataclass(frozen=True)
class Head:
    """The last entry that was written as this place remembers it: its number and its seal."""

    seq: int
    seal: str


class Sealer:
    """A key and the head of the journal of one store.

    folder  where both lie; None: both are kept in memory, for a store that is in memory too
    name    identity of the store, so that several may share a folder
    """

    def __init__(self, folder: Path | None, name: str) -> None:
        self._folder, self._name = folder, name
        self._secret = _load(folder / f"journal-{name}.key") if folder else secrets.token_bytes(BYTES)
        self._memory: Head | None = None
        self.id = hashlib.sha256(b"fangyi journal key" + self._secret).hexdigest()[:16]

    def seal(self, before: str, entry: Mapping[str, Any]) -> str:
        """Return the seal of an entry: HMAC-SHA256 over the seal before it and every field of its own."""
        said = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hmac.new(self._secret, f"{before}\n{said}".encode(), hashlib.sha256).hexdigest()

    def head(self) -> Head | None:
        """Return the last entry remembered; None where nothing was ever sealed here."""
        if self._folder is None:
            return self._memory
        path = self._file()
        if not path.exists():
            return None
        try:
            kept = json.loads(path.read_text("utf-8"))
            return Head(int(kept["seq"]), str(kept["seal"]))
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{path}: says no head of a journal ({error}); restore it from a backup") from error

    def remember(self, head: Head) -> None:
        """Keep a head after its entry was committed; of two processes the one that came further stands."""
        if self._folder is None:
            self._memory = head
            return
        with self._locked():
            kept = self.head()
            if kept is None or kept.seq < head.seq:
                self._keep(head)

    def reset(self, head: Head) -> None:
        """Keep a head although it may be an earlier one: a store was put back as a backup holds it."""
        if self._folder is None:
            self._memory = head
            return
        with self._locked():
            self._keep(head)

    def forget(self) -> None:
        """Remove key and head: their store is gone."""
        for path in self._files():
            path.unlink(missing_ok=True)

    def move(self, folder: Path) -> None:
        """Bring key and head into another folder: the store that was built beside its place has taken it."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in self._files():
            if path.exists():
                shutil.move(path, folder / path.name)
        self._folder = folder

    def _files(self) -> list[Path]:
        ends = ("key", "head", "lock")
        return [self._folder / f"journal-{self._name}.{end}" for end in ends] if self._folder else []

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = self._file().with_suffix(".lock")
        with os.fdopen(os.open(lock, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _keep(self, head: Head) -> None:
        fresh = self._file().with_suffix(".new")
        write_own(fresh, json.dumps({"seq": head.seq, "seal": head.seal}), lasting=False)
        fresh.replace(self._file())

    def _file(self) -> Path:
        if self._folder is None:
            raise StoreError("a journal in memory has no file")
        return self._folder / f"journal-{self._name}.head"


def has_key(folder: Path, name: str) -> bool:
    """Return whether the key of the store of that identity lies in a folder; none is made."""
    return (folder / f"journal-{name}.key").exists()


def _load(path: Path) -> bytes:
    """Return the key of a file, made on first use with mode 0600; one that others may read is refused."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_secret(path, secrets.token_hex(BYTES).encode())
    if mode := open_to_others(path):
        raise StoreError(f"{path}: others may read the key of the journal (mode {mode:o}); wanted 600")
    try:
        found = bytes.fromhex(path.read_text("ascii").strip())
    except ValueError as error:
        raise StoreError(f"{path}: holds no key ({error}); wanted {BYTES} bytes in hexadecimal") from error
    if len(found) != BYTES:
        raise StoreError(f"{path}: holds {len(found)} bytes; wanted a key of {BYTES}")
    return found
