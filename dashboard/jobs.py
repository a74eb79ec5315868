"""Long work in the background: started, watched, cancelled and fetched by any process of the server, each job only by the person who started it.

A job is a row of the shelf's side file; `dashboard/runner.py` does the work. What comes of it lies sealed on the shelf.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from dashboard.roles import Person
from dashboard.shelf import Shelf
from dashboard.text import both
from layers._errors import LayerError
from layers.store import worklist
from layers.store.worklist import FINISHED as FINISHED

Progress = Callable[[int, int, str, str], None]

KEPT_S = 600  # a finished file waits ten minutes for whoever asked
KEPT = 24  # jobs remembered, the oldest finished ones forgotten first
WAITING, MINE = 8, 4  # jobs in work or in line, of all and of one person; a longer line means that something is wrong
IMPORTS, PRINTS = (
    "imports",
    "prints",
)  # lanes: an import waits for no print. Imports alone know whether they were stopped in time
LANES = (IMPORTS, PRINTS)
FILES = "jobs"  # kind of what lies on the shelf


class BusyError(LayerError):
    """Too much is being worked on already."""


@dataclass(frozen=True)
class Job:
    """One piece of work and how far it is, as it was when it was asked for.

    task, about  what is to be done (`dashboard/tasks.py`), and with what
    state       waiting, working, done, failed, cancelled
    done, total  steps, for a briefing pages; total 0 while nobody knows
    zh, en      what is being done, or what went wrong
    size        bytes of what came of it
    """

    id: str
    name: str
    owner: Person
    task: str
    about: Mapping[str, Any]
    lane: str
    state: str
    done: int
    total: int
    zh: str
    en: str
    size: int

    def told(self) -> dict[str, Any]:
        """Return what a browser shows of it."""
        names = ("id", "name", "state", "done", "total", "zh", "en")
        return {name: getattr(self, name) for name in names} | {"bytes": self.size}


@dataclass
class Jobs:
    """The jobs of a server.

    wake  called after work was put in line: a server of one process begins it itself
    """

    shelf: Shelf
    clock: Callable[[], float] = time.time
    wake: Callable[[], None] = field(default=lambda: None)

    def submit(
        self,
        name: str,
        owner: Person,
        task: str,
        about: Mapping[str, Any] | None = None,
        *,
        lane: str = PRINTS,
        repeats: bool = True,
    ) -> Job:
        """Put work in line and return its job; raises BusyError when the line is long, or when much of it is this person's.

        repeats  whether it may be begun anew where its runner ended in the middle of it
        """
        self.forget()
        id = secrets.token_urlsafe(12)
        row = {"id": id, "name": name, "task": task, "lane": lane, "repeats": int(repeats), "whose": _whose(owner)}
        row |= {"owner": self._sealed(asdict(owner), id), "about": self._sealed(about or {}, id)}
        row["words"] = self._sealed(both("jobs.waiting"), id)
        refused = worklist.enter(self.shelf.side, row, WAITING, MINE)
        if refused:
            raise BusyError(*both(f"jobs.{refused}", n=WAITING if refused == "busy" else MINE)[::-1])
        self.wake()
        found = self.get(id, owner)
        assert found is not None
        return found

    def get(self, id: str, owner: Person | None) -> Job | None:
        """Return the job when it is this person's and still remembered."""
        row = worklist.one(self.shelf.side, id)
        if row is None or owner is None or (row.ended_at and self.clock() - row.ended_at > KEPT_S):
            return None
        job = self.read(row)
        return job if job is not None and job.owner == owner else None

    def open(self) -> int:
        """Return how many jobs are in work or in line."""
        return worklist.unfinished(self.shelf.side)

    def now(self, job: Job) -> Job:
        """Return a job as it is by now; one that is forgotten counts as it was."""
        return self.get(job.id, job.owner) or job

    def content(self, job: Job) -> bytes:
        """Return what came of a job, nothing before it is done."""
        return self.shelf.get(FILES, job.id) or b""

    def stop(self, job: Job) -> None:
        """Ask a job to stop; whether that was in time it says itself. One that waits is cancelled."""
        worklist.stop(self.shelf.side, job.id)
        if job.state == "waiting":
            self.cancel(job)

    def cancel(self, job: Job) -> None:
        """Stop a job: it counts as cancelled at once, and what it is in the middle of is thrown away."""
        worklist.stop(self.shelf.side, job.id)
        self.end(job.id, "cancelled", both("jobs.cancelled"))

    def end(self, id: str, state: str, words: tuple[str, str], content: bytes = b"") -> None:
        """End a job that has not ended; what came of it is there before anybody is told."""
        if content:
            self.shelf.put(FILES, id, content)
        ended = worklist.end(self.shelf.side, id, state, self._sealed(words, id), self.clock(), len(content))
        if content and not ended:
            self.shelf.drop(FILES, id)

    def tell(self, id: str, words: tuple[str, str] | None = None, **progress: int) -> bool:
        """Say how far a job is; return whether it is to stop."""
        told = {"words": self._sealed(words, id)} if words else {}
        return worklist.tell(self.shelf.side, id, self.clock(), **told, **progress)

    def read(self, row: Any) -> Job | None:
        """Return the job of a row, None where another key sealed it."""
        try:
            owner, about, words = (self._opened(one, row.id) for one in (row.owner, row.about, row.words))
        except Exception:  # InvalidTag: of a server with another secret
            return None
        kept = {name: getattr(row, name) for name in ("id", "name", "task", "lane", "state", "done", "total", "size")}
        return Job(**kept, owner=Person(**owner), about=about, zh=words[0], en=words[1])

    def forget(self) -> None:
        """Let go of files that nobody fetched in time; the server does so each minute."""
        for id in worklist.forget(self.shelf.side, self.clock() - KEPT_S, KEPT):
            self.shelf.drop(FILES, id)

    def _sealed(self, content: Any, id: str) -> bytes:
        return self.shelf.sealed(json.dumps(content, ensure_ascii=False).encode(), f"job {id}")

    def _opened(self, sealed: bytes, id: str) -> Any:
        return json.loads(self.shelf.opened(sealed, f"job {id}"))


def _whose(owner: Person) -> str:
    return hashlib.blake2b(repr(owner).encode(), digest_size=12).hexdigest()
