"""What a step of the time machine costs: server work and bytes of a frame, first time and again, on any store.

python -m tests.bench.ui_scrub [STORE URL]
"""

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from dashboard.app import create_app
from dashboard.scrub import order_of
from dashboard.settings import Settings
from layers._times import day_number, from_ms, to_ms
from layers.store import Store, open_store
from layers.store import changes as store_changes

DAY_MS = 86_400_000
STEPS = 80
Say = Callable[..., None]


def measure(say: Say, store: Store) -> None:
    """Say p50 and p95 of a frame with both clocks together and apart, its bytes, what reading the increments took, and a comparison."""
    app = create_app(Settings(store=str(store.engine.url)), store)
    desk, client = app.server.extensions["desk"], app.server.test_client()
    view = store.view()
    took = _timed(lambda: desk.replay.warm(view))
    say("scrub.warm", took * 1000, "ms", rows=int(sum(len(one.n) for one in desk.replay._kept.values())))
    version = order_of(desk, desk.gate.visitor, view).version
    for name, apart in (("together", 0), ("apart", 3)):
        seconds, cpu, sizes = zip(
            *(_frame(client, version, to_ms(view.as_of) - step * DAY_MS, apart) for step in _steps()), strict=True
        )
        ordered = sorted(seconds)
        say(
            f"scrub.{name}",
            statistics.median(ordered) * 1000,
            "ms p50",
            p95=round(ordered[int(len(ordered) * 0.95)] * 1000, 2),
            cpu_p95=round(
                sorted(cpu)[int(len(cpu) * 0.95)] * 1000, 2
            ),  # what it takes on a machine that does nothing else
            bytes=max(sizes),
            compounds=len(desk.replay.areas("compound")),
        )
    ends = [store.view(as_of=view.as_of, known_at=from_ms(to_ms(view.known_at) - back)) for back in (DAY_MS, 0)]
    say(
        "changes.last_day", _timed(lambda: store_changes.between(store, *ends)) * 1000, "ms", day=day_number(view.as_of)
    )


def _steps() -> list[int]:
    """Days back from now, to and fro as a hand goes, within a month."""
    return [abs((step * 7) % 60 - 30) for step in range(STEPS)]


def _frame(client: Any, version: str, at: int, apart: int) -> tuple[float, float, int]:
    as_of, known = (
        from_ms(ms).replace(tzinfo=None).isoformat(timespec="milliseconds") for ms in (at, at + apart * DAY_MS)
    )
    query = f"/scrub?page=/&as_of={as_of}&known_at={known}&v={version}"
    started, worked = time.perf_counter(), time.thread_time()
    answer = client.get(query, headers={"Accept-Encoding": "gzip"})
    took, worked = time.perf_counter() - started, time.thread_time() - worked
    if answer.status_code != 200:
        raise RuntimeError(f"{query} answered {answer.status_code}")
    return took, worked, len(answer.data)


def _timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    from tests.bench.run import say as printed

    measure(printed, open_store(sys.argv[1] if len(sys.argv) > 1 else "sqlite:///var/drill.db", must_exist=True))
