"""A file that only its owner may read, made once: what signs and what seals."""

import os
import secrets
from pathlib import Path

OTHERS = 0o077  # rights of anybody but the owner


def write_secret(path: Path, content: bytes) -> None:
    """Write a new secret under a name of its own and link it: of two processes that begin at once, one secret stands."""
    made = path.with_name(f"{path.name}.{secrets.token_hex(8)}")  # a process that was killed here left its own behind
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())  # what is sealed with it is worth nothing without it
    try:
        os.link(made, path)
        _fsync(path.parent)
    except FileExistsError:
        return  # another process was first; its secret is the one
    finally:
        made.unlink()


def write_own(path: Path, text: str, *, lasting: bool = True) -> None:
    """Write a text that nobody else reads; `lasting`: it is on the disk before what it speaks of is done."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        if lasting:
            file.flush()
            os.fsync(file.fileno())


def _fsync(folder: Path) -> None:
    """Make the names in a folder last through a loss of power."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def open_to_others(path: Path) -> int:
    """Return the mode of a file that others may read, 0 of one that they may not."""
    mode = path.stat().st_mode & 0o777
    return mode if mode & OTHERS else 0
