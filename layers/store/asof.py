"""The two clocks as predicates: what had happened by `as_of`, as known at `known_at`."""

from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, case, func, select, true

from layers._times import day_number, day_start, to_ms
from layers._view import View

STRICTEST_FIRST = ("sealed", "building_sealed", "controlled", "guarded", "open")  # orders
LAXEST = len(STRICTEST_FIRST)
ITEMS = ("publicity", "closure", "screening", "disinfection", "supply", "organisation")  # of an assessment


def known(table: Table, view: View) -> ColumnElement[bool]:
    """Return the test that a version of a fact was believed at `view.known_at`."""
    moment = to_ms(view.known_at)
    return and_(table.c.known_from <= moment, table.c.known_until > moment)


def as_known(query: Select[Any], table: Table, view: View) -> Select[Any]:
    """Narrow `query` to versions of `table` believed at `known_at` that had happened by `as_of`."""
    return query.where(known(table, view), table.c.happened_at <= to_ms(view.as_of))


def begun(table: Table, view: View) -> ColumnElement[bool]:
    """Return the test that an event lies on a day that had begun by `as_of`: persons are dated by the day, as totals count them."""
    return table.c.happened_at < to_ms(day_start(day_number(view.as_of) + 1))


def inside(table: Table, view: View) -> ColumnElement[bool]:
    """Return the test that a row of `table` (with district, and street or code where it has them) lies in the view's area."""
    if view.level == "compound":
        return table.c["code" if "code" in table.c else "compound"] == view.code
    if view.level == "street":
        return and_(table.c.district == view.district, table.c.street == view.code.split("/", 1)[1])
    return table.c.district == view.code if view.area else true()


def newest(table: Table, view: View, by: tuple[str, ...], *among: ColumnElement[bool]) -> Select[Any]:
    """Return the last event of each group `by` (for example the newest bed count of a hospital) at the view's clocks.

    among  tests that narrow the groups; one that told the events of a group apart would change which is its last
    Of orders or assessments of one moment, which a merged compound and its survivor may have, the stricter one.
    """
    stricter = LAXITY[table.name](table) if table.name in LAXITY else ()
    rank = func.row_number().over(
        partition_by=[table.c[name] for name in by],
        order_by=[table.c.happened_at.desc(), *stricter, table.c.id.desc()],
    )
    ranked = as_known(select(table, rank.label("rank_")).where(*among), table, view).subquery()
    return select(*[ranked.c[c.name] for c in table.columns]).where(ranked.c.rank_ == 1)


def _laxity_of_order(table: Table) -> list[ColumnElement[Any]]:
    return [case({state: rank for rank, state in enumerate(STRICTEST_FIRST)}, value=table.c.state, else_=LAXEST)]


def _laxity_of_assessment(table: Table) -> list[ColumnElement[Any]]:
    in_place = [case((table.c[name], 1), else_=0) for name in ITEMS]
    return [sum(in_place[1:], start=in_place[0])]


LAXITY = {"control": _laxity_of_order, "assessment": _laxity_of_assessment}
