"""The key of this place: made on first use, readable by its owner alone; it signs the digest and code of every print.

The signature is detached: it stands in the table of prints and in a file beside the print (PRINT.sig), so that the bytes that
it signs are never touched by it, and every format is signed alike.
"""

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from dashboard.briefing.errors import BriefingError
from dashboard.settings import Settings
from layers.store import Store

FILE = "signing.key"
OTHERS = 0o077  # rights of anybody but the owner
SIDECAR = ".sig"


@dataclass(frozen=True)
class Key:
    """An Ed25519 key and the short name by which prints know it."""

    private: Ed25519PrivateKey

    @property
    def public(self) -> str:
        """Return the public half in base64: what may be handed to whoever checks prints elsewhere."""
        raw = self.private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return base64.b64encode(raw).decode()

    @property
    def id(self) -> str:
        """Return the first digits of the public key's SHA-256."""
        return key_id(self.public)

    def sign(self, code: str, sha256: str) -> str:
        """Return the signature of a print in base64."""
        return base64.b64encode(self.private.sign(message(code, sha256))).decode()


def message(code: str, sha256: str) -> bytes:
    """Return what is signed: the code on the pages and the digest of the file, so that neither goes with another."""
    return f"fangyi print 1\n{code}\n{sha256}\n".encode()


def key_id(public: str) -> str:
    """Return the short name of a public key."""
    return hashlib.sha256(base64.b64decode(public)).hexdigest()[:16]


def signed_by(public: str, code: str, sha256: str, signature: str) -> bool:
    """Return whether the signature of a print was made with the private half of this key."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        key.verify(base64.b64decode(signature, validate=True), message(code, sha256))
    except (InvalidSignature, ValueError):  # not a key, not base64, or not this key's
        return False
    return True


def key_path(settings: Settings, store: Store) -> Path:
    """Return where the key lies: where the settings say, else beside the store's file, else in the folder of the house."""
    if settings.signing_key is not None:
        return settings.signing_key
    return (store.cache.parent if store.cache else settings.var) / FILE


def load_key(path: Path) -> Key:
    """Return the key of a file, made on first use with mode 0600; one that others may read is refused."""
    if not path.exists():
        _make(path)
    if path.stat().st_mode & OTHERS:
        raise BriefingError(
            f"{path}: others may read the signing key (mode {path.stat().st_mode & 0o777:o}); wanted 600"
        )
    try:
        private = serialization.load_pem_private_key(path.read_bytes(), None)
    except ValueError as error:
        raise BriefingError(
            f"{path}: holds no key ({error}); wanted an Ed25519 private key in PEM, or no file at all"
        ) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise BriefingError(f"{path}: holds a key of another kind ({type(private).__name__}); wanted Ed25519")
    return Key(private)


def _make(path: Path) -> None:
    """Write a new key under a name of its own and link it: of two processes that begin at once, one key stands."""
    path.parent.mkdir(parents=True, exist_ok=True)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    content = Ed25519PrivateKey.generate().private_bytes(*form)
    made = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    try:
        os.link(made, path)
    except FileExistsError:
        return  # another process was first; its key is the one
    finally:
        made.unlink()


def sidecar(row: Mapping[str, Any], public: str) -> bytes:
    """Return the file that goes beside a print: what was signed, by which key, when, and of which state."""
    at: datetime = row["at"]
    told = {name: row[name] for name in ("code", "sha256", "format", "key_id", "signature")}
    state = {name: row["state"][name] for name in ("area", "as_of", "known_at", "lang", "revision")}
    content = {**told, "public_key": public, "at": at.isoformat(), "state": state}
    return (json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()
