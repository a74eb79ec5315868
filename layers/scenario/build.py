"""Build the drill: write its files, then let each in through the door that real files use, at the time it became known."""

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from threading import Event

from layers._errors import Cancelled, StoreError
from layers.intake.feeds import feed_named
from layers.intake.matching import gazetteer
from layers.intake.profile import load
from layers.intake.run import run
from layers.scenario.city import City, make_city
from layers.scenario.curve import day_of, published
from layers.scenario.epidemic import make_epidemic
from layers.scenario.files import write_days, write_places
from layers.scenario.formats import Delivery
from layers.scenario.watching import watch
from layers.store import Store

SEED = 20200211
START, LAST = day_of("2020-01-20"), day_of("2020-04-08")
DAYS, SMALL_DAYS = 37, 30  # to 25 and to 18 February
SMALL_EVERY = 3  # days between deliveries of the small city: 12, 15 and 18 February are among them
COMPOUNDS, SMALL_COMPOUNDS, SMALL_CASES = 7148, 320, 1500
Progress = Callable[[int, int, str, str], None]  # done, of how many, what in Chinese, what in English


@dataclass
class BuildReport:
    """What a build did: files imported, their rows, the seconds it took, and what became of the rows."""

    deliveries: int = 0
    rows: int = 0
    seconds: float = 0.0
    counts: Counter[str] = field(
        default_factory=Counter
    )  # new, changed, unchanged, older, rejected, warned, withdrawn, duplicates
    matched: Counter[str] = field(default_factory=Counter)  # "accepted/inside" -> persons
    by_feed: dict[str, Counter[str]] = field(default_factory=dict)


def build(
    store: Store,
    folder: Path,
    *,
    days: int | None = None,
    small: bool = False,
    seed: int = SEED,
    progress: Progress | None = None,
    cancel: Event | None = None,
) -> BuildReport:
    """Fill a drill store from `days` days of files written to `folder`, counted from 20 January 2020.

    small  a city of 320 compounds and about 1,500 cases, for tests and for a first look
    Raises StoreError when the store is not a drill's, Cancelled when `cancel` is set: what was imported by then stays.
    """
    if store.kind != "drill":
        raise StoreError(
            f"the drill was asked to fill a {store.kind} store; wanted a store of kind drill: open a new one"
        )
    started = time.monotonic()
    say = progress or (lambda *_: None)
    say(0, 1, "生成演练城市", "making the drill city")
    report = BuildReport()
    with _writing(folder, last_day(days, small=small), small=small, seed=seed) as written:
        places = write_places(folder, _city(seed, small=small), START)
        for delivery in places:
            _take(store, delivery, report, cancel)
        say(0, 1, "拟合地址匹配模型", "fitting the address judge")
        with store.snapshot() as connection:
            gazetteer(connection, store.identity, store.cache)
        deliveries = [*places, *written()]
    for number, delivery in enumerate(deliveries[len(places) :], start=len(places) + 1):
        if cancel is not None and cancel.is_set():
            raise Cancelled(f"the drill was stopped after {report.deliveries} of {len(deliveries)} deliveries")
        _take(store, delivery, report, cancel)
        title = feed_named(delivery.feed).title
        day = delivery.known_at.date()
        say(number, len(deliveries), f"{day} {title[0]}", f"{day} {title[1]}")
    watch(store)
    report.seconds = round(time.monotonic() - started, 1)
    return report


def deliver(folder: Path, *, days: int | None = None, small: bool = False, seed: int = SEED) -> list[Delivery]:
    """Write the files of a drill and return them in the order they became known; nothing is imported."""
    end = last_day(days, small=small)
    return write_places(folder, _city(seed, small=small), START) + _days(folder, end, small, seed)


@contextmanager
def _writing(folder: Path, end: int, *, small: bool, seed: int) -> Iterator[Callable[[], list[Delivery]]]:
    """Write the evenings' files, those of a whole city in a second process, and give the way to wait for them."""
    if small:
        yield lambda: _days(folder, end, small, seed)
        return
    with get_context("spawn").Pool(1, initializer=_leave_interrupts_to_the_parent) as pool:
        wanted = pool.apply_async(_days, (folder, end, small, seed))
        yield wanted.get


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _days(folder: Path, end: int, small: bool, seed: int) -> list[Delivery]:
    city = _city(seed, small=small)
    epidemic = make_epidemic(city, seed, START, end, _small_cases(end) if small else None)
    return write_days(folder, city, epidemic, START, end, every=SMALL_EVERY if small else 1)


def _city(seed: int, *, small: bool) -> City:
    return make_city(seed, SMALL_COMPOUNDS if small else COMPOUNDS)


def last_day(days: int | None = None, *, small: bool = False) -> int:
    """Return the last day (day number) of a drill of `days` days; StoreError unless it lies in the published facts."""
    wanted = (SMALL_DAYS if small else DAYS) if days is None else days
    if not 1 <= wanted <= LAST - START + 1:
        raise StoreError(f"a drill of {wanted} days; wanted 1 to {LAST - START + 1}: 20 January to 8 April 2020")
    return START + wanted - 1


def _small_cases(end: int) -> int:
    """Cases of the small city by `end`: it keeps its size whatever the number of days."""
    total = published()[["confirmed_cum", "clinical_cum"]].sum(axis=1)
    return max(round(SMALL_CASES * total[end] / total[START + SMALL_DAYS - 1]), 1)


def _take(store: Store, delivery: Delivery, report: BuildReport, cancel: Event | None) -> None:
    feed = feed_named(delivery.feed)
    receipt = run(
        store,
        feed,
        delivery.path,
        datum=delivery.datum,
        profile=load(delivery.profile, feed) if delivery.profile else None,
        known_at=delivery.known_at,
        source=delivery.source,
        actor="drill",
        cancel=cancel,
    )
    counts = Counter({name: receipt.count(name) for name in ("new", "changed", "unchanged", "older")})
    counts.update(
        rows=receipt.rows_read,
        rejected=receipt.rows_rejected,
        warned=len(receipt.warned),
        withdrawn=receipt.withdrawn,
        duplicates=receipt.duplicates,
    )
    report.deliveries += 1
    report.rows += receipt.rows_read
    report.counts.update(counts)
    report.matched.update(receipt.matched)
    report.by_feed.setdefault(delivery.feed, Counter()).update(counts)
