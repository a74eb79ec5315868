"""Which delivery said again what was believed already."""

from alembic import op

from layers.store.heard import of_older
from layers.store.schema import confirmation

revision, down_revision = "7", "6"


def upgrade() -> None:
    """Add the table, and take over what had been heard."""
    confirmation.create(op.get_bind())
    of_older(op.get_bind())


def downgrade() -> None:
    """Drop the table: `heard_at` of the versions still says the newest."""
    confirmation.drop(op.get_bind())
