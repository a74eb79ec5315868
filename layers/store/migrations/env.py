"""What Alembic runs for each step: on the connection of whoever opened the store, in its transaction."""

from alembic import context

from layers.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by writing it anew
)
context.run_migrations()
