"""Daily aggregates on both clocks: pages read these, never all cases.

A person's dated transitions and placement give increments: -1 in the status left, +1 in the one entered, at every level
of area. A batch writes the difference between what a person's increments were and what they are now, so the state at
(as_of, known_at) is the sum over event_day <= as_of and known_from <= known_at (docs/ARCHITECTURE.md, Totals).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    and_,
    case,
    func,
    literal,
    select,
    type_coerce,
    union_all,
)

from layers._times import DAY_MS, OFFSET_MS, day_number, to_ms
from layers._view import View
from layers.store import closed
from layers.store.closed import Sums
from layers.store.schema import total
from layers.store.writing import Batch, bulk

STATUSES = (
    "suspected",
    "clinical",
    "confirmed",
    "asymptomatic",
    "excluded",
    "cured",
    "dead",
    "contact",
    "contact_released",
    "fever",
    "fever_excluded",
)
FEED = {"contact": "contacts", "contact_released": "contacts", "fever": "fever", "fever_excluded": "fever"}
FEEDS = ("cases", *dict.fromkeys(FEED.values()))  # where a feed never came, what it would count is not known
COUNTED = ("confirmed", "clinical")  # a person who reaches both is one case: clinical diagnoses get confirmed later
MEASURES = {"now": ("now",), "ever": ("ever",), "first": ("ever", "again")}  # measure asked for -> measures summed
SEVERITIES = ("mild", "ordinary", "severe", "critical", "")
LEVELS = ("city", "district", "street", "compound", "building")
# Two transitions on one day count in the order in which an illness runs.
RANK = {name: at for at, name in enumerate(("fever", "contact", "suspected", "clinical", "asymptomatic", "confirmed"))}
COUNTED_ONCE = "counted"  # of those reached: a case, whichever status came first
NEW_DAYS = 14
GROUP = ["level", "area", "measure", "status", "severity", "event_day"]


def feed_of(count: str) -> str:
    """Return the feed that tells a count such as now_contact; cases tell of every other status."""
    return FEED.get(count.partition("_")[2], FEEDS[0])


def state(view: View, level: str, measure: str = "now", statuses: Sequence[str] | None = None) -> Select[Any]:
    """Return area, status, severity, n, zeros left out.

    statuses only these
    measure  now: persons in each status; ever: persons that have reached it; first: the same, but a person who was both
             clinically diagnosed and confirmed only in the one that came first

    Narrowed to the view's own area where `level` is the view's, or one below it in the code; a page narrows other levels
    by the district of each compound.
    """
    return _summed(_sums(view, level, measure, statuses=statuses), "severity")


def now(view: View, level: str, statuses: Sequence[str]) -> Select[Any]:
    """Return one row per area with somebody now in one of these statuses: area, now_<status>; a third of the work of `wide`."""
    rows = _sums(view, level, "now", statuses=statuses).together()
    columns = [_sum(rows.c.n, rows.c.status == status, f"now_{status}") for status in statuses]
    return select(rows.c.area, *columns).group_by(rows.c.area).having(func.sum(rows.c.n) != 0)


def nowhere(view: View, statuses: Sequence[str]) -> Select[Any]:
    """Return n: the persons of a city now in one of these statuses who have no compound."""
    rows = _sums(view, "compound", "now", statuses=statuses).together()
    return select(func.coalesce(func.sum(rows.c.n), 0).label("n")).where(rows.c.area == "")


def daily(view: View, level: str = "city", measure: str = "ever") -> Select[Any]:
    """Return area, status, day, n: persons first reaching the status on each day (days since 1970, Asia/Shanghai).

    With measure `first` no person is in two of the counted statuses, so bars may be stacked.
    """
    count = func.sum(total.c.n)
    query = select(total.c.area, total.c.status, total.c.event_day.label("day"), count.label("n"))
    query = query.where(_seen(view, level, measure)).group_by(total.c.area, total.c.status, total.c.event_day)
    return query.having(count != 0).order_by(total.c.event_day)


def learned(
    view: View, level: str, measure: str, statuses: Sequence[str], *, first_day: int, first_known: int
) -> Select[Any]:
    """Return area, status, day, known, n: increments by the day they are about and the day on which they became known.

    Days before `first_day` are told as `first_day`, days of knowledge before `first_known` as `first_known`: what cancelled out
    before is left out. Persons without a compound are left out as well.
    """
    known = (type_coerce(total.c.known_from, BigInteger) + OFFSET_MS) // DAY_MS
    day = _not_before(total.c.event_day, first_day).label("day")
    seen, count = _not_before(known, first_known).label("known"), func.sum(total.c.n)
    query = select(total.c.area, total.c.status, day, seen, count.label("n"))
    query = query.where(_seen(view, level, measure), total.c.status.in_(statuses), total.c.area != "")
    return query.group_by(total.c.area, total.c.status, day, seen).having(count != 0)


def _not_before(value: Any, least: int) -> Any:
    return case((value < least, least), else_=value)


def wide(view: View, level: str) -> Select[Any]:
    """Return one row per area: now_*, ever_*, new1_* and new14_* counts of every status, last_* day number or NULL.

    new14_* counts the 14 calendar days that end with the day of `as_of`. *_counted are persons first counted as a case,
    confirmed or clinical, each once.
    """
    rows = _by_status(view, level)
    columns: list[Any] = [rows.c.area]
    for status in (*STATUSES, COUNTED_ONCE):
        ever = and_(rows.c.measure == "ever", rows.c.status == status)
        if status != COUNTED_ONCE:
            columns.append(_sum(rows.c.n, and_(rows.c.measure == "now", rows.c.status == status), f"now_{status}"))
        columns += [
            _sum(rows.c.n, ever, f"ever_{status}"),
            _sum(rows.c.new1, ever, f"new1_{status}"),
            _sum(rows.c.new14, ever, f"new14_{status}"),
            func.max(case((ever, rows.c.last))).label(f"last_{status}"),
        ]
    return select(*columns).group_by(rows.c.area)


def for_closing(view: View, level: str) -> Select[Any]:
    """Return measure, area, status, severity, n, last of a level as a closing keeps them: COUNTED_ONCE among the measures, zeros left out."""
    none = literal(None, Integer).label("last")
    parts = []
    for measure, by in (("now", ("severity",)), ("again", ())):
        found = _summed(_sums(view, level, measure), *by).subquery()
        severity = found.c.severity if by else literal("")
        parts.append(select(literal(measure).label("measure"), found.c.area, found.c.status, severity, found.c.n, none))
    for measure, counted in (("ever", False), (COUNTED_ONCE, True)):
        some = _reached(view, level, counted, each=0).subquery()
        kept = (literal(measure), some.c.area, some.c.status, literal(""), some.c.n, some.c.last)
        parts.append(select(*kept).where(some.c.n != 0))
    return union_all(*parts).subquery().select()


def _by_status(view: View, level: str) -> Any:
    """One row per area, measure and status; turning these few into columns is cheap, turning every day into them is not."""
    rows = _summed(_sums(view, level, "now", each=NEW_DAYS)).subquery()
    none = (literal(0).label("new1"), literal(0).label("new14"), literal(None, Integer).label("last"))
    now = select(rows.c.area, literal("now").label("measure"), rows.c.status, rows.c.n, *none)
    return union_all(now, *(_reached(view, level, counted, each=NEW_DAYS) for counted in (False, True))).subquery()


def _reached(view: View, level: str, counted: bool, *, each: int) -> Select[Any]:
    """Persons who reached each status, or who were counted as a case: in all, today, in 14 days, and the last day."""
    measure, statuses = ("first", COUNTED) if counted else ("ever", None)
    some = _sums(view, level, measure, each=each, statuses=statuses, closed_as=COUNTED_ONCE if counted else "")
    recent, before, late = some.recent.subquery(), some.before.subquery(), some.late.subquery()
    today, named = day_number(view.as_of), lambda rows: literal(COUNTED_ONCE) if counted else rows.c.status  # noqa: E731
    # Corrections cancel within a day before anything is said about that day.
    by = (recent.c.area, recent.c.event_day, *(() if counted else (recent.c.status,)))
    days = select(recent.c.area, named(recent).label("status"), recent.c.event_day, func.sum(recent.c.n).label("n"))
    day = days.group_by(*by).subquery()
    zero, none = literal(0), literal(None, Integer)
    rows = union_all(
        select(
            day.c.area,
            day.c.status,
            day.c.n,
            case((day.c.event_day == today, day.c.n), else_=0).label("new1"),
            case((day.c.event_day > today - NEW_DAYS, day.c.n), else_=0).label("new14"),
            case((day.c.n > 0, day.c.event_day)).label("last"),
            none.label("closed"),
            zero.label("corrected"),
        ),
        select(before.c.area, named(before), before.c.n, zero, zero, none, before.c.last, zero),
        select(late.c.area, named(late), late.c.n, zero, zero, none, none, literal(1)),
    ).subquery()
    # What was corrected before the day that is closed may have been the last one: looked up anew for these few.
    exact = _last_before(view, level, measure, rows, some.day, statuses)
    last = func.coalesce(
        func.max(rows.c.last), case((func.max(rows.c.corrected) == 1, exact), else_=func.max(rows.c.closed))
    )
    columns = [func.sum(rows.c[name]).label(name) for name in ("n", "new1", "new14")]
    query = select(rows.c.area, literal("ever").label("measure"), rows.c.status, *columns, last.label("last"))
    return query.group_by(rows.c.area, rows.c.status)


def _last_before(
    view: View, level: str, measure: str, rows: Any, day: Any, statuses: Sequence[str] | None
) -> ScalarSelect[Any]:
    """The last day up to `day` on which somebody of the row's area reached its status, by every increment that there is."""
    t = total.alias()
    status = t.c.status == rows.c.status if statuses is None else t.c.status.in_(statuses)
    query = select(t.c.event_day).where(
        t.c.level == level,
        t.c.measure.in_(MEASURES[measure]),
        t.c.area == rows.c.area,
        status,
        t.c.event_day + 0 <= day,  # by the index of areas
        t.c.known_from <= to_ms(view.known_at),
    )
    query = query.group_by(t.c.event_day).having(func.sum(t.c.n) > 0).order_by(t.c.event_day.desc()).limit(1)
    return query.correlate(rows).scalar_subquery()


