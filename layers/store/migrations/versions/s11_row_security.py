"""Which rows about persons a server gives to a transaction."""

from alembic import op

from layers.store import row_security

revision, down_revision = "11", "10"


def upgrade() -> None:
    """Add the paths of areas and the policies; nothing in SQLite."""
    row_security.secure(op.get_bind())


def downgrade() -> None:
    """Take them out: every connection reads every row again."""
    row_security.release(op.get_bind())
