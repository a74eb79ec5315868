"""Between a password and a code: what a browser holds then opens nothing, lasts minutes, belongs to that browser, and ends with one right code.

A wrong password may lead here as well, so that nobody learns by the password alone whether it was right. Codes are counted by what was
typed for an account and the address that they come from, the same for a right and a wrong password, and whoever has to wait is told so:
ten in a quarter of an hour. As many are counted for the account itself, wherever they come from; beyond them a code is not looked at, and
nothing tells that from a wrong one.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, exists, func, insert, or_, select, update

from layers._times import from_ms, to_ms
from layers.store.accounts import Account
from layers.store.database import Store
from layers.store.schema import account, code_try, halfway
from layers.store.sealing import ring_of
from layers.store.sessions import BYTES, digest

LASTS = timedelta(minutes=10)  # enough to set an authenticator up
WITHIN, MOST = (
    timedelta(minutes=15),
    10,
)  # three of a million codes fit at a time: a guesser who has the password needs months
_h, _t = halfway.c, code_try.c


@dataclass(frozen=True)
class Halfway:
    """Who is halfway in.

    who    None: the password was wrong
    whose  what codes are counted by: what was typed for an account
    """

    token: str
    who: Account | None
    whose: str


def whose(connection: Connection, who: Account | None, name: str = "") -> str:
    """Return under what codes are counted: an account, else what was typed for one, which is not kept, as a keyed digest."""
    return ring_of(connection).blind(f"second:account {who.id}" if who else f"second:name {name}")


def here(connection: Connection, mark: str, address: str) -> str:
    """Return under what the codes are counted that come for somebody (`whose`) from one address."""
    return ring_of(connection).blind(f"second:from {address} {mark}")


def begin(connection: Connection, who: Account | None, name: str, browser: str) -> str:
    """Let a browser be halfway in, inside a transaction; return its token. `name` is what was typed for an account, or more."""
    now = datetime.now(UTC)
    connection.execute(delete(halfway).where(_h.begun_at < to_ms(now - LASTS)))
    token = secrets.token_urlsafe(BYTES)
    row = {
        "account": who.id if who else None,
        "token": _bound(token, browser),
        "whose": whose(connection, None, name),
        "begun_at": to_ms(now),
    }
    connection.execute(insert(halfway).values(**row))
    return token


def held(store: Store, token: str, browser: str) -> Halfway | None:
    """Return who is halfway in by a token and a browser; None for what is unknown, over, too old, another browser's, or of a disabled account."""
    a = account.c
    stands = (_h.token == _bound(token, browser), _h.ended_at.is_(None), _h.begun_at > to_ms(datetime.now(UTC) - LASTS))
    query = select(a.id, a.name, a.role, a.area, a.password_at, _h.whose).select_from(halfway).outerjoin(account)
    with store.snapshot() as connection:
        row = connection.execute(query.where(*stands, or_(a.id.is_(None), a.disabled.is_(False)))).first()
    if row is None:
        return None
    who = None if row.id is None else Account(int(row.id), row.name, row.role, row.area, int(row.password_at))
    return Halfway(token, who, row.whose)


def stands(connection: Connection, half: Halfway, browser: str) -> bool:
    """Return whether it has not ended since it was read, inside a transaction that can end it."""
    mine = (_h.token == _bound(half.token, browser), _h.ended_at.is_(None))
    return bool(connection.execute(select(exists().where(*mine))).scalar())


def end(connection: Connection, token: str, browser: str) -> bool:
    """End it inside a transaction; False where it had ended before."""
    mine = (_h.token == _bound(token, browser), _h.ended_at.is_(None))
    return bool(connection.execute(update(halfway).where(*mine).values(ended_at=to_ms(datetime.now(UTC)))).rowcount)


def tried(connection: Connection, mark: str) -> float:
    """Count a code of somebody (`whose`) before it is looked at, inside a transaction; return the seconds to wait, 0.0 for none. One that has to wait is not counted."""
    now = datetime.now(UTC)
    over = or_(_t.at <= to_ms(now - WITHIN), _t.at > to_ms(now + WITHIN))  # also of a clock that was set back
    connection.execute(delete(code_try).where(over))
    row = connection.execute(select(func.count(), func.min(_t.at)).where(_t.whose == mark)).one()
    if row[0] >= MOST:
        return max((from_ms(row[1]) + WITHIN - now).total_seconds(), 1.0)
    connection.execute(insert(code_try).values(whose=mark, at=to_ms(now)))
    return 0.0


def forgive(connection: Connection, *marks: str) -> None:
    """Take back what was counted: a code was right."""
    connection.execute(delete(code_try).where(_t.whose.in_(marks)))


def _bound(token: str, browser: str) -> str:
    return digest(f"{token}\n{browser}")
