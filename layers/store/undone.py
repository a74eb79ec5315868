"""Which deliveries were taken back, as known at a moment.

A batch of kind `undo` says in its receipt which batch it takes back (`undoes`), which delivery its chain began with (`root`) and
whether that delivery stands again since (`stands`): the newest undo of a chain has the last word.
"""

from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from layers.store.schema import FOREVER, batch

UNDO = "undo"


def taken_back(until: int = FOREVER) -> ColumnElement[bool]:
    """Return the test that a row of `batch` is a delivery that was taken back by `until` (ms) and does not stand again."""
    step, last = batch.alias("undo_step"), batch.alias("undo_last")
    root = last.c.receipt["root"].as_integer()
    undone = (step.c.kind == UNDO, step.c.known_at <= until)
    newest = select(func.max(step.c.id)).where(*undone).group_by(step.c.receipt["root"].as_integer())
    # One list for all rows: asked row by row, the time would grow with the square of the deliveries.
    return batch.c.id.in_(select(root).where(last.c.id.in_(newest), last.c.receipt["stands"].as_boolean().is_(False)))


def chain(connection: Connection, root: int) -> list[Any]:
    """Return id, known_at, undoes, stands of the undos that began with delivery `root`, the oldest first."""
    about = batch.c.receipt
    columns = (about["undoes"].as_integer().label("undoes"), about["stands"].as_boolean().label("stands"))
    query = select(batch.c.id, batch.c.known_at, *columns).where(batch.c.kind == UNDO)
    return list(connection.execute(query.where(about["root"].as_integer() == root).order_by(batch.c.id)))


def undos(connection: Connection) -> dict[int, int]:
    """Return batch -> knowledge time of every undo of a delivery."""
    return dict(map(tuple, connection.execute(select(batch.c.id, batch.c.known_at).where(batch.c.kind == UNDO))))
