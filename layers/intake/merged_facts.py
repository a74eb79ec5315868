"""What a merge does with orders and assessments: the survivor gets them, and no merge opens what was sealed."""

from collections.abc import Callable
from typing import Any

import pandas as pd
from sqlalchemy import Table

from layers.intake.undoing import lying_in, rewrite
from layers.store.asof import ITEMS, STRICTEST_FIRST
from layers.store.schema import assessment, control
from layers.store.writing import Batch

FACTS_SHOWN = ("table", "key", "was_compound", "compound", "says", "stands")


def none() -> pd.DataFrame:
    """Return what is shown when no order and no assessment moves."""
    return pd.DataFrame(columns=list(FACTS_SHOWN))


def move(opened: Batch, code: str, heir: Any) -> pd.DataFrame:
    """Give the orders and assessments of compound `code` to `heir` (code, district, street); return FACTS_SHOWN.

    One row each that moves; `says` is its state, or the items that are not in place; `stands` is what the survivor then has.
    Where the newest of both would be the laxer, one fact is added 1 ms later that says the stricter: the state that seals
    more, the items that are in place in both. It gives way to the next order or assessment.
    """
    found = [
        _moved(opened, control, code, heir, _stricter_order, _state),
        _moved(opened, assessment, code, heir, _stricter_assessment, missing),
    ]
    return pd.concat([rows for rows in found if len(rows)] or [none()], ignore_index=True)


def missing(row: Any) -> str:
    """Return the items of an assessment that are not in place, divided by blanks; "" when all are."""
    return " ".join(name for name in ITEMS if not row[name])


def _state(row: Any) -> str:
    return str(row["state"])


def _moved(
    opened: Batch,
    table: Table,
    code: str,
    heir: Any,
    stricter: Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]],
    says: Callable[[Any], str],
) -> pd.DataFrame:
    theirs, own = lying_in(opened, table, code), lying_in(opened, table, heir["code"])
    if theirs.empty:
        return none()
    rewrite(opened, table, theirs.assign(compound=heir["code"]))
    ends = [_newest(rows) for rows in (own, theirs) if len(rows)]
    stands = _latest(ends)
    if len(ends) == 2 and says(strict := stricter(*ends)) != says(stands):
        at = stands["happened_at"] + pd.Timedelta(milliseconds=1)
        stands = strict | {"key": f"merge:{code}|{heir['code']}|{opened.id}", "compound": heir["code"], "row": None}
        stands |= {"happened_at": at} | ({"district": heir["district"]} if "district" in stands else {})
        rewrite(opened, table, pd.DataFrame([stands], columns=own.columns))
    rows = theirs.assign(table=table.name, was_compound=code, compound=heir["code"], stands=says(stands))
    return rows.assign(says=[says(row) for row in theirs.to_dict("records")])[list(FACTS_SHOWN)]


def _newest(rows: pd.DataFrame) -> dict[str, Any]:
    return {str(name): value for name, value in rows.sort_values(["happened_at", "id"]).iloc[-1].items()}


def _latest(ends: list[dict[str, Any]]) -> dict[str, Any]:
    """The later one; of equal ones that which moves, because its version is the younger."""
    return max(reversed(ends), key=lambda row: row["happened_at"])


def _stricter_order(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return min(one, other, key=lambda row: STRICTEST_FIRST.index(row["state"]))


def _stricter_assessment(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return one | {name: bool(one[name]) and bool(other[name]) for name in ITEMS}
