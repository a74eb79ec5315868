"""The first schema that can be brought up: a store of it exists already, and nothing leads to it or below."""

revision, down_revision = "2", None


def upgrade() -> None:
    """Nobody takes this step: new stores are made whole."""
    raise NotImplementedError("a new store is made from layers/store/schema.py")


def downgrade() -> None:
    """There is nothing below."""
    raise NotImplementedError("there is no schema before 2")
