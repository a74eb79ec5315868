"""Accounts: who may sign in, in which role and area. Every change stands in the journal, in the same transaction.

A password is kept as its hash alone. Disabling an account, or setting its password, ends all of its sessions at once.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Select, and_, exists, func, insert, select, update

from layers._errors import LayerError
from layers._times import to_ms
from layers.store import journal, passwords, sessions
from layers.store.database import Store
from layers.store.schema import account, identity, second_factor, session

LONGEST = 60  # characters of a name
RESERVED = ("nobody", "unknown", "drill", "alerts", "import", "command")  # as the journal calls who did not sign in
PROGRAM = "api:"  # what the journal puts before the name of a program's token
# What cannot be seen, or turns the line round: controls, and what Unicode lets a program leave out (Default_Ignorable_Code_Point), with the blank of Braille.
UNFIT = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164"
    r"\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)

UNASKED = re.compile(r"[\x00\ud800-\udfff]")  # a database takes none of them, so no account can be called so


class AccountError(LayerError):
    """An account cannot be made or changed as asked; said in both languages."""


@dataclass(frozen=True)
class Account:
    """Who signed in: a name, a role and the area it answers for ("" the whole city).

    password_at  of when the password is that was held against it (`still`)
    """

    id: int
    name: str
    role: str
    area: str
    password_at: int = field(default=0, compare=False)


def add(store: Store, by: str, name: str, role: str, area: str, password: str) -> int:
    """Make an account and return its number; the caller has checked that role and area fit each other.

    Raises AccountError for a name that is taken or no name, PasswordError for a weak password.
    """
    name, kept, now = named(name), passwords.hashed(password, name), _now()
    with store.writing() as connection:
        taken = alike(connection, name)
        if taken:
            raise AccountError(f"there is an account {taken!r} already", f"已有账号“{taken}”")
        row = {"name": name, "role": role, "area": area, "password": kept, "disabled": False}
        made = connection.execute(insert(account).values(**row, made_at=now, password_at=now))
        journal.write(connection, by, "account-add", name, {"role": role, "area": area})
    return int(made.inserted_primary_key[0])  # type: ignore[index]


def set_disabled(store: Store, by: str, name: str, disabled: bool) -> None:
    """Close an account, or open it again; raises AccountError for one that does not exist or is so already."""
    with store.writing() as connection:
        row = need(connection, name)
        if bool(row.disabled) is disabled:
            state = ("disabled", "停用") if disabled else ("enabled", "启用")
            raise AccountError(f"the account {row.name!r} is {state[0]} already", f"账号“{row.name}”已{state[1]}")
        connection.execute(update(account).where(account.c.id == row.id).values(disabled=disabled))
        if disabled:
            sessions.end_all(connection, row.id, "disabled")
        journal.write(connection, by, "account-disable" if disabled else "account-enable", row.name)


def set_password(store: Store, by: str, name: str, password: str) -> None:
    """Give an account another password; raises AccountError for one that does not exist, PasswordError for a weak password."""
    kept = passwords.hashed(password, named(name))
    with store.writing() as connection:
        row = need(connection, name)
        if is_vouched(connection, row.id):
            raise AccountError(
                f"{row.name!r} is signed in by a provider and has no password here",
                f"“{row.name}”由统一认证登录，此处没有密码",
            )
        connection.execute(update(account).where(account.c.id == row.id).values(password=kept, password_at=_now()))
        sessions.end_all(connection, row.id, "password")
        journal.write(connection, by, "account-password", row.name)


def end_sessions(store: Store, by: str, name: str) -> int:
    """Sign out every browser that holds an account, and return how many; raises AccountError for one that does not exist."""
    with store.writing() as connection:
        row = need(connection, name)
        ended = sessions.end_all(connection, row.id, "ended")
        journal.write(connection, by, "account-sessions", row.name, {"ended": ended})
    return ended


def every(store: Store) -> pd.DataFrame:
    """Return all accounts by name: `listed`; no hash leaves the store."""
    return store.read(listed())


def without_hash(store: Store) -> int:
    """Return how many accounts that no provider signs in have a password that is not kept as an Argon2id hash."""
    a = account.c
    query = select(func.count()).where(a.password.not_like("$argon2id$%"), a.id.not_in(select(identity.c.account)))
    with store.snapshot() as connection:
        return int(connection.execute(query).scalar() or 0)


def listed() -> Select[Any]:
    """All accounts by name: id, name, role, area, disabled, made_at, password_at, open (sessions), last_at (when one began), vouched, factor.

    vouched  a provider signs it in; it has no password here
    factor   it has a second factor that counts
    """
    a, s = account.c, session.c
    lives = and_(s.ended_at.is_(None), s.begun_at > to_ms(datetime.now(UTC) - sessions.LONGEST))
    held = select(func.count()).where(s.account == a.id, lives).scalar_subquery().label("open")
    last = select(func.max(s.begun_at)).where(s.account == a.id).scalar_subquery().label("last_at")
    vouched = exists().where(identity.c.account == a.id).label("vouched")
    factor = exists().where(second_factor.c.account == a.id, second_factor.c.confirmed_at.is_not(None)).label("factor")
    columns = (a.id, a.name, a.role, a.area, a.disabled, a.made_at, a.password_at, held, last, vouched, factor)
    return select(*columns).order_by(a.name)


def checked(store: Store, name: str, password: str) -> Account | None:
    """Return the account of a name and its password; None for a wrong one, an unknown name and a disabled account alike.

    An unknown name costs the same hashing as a known one, so that nobody can tell them apart by time, and so does one that a provider signs in.
    """
    with store.snapshot() as connection:
        row = _of(connection, _folded(name))
    has = row is not None and bool(row.password)
    fits = passwords.fits(password, row.password if has else _nobody())
    if not has or not fits or row.disabled:
        return None
    if passwords.is_old(row.password):
        _hash_anew(store, row, password)
    return Account(int(row.id), row.name, row.role, row.area, int(row.password_at))


def still(connection: Connection, who: Account | None) -> Account | None:
    """Return the account inside a transaction; None where it was closed, or given another password, since it was checked.

    Hashing takes a while: without this whoever signs in all the time with a password that leaked would outlive the new one.
    """
    a = account.c
    number, since = (who.id, who.password_at) if who else (0, 0)  # nobody is asked for too: the same work
    stands = (a.id == number, a.disabled.is_(False), a.password_at == since)
    return who if connection.execute(select(exists().where(*stands))).scalar() else None


def known(connection: Connection, name: str) -> str:
    """Return the name of an account as it is kept, "" for a name that nobody has."""
    row = _of(connection, _folded(name))
    return str(row.name) if row else ""


def named(text: str) -> str:
    """Return a name as it is kept; raises AccountError for one that is empty, too long or cannot be seen."""
    name = _folded(text)
    if not name or len(name) > LONGEST or UNFIT.search(text) or _is_taken(_seen(name)):
        raise AccountError(
            f"{text!r} is no name of an account; wanted 1 to {LONGEST} characters that can be seen, none of {', '.join(RESERVED)}, and not {PROGRAM}...",
            f"“{name}”不能作账号名；须为 1 至 {LONGEST} 个可见字符，不能是{'、'.join(RESERVED)}，也不能以“{PROGRAM}”开头",
        )
    return name


def alike(connection: Connection, name: str) -> str:
    """Return the account whose name is read as this one, "" for none: in other cases or widths of letters two would be one in the journal."""
    return next((str(one) for one in connection.scalars(select(account.c.name)) if _seen(one) == _seen(name)), "")


def is_vouched(connection: Connection, number: int) -> bool:
    """Return whether an account is one that a provider signs in (`identities`)."""
    return connection.execute(select(identity.c.id).where(identity.c.account == number)).first() is not None


def need(connection: Connection, name: str) -> Any:
    """Return the row of a name's account; AccountError for one that does not exist."""
    row = _of(connection, _folded(name))
    if row is None:
        raise AccountError(f"there is no account {name!r}", f"没有账号“{name}”")
    return row


def _is_taken(name: str) -> bool:
    return name in RESERVED or name.startswith(PROGRAM)


def _seen(name: str) -> str:
    """A name as a reader takes it."""
    return unicodedata.normalize("NFKC", name).casefold()


def _folded(text: str) -> str:
    return " ".join(text.split())


def _hash_anew(store: Store, row: Any, password: str) -> None:
    """Keep the password under today's costs, unless somebody set another one meanwhile."""
    kept = passwords.HASHER.hash(password)
    with store.writing() as connection:
        same = (account.c.id == row.id, account.c.password == row.password)
        connection.execute(update(account).where(*same).values(password=kept))


def _of(connection: Connection, name: str) -> Any:
    if UNASKED.search(name):
        return None
    return connection.execute(select(account).where(account.c.name == name)).first()


@cache
def _nobody() -> str:
    """The hash of a password that nobody has."""
    return passwords.HASHER.hash("nobody's password")


def _now() -> int:
    return to_ms(datetime.now(UTC))
