"""What every open screen asks each second: has anything changed, and which kind of thing. One short read."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from layers._times import from_ms
from layers.store import alerts, takings
from layers.store.database import Store
from layers.store.schema import ORDER_KINDS, UNREAD, batch, saved_view


@dataclass(frozen=True)
class Beat:
    """The state of the store in a few words; what differs between two beats has changed.

    revision  number of the last batch
    facts     number of the last batch that a plan, a layer or a count reads
    orders    number of the last batch about orders
    alerts    text that differs when a rule or an alert does, or rows that wait for a second person
    saved     text that differs when a saved view or a named assumption does
    """

    known_at: datetime
    revision: int
    facts: int
    orders: int
    alerts: str
    saved: str


def beat(store: Store) -> Beat:
    """Return how the store stands now."""
    # Orders that a plan reads change that plan as well, so they count as both.
    read = batch.c.kind.not_in(UNREAD)
    ordered = batch.c.kind.in_(("order", *ORDER_KINDS))
    parts = (
        select(func.max(batch.c.known_at)),
        select(func.max(batch.c.id)),
        select(func.max(batch.c.id)).where(read),
        select(func.max(batch.c.id)).where(ordered),
        select(func.count(saved_view.c.id)),
        select(func.max(saved_view.c.id)),
        select(func.max(saved_view.c.made_at)),
        select(func.max(batch.c.id)).where(batch.c.kind == "whatif"),
    )
    with store.snapshot() as connection:
        found = connection.execute(select(*(part.scalar_subquery() for part in parts))).one()
        version = f"{alerts.version(connection)}-{takings.version(connection)}"
    known, *numbers = (int(n or 0) for n in found)
    revision, facts, given, *saved = numbers
    return Beat(from_ms(known), revision, facts, given, version, "-".join(map(str, saved)))
