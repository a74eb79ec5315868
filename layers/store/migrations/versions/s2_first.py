"""The first schema that can be brought up: a store of it exists already, and nothing leads to it or below."""

from layers._errors import StoreError

revision, down_revision = "2", None


def upgrade() -> None:
    """Nobody takes this step: new stores are made whole."""
    raise StoreError("a new store is made whole, not step by step; there is no step to schema 2")


def downgrade() -> None:
    """There is nothing below."""
    raise StoreError("there is no schema before 2 to go back to")
