"""What people changed about the gazetteer; the index of totals leads to each level and measure in the order of areas."""

from alembic import op

from layers.store.schema import care, total

revision, down_revision = "3", "2"


def upgrade() -> None:
    """Add the table and order the index anew."""
    care.create(op.get_bind())
    for index in total.indexes:
        index.drop(op.get_bind(), checkfirst=True)
        index.create(op.get_bind())


def downgrade() -> None:
    """Drop the table; the index serves the older schema as well."""
    care.drop(op.get_bind())
