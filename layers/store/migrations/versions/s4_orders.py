"""Orders, and named assumptions."""

from alembic import op

from layers.store.schema import orders, whatif

revision, down_revision = "4", "3"
TABLES = (orders, whatif)


def upgrade() -> None:
    """Add the tables."""
    for table in TABLES:
        table.create(op.get_bind())


def downgrade() -> None:
    """Drop the tables."""
    for table in TABLES:
        table.drop(op.get_bind())
