"""Results that are pure functions of their keys, kept in this process and, where they took long, for the other processes of the server."""

import logging
import os
import pickle  # nosec B403 # reads only what a process of this server sealed
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from dashboard.shelf import Shelf
from dashboard.weight import weight

KEPT = 160  # results kept: a city's wall and a hundred desks look at a few dozen views
KEPT_BYTES = 300_000_000  # of them together: a state of a city of 7,000 compounds weighs some 120 million
SHARED_FROM_S = 0.25  # what takes less is sooner made again than read
RESULTS, UNDER_WAY = "results", "working"  # kinds of what lies on the shelf
PLANNED = ("plan", "facts")  # keys of what is told to be under way
log = logging.getLogger(__name__)


@dataclass
class Memory:
    """Keeps what is a pure function of its key; a key names the facts, so nothing ever goes stale.

    most, most_bytes   results, and about how many bytes of them (`weight`), after which the least used go
    shelf  where the other processes find what took long; two that ask at once wait for one answer. None: there are none
    """

    most: int = KEPT
    most_bytes: int = KEPT_BYTES
    kept: OrderedDict[Hashable, Any] = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)
    busy: dict[Hashable, Lock] = field(default_factory=dict)
    weights: dict[Hashable, int] = field(default_factory=dict)
    shelf: Shelf | None = None

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """Return what `make` returned for this key; two askers at once wait for one answer."""
        with self.lock:
            if key in self.kept:
                self.kept.move_to_end(key)
                return self.kept[key]
            mine = self.busy.setdefault(key, Lock())
        with mine:
            with self.lock:
                if key in self.kept:
                    return self.kept[key]
            try:
                found = make() if self.shelf is None else _shared(self.shelf, key, make)
            except BaseException:
                with self.lock:  # what failed is tried anew by the next asker, and is not told to be under way
                    self.busy.pop(key, None)
                raise
            heavy = weight(found)
            with self.lock:
                self.kept[key], self.weights[key] = found, heavy
                self.busy.pop(key, None)
                self._shed()
        return found

    def _shed(self) -> None:
        """Let the least used go while there are too many, or too much of them; what came last stays whatever it weighs."""
        while len(self.kept) > 1 and (len(self.kept) > self.most or sum(self.weights.values()) > self.most_bytes):
            gone, _ = self.kept.popitem(last=False)
            del self.weights[gone]

    def working(self) -> list[str]:
        """Return the kinds of plans that are being worked out at this moment, here or elsewhere, in order."""
        with self.lock:
            found = {key[1] for key in self.busy if isinstance(key, tuple) and key[0] in PLANNED}
        return sorted(found | _elsewhere(self.shelf)) if self.shelf is not None else sorted(found)


def _shared(shelf: Shelf, key: Hashable, make: Callable[[], Any]) -> Any:
    """The result as another process left it, else made and left for the others; `repr` of a key is the same in each of them."""
    name = f"{shelf.edition} {key!r}"
    with shelf.lock(name):
        content = shelf.get(RESULTS, name)
        if content is not None:
            return pickle.loads(content)  # nosec B301 # sealed by a process of this server, else `get` returns None
        began = time.monotonic()
        with _told(shelf, key):
            found = make()
        if time.monotonic() - began >= SHARED_FROM_S:
            try:
                shelf.put(RESULTS, name, pickle.dumps(found, protocol=pickle.HIGHEST_PROTOCOL))
            except (TypeError, AttributeError, pickle.PicklingError, OSError) as error:  # each process makes its own
                log.warning("%s cannot be shared: %s", name[:80], error)
        return found


@contextmanager
def _told(shelf: Shelf, key: Hashable) -> Iterator[None]:
    """Let the other processes see that a plan is being worked out, while it is."""
    if not isinstance(key, tuple) or key[0] not in PLANNED:
        yield
        return
    mark = shelf.place(UNDER_WAY) / f"{key[1]}.{os.getpid()}"
    mark.touch()
    try:
        yield
    finally:
        mark.unlink(missing_ok=True)


def _elsewhere(shelf: Shelf) -> set[str]:
    found = set()
    for name in os.listdir(shelf.place(UNDER_WAY)):
        kind, _, pid = name.partition(".")
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:  # it ended in the middle of its work
            with suppress(FileNotFoundError):
                (shelf.place(UNDER_WAY) / name).unlink()
        else:
            found.add(kind)
    return found
