"""The moments that people come back to: bulletins and orders, each with the clocks of the room that saw it."""

from typing import Any

from sqlalchemy import Select, select

from layers._times import to_ms
from layers._view import View
from layers.store.asof import inside, known
from layers.store.schema import batch, orders

CASES = "cases"


def deliveries(view: View) -> Select[Any]:
    """Return batch, feed, source, file, at, rows of every delivery known at the view that told anything, in order."""
    rows, refused = batch.c.receipt["rows_read"].as_integer(), batch.c.receipt["rows_rejected"].as_integer()
    columns = (batch.c.id.label("batch"), batch.c.feed, batch.c.source, batch.c.file, batch.c.known_at.label("at"))
    query = select(*columns, (rows - refused).label("rows")).where(batch.c.kind == "import", rows > refused)
    return query.where(batch.c.known_at <= to_ms(view.known_at)).order_by(batch.c.known_at)


def orders_given(view: View) -> Select[Any]:
    """Return number, decision, name, given, and as_of and known_at (ISO 8601) of the plan that each order of the area was given on.

    The last two are what the room saw; the order itself became known after them.
    """
    plan = orders.c.frozen["plan"]
    columns = [
        orders.c[name] for name in ("number", "decision", "name", "district", "street", "compound", "owner_area")
    ]
    clocks = [plan[name].as_string().label(name) for name in ("as_of", "known_at")]
    query = select(*columns, orders.c.happened_at.label("given"), *clocks)
    return query.where(known(orders, view), inside(orders, view)).order_by(orders.c.happened_at)
