"""Orders on a person's word: given from proposals, then step by step to their end; each step is a version, a batch and a journal line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, func, select

from layers._times import SHANGHAI, from_ms, to_ms
from layers.intake.undoing import KEPT
from layers.store import Store, journal
from layers.store.order_states import (
    GIVE,
    OPEN,
    ORDERABLE,
    STEPS,
    ZH,
    OrderError,
    OrderMovedError,
    advance,
    answers_for,
    check_new,
)
from layers.store.orders import open_now
from layers.store.schema import FOREVER, MIXED, OVERRIDE, POSTING, batch, orders
from layers.store.writing import Batch, close_batch, open_batch, own_columns

AT_ONCE = 200  # orders given in one batch


class OrderElsewhereError(OrderError):
    """An order belongs to somebody else's area."""


@dataclass(frozen=True)
class Draft:
    """An order that somebody wants to give: where it belongs, what is ordered, who answers for it, until when, why.

    proposed, action  another action than the proposed one is an override
    owner_area        whose pass acknowledges and reports: a district, street or compound as a view writes it, "" the city
    frozen            the proposal as it was seen, `layers.decisions.orders.freeze`
    """

    decision: str
    subject: str
    name: str
    district: str
    street: str
    compound: str
    proposed: str
    action: str
    level: str
    owner: str
    owner_area: str
    deadline: datetime
    reason: str
    inputs_hash: str
    frozen: Mapping[str, Any]


@dataclass(frozen=True)
class Given:
    """What was given: numbers in the order of the drafts; `taken` says (zh, en) of each that somebody had ordered already."""

    batch: int
    numbers: tuple[str, ...]
    taken: tuple[tuple[str, str], ...] = ()


def give(
    store: Store, drafts: Sequence[Draft], actor: str, least: Mapping[str, int], *, area: str = "", token: str = ""
) -> Given:
    """Write one order for each draft, all in one batch; a subject with an open order is left out and told.

    least   characters wanted of texts, from the rule "orders"
    area    what the actor answers for: its subjects lie in it
    token   names one press of a button: pressed again it returns what the first press did, and writes nothing
    Raises OrderError where something is missing, OrderMovedError where every subject is ordered already,
    OrderElsewhereError for a subject outside the area. Then nothing is written.
    """
    if not 0 < len(drafts) <= AT_ONCE:
        raise OrderError(f"{len(drafts)} orders; wanted 1 to {AT_ONCE} at once")
    if strange := sorted({one.decision for one in drafts} - set(ORDERABLE)):
        raise OrderError(f"nothing of the plan {strange[0]!r} is ordered; wanted one of {tuple(ORDERABLE)}")
    now = store.now()
    with store.writing() as connection:
        if token and (before := _pressed(connection, token)):
            return before
        taken = _taken(connection, drafts)
        free = [one for one in drafts if (one.decision, one.subject) not in taken]
        if not free:
            raise OrderMovedError("; ".join(en for _, en in taken.values()), "；".join(zh for zh, _ in taken.values()))
        opened = open_batch(connection, None, now, _batch(actor, token, free))
        rows = [_row(one, actor, area, opened.known_from) for one in free]
        for row in rows:
            _check_inside(row, area)
            check_new(row, least)
        _number(connection, rows)
        opened.replace(orders, pd.DataFrame(rows))
        done = Given(opened.id, tuple(row["number"] for row in rows), tuple(taken.values()))
        _file(opened, actor, GIVE, rows, {"taken": list(done.taken)})
        return done


def take(
    store: Store,
    number: str,
    step: str,
    actor: str,
    least: Mapping[str, int],
    *,
    text: str = "",
    area: str = "",
    seen: int | None = None,
) -> int:
    """Take one step of an order (a key of STEPS) and return its batch.

    text  the feedback of a report, the reason of a withdrawal or a reopening; a remark otherwise
    area  what the actor answers for: the owner's area acknowledges and reports, the giver's closes, reopens and withdraws
    seen  batch of the version that the actor looked at: another one since is told instead of being overruled
    """
    now = store.now()
    with store.writing() as connection:
        row = _believed(connection, number)
        side = STEPS[step].by if step in STEPS else "owner"
        if not answers_for(area, row, side):
            raise OrderElsewhereError(
                f"{number} is not for {area} to {step}; its {side} answers for it", f"{number} 不由 {area} 办理这一步"
            )
        if seen is not None and seen != row["batch"]:
            at = row["known_from"].strftime("%Y-%m-%d %H:%M")
            raise OrderMovedError(
                f"{number} is {row['state']} since {at} ({row['acted_by']}); look at it again",
                f"{number} 已于 {at} 由 {row['acted_by']} 改为“{ZH[row['state']]}”；请再看一遍",
            )
        changes = advance(row, step, text, least)
        _check_alone(connection, row, changes["state"])
        opened = open_batch(connection, None, now, _batch(actor, "", [row]))
        kept = {name: row[name] for name in (*KEPT, *own_columns(orders))}
        times = {name: to_ms(row[name].to_pydatetime()) for name in ("happened_at", "deadline_at")}
        new = kept | times | {"row": None, "reported_at": opened.known_from, "acted_by": actor} | changes
        opened.replace(orders, pd.DataFrame([new]))
        _file(opened, actor, step, [new], {})
        return opened.id


