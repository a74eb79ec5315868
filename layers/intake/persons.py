"""Persons of a delivery: drop what must not be kept, place them in compounds, and keep the totals true."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from sqlalchemy import Table, and_, select

from geo.address_match import AddressAnswer
from geo.match import UNCONFIRMED
from layers.intake.datum_evidence import Witness
from layers.intake.matching import Gazetteer
from layers.intake.places import DistrictBook
from layers.intake.receipt import Receipt, RowNote
from layers.intake.telling import is_identity
from layers.store import Store, closing, courses, totals
from layers.store.schema import AUTO, FOREVER, person, person_status, placement
from layers.store.writing import KEYS_A_QUERY, Batch, chunks, constants

TWICE = (
    "the identity number is known under another id: maybe counted twice"  # a note for those who answer for the counts
)
WAS = "\x01"  # in front of a subject: the same person as believed before; no text that was read holds it
GROUNDS = ("address", "lon", "lat", "district_stated")  # what a placement rests on
PERSONS_A_COUNT = KEYS_A_QUERY
WEIGHED = (
    600  # addresses of a chunk that are read before it is written, to see whether its points lie in the stated frame
)
PLACES = ["subject", "compound", "district", "street", "building"]
STEPS = ["subject", "dimension", "value", "happened_at"]


@dataclass(frozen=True)
class Register:
    """Places the persons of one kind within an open batch."""

    kind: str  # case | contact | fever
    book: DistrictBook
    gazetteer: Gazetteer
    receipt: Receipt
    witness: Witness | None
    _answers: dict[tuple[str, str], AddressAnswer] = field(default_factory=dict)  # read before, by address and district

    def weigh(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return rows of the feed as they may be written: without positions where these refute the stated frame.

        A wrong position that is kept would place its person again at the next delivery or rematch.
        """
        self._answers.clear()
        witness, points = self.witness, int(rows["lon"].notna().sum())
        if witness is None or not witness.stated or not points:
            return rows
        self._hear(rows, witness)  # every chunk: a file may change its frame half-way
        if not witness.refuted:
            witness.let_in += points
            return rows
        return rows.assign(lon=np.nan, lat=np.nan)

    def _hear(self, rows: pd.DataFrame, witness: Witness) -> None:
        """Let some rows with address and point, spread over the chunk, bear witness."""
        lon, lat = rows["lon"].to_numpy(float), rows["lat"].to_numpy(float)
        codes = np.array([self.book.code(d) or "" for d in rows["district"]], dtype=object)
        witness.in_districts(lon, lat, codes, self.book)
        both = rows[rows["lon"].notna() & rows["address"].notna()].drop_duplicates(["address", "district"])
        some = both.iloc[:: max(1, -(-len(both) // WEIGHED))]
        if len(some) and self.gazetteer.size:
            names = self._districts(some["district"].fillna("").to_numpy(object))
            read = self._read(pd.DataFrame({"subject": "", "address": some["address"], "district_name": names}), None)
            at = self.gazetteer.anchors(read)
            witness.anchors(some["lon"].to_numpy(float), some["lat"].to_numpy(float), *at)

    def place(self, opened: Batch, persons: pd.DataFrame, progress: Callable[[int, int], None] | None = None) -> None:
        """Match persons (store columns of `person`) and write where each belongs.

        What a reviewer decided stands as long as address, point and district of the person are what they were.
        """
        persons = persons[~persons["key"].isin(_decided_and_same(opened, persons)).to_numpy()]
        if persons.empty:
            return
        opened.replace(placement, self.placed(persons, progress))

    def placed(self, persons: pd.DataFrame, progress: Callable[[int, int], None] | None = None) -> pd.DataFrame:
        """Return the rows of `placement` that say where each person belongs."""
        stated = persons["district_stated"].fillna("").to_numpy(object)
        code = np.array([self.book.code(s) or "" for s in stated], dtype=object)
        lon, lat = persons["lon"].to_numpy(float), persons["lat"].to_numpy(float)
        by_point = self.book.at(lon, lat)
        asked = pd.DataFrame(
            {
                "subject": persons["subject"].to_numpy(object),
                "address": persons["address"].fillna("").to_numpy(object),
                "lon": lon,
                "lat": lat,
                "district_name": self._districts(stated),
                "district_code": np.where(code != "", code, by_point),
            }
        )
        read = self._read(asked, progress)
        placed = self.gazetteer.place(asked, read, self.witness.frame_sure if self.witness else UNCONFIRMED)
        self.receipt.matched.update(f"{s}/{m}" for s, m in zip(placed["status"], placed["method"], strict=True))
        return placed.assign(
            key=persons["key"].to_numpy(object),
            row=persons["row"].to_numpy(),
            reported_at=persons["reported_at"].to_numpy(),
            **constants(placed, {"kind": self.kind, "decided_by": AUTO, "happened_at": 0}),
        )

    def _districts(self, stated: np.ndarray) -> list[str]:
        """The official names of the districts stated; what is no district stays as it is written."""
        return [self.book.titles.get(self.book.code(s) or "", s) for s in stated]

    def _read(self, asked: pd.DataFrame, progress: Callable[[int, int], None] | None) -> list[AddressAnswer]:
        """What each address means; those read before are not read again."""
        keys = list(zip(asked["address"], asked["district_name"], strict=True))
        new = [at for at, key in enumerate(keys) if key not in self._answers]
        if new:
            found = self.gazetteer.read(asked.iloc[new], progress)
            self._answers.update(zip((keys[at] for at in new), found, strict=True))
        return [self._answers[key] for key in keys]


def recount(opened: Batch, kind: str, subjects: list[str]) -> None:
    """Write into the totals what an open batch changed for these persons: what they gave before it, and what they give now."""
    for some in chunks(sorted(set(subjects)), PERSONS_A_COUNT):
        if kind == courses.KIND:
            courses.tell(opened.connection, some)
        steps = [_versions(opened, person_status, STEPS, kind, some, before=past) for past in (True, False)]
        places = [_versions(opened, placement, PLACES, kind, some, before=past) for past in (True, False)]
        places[0]["subject"], steps[0]["subject"] = WAS + places[0]["subject"], WAS + steps[0]["subject"]
        signed = [found.assign(sign=sign) for found, sign in zip(places, (-1, 1), strict=True)]
        totals.write(opened, totals.increments(*(pd.concat(found, ignore_index=True) for found in (steps, signed))))
    closing.close_if_due(opened)


def without_identity(ids: pd.Series, blind: Callable[[str], str], joined: bool) -> pd.Series:
    """Return ids; one that is an identity number itself, or was `joined` of an address, becomes its blind index: what it says is not kept."""

    def veiled(id: object) -> object:
        if not isinstance(id, str) or not (joined or is_identity(id)):
            return id
        text = id if joined else unicodedata.normalize("NFKC", id)  # full-width digits are the same number
        return f"P{blind(text.upper())}"

    return ids.map(veiled)


def refuse_strangers(opened: Batch, kind: str, id_column: str, rows: pd.DataFrame, receipt: Receipt) -> pd.DataFrame:
    """Return rows without those whose id belongs to another person: in this file, or as another source reported it.

    Two persons are told apart by the digests of their identity numbers; where one is missing, the id is believed. A source
    that corrects the number of its own record is believed, and the row is named.
    """
    first: dict[str, tuple[str, int]] = {}
    cells = list(zip(rows["_row"], rows[id_column], rows["id_number"], strict=True))
    for row, name, identity in cells:
        if isinstance(identity, str):
            first.setdefault(name, (identity, row))
    known = _identities(opened, kind, sorted(first))
    kept = [_is_one(cell, first, known, opened.source, id_column, receipt) for cell in cells]
    return rows if all(kept) else rows[kept].reset_index(drop=True)


def _is_one(
    cell: tuple[int, str, object],
    first: dict[str, tuple[str, int]],
    known: dict[str, tuple[str, str]],
    own: str,
    column: str,
    receipt: Receipt,
) -> bool:
    """Whether a row may go in under its id; what is refused or doubtful is named in the receipt."""
    row, name, identity = cell
    if not isinstance(identity, str):
        return True
    told, at = first[name]
    if identity != told:
        receipt.rejected.append(_not_one(row, column, name, f"第 {at} 行", f"row {at}"))
        return False
    before, source = known.get(name, (identity, own))
    if before == identity:
        return True
    note = _not_one(row, column, name, f"来源“{source}”", f"the source {source}")
    (receipt.warned if source == own else receipt.rejected).append(note)
    return source == own


def _not_one(row: int, column: str, name: str, zh: str, en: str) -> RowNote:
    wanted = "one person an id; make ids of your own, for example with [join] in the profile"
    return RowNote(int(row), column, str(name), wanted, f"{zh}以该编号登记了另一证件号", f"{en} has another identity number under this id")  # fmt: skip


def _identities(opened: Batch, kind: str, subjects: list[str]) -> dict[str, tuple[str, str]]:
    """Subject -> digest of the identity number and source, of believed persons that have one."""
    found: dict[str, tuple[str, str]] = {}
    for some in chunks(subjects, KEYS_A_QUERY):
        query = select(person.c.subject, person.c.person, person.c.source).where(
            person.c.subject.in_(some),
            person.c.kind == kind,
            person.c.known_until == FOREVER,
            person.c.person.is_not(None),
        )
        found |= {subject: (identity, source) for subject, identity, source in opened.connection.execute(query)}
    return found


def warn_of_twins(opened: Batch, persons: pd.DataFrame, receipt: Receipt) -> None:
    """Name rows whose identity number is known under another id of the same kind: one person may be counted twice."""
    rows = persons[persons["person"].notna()]
    for at in range(0, len(rows), KEYS_A_QUERY):
        some = rows.iloc[at : at + KEYS_A_QUERY]
        query = select(person.c.person, person.c.subject).where(
            person.c.person.in_(some["person"].tolist()),
            person.c.kind == some["kind"].iloc[0],
            person.c.known_until == FOREVER,
        )
        ids: defaultdict[str, set[str]] = defaultdict(set)
        for identity, subject in opened.connection.execute(query):
            ids[identity].add(subject)
        for row, subject, identity in zip(some["row"], some["subject"], some["person"], strict=True):
            if twins := sorted(ids[identity] - {subject}):
                receipt.warned.append(
                    RowNote(int(row), "id_number", subject, f"one id a person; also known as {', '.join(twins[:3])}",
                            "同一证件号以另一编号登记，可能重复计数", TWICE)
                )  # fmt: skip


def _decided_and_same(opened: Batch, persons: pd.DataFrame) -> set[str]:
    """Keys of persons whom a reviewer placed and whose grounds are those of the version that this batch has closed."""
    found: set[str] = set()
    for some in chunks(persons["key"].tolist(), KEYS_A_QUERY):
        decided = select(placement.c.key).where(
            placement.c.key.in_(some), placement.c.known_until == FOREVER, placement.c.decided_by != AUTO
        )
        keys = [key for (key,) in opened.connection.execute(decided)]
        old = select(person.c.key, *(person.c[name] for name in GROUNDS))
        old = old.where(person.c.key.in_(keys), person.c.known_until == opened.known_from)
        rows = Store.frame(opened.connection, old).set_index("key")
        new = persons.set_index("key")[list(GROUNDS)].reindex(rows.index)
        same = ((rows == new) | (rows.isna() & new.isna())).all(axis=1)
        found |= set(rows.index[same])
    return found


def digest(numbers: pd.Series, blind: Callable[[str], str]) -> pd.Series:
    """Return the blind index of identity numbers: the same person is found again, the number is not kept."""
    return numbers.map(lambda n: blind(n.upper()) if isinstance(n, str) else None)


def _versions(
    opened: Batch, table: Table, columns: list[str], kind: str, subjects: list[str], *, before: bool
) -> pd.DataFrame:
    """Versions believed when the batch was opened, or those believed now."""
    past = and_(table.c.known_from < opened.known_from, table.c.known_until >= opened.known_from)
    query = select(*(table.c[name] for name in columns)).where(
        table.c.subject.in_(subjects), table.c.kind == kind, past if before else table.c.known_until == FOREVER
    )
    found = opened.connection.execute(query).fetchall()
    values = zip(*found, strict=True) if found else ([] for _ in columns)
    return pd.DataFrame({name: pd.Series(list(v), dtype=object) for name, v in zip(columns, values, strict=True)})
