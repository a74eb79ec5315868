"""Rows that leave only when a second person says so: asked for, released or refused, taken. Every step stands in the journal.

Who may release what is for `dashboard.access` to say; that it is somebody else is said here too, in the transaction that decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Select, func, insert, or_, select, update

from layers._errors import LayerError
from layers._times import to_ms
from layers.store import journal
from layers.store.database import Store
from layers.store.schema import journal as entries
from layers.store.schema import lapsed, taking

WAITS = timedelta(hours=24)  # after which nobody releases it, and what was released is not taken
WITHIN = timedelta(hours=24)  # over which rows that one person takes out alone come together
SHORTEST, LONGEST = 4, 500  # characters of a remark
MOST_WAITING = 20  # requests of one person
WAITING, RELEASED, REFUSED, TAKEN, OVER = "waiting", "released", "refused", "taken", "over"
ACTOR = "exports"  # whom the journal names where a request ends by itself
ALONE = "second"  # in an entry of the journal about rows: who else said yes; nobody did where it is missing


class TakingError(LayerError):
    """What was asked for cannot be released, refused or taken; said in both languages, because a page shows it."""


class SecondError(LayerError):
    """More rows than one person takes out alone: a second one has to release them."""


@dataclass(frozen=True)
class Request:
    """What somebody wants to take out: whose area it is, how many rows, why; `asked` makes it again."""

    code: str
    who: str
    role: str
    area: str
    asked: Mapping[str, Any]
    reason: str
    rows: int


def begin(
    store: Store, who: str, subject: str, detail: Mapping[str, Any], rows: int, most: int | None, release: str = ""
) -> None:
    """Write into the journal that rows go out, `about` how many; raises SecondError where that is too much for one person.

    most  rows that a person takes out alone within a day, in one file or in several; None where that does not count. What is
          asked at once is counted one after the other: the sum and the entry are one transaction.
    release  code of the request whose file this is: it counts as taken from here on, so of two who ask at once one gets it, and the
          other TakingError. Where its file breaks off it is `put_back`; where the server dies meanwhile it stays taken.
    """
    with store.writing() as connection:
        if release:
            _claim(connection, release)
        if most is not None:
            before = _alone(connection, who)
            if before + rows > most:
                raise SecondError(
                    f"{rows:,} rows, and {before:,} taken out alone within a day: more than {most:,} leave only when a second person releases them",
                    f"本次{rows:,}行，一天内已单独导出{before:,}行；超过{most:,}行须由第二人批准",
                )
        journal.write(connection, who, "export", subject, {**detail, "about": rows})


def ask(store: Store, wanted: Request) -> None:
    """Let somebody's rows wait for a second person; raises TakingError where too many of theirs wait already."""
    now, c = datetime.now(UTC), taking.c
    row = {**vars(wanted), "asked_at": to_ms(now), "until": to_ms(now + WAITS)}
    waits = (c.who == wanted.who, c.decided_at.is_(None), c.until > to_ms(now))
    with store.writing() as connection:
        if connection.execute(select(func.count()).where(*waits)).scalar_one() >= MOST_WAITING:
            raise TakingError(
                f"{MOST_WAITING} requests of {wanted.who} wait already",
                f"“{wanted.who}”已有{MOST_WAITING}项申请等待批准",
            )
        connection.execute(insert(taking).values(**row))
        told = {"reason": wanted.reason, "rows": wanted.rows, "role": wanted.role, "area": wanted.area}
        journal.write(connection, wanted.who, "export-asked", wanted.code, told)


def decide(store: Store, by: str, code: str, released: bool, remark: str) -> None:
    """Release or refuse what waits, with a remark; raises TakingError for what does not wait, and for one's own."""
    said = " ".join(remark.split())
    if not SHORTEST <= len(said) <= LONGEST:
        raise TakingError(
            f"the remark has {len(said)} characters; wanted {SHORTEST} to {LONGEST}",
            f"意见有{len(said)}个字；须为{SHORTEST}至{LONGEST}字",
        )
    lapse(store)
    with store.writing() as connection:
        row = _need(connection, code)
        if row.who == by:
            raise TakingError(
                f"{code} was asked for by {by}: somebody else decides", f"{code}由“{by}”本人申请，须由他人批准"
            )
        _require(row, WAITING)
        values = {"decided_by": by, "decided_at": _now(), "released": released, "remark": said}
        connection.execute(update(taking).where(taking.c.id == row.id).values(**values))
        told = {"who": row.who, "rows": row.rows, "remark": said}
        journal.write(connection, by, "export-released" if released else "export-refused", code, told)


