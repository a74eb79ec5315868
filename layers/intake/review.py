"""The review queue: matches that nobody is sure of, and what a person decided about them."""

from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Select, and_, select

from layers._errors import LayerError
from layers._view import View
from layers.intake.persons import recount
from layers.store import Store, journal
from layers.store.asof import known
from layers.store.schema import FOREVER, compound, person, placement
from layers.store.writing import close_batch, open_batch

REFUSED = ("人工核定：名录中无此小区", "decided by a person: none of the compounds")


class ReviewError(LayerError):
    """A decision about a match cannot be taken."""


def queue(view: View, limit: int = 200) -> Select[Any]:
    """Return persons whose match awaits a person, the likeliest first: kind, subject, address, district, alternatives, reasons."""
    joined = placement.join(person, and_(person.c.key == placement.c.key, known(person, view)))
    columns = (
        placement.c.key,
        placement.c.kind,
        placement.c.subject,
        placement.c.district,
        placement.c.status,
        placement.c.method,
        placement.c.probability,
        placement.c.distance_m,
        placement.c.alternatives,
        placement.c.reason_zh,
        placement.c.reason_en,
        person.c.address,
    )
    rows = select(*columns).select_from(joined).where(known(placement, view), placement.c.status == "review")
    rows = rows.where(placement.c.district == view.district) if view.district else rows
    return rows.order_by(placement.c.probability.desc(), placement.c.key).limit(limit)


def decide(store: Store, key: str, code: str | None, actor: str) -> int:
    """Place a person in a compound, or in none (`code` None), on a person's word; return the batch.

    The totals follow in the same transaction. The decision stands until the person's address, point or district changes.
    """
    now = store.now()
    with store.writing() as connection:
        query = select(placement).where(placement.c.key == key, placement.c.known_until == FOREVER)
        before = store.frame(connection, query)
        if before.empty:
            raise ReviewError(f"{key}: no such person is placed or waiting")
        where = store.frame(
            connection,
            select(compound.c.district, compound.c.street).where(
                compound.c.code == code, compound.c.known_until == FOREVER
            ),
        )
        if code and where.empty:
            raise ReviewError(f"{code}: no such compound")
        kind, subject = before["kind"][0], before["subject"][0]
        opened = open_batch(
            connection, None, now, {"kind": "review", "feed": "placement", "source": actor, "settings": ""}
        )
        opened.put(placement, _decided(before, code, where, actor, opened.known_from))
        recount(opened, kind, [subject])
        close_batch(opened, {"key": key, "compound": code, "actor": actor})
        journal.write(connection, actor, "review", key, {"batch": opened.id, "compound": code})
        return opened.id


def _decided(before: pd.DataFrame, code: str | None, where: pd.DataFrame, actor: str, at: int) -> pd.DataFrame:
    zh, en = ("人工核定", "decided by a person") if code else REFUSED
    area = {"district": where["district"][0] or "", "street": where["street"][0] or ""} if code else {"street": ""}
    return before.assign(
        status="accepted" if code else "unmatched",
        compound=code or "",
        method=before["method"] if code else "none",
        probability=1.0 if code else 0.0,
        reason_zh=zh,
        reason_en=en,
        decided_by=actor,
        happened_at=0,
        reported_at=np.int64(at),
        **area,
    ).drop(columns=["id", "content"])
