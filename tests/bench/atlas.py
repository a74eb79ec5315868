"""The atlas of the drill city: how long a briefing of the city and its districts takes, cold and with its plans at hand."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from dashboard.access import Gate
from dashboard.briefing import PARTS, Choice, compose, write
from dashboard.desk import Desk
from dashboard.settings import from_environment
from dashboard.tables import TableStore
from dashboard.view import read
from layers.store import Store, open_store

Say = Callable[..., None]


def measure(say: Say, store: Store) -> None:
    """Say seconds on the wall clock and of the processor: plans and text, then drawing; all parts, one page a district."""
    settings = from_environment()
    desk = Desk(settings, store, Gate(settings), TableStore())
    here = read("/briefing", "", store)
    begun, used = time.perf_counter(), time.process_time()
    said = compose(desk, desk.gate.visitor, here, Choice(PARTS, ("all",)))
    say(
        "atlas.compose",
        time.perf_counter() - begun,
        "s",
        processor=time.process_time() - used,
        footnotes=len(said.footnotes),
    )
    with tempfile.TemporaryDirectory() as folder:
        out, pages = Path(folder) / "atlas.pdf", [0]

        def progress(done: int, total: int, _zh: str, _en: str) -> None:
            pages[0] = total

        write(said, out, progress)
        took = time.perf_counter() - begun
        districts = len(said.choice.districts)
        say(
            "atlas.pdf",
            took,
            "s",
            processor=time.process_time() - used,
            pages=pages[0],
            districts=districts,
            bytes=out.stat().st_size,
        )


if __name__ == "__main__":
    from tests.bench.run import say as printed

    opened = open_store(from_environment().store, must_exist=True)
    measure(printed, opened)
    opened.close()
