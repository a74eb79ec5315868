"""Does the work that `dashboard/jobs.py` puts in line: in a process of its own, or in threads of a server that has one process.

Work that was under way when a runner ended is begun anew by the next one, or told to be interrupted where it may not be done twice.
"""

import logging
import os
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Any

from dashboard.desk import Desk
from dashboard.jobs import LANES, Job, Progress
from dashboard.roles import Person
from dashboard.text import both
from layers._errors import Cancelled
from layers.store import worklist

Task = Callable[[Desk, Person, Mapping[str, Any], Progress, Event], bytes]  # returns the content of one file
LOOK_S = 0.2  # between two looks for work, and for whether the work under way is to stop
TOLD_S = 0.2  # between two words about progress
GRACE_S = 20.0  # what a job may take to see that its runner ends
log = logging.getLogger(__name__)


@dataclass
class Runner:
    """Works on one job of each lane at a time, because each of them fills a core.

    tasks  by name: what a job asks for
    """

    desk: Desk
    tasks: Mapping[str, Task]
    holder: str = field(default_factory=lambda: f"{os.getpid()}-{secrets.token_hex(4)}")
    threads: dict[str, Thread] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)
    ending: Event = field(default_factory=Event)

    def stand_by(self) -> None:
        """Let this process begin by itself what is put in line in it; a server that stops waits for nobody."""
        self.desk.jobs.wake = self._wake

    def _wake(self) -> None:
        with self.lock:
            for lane in LANES:
                if lane not in self.threads:
                    self.threads[lane] = Thread(target=self._empty, args=(lane,), name=f"jobs-{lane}", daemon=True)
                    self.threads[lane].start()

    def _empty(self, lane: str) -> None:
        while True:
            if self.next(lane):
                continue
            with self.lock:  # whoever puts work in line from here on starts another thread
                if not worklist.waits(self.desk.shelf.side, lane):
                    del self.threads[lane]
                    return

    def run(self, stop: Event) -> None:
        """Work until told to stop; what is then under way is handed back. Only one runner of a server may run at a time."""
        if left := self._hand_back(worklist.others(self.holder)):
            log.warning("%d jobs were left in the middle by the runner before", left)
        threads = [Thread(target=self._serve, args=(lane, stop), name=f"jobs-{lane}", daemon=True) for lane in LANES]
        for thread in threads:
            thread.start()
        stop.wait()
        self.ending.set()
        for thread in threads:
            thread.join(GRACE_S)
        self._hand_back(worklist.own(self.holder))

    def _hand_back(self, left: Any) -> int:
        back, lost = worklist.hand_back(self.desk.shelf.side, left)
        for id in lost:
            self.desk.jobs.end(id, "failed", both("jobs.interrupted"))
        return back + len(lost)

    def _serve(self, lane: str, stop: Event) -> None:
        while not stop.is_set():
            try:
                if not self.next(lane):
                    stop.wait(LOOK_S)
            except Exception:  # a side file that cannot be written must not end the line
                log.exception("the line of work could not be read")
                stop.wait(1)

    def next(self, lane: str) -> bool:
        """Do the first job of a lane; return whether there was one."""
        row = worklist.take(self.desk.shelf.side, lane, self.holder, time.time())
        if row is None:
            return False
        job = self.desk.jobs.read(row)
        if job is None:  # asked for under another secret: nobody can fetch it any more
            self.desk.jobs.end(row.id, "failed", both("jobs.interrupted"))
        else:
            self._do(job)
        return True

    def _do(self, job: Job) -> None:
        jobs, stop, over = self.desk.jobs, Event(), Event()
        came: dict[str, int] = {}
        Thread(target=self._heed, args=(job, stop, over), name="jobs-heed", daemon=True).start()
        try:
            content = self.tasks[job.task](self.desk, job.owner, job.about, self._progress(job, stop, came), stop)
        except Cancelled:
            if not self.ending.is_set():
                jobs.end(job.id, "cancelled", both("jobs.cancelled"))
        except Exception as error:  # told to the person who waits: nobody else reads a thread's error
            if not self.ending.is_set():
                jobs.end(job.id, "failed", both("jobs.failed", error=error))
        else:
            jobs.tell(job.id, **came)  # as far as it came in the end, however short ago it told of less
            jobs.end(job.id, "done", both("jobs.done"), content)
        finally:
            over.set()

    def _progress(self, job: Job, stop: Event, came: dict[str, int]) -> Progress:
        last = ("", 0.0)

        def told(done: int, total: int, zh: str, en: str) -> None:
            nonlocal last
            if stop.is_set():
                raise Cancelled(f"{job.name} was cancelled; nothing was written")
            came.update(done=done, total=total)
            now = time.monotonic()
            if zh == last[0] and now - last[1] < TOLD_S:
                return
            last = (zh, now)
            if self.desk.jobs.tell(job.id, (zh, en), done=done, total=total):
                stop.set()
                raise Cancelled(f"{job.name} was cancelled; nothing was written")

        return told

    def _heed(self, job: Job, stop: Event, over: Event) -> None:
        """Say that the job is at work, and tell it to stop when somebody asks or the runner ends."""
        while not over.wait(LOOK_S):
            try:
                if self.ending.is_set() or self.desk.jobs.tell(job.id):
                    stop.set()
            except Exception:
                log.exception("the job %s could not be told of", job.name)
