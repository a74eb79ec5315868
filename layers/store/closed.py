"""Sums of the totals that stand closed, so that a state of today does not add up the increments of years.

A closing holds the sums of what was written up to one row of `total` about the days up to one day. A view that lies behind both
adds to them the increments of later days, and those about earlier days that were written since: the same sum as over all
increments, which tests compare. A view that lies before either reads an older closing, or else every increment.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, Table, func, select, union_all

from layers._times import day_number, to_ms
from layers._view import View
from layers.store.schema import closed, closing, total

BEFORE_ALL, AFTER_ALL = -1_000_000, 1 << 62  # a day and a row of `total` that close nothing off
SUMMED = ("area", "status", "severity", "n")


@dataclass(frozen=True)
class Sums:
    """What a view adds up of one level, in parts that have no increment in common: rows of area, status, severity, n.

    before  what is closed, with `last`: the last day on which a sum of measure ever was above nothing
    recent  the increments of the days behind it, with event_day
    late    the increments about the days before it that were written since, with event_day
    day     the last day that is closed
    """

    before: Select[Any]
    recent: Select[Any]
    late: Select[Any]
    day: ScalarSelect[Any]

    def together(self) -> Any:
        """Return all parts as one table."""
        parts = (part.subquery() for part in (self.before, self.recent, self.late))
        return union_all(*(select(*(part.c[name] for name in SUMMED)) for part in parts)).subquery()


def sums(
    view: View,
    level: str,
    measures: Collection[str],
    *,
    each: int = 0,
    statuses: Collection[str] | None = None,
    closed_as: str = "",
) -> Sums:
    """Return what a view adds up of some measures, narrowed as `within` does.

    each       so many days that end with the day of as_of are wanted one by one: a closing that takes one of them in is not read
    statuses   only these
    closed_as  the measure under which closings keep the sum of these measures and statuses
    """
    number = (
        select(func.max(closing.c.id))
        .where(closing.c.event_day <= day_number(view.as_of) - each, closing.c.known_from <= to_ms(view.known_at))
        .scalar_subquery()
    )
    day, last = (
        select(func.coalesce(func.max(column), nothing)).where(closing.c.id == number).scalar_subquery()
        for column, nothing in ((closing.c.event_day, BEFORE_ALL), (closing.c.last_total, AFTER_ALL))
    )
    of = lambda table: () if statuses is None else (table.c.status.in_(statuses),)  # noqa: E731
    columns = [total.c[name] for name in (*SUMMED, "event_day")]
    seen = select(*columns).where(total.c.known_from <= to_ms(view.known_at), *of(total), *within(total, view, level))
    recent = seen.where(
        total.c.measure.in_(measures), total.c.level == level, dated(view, level) > day, until(view, level)
    )
    late = seen.where(total.c.id > last, *_found_by_number(view, level, measures), total.c.event_day + 0 <= day)
    kept = (closed.c.measure == closed_as,) if closed_as else (closed.c.measure.in_(measures), *of(closed))
    before = select(*(closed.c[name] for name in (*SUMMED, "last"))).where(
        closed.c.closing == number, closed.c.level == level, *kept, *within(closed, view, level)
    )
    return Sums(before, recent, late, day)


def _found_by_number(view: View, level: str, measures: Collection[str]) -> list[ColumnElement[bool]]:
    """The tests of level and measure so that no index of them is taken: it would lead through everything that is closed."""
    m, of = total.c.measure, total.c.level
    if view.level == level:  # the index of one area leads to few rows
        return [m.in_(measures), of == level]
    return [m.concat("").in_(measures), of.concat("") == level]


def until(view: View, level: str) -> ColumnElement[bool]:
    """Return the test that an increment is about a day up to that of as_of."""
    return dated(view, level) <= day_number(view.as_of)


def dated(view: View, level: str) -> ColumnElement[int]:
    """Return the day of an increment: of a single area so that its index is taken and not that of the days."""
    return total.c.event_day + 0 if view.level == level else total.c.event_day


def within(table: Table, view: View, level: str) -> list[ColumnElement[bool]]:
    """Return the tests that a sum is of the view's own area, or of one below it in the code; none for other levels."""
    if view.level == level:
        return [table.c.area == view.code]
    if (view.level, level) in (("district", "street"), ("compound", "building")):
        return [table.c.area.startswith(view.code + ("/" if level == "street" else "|"), autoescape=True)]
    return []
