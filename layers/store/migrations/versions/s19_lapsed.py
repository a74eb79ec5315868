"""Requests for rows whose day passed, each told to the journal once."""

from alembic import op

from layers.store.schema import lapsed

revision, down_revision = "19", "18"


def upgrade() -> None:
    """Add the table; those that lapsed until now are told at the next look."""
    lapsed.create(op.get_bind())


def downgrade() -> None:
    """Drop it: what lapsed is told again."""
    lapsed.drop(op.get_bind())
