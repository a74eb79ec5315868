"""What it means when one file names the same record twice."""

from collections import Counter

import pandas as pd

from layers.intake._feed import Feed, Part
from layers.intake.receipt import Receipt, RowNote
from layers.store.writing import contents, fact, own_columns

DIGITS = 8  # of a content's digest, enough to tell the hand-outs of one site, item and day apart


class Repeats:
    """Settles the repeated keys of one delivery, chunk after chunk."""

    def __init__(self, feed: Feed, receipt: Receipt) -> None:
        self._feed, self._receipt = feed, receipt
        self._seen: dict[tuple[int, str], tuple[int, str]] = {}
        self._numbers: Counter[str] = Counter()

    def settle(self, number: int, part: Part, rows: pd.DataFrame) -> pd.DataFrame:
        """Return rows with one row a key, in file order.

        Events without an id are told apart by their content, and equal ones are numbered. Of a person the later report
        stands, and what it leaves open is taken from the earlier ones. Of anything else the later report stands, of equal
        ones the first row, and the others are named in the receipt.
        """
        if part.number_repeats:
            return self._numbered(part, rows)
        if self._feed.placed:
            return self._latest(rows)
        return self._first(number, part, rows)

    def _numbered(self, part: Part, rows: pd.DataFrame) -> pd.DataFrame:
        digests = contents(rows, own_columns(fact(part.table)))
        keys = []
        for key, digest in zip(rows["key"], digests, strict=True):
            event = f"{key}|{digest[:DIGITS]}"
            self._numbers[event] += 1
            keys.append(event if self._numbers[event] == 1 else f"{event}|{self._numbers[event]}")
        return rows.assign(key=keys, content=digests)

    def _latest(self, rows: pd.DataFrame) -> pd.DataFrame:
        twice = rows["key"].duplicated(keep=False)
        if not twice.any():
            return rows
        several = rows[twice].sort_values("reported_at", kind="stable")
        merged = several.astype(object).groupby("key", sort=False).last().reset_index()  # the last that says something
        whole = dict.fromkeys(("row", "happened_at", "reported_at"), "int64")
        return pd.concat([rows[~twice].astype(object), merged[rows.columns]], ignore_index=True).astype(whole)

    def _first(self, number: int, part: Part, rows: pd.DataFrame) -> pd.DataFrame:
        rows = rows.assign(content=contents(rows, own_columns(fact(part.table))))
        rows = rows.sort_values(
            "reported_at", ascending=False, kind="stable"
        )  # the later report stands, else the first row
        keep = []
        for at, (key, row, digest) in enumerate(zip(rows["key"], rows["row"], rows["content"], strict=True)):
            first = self._seen.setdefault((number, key), (int(row), digest))
            keep.append(first[0] == row)
            if first[0] != row:
                self._repeated(part, rows.iloc[at], first, same=first[1] == digest)
        return rows[keep].sort_values("row", kind="stable").reset_index(drop=True)

    def _repeated(self, part: Part, row: pd.Series, first: tuple[int, str], *, same: bool) -> None:
        if same:
            self._receipt.duplicates += part is self._feed.parts[0] and len(self._feed.parts) == 1
            return
        note = RowNote(
            int(row["row"]),
            ",".join(part.key),
            "the same key",
            f"one row a key; row {first[0]} stands",
            "同一文件内主键重复且内容不同，保留较晚报告或首行",
            "the key stands twice with different content; the later report, else the first row, was kept",
        )
        (self._receipt.rejected if len(self._feed.parts) == 1 else self._receipt.warned).append(note)
