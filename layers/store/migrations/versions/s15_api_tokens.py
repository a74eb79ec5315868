"""The tokens of programs, and the deliveries that they may send again."""

from alembic import op

from layers.store.schema import API

revision, down_revision = "15", "14"


def upgrade() -> None:
    """Add the tables; no program may do anything before somebody makes it a token."""
    for table in API:
        table.create(op.get_bind())


def downgrade() -> None:
    """Drop the tables: no token opens anything any more."""
    for table in reversed(API):
        table.drop(op.get_bind())
