"""How often somebody may be wrong at the door, and how many passwords are hashed at once.

Counted in this process: wrong attempts of the last minute by name and address together, by name from anywhere, and by
address for whatever name. An attempt counts before its password is looked at, so many at once get no further than a few.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore, Lock

WITHIN_S = 60.0
PAIR, NAME, ADDRESS = 5, 20, 30  # an office of a hundred desks may stand behind one address
AT_ONCE = 2  # hashes: each takes 64 MiB and a core for a third of a second
PATIENCE_S = 5.0  # for one's turn
MOST = 20_000  # names and addresses remembered before those that are old are dropped

Key = tuple[str, str]


@dataclass
class Throttle:
    """The attempts of one process."""

    clock: Callable[[], float] = time.monotonic
    tried: dict[Key, deque[float]] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)
    turns: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(AT_ONCE))

    def attempt(self, name: str, address: str) -> tuple[float, bool]:
        """Count an attempt; return how many seconds to wait, 0.0 for none, and whether this one is the last that is heard.

        One that has to wait is not counted, so waiting a minute always helps.
        """
        now = self.clock()
        with self.lock:
            self._forget(now)
            limits = {(name, address): PAIR, (name, ""): NAME, ("", address): ADDRESS}
            waits = [self._wait(key, most, now) for key, most in limits.items()]
            if any(waits):
                return max(waits), False
            for key in limits:
                self.tried.setdefault(key, deque()).append(now)
            return 0.0, any(len(self.tried[key]) == most for key, most in limits.items())

    def forgive(self, name: str, address: str) -> None:
        """Take back what was counted of a name and its address: the password was right."""
        with self.lock:
            self.tried.pop((name, address), None)
            for key in ((name, ""), ("", address)):
                if self.tried.get(key):
                    self.tried[key].pop()

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Wait for one's turn to have a password hashed; yields False when it did not come in `PATIENCE_S`."""
        came = self.turns.acquire(timeout=PATIENCE_S)
        try:
            yield came
        finally:
            if came:
                self.turns.release()

    def _wait(self, key: Key, most: int, now: float) -> float:
        times = self.tried.get(key, deque())
        while times and times[0] <= now - WITHIN_S:
            times.popleft()
        return times[0] + WITHIN_S - now if len(times) >= most else 0.0

    def _forget(self, now: float) -> None:
        if len(self.tried) > MOST:
            self.tried = {key: times for key, times in self.tried.items() if times and times[-1] > now - WITHIN_S}
