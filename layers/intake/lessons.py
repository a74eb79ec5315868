"""What reviewers decided, as lessons for the judge of addresses: this address means this compound, or none of them."""

from sqlalchemy import Connection, and_, func, or_, select

from geo.address import without_tail
from geo.address_model import Lesson
from layers.intake.places import believed
from layers.store.database import Store
from layers.store.schema import AUTO, batch, district, person, placement


def lessons(connection: Connection, at: int) -> list[Lesson]:
    """Return the decisions of reviewers that were believed at `at` (ms) and rest on an address, one for each address and answer.

    Addresses that differ in building, unit and room alone are one, as they are for the person who decides about all of them at
    once: one lesson for each of these, district and answer. A decision that was undone by then, or whose grounds had changed, is none; a merged compound's have moved to its survivor.
    """
    then = [and_(table.c.known_from <= at, table.c.known_until > at) for table in (placement, person)]
    joined = placement.join(person, and_(person.c.key == placement.c.key, then[1]))
    columns = (person.c.address, person.c.district_stated, placement.c.compound)
    query = select(*columns).select_from(joined).order_by(placement.c.key)
    rows = Store.frame(connection, query.where(then[0], placement.c.decided_by != AUTO))
    named = believed(connection, district, "code", "name")
    titles = dict(zip(named["code"], named["name"], strict=True))
    found = [
        Lesson(without_tail(address), titles.get(stated, stated) or None, code or None)
        for address, stated, code in zip(rows["address"], rows["district_stated"], rows["compound"], strict=True)
        if address
    ]
    return list(dict.fromkeys(found))


def learned_at(connection: Connection) -> int:
    """Return up to when decisions are lessons unless all are asked for (ms), 0 for never.

    That is the newest batch that rematched or changed the gazetteer: a single decision asks for no other judge.
    """
    fits = or_(batch.c.kind.in_(("rematch", "care")), batch.c.feed == "compounds")
    return connection.execute(select(func.max(batch.c.known_at)).where(fits)).scalar() or 0


def latest(connection: Connection) -> int:
    """Return the knowledge time of the newest batch (ms), 0 for none."""
    return connection.execute(select(func.max(batch.c.known_at))).scalar() or 0
