"""Persons whom a source takes back, and the reports of them that come too late."""

from collections import Counter

import pandas as pd
from sqlalchemy import select

from layers.intake.receipt import Receipt, RowNote
from layers.store.schema import FOREVER, person, person_status, placement, withdrawal
from layers.store.writing import KEYS_A_QUERY, Batch, chunks

Believed = tuple[int, str, str | None]  # newest report, source, digest of the identity number
Told = dict[str, tuple[int, int]]  # subject -> when its source wrote it, row


class Withdrawals:
    """Applies the withdrawals of one delivery of persons; of a withdrawal and a report the later stands."""

    def __init__(self, opened: Batch, kind: str, id_column: str, receipt: Receipt) -> None:
        self._opened, self._kind, self._id, self._receipt = opened, kind, id_column, receipt
        query = select(withdrawal.c.subject, withdrawal.c.reported_at).where(
            withdrawal.c.kind == kind, withdrawal.c.known_until == FOREVER
        )
        self._held: Told = {subject: (at, 0) for subject, at in opened.connection.execute(query)}

    def take(self, rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
        """Return the rows that go in, and the subjects that were withdrawn.

        rows  `_row`, `withdrawn`, `reported_at` (ms, NaN: when the delivery was known), `id_number` (digest), the id column
        """
        told = list(zip(rows["reported_at"].fillna(self._opened.known_from).astype("int64"), rows["_row"], strict=True))
        gone = rows["withdrawn"].eq(True)
        cells = zip(rows[self._id], rows["id_number"], told, gone, strict=True)
        withdrawn = self._withdraw([(subject, identity, when) for subject, identity, when, is_gone in cells if is_gone])
        older = pd.Series(
            [s in self._held and t < self._held[s] for s, t in zip(rows[self._id], told, strict=True)],
            index=rows.index,
            dtype=bool,
        )
        self._count_older(int((older & ~gone).sum()))
        kept = rows[~gone & ~older].reset_index(drop=True)
        self._reinstate(sorted(set(kept[self._id]) & self._held.keys()))
        return kept, withdrawn

    def _withdraw(self, told: list[tuple[str, object, tuple[int, int]]]) -> list[str]:
        newest: Told = {}
        believed = self._believed(sorted({subject for subject, _, _ in told}))
        for subject, identity, when in sorted(told, key=lambda each: each[2]):
            if not self._refused(subject, identity, when[1], believed):
                newest[subject] = when
        late = {subject for subject, (at, _) in newest.items() if subject in believed and believed[subject][0] > at}
        self._count_older(len(late))
        subjects = sorted(newest.keys() - late)
        self._held |= {subject: newest[subject] for subject in subjects}
        self._close(subjects)
        rows = pd.DataFrame(
            {
                "key": [f"{self._kind}:{subject}" for subject in subjects],
                "row": [newest[subject][1] for subject in subjects],
                "kind": self._kind,
                "subject": subjects,
                "happened_at": [newest[subject][0] for subject in subjects],
                "reported_at": [newest[subject][0] for subject in subjects],
            }
        )
        if subjects:
            self._opened.put(withdrawal, rows)
        return subjects

    def _refused(self, subject: str, identity: object, row: int, believed: dict[str, Believed]) -> bool:
        """Another source may take a record back only when it names the same identity number."""
        _, source, known = believed.get(subject, (0, self._opened.source, None))
        if source == self._opened.source or (known is not None and identity == known):
            return False
        self._receipt.rejected.append(
            RowNote(row, self._id, subject, f"a withdrawal by {source}, or the person's identity number",
                    f"该记录由来源“{source}”登记，只能由其撤回，或注明同一证件号", f"{source} reported this person")
        )  # fmt: skip
        return True

    def _believed(self, subjects: list[str]) -> dict[str, Believed]:
        found: dict[str, Believed] = {}
        columns = (person.c.subject, person.c.heard_at, person.c.source, person.c.person)
        for some in chunks(subjects, KEYS_A_QUERY):
            query = select(*columns).where(
                person.c.subject.in_(some), person.c.kind == self._kind, person.c.known_until == FOREVER
            )
            found |= {
                subject: (at, source, known) for subject, at, source, known in self._opened.connection.execute(query)
            }
        return found

    def _close(self, subjects: list[str]) -> None:
        keys = [f"{self._kind}:{subject}" for subject in subjects]
        self._receipt.withdrawn += self._opened.withdraw(person, "key", keys)
        self._opened.withdraw(placement, "key", keys)
        for some in chunks(subjects, KEYS_A_QUERY):
            query = select(person_status.c.key).where(
                person_status.c.subject.in_(some),
                person_status.c.kind == self._kind,
                person_status.c.known_until == FOREVER,
            )
            steps = [key for (key,) in self._opened.connection.execute(query)]
            self._opened.withdraw(person_status, "key", steps)

    def _reinstate(self, subjects: list[str]) -> None:
        if not subjects:
            return
        self._opened.withdraw(withdrawal, "key", [f"{self._kind}:{subject}" for subject in subjects])
        for subject in subjects:
            del self._held[subject]
        self._receipt.note(
            f"{len(subjects)} 人曾被来源撤回，本次以更晚的报告重新登记",
            f"{len(subjects)} persons had been withdrawn and are back, on later reports",
        )

    def _count_older(self, count: int) -> None:
        if count:
            self._receipt.outcomes.setdefault("withdrawal", Counter())["older"] += count
