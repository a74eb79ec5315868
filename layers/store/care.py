"""What a person changed about the gazetteer, as a view sees it: which compounds stand, and what they are called."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, and_, func, select

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


def heirs(view: View, codes: Sequence[str]) -> CTE:
    """Return `was`, `code`: each of the codes beside itself and all that it was merged into, as known at the view."""
    named = compound.c.code.in_(codes), known(compound, view)
    start = select(compound.c.code.label("was"), compound.c.code.label("code")).where(*named)
    found = start.cte("heirs", recursive=True)
    merged = known(care, view), care.c.stands, care.c.kind == "merge"
    onward = select(found.c.was, care.c.others[0].as_string()).where(care.c.compound == found.c.code, *merged)
    return found.union(onward)


def survivor(view: View) -> Select[Any]:
    """Return `code`: the compound that stands for the one that the view names, no row where none does."""
    ends = heirs(view, [view.code])
    return select(compound.c.code).where(compound.c.code == ends.c.code, known(compound, view), standing(view))
