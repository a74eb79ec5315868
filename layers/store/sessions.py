"""Sessions: which browsers are signed in. The browser holds a random token, the store its SHA-256, so the store opens no door by itself."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, insert, or_, select, update

from layers._times import to_ms
from layers.store.database import Store
from layers.store.schema import account, halfway, identity, second_factor, session

BYTES = 32
LONGEST = timedelta(hours=12)  # one shift; however busy, a session ends then
FORGOTTEN = timedelta(days=7)  # rows of older sessions are taken away


def begin(connection: Connection, number: int, replaced: str = "") -> str:
    """Open a session of an account inside a transaction and return its token, which is never the one that the browser held before.

    replaced  token that the browser held: that session ends
    """
    now = datetime.now(UTC)
    connection.execute(delete(session).where(session.c.begun_at < to_ms(now - LONGEST - FORGOTTEN)))
    if replaced:
        end(connection, replaced, "replaced")
    token = secrets.token_urlsafe(BYTES)
    row = {"account": number, "token": digest(token), "begun_at": to_ms(now)}
    connection.execute(insert(session).values(**row))
    return token


def end(connection: Connection, token: str, why: str = "sign-out") -> None:
    """End a session inside a transaction; one that is over stays as it ended."""
    _end(connection, session.c.token == digest(token), why)


def end_all(connection: Connection, number: int, why: str, but: str = "") -> int:
    """End every session of an account, and what is between its password and a code, inside a transaction; return how many sessions were open.

    but  token of the session that goes on
    """
    mine = (halfway.c.account == number, halfway.c.ended_at.is_(None))
    connection.execute(update(halfway).where(*mine).values(ended_at=to_ms(datetime.now(UTC))))
    return _end(connection, and_(session.c.account == number, session.c.token != digest(but)), why)


def holder(store: Store, token: str, demands: Collection[str] = ()) -> tuple[str, str, str] | None:
    """Return name, role and area of whoever holds a token; None for one that is unknown, over, too old or of a disabled account.

    demands  roles whose accounts need a second factor: a session without one is over, since nobody asked for it when that began
    """
    found = account_of(store, token, demands)
    return found[1:] if found else None


def account_of(store: Store, token: str, demands: Collection[str] = ()) -> tuple[int, str, str, str] | None:
    """Return the same with the number of the account before it."""
    a, s = account.c, session.c
    begun = s.begun_at > to_ms(datetime.now(UTC) - LONGEST)
    lives = [s.token == digest(token), s.ended_at.is_(None), begun, a.disabled.is_(False)]
    if demands:
        has = exists().where(second_factor.c.account == a.id, second_factor.c.confirmed_at.is_not(None))
        vouched = exists().where(identity.c.account == a.id)
        lives.append(or_(a.role.not_in(sorted(demands)), has, vouched))
    query = select(a.id, a.name, a.role, a.area).join_from(session, account).where(*lives)
    with store.snapshot() as connection:
        row = connection.execute(query).first()
    return (int(row.id), row.name, row.role, row.area) if row else None


def digest(token: str) -> str:
    """Return what the store keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _end(connection: Connection, which: Any, why: str) -> int:
    now = to_ms(datetime.now(UTC))
    ended = connection.execute(update(session).where(which, session.c.ended_at.is_(None)).values(ended_at=now, why=why))
    return int(ended.rowcount)
