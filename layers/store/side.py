"""A file beside the store in which the processes of one server tell each other what is no fact: work in line, attempts at the door, notes.

It may be deleted while no server runs; then work in line is forgotten, and nothing else. It is no part of the store because a long
import holds the store for itself, and must be able to say meanwhile how far it is.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    NullPool,
    String,
    Table,
    create_engine,
    delete,
    event,
    func,
    insert,
    or_,
    select,
)

PATIENCE_S = 10
WRITES = "fangyi_side_write"  # execution option of transactions that write
metadata = MetaData()
job = Table(
    "job",
    metadata,
    Column("id", String, primary_key=True),
    Column("number", Integer, nullable=False),  # the line is kept in its order
    Column("name", String, nullable=False),
    Column("task", String, nullable=False),
    Column("lane", String, nullable=False),
    Column(
        "owner", LargeBinary, nullable=False
    ),  # sealed, like `about` and `words`: whoever reads the file learns of nobody
    Column("whose", String, nullable=False),  # digest of the owner
    Column("about", LargeBinary, nullable=False),
    Column("repeats", Integer, nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("state", String, nullable=False, default="waiting"),
    Column("done", Integer, nullable=False, default=0),
    Column("total", Integer, nullable=False, default=0),
    Column("words", LargeBinary, nullable=False),
    Column("size", Integer, nullable=False, default=0),
    Column("stop", Integer, nullable=False, default=0),
    Column("holder", String, nullable=False, default=""),
    Column("seen_at", Float, nullable=False, default=0.0),  # when its runner last said that it is at work
    Column("ended_at", Float, nullable=False, default=0.0),
)
Index("job_line", job.c.lane, job.c.state, job.c.number)
attempt = Table(
    "attempt",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String, nullable=False),
    Column("at", Float, nullable=False),
)
Index("attempt_key", attempt.c.key, attempt.c.at)
note = Table("note", metadata, Column("name", String, primary_key=True), Column("content", String), Column("at", Float))


class Side:
    """The file, opened when it is first asked; `folder` says where, and may make the place by being asked."""

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._folder, self._lock = folder, Lock()
        self._engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        """The engine of the file; a connection is opened for each transaction, so that a fork inherits none."""
        with self._lock:
            if self._engine is None:
                self._engine = _opened(self._folder() / "side.db")
            return self._engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that sees one state."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection whose transaction is alone in writing, and kept at its end."""
        with self.engine.execution_options(**{WRITES: True}).begin() as connection:
            yield connection

    # ---- attempts

    def attempt(self, limits: Mapping[str, int], now: float, within: float) -> tuple[float, bool]:
        """Count an attempt under each key; return the seconds to wait, 0.0 for none, and whether a limit is reached with this one.

        One that has to wait is not counted.
        """
        with self.writing() as connection:
            # What lies ahead was counted before the clock was set back: it would keep people out for as long as that was.
            connection.execute(delete(attempt).where(or_(attempt.c.at <= now - within, attempt.c.at > now + within)))
            waits = [_wait(connection, key, most, now, within) for key, most in limits.items()]
            if any(waits):
                return max(waits), False
            connection.execute(insert(attempt), [{"key": key, "at": now} for key in limits])
            counted = {row.key: row.n for row in connection.execute(_counts(limits))}
        return 0.0, any(counted.get(key, 0) == most for key, most in limits.items())

    def forgive(self, wholly: str, once: tuple[str, ...]) -> None:
        """Take back all attempts of one key, and the newest of others."""
        with self.writing() as connection:
            connection.execute(delete(attempt).where(attempt.c.key == wholly))
            for key in once:
                newest = select(func.max(attempt.c.id)).where(attempt.c.key == key).scalar_subquery()
                connection.execute(delete(attempt).where(attempt.c.id == newest))

    # ---- notes

    def say(self, name: str, content: Any, now: float) -> None:
        """Leave a note for the other processes, in place of the one before."""
        with self.writing() as connection:
            connection.execute(delete(note).where(note.c.name == name))
            connection.execute(insert(note), [{"name": name, "content": json.dumps(content), "at": now}])

    def said(self, name: str) -> tuple[Any, float]:
        """Return a note and when it was left; None and 0.0 where there is none."""
        with self.reading() as connection:
            row = connection.execute(select(note.c.content, note.c.at).where(note.c.name == name)).one_or_none()
        return (json.loads(row.content), row.at) if row else (None, 0.0)


def _wait(connection: Connection, key: str, most: int, now: float, within: float) -> float:
    times = connection.scalars(select(attempt.c.at).where(attempt.c.key == key).order_by(attempt.c.at)).all()
    return float(times[0] + within - now) if len(times) >= most else 0.0


def _counts(keys: Mapping[str, int]) -> Any:
    counted = select(attempt.c.key, func.count().label("n")).where(attempt.c.key.in_(list(keys)))
    return counted.group_by(attempt.c.key)


def _opened(file: Path) -> Engine:
    engine = create_engine(f"sqlite:///{file}", poolclass=NullPool, connect_args={"timeout": PATIENCE_S})
    event.listen(engine, "connect", _connected)
    event.listen(engine, "begin", _begun)
    metadata.create_all(engine)
    return engine


def _connected(raw: Any, _record: Any) -> None:
    raw.isolation_level = None  # transactions begin where `_begun` says
    raw.execute("PRAGMA journal_mode=WAL")
    raw.execute("PRAGMA synchronous=OFF")  # what a power cut takes is work in line, which is then asked for again


def _begun(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
