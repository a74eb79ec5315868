"""How often somebody may be wrong at the door, and how many passwords are hashed at once, in all processes of the server together.

Counted on the shelf: wrong attempts of the last minute by name and address together, by name from anywhere, and by address for
whatever name. Of IPv6 a whole network of 64 bits is one address: whoever has one has all of them. An attempt counts before its
password is looked at, so many at once get no further than a few. What was typed for a name may be a password, so a keyed digest of it
is what is kept.
"""

import hashlib
import ipaddress
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore

from dashboard.shelf import Shelf

WITHIN_S = 60.0
PAIR, NAME, ADDRESS = 5, 20, 30  # an office of a hundred desks may stand behind one address
OWN_BITS = 64  # of an IPv6 address: what one line is given
AT_ONCE = 2  # hashes: each takes 64 MiB and a core for a third of a second
PATIENCE_S = 5.0  # for one's turn
LOOK_S = 0.05  # between two looks for a turn that another process has


@dataclass
class Throttle:
    """The attempts at one door."""

    shelf: Shelf = field(default_factory=Shelf)
    secret: str = ""  # of the digests
    clock: Callable[[], float] = time.time
    turns: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(AT_ONCE))

    def attempt(self, name: str, address: str) -> tuple[float, bool]:
        """Count an attempt; return how many seconds to wait, 0.0 for none, and whether this one is the last that is heard.

        One that has to wait is not counted, so waiting a minute always helps.
        """
        limits = dict(zip(self._keys(name, address), (PAIR, NAME, ADDRESS), strict=True))
        return self.shelf.side.attempt(limits, self.clock(), WITHIN_S)

    def forgive(self, name: str, address: str) -> None:
        """Take back what was counted of a name and its address: the password was right."""
        pair, *others = self._keys(name, address)
        self.shelf.side.forgive(pair, tuple(others))

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Wait for one's turn to have a password hashed; yields False when it did not come in `PATIENCE_S`."""
        late = time.monotonic() + PATIENCE_S
        came = self.turns.acquire(timeout=PATIENCE_S)
        try:
            with ExitStack() as held:
                yield came and (self.shelf.alone or self._among_all(held, late))
        finally:
            if came:
                self.turns.release()

    def _among_all(self, held: ExitStack, late: float) -> bool:
        """Take one of the turns that all processes share; it is given back with `held`, or with the process."""
        while True:
            for one in range(AT_ONCE):
                with ExitStack() as tried:
                    if tried.enter_context(self.shelf.lock(f"turn {one}", wait=False)):
                        held.push(tried.pop_all())
                        return True
            if time.monotonic() > late:
                return False
            time.sleep(LOOK_S)

    def _keys(self, name: str, address: str) -> tuple[str, str, str]:
        address = _network(address)
        return self._key(name, address), self._key(name, ""), self._key("", address)

    def _key(self, name: str, address: str) -> str:
        key = hashlib.blake2b(self.secret.encode(), digest_size=32).digest()
        return hashlib.blake2b(f"{name}\n{address}".encode(), key=key, digest_size=16).hexdigest()


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4 or found.ipv4_mapped:
        return address
    return str(ipaddress.ip_network((found, OWN_BITS), strict=False))
