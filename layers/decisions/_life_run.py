"""The state machine itself, all compounds at once: one step a day over arrays (7,148 compounds x 40 days in a tenth of a second)."""

from typing import Any

import numpy as np
import pandas as pd

from layers.decisions._life_terms import (
    BEFORE,
    CANCELLED,
    CANDIDATE,
    CAUSES,
    CERTIFIED,
    CLOSED,
    LAX,
    NEVER,
    OPEN,
    RELAXED,
    SETTLED,
    STATES,
    SUSPENDED,
    TRANSITIONS,
    Clock,
    Events,
    Life,
    Terms,
    number,
)

REACH = 60  # days before the first one of which cases are kept apart; older ones lie outside every 14-day clock
NO_DAY = -1.0
Array = np.ndarray[tuple[int, ...], np.dtype[Any]]


class Run:
    """The run of all compounds from `clock.first` on; `step` once for each day, then `finish`."""

    def __init__(self, codes: list[str], events: Events, clock: Clock, closed_since: int | None) -> None:
        self.codes, self.clock, self.size = codes, clock, len(codes)
        self.origin = clock.first - REACH
        self.counted = _Cases(self._rows(events.cases, "kind", "counted"), self.size, self.origin, clock.today)
        self.silent_ones = _Cases(self._rows(events.cases, "kind", "asymptomatic"), self.size, self.origin, clock.today)
        self.open_rows = {status: self._rows(events.open, "status", status) for status in OPEN}
        self.open = {status: np.zeros(self.size, dtype=np.int64) for status in OPEN}
        self.assessed = self._rows(events.assessed)
        self.in_place, self.assessed_on = np.zeros(self.size, dtype=bool), np.full(self.size, NEVER)
        self.orders = self._rows(events.orders)
        self.lax, self.ordered_on = np.zeros(self.size, dtype=bool), np.full(self.size, NEVER)
        self.state: Array = np.full(self.size, BEFORE if closed_since is None else CLOSED, dtype=np.int8)
        self.since = np.full(self.size, NEVER if closed_since is None else closed_since)
        self.certified_on, self.basis, self.paused = (np.full(self.size, NEVER) for _ in range(3))
        self.held, self.fell = np.zeros(self.size, dtype=bool), np.zeros(self.size, dtype=bool)
        self.cause, self.cause_day = np.zeros(self.size, dtype=np.int8), np.full(self.size, NO_DAY)
        self.error_from = np.full(self.size, NO_DAY)
        self.daily: list[Array] = []
        self.transitions: list[pd.DataFrame] = []
        self.rounds: list[int] = []
        self.seen = NEVER
        self.against: Array = np.full(self.size, NEVER)  # newest day with a case that cancels

    def step(self, day: int, terms: Terms, *, hold_round: bool) -> None:
        """Take in what became known by the end of `day`, and let every compound move."""
        at = day - self.clock.first
        self._learn(day)
        self._move(day, terms, int(self.clock.covered[at]), bool(self.clock.silent[at]), hold_round)
        self.daily.append(self.state.copy())
        if hold_round:
            self.rounds.append(day)

    def finish(self, terms: Terms) -> Life:
        """Take in what the view knows beyond that, certify nobody, and return what came of it."""
        then = self.state.copy()
        learned = self._learn(-NEVER)
        clock = self.clock
        news = learned or not len(clock.covered) or clock.covered_now != clock.covered[-1]
        if news and terms.release is not None:
            self._move(clock.today, terms, clock.covered_now, clock.silent_now, False, later=True)
        moves = [rows for rows in self.transitions if len(rows)]
        columns = TRANSITIONS.split()
        found = pd.concat(moves, ignore_index=True) if moves else pd.DataFrame(columns=columns)
        daily = np.array(self.daily, dtype=np.int8).reshape(len(self.daily), self.size)
        return Life(self._states(then), found[columns], daily, tuple(self.rounds))

    # ---- what becomes known

    def _learn(self, day: int) -> bool:
        """Take in rows known after the day before and up to `day`; return whether there were any."""
        since, self.seen = self.seen, day
        new = [self.counted.learn(since, day), self.silent_ones.learn(since, day)]
        for status, rows in self.open_rows.items():
            some = _between(rows, since, day)
            new.append(len(some) > 0)
            np.add.at(self.open[status], some["at"].to_numpy(), some["n"].to_numpy(dtype=np.int64))
        new.append(self._latest(self.assessed, since, day, "in_place", self.in_place, self.assessed_on))
        new.append(self._latest(self.orders, since, day, "lax", self.lax, self.ordered_on))
        return any(new)

    def _latest(self, rows: pd.DataFrame, since: int, day: int, what: str, value: Array, on: Array) -> bool:
        """The newest of dated statements; of two of one day the stricter (not in place, not lax) stands."""
        some = _between(rows, since, day)
        if some.empty:
            return False
        if what == "lax":
            some = some.assign(lax=some["state"].isin(LAX))
        some = some.assign(**{what: some[what].astype(bool)})
        some = some.sort_values(["at", "day", what], ascending=[True, True, False]).drop_duplicates("at", keep="last")
        at, when = some["at"].to_numpy(), some["day"].to_numpy(dtype=np.int64)
        newer = when >= on[at]
        value[at[newer]], on[at[newer]] = some[what].to_numpy()[newer], when[newer]
        return True

    def _rows(self, frame: pd.DataFrame, column: str = "", wanted: str = "") -> pd.DataFrame:
        """Rows of one kind with the position of their compound, in order of knowledge; others' compounds left out."""
        place = pd.Series(np.arange(self.size), index=self.codes)
        some = frame[frame[column] == wanted] if column else frame
        found = some.assign(at=some["compound"].map(place)).dropna(subset=["at"])
        if "day" in found:
            found = found[found["day"] <= self.clock.today]
        found = found.astype({"at": np.int64, "known": np.int64})
        return found.sort_values("known", kind="stable", ignore_index=True)

    # ---- what follows from it

    def _move(self, day: int, terms: Terms, covered: int, silent: bool, hold_round: bool, later: bool = False) -> None:
        before = self.state.copy()
        open_now = [
            self.open[status] > 0 for status in OPEN if terms.release and status in terms.release.params["zero_open"]
        ]
        anybody = np.any(open_now, axis=0) if open_now else np.zeros(self.size, dtype=bool)
        last = self._last_case(terms)
        cancelled = self._cancel(day, terms)
        was_suspended = self.held & (before == SUSPENDED)
        suspended = self.held & (anybody | (was_suspended & silent))  # silence restores nobody
        meets = (covered - last >= terms.days) & ~anybody & self.in_place & ~cancelled & (terms.release is not None)
        certified = ~self.held & meets & hold_round
        self._certify(certified, day, covered)
        if terms.release is not None and not terms.release.params["suspended_days_count"]:
            self.paused[suspended] = np.maximum(self.paused[suspended], 0) + 1
        candidate = ~self.held & meets & (not silent)  # what nobody reports meets nothing
        self.fell &= ~(candidate | certified)
        self.state = self._named(day, terms, suspended, candidate, silent)
        self._note(before, day, later, silent)

    def _cancel(self, day: int, terms: Terms) -> Array:
        """Withdraw certificates against which a case stands, also one of the days that they rested on."""
        against = self.against = self._against(terms)
        cancelled = self.held & (against > self.basis - terms.days)
        wrong = np.maximum(against, self.certified_on)  # from then on it should not have stood
        self.error_from[cancelled] = np.where(wrong < day, wrong, NO_DAY)[cancelled]
        self.held &= ~cancelled
        self.fell |= cancelled
        return cancelled

    def _certify(self, certified: Array, day: int, covered: int) -> None:
        self.held |= certified
        self.certified_on[certified], self.basis[certified], self.paused[certified] = day, covered, 0
        self.error_from[certified] = NO_DAY

    def _named(self, day: int, terms: Terms, suspended: Array, candidate: Array, silent: bool) -> Array:
        after = terms.after_days
        run = day - self.certified_on - np.maximum(self.paused, 0)
        allowed = np.isin(self.state, (SETTLED, RELAXED)) | (not silent)  # what silence found settled stays so
        settled = self.held & allowed & (run >= after) if after is not None else np.zeros(self.size, dtype=bool)
        closed = CLOSED if terms.closed or terms.release else BEFORE
        return np.select(
            [suspended, settled & self.lax, settled, self.held, candidate, self.fell],
            [SUSPENDED, RELAXED, SETTLED, CERTIFIED, CANDIDATE, CANCELLED],
            closed,
        ).astype(np.int8)

    def _last_case(self, terms: Terms) -> Array:
        """Newest day with a case that the rule of the day counts, NEVER for none."""
        if terms.release is None or "asymptomatic" not in terms.release.params["zero_new"]:
            return self.counted.last
        return np.maximum(self.counted.last, self.silent_ones.last)

    def _against(self, terms: Terms) -> Array:
        """Newest day with a case that cancels a standing certificate: without symptoms only from the rule's first day on."""
        last = self._last_case(terms)
        if last is self.counted.last or terms.release is None:
            return last
        first = number(terms.release.valid_from)
        return np.maximum(self.counted.last, np.where(self.silent_ones.last >= first, self.silent_ones.last, NEVER))

    def _note(self, before: Array, day: int, later: bool, silent: bool) -> None:
        moved = np.flatnonzero(self.state != before)
        if not len(moved):
            return
        self.since[moved] = day
        was, now = before[moved], self.state[moved]
        self.cause[moved], self.cause_day[moved] = self._causes(moved, was, now, silent)
        self.transitions.append(
            pd.DataFrame(
                {
                    "compound": [self.codes[at] for at in moved],
                    "day": day,
                    "state": np.array(STATES, dtype=object)[now],
                    "was": np.array(STATES, dtype=object)[was],
                    "cause": np.array(CAUSES, dtype=object)[self.cause[moved]],
                    "cause_day": np.where(self.cause_day[moved] < 0, np.nan, self.cause_day[moved]),
                    "known_later": later,
                }
            )
        )

    def _causes(self, at: Array, was: Array, now: Array, silent: bool) -> tuple[Array, Array]:
        """Why each moved, as a position in CAUSES, and the day of the case where it was one."""
        name = {cause: number for number, cause in enumerate(CAUSES)}
        who = np.select(
            [self.open[status][at] > 0 for status in OPEN], [name[status] for status in OPEN], name["conditions"]
        )
        cause = np.select(
            [
                now == CANCELLED,
                now == SUSPENDED,
                was == SUSPENDED,
                now == CANDIDATE,
                (now == CERTIFIED) & (was != RELAXED) & (was != SETTLED),
                now == RELAXED,
                (now == SETTLED) & (was == RELAXED),
                now == SETTLED,
                was == CANDIDATE,
            ],
            [
                name["case"], who, name["released"], name["conditions"], name["round"], name["order"], name["order"],
                name["run"], name["silent" if silent else "lapsed"],
            ],
            name["rule"],
        )  # fmt: skip
        # A certificate of a silent store may leave without a stop at "cancelled": the case is the cause all the same.
        held = np.isin(was, (CERTIFIED, SETTLED, RELAXED, SUSPENDED))
        lost = held & np.isin(now, (BEFORE, CLOSED, CANDIDATE, CANCELLED))
        cause = np.where(lost, name["case"], cause).astype(np.int8)
        last = self.against[at]
        return cause, np.where((cause == name["case"]) & (last > NEVER), last, NO_DAY)

    def _states(self, then: Array) -> pd.DataFrame:
        holds = self.held
        run = np.where(holds, self.clock.last - self.certified_on - np.maximum(self.paused, 0), np.nan)
        last = np.maximum(self.counted.last, self.silent_ones.last)
        names = np.array(STATES, dtype=object)
        return pd.DataFrame(
            {
                "state": names[self.state],
                "since": np.where(self.since > NEVER, self.since, np.nan).astype(float),
                "certified_on": np.where(holds, self.certified_on, np.nan).astype(float),
                "run_days": run.astype(float),
                "last_case": np.where(last > self.origin, last, np.nan).astype(float),
                "cause": np.array(CAUSES, dtype=object)[self.cause],
                "cause_day": np.where(self.cause_day < 0, np.nan, self.cause_day).astype(float),
                "error_from": np.where(self.error_from < 0, np.nan, self.error_from).astype(float),
                "then": names[then],
            },
            index=pd.Index(self.codes, name="code"),
        )


