"""The key of this place: made on first use, readable by its owner alone; it signs the digest and code of every print.

The signature is detached: it stands in the table of prints and in a file beside the print (PRINT.sig), so that the bytes that
it signs are never touched by it, and every format is signed alike.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from dashboard.briefing.errors import BriefingError
from dashboard.settings import Settings
from dashboard.text import both
from layers._times import from_ms, to_ms
from layers.store import Store
from layers.store.secret_file import open_to_others, write_secret

FILE = "signing.key"
CLAIMED = ("area", "as_of", "known_at", "lang", "revision")  # of the state of a print, what the file beside it says
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

    def sign(self, row: Mapping[str, Any]) -> str:
        """Return the signature of a print in base64; see `message`."""
        return base64.b64encode(self.private.sign(message(row, about(row)))).decode()


def about(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is claimed of a print: when, by whom, in which format and of which state, with the digest of all of that state."""
    state = row["state"]
    return {
        "actor": row["actor"],
        "at": from_ms(to_ms(row["at"])).isoformat(),
        "format": row["format"],
        "state": {name: state[name] for name in CLAIMED},
        "state_sha256": hashlib.sha256(_plain(state)).hexdigest(),
    }


def message(row: Mapping[str, Any], claims: Mapping[str, Any]) -> bytes:
    """Return what is signed: the code on the pages, the digest of the file and every claim about it, so that none goes with another."""
    said = hashlib.sha256(_plain(claims)).hexdigest()
    return f"fangyi print 2\n{row['code']}\n{row['sha256']}\n{said}\n".encode()


def _plain(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def key_id(public: str) -> str:
    """Return the short name of a public key."""
    return hashlib.sha256(base64.b64decode(public)).hexdigest()[:16]


def signed_by(public: str, row: Mapping[str, Any], claims: Mapping[str, Any]) -> bool:
    """Return whether the signature of a print (code, sha256, signature) and of the claims about it was made by this key."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        key.verify(base64.b64decode(row["signature"], validate=True), message(row, claims))
    except (InvalidSignature, ValueError):  # not a key, not base64, or not this key's
        return False
    return True


def key_path(settings: Settings, store: Store) -> Path:
    """Return where the key lies: where the settings say, else beside the store's file, else in the folder of the house."""
    if settings.signing_key is not None:
        return settings.signing_key
    return (store.cache.parent if store.cache else settings.var) / FILE


def load_key(path: Path, first: bool = True) -> Key:
    """Return the key of a file, made on first use with mode 0600; one that others may read is refused.

    first  False: prints were signed already, so a key that is not there is lost, and a new one would disown them all
    """
    if not path.exists() and not first:
        raise BriefingError(*both("brief.issuing.lost_key", path=path)[::-1])
    if not path.exists():
        _make(path)
    if mode := open_to_others(path):
        raise BriefingError(f"{path}: others may read the signing key (mode {mode:o}); wanted 600")
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
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_secret(path, Ed25519PrivateKey.generate().private_bytes(*form))


def sidecar(row: Mapping[str, Any], public: str) -> bytes:
    """Return the file that goes beside a print: what was signed, by which key, when, and of which state."""
    told = {name: row[name] for name in ("code", "sha256", "key_id", "signature")}
    content = {**told, "public_key": public, **about(row)}
    return (json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def claims_of(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the claims that a file beside a print makes; KeyError where one is missing."""
    return {name: told[name] for name in ("actor", "at", "format", "state", "state_sha256")}
