"""What a visit of the overview moves over the line and when it can be read: the first time, and again when nothing has changed.

python -m tests.bench.ui_transfer --store URL [--rounds 3]
"""

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.browser import chromium, listen, serving, until

Say = Callable[..., None]
READY = "window.Fangyi && window.Fangyi.ready > 0"
CHARTS = "document.querySelectorAll('.js-plotly-plot .main-svg').length > 0"
PATIENCE_S, QUIET_S = 180, 2.0
FIRST_MB, AGAIN_KB = 4.5, 150  # the budgets


@dataclass
class Visit:
    """One visit: seconds until each stage, bytes as they came over the line by address, and the order of the two programs."""

    stages: dict[str, float] = field(default_factory=dict)
    moved: dict[str, float] = field(default_factory=dict)
    after_map: float = 0.0  # seconds from the map until the program of the charts was asked for

    @property
    def total(self) -> float:
        """Bytes of all answers, their heads included."""
        return sum(self.moved.values())


def visited(context: Any, address: str) -> Visit:
    """Open the overview in a browser that holds what the context kept, and wait until all of it stands."""
    page, found = context.new_page(), Visit()
    listen(page)
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    names: dict[str, str] = {}
    line.on("Network.requestWillBeSent", lambda e: names.__setitem__(e["requestId"], e["request"]["url"]))
    line.on("Network.loadingFinished", lambda e: _add(found, names.get(e["requestId"], ""), e["encodedDataLength"]))
    began = time.perf_counter()
    page.goto(address)
    stages = {"tiles": "!!document.querySelector('.tile .tile-value')", "map": READY, "charts": CHARTS}
    for name, stands in stages.items():
        until(page, stands, PATIENCE_S)
        found.stages[name] = time.perf_counter() - began
    found.after_map = page.evaluate(
        "(performance.getEntriesByType('resource').find(one => /plotly.*min/.test(one.name)) || {}).startTime"
        " - performance.getEntriesByName('fangyi:map')[0].startTime"
    ) / 1000  # fmt: skip
    time.sleep(QUIET_S)  # what comes late is counted too
    page.close()
    return found


def _add(visit: Visit, name: str, size: float) -> None:
    visit.moved[name] = visit.moved.get(name, 0) + size


def measure(say: Say, store: str, rounds: int = 3) -> None:
    """Say bytes and stages of first visits and of visits again, each round in a browser that kept nothing before."""
    with serving(store) as address, chromium() as browser:
        visited(browser.new_context(), address)  # the server works its plans out once
        pairs = []
        for _ in range(rounds):
            context = browser.new_context(viewport={"width": 1920, "height": 1080})
            pairs.append((visited(context, address), visited(context, address)))
            context.close()
    first, again = ([pair[at] for pair in pairs] for at in (0, 1))
    largest = sorted(first[-1].moved.items(), key=lambda one: -one[1])[:4]
    say(
        "overview.transfer.first",
        statistics.median(one.total for one in first) / 1e6,
        "MB",
        budget=FIRST_MB,
        requests=len(first[-1].moved),
        largest={name.rsplit("/", 1)[-1].partition("?")[0][:40]: round(size / 1e6, 3) for name, size in largest},
    )
    say("overview.transfer.again", statistics.median(one.total for one in again) / 1e3, "kB", budget=AGAIN_KB)
    for what, visits in (("first", first), ("again", again)):
        stages = {name: round(statistics.median(one.stages[name] for one in visits), 2) for name in first[0].stages}
        say(f"overview.shown.{what}", stages.pop("tiles"), "s until the tiles", **stages, note="software WebGL")
    say("overview.charts", min(one.after_map for one in first), "s from the map until the charts' program is asked for")


def main() -> None:
    """Measure one store that exists."""
    from tests.bench.run import say

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    measure(say, args.store, args.rounds)


if __name__ == "__main__":
    main()
