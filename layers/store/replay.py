"""Any moment of both clocks from memory, in milliseconds: what a hand that moves a clock asks for at each step.

`total` only ever grows, so its increments are read once, in the order in which they became known, and added to when the
store grows. Up to a knowledge time they are a prefix of arrays, up to an event day a test on them, and a state is their sum:
the same sum that `totals` lets the database make (tests compare the two).
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import RLock
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import BigInteger, Connection, Select, func, select, type_coerce

from layers._times import day_number, to_ms
from layers._view import View
from layers.store.database import Store
from layers.store.schema import bed, hospital, total
from layers.store.totals import COUNTED, LEVELS, MEASURES, STATUSES

PERIODS = {"new1": 1, "new14": 14}  # days that end with the day of as_of; "ever" and "now" count all before it
AT = {status: number for number, status in enumerate(STATUSES)}
PART = 50_000  # rows read at once
Counts = npt.NDArray[np.int64]


@dataclass
class Areas:
    """The codes of a level in the order in which they were first met; codes are only ever added at the end."""

    codes: list[str] = field(default_factory=list)
    index: dict[str, int] = field(default_factory=dict)

    def number(self, code: str) -> int:
        """Return the place of a code, made for it where it has none."""
        if code not in self.index:
            self.index[code] = len(self.codes)
            self.codes.append(code)
        return self.index[code]


@dataclass
class Increments:
    """One level and measure: what each batch added, later ones behind earlier ones."""

    level: str
    measure: str
    areas: Areas
    moments: list[int] = field(default_factory=list)  # knowledge times (ms) ...
    ends: list[int] = field(default_factory=list)  # ... and how many increments there were by then
    area: npt.NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    status: npt.NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))
    day: npt.NDArray[np.int16] = field(default_factory=lambda: np.empty(0, np.int16))
    n: npt.NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))

    def query(self, until: int) -> Select[Any]:
        """Return the increments written up to row `until` of `total`."""
        t = total.c
        grouped = (t.known_from, t.area, t.status, t.event_day)
        rows = select(*(type_coerce(t.known_from, BigInteger), *grouped[1:]), func.sum(t.n))
        rows = rows.where(t.level == self.level, t.measure == self.measure, t.id <= until)
        return rows.group_by(*grouped).having(func.sum(t.n) != 0).order_by(t.known_from)

    def add(self, rows: Sequence[Any]) -> None:
        """Take in increments (known_from in ms, area, status, event_day, n) that became known after all that are here."""
        known, area, status, day, n = zip(*rows, strict=True)
        before = len(self.n)
        self.area = np.append(self.area, np.array([self.areas.number(code) for code in area], np.int32))
        self.status = np.append(self.status, np.array([AT[name] for name in status], np.uint8))
        self.day = np.append(self.day, np.array(day, np.int16))
        self.n = np.append(self.n, np.array(n, np.int32))
        for number, moment in enumerate(known, before + 1):
            if self.moments and self.moments[-1] == moment:
                self.ends[-1] = number
            else:
                self.moments.append(moment)
                self.ends.append(number)

    def seen(self, view: View, days: int = 0, of: str | None = None) -> tuple[Any, Any, Any, Any]:
        """Return area, status, day and n of the increments that a view counts.

        days  only the last so many days that end with the day of as_of; 0 all up to it
        of    only those of one area
        """
        at = bisect_right(self.moments, to_ms(view.known_at))
        end = self.ends[at - 1] if at else 0
        last = day_number(view.as_of)
        chosen = self.day[:end] <= last
        if days:
            chosen &= self.day[:end] > last - days
        if of is not None:
            chosen &= self.area[:end] == self.areas.index.get(of, -1)
        return self.area[:end][chosen], self.status[:end][chosen], self.day[:end][chosen], self.n[:end][chosen]

    def sums(self, view: View, days: int = 0, of: str | None = None) -> Counts:
        """Return one row per area and one column per status: the sum of what `seen` returns."""
        area, status, _, n = self.seen(view, days, of)
        flat = np.bincount(area.astype(np.int64) * len(AT) + status, n, minlength=len(self.areas.codes) * len(AT))
        return flat.astype(np.int64).reshape(-1, len(AT))


@dataclass
class Beds:
    """Every version of every bed count, and of where each hospital lies, as arrays; made anew when the store has grown."""

    revision: int = -1
    hospitals: list[str] = field(default_factory=list)
    rows: npt.NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 7)))
    places: list[tuple[int, int, int, str]] = field(default_factory=list)  # hospital, known_from, known_until, district

    def grow(self, store: Store) -> None:
        """Read everything, unless nothing was written since the last time."""
        revision = store.revision(store.latest())
        if revision == self.revision:
            return
        b, h = bed.c, hospital.c
        with store.snapshot() as connection:
            columns = (b.hospital, b.kind, b.happened_at, b.known_from, b.known_until, b.open, b.used)
            found = connection.execute(select(*columns).order_by(b.happened_at, b.id)).fetchall()
            sites = connection.execute(select(h.code, h.known_from, h.known_until, h.district)).fetchall()
        self.hospitals = sorted({row[0] for row in (*found, *sites)})
        index = {code: number for number, code in enumerate(self.hospitals)}
        groups: dict[tuple[str, str], int] = {}
        table = [
            (groups.setdefault((code, kind), len(groups)), index[code], *(np.nan if v is None else v for v in rest))
            for code, kind, *rest in found
        ]
        self.rows = np.array(table, dtype=float).reshape(-1, 7)
        self.places = [(index[code], since, until, district or "") for code, since, until, district in sites]
        self.revision = revision

    def at(self, view: View, district: str = "") -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return beds open and in use by hospital, NaN where none reported or it lies elsewhere than in `district`."""
        known, group = to_ms(view.known_at), self.rows[:, 0].astype(np.int64)
        seen = (self.rows[:, 2] <= to_ms(view.as_of)) & (self.rows[:, 3] <= known) & (self.rows[:, 4] > known)
        newest = np.full(int(group.max(initial=-1)) + 1, -1)
        newest[group[seen]] = np.flatnonzero(seen)  # ordered by time: the last one written stays
        rows = self.rows[newest[newest >= 0]]
        open_, used = (self._summed(rows, column) for column in (5, 6))
        if district:
            here = {at for at, since, until, code in self.places if since <= known < until and code == district}
            away = np.array([at not in here for at in range(len(self.hospitals))], dtype=bool)
            open_[away], used[away] = np.nan, np.nan
        return open_, used

    def _summed(self, rows: npt.NDArray[np.float64], column: int) -> npt.NDArray[np.float64]:
        told = ~np.isnan(rows[:, column])
        site, size = rows[told, 1].astype(np.int64), len(self.hospitals)
        sums = np.bincount(site, rows[told, column], minlength=size)
        return np.where(np.bincount(site, minlength=size) > 0, sums, np.nan)


