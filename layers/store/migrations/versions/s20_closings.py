"""Sums that stand closed, the course of each case, and indexes that lead to days: states of today in a store with years behind it."""

from alembic import op

from layers.store import courses, row_security
from layers.store.schema import closed, closing, course, placement, total

revision, down_revision = "20", "19"
NEW = [
    index
    for table in (total, placement)
    for index in table.indexes
    if index.name in ("ix_total_day", "ix_placement_found")
]


def upgrade() -> None:
    """Add tables and indexes and tell every course; the first batch that finds enough written closes it off."""
    connection = op.get_bind()
    for table in (closing, closed, course):
        table.create(connection)
    for index in NEW:
        index.create(connection, checkfirst=True)  # a store of before step 3 has them from there
    courses.tell(connection)
    row_security.secure_table(connection, course.name)


def downgrade() -> None:
    """Drop them: all of it is made of what stays."""
    connection = op.get_bind()
    for index in NEW:
        index.drop(connection, checkfirst=True)
    for table in (course, closed, closing):
        table.drop(connection)
