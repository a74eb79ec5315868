"""The counts that were made public."""

from alembic import op

from layers.store.schema import released

revision, down_revision = "12", "11"


def upgrade() -> None:
    """Add the table; nothing is known to have been made public before."""
    released.create(op.get_bind())


def downgrade() -> None:
    """Drop the table: what was made public is forgotten."""
    released.drop(op.get_bind())
