"""What the server does by itself: judge the rules of alert when the store has grown and each minute, and check itself each minute.

One thread (`Watch.run`), beside the runner of jobs; the workers ask it what to tell (`told`), and check their own memory (`tend`). A test calls `look` and `check`. What goes wrong in it is told by `/selfcheck` and
so on every wall: a watch that fails silently would be worse than none.
"""

import logging
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from threading import Event, Lock
from typing import Any

import pandas as pd

from dashboard.desk import Desk
from dashboard.roles import Person
from dashboard.text import both, is_unknown
from dashboard.view import Here
from layers._times import day_number
from layers._view import View
from layers.decisions import alerting
from layers.decisions.alerting import Readings
from layers.store import alerts, takings, totals
from layers.store.alerts import Rule
from layers.store.beat import Beat, beat

WHO = Person("alerts", "city")  # rules are judged on the whole store; who may see an alert is asked when it is shown
EVERY_S = 0.25  # between two looks for news
CHECK_S = 60.0  # between two looks at ages, and two checks
SHARED_S = 0.25  # a beat serves every screen that asks within this time
NOTE = "watch"  # under which the other processes find what it says
ALIVE_S, SILENT_S = (
    5.0,
    180.0,
)  # between two signs of life; after which a watch counts as lost: plans of a large city take a minute
KEPT = {
    "results": 1_000_000_000,
    "tables": 500_000_000,
    "draft": 1_000_000_000,
    "locks": 1,
}  # bytes on the shelf by kind
KEPT_S = 24 * 3600  # what nobody asked for in a day is swept off it
LEAST_FREE = 200_000_000  # bytes on the disk of the store: an import of a day takes some ten million
AGES, QUICK, SLOW = (
    ("age",),
    ("age", "count"),
    ("shortage",),
)  # shortages rest on plans of seconds, so they are judged last
log = logging.getLogger(__name__)


@dataclass
class Watch:
    """The state of the watch: the last beat, what the last check found, and what failed."""

    desk: Desk
    boot: str
    lock: Lock = field(default_factory=Lock)
    known: Beat | None = None
    read_at: float = 0.0
    judged: Any = None  # what counts and shortages were last judged by: they are not read again while it stays
    faults: dict[str, tuple[str, str]] = field(default_factory=dict)  # what failed -> (zh, en)
    checked_at: datetime | None = None
    begun_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    warned: set[str] = field(default_factory=set)  # findings of the journal that the log was told
    logged: dict[str, float] = field(default_factory=dict)  # what failed -> when the log was last told
    leads: bool = True  # whether nobody else watches: in a worker of several processes the runner does
    heard: tuple[Any, float] = (None, 0.0)  # what the watch told the other processes last, and when

    def beat(self, within: float = SHARED_S) -> Beat:
        """Return how the store stands, read within these seconds: four times a second however many screens ask, 0 reads it now."""
        with self.lock:
            if self.known is None or time.monotonic() - self.read_at > within:
                self.known, self.read_at = beat(self.desk.store), time.monotonic()
            return self.known

    def run(self, stop: Event) -> None:
        """Watch until told to stop."""
        seen, looked = None, 0.0
        while not stop.is_set():
            now, facts = time.monotonic(), self._fact()
            if facts != seen or now - looked >= CHECK_S:
                if facts != seen:  # begun before the first screen asks: most pages rest on it
                    self._try("plan", both("watch.plan"), self.plan)
                self._try("alerts", both("watch.rules_alert"), self.look)
                self._try("check", both("watch.self_check_server"), self.check)
                self._try("oversight", both("watch.oversight"), self.oversee)
                self._try("requests", both("watch.requests"), partial(takings.lapse, self.desk.store))
                seen, looked = facts, now
            self._let_know()
            stop.wait(EVERY_S)

    def tend(self, stop: Event) -> None:
        """Check the memory of this process each minute, where another one watches, until told to stop."""
        self.leads = False
        while not stop.wait(CHECK_S):
            self._try("check", both("watch.self_check_server"), self.compare)

    def _let_know(self) -> None:
        """Tell the other processes what walls ought to hear: when it changes, and now and then as a sign of life."""
        told, now = self._own(), time.monotonic()
        if not self.desk.shelf.alone and (told != self.heard[0] or now - self.heard[1] > ALIVE_S):
            self._try("told", both("watch.telling"), lambda: self.desk.shelf.side.say(NOTE, told, time.time()))
            self.heard = (told, now)

    def _fact(self) -> tuple[int, str] | None:
        found: list[Beat] = []
        self._try("store", both("watch.reading_store"), lambda: found.append(self.beat()))
        return (found[0].facts, found[0].alerts.split("-")[0]) if found else None

    def _try(self, what: str, words: tuple[str, str], work: Any) -> None:
        try:
            work()
            self.faults.pop(what, None)
            self.logged.pop(what, None)
        except Exception as error:  # the thread must live on, and every screen must hear of it
            self._log(what, words[1])
            self.faults[what] = both("watch.failed", words=words, name=type(error).__name__)

    def _log(self, what: str, words: str) -> None:
        """Tell the log of a failure, and again each minute while it lasts: looks come four times a second."""
        now = time.monotonic()
        if now - self.logged.get(what, -CHECK_S) >= CHECK_S:
            self.logged[what] = now
            log.exception("the watch failed: %s", words)

    def plan(self) -> None:
        """Work out the counts that every screen asks for first, then the plan that the most pages wait for, for the state of now."""
        view = self.desk.store.view()
        if self.desk.store.revision(view.known_at):
            self.desk.replay.warm(view)
            self.desk.plan(WHO, "lockdown", view)

    def look(self) -> list[int]:
        """Judge the rules in force, quick ones first; return the numbers of new alerts."""
        store = self.desk.store
        rules = alerts.rules(store)
        if not rules or not store.revision(store.latest()):
            return []
        view, new = store.view(), []
        facts = (self.beat().facts, view.as_of, [rule.id for rule in rules])
        for kinds in (QUICK, SLOW) if facts != self.judged else (AGES,):
            mine = [rule for rule in rules if rule.kind in kinds]
            change = alerting.turn(
                mine, readings(self.desk, view, mine), self.desk.gate.alerts(store, WHO, alerts.standing())
            )
            if change:
                new += alerts.turn(store, change, view.known_at)
        self.judged = facts
        return new

    def oversee(self) -> None:
        """Tell the log, once each, what in the journal calls for a question; who answers it is the auditor, on the page of the journal."""
        for one in self.desk.judge.of(self.desk.store):
            if not one.is_answered and one.id not in self.warned:
                self.warned.add(one.id)
                log.warning("oversight: %s, %s: %s %s within one %s", one.id, one.who, one.value, one.topic, one.span)

    def check(self) -> None:
        """Compare what is kept in memory with the store, look whether there is room on its disk, and let go of files that nobody fetched."""
        self.compare()
        desk, folder = self.desk, self.desk.store.cache
        desk.jobs.forget()
        if not desk.shelf.alone:
            for kind, most in KEPT.items():
                desk.shelf.sweep(kind, most, KEPT_S)
        free = shutil.disk_usage(folder.parent).free if folder is not None else LEAST_FREE
        self._say("disk", free < LEAST_FREE, *both("watch.disk_store_nearly"))
        self.checked_at = datetime.now(UTC)

    def compare(self) -> None:
        """Compare what this process keeps in memory with the store."""
        view = self.desk.store.view()
        if self.desk.store.revision(view.known_at):
            kept = self.desk.counts(WHO, view)
            again = _counted(self.desk.gate.read(self.desk.store, WHO, lambda mine: totals.wide(mine, "city"), view))
            wrong = [
                name
                for name, value in again.items()
                if not is_unknown(kept.get(name, 0)) and kept.get(name, 0) != value
            ]
            self._say("counts", wrong, *both("watch.counts_in_memory"))

    def _say(self, what: str, wrong: Any, zh: str, en: str) -> None:
        if wrong:
            self.faults[what] = (zh, en)
        else:
            self.faults.pop(what, None)

    def told(self) -> dict[str, Any]:
        """Return what a browser is told: when the last check ended (before the first: when the watch was made), and what is wrong in both languages."""
        own = self._own()
        if self.leads:
            return own
        said, at = self.desk.shelf.side.said(NOTE)
        faults = own["faults"] + (said["faults"] if said else [])
        if time.time() - max(at, self.begun_at.timestamp()) > SILENT_S:
            faults = [*faults, list(both("watch.silent"))]
        return {"checked_at": said["checked_at"] if said else own["checked_at"], "faults": faults}

    def _own(self) -> dict[str, Any]:
        at = (self.checked_at or self.begun_at).isoformat()
        return {"checked_at": at, "faults": [list(words) for words in list(self.faults.values())]}


