"""Who was destroyed when the time of the record was over."""

from alembic import op

from layers.store.schema import destroyed

revision, down_revision = "17", "16"


def upgrade() -> None:
    """Add the table; until now nobody was."""
    destroyed.create(op.get_bind())


def downgrade() -> None:
    """Drop it: a record that was destroyed could be delivered again."""
    destroyed.drop(op.get_bind())
