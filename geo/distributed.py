"""The match of many partitions on Dask: on this machine's processes, or on a cluster that reaches the same folders."""

import importlib.util
import logging
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from geo.city_kept import City, prepare
from geo.errors import GeoError
from geo.partition import Partition, PartitionError, frame_of_shapes, match_partition

NEEDED = ("dask", "distributed")
RETRIES = 2  # of a task that raised what nobody foresaw; one whose worker died is tried as often as Dask allows


@dataclass
class Summary:
    """What came of all partitions."""

    matched: int = 0  # partitions
    kept: int = 0  # partitions that were matched before, with the same of everything
    rows: int = 0  # in both
    outcomes: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)  # values that cannot be true, by reason
    strangers: Counter[str] = field(default_factory=Counter)  # rows of cities without compounds, by city
    faults: list[str] = field(default_factory=list)  # one line a partition that could not be matched
    processor_s: float = 0.0  # of the partitions matched now, all threads of all workers
    peak_mb: dict[str, int] = field(default_factory=dict)  # by worker process, the most memory it held

    def add(self, receipt: dict[str, Any]) -> None:
        """Count a partition in."""
        if "fault" in receipt:
            self.faults.append(receipt["fault"])
            return
        self.kept += receipt["kept"]
        self.matched += not receipt["kept"]
        self.rows += receipt["rows"]
        self.outcomes.update(receipt["outcomes"])
        self.dropped.update(receipt["values_dropped"])
        self.strangers.update(receipt["rows_of_cities_without_compounds"])
        if not receipt["kept"]:
            self.processor_s += receipt["processor_s"]
            self.peak_mb[receipt["worker"]] = max(receipt["peak_mb"], self.peak_mb.get(receipt["worker"], 0))


def require_dask() -> None:
    """Raise GeoError where Dask is not installed."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise GeoError(f"{' and '.join(missing)} not installed; `make scale` installs what the engine dask needs")


def match_partitions(
    parts: Sequence[Partition],
    cities: Sequence[City],
    client: Any,
    *,
    within_m: float = 100.0,
    told: Callable[[Summary], None] | None = None,
) -> Summary:
    """Match all partitions on the workers of a Dask client; answers and receipts are written as they finish.

    cities  of `geo.city_kept.keep`; the name "" stands for every city
    told    is called after each partition
    A partition that cannot be matched is named in `faults` and stops no other.
    """
    from distributed import as_completed

    summary = Summary()
    tasks = _submitted(parts, {city.name: city for city in cities}, client, within_m, summary)
    if told:
        told(summary)
    for future in as_completed(list(tasks)):
        part, failed = tasks.pop(future), future.exception()
        summary.add({"fault": f"{part.source}: {_said(failed)}"} if failed else future.result())
        if told:
            told(summary)
    return summary


def _submitted(
    parts: Sequence[Partition], cities: dict[str, City], client: Any, within_m: float, summary: Summary
) -> dict[Any, Partition]:
    """Hand the partitions to the workers; those of a city wait until one worker has made what all of them map."""
    wanted: dict[Partition, list[str]] = {}
    for part in parts:
        try:
            wanted[part] = _cities_of(part, cities)
        except PartitionError as error:
            summary.faults.append(str(error))
    asked = {(name, part.has_addresses) for part, names in wanted.items() for name in names}
    prepared: dict[tuple[str, str], Any] = {}
    tasks: dict[Any, Partition] = {}
    for place, (part, names) in enumerate(wanted.items()):
        # City by city, as given: a worker keeps few cities open, and the judge of the next is fitted meanwhile.
        how = {"pure": False, "retries": RETRIES, "priority": -place}
        frame = frame_of_shapes(part.frame)
        for name in names:
            if (name, frame) not in prepared:
                addresses = (name, True) in asked
                prepared[name, frame] = client.submit(prepare, cities[name], frame, within_m, addresses, **how)
        ready = {name: prepared[name, frame] for name in names}
        tasks[client.submit(_match, part, ready, within_m, **how)] = part
    return tasks


@contextmanager
def cluster(workers: int) -> Iterator[Any]:
    """Yield a client of so many processes on this machine; it binds 127.0.0.1 only and serves no pages."""
    from distributed import Client, LocalCluster

    with (
        tempfile.TemporaryDirectory(prefix="fangyi-dask-") as scratch,
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            scheduler_kwargs={
                "dashboard_address": "127.0.0.1:0"
            },  # it answers health checks all the same: on any free port
            local_directory=scratch,
            silence_logs=logging.CRITICAL,  # what fails comes back as a fault
            preload=[__name__],
        ) as made,
        Client(made) as client,
    ):
        yield client


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """Yield a client of a scheduler that runs already. Raises GeoError where nobody answers."""
    from distributed import Client

    try:
        client = Client(address, timeout=10)
    except (OSError, TimeoutError, ValueError) as error:
        raise GeoError(
            f"scheduler {address!r} does not answer ({error}); wanted for example tcp://10.0.0.5:8786"
        ) from error
    with client:
        yield client


def dask_setup(worker: Any) -> None:
    """Leave Ctrl+C to the process that was asked; Dask calls this in each worker of `cluster`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _match(part: Partition, cities: dict[str, City], within_m: float) -> dict[str, Any]:
    """What a worker does; a partition that cannot be matched comes back as its fault, not as an exception to be retried."""
    try:
        return match_partition(part, cities, within_m)
    except GeoError as error:
        return {"fault": str(error)}


def _cities_of(part: Partition, cities: dict[str, City]) -> list[str]:
    """Names of the cities whose compounds a partition may need."""
    if part.city is not None:
        return [name for name in (part.city, "") if name in cities][:1]
    if "" in cities or "city" in part.columns:
        return list(cities)
    raise PartitionError(
        f"{part.source}: has no column city (城市) and lies in no folder city=…; the compounds are those of {sorted(cities)}"
    )


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
