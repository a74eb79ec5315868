"""Whether a delivery tells of later days than the store knows already: a file of last week is read, and said to be one."""

import pandas as pd
from sqlalchemy import Connection, func, select

from layers._times import DAY_MS, from_ms
from layers.intake._feed import Feed
from layers.intake.receipt import Receipt
from layers.store.schema import FOREVER
from layers.store.writing import fact


class Timeliness:
    """Collects the newest day of a delivery, beside the newest that was believed before it."""

    def __init__(self, connection: Connection, feed: Feed) -> None:
        self._known = max(
            (_newest(connection, feed, at) for at, part in enumerate(feed.parts) if part.event), default=0
        )
        self._told = 0

    def hear(self, moments: pd.Series) -> None:
        """Take the moments (ms) that rows tell of."""
        if len(moments):
            self._told = max(self._told, int(moments.max()))

    def conclude(self, receipt: Receipt) -> None:
        """Say so where the newest day of the file lies a day or more before the newest one known."""
        if self._told and self._known - self._told >= DAY_MS:
            told, known = from_ms(self._told), from_ms(self._known)
            receipt.note(
                f"文件较旧：最晚的日期是 {told:%Y-%m-%d}，系统已知到 {known:%Y-%m-%d}",
                f"an older file: its newest day is {told:%Y-%m-%d}, and {known:%Y-%m-%d} is known already",
            )


def _newest(connection: Connection, feed: Feed, at: int) -> int:
    part = feed.parts[at]
    table = fact(part.table)
    query = select(func.max(table.c.happened_at)).where(table.c.known_until == FOREVER)
    for name in ("kind", "dimension"):
        if name in part.constants:
            query = query.where(table.c[name] == part.constants[name])
    return int(connection.execute(query).scalar() or 0)
