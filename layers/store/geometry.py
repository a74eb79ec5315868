"""Positions and outlines as geometry, where a PostgreSQL server has PostGIS: beside the degrees and WKB that every store keeps.

The database makes the columns from those itself, so what writes rows does not know of them, and no answer rests on them: they are
there for questions with a GiST index behind them and for programs of maps that read PostGIS. A database without the extension
keeps everything else.
"""

from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import UserDefinedType

COLUMN = "geom"  # EPSG:4326
POINT, OUTLINE = "point", "outline"
SHAPED = {
    "district": (OUTLINE, POINT),
    "basemap": (OUTLINE,),
    "compound": (OUTLINE, POINT),
    "hospital": (POINT,),
    "control": (POINT,),
}
MADE = {
    POINT: "{schema}.ST_SetSRID({schema}.ST_MakePoint(lon, lat), 4326)",
    OUTLINE: "{schema}.ST_GeomFromWKB(shape, 4326)",
}


class Geometry(UserDefinedType[Any]):
    """The type of the columns, as far as comparing schemas has to know it."""

    def __init__(self, *_said: str) -> None:
        super().__init__()


def index_of(table: str) -> str:
    """Return the name of the index on a table's geometry."""
    return f"ix_{table}_{COLUMN}"


def recognise(connection: Connection) -> None:
    """Make the type known to whatever reads the schema of this database; it is named with its schema where that is not searched."""
    ischema_names.update({"geometry": Geometry, f"{_schema(connection)}.geometry": Geometry})


def installed(connection: Connection) -> bool:
    """Return whether the database has PostGIS."""
    return _schema(connection) is not None


def missing(connection: Connection) -> list[str]:
    """Return the tables that lack their geometry."""
    asked = text(
        "SELECT c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
        "WHERE a.attname = :name AND NOT a.attisdropped AND pg_table_is_visible(c.oid)"
    )
    there = set(connection.execute(asked, {"name": COLUMN}).scalars())
    return [name for name in SHAPED if name not in there]


def add(connection: Connection) -> None:
    """Add the columns and indexes that are missing; nothing without PostGIS. A table is written anew once for that."""
    schema = _schema(connection)
    for name in missing(connection) if schema else ():
        parts = ", ".join(MADE[part].format(schema=schema) for part in SHAPED[name])
        kind = f"{schema}.geometry(Geometry, 4326) GENERATED ALWAYS AS (coalesce({parts})) STORED"
        connection.exec_driver_sql(f"ALTER TABLE {name} ADD COLUMN {COLUMN} {kind}")
        connection.exec_driver_sql(f"CREATE INDEX {index_of(name)} ON {name} USING gist ({COLUMN})")


def remove(connection: Connection) -> None:
    """Take the columns out, their indexes with them."""
    for name in SHAPED:
        connection.exec_driver_sql(f"ALTER TABLE {name} DROP COLUMN IF EXISTS {COLUMN}")


def _schema(connection: Connection) -> str | None:
    """The schema that PostGIS was installed in, quoted; None without it or on another engine."""
    if connection.dialect.name != "postgresql":
        return None
    asked = "SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'postgis'"
    found = connection.execute(text(asked)).scalar()
    return str(found) if found is not None else None
