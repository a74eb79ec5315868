"""What reviewers decided, as lessons for the judge of addresses: this address means this compound, or none of them."""

from typing import NamedTuple

from sqlalchemy import Connection, and_, func, select

from layers.intake.places import believed
from layers.store.database import Store
from layers.store.schema import AUTO, FOREVER, batch, district, person, placement


class Lesson(NamedTuple):
    """One address a person decided about; `compound_id` None: none of the gazetteer's."""

    address: str
    district: str | None
    compound_id: str | None


def lessons(connection: Connection) -> list[Lesson]:
    """Return the decisions of reviewers that are believed now and rest on an address, one for each address and answer.

    A decision that was undone, or whose grounds changed, is none; a merged compound's have moved to its survivor.
    """
    joined = placement.join(person, and_(person.c.key == placement.c.key, person.c.known_until == FOREVER))
    columns = (person.c.address, person.c.district_stated, placement.c.compound)
    query = select(*columns).select_from(joined).order_by(placement.c.key)
    rows = Store.frame(connection, query.where(placement.c.known_until == FOREVER, placement.c.decided_by != AUTO))
    named = believed(connection, district, "code", "name")
    titles = dict(zip(named["code"], named["name"], strict=True))
    found = [
        Lesson(address, titles.get(stated, stated) or None, code or None)
        for address, stated, code in zip(rows["address"], rows["district_stated"], rows["compound"], strict=True)
        if address
    ]
    return list(dict.fromkeys(found))


def taught(connection: Connection) -> int:
    """Return the number of the newest batch of a decision or its undoing, 0 for none: equal numbers, equal lessons."""
    query = select(func.max(batch.c.id)).where(batch.c.kind == "review")
    return connection.execute(query).scalar() or 0
