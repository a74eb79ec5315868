"""The one place that opens the database."""

from layers.store.database import Store, open_store

__all__ = ["Store", "open_store"]
