"""What became of orders, as a view sees it: where each stands, its steps, and the rows that its proposal was read from."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from layers._times import to_ms
from layers._view import View
from layers.store.asof import as_known, begun, inside, known
from layers.store.order_states import OPEN
from layers.store.schema import FOREVER, batch, bed, hospital, orders, person_status, placement, stock, team

LEFT_OUT = ("id", "row", "source", "content", "reported_at", "heard_at", "known_until")
BESIDES = (*LEFT_OUT, "frozen")  # the frozen record is read for one order at a time


def standing(view: View) -> Select[Any]:
    """Return every order of the area as it stands at the view: the columns of `orders` without `frozen`; newest first.

    An order is in the area where its subject lies there, or where its owner belongs there. `happened_at` is when it was given,
    `known_from` since when it is in its state. The state goes by the knowledge clock; one given after `as_of` is not there yet.
    """
    columns = [c for c in orders.columns if c.name not in BESIDES]
    query = as_known(select(*columns), orders, view).where(or_(inside(orders, view), _owned(view)))
    return query.order_by(orders.c.happened_at.desc(), orders.c.number)


def one(number: str) -> Callable[[View], Select[Any]]:
    """Return the query for one order as it stands at a view, with what was frozen when it was given."""
    columns = [c for c in orders.columns if c.name not in LEFT_OUT]

    def query(view: View) -> Select[Any]:
        mine = or_(inside(orders, view), _owned(view))
        return as_known(select(*columns), orders, view).where(mine, orders.c.number == number)

    return query


def steps(number: str) -> Callable[[View], Select[Any]]:
    """Return the query for the steps of one order known at a view, first one first.

    state, acted_by, known_from, feedback, remark, batch; and the columns by which the gate tells whose it is.
    """
    names = ("state", "acted_by", "known_from", "feedback", "remark", "batch")
    columns = [orders.c[name] for name in (*names, "district", "street", "compound", "owner_area")]

    def query(view: View) -> Select[Any]:
        mine = or_(inside(orders, view), _owned(view))
        rows = select(*columns).where(mine, orders.c.number == number, orders.c.known_from <= to_ms(view.known_at))
        return rows.order_by(orders.c.known_from)

    return query


def open_now(pairs: Sequence[tuple[str, str]]) -> Select[Any]:
    """Return decision, subject, number, owner, given_by, happened_at of orders still open on these (decision, subject)."""
    columns = [orders.c[n] for n in ("decision", "subject", "number", "owner", "given_by", "happened_at")]
    subjects = [subject for _, subject in pairs]
    rows = select(*columns).where(orders.c.known_until == FOREVER, orders.c.state.in_(OPEN))
    return rows.where(orders.c.decision.in_({d for d, _ in pairs}), orders.c.subject.in_(subjects))


def rows_behind(decision: str, subject: str) -> Callable[[View], Select[Any]]:
    """Return the query for the deliveries that a proposal about a subject was read from, at the view's clocks.

    batch, feed, source, file, known_at, rows (how many), first, last (rows of the file): the way back to the lines that
    were handed in. Counts and places of lines alone; nothing of what the lines say about a person.
    """

    def query(view: View) -> Select[Any]:
        table, told = SOURCES[decision](view, subject)
        counts = (func.count().label("rows"), func.min(table.c.row).label("first"), func.max(table.c.row).label("last"))
        columns = (batch.c.id.label("batch"), batch.c.feed, batch.c.source, batch.c.file, batch.c.known_at)
        found = select(*columns, *counts).join(batch, batch.c.id == table.c.batch).where(known(table, view), told)
        return found.group_by(*columns).order_by(batch.c.id.desc())

    return query


def _owned(view: View) -> ColumnElement[bool]:
    """True where the owner belongs to the view's area; a district's streets and compounds are inside it."""
    if not view.area:
        return orders.c.owner_area == ""
    return or_(orders.c.owner_area == view.area, orders.c.owner_area.startswith(f"{view.area}/", autoescape=True))


def _of_persons(view: View, subject: str) -> tuple[Any, ColumnElement[bool]]:
    """Statuses of those placed in a compound, whatever became of them."""
    here = select(placement.c.kind, placement.c.subject).where(known(placement, view), placement.c.compound == subject)
    placed = here.subquery()
    same = and_(placed.c.kind == person_status.c.kind, placed.c.subject == person_status.c.subject)
    return person_status, and_(select(placed.c.kind).where(same).exists(), begun(person_status, view))


def _of_beds(view: View, subject: str) -> tuple[Any, ColumnElement[bool]]:
    return bed, and_(bed.c.hospital == subject, bed.c.happened_at <= to_ms(view.as_of))


def _of_staff(view: View, subject: str) -> tuple[Any, ColumnElement[bool]]:
    """A team by its code; a hospital and a skill (HOSPITAL|SKILL) by the teams that work there."""
    where, _, skill = subject.partition("|")
    mine = and_(team.c.hospital == where, team.c.skill == skill) if skill else team.c.team == where
    return team, and_(mine, team.c.happened_at <= to_ms(view.as_of))


def _of_supplies(view: View, subject: str) -> tuple[Any, ColumnElement[bool]]:
    """SITE, or SITE|ITEM with or without a unit."""
    site, _, rest = subject.partition("|")
    item = rest.split("|")[0]
    mine = and_(stock.c.site == site, stock.c.item == item) if item else stock.c.site == site
    return stock, and_(mine, stock.c.happened_at <= to_ms(view.as_of))


def _of_joint(view: View, subject: str) -> tuple[Any, ColumnElement[bool]]:
    """A resource of the whole area, beds:KIND, staff:SKILL or items:ITEM|UNIT: all counts of it there; beds also those not split by kind."""
    group, _, name = subject.partition(":")
    table, site, mine = {
        "beds": (bed, bed.c.hospital, bed.c.kind.in_((name, "all"))),
        "staff": (team, team.c.hospital, team.c.skill == name),
        "items": (stock, stock.c.site, stock.c.item == name.split("|")[0]),
    }[group]
    told = and_(mine, table.c.happened_at <= to_ms(view.as_of))
    if not view.area:
        return table, told
    here = select(hospital.c.code).where(known(hospital, view), hospital.c.district == view.district)
    return table, and_(told, or_(site.in_(here), site == "", site.is_(None)))


SOURCES: dict[str, Callable[[View, str], tuple[Any, ColumnElement[bool]]]] = {
    "lockdown": _of_persons,
    "beds": _of_beds,
    "staff": _of_staff,
    "supplies": _of_supplies,
    "joint": _of_joint,
}