def released(store: Store, who: str, code: str) -> Any:
    """Return the row of what somebody asked for and a second person released; raises TakingError for anything else."""
    lapse(store)
    with store.snapshot() as connection:
        row = _need(connection, code)
    if row.who != who:
        raise TakingError(f"{code} was asked for by somebody else", f"{code}是他人的申请")
    _require(row, RELEASED)
    return row


def put_back(store: Store, code: str) -> None:
    """Let a file whose way out broke off be taken again; for whoever began it."""
    with store.writing() as connection:
        connection.execute(update(taking).where(taking.c.code == code).values(taken_at=None))


def lapse(store: Store) -> list[str]:
    """Tell the journal of each request whose day has passed before it was decided or taken, once, whoever looks; return their codes."""
    c = taking.c
    due = (
        select(taking)
        .where(c.until <= _now(), c.taken_at.is_(None), or_(c.released.is_(None), c.released))
        .where(c.id.not_in(select(lapsed.c.taking)))
        .order_by(c.id)
    )
    with store.snapshot() as connection:
        if connection.execute(due.limit(1)).first() is None:
            return []
    with store.writing() as connection:  # one after the other: who comes second finds nothing
        rows = connection.execute(due).all()
        for row in rows:
            connection.execute(insert(lapsed).values(taking=row.id, at=_now()))
            told = {"who": row.who, "rows": row.rows, "was": RELEASED if row.released else WAITING}
            journal.write(connection, ACTOR, "export-over", row.code, told)
    return [row.code for row in rows]


def listed(store: Store) -> pd.DataFrame:
    """Return what was asked for within a month, the newest first: every column of the table, and `state`."""
    since = to_ms(datetime.now(UTC) - timedelta(days=30))
    rows = store.read(select(taking).where(taking.c.asked_at > since).order_by(taking.c.id.desc()))
    return rows.assign(state=[_state(row) for row in rows.itertuples()])


def version(connection: Connection) -> str:
    """Return a text that differs when anything is asked, decided or taken."""
    c = taking.c
    found = connection.execute(select(func.max(c.id), func.count(c.decided_at), func.count(c.taken_at))).one()
    return "/".join(str(n or 0) for n in found)


def _alone(connection: Connection, who: str) -> int:
    """How many rows somebody took out within a day that nobody else released."""
    j, since = entries.c, to_ms(datetime.now(UTC) - WITHIN)
    query: Select[Any] = select(j.detail).where(j.action == "export", j.actor == who, j.at > since)
    return sum(int(d.get("about") or 0) for d in connection.execute(query).scalars() if not d.get(ALONE))


def _claim(connection: Connection, code: str) -> None:
    row = _need(connection, code)
    _require(row, RELEASED)
    connection.execute(update(taking).where(taking.c.id == row.id).values(taken_at=_now()))


def _need(connection: Connection, code: str) -> Any:
    row = connection.execute(select(taking).where(taking.c.code == code)).first()
    if row is None:
        raise TakingError(f"nothing was asked for as {code[:40]!r}", f"没有申请“{code[:40]}”")
    return row


SAID = {
    WAITING: ("waits for a second person", "等待第二人批准"),
    RELEASED: ("was released", "已批准"),
    REFUSED: ("was refused", "已驳回"),
    TAKEN: ("was taken", "已取走"),
    OVER: ("is over: it waited a day", "已过期：等待超过一天"),
}


def _require(row: Any, wanted: str) -> None:
    found = _state(row)
    if found != wanted:
        en, zh = SAID[found]
        raise TakingError(f"{row.code} {en}", f"{row.code}{zh}")


def _state(row: Any) -> str:
    if pd.notna(row.taken_at):
        return TAKEN
    if row.released is not None and pd.notna(row.released) and not row.released:
        return REFUSED
    until = to_ms(row.until) if isinstance(row.until, datetime) else row.until
    if until <= _now():
        return OVER
    return RELEASED if pd.notna(row.decided_at) else WAITING


def _now() -> int:
    return to_ms(datetime.now(UTC))
