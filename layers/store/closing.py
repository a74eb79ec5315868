"""Close the totals off now and then, inside the batch that makes them long enough: see `closed`."""

from typing import Any

from sqlalchemy import Connection, Integer, case, func, insert, literal, select, union_all, update

from layers._times import day_number, day_start, from_ms
from layers._view import View
from layers.store import totals
from layers.store.schema import FOREVER, batch, closed, closing, total
from layers.store.writing import Batch

OPEN_DAYS = 30  # before the batch: views of the last two weeks, and the 14 days that each of them counts one by one, lie behind it
LEAST = 200_000  # increments since the last closing ...
TIMES = 3  # ... and so many times its own rows, so that closings stay a small part of the store
BY = ("level", "measure", "area", "status", "severity")
SAID = (*BY, "n", "last")
COLUMNS = ("measure", "area", "status", "severity", "n", "last")


def close_if_due(opened: Batch) -> bool:
    """Close off what was written up to now about all but the last days, where enough was; return whether it was."""
    say = opened.connection
    newest = say.execute(select(closing.c.id, closing.c.last_total).order_by(closing.c.id.desc()).limit(1)).first()
    last = int(say.execute(select(func.max(total.c.id))).scalar() or 0)
    wanted = LEAST
    if newest:
        rows = say.execute(select(func.count()).select_from(closed).where(closed.c.closing == newest.id)).scalar_one()
        last_before, wanted = int(newest.last_total), max(LEAST, TIMES * rows)
    if last - (last_before if newest else 0) < wanted:
        return False
    close(opened, day_number(from_ms(opened.known_from)) - OPEN_DAYS)
    return True


def close(opened: Batch, day: int) -> None:
    """Close off everything written up to now about the days up to `day` (its number)."""
    say, view = opened.connection, View(as_of=day_start(day), known_at=from_ms(opened.known_from))
    last = int(say.execute(select(func.max(total.c.id))).scalar() or 0)
    # Known from never, until its sums are there: they are made of the closing before it.
    values = {"batch": opened.id, "known_from": FOREVER, "event_day": day, "last_total": last}
    number = say.execute(insert(closing).values(values).returning(closing.c.id)).scalar_one()
    for level in totals.LEVELS:
        sums = totals.for_closing(view, level).subquery()
        rows = select(literal(number), literal(level), *(sums.c[name] for name in COLUMNS))
        say.execute(insert(closed).from_select(["closing", "level", *COLUMNS], rows))
    say.execute(update(closing).where(closing.c.id == number).values(known_from=opened.known_from))


def untrue(connection: Connection) -> list[str]:
    """Return what is wrong about each closing: its sums and last days against every increment that it closes, its moment against that of its batch."""
    known = select(closing, batch.c.known_at).outerjoin(batch, batch.c.id == closing.c.batch).order_by(closing.c.id)
    found = []
    for one in connection.execute(known).fetchall():
        kept = select(literal(1).label("side"), *(closed.c[name] for name in SAID)).where(closed.c.closing == one.id)
        both = union_all(kept, select(literal(-1), _of_increments(one).subquery())).subquery()
        unlike = select(both.c.n).group_by(*(both.c[name] for name in SAID)).having(func.sum(both.c.side) != 0)
        lost = connection.execute(select(func.count()).select_from(unlike.subquery())).scalar_one()
        if lost:
            found.append(f"closed: {lost} sums of closing {one.id} are not those of their increments")
        if one.known_from != one.known_at:
            found.append(f"closing {one.id}: known from another moment than its batch")
    return found


def _of_increments(one: Any) -> Any:
    """What a closing must say, each increment added up anew."""
    t, seen = total.c, (total.c.id <= one.last_total, total.c.event_day <= one.event_day)
    by, count, none = [t[name] for name in BY], func.sum(t.n), literal(None, Integer)
    plain = select(*by, count, none).where(t.measure.in_(("now", "again")), *seen).group_by(*by).having(count != 0)
    ever = _reached("ever", t.status, t.measure == "ever", *seen)
    counted = t.measure.in_(totals.MEASURES["first"]) & t.status.in_(totals.COUNTED)
    return union_all(plain, ever, _reached(totals.COUNTED_ONCE, literal(totals.COUNTED_ONCE), counted, *seen))


def _reached(measure: str, status: Any, *which: Any) -> Any:
    """How many reached a status, and the last day on which somebody did: corrections cancel within a day first."""
    t = total.c
    day = select(t.level, t.area, status.label("status"), t.event_day, func.sum(t.n).label("n")).where(*which)
    d = day.group_by(t.level, t.area, *([t.status] if status is t.status else []), t.event_day).subquery().c
    count, last = func.sum(d.n), func.max(case((d.n > 0, d.event_day)))
    rows = select(d.level, literal(measure), d.area, d.status, literal(""), count, last)
    return rows.group_by(d.level, d.area, d.status).having(count != 0)
