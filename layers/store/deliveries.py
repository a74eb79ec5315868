"""When each feed last delivered: a day that no delivery covers is a day of which nothing is known."""

from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select

from layers._times import to_ms
from layers._view import View
from layers.store.database import Store
from layers.store.schema import batch
from layers.store.undone import taken_back


def heard(view: View) -> Select[Any]:
    """Return feed, source, last, deliveries: the newest delivery of each source, as known at the view, and their number.

    A delivery of which every row was refused told nothing and does not count, nor does one that was taken back by then.
    """
    rows, refused = batch.c.receipt["rows_read"].as_integer(), batch.c.receipt["rows_rejected"].as_integer()
    query = select(
        batch.c.feed, batch.c.source, func.max(batch.c.known_at).label("last"), func.count().label("deliveries")
    )
    query = query.where(batch.c.kind == "import", batch.c.known_at <= to_ms(view.known_at))
    query = query.where(rows > refused, ~taken_back(to_ms(view.known_at)))
    return query.group_by(batch.c.feed, batch.c.source)


def told(view: View, *feeds: str) -> list[ColumnElement[bool]]:
    """Return one column a feed, told_<feed>: whether `heard` has it; of what none tells, nothing is known, and it is not 0."""
    rows = heard(view).subquery()
    return [exists().where(rows.c.feed == feed).label(f"told_{feed}") for feed in feeds]


def arrived(view: View) -> Select[Any]:
    """Return feed, at: every delivery known at the view that told anything, in order."""
    rows, refused = batch.c.receipt["rows_read"].as_integer(), batch.c.receipt["rows_rejected"].as_integer()
    query = select(batch.c.feed, batch.c.known_at.label("at"))
    told = (batch.c.kind == "import", rows > refused, ~taken_back(to_ms(view.known_at)))
    return query.where(batch.c.known_at <= to_ms(view.known_at), *told).order_by("at")


def receipts(view: View) -> Select[Any]:
    """Return batch, feed, source, file, sha256, known_at, rows, gone: every delivery known at the view, the oldest first.

    gone  whether it was taken back by then
    """
    rows = batch.c.receipt["rows_read"].as_integer()
    columns = (batch.c.feed, batch.c.source, batch.c.file, batch.c.sha256, batch.c.known_at, rows.label("rows"))
    query = select(batch.c.id.label("batch"), *columns, taken_back(to_ms(view.known_at)).label("gone"))
    return query.where(batch.c.kind == "import", batch.c.known_at <= to_ms(view.known_at)).order_by(batch.c.id)


def refusals(store: Store) -> tuple[int, int]:
    """Return files, rows: how many deliveries were ever taken in, and how many of their rows were refused, each with its reason."""
    refused = func.coalesce(func.sum(batch.c.receipt["rows_rejected"].as_integer()), 0)
    columns: tuple[Any, ...] = (func.count().label("files"), refused.label("rows"))
    files, rows = store.read(select(*columns).where(batch.c.kind == "import")).iloc[0]
    return int(files), int(rows)
