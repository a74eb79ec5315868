"""How long after a new file of cases came in at the door it stands on the map of a browser that is open."""

import json
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pandas as pd

from layers._times import SHANGHAI
from layers.intake.feeds import feed_named
from layers.intake.run import run
from layers.store import Store
from tests.bench.addresses import drill
from tests.browser import chromium, listen, serving, until

Say = Callable[..., None]
CASES = 1_000
PAGES = {"/": 1, "/wall?dwell=0": 1}  # page -> seconds between two looks of it for news (assets/live.js)
PATIENCE_S = 180


def measure(say: Say, store: Store, rounds: int) -> None:
    """Import files of cases while a page is open; say seconds of the import, and from its end until page and map are new."""
    texts = drill(small=False, count=CASES * rounds * len(PAGES)).texts
    files = [texts[at : at + CASES] for at in range(0, len(texts), CASES)]
    with serving(str(store.engine.url)) as address, chromium() as browser, tempfile.TemporaryDirectory() as folder:
        for name, every in PAGES.items():
            page = browser.new_page(viewport={"width": 1920, "height": 1080})
            listen(page)
            page.goto(f"{address}{name}")
            until(page, "window.Fangyi && Fangyi.ready > 0 && Fangyi.pulse.last", PATIENCE_S)
            imports, heard, drawn = [], [], []
            for _ in range(rounds):
                before = page.evaluate("Fangyi.ready")
                imports.append(_import(store, files.pop(), Path(folder)))
                ended = time.perf_counter()
                revision = json.load(urllib.request.urlopen(f"{address}/pulse"))["revision"]
                until(page, f"Fangyi.pulse.last.revision === {json.dumps(revision)}", PATIENCE_S)
                heard.append(time.perf_counter() - ended)
                until(page, f"Fangyi.ready > {before}", PATIENCE_S)
                drawn.append(time.perf_counter() - ended)
            page.close()
            say("fresh.import", statistics.median(imports), "s", cases=CASES, first=round(imports[0], 2), page=name)
            say(
                "fresh.on_map",
                statistics.median(drawn),
                "s after the import",
                page=name,
                looks_every_s=every,
                heard=round(statistics.median(heard), 2),
                drawn_after_heard=round(statistics.median(d - h for d, h in zip(drawn, heard, strict=True)), 2),
                note="software WebGL",
            )


def _import(store: Store, texts: list[str], folder: Path) -> float:
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
