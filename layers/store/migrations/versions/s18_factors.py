"""A second factor at sign-in: its secrets, recovery codes, and who is between a password and a code."""

from alembic import op

from layers.store.schema import FACTORS

revision, down_revision = "18", "17"


def upgrade() -> None:
    """Add the tables; nobody has a second factor yet."""
    for table in FACTORS:
        table.create(op.get_bind())


def downgrade() -> None:
    """Drop the tables: a password alone opens every account again."""
    for table in reversed(FACTORS):
        table.drop(op.get_bind())