def _counted(rows: pd.DataFrame) -> dict[str, int]:
    numbers = rows.drop(columns="area").sum(min_count=1).fillna(0)
    return {name: int(value) for name, value in numbers.items() if not str(name).startswith("last_")}


def readings(desk: Desk, view: View, rules: Sequence[Rule]) -> Readings:
    """Return what the rules are judged by, read for the view; nothing is read that no rule asks for."""
    counts = {(rule.area, rule.subject.get("each", "")) for rule in rules if rule.kind == "count"}
    short = {(rule.area, rule.subject["what"]) for rule in rules if rule.kind == "shortage"}
    ages = _ages(desk, view) if any(rule.kind == "age" for rule in rules) else {}
    stock = {area for area, what in short if what == "item"}
    beds = {area for area, what in short if what == "beds"}
    return Readings(
        counts={key: _counts(desk, view, *key) for key in counts},
        ages=ages,
        cover={area: desk.plan(WHO, "supplies", view.narrowed(area)).tables["city"] for area in stock},
        run_out={area: desk.plan(WHO, "beds", view.narrowed(area)).tables["run_out"] for area in beds},
        today=day_number(view.as_of),
    )


def _counts(desk: Desk, view: View, area: str, each: str) -> pd.DataFrame:
    mine = view.narrowed(area)
    rows = desk.gate.read(desk.store, WHO, partial(totals.wide, level=each or mine.level), mine)
    if each != "compound" or not area:
        return rows  # totals narrow the streets of a district by themselves
    homes = desk.frames(WHO, view, ["compounds"])["compounds"]
    inside = homes["district"] == mine.district
    if mine.level == "street":
        inside &= homes["street"] == area.partition("/")[2]
    return rows[rows["area"].isin(homes.loc[inside, "id"])]


def _ages(desk: Desk, view: View) -> dict[str, float]:
    here = Here("/", view)
    rows = desk.feeds(WHO, here)
    age = rows["age"].map(lambda passed: float("inf") if pd.isna(passed) else passed.total_seconds() / 3600)
    return dict(zip(rows["feed"], age, strict=True))
