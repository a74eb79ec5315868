"""What the desk keeps for its people: saved views, profiles of files, alert rules and alerts, prints."""

from alembic import op

from layers.store.schema import DESK

revision, down_revision = "5", "4"


def upgrade() -> None:
    """Add the tables."""
    for table in DESK:
        table.create(op.get_bind())


def downgrade() -> None:
    """Drop the tables, those that point at others first."""
    for table in reversed(DESK):
        table.drop(op.get_bind())
