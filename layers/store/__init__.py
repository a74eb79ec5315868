"""The one place that opens the database."""

from layers.store.database import Store
from layers.store.opening import open_store

__all__ = ["Store", "open_store"]
