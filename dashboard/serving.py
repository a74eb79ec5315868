"""The processes of a server: one that watches over the others, gunicorn with its workers, and the runner of jobs.

    serve ── gunicorn ── worker, worker ...   answer browsers; each keeps its own memory, and finds on the shelf what the others made
         └── runner                           jobs, daily editions, the watch: one of a kind, whatever the number of workers

All are forked from the one that has imported the program, so they start at once and share its pages. A worker that dies is replaced by
gunicorn, a runner by `Family`; the family ends when gunicorn does.
"""

import ctypes
import logging
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

from gunicorn.app.base import BaseApplication

from dashboard import gunicorn_conf, search
from dashboard.access import Gate
from dashboard.app import create_app
from dashboard.behind import behind
from dashboard.briefing.press import Press
from dashboard.desk import Desk
from dashboard.runner import GRACE_S, Runner
from dashboard.settings import Settings
from dashboard.shelf import Shelf
from dashboard.tables import TableStore
from dashboard.tasks import TASKS
from dashboard.watch import Watch
from layers.store import open_store

AGAIN_S = 1.0  # before a runner that died is started anew
STOP_S = GRACE_S + gunicorn_conf.graceful_timeout  # before what does not end is killed
PARENT_DIES = 1  # PR_SET_PDEATHSIG of prctl.h
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
log = logging.getLogger(__name__)


@dataclass
class Family:
    """Starts processes by name, starts those anew that may not be missed, and ends when the first of them does."""

    members: dict[str, Callable[[], int]]
    pids: dict[int, str] = field(default_factory=dict)
    stopping: bool = False

    def live(self) -> int:
        """Live until the first member ends; return its exit code."""
        head = next(iter(self.members))
        for name in self.members:
            self._start(name)
        for one in (*ENDING, signal.SIGHUP):
            signal.signal(one, self._pass_on)
        while True:
            pid, status = os.waitpid(-1, 0)
            name = self.pids.pop(pid, "")
            if name == head:
                code = os.waitstatus_to_exitcode(status)
                self._end_all()
                return 0 if self.stopping else code or 1
            if name and not self.stopping:
                log.error("the process %s ended (%s) and is started anew", name, os.waitstatus_to_exitcode(status))
                time.sleep(AGAIN_S)
                if not self.stopping:
                    self._start(name)

    def _start(self, name: str) -> None:
        parent = os.getpid()
        pid = os.fork()
        if pid:
            self.pids[pid] = name
            return
        code = 1
        try:
            for one in (*ENDING, signal.SIGHUP):
                signal.signal(one, signal.SIG_DFL)
            _die_with(parent)
            code = self.members[name]()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        except BaseException:
            log.exception("the process %s failed", name)
        finally:
            logging.shutdown()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)  # threads in the background are not waited for

    def _pass_on(self, number: int, _frame: Any) -> None:
        self.stopping = self.stopping or number in ENDING
        for pid in list(self.pids):
            if number in ENDING or self.pids[pid] == next(iter(self.members)):
                _tell(pid, signal.SIGTERM if number in ENDING else number)

    def _end_all(self) -> None:
        """Tell those that are left to end, wait, and kill what does not."""
        self.stopping, late = True, time.monotonic() + STOP_S
        for pid in self.pids:
            _tell(pid, signal.SIGTERM)
        while self.pids:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            self.pids.pop(pid, None)
            if not pid:
                time.sleep(0.05)
            if time.monotonic() > late:
                for left in self.pids:
                    _tell(left, signal.SIGKILL)
                late += STOP_S


def _tell(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        log.debug("process %d has ended by itself", pid)


def _die_with(parent: int) -> None:
    """Let this process be told to end when its parent is gone, however that ended; of Linux."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "prctl"):
        libc.prctl(PARENT_DIES, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


class Web(BaseApplication):
    """gunicorn on a socket that listens already; each worker opens the store for itself."""

    def __init__(self, settings: Settings, shelf: Shelf, listening: socket.socket, workers: int) -> None:
        self._settings, self._shelf, self._listening, self._workers = settings, shelf, listening, workers
        super().__init__()

    def load_config(self) -> None:
        """Take the settings of `gunicorn_conf`."""
        for name, value in vars(gunicorn_conf).items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)
        self.cfg.set("bind", f"fd://{self._listening.fileno()}")
        self.cfg.set("workers", self._workers)
        self.cfg.set("worker_exit", _left)

    def load(self) -> Any:
        """Return what answers, in a worker just forked."""
        store = open_store(self._settings.store, self._settings.mode, must_exist=True, keys=self._settings.keys)
        server = create_app(self._settings, store, self._shelf).server
        Thread(target=server.extensions["watch"].tend, args=(Event(),), name="tend", daemon=True).start()
        self.desk = server.extensions["desk"]
        return behind(server, self._settings.proxy)


def _left(_arbiter: Any, worker: Any) -> None:
    """A worker that ends says what it has counted and not told."""
    if worker.app.callable is not None:
        worker.app.desk.opened.flush()


def web(settings: Settings, shelf: Shelf, listening: socket.socket, workers: int) -> int:
    """Serve until told to stop."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * gunicorn_conf.worker_connections
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
    Web(settings, shelf, listening, workers).run()
    return 0


def jobs(settings: Settings, shelf: Shelf) -> int:
    """Run jobs, daily editions and the watch until told to stop; waits while another process of this server does."""
    stop = Event()
    for one in ENDING:
        signal.signal(one, lambda *_: stop.set())
    while not stop.is_set():
        with shelf.lock("runner", wait=False, kind="held") as alone:
            if alone:
                _run(settings, shelf, stop)
            else:
                stop.wait(AGAIN_S)
    return 0


def _run(settings: Settings, shelf: Shelf, stop: Event) -> None:
    store = open_store(settings.store, settings.mode, must_exist=True, keys=settings.keys)
    desk = Desk(settings, store, Gate(settings, store=store), TableStore(shelf=shelf), shelf)
    Thread(target=begin, args=(desk, Watch(desk, shelf.boot), stop), name="watch", daemon=True).start()
    Thread(target=Press(desk).run, args=(stop,), name="press", daemon=True).start()
    Runner(desk, TASKS).run(stop)


def begin(desk: Desk, watch: Watch, stop: Event) -> None:
    """Work out what the first visitor would wait for, then watch; a plan that cannot be made is told by the watch and the page."""
    try:
        desk.warm()
        search.warm(desk)
    except Exception:  # whatever it is: a watch that never began would leave every wall green
        log.exception("nothing was worked out ahead")
    watch.run(stop)
