"""Many open screens on one server process: walls that turn and desks that walk about, each with its pulse and its self-check.

python -m tests.bench.ui_load --store URL [--screens 50] [--seconds 90] [--news]

With news, a file of cases is imported after half of the time (give it a copy: the store grows), and every screen asks at
once for the frame that moves its figures and for its page, which waits for the plans.
"""

import argparse
import gzip
import http.client
import json
import os
import random
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from layers.store import open_store
from tests.bench.freshness import deliver
from tests.browser import end, free_port, start

Say = Callable[..., None]
TURNS = ("situation", "lockdown", "beds", "staff", "supplies", "orders")
DESKS = ("/", "/lockdown", "/beds", "/staff", "/supplies", "/orders", "/alerts")
WALLS = 0.4  # share of the screens that are walls
DWELL_S, STAY_S, CHECK_S, BEAT_S = 25.0, 20.0, 60.0, 1.0
OUT = ("page", "children"), ("deck-spec", "data")
IN = ("url", "pathname"), ("url", "search"), ("drawn", "data"), ("scale", "data"), ("wall-page", "data")
STATE = ("pick", "data"), ("review", "data")


class Screen(threading.Thread):
    """One open screen: what it asks of the server, as its scripts do, and how long each answer took."""

    def __init__(self, number: int, address: str, until: float, wall: bool) -> None:
        super().__init__(daemon=True)
        self.chance, self.until, self.wall = random.Random(number), until, wall
        self.line = http.client.HTTPConnection(urlsplit(address).netloc, timeout=180)
        self.took: dict[str, list[float]] = defaultdict(list)
        self.faults: list[str] = []
        self.phase = ""  # what happens beside it: told in the figures' names
        self.said = b""  # body of the last answer to a beat, empty when nothing was new
        self.tag, self.at, self.facts = "", 0, 0

    def run(self) -> None:
        """Live until the end: a beat each second, a page now and then, a check each minute."""
        now = time.monotonic()
        due = {"page": now + self.chance.random() * STAY_S, "check": now + self.chance.random() * CHECK_S}
        while time.monotonic() < self.until:
            try:
                self.beat()
                if self.wall and time.monotonic() > due["check"]:
                    self.timed("selfcheck", "GET", "/selfcheck")
                    due["check"] += CHECK_S
                if time.monotonic() > due["page"]:
                    self.page()
                    due["page"] = time.monotonic() + (DWELL_S if self.wall else STAY_S * (0.5 + self.chance.random()))
            except OSError as error:
                self.faults.append(repr(error))
                self.line.close()
            time.sleep(BEAT_S)

    def beat(self) -> None:
        """Ask for news."""
        answer = self.timed("pulse", "GET", "/pulse", headers={"If-None-Match": self.tag} if self.tag else {})
        self.tag = answer.getheader("ETag") or self.tag
        if not self.said:
            return
        now, before = json.loads(self.said), self.facts
        self.facts = now["facts"]
        if before and before != self.facts:
            clocks = {"page": "/", "as_of": now["as_of"], "known_at": now["known_at"]}
            self.timed("news.frame", "GET", f"/scrub?{urlencode(clocks)}")
            self.page("news.page")

    def page(self, kind: str = "") -> None:
        """Turn the wall, or walk to another page of the desk."""
        path, turn = ("/wall", TURNS[self.at % len(TURNS)]) if self.wall else (self.chance.choice(DESKS), "")
        self.at += 1
        self.timed(
            kind or ("turn" if self.wall else "page"),
            "POST",
            "/_dash-update-component",
            asked(path, turn),
            {"Content-Type": "application/json"},
        )

    def timed(self, what: str, way: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        """Return the answer to one request and keep how long it took, the body included."""
        began, phase = time.perf_counter(), self.phase
        self.line.request(
            way, path, json.dumps(body) if body else None, {"Accept-Encoding": "gzip"} | dict(headers or {})
        )
        answer = self.line.getresponse()
        content = answer.read()
        packed = answer.getheader("Content-Encoding") == "gzip"
        self.said = gzip.decompress(content) if packed and path == "/pulse" else content
        self.took[what + phase].append(time.perf_counter() - began)
        if answer.status >= 400:
            self.faults.append(f"{path}: {answer.status}")
        return answer


def asked(path: str, turn: str) -> dict[str, Any]:
    """Return what a browser sends for a page."""
    values = {"pathname": path, "search": "", "scale": 1, "wall-page": turn}
    given = lambda pair: {"id": pair[0], "property": pair[1], "value": values.get(pair[1], values.get(pair[0]))}  # noqa: E731
    return {
        "output": "..page.children...deck-spec.data..",
        "outputs": [{"id": name, "property": what} for name, what in OUT],
        "inputs": [given(pair) for pair in IN],
        "state": [{"id": name, "property": what, "value": None} for name, what in STATE],
        "changedPropIds": ["wall-page.data" if turn else "url.pathname"],
    }


def family(pid: int) -> list[int]:
    """Return a process and all that came of it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()
    except FileNotFoundError:
        return []
    return [pid, *(one for child in children for one in family(int(child)))]


def resident(pid: int) -> float:
    """Return the megabytes of a server's processes together, pages that they share counted once."""
    found = 0.0
    for one in family(pid):
        lines = Path(f"/proc/{one}/smaps_rollup").read_text("utf-8").splitlines()
        found += int(next(line for line in lines if line.startswith("Pss:")).split()[1]) / 1024
    return found


def measure(say: Say, store: str, screens: int = 50, seconds: float = 90.0, *, news: bool = False) -> None:
    """Open the screens, let them live, and say p50 and p95 of each kind of request, faults, and the memory of the server."""
    port = free_port()
    server = start(store, port)
    try:
        address = f"http://127.0.0.1:{port}"
        warm(address)
        before, used, until = resident(server.pid), processor(server.pid), time.monotonic() + seconds
        lives = [Screen(n, address, until, n < screens * WALLS) for n in range(screens)]
        for one in lives:
            one.start()
            time.sleep(1 / screens)
        if news:
            time.sleep(seconds / 2)
            delivered(say, store, lives)
        for one in lives:
            one.join(seconds + 120)
        told(say, lives, screens)
        share = (processor(server.pid) - used) / seconds
        say("ui.load.server", resident(server.pid), "MB", before=round(before, 1), screens=screens, cores=round(share, 2), load=round(os.getloadavg()[0], 1))  # fmt: skip
    finally:
        server.terminate()
        end(server)


def processor(pid: int) -> float:
    """Return the seconds of processor that a server's processes have used."""
    used = 0
    for one in family(pid):
        fields = Path(f"/proc/{one}/stat").read_text("utf-8").rpartition(")")[2].split()
        used += int(fields[11]) + int(fields[12])
    return used / os.sysconf("SC_CLK_TCK")


def delivered(say: Say, url: str, lives: list[Screen]) -> None:
    """Import a file of cases while all screens are open, in a process of its own: here it would keep the screens from their clocks."""
    with ProcessPoolExecutor(1, get_context("spawn")) as own:
        for phase in (".importing", ".after"):
            for one in lives:
                one.phase = phase
            if phase == ".importing":
                say("ui.load.import", own.submit(deliver_once, url).result(), "s", cases=1_000)


def deliver_once(url: str) -> float:
    """Import a file of cases as the command does; return seconds."""
    store = open_store(url, must_exist=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            return deliver(store, ["不知道"] * 1_000, Path(folder))
    finally:
        store.close()


def warm(address: str, first: Screen | None = None) -> None:
    """Ask for every page and turn once, as the first screens of a morning do; `serve` works the plans out by itself meanwhile."""
    first = first or Screen(0, address, 0, True)
    for path, turn in [*(("/wall", turn) for turn in TURNS), *((path, "") for path in DESKS)]:
        first.timed("first", "POST", "/_dash-update-component", asked(path, turn), {"Content-Type": "application/json"})


def told(say: Say, lives: list[Screen], screens: int) -> None:
    """Say what the screens met with."""
    for kind in sorted({kind for one in lives for kind in one.took}):
        took = sorted(t for one in lives for t in one.took[kind])
        if took:
            p95 = took[int(len(took) * 0.95)]
            say(
                f"ui.load.{kind}",
                statistics.median(took) * 1000,
                "ms p50",
                p95=round(p95 * 1000, 1),
                most=round(took[-1] * 1000, 1),
                n=len(took),
                screens=screens,
            )
    faults = [fault for one in lives for fault in one.faults]
    say("ui.load.faults", len(faults), "requests", first=faults[:3])


def main() -> None:
    """Measure one store that exists."""
    from tests.bench.run import say

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", required=True)
    parser.add_argument("--screens", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=90.0)
    parser.add_argument("--news", action="store_true", help="import a file of cases meanwhile; the store grows")
    args = parser.parse_args()
    measure(say, args.store, args.screens, args.seconds, news=args.news)


if __name__ == "__main__":
    main()
