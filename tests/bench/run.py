"""Measure what people wait for: one JSON line a figure, medians over rounds, on a drill city built for the purpose.

python tests/bench/run.py [--small] [--rounds N]
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))


from dashboard.app import create_app  # noqa: E402
from dashboard.pages import all_pages  # noqa: E402
from dashboard.settings import Settings  # noqa: E402
from layers.intake.feeds import feed_named  # noqa: E402
from layers.intake.profile import load  # noqa: E402
from layers.intake.run import run  # noqa: E402
from layers.scenario import build as drill  # noqa: E402
from layers.scenario.formats import Delivery  # noqa: E402
from layers.store import Store, open_store  # noqa: E402
from tests import databases  # noqa: E402
from tests.bench import addresses, atlas, decisions, freshness, points, rows, soak, ui_load, ui_scrub, ui_transfer  # noqa: E402
from tests.bench import load as crowd  # noqa: E402


def say(name: str, value: float, unit: str, **more: Any) -> None:
    """Print one figure as a JSON line."""
    print(
        json.dumps({"figure": name, "value": round(float(value), 4), "unit": unit, **more}, ensure_ascii=False),
        flush=True,
    )


def timed(work: Callable[[], Any]) -> float:
    """Return the seconds that `work` took."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def imports(folder: Path, small: bool) -> Store:
    """Build the drill one delivery at a time in each database, and say rows a second by feed; return the store in SQLite."""
    started = time.perf_counter()
    deliveries = drill.deliver(folder / "files", small=small)
    say("drill.write_files", time.perf_counter() - started, "s", files=len(deliveries))
    store = open_store(f"sqlite:///{folder / 'bench.db'}", "drill")
    taken(store, deliveries)
    if found := databases.programs():
        with databases.server(found) as address:
            url = databases.database(address, "bench")
            with closing(open_store(url, "drill", keys=folder / "server")) as other:
                taken(other, deliveries)
    return store


def taken(store: Store, deliveries: Sequence[Delivery]) -> None:
    """Take deliveries in, and say rows a second by feed."""
    rows: dict[str, int] = {}
    seconds: dict[str, float] = {}
    for one in deliveries:
        feed = feed_named(one.feed)
        profile = load(one.profile, feed) if one.profile else None
        started = time.perf_counter()
        receipt = run(store, feed, one.path, datum=one.datum, profile=profile, known_at=one.known_at, source=one.source)
        seconds[one.feed] = seconds.get(one.feed, 0) + time.perf_counter() - started
        rows[one.feed] = rows.get(one.feed, 0) + receipt.rows_read
    engine = store.engine.dialect.name
    for name, took in sorted(seconds.items()):
        say(f"import.{name}", rows[name] / took, "rows/s", engine=engine, rows=rows[name], seconds=round(took, 2))
    say("drill.import", sum(seconds.values()), "s", engine=engine, rows=sum(rows.values()))


def matching(store: Store, rounds: int, small: bool) -> None:
    """Match the drill's own cases again, as an import and a rematch do, and say what rapidfuzz alone would need for them."""
    from sqlalchemy import select

    from layers.intake.matching import gazetteer
    from layers.store.schema import FOREVER, person

    columns = (person.c.subject, person.c.address, person.c.lon, person.c.lat)
    asked = store.read(
        select(*columns).where(person.c.known_until == FOREVER, person.c.kind == "case").limit(addresses.REMATCHED)
    )
    asked = asked.assign(
        district_name="", district_code="", lon=asked["lon"].astype(float), lat=asked["lat"].astype(float)
    )
    with store.snapshot() as connection:
        places = gazetteer(connection, store.identity, store.cache)
    took = statistics.median(timed(lambda: places.place(asked)) for _ in range(rounds))
    say("match.cases", len(asked) / took, "cases/s", compounds=places.size, cases=len(asked), seconds=round(took, 2))
    addresses.rematch(say, took, len(asked), small)


def callback(client: Any, path: str, search: str) -> Any:
    """Ask for a page as a browser does."""
    values = [
        ("url", "pathname", path),
        ("url", "search", search),
        ("drawn", "data", None),
        ("scale", "data", 1),
        ("wall-page", "data", ""),
    ]
    body = {
        "output": "..page.children...deck-spec.data..",
        "outputs": [{"id": "page", "property": "children"}, {"id": "deck-spec", "property": "data"}],
        "inputs": [{"id": i, "property": p, "value": v} for i, p, v in values],
        "state": [{"id": name, "property": "data", "value": None} for name in ("pick", "review")],
        "changedPropIds": ["url.pathname"],
    }
    answer = client.post("/_dash-update-component", json=body)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    return answer


def pages(store: Store, rounds: int) -> None:
    """Callbacks of every page: the first, with nothing kept, and then p50 and p95."""
    settings = Settings(store=str(store.engine.url))
    client = create_app(settings, store).server.test_client()
    for path in all_pages():
        first = timed(lambda p=path: callback(client, p, ""))  # type: ignore[misc]
        again = sorted(timed(lambda p=path: callback(client, p, "")) for _ in range(rounds * 3))  # type: ignore[misc]
        p95 = again[min(len(again) - 1, int(len(again) * 0.95))]
        say(
            f"callback{path}",
            statistics.median(again) * 1000,
            "ms p50",
            p95=round(p95 * 1000, 1),
            first=round(first * 1000, 1),
        )
    what_ifs(client, rounds)


def what_ifs(client: Any, rounds: int) -> None:
    """A question that was never asked before, at pages whose facts are read: what it takes, and against the same page again."""
    for path in ("/beds", "/staff", "/supplies", "/plan"):
        asked = [timed(lambda p=path, n=n: callback(client, p, f"?if_cases={n}")) for n in range(31, 31 + rounds)]  # type: ignore[misc]
        again = timed(lambda p=path: callback(client, p, "?if_cases=31"))  # type: ignore[misc]
        say(f"what_if{path}", statistics.median(asked) * 1000, "ms", again=round(again * 1000, 1))


def plans(store: Store, rounds: int) -> None:
    """Plans from nothing kept."""
    from layers.decisions._catalog import PLANS

    for kind, make in PLANS.items():
        took = statistics.median(timed(lambda m=make: m(store, store.view())) for _ in range(rounds))  # type: ignore[misc]
        say(f"plan.{kind}", took * 1000, "ms")


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="the small city")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--soak", type=float, default=5.0, help="minutes that a wall is watched for growing memory")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        points.measure(say, min(args.rounds, 3), args.small)
        addresses.measure(say, min(args.rounds, 3), args.small)
        store = imports(Path(folder), args.small)
        matching(store, min(args.rounds, 3), args.small)
        decisions.measure(say, args.small)
        plans(store, args.rounds)
        pages(store, args.rounds)
        ui_transfer.measure(say, str(store.engine.url), min(args.rounds, 3))
        freshness.measure(say, store, args.rounds)
        atlas.measure(say, store)
        rows.measure(say, (5_000, 50_000) if args.small else rows.SIZES)
        ui_scrub.measure(say, store)
        ui_load.measure(say, str(store.engine.url), seconds=30 if args.small else 90, news=True)
        crowd.measure(say, str(store.engine.url), seconds=20 if args.small else 60, steps=not args.small)
        soak.measure(say, str(store.engine.url), minutes=args.soak, dwell=1 if args.small else 5)


if __name__ == "__main__":
    main()
