"""Take the records of persons who are destroyed out of what deliveries, undos and decisions noted: reasons and counts stay.

A note says which value of which row was wrong; of a destroyed person it says neither the value nor the number of the record any more.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, or_, select, update

from layers.intake.receipt import MASK
from layers.store.schema import batch, person, person_status, rejection, withdrawal
from layers.store.undone import UNDO
from layers.store.writing import KEYS_A_QUERY, chunks

PAGE = 2_000  # notes or receipts at a time
TWINS = "one id a person; also known as "  # and the other ids, as `persons.warn_of_twins` writes it


@dataclass(frozen=True)
class Forgotten:
    """What was taken out: notes and receipts that were changed; and how many of the persons each batch had brought something about."""

    notes: int
    receipts: int
    of: dict[int, int]


def forget(connection: Connection, kind: str, feed: str, subjects: Collection[str]) -> Forgotten:
    """Take out what is noted of persons, in the transaction that destroys them and before it does: their versions say which rows were theirs."""
    theirs = _Theirs.of(connection, kind, subjects)
    notes = _notes(connection, feed, theirs)
    return Forgotten(notes, _receipts(connection, feed, theirs), theirs.persons)


@dataclass(frozen=True)
class _Theirs:
    """The records of some persons: their numbers, and the rows of deliveries that were taken in as theirs."""

    kind: str
    subjects: frozenset[str]
    rows: frozenset[tuple[int, int]]  # batch, row
    persons: dict[int, int]  # batch -> how many of them

    @classmethod
    def of(cls, connection: Connection, kind: str, subjects: Collection[str]) -> "_Theirs":
        rows, persons = set(), defaultdict(set)
        for some in chunks(sorted(subjects), KEYS_A_QUERY):
            for table in (person, person_status, withdrawal):
                query = select(table.c.batch, table.c.row, table.c.subject)
                query = query.where(table.c.kind == kind, table.c.subject.in_(some))
                for number, row, subject in connection.execute(query):
                    rows.add((number, row))
                    persons[number].add(subject)
        return cls(kind, frozenset(subjects), frozenset(rows), {one: len(found) for one, found in persons.items()})

    def masked(self, number: int, row: int | None, found: str | None, wanted: str | None) -> tuple[str, str]:
        """Return what a note may say of the value found and of what was wanted."""
        found, wanted = found or "", wanted or ""
        if found and (found in self.subjects or (number, row) in self.rows):
            found = MASK
        if wanted.startswith(TWINS):
            ids = wanted.removeprefix(TWINS).split(", ")
            wanted = TWINS + ", ".join(MASK if one in self.subjects else one for one in ids)
        return found, wanted

    def are_about(self, key: str) -> bool:
        """Whether the key of a record is of one of them: case:1, case:1|confirmed, case:severity:1|..."""
        kind, _, rest = key.partition(":")
        parts = [one.split("|") for one in (rest, rest.removeprefix("severity:"))]
        begins = ("|".join(some[:n]) for some in parts for n in range(1, len(some) + 1))
        return kind == self.kind and any(one in self.subjects for one in begins)


def _notes(connection: Connection, feed: str, theirs: _Theirs) -> int:
    columns = (rejection.c.id, rejection.c.batch, rejection.c.row, rejection.c.found, rejection.c.wanted)
    query = select(*columns).join(batch).where(batch.c.feed == feed)
    change = update(rejection).where(rejection.c.id == bindparam("note"))
    change = change.values(found=bindparam("new_found"), wanted=bindparam("new_wanted"))
    done = 0
    for page in _pages(connection, query, rejection.c.id):
        new = [(one, theirs.masked(one.batch, one.row, one.found, one.wanted)) for one in page]
        changed = [(one, said) for one, said in new if said != (one.found or "", one.wanted or "")]
        if changed:
            values = [{"note": one.id, "new_found": said[0], "new_wanted": said[1]} for one, said in changed]
            connection.execute(change, values)
        done += len(changed)
    return done


def _receipts(connection: Connection, feed: str, theirs: _Theirs) -> int:
    about = or_(and_(batch.c.kind.in_(("import", UNDO)), batch.c.feed == feed), batch.c.kind == "review")
    change = (
        update(batch)
        .where(batch.c.id == bindparam("number"))
        .values(receipt=bindparam("told", type_=batch.c.receipt.type))
    )
    done = 0
    for page in _pages(connection, select(batch.c.id, batch.c.receipt).where(about), batch.c.id):
        new = [{"number": one.id, "told": _told(one.id, one.receipt, theirs)} for one in page]
        changed = [said for one, said in zip(page, new, strict=True) if said["told"] != one.receipt]
        if changed:
            connection.execute(change, changed)
        done += len(changed)
    return done


def _told(number: int, receipt: dict[str, Any], theirs: _Theirs) -> dict[str, Any]:
    """A receipt without them: the first notes of a delivery, the records that an undo left as they are, the person of a decision."""
    out = dict(receipt)
    for name in ("rejected", "warned"):
        if name in receipt:
            out[name] = [_note(number, one, theirs) for one in receipt[name]]
    if "kept" in receipt:
        out["kept"] = [one | {"key": MASK} if theirs.are_about(one["key"]) else one for one in receipt["kept"]]
    if theirs.are_about(str(receipt.get("key") or "")):
        out["key"] = MASK
    return out


def _note(number: int, note: dict[str, Any], theirs: _Theirs) -> dict[str, Any]:
    found, wanted = theirs.masked(number, note["row"], note["found"], note["wanted"])
    return note | {"found": found, "wanted": wanted}


def _pages(connection: Connection, query: Select[Any], id_: Any) -> Iterator[list[Row[Any]]]:
    """The rows of a query by their id, a page at a time: what was read may be written before the next."""
    after = -1
    while page := list(connection.execute(query.where(id_ > after).order_by(id_).limit(PAGE))):
        yield page
        after = page[-1].id
