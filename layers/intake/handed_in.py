"""What was handed in: deliveries and their undos, with what became of each."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, func, select

from layers._times import to_ms
from layers._view import View
from layers.store.schema import batch
from layers.store.undone import UNDO, taken_back

KINDS = ("import", UNDO)
COLUMNS = ("id", "kind", "feed", "source", "file", "sha256", "known_at", "receipt")


def listed(view: View, feed: str = "", source: str = "", limit: int = 200) -> Select[Any]:
    """Return the deliveries and undos known at the view, newest first: COLUMNS and `gone`, whether one was taken back since."""
    query = _all(view)
    query = query.where(batch.c.feed == feed) if feed else query
    query = query.where(batch.c.source == source) if source else query
    return query.order_by(batch.c.id.desc()).limit(limit)


def one(view: View, number: int) -> Select[Any]:
    """Return the same of one batch; no row where it is no delivery, or was not known yet."""
    return _all(view).where(batch.c.id == number)


def same_content(view: View, sha256: str) -> Select[Any]:
    """Return id, feed, file, known_at of deliveries of the same content that stand, whatever they were called."""
    columns = (batch.c.id, batch.c.feed, batch.c.file, batch.c.known_at)
    standing = (batch.c.kind == "import", ~taken_back(to_ms(view.known_at)))
    return select(*columns).where(batch.c.sha256 == sha256, *standing).order_by(batch.c.id)


def sources(view: View) -> Select[Any]:
    """Return feed, source, n: who handed in what, and how often."""
    query = select(batch.c.feed, batch.c.source, func.count().label("n"))
    query = query.where(batch.c.kind == "import", batch.c.known_at <= to_ms(view.known_at))
    return query.group_by(batch.c.feed, batch.c.source).order_by(batch.c.feed, batch.c.source)


def undos_of(view: View, number: int) -> Select[Any]:
    """Return id, known_at, receipt of the undos of a batch known at the view, oldest first."""
    query = select(batch.c.id, batch.c.known_at, batch.c.receipt).where(batch.c.kind == UNDO)
    named = batch.c.receipt["undoes"].as_integer() == number
    return query.where(named, batch.c.known_at <= to_ms(view.known_at)).order_by(batch.c.id)


def taken_back_of(numbers: Sequence[int]) -> Select[Any]:
    """Return root, undo: which of some deliveries do not stand now, and the batch that took each back last."""
    undo = batch.alias("undo_of")
    root = undo.c.receipt["root"].as_integer()
    query = select(batch.c.id.label("root"), func.max(undo.c.id).label("undo"))
    query = query.join(undo, and_(undo.c.kind == UNDO, root == batch.c.id))
    return query.where(batch.c.id.in_(list(numbers)), taken_back()).group_by(batch.c.id)


def _all(view: View) -> Select[Any]:
    columns = [batch.c[name] for name in COLUMNS]
    moment = to_ms(view.known_at)
    query = select(*columns, taken_back(moment).label("gone"))
    return query.where(batch.c.kind.in_(KINDS), batch.c.known_at <= moment)