def _summed(sums: Sums, *by: str) -> Select[Any]:
    """Area, status, what else is asked for and n, zeros left out."""
    rows = sums.together()
    columns, count = [rows.c[name] for name in ("area", "status", *by)], func.sum(rows.c.n)
    return select(*columns, count.label("n")).group_by(*columns).having(count != 0)


def _sums(
    view: View,
    level: str,
    measure: str,
    *,
    each: int = 0,
    statuses: Sequence[str] | None = None,
    closed_as: str = "",
) -> Sums:
    _require(level, measure)
    kept = MEASURES.get(measure, (measure,))
    return closed.sums(view, level, kept, each=each, statuses=statuses, closed_as=closed_as)


def _sum(what: Any, condition: Any, label: str) -> Any:
    return func.coalesce(func.sum(case((condition, what))), 0).label(label)


def _seen(view: View, level: str, measure: str) -> Any:
    _require(level, measure)
    return and_(
        total.c.measure.in_(MEASURES[measure]),
        total.c.level == level,
        closed.until(view, level),
        total.c.known_from <= to_ms(view.known_at),
        *closed.within(total, view, level),
    )


def _require(level: str, measure: str) -> None:
    if level not in LEVELS:
        raise ValueError(f"level {level!r}; wanted one of {LEVELS}")
    if measure not in (*MEASURES, "again"):
        raise ValueError(f"measure {measure!r}; wanted one of {tuple(MEASURES)}")


