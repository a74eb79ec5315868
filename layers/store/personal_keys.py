"""The keys of personal data: they lie outside the database, one for each kind of person and month, so that destroying a key destroys what it sealed.

A copy of the database without this folder says nobody's address. A backup made before a key was destroyed says it no more either.
"""

import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from layers._errors import StoreError
from layers._times import from_ms
from layers.store.secret_file import open_to_others, write_own, write_secret

BYTES = 32  # AES-256
INDEX = "index"
LENT = "lent.json"  # end of the name of a note beside the keys
NAMED = re.compile(r"(?P<period>[a-z]+-\d{6})-(?P<generation>\d+)")


@dataclass
class KeyRing:
    """The keys of one store.

    folder  where they lie, each in a file with mode 0600; None: in memory, for a store that is in memory too
    name    identity of the store, so that several may share a folder
    older   what the index key is where there is none yet: stores of schema 12 and before kept it in the database
    """

    folder: Path | None
    name: str
    older: str = ""
    _held: dict[str, bytes] = field(default_factory=dict, repr=False)
    _ciphers: dict[str, AESGCM] = field(default_factory=dict, repr=False)
    _gone: dict[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._make(INDEX, self.older or secrets.token_hex(BYTES))

    @property
    def fingerprint(self) -> str:
        """What a store remembers of its ring, to know it again: a digest of the index key that tells nothing about it."""
        return hashlib.sha256(b"fangyi personal keys" + self._secret(INDEX)).hexdigest()[:16]

    @property
    def index(self) -> str:
        """The key of the blind index, as its file holds it."""
        return self._secret(INDEX).decode()

    def blind(self, text: str) -> str:
        """Return the blind index of a text: equal texts are found again, and nobody without the key can try texts out."""
        return hashlib.blake2b(text.encode(), key=self._secret(INDEX), digest_size=12).hexdigest()

    def drawn(self, text: str, size: int) -> bytes:
        """Return bytes that a text always gives here, and nobody without the key can work out."""
        return hashlib.blake2b(
            text.encode(), key=self._secret(INDEX), digest_size=size, person=b"fangyi drawn"
        ).digest()

    @property
    def contents(self) -> bytes:
        """The key of digests that say whether two versions of a record are equal."""
        return hashlib.sha256(b"fangyi contents" + self._secret(INDEX)).digest()

    def current(self, kind: str, moment: int) -> str:
        """Return the name of the key for what became known of a kind of person in the month of a moment (ms); made on first use."""
        period = f"{kind}-{from_ms(moment):%Y%m}"
        made = [self._generation(one) for one in self.names() if one.startswith(f"{period}-")]
        name = f"{period}-{max(made, default=1)}"
        if not made or self.is_destroyed(name):
            name = f"{period}-{max(made, default=0) + 1}"
            self._make(name, secrets.token_hex(BYTES))
        return name

    def lasting(self, name: str) -> str:
        """Return the name of a key that no month ends and no destruction takes, made on first use: for what is about accounts."""
        self._make(name, secrets.token_hex(BYTES))
        return name

    def renewed(self, name: str) -> str:
        """Make the next key for the period of one, and return its name: from now on it is the current one."""
        period = name.rsplit("-", 1)[0]
        newest = max(self._generation(one) for one in {name, *self.names()} if one.startswith(f"{period}-"))
        following = f"{period}-{newest + 1}"  # beyond those that were destroyed as well
        self._make(following, secrets.token_hex(BYTES))
        return following

    def cipher(self, name: str) -> AESGCM | None:
        """Return the cipher of a key, None for one that was destroyed; StoreError says which one is lost."""
        if name not in self._ciphers:
            if self.is_destroyed(name):
                return None
            try:
                self._ciphers[name] = AESGCM(bytes.fromhex(self._secret(name).decode()))
            except (StoreError, OSError):
                if self.is_destroyed(name):  # by another process, between the two looks
                    return None
                raise
        return self._ciphers[name]

    def names(self) -> list[str]:
        """Return the names of all keys, those that were destroyed as well."""
        found = [*self._held, *self._gone]
        if self.folder:
            found = [path.stem.removeprefix(self._begin) for path in self.folder.glob(f"{self._begin}*.*")]
        return sorted({one for one in found if NAMED.fullmatch(one)})

    def is_destroyed(self, name: str) -> bool:
        """Return whether a key was destroyed, as the law wants it or because another took its place."""
        return self._path(name, "gone").exists() if self.folder else name in self._gone

    def destroy(self, name: str, why: Mapping[str, Any]) -> None:
        """Destroy a key for good; that it was there, and why it is not any more, is kept."""
        said = json.dumps(dict(why), ensure_ascii=False)
        self._ciphers.pop(name, None)
        if self.folder is None:
            self._gone[name] = said
            self._held.pop(name, None)
            return
        write_own(self._path(name, "gone"), said)
        path = self._path(name)
        if path.exists():
            with path.open("r+b") as file:
                file.write(bytes(path.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()

    def is_wiped(self, name: str) -> bool:
        """Return whether a key was destroyed and nothing of it lies here: a destruction that was broken off says the first alone."""
        lies = self._path(name).exists() if self.folder else name in self._held
        return self.is_destroyed(name) and not lies

    def lend(self, at: str, to: str) -> None:
        """Note that a backup was put back with this folder of keys, so that two stores may live on it: what one destroys, the other loses."""
        if self.folder:
            write_own(self.folder / f"{self._begin}{LENT}", json.dumps({"at": at, "to": to}, ensure_ascii=False))

    def lent(self) -> dict[str, str]:
        """Return when and where to a backup was put back with this folder, {} where none was."""
        path = self.folder / f"{self._begin}{LENT}" if self.folder else None
        return dict(json.loads(path.read_text("utf-8"))) if path and path.exists() else {}

    def take_back(self) -> None:
        """Somebody says that one store alone lives on this folder."""
        if self.folder:
            (self.folder / f"{self._begin}{LENT}").unlink(missing_ok=True)

    def forget(self) -> None:
        """Remove every key: their store is gone."""
        for path in self._files():
            path.unlink(missing_ok=True)

    def move(self, folder: Path) -> None:
        """Bring the keys into another folder: the store that was built beside its place has taken it."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in self._files():
            shutil.move(path, folder / path.name)
        self.folder = folder

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob(f"{self._begin}*")) if self.folder else []

    @property
    def _begin(self) -> str:
        return f"personal-{self.name}-"

    def _path(self, name: str, end: str = "key") -> Path:
        assert self.folder is not None
        return self.folder / f"{self._begin}{name}.{end}"

    @staticmethod
    def _generation(name: str) -> int:
        return int(name.rsplit("-", 1)[1])

    def _make(self, name: str, content: str) -> None:
        if self.folder is None:
            self._held.setdefault(name, content.encode())
        elif not self._path(name).exists():
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_secret(self._path(name), content.encode())

    def _secret(self, name: str) -> bytes:
        if name not in self._held:
            if self.folder is None or not self._path(name).exists():
                raise StoreError(
                    f"the key {name} of personal data is not in {self.folder}; put the copy of the folder of keys back",
                    f"{self.folder} 中没有个人信息密钥 {name}；请将密钥文件夹的副本放回",
                )
            self._held[name] = _read(self._path(name))
        return self._held[name]


def has_ring(folder: Path, name: str) -> bool:
    """Return whether the keys of the store of that identity lie in a folder; none is made."""
    return (folder / f"personal-{name}-{INDEX}.key").exists()


def _read(path: Path) -> bytes:
    if mode := open_to_others(path):
        raise StoreError(f"{path}: others may read a key of personal data (mode {mode:o}); wanted 600")
    found = path.read_bytes().strip()
    try:
        whole = len(bytes.fromhex(found.decode("ascii"))) in (BYTES // 2, BYTES)  # 16 bytes: an index key of schema 12
    except ValueError:
        whole = False
    if not whole:
        raise StoreError(f"{path}: holds no key; wanted {BYTES} bytes in hexadecimal")
    return found
