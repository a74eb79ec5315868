"""What the processes of one server keep together: sealed files and locks in a private folder, and the file of `layers/store/side.py`.

Everything on the shelf can be made again, and is sealed with a key that stands in no file (AES-GCM, with its name bound in), so that a
copy of the disk tells nothing that the store does not. An application without a server keeps it in a temporary folder that ends with it.
"""

import fcntl
import hashlib
import os
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dashboard.settings import Settings
from layers._scratch import Scratch
from layers.store import Store
from layers.store.side import Side

NONCE = 12
LOCKS = "locks"


class Shelf:
    """Files by kind and name.

    folder  None: a temporary one, for this process alone
    key     of the seals, 32 bytes; None: a random one
    edition of the program: what another one made is not read
    """

    def __init__(self, folder: Path | None = None, key: bytes | None = None, edition: str = "") -> None:
        self.alone, self.edition = folder is None, edition
        self.boot = os.urandom(4).hex()  # of this start of the server, in all processes that are forked from it
        self._folder, self._lock = folder, Lock()
        self._seal = AESGCM(key or os.urandom(32))
        self.side = Side(lambda: self.folder)

    @property
    def folder(self) -> Path:
        """The private folder, made when it is first asked for."""
        with self._lock:
            if self._folder is None:
                made = Scratch()
                weakref.finalize(self, made.end)
                self._folder = made.path
            return self._folder

    def place(self, kind: str) -> Path:
        """Return the folder of a kind."""
        place = self.folder / kind
        place.mkdir(mode=0o700, exist_ok=True)
        return place

    def put(self, kind: str, name: str, content: bytes) -> None:
        """Keep content under a name; whoever reads meanwhile sees the old or the new, never half of it."""
        nonce = os.urandom(NONCE)
        sealed = nonce + self._seal.encrypt(nonce, content, _bound(kind, name))
        path = self.place(kind) / _file(name)
        half = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(3).hex()}")
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(sealed)
        half.replace(path)

    def get(self, kind: str, name: str) -> bytes | None:
        """Return what is kept, None for nothing or for what another key sealed; being asked for keeps it from being swept away."""
        path = self.place(kind) / _file(name)
        try:
            sealed = path.read_bytes()
            content = self._seal.decrypt(sealed[:NONCE], sealed[NONCE:], _bound(kind, name))
        except (FileNotFoundError, InvalidTag, ValueError):
            return None
        with suppress(FileNotFoundError):
            os.utime(path)
        return content

    def has(self, kind: str, name: str) -> bool:
        """Say whether something is kept under a name, and count that as a use of it."""
        try:
            os.utime(self.place(kind) / _file(name))
        except FileNotFoundError:
            return False
        return True

    def drop(self, kind: str, name: str) -> None:
        """Keep nothing more under a name."""
        with suppress(FileNotFoundError):
            (self.place(kind) / _file(name)).unlink()

    def sealed(self, content: bytes, what: str) -> bytes:
        """Return content as only the processes of this server can read it."""
        nonce = os.urandom(NONCE)
        return nonce + self._seal.encrypt(nonce, content, _bound("", what))

    def opened(self, sealed: bytes, what: str) -> bytes:
        """Return what `sealed` sealed; raises InvalidTag for anything else."""
        return self._seal.decrypt(sealed[:NONCE], sealed[NONCE:], _bound("", what))

    @contextmanager
    def lock(self, name: str, shared: bool = False, wait: bool = True, kind: str = LOCKS) -> Iterator[bool]:
        """Hold a lock that one process has, or several where all share it; ends with the process whatever becomes of it.

        wait  False: yields False at once where somebody else has it
        kind  of locks that are never swept away, because one is held for days
        """
        path = self.place(kind) / _file(name)
        with open(path, "ab") as file:
            os.utime(file.fileno())
            how = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB)
            try:
                fcntl.flock(file, how)
            except BlockingIOError:
                yield False
                return
            yield True  # closing the file lets go

    def sweep(self, kind: str, most_bytes: int, most_s: float) -> None:
        """Let go of what nobody asked for in `most_s`, then of what was asked for longest ago while there is too much."""
        found = []
        with suppress(FileNotFoundError):
            for entry in os.scandir(self.place(kind)):
                with suppress(FileNotFoundError):
                    about = entry.stat()
                    found.append((about.st_mtime, about.st_size, entry.path))
        now, size = time.time(), sum(one[1] for one in found)
        for used, bytes_, path in sorted(found):
            if now - used > most_s or size > most_bytes:
                Path(path).unlink(missing_ok=True)
                size -= bytes_


def _bound(kind: str, name: str) -> bytes:
    return f"{kind}/{name}".encode()


def _file(name: str) -> str:
    return hashlib.blake2b(name.encode(), digest_size=16).hexdigest()


def common(settings: Settings, store: Store, edition: str) -> Shelf:
    """Return the shelf that all processes of a server share: beside the store's file, in `var` for a store on a database server.

    The key comes from the secret of production; a drill has none, and all in it is invented.
    """
    key = hashlib.blake2b(b"fangyi shelf " + settings.secret.encode(), digest_size=32).digest()
    name = hashlib.blake2b(key + store.identity.encode(), digest_size=6).hexdigest()
    parent = store.cache or settings.var / "cache"
    parent.mkdir(parents=True, exist_ok=True)
    folder = parent / f"serving-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    return Shelf(folder, key, edition)
