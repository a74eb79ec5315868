"""The ledger of what was made public: counts by measure, area and days, release by release. Nothing in it is ever changed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Select, func, insert, select

from layers._errors import StoreError
from layers._times import from_ms, to_ms
from layers.store import journal
from layers.store.database import Store
from layers.store.schema import released

CELL = ("area", "first", "last", "count")


def _last() -> Select[Any]:
    return select(func.coalesce(func.max(released.c.number), 0).label("number"))


def earlier(store: Store, measure: str) -> list[pd.DataFrame]:
    """Return what was released of a measure, a frame a release, the oldest first: area, first, last, count (NaN: not shown)."""
    c = released.c
    query = select(c.number, c.area, c.first, c.last, c.n.label("count")).where(c.measure == measure).order_by(c.id)
    rows = store.read(query).astype({"count": float})
    return [some[list(CELL)].reset_index(drop=True) for _, some in rows.groupby("number", sort=True)]


def last(store: Store) -> int:
    """Return the number of the newest release, 0 before the first."""
    return int(store.read(_last())["number"].iloc[0])


def listed(store: Store) -> pd.DataFrame:
    """Return every release, the newest first: number, at, first, last (days)."""
    c = released.c
    columns = (c.number, func.min(c.at).label("at"), func.min(c.first).label("first"), func.max(c.last).label("last"))
    rows = store.read(select(*columns).group_by(c.number).order_by(c.number.desc()))
    return rows.assign(at=[one if isinstance(one, datetime) else from_ms(int(one)) for one in rows["at"]])


def one(store: Store, number: int) -> pd.DataFrame:
    """Return what a release showed: measure, area ("" the city), first, last, n (NaN: not shown)."""
    c = released.c
    query = select(c.measure, c.area, c.first, c.last, c.n).where(c.number == number).order_by(c.id)
    return store.read(query).astype({"n": float})


def keep(store: Store, tables: Mapping[str, pd.DataFrame], actor: str, known_at: datetime, *, after: int) -> int:
    """Write down what goes out, by measure, with a line in the journal; return the number of the release.

    To be called before anybody can see it: what is in the ledger and did not go out does no harm, the other way round it does.

    after  the newest release that it was held against; StoreError where another went out since, which it may give away together with
    """
    rows = [(measure, row) for measure, table in tables.items() for row in table.to_dict("records")]
    with store.writing() as connection:
        newest = int(connection.execute(_last()).scalar_one())
        if newest != after:
            raise StoreError(
                f"release {newest} went out meanwhile; this one was held against those up to {after}: publish it again",
                f"其间已有第{newest}次公布，本次只与第{after}次及以前核对过，请重新生成",
            )
        number = newest + 1
        told = {"number": number, "at": to_ms(datetime.now(UTC)), "actor": actor, "known_at": to_ms(known_at)}
        connection.execute(
            insert(released),
            [
                told
                | {"measure": measure, "area": row["area"], "first": int(row["first"]), "last": int(row["last"])}
                | {"n": None if pd.isna(row["count"]) else int(row["count"])}
                for measure, row in rows
            ],
        )
        shown = sum(pd.notna(row["count"]) for _, row in rows)
        journal.write(connection, actor, "publish", str(number), {"counts": len(rows), "hidden": len(rows) - shown})
    return number
