"""Files that a person asked for: checked before the work starts, and written whole or not at all."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dashboard.errors import Refusal


class OutputError(Refusal, ValueError):
    """A file cannot be written where it was asked for; the message says why."""


def require_writable(path: Path | None, *, suffixes: Sequence[str] = (), read: Sequence[Path] = ()) -> None:
    """Raise OutputError unless a file can be put at `path`; None is no file and passes.

    suffixes  what its name must end in, "" anything
    read      files that the same command reads: they are never written over
    """
    if path is None:
        return
    if suffixes and path.suffix.lower() not in suffixes:
        raise OutputError(f"{path.name}: format {path.suffix!r}; wanted a file name that ends in {', '.join(suffixes)}")
    if not path.parent.is_dir():
        raise OutputError(f"{path}: there is no folder {path.parent}; make it first")
    if path.exists() and not path.is_file():
        raise OutputError(f"{path}: is there already and is no plain file; name another")
    if path.exists() and any(other.exists() and path.samefile(other) for other in read):
        raise OutputError(f"{path}: is one of the files to be read; name another")
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise OutputError(f"{path}: nothing can be written to the folder {path.parent} ({error.strerror})") from error


@contextmanager
def whole(out: Path) -> Iterator[Path]:
    """Give a path beside `out`; it takes its place only when everything went well."""
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_name(f"{out.name}.part")
    try:
        yield unfinished
        os.replace(unfinished, out)
    finally:
        unfinished.unlink(missing_ok=True)
