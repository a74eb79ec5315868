"""Whose panel was opened by whom, as the journal keeps it: how many persons an account opened in a quarter of an hour, never which.

An entry for each opening would make a reader wait for whatever import is writing. So openings are counted in this process and told
in steps, behind the reader's back: the first of a quarter at once, then each tenth, the rest when another quarter has begun. A
process that ends forgets at most nine of an account.
"""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock

from layers._errors import StoreError
from layers._times import SHANGHAI
from layers.store import Store, journal

ACTION = "open-person"
QUARTER_S = 15 * 60
STEP = 10


@dataclass
class _Count:
    """The persons that an account opened in one quarter, as digests, and how many of them the journal knows."""

    quarter: int
    persons: set[bytes] = field(default_factory=set)
    told: int = 0


@dataclass
class Opened:
    """The openings of one process."""

    store: Store
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    counts: dict[str, _Count] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)
    writer: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "opened"))

    def note(self, actor: str, person: str) -> None:
        """Count that somebody opened a person's panel; the same person again in the same quarter is the same."""
        quarter = int(self.clock().timestamp() // QUARTER_S)
        with self.lock:
            rest = self._rests(quarter)
            mine = self.counts.setdefault(actor, _Count(quarter))
            mine.persons.add(hashlib.blake2b(person.encode(), digest_size=8).digest())
            if not mine.told or len(mine.persons) - mine.told >= STEP:
                rest.append((actor, mine.quarter, len(mine.persons) - mine.told))
                mine.told = len(mine.persons)
        for one in rest:
            self.writer.submit(self._tell, *one)

    def flush(self) -> None:
        """Tell what is not told yet, and wait until it is written."""
        with self.lock:
            rest = self._rests(-1)
        for one in rest:
            self.writer.submit(self._tell, *one)
        self.writer.submit(lambda: None).result()

    def _rests(self, quarter: int) -> list[tuple[str, int, int]]:
        """Take out the counts of other quarters than this, and return what of them is not told."""
        over = [actor for actor, one in self.counts.items() if one.quarter != quarter]
        gone = [(actor, self.counts.pop(actor)) for actor in over]
        return [(actor, one.quarter, len(one.persons) - one.told) for actor, one in gone if len(one.persons) > one.told]

    def _tell(self, actor: str, quarter: int, persons: int) -> None:
        since = datetime.fromtimestamp(quarter * QUARTER_S, SHANGHAI)
        with suppress(StoreError):  # an import that holds the store longer than half a minute: the wall tells of that
            journal.add(self.store, actor, ACTION, "persons", {"persons": persons, "since": f"{since:%Y-%m-%d %H:%M}"})
