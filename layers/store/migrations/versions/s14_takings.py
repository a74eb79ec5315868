"""Rows that wait for a second person before they leave."""

from alembic import op

from layers.store.schema import taking

revision, down_revision = "14", "13"


def upgrade() -> None:
    """Add the table; until now nobody waited."""
    taking.create(op.get_bind())


def downgrade() -> None:
    """Drop the table: what waits is asked for again; what was released stands in the journal."""
    taking.drop(op.get_bind())
