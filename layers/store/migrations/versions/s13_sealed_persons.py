"""What says where a person lives, and remarks about them, is sealed; the key that digests identity numbers leaves the database."""

import sqlalchemy as sa
from alembic import op

from layers.store import resealing, sealing

revision, down_revision = "13", "12"
POSITION = ("lon", "lat")


def upgrade() -> None:
    """Seal the columns. A position of a home becomes text for that, and on a server no geometry is made of it any more."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ALTER TABLE person DROP COLUMN IF EXISTS geom")
        _retype(sa.Float(), sa.String())
        resealing.seal_all(connection)
        connection.exec_driver_sql("ANALYZE person")  # what the planner remembers of addresses
    else:  # SQLite would round a number that it turns into text, and keeps text in a column of numbers as it is
        resealing.seal_all(connection)
        _retype(sa.Float(), sa.String())
    _remember(connection, sealing.RING, sealing.ring_of(connection).fingerprint)
    connection.execute(_meta.delete().where(_meta.c.name == "salt"))


def downgrade() -> None:
    """Lay them open again; the key of digests goes back into the database."""
    connection = op.get_bind()
    resealing.open_all(connection)
    _retype(sa.String(), sa.Float())
    _remember(connection, "salt", sealing.ring_of(connection).index)
    connection.execute(_meta.delete().where(_meta.c.name == sealing.RING))


_meta = sa.table("meta", sa.column("name", sa.String), sa.column("value", sa.JSON))


def _remember(connection: sa.Connection, name: str, value: str) -> None:
    connection.execute(_meta.delete().where(_meta.c.name == name))
    connection.execute(_meta.insert(), [{"name": name, "value": value}])


def _retype(
    before: sa.types.TypeEngine[float] | sa.types.TypeEngine[str],
    after: sa.types.TypeEngine[float] | sa.types.TypeEngine[str],
) -> None:
    as_what = "text" if isinstance(after, sa.String) else "double precision"
    with op.batch_alter_table("person") as table:
        for name in POSITION:
            table.alter_column(name, existing_type=before, type_=after, postgresql_using=f"{name}::{as_what}")
