"""What people did since a delivery about the things that change when it is taken back: orders given, the gazetteer changed."""

from collections.abc import Mapping, Sequence

import pandas as pd
from sqlalchemy import Connection, select

from layers.intake.unbatch_rows import Past, Turn
from layers.store.order_states import OPEN
from layers.store.schema import FOREVER, care, orders, person_status
from layers.store.writing import KEYS_A_QUERY, chunks

RESTS = ("what", "number", "subject", "name", "says", "by")  # what: order | care; number: of the order, or the batch
# Where the record of a table says what it is about, as orders name their subjects.
ABOUT = {"compound": "code", "hospital": "code", "bed": "hospital", "stock": "site", "handout": "site", "team": "team",
         "assessment": "compound", "control": "compound", "placement": "compound"}  # fmt: skip


def none() -> pd.DataFrame:
    """Return what is shown when nothing rests on a delivery."""
    return pd.DataFrame(columns=list(RESTS))


def found(connection: Connection, past: Past, turns: Mapping[str, Turn]) -> pd.DataFrame:
    """Return RESTS, one row an order still open, or a change of the gazetteer that stands, made since about what changes."""
    subjects: set[str] = set()
    for name, column in ABOUT.items():
        if name in turns:
            subjects |= _subjects(connection, turns[name], column)
    if not subjects:
        return none()
    rows = [*_orders(connection, past, subjects), *_care(connection, past, subjects)]
    return pd.DataFrame(rows, columns=list(RESTS)) if rows else none()


def owners(connection: Connection, keys: Sequence[str]) -> set[str]:
    """Return kind:subject of the persons whose statuses have these keys, whatever is believed of them now."""
    out: set[str] = set()
    for some in chunks(list(keys), KEYS_A_QUERY):
        query = select(person_status.c.kind, person_status.c.subject).where(person_status.c.key.in_(some))
        out |= {f"{kind}:{subject}" for kind, subject in connection.execute(query.distinct())}
    return out


def _subjects(connection: Connection, turn: Turn, column: str) -> set[str]:
    """What the changed records of a table are about, as they are now and as they will be."""
    out = {value for value in turn.back[column] if value}
    for some in chunks(sorted(turn.keys), KEYS_A_QUERY):
        query = select(turn.table.c[column]).where(turn.table.c.known_until == FOREVER, turn.table.c.key.in_(some))
        out |= {value for value in connection.execute(query.distinct()).scalars() if value}
    return out


def _orders(connection: Connection, past: Past, subjects: set[str]) -> list[tuple[str, ...]]:
    columns = (orders.c.number, orders.c.subject, orders.c.name, orders.c.action, orders.c.given_by)
    given = (orders.c.known_until == FOREVER, orders.c.state.in_(OPEN), orders.c.happened_at >= past.at)
    rows = connection.execute(select(*columns).where(*given).order_by(orders.c.number))
    return [("order", *map(_text, row)) for row in rows if row.subject.split("|")[0] in subjects]


def _care(connection: Connection, past: Past, subjects: set[str]) -> list[tuple[str, ...]]:
    columns = (care.c.batch, care.c.compound, care.c.name, care.c.kind, care.c.decided_by, care.c.others)
    standing = (care.c.known_until == FOREVER, care.c.stands, care.c.known_from > past.at)
    rows = connection.execute(select(*columns).where(*standing).order_by(care.c.batch))
    return [("care", *map(_text, row[:5])) for row in rows if {row.compound, *(row.others or [])} & subjects]


def _text(value: object) -> str:
    return "" if value is None else str(value)
