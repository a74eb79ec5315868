"""The receipt of a delivery: what was read, what became of it, and every row that could not go in."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd
from sqlalchemy import Select, insert, select

from layers._times import from_ms
from layers.intake.telling import tells
from layers.store import Store
from layers.store.schema import batch, rejection
from layers.store.writing import Batch

SHOWN = 200  # rows listed in the JSON receipt; the store keeps all of them
LONG_NUMBER = re.compile(r"\d(?:[ -]?\d){10,}[Xx]?")  # of a telephone or an identity
MASK = "***"  # a personal value is never repeated in a receipt


@dataclass(frozen=True)
class RowNote:
    """One value of one row that was refused, or kept with a warning."""

    row: int
    column: str
    found: str
    wanted: str
    zh: str
    en: str


@dataclass
class Receipt:
    """What an import did. Grows while the import runs; `as_json` is filed with the batch."""

    feed: str
    source: str
    file: str
    sha256: str
    datum: str | None = None
    batch: int | None = None
    known_at: int | None = None
    dry_run: bool = False
    repeated: int | None = None  # the batch that already holds this very file
    rows_read: int = 0
    rows_rejected: int = 0
    outcomes: dict[str, Counter[str]] = field(default_factory=dict)  # table -> new, changed, unchanged, older
    withdrawn: int = 0
    duplicates: int = 0  # rows that repeat an earlier row of the same file
    matched: Counter[str] = field(default_factory=Counter)  # "accepted/inside" -> persons
    rejected: list[RowNote] = field(default_factory=list)
    warned: list[RowNote] = field(default_factory=list)
    notices: list[dict[str, str]] = field(default_factory=list)  # about the whole delivery: {"zh", "en"}
    datum_evidence: dict[str, Any] = field(default_factory=dict)
    judge: dict[str, Any] = field(default_factory=dict)  # who told matches apart: `matching.Gazetteer.reliability`
    ignored_columns: list[str] = field(default_factory=list)
    dropped_columns: list[str] = field(default_factory=list)  # personal columns that are never kept
    lag_hours_median: float | None = None
    seconds: float = 0.0
    actor: str = ""  # who handed it in
    counts: dict[str, int] = field(default_factory=dict)  # status -> change of the persons now in it, in the whole city

    def count(self, outcome: str) -> int:
        """Return versions with this outcome over all tables."""
        return sum(counts[outcome] for counts in self.outcomes.values())

    @property
    def changed_anything(self) -> bool:
        """True when the store holds something that it did not hold before."""
        return bool(self.count("new") + self.count("changed") + self.withdrawn)

    def note(self, zh: str, en: str) -> None:
        """Add a notice about the delivery as a whole."""
        self.notices.append({"zh": zh, "en": en})

    def as_json(self) -> dict[str, Any]:
        """Return plain data: counts, reasons, the first rows of each list, and where the rest is kept."""
        plain = {
            k: v for k, v in vars(self).items() if k not in ("rejected", "warned", "matched", "outcomes", "known_at")
        }
        return plain | {
            "known_at": from_ms(self.known_at).isoformat() if self.known_at else None,
            "rows": {name: self.count(name) for name in ("new", "changed", "unchanged", "older")},
            "tables": {name: dict(counts) for name, counts in self.outcomes.items()},
            "matched": dict(sorted(self.matched.items())),
            "rejected_by_reason": _reasons(self.rejected),
            "warned_by_reason": _reasons(self.warned),
            "rejected": [asdict(note) for note in self.rejected[:SHOWN]],
            "warned": [asdict(note) for note in self.warned[:SHOWN]],
            "lists_shortened": len(self.rejected) > SHOWN or len(self.warned) > SHOWN,
        }

    def lines(self, lang: str = "en") -> list[str]:
        """Return the receipt in a few lines for a terminal."""
        if self.repeated:
            words = {
                "zh": f"{self.file}：批次 {self.repeated} 已收到同一文件，未作任何改动",
                "en": f"{self.file}: the same file is batch {self.repeated} already; nothing changes",
            }
            return [words[lang]]
        rows = ", ".join(f"{self.count(name):,} {name}" for name in ("new", "changed", "unchanged", "older"))
        out = [
            f"{self.file} -> {self.feed}{' (dry run, nothing written)' if self.dry_run else f' (batch {self.batch})'}: {self.rows_read:,} rows read; facts: {rows}; {self.rows_rejected:,} rejected, {len(self.warned):,} warnings"
        ]
        if self.matched:
            out.append("  matched: " + ", ".join(f"{name} {n:,}" for name, n in sorted(self.matched.items())))
        out += [f"  ! {notice[lang]}" for notice in self.notices]
        for title, notes in (("rejected", self.rejected), ("warned", self.warned)):
            out += [f"  {title} {n:,} x {reason}" for reason, n in _reasons(notes).items()]
            out += [
                f"    {self.file} row {n.row}, column {n.column}: found {n.found!r}, wanted {n.wanted}"
                for n in notes[:5]
            ]
        return out


def file_notes(opened: Batch, receipt: Receipt) -> None:
    """Keep every refused and warned row with the batch."""
    kinds = (("rejected", receipt.rejected), ("warned", receipt.warned))
    rows = [{"batch": opened.id, "kind": kind, **asdict(note)} for kind, notes in kinds for note in notes]
    if rows:
        opened.connection.execute(insert(rejection), rows)


def notes_of(number: int) -> Select[Any]:
    """Return the select of all notes of a batch."""
    return select(rejection).where(rejection.c.batch == number).order_by(rejection.c.id)


def filed(store: Store, number: int) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    """Return the receipt of a batch as it was filed, and all its notes by kind, each with its row None where it is of no row."""
    told = dict(store.read(select(batch.c.receipt).where(batch.c.id == number))["receipt"][0])
    rows = store.read(notes_of(number)).astype(object)
    rows = rows.where(rows.notna(), None)
    names = list(RowNote.__dataclass_fields__)
    kinds = {kind: rows.loc[rows["kind"] == kind, names] for kind in ("rejected", "warned")}
    return told, {kind: [dict(zip(names, row, strict=True)) for row in some.values] for kind, some in kinds.items()}


def batches(limit: int = 500) -> Select[Any]:
    """Return the select of the newest batches, newest first."""
    return select(batch).order_by(batch.c.id.desc()).limit(limit)


def shown(value: Any, personal: bool, *, of_person: bool = False) -> str:
    """Return a value as a receipt may repeat it; of a column about persons none that holds a long number: a row may have slipped."""
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return ""
    text = str(value)
    slipped = of_person and (LONG_NUMBER.search(text) or tells(text))
    return MASK if personal or slipped else text[:80]


def _reasons(notes: list[RowNote]) -> Mapping[str, int]:
    return dict(Counter(f"{note.column}: {note.en}" for note in notes).most_common())
