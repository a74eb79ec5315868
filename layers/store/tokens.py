"""Tokens: which programs may use the API, what they may write and as whom they read. Deny by default; the journal knows each change.

The program holds 256 random bits, the store their SHA-256, so neither the store nor a backup of it opens anything.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from layers._errors import LayerError
from layers._times import to_ms
from layers.store import journal, sessions
from layers.store.accounts import PROGRAM
from layers.store.database import Store
from layers.store.schema import api_key, api_token, batch

MARK = "fangyi_"  # what a token begins with, so that one that was left in a file can be searched for
RIGHTS = ("orders", "metrics")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")
KEPT = timedelta(days=30)  # how long a delivery may be sent again under its key
MOST_A_MINUTE = 6_000
LONGEST = timedelta(days=400)  # a year, and a month in which both the old and the new one open


class TokenError(LayerError):
    """A token cannot be made or changed as asked; said in both languages."""


@dataclass(frozen=True)
class Token:
    """What the holder of a token may do.

    feeds   that it writes
    only    column -> the values that records may have there, in every feed that has the column
    role    as which it reads, in `area`; "" reads nothing
    rights  orders: takes the owner's steps of orders of its area; metrics: reads how the server fares
    """

    id: int
    name: str
    source: str
    feeds: tuple[str, ...] = ()
    only: Mapping[str, Sequence[str]] | None = None
    role: str = ""
    area: str = ""
    rights: tuple[str, ...] = ()
    per_minute: int = 120

    @property
    def actor(self) -> str:
        """Who the journal says did what came by this token."""
        return PROGRAM + self.name  # no account is called so


def add(store: Store, by: str, token: Token, expires_at: datetime) -> str:
    """Make a token and return it, the only time that anybody sees it; the caller has checked feeds, role and area.

    Raises TokenError for a name that is taken or no name, and for what opens nothing or never ends.
    """
    now = datetime.now(UTC)
    _check(token, expires_at, now)
    secret = MARK + secrets.token_urlsafe(32)
    told: dict[str, Any] = {
        "source": token.source,
        "feeds": list(token.feeds),
        "only": dict(token.only or {}),
        "role": token.role,
    }
    told |= {"area": token.area, "rights": list(token.rights), "per_minute": token.per_minute}
    row = told | {"name": token.name, "token": sessions.digest(secret), "disabled": False, "made_by": by}
    with store.writing() as connection:
        if _of(connection, token.name) is not None:
            raise TokenError(f"there is a token {token.name!r} already", f"已有令牌“{token.name}”")
        connection.execute(insert(api_token).values(**row, made_at=to_ms(now), expires_at=to_ms(expires_at)))
        journal.write(connection, by, "token-add", token.name, told | {"expires_at": expires_at.isoformat()})
    return secret


def too_long(days: int) -> TokenError:
    """Return the refusal of a token that would live for so many days."""
    most = LONGEST.days
    return TokenError(
        f"the token would live for {days:,} days; wanted at most {most}: it lies in a file of another machine, has no second factor, and "
        "whoever copies it keeps it until it ends. Make another one before then",
        f"令牌有效期为{days:,}天；最长{most}天：令牌存放在其他机器的文件中，没有双因素，被复制后在到期前一直有效。请在到期前另发新令牌",
    )


def disable(store: Store, by: str, name: str) -> None:
    """Close a token at once and for good; raises TokenError for one that does not exist or is closed already."""
    with store.writing() as connection:
        row = _of(connection, name)
        if row is None:
            raise TokenError(f"there is no token {name!r}", f"没有令牌“{name}”")
        if row.disabled:
            raise TokenError(f"the token {name!r} is disabled already", f"令牌“{name}”已停用")
        connection.execute(update(api_token).where(api_token.c.id == row.id).values(disabled=True))
        journal.write(connection, by, "token-disable", name)


def every(store: Store) -> pd.DataFrame:
    """Return all tokens by name, without what opens anything."""
    columns = [c for c in api_token.columns if c.name != "token"]
    return store.read(select(*columns).order_by(api_token.c.name))


def holder(store: Store, secret: str) -> Token | None:
    """Return what the holder of a secret may do; None for one that is unknown, disabled or over."""
    t = api_token.c
    lives = (t.token == sessions.digest(secret), t.disabled.is_(False), t.expires_at > to_ms(datetime.now(UTC)))
    with store.snapshot() as connection:
        row = connection.execute(select(api_token).where(*lives)).first()
    if row is None:
        return None
    who, may = (int(row.id), row.name, row.source), (tuple(row.feeds), dict(row.only))
    return Token(*who, *may, row.role, row.area, tuple(row.rights), row.per_minute)


def claim(store: Store, token: Token, key: str, content: str) -> bool:
    """Take a key for what is asked for under it; return False where the token has asked for something else under it before.

    key, content  digests
    """
    now = datetime.now(UTC)
    mine = (api_key.c.token == token.id, api_key.c.key == key)
    query = select(api_key.c.content).where(*mine)
    with store.snapshot() as connection:
        before = connection.execute(query).scalar()
    if before is None:
        try:
            with store.writing() as connection:
                connection.execute(delete(api_key).where(api_key.c.claimed_at < to_ms(now - KEPT)))
                row = {"token": token.id, "key": key, "content": content, "claimed_at": to_ms(now)}
                connection.execute(insert(api_key).values(**row))
            return True
        except IntegrityError:  # somebody was faster with the same key
            with store.snapshot() as connection:
                before = connection.execute(query).scalar()
    return before == content


def delivered(store: Store, feed: str, file: str, sha256: str) -> int | None:
    """Return the batch that a delivery was, whatever became of it since; None where it never came."""
    same = (batch.c.sha256 == sha256, batch.c.feed == feed, batch.c.file == file, batch.c.kind == "import")
    with store.snapshot() as connection:
        found = connection.execute(select(batch.c.id).where(*same).order_by(batch.c.id).limit(1)).scalar()
    return None if found is None else int(found)


def _check(token: Token, expires_at: datetime, now: datetime) -> None:
    if not NAME.fullmatch(token.name):
        raise TokenError(
            f"{token.name!r} is no name of a token; wanted 2 to 40 small letters, digits and hyphens",
            f"“{token.name}”不能作令牌名；须为 2 至 40 个小写字母、数字或连字符",
        )
    strange = sorted(set(token.rights) - set(RIGHTS))
    if strange:
        raise TokenError(f"right {strange[0]!r}; wanted some of {RIGHTS}", f"没有权限“{strange[0]}”")
    if not (token.feeds or token.role or token.rights):
        raise TokenError(
            "the token would open nothing; wanted feeds, a role or a right", "令牌没有任何权限；请指定来源、角色或权限"
        )
    if "orders" in token.rights and not token.role:
        raise TokenError("orders are of an area: wanted a role as well", "指令按辖区归属，请同时指定角色")
    if expires_at <= now:
        raise TokenError("the token would be over already; wanted a day to come", "令牌到期日须在将来")
    if expires_at > now + LONGEST:
        raise too_long((expires_at - now).days)
    if not 0 < token.per_minute <= MOST_A_MINUTE:
        raise TokenError(
            f"{token.per_minute} requests a minute; wanted 1 to {MOST_A_MINUTE}",
            f"每分钟请求数须为 1 至 {MOST_A_MINUTE}",
        )


def _of(connection: Connection, name: str) -> Any:
    return connection.execute(select(api_token).where(api_token.c.name == name)).first()
