"""The course of each case in one row: by it the few who matter to a view are found among all who were ever reported.

Made of what is believed about the person whenever that changes. As far as somebody changed after a view's knowledge, the course does
not tell what was known then: whoever reads it looks at these one by one (`changed`), and at nobody else.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    type_coerce,
    union_all,
)

from layers._times import day_number, day_start, to_ms
from layers._view import View
from layers.store.schema import ALWAYS, FOREVER, course, person, person_status, placement
from layers.store.totals import COUNTED, RANK, STATUSES

KIND = "case"  # contacts and fever patients lie in no bed, and nobody asks for their onset
ILL = ("suspected", "clinical", "confirmed")
ROOM = 16  # codes that fit below a millisecond: moment and code in one number, so that the greatest is the last
# Two transitions on one day count in the order in which an illness runs, as in the totals.
CODES = {name: at for at, name in enumerate(sorted(STATUSES, key=lambda name: (RANK.get(name, len(RANK)), name)))}


def stamped() -> ColumnElement[int]:
    """Return the moment and the code of a status in one number; NULL for a severity."""
    s = person_status.c
    code = case(CODES, value=s.value, else_=ROOM - 1)
    return case((s.dimension == "status", _number(s.happened_at) * ROOM + code))


def tell(connection: Connection, subjects: Sequence[str] | None = None) -> None:
    """Tell the courses of some cases anew, or of all: from what is believed now, and since when."""

    def of(table: Table) -> list[ColumnElement[bool]]:
        some = [] if subjects is None else [table.c.subject.in_(subjects)]
        return [table.c.kind == KIND, *some]

    if subjects is not None:
        connection.execute(delete(course).where(*of(course)))
    told, since = _steps(of(person_status)).subquery(), _changes(of).subquery()
    here, place = (
        and_(t.c.subject == since.c.subject, *of(t), t.c.known_until == FOREVER) for t in (person, placement)
    )
    joined = (
        since.outerjoin(told, told.c.subject == since.c.subject).outerjoin(person, here).outerjoin(placement, place)
    )
    nobody = or_(person.c.id.is_(None), told.c.last.is_(None))
    still = (told.c.last % ROOM).in_([CODES[name] for name in ILL])
    columns = {
        "kind": literal(KIND),
        "subject": since.c.subject,
        "district": placement.c.district,
        "onset_at": person.c.onset_at,
        "counted_at": case((nobody, None), else_=told.c.counted),
        "counted_known": told.c.heard,
        "ended_at": case((nobody, ALWAYS), (still, FOREVER), else_=told.c.last // ROOM),
        "changed_at": since.c.changed,
    }
    rows = select(*columns.values()).select_from(joined)
    connection.execute(insert(course).from_select(list(columns), rows))


def _steps(tests: list[ColumnElement[bool]]) -> Select[Any]:
    """When each person was counted, when that was known first, and the last status."""
    s, believed = person_status.c, person_status.c.known_until == FOREVER
    counts = and_(s.dimension == "status", s.value.in_(COUNTED))
    return (
        select(
            s.subject,
            func.min(case((and_(believed, counts), _number(s.happened_at)))).label("counted"),
            func.min(case((counts, _number(s.known_from)))).label("heard"),
            func.max(case((believed, stamped()))).label("last"),
        )
        .where(*tests)
        .group_by(s.subject)
    )


def _changes(of: Callable[[Table], list[ColumnElement[bool]]]) -> Select[Any]:
    """Since when everything is known about each person."""
    parts = []
    for table in (person, person_status, placement):
        t = table.c
        last = case((t.known_until == FOREVER, _number(t.known_from)), else_=_number(t.known_until))
        parts.append(select(t.subject, func.max(last).label("changed")).where(*of(table)).group_by(t.subject))
    rows = union_all(*parts).subquery()
    return select(rows.c.subject, func.max(rows.c.changed).label("changed")).group_by(rows.c.subject)


def _number(moment: ColumnElement[Any]) -> ColumnElement[int]:
    return type_coerce(moment, BigInteger)


def maybe_ill(view: View) -> Select[Any]:
    """Return the subjects of cases who may be ill at the view's clocks; everybody else ended before it, for all that was known then."""
    ill = select(course.c.subject).where(
        course.c.kind == KIND, course.c.ended_at >= to_ms(day_start(day_number(view.as_of) + 1))
    )
    return ill.union(changed(view)).subquery().select()


def changed(view: View) -> Select[Any]:
    """Return the subjects of cases about whom something became known after the view's knowledge: no course tells what was known then."""
    return select(course.c.subject).where(course.c.kind == KIND, course.c.changed_at > to_ms(view.known_at))


def unchanged(view: View, day: int) -> list[ColumnElement[bool]]:
    """Return the tests that a course is of a case counted on a day (its number) or later, by the day of as_of, and tells what the view knows."""
    c, until = course.c, day_start(day_number(view.as_of) + 1)
    return [
        c.kind == KIND,
        c.counted_at >= to_ms(day_start(day)),
        c.counted_at < to_ms(until),
        c.changed_at <= to_ms(view.known_at),
    ]
