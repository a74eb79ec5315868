"""Briefings that are printed every day."""

from alembic import op

from layers.store.schema import EDITIONS

revision, down_revision = "6", "5"


def upgrade() -> None:
    """Add the tables."""
    for table in EDITIONS:
        table.create(op.get_bind())


def downgrade() -> None:
    """Drop the tables, those that point at others first."""
    for table in reversed(EDITIONS):
        table.drop(op.get_bind())
