"""Positions and outlines as geometry, on a server that has PostGIS."""

from alembic import op

from layers.store import geometry

revision, down_revision = "10", "9"


def upgrade() -> None:
    """Add the columns, which the database fills itself; nothing in SQLite or without PostGIS."""
    geometry.add(op.get_bind())


def downgrade() -> None:
    """Drop the columns: degrees and WKB stay."""
    if op.get_bind().dialect.name == "postgresql":
        geometry.remove(op.get_bind())
