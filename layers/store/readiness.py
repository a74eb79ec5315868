"""Whether a store can be worked with: it answers, its schema is this program's, there is room on its disk, and when something last came."""

import shutil
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from layers._errors import StoreError
from layers._times import from_ms
from layers.store import migrations
from layers.store.database import Store
from layers.store.schema import batch


@dataclass(frozen=True)
class Readiness:
    """How a store stands.

    answers    the database answers                   current   its schema is the one of this program
    free       bytes on the disk of its file; None for a store on a server
    delivered  when the newest delivery became known; None where none ever came
    """

    answers: bool = False
    current: bool = False
    free: int | None = None
    delivered: datetime | None = None

    @property
    def ready(self) -> bool:
        """True when pages and programs can be served."""
        return self.answers and self.current


def readiness(store: Store) -> Readiness:
    """Return how the store stands; never raises for one that cannot be reached."""
    folder = store.cache
    free = shutil.disk_usage(folder.parent).free if folder is not None and folder.parent.is_dir() else None
    last = select(batch.c.known_at).where(batch.c.kind == "import").order_by(batch.c.known_at.desc()).limit(1)
    try:
        with store.snapshot() as connection:
            current = migrations.standing(connection) == migrations.HEAD
            known = connection.execute(last).scalar()
    except (DBAPIError, StoreError):
        return Readiness(free=free)
    return Readiness(True, current, free, None if known is None else from_ms(known))
