"""Steps between the schemas of the store, up and down, by Alembic: each runs in one transaction with everything before it, or not at all.

A new store is made whole from `layers/store/schema.py` and marked as `HEAD`; a test compares it with one that came up step
by step. Stores from before Alembic keep the number of their schema in `meta`; it is the name of the step that they stand at.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, inspect, select, text

from layers._errors import StoreError
from layers.store import geometry, roles, row_security
from layers.store.engine import owns, tables_of
from layers.store.schema import meta, metadata
from layers.store.sealing import ring_for

HEAD = "20"
FIRST = "2"  # what an even older store held was never brought up
TABLE = "alembic_version"


def standing(connection: Connection) -> str | None:
    """Return the step that a store stands at; None where it says nothing, or nothing that can be understood."""
    if inspect(connection).has_table(TABLE):
        found = connection.execute(text(f"SELECT version_num FROM {TABLE}")).scalar()  # nosec B608 # a constant
        return str(found) if found is not None else None
    older = connection.execute(select(meta.c.value).where(meta.c.name == "schema")).scalar()
    return str(older) if isinstance(older, int) else None


def make(connection: Connection) -> None:
    """Make a new store whole, in a database that holds none: its tables, and what only a server keeps beside them."""
    metadata.create_all(connection)
    geometry.add(connection)
    row_security.secure(connection)
    mark(connection)


def mark(connection: Connection, step: str = HEAD) -> None:
    """Say that a store stands at a step, without taking any."""
    from alembic import command

    command.stamp(_config(connection), step)
    connection.execute(delete(meta).where(meta.c.name == "schema"))


def bring_up(connection: Connection, keys: Path | None) -> None:
    """Take every step that the store lacks, with the keys of a folder; one that is older than the first step or newer than the last raises StoreError."""
    found = standing(connection)
    if found == HEAD:
        if owns(connection):
            geometry.add(connection)  # PostGIS may have come since
        return
    if found is None or not found.isdigit() or not int(FIRST) <= int(found) < int(HEAD):
        older = found is not None and found.isdigit() and int(found) < int(FIRST)
        way = "import its files into a new store" if older else "open it with the version that wrote it, or a later one"
        raise StoreError(f"the store has schema {found}; this version reads {FIRST} to {HEAD}: {way}")
    from alembic import command

    if not owns(connection):
        raise StoreError(
            f"the store has schema {found}, this version wants {HEAD}, and only the owner of its tables can take it there: "
            "let the owner open it once (python -m dashboard verify-store)"
        )
    stored = {row.name: row.value for row in connection.execute(select(meta.c.name, meta.c.value))}
    ring_for(connection.engine, keys, stored)  # what is personal is sealed on the way
    mark(connection, found)
    command.upgrade(_config(connection), HEAD)
    roles.grant_again(connection, roles.served(connection))


def take_down(connection: Connection, step: str) -> None:
    """Go back to an earlier step; what only later ones can hold is lost, which is why only a person asks for it."""
    from alembic import command

    command.downgrade(_config(connection), step)


def differences(connection: Connection) -> list[str]:
    """Return in what the tables of a store differ from those of this version, as Alembic says it; nothing where they agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    geometry.recognise(connection)
    of_both = partial(_of_both, tables_of(connection))
    context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": of_both})
    return [str(one) for one in compare_metadata(context, metadata)]


def _of_both(tables: set[str], name: str | None, kind: str, parents: Mapping[str, Any]) -> bool:
    """Whether the tables of `schema.py` say something about this: what only a server keeps beside them is compared by nobody."""
    if kind == "table":
        return name in tables
    table = str(parents.get("table_name"))
    of_server = {geometry.COLUMN, geometry.index_of(table)}
    if table == "placement":
        of_server |= {row_security.COLUMN, row_security.INDEX}
    return name not in of_server


def _config(connection: Connection) -> Any:
    from alembic.config import (
        Config,  # only where a step is taken: opening a store that stands at HEAD needs none of it
    )

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config