class Replay:
    """Counts of a store at any view. Safe to share between threads; what it keeps is bounded by the totals themselves."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._areas = {level: Areas() for level in LEVELS}
        self._kept: dict[tuple[str, str], Increments] = {}
        self._beds = Beds()
        self._last = 0  # id of the newest row of `total` that is in here
        self._latest: datetime | None = None
        self._lock = RLock()

    def grow(self, known_at: datetime | None = None) -> None:
        """Take in what was written since the last time; what was known at a time before that is here already."""
        with self._lock:
            if known_at and self._latest and known_at <= self._latest:
                return
            latest = self.store.latest()
            if latest == self._latest:
                return
            with self.store.snapshot() as connection:
                last = connection.execute(select(func.max(total.c.id))).scalar() or 0
                for rows in self._written(connection, self._last, last) if self._kept else ():
                    self._spread(rows)
            self._beds.grow(self.store)
            self._last, self._latest = last, latest

    @staticmethod
    def _written(connection: Connection, after: int, until: int) -> Iterator[Any]:
        """The rows of `total` between two ids, in order: by the primary key, because no index knows what is new."""
        t = total.c
        known = type_coerce(t.known_from, BigInteger)
        rows = select(t.level, t.measure, known, t.area, t.status, t.event_day, t.n)
        rows = rows.where(t.id > after, t.id <= until).order_by(t.id)
        return connection.execute(rows).partitions(PART)

    def _spread(self, rows: Sequence[Any]) -> None:
        apart: dict[tuple[str, str], list[Any]] = {}
        for level, measure, *rest in rows:
            apart.setdefault((level, measure), []).append(rest)
        for key, some in apart.items():
            if key in self._kept:
                self._kept[key].add(some)

    def warm(self, view: View) -> None:
        """Read what a moving hand asks for first: a few seconds for a city of 70,000 persons."""
        for level in ("city", "district", "compound"):
            self.counts(view, level, ("now_confirmed", "ever_counted"))
        self.beds(view)

    def areas(self, level: str) -> list[str]:
        """Return the codes of a level in the order of `counts`: those of the counts asked for before, or more behind them."""
        with self._lock:
            if self._latest is None:
                self.grow()
            self._of(level, "now")
            return list(self._areas[level].codes)

    def counts(self, view: View, level: str, wanted: Sequence[str], of: str | None = None) -> dict[str, Counts]:
        """Return an array over `areas(level)` for each of `wanted`, named as in `totals.wide`: now_<status>, ever_*, new1_*, new14_*.

        of   one area alone: arrays of one number
        """
        self.grow(view.known_at)
        with self._lock:
            for measure in {one for name in wanted for one in self._measures(*name.partition("_")[::2])}:
                self._of(level, measure)  # so that all count over the same areas
            return self._counts(view, level, wanted, of)

    def _counts(self, view: View, level: str, wanted: Sequence[str], of: str | None) -> dict[str, Counts]:
        made: dict[tuple[str, int], Counts] = {}
        found = {}
        for name in wanted:
            measure, _, status = name.partition("_")
            days, columns = (
                PERIODS.get(measure, 0),
                [AT[one] for one in (COUNTED if status == "counted" else (status,))],
            )
            summed: Any = 0
            for one in self._measures(measure, status):
                if (one, days) not in made:
                    made[one, days] = self._of(level, one).sums(view, days, of)
                summed = summed + made[one, days][:, columns].sum(axis=1)
            found[name] = np.array([summed.sum()]) if of is not None else summed
        return found

    @staticmethod
    def _measures(measure: str, status: str) -> tuple[str, ...]:
        return ("now",) if measure == "now" else MEASURES["first" if status == "counted" else "ever"]

    def daily(self, view: View, level: str, code: str) -> tuple[Counts, dict[str, Counts]]:
        """Return days (since 1970) and for each counted status the persons who first became a case on each, as known at the view."""
        self.grow(view.known_at)
        with self._lock:
            parts = [self._of(level, measure).seen(view, of=code) for measure in MEASURES["first"]]
        day, status, n = (np.concatenate([part[at] for part in parts]) for at in (2, 1, 3))
        counted = np.isin(status, [AT[one] for one in COUNTED])
        day, status, n = day[counted], status[counted], n[counted]
        if not len(day):
            return np.empty(0, np.int64), {one: np.empty(0, np.int64) for one in COUNTED}
        first, size = int(day.min()), int(day.max()) - int(day.min()) + 1
        found = {}
        for one in COUNTED:
            mine = status == AT[one]
            found[one] = np.bincount(day[mine] - first, n[mine], minlength=size).astype(np.int64)
        return np.arange(first, first + size, dtype=np.int64), found

    def beds(
        self, view: View, district: str = ""
    ) -> tuple[list[str], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return hospitals, beds open and beds in use at the view; NaN where nothing was reported or it lies outside `district`."""
        self.grow(view.known_at)
        with self._lock:
            return self._beds.hospitals, *self._beds.at(view, district)

    def _of(self, level: str, measure: str) -> Increments:
        if level not in LEVELS:
            raise ValueError(f"level {level!r}; wanted one of {LEVELS}")
        with self._lock:
            if (level, measure) not in self._kept:
                made = Increments(level, measure, self._areas[level])
                with self.store.snapshot() as connection:
                    for rows in connection.execute(made.query(self._last)).partitions(PART):
                        made.add(rows)
                self._kept[level, measure] = made
            return self._kept[level, measure]
