"""Work in line, as rows that every process of a server sees: put in, taken up, told of, stopped, ended, handed back, forgotten."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, insert, select, update

from layers.store.side import Side, job

FINISHED = ("done", "failed", "cancelled")
OPEN = job.c.state.not_in(FINISHED)
TRIES = 3  # work that ended its process so often is not begun again


def enter(side: Side, row: Mapping[str, Any], most: int, mine: int) -> str:
    """Put work in the line of its lane; return "" for done, "busy" where the line is full, "yours" where too much of it is one person's."""
    with side.writing() as connection:
        counted = select(func.count()).where(OPEN, job.c.lane == row["lane"])
        if connection.scalar(counted) >= most:  # type: ignore[operator]
            return "busy"
        if connection.scalar(counted.where(job.c.whose == row["whose"])) >= mine:  # type: ignore[operator]
            return "yours"
        last = connection.scalar(select(func.max(job.c.number))) or 0
        connection.execute(insert(job), [{**row, "number": last + 1}])
    return ""


def one(side: Side, id: str) -> Row[Any] | None:
    """Return the row of a job, None where it is forgotten."""
    with side.reading() as connection:
        return connection.execute(select(job).where(job.c.id == id)).one_or_none()


def unfinished(side: Side) -> int:
    """Return how much is in work or in line."""
    with side.reading() as connection:
        return int(connection.scalar(select(func.count()).where(OPEN)) or 0)


def waits(side: Side, lane: str) -> bool:
    """Return whether anything waits in a lane."""
    with side.reading() as connection:
        return connection.scalar(_first(lane)) is not None


def take(side: Side, lane: str, holder: str, now: float) -> Row[Any] | None:
    """Take up the first that waits in a lane, None where none does."""
    if not waits(side, lane):  # an idle runner asks often, and a look takes no lock
        return None
    begun = update(job).where(job.c.id == _first(lane).scalar_subquery())
    with side.writing() as connection:
        changed = begun.values(state="working", holder=holder, seen_at=now, tries=job.c.tries + 1).returning(*job.c)
        return connection.execute(changed).one_or_none()


def _first(lane: str) -> Select[Any]:
    return select(job.c.id).where(job.c.lane == lane, job.c.state == "waiting").order_by(job.c.number).limit(1)


def tell(side: Side, id: str, now: float, **progress: Any) -> bool:
    """Say how far a job is; return whether it is to stop."""
    with side.writing() as connection:
        mine = update(job).where(job.c.id == id, OPEN)
        row = connection.execute(mine.values(seen_at=now, **progress).returning(job.c.stop)).one_or_none()
    return row is None or bool(row.stop)


def stop(side: Side, id: str) -> None:
    """Ask a job to stop."""
    with side.writing() as connection:
        connection.execute(update(job).where(job.c.id == id).values(stop=1))


def end(side: Side, id: str, state: str, words: bytes, now: float, size: int = 0) -> bool:
    """End a job that has not ended; return whether it was this one that ended it."""
    changed = {"state": state, "words": words, "ended_at": now, "size": size}
    with side.writing() as connection:
        return connection.execute(update(job).where(job.c.id == id, OPEN).values(**changed)).rowcount == 1


def hand_back(side: Side, left: ColumnElement[bool]) -> tuple[int, list[str]]:
    """Put work that nobody does any more back in line; return how much, and the ids of what may not be begun again."""
    working = (job.c.state == "working", left)
    waits = {"state": "waiting", "holder": "", "done": 0, "total": 0}
    again = (job.c.repeats == 1, job.c.tries < TRIES, job.c.stop == 0)
    with side.writing() as connection:
        back = connection.execute(update(job).where(*working, *again).values(**waits)).rowcount
        return back, list(connection.scalars(select(job.c.id).where(*working)))


def others(holder: str) -> ColumnElement[bool]:
    """Return what names work that another runner took up."""
    return job.c.holder != holder


def own(holder: str) -> ColumnElement[bool]:
    """Return what names work that a runner took up itself."""
    return job.c.holder == holder


def forget(side: Side, before: float, kept: int) -> Sequence[str]:
    """Forget what ended before a moment, and the oldest of what ended while there is more than `kept`; return their ids."""
    ended = select(job.c.id).where(job.c.state.in_(FINISHED)).order_by(job.c.ended_at.desc())
    with side.reading() as connection:
        late = connection.scalars(ended.where(job.c.ended_at < before)).all()
        many = connection.scalars(ended.offset(kept).limit(10_000)).all()
    gone = sorted({*late, *many})
    if gone:
        with side.writing() as connection:
            _delete(connection, gone)
    return gone


def _delete(connection: Connection, ids: Collection[str]) -> None:
    connection.execute(delete(job).where(job.c.id.in_(list(ids))))
