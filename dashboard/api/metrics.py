"""How the server fares, in the text that Prometheus reads: requests as this server counts them, deliveries and ages as the store tells them.

All workers of `serve` count together (`counted_together`); what the store tells is the same whichever of them is asked.
"""

import os
import time
from collections import Counter as Sums
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from flask import Blueprint, Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from dashboard import doors
from dashboard.desk import Desk
from dashboard.roles import Person
from dashboard.settings import SettingsError
from dashboard.view import Here
from layers._scratch import scratch
from layers.intake import health
from layers.store.readiness import readiness

SHARED = (
    "PROMETHEUS_MULTIPROC_DIR"  # read by the library as well: when it is loaded, and whenever something new is counted
)
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
WHO = Person("metrics", "city")


@contextmanager
def counted_together() -> Iterator[None]:
    """Let all processes that are forked meanwhile count as one, in a private folder, or in the one that PROMETHEUS_MULTIPROC_DIR names.

    What a worker counted stays when another takes its place. Raises SettingsError for a named folder that cannot be written in.
    """
    if named := os.environ.get(SHARED):
        if not os.access(named, os.W_OK | os.X_OK) or not Path(named).is_dir():
            raise SettingsError(
                f"{SHARED} is {named!r}; wanted an empty folder that this user may write in, or none: serve then makes one"
            )
        yield
        return
    alone = values.ValueClass
    with scratch() as folder:
        os.environ[SHARED] = str(folder)
        values.ValueClass = (
            values.MultiProcessValue()
        )  # the library chose when it was loaded, before there was a folder
        try:
            yield
        finally:
            values.ValueClass = alone
            del os.environ[SHARED]


class Metrics:
    """What one application counts."""

    def __init__(self, desk: Desk) -> None:
        self.registry = CollectorRegistry()
        labels = ["endpoint", "method", "status"]
        self.requests = Counter("fangyi_requests", "Requests answered", labels, registry=self.registry)
        self.seconds = Histogram(
            "fangyi_request_seconds", "Time to answer", ["endpoint"], buckets=SECONDS, registry=self.registry
        )
        self.stored = FromStore(desk)

    def connect(self, server: Flask) -> None:
        """Count and time every request of a server."""

        @server.before_request
        def begun() -> None:
            g.begun = time.perf_counter()

        @server.after_request
        def ended(answer: Response) -> Response:
            rule = request.url_rule.rule if request.url_rule else ""
            endpoint = doors.named(rule) or "none"  # never the address itself: it may hold anything
            method = request.method if request.method in ("GET", "POST", "HEAD", "OPTIONS") else "other"
            self.requests.labels(endpoint, method, answer.status_code).inc()
            if "begun" in g:
                self.seconds.labels(endpoint).observe(time.perf_counter() - g.begun)
            return answer

    def text(self) -> bytes:
        """Return everything as text."""
        counted = self.registry
        if os.environ.get(SHARED):
            counted = CollectorRegistry()
            MultiProcessCollector(counted)
        kept = CollectorRegistry()
        kept.register(self.stored)
        return generate_latest(counted) + generate_latest(kept)

    def routes(self) -> Blueprint:
        """Return the route `/metrics`."""
        made = Blueprint("metrics", __name__)

        @made.get("/metrics", provide_automatic_options=False)
        def metrics() -> Response:
            answer = Response(self.text(), content_type=CONTENT_TYPE_PLAIN_0_0_4)
            answer.headers["Cache-Control"] = "no-store"
            return answer

        return made


@dataclass(eq=False)
class FromStore(Collector):
    """What the store tells: its revision, the rows of deliveries, the age of each feed, room on the disk, work in line."""

    desk: Desk
    rows: Sums[tuple[str, str]] = field(default_factory=Sums)
    read_to: int = 0  # batches never change: each is read once
    lock: Lock = field(default_factory=Lock)

    def collect(self) -> Iterator[Metric]:
        """Yield each measure as it stands now."""
        found = readiness(self.desk.store)
        yield GaugeMetricFamily("fangyi_store_ready", "1 when the store answers", value=float(found.ready))
        if found.free is not None:
            yield GaugeMetricFamily("fangyi_disk_free_bytes", "Room on the disk of the store", value=found.free)
        if not found.ready:
            return
        yield GaugeMetricFamily("fangyi_revision", "Number of the newest batch", value=self._revision())
        yield self._deliveries()
        yield self._ages()
        yield GaugeMetricFamily("fangyi_jobs_waiting", "Work in line or under way", value=self.desk.jobs.open())

    def _revision(self) -> int:
        return self.desk.store.revision(self.desk.store.latest())

    def _deliveries(self) -> Metric:
        with self.lock:
            for number, feed, counts in health.outcomes(self.desk.store, self.read_to):
                self.read_to = max(self.read_to, number)
                self.rows.update({(feed, outcome): n for outcome, n in counts.items()})
            told = CounterMetricFamily(
                "fangyi_intake_rows", "Rows of all deliveries, by what became of them", labels=["feed", "outcome"]
            )
            for labels, n in sorted(self.rows.items()):
                told.add_metric(labels, n)
        return told

    def _ages(self) -> Metric:
        told = GaugeMetricFamily("fangyi_feed_age_seconds", "Time since the newest delivery of a feed", labels=["feed"])
        view = self.desk.store.view()
        rows = self.desk.feeds(WHO, Here("/", view))
        for feed, age in zip(rows["feed"], rows["age"], strict=True):
            if age == age and age is not None:
                told.add_metric([feed], max(age.total_seconds(), 0.0))  # ages are told by the minute
        return told
