"""Records that a source may not touch: those that are known, and lie elsewhere than what the source is bound to."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from sqlalchemy import Table, select

from layers.intake._feed import Feed, Part
from layers.intake.places import DistrictBook
from layers.intake.receipt import Receipt, RowNote
from layers.store.schema import FOREVER, placement
from layers.store.writing import KEYS_A_QUERY, Batch, chunks, fact

Bounds = Mapping[str, Sequence[str]]  # column of a feed -> the values that a source is bound to


def refuse(
    opened: Batch, feed: Feed, rows: pd.DataFrame, bounds: Bounds, book: DistrictBook, receipt: Receipt
) -> pd.DataFrame:
    """Return the rows without those about a record that is known with another value in a bound column.

    What a row states itself was checked before. A person is also bound by the district that they were placed in. A column that is
    part of the record's key needs no look: another value would be another record.
    """
    theirs = pd.Series(False, index=rows.index)
    for name, values in bounds.items():
        allowed = {*values, *(book.code(value) or value for value in values)}
        for part in feed.parts:
            kept = next((ours for ours, of in part.columns.items() if of == name), "")
            if not kept or name in part.key or rows.empty:
                continue
            keys = pd.Series(keys_of(part, rows), index=rows.index)
            known = [_kept(opened, fact(part.table), kept, keys)]
            if feed.placed and name == "district":
                known.append(_kept(opened, placement, "district", keys))
            for believed in known:
                elsewhere = {key for key, value in believed.items() if value and value not in allowed}
                theirs |= keys.isin(elsewhere)
    receipt.rejected += [
        RowNote(int(row), feed.parts[0].key[0], "", f"a record of {_said(bounds)}", "该记录属于本来源范围之外，未改动", "the record lies outside what this source is bound to; it was not changed")
        for row in rows["_row"][theirs]
    ]  # fmt: skip
    return rows[~theirs].reset_index(drop=True) if theirs.any() else rows


def keys_of(part: Part, rows: pd.DataFrame) -> list[str]:
    """Return the keys of the records that rows of a feed are about, in one part of it."""
    named = (rows.get(as_written(name), rows[name]) for name in part.key)
    return [part.prefix + "|".join(key) for key in zip(*(values.map(_text) for values in named), strict=True)]


def as_written(column: str) -> str:
    """Return the column that keeps what a row wrote before it was replaced by the code that stands for it."""
    return f"_written_{column}"


def _kept(opened: Batch, table: Table, column: str, keys: pd.Series) -> dict[str, str]:
    """Key -> what is believed in a column."""
    found: dict[str, str] = {}
    for some in chunks(sorted(set(keys)), KEYS_A_QUERY):
        query = select(table.c.key, table.c[column]).where(table.c.key.in_(some), table.c.known_until == FOREVER)
        found |= dict(map(tuple, opened.connection.execute(query)))
    return found


def _said(bounds: Bounds) -> str:
    return "; ".join(f"{name}={'|'.join(values)}" for name, values in bounds.items())


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    return str(int(value)) if isinstance(value, float) else str(value)