def increments(statuses: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Return level, area, measure, status, severity, event_day, n for persons, in that order of sorting, zeros left out.

    statuses  subject, dimension (status | severity), value, happened_at (ms): believed transitions
    places    subject, compound, district, street, building: where each is counted; "" where not placed
              sign (optional): -1 for what a person gave before and gives no longer
    Persons without a status count nowhere.
    """
    moves = _moves(statuses)
    if moves.empty or places.empty:
        return pd.DataFrame(columns=[*GROUP, "n"])
    rows = moves.merge(_areas(places), on="subject")
    rows["n"] *= rows["sign"]
    return rows.groupby(GROUP, sort=True, as_index=False)["n"].sum().query("n != 0")


def write(opened: Batch, change: pd.DataFrame) -> int:
    """Write increments that a batch adds; return how many."""
    bulk(opened.connection, total, change.assign(known_from=opened.known_from, batch=opened.id))
    return len(change)


def ranked(value: ColumnElement[str]) -> ColumnElement[int]:
    """Return the place of a status among transitions of one moment: the one that an illness reaches last comes last."""
    return case(RANK, value=value, else_=len(RANK))


def city_counts(opened: Batch) -> dict[str, int]:
    """Return status -> change of the persons now in it that an open batch brings to the whole city, zeros left out."""
    mine = (total.c.batch == opened.id, total.c.known_from == opened.known_from, total.c.level == "city")
    query = select(total.c.status, func.sum(total.c.n)).where(*mine, total.c.measure == "now").group_by(total.c.status)
    return {status: int(n) for status, n in sorted(map(tuple, opened.connection.execute(query))) if n}


def _moves(statuses: pd.DataFrame) -> pd.DataFrame:
    """One row per step: (subject, measure, status, severity, event_day, n)."""
    if statuses.empty:
        return pd.DataFrame(columns=["subject", "measure", "status", "severity", "event_day", "n"])
    steps = statuses.assign(rank=statuses["value"].map(RANK).fillna(len(RANK)))
    steps = steps.sort_values(["subject", "happened_at", "rank"], kind="stable").reset_index(drop=True)
    steps["event_day"] = (steps["happened_at"].astype("int64") + OFFSET_MS) // DAY_MS
    known = steps["dimension"] == "status"
    steps["status"] = steps["value"].where(known).groupby(steps["subject"]).ffill()
    steps["severity"] = steps["value"].where(~known).groupby(steps["subject"]).ffill().fillna("")
    steps = steps[steps["status"].notna()]
    left = steps.groupby("subject")[["status", "severity"]].shift()
    moved = (steps["status"] != left["status"]) | (steps["severity"] != left["severity"])
    enters = steps[moved].assign(measure="now", n=1)
    leaves = steps[moved & left["status"].notna()].assign(
        status=left["status"], severity=left["severity"], measure="now", n=-1
    )
    reached = (
        steps[steps["dimension"] == "status"]
        .drop_duplicates(["subject", "status"])
        .assign(measure="ever", severity="", n=1)
    )
    counted = reached[reached["status"].isin(COUNTED)]
    again = counted[counted.duplicated("subject")].assign(measure="again", n=-1)
    return pd.concat([enters, leaves, reached, again])[["subject", "measure", "status", "severity", "event_day", "n"]]


def _areas(places: pd.DataFrame) -> pd.DataFrame:
    """One row per person and level: where the person is counted."""
    place = places.fillna("")
    placed = (place["compound"] != "").to_numpy()
    area = {
        "city": pd.Series("", index=place.index),
        "district": place["district"],
        "street": (place["district"] + "/" + place["street"]).where(placed & (place["street"] != "").to_numpy(), ""),
        "compound": place["compound"],
        "building": (place["compound"] + "|" + place["building"]).where(
            placed & (place["building"] != "").to_numpy(), ""
        ),
    }
    sign = place["sign"].astype("int64") if "sign" in place else 1
    parts = [
        pd.DataFrame({"subject": place["subject"], "level": level, "area": names, "sign": sign})
        for level, names in area.items()
    ]
    parts[-1] = parts[-1][
        np.asarray(parts[-1]["area"] != "")
    ]  # persons without a known building are in the compound's count already
    return pd.concat(parts, ignore_index=True)
