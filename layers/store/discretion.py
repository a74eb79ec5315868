"""What a database says of a failure, without the values of the rows that it failed on: they may name a person, and errors go into logs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError

OF_VALUES = "22"  # class of states whose own sentence repeats a value: 'invalid input syntax for type integer: "..."'


def clean(context: ExceptionContext) -> None:
    """Take the values out of an error of PostgreSQL's driver, and out of the one that stands for it."""
    error, standing = context.original_exception, context.sqlalchemy_exception
    if standing is not None:
        told = brief(error)
        standing.args = (f"({type(error).__module__}.{type(error).__name__}) {told}",)
        error.args = (told,)


@contextmanager
def cleaned(connection: Connection, what: str) -> Iterator[None]:
    """Let what the driver is asked for by itself fail as everything else does, and without values.

    what  the statement, as it may be said
    """
    driver: Any = connection.dialect.loaded_dbapi
    try:
        yield
    except driver.Error as error:
        error.args = (brief(error),)
        raise DBAPIError.instance(what, None, error, driver.Error, hide_parameters=True) from error


def brief(error: BaseException) -> str:
    """Return the first sentence of an error: detail and context, which follow it, quote rows. Of a value nobody could take, its column alone."""
    said: Any = getattr(error, "diag", None)
    state = getattr(said, "sqlstate", None) or ""
    if state.startswith(OF_VALUES):
        where = ".".join(filter(None, (said.table_name, said.column_name)))
        return f"{type(error).__name__} {where}".rstrip()
    return getattr(said, "message_primary", None) or (str(error).splitlines() or [type(error).__name__])[0]
