"""Files that somebody handed in and has not imported yet: in a private folder of this process, gone after two hours or at its end."""

import errno
import hashlib
import os
import re
import secrets
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import IO, Any

from dashboard.access import Person
from dashboard.text import both
from layers._errors import LayerError, StoreError
from layers.intake.profiles import Kept, Reading
from layers.intake.readers import FORMATS
from layers.intake.suggest import Guess, Sample

LARGEST = 200_000_000  # bytes of one file
KEPT_S = 2 * 3600
PER_PERSON, IN_ALL = 4, 24
REHEARSED = 48  # rehearsed undos that are remembered, the newest
BLOCK = 1 << 20
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
LONGEST_NAME = 180  # bytes: a Chinese name takes three a character, and a folder holds names of 255


class UploadError(LayerError):
    """A file cannot be taken in; nothing of it is kept. Said in both languages, because a page shows it."""


@dataclass
class Draft:
    """A file on its way in, and what its owner has said about it so far.

    lines    lines of a text file, 0 where they cannot be counted before it is read
    guesses  the feeds by how well they fit
    kept     the profile that was taken because all of its columns are there
    found    what the preview found: a receipt as plain data, and all its notes; None: not previewed, or changed since
    """

    token: str
    owner: Person
    path: Path
    size: int
    sha256: str
    born: float
    lines: int = 0
    sample: Sample | None = None
    guesses: list[Guess] = field(default_factory=list)
    feed: str = ""
    source: str = ""
    reading: Reading = field(default_factory=Reading)
    sheets: list[str] = field(default_factory=list)
    kept: Kept | None = None
    keep: bool = True  # whether the profile is kept with the import
    found: dict[str, Any] | None = None
    problem: tuple[str, str] | None = None
    used: int = 0  # pieces of work that read its file now

    @property
    def name(self) -> str:
        """What its sender calls the file."""
        return self.path.name


class Drafts:
    """The drafts of one process; each is its owner's alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        self._drafts: dict[str, Draft] = {}
        self._folder: Path | None = None
        self._rehearsed: dict[tuple[Person, str], Any] = {}  # who, batch -> what its undo would do

    def take(self, owner: Person, name: str, stream: IO[bytes]) -> Draft:
        """Write a stream to the private folder, block by block; raise UploadError for what cannot be a delivery, StoreError on a full disk."""
        name = safe_name(name)
        token = secrets.token_urlsafe(12)
        self._make_room(owner)
        folder = self._home() / token
        path = folder / name
        try:
            folder.mkdir(mode=0o700)
            size, sha256, lines = _written(path, stream)
        except BaseException as error:
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, OSError) and error.errno in FULL:
                raise StoreError(*both("drafts.disk_full", name=name)[::-1]) from error
            raise
        text = path.suffix.lower() in (".csv", ".jsonl")
        draft = Draft(token, owner, path, size, sha256, self._clock(), lines if text else 0)
        with self._lock:
            self._drafts[token] = draft
        return draft

    def get(self, token: str, owner: Person | None) -> Draft | None:
        """Return the draft when it is this person's and still kept."""
        self._forget()
        draft = self._drafts.get(token)
        return draft if draft is not None and draft.owner == owner else None

    def drop(self, draft: Draft) -> None:
        """Delete a draft and its file."""
        with self._lock:
            self._drafts.pop(draft.token, None)
        shutil.rmtree(draft.path.parent, ignore_errors=True)

    @contextmanager
    def using(self, draft: Draft) -> Iterator[None]:
        """Hold a draft while work reads its file: it is not deleted meanwhile to make room or for its age."""
        with self._lock:
            draft.used += 1
        try:
            yield
        finally:
            with self._lock:
                draft.used -= 1

    def remember(self, who: Person, batch: str, found: Any) -> None:
        """Keep what the undo of a batch would do, for the person who asked."""
        with self._lock:
            self._rehearsed.pop((who, batch), None)
            self._rehearsed[who, batch] = found
            for oldest in list(self._rehearsed)[:-REHEARSED]:
                del self._rehearsed[oldest]

    def rehearsed(self, who: Person | None, batch: str) -> Any:
        """Return what was remembered, None for nothing."""
        return self._rehearsed.get((who, batch)) if who else None

    def _home(self) -> Path:
        with self._lock:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="fangyi-imports-"))  # for nobody but this user
                weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
            return self._folder

    def _make_room(self, owner: Person) -> None:
        self._forget()
        mine = [d for d in self._drafts.values() if d.owner == owner]
        idle = sorted((d for d in mine if not d.used), key=lambda d: d.born)
        more = max(0, len(mine) - PER_PERSON + 1)
        if more > len(idle):
            raise UploadError(*both("drafts.all_in_work", n=len(mine))[::-1])
        for draft in idle[:more]:
            self.drop(draft)
        if len(self._drafts) >= IN_ALL:
            raise UploadError(
                *both("drafts.files_wait_imported", in_all=IN_ALL)[::-1],
            )

    def _forget(self) -> None:
        for draft in [d for d in list(self._drafts.values()) if self._clock() - d.born > KEPT_S and not d.used]:
            self.drop(draft)


def safe_name(name: str) -> str:
    """Return the name of a file without folders and marks that are no part of a name; UploadError for another format."""
    plain = re.sub(r"[\x00-\x1f\x7f]", "", re.split(r"[/\\]", name)[-1]).strip().lstrip(".")
    stem, suffix = os.path.splitext(plain)
    if suffix.lower() not in FORMATS or not stem:
        wanted = " ".join(FORMATS)
        raise UploadError(*both("drafts.format", name=plain or "?", found=suffix or "?", wanted=wanted)[::-1])
    return stem.encode()[: LONGEST_NAME - len(suffix)].decode(errors="ignore") + suffix


def _written(path: Path, stream: IO[bytes]) -> tuple[int, str, int]:
    """Size, digest and lines of what the stream held."""
    size, lines, digest = 0, 0, hashlib.sha256()
    with path.open("xb") as file:
        while block := stream.read(BLOCK):
            size += len(block)
            if size > LARGEST:
                raise UploadError(*too_large(path.name))
            digest.update(block)
            lines += block.count(b"\n")
            file.write(block)
    if not size:
        raise UploadError(*both("drafts.file_empty", name=path.name)[::-1])
    return size, digest.hexdigest(), lines


def too_large(name: str) -> tuple[str, str]:
    """Return what to say of a file beyond the limit, in English and Chinese."""
    most = LARGEST // 1_000_000
    zh, en = both("drafts.too_large", name=name, most=most)
    return en, zh
