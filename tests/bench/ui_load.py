"""Many open screens on one server process: walls that turn and desks that walk about, each with its pulse and its self-check.

python -m tests.bench.ui_load --store URL [--screens 50] [--seconds 90]
"""

import argparse
import http.client
import json
import random
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

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
        self.line = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
        self.took: dict[str, list[float]] = defaultdict(list)
        self.faults: list[str] = []
        self.tag, self.at = "", 0

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

    def page(self) -> None:
        """Turn the wall, or walk to another page of the desk."""
        path, turn = ("/wall", TURNS[self.at % len(TURNS)]) if self.wall else (self.chance.choice(DESKS), "")
        self.at += 1
        self.timed(
            "turn" if self.wall else "page",
            "POST",
            "/_dash-update-component",
            asked(path, turn),
            {"Content-Type": "application/json"},
        )

    def timed(self, what: str, way: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        """Return the answer to one request and keep how long it took, the body included."""
        began = time.perf_counter()
        self.line.request(way, path, json.dumps(body) if body else None, dict(headers or {}))
        answer = self.line.getresponse()
        answer.read()
        self.took[what].append(time.perf_counter() - began)
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


def resident(pid: int) -> float:
    """Return the megabytes that a process keeps in memory."""
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def measure(say: Say, store: str, screens: int = 50, seconds: float = 90.0) -> None:
    """Open the screens, let them live, and say p50 and p95 of each kind of request, faults, and the memory of the server."""
    port = free_port()
    server = start(store, port)
    try:
        address = f"http://127.0.0.1:{port}"
        warm(address)
        before, until = resident(server.pid), time.monotonic() + seconds
        lives = [Screen(n, address, until, n < screens * WALLS) for n in range(screens)]
        for one in lives:
            one.start()
            time.sleep(1 / screens)
        for one in lives:
            one.join(seconds + 120)
        told(say, lives, screens)
        say("ui.load.server", resident(server.pid), "MB", before=round(before, 1), screens=screens)
    finally:
        server.terminate()
        end(server)


def warm(address: str) -> None:
    """Ask for every page and turn once, as the first screens of a morning do; `serve` works the plans out by itself meanwhile."""
    first = Screen(0, address, 0, True)
    for path, turn in [*(("/wall", turn) for turn in TURNS), *((path, "") for path in DESKS)]:
        first.timed("first", "POST", "/_dash-update-component", asked(path, turn), {"Content-Type": "application/json"})


def told(say: Say, lives: list[Screen], screens: int) -> None:
    """Say what the screens met with."""
    for kind in ("pulse", "selfcheck", "turn", "page"):
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
    args = parser.parse_args()
    measure(say, args.store, args.screens, args.seconds)


if __name__ == "__main__":
    main()
