"""How many signed-in desks a server of two workers bears: each walks about real pages, hears of news each second, and has a name of its own; walls turn beside them.

python -m tests.bench.load --store URL [--desks 200] [--walls 20] [--seconds 60] [--steps]

The store of a drill is copied and marked as one of production in the copy, so that everybody has to have signed in. The screens are
threads of this process, on the same cores as the server.
"""

import argparse
import os
import secrets
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from dashboard import cookies
from dashboard.access import COOKIE, Gate
from dashboard.roles import Person
from dashboard.settings import Settings
from layers.store import accounts, open_store, sessions
from layers.store.schema import account
from tests.bench.ui_load import Screen, resident, warm
from tests.browser import end, free_port, start
from tests.server import serve_production_with

Say = Callable[..., None]
GOOD_MS = 1_000.0  # p95 of a page within which a desk is served well
STEPS = (50, 100, 200, 300, 400)
WORKERS = 2
KINDS = ("page", "turn", "pulse", "selfcheck")


class Guest(Screen):
    """A screen that carries a session or a pass, as a browser does."""

    def __init__(
        self, number: int, address: str, until: float, wall: bool, carried: dict[str, str], guard: str
    ) -> None:
        super().__init__(number, address, until, wall)
        cookie = "; ".join(f"{name}={text}" for name, text in carried.items())
        self.own = {"Cookie": cookie, cookies.GUARD_HEADER: guard}

    def timed(self, what: str, way: str, path: str, body: Any = None, headers: Any = None) -> Any:
        """Ask as somebody who is signed in."""
        return super().timed(what, way, path, body, {**self.own, **(headers or {})})


def signed_in(url: str, secret: str, desks: int) -> list[tuple[dict[str, str], str]]:
    """Return what the browsers of so many accounts of the city carry, and the token that each shows."""
    store, found = open_store(url, "production", must_exist=True), []
    try:
        first = accounts.add(store, "bench", "desk-0", "city", "", secrets.token_urlsafe(16))
        with store.writing() as connection:
            rows = [f"desk-{n}" for n in range(1, desks)]
            made = [first, *(_copied(connection, first, name) for name in rows)]
            for number in made:
                token = sessions.begin(connection, number)
                found.append(({cookies.SESSION: cookies.sealed(secret, token)}, cookies.guard(secret, token)))
    finally:
        store.close()
    return found


def _copied(connection: Any, number: int, name: str) -> int:
    """An account like another one: hashing a password for each would take minutes."""
    row = dict(connection.execute(account.select().where(account.c.id == number)).one()._mapping)
    del row["id"]
    return int(connection.execute(account.insert().returning(account.c.id), [{**row, "name": name}]).scalar_one())


def passes(url: str, secret: str, walls: int) -> list[tuple[dict[str, str], str]]:
    """Return the same for walls, which carry passes."""
    gate = Gate(Settings(store=url, mode="production", secret=secret))
    texts = [gate.issue_pass(Person(f"wall-{n}", "city")) for n in range(walls)]
    return [({COOKIE: text}, cookies.guard(secret, text)) for text in texts]


@contextmanager
def production(url: str) -> Iterator[str]:
    """Yield the URL of a copy of a drill's store that counts as one of production."""
    source = Path(str(make_url(url).database))
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "load.db"
        with closing(sqlite3.connect(source)) as theirs, closing(sqlite3.connect(copy)) as ours:
            theirs.backup(ours)
            ours.execute(
                """UPDATE meta SET value = '"production"' WHERE name = 'kind'"""
            )  # no store lets itself be made another
            ours.commit()
        if (source.parent / "keys").is_dir():
            shutil.copytree(source.parent / "keys", Path(folder) / "keys")
        yield f"sqlite:///{copy}"


def live(address: str, guests: list[tuple[bool, dict[str, str], str]], seconds: float) -> list[Guest]:
    """Let so many screens live at once; return them with what they met."""
    until = time.monotonic() + seconds
    lives = [Guest(n, address, until, wall, carried, guard) for n, (wall, carried, guard) in enumerate(guests)]
    for one in lives:
        one.start()
        time.sleep(2 / len(lives))
    for one in lives:
        one.join(seconds + 120)
    return lives


def told(say: Say, lives: list[Guest], **more: Any) -> float:
    """Say p50, p95 and most of each kind of request, and faults; return the p95 of pages in ms."""
    late = 0.0
    for kind in KINDS:
        took = sorted(t * 1000 for one in lives for t in one.took[kind])
        if took:
            p95 = took[int(len(took) * 0.95)]
            late = p95 if kind == "page" else late
            say(f"load.{kind}", statistics.median(took), "ms p50", p95=round(p95, 1), most=round(took[-1], 1), n=len(took), **more)  # fmt: skip
    faults = [fault for one in lives for fault in one.faults]
    say("load.faults", len(faults), "requests", first=faults[:3], **more)
    return late


def measure(
    say: Say, store: str, desks: int = 200, walls: int = 20, seconds: float = 60.0, *, steps: bool = True
) -> None:
    """Measure one load, then with steps how many desks have their pages within a second."""
    secret = secrets.token_urlsafe(48)
    with production(store) as url:
        most = max([desks, *STEPS]) if steps else desks
        there, shown = signed_in(url, secret, most), passes(url, secret, walls)
        port = free_port()
        server = start(url, port, partial(serve_production_with, secret=secret, workers=WORKERS))
        try:
            address, good = f"http://127.0.0.1:{port}", 0
            warm_as(address, there[0])
            before = resident(server.pid)
            for number in dict.fromkeys([desks, *(STEPS if steps else ())]):
                guests = [*((False, *one) for one in there[:number]), *((True, *one) for one in shown)]
                lives = live(address, guests, seconds)
                load = round(os.getloadavg()[0], 1)
                late = told(say, lives, desks=number, walls=walls, workers=WORKERS, load=load)
                say("load.memory", resident(server.pid), "MB PSS", before=round(before, 1), desks=number)
                good = max(good, number) if late <= GOOD_MS else good
            say("load.good", good, "desks", p95_ms=GOOD_MS, tried=list(STEPS) if steps else [desks])
        finally:
            server.terminate()
            end(server)


def warm_as(address: str, carried: tuple[dict[str, str], str]) -> None:
    """Ask for each page once, as the first desk of a morning does."""
    own = Guest(0, address, 0, False, *carried)
    warm(address, own)


def main() -> None:
    """Measure one store that exists."""
    from tests.bench.run import say

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", required=True)
    parser.add_argument("--desks", type=int, default=200)
    parser.add_argument("--walls", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument(
        "--steps", action="store_true", help="also fewer and more desks, to find how many are served well"
    )
    args = parser.parse_args()
    measure(say, args.store, args.desks, args.walls, args.seconds, steps=args.steps)


if __name__ == "__main__":
    main()
