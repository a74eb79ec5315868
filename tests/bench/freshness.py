"""From a commit at the door to another screen that is open: how long until a desk and a wall show it.

python -m tests.bench.freshness --store URL [--rounds 8]    (the store grows: give it a copy)

A file of cases is imported in this process, as the command does; the server is another process, and the screens are browsers.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import select

from layers._times import SHANGHAI, to_ms
from layers.decisions._catalog import plan_of
from layers.intake.feeds import feed_named
from layers.intake.run import run
from layers.store import Store, open_store, totals
from layers.store.schema import FOREVER, orders
from tests.bench.addresses import drill
from tests.browser import chromium, listen, serving, until
from tests.orders import given

Say = Callable[..., None]
CASES = 1_000
PAGES = ("/", "/wall?dwell=0&pages=lockdown")
PATIENCE_S = 180
# The total of cases on the screen, digits only: what stands in for the page while its plans are worked out, or the page itself.
SHOWN = """(() => {
  const tile = document.querySelector('.tile[data-scrub="ever_counted"]');
  const value = tile && (tile.querySelector('.tile-value.twin') || tile.querySelector('.tile-value'));
  return value ? value.textContent.replace(/[^0-9]/g, '') : '';
})()"""


def measure(say: Say, store: Store, rounds: int) -> None:
    """Import files of cases while a page is open; say seconds from the end of each import until its figures, its map and all of it are new."""
    texts = drill(small=False, count=CASES * rounds * len(PAGES)).texts
    files = [texts[at : at + CASES] for at in range(0, len(texts), CASES)]
    with serving(str(store.engine.url)) as address, chromium() as browser, tempfile.TemporaryDirectory() as folder:
        for name in PAGES:
            page = _opened(browser, address + name)
            told = [_round(page, store, files.pop(), Path(folder)) for _ in range(rounds)]
            _told(say, name, told)
            page.close()
        page = _opened(browser, address + PAGES[1])
        subjects = _proposed(store)[:rounds]
        _say_seconds(say, "fresh.order", [_ordered(page, store, one) for one in subjects], page=PAGES[1])
        page.close()


def _opened(browser: Any, address: str) -> Any:
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    listen(page)
    page.goto(address)
    until(page, f"window.Fangyi && Fangyi.ready > 0 && Fangyi.pulse.last && {SHOWN} !== ''", PATIENCE_S)
    time.sleep(3)  # the charts come after the map
    return page


def _round(page: Any, store: Store, texts: list[str], folder: Path) -> dict[str, float]:
    """Seconds of one import, and from its end until the screen has heard of it, shows its count, its map, and all of it."""
    total, before = _total(store) + len(texts), page.evaluate("Fangyi.ready")
    took = deliver(store, texts, folder)
    ended, latest = time.perf_counter(), to_ms(store.latest())
    stages = {
        "heard": f"Date.parse(Fangyi.pulse.last.known_at) === {latest}",
        "figures": f"{SHOWN} === '{total}'",
        "map": f"(Fangyi.time.shown && Fangyi.time.shown.known_at === {latest}) || Fangyi.ready > {before}",
        "whole": f"Fangyi.ready > {before} && !document.documentElement.classList.contains('scrubbing')",
    }
    found = {"import": took}
    for name, stands in stages.items():
        until(page, stands, PATIENCE_S)
        found[name] = time.perf_counter() - ended
    if _total(store) != total:
        raise RuntimeError(f"{_total(store)} cases in the store; wanted {total}")
    time.sleep(1.5)
    return found


def _total(store: Store) -> int:
    return int(store.read(totals.wide(store.view(), "city"))["ever_counted"].sum())


def _proposed(store: Store) -> list[str]:
    """Compounds that the lockdown plan is about and nobody has ordered anything of yet."""
    standing = store.read(select(orders.c.subject).where(orders.c.known_until == FOREVER))
    return [
        one.subject
        for one in plan_of("lockdown", store, store.view()).proposals
        if one.subject not in set(standing["subject"])
    ]


def _ordered(page: Any, store: Store, subject: str) -> float:
    """Seconds from an order about a compound until the wall names it."""
    shown = set(page.evaluate("[...document.querySelectorAll('.live')].map(one => one.textContent)"))
    given(store, subject)
    ended = time.perf_counter()
    told = json.dumps(sorted(shown), ensure_ascii=False)
    until(page, f"[...document.querySelectorAll('.live')].some(one => !{told}.includes(one.textContent))", PATIENCE_S)
    return time.perf_counter() - ended


def _told(say: Say, name: str, rounds: list[dict[str, float]]) -> None:
    say("fresh.import", statistics.median(one["import"] for one in rounds), "s", cases=CASES, page=name)
    for stage in ("heard", "figures", "map", "whole"):
        _say_seconds(say, f"fresh.{stage}", [one[stage] for one in rounds], page=name, note="software WebGL")


def _say_seconds(say: Say, name: str, seconds: list[float], **more: Any) -> None:
    ordered = sorted(seconds)
    say(name, statistics.median(ordered), "s after the commit", p95=round(ordered[int(len(ordered) * 0.95)], 2), most=round(ordered[-1], 2), n=len(ordered), **more)  # fmt: skip


def deliver(store: Store, texts: list[str], folder: Path) -> float:
    """Import new cases of the day that the store knows last; return seconds."""
    now = store.latest() + timedelta(minutes=10)
    day = now.astimezone(SHANGHAI).date() - timedelta(days=1)
    rows = pd.DataFrame({"case_id": [f"NEW-{now:%d%H%M}-{i}" for i in range(len(texts))], "address": texts})
    path = folder / f"{now:%Y%m%dT%H%M}.csv"
    rows.assign(status="确诊", status_at=str(day)).to_csv(path, index=False)
    started = time.perf_counter()
    receipt = run(store, feed_named("cases"), path, known_at=now)
    seconds = time.perf_counter() - started
    if receipt.rows_rejected:
        raise RuntimeError(f"{receipt.rows_rejected} of {len(texts)} new cases were refused")
    return seconds


def main() -> None:
    """Measure one store that exists; it grows."""
    from tests.bench.run import say

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", required=True)
    parser.add_argument("--rounds", type=int, default=8)
    args = parser.parse_args()
    store = open_store(args.store, must_exist=True)
    measure(say, store, args.rounds)
    store.close()


if __name__ == "__main__":
    main()