class _Cases:
    """Persons first counted, by compound and day, as far as they are known."""

    def __init__(self, rows: pd.DataFrame, size: int, origin: int, today: int) -> None:
        self.rows, self.origin = rows, origin
        self.counts = np.zeros((size, today - origin + 2), dtype=np.int32)
        self.last = np.full(size, NEVER)

    def learn(self, since: int, day: int) -> bool:
        """Add the rows known after `since` and up to `day`, and find the newest day with a case again where they changed it."""
        some = _between(self.rows, since, day)
        if some.empty:
            return False
        at = some["at"].to_numpy()
        column = np.clip(some["day"].to_numpy(dtype=np.int64) - self.origin, 0, self.counts.shape[1] - 1)
        np.add.at(self.counts, (at, column), some["n"].to_numpy(dtype=np.int64))
        touched = np.unique(at)
        there = self.counts[touched] > 0
        newest = there.shape[1] - 1 - np.argmax(there[:, ::-1], axis=1)
        self.last[touched] = np.where(there.any(axis=1), newest + self.origin, NEVER)
        return True


def _between(rows: pd.DataFrame, since: int, day: int) -> pd.DataFrame:
    known = rows["known"].to_numpy()
    return rows.iloc[np.searchsorted(known, since, "right") : np.searchsorted(known, day, "right")]
