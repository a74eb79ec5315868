"""Files that somebody handed in and has not imported yet: on the shelf of the server, gone two hours after they came.

What is known of a file lies sealed beside it, so that any process can answer for it, and the runner of jobs can read it.
"""

import errno
import hashlib
import os
import pickle  # nosec B403 # reads only what a process of this server sealed
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from dashboard.roles import Person
from dashboard.shelf import Shelf
from dashboard.text import both
from layers._errors import LayerError, StoreError
from layers.intake.profiles import Kept, Reading
from layers.intake.readers import FORMATS
from layers.intake.suggest import Guess, Sample

LARGEST = 200_000_000  # bytes of one file
KEPT_S = 2 * 3600
PER_PERSON, IN_ALL = 4, 24
REHEARSED_BYTES = 20_000_000  # of rehearsed undos that are remembered, the newest
KIND, FOLDER, REHEARSALS = "draft", "uploads", "rehearsals"  # kinds of what lies on the shelf
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

    @property
    def name(self) -> str:
        """What its sender calls the file."""
        return self.path.name


class Drafts:
    """The drafts of a server; each is its owner's alone."""

    def __init__(self, shelf: Shelf | None = None, clock: Callable[[], float] = time.time) -> None:
        self._shelf, self._clock = shelf or Shelf(), clock

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
            text = path.suffix.lower() in (".csv", ".jsonl")
            draft = Draft(token, owner, path, size, sha256, self._clock(), lines if text else 0)
            self._save(draft)
        except BaseException as error:
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, OSError) and error.errno in FULL:
                raise StoreError(*both("drafts.disk_full", name=name)[::-1]) from error
            raise
        return draft

    def get(self, token: str, owner: Person | None) -> Draft | None:
        """Return the draft as it is now when it is this person's and still kept; to change it, see `changing`."""
        self._forget()
        draft = self._read(token)
        return draft if draft is not None and draft.owner == owner else None

    @contextmanager
    def changing(self, token: str, owner: Person | None) -> Iterator[Draft]:
        """Yield a draft that nobody else changes meanwhile, and keep what it then is; raises UploadError where it is gone."""
        with self._shelf.lock(f"draft {token}"):
            draft = self.get(token, owner)
            if draft is None:
                raise UploadError(*both("imports.file_gone")[::-1])
            yield draft
            if draft.path.parent.is_dir():
                self._save(draft)

    def drop(self, draft: Draft) -> None:
        """Delete a draft and its file."""
        self._shelf.drop(KIND, draft.token)
        shutil.rmtree(draft.path.parent, ignore_errors=True)

    @contextmanager
    def using(self, draft: Draft) -> Iterator[None]:
        """Hold a draft while work reads its file: it is not deleted meanwhile to make room or for its age."""
        with self._shelf.lock(_used(draft), shared=True):
            yield

    def remember(self, who: Person, batch: str, found: Any) -> None:
        """Keep what the undo of a batch would do, for the person who asked."""
        self._shelf.put(REHEARSALS, f"{who} {batch}", pickle.dumps(found))
        self._shelf.sweep(REHEARSALS, REHEARSED_BYTES, KEPT_S)

    def rehearsed(self, who: Person | None, batch: str) -> Any:
        """Return what was remembered, None for nothing."""
        found = self._shelf.get(REHEARSALS, f"{who} {batch}") if who else None
        return pickle.loads(found) if found is not None else None  # nosec B301 # sealed by a process of this server

    def _home(self) -> Path:
        return self._shelf.place(FOLDER)

    def _save(self, draft: Draft) -> None:
        self._shelf.put(KIND, draft.token, pickle.dumps(draft))

    def _read(self, token: str) -> Draft | None:
        found = self._shelf.get(KIND, token) if token else None
        try:
            draft = pickle.loads(found) if found is not None else None  # nosec B301 # sealed by a process of this server
        except (AttributeError, ImportError, TypeError):  # of a program that was another
            return None
        return draft if isinstance(draft, Draft) and draft.path.is_file() else None

    def _all(self) -> list[Draft]:
        return [draft for token in os.listdir(self._home()) if (draft := self._read(token)) is not None]

    def _make_room(self, owner: Person) -> None:
        self._forget()
        found = self._all()
        mine = [d for d in found if d.owner == owner]
        idle = sorted((d for d in mine if self._is_idle(d)), key=lambda d: d.born)
        more = max(0, len(mine) - PER_PERSON + 1)
        if more > len(idle):
            raise UploadError(*both("drafts.all_in_work", n=len(mine))[::-1])
        for draft in idle[:more]:
            self.drop(draft)
        if len(found) - more >= IN_ALL:
            raise UploadError(
                *both("drafts.files_wait_imported", in_all=IN_ALL)[::-1],
            )

    def _is_idle(self, draft: Draft) -> bool:
        with self._shelf.lock(_used(draft), wait=False) as free:
            return free

    def _forget(self) -> None:
        """Delete what is too old by the time of its folder, whoever sealed it, unless work reads it."""
        for folder in self._home().iterdir():
            with suppress(FileNotFoundError):
                if self._clock() - folder.stat().st_mtime <= KEPT_S:
                    continue
                draft = self._read(folder.name)
                if draft is None:
                    shutil.rmtree(folder, ignore_errors=True)
                elif self._is_idle(draft):
                    self.drop(draft)


def _used(draft: Draft) -> str:
    return f"draft in use {draft.token}"


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
