"""Accounts of people who sign in, and their sessions."""

from alembic import op

from layers.store.schema import ACCOUNTS

revision, down_revision = "9", "8"


def upgrade() -> None:
    """Add the tables; a store begins without an account."""
    for table in ACCOUNTS:
        table.create(op.get_bind())


def downgrade() -> None:
    """Drop the tables, those that point at others first: nobody can sign in any more."""
    for table in reversed(ACCOUNTS):
        table.drop(op.get_bind())