def _batch(actor: str, token: str, some: Sequence[Any]) -> dict[str, str]:
    """The kind says which plans read it (`READ_ORDERS`), so that only these compute again."""
    told = [one if isinstance(one, dict) else vars(one) for one in some]
    override = any(one["decision"] == "lockdown" and one["proposed"] != one["action"] for one in told)
    posting = any(one["decision"] == "staff" for one in told)
    kind = {(True, True): MIXED, (True, False): OVERRIDE, (False, True): POSTING}.get((override, posting), "order")
    return {"kind": kind, "feed": "orders", "source": actor, "settings": token}


def _pressed(connection: Connection, token: str) -> Given | None:
    query = select(batch.c.id, batch.c.receipt).where(batch.c.feed == "orders", batch.c.settings == token)
    found = connection.execute(query).first()
    if found is None:
        return None
    return Given(found.id, tuple(found.receipt["orders"]), tuple((zh, en) for zh, en in found.receipt["taken"]))


def _taken(connection: Connection, drafts: Sequence[Draft]) -> dict[tuple[str, str], tuple[str, str]]:
    """Return (decision, subject) -> who ordered it already, for those with an open order; a subject named twice is an error."""
    pairs = [(one.decision, one.subject) for one in drafts]
    if len(set(pairs)) != len(pairs):
        raise OrderError("a subject is named twice; one order is given for each")
    found = {}
    for row in connection.execute(open_now(pairs)):
        if (row.decision, row.subject) in pairs:
            at = from_ms(row.happened_at).strftime("%Y-%m-%d %H:%M")
            found[row.decision, row.subject] = (
                f"{row.subject} 已有指令 {row.number}：{at} 由 {row.given_by} 下达，责任单位 {row.owner}",
                f"{row.subject} was ordered already: {row.number}, {at}, by {row.given_by}, to {row.owner}",
            )
    return found


def _row(one: Draft, actor: str, area: str, at: int) -> dict[str, Any]:
    own = ("decision", "subject", "name", "district", "street", "compound", "proposed", "action", "level")
    return {
        **{name: getattr(one, name) for name in own},
        **{"owner": one.owner.strip(), "owner_area": one.owner_area, "reason": one.reason.strip()},
        **{"deadline_at": to_ms(one.deadline), "inputs_hash": one.inputs_hash, "frozen": dict(one.frozen)},
        **{"state": "given", "feedback": None, "remark": None},
        **{"acted_by": actor, "given_by": actor, "given_area": area},
        **{"row": None, "happened_at": at, "reported_at": at},
    }


def _number(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Number new orders in their order: L-20200225-003 is the third of that day about lockdown."""
    for row in rows:
        day = from_ms(row["happened_at"]).astimezone(SHANGHAI).strftime("%Y%m%d")
        row["prefix"] = f"{ORDERABLE[row['decision']]}-{day}-"
    counts = {}
    for prefix in {row["prefix"] for row in rows}:
        have = select(func.count(func.distinct(orders.c.number))).where(orders.c.number.startswith(prefix))
        counts[prefix] = connection.execute(have).scalar_one()
    for row in rows:
        prefix = row.pop("prefix")
        counts[prefix] += 1
        row["key"] = row["number"] = f"{prefix}{counts[prefix]:03d}"


def _believed(connection: Connection, number: str) -> dict[str, Any]:
    query = select(orders).where(orders.c.number == number, orders.c.known_until == FOREVER)
    found = Store.frame(connection, query)
    if found.empty:
        raise OrderError(f"there is no order {number!r}; the page of orders lists them")
    return {str(name): None if value != value else value for name, value in found.iloc[0].items()}  # frames say NaN


def _check_alone(connection: Connection, row: Mapping[str, Any], state: str) -> None:
    """A closed order is not opened again beside a newer one on the same subject."""
    if row["state"] in OPEN or state not in OPEN:
        return
    for other in connection.execute(open_now([(row["decision"], row["subject"])])):
        raise OrderMovedError(
            f"{row['subject']} has a newer order, {other.number}; {row['number']} stays {row['state']}",
            f"{row['subject']} 已有新指令 {other.number}；{row['number']} 不再退回",
        )


def _check_inside(row: Mapping[str, Any], area: str) -> None:
    if area and row["district"] != area:
        raise OrderElsewhereError(
            f"{row['subject']} does not lie in {area}; its district, or the city, gives the order"
        )


def _file(opened: Batch, actor: str, step: str, rows: Sequence[Mapping[str, Any]], more: Mapping[str, Any]) -> None:
    """File the receipt, and one line in the journal for each order."""
    numbers = [row["number"] for row in rows]
    close_batch(opened, {"actor": actor, "step": step, "orders": numbers, **more})
    for row in rows:
        told = {"batch": opened.id, "step": step, "state": row["state"], "decision": row["decision"]}
        told |= {"proposed": row["proposed"], "action": row["action"]}
        journal.write(opened.connection, actor, "order", row["number"], told)
