"""Persons as lists and one by one: who stands in an area with which status, one person's dated steps, and a case's contacts.

Every row carries district, street and compound, by which the gate tells whose it is; no query returns the digest of an
identity number. Statuses are those of the day of `as_of`, however early the hour, and of one moment the one that an illness
reaches last, as in the totals.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select, true

from layers._view import View
from layers.store.asof import begun, inside, known
from layers.store.schema import person, person_status, placement
from layers.store.totals import ranked

COLUMNS = ("kind", "subject", "age", "sex", "address", "onset_at", "origin", "related_case", "note")
PLACED = ("district", "street", "compound", "building", "method", "probability", "reason_zh", "reason_en", "decided_by")


def listed(view: View, kind: str, limit: int) -> Select[Any]:
    """Return the persons of a kind in the view's area, the newest status first: COLUMNS, PLACED, status, since.

    Those who are in no compound are in the list of their district, and of the city. A list longer than `limit` is cut there.
    """
    last = _last(view, kind, _here(view, kind))
    query = _people(view, last).where(person.c.kind == kind, inside(placement, view))
    return query.order_by(last.c.since.desc(), person.c.subject).limit(limit)


def how_many(view: View, kind: str) -> Select[Any]:
    """Return n: how many persons of a kind `listed` would list without its limit."""
    last = _last(view, kind, _here(view, kind))
    source = placement.join(last, last.c.subject == placement.c.subject)
    query = select(func.count().label("n")).select_from(source)
    return query.where(placement.c.kind == kind, known(placement, view), inside(placement, view))


def one(kind: str, subject: str) -> Callable[[View], Select[Any]]:
    """Return the query for one person of the view's area, as a row of `listed`; no row where there is none of that name."""

    def query(view: View) -> Select[Any]:
        last = _last(view, kind, person_status.c.subject == subject)
        return _people(view, last).where(person.c.kind == kind, person.c.subject == subject, inside(placement, view))

    return query


def steps(kind: str, subject: str) -> Callable[[View], Select[Any]]:
    """Return the query for a person's dated transitions, oldest first: dimension (status | severity), value, happened_at, source."""

    def query(view: View) -> Select[Any]:
        s = person_status.c
        rows = select(
            s.dimension,
            s.value,
            s.happened_at,
            s.source,
            placement.c.district,
            placement.c.street,
            placement.c.compound,
        )
        rows = rows.join(placement, and_(placement.c.key == kind + ":" + subject, known(placement, view)))
        mine = (
            s.kind == kind,
            s.subject == subject,
            known(person_status, view),
            begun(person_status, view),
            inside(placement, view),
        )
        return rows.where(*mine).order_by(s.happened_at, ranked(s.value), s.id)

    return query


def contacts_of(subject: str, limit: int) -> Callable[[View], Select[Any]]:
    """Return the query for the close contacts of a case in the view's area, as rows of `listed`."""

    def query(view: View) -> Select[Any]:
        exposed = select(person.c.subject).where(
            person.c.kind == "contact", person.c.related_case == subject, known(person, view)
        )
        last = _last(view, "contact", person_status.c.subject.in_(exposed))
        rows = _people(view, last).where(
            person.c.kind == "contact", person.c.related_case == subject, inside(placement, view)
        )
        return rows.order_by(last.c.since.desc()).limit(limit)

    return query


def _here(view: View, kind: str) -> ColumnElement[bool]:
    """True for statuses of persons in the view's area; of a city it is no test, for there it would only cost time."""
    if not view.area:
        return true()
    mine = select(placement.c.subject).where(placement.c.kind == kind, known(placement, view), inside(placement, view))
    return person_status.c.subject.in_(mine)


def _people(view: View, last: Any) -> Select[Any]:
    columns = [
        *(person.c[name] for name in COLUMNS),
        *(placement.c[name] for name in PLACED),
        last.c.status,
        last.c.since,
    ]
    joined = person.join(placement, and_(placement.c.key == person.c.key, known(placement, view)))
    joined = joined.join(last, last.c.subject == person.c.subject)
    return select(*columns).select_from(joined).where(known(person, view))


def _last(view: View, kind: str, *tests: ColumnElement[bool]) -> Any:
    """subject, status, since: the newest status of each person of a kind."""
    s = person_status.c
    order = (s.happened_at.desc(), ranked(s.value).desc(), s.id.desc())
    newest = func.row_number().over(partition_by=s.subject, order_by=order).label("nth")
    rows = select(s.subject, s.value.label("status"), s.happened_at.label("since"), newest)
    mine = (s.kind == kind, s.dimension == "status", known(person_status, view), begun(person_status, view), *tests)
    inner = rows.where(*mine).subquery()
    return select(inner.c.subject, inner.c.status, inner.c.since).where(inner.c.nth == 1).subquery()
