"""A wall that stands for hours, in minutes: its turns are made quickly, and memory is looked at between them.

python -m tests.bench.soak --store URL [--minutes 5] [--dwell 5]

Says the slope of the JavaScript heap (after a collection), of DOM nodes and listeners, and of the server's memory, per hundred turns.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.bench.ui_load import resident
from tests.browser import chromium, end, free_port, listen, start, until

Say = Callable[..., None]
WARM_TURNS = 12  # until every turn has been there twice, memory grows because it is filled for the first time
LOOK_EVERY = 6  # turns between two looks
PATIENCE_S = 180


def measure(say: Say, store: str, minutes: float = 5.0, dwell: float = 5.0, *, plain: bool = False) -> None:
    """Open one wall, turn it until the time is over, and say how memory grew."""
    port = free_port()
    server = start(store, port)
    try:
        with chromium() as browser:
            page = browser.new_page(viewport={"width": 1920, "height": 1080})
            listen(page)
            page.goto(f"http://127.0.0.1:{port}/wall?dwell=0&lite=1{'&plain=1' if plain else ''}")
            until(
                page,
                "window.Fangyi && document.querySelector('.turns') && Fangyi.ready > 0 && Fangyi.pulse.last",
                PATIENCE_S,
            )
            looks = list(turned(page, server.pid, minutes, dwell))
            told(say, looks, page)
    finally:
        server.terminate()
        end(server)


def turned(page: Any, pid: int, minutes: float, dwell: float) -> Any:
    """Turn by turn until the time is over; yield turns, heap, nodes, listeners and server memory now and then."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    turns, finish = 0, time.monotonic() + minutes * 60
    while time.monotonic() < finish or turns < WARM_TURNS + 3 * LOOK_EVERY:
        shown = page.evaluate("document.querySelector('.turns').dataset.turn")
        page.keyboard.press("ArrowRight")
        until(page, f"document.querySelector('.turns').dataset.turn !== {shown!r}", PATIENCE_S)
        time.sleep(dwell)
        turns += 1
        if turns >= WARM_TURNS and turns % LOOK_EVERY == 0:
            devtools.send("HeapProfiler.collectGarbage")
            found = {one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]}
            yield turns, found["JSHeapUsedSize"] / 1e6, found["Nodes"], found["JSEventListeners"], resident(pid)


def told(say: Say, looks: list[tuple[float, ...]], page: Any) -> None:
    """Say each slope over all turns and over the second half alone, where what is filled once is full, with the values on the way."""
    turns, *columns = np.array(looks).T
    names = (("heap", "MB"), ("nodes", "nodes"), ("listeners", "listeners"), ("server", "MB"))
    for (name, unit), values in zip(names, columns, strict=True):
        slope, late = (
            np.polyfit(turns[part], values[part], 1)[0] * 100 for part in (slice(None), slice(len(turns) // 2, None))
        )
        seen = values[np.linspace(0, len(values) - 1, min(len(values), 9)).round().astype(int)]
        say(
            f"soak.{name}",
            slope,
            f"{unit} per 100 turns",
            late=round(late, 3),
            seen=seen.round(1).tolist(),
            turns=int(turns[-1]),
        )
    say("soak.errors", len(page.said), "messages", first=page.said[:2])


def main() -> None:
    """Measure one store that exists."""
    from tests.bench.run import say

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", required=True)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--dwell", type=float, default=5.0)
    parser.add_argument("--plain", action="store_true", help="without WebGL")
    args = parser.parse_args()
    measure(say, args.store, args.minutes, args.dwell, plain=args.plain)


if __name__ == "__main__":
    main()
