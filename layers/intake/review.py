"""The review queue: matches that nobody is sure of, and what a person decided about them."""

from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Select, and_, select

from layers._errors import LayerError
from layers._view import View, level_of
from layers.intake.persons import AUTO, recount
from layers.store import Store, journal
from layers.store.asof import inside, known
from layers.store.schema import FOREVER, compound, person, placement
from layers.store.writing import close_batch, open_batch

REFUSED = ("人工核定：名录中无此小区", "decided by a person: none of the compounds")


class ReviewError(LayerError):
    """A decision about a match cannot be taken."""


class ElsewhereError(ReviewError):
    """The person or the compound lies outside the area that the reviewer answers for."""


class ClosedError(ReviewError):
    """The match does not wait for anybody."""


def queue(view: View, limit: int = 200) -> Select[Any]:
    """Return persons whose match awaits a person, the likeliest first: kind, subject, address, district, alternatives, reasons."""
    rows = _matches(view).where(placement.c.status == "review", inside(placement, view))
    return rows.order_by(placement.c.probability.desc(), placement.c.key).limit(limit)


def match_of(view: View, key: str) -> Select[Any]:
    """Return the same columns of one person, whatever became of the match."""
    return _matches(view).where(placement.c.key == key, inside(placement, view))


def _matches(view: View) -> Select[Any]:
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
    return select(*columns).select_from(joined).where(known(placement, view))


def decide(store: Store, key: str, code: str | None, actor: str, *, area: str = "", correcting: bool = False) -> int:
    """Place a person in a compound, or in none (`code` None), on a person's word; return the batch.

    area        what the reviewer answers for, written as in a view: person and compound must lie in it
    correcting  change what a person decided before; otherwise only a match that waits for review can be decided
    The totals follow in the same transaction. The decision stands until the person's address, point or district changes.
    Raises ElsewhereError outside the area, ClosedError for a match that does not wait, ReviewError for what is not there;
    nothing is written then.
    """
    now = store.now()
    with store.writing() as connection:
        query = select(placement).where(placement.c.key == key, placement.c.known_until == FOREVER)
        before = store.frame(connection, query)
        if before.empty:
            raise ReviewError(f"{key}: no such person is placed or waiting")
        _check_inside(key, before.iloc[0], area)
        _check_open(key, before.iloc[0], correcting)
        where = store.frame(
            connection,
            select(compound.c.district, compound.c.street).where(
                compound.c.code == code, compound.c.known_until == FOREVER
            ),
        )
        if code and where.empty:
            raise ReviewError(f"{code}: no such compound")
        if code:
            _check_inside(code, where.iloc[0].to_dict() | {"compound": code}, area)
        kind, subject = before["kind"][0], before["subject"][0]
        opened = open_batch(
            connection, None, now, {"kind": "review", "feed": "placement", "source": actor, "settings": ""}
        )
        opened.replace(placement, _decided(before, code, where, actor, opened.known_from))
        recount(opened, kind, [subject])
        close_batch(opened, {"key": key, "compound": code, "actor": actor})
        journal.write(connection, actor, "review", key, {"batch": opened.id, "compound": code})
        return opened.id


def _check_inside(what: str, row: Any, area: str) -> None:
    """A match that waits has no street and no compound yet, so it lies in a district at most."""
    parts = {"district": row["district"] or "", "street": row["street"] or "", "compound": row["compound"]}
    written = {
        "city": "",
        "district": parts["district"],
        "street": f"{parts['district']}/{parts['street']}",
        "compound": f"compound:{parts['compound']}",
    }
    if written[level_of(area)] != area:
        raise ElsewhereError(f"{what} does not lie in {area}; somebody who answers for it must decide")


def _check_open(key: str, row: Any, correcting: bool) -> None:
    by_person = row["decided_by"] != AUTO
    if by_person and not correcting:
        raise ClosedError(f"{key} was decided by {row['decided_by']} already; say that it is to be corrected")
    if not by_person and row["status"] != "review":
        raise ClosedError(f"{key} is {row['status']}; only a match that waits for review is decided by a person")


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
