"""How fresh and how clean the feeds are, as known at a moment."""

from typing import Any

import pandas as pd
from sqlalchemy import Select, func, select

from layers._times import to_ms
from layers._view import View
from layers.intake.feeds import all_feeds
from layers.store import Store, deliveries
from layers.store.asof import known
from layers.store.schema import ORDER_KINDS, UNREAD, batch, placement

OPINIONS = ("review", *ORDER_KINDS, *UNREAD)  # kinds of batches in which a person decided and nothing was delivered


def receipts(view: View, limit: int = 300) -> Select[Any]:
    """Return the batches known at the view, newest first: id, kind, feed, source, file, known_at, receipt."""
    columns = (batch.c.id, batch.c.kind, batch.c.feed, batch.c.source, batch.c.file, batch.c.known_at, batch.c.receipt)
    return select(*columns).where(batch.c.known_at <= to_ms(view.known_at)).order_by(batch.c.id.desc()).limit(limit)


def outcomes(store: Store, after: int) -> list[tuple[int, str, dict[str, int]]]:
    """Return number, feed and rows by outcome of every delivery with a higher number, oldest first."""
    told = batch.c.receipt
    counts = {name: told["rows"][name].as_integer() for name in ("new", "changed", "unchanged", "older")}
    counts["rejected"] = told["rows_rejected"].as_integer()
    query = select(batch.c.id, batch.c.feed, *(count.label(name) for name, count in counts.items()))
    rows = store.read(query.where(batch.c.kind == "import", batch.c.id > after).order_by(batch.c.id))
    return [
        (int(row["id"]), str(row["feed"]), {name: int(row[name] or 0) for name in counts})
        for row in rows.to_dict("records")
    ]


def freshness(store: Store, view: View, now: Any) -> pd.DataFrame:
    """Return one row a feed: feed, zh, en, steward_zh, steward_en, promise, last, age, state (fresh | late | never), deliveries."""
    heard = store.read(deliveries.heard(view)).groupby("feed").agg({"last": "max", "deliveries": "sum"})
    rows = []
    for name, feed in all_feeds().items():
        last = heard["last"][name] if name in heard.index else None
        age = pd.Timestamp(now) - last if last is not None else None
        rows.append(
            {
                "feed": name,
                "zh": feed.title[0],
                "en": feed.title[1],
                "steward_zh": feed.steward[0],
                "steward_en": feed.steward[1],
                "promise": feed.promise,
                "last": last,
                "age": age,
                "state": "never" if age is None else "late" if age > feed.promise else "fresh",
                "deliveries": int(heard["deliveries"].get(name, 0)),
            }
        )
    return pd.DataFrame(rows)


def delivered(view: View) -> Select[Any]:
    """Return `known_at` of the newest batch known at the view that is neither a reviewer's decision nor an order: how things stood without those."""
    query = select(batch.c.known_at).where(batch.c.known_at <= to_ms(view.known_at), batch.c.kind.not_in(OPINIONS))
    return query.order_by(batch.c.id.desc()).limit(1)


def judged(view: View) -> Select[Any]:
    """Return `judge` of the newest batch known at the view that matched persons (`matching.Gazetteer.reliability`), and known_at."""
    told = batch.c.receipt["judge"]["threshold"].as_float().is_not(None)
    query = select(batch.c.receipt["judge"].label("judge"), batch.c.known_at)
    return query.where(batch.c.known_at <= to_ms(view.known_at), told).order_by(batch.c.id.desc()).limit(1)


def matching(view: View) -> Select[Any]:
    """Return how persons were matched: kind, status, method, n."""
    query = select(placement.c.kind, placement.c.status, placement.c.method, func.count().label("n")).where(
        known(placement, view)
    )
    query = query.where(placement.c.district == view.district) if view.district else query
    return query.group_by(placement.c.kind, placement.c.status, placement.c.method).order_by(
        placement.c.kind, placement.c.status
    )
