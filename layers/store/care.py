"""What a person changed about the gazetteer, as a view sees it: which compounds stand, and what they are called."""

from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from layers._view import View
from layers.store.asof import known
from layers.store.schema import FOREVER, care, compound

GONE = ("merge", "split")  # kinds after which a compound is no longer one of the city's


def standing(view: View) -> ColumnElement[bool]:
    """Return the test that a row of `compound` was neither merged into another nor split, as known at the view.

    By the knowledge clock alone, whatever day the change is dated: its persons were counted elsewhere from then on.
    """
    gone = select(care.c.compound).where(known(care, view), care.c.stands, care.c.kind.in_(GONE))
    return compound.c.code.not_in(gone)


def standing_now() -> ColumnElement[bool]:
    """Return the same test for what is believed now, inside a transaction that may have changed it."""
    gone = select(care.c.compound).where(care.c.known_until == FOREVER, care.c.stands, care.c.kind.in_(GONE))
    return compound.c.code.not_in(gone)


def title(view: View) -> ColumnElement[Any]:
    """Return the name of a row of `compound` at both clocks, as column `name`: the one a person gave it, else the delivered one."""
    given = select(care.c.name).where(
        known(care, view),
        care.c.happened_at <= view.as_of,
        and_(care.c.stands, care.c.kind == "rename", care.c.compound == compound.c.code),
    )
    return func.coalesce(given.correlate(compound).scalar_subquery(), compound.c.name).label("name")
