"""Long work in the background: started, watched, cancelled and fetched, each job only by the person who started it."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Any

from dashboard.access import Person
from dashboard.text import both, say
from layers._errors import Cancelled, LayerError

Progress = Callable[[int, int, str, str], None]
Work = Callable[[Progress, Event], bytes]  # returns the content of one file

KEPT_S = 600  # a finished file waits ten minutes for whoever asked
KEPT = 24  # jobs remembered, the oldest finished ones forgotten first
WAITING, MINE = 8, 4  # jobs in work or in line, of all and of one person; a longer line means that something is wrong
FINISHED = ("done", "failed", "cancelled")
IMPORTS = "imports"  # what imports, rehearsals and undos are about: they alone know whether they were stopped in time


class BusyError(LayerError):
    """Too much is being worked on already."""


@dataclass
class Job:
    """One piece of work and how far it is.

    state       waiting, working, done, failed, cancelled
    done, total  steps, for a briefing pages; total 0 while nobody knows
    zh, en      what is being done, or what went wrong
    """

    name: str
    owner: Person
    about: Any = None
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    state: str = "waiting"
    done: int = 0
    total: int = 0
    zh: str = field(default_factory=lambda: say("jobs.waiting", "zh"))
    en: str = field(default_factory=lambda: say("jobs.waiting", "en"))
    content: bytes = b""
    ended: float = 0.0
    cancel: Event = field(default_factory=Event)

    def told(self) -> dict[str, Any]:
        """Return what a browser shows of it."""
        names = ("id", "name", "state", "done", "total", "zh", "en")
        return {name: getattr(self, name) for name in names} | {"bytes": len(self.content)}


class Jobs:
    """The jobs of one process, in two lanes: imports wait for no print. In each one is worked on at a time, because each of them is."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._jobs: dict[str, Job] = {}
        self._lock = Lock()
        self._lanes: dict[bool, SimpleQueue[tuple[Job, Work]]] = {}

    def submit(self, name: str, owner: Person, work: Work, about: Any = None) -> Job:
        """Put work in line and return its job; raises BusyError when the line is long, or when much of it is this person's."""
        job = Job(name, owner, about)
        with self._lock:
            self._forget()
            open_ = [
                one for one in self._jobs.values() if one.state not in FINISHED and self._lane(one) == self._lane(job)
            ]
            if len(open_) >= WAITING:
                raise BusyError(*both("jobs.busy", n=WAITING)[::-1])
            if sum(one.owner == owner for one in open_) >= MINE:
                raise BusyError(*both("jobs.yours", n=MINE)[::-1])
            self._jobs[job.id] = job
            self._line(self._lane(job)).put((job, work))
        return job

    @staticmethod
    def _lane(job: Job) -> bool:
        return job.about == IMPORTS

    def _line(self, lane: bool) -> SimpleQueue[tuple[Job, Work]]:
        """The line of a lane, whose worker begins with its first job; a server that stops waits for nobody."""
        if lane not in self._lanes:
            self._lanes[lane] = SimpleQueue()
            Thread(target=self._serve, args=(self._lanes[lane],), name="jobs", daemon=True).start()
        return self._lanes[lane]

    def get(self, id: str, owner: Person | None) -> Job | None:
        """Return the job when it is this person's and still remembered."""
        with self._lock:
            self._forget()
            job = self._jobs.get(id)
        return job if job is not None and job.owner == owner else None

    def open(self) -> int:
        """Return how many jobs are in work or in line."""
        with self._lock:
            return sum(job.state not in FINISHED for job in self._jobs.values())

    def cancel(self, job: Job) -> None:
        """Stop a job: it counts as cancelled at once, and what it is in the middle of is thrown away."""
        job.cancel.set()
        self._end(job, "cancelled", both("jobs.cancelled"))

    def _serve(self, line: SimpleQueue[tuple[Job, Work]]) -> None:
        while True:
            self._run(*line.get())

    def _run(self, job: Job, work: Work) -> None:
        def progress(done: int, total: int, zh: str, en: str) -> None:
            if job.cancel.is_set():
                raise Cancelled(f"{job.name} was cancelled; nothing was written")
            job.done, job.total, job.zh, job.en = done, total, zh, en

        if job.cancel.is_set():
            return
        job.state = "working"
        try:
            content = work(progress, job.cancel)
        except Cancelled:
            self._end(job, "cancelled", both("jobs.cancelled"))
        except Exception as error:  # told to the person who waits: nobody else reads a thread's error
            self._end(job, "failed", both("jobs.failed", error=error))
        else:
            self._end(job, "done", both("jobs.done"), content)

    def _end(self, job: Job, state: str, words: tuple[str, str], content: bytes = b"") -> None:
        with self._lock:
            if job.state not in FINISHED:
                job.state, job.content, job.ended = state, content, self._clock()
                job.zh, job.en = words

    def forget(self) -> None:
        """Let go of files that nobody fetched in time; the server does so each minute."""
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        finished = [job for job in self._jobs.values() if job.state in FINISHED]
        late = [job for job in finished if self._clock() - job.ended > KEPT_S]
        for job in late + finished[: max(0, len(finished) - KEPT)]:
            self._jobs.pop(job.id, None)
