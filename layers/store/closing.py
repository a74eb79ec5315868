"""Close the totals off now and then, inside the batch that makes them long enough: see `closed`."""

from sqlalchemy import Connection, except_, func, insert, literal, select, update

from layers._times import day_number, day_start, from_ms
from layers._view import View
from layers.store import totals
from layers.store.schema import FOREVER, closed, closing, total
from layers.store.writing import Batch

OPEN_DAYS = 30  # before the batch: views of the last two weeks, and the 14 days that each of them counts one by one, lie behind it
LEAST = 200_000  # increments since the last closing ...
TIMES = 3  # ... and so many times its own rows, so that closings stay a small part of the store
BY = ("level", "measure", "area", "status", "severity")
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
    """Return what is wrong about the newest closing, which pages of today rest on: its sums against every increment that it closes."""
    newest = connection.execute(select(closing).order_by(closing.c.id.desc()).limit(1)).first()
    if newest is None:
        return []
    c, t = closed.c, total.c
    kept = select(*(c[name] for name in BY), c.n).where(c.closing == newest.id, c.measure != totals.COUNTED_ONCE)
    added = select(*(t[name] for name in BY), func.sum(t.n)).where(
        t.id <= newest.last_total, t.event_day <= newest.event_day
    )
    added = added.group_by(*(t[name] for name in BY)).having(func.sum(t.n) != 0)
    lost = sum(
        int(connection.execute(select(func.count()).select_from(except_(one, other).subquery())).scalar_one())
        for one, other in ((kept, added), (added, kept))
    )
    return [f"closed: {lost} sums of closing {newest.id} are not those of their increments"] if lost else []
