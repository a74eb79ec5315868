"""Accounts that a provider signs in."""

from alembic import op

from layers.store.schema import identity

revision, down_revision = "16", "15"


def upgrade() -> None:
    """Add the table; until now every account had a password here."""
    identity.create(op.get_bind())


def downgrade() -> None:
    """Drop the table: whoever came by a provider is a stranger again, with an account that no password opens."""
    identity.drop(op.get_bind())
