"""Persons whom a source takes back, and the reports of them that come too late."""

from collections import Counter

import pandas as pd
from sqlalchemy import select

from layers.intake.receipt import Receipt
from layers.store.schema import FOREVER, person, person_status, placement, withdrawal
from layers.store.writing import KEYS_A_QUERY, Batch, chunks

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

        rows  `_row`, `withdrawn`, `reported_at` (ms, NaN: when the delivery was known) and the id column
        """
        told = list(zip(rows["reported_at"].fillna(self._opened.known_from).astype("int64"), rows["_row"], strict=True))
        gone = rows["withdrawn"].eq(True)
        withdrawn = self._withdraw([(s, t) for s, t, g in zip(rows[self._id], told, gone, strict=True) if g])
        older = pd.Series(
            [s in self._held and t < self._held[s] for s, t in zip(rows[self._id], told, strict=True)],
            index=rows.index,
            dtype=bool,
        )
        self._count_older(int((older & ~gone).sum()))
        kept = rows[~gone & ~older].reset_index(drop=True)
        self._reinstate(sorted(set(kept[self._id]) & self._held.keys()))
        return kept, withdrawn

    def _withdraw(self, told: list[tuple[str, tuple[int, int]]]) -> list[str]:
        newest: Told = {}
        for subject, when in sorted(told, key=lambda pair: pair[1]):
            newest[subject] = when
        believed = self._believed(sorted(newest))
        late = {subject for subject, (at, _) in newest.items() if believed.get(subject, at) > at}
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

    def _believed(self, subjects: list[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for some in chunks(subjects, KEYS_A_QUERY):
            query = select(person.c.subject, person.c.reported_at).where(
                person.c.subject.in_(some), person.c.kind == self._kind, person.c.known_until == FOREVER
            )
            found |= dict(map(tuple, self._opened.connection.execute(query)))
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
