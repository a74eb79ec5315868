"""Columns that are sealed in the database: AES-256-GCM over each value, bound to its column and to the key of its record.

A value that is copied into another row, or changed in a single bit, is not opened. Whoever reads a column gets it opened; the
gate (`dashboard/access.py`) decides who gets to see it. What is sealed cannot be asked for in SQL: nothing may be found by it.
"""

import base64
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from cryptography.exceptions import InvalidTag
from sqlalchemy import ColumnElement, Connection, Dialect, Engine, Label, String, Table, TypeDecorator, type_coerce

from layers._errors import StoreError
from layers.store.personal_keys import KeyRing, has_ring

NONCE = 12  # bytes, of which no two are equal under one key (NIST SP 800-38D, 8.2.2: random ones for up to 2^32 values)
APART = "|"  # between the key of a record and what is sealed: neither the name of a key nor base64 holds it
RING = "ring"  # in `meta`: the fingerprint of the keys that seal a store's personal data
_RINGS: WeakKeyDictionary[Dialect, KeyRing] = WeakKeyDictionary()


class Sealed(TypeDecorator[Any]):
    """A text, or a number, that is kept sealed: "NAME-OF-KEY:BASE64" of nonce and ciphertext.

    label   table and column, which every value is bound to
    number  True: a floating-point number
    """

    impl = String
    cache_ok = True

    def __init__(self, label: str, number: bool = False) -> None:
        super().__init__()
        self.label, self.number = label, number

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Ask for the key of the record as well: a value is opened with it."""
        named: Any = column.element if isinstance(column, Label) else column
        return type_coerce(named.table.c["key"].concat(APART).concat(type_coerce(named, String)), self)

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Refuse what a statement would write or compare: only `bulk` knows whose value it is."""
        if value is not None:
            raise StoreError(f"{self.label} is sealed: it is written by `bulk` alone and cannot be compared")
        return None

    def process_result_value(self, value: Any, dialect: Dialect) -> str | float | None:
        """Open a value; None where its key was destroyed."""
        if value is None:
            return None
        record, _, sealed = value.rpartition(APART)
        plain = opened(_RINGS[dialect], self.label, record, sealed)
        return float(plain) if plain is not None and self.number else plain


def ring_for(engine: Engine, keys: Path | None, stored: Mapping[str, Any]) -> KeyRing:
    """Return the ring that an engine opens and seals with, found in a folder by what `meta` says of the store; one that is not its own raises StoreError."""
    if engine.dialect not in _RINGS:
        _RINGS[engine.dialect] = _found(keys, stored)
    return _RINGS[engine.dialect]


def _found(keys: Path | None, stored: Mapping[str, Any]) -> KeyRing:
    name, known = stored["identity"], stored.get(RING)
    if known and (keys is None or not has_ring(keys, name)):
        raise StoreError(
            f"the keys of this store's personal data are not in {keys}; put the copy of the folder of keys back. No other can read it",
            f"{keys} 中没有该数据库的个人信息密钥；请将密钥文件夹的副本放回。其他密钥无法读取",
        )
    ring = KeyRing(keys, name, str(stored.get("salt") or ""))
    if known and ring.fingerprint != known:
        raise StoreError(
            f"the keys of personal data in {keys} are not those of this store; put the copy of its own folder of keys back",
            f"{keys} 中的个人信息密钥不属于该数据库；请将其自身密钥文件夹的副本放回",
        )
    return ring


def ring_of(connection: Connection) -> KeyRing:
    """Return the ring that a connection opens and seals with."""
    return _RINGS[connection.dialect]


def sealed_columns(table: Table) -> list[str]:
    """Return the names of the columns of a table that are sealed."""
    return [column.name for column in table.columns if isinstance(column.type, Sealed)]


def as_kept(table: Table, name: str) -> ColumnElement[Any]:
    """Return a column as the database keeps it, sealed."""
    column = table.c[name]
    return type_coerce(column, String).label(name) if isinstance(column.type, Sealed) else column


def seal(ring: KeyRing, kind: Sealed, keys: Sequence[str], values: Sequence[Any], name: str) -> list[str | None]:
    """Return values sealed under the key called `name`, each bound to the key of its record; None stays None."""
    cipher = ring.cipher(name)
    if cipher is None:
        raise StoreError(f"the key {name} of personal data was destroyed; nothing can be sealed with it")
    found: list[str | None] = []
    for key, value in zip(keys, values, strict=True):
        if value is None:
            found.append(None)
            continue
        plain = repr(float(value)) if kind.number else str(value)
        nonce = os.urandom(NONCE)
        kept = nonce + cipher.encrypt(nonce, plain.encode("utf-8", "surrogatepass"), _bound(kind.label, key))
        found.append(f"{name}:{base64.b64encode(kept).decode()}")
    return found


def opened(ring: KeyRing, label: str, record: str, sealed: str) -> str | None:
    """Return what was sealed; None where its key was destroyed, StoreError where it is not what was sealed for this record."""
    name, _, kept = sealed.partition(":")
    cipher = ring.cipher(name)
    if cipher is None:
        return None
    try:
        blob = base64.b64decode(kept, validate=True)
        return cipher.decrypt(blob[:NONCE], blob[NONCE:], _bound(label, record)).decode("utf-8", "surrogatepass")
    except (InvalidTag, ValueError) as error:
        raise StoreError(
            f"{label} of {record} is not what was written: it was changed, or moved here from another row. Find out who changed "
            "the database, and restore a backup",
            f"{record} 的 {label} 与写入时不符：被改动，或从其他记录移来。请查明是谁改动了数据库，并用备份恢复",
        ) from error


def _bound(label: str, record: str) -> bytes:
    return f"{label}{APART}{record}".encode("utf-8", "surrogatepass")
