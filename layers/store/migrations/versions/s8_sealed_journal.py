"""The journal becomes a chain: each entry bears its number, the name of the key that sealed it, and its seal."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "8", "7"


def upgrade() -> None:
    """Add the columns; the entries that are there are sealed when the store is opened next, by the key of that place."""
    with op.batch_alter_table("journal") as table:
        table.add_column(sa.Column("seq", sa.BigInteger))
        table.add_column(sa.Column("sealed_by", sa.String))
        table.add_column(sa.Column("seal", sa.String))
    op.create_index("uq_journal_seq", "journal", ["seq"], unique=True)


def downgrade() -> None:
    """Drop the columns; the entries stay."""
    op.drop_index("uq_journal_seq", "journal")
    with op.batch_alter_table("journal") as table:
        for name in ("seq", "sealed_by", "seal"):
            table.drop_column(name)
